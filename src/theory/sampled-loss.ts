/**
 * Quadratic losses that are made of samples: what SGD on them does to the weights follows from the samples alone, because the
 * Hessian of a minibatch varies as the minibatch does. docs/theory [S11].
 *
 * The loss of sample k is ½ (w−w*)ᵀH_k(w−w*) + g_kᵀ(w−w*), with w* the minimum of the mean loss, so that Σ_k g_k = 0. Then
 *
 *     H = (1/N) Σ_k H_k,    C1 = (1/N) Σ_k g_k g_kᵀ,    N1(Σ) = (1/N) Σ_k (H_k−H) Σ (H_k−H)
 *
 * and the gradient of B samples, averaged over weights of covariance Σ about w*, has the covariance (C1 + N1(Σ))·factor/B.
 */
import { check } from '../numeric/errors.js';
import { type Matrix, matrix } from '../numeric/linalg/matrix.js';
import type { LinearAlgebra } from '../numeric/linalg/provider.js';
import * as is from '../numeric/wants.js';

/** Holds a quadratic loss that is the mean over N samples. All covariances are PER SAMPLE, in the basis of the weights. */
export interface SampledLoss {
  /** N. */
  readonly count: number;
  /** Number of weights, P. */
  readonly size: number;
  /** w*, P numbers; of all minima the one of least norm. */
  readonly minimum: Float64Array;
  /** H, P×P. */
  readonly hessian: Matrix;
  /** C1, P×P: covariance of one sample's gradient at w*. */
  readonly gradientCovariance: Matrix;
  /** Returns N1(Σ) = (1/N) Σ_k (H_k−H) Σ (H_k−H), P×P, for a symmetric Σ, P×P. */
  curvatureNoise(sigma: Matrix): Matrix;
}

/** Says what a {@link SampledLoss} needs. */
export const SAMPLED_LOSS_WANTS = is.shape<SampledLoss>({
  count: is.count,
  size: is.count,
  minimum: is.numbers,
  hessian: is.matrix,
  gradientCovariance: is.matrix,
  curvatureNoise: is.func,
});

/** Gives a quadratic loss sample by sample. */
export interface SampledQuadratic {
  /** N×P: row k is g_k, the gradient of sample k's loss at the minimum of the mean loss. */
  readonly gradients: Matrix;
  /** Returns H_k, P×P symmetric, of sample k = 0 … N−1; called again whenever it is needed. */
  hessian(k: number): Matrix;
  /** w*, P numbers; default 0. */
  readonly minimum?: Float64Array;
}

/** Says what a {@link SampledQuadratic} needs. */
export const SAMPLED_QUADRATIC_WANTS = is.shape<SampledQuadratic>({
  gradients: is.matrix,
  hessian: is.func,
  minimum: is.maybe(is.numbers),
});

/** The mean gradient at a minimum may be this share of the root mean square of the gradients. */
const AT_REST = 1e-6;

/**
 * Makes the loss of given gradients and Hessians of samples, for quadratic losses of any kind. `curvatureNoise` costs 4·N P³
 * flops and N calls of `hessian`. docs/theory [S11].
 * @throws InputError for gradients that do not sum to zero (that is no minimum), and for shapes that do not fit
 */
