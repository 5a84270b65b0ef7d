/**
 * Noise that depends on the weights, solved together with their covariance. docs/theory [S11].
 *
 * With D(Σ) the linear map of [S2] (the response to white noise of covariance C is D(Σ) = C), the stationary covariance obeys
 *
 *     D(Σ) = C + N(Σ),      N(Σ) = E[(H_B−H) Σ (H_B−H)]
 *
 * because the noise (H_B−H)w + xi of a step has mean 0 at given w and is uncorrelated with that of all other steps, whatever the
 * momentum. In H's eigenbasis D is a factor for each entry, d_ij/eta², and N is self-adjoint, so that conjugate gradients with D
 * as preconditioner solve the equation by applying N alone: no P²×P² matrix is formed.
 *
 * With eta taken out, D is A − eta·B of [A2]. N maps positive matrices to positive ones, and a bounded E|w|² exists
 * iff A − eta (B + N) is positive definite: eta < 1/λ_max of B + N relative to A, which the Lanczos process finds.
 */
import { check, RunError } from '../numeric/errors.js';
import { type Matrix, matrix } from '../numeric/linalg/matrix.js';
import type { LinearAlgebra, SymmetricEigen } from '../numeric/linalg/provider.js';
import { dot, lanczosStep, ritz, type Tridiagonal } from '../numeric/operators/lanczos.js';
import { multiplyBy } from '../numeric/operators/products.js';
import { type Modes, whiteDenominator } from './modes.js';

/** Describes modes, noise at the minimum, and how the noise grows with the covariance. */
export interface CurvatureNoiseProblem {
  readonly eigen: SymmetricEigen;
  readonly modes: Modes;
  readonly learningRate: number;
  /** C at the minimum, PER BATCH, in H's eigenbasis. */
  readonly atMinimum: Matrix;
  /** N(Σ), PER BATCH, basis of the weights. */
  readonly curvatureNoise: (sigma: Matrix) => Matrix;
}

/** Holds the noise of the stationary state. */
interface CurvatureNoise {
  /** C + N(Σ), PER BATCH, in H's eigenbasis; exactly 0 for flat modes. */
  readonly covariance: Matrix;
  /** The learning rate from which on E|w|² is unbounded, weight²/nat. */
  readonly ceiling: number;
}

/** A flat mode may carry this share of the largest variance of the noise, which is rounding. */
const SILENT = 1e-9;
/** Error of the preconditioned residual at which the conjugate gradients stop, and at which the Lanczos process does. */
const SOLVED = 1e-13;
const RITZ = 1e-7;
/** Most applications of N in each of the two. */
const PATIENCE = 600;

/**
 * Solves D(Σ) = C + N(Σ). Costs 10 to 100 applications of N, of 8P³ flops more each, and up to that many P×P matrices.
 * @throws InputError where H has a negative eigenvalue or a flat direction with noise, and for a learning rate from the ceiling
 * on; RunError where an iteration does not converge, next to the ceiling
 */
export function solveCurvatureNoise(la: LinearAlgebra, problem: CurvatureNoiseProblem): CurvatureNoise {
  const { eigen, modes, learningRate: eta, atMinimum } = problem;
  const P = modes.n;
  const bent = Array.from({ length: P }, (_, i) => i).filter((i) => modes.kinds[i] !== 'flat');
  let loudest = 0;
  for (let i = 0; i < P; i++) loudest = Math.max(loudest, atMinimum.data[i * P + i]);
  for (let i = 0; i < P; i++) {
    check(
      modes.kinds[i] !== 'negative',
      'no-minimum',
      () =>
        `noise that depends on the weights needs a minimum, but the Hessian has the negative eigenvalue ${eigen.values[i]}.`,
    );
    check(
      modes.kinds[i] !== 'flat' || atMinimum.data[i * P + i] <= SILENT * loudest,
      'flat-with-noise',
      () =>
        `direction ${i} has noise but no curvature (${eigen.values[i]}), so the weights walk away and no stationary noise exists; add a penalty, or leave the direction out.`,
    );
  }
  const m = bent.length;
  const basis = matrix(P, m);
  bent.forEach((from, to) => {
    for (let a = 0; a < P; a++) basis.data[a * m + to] = eigen.vectors.data[a * P + from];
  });
  const spread = (x: Float64Array): Float64Array => {
    const whole = la.gemm(la.gemm(basis, matrix(m, m, x)), basis, { transposeB: true });
    const image = la.gemm(la.gemm(basis, problem.curvatureNoise(whole), { transposeA: true }), basis).data;
    return symmetric(image, m);
  };
  const h = bent.map((i) => eigen.values[i]);
  const ceiling = m === 0 ? Number.POSITIVE_INFINITY : ceilingOf(la, h, modes.momentum, spread);
  check(
    eta < ceiling,
    'unstable',
    () =>
      `at learning rate ${eta} the mean square of the weights grows without bound under this noise; it is bounded below ${Number(ceiling.toPrecision(6))} (the mean-square ceiling), so take a smaller rate or a larger batch.`,
  );
  const constant = Float64Array.from({ length: m * m }, (_, at) => {
    const [i, j] = [bent[Math.floor(at / m)], bent[at % m]];
    return 0.5 * (atMinimum.data[i * P + j] + atMinimum.data[j * P + i]);
  });
  const factor = Float64Array.from(
    { length: m * m },
    (_, at) => whiteDenominator(eta * h[Math.floor(at / m)], eta * h[at % m], modes.momentum) / eta ** 2,
  );
  const sigma = conjugateGradients(factor, spread, constant);
  const grown = spread(sigma);
  const covariance = matrix(P, P);
  bent.forEach((i, a) => {
    bent.forEach((j, b) => {
      covariance.data[i * P + j] = constant[a * m + b] + grown[a * m + b];
    });
  });
  return { covariance, ceiling };
}

