/** Density and current under a force that circulates. docs/theory [V7]. */
import * as Plot from '@observablehq/plot';
import { linearAxis, rampTicks, sameScale } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS, rampColour } from '../../../report/figures/palette.js';
import { formatPlain } from '../../../report/format.js';
import type { CirculationResult } from '../measured.js';

/** Of the cells, on which the arrows stand out. */
const OPACITY = 0.85;

export function circulationFigure({ field: f }: CirculationResult): Drawn {
  const name = 'valley-circulation';
  const [nx, ny] = [f.x.length, f.y.length];
  if (nx < 2 || ny < 2) return { name, missing: 'no current was computed.' };
  const [hx, hy] = [f.x[1] - f.x[0], f.y[1] - f.y[0]];
  const top = Math.max(...f.density);
  const longest = Math.max(...f.currentX.map((v, k) => Math.hypot(v, f.currentY[k])));
  const cells = f.y.flatMap((y, j) =>
    f.x.map((x, i) => {
      const k = j * nx + i;
      const [u, v] = [f.currentX[k], f.currentY[k]];
      const scale = (1.6 * Math.min(hx, hy)) / (longest || 1);
      const exact = [f.exactX[k], f.exactY[k]];
      return {
        x,
        y,
        shade: f.density[k] / top,
        size: Math.hypot(u, v) / (longest || 1),
        u: x + scale * u,
        v: y + scale * v,
        eu: x + scale * exact[0],
        ev: y + scale * exact[1],
      };
    }),
  );
  const arrows = cells.filter((c) => c.size > 0.06);
  const bounds = (values: readonly number[], h: number): [number, number] => [
    values[0] - h / 2,
    values[values.length - 1] + h / 2,
  ];
  return {
    name,
    title: 'Density and current under a circulating force',
    ...drawFigure({
      name,
      title: 'Stationary density and probability current of the circulating system',
      width: 620,
      height: 560,
      equal: sameScale(bounds(f.x, hx), bounds(f.y, hy)),
      x: linearAxis('x', bounds(f.x, hx)),
      y: linearAxis('y', bounds(f.y, hy)),
      legend: [
        { label: 'density', mark: 'ramp', ticks: rampTicks([0, top]), opacity: OPACITY },
        { label: 'current, grid', mark: 'line', colour: COLOURS.ink },
        { label: 'current, theory', mark: 'ring', colour: COLOURS.ink },
      ],
      marks: [
        Plot.rect(cells, {
          x1: (c) => c.x - hx / 2,
          x2: (c) => c.x + hx / 2,
          y1: (c) => c.y - hy / 2,
          y2: (c) => c.y + hy / 2,
          fill: (c) => rampColour(c.shade),
          fillOpacity: OPACITY,
          inset: -0.2,
        }),
        Plot.dot(arrows, { x: 'eu', y: 'ev', r: 2.4, fill: COLOURS.paper, stroke: COLOURS.ink, strokeWidth: 0.7 }),
        Plot.arrow(arrows, {
          x1: 'x',
          y1: 'y',
          x2: 'u',
          y2: 'v',
          stroke: COLOURS.ink,
          strokeWidth: 1.4,
          headLength: 5,
          clip: true,
        }),
      ],
    }),
    caption: `l = ${formatPlain(f.strength)}. Colour: stationary density of the grid, which is e^−Φ/Z for every l; arrows: its current; rings: tips of the arrows predicted by theory, l·J/Z.`,
  };
}
