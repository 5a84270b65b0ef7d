/** psi of every regime with its error, and psi against the length of the window. docs/theory [S6], [S7]. */
import * as Plot from '@observablehq/plot';
import { linearAxis, linearDomain, logAxis, logDomain, rowsAxis } from '../../../report/figures/axes.js';
import { barMarks, beyondWords } from '../../../report/figures/bars.js';
import { exponentAxis } from '../../../report/figures/exponent.js';
import { type Drawn, drawFigure, type LegendEntry } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatCount } from '../../../report/format.js';
import { BASIS_NAMES, type Basis } from '../measured.js';
import type { RegimeRow } from '../summary.js';

const branchOf = (r: RegimeRow): string => `${r.sampling}, momentum ${r.momentum}`;
const PALETTE = [COLOURS.blue, COLOURS.orange, COLOURS.green, COLOURS.purple];

/** The order of the rows: choices made by the window first, then those that do not depend on it. */
const READING: readonly Basis[] = [
  'same-window',
  'surrogate',
  'random-walk',
  'other-window',
  'surrogate-other',
  'hessian',
  'replicas',
];

/** Characters of a row's name in one line of a narrow figure. */
const NAME = 14;

/** One standard error: over seeds, or of the fit for a single seed. */
const bar = (r: RegimeRow): number => (Number.isFinite(r.psi.standardError) ? r.psi.standardError : 0);

export function exponentsByRegime(rows: readonly RegimeRow[], mainWindow: number): Drawn {
  const name = 'controls-exponents';
  const main = rows.filter(
    (r) => (r.epochs === mainWindow || r.epochs === mainWindow / 2) && READING.includes(r.basis) && drawable(r),
  );
  // half-windows of the same-window kind are no row of this figure
  const shown = main.filter((r) => (r.basis.includes('other') ? r.epochs === mainWindow / 2 : r.epochs === mainWindow));
  if (shown.length === 0) return { name, missing: 'no regime has an exponent.' };
  const bases = READING.filter((b) => shown.some((r) => r.basis === b));
  const branches = [...new Set(shown.map(branchOf))];
  const points = shown.map((r) => {
    const k = branches.indexOf(branchOf(r));
    const at = bases.length - bases.indexOf(r.basis) + (branches.length - 1 - 2 * k) * 0.1;
    const error = bar(r);
    const [low, high] = [r.psi.value - error, r.psi.value + error];
    return { at, psi: r.psi.value, low, high, theory: r.theory.value, colour: PALETTE[k % 4] };
  });
  const { domain, axis, lines, entry } = exponentAxis(
    points.flatMap((p) => [p.psi, p.theory]),
    { least: [0, 4.6], pad: 0.06 },
  );
  const names = bases.map((b) => BASIS_NAMES[b]);
  const legend: LegendEntry[] = [
    ...branches.map((label, k) => ({ label, mark: 'dot' as const, colour: PALETTE[k % 4] })),
    { label: 'theory, single modes', mark: 'ring', colour: COLOURS.muted },
    entry,
  ];
  const n = Math.min(...shown.map((r) => r.psi.n));
  return {
    name,
    title: 'The exponent by regime',
    ...drawFigure({
      name,
      title: 'Exponent psi of each choice of directions, for each way of drawing batches',
      width: 860,
      height: 110 + 52 * bases.length,
      x: axis,
      y: rowsAxis(names),
      narrow: { y: rowsAxis(names, 0.6, NAME) },
      legend,
      marks: [
        lines,
        Plot.dot(points, { x: 'theory', y: 'at', r: 3.6, stroke: COLOURS.muted, strokeWidth: 1.5, clip: true }),
        ...barMarks(points, 'x', domain),
        Plot.dot(points, { x: 'psi', y: 'at', r: 4, fill: 'colour' }),
      ],
    }),
    caption:
      `Each row is a way of choosing directions, in windows of ${formatCount(mainWindow)} epochs (halves of them where the other half chose the directions). ` +
      `Bars are one standard error ${n < 2 ? 'of the fit of the single seed' : `over ${formatCount(n)} seeds`}. ` +
      'Rings: the exponent of the discrete-time theory for single modes with the curvature and the noise measured along the same directions. Dots and rings differ where the directions were chosen by the same fluctuations that are measured along them.' +
      beyondWords(points, domain),
  };
}

const drawable = (r: RegimeRow): boolean => Number.isFinite(r.psi.value) && Number.isFinite(r.theory.value);

export function exponentsByWindow(rows: readonly RegimeRow[]): Drawn {
  const name = 'controls-windows';
  const own = rows.filter((r) => r.basis === 'same-window' && r.momentum === 0 && drawable(r));
  if (new Set(own.map((r) => r.epochs)).size < 2) return { name, missing: 'there is only one length of window.' };
  const colour = (k: number) => [COLOURS.blue, COLOURS.green][k];
  const points = own.map((r) => {
    const k = r.sampling === 'shuffled' ? 0 : 1;
    const error = bar(r);
    const [low, high] = [r.psi.value - error, r.psi.value + error];
    return { at: r.epochs * (k ? 1.03 : 0.97), psi: r.psi.value, low, high, colour: colour(k), theory: r.theory.value };
  });
  const y = linearDomain([0, 4.6, ...points.flatMap((p) => [p.psi, p.theory])], 0.06);
  return {
    name,
    title: 'The exponent against the length of the window',
    ...drawFigure({
      name,
      title: 'Exponent psi of same-window principal components against the length of the window',
      x: logAxis('window (epochs)', logDomain(points.map((p) => p.at))),
      y: linearAxis('exponent ψ', y, 6),
      legend: [
        { label: 'shuffled', mark: 'dot', colour: colour(0) },
        { label: 'replaced', mark: 'dot', colour: colour(1) },
        { label: 'theory, single modes', mark: 'ring', colour: COLOURS.muted },
        { label: 'ψ = 4', mark: 'dash', colour: COLOURS.ink },
      ],
      marks: [
        Plot.ruleY([4], { stroke: COLOURS.ink, strokeDasharray: '6 4' }),
        Plot.dot(points, { x: 'at', y: 'theory', r: 3.6, stroke: COLOURS.muted, strokeWidth: 1.5, clip: true }),
        ...barMarks(points, 'y', y),
        Plot.dot(points, { x: 'at', y: 'psi', r: 4, fill: 'colour' }),
      ],
    }),
    caption:
      'Principal directions and variances from one and the same window, which ends with the branch. Bars as in the figure above. Points of the two samplings are shifted slightly apart.' +
      beyondWords(points, y),
  };
}
