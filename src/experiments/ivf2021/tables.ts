/** Tables of the page of ivf2021: sensitivity to fit ranges, dynamics per direction, all flatness measurements. */

import { diffusing } from '../../analyse/trajectory/diffusing.js';
import { silence, type VoteRule } from '../../analyse/trajectory/fit-ranges.js';
import type { Analysis, OverDraws, PowerLaw, WalkForm } from '../../analyse/trajectory/results.js';
import { negated } from '../../numeric/estimate.js';
import { median } from '../../numeric/statistics.js';
import { thinLog } from '../../report/figures/axes.js';
import { formatCount, formatNumber, formatRange, MISSING } from '../../report/format.js';
import { html, type Markup } from '../../report/markup.js';
import { type Column, starred, table } from '../../report/sections/tables.js';
import { GAMMA_VOTE, PSI_VOTE } from './facts.js';
import { FORMS } from './walk-words.js';

interface RangeRow {
  readonly label: string;
  readonly fit: PowerLaw;
  readonly leastSquares?: number;
  readonly inverseLeastSquares?: number;
}

const rangeColumns = (exponent: string, width: string, rule: VoteRule): Column<RangeRow>[] => [
  { head: 'range', cell: (r) => r.label, words: true },
  { head: width, cell: (r) => formatRange(r.fit.range) },
  { head: 'points', cell: (r) => formatCount(r.fit.points) },
  { head: exponent, cell: (r) => starred(negated(r.fit.exponent)) },
  { head: 'scatter (decades)', cell: (r) => formatNumber(r.fit.scatter, 2) },
  { head: 'R²', cell: (r) => formatNumber(r.fit.r2, 3) },
  { head: 'decidable', cell: (r) => silence(r, rule) ?? 'yes', words: true },
];

/** Shows how the exponents depend on the range of the fit. */
export function sensitivity({ scaling: s, walk }: Analysis): Markup {
  const negative = (x: number | undefined) => (x === undefined ? MISSING : formatNumber(-x));
  return html`${table(
    'Exponent ψ of σ² ∝ F^−ψ over other ranges. The error is the misfit of each fit; ranges of rank that are decidable enter the range error. The last two columns are ordinary least squares of log σ² on log F, and the inverse of log F on log σ²; the two bracket a fit with errors in both.',
    [
      ...rangeColumns('ψ', 'F', PSI_VOTE),
      { head: 'least squares', cell: (r) => negative(r.leastSquares) },
      { head: 'inverse', cell: (r) => negative(r.inverseLeastSquares) },
    ],
    [{ label: 'fit of this report', fit: s.varianceFlatness }, ...s.varianceFlatnessRanges] as RangeRow[],
  )}
<h3>Rank law</h3>
${table(
  `Exponent γ of σᵢ² ∝ i^−γ over other ranges of rank. ${walkGamma(walk)}`,
  rangeColumns('γ', 'ranks', GAMMA_VOTE),
  [{ label: 'fit of this report', fit: s.rankLaw }, ...s.rankLawRanges],
)}`;
}

const walkGamma = (walk: Analysis['walk']): string =>
  'missing' in walk
    ? `There is no walk to compare with. ${walk.missing}`
    : `A walk with the same noise and no landscape gives ${walk.forms.map((f) => `${formatNumber(f.gamma.mean)} with ${FORMS[f.sampling]}`).join(', ')} over ranks ${formatRange(walk.ranks)}, an isotropic one 2.`;

/** Compares the window with walks that have the same noise and no landscape; docs/theory [N1], [S5]. */
export function walkTable({ scaling, walk, dynamics }: Analysis): Markup {
  const title = html`<h3 id="walk">The run and a walk without a landscape</h3>`;
  if ('missing' in walk) return html`${title}<p class="missing">${walk.missing}</p>`;
  type Row = readonly [what: string, run: number, of: (f: WalkForm) => OverDraws, isotropic: number];
  const followed = diffusing(dynamics).map((d) => d.msdExponent.value);
  const first = dynamics.find((d) => d.index === 1)?.msdExponent.value ?? Number.NaN;
  const rows: Row[] = [
    [`γ over ranks ${formatRange(walk.ranks)}`, walk.gamma, (f) => f.gamma, 2],
    ['share of direction 1', scaling.explained.fraction[0] ?? Number.NaN, (f) => f.share, 6 / Math.PI ** 2],
    ['displacement exponent of direction 1', first, (f) => f.first, Number.NaN],
    [
      'median exponent of directions 10–100',
      followed.length > 0 ? median(followed) : Number.NaN,
      (f) => f.median,
      Number.NaN,
    ],
  ];
  const draws = (o: OverDraws) => `${formatNumber(o.mean)} (${formatNumber(o.deviation, 2)})`;
  return html`${title}${table(
    `Walks have the gradient covariance of the layer at the centre of the window, exact over ${formatCount(walk.samples)} samples: it acts in ${formatNumber(walk.directions, 2)} directions, (Tr C)²/Tr C². In brackets: standard deviation over draws.`,
    [
      { head: '', cell: (r: Row) => r[0], words: true },
      { head: 'run', cell: (r) => formatNumber(r[1]) },
      ...walk.forms.map((f) => ({ head: FORMS[f.sampling], cell: (r: Row) => draws(r[2](f)) })),
      { head: 'isotropic', cell: (r) => formatNumber(r[3]) },
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
