/** The report of ivf2021 over several seeds: verdicts over all of them, and the numbers of each. */
import type { Analysis } from '../../../analyse/trajectory/results.js';
import { partedHalfWidth } from '../../../numeric/error-parts.js';
import { composeReport } from '../../../report/compose.js';
import { type Cell, csv } from '../../../report/csv.js';
import type { Finding } from '../../../report/finding.js';
import { formatCount, formatNumber } from '../../../report/format.js';
import type { Report, RunFacts } from '../../../report/input.js';
import { html, type Markup, prose } from '../../../report/markup.js';
import { gallery } from '../../../report/page.js';
import { exceptions, verdictWords } from '../../../report/sections/findings.js';
import { keyList } from '../../../report/sections/lists.js';
import { table } from '../../../report/sections/tables.js';
import { combinedFacts, factsOf, findingsInput, type Ivf2021Facts } from '../facts.js';
import { ivf2021FindingsOver } from '../findings.js';
import { undecided, whyNothing } from '../findings-relation.js';
import { SYMBOLS } from '../method.js';
import type { RelationDocument } from '../relation-stage.js';
import { exponentsByRange } from './figure.js';

/** Holds the runs from which the report is made. */
export interface SeedsInput {
  readonly title: string;
  readonly runs: readonly {
    readonly seed: number;
    readonly analysis: Analysis;
    readonly relation?: RelationDocument;
  }[];
  readonly run: RunFacts;
}

interface Row {
  readonly seed: number;
  readonly facts: Ivf2021Facts;
  readonly loss: number;
}

/** Makes the report in memory; the same input gives the same bytes. */
export function renderSeeds({ title, runs, run }: SeedsInput): Report & { readonly findings: readonly Finding[] } {
  const inputs = runs.map(({ seed, analysis }) => findingsInput(analysis, seed));
  const findings = undecided(ivf2021FindingsOver(inputs), whyOfSeeds(runs));
  const rows: Row[] = inputs.map((input, k) => ({
    seed: runs[k].seed,
    facts: factsOf(input),
    loss: runs[k].analysis.flatness.centreLoss,
  }));
  const all = combinedFacts(rows.map((r) => r.facts));
  const figure = exponentsByRange(runs.map(({ seed, analysis }) => ({ seed, scaling: analysis.scaling })));
  const report = composeReport({
    title,
    head: html`<p class="summary">${formatCount(runs.length)} networks were trained, recorded and measured alike; they differ in their random
seed alone. ${verdictWords(findings)} ${prose(exceptions(findings))}</p>
${keyList([
  ['exponent ψ, mean over seeds', formatNumber(all.psi.exponent.value)],
  ['its sampling error', formatNumber(all.psi.exponent.sampling, 2)],
  ['its misfit', formatNumber(all.psi.exponent.misfit, 2)],
  ['its choice of range', formatNumber(all.psi.exponent.range, 2)],
  ['half of its 95 % interval', formatNumber(partedHalfWidth(all.psi.exponent), 2)],
])}`,
    sections: [
      ['ranges', 'The exponent by fit range', gallery([figure], 'wide')],
      ['seeds', 'Each seed', seedsTables(rows)],
    ],
    symbols: SYMBOLS,
    figures: [figure],
    tables: { 'seeds.csv': seedsCsv(rows) },
    findings,
    format: 'thermograd-seeds',
    version: 1,
    document: { findings, seeds: rows.map((r) => ({ seed: r.seed, loss: r.loss, ...r.facts })) },
    run,
  });
  return { ...report, findings };
}

/** Says which seeds are not decidable, and why: then no mean over seeds is. */
function whyOfSeeds(runs: SeedsInput['runs']): string | undefined {
  const whys = runs.flatMap(({ seed, relation }) => {
    const why = relation && whyNothing(relation);
    return why === undefined ? [] : [`Seed ${seed} is not decidable: ${why}`];
  });
  return whys.length > 0 ? whys.join(' ') : undefined;
}

const walkOf = (f: Ivf2021Facts, k: number): number => f.beyondWalk[k]?.walk.mean ?? Number.NaN;

/** The columns of the table, with the name of each in the CSV file. */
const COLUMNS: readonly (readonly [head: string, name: string, value: (r: Row) => number])[] = [
  ['loss', 'loss', (r) => r.loss],
  ['ψ', 'psi', (r) => r.facts.psi.exponent.value],
  ['misfit', 'psi_misfit', (r) => r.facts.psi.exponent.misfit],
  ['range', 'psi_range', (r) => r.facts.psi.exponent.range],
  ['R², ranks 2–50', 'head_r2', (r) => r.facts.head.r2],
  ['γ', 'gamma', (r) => r.facts.rank.exponent.value],
  ['γ of the walk', 'walk_gamma', (r) => walkOf(r.facts, 0)],
  ['share of PC1', 'share', (r) => r.facts.share.share.value],
  ['of the walk', 'walk_share', (r) => r.facts.share.forms[0]?.value.mean ?? Number.NaN],
  ['cos of PC1', 'cos', (r) => r.facts.aligned.cos.value],
  ['exponent of PC1', 'first_exponent', (r) => r.facts.ballistic.alpha.value],
  ['its error', 'first_exponent_error', (r) => r.facts.ballistic.alpha.misfit],
  ['median exponent', 'median_exponent', (r) => r.facts.diffuse.alpha.value],
  ['of the walk', 'walk_median_exponent', (r) => r.facts.diffuse.forms[0]?.value.mean ?? Number.NaN],
  ['F/quadratic', 'quadratic_ratio', (r) => r.facts.quadratic.ratio.value],
];

/** Columns of the first of the two tables on the page; the others stand in the second, so that both fit its width. */
const FIRST_COLUMNS = 7;

function seedsTables(rows: readonly Row[]): Markup {
  const columns = (some: typeof COLUMNS) => [
    { head: 'seed', cell: (r: Row) => formatCount(r.seed) },
    ...some.map(([head, , value]) => ({ head, cell: (r: Row) => formatNumber(value(r)) })),
  ];
  return html`${table(
    'Variance and flatness of each seed on its own. Misfit and range are one standard error of ψ; the walk has the run’s own gradient covariance, independent batches and no landscape.',
    columns(COLUMNS.slice(0, FIRST_COLUMNS)),
    rows,
  )}
${table('Motion of each seed, beside the same walk; F/quadratic is the median of F over its quadratic value.', columns(COLUMNS.slice(FIRST_COLUMNS)), rows)}`;
}

const seedsCsv = (rows: readonly Row[]): string =>
  csv(
    ['seed', ...COLUMNS.map(([, name]) => name)],
    rows.map((r): Cell[] => [r.seed, ...COLUMNS.map(([, , value]) => value(r))]),
  );
