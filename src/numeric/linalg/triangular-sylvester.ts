/**
 * S·Y + Y·op(T) = C for quasi-triangular S and T by recursive halving over gemm (Jonsson & Kågström 2002): LAPACK's dtrsyl
 * solves the same column by column and is ten times slower at n = 1000.
 */
import { InputError } from '../errors.js';

/**
 * Holds the three matrices, row-major, and the two products that the recursion needs; `y` holds C first and Y
 * afterwards.
 */
interface SylvesterWorkspace {
  readonly m: number;
  readonly n: number;
  readonly s: Float64Array;
  readonly t: Float64Array;
  readonly y: Float64Array;
  /** op(T) = Tᵀ. */
  readonly transpose: boolean;
  /** Y[i…, j…] (m×n) −= S[i…, k…] (m×k)·Y[k…, j…]. */
  left(i: number, j: number, k: number, m: number, n: number, inner: number): void;
  /** Y[i…, j…] (m×n) −= Y[i…, k…]·op(T)[k…, j…]. */
  right(i: number, j: number, k: number, m: number, n: number, inner: number): void;
}

const LEAF = 32;

/**
 * Solves in place and returns the smallest pivot, an upper estimate of the separation of S and −op(T). m·n·(m + n)
 * flops.
 * @throws InputError when a pivot vanishes to rounding: then an eigenvalue of S and one of T sum to 0 and the solution
 * is not unique
 */
export function solveTriangularSylvester(w: SylvesterWorkspace): number {
  return run(w, (state) => general(state, 0, w.m, 0, w.n));
}

/**
 * Solves the Lyapunov equation in place: as `solveTriangularSylvester` with T = S, op(T) = Tᵀ and symmetric C, at half
 * the cost.
 */
export function solveTriangularLyapunov(w: SylvesterWorkspace): number {
  return run(w, (state) => symmetric(state, 0, w.n));
}

interface State {
  readonly w: SylvesterWorkspace;
  readonly tolerance: number;
  smallest: number;
}

function run(w: SylvesterWorkspace, solve: (state: State) => void): number {
  let size = 0;
  for (const v of w.s) size = Math.max(size, Math.abs(v));
  for (const v of w.t) size = Math.max(size, Math.abs(v));
  const state = { w, tolerance: 2 ** -52 * size, smallest: Number.POSITIVE_INFINITY };
  solve(state);
  return state.smallest;
}

/** Returns where to halve lo…hi without dividing a 2×2 block of the matrix with row length ld. */
function middle(x: Float64Array, ld: number, lo: number, hi: number): number {
  const mid = (lo + hi) >> 1;
  return x[mid * ld + mid - 1] !== 0 ? mid + 1 : mid;
}

function general(state: State, i0: number, i1: number, j0: number, j1: number): void {
  const { w } = state;
  const m = i1 - i0;
  const n = j1 - j0;
  if (m <= LEAF && n <= LEAF) {
    leaf(state, i0, i1, j0, j1);
  } else if (m >= n) {
    const mid = middle(w.s, w.m, i0, i1);
    general(state, mid, i1, j0, j1);
    w.left(i0, j0, mid, mid - i0, n, i1 - mid);
    general(state, i0, mid, j0, j1);
  } else {
    const mid = middle(w.t, w.n, j0, j1);
    if (w.transpose) {
      general(state, i0, i1, mid, j1);
      w.right(i0, j0, mid, m, mid - j0, j1 - mid);
      general(state, i0, i1, j0, mid);
    } else {
      general(state, i0, i1, j0, mid);
      w.right(i0, mid, j0, m, j1 - mid, mid - j0);
      general(state, i0, i1, mid, j1);
    }
  }
}

function symmetric(state: State, lo: number, hi: number): void {
  const { w } = state;
  if (hi - lo <= LEAF) {
    leaf(state, lo, hi, lo, hi);
    return;
  }
  const mid = middle(w.t, w.n, lo, hi);
  symmetric(state, mid, hi);
  w.left(lo, mid, mid, mid - lo, hi - mid, hi - mid);
  general(state, lo, mid, mid, hi);
  for (let i = lo; i < mid; i++) for (let j = mid; j < hi; j++) w.y[j * w.n + i] = w.y[i * w.n + j];
  w.left(lo, lo, mid, mid - lo, mid - lo, hi - mid);
  w.right(lo, lo, mid, mid - lo, mid - lo, hi - mid);
  symmetric(state, lo, mid);
}

