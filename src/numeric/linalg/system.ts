/**
 * The provider that calls an installed BLAS and LAPACK. Fortran reads a row-major A as the column-major Aᵀ, so most
 * routines need no transposed copy.
 */
import { check, RunError } from '../errors.js';
import { checkLower, checkSolve, mirrorUpper, notPositive } from './embedded.js';
import { luFactor } from './embedded-lu.js';
import { checkFinite, checkSquare, checkSymmetric, type Matrix, matrix, transpose } from './matrix.js';
import type { LinearAlgebra, LuFactor, RankUpdater, SingularValues } from './provider.js';
import { gemmShape } from './shapes.js';
import { systemEigh, systemEighSubset, systemEigvalsh } from './system-eigh.js';
import { int, type Lapack, real, type SystemLibrary } from './system-library.js';
import { systemSchur, systemTriangularSylvester } from './system-schur.js';

/** Returns the provider that uses a library which `loadSystemLibrary` found. */
export function systemLinearAlgebra(library: SystemLibrary): LinearAlgebra {
  const f = library.lapack;
  return {
    kind: 'system',
    name: library.name,
    library: {
      path: library.path,
      product: library.product,
      core: library.core,
      integers: library.integers,
      advice: library.advice,
    },

    gemm(a, b, options = {}) {
      const s = gemmShape(a, b, options);
      const c = options.into ?? matrix(s.m, s.n);
      if (c.data.length === 0) return c;
      const ta = options.transposeA ? 'T' : 'N';
      const tb = options.transposeB ? 'T' : 'N';
      const [m, n, k] = [int(s.m), int(s.n), int(s.k)];
      const lda = int(Math.max(1, a.cols));
      const ldb = int(Math.max(1, b.cols));
      f.dgemm(tb, ta, n, m, k, real(s.alpha), b.data, ldb, a.data, lda, real(s.beta), c.data, n);
      return c;
    },

    syrk(a, options = {}) {
      const n = options.transpose ? a.cols : a.rows;
      const k = options.transpose ? a.rows : a.cols;
      const c = matrix(n, n);
      if (n === 0) return c;
      const [order, ld] = [int(n), int(Math.max(1, a.cols))];
      const t = options.transpose ? 'N' : 'T';
      f.dsyrk('L', t, order, int(k), real(options.alpha ?? 1), a.data, ld, real(0), c.data, order);
      return mirrorUpper(c);
    },

    rankUpdater: (n) => rankUpdater(f, n),

    eigh: (a) => systemEigh(f, a),
    eighSubset: (a, indices) => systemEighSubset(f, a, indices),
    eigvalsh: (a) => systemEigvalsh(f, a),

    cholesky(a) {
      checkSymmetric(a, 'cholesky');
      const n = a.rows;
      const l = lowerTriangle(a);
      const info = int(0);
      if (n > 0) f.dpotrf('U', int(n), l.data, int(n), info);
      check(info[0] === 0, 'not-positive-definite', () => notPositive(info[0] - 1));
      return l;
    },

    choleskySolve(l, b) {
      checkSolve(l, b, 'choleskySolve');
      const x = matrix(b.rows, b.cols, b.data.slice());
      if (x.data.length === 0) return x;
      const [n, r] = [int(l.rows), int(b.cols)];
      for (const t of ['N', 'T']) f.dtrsm('R', 'U', t, 'N', r, n, real(1), l.data, n, x.data, r);
      return x;
    },

    lowerInverse(l) {
      checkLower(l);
      const n = l.rows;
      const x = lowerTriangle(l);
      if (n > 0) f.dtrtri('U', 'N', int(n), x.data, int(n), int(0));
      return x;
    },

    lu: (a) => lu(f, a),
    svd: (a) => svd(f, a),
    schur: (a) => systemSchur(f, a),
    triangularSylvester: (s, t, c, options) => systemTriangularSylvester(f, s, t, c, options),
  };
}

/** Copies the lower triangle, all that LAPACK reads of it, with zeros above. */
function lowerTriangle(a: Matrix): Matrix {
  const n = a.rows;
  const l = matrix(n, n);
  for (let i = 0; i < n; i++) l.data.set(a.data.subarray(i * n, i * n + i + 1), i * n);
  return l;
}

function lu(f: Lapack, a: Matrix): LuFactor {
  checkSquare(a, 'lu');
  checkFinite(a, 'lu');
  const n = a.rows;
  const factor = transpose(a);
  const pivots = new Int32Array(f.words * n);
  if (n > 0) f.dgetrf(int(n), int(n), factor.data, int(n), pivots, int(0));
  return luFactor(
    factor,
    Int32Array.from({ length: n }, (_, i) => pivots[f.words * i] - 1),
    (b) => {
      const x = transpose(b);
      if (x.data.length > 0) {
        f.dgetrs('N', int(n), int(b.cols), factor.data, int(n), pivots, x.data, int(n), int(0));
      }
      return transpose(x);
    },
    () => {
      const x = matrix(n, n, factor.data.slice());
      const work = new Float64Array(BLOCK * n);
      if (n > 0) f.dgetri(int(n), x.data, int(n), pivots, work, int(work.length), int(0));
      return transpose(x);
    },
  );
}

/** Columns that dgetri works on at once. */
const BLOCK = 64;

function svd(f: Lapack, a: Matrix): SingularValues {
  checkFinite(a, 'svd');
  const [m, n] = [a.rows, a.cols];
  const k = Math.min(m, n);
  const u = matrix(m, k);
  const vt = matrix(k, n);
  const s = new Float64Array(k);
  if (k === 0) return { u, s, vt };
  const info = int(0);
  const iwork = new Int32Array(f.words * 8 * k);
  const args = (work: Float64Array, lwork: number) =>
    f.dgesdd('S', int(n), int(m), data, int(n), s, vt.data, int(n), u.data, int(k), work, int(lwork), iwork, info);
  const data = a.data.slice();
  const query = new Float64Array(1);
  args(query, -1);
  const size = Math.ceil(query[0]);
  args(new Float64Array(size), size);
  if (info[0] !== 0) throw new RunError('not-converged', `svd: LAPACK's dgesdd failed with info = ${info[0]}.`);
  return { u, s, vt };
}

function rankUpdater(f: Lapack, n: number): RankUpdater {
  const capacity = 256;
  const sum = matrix(n, n);
  const buffer = new Float64Array(capacity * n);
  const [order, one] = [int(n), real(1)];
  return {
    n,
    capacity,
    buffer,
    update(count) {
      f.dsyrk('L', 'N', order, int(count), one, buffer, order, one, sum.data, order);
    },
    finish: () => mirrorUpper(sum),
  };
}
