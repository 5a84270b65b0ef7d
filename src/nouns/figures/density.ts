/** The density of the eigenvalues of a Hessian, with its standard error over probes. docs/theory [S10]. */
import * as Plot from '@observablehq/plot';
import { linearAxis, linearDomain, logAxis, logDomain } from '../../report/figures/axes.js';
import { type Drawn, drawFigure } from '../../report/figures/frame.js';
import { COLOURS } from '../../report/figures/palette.js';
import type { Density } from '../density.js';

/** Draws the density on a logarithmic axis, since a few eigenvalues lie far outside the bulk. */
export function densityFigure(d: Density): Drawn {
  const name = 'hessian-density';
  const points = d.at.map((x, k) => ({ x, y: d.density[k], error: d.error[k] })).filter((p) => p.y > 0);
  if (points.length < 2) return { name, missing: 'the density is 0 at all eigenvalues but one.' };
  const highest = Math.max(...points.map((p) => p.y));
  const y = logDomain(points.map((p) => Math.max(p.y, 1e-6 * highest)));
  const band = points.map((p) => ({ x: p.x, low: Math.max(p.y - p.error, y[0]), high: p.y + p.error }));
  return {
    name,
    title: `Density of the eigenvalues of the Hessian, ${d.block}`,
    ...drawFigure({
      name,
      title: 'Share of the eigenvalues of the Hessian per unit of eigenvalue',
      width: 640,
      height: 400,
      x: linearAxis('eigenvalue (nat/weight²)', linearDomain(points.map((p) => p.x))),
      y: logAxis('share per unit of eigenvalue', y),
      marks: [
        Plot.areaY(band, { x: 'x', y1: 'low', y2: 'high', fill: COLOURS.blue, fillOpacity: 0.25, clip: true }),
        Plot.line(points, { x: 'x', y: 'y', stroke: COLOURS.blue, strokeWidth: 1.8, clip: true }),
      ],
      legend: [
        { label: 'density', mark: 'line', colour: COLOURS.blue },
        ...(band.some((b, k) => b.high > points[k].y)
          ? [{ label: '±1 standard error over probes', mark: 'area' as const, colour: COLOURS.blue }]
          : []),
      ],
    }),
    caption: `The ${d.size} eigenvalues of the Hessian on ${d.block}, each smoothed by a Gaussian of standard deviation ${d.width.toPrecision(2)}: ${d.method}. Trace ${d.trace}.`,
  };
}
