/** Variances along principal directions against their rank. docs/theory [P3]. */
import * as Plot from '@observablehq/plot';
import { logAxis, logDomain } from '../../report/figures/axes.js';
import { type Drawn, drawFigure } from '../../report/figures/frame.js';
import { COLOURS } from '../../report/figures/palette.js';
import { formatCount, formatShare } from '../../report/format.js';
import type { PcaResult } from '../pca.js';

/** Draws the variances of all directions that were found. */
export function variancesFigure(p: PcaResult): Drawn {
  const name = 'principal-variances';
  const points = p.variances.map((y, k) => ({ x: k + 1, y })).filter((v) => v.y > 0);
  if (points.length === 0) return { name, missing: 'no direction has a positive variance.' };
  const x = logDomain([1, p.variances.length], 0.05);
  const y = logDomain(points.map((v) => v.y));
  const floor = p.resolution > y[0] && p.resolution < y[1];
  const share = p.explained.reduce((a, b) => a + b, 0);
  return {
    name,
    title: 'Variance by rank',
    ...drawFigure({
      name,
      title: 'Variance of the weights along each principal direction against its rank',
      width: 560,
      height: 380,
      x: logAxis('rank', x),
      y: logAxis('variance σ² (weight²)', y),
      marks: [
        ...(floor
          ? [Plot.rect([0], { x1: x[0], x2: x[1], y1: y[0], y2: p.resolution, fill: COLOURS.muted, fillOpacity: 0.18 })]
          : []),
        Plot.line(points, { x: 'x', y: 'y', stroke: COLOURS.blue, strokeWidth: 1.4 }),
        Plot.dot(points, { x: 'x', y: 'y', r: 2.8, fill: COLOURS.blue }),
      ],
      legend: [
        { label: 'measured', mark: 'dot', colour: COLOURS.blue },
        ...(floor ? [{ label: 'below the resolution', mark: 'area' as const, colour: COLOURS.muted }] : []),
      ],
    }),
    caption: `The ${points.length} largest principal directions of ${formatCount(p.T)} rows of ${formatCount(p.P)} weights hold ${formatShare(Math.min(1, share))} of the variance; ${p.method}.`,
  };
}
