/** The report of `reproduce generality`: the answer, one table, one figure, findings, the runs. */

import type { RegimeName } from '../../analyse/trajectory/regime.js';
import { composeReport } from '../../report/compose.js';
import type { Finding } from '../../report/finding.js';
import { formatCount, formatNumber, MISSING } from '../../report/format.js';
import type { Report } from '../../report/input.js';
import { html, type Markup, prose } from '../../report/markup.js';
import { gallery } from '../../report/page.js';
import { verdictWords } from '../../report/sections/findings.js';
import { factList, type Symbols } from '../../report/sections/lists.js';
import { type Column, table } from '../../report/sections/tables.js';
import { generalityTables } from './csv.js';
import { exponentsOfGroups } from './figures/exponents.js';
import { exponentsOfRuns } from './figures/seeds.js';
import { gammasOf, generalityFindings, type LayerGamma } from './findings.js';
import { type Group, type GroupRegime, groupsOf, nearStated, whyNot } from './groups.js';
import type { GeneralityInput, RunResult } from './measured.js';

interface GeneralityReport extends Report {
  readonly findings: readonly Finding[];
  /** Where the relation holds, in sentences. */
  readonly answer: readonly string[];
}

/** Makes the report from the runs. Pure: the same input gives the same bytes. */
export function renderGenerality(input: GeneralityInput): GeneralityReport {
  const { runs, config } = input;
  const groups = groupsOf(runs);
  const findings = generalityFindings(groups, runs);
  const answer = answerOf(groups, runs);
  const figures = [exponentsOfGroups(groups), exponentsOfRuns(groups)];
  const report = composeReport({
    title: input.title,
    head: html`${answer.map((a) => html`<p class="summary">${prose(a)}</p>`)}
<p class="summary">${verdictWords(findings)}</p>`,
    sections: [
      ['exponents', 'Every layer, every optimiser', html`${groupsTable(groups)}${gallery(figures, 'wide')}`],
      ['gamma', 'Noise and curvature', gammaTable(runs)],
      ['runs', 'Runs', html`${runsTable(runs)}${silent(groups)}`],
      ['method', 'How this was measured', method(input)],
    ],
    symbols: SYMBOLS,
    figures,
    tables: generalityTables(groups, runs),
    findings,
    format: 'thermograd-generality-report',
    version: 1,
    document: { answer, findings, config, groups: groups.map(summary), missing: input.missing },
    run: input.run,
  });
  return { ...report, findings, answer };
}

const summary = ({ runs, ...group }: Group) => ({ ...group, runs: runs.length });

/** Says where the relation holds. */
export function answerOf(groups: readonly Group[], runs: readonly RunResult[]): string[] {
  const optimisers = [...new Set(groups.map((g) => g.optimiser))];
  const of = (name: RegimeName, answer: GroupRegime['answer'], among = groups) =>
    among.filter((g) => g.regimes[name]?.answer === answer);
  const each = optimisers.map((o) => {
    const own = groups.filter((g) => g.optimiser === o);
    const [yes, no] = [of('same', 'inverse', own), of('same', 'not inverse', own)];
    return `${o} ${formatCount(yes.length)} of ${formatCount(yes.length + no.length)}`;
  });
  const holds = of('same', 'inverse');
  const kept = (name: RegimeName) => of(name, 'inverse', holds).length;
  const lost = (name: RegimeName) => of(name, 'not inverse', holds).length;
  const near = holds.filter((g) => nearStated(g.regimes.same!) === true).length;
  const far = holds.filter((g) => nearStated(g.regimes.same!) === false).length;
  return [
    `Groups of layer and data set in which variance falls with flatness, of those that decide (${formatCount(runs.length)} runs, ${formatCount(groups.length)} groups): ${each.join(', ')}.`,
    `Of the ${formatCount(holds.length)} groups where it does, ${formatCount(near)} have an exponent near 4, ${formatCount(far)} have another, the others are undecided about it; in the other half of the window it survives in ${formatCount(kept('half'))} and fails in ${formatCount(lost('half'))}, in a fixed basis it survives in ${formatCount(kept('hessian'))} and fails in ${formatCount(lost('hessian'))}; the walk without a landscape shows it too in ${formatCount(kept('walk'))} and does not in ${formatCount(lost('walk'))}.`,
  ];
}

const SHORT: Readonly<Record<GroupRegime['answer'], string>> = { inverse: '', 'not inverse': ' ✗', undecided: ' ?' };

/** Writes psi of a regime: mean ± half interval, a cross where it is not inverse, a question mark where undecided. */
function psiOf(r: GroupRegime | undefined): string {
  if (!r || !Number.isFinite(r.psi.value)) return MISSING;
  const half = Number.isFinite(r.half) && r.deciding > 1 ? ` ± ${formatNumber(r.half, 2)}` : '';
  return `${formatNumber(r.psi.value, 3)}${half}${SHORT[r.answer]}`;
}

