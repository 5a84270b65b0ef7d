/** The numbers behind the pictures of the view Valley, as tables. */
import { formatCount, formatEstimate, formatNumber, formatShare } from '../../../../report/format.js';
import type { ValleyFrame } from '../../../engine/valley/frame.js';
import type { NumberTable } from '../../charts/numbers.js';
import { freezingWords } from './findings.js';

const list = (caption: string, rows: readonly (readonly string[])[]): NumberTable => ({
  caption,
  columns: ['quantity', 'value'],
  rows,
});

/** Says how many particles are where. */
export function particleTable(f: ValleyFrame): NumberTable {
  const hatched = f.growing.reduce((s, g) => s + g, 0) / f.growing.length;
  return list(`Particles after ${formatCount(f.step)} steps`, [
    ['moving', formatCount(f.moving)],
    ['diverged', formatCount(f.diverged)],
    ['outside the range', formatCount(f.outside)],
    ['mean of x (weight)', formatEstimate(f.mean)],
    ['variance of x (weight²)', formatEstimate(f.variance)],
    ['share of the range where steps grow', formatShare(hatched)],
  ]);
}

/** Lists the bars with their errors and the density beside them. */
export function barTable(f: ValleyFrame): NumberTable {
  const { edges, density, errors, counts } = f.bars;
  const per = f.x.length / counts.length;
  const mean = (values: ArrayLike<number>, k: number) => {
    let sum = 0;
    for (let i = k * per; i < (k + 1) * per; i++) sum += values[i];
    return formatNumber(sum / per, 3);
  };
  return {
    caption: `Density of x, 1/weight; total variation ${formatEstimate(f.distance.value)}, by chance ${formatNumber(f.distance.byChance, 2)}`,
    columns: ['x', 'particles', 'density', 'Fokker-Planck now', 'stationary'],
    rows: Array.from(counts, (c, k) => [
      `${formatNumber(edges[k], 3)} … ${formatNumber(edges[k + 1], 3)}`,
      formatCount(c),
      `${formatNumber(density[k], 3)} ± ${formatNumber(errors[k], 2)}`,
      mean(f.marginal, k),
      f.stationary ? mean(f.stationary, k) : '–',
    ]),
  };
}

/** Lists the curves of the effective potential at ten places. */
export function potentialTable(f: ValleyFrame): NumberTable {
  const { x, loss, marginal, floor, theory, unit } = f.potential;
  const at = (v: Float64Array | undefined, i: number) => (v ? formatNumber(v[i], 3) : '–');
  const places = Array.from({ length: 10 }, (_, k) => Math.floor(((k + 0.5) / 10) * x.length));
  return {
    caption: `Energies along x, nat; Δ = ${formatNumber(unit, 3)} nat`,
    columns: ['x', 'loss on the floor', '−Δ ln P', 'theory', 'on the floor', 'theory on the floor'],
    rows: places.map((i) => [
      formatNumber(x[i], 3),
      at(loss, i),
      at(marginal, i),
      at(theory?.marginal, i),
      at(floor, i),
      at(theory?.floor, i),
    ]),
  };
}

/** States the learning rate and its bounds. */
export function boundTable(f: ValleyFrame): NumberTable {
  return list('Learning rate and bounds', [
    ['eta', formatNumber(f.state.eta, 3)],
    ['curvature at the sharpest visited place (nat/weight²)', formatNumber(f.bound.curvature, 3)],
    ['bound in mean square', formatNumber(f.bound.meanSquare, 3)],
    ['bound almost surely', formatNumber(f.bound.almostSure, 3)],
    ['diverged', formatShare(f.diverged / f.particles)],
  ]);
}

/** States the curvature that particles see. */
export function courseTable(f: ValleyFrame): NumberTable {
  const { curvature } = f.series;
  return list('Largest curvature at the particles, nat/weight²', [
    ['at the start', formatNumber(curvature[0], 3)],
    ['now, mean over the particles', formatEstimate(f.curvature)],
  ]);
}

/** States measured and predicted shares of the wells. */
export function freezingTable(f: ValleyFrame): NumberTable | undefined {
  const z = f.freezing;
  if (!z) return undefined;
  return list('Two wells', [
    ['left minimum, top, right minimum (weight)', [z.left, z.top, z.right].map((v) => formatNumber(v, 3)).join(', ')],
    ['share in the right well', formatEstimate(z.share)],
    ['predicted', formatNumber(z.predicted, 3)],
    ['passages expected so far, each particle', formatNumber(z.passages, 3)],
    ['state', freezingWords(f)],
  ]);
}
