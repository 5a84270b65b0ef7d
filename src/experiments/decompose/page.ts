/** The report of a decomposition: the system, its potential and current, eigenvalues, vortices, and how well the identities hold. Pure. */
import { CITATIONS } from '../../report/citations.js';
import { composeReport } from '../../report/compose.js';
import { type Cell, csv } from '../../report/csv.js';
import type { Drawn } from '../../report/figures/frame.js';
import { formatCount, formatNumber, formatPlain, sentence } from '../../report/format.js';
import type { Report, RunFacts } from '../../report/input.js';
import { html, type Markup, prose } from '../../report/markup.js';
import { gallery, type Section } from '../../report/page.js';
import { factList, keyList, type Symbols } from '../../report/sections/lists.js';
import { table } from '../../report/sections/tables.js';
import type { DecompositionSummary, VorticesDocument } from './summary.js';

/** What the page is made of. */
export interface DecompositionPageInput {
  readonly summary: DecompositionSummary;
  readonly vortices?: VorticesDocument;
  readonly figure?: Drawn;
  readonly run: RunFacts;
}

/** Rows of a table on the page; the CSV documents have all. */
const SHOWN = 20;

/** Makes the report. The same input gives the same bytes. */
export function renderDecomposition({ summary: s, vortices, figure, run }: DecompositionPageInput): Report {
  const figures = figure === undefined ? [] : [figure];
  const sections: Section[] = [
    ...(figures.length > 0 ? [['potential', 'Potential and current', gallery(figures)] as const] : []),
    ['eigenvalues', 'Eigenvalues of F', eigenvalueTable(s)],
    ...(vortices ? [['vortices', 'Vortices', vortexTable(vortices)] as const] : []),
    ['accuracy', 'How well it is computed', accuracy(s)],
    ['files', 'Files', factList(s.files.filter((f) => f in FILES).map((f) => [f, FILES[f]]))],
  ];
  return composeReport({
    title: `Decomposition of a linear system of ${formatCount(s.n)} ${s.n === 1 ? 'coordinate' : 'coordinates'}`,
    head: headOf(s),
    sections,
    figures,
    tables: {
      'eigenvalues.csv': csv(
        ['index', 'real', 'imaginary'],
        s.eigenvalues.map(([re, im], k) => [k, re, im]),
      ),
      ...(vortices && { 'vortices.csv': vortexCsv(vortices) }),
    },
    symbols: SYMBOLS,
    format: 'thermograd-decomposition-report',
    version: 1,
    document: { summary: s },
    run,
    citations: CITATIONS.filter(({ key }) => key === 'ao2022'),
  });
}

const FILES: Readonly<Record<string, string>> = {
  'sigma.npy': 'the stationary covariance Σ: F Σ + Σ Fᵀ = 2 epsilon D',
  'u.npy': 'the potential U: the stationary density is exp(−xᵀU x / 2 epsilon)',
  'q.npy': 'Q, antisymmetric: epsilon Q_ij is the circulation ½⟨x_i x′_j − x_j x′_i⟩',
  's.npy': 'the friction S, symmetric',
  'a.npy': 'the transverse matrix A, antisymmetric',
  'sigma_discrete.npy': 'Σ of steps: Σ = (1 − dt F) Σ (1 − dt F)ᵀ + 2 dt epsilon D',
  'vortices.json': 'the planes in which the current rotates, and their share of it; vortices.npz as arrays',
  'summary.json': 'eigenvalues, condition numbers, residuals, entropy production and warnings',
};

const SYMBOLS: Symbols = [
  ['x′ = −F x + noise', 'the system, with ⟨noise noiseᵀ⟩ = 2 epsilon D δ(t − t′)'],
  ['F = (D + Q) U', 'its decomposition into potential U, diffusion D and circulation Q [D1]'],
  ['(S + A) x′ = −U x + noise', 'the same with friction S and a transverse matrix A, noise of covariance 2 epsilon S'],
];

function headOf(s: DecompositionSummary): Markup {
  const sentences = [
    s.lost
      ? `The covariance is known, and its potential is lost: ${s.lost.why}`
      : s.stationary
        ? turningWords(s)
        : 'F is unstable: U is algebraic, and there is no stationary state.',
    ...s.warnings,
  ].map(sentence);
  return html`<p class="summary">${prose(sentences[0])}</p>
${keyList(keyNumbers(s))}
${sentences.length > 1 ? html`<h2>Warnings</h2><ul>${sentences.slice(1).map((w) => html`<li>${prose(w)}</li>`)}</ul>` : ''}`;
}

