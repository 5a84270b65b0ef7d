/**
 * The largest explicit step under which directions that the motion damps do not grow. docs/theory [V4] without noise.
 *
 * Linearised at a point, a step multiplies a deviation along an eigenvalue m of the drift's Jacobian by 1 + m·dt. Where Re m < 0
 * the motion decays, and the steps decay iff |1 + m dt| < 1: dt < −2 Re m/|m|². For a real m = −h this is dt·h < 2. Directions
 * that grow by themselves set no limit. Noise in the curvature lowers the limit [R6], [V4].
 */
import { check } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import { FIELD_WANTS, type Field } from '../motion.js';

/** Gives the largest stable step on a box, and where it is reached. */
export interface StableStep {
  /** eta·steps; Infinity where nothing decays on the box. */
  readonly largest: number;
  /** The point that sets the limit, and the decay rate −Re m there. */
  readonly at: readonly number[];
  readonly rate: number;
}

/** Gives the two sides of a box along one coordinate. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Says what a {@link Range} needs. */
export const RANGE_WANTS = is.shape<Range>({ from: is.finite, to: is.finite });

/**
 * Finds the largest stable step over a lattice of `points` per axis (default 33) on the box, with the Jacobian by central
 * differences of relative width 1e-5, accurate to about 1e-8. Points where the drift is not finite are skipped. A region of
 * large curvature that is narrower than the lattice is missed. Costs 2·size evaluations of the drift for each point.
 * @throws InputError for a box of another dimension, or fewer than 2 points
 */
export function stableTimestep(drift: Field, box: readonly Range[], points = 33): StableStep {
  is.given(
    'stableTimestep',
    { drift, box, points },
    { drift: FIELD_WANTS, box: is.listOf(RANGE_WANTS), points: is.count },
  );
  const size = drift.outputs;
  check(
    box.length === size && box.every((r) => r.from <= r.to) && Number.isInteger(points) && points > 1,
    'bad-box',
    () =>
      `the stable step of ${size} coordinates needs ${size} ranges and 2 points or more; got ${box.length} and ${points}.`,
  );
  let best: StableStep = { largest: Number.POSITIVE_INFINITY, at: box.map((r) => r.from), rate: 0 };
  const at = (r: Range, i: number) => r.from + ((r.to - r.from) * i) / (points - 1);
  for (let k = 0; k < points ** size; k++) {
    const x = box.map((r, c) => at(r, c === 0 ? k % points : Math.floor(k / points)));
    for (const [re, im] of eigenvalues(jacobian(drift, x, box), size)) {
      const limit = (-2 * re) / (re * re + im * im);
      if (re < 0 && limit < best.largest) best = { largest: limit, at: x, rate: -re };
    }
  }
  return best;
}

/** Returns ∂f_i/∂x_j, row-major. */
function jacobian(f: Field, x: readonly number[], box: readonly Range[]): Float64Array {
  const size = x.length;
  const [up, down, J] = [new Float64Array(size), new Float64Array(size), new Float64Array(size * size)];
  for (let j = 0; j < size; j++) {
    const h = 1e-5 * Math.max(box[j].to - box[j].from, Math.abs(x[j]), 1e-3);
    const moved = (s: number) => x.map((v, c) => (c === j ? v + s * h : v));
    f.at(moved(1), up);
    f.at(moved(-1), down);
    for (let i = 0; i < size; i++) J[i * size + j] = (up[i] - down[i]) / (2 * h);
  }
  return J;
}

/** Returns the eigenvalues as pairs (real, imaginary), one of each conjugate pair; none where an entry is not finite. */
function eigenvalues(J: Float64Array, size: number): [number, number][] {
  if (!J.every(Number.isFinite)) return [];
  if (size === 1) return [[J[0], 0]];
  const half = (J[0] + J[3]) / 2;
  const inner = ((J[0] - J[3]) / 2) ** 2 + J[1] * J[2];
  const root = Math.sqrt(Math.abs(inner));
  if (inner < 0) return [[half, root]];
  return [
    [half + root, 0],
    [half - root, 0],
  ];
}
