// Divide and conquer for the symmetric tridiagonal eigenproblem (Cuppen; deflation and products as in LAPACK's dlaed2,
// eigenvectors of the rank-one update by Gu and Eisenstat's recomputed z as in dlaed3).
//
// Eigenvectors are kept as ROWS of Z, so deflating rotations, sorting and packing all touch contiguous memory.
import { gemm } from './gemm';
import { ql } from './ql';
import { secularRoot } from './secular';
import { at, EPS, get, geti, set, seti } from './simd';
import { rotateRows } from './vectors';

const LEAF: i32 = 32;

let D: usize = 0; // diagonal, then eigenvalues
let E: usize = 0; // off-diagonal
let Z: usize = 0; // n×n, rows are eigenvectors
let N: i32 = 0;
let PACK: usize = 0; // n²: copies of the rows that enter the products
let ROOTS: usize = 0; // n²: eigenvectors of the rank-one updates
let ORDER: usize = 0; // i32 n: rows of a block in ascending order of eigenvalue, relative to the block
let ZV: usize = 0; // vectors of length n
let KD: usize = 0;
let KZ: usize = 0;
let W: usize = 0;
let ROW: usize = 0;
let DD: usize = 0;
let LIST: usize = 0; // i32 vectors of length n
let KIND: usize = 0;
let KEPT: usize = 0;
let GONE: usize = 0;
let PLACE: usize = 0;

/** Returns the bytes of scratch for `divide` beside its matrices. */
export function divideScratch(n: i32): i32 {
  return n * 8 * 10 + 64;
}

/**
 * Computes the eigenvalues of the tridiagonal (d, e), ascending, into d; row j of `pack` (n − from rows of length n)
 * becomes the eigenvector of eigenvalue from + j. z, pack, roots: n×n scratch each; e has space for n numbers. Returns
 * 0, or 1 when a leaf did not converge. The entries of d and e should be of order 1. Cost at most 4/3·n³ flops (times
 * 5/8 for from = n/2).
 */
export function divide(n: i32, d: usize, e: usize, z: usize, pack: usize, roots: usize, scratch: usize, from: i32): i32 {
  D = d;
  E = e;
  Z = z;
  N = n;
  PACK = pack;
  ROOTS = roots;
  const line = (<usize>n) << 3;
  ZV = scratch;
  KD = ZV + line;
  KZ = KD + line;
  W = KZ + line;
  ROW = W + line;
  DD = ROW + line;
  const ints = (<usize>n) << 2;
  ORDER = DD + line;
  LIST = ORDER + ints;
  KIND = LIST + ints;
  KEPT = KIND + ints;
  GONE = KEPT + ints;
  PLACE = GONE + ints;
  memory.fill(z, 0, (<usize>n * <usize>n) << 3);
  if (conquer(0, n, from)) return 1;
  // rows in ascending order
  for (let j = 0; j < n; j++) set(DD, j, get(D, geti(ORDER, j)));
  for (let j = from; j < n; j++) memory.copy(at(pack, (j - from) * n), at(z, geti(ORDER, j) * n), line);
  memory.copy(d, DD, line);
  return 0;
}

/** Solves the block of n rows at `off`: by `ql` when it is small, else by halves and `merge`. */
export function conquer(off: i32, n: i32, from: i32): i32 {
  if (n <= LEAF) {
    for (let i = 0; i < n; i++) {
      set(Z, (off + i) * N + off + i, 1);
      seti(ORDER, off + i, i);
    }
    // ql overwrites e[n − 1], which is the parent's coupling: work on a copy
    memory.copy(W, at(E, off), (<usize>n) << 3);
    return ql(n, at(D, off), W, at(Z, off * N + off), N, n);
  }
  const m = n >> 1;
  const rho = get(E, off + m - 1);
  const r = abs(rho);
  set(D, off + m - 1, get(D, off + m - 1) - r);
  set(D, off + m, get(D, off + m) - r);
  if (conquer(off, m, 0)) return 1;
  if (conquer(off + m, n - m, 0)) return 1;
  merge(off, n, m, rho, from);
  return 0;
}

