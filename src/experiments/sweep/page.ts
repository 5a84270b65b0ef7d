/** The report of a sweep: findings, figures, the table of points, what could not be measured, and the method. */
import { composeReport } from '../../report/compose.js';
import type { Finding } from '../../report/finding.js';
import { formatCount, formatEstimate, formatNumber, MISSING, sentence } from '../../report/format.js';
import type { Report, RunFacts } from '../../report/input.js';
import { html, type Markup, prose } from '../../report/markup.js';
import { gallery } from '../../report/page.js';
import { verdictWords } from '../../report/sections/findings.js';
import { factList, type Symbols } from '../../report/sections/lists.js';
import { type Column, table } from '../../report/sections/tables.js';
import { aggregate, columnsOf, hasDiverged, type PointResult, reasonsOf } from './aggregate.js';
import { lawsCsv } from './csv.js';
import { type SweepFigures, sweepFigures } from './figures/plans.js';
import { valueWords } from './figures/scales.js';
import { collapseFindings, lawFindings, sweepLaws } from './findings.js';
import type { SweepCell } from './measured.js';
import { shortOf } from './names.js';
import { phaseDiagram } from './phase.js';
import { phaseFindings } from './phase-findings.js';
import type { SweepConfig } from './schema.js';

/** The input of the report. */
export interface SweepInput {
  readonly title: string;
  readonly config: SweepConfig;
  readonly cells: readonly SweepCell[];
  readonly run: RunFacts;
}

export interface SweepReport extends Report {
  readonly findings: readonly Finding[];
}

/** Makes the report of a sweep whose cells are trainings. Pure: the same input gives the same bytes. */
export function renderSweep(input: SweepInput): SweepReport {
  const { cells, config } = input;
  const points = aggregate(cells, { atRule: config.until !== null && 'loss' in config.until });
  const laws = sweepLaws(config.laws, points);
  const figures = sweepFigures(config, points);
  const diagram = phaseDiagram(points);
  const findings = [
    ...lawFindings(laws),
    ...collapseFindings(figures.collapses),
    ...(diagram ? phaseFindings(diagram) : []),
  ];
  const report = composeReport({
    title: input.title,
    head: html`<p class="summary">${prose(summary(input, points))}</p>
${findings.length > 0 ? html`<p class="summary">${verdictWords(findings)}</p>` : ''}
${config.notes ? html`<p>${prose(config.notes)}</p>` : ''}`,
    sections: [
      ['figures', 'Figures', figuresSection(figures)],
      ['points', 'Points', pointsTable(points)],
      ['missing', 'What could not be measured', missingTable(points, cells)],
      ['method', 'How this was measured', method(input, points)],
    ],
    symbols: SYMBOLS,
    figures: figures.drawn,
    tables: laws.length > 0 ? { 'laws.csv': lawsCsv(laws) } : {},
    findings,
    format: 'thermograd-sweep-report',
    version: 1,
    document: { findings, config: { ...config }, points: points.map(pointDocument) },
    run: input.run,
  });
  return { ...report, findings };
}

/** A point without the values of single seeds, which the table of cells has. */
const pointDocument = ({ point, seeds, diverged, budget, columns }: PointResult) => ({
  point,
  seeds: seeds.length,
  diverged,
  budget,
  columns: Object.fromEntries(
    Object.entries(columns).map(([name, { mean, median, missing }]) => [name, { ...mean, median, missing }]),
  ),
});

function summary({ cells }: SweepInput, points: readonly PointResult[]): string {
  const lost = cells.filter(hasDiverged).length;
  const budget = points.reduce((s, p) => s + p.budget, 0);
  const seeds = Math.max(0, ...points.map((p) => p.seeds.length));
  const ended = [
    ...(lost > 0 ? [`${formatCount(lost)} diverged`] : []),
    ...(budget > 0 ? [`${formatCount(budget)} had used up their budget before their rule was met`] : []),
  ];
  return `${formatCount(cells.length)} runs at ${formatCount(points.length)} points, ${formatCount(seeds)} ${seeds === 1 ? 'seed' : 'seeds'}${ended.length > 0 ? `; ${ended.join(', ')}` : ''}.`;
}

function figuresSection({ drawn, left }: SweepFigures): Markup {
  return html`${gallery(drawn)}${left > 0 ? html`<p>${formatCount(left)} more figures are not drawn; ask for them by <code>figures</code> in the file of the sweep.</p>` : ''}`;
}

/** Most points that the page lists, and most columns. */
const [ROWS, COLUMNS] = [200, 8];