function turningWords({ vortices: v }: DecompositionSummary): string {
  if (!v?.strongest) return 'Detailed balance holds: nothing turns, Q = 0.';
  return (
    `The stationary state turns in ${formatCount(v.count)} ${v.count === 1 ? 'plane' : 'planes'}; the strongest carries ` +
    `${formatNumber(100 * v.strongest.share)} % of the flux, with ${v.whitening === 'diffusion' ? 'q' : 'frequency'} ${formatNumber(v.strongest.q)}.`
  );
}

function keyNumbers(s: DecompositionSummary): [string, string][] {
  const [re, im] = s.eigenvalues[0];
  return [
    ['noise strength epsilon', formatPlain(s.noiseStrength)],
    ['rank of D', `${formatCount(s.noiseRank)} of ${formatCount(s.n)}`],
    ['slowest eigenvalue of F', `${formatPlain(re)}${im === 0 ? '' : ` ± ${formatPlain(Math.abs(im))}i`}`],
    ...(Number.isFinite(s.entropyProductionRate)
      ? [['entropy production per unit of time', formatNumber(s.entropyProductionRate)] as [string, string]]
      : []),
    ...(s.largestStableStep !== null
      ? [['largest stable step', formatNumber(s.largestStableStep)] as [string, string]]
      : []),
  ];
}

/** Says how many rows of a table are shown where that is not all. */
const more = (all: number, file: string): Markup | '' =>
  all > SHOWN ? html`<p>The first ${formatCount(SHOWN)} of ${formatCount(all)}; tables/${file} has all.</p>` : '';

type Pair = DecompositionSummary['eigenvalues'][number];

const eigenvalueTable = ({ eigenvalues }: DecompositionSummary): Markup =>
  html`${table<Pair>(
    '',
    [
      { head: 'Real part (rate of relaxation)', cell: ([re]) => formatNumber(re, 4) },
      { head: 'Imaginary part (frequency)', cell: ([, im]) => formatNumber(im, 4) },
    ],
    eigenvalues.slice(0, SHOWN),
  )}${more(eigenvalues.length, 'eigenvalues.csv')}`;

type Vortex = VorticesDocument['vortices'][number];

function vortexTable({ vortices, meaning }: VorticesDocument): Markup {
  if (vortices.length === 0) return html`<p>None.</p>`;
  return html`<p>${prose(meaning)}</p>${table<Vortex>(
    '',
    [
      { head: 'q', cell: ({ q }) => formatNumber(q, 4) },
      { head: 'Share of the flux', cell: ({ share }) => `${formatNumber(100 * share)} %` },
      { head: 'Circulation', cell: ({ circulation }) => formatNumber(circulation, 4) },
    ],
    vortices.slice(0, SHOWN),
  )}${more(vortices.length, 'vortices.csv')}`;
}

const vortexCsv = ({ vortices }: VorticesDocument): string =>
  csv(
    ['index', 'q', 'share', 'circulation'],
    vortices.map(({ q, share, circulation }, k): Cell[] => [k, q, share, circulation]),
  );

const IDENTITIES: readonly (readonly [keyof DecompositionSummary['residuals'], string])[] = [
  ['lyapunov', 'F Σ + Σ Fᵀ = 2 epsilon D [D2]'],
  ['force', 'F W = D + Q, where Σ = epsilon W [D3]'],
  ['exchange', 'F Q + Q Fᵀ = F D − D Fᵀ [D2]'],
  ['drift', 'F = (D + Q) U [D1]'],
  ['friction', '(S + A)(D + Q) = 1 [D1]'],
  ['dissipation', 'S = (S + A) D (S − A) [D1]'],
  ['inverse', 'U W = 1'],
];

function accuracy(s: DecompositionSummary): Markup {
  const rows = IDENTITIES.filter(([key]) => Number.isFinite(s.residuals[key] as number));
  return html`${table<(typeof IDENTITIES)[number]>(
    'Residuals of the identities, relative to the sizes of their terms. Those of U grow with the condition of Σ.',
    [
      { head: 'Identity', cell: ([, words]) => words, words: true },
      { head: 'Residual', cell: ([key]) => formatNumber(s.residuals[key] as number, 2) },
    ],
    rows,
  )}${factList([
    ['Error bound', `Σ is known to about ${formatNumber(s.errorBound, 2)} of its size`],
    [
      'Condition',
      Object.entries(s.conditionNumbers)
        .map(([name, c]) => `${name} ${Number.isFinite(c) ? formatNumber(c, 2) : 'infinite'}`)
        .join(', '),
    ],
    ['Equation solved', s.residuals.method],
  ])}`;
}
