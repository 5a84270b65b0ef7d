/** The loss in the plane of two principal directions, on a square of grid points about the centre, line after line through it. */
import type { LossPlane, PlanePath } from '../../analyse/trajectory/results.js';

/** Grid points on either side of the centre: 15 × 15 for perceptrons, 9 × 9 for networks of layers, where each loss takes longer. */
export const HALF = { perceptron: 7, layers: 4 } as const;
/** How far the grid reaches beyond the path, as a factor. */
const BEYOND = 1.25;

/** What is measured: the grid, and the place of its centre in the coordinates of the path. */
export interface PlaneRequest {
  readonly indices: readonly [number, number];
  readonly origin: readonly [number, number];
  /** Distance of neighbouring grid points along either direction, weight. */
  readonly steps: readonly [number, number];
  readonly half: number;
}

/** A line through the centre: the grid point next to it on the line, and the multiples of it that are grid points, without 0. */
export interface PlaneLine {
  readonly towards: readonly [number, number];
  readonly multiples: readonly number[];
}

/**
 * Chooses the grid that covers a path about the centre.
 * @param centre - `mean`, the origin of the path, or `last`, its last point
 * @returns undefined where the path does not move in both directions
 */
export function planeRequest(path: PlanePath, centre: 'mean' | 'last', half: number): PlaneRequest | undefined {
  const origin = centre === 'mean' ? ([0, 0] as const) : ([path.x.at(-1) ?? 0, path.y.at(-1) ?? 0] as const);
  const [x, y] = [path.x, path.y].map((values, k) =>
    values.reduce((most, v) => Math.max(most, Math.abs(v - origin[k])), 0),
  );
  if (!(x > 0 && y > 0 && Number.isFinite(x * y))) return undefined;
  return { indices: path.indices, origin, steps: [(BEYOND * x) / half, (BEYOND * y) / half], half };
}

const divisor = (a: number, b: number): number => (b === 0 ? Math.abs(a) : divisor(b, a % b));

/** Divides the grid into lines through its centre, so that one direction serves all points on it. */
export function planeLines(half: number): PlaneLine[] {
  const lines: PlaneLine[] = [];
  for (let j = 0; j <= half; j++)
    for (let i = j === 0 ? 1 : -half; i <= half; i++) {
      if (divisor(i, j) !== 1) continue;
      const most = Math.floor(half / Math.max(Math.abs(i), j));
      lines.push({
        towards: [i, j],
        multiples: Array.from({ length: 2 * most }, (_, k) => (k < most ? k - most : k - most + 1)),
      });
    }
  return lines;
}

/** The unit vector along a line, and the displacements of its grid points. */
export function lineIn(
  { steps }: PlaneRequest,
  { towards, multiples }: PlaneLine,
  [p, q]: readonly [Float64Array, Float64Array],
): { readonly direction: Float64Array; readonly displacements: number[] } {
  const [a, b] = [towards[0] * steps[0], towards[1] * steps[1]];
  const length = Math.hypot(a, b);
  return {
    direction: p.map((v, k) => (a * v + b * q[k]) / length),
    displacements: multiples.map((m) => m * length),
  };
}

/** Puts the losses of all lines in their places. @param losses - of each line of `planeLines`, in the order of its multiples */
export function planeOf(
  { indices, origin, steps, half }: PlaneRequest,
  centreLoss: number,
  losses: readonly (readonly number[])[],
): LossPlane {
  const size = 2 * half + 1;
  const loss = new Array<number>(size * size).fill(Number.NaN);
  loss[half * size + half] = centreLoss;
  planeLines(half).forEach(({ towards: [i, j], multiples }, n) => {
    multiples.forEach((m, k) => {
      loss[(half + m * j) * size + half + m * i] = losses[n][k];
    });
  });
  const along = (k: 0 | 1) => Array.from({ length: size }, (_, n) => origin[k] + (n - half) * steps[k]);
  return { indices, x: along(0), y: along(1), loss };
}
