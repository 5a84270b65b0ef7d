/** Real Schur form and triangular Sylvester equations, embedded. */
import { RunError } from '../errors.js';
import { withHeap } from './heap.js';
import { binaryScale, checkFinite, checkSquare, type Matrix, matrix } from './matrix.js';
import type { RealSchur, SylvesterOptions, TriangularSolution } from './provider.js';
import { schurEigenvalues, sylvesterShape } from './shapes.js';
import { solveTriangularLyapunov, solveTriangularSylvester } from './triangular-sylvester.js';

/**
 * Computes A = Z·T·Zᵀ by blocked Hessenberg reduction and the multishift QR iteration. About 30·n³ flops.
 * @throws InputError for a matrix that is not square or not finite
 * @throws RunError when the iteration does not converge
 */
export function embeddedSchur(a: Matrix): RealSchur {
  checkSquare(a, 'schur');
  const scale = binaryScale(checkFinite(a, 'schur'));
  const n = a.rows;
  if (n === 0) return schurEigenvalues(matrix(0, 0), matrix(0, 0));
  return withHeap(8 * (3 * n * n + 400 * n + 40_000), (heap) => {
    const { kernel } = heap;
    const h = heap.put(a.data);
    const v = heap.alloc(n * n);
    const z = heap.alloc(n * n);
    const tau = heap.alloc(n);
    const scratch = heap.alloc(Math.max(kernel.hessenbergScratch(n), kernel.backScratch(n, n), kernel.schurScratch(n)));
    const entries = heap.view(h, n * n);
    if (scale !== 1) for (let i = 0; i < entries.length; i++) entries[i] *= scale;
    kernel.hessenberg(n, h, v, tau, scratch);
    const q = heap.view(z, n * n);
    q.fill(0);
    for (let i = 0; i < n; i++) q[i * n + i] = 1;
    kernel.backTransform(n, n, n - 1, 1, v, n, tau, z, n, 1, scratch);
    kernel.transposeSquare(n, z);
    if (kernel.schur(n, h, z, scratch) !== 0) {
      throw new RunError('not-converged', 'schur: the QR iteration did not converge; please report the matrix.');
    }
    const t = matrix(n, n, heap.take(h, n * n));
    if (scale !== 1) for (let i = 0; i < t.data.length; i++) t.data[i] /= scale;
    return schurEigenvalues(t, matrix(n, n, heap.take(z, n * n)));
  });
}

/**
 * Solves S·Y + Y·op(T) = C for quasi-triangular S (m×m) and T (n×n), Y and C m×n; see triangular-sylvester.ts.
 * @throws InputError when shapes do not fit or the solution is not unique
 */
export function embeddedTriangularSylvester(
  s: Matrix,
  t: Matrix,
  c: Matrix,
  options: SylvesterOptions = {},
): TriangularSolution {
  sylvesterShape(s, t, c, options);
  const [m, n] = [c.rows, c.cols];
  return withHeap(8 * (m * m + n * n + m * n), (heap) => {
    const ps = heap.put(s.data);
    const pt = t === s ? ps : heap.put(t.data);
    const py = heap.put(c.data);
    const { gemm } = heap.kernel;
    const transpose = options.transpose === true;
    const [trs, tcs] = transpose ? [1, n] : [n, 1];
    const smallest = (options.symmetric ? solveTriangularLyapunov : solveTriangularSylvester)({
      m,
      n,
      transpose,
      s: heap.view(ps, m * m),
      t: heap.view(pt, n * n),
      y: heap.view(py, m * n),
      left(i, j, k, rows, cols, inner) {
        const [a, b, y] = [ps + 8 * (i * m + k), py + 8 * (k * n + j), py + 8 * (i * n + j)];
        gemm(rows, cols, inner, -1, a, m, 1, b, n, 1, 1, y, n, 0);
      },
      right(i, j, k, rows, cols, inner) {
        const [a, b, y] = [py + 8 * (i * n + k), pt + 8 * (k * trs + j * tcs), py + 8 * (i * n + j)];
        gemm(rows, cols, inner, -1, a, n, 1, b, trs, tcs, 1, y, n, 0);
      },
    });
    return { y: matrix(m, n, heap.take(py, m * n)), smallest };
  });
}
