/** Sylvester and Lyapunov equations, continuous (Bartels & Stewart over a recursive triangular solver) and discrete. */
import { check, InputError } from '../errors.js';
import { checkFinite, checkSquare, checkSymmetric, frobenius, largest, type Matrix, matrix } from './matrix.js';
import type { LinearAlgebra, RealSchur } from './provider.js';

/** Holds the solution of a matrix equation and measures of its accuracy. */
export interface EquationSolution {
  readonly x: Matrix;
  /** Relative residual ‖equation‖_F / (sum of the norms of its terms); a few 1e-15 when all went well. */
  readonly residual: number;
  /** Smallest pivot: an upper estimate of how far the equation is from having no unique solution. NaN where unknown. */
  readonly separation: number;
}

/**
 * Solves A·X + X·B = C for X, with A m×m, B n×n, C m×n. About 25·(m³ + n³) flops for the two Schur forms and a little
 * more.
 * @throws InputError when shapes do not fit, and when an eigenvalue of A and one of B sum to 0
 */
export function sylvester(la: LinearAlgebra, a: Matrix, b: Matrix, c: Matrix): EquationSolution {
  checkSquare(a, 'sylvester');
  checkSquare(b, 'sylvester');
  checkFinite(c, 'sylvester');
  check(
    c.rows === a.rows && c.cols === b.rows,
    'matrix-shape',
    () =>
      `sylvester: A is ${a.rows}×${a.rows} and B ${b.rows}×${b.rows}, so C must be ${a.rows}×${b.rows}, not ${c.rows}×${c.cols}.`,
  );
  const u = la.schur(a);
  const v = la.schur(b);
  const inner = la.gemm(la.gemm(u.z, c, { transposeA: true }), v.z);
  const { y, smallest } = la.triangularSylvester(u.t, v.t, inner);
  const x = la.gemm(la.gemm(u.z, y), v.z, { transposeB: true });
  const r = la.gemm(x, b, { into: la.gemm(a, x), beta: 1 });
  for (let i = 0; i < r.data.length; i++) r.data[i] -= c.data[i];
  const size = (frobenius(a) + frobenius(b)) * frobenius(x) + frobenius(c);
  return { x, residual: size === 0 ? 0 : frobenius(r) / size, separation: smallest };
}

/**
 * Solves F·X + X·Fᵀ = Q for symmetric X, with F and symmetric Q n×n (docs/theory [D2]: F·Σ + Σ·Fᵀ = 2·epsilon·D). F may
 * be any square matrix, defective ones included; its Schur form may be passed when it is known. A symmetric F takes one
 * eigendecomposition instead [D4]. A solution does not mean that F is stable: see the eigenvalues (`schur.re`) for
 * that.
 * @throws InputError when Q is not symmetric, shapes do not fit, or two eigenvalues of F sum to 0
 */
export function lyapunov(
  la: LinearAlgebra,
  f: Matrix,
  q: Matrix,
  options: { readonly schur?: RealSchur } = {},
): EquationSolution {
  checkSquare(f, 'lyapunov');
  const size = checkFinite(f, 'lyapunov');
  checkSymmetric(q, 'lyapunov');
  const n = f.rows;
  check(
    q.rows === n,
    'matrix-shape',
    () => `lyapunov: F is ${n}×${n}, so the right side must be too, not ${q.rows}×${q.rows}.`,
  );
  if (n === 0) return { x: matrix(0, 0), residual: 0, separation: Number.NaN };
  const { x, smallest } = isSymmetric(f)
    ? byEigenvectors(la, f, q, size)
    : bySchur(la, q, options.schur ?? la.schur(f));
  symmetrise(x);
  const fx = la.gemm(f, x);
  let r = 0;
  const scale = Math.max(largest(fx), largest(q)) || 1;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      r += ((fx.data[i * n + j] + fx.data[j * n + i] - q.data[i * n + j]) / scale) ** 2;
    }
  }
  const total = 2 * frobenius(f) * frobenius(x) + frobenius(q);
  return { x, residual: total === 0 ? 0 : (scale * Math.sqrt(r)) / total, separation: smallest };
}