/**
 * Writes the ascending order of two ascending lists: rows 0…m − 1 through ORDER[off…], and rows m… through ORDER[off +
 * m…].
 */
function mergeOrder(off: i32, n: i32, m: i32, out: usize): void {
  let i = 0;
  let j = m;
  for (let p = 0; p < n; p++) {
    const a = i < m ? geti(ORDER, off + i) : 0;
    const b = j < n ? m + geti(ORDER, off + j) : 0;
    if (j >= n || (i < m && get(D, off + a) <= get(D, off + b))) {
      seti(out, p, a);
      i++;
    } else {
      seti(out, p, b);
      j++;
    }
  }
}

/**
 * Joins two solved halves of m and n − m rows: eigenvalues and eigenvectors of their sum with the rank-one coupling.
 */
export function merge(off: i32, n: i32, m: i32, coupling: f64, from: i32): void {
  const q = at(Z, off * N + off);
  const sign: f64 = coupling < 0 ? -1 : 1;
  let rho = abs(coupling);
  let zmax: f64 = 0;
  let dmax: f64 = 0;
  for (let i = 0; i < n; i++) {
    const v = (i < m ? get(q, i * N + m - 1) : sign * get(q, i * N + m)) * Math.SQRT1_2;
    set(ZV, i, v);
    zmax = max(zmax, abs(v));
    dmax = max(dmax, abs(get(D, off + i)));
  }
  rho *= 2;
  mergeOrder(off, n, m, LIST);
  const tol = 8 * EPS * max(dmax, zmax);
  if (rho * zmax <= tol) {
    for (let i = 0; i < n; i++) seti(ORDER, off + i, geti(LIST, i));
    return;
  }

  // deflation; KIND: 0 row is in the first half, 1 in both, 2 in the second
  for (let i = 0; i < n; i++) seti(KIND, i, i < m ? 0 : 2);
  let k = 0;
  let gone = 0;
  let prev = -1;
  for (let t = 0; t < n; t++) {
    const j = geti(LIST, t);
    if (rho * abs(get(ZV, j)) <= tol) {
      gone = retire(off, gone, j);
      continue;
    }
    if (prev < 0) {
      prev = j;
      continue;
    }
    const zp = get(ZV, prev);
    const zj = get(ZV, j);
    const tau = sqrt(zp * zp + zj * zj);
    const dp = get(D, off + prev);
    const dj = get(D, off + j);
    const c = zj / tau;
    const s = -zp / tau;
    if (abs((dj - dp) * c * s) <= tol) {
      set(ZV, j, tau);
      set(ZV, prev, 0);
      if (geti(KIND, j) != geti(KIND, prev)) seti(KIND, j, 1);
      rotateRows(n, at(q, prev * N), at(q, j * N), c, s);
      set(D, off + prev, dp * c * c + dj * s * s);
      set(D, off + j, dp * s * s + dj * c * c);
      gone = retire(off, gone, prev);
    } else {
      seti(KEPT, k++, prev);
    }
    prev = j;
  }
  if (prev >= 0) seti(KEPT, k++, prev);
  for (let i = 0; i < k; i++) {
    set(KD, i, get(D, off + geti(KEPT, i)));
    set(KZ, i, get(ZV, geti(KEPT, i)));
  }
  // poles must ascend strictly; deflation leaves gaps above the rounding error

  // rows into PACK, grouped by kind, first their left halves, then their right halves, then the deflated rows
  let c0 = 0;
  let c1 = 0;
  for (let i = 0; i < k; i++) {
    const kind = geti(KIND, geti(KEPT, i));
    if (kind == 0) c0++;
    else if (kind == 1) c1++;
  }
  let p0 = 0;
  let p1 = c0;
  let p2 = c0 + c1;
  const top = c0 + c1;
  const low = k - c0;
  const right = at(PACK, top * m);
  const rest = at(right, low * (n - m));
  for (let i = 0; i < k; i++) {
    const row = at(q, geti(KEPT, i) * N);
    const kind = geti(KIND, geti(KEPT, i));
    const place = kind == 0 ? p0++ : kind == 1 ? p1++ : p2++;
    seti(PLACE, i, place);
    if (kind <= 1) memory.copy(at(PACK, place * m), row, (<usize>m) << 3);
    if (kind >= 1) memory.copy(at(right, (place - c0) * (n - m)), at(row, m), (<usize>(n - m)) << 3);
  }
  for (let i = 0; i < gone; i++) {
    const row = geti(GONE, i);
    memory.copy(at(rest, i * n), at(q, row * N), (<usize>n) << 3);
    set(DD, i, get(D, off + row));
  }

  for (let j = 0; j < k; j++) set(D, off + j, secularRoot(k, j, KD, KZ, rho, at(ROOTS, j * k)));
  for (let i = 0; i < gone; i++) set(D, off + k + i, get(DD, i));

  // which rows are wanted: those of rank ≥ from
  for (let i = 0; i < k; i++) seti(ORDER, off + i, i);
  for (let i = 0; i < gone; i++) seti(ORDER, off + k + i, i);
  mergeOrder(off, n, k, LIST);
  for (let i = 0; i < n; i++) seti(ORDER, off + i, geti(LIST, i));
  let first = k;
  for (let i = from; i < n; i++) first = min(first, geti(LIST, i));

  weights(k);
  for (let j = first; j < k; j++) rootVector(k, at(ROOTS, j * k));

  const roots = at(ROOTS, first * k);
  const out = at(q, first * N);
  gemm(k - first, m, top, 1, roots, k, 1, PACK, m, 1, 0, out, N, 0);
  gemm(k - first, n - m, low, 1, at(roots, c0), k, 1, right, n - m, 1, 0, at(out, m), N, 0);
  for (let i = 0; i < gone; i++) memory.copy(at(q, (k + i) * N), at(rest, i * n), (<usize>n) << 3);
}

