/** The report of a simulation: the problem, moments and distances, figures, and how they were computed. */
import { CITATIONS } from '../../report/citations.js';
import { composeReport } from '../../report/compose.js';
import type { Drawn } from '../../report/figures/frame.js';
import { formatNumber, formatPlain, MISSING } from '../../report/format.js';
import type { Report } from '../../report/input.js';
import { html, type Markup, prose } from '../../report/markup.js';
import { gallery, type Section } from '../../report/page.js';
import { type Column, table } from '../../report/sections/tables.js';
import {
  type Comparison,
  compare,
  DENSITIES,
  type DensityName,
  type Distance,
  momentText,
  starWords,
} from './compare.js';
import { simulationTables } from './csv.js';
import { disagreementText } from './disagreements.js';
import { densityLines, snapshotLines } from './figures/lines.js';
import { densityMap } from './figures/map.js';
import { meansFigure, pathsFigure, survivalFigure } from './figures/time.js';
import type { Method, MethodResult, MomentRow, SimulationInput } from './measured.js';

const DENSITY_WORDS: Record<DensityName, string> = {
  marginal_x: 'marginal of x',
  marginal_y: 'marginal of y',
  floor: 'floor (y = 0)',
  density: 'both coordinates',
};

/** Makes the report of `thermograd simulate` from its numbers. Pure: the same input gives the same bytes. */
export function renderSimulation(input: SimulationInput): Report & { readonly comparison: Comparison } {
  const { facts, methods } = input;
  const comparison = compare(input);
  const figures = {
    lines: [densityLines(input, 'marginal_x'), densityLines(input, 'floor'), densityLines(input, 'marginal_y')],
    maps: methods.map((m) => densityMap(input, m)),
    time: [pathsFigure(input), meansFigure(input), snapshotLines(input), survivalFigure(input)],
  };
  const report = composeReport({
    title: facts.title,
    head: headOf(input),
    sections: sectionsOf(input, comparison, figures),
    figures: Object.values(figures).flat(),
    tables: simulationTables(input, comparison),
    format: 'thermograd-simulation-report',
    version: 1,
    document: {
      statement: facts.statement,
      scales: facts.scales,
      warnings: facts.warnings,
      methods: methods.map((m) => m.summary),
      comparison,
    },
    run: facts.run,
    citations: CITATIONS.filter((c) => c.key === 'valley2023'),
  });
  return { ...report, comparison };
}

function headOf(input: SimulationInput): Markup {
  const { facts, methods } = input;
  const warnings = [
    ...facts.warnings,
    ...methods.flatMap(({ summary }) => summary.warnings.map((w) => `${summary.label}: ${w}`)),
  ];
  return html`<p class="summary">${
    facts.mode === 'stationary' ? 'The stationary law' : 'The evolution in time'
  } of one landscape with its noise, by ${methods.map((m) => m.summary.label).join(', ')}.</p>
<dl class="facts">${facts.statement.map(([k, v]) => html`<dt>${prose(k)}</dt><dd><code>${v}</code></dd>`)}${unitsOf(input)}</dl>
${warnings.length > 0 ? html`<h2>Warnings</h2><ul>${warnings.map((w) => html`<li>${prose(w)}</li>`)}</ul>` : ''}`;
}

function sectionsOf(
  { methods }: SimulationInput,
  comparison: Comparison,
  figures: Readonly<Record<'lines' | 'maps' | 'time', readonly Drawn[]>>,
): Section[] {
  const label = (m: Method) => methods.find((r) => r.summary.method === m)?.summary.label ?? m;
  const drawn = (list: readonly Drawn[]) => list.filter((f) => 'svg' in f);
  const [maps, time] = [drawn(figures.maps), drawn(figures.time)];
  return [
    ['moments', 'Moments', html`${momentsTable(comparison.moments, methods)}${disagreementsList(comparison, label)}`],
    [
      'densities',
      'Densities',
      html`${gallery(drawn(figures.lines))}
${distancesTable(comparison.distances, label)}`,
    ],
    ...(maps.length > 0 ? [['maps', 'Maps', gallery(maps)] as const] : []),
    ...(time.length > 0 ? [['time', 'In time', gallery(time, 'wide')] as const] : []),
    ['method', 'How this was computed', howOf(methods)],
  ];
}