export function sampledLoss(la: LinearAlgebra, samples: SampledQuadratic): SampledLoss {
  is.given('sampledLoss', { la, samples }, { la: is.algebra, samples: SAMPLED_QUADRATIC_WANTS });
  const { gradients } = samples;
  const { rows: N, cols: P } = gradients;
  check(
    N >= 1 && P >= 1 && gradients.data.every(Number.isFinite),
    'shape',
    () =>
      `a sampled loss needs finite gradients, at least one sample (row) and one weight (column); got ${N}×${P} numbers.`,
  );
  const mean = new Float64Array(P);
  for (let k = 0; k < N; k++) for (let i = 0; i < P; i++) mean[i] += gradients.data[k * P + i] / N;
  const square = gradients.data.reduce((sum, v) => sum + v * v, 0) / N;
  const rest = Math.hypot(...mean) / (Math.sqrt(square) || 1);
  check(
    rest <= AT_REST,
    'no-minimum',
    () =>
      `the gradients of all samples must sum to zero at the minimum; their mean is ${rest.toPrecision(2)} of their root mean square.`,
  );
  const hessian = matrix(P, P);
  for (let k = 0; k < N; k++) {
    const one = samples.hessian(k);
    checkOrder(one, P);
    for (let i = 0; i < P * P; i++) hessian.data[i] += one.data[i] / N;
  }
  const curvatureNoise = (sigma: Matrix): Matrix => {
    checkOrder(sigma, P);
    const out = matrix(P, P);
    for (let k = 0; k < N; k++) {
      const excess = matrix(
        P,
        P,
        samples.hessian(k).data.map((v, i) => v - hessian.data[i]),
      );
      la.gemm(la.gemm(excess, sigma), excess, { into: out, alpha: 1 / N, beta: 1 });
    }
    return out;
  };
  return {
    count: N,
    size: P,
    minimum: samples.minimum ?? new Float64Array(P),
    hessian,
    gradientCovariance: la.syrk(gradients, { transpose: true, alpha: 1 / N }),
    curvatureNoise,
  };
}

/** Says how minibatches are drawn from the samples. */
export interface BatchDraw {
  /** B. */
  readonly batchSize: number;
  /**
   * `replaced` (default): B independent draws. `distinct`: B different samples, all of them drawn anew in each step. `shuffled`
   * epochs are refused.
   */
  readonly sampling?: 'replaced' | 'distinct' | 'shuffled';
}

/** Says what a {@link BatchDraw} needs. */
export const BATCH_DRAW_WANTS = is.shape<BatchDraw>({
  batchSize: is.count,
  sampling: is.maybe(is.oneOf('shuffled', 'replaced', 'distinct')),
});

/** Holds the part of a `CovarianceRequest` that describes loss and noise. */
export interface BatchNoise {
  readonly hessian: Matrix;
  /** C at the minimum, PER BATCH. */
  readonly covariance: Matrix;
  /** Σ ↦ E[(H_B−H) Σ (H_B−H)], PER BATCH. */
  readonly curvatureNoise: (sigma: Matrix) => Matrix;
  /** The noise is white in either case. */
  readonly sampling: 'replaced';
}

/**
 * Returns loss and noise of minibatches as `predictCovariance` takes them: C = C1·f and N = N1·f with f = 1/B for replaced
 * samples and f = (N−B)/(B(N−1)) for distinct ones. Shuffled epochs are refused: there the weights know which samples are still
 * to come in the epoch, so that their second moment obeys no closed equation. docs/theory [S11], [S3].
 * @throws InputError for a batch size that is no whole number from 1 to N, and for shuffled sampling
 */
export function batchNoise(loss: SampledLoss, options: BatchDraw): BatchNoise {
  is.given('batchNoise', { loss, options }, { loss: SAMPLED_LOSS_WANTS, options: BATCH_DRAW_WANTS });
  const { batchSize: B, sampling = 'replaced' } = options;
  const N = loss.count;
  check(
    Number.isInteger(B) && B >= 1 && (B <= N || sampling === 'replaced'),
    'bad-batch-size',
    () => `the batch size must be a whole number from 1 to the ${N} samples; got ${B}.`,
  );
  check(
    sampling !== 'shuffled',
    'shuffled-curvature',
    'shuffled epochs have no closed equation for noise that depends on the weights; give independent batches (replaced or distinct), or call predictCovariance with the covariance at the minimum alone.',
  );
  const factor = sampling === 'replaced' ? 1 / B : N === 1 ? 0 : (N - B) / (B * (N - 1));
  const times = (m: Matrix) =>
    matrix(
      m.rows,
      m.cols,
      m.data.map((v) => factor * v),
    );
  return {
    hessian: loss.hessian,
    covariance: times(loss.gradientCovariance),
    curvatureNoise: (sigma) => times(loss.curvatureNoise(sigma)),
    sampling: 'replaced',
  };
}

/** Checks that a matrix is size×size. */
export function checkOrder(m: Matrix, size: number): void {
  check(
    m.rows === size && m.cols === size,
    'shape',
    () => `a loss with ${size} weights has ${size}×${size} Hessians and covariances; got ${m.rows}×${m.cols}.`,
  );
}
