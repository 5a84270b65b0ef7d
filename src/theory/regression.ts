/**
 * Linear regression with Gaussian inputs: an exactly solvable case of "predicted covariance = measured covariance".
 * docs/theory [S8].
 *
 * Inputs x ~ N(0, A), labels x·w* + s·noise, loss ½ (x·w − label)² per sample, B fresh samples a step. With δ = w − w* the
 * minibatch gradient has mean A δ and, by Wick's theorem, the covariance PER BATCH at given δ
 *
 *     C(δ) = (1/B) [A δδᵀ A + (δᵀA δ) A + s² A]
 *
 * whose first two terms are multiplicative: they depend on the weights. In A's eigenbasis (eigenvalues a_i) the stationary Σ is
 * diagonal. With k_i = eta a_i, d_i the white-noise denominator with momentum [S2] ((1−mu) k (2 − k/(1+mu))), and
 * τ = Tr(A Σ):
 *
 *     Σ_i (d_i − k_i²/B) = (eta²/B) a_i (τ + s²),   hence   τ + s² = s²/(1−κ),   κ = (eta²/B) Σ_i a_i²/(d_i − k_i²/B)
 *
 * so the fixed point is explicit. It exists iff every d_i > k_i²/B and κ < 1; κ = 1 is the divergence of the mean square, at a
 * smaller learning rate than the divergence of the mean at eta a = 2(1+mu). For one weight and mu = 0, Σ = eta s²/(2B − eta a
 * (B+2)).
 */
import { check } from '../numeric/errors.js';
import { type Matrix, matrix } from '../numeric/linalg/matrix.js';
import type { LinearAlgebra } from '../numeric/linalg/provider.js';
import * as is from '../numeric/wants.js';
import { whiteDenominator } from './modes.js';

/** Describes a linear regression with fresh Gaussian samples and how SGD runs on it. */
export interface RegressionProblem {
  /** A, P×P: covariance of the inputs, which is the Hessian as well. */
  readonly inputCovariance: Matrix;
  /** s² ≥ 0. */
  readonly labelNoise: number;
  readonly learningRate: number;
  readonly batchSize: number;
  /** Default 0. */
  readonly momentum?: number;
}

/** Says what a {@link RegressionProblem} needs. */
export const REGRESSION_PROBLEM_WANTS = is.shape<RegressionProblem>({
  inputCovariance: is.matrix,
  labelNoise: is.finite,
  learningRate: is.finite,
  batchSize: is.number,
  momentum: is.maybe(is.finite),
});

/** Holds the stationary covariances of weights and gradients. */
export interface RegressionPrediction {
  /** Σ, P×P, covariance of the weights about w*. */
  readonly covariance: Matrix;
  /** C = (1/B)[AΣA + τA + s²A] averaged over the stationary state, PER BATCH. */
  readonly gradientCovariance: Matrix;
  /** Tr(A Σ): twice the mean excess loss. */
  readonly excess: number;
  /** κ, the share of the noise that is multiplicative in the trace; 1 at divergence. */
  readonly feedback: number;
}

/**
 * Predicts Σ by the explicit fixed point. `multiplicative: false` leaves the two multiplicative terms out (C = s²A/B), as a
 * prediction from the covariance at the minimum alone does; it is clearly wrong where eta·Tr(A)/B is not small. Costs one
 * eigenproblem and 4P³ flops. docs/theory [S8].
 * @throws InputError where no stationary covariance exists, and for numbers that make no regression problem
 */