/** Adds row j to the deflated ones, keeping them in ascending order of eigenvalue. */
function retire(off: i32, gone: i32, j: i32): i32 {
  const v = get(D, off + j);
  let i = gone;
  while (i > 0 && get(D, off + geti(GONE, i - 1)) > v) {
    seti(GONE, i, geti(GONE, i - 1));
    i--;
  }
  seti(GONE, i, j);
  return gone + 1;
}

/**
 * Computes the z for which the computed roots are exact: W_i = sign(z_i)·sqrt(−Π_j (d_i − λ_j)/Π_{j≠i} (d_i − d_j)).
 */
export function weights(k: i32): void {
  for (let i = 0; i < k; i++) set(W, i, get(ROOTS, i * k + i));
  for (let j = 0; j < k; j++) weightRow(k, j, at(ROOTS, j * k));
  for (let i = 0; i < k; i++) set(W, i, copysign(sqrt(abs(get(W, i))), get(KZ, i)));
}

/** Multiplies in the factors of root j. */
export function weightRow(k: i32, j: i32, delta: usize): void {
  const dj = get(KD, j);
  const v = f64x2.splat(dj);
  const own = get(W, j);
  let w = W;
  let d = KD;
  const end = at(w, k & ~1);
  while (w < end) {
    const r = v128.div<f64>(v128.load(delta), v128.sub<f64>(v128.load(d), v));
    v128.store(w, v128.mul<f64>(v128.load(w), r));
    w += 16;
    d += 16;
    delta += 16;
  }
  if (k & 1) store<f64>(w, (load<f64>(w) * load<f64>(delta)) / (load<f64>(d) - dj));
  set(W, j, own);
}

/** Turns the differences d_i − λ of one root into its unit eigenvector, entries in the order of the packed rows. */
export function rootVector(k: i32, delta: usize): void {
  let s: f64 = 0;
  for (let i = 0; i < k; i++) {
    const v = get(W, i) / get(delta, i);
    set(delta, i, v);
    s += v * v;
  }
  const f = 1 / sqrt(s);
  for (let i = 0; i < k; i++) set(ROW, geti(PLACE, i), get(delta, i) * f);
  memory.copy(delta, ROW, (<usize>k) << 3);
}