function pointsTable(points: readonly PointResult[]): Markup {
  const axes = [...new Set(points.flatMap((p) => Object.keys(p.point)))];
  const measured = columnsOf(points).filter(
    (c) => c !== 'divergence' && points.some((p) => p.columns[c]?.values.length > 0),
  );
  const columns: Column<PointResult>[] = [
    ...axes.map((key) => ({ head: shortOf(key), cell: (p: PointResult) => valueWords(p.point[key]) })),
    {
      head: 'diverged',
      cell: ({ diverged: d }) =>
        d.count === 0
          ? '0'
          : `${formatCount(d.count)} of ${formatCount(d.n)} (${formatNumber(d.low, 2)} … ${formatNumber(d.high, 2)})`,
    },
    ...measured.slice(0, COLUMNS).map((name) => ({
      head: name,
      cell: (p: PointResult) => {
        const c = p.columns[name];
        if (!c || c.values.length === 0) return MISSING;
        const fewer = c.values.length < p.seeds.length ? `, n ${formatCount(c.values.length)}` : '';
        return `${formatEstimate(c.mean)}${c.unconverged > 0 ? '\u202f*' : ''}${fewer}`;
      },
    })),
  ];
  const more = [
    ...(points.length > ROWS ? [`${formatCount(points.length - ROWS)} more points`] : []),
    ...(measured.length > COLUMNS ? [`${formatCount(measured.length - COLUMNS)} more columns`] : []),
  ];
  const rows = points.slice(0, ROWS);
  const shown = table(
    'Means over the seeds whose runs did not diverge ± standard error over them; the share of diverged runs with its 95 % interval (Wilson). A star: the value of a seed did not converge; n: seeds with a number where they are fewer.',
    columns,
    rows,
  );
  return html`${points.length > 24 ? html`<details><summary>${formatCount(rows.length)} points</summary>${shown}</details>` : shown}
<p>${more.length > 0 ? `${sentence(`${more.join(' and ')} stand in points.csv`)} ` : ''}All points: points.csv and points.parquet; all runs: table.csv and table.parquet.</p>`;
}

interface Missing {
  readonly column: string;
  readonly n: number;
  readonly diverged: number;
  readonly unconverged: number;
  readonly why: string;
}

function missingTable(points: readonly PointResult[], cells: readonly SweepCell[]): Markup {
  const rows = columnsOf(points).map((column): Missing => {
    const at = points.map((p) => p.columns[column]);
    const sum = (of: (c: (typeof at)[number]) => number) => at.reduce((s, c) => s + (c ? of(c) : 0), 0);
    return {
      column,
      n: sum((c) => c.values.length),
      diverged: sum((c) => c.diverged),
      unconverged: sum((c) => c.unconverged),
      why: reasonsOf(points, column)
        .map(({ why, count }) => `${formatCount(count)}: ${why}`)
        .join('; '),
    };
  });
  if (rows.every((r) => r.n === cells.length && r.unconverged === 0)) return html`<p>Every run has every number.</p>`;
  const columns: Column<Missing>[] = [
    { head: 'measured', cell: (r) => r.column, words: true },
    { head: 'runs with a number', cell: (r) => `${formatCount(r.n)} of ${formatCount(cells.length)}` },
    { head: 'not converged', cell: (r) => formatCount(r.unconverged) },
    { head: 'left out, diverged', cell: (r) => formatCount(r.diverged) },
    { head: 'others, and why', cell: (r) => r.why || MISSING, words: true },
  ];
  return table('Runs behind each column. Runs that diverged enter no mean.', columns, rows);
}

function method({ config, cells }: SweepInput, points: readonly PointResult[]): Markup {
  const { until, measure, design } = config;
  const first = points[0]?.config;
  const end =
    until === null
      ? 'By the stopping rule of the config.'
      : 'loss' in until
        ? `At the first look at which the loss over the training set is at most ${formatNumber(until.loss)}, after ${formatCount(until.within)} steps at most; runs that did not come to it enter no mean.`
        : 'steps' in until
          ? `After ${formatCount(until.steps)} steps.`
          : `After ${formatCount(until.epochs)} epochs.`;
  return factList([
    ...(first
      ? ([
          [
            'Network',
            `${first.network}, ${first.optimiser}, ${first.data}, ${formatCount(first.N)} training samples, ${first.sampling} batches.`,
          ],
        ] as [string, string][])
      : []),
    ['End of training', end],
    ['Measured', `${measure.map((m) => m.name).join(', ')}, where training ended.`],
    [
      'Design',
      `${design.kind === 'product' ? 'product of the axes' : `${design.kind} points`}, crossed with the seeds; ${formatCount(cells.length)} runs.`,
    ],
    ['Errors', 'Standard errors over seeds; with one seed those of the measurement itself.'],
    [
      'Diverged',
      'A run whose loss was not finite, rose far above that at the start, or stayed at that of a constant output; a result of its own, which enters no mean.',
    ],
    ['Rules', 'docs/rules/sweep.md.'],
  ]);
}

const SYMBOLS: Symbols = [
  ['eta, B, mu', 'learning rate (weight²/nat), batch size, momentum'],
  ['H', 'Hessian of the training loss (nat/weight²)'],
  ['lambda, l', 'largest curvature: of the training loss, and of the loss of a batch in that direction (nat/weight²)'],
  ['F', 'width of the valley along a direction at e times the loss at the centre (weight)'],
  ['a, b', 'exponents of a law'],
];
