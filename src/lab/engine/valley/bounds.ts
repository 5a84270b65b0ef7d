/**
 * The learning rates beyond which a step across the valley grows, and where in the landscape that is so. docs/theory [V4].
 *
 * At a place of curvature h (the largest eigenvalue of the Hessian, times G) with the batches' spread s·h, steps grow in mean square
 * from eta = 2/(h (1 + s²)) on, and along almost every path from the root of E ln|1 − eta h (1 + s n)| on. Both are local: a particle
 * that is thrown out of a sharp place may come to rest in a flatter one. Where the curvature is the same everywhere they decide alone.
 */

import { type Grid, type GridDensity, pointAt } from '../../../theory/fokker-planck/grid.js';
import { almostSureRate, meanSquareRate } from '../../../theory/valley/divergence.js';

/** Gives the bounds on the learning rate at one place. */
export interface ValleyBound {
  /** The place, and its curvature in nat/weight² (with G). */
  readonly at: readonly number[];
  readonly curvature: number;
  /** 2/(h (1 + s²)), weight²/nat; Infinity where nothing curves upwards. */
  readonly meanSquare: number;
  /** The learning rate from which on almost every path grows. */
  readonly almostSure: number;
}

/** Computes the bounds at a place of curvature h with the spread s of the batches. */
export function boundAt(at: readonly number[], curvature: number, spread: number): ValleyBound {
  if (!(curvature > 0))
    return { at, curvature, meanSquare: Number.POSITIVE_INFINITY, almostSure: Number.POSITIVE_INFINITY };
  const l = { mean: curvature, variance: (spread * curvature) ** 2 };
  return { at, curvature, meanSquare: meanSquareRate(l), almostSure: almostSureRate(l) };
}

/** Returns the curvature (times `grown`) at every cell of a grid. */
export function sharpnessOn(grid: Grid, sharp: (p: ArrayLike<number>) => number, grown: number): Float64Array {
  const point = new Float64Array(2);
  return Float64Array.from({ length: grid.size }, (_, i) => {
    pointAt(grid, i, point);
    return grown * sharp(point);
  });
}

/** Share of the largest density from which on a place counts as visited. */
const VISITED = 0.01;

/** Returns the sharpest cell among those whose density is at least a hundredth of the largest. */
export function sharpestVisited(density: GridDensity, curvature: Float64Array): { at: number[]; curvature: number } {
  const { values, grid } = density;
  const least = VISITED * values.reduce((m, v) => Math.max(m, v), 0);
  let best = -1;
  for (let i = 0; i < values.length; i++)
    if (values[i] >= least && (best < 0 || curvature[i] > curvature[best])) best = i;
  const point = new Float64Array(2);
  pointAt(grid, best, point);
  return { at: [...point].slice(0, grid.axes.length), curvature: curvature[best] };
}

/** Marks the cells at which a step grows in mean square: h > 2/(eta (1 + s²)). */
export function growingCells(curvature: Float64Array, eta: number, spread: number): Uint8Array {
  const limit = 2 / (eta * (1 + spread * spread));
  return Uint8Array.from(curvature, (h) => (h > limit ? 1 : 0));
}
