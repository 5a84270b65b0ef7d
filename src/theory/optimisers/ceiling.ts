/**
 * The largest learning rate of an optimiser with a fixed preconditioner, docs/theory [O1], [A2]: for the mean motion from the spectrum
 * of M, and in mean square for a curvature that varies from batch to batch.
 *
 * A mode of curvature α (of A = P^(1/2) (H + penalty) P^(1/2)) has eigenvalues inside the unit circle iff 1 + tr + det > 0 and
 * det > −1 (and 1 − tr + det > 0, which negative curvature alone violates), with tr = 1 − s + b − eta (a + c f) α and
 * det = b (1 − s − eta a α). With s = eta lambda,
 *
 *     eta < 2 (1 + b) / (α (a (1 + b) + c f) + lambda (1 + b)),     eta < (1 + b) / (b (lambda + a α))  where b > 0
 *
 * which is 2(1 + mu)/α for momentum, 2(1 + mu)/((1 + 2 mu) α) for Nesterov, 2(1 + beta1)/((1 − beta1) α) for Adam (38/α at 0.9).
 */
import { check } from '../../numeric/errors.js';
import { type LinearAlgebra, type Matrix, matrix, pairIndex } from '../../numeric/linalg/index.js';
import * as is from '../../numeric/wants.js';
import { type PositiveDirections, positiveDirections } from '../positive-directions.js';
import { atRate, LINEAR_FORM_WANTS, type LinearForm } from './linear-form.js';
import { pairMoments } from './pair.js';

/**
 * Returns the learning rate from which on the mean motion along a curvature of A grows. The learning rate of the form itself does not
 * matter. For an adaptive optimiser this is the ceiling at the present P: v follows the gradients, and P with it.
 * @param curvature - α > 0, in units of 1/(learning rate)
 * @throws InputError for a curvature that is not positive
 */
export function optimiserCeiling(form: LinearForm, curvature: number): number {
  is.given('optimiserCeiling', { form, curvature }, { form: LINEAR_FORM_WANTS, curvature: is.number });
  check(curvature > 0, 'no-curvature', () => `only a positive curvature bounds the learning rate; got ${curvature}.`);
  const { memory: b, fresh: f, own: a, held: c } = form;
  const lambda = form.shrink / form.learningRate;
  const edge = (2 * (1 + b)) / (curvature * (a * (1 + b) + c * f) + lambda * (1 + b));
  return b > 0 ? Math.min(edge, (1 + b) / (b * (lambda + a * curvature))) : edge;
}

/** Gives the curvature of A over minibatches, in a few directions. */
export interface VaryingCurvature {
  /** k×k: the mean, projected on k orthonormal directions of the coordinates y. */
  readonly mean: Matrix;
  /** Covariance over minibatches of its entries, PER BATCH: k(k+1)/2 square, pairs i ≥ j at i(i+1)/2 + j. */
  readonly covariance: Matrix;
}

/**
 * Computes the learning rate from which on E|y|² diverges in the span of k directions, for any linear form: there the second moments
 * solve Σ_ij = g_ij(eta) (N(Σ)_ij + C_ij) in the eigenbasis of the mean, g the moments of a pair of modes (pair.ts), N(Σ) = E[Ξ Σ Ξ]
 * with Ξ the deviation of a batch; they are bounded iff the spectral radius of g∘N is below 1. As in theory/ceiling.ts it is a
 * necessary condition, and falls as directions are added. For the heavy ball it is `coupledCeiling`. Directions of the mean that are
 * not positive are left out. Costs some ten
 * radii of matrices of order k(k+1)/2, some twenty products each.
 * @throws InputError where no direction has a positive curvature, and for a covariance of another order
 */
