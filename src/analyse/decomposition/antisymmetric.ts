/**
 * The canonical form of an antisymmetric matrix K: orthogonal planes that K turns by q, K = Σ q_k (a_k·b_kᵀ − b_k·a_kᵀ).
 *
 * Householder reflections make K tridiagonal with a zero diagonal (Ward & Gray 1978). Even and odd coordinates then map only
 * into one another, so the singular values of the bidiagonal block B between them are the q_k and its singular vectors the
 * planes. Backward stable for every q, unlike the eigenvectors of K², and a third of the cost of a real Schur form.
 */
import { antisymmetric } from '../../kernels/antisymmetric.generated.js';
import { instantiate } from '../../kernels/load.js';
import { RunError } from '../../numeric/errors.js';
import { withHeap } from '../../numeric/linalg/heap.js';
import { type LinearAlgebra, type Matrix, matrix, transpose } from '../../numeric/linalg/index.js';

/** Holds the canonical form of an n×n antisymmetric K. */
interface AntisymmetricForm {
  /** ⌊n/2⌋ values ≥ 0, descending: the eigenvalues of K are ±i·q. */
  readonly q: Float64Array;
  /** n×n, orthonormal ROWS: rows 2k and 2k + 1 are a_k and b_k with a_kᵀ·K·b_k = q_k; for odd n the last row has K·x = 0. */
  readonly vectors: Matrix;
}

interface Tridiagonal {
  /** K_{k+1,k} after the reflections, length n − 1. */
  readonly e: Float64Array;
  /** Row k holds reflector v_k from column k + 1 on; H_k = 1 − tau_k·v_k·v_kᵀ. */
  readonly v: Matrix;
  readonly tau: Float64Array;
}

/**
 * Computes the canonical form of an antisymmetric K. Costs 4/3·n³ flops for the reflections, one singular value decomposition
 * of order n/2, and 2·n³ flops in products.
 * @throws RunError when an iteration does not converge
 */
export function antisymmetricForm(la: LinearAlgebra, k: Matrix): AntisymmetricForm {
  const n = k.rows;
  const { e, v, tau } = tridiagonalise(k);
  const half = n >> 1;
  const even = n - half;
  const b = matrix(even, half);
  for (let r = 0; r < even; r++) {
    if (r < half) b.data[r * half + r] = -e[2 * r];
    if (r > 0) b.data[r * half + r - 1] = e[2 * r - 1];
  }
  const { u, s, vt } = half > 0 ? la.svd(b) : { u: matrix(1, 0), s: new Float64Array(0), vt: matrix(0, 0) };
  // columns: a_0, b_0, a_1, b_1, …, then the one left over
  const y = matrix(n, n);
  for (let r = 0; r < even; r++) for (let c = 0; c < half; c++) y.data[2 * r * n + 2 * c] = u.data[r * half + c];
  for (let r = 0; r < half; r++)
    for (let c = 0; c < half; c++) y.data[(2 * r + 1) * n + 2 * c + 1] = vt.data[c * half + r];
  if (even > half) {
    const rest = complement(u);
    for (let r = 0; r < even; r++) y.data[2 * r * n + n - 1] = rest[r];
  }
  backTransform(la, v, tau, y);
  return { q: s, vectors: transpose(y) };
}

/**
 * Computes the q alone, descending: i·K is similar to the symmetric tridiagonal matrix with zero diagonal and the same |e|. Costs
 * 4/3·n³ flops.
 * @throws RunError when the QL iteration does not converge
 */
export function antisymmetricValues(k: Matrix): Float64Array {
  const n = k.rows;
  const { e } = tridiagonalise(k);
  const values = withHeap(16 * n, (heap) => {
    const [d, off] = [heap.alloc(n), heap.alloc(n)];
    heap.view(d, n).fill(0);
    heap.view(off, n).fill(0);
    heap.view(off, n).set(e);
    if (heap.kernel.ql(n, d, off, 0, 0, 0) !== 0)
      throw new RunError(
        'not-converged',
        'cycle frequencies: the QL iteration did not converge; please report the matrices.',
      );
    return heap.take(d, n).sort();
  });
  return Float64Array.from({ length: n >> 1 }, (_, i) => Math.max(0, values[n - 1 - i]));
}

