/** The share of the total variance in the first k principal directions, beside that of an isotropic random walk. docs/theory [S5]. */
import * as Plot from '@observablehq/plot';
import type { PcaSummary } from '../../../analyse/trajectory/results.js';
import { formatCount, formatShare } from '../../format.js';
import { linearAxis, logAxis, logDomain, thinLog } from '../axes.js';
import { type Drawn, drawFigure } from '../frame.js';
import { COLOURS } from '../palette.js';

/** Shares whose number of directions the caption names. */
const NAMED = [0.5, 0.9, 0.99];

/** Draws the cumulated variance against the number of directions. */
export function cumulatedVariance({ pca }: { readonly pca: PcaSummary }): Drawn {
  const name = 'cumulated-variance';
  const { variances, totalVariance: total } = pca;
  if (variances.length < 2 || !(total > 0)) return { name, missing: 'fewer than two directions have a variance.' };
  let sum = 0;
  const shares = variances.map((v) => {
    sum += v;
    return sum / total;
  });
  let walked = 0;
  const walk = variances.map((_, k) => {
    walked += 6 / (Math.PI * (k + 1)) ** 2;
    return walked;
  });
  const kept = thinLog(shares.length);
  const line = (values: readonly number[]) => kept.map((k) => ({ x: k + 1, y: 100 * values[k] }));
  const enough = NAMED.flatMap((share) => {
    const k = shares.findIndex((s) => s >= share);
    return k < 0 ? [] : [`${formatCount(k + 1)} for ${formatShare(share)}`];
  });
  const least = Math.min(100 * shares[0], 100 * walk[0]);
  return {
    name,
    title: 'Cumulated variance',
    ...drawFigure({
      name,
      title: 'Share of the total variance in the first principal directions against their number',
      x: logAxis('number of directions k', logDomain([1, shares.length], 0.05)),
      y: linearAxis('share of the variance (%)', [Math.max(0, least - 4), 102]),
      marks: [
        Plot.line(line(walk), { x: 'x', y: 'y', stroke: COLOURS.green, strokeDasharray: '6 4', strokeWidth: 1.5 }),
        Plot.line(line(shares), { x: 'x', y: 'y', stroke: COLOURS.blue, strokeWidth: 1.8 }),
        Plot.dot(line(shares).slice(0, 12), { x: 'x', y: 'y', r: 2.6, fill: COLOURS.blue }),
      ],
      legend: [
        { label: 'measured', mark: 'line', colour: COLOURS.blue },
        { label: 'isotropic walk Σ 6/(π²i²)', mark: 'dash', colour: COLOURS.green },
      ],
    }),
    caption: `Σσᵢ² over the first k directions, over that of all ${formatCount(variances.length)}. Fewest directions: ${enough.join(', ')}. A walk without a landscape gathers as much in a few directions, so that a steep rise alone is no sign of one.`,
  };
}
