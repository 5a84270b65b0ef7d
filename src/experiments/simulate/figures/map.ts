/** The density of both coordinates as regions of highest density, with the landscape's contours and the current. docs/theory [V5]. */
import * as Plot from '@observablehq/plot';
import { linearAxis, sameScale, scaleWords, stepTicks } from '../../../report/figures/axes.js';
import { type Drawn, drawFigure } from '../../../report/figures/frame.js';
import { COLOURS, rampColour } from '../../../report/figures/palette.js';
import { formatPlain } from '../../../report/format.js';
import { arrayOf, type MethodResult, type SimulationInput } from '../measured.js';
import { coordinateLabel } from './lines.js';

/** The shares of the probability in the regions. */
const SHARES = [0.95, 0.8, 0.6, 0.4, 0.2];
/** Cells along an axis of a sampled map, and of a computed one. */
const [FEW, MANY] = [40, 120];
/** Of the regions, through which the contours of the loss are seen. */
const OPACITY = 0.8;
/** Arrows along an axis. */
const ARROWS = 14;

interface MapGrid {
  readonly nx: number;
  readonly ny: number;
  readonly values: Float64Array;
  /** Cells of the grid that it covers along each axis. */
  readonly covers: readonly [number, number];
}

export function densityMap(input: SimulationInput, method: MethodResult): Drawn {
  const { facts } = input;
  const { label } = method.summary;
  const name = `density-${method.summary.method}`;
  const density = arrayOf(method, 'density');
  if (facts.names.length === 1) return { name, missing: 'one coordinate has no map.' };
  if (!density) return { name, missing: `${label} has no density of both coordinates.` };
  const [cx, cy] = facts.centres;
  const sampled = Object.keys(method.summary.noiseFloor).length > 0;
  const map = coarse(density, cx.length, cy.length, sampled ? FEW : MANY);
  const box = viewOf(input);
  const edges = ({ covers: [nx, ny] }: MapGrid) => ({
    x1: cx[0] - (cx[1] - cx[0]) / 2,
    x2: cx[nx - 1] + (cx[1] - cx[0]) / 2,
    y1: cy[0] - (cy[1] - cy[0]) / 2,
    y2: cy[ny - 1] + (cy[1] - cy[0]) / 2,
  });
  const levels = levelsOf(map.values);
  const arrows = arrowsOf(method, input, box);
  const loss = facts.loss && coarse(facts.loss, cx.length, cy.length, MANY);
  return {
    name,
    title: `Density by ${label}`,
    ...drawFigure({
      name,
      title: `Regions of highest density of x and y by ${label}, with contours of the loss`,
      width: 520,
      height: 400,
      equal: sameScale(box.x, box.y),
      x: linearAxis(coordinateLabel(input, facts.names[0]), box.x),
      y: linearAxis(coordinateLabel(input, facts.names[1]), box.y),
      marks: [
        ...levels.map((level, k) =>
          Plot.contour(map.values, {
            width: map.nx,
            height: map.ny,
            ...edges(map),
            thresholds: [level],
            fill: rampColour((k + 0.5) / SHARES.length),
            fillOpacity: OPACITY,
            clip: true,
          }),
        ),
        ...(loss
          ? [
              Plot.contour(loss.values, {
                width: loss.nx,
                height: loss.ny,
                ...edges(loss),
                thresholds: lossLevels(loss.values),
                stroke: COLOURS.muted,
                strokeOpacity: 0.7,
                strokeWidth: 0.8,
                clip: true,
              }),
            ]
          : []),
        Plot.arrow(arrows, {
          x1: (a) => a.x1,
          y1: (a) => a.y1,
          x2: (a) => a.x2,
          y2: (a) => a.y2,
          stroke: COLOURS.ink,
          strokeWidth: 1.1,
          headLength: 5,
        }),
      ],
      legend: [
        {
          label: 'probability inside (%)',
          opacity: OPACITY,
          mark: 'ramp',
          steps: SHARES.map((_, k) => rampColour((k + 0.5) / SHARES.length)),
          ticks: stepTicks(SHARES.map((share) => formatPlain(100 * share))),
        },
        ...(loss ? [{ label: 'contours of L', mark: 'line' as const, colour: COLOURS.muted }] : []),
        ...(arrows.length > 0 ? [{ label: 'current', mark: 'line' as const, colour: COLOURS.ink }] : []),
      ],
    }),
    caption: `The regions of highest density that hold 95, 80, 60, 40 and 20 % of the probability, by ${label}${sampled ? ' (counted in wider cells)' : ''}.${
      arrows.length > 0
        ? ' Arrows show the probability current, with lengths proportional to the root of its magnitude: probability circulates.'
        : ''
    }${scaleWords(box.x, box.y)}`,
  };
}

