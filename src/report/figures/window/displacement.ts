/** Mean squared displacement of principal coordinates against lag. docs/theory [P5]. */
import * as Plot from '@observablehq/plot';
import type { Analysis, DirectionDynamics } from '../../../analyse/trajectory/results.js';
import { formatEstimate } from '../../format.js';
import { logAxis, logDomain } from '../axes.js';
import { type Drawn, drawFigure } from '../frame.js';
import { COLOURS, rampColour } from '../palette.js';

/** Ranks to show; for each the nearest measured one is drawn. */
const RANKS = [1, 2, 10, 50, 200, 1000];

export function displacementCurves({ dynamics }: Pick<Analysis, 'dynamics'>): Drawn {
  const name = 'msd';
  const usable = dynamics
    .map((d) => ({ d, points: d.msd.lag.map((x, k) => ({ x, y: d.msd.value[k] })).filter((p) => p.x > 0 && p.y > 0) }))
    .filter((c) => c.points.length > 0);
  if (usable.length === 0) return { name, missing: 'no displacement curve was measured.' };
  const curves = nearest(usable, RANKS);
  const all = curves.flatMap((c) => c.points);
  const x = logDomain(
    all.map((p) => p.x),
    0.05,
  );
  const y = logDomain(
    all.map((p) => p.y),
    0.12,
  );
  const guides = [1, 2].map((slope) => guide(slope, x, y));
  return {
    name,
    title: 'Mean squared displacement',
    ...drawFigure({
      name,
      title: 'Mean squared displacement of principal coordinates against lag',
      x: logAxis('lag (steps)', x),
      y: logAxis('mean squared displacement (weight²)', y),
      marks: [
        ...guides.map((g, k) =>
          Plot.line(g, {
            x: 'x',
            y: 'y',
            stroke: COLOURS.muted,
            strokeWidth: 1.4,
            strokeDasharray: k === 0 ? '2 3' : '6 4',
          }),
        ),
        ...curves.map((c, k) =>
          Plot.line(c.points, { x: 'x', y: 'y', stroke: colour(k, curves.length), strokeWidth: 1.8 }),
        ),
        ...curves.map((c, k) => Plot.dot(c.points.slice(-1), { x: 'x', y: 'y', fill: colour(k, curves.length), r: 3 })),
      ],
      legend: [
        ...curves.map((c, k) => ({
          label: `PC ${c.d.index}: ${exponent(c.d)}`,
          mark: 'line' as const,
          colour: colour(k, curves.length),
        })),
        { label: 'slope 1', mark: 'dots', colour: COLOURS.muted },
        { label: 'slope 2', mark: 'dash', colour: COLOURS.muted },
      ],
    }),
    caption:
      'Mean squared displacement of a principal coordinate within a lag, averaged over the window. Slope 2 means a steady drift, slope 1 diffusion, ' +
      'slope 0 a bounded coordinate; the number beside each direction is its fitted exponent.',
  };
}

const exponent = (d: DirectionDynamics): string => formatEstimate(d.msdExponent);
const colour = (k: number, n: number): string => rampColour(n === 1 ? 0 : k / (n - 1) - 1e-9);

/** A short line of the given slope, in a fan with its origin in the lower right of the frame. */
function guide(slope: number, x: readonly [number, number], y: readonly [number, number]): { x: number; y: number }[] {
  const [x0, x1, y0, y1] = [...x, ...y].map(Math.log10);
  const run = Math.min((x1 - x0) * 0.34, ((y1 - y0) * 0.5) / slope);
  const [left, low] = [x0 + (x1 - x0) * 0.62, y0 + (y1 - y0) * 0.05];
  return [
    { x: 10 ** left, y: 10 ** low },
    { x: 10 ** (left + run), y: 10 ** (low + slope * run) },
  ];
}

/** The curves whose ranks are nearest, in the logarithm, to the wanted ones, each once. */
function nearest<T extends { readonly d: DirectionDynamics }>(curves: readonly T[], ranks: readonly number[]): T[] {
  const distance = (c: T, rank: number) => Math.abs(Math.log(c.d.index / rank));
  const chosen = ranks.map((rank) => curves.reduce((a, b) => (distance(b, rank) < distance(a, rank) ? b : a)));
  return [...new Set(chosen)];
}

/** At most `most` items, first and last included, evenly by position. */
export function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, k) => items[Math.round((k * (items.length - 1)) / (most - 1))]);
}
