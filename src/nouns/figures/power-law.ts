/** Points, the power law fitted to them, and its standard error. */
import * as Plot from '@observablehq/plot';
import { logAxis, logDomain } from '../../report/figures/axes.js';
import { type Drawn, drawFigure } from '../../report/figures/frame.js';
import { COLOURS } from '../../report/figures/palette.js';
import type { PowerLawResult } from '../fit.js';

/** Names the axes. */
export interface AxisNames {
  readonly x?: string;
  readonly y?: string;
}

/** Draws y against x with the fitted line over the range of the fit. */
export function powerLawFigure(xs: Float64Array, ys: Float64Array, law: PowerLawResult, names: AxisNames): Drawn {
  const name = 'power-law';
  const points = Array.from(xs, (x, k) => ({ x, y: ys[k] })).filter((p) => p.x > 0 && p.y > 0);
  if (points.length === 0) return { name, missing: 'no point has a logarithm in x and y.' };
  const line = law.range.map((x) => ({ x, y: law.at(x) }));
  const value = `exponent ${law.exponent}`;
  return {
    name,
    title: 'Power law',
    ...drawFigure({
      name,
      title: `${names.y ?? 'y'} against ${names.x ?? 'x'} with a fitted power law`,
      width: 560,
      height: 400,
      x: logAxis(names.x ?? 'x', logDomain(points.map((p) => p.x))),
      y: logAxis(names.y ?? 'y', logDomain(points.map((p) => p.y))),
      marks: [
        Plot.dot(points, { x: 'x', y: 'y', r: 3.2, fill: COLOURS.blue }),
        Plot.line(line, { x: 'x', y: 'y', stroke: COLOURS.ink, strokeWidth: 2, clip: true }),
      ],
      legend: [
        { label: 'points', mark: 'dot', colour: COLOURS.blue },
        { label: value, mark: 'line', colour: COLOURS.ink },
      ],
    }),
    caption: `A power law fitted to ${law.points} points: ${value}; ${law.exponent.method}. Least squares of y on x and of x on y give ${law.bracket.map((b) => b.toPrecision(3)).join(' and ')}.`,
  };
}