/** The range in which any method has density, which is the frame of all maps. */
function viewOf({ facts, methods }: SimulationInput): { x: [number, number]; y: [number, number] } {
  const range = (name: 'marginal_x' | 'marginal_y', centres: Float64Array): [number, number] => {
    let [lo, hi] = [Infinity, -Infinity];
    for (const m of methods) {
      const p = arrayOf(m, name);
      if (!p) continue;
      const top = p.reduce((a, b) => Math.max(a, b), 0);
      p.forEach((v, i) => {
        if (v > 2e-3 * top) {
          lo = Math.min(lo, centres[i]);
          hi = Math.max(hi, centres[i]);
        }
      });
    }
    const pad = 0.06 * (hi - lo);
    return [Math.max(centres[0], lo - pad), Math.min(centres[centres.length - 1], hi + pad)];
  };
  return { x: range('marginal_x', facts.centres[0]), y: range('marginal_y', facts.centres[1]) };
}

/** Means over blocks, so that an axis has at most `most` cells; a last block that is not full is left out. */
function coarse(values: Float64Array, nx: number, ny: number, most: number): MapGrid {
  const [gx, gy] = [Math.ceil(nx / most), Math.ceil(ny / most)];
  const [mx, my] = [Math.floor(nx / gx), Math.floor(ny / gy)];
  const out = new Float64Array(mx * my);
  for (let j = 0; j < my * gy; j++)
    for (let i = 0; i < mx * gx; i++)
      out[Math.floor(j / gy) * mx + Math.floor(i / gx)] += values[j * nx + i] / (gx * gy);
  return { nx: mx, ny: my, values: out, covers: [mx * gx, my * gy] };
}

/** The density levels whose regions contain the SHARES: decreasing shares, increasing levels. */
function levelsOf(values: Float64Array): number[] {
  const sorted = Float64Array.from(values).sort().reverse();
  const total = sorted.reduce((s, v) => s + v, 0);
  return SHARES.map((share) => {
    let sum = 0;
    for (const v of sorted) {
      sum += v;
      if (sum >= share * total) return v;
    }
    return 0;
  });
}

/** The contours of the loss, denser near its minimum. */
function lossLevels(values: Float64Array): number[] {
  const sorted = Float64Array.from(values).sort();
  const lowest = sorted[0];
  const middle = sorted[Math.floor(0.6 * sorted.length)];
  return [0.06, 0.14, 0.28, 0.5, 0.8, 1.2].map((t) => lowest + t * t * (middle - lowest) * 2);
}

function arrowsOf(method: MethodResult, { facts }: SimulationInput, box: { x: [number, number]; y: [number, number] }) {
  const [jx, jy, p] = ['current_x', 'current_y', 'density'].map((n) => arrayOf(method, n));
  if (!jx || !jy || !p) return [];
  const [cx, cy] = facts.centres;
  const [wx, wy] = [(box.x[1] - box.x[0]) / ARROWS, (box.y[1] - box.y[0]) / ARROWS];
  const top = p.reduce((a, b) => Math.max(a, b), 0);
  const cells: { x: number; y: number; u: number; v: number }[] = [];
  const near = (c: Float64Array, v: number) => Math.round((v - c[0]) / (c[1] - c[0]));
  for (let a = 0; a < ARROWS; a++)
    for (let b = 0; b < ARROWS; b++) {
      const [x, y] = [box.x[0] + (a + 0.5) * wx, box.y[0] + (b + 0.5) * wy];
      const at = near(cy, y) * cx.length + near(cx, x);
      if (!(p[at] > 0.01 * top)) continue;
      // in units of the frame
      cells.push({ x, y, u: jx[at] / wx, v: jy[at] / wy });
    }
  const strongest = Math.max(0, ...cells.map((c) => Math.hypot(c.u, c.v)));
  // a hundred-millionth of what diffusion moves is rounding
  if (!(strongest > 1e-8 * top)) return [];
  return cells.flatMap(({ x, y, u, v }) => {
    const size = Math.hypot(u, v);
    const length = 0.9 * Math.sqrt(size / strongest);
    if (length < 0.15) return [];
    const [dx, dy] = [(u / size) * length * wx, (v / size) * length * wy];
    return [{ x1: x - dx / 2, y1: y - dy / 2, x2: x + dx / 2, y2: y + dy / 2 }];
  });
}