export function predictRegression(
  la: LinearAlgebra,
  problem: RegressionProblem,
  options: { readonly multiplicative?: boolean } = {},
): RegressionPrediction {
  is.given(
    'predictRegression',
    { la, problem, options },
    { la: is.algebra, problem: REGRESSION_PROBLEM_WANTS, options: is.shape({ multiplicative: is.maybe(is.flag) }) },
  );
  checkProblem(problem);
  const { learningRate: eta, batchSize: B, labelNoise, momentum = 0 } = problem;
  const { values, vectors } = la.eigh(problem.inputCovariance);
  checkSpectrum(values);
  const P = values.length;
  const multiplicative = options.multiplicative ?? true;
  const share = multiplicative ? feedbackAt(values, eta, B, momentum) : 0;
  check(
    share < 1 && values.every((a) => eta * a < 2 * (1 + momentum)),
    'unstable',
    () =>
      `regression at learning rate ${eta} and batch size ${B} has no stationary covariance: it diverges from ${divergenceRate(values, B, momentum)} on; take a smaller rate or a larger batch.`,
  );
  const forcing = labelNoise / (1 - share); // τ + s²
  const sigma = values.map((a) => {
    if (!(a > 0)) return 0;
    const k = eta * a;
    const d = whiteDenominator(k, k, momentum) - (multiplicative ? (k * k) / B : 0);
    return ((eta * eta) / B) * a * (forcing / d);
  });
  const excess = sigma.reduce((sum, v, i) => sum + values[i] * v, 0);
  const noise = values.map((a, i) => (a * a * (multiplicative ? sigma[i] : 0) + a * forcing) / B);
  const assemble = (diagonal: Float64Array) => {
    const scaled = matrix(
      P,
      P,
      vectors.data.map((v, at) => v * diagonal[at % P]),
    );
    return la.gemm(scaled, vectors, { transposeB: true });
  };
  return { covariance: assemble(sigma), gradientCovariance: assemble(noise), excess, feedback: share };
}

/**
 * Computes the learning rate at which the mean square of the weights diverges (κ = 1), to 1e-14 by bisection (κ rises with eta
 * up to there). For one weight and mu = 0 it is 2B/(a(B+2)).
 * @param spectrum - eigenvalues of A
 * @throws InputError where A has a negative eigenvalue or none above 0
 */
export function divergenceRate(spectrum: ArrayLike<number>, batchSize: number, momentum = 0): number {
  checkSpectrum(spectrum);
  const top = Array.from(spectrum).reduce((m, a) => Math.max(m, a), 0);
  check(top > 0, 'no-inputs', 'inputs without any variance never diverge; the largest eigenvalue must be positive.');
  let [low, high] = [0, (2 * (1 + momentum)) / top];
  for (let n = 0; n < 200 && high - low > 1e-15 * high; n++) {
    const middle = (low + high) / 2;
    if (feedbackAt(spectrum, middle, batchSize, momentum) < 1) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Returns κ; Infinity where some d_i ≤ k_i²/B. */
function feedbackAt(values: ArrayLike<number>, eta: number, B: number, mu: number): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) {
    const a = values[i];
    if (!(a > 0)) continue;
    const k = eta * a;
    const d = whiteDenominator(k, k, mu) - (k * k) / B;
    if (!(d > 0)) return Number.POSITIVE_INFINITY;
    sum += (k * k) / (B * d);
  }
  return sum;
}

function checkSpectrum(values: ArrayLike<number>): void {
  const top = Array.from(values).reduce((m, a) => Math.max(m, a), 0);
  for (let i = 0; i < values.length; i++)
    check(
      values[i] >= -1e-12 * top,
      'not-a-covariance',
      () => `the covariance of the inputs has the negative eigenvalue ${values[i]}.`,
    );
}

/**
 * Checks the numbers of a regression problem.
 * @throws InputError for a rate, momentum, batch size, label noise or shape out of range
 */
export function checkProblem(problem: RegressionProblem): void {
  const { learningRate: eta, batchSize: B, labelNoise, momentum = 0, inputCovariance: A } = problem;
  check(
    Number.isFinite(eta) && eta > 0,
    'bad-learning-rate',
    `the learning rate must be a positive number; got ${eta}.`,
  );
  check(momentum >= 0 && momentum < 1, 'bad-momentum', `momentum must lie in [0, 1); got ${momentum}.`);
  check(Number.isInteger(B) && B >= 1, 'bad-batch-size', `the batch size must be a positive integer; got ${B}.`);
  check(
    Number.isFinite(labelNoise) && labelNoise >= 0,
    'bad-noise',
    `the label noise s² must be ≥ 0; got ${labelNoise}.`,
  );
  check(
    A.rows === A.cols && A.rows >= 1,
    'not-square',
    `the covariance of the inputs must be square; got ${A.rows}×${A.cols}.`,
  );
}
