/** Real Schur form through LAPACK's dgees, and triangular Sylvester equations by our recursion over its dgemm. */
import { RunError } from '../errors.js';
import { checkFinite, checkSquare, type Matrix, matrix, transpose } from './matrix.js';
import type { RealSchur, SylvesterOptions, TriangularSolution } from './provider.js';
import { schurEigenvalues, sylvesterShape } from './shapes.js';
import { int, type Lapack, real } from './system-library.js';
import { solveTriangularLyapunov, solveTriangularSylvester } from './triangular-sylvester.js';

/**
 * Computes A = Z·T·Zᵀ by dgees.
 * @throws InputError for a matrix that is not square or not finite
 * @throws RunError when dgees fails
 */
export function systemSchur(f: Lapack, a: Matrix): RealSchur {
  checkSquare(a, 'schur');
  checkFinite(a, 'schur');
  const n = a.rows;
  if (n === 0) return schurEigenvalues(matrix(0, 0), matrix(0, 0));
  const t = transpose(a);
  const z = matrix(n, n);
  const info = int(0);
  const [wr, wi] = [new Float64Array(n), new Float64Array(n)];
  const call = (work: Float64Array, lwork: number) =>
    f.dgees('V', 'N', null, int(n), t.data, int(n), int(0), wr, wi, z.data, int(n), work, int(lwork), int(0), info);
  const query = new Float64Array(1);
  call(query, -1);
  const size = Math.max(3 * n, Math.ceil(query[0]));
  call(new Float64Array(size), size);
  if (info[0] !== 0) throw new RunError('not-converged', `schur: LAPACK's dgees failed with info = ${info[0]}.`);
  return schurEigenvalues(transpose(t), transpose(z));
}

/**
 * Solves S·Y + Y·op(T) = C as `embeddedTriangularSylvester` does, with dgemm.
 * @throws InputError likewise
 */
export function systemTriangularSylvester(
  f: Lapack,
  s: Matrix,
  t: Matrix,
  c: Matrix,
  options: SylvesterOptions = {},
): TriangularSolution {
  sylvesterShape(s, t, c, options);
  const [m, n] = [c.rows, c.cols];
  const y = matrix(m, n, c.data.slice());
  const trans = options.transpose === true;
  const [ldm, ldn, one, minus] = [int(Math.max(1, m)), int(Math.max(1, n)), real(1), real(-1)];
  const smallest = (options.symmetric ? solveTriangularLyapunov : solveTriangularSylvester)({
    m,
    n,
    transpose: trans,
    s: s.data,
    t: t.data,
    y: y.data,
    // row-major C −= A·B is column-major Cᵀ −= Bᵀ·Aᵀ
    left(i, j, k, rows, cols, inner) {
      const [a, b, into] = [s.data.subarray(i * m + k), y.data.subarray(k * n + j), y.data.subarray(i * n + j)];
      f.dgemm('N', 'N', int(cols), int(rows), int(inner), minus, b, ldn, a, ldm, one, into, ldn);
    },
    right(i, j, k, rows, cols, inner) {
      const b = t.data.subarray(trans ? j * n + k : k * n + j);
      const [a, into] = [y.data.subarray(i * n + k), y.data.subarray(i * n + j)];
      f.dgemm(trans ? 'T' : 'N', 'N', int(cols), int(rows), int(inner), minus, b, ldn, a, ldn, one, into, ldn);
    },
  });
  return { y, smallest };
}