export function optimiserMeanSquareCeiling(la: LinearAlgebra, form: LinearForm, varying: VaryingCurvature): number {
  is.given(
    'optimiserMeanSquareCeiling',
    { la, form, varying },
    {
      la: is.algebra,
      form: LINEAR_FORM_WANTS,
      varying: is.shape<VaryingCurvature>({ mean: is.matrix, covariance: is.matrix }),
    },
  );
  const directions = positiveDirections(la, varying.mean, varying.covariance);
  const { curvatures } = directions;
  const edge = optimiserCeiling(form, curvatures[curvatures.length - 1]);
  const growth = growthOf(curvatures.length);
  const excess = (eta: number) => Math.log(growth(momentMap(atRate(form, eta), directions)));
  return Math.min(edge, rootOf(excess, edge));
}

/**
 * Finds where a function that grows from −∞ at 0 passes 0 below `end`, to a relative 1e-10; returns `end` where it does not. False
 * position between the last points of either sign, the older one weakened (Illinois), on the logarithm of the argument.
 */
function rootOf(f: (x: number) => number, end: number): number {
  let [b, fb] = [end * (1 - 1e-9), f(end * (1 - 1e-9))];
  if (!(fb >= 0)) return end;
  let [a, fa] = [b, fb];
  while (fa >= 0) {
    [b, fb] = [a, fa];
    a /= 2;
    fa = f(a);
    if (a < 1e-12 * end) return a;
  }
  for (let round = 0; round < 60 && b - a > 1e-10 * b; round++) {
    // a growth of 0 or infinity has no finite logarithm: halve
    const share = Number.isFinite(fa) && Number.isFinite(fb) ? fb / (fb - fa) : 0.5;
    const x = b * Math.exp(Math.log(a / b) * Math.min(0.999, Math.max(0.001, share)));
    const fx = f(x);
    if (fx >= 0) {
      [b, fb] = [x, fx];
      fa /= 2;
    } else {
      [a, fa] = [x, fx];
      fb /= 2;
    }
  }
  return a;
}

/** Returns the map Σ → g∘N(Σ) on packed symmetric matrices. */
function momentMap(form: LinearForm, { curvatures, covarianceOf }: PositiveDirections): Matrix {
  const k = curvatures.length;
  const size = (k * (k + 1)) / 2;
  const out = matrix(size, size);
  for (let i = 0; i < k; i++) {
    for (let j = 0; j <= i; j++) {
      const g = pairMoments(form, curvatures[i], curvatures[j]).now;
      for (let l = 0; l < k; l++)
        for (let m = 0; m <= l; m++) {
          // N(Σ)_ij = Σ_lm ⟨Ξ_il Ξ_mj⟩ Σ_lm, both orders of l ≠ m
          const both = covarianceOf(i, l, m, j) + (l === m ? 0 : covarianceOf(i, m, l, j));
          out.data[pairIndex(i, j) * size + pairIndex(l, m)] = g * both;
        }
    }
  }
  return out;
}

/**
 * Makes a function that returns the spectral radius of a map that keeps positive k×k matrices positive, from the growth of powers of
 * it; it begins with the identity, and then where the last call ended.
 */
function growthOf(k: number): (map: Matrix) => number {
  const n = (k * (k + 1)) / 2;
  let x = new Float64Array(n);
  for (let i = 0; i < k; i++) x[pairIndex(i, i)] = 1;
  return ({ data }) => {
    let growth = 0;
    for (let round = 0; round < 400; round++) {
      const y = new Float64Array(n);
      let [size, before] = [0, 0];
      for (let p = 0; p < n; p++) {
        let sum = 0;
        for (let r = 0; r < n; r++) sum += data[p * n + r] * x[r];
        y[p] = sum;
        size += sum * sum;
        before += x[p] * x[p];
      }
      const last = growth;
      growth = Math.sqrt(size / before);
      if (!(growth > 0 && Number.isFinite(growth))) return growth;
      const scale = 1 / Math.sqrt(size);
      x = y.map((v) => v * scale);
      if (Math.abs(growth - last) < 1e-12 * growth) break;
    }
    return growth;
  };
}
