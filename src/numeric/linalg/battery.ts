/**
 * A battery of small problems with known answers, which a library must solve before it is trusted: some builds of BLAS compute
 * wrong results on processors that they do not know. Products are checked by the embedded provider, and every factorisation by
 * multiplying its factors there.
 */
import { embeddedLinearAlgebra } from './embedded.js';
import { identity, type Matrix, matrix, transpose } from './matrix.js';
import type { LinearAlgebra } from './provider.js';

/** Orders: odd, and beyond the blocks of the kernels; the product (1.3 million terms) also leaves the routines for small matrices. */
const [ROWS, INNER, COLS, ORDER] = [83, 331, 47, 61];
/** Largest relative error, far above rounding at these orders and far below any wrong digit. */
const TOLERANCE = 1e-11;

/** Returns which answer of the provider is wrong, in a few words; undefined when all are right. Takes some milliseconds. */
export function faultOf(la: LinearAlgebra): string | undefined {
  const right = embeddedLinearAlgebra();
  // numbers without a pattern, made by few operations: every thread waits for them
  let state = 1;
  const random = (rows: number, cols: number) => {
    const m = matrix(rows, cols);
    for (let k = 0; k < m.data.length; k++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      m.data[k] = state / 2 ** 31;
    }
    return m;
  };
  const far = (a: Matrix, b: Matrix) => !(distance(a, b) <= TOLERANCE);
  const orthonormal = (q: Matrix) => !far(right.gemm(q, q, { transposeA: true }), identity(q.cols));

  const [a, b, c] = [random(ROWS, INNER), random(INNER, COLS), random(ORDER, ORDER)];
  const [small, into] = [random(7, 11), random(ROWS, COLS)];
  const both = { alpha: 0.5, beta: -2 };
  if (
    far(la.gemm(a, b), right.gemm(a, b)) ||
    far(la.gemm(small, small, { transposeB: true }), right.gemm(small, small, { transposeB: true })) ||
    far(la.gemm(a, b, { ...both, into: copied(into) }), right.gemm(a, b, { ...both, into: copied(into) }))
  )
    return 'a wrong product';
  const s = right.syrk(a);
  if (far(la.syrk(a), s)) return 'a wrong product with its own transpose';
  const { values, vectors } = la.eigh(s);
  const turned = matrix(
    ROWS,
    ROWS,
    vectors.data.map((v, k) => v * values[k % ROWS]),
  );
  if (!orthonormal(vectors) || far(right.gemm(turned, vectors, { transposeB: true }), s))
    return 'wrong eigenvectors of a symmetric matrix';
  const known = right.eigvalsh(s);
  const top = [ROWS - 2, ROWS - 1];
  const { vectors: rows } = la.eighSubset(s, top);
  const image = right.gemm(rows, s);
  const scaled = matrix(
    2,
    ROWS,
    rows.data.map((v, k) => v * known[top[Math.floor(k / ROWS)]]),
  );
  if (!orthonormal(transpose(rows)) || far(image, scaled))
    return 'wrong eigenvectors of a symmetric matrix, some of them';
  if (values.some((v, i) => !(Math.abs(v - known[i]) <= TOLERANCE * known[ROWS - 1]))) return 'wrong eigenvalues';
  const { u, s: sizes, vt } = la.svd(b);
  const scaledRows = matrix(
    COLS,
    COLS,
    vt.data.map((v, k) => v * sizes[Math.floor(k / COLS)]),
  );
  if (!orthonormal(u) || far(right.gemm(u, scaledRows), b)) return 'a wrong singular value decomposition';
  const { t, z } = la.schur(c);
  if (!orthonormal(z) || far(right.gemm(right.gemm(z, t), z, { transposeB: true }), c)) return 'a wrong Schur form';
  const factor = la.lu(c);
  if (far(factor.solve(c), identity(ORDER)) || far(right.gemm(c, factor.inverse()), identity(ORDER)))
    return 'a wrong solution of linear equations';
  const root = la.cholesky(s);
  if (far(right.gemm(root, root, { transposeB: true }), s)) return 'a wrong Cholesky factor';
  if (far(right.gemm(la.lowerInverse(root), root), identity(ROWS))) return 'a wrong inverse of a triangular matrix';
  const y = la.choleskySolve(root, a);
  return far(right.gemm(s, y), a) ? 'a wrong solution by a Cholesky factor' : undefined;
}

const copied = (m: Matrix): Matrix => matrix(m.rows, m.cols, m.data.slice());

/** Returns ‖A − B‖/‖B‖. */
function distance(a: Matrix, b: Matrix): number {
  let [miss, size] = [0, 0];
  for (let k = 0; k < b.data.length; k++) {
    miss += (a.data[k] - b.data[k]) ** 2;
    size += b.data[k] ** 2;
  }
  return Math.sqrt(miss / size);
}
