/**
 * Principal components of a random walk without any restoring force whose steps have a given covariance: the null of
 * every claim about the variances of a window. docs/theory [S5], [N1].
 *
 * The centred window X (T×P) of a walk is a product X = A Z L, where A AᵀT⁻¹ has known eigenvalues tau_j (the time
 * modes), L Lᵀ is the covariance of one step, and Z has independent standard normal entries. In the eigenbases of both,
 * X_ji = √(T·tau_j·lambda_i)·z_ji, so that a draw needs the eigenvalues alone and no walk of T steps.
 */
import { check } from '../numeric/errors.js';
import { type Matrix, matrix } from '../numeric/linalg/matrix.js';
import type { LinearAlgebra } from '../numeric/linalg/provider.js';
import type { Key, Stream } from '../numeric/random.js';
import { checkEpoch, type NoiseSampling } from './lag-weights.js';

/** Says over what time a walk runs and how its steps are correlated. */
export interface WalkWindow {
  /** T, rows of the window; row t is the position after step t+1. */
  readonly steps: number;
  readonly sampling: NoiseSampling;
  /** M; needed for `shuffled`, where it divides T and the window begins with an epoch. */
  readonly batchesPerEpoch?: number;
  readonly momentum?: number;
}

/**
 * Computes the eigenvalues tau_j of the time modes, descending, for steps of unit variance: with independent steps
 * 1/(T·(2 − 2cos(πj/T))), j = 1 … T−1, the inverse of the Laplacian of a path. Shuffled steps sum to zero over each of
 * the E = T/M epochs, so that the window is a chain of E bridges: E−1 times the inverse Laplacian of a path of M−1
 * nodes with fixed ends, and once that of a ring of M nodes, all times M/(M−1). Momentum multiplies mode j by
 * |1/(1 − mu·e^{iω_j})|², its response at the frequency of the mode; this leaves out the ends of the window and is exact
 * for T ≫ 1/(1−mu). Σ_j tau_j is the mean square of the walk about its window mean.
 * @throws InputError for fewer than 2 steps, and for a shuffled window that is not made of whole epochs
 */
export function walkTimes({ steps: T, sampling, batchesPerEpoch, momentum = 0 }: WalkWindow): Float64Array {
  check(Number.isInteger(T) && T >= 2, 'bad-window', `a walk needs a window of at least 2 steps; got ${T}.`);
  const M = checkEpoch(sampling, batchesPerEpoch);
  const mode = (omega: number) => {
    const still = 2 - 2 * Math.cos(omega);
    return 1 / (T * still * ((1 - momentum) ** 2 + momentum * still));
  };
  if (sampling === 'replaced') return Float64Array.from({ length: T - 1 }, (_, j) => mode((Math.PI * (j + 1)) / T));
  const epochs = T / M;
  check(
    Number.isInteger(epochs),
    'bad-window',
    () => `a shuffled walk needs a window of whole epochs; got ${T} steps in epochs of ${M}.`,
  );
  const scale = M / (M - 1);
  const out: number[] = [];
  for (let j = 1; j < M; j++) {
    for (let e = 1; e < epochs; e++) out.push(scale * mode((Math.PI * j) / M));
    out.push(scale * mode((2 * Math.PI * Math.ceil(j / 2)) / M));
  }
  return Float64Array.from(out).sort().reverse();
}

/** Names the two spectra of a walk and the randomness of one draw. */
export interface WalkDraw {
  /** Eigenvalues of the covariance of one step, descending, weight². */
  readonly covariance: Float64Array;
  /** From `walkTimes`. */
  readonly times: Float64Array;
  readonly key: Key;
}

/** Time modes and directions drawn for a spectrum; what is left out of either hardly fluctuates. */
const [MODES, DIRECTIONS] = [1000, 1500];

/**
 * Draws the variances along the principal directions of one walk, descending, weight². The covariance of the window is
 * drawn in the leading 1500 directions from the leading 1000 time modes; the other modes, which are many and weak,
 * enter by their mean. Ranks up to about 1250 are right to a few percent. Costs 2 GFLOP for the product and 4 for the
 * eigenvalues: about a second.
 */
export function walkVariances(
  la: Pick<LinearAlgebra, 'syrk' | 'eigvalsh'>,
  { covariance, times, key }: WalkDraw,
): Float64Array {
  const [J, I] = [Math.min(MODES, times.length), Math.min(DIRECTIONS, covariance.length)];
  const drawn = gaussian(times.subarray(0, J), covariance.subarray(0, I), key.stream());
  const square = la.syrk(drawn, { transpose: true });
  const rest = total(times.subarray(J));
  for (let i = 0; i < I; i++) square.data[i * I + i] += rest * covariance[i];
  return la
    .eigvalsh(square)
    .map((v) => Math.max(0, v))
    .reverse();
}

/** Time modes and directions drawn for the share of the first component. */
const [MODES_OF_SHARE, DIRECTIONS_OF_SHARE] = [120, 400];

/**
 * Draws the share of the first principal direction in the total variance of one walk. Further directions enter by their
 * mean. Costs 6 MFLOP.
 */
export function walkShare(la: Pick<LinearAlgebra, 'syrk' | 'eigvalsh'>, { covariance, times, key }: WalkDraw): number {
  const [J, I] = [Math.min(MODES_OF_SHARE, times.length), Math.min(DIRECTIONS_OF_SHARE, covariance.length)];
  const drawn = gaussian(times.subarray(0, J), covariance.subarray(0, I), key.stream());
  const square = la.syrk(drawn);
  const beside = total(covariance.subarray(I));
  let sum = total(times.subarray(J)) * (total(covariance.subarray(0, I)) + beside);
  for (let j = 0; j < J; j++) {
    square.data[j * J + j] += times[j] * beside;
    sum += square.data[j * J + j];
  }
  return la.eigvalsh(square)[J - 1] / sum;
}

/** Fills a matrix with independent normal numbers of variance times[j]·covariance[i]. */
function gaussian(times: Float64Array, covariance: Float64Array, stream: Stream): Matrix {
  const out = matrix(times.length, covariance.length);
  const width = covariance.map(Math.sqrt);
  times.forEach((t, j) => {
    const root = Math.sqrt(t);
    for (let i = 0; i < width.length; i++) out.data[j * width.length + i] = root * width[i] * stream.normal();
  });
  return out;
}

const total = (x: Float64Array): number => x.reduce((a, b) => a + b, 0);