function groupsTable(groups: readonly Group[]): Markup {
  const near = (g: Group) => (g.regimes.same ? nearStated(g.regimes.same) : undefined);
  const columns: Column<Group>[] = [
    { head: 'network', cell: (g) => g.network, words: true },
    { head: 'layer', cell: (g) => g.layer, words: true },
    { head: 'optimiser', cell: (g) => g.optimiser, words: true },
    { head: 'data', cell: (g) => g.set, words: true },
    { head: 'runs', cell: (g) => `${formatCount(g.regimes.same?.deciding ?? 0)} of ${formatCount(g.runs.length)}` },
    { head: 'ψ, same window', cell: (g) => psiOf(g.regimes.same) },
    { head: 'R²', cell: (g) => (g.regimes.same ? formatNumber(g.regimes.same.r2, 2) : MISSING) },
    { head: 'near 4', cell: (g) => (near(g) === undefined ? '?' : near(g) ? 'yes' : 'no') },
    { head: 'other half', cell: (g) => psiOf(g.regimes.half) },
    { head: 'Hessian basis', cell: (g) => psiOf(g.regimes.hessian) },
    { head: 'walk', cell: (g) => psiOf(g.regimes.walk) },
    { head: 'own coordinates', cell: (g) => psiOf(g.regimes.own) },
  ];
  return table(
    'Exponent of the relation by layer and optimiser; ± half of the 95 % interval over the runs that decide; ✗: not inverse, ?: undecided.',
    columns,
    groups,
  );
}

function gammaTable(runs: readonly RunResult[]): Markup {
  const columns: Column<LayerGamma>[] = [
    { head: 'network', cell: (l) => l.network, words: true },
    { head: 'layer', cell: (l) => l.layer, words: true },
    { head: 'data', cell: (l) => l.set, words: true },
    { head: 'runs', cell: (l) => formatCount(l.runs) },
    {
      head: 'γ',
      cell: (l) =>
        Number.isFinite(l.gamma.value)
          ? `${formatNumber(l.gamma.value, 3)}${Number.isFinite(l.half) && l.runs > 1 ? ` ± ${formatNumber(l.half, 2)}` : ''}`
          : MISSING,
    },
  ];
  return html`${(['cross-entropy', 'squared-error'] as const).map((loss) =>
    table(`C ∝ H^γ along Ritz vectors, SGD, ${loss}.`, columns, gammasOf(loss, runs)),
  )}`;
}

function runsTable(runs: readonly RunResult[]): Markup {
  const columns: Column<RunResult>[] = [
    { head: 'network', cell: (r) => r.network, words: true },
    { head: 'optimiser', cell: (r) => r.optimiser, words: true },
    { head: 'loss', cell: (r) => r.loss, words: true },
    { head: 'data', cell: (r) => r.set, words: true },
    { head: 'batch', cell: (r) => formatCount(r.batchSize) },
    { head: 'learning rate', cell: (r) => formatNumber(r.learningRate, 3) },
    { head: 'seed', cell: (r) => formatCount(r.seed) },
    { head: 'epochs', cell: (r) => formatCount(r.epochs) },
    { head: 'rule met', cell: (r) => (r.failed ? 'failed' : r.met ? 'yes' : 'no') },
    { head: 'training loss', cell: (r) => formatNumber(r.trainLoss, 3) },
  ];
  return table('The runs, and the training loss at the beginning of their windows.', columns, runs);
}

/** Says how often what kept a run from deciding in the same window. */
function silent(groups: readonly Group[]): Markup {
  const reasons = new Map<string, number>();
  for (const { run, layer } of groups.flatMap((g) => g.runs)) {
    const why = whyNot(run, layer, layer.measured?.regimes.same)?.replace(/[\d.]+(e-?\d+)?/g, 'n');
    if (why !== undefined) reasons.set(why, (reasons.get(why) ?? 0) + 1);
  }
  if (reasons.size === 0) return html``;
  const listed = [...reasons].map(([why, n]) => `${why}: ${formatCount(n)}`).join('; ');
  return html`<p>${prose(`Runs and layers that do not decide in the same window: ${listed}.`)}</p>`;
}

function method({ config, missing }: GeneralityInput): Markup {
  const { limit, windowSteps, maxEpochs, directions, vectors, relativeTolerance } = config;
  return factList([
    [
      'Training',
      `The first ${formatCount(limit)} training samples of each set, shuffled batches, until no training sample is misclassified (squared error: a mean loss of 0.01), at most ${formatCount(maxEpochs)} epochs; then a window of at least ${formatCount(windowSteps)} steps in whole epochs, all layers recorded at every step.`,
    ],
    [
      'Widths',
      `In float64 over all training samples, along ${formatCount(directions.conv)} log-spaced directions of each regime in convolutions and ${formatCount(directions.other)} in other layers, to a relative tolerance of ${formatNumber(relativeTolerance, 1)}.`,
    ],
    ['Fixed basis', `${formatCount(vectors)} Ritz vectors of each layer's Hessian from a random start.`],
    [
      'Walk',
      'The optimiser with gradients of batches at fixed weights, their mean subtracted, in the order of newly shuffled batches, without decay.',
    ],
    ['Rules', 'docs/rules/generality.md, written before any of these runs.'],
    ...(missing.length > 0
      ? ([['Left out', `Data sets whose files are not on this machine: ${missing.join(', ')}.`]] as [string, string][])
      : []),
  ]);
}

const SYMBOLS: Symbols = [
  ['F', 'flatness: width of the valley along a direction at e times the loss at the centre (weight)'],
  ['σ²', 'variance of the weights along a direction over the window (weight²)'],
  ['ψ', 'exponent of σ² ∝ F^−ψ'],
  ['H, C', 'curvature of the loss along a direction; variance of the gradients of single samples along it'],
  ['γ', 'exponent of C ∝ H^γ'],
  ['P', 'preconditioner of an optimiser, 1/(√v + ε)'],
  ['v', 'mean squared gradient that an adaptive optimiser keeps'],
];
