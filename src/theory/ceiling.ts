/**
 * The largest learning rate at which SGD stays near a minimum of given curvature: closed forms for one direction, and for several
 * directions that minibatches couple. docs/theory [R6], [S2], [S8], [V4], [A2].
 *
 * Model: w_{t+1} = w_t + v, v ← mu v − eta (H^mu w_t − noise), with H^mu drawn anew each step (replaced batches; the
 * anticorrelation by 1/(M−1) of batches within a shuffled epoch is neglected) and H = E H^mu constant. The question is whether
 * E|w|² stays bounded.
 *
 * One direction. With k = eta l, multiplicative noise of variance eta² Var(l) ⟨w²⟩ and the stationary denominator of [S2],
 *
 *     ⟨w²⟩ ((1−mu) k (2 − k/(1+mu)) − eta² Var l) = eta² C   ⇒   eta < 2(1+mu) l / (l² + Var l·(1+mu)/(1−mu)),
 *
 * which for mu = 0 is E(1 − eta l^mu)² < 1, eta < 2l/(l² + Var l), and for Var l = 0 the edge 2(1+mu)/l of the mean motion.
 *
 * Several directions. With the matrices of [S2] the second moment Σ obeys eta A(Σ) − eta² B(Σ) = eta² (N(Σ) + C),
 *
 *     A(Σ) = (1−mu)(HΣ+ΣH),   B(Σ) = [(1+mu²) HΣH − mu (H²Σ+ΣH²)]/(1−mu²),   N(Σ) = E[(H^mu−H) Σ (H^mu−H)].
 *
 * All three are self-adjoint on symmetric matrices and N is positive, so E|w|² is bounded iff A − eta (B + N) is positive
 * definite: eta < 1/λ_max of B + N relative to A. Restricted to the symmetric matrices over ANY subspace that λ_max can only be
 * smaller: staying below each ceiling given here is NECESSARY for bounded E|w|² (under the model) and not sufficient, and the
 * ceiling falls as directions are added. For mu = 0 this is the criterion of mean-square linear stability (secondary source: Ma
 * & Ying 2021; Mulayoff & Michaeli 2023).
 */
import { check } from '../numeric/errors.js';
import { type LinearAlgebra, type Matrix, matrix } from '../numeric/linalg/index.js';
import * as is from '../numeric/wants.js';
import { pairsOf, positiveDirections } from './positive-directions.js';

/**
 * Returns 2(1+mu)/h, in weight²/nat, the learning rate from which on the mean motion oscillates without decay, whatever the
 * noise.
 * @throws InputError for a curvature that is not positive, or a momentum outside [0, 1)
 */
export function edgeOfStability(curvature: number, momentum = 0): number {
  is.given('edgeOfStability', { curvature, momentum }, { curvature: is.number, momentum: is.number });
  check(curvature > 0, 'no-curvature', () => `only a positive curvature bounds the learning rate; got ${curvature}.`);
  checkMomentum(momentum);
  return (2 * (1 + momentum)) / curvature;
}

/** Gives mean and variance over minibatches of the curvature along one direction. */
export interface CurvatureLaw {
  /** l, mean over minibatches. */
  readonly curvature: number;
  /** Var l over minibatches, PER BATCH. */
  readonly variance: number;
  /** mu, default 0. */
  readonly momentum?: number;
}

/** Says what a {@link CurvatureLaw} needs. */
export const CURVATURE_LAW_WANTS = is.shape<CurvatureLaw>({
  curvature: is.number,
  variance: is.number,
  momentum: is.maybe(is.number),
});

/**
 * Returns 2(1+mu) l/(l² + Var l (1+mu)/(1−mu)), in weight²/nat, the learning rate from which on E w² along this direction
 * diverges. docs/theory [R6], [V4].
 * @throws InputError for a curvature that is not positive, a negative variance, or a momentum outside [0, 1)
 */
