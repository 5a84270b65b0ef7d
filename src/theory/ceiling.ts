/**
 * The largest learning rate at which SGD stays near a minimum of given curvature: closed forms for one direction, and for several
 * directions that minibatches couple. science.md [R6], [S2], [S8], [V4], [A2].
 *
 * Model: w_{t+1} = w_t + v, v ← mu v − eta (H^mu w_t − noise), with H^mu drawn anew each step (replaced batches; within a shuffled epoch
 * batches are anticorrelated by 1/(M−1), which this leaves out), H = E H^mu frozen. What is asked is whether E|w|² stays bounded.
 *
 * One direction. With k = eta l, multiplicative noise of variance eta² Var(l) ⟨w²⟩ and the stationary denominator of [S2],
 *
 *     ⟨w²⟩ ((1−mu) k (2 − k/(1+mu)) − eta² Var l) = eta² C   ⇒   eta < 2(1+mu) l / (l² + Var l·(1+mu)/(1−mu)),
 *
 * which for mu = 0 is E(1 − eta l^mu)² < 1, eta < 2l/(l² + Var l), and for Var l = 0 the edge 2(1+mu)/l of the mean motion.
 *
 * Several directions. In H's eigenbasis the second moment obeys Σ_ij d_ij = eta² (N(Σ) + C)_ij, d_ij = `whiteDenominator`,
 * N(Σ) = E[(H^mu−H) Σ (H^mu−H)]. N and 1/d are self-adjoint and positive, so E|w|² is bounded iff the largest eigenvalue of
 * eta² d^−½ N d^−½ is below 1. Restricted to the span of k eigenvectors that eigenvalue can only be smaller: every ceiling given here is
 * NECESSARY for bounded E|w|² (under the model), falls as directions are added, and never promises stability.
 */
import { check } from '../numeric/errors.js';
import { type LinearAlgebra, type Matrix, matrix } from '../numeric/linalg/index.js';
import { whiteDenominator } from './modes.js';

/** 2(1+mu)/h: from here on the mean motion overshoots for ever, whatever the noise. */
export function edgeOfStability(curvature: number, momentum = 0): number {
  check(curvature > 0, 'no-curvature', () => `only a positive curvature bounds the learning rate; got ${curvature}.`);
  checkMomentum(momentum);
  return (2 * (1 + momentum)) / curvature;
}

export interface CurvatureLaw {
  /** l, mean over minibatches. */
  readonly curvature: number;
  /** Var l over minibatches, PER BATCH. */
  readonly variance: number;
  /** mu, default 0. */
  readonly momentum?: number;
}

/** 2(1+mu) l/(l² + Var l (1+mu)/(1−mu)): above it E w² along this direction diverges. */
export function meanSquareCeiling({ curvature: l, variance, momentum: mu = 0 }: CurvatureLaw): number {
  check(l > 0, 'no-curvature', () => `only a positive curvature bounds the learning rate; got ${l}.`);
  check(variance >= 0, 'bad-variance', () => `a variance is at least 0; got ${variance}.`);
  checkMomentum(mu);
  return (2 * (1 + mu) * l) / (l * l + (variance * (1 + mu)) / (1 - mu));
}

export interface CoupledCurvature {
  /** Eigenvalues of H, k of them, those of the directions. */
  readonly curvatures: ArrayLike<number>;
  /**
   * E[(H^mu−H)_ij (H^mu−H)_lm], PER BATCH: k(k+1)/2 square, rows and columns by pairs i ≥ j at i(i+1)/2 + j. Where the directions
   * are no exact eigenvectors, turn both into the eigenbasis of the projected H first.
   */
  readonly covariance: Matrix;
  /** mu, default 0. */
  readonly momentum?: number;
}

/**
 * The learning rate at which E|w|² diverges in the span of k Hessian eigenvectors, to 1e-10. Directions of curvature ≤ 0 are left out
 * (they run away at any learning rate). Cost: one eigenproblem of order k(k+1)/2 where mu = 0, some thirty with momentum.
 * @throws InputError where no direction has a positive curvature
 */
