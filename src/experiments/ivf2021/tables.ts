/** Tables of the page of ivf2021: sensitivity to fit ranges, dynamics per direction, all flatness measurements. */
import type { Analysis, PowerLaw } from '../../analyse/trajectory/results.js';
import { negated } from '../../numeric/estimate.js';
import { thinLog } from '../../report/figures/axes.js';
import { formatCount, formatNumber, formatRange, MISSING } from '../../report/format.js';
import { html, type Markup } from '../../report/markup.js';
import { type Column, STAR, starred, table } from '../../report/sections/tables.js';
import { spread } from './figures/msd.js';

interface RangeRow {
  readonly label: string;
  readonly fit: PowerLaw;
  readonly leastSquares?: number;
  readonly inverseLeastSquares?: number;
}

const rangeColumns = (exponent: string, width: string): Column<RangeRow>[] => [
  { head: 'range', cell: (r) => r.label, words: true },
  { head: width, cell: (r) => formatRange(r.fit.range) },
  { head: 'points', cell: (r) => formatCount(r.fit.points) },
  { head: exponent, cell: (r) => starred(negated(r.fit.exponent)) },
  { head: 'scatter (decades)', cell: (r) => formatNumber(r.fit.scatter, 2) },
  { head: 'R²', cell: (r) => formatNumber(r.fit.r2, 3) },
];

/** Shows how the exponents depend on the range of the fit. */
export function sensitivity({ scaling: s }: Analysis): Markup {
  const negative = (x: number | undefined) => (x === undefined ? MISSING : formatNumber(-x));
  return html`${table(
    'Exponent ψ of σ² ∝ F^−ψ over other ranges of F. The last two columns are ordinary least squares of log σ² on log F, and the inverse of log F on log σ²; the two bracket a fit with errors in both.',
    [
      ...rangeColumns('ψ', 'F'),
      { head: 'least squares', cell: (r) => negative(r.leastSquares) },
      { head: 'inverse', cell: (r) => negative(r.inverseLeastSquares) },
    ],
    [{ label: 'fit of this report', fit: s.varianceFlatness }, ...s.varianceFlatnessRanges] as RangeRow[],
  )}
<h3>Rank law</h3>
${table(
  'Exponent γ of σᵢ² ∝ i^−γ over other ranges of rank. A random walk without landscape gives 2.',
  rangeColumns('γ', 'ranks'),
  [{ label: 'fit of this report', fit: s.rankLaw }, ...s.rankLawRanges],
)}`;
}

/** Shows drift and diffusion of each direction; docs/theory [P5]. */
export function dynamicsTable({ dynamics }: Analysis): Markup {
  if (dynamics.length === 0) return html``;
  type Row = (typeof dynamics)[number];
  const columns: Column<Row>[] = [
    { head: 'direction', cell: (d) => formatCount(d.index) },
    { head: 'cos with weights', cell: (d) => formatNumber(d.cosWithWeights) },
    { head: 'drift (weight/step)', cell: (d) => starred(d.driftVelocity) },
    { head: 'displacement exponent', cell: (d) => starred(d.msdExponent) },
    { head: 'τ (steps)', cell: (d) => starred(d.correlationTime) },
  ];
  const caption =
    'Cosine of the angle between pᵢ and the mean weights of the layer, drift velocity of θᵢ, exponent of its mean squared displacement (2 drift, 1 diffusion, 0 bounded), integrated correlation time.' +
    (dynamics.some((d) => ![d.driftVelocity, d.msdExponent, d.correlationTime].every((e) => e.converged))
      ? ` ${STAR}`
      : '');
  const few = 12;
  if (dynamics.length <= few) return html`<h3>Drift and diffusion</h3>${table(caption, columns, dynamics)}`;
  return html`<h3>Drift and diffusion</h3>${table(caption, columns, spread(dynamics, few))}
<details><summary>All ${formatCount(dynamics.length)} directions</summary>${table('', columns, dynamics)}</details>`;
}

/** Compares the share of the variance in the first directions with that of a random walk; docs/theory [S5]. */
export function explainedTable({ scaling }: Analysis): Markup {
  const { index, fraction, randomWalk } = scaling.explained;
  const rows = index.map((j, k) => ({ j, fraction: fraction[k], walk: randomWalk[k] })).slice(0, 8);
  if (rows.length === 0) return html``;
  const percent = (x: number) => (Number.isFinite(x) ? `${formatNumber(100 * x)} %` : MISSING);
  return html`<h3>Share of the total variance</h3>${table(
    'Share of the total variance in the first principal directions, against a random walk of many dimensions, 6/(π²i²).',
    [
      { head: 'direction', cell: (r) => formatCount(r.j) },
      { head: 'measured', cell: (r) => percent(r.fraction) },
      { head: 'random walk', cell: (r) => percent(r.walk) },
    ],
    rows,
  )}`;
}

const MOST_ROWS = 200;

/** Lists the directions whose valley was measured; where there are many, some of them. */
export function flatnessTable({ flatness: f }: Analysis): Markup {
  type Row = (typeof f.directions)[number];
  const columns: Column<Row>[] = [
    { head: 'i', cell: (d) => formatCount(d.index) },
    { head: 'σ²', cell: (d) => formatNumber(d.variance) },
    { head: 'left', cell: (d) => (d.left === null ? 'open' : formatNumber(d.left)) },
    { head: 'right', cell: (d) => (d.right === null ? 'open' : formatNumber(d.right)) },
    { head: 'F', cell: (d) => formatNumber(d.flatness) },
    { head: 'F / quadratic', cell: (d) => formatNumber(d.quadraticRatio) },
    { head: 'asymmetry', cell: (d) => formatNumber(d.asymmetry, 2) },
    { head: 'slope', cell: (d) => formatNumber(d.slope, 2) },
    { head: 'curvature', cell: (d) => formatNumber(d.curvature) },
  ];
  const all = f.directions.length;
  const rows = all <= MOST_ROWS ? f.directions : thinLog(all, 40, MOST_ROWS - 41).map((k) => f.directions[k]);
  const some = rows.length < all ? `; ${formatCount(rows.length)} of them are listed here` : '';
  return html`<details><summary>Table of flatness: ${formatCount(all)} directions${some}</summary>
${table('Crossings, width and asymmetry in units of weight; slope and exact curvature of the loss at the centre. All directions at full precision are in flatness.csv.', columns, rows)}
</details>`;
}