function unitsOf({ facts: { scales } }: SimulationInput): Markup {
  if (!scales) return html``;
  return html`<dt>units</dt><dd>length ${formatPlain(scales.length, 5)}, time ${formatPlain(scales.time, 5)} η·steps, loss ${formatPlain(scales.loss, 5)}: from curvature and noise at (${scales.at.join(', ')}). All numbers, axes and files below are in these units; the formulas above are not.</dd>`;
}

function momentsTable(rows: readonly MomentRow[], methods: readonly MethodResult[]): Markup {
  const columns: Column<MomentRow>[] = [
    { head: 'quantity', cell: (r) => r.name, words: true },
    ...methods.map(({ summary }) => ({
      head: summary.label,
      cell: (r: MomentRow) => {
        const e = r.values[summary.method];
        return e ? momentText(e) : MISSING;
      },
    })),
  ];
  return html`${table('Sampled values have one standard error over independent walkers; computed ones have no statistical error.', columns, rows)}
${starWords(rows) ? html`<p>${starWords(rows)}</p>` : ''}`;
}

function disagreementsList({ disagreements }: Comparison, label: (m: Method) => string): Markup {
  if (disagreements.length === 0) return html``;
  return html`<h2>Where methods disagree</h2><ul>${disagreements.map((d) => html`<li>${prose(disagreementText(d, label))}</li>`)}</ul>`;
}

interface PairRow {
  readonly a: Method;
  readonly b: Method;
  readonly of: Readonly<Partial<Record<DensityName, Distance>>>;
}

function distancesTable(distances: readonly Distance[], label: (m: Method) => string): Markup {
  if (distances.length === 0) return html``;
  const rows = new Map<string, PairRow>();
  for (const d of distances) {
    const key = `${d.a} ${d.b}`;
    rows.set(key, { a: d.a, b: d.b, of: { ...rows.get(key)?.of, [d.density]: d } });
  }
  const shown = DENSITIES.filter((n) => distances.some((d) => d.density === n));
  const cell = (d: Distance | undefined) =>
    d
      ? `${formatNumber(d.totalVariation, 2)}${d.noise > 0 ? ` (${formatNumber(d.noise, 2)})` : Number.isNaN(d.noise) ? ' (?)' : ''}`
      : MISSING;
  const columns: Column<PairRow>[] = [
    { head: 'between', cell: (r) => `${label(r.a)} and ${label(r.b)}`, words: true },
    ...shown.map((n) => ({ head: DENSITY_WORDS[n], cell: (r: PairRow) => cell(r.of[n]) })),
  ];
  return html`<h3>Differences between the methods</h3>${table(
    'Total variation ½∫|P − Q| of the densities on the cells of the grid: 0 where they agree, 1 where they do not overlap. In parentheses: the value expected from counting finitely many walkers if the laws were the same, from two halves of the walkers; (?) where it is not known.',
    columns,
    [...rows.values()],
  )}`;
}

function howOf(methods: readonly MethodResult[]): Markup {
  return html`<dl class="facts">${methods.map(({ summary: s }) => {
    const facts = Object.entries(s.facts).filter(
      ([k]) => !['cells', 'order', 'steps', 'scheme', 'timestep'].includes(k),
    );
    const extra = facts.map(([k, v]) => `${k} ${typeof v === 'number' ? formatNumber(v, 2) : String(v)}`).join(', ');
    return html`<dt>${s.label}</dt><dd>${prose(s.how)}${extra ? `; ${extra}` : ''}.</dd>`;
  })}
<dt>residual</dt><dd>of the stationary density: the imbalance of probability in its cells, as a share of the probability that moves.</dd>
<dt>separation</dt><dd>the mean share that fluctuations of y² add to the diffusion along the valley; it must be small for the adiabatic method.</dd></dl>`;
}
