/**
 * The surrogate of docs/theory [S7]: the linear system that has only the measured Hessian H and the measured covariance C of
 * one minibatch gradient in common with a network, over the same window and with the same sampling. A property of a trained
 * network that the same analysis also finds in the surrogate needs no further physics; with `hessian: 'zero'` it needs no
 * landscape at all [S5].
 */
import type { RowSource } from '../analyse/trajectory/rows.js';
import { check } from '../numeric/errors.js';
import { type Matrix, matrix } from '../numeric/linalg/matrix.js';
import { type LinearAlgebra, SYMMETRIC_EIGEN_WANTS, type SymmetricEigen } from '../numeric/linalg/provider.js';
import type { Key } from '../numeric/random.js';
import * as is from '../numeric/wants.js';
import { checkEpoch, type NoiseSampling } from './lag-weights.js';
import { noiseFactor, noiseRows } from './noise-factor.js';

/** Describes a surrogate: its H and C, how SGD runs on it, and the window. */
export interface SurrogateRequest {
  /** H, P×P, or its eigenvectors; `'zero'`: the control without a landscape. */
  readonly hessian: Matrix | SymmetricEigen | 'zero';
  /** C, P×P, covariance PER BATCH under the sampling named; basis of the weights. */
  readonly covariance: Matrix;
  readonly learningRate: number;
  readonly momentum?: number;
  readonly sampling: NoiseSampling;
  /** M; needed for `shuffled`. */
  readonly batchesPerEpoch?: number;
  /** T, the number of rows. Row t holds the weights after step t+1 of the window, measured from the minimum. */
  readonly window: number;
  /**
   * Steps before the window, from rest; whole epochs for shuffled noise. Default 0: the window starts at rest, the counterpart
   * of `start: 'window'` in predictions. The number of steps before the window of the real run makes both comparable; each
   * costs as much as a row.
   */
  readonly burnIn?: number;
  /**
   * ∇L at the start: the drift of a run that has not reached the minimum. Without burn-in only. P numbers, basis of the
   * weights.
   */
  readonly gradient?: Float64Array;
  /** Basis of the rows: the weights' own (default), or H's eigenvectors (saves 2P² flops for each row; PCA's variances are the same). */
  readonly basis?: 'weights' | 'hessian';
  readonly key: Key;
  /** Factor L of C (`noiseFactor`), where it is known because many seeds share it. */
  readonly factor?: Matrix;
}

/** Says what a {@link SurrogateRequest} needs. */
export const SURROGATE_REQUEST_WANTS = is.shape<SurrogateRequest>({
  hessian: is.either(is.oneOf('zero'), is.matrix, SYMMETRIC_EIGEN_WANTS),
  covariance: is.matrix,
  learningRate: is.finite,
  momentum: is.maybe(is.finite),
  sampling: is.oneOf('shuffled', 'replaced'),
  batchesPerEpoch: is.maybe(is.count),
  window: is.count,
  burnIn: is.maybe(is.whole),
  gradient: is.maybe(is.numbers),
  basis: is.maybe(is.oneOf('weights', 'hessian')),
  key: is.key,
  factor: is.maybe(is.matrix),
});

/**
 * Simulates the surrogate and returns its window as a source of float32 rows for the same analysis. The source starts anew,
 * with the same numbers, each time it is read (a reader with several passes saves time with `rowsInMemory`). The same key gives
 * the same noise to `hessian: 'zero'`. Unstable modes may overflow to Infinity, which is not refused here.
 *
 * A row costs 2Pr flops of noise, 2P² of rotation (`basis: 'weights'`) and r normal numbers, where r is the rank of C; a call
 * costs an eigenproblem of H and one of C unless they are given, and 2P²r flops. For P = 2500 and T = 12 000 noise and rotation
 * are 1.5e11 flops each. docs/theory [S7].
 * @throws InputError for shapes and rates out of range, and a C that is not a covariance
 */
export function surrogate(la: LinearAlgebra, request: SurrogateRequest): RowSource {
  is.given('surrogate', { la, request }, { la: is.algebra, request: SURROGATE_REQUEST_WANTS });
  const { learningRate: eta, momentum: mu = 0, sampling, window: T, burnIn = 0, gradient, key } = request;
  const P = request.covariance.rows;
  const M = checkEpoch(sampling, request.batchesPerEpoch);
  check(
    Number.isFinite(eta) && eta > 0,
    'bad-learning-rate',
    `the learning rate must be a positive number; got ${eta}.`,
  );
  check(mu >= 0 && mu < 1, 'bad-momentum', `momentum must lie in [0, 1); got ${mu}.`);
  check(
    Number.isInteger(T) && T >= 1 && Number.isInteger(burnIn) && burnIn >= 0 && burnIn % M === 0,
    'bad-window',
    () =>
      `a surrogate has a whole number of steps, and before them whole epochs (${M} steps); got ${T} after ${burnIn}.`,
  );
  check(
    gradient === undefined || (burnIn === 0 && gradient.length === P),
    'bad-gradient',
    () =>
      `a gradient at the start of the window has ${P} numbers and no steps before it; got ${gradient?.length} and ${burnIn} steps.`,
  );
  const zero = request.hessian === 'zero';
  const eigen =
    request.hessian === 'zero' ? undefined : 'values' in request.hessian ? request.hessian : la.eigh(request.hessian);
  check(
    eigen === undefined || eigen.values.length === P,
    'shape',
    () => `H is of order ${eigen?.values.length}, but C of order ${P}.`,
  );
  const own = request.factor ?? noiseFactor(la, request.covariance);
  const factor = eigen ? la.gemm(eigen.vectors, own, { transposeA: true }) : own;
  const push = gradient && eigen ? la.gemm(matrix(1, P, gradient), eigen.vectors).data : gradient;
  const rotate = !zero && (request.basis ?? 'weights') === 'weights' ? eigen?.vectors : undefined;
  const k = Float64Array.from({ length: P }, (_, i) => (eigen ? eta * eigen.values[i] : 0));
  return {
    T,
    P,
    *chunks() {
      const w = new Float64Array(P);
      const v = new Float64Array(P);
      let before = burnIn;
      for (const noise of noiseRows(la, { factor, sampling, batchesPerEpoch: M, steps: burnIn + T, key })) {
        // the noise's rows become the weights' rows in place
        for (let r = 0; r < noise.rows; r++) {
          const row = noise.data.subarray(r * P, (r + 1) * P);
          for (let i = 0; i < P; i++) {
            v[i] = mu * v[i] - k[i] * w[i] - eta * (row[i] + (push ? push[i] : 0));
            row[i] = w[i] += v[i];
          }
        }
        const skip = Math.min(before, noise.rows);
        before -= skip;
        if (skip === noise.rows) continue;
        const kept = matrix(noise.rows - skip, P, noise.data.subarray(skip * P));
        yield new Float32Array((rotate ? la.gemm(kept, rotate, { transposeB: true }) : kept).data);
      }
    },
  };
}