export function meanSquareCeiling(law: CurvatureLaw): number {
  is.given('meanSquareCeiling', { law }, { law: CURVATURE_LAW_WANTS });
  const { curvature: l, variance, momentum: mu = 0 } = law;
  check(l > 0, 'no-curvature', () => `only a positive curvature bounds the learning rate; got ${l}.`);
  check(variance >= 0, 'bad-variance', () => `a variance is at least 0; got ${variance}.`);
  checkMomentum(mu);
  return (2 * (1 + mu) * l) / (l * l + (variance * (1 + mu)) / (1 - mu));
}

/** Gives mean and covariance over minibatches of the Hessian projected on k directions. */
export interface CoupledCurvature {
  /** UᵀHU, k×k, for k orthonormal directions U. */
  readonly hessian: Matrix;
  /** Covariance over minibatches of the entries of UᵀH^mu U, PER BATCH: k(k+1)/2 square, pairs i ≥ j at i(i+1)/2 + j. */
  readonly covariance: Matrix;
  /** mu, default 0. */
  readonly momentum?: number;
  /** UᵀH²U, which counts with momentum only; (UᵀHU)² when absent, which is exact where U spans eigenvectors. */
  readonly squared?: Matrix;
}

/** Says what a {@link CoupledCurvature} needs. */
export const COUPLED_CURVATURE_WANTS = is.shape<CoupledCurvature>({
  hessian: is.matrix,
  covariance: is.matrix,
  momentum: is.maybe(is.number),
  squared: is.maybe(is.matrix),
});

/**
 * Computes the learning rate, in weight²/nat, from which on E|w|² diverges for errors in the span of U. Directions in which
 * UᵀHU is not positive are left out (they diverge at every learning rate). Costs one eigenproblem of order k(k+1)/2.
 * docs/theory [A2].
 * @throws InputError where no direction has a positive curvature, for a covariance of another order, or a momentum outside [0, 1)
 */
export function coupledCeiling(la: LinearAlgebra, problem: CoupledCurvature): number {
  is.given('coupledCeiling', { la, problem }, { la: is.algebra, problem: COUPLED_CURVATURE_WANTS });
  const { momentum: mu = 0, hessian, covariance, squared } = problem;
  checkMomentum(mu);
  const { curvatures: h, basis, covarianceOf } = positiveDirections(la, hessian, covariance);
  const turned = squared && la.gemm(la.gemm(basis, squared, { transposeA: true }), basis);
  const K = (i: number, j: number) => (turned ? turned.data[i * h.length + j] : i === j ? h[i] ** 2 : 0);
  const pairs = pairsOf(h.length);
  const n = pairs.length;
  // symmetric matrices of unit norm: E_ii, (E_ij + E_ji)/√2
  const size = ([i, j]: readonly [number, number]) => (i === j ? 1 : Math.SQRT2);
  const scale = pairs.map(([i, j]) => 1 / Math.sqrt((1 - mu) * (h[i] + h[j])));
  const q = 1 - mu * mu;
  const out = matrix(n, n);
  pairs.forEach(([i, j], p) => {
    pairs.forEach(([l, m], r) => {
      // ⟨E_p, Ξ E_r Ξ⟩, and ⟨E_p, K E_r + E_r K⟩
      let x = covarianceOf(i, l, m, j) + covarianceOf(i, m, l, j);
      if (mu > 0) {
        const bent =
          (i === m ? K(j, l) : 0) + (i === l ? K(j, m) : 0) + (j === m ? K(i, l) : 0) + (j === l ? K(i, m) : 0);
        x -= (mu / q) * bent;
      }
      x *= 0.5 * size(pairs[p]) * size(pairs[r]);
      if (p === r) x += ((1 + mu * mu) / q) * h[i] * h[j];
      out.data[p * n + r] = x * scale[p] * scale[r];
    });
  });
  return 1 / la.eigvalsh(out)[n - 1];
}

function checkMomentum(mu: number): void {
  check(mu >= 0 && mu < 1, 'bad-momentum', `momentum must lie in [0, 1); got ${mu}.`);
}