// small systems: up to 4 unknowns, row-major with the right side as last column
const system = new Float64Array(20);

function leaf(state: State, i0: number, i1: number, j0: number, j1: number): void {
  const { s, t, y, m, n, transpose } = state.w;
  const backwards = transpose;
  let j = backwards ? j1 : j0;
  while (backwards ? j > j0 : j < j1) {
    // column block [ja, jb)
    let ja = j;
    let jb = j + 1;
    if (backwards) {
      jb = j;
      ja = j - 1 > j0 && t[(j - 1) * n + j - 2] !== 0 ? j - 2 : j - 1;
    } else if (j + 1 < j1 && t[(j + 1) * n + j] !== 0) {
      jb = j + 2;
    }
    for (let ib = i1; ib > i0; ) {
      const ia = ib - 1 > i0 && s[(ib - 1) * m + ib - 2] !== 0 ? ib - 2 : ib - 1;
      for (let r = ia; r < ib; r++) {
        for (let c = ja; c < jb; c++) {
          let v = y[r * n + c];
          for (let k = ib; k < i1; k++) v -= s[r * m + k] * y[k * n + c];
          if (transpose) for (let k = jb; k < j1; k++) v -= y[r * n + k] * t[c * n + k];
          else for (let k = j0; k < ja; k++) v -= y[r * n + k] * t[k * n + c];
          y[r * n + c] = v;
        }
      }
      block(state, ia, ib, ja, jb);
      ib = ia;
    }
    j = backwards ? ja : jb;
  }
}

/** Solves for one block of at most 2×2 unknowns by Gaussian elimination with complete pivoting. */
function block(state: State, ia: number, ib: number, ja: number, jb: number): void {
  const { s, t, y, m, n, transpose } = state.w;
  if (ib - ia === 1 && jb - ja === 1) {
    y[ia * n + ja] /= pivot(state, s[ia * m + ia] + t[ja * n + ja]);
    return;
  }
  const cols = jb - ja;
  const order = (ib - ia) * cols;
  const ld = order + 1;
  system.fill(0, 0, order * ld);
  for (let r = ia; r < ib; r++) {
    for (let c = ja; c < jb; c++) {
      const e = (r - ia) * cols + c - ja;
      for (let k = ia; k < ib; k++) system[e * ld + (k - ia) * cols + c - ja] += s[r * m + k];
      for (let k = ja; k < jb; k++) {
        system[e * ld + (r - ia) * cols + k - ja] += transpose ? t[c * n + k] : t[k * n + c];
      }
      system[e * ld + order] = y[r * n + c];
    }
  }
  const where = [0, 1, 2, 3];
  for (let p = 0; p < order; p++) {
    let br = p;
    let bc = p;
    for (let r = p; r < order; r++) {
      for (let c = p; c < order; c++) {
        if (Math.abs(system[r * ld + c]) > Math.abs(system[br * ld + bc])) [br, bc] = [r, c];
      }
    }
    const d = pivot(state, system[br * ld + bc]);
    if (br !== p) for (let c = 0; c < ld; c++) swap(p * ld + c, br * ld + c);
    if (bc !== p) {
      for (let r = 0; r < order; r++) swap(r * ld + p, r * ld + bc);
      [where[p], where[bc]] = [where[bc], where[p]];
    }
    for (let r = 0; r < order; r++) {
      if (r === p) continue;
      const f = system[r * ld + p] / d;
      if (f !== 0) for (let c = p; c < ld; c++) system[r * ld + c] -= f * system[p * ld + c];
    }
  }
  for (let p = 0; p < order; p++) {
    const e = where[p];
    const v = system[p * ld + order] / system[p * ld + p];
    y[(ia + Math.floor(e / cols)) * n + ja + (e % cols)] = v;
  }
}

function swap(p: number, q: number): void {
  const v = system[p];
  system[p] = system[q];
  system[q] = v;
}

function pivot(state: State, v: number): number {
  const size = Math.abs(v);
  if (size < state.smallest) state.smallest = size;
  if (!(size > state.tolerance)) {
    throw new InputError(
      'not-unique',
      'sylvester: an eigenvalue of the left matrix and one of the right matrix sum to zero to rounding, so the solution is not unique (for a Lyapunov equation: a pair of eigenvalues λ, −λ, or a zero eigenvalue).',
    );
  }
  return v;
}