/** Returns the unit vector orthogonal to the columns of the (m + 1)×m matrix u. */
function complement(u: Matrix): Float64Array {
  const [rows, cols] = [u.rows, u.cols];
  // the coordinate axis with the smallest projection onto the columns
  let [best, least] = [0, Number.POSITIVE_INFINITY];
  for (let r = 0; r < rows; r++) {
    let s = 0;
    for (let c = 0; c < cols; c++) s += u.data[r * cols + c] ** 2;
    if (s < least) [best, least] = [r, s];
  }
  const x = new Float64Array(rows);
  x[best] = 1;
  for (let pass = 0; pass < 2; pass++) {
    const t = new Float64Array(cols);
    for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) t[c] += u.data[r * cols + c] * x[r];
    let norm = 0;
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < cols; c++) x[r] -= u.data[r * cols + c] * t[c];
      norm += x[r] ** 2;
    }
    for (let r = 0; r < rows; r++) x[r] /= Math.sqrt(norm);
  }
  return x;
}

interface Kernel {
  turn(n: number, lo: number, k: number, v: number, p: number, x: number, y: number): void;
}

const PAGE = 65536;

/**
 * Reduces K to tridiagonal form. H·K·H with p = tau·K·v is K + v·pᵀ − p·vᵀ, because vᵀ·K·v = 0. That update and the next
 * product K·v share one pass over the strictly lower triangle (kernels/antisymmetric): n³/6 entries with eight flops each.
 */
function tridiagonalise(k: Matrix): Tridiagonal {
  const n = k.rows;
  const line = 8 * (n + 2);
  const { exports, memory } = instantiate<Kernel>(
    'antisymmetric',
    antisymmetric,
    1 + Math.ceil((8 * n * n + 4 * line) / PAGE),
  );
  const { buffer } = memory;
  const a = new Float64Array(buffer, PAGE, n * n);
  a.set(k.data);
  let [v, p, x, y] = [0, 1, 2, 3].map((i) => new Float64Array(buffer, PAGE + 8 * n * n + i * line, n));
  const e = new Float64Array(Math.max(0, n - 1));
  const tau = new Float64Array(Math.max(0, n - 1));
  const vs = matrix(n, n);
  for (let j = 0; j + 1 < n; j++) {
    // column j below the diagonal, brought up to date
    for (let i = j + 1; i < n; i++) x[i] = a[i * n + j] + v[i] * p[j] - p[i] * v[j];
    [e[j], tau[j]] = reflector(x, j + 1, n);
    vs.data.set(x.subarray(j + 1), j * n + j + 1);
    y.fill(0);
    exports.turn(n, j + 1, PAGE, v.byteOffset, p.byteOffset, x.byteOffset, y.byteOffset);
    for (let i = j + 1; i < n; i++) y[i] *= tau[j];
    [v, x] = [x, v];
    [p, y] = [y, p];
  }
  return { e, v: vs, tau };
}

/** Replaces x[from…n) by the vector v of the reflection H with H·x = e·(1, 0, …) and returns [e, tau]. */
function reflector(x: Float64Array, from: number, n: number): [number, number] {
  let size = 0;
  for (let i = from; i < n; i++) size = Math.max(size, Math.abs(x[i]));
  let below = 0;
  for (let i = from + 1; i < n; i++) below += (x[i] / (size || 1)) ** 2;
  if (below === 0) {
    const e = x[from];
    x.fill(0, from, n);
    x[from] = 1;
    return [e, 0];
  }
  const norm = size * Math.sqrt(below + (x[from] / size) ** 2);
  const e = x[from] > 0 ? -norm : norm;
  const head = x[from] - e;
  const tau = -head / e;
  for (let i = from + 1; i < n; i++) x[i] /= head;
  x[from] = 1;
  return [e, tau];
}

const BLOCK = 64;

/** Replaces Y by H_0·H_1⋯Y, with the reflections in blocks 1 − V·T·Vᵀ (compact WY). */
function backTransform(la: LinearAlgebra, v: Matrix, tau: Float64Array, y: Matrix): void {
  const n = y.rows;
  const count = tau.length;
  for (let k = Math.floor((count - 1) / BLOCK) * BLOCK; k >= 0; k -= BLOCK) {
    const nb = Math.min(BLOCK, count - k);
    const len = n - k - 1;
    const vt = matrix(nb, len);
    for (let i = 0; i < nb; i++) vt.data.set(v.data.subarray((k + i) * n + k + 1, (k + i + 1) * n), i * len);
    const gram = la.gemm(vt, vt, { transposeB: true });
    const t = matrix(nb, nb);
    for (let j = 0; j < nb; j++) {
      t.data[j * nb + j] = tau[k + j];
      for (let i = 0; i < j; i++) {
        let s = 0;
        for (let m = i; m < j; m++) s += t.data[i * nb + m] * gram.data[m * nb + j];
        t.data[i * nb + j] = -tau[k + j] * s;
      }
    }
    const part = matrix(len, n, y.data.subarray((k + 1) * n));
    const w = la.gemm(t, la.gemm(vt, part));
    la.gemm(vt, w, { transposeA: true, alpha: -1, beta: 1, into: part });
  }
}
