/**
 * Thin singular value decomposition, embedded.
 *
 * Right vectors V come from divide and conquer on the Golub-Kahan tridiagonal [[0, Bᵀ], [B, 0]] of the bidiagonal B. For
 * singular values σ_j they carry errors eps‖A‖/(σ_j + σ_k), so V is made orthonormal by a QR in descending order; then
 * A·V = U·R with off-diagonal |R_jk| ≤ σ_j·eps‖A‖/(σ_j + σ_k) ≤ eps‖A‖: U, |R_jj| and V are a backward stable answer.
 */
import { RunError } from '../errors.js';
import { type Heap, withHeap } from './heap.js';
import { binaryScale, checkFinite, type Matrix, matrix, transpose, transposeInto } from './matrix.js';
import type { SingularValues } from './provider.js';

/**
 * Computes A = U·diag(s)·Vt for m×n A, k = min(m, n). About 22·k³ flops for a square matrix; about 15·k² + 3·m·n
 * float64 numbers of WebAssembly memory.
 * @throws InputError for a matrix that is not finite
 * @throws RunError when the QL iteration does not converge
 */
export function embeddedSvd(a: Matrix): SingularValues {
  const scale = binaryScale(checkFinite(a, 'svd'));
  if (a.rows === 0 || a.cols === 0) return { u: matrix(a.rows, 0), s: new Float64Array(0), vt: matrix(0, a.cols) };
  if (a.rows >= a.cols) return tall(a, scale);
  const t = tall(transpose(a), scale);
  return { u: transpose(t.vt), s: t.s, vt: transpose(t.u) };
}

function tall(a: Matrix, scale: number): SingularValues {
  const [m, n] = [a.rows, a.cols];
  return withHeap(8 * (13 * n * n + 4 * m * n + 200 * (m + n)), (heap) => {
    const { kernel } = heap;
    const pa = heap.put(a.data);
    const full = heap.view(pa, m * n);
    if (scale !== 1) for (let i = 0; i < full.length; i++) full[i] *= scale;
    const tau = heap.alloc(2 * n);
    const diag = heap.alloc(n);
    const scratch = heap.alloc(
      Math.max(kernel.qrScratch(n, m), kernel.backScratch(n, m), kernel.bidiagonalScratch(m, n)),
    );
    const lines = heap.alloc(n * m);

    const { reflectors, rightTau, v } = rightVectors(heap, pa, m, n, lines, diag, tau, scratch);
    // V made orthonormal again, then multiplied by the right reflectors
    const vt = heap.alloc(n * n);
    orthonormalise(heap, n, n, v, diag, tau, vt, scratch);
    kernel.backTransform(n, n, n - 1, 1, reflectors, n, rightTau, vt, n, 0, scratch);
    // U from A·V
    kernel.gemm(n, m, n, 1, vt, n, 1, pa, 1, n, 0, lines, m, 0);
    const ut = heap.alloc(n * m);
    orthonormalise(heap, n, m, lines, diag, tau, ut, scratch);
    return assemble(heap, m, n, heap.take(diag, n), ut, vt, scale);
  });
}

/**
 * Computes the approximate right singular vectors of B, the rows of `v`, in descending order of their singular values.
 */
function rightVectors(
  heap: Heap,
  pa: number,
  m: number,
  n: number,
  lines: number,
  diag: number,
  tau: number,
  scratch: number,
) {
  const { kernel } = heap;
  const reflectors = heap.alloc(n * n);
  const d = heap.alloc(n);
  const e = heap.alloc(n);
  const rightTau = heap.alloc(n);
  if (m > 1.5 * n) {
    transposeInto(m, n, heap.view(pa, m * n), heap.view(lines, m * n));
    kernel.qr(n, m, lines, m, diag, tau, scratch);
    const r = heap.alloc(n * n);
    const [from, to, dd] = [heap.view(lines, n * m), heap.view(r, n * n), heap.view(diag, n)];
    to.fill(0);
    for (let j = 0; j < n; j++) {
      for (let i = 0; i < j; i++) to[i * n + j] = from[j * m + i];
      to[j * n + j] = dd[j];
    }
    kernel.bidiagonalise(n, n, r, reflectors, d, e, rightTau, scratch);
  } else {
    heap.view(lines, m * n).set(heap.view(pa, m * n));
    kernel.bidiagonalise(m, n, lines, reflectors, d, e, rightTau, scratch);
  }
  const order = 2 * n;
  const td = heap.alloc(order);
  const te = heap.alloc(order);
  const [z, pack, roots] = [heap.alloc(order * order), heap.alloc(order * order), heap.alloc(order * order)];
  const extra = heap.bytes(kernel.divideScratch(order));
  const off = heap.view(te, order);
  const [dv, ev] = [heap.view(d, n), heap.view(e, n)];
  heap.view(td, order).fill(0);
  for (let i = 0; i < n; i++) {
    off[2 * i] = dv[i];
    off[2 * i + 1] = i + 1 < n ? ev[i] : 0;
  }
  if (kernel.divide(order, td, te, z, pack, roots, extra, n) !== 0) {
    throw new RunError('not-converged', 'svd: the QL iteration did not converge; please report the matrix.');
  }
  const [pv, vv] = [heap.view(pack, order * n), heap.view(z, n * n)];
  for (let j = 0; j < n; j++) {
    const o = (n - 1 - j) * order;
    for (let i = 0; i < n; i++) vv[j * n + i] = Math.SQRT2 * pv[o + 2 * i];
  }
  return { reflectors, rightTau, v: z };
}

/**
 * Makes the rows of q (n×m) an orthonormal basis of the rows of `lines`, the first j of one spanning the first j of the
 * other; diag receives R_jj.
 */
function orthonormalise(
  heap: Heap,
  n: number,
  m: number,
  lines: number,
  diag: number,
  tau: number,
  q: number,
  scratch: number,
): void {
  heap.kernel.qr(n, m, lines, m, diag, tau, scratch);
  const rows = heap.view(q, n * m);
  rows.fill(0);
  for (let i = 0; i < n; i++) rows[i * m + i] = 1;
  heap.kernel.backTransform(n, m, n, 0, lines, m, tau, q, m, 1, scratch);
}

function assemble(
  heap: Heap,
  m: number,
  n: number,
  diag: Float64Array,
  ut: number,
  vt: number,
  scale: number,
): SingularValues {
  const order = Array.from(diag.keys()).sort((i, j) => Math.abs(diag[j]) - Math.abs(diag[i]) || i - j);
  const [uRows, vRows] = [heap.view(ut, n * m), heap.view(vt, n * n)];
  const s = new Float64Array(n);
  const u = matrix(m, n);
  const v = matrix(n, n);
  const sorted = new Float64Array(n * m);
  order.forEach((from, j) => {
    s[j] = Math.abs(diag[from]) / scale;
    v.data.set(vRows.subarray(from * n, (from + 1) * n), j * n);
    const sign = diag[from] < 0 ? -1 : 1;
    for (let i = 0; i < m; i++) sorted[j * m + i] = sign * uRows[from * m + i];
  });
  transposeInto(n, m, sorted, u.data);
  return { u, s, vt: v };
}
