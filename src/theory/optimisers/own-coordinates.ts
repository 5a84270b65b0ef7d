/**
 * The coordinates y = P^(−1/2) w in which an optimiser with a diagonal preconditioner P has none: there its curvature is the symmetric
 * A = P^(1/2) H P^(1/2), its noise P^(1/2) C P^(1/2), and its force a gradient. docs/theory [O1].
 */
import { check } from '../../numeric/errors.js';
import { type Matrix, matrix, type SymmetricEigen } from '../../numeric/linalg/index.js';
import type { LinearAlgebra } from '../../numeric/linalg/provider.js';
import { wholePower } from '../../numeric/power.js';
import * as is from '../../numeric/wants.js';
import { LINEAR_FORM_WANTS, type LinearForm } from './linear-form.js';

/** Describes an optimiser near a minimum. */
export interface OptimiserNear {
  readonly form: LinearForm;
  /** H, n×n, of the loss without the penalty of the optimiser. */
  readonly hessian: Matrix;
  /** C, n×n, PER BATCH. */
  readonly noise: Matrix;
  /** The diagonal of P, length n; 1 by default, and needed for an adaptive optimiser. */
  readonly preconditioner?: ArrayLike<number>;
}

/** Says what an {@link OptimiserNear} needs. */
export const OPTIMISER_NEAR_WANTS = is.shape<OptimiserNear>({
  form: LINEAR_FORM_WANTS,
  hessian: is.matrix,
  noise: is.matrix,
  preconditioner: is.maybe(is.numbers),
});

/** Holds a system in the eigenbasis of A. */
export interface OwnModes {
  readonly n: number;
  /** √P_i, with which w = √P y. */
  readonly root: Float64Array;
  /** Eigenvalues of A, ascending, and eigenvectors (columns). */
  readonly eigen: SymmetricEigen;
  /** The noise in that basis, n×n. */
  readonly noise: Matrix;
}

/**
 * Returns the modes of an optimiser. Costs one symmetric eigenproblem and two products of order n.
 * @throws InputError for matrices of other shapes, and a P that is not positive or missing
 */
export function ownModes(la: LinearAlgebra, { form, hessian, noise, preconditioner }: OptimiserNear): OwnModes {
  const n = hessian.rows;
  for (const [name, m] of [
    ['Hessian', hessian],
    ['covariance of the noise', noise],
  ] as const)
    check(
      m.rows === n && m.cols === n && n > 0,
      'matrix-shape',
      () => `the ${name} must be square and of the order of the Hessian, ${n}; got ${m.rows}×${m.cols}.`,
    );
  check(
    preconditioner !== undefined || !form.adaptive,
    'no-preconditioner',
    () =>
      `${form.optimiser.type} has a preconditioner: give its diagonal, from its mean squared gradients (preconditionerOf) or from theory (selfConsistent).`,
  );
  const root = new Float64Array(n).fill(1);
  if (preconditioner) {
    check(
      preconditioner.length === n,
      'matrix-shape',
      () => `the preconditioner needs ${n} numbers, one for each weight; got ${preconditioner.length}.`,
    );
    for (let i = 0; i < n; i++) {
      const p = preconditioner[i];
      check(
        p > 0 && Number.isFinite(p),
        'bad-preconditioner',
        () => `entry ${i} of the preconditioner must be positive; got ${p}.`,
      );
      root[i] = Math.sqrt(p);
    }
  }
  const eigen = la.eigh(inOwnCoordinates(hessian, root, form.penalty));
  return withNoise(la, { n, root, eigen }, noise);
}

/** Returns the modes with another covariance of the noise of the weights. Costs two products of order n. */
export function withNoise(la: LinearAlgebra, modes: Omit<OwnModes, 'noise'>, noise: Matrix): OwnModes {
  const { n, root, eigen } = modes;
  const v = eigen.vectors;
  const own = inOwnCoordinates(noise, root);
  return { n, root, eigen, noise: la.gemm(la.gemm(v, own, { transposeA: true }), v) };
}

/** Returns √P (m + penalty) √P. */
export function inOwnCoordinates(m: Matrix, root: Float64Array, penalty = 0): Matrix {
  const n = m.rows;
  const out = matrix(n, n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const k = i * n + j;
      out.data[k] = root[i] * root[j] * (i === j ? m.data[k] + penalty : m.data[k]);
    }
  return out;
}

/** Brings a matrix from the eigenbasis of A to the weights: √P V x Vᵀ √P. */
export function toWeights(la: LinearAlgebra, { n, root, eigen: { vectors: v } }: OwnModes, x: Matrix): Matrix {
  const out = la.gemm(la.gemm(v, x), v, { transposeB: true });
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) out.data[i * n + j] *= root[i] * root[j];
  return out;
}

/** Returns P = 1/(√v + eps) of mean squared gradients v (for Adam after the correction of its first steps, which `count` gives). */
export function preconditionerOf(
  form: LinearForm,
  squares: ArrayLike<number>,
  count = Number.POSITIVE_INFINITY,
): Float64Array {
  is.given(
    'preconditionerOf',
    { form, squares, count },
    { form: LINEAR_FORM_WANTS, squares: is.numbers, count: is.positive },
  );
  const { type, beta2, epsilon } = form.optimiser;
  const corrected = (type === 'adam' || type === 'adamw') && Number.isFinite(count);
  const correction = corrected ? 1 - wholePower(beta2, Math.round(count)) : 1;
  return Float64Array.from(squares, (v) => 1 / (Math.sqrt(v / correction) + epsilon));
}