function isSymmetric(f: Matrix): boolean {
  const n = f.rows;
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) if (f.data[i * n + j] !== f.data[j * n + i]) return false;
  return true;
}

function byEigenvectors(la: LinearAlgebra, f: Matrix, q: Matrix, size: number) {
  const n = f.rows;
  const { values, vectors } = la.eigh(f);
  const y = la.gemm(la.gemm(vectors, q, { transposeA: true }), vectors);
  let smallest = Number.POSITIVE_INFINITY;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const d = values[i] + values[j];
      smallest = Math.min(smallest, Math.abs(d));
      y.data[i * n + j] /= d;
    }
  }
  if (!(smallest > n * 2 ** -52 * size)) {
    throw new InputError(
      'not-unique',
      'lyapunov: two eigenvalues of the symmetric F sum to zero to rounding, so the solution is not unique.',
    );
  }
  return { x: la.gemm(la.gemm(vectors, y), vectors, { transposeB: true }), smallest };
}

function bySchur(la: LinearAlgebra, q: Matrix, schur: RealSchur) {
  const { t, z } = schur;
  const c = la.gemm(la.gemm(z, q, { transposeA: true }), z);
  symmetrise(c);
  const { y, smallest } = la.triangularSylvester(t, t, c, { transpose: true, symmetric: true });
  symmetrise(y);
  return { x: la.gemm(la.gemm(z, y), z, { transposeB: true }), smallest };
}

/** Replaces X by (X + Xᵀ)/2. */
function symmetrise(x: Matrix): void {
  const n = x.rows;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const v = 0.5 * (x.data[i * n + j] + x.data[j * n + i]);
      x.data[i * n + j] = v;
      x.data[j * n + i] = v;
    }
  }
}

/**
 * Solves X = A·X·Aᵀ + Q for symmetric Q, A and Q n×n: X is the stationary covariance of x' = A·x + noise of covariance
 * Q (docs/theory [S2]: A = 1 − eta·H, Q = eta²·C with C per step). Doubling (Smith 1968): X ← X + A·X·Aᵀ, A ← A², so
 * step k has summed 2^k terms; no bilinear transform, so strongly non-normal A are safe. 6·n³ flops a doubling,
 * log2(36/(1 − radius)) doublings or so.
 * @throws InputError when the spectral radius of A is not below 1: there is no stationary covariance
 */
export function discreteLyapunov(la: LinearAlgebra, a: Matrix, q: Matrix): EquationSolution {
  checkSquare(a, 'discreteLyapunov');
  checkFinite(a, 'discreteLyapunov');
  checkSymmetric(q, 'discreteLyapunov');
  const n = a.rows;
  check(
    q.rows === n,
    'matrix-shape',
    () => `discreteLyapunov: A is ${n}×${n}, so the right side must be too, not ${q.rows}×${q.rows}.`,
  );
  const x = matrix(n, n, q.data.slice());
  let power = a;
  for (let k = 0; k < 64; k++) {
    const step = congruence(la, power, x);
    const grown = frobenius(step);
    const size = frobenius(x);
    const decay = frobenius(power);
    for (let i = 0; i < x.data.length; i++) x.data[i] += step.data[i];
    if (!Number.isFinite(grown) || !Number.isFinite(decay)) break;
    // a power of norm below 1 proves that the spectral radius is below 1
    if (decay < 1 && grown <= 2 ** -54 * size) {
      const again = congruence(la, a, x);
      for (let i = 0; i < again.data.length; i++) again.data[i] += q.data[i] - x.data[i];
      const total = frobenius(x) * (1 + frobenius(a) ** 2) + frobenius(q);
      return { x, residual: total === 0 ? 0 : frobenius(again) / total, separation: Number.NaN };
    }
    power = la.gemm(power, power);
  }
  throw new InputError(
    'unstable',
    'discreteLyapunov: the powers of A do not decay (its spectral radius is not below 1), so there is no stationary covariance; use a smaller step.',
  );
}

/** Returns A·X·Aᵀ, symmetrised. */
function congruence(la: LinearAlgebra, a: Matrix, x: Matrix): Matrix {
  const s = la.gemm(la.gemm(a, x), a, { transposeB: true });
  symmetrise(s);
  return s;
}
