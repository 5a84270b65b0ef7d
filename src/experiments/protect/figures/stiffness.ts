/** The stiffness of a penalty along its axes, in each layer. */
import * as Plot from '@observablehq/plot';
import type { BlockDiagnostics } from '../../../apply/constraint.js';
import { linearAxis, logAxis, logDomain } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS } from '../../../report/figures/palette.js';
import { formatCount } from '../../../report/format.js';

const SERIES = [COLOURS.blue, COLOURS.orange, COLOURS.green, COLOURS.purple, COLOURS.ink, COLOURS.muted];

/** Draws the spectrum of the penalty; a method that holds single weights has none. Pure. */
export function stiffnessByAxis(layers: readonly BlockDiagnostics[]): Drawn {
  const name = 'stiffness';
  const spectra = layers
    .filter(({ constrained, stiffness }) => constrained === stiffness.length)
    .map(({ block, stiffness }) => ({
      block,
      points: [...stiffness]
        .sort((a, b) => b - a)
        .map((y, k) => ({ x: k + 1, y }))
        .filter(({ y }) => y > 0),
    }))
    .filter(({ points }) => points.length > 1);
  if (spectra.length === 0)
    return { name, missing: 'no layer is held along several axes: of single weights the table has the range.' };
  if (spectra.length > SERIES.length)
    return {
      name,
      missing: `${formatCount(spectra.length)} layers are too many for one figure; tables/stiffness.csv has them.`,
    };
  const all = spectra.flatMap(({ points }) => points);
  const most = Math.max(...all.map(({ x }) => x));
  const drawings = drawFigure({
    name,
    title: 'Stiffness of the penalty along its axes, by layer',
    x: linearAxis('axis, the stiffest first', [0, most * 1.04]),
    y: logAxis('stiffness K (loss / weight²)', logDomain(all.map(({ y }) => y))),
    marks: spectra.flatMap(({ points }, k) => [
      Plot.line(points, { x: 'x', y: 'y', stroke: SERIES[k], strokeWidth: 1.4 }),
      Plot.dot(points, { x: 'x', y: 'y', r: 2.4, fill: SERIES[k] }),
    ]),
    legend: spectra.map(({ block }, k) => ({ label: block, mark: 'line', colour: SERIES[k] })),
  });
  return {
    name,
    title: 'Stiffness',
    ...drawings,
    caption:
      'How strongly the penalty resists motion along each axis, before its strength. Explicit steps must follow the stiffest; axes far below it ' +
      'are hardly held.',
  };
}