/** Solves factor∘X − N(X) = C, with 1/factor as preconditioner. */
function conjugateGradients(
  factor: Float64Array,
  spread: (x: Float64Array) => Float64Array,
  constant: Float64Array,
): Float64Array {
  const x = new Float64Array(constant.length);
  const r = constant.slice();
  let z = r.map((v, i) => v / factor[i]);
  let p = z.slice();
  let size = dot(r, z);
  const goal = SOLVED ** 2 * size;
  for (let n = 0; n < PATIENCE && size > goal; n++) {
    const image = spread(p);
    for (let i = 0; i < image.length; i++) image[i] = factor[i] * p[i] - image[i];
    const curvature = dot(p, image);
    if (!(curvature > 0)) break;
    const step = size / curvature;
    for (let i = 0; i < x.length; i++) {
      x[i] += step * p[i];
      r[i] -= step * image[i];
    }
    z = r.map((v, i) => v / factor[i]);
    const next = dot(r, z);
    p = p.map((v, i) => z[i] + (next / size) * v);
    size = next;
  }
  if (size > goal)
    throw new RunError(
      'not-converged',
      `the covariance under this noise was not found to ${SOLVED} within ${PATIENCE} iterations: the learning rate lies next to the mean-square ceiling; take a smaller one.`,
    );
  return x;
}

/** Returns 1/λ_max of B + N relative to A for the curvatures h > 0. */
function ceilingOf(
  la: LinearAlgebra,
  h: readonly number[],
  mu: number,
  spread: (x: Float64Array) => Float64Array,
): number {
  const m = h.length;
  const q = 1 - mu * mu;
  const scale = new Float64Array(m * m);
  const bend = new Float64Array(m * m);
  const start = new Float64Array(m * m);
  for (let i = 0; i < m; i++) {
    start[i * m + i] = 1;
    for (let j = 0; j < m; j++) {
      scale[i * m + j] = 1 / Math.sqrt((1 - mu) * (h[i] + h[j]));
      bend[i * m + j] = ((1 + mu * mu) * h[i] * h[j] - mu * (h[i] ** 2 + h[j] ** 2)) / q;
    }
  }
  const apply = (x: Float64Array) => {
    const scaled = x.map((v, at) => v * scale[at]);
    const image = spread(scaled);
    return image.map((v, at) => scale[at] * (v + bend[at] * scaled[at]));
  };
  // a positive matrix overlaps with the one that grows fastest, because that one is positive too
  const recursion: Tridiagonal = { alpha: [], beta: [], basis: [] };
  for (let step = 1; step <= PATIENCE; step++) {
    const more = multiplyBy({ size: m * m, apply }, lanczosStep(m * m, recursion, start));
    if (more && step % 5 !== 0) continue;
    const { values, vectors } = ritz(recursion, la);
    const top = values[values.length - 1];
    const left = Math.abs(recursion.beta[step - 1] * vectors[values.length - 1][step - 1]);
    if (!more || left <= RITZ * top) return 1 / top;
  }
  throw new RunError(
    'not-converged',
    `the mean-square ceiling was not found to ${RITZ} within ${PATIENCE} iterations; are all curvatures and inputs of comparable size?`,
  );
}

/** Returns (X + Xᵀ)/2 of an m×m matrix. */
function symmetric(x: Float64Array, m: number): Float64Array {
  const out = new Float64Array(m * m);
  for (let i = 0; i < m; i++) for (let j = 0; j < m; j++) out[i * m + j] = 0.5 * (x[i * m + j] + x[j * m + i]);
  return out;
}