export function coupledCeiling(la: LinearAlgebra, problem: CoupledCurvature): number {
  const { momentum: mu = 0 } = problem;
  checkMomentum(mu);
  const { h, noise } = positivePart(problem);
  const top = Math.max(...h);
  const pairs = pairsOf(h.length);
  /** Largest eigenvalue of D^−½ N D^−½ with the positive denominators d of each pair. */
  const largest = (d: (i: number, j: number) => number): number => {
    const scale = pairs.map(([i, j]) => 1 / Math.sqrt(d(h[i], h[j])));
    const a = matrix(
      pairs.length,
      pairs.length,
      noise.data.map((v, e) => v * scale[Math.floor(e / pairs.length)] * scale[e % pairs.length]),
    );
    return la.eigh(a).values[pairs.length - 1];
  };
  if (mu === 0) {
    // eta (h_i+h_j) − eta² h_i h_j = eta² N: the noise joins h_i h_j and one eigenproblem is left
    pairs.forEach(([i, j], p) => {
      noise.data[p * pairs.length + p] += h[i] * h[j];
    });
    return 1 / largest((a, b) => a + b);
  }
  const edge = (2 * (1 + mu)) / top;
  let [low, high] = [0, edge];
  while (high - low > 1e-10 * edge) {
    const eta = (low + high) / 2;
    if (eta * eta * largest((a, b) => whiteDenominator(eta * a, eta * b, mu)) < 1) low = eta;
    else high = eta;
  }
  return (low + high) / 2;
}

/** Pairs i ≥ j, in packed order. */
function pairsOf(k: number): [number, number][] {
  return Array.from({ length: k }, (_, i) => Array.from({ length: i + 1 }, (_, j): [number, number] => [i, j])).flat();
}

/**
 * Directions of positive curvature and the map Σ → N(Σ) on them, as a matrix that is symmetric for the basis of symmetric matrices
 * with unit Frobenius norm: E_ii, (E_ij + E_ji)/√2.
 */
function positivePart({ curvatures, covariance }: CoupledCurvature): { h: number[]; noise: Matrix } {
  const k = curvatures.length;
  const all = (k * (k + 1)) / 2;
  check(
    covariance.rows === all && covariance.cols === all,
    'shape',
    () =>
      `${k} directions have ${all} pairs; the covariance of their curvatures is ${covariance.rows}×${covariance.cols}.`,
  );
  const kept = Array.from({ length: k }, (_, i) => i).filter((i) => curvatures[i] > 0);
  check(kept.length > 0, 'no-curvature', 'only a positive curvature bounds the learning rate; none of these is.');
  const at = (i: number, j: number) => (i >= j ? (i * (i + 1)) / 2 + j : (j * (j + 1)) / 2 + i);
  const moment = (i: number, j: number, l: number, m: number) =>
    covariance.data[at(kept[i], kept[j]) * all + at(kept[l], kept[m])];
  const pairs = pairsOf(kept.length);
  const size = (i: number, j: number) => (i === j ? 1 : Math.SQRT2);
  const noise = matrix(pairs.length, pairs.length);
  // ⟨E_p, Ξ E_q Ξ⟩ for p = (i,j), q = (l,m): the mean of Ξ_il Ξ_mj and Ξ_im Ξ_lj, times the norms of both
  pairs.forEach(([i, j], p) => {
    pairs.forEach(([l, m], q) => {
      noise.data[p * pairs.length + q] = 0.5 * size(i, j) * size(l, m) * (moment(i, l, m, j) + moment(i, m, l, j));
    });
  });
  return { h: kept.map((i) => curvatures[i]), noise };
}

function checkMomentum(mu: number): void {
  check(mu >= 0 && mu < 1, 'bad-momentum', `momentum must lie in [0, 1); got ${mu}.`);
}
