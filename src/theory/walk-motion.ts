/** The motion of a random walk without restoring force along its own principal directions. docs/theory [S5], [N1]. */
import { displacementExponent } from '../analyse/trajectory/displacement.js';
import { check } from '../numeric/errors.js';
import { matrix } from '../numeric/linalg/matrix.js';
import type { LinearAlgebra } from '../numeric/linalg/provider.js';
import type { Key } from '../numeric/random.js';
import { checkEpoch } from './lag-weights.js';
import { noiseRows } from './noise-factor.js';
import type { WalkWindow } from './walk.js';

/** Describes one draw of a walk and the components that are followed. */
export interface WalkMotion extends WalkWindow {
  /** Eigenvalues of the covariance of one step, descending, weight². The leading 300 are used. */
  readonly covariance: Float64Array;
  /** Ranks of principal directions, from 1. */
  readonly ranks: readonly number[];
  readonly key: Key;
}

/** Directions in which a walk is simulated; the first hundred principal directions hardly leave them. */
const DIRECTIONS = 300;

/**
 * Simulates one walk and returns, for each rank, the exponent of the mean squared displacement of its principal
 * coordinate, estimated as that of a run is (`displacementExponent`). Costs those of `walkCourses`.
 * @throws InputError for a rank that the walk does not have
 */
export const walkExponents = (la: Pick<LinearAlgebra, 'gemm' | 'syrk' | 'eigh'>, walk: WalkMotion): number[] =>
  walkCourses(la, walk).map((theta) => displacementExponent(theta).value);

/**
 * Simulates one walk and returns, for each rank, its principal coordinate at each step. Costs T·D normal numbers and
 * T·D² operations with D = 300, about 1 GFLOP for 12 000 steps, and 8·T·D bytes.
 * @throws InputError for a rank that the walk does not have
 */
export function walkCourses(la: Pick<LinearAlgebra, 'gemm' | 'syrk' | 'eigh'>, walk: WalkMotion): Float64Array[] {
  const { steps: T, sampling, momentum = 0, ranks, key } = walk;
  const covariance = walk.covariance.subarray(0, DIRECTIONS);
  const D = covariance.length;
  check(
    ranks.every((r) => Number.isInteger(r) && r >= 1 && r <= D),
    'no-such-direction',
    () => `a walk in ${D} directions has principal directions 1 to ${D}; got ${ranks.join(', ')}.`,
  );
  const factor = covariance.map(Math.sqrt);
  const rows = matrix(T, D);
  const [place, velocity] = [new Float64Array(D), new Float64Array(D)];
  let t = 0;
  const batchesPerEpoch = checkEpoch(sampling, walk.batchesPerEpoch);
  for (const noise of noiseRows(la, { factor, sampling, batchesPerEpoch, steps: T, key }))
    for (let r = 0; r < noise.rows; r++, t++)
      for (let i = 0; i < D; i++) {
        velocity[i] = momentum * velocity[i] + noise.data[r * D + i];
        place[i] += velocity[i];
        rows.data[t * D + i] = place[i];
      }
  centre(rows.data, T, D);
  const { vectors } = la.eigh(la.syrk(rows, { transpose: true }));
  const axes = matrix(D, ranks.length);
  ranks.forEach((rank, k) => {
    for (let i = 0; i < D; i++) axes.data[i * ranks.length + k] = vectors.data[i * D + D - rank];
  });
  const theta = la.gemm(rows, axes);
  return ranks.map((_, k) => Float64Array.from({ length: T }, (_, s) => theta.data[s * ranks.length + k]));
}

/** Subtracts the mean of each column. */
function centre(data: Float64Array, T: number, D: number): void {
  const mean = new Float64Array(D);
  for (let s = 0; s < T; s++) for (let i = 0; i < D; i++) mean[i] += data[s * D + i] / T;
  for (let s = 0; s < T; s++) for (let i = 0; i < D; i++) data[s * D + i] -= mean[i];
}
