/** Curvature against flatness. docs/theory [F3]. */
import * as Plot from '@observablehq/plot';
import type { Analysis } from '../../../analyse/trajectory/results.js';
import { logAxis, logDomain } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatCount } from '../../../report/format.js';
import { factorName } from './profiles.js';

/** p_iᵀHp_i against F, with the curvature that a quadratic valley of that width would have, 8 (factor − 1) L0 / F². */
export function curvatureByFlatness({ flatness: f }: Analysis): Drawn {
  const name = 'curvature';
  const closed = f.directions.filter((d) => d.flatness !== null && d.flatness > 0);
  const points = closed.flatMap((d) => (d.curvature > 0 ? [{ x: d.flatness!, y: d.curvature }] : []));
  if (points.length === 0) return { name, missing: 'no direction has both a width and a positive curvature.' };
  const x = logDomain(points.map((p) => p.x));
  const quadratic = x.map((w) => ({ x: w, y: (8 * (f.factor - 1) * f.centreLoss) / w ** 2 })).filter((p) => p.y > 0);
  const y = logDomain(
    [...points, ...quadratic].map((p) => p.y),
    0.1,
  );
  return {
    name,
    title: 'Curvature against flatness',
    ...drawFigure({
      name,
      title: 'Curvature of the loss along principal directions against the width of the valley',
      x: logAxis('flatness F (weight)', x),
      y: logAxis('curvature pᵀHp (loss/weight²)', y),
      marks: [
        Plot.line(quadratic, { x: 'x', y: 'y', stroke: COLOURS.green, strokeDasharray: '6 4', strokeWidth: 1.7 }),
        Plot.dot(points, { x: 'x', y: 'y', r: 2.8, fill: COLOURS.blue, fillOpacity: 0.8 }),
      ],
      legend: [
        { label: 'measured at the centre', mark: 'dot', colour: COLOURS.blue },
        { label: `quadratic valley, 8(${factorName(f.factor)}−1)L₀/F²`, mark: 'dash', colour: COLOURS.green },
      ],
    }),
    caption:
      'Exact second derivative at the centre against the width. On the dashed line the loss would be quadratic up to the threshold; ' +
      'points above it have a larger curvature at the centre than their width suggests, points below it a flat floor and steep walls.' +
      (points.length < closed.length
        ? ` ${formatCount(closed.length - points.length)} closed directions have a negative curvature at the centre and are not shown.`
        : ''),
  };
}
