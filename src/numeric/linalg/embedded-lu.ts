/** LU with partial pivoting, embedded. */
import { check } from '../errors.js';
import { type Heap, withHeap } from './heap.js';
import { checkFinite, checkSquare, identity, type Matrix, matrix } from './matrix.js';
import type { LuFactor } from './provider.js';

/**
 * Factors P·A = L·U, A n×n. 2/3·n³ flops; each solve with r right sides takes 2·n²·r.
 * @throws InputError for a matrix that is not square or not finite
 */
export function embeddedLu(a: Matrix): LuFactor {
  checkSquare(a, 'lu');
  checkFinite(a, 'lu');
  const n = a.rows;
  const { factor, pivots } = withHeap(8 * n * (n + 40), (heap) => {
    const p = heap.put(a.data);
    const q = heap.bytes(4 * n);
    const scratch = heap.alloc(heap.kernel.luScratch(n));
    heap.kernel.lu(n, p, n, q, scratch);
    return { factor: matrix(n, n, heap.take(p, n * n)), pivots: heap.ints(q, n).slice() };
  });
  const solve = (b: Matrix) =>
    withHeap(8 * (n * n + b.data.length + n), (heap) => {
      const p = heap.put(factor.data);
      const q = heap.bytes(4 * n);
      const x = heap.put(b.data);
      heap.ints(q, n).set(pivots);
      heap.kernel.swapRows(n, b.cols, q, x, b.cols);
      heap.kernel.solveLower(n, b.cols, p, n, 1, x, b.cols);
      heap.kernel.solveUpper(n, b.cols, p, n, 1, 0, x, b.cols);
      return matrix(n, b.cols, heap.take(x, b.data.length));
    });
  // A⁻¹ = U⁻¹·L⁻¹·P: L⁻¹ is lower triangular, which saves a third of a solve with the identity
  const inverse = () =>
    withHeap(16 * n * n, (heap) => {
      const [p, x] = [heap.put(factor.data), heap.put(identity(n).data)];
      lowerInverse(heap, n, p, 1, x);
      heap.kernel.solveUpper(n, n, p, n, 1, 0, x, n);
      const out = heap.take(x, n * n);
      for (let i = 0; i < n; i++) exchangeBack(out.subarray(i * n, (i + 1) * n), pivots);
      return matrix(n, n, out);
    });
  return luFactor(factor, pivots, solve, inverse);
}

/** Undoes the exchanges of a factorisation, the last one first. */
function exchangeBack(row: Float64Array, pivots: Int32Array): void {
  for (let k = pivots.length - 1; k >= 0; k--) {
    const v = row[k];
    row[k] = row[pivots[k]];
    row[pivots[k]] = v;
  }
}

/** Columns that are solved together: those of a later block are zero above it, and skip those rows. */
const COLUMNS = 128;

/** Replaces the identity at x by L⁻¹, with L n×n at l (unit 1: its diagonal counts as 1). n³/3 flops. */
export function lowerInverse(heap: Heap, n: number, l: number, unit: 0 | 1, x: number): void {
  for (let j = 0; j < n; j += COLUMNS) {
    const from = 8 * j * (n + 1);
    heap.kernel.solveLower(n - j, Math.min(COLUMNS, n - j), l + from, n, unit, x + from, n);
  }
}

/**
 * Returns the methods of an LU factor around a packed one (the diagonal of `factor` is that of U), for both providers.
 */
export function luFactor(
  factor: Matrix,
  pivots: Int32Array,
  solve: (b: Matrix) => Matrix,
  inverse: () => Matrix,
): LuFactor {
  const n = factor.rows;
  const regular = (): void => {
    for (let i = 0; i < n; i++) {
      check(
        factor.data[i * (n + 1)] !== 0,
        'singular',
        () => `lu: the matrix is singular (pivot ${i} of ${n} is 0), so it has no inverse and no unique solution.`,
      );
    }
  };
  return {
    n,
    pivots,
    solve(b) {
      check(
        b.rows === n,
        'matrix-shape',
        () => `lu: a ${n}×${n} factor cannot solve for a right side with ${b.rows} rows.`,
      );
      checkFinite(b, 'lu');
      regular();
      return solve(b);
    },
    inverse() {
      regular();
      return inverse();
    },
    determinant() {
      let sign = 1;
      let logAbs = 0;
      for (let i = 0; i < n; i++) {
        const v = factor.data[i * (n + 1)];
        if (pivots[i] !== i) sign = -sign;
        if (v < 0) sign = -sign;
        logAbs += Math.log(Math.abs(v));
      }
      return { sign: logAbs === Number.NEGATIVE_INFINITY ? 0 : sign, logAbs };
    },
  };
}
