/** Symmetric eigenproblem, embedded: blocked tridiagonalisation, divide and conquer, blocked back-transformation. */
import { RunError } from '../errors.js';
import { type Heap, withHeap } from './heap.js';
import { binaryScale, checkSymmetric, type Matrix, matrix } from './matrix.js';
import type { SubsetEigen, SymmetricEigen } from './provider.js';
import { subsetEigen } from './subset-eigen.js';

function tridiagonal(heap: Heap, a: Matrix, scale: number) {
  const n = a.rows;
  const pa = heap.put(a.data);
  if (scale !== 1) {
    const v = heap.view(pa, n * n);
    for (let i = 0; i < v.length; i++) v[i] *= scale;
  }
  const d = heap.alloc(n);
  const e = heap.alloc(n);
  const tau = heap.alloc(n);
  const scratch = heap.alloc(Math.max(heap.kernel.tridiagonalScratch(n), heap.kernel.backScratch(n, n)));
  heap.view(e, n).fill(0);
  heap.kernel.tridiagonalise(n, pa, d, e, tau, scratch);
  return { pa, d, e, tau, scratch };
}

function notConverged(): RunError {
  return new RunError('not-converged', 'eigh: the QL iteration did not converge; please report the matrix.');
}

/**
 * Computes A = V·diag(values)·Vᵀ for symmetric A (n×n), of which only the upper triangle enters. About 4·n³ flops and
 * 4·n² float64 numbers of WebAssembly memory (200 MB at n = 2500), which can be collected afterwards.
 * @throws InputError for a matrix that is not symmetric or not finite
 * @throws RunError when the QL iteration does not converge
 */
export function embeddedEigh(a: Matrix): SymmetricEigen {
  const scale = binaryScale(checkSymmetric(a, 'eigh'));
  const n = a.rows;
  if (n === 0) return { values: new Float64Array(0), vectors: matrix(0, 0) };
  return withHeap(8 * (4 * n * n + 400 * n), (heap) => {
    const { kernel } = heap;
    const t = tridiagonal(heap, a, scale);
    const z = heap.alloc(n * n);
    const pack = heap.alloc(n * n);
    const roots = heap.alloc(n * n);
    const extra = heap.bytes(kernel.divideScratch(n));
    if (kernel.divide(n, t.d, t.e, z, pack, roots, extra, 0) !== 0) throw notConverged();
    kernel.backTransform(n, n, n - 1, 1, t.pa, n, t.tau, pack, n, 0, t.scratch);
    kernel.transposeSquare(n, pack);
    const values = heap.take(t.d, n);
    for (let i = 0; i < n; i++) values[i] /= scale;
    return { values, vectors: matrix(n, n, heap.take(pack, n * n)) };
  });
}

/**
 * Computes the eigenvalues and some eigenvectors: 4/3·n³ flops and 4·n² for each vector.
 * @throws InputError, RunError as `embeddedEigh`
 */
export function embeddedEighSubset(a: Matrix, indices: readonly number[]): SubsetEigen {
  return subsetEigen(a, indices, {
    all: embeddedEigh,
    few: (scale, vectorsOf) => {
      const n = a.rows;
      const K = indices.length;
      return withHeap(8 * (n * n + (400 + K) * n), (heap) => {
        const { kernel } = heap;
        const t = tridiagonal(heap, a, scale);
        const [d, e] = [heap.take(t.d, n), heap.take(t.e, n)];
        if (kernel.ql(n, t.d, t.e, 0, 0, 0) !== 0) throw notConverged();
        const values = heap.take(t.d, n);
        const own = vectorsOf(d, e, values);
        if (!own) return undefined;
        const rows = heap.put(own.data);
        kernel.backTransform(K, n, n - 1, 1, t.pa, n, t.tau, rows, n, 0, t.scratch);
        return { values, vectors: matrix(K, n, heap.take(rows, K * n)) };
      });
    },
  });
}

/**
 * Computes the eigenvalues only, ascending. 4/3·n³ flops.
 * @throws InputError, RunError as `embeddedEigh`
 */
export function embeddedEigvalsh(a: Matrix): Float64Array {
  const scale = binaryScale(checkSymmetric(a, 'eigvalsh'));
  const n = a.rows;
  if (n === 0) return new Float64Array(0);
  return withHeap(8 * (n * n + 400 * n), (heap) => {
    const t = tridiagonal(heap, a, scale);
    if (heap.kernel.ql(n, t.d, t.e, 0, 0, 0) !== 0) throw notConverged();
    const values = heap.take(t.d, n);
    for (let i = 0; i < n; i++) values[i] /= scale;
    return values;
  });
}
