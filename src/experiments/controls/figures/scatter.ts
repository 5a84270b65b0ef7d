/** Scatter plots: variance against flatness in several bases, and the noise against the curvature. docs/theory [S6]. */
import * as Plot from '@observablehq/plot';
import { FIRST_RANK, RESOLUTIONS } from '../../../analyse/trajectory/scaling.js';
import { overSeeds } from '../../../numeric/seeds.js';
import { logAxis, logDomain } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatCount, formatEstimate, formatNumber } from '../../../report/format.js';
import {
  BASIS_NAMES,
  type Basis,
  type BranchResult,
  type CellResult,
  type Regime,
  type RegimeDirection,
} from '../measured.js';

const SHOWN: readonly (readonly [Basis, string])[] = [
  ['same-window', COLOURS.blue],
  ['random-walk', COLOURS.orange],
  ['other-window', COLOURS.green],
  ['replicas', COLOURS.purple],
];

const branch = (cells: readonly CellResult[]): BranchResult | undefined =>
  cells.find((c): c is BranchResult => c.kind === 'branch' && c.sampling === 'shuffled' && c.momentum === 0);

/** Whether the fits of a regime use a direction. */
const fitted = (r: Regime, d: RegimeDirection): boolean =>
  d.index >= FIRST_RANK && d.flatness !== null && d.flatness > 0 && d.variance > RESOLUTIONS * r.resolution;

const points = (r: Regime) => r.directions.flatMap((d) => (fitted(r, d) ? [{ x: d.flatness!, y: d.variance }] : []));

export function variancesByBasis(cells: readonly CellResult[], mainWindow: number): Drawn {
  const name = 'controls-variance-flatness';
  const cell = branch(cells);
  const series = SHOWN.flatMap(([basis, colour]) => {
    const r = cell?.regimes.find((x) => x.basis === basis && (x.basis === 'other-window' || x.epochs === mainWindow));
    return r ? [{ basis, colour, r, points: points(r) }] : [];
  }).filter((s) => s.points.length > 1);
  if (!cell || series.length === 0)
    return { name, missing: 'there is no branch with shuffled batches and no momentum.' };
  const all = series.flatMap((s) => s.points);
  const line = ({ relation }: Regime) =>
    relation.range.map((x) => ({ x, y: 10 ** (relation.intercept.value + relation.exponent.value * Math.log10(x)) }));
  const label = ({ basis, r }: (typeof series)[number]) =>
    `${BASIS_NAMES[basis]}, ψ = ${formatNumber(-r.relation.exponent.value, 3)}`;
  return {
    name,
    title: 'The same landscape, four choices of directions',
    ...drawFigure({
      name,
      title: 'Variance against flatness for four choices of directions of one network',
      width: 820,
      height: 460,
      x: logAxis('flatness F (weight)', logDomain(all.map((p) => p.x))),
      y: logAxis(
        'variance σ² (weight²)',
        logDomain(
          all.map((p) => p.y),
          0.2,
        ),
      ),
      legend: series.map((s) => ({ label: label(s), mark: 'dot', colour: s.colour })),
      marks: series.flatMap((s) => [
        Plot.dot(s.points, { x: 'x', y: 'y', r: 3.2, fill: s.colour, fillOpacity: 0.8 }),
        ...(Number.isFinite(s.r.relation.exponent.value)
          ? [Plot.line(line(s.r), { x: 'x', y: 'y', stroke: s.colour, strokeWidth: 1.6, clip: true })]
          : []),
      ]),
    }),
    caption: `One network (seed ${formatCount(cell.seed)}), shuffled batches, no momentum, window of ${formatCount(mainWindow)} epochs. All widths are those of the real loss, also along the directions of the random walk, which did not depend on it. Lines are the fits over the points shown.`,
  };
}

export function noiseAgainstCurvature(cells: readonly CellResult[]): Drawn {
  const name = 'controls-noise';
  const own = cells.filter(
    (c): c is BranchResult => c.kind === 'branch' && c.sampling === 'shuffled' && c.momentum === 0,
  );
  const regimes = own.flatMap((c) => c.regimes.filter((r) => r.basis === 'hessian'));
  const dots = regimes.flatMap((r) =>
    r.directions.flatMap((d) => (fitted(r, d) ? [{ x: d.curvature, y: d.noise }] : [])),
  );
  if (dots.length === 0) return { name, missing: 'no direction has both a curvature and a noise.' };
  const gamma = overSeeds(
    regimes.map((r) => r.noiseLaw.exponent.value),
    regimes.map((r) => r.noiseLaw.exponent.standardError),
  );
  const { noiseLaw: fit, crossover } = regimes[0];
  const line = fit.range.map((x) => ({ x, y: 10 ** (fit.intercept.value + fit.exponent.value * Math.log10(x)) }));
  const x = logDomain(dots.map((p) => p.x));
  const inside = crossover > x[0] && crossover < x[1];
  return {
    name,
    title: 'The noise against the curvature',
    ...drawFigure({
      name,
      title: 'Variance of the minibatch gradient against curvature along Hessian eigenvectors',
      x: logAxis('curvature Hᵢᵢ (loss/weight²)', x),
      y: logAxis('noise Cᵢᵢ of a minibatch (loss²/weight²)', logDomain(dots.map((p) => p.y))),
      legend: [
        {
          label: `Hessian eigenvectors, ${formatCount(regimes.length)} ${regimes.length === 1 ? 'seed' : 'seeds'}`,
          mark: 'dot',
          colour: COLOURS.blue,
        },
        { label: `C ∝ H^γ, γ = ${formatEstimate(gamma)}`, mark: 'line', colour: COLOURS.ink },
        ...(inside ? [{ label: 'crossover of shuffling', mark: 'rule' as const, colour: COLOURS.muted }] : []),
      ],
      marks: [
        ...(inside ? [Plot.ruleX([crossover], { stroke: COLOURS.muted, strokeDasharray: '3 2' })] : []),
        Plot.dot(dots, { x: 'x', y: 'y', r: 2.4, fill: COLOURS.blue, fillOpacity: 0.6 }),
        Plot.line(line, { x: 'x', y: 'y', stroke: COLOURS.ink, strokeWidth: 1.8, clip: true }),
      ],
    }),
    caption:
      'Exact over all training samples at the mean of the main window. The line is the fit of the first seed, γ its mean over seeds. Left of the crossover a mode does not relax within an epoch and its variance is that of the noise alone; right of it the force of the landscape contributes.' +
      (inside ? '' : ` The crossover of shuffling, at ${formatNumber(crossover)}, lies outside the frame.`),
  };
}
