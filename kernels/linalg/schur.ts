// Real Schur form by the multishift QR iteration with aggressive early deflation (Braman, Byers & Mathias 2002),
// simplified: deflation without reordering, bulges moved through diagonal windows whose rotations are applied to the
// rest by gemm.
import {
  beta,
  francis,
  negligible,
  reflectColumns,
  reflector3,
  reflectRows2,
  reflectRows3,
  standardise,
  startBulge,
  sa,
  sb,
  sc,
  sd,
} from './francis';
import { gemm } from './gemm';
import { reflector } from './reflect';
import { at, EPS, get, geti, set, seti } from './simd';
import { axpy, dot } from './vectors';

/** Blocks up to this order are finished by `francis` alone. */
const SMALL: i32 = 64;
/** Largest diagonal window. */
const WINDOW: i32 = 112;

let N: i32 = 0;
let H: usize = 0;
let Z: usize = 0;
let WIN: usize = 0; // window of H
let U: usize = 0; // its orthogonal factor, transposed
let TMP: usize = 0; // window × n
let RE: usize = 0; // shifts
let IM: usize = 0;
let NEXT: usize = 0; // i32: next column of each bulge
let VEC: usize = 0;

/** Returns the float64 numbers of scratch for `schur`. */
export function schurScratch(n: i32): i32 {
  return 2 * WINDOW * WINDOW + WINDOW * n + 5 * WINDOW;
}

/**
 * Reduces the upper Hessenberg h (n×n, row-major) to the quasi-triangular T in place; the columns of z (n×n) are
 * rotated likewise (Q on entry, Q·Z on return). 2×2 blocks are in standard form. Returns 0, or 1 when an eigenvalue did
 * not converge. About 25·n³ flops.
 */
export function schur(n: i32, h: usize, z: usize, scratch: usize): i32 {
  N = n;
  H = h;
  Z = z;
  WIN = scratch;
  U = at(WIN, WINDOW * WINDOW);
  TMP = at(U, WINDOW * WINDOW);
  RE = at(TMP, WINDOW * n);
  IM = at(RE, WINDOW);
  NEXT = at(IM, WINDOW);
  VEC = at(NEXT, WINDOW);
  let hi = n - 1;
  let stuck = 0;
  for (let budget = 30 * max(10, n); budget > 0; budget--) {
    while (hi > 0 && negligible(0, n - 1, hi, h, n)) {
      set(h, hi * n + hi - 1, 0);
      hi--;
    }
    if (hi <= 0) return 0;
    let lo = hi;
    while (lo > 0 && !negligible(0, n - 1, lo, h, n)) lo--;
    if (lo > 0) set(h, lo * n + lo - 1, 0);
    const size = hi - lo + 1;
    if (size <= SMALL) {
      if (smallBlock(lo, size)) return 1;
      hi = lo - 1;
      stuck = 0;
      if (hi <= 0) return 0;
      continue;
    }
    const shifts = size < 150 ? 12 : size < 500 ? 24 : 32;
    const width = (3 * shifts) >> 1;
    const gone = deflate(lo, hi, width, shifts);
    if (gone > 0) {
      hi -= gone;
      stuck = 0;
      if (8 * gone >= width) continue;
    } else {
      stuck++;
    }
    if (hi - lo + 1 <= SMALL) continue;
    if (stuck > 0 && stuck % 6 == 0) exceptionalShifts(lo, hi, shifts);
    if (COUNT >= 2) sweep(lo, hi, COUNT >> 1);
  }
  return 1;
}

/** Number of shifts in RE, IM: pairs that are conjugate or real. */
let COUNT: i32 = 0;

/** Copies the window at w0 out of H and starts a new factor. */
function openWindow(w0: i32, w: i32): void {
  const bytes = (<usize>w) << 3;
  for (let r = 0; r < w; r++) memory.copy(at(WIN, r * w), at(H, (w0 + r) * N + w0), bytes);
  memory.fill(U, 0, bytes * <usize>w);
  for (let r = 0; r < w; r++) set(U, r * w + r, 1);
}

/** Writes the window back and applies its factor to the rest of H and to Z. */
export function closeWindow(w0: i32, w: i32): void {
  const bytes = (<usize>w) << 3;
  for (let r = 0; r < w; r++) memory.copy(at(H, (w0 + r) * N + w0), at(WIN, r * w), bytes);
  const w1 = w0 + w;
  const cols = N - w1;
  if (cols > 0) {
    gemm(w, cols, w, 1, U, w, 1, at(H, w0 * N + w1), N, 1, 0, TMP, cols, 0);
    for (let r = 0; r < w; r++) memory.copy(at(H, (w0 + r) * N + w1), at(TMP, r * cols), (<usize>cols) << 3);
  }
  if (w0 > 0) turnColumns(w0, w, H, w0);
  turnColumns(w0, w, Z, N);
}

/** X ← X·U for the first `rows` rows of the columns w0…w0 + w of X. */
function turnColumns(w0: i32, w: i32, x: usize, rows: i32): void {
  gemm(rows, w, w, 1, at(x, w0), N, 1, U, 1, w, 0, TMP, w, 0);
  for (let r = 0; r < rows; r++) memory.copy(at(x, r * N + w0), at(TMP, r * w), (<usize>w) << 3);
}

/** Finishes an isolated block of order `size` ≤ SMALL. */
function smallBlock(lo: i32, size: i32): i32 {
  if (size == 1) return 0;
  openWindow(lo, size);
  if (francis(size, WIN, size, U, size)) return 1;
  closeWindow(lo, size);
  return 0;
}

/**
 * Collects the eigenvalues of the quasi-triangular leading k rows of the window, last first, as pairs of shifts (at
 * most `limit`).
 */
function collectShifts(k: i32, w: i32, limit: i32): void {
  COUNT = 0;
  let held = false;
  let real: f64 = 0;
  for (let i = k - 1; i >= 0 && COUNT + 2 <= limit; i--) {
    const p = at(WIN, i * w + i);
    if (i > 0 && get(p, -1) != 0) {
      const q = at(p, -w);
      const im = sqrt(abs(get(q, 0))) * sqrt(abs(get(p, -1)));
      pushPair(get(p, 0), im, get(q, -1), -im);
      i--;
    } else if (held) {
      pushPair(real, 0, get(p, 0), 0);
      held = false;
    } else {
      held = true;
      real = get(p, 0);
    }
  }
  if (COUNT == 0 && held) pushPair(real, 0, real, 0);
}

function pushPair(r1: f64, i1: f64, r2: f64, i2: f64): void {
  set(RE, COUNT, r1);
  set(IM, COUNT++, i1);
  set(RE, COUNT, r2);
  set(IM, COUNT++, i2);
}

/** Makes exceptional shifts, which break a cycle. */
function exceptionalShifts(lo: i32, hi: i32, limit: i32): void {
  COUNT = 0;
  for (let i = hi; i >= lo + 2 && COUNT + 2 <= limit; i -= 2) {
    const s = abs(get(H, i * N + i - 1)) + abs(get(H, (i - 1) * N + i - 2));
    const a = 0.75 * s + get(H, i * N + i);
    standardise(a, s, -0.4375 * s, a);
    const im = sqrt(abs(sb)) * sqrt(abs(sc));
    pushPair(sa, im, sd, -im);
  }
}

/**
 * Does aggressive early deflation: takes the Schur form of the trailing `width` rows of the block lo…hi and splits off
 * the rows where the spike in front of them is negligible. Returns the number of these rows, and leaves shifts in RE,
 * IM.
 */
export function deflate(lo: i32, hi: i32, width: i32, limit: i32): i32 {
  const w = min(width, hi - lo + 1);
  const w0 = hi - w + 1;
  const s = w0 > lo ? get(H, w0 * N + w0 - 1) : 0.0;
  openWindow(w0, w);
  COUNT = 0;
  if (francis(w, WIN, w, U, w)) return 0;
  let k = w;
  while (k > 0) {
    const p = at(WIN, (k - 1) * w + k - 1);
    const pair = k > 1 && get(p, -1) != 0;
    let size = abs(get(p, 0));
    let spike = abs(s * get(U, (k - 1) * w));
    if (pair) {
      size += sqrt(abs(get(p, -1))) * sqrt(abs(get(p, -w)));
      spike = max(spike, abs(s * get(U, (k - 2) * w)));
    }
    if (size == 0) size = abs(s);
    if (spike > max(1e-290, 2 * EPS * size)) break;
    k -= pair ? 2 : 1;
  }
  collectShifts(k, w, limit);
  const gone = w - k;
  if (gone == 0) return 0;
  if (k > 0 && s != 0) {
    foldSpike(k, w);
    set(H, w0 * N + w0 - 1, s * get(U, 0));
  } else if (w0 > 0) {
    set(H, w0 * N + w0 - 1, 0);
  }
  closeWindow(w0, w);
  return gone;
}

/** Maps the spike of the k undeflated rows to a multiple of e_0 and brings their block back to Hessenberg form. */
function foldSpike(k: i32, w: i32): void {
  for (let i = 0; i < k; i++) set(VEC, i, get(U, i * w));
  for (let j = -1; j < k - 2; j++) {
    if (j >= 0) for (let i = j + 1; i < k; i++) set(VEC, i - j - 1, get(WIN, i * w + j));
    const first = j + 1;
    const len = k - first;
    const alpha = reflector(len, VEC, at(VEC, w));
    const f = get(VEC, w);
    // rows first…k of the window and of U
    fold(f, len, w - first, at(WIN, first * w + first), w);
    fold(f, len, w, at(U, first * w), w);
    if (j >= 0) {
      set(WIN, first * w + j, alpha);
      for (let i = first + 1; i < k; i++) set(WIN, i * w + j, 0);
    }
    // columns
    for (let r = 0; r < k; r++) {
      const row = at(WIN, r * w + first);
      axpy(len, -f * dot(len, row, VEC), VEC, row);
    }
  }
}

/** X ← (1 − f·v·vᵀ)·X for len rows of `cols` numbers; v in VEC. */
function fold(f: f64, len: i32, cols: i32, x: usize, ld: i32): void {
  memory.fill(TMP, 0, (<usize>cols) << 3);
  for (let i = 0; i < len; i++) axpy(cols, get(VEC, i), at(x, i * ld), TMP);
  for (let i = 0; i < len; i++) axpy(cols, -f * get(VEC, i), TMP, at(x, i * ld));
}

/** Chases `bulges` bulges, one pair of shifts each, from lo to hi. */
export function sweep(lo: i32, hi: i32, bulges: i32): void {
  for (let b = 0; b < bulges; b++) seti(NEXT, b, lo - 1);
  const done = hi - 1;
  while (geti(NEXT, bulges - 1) < done) {
    const w0 = max(lo, geti(NEXT, bulges - 1));
    const w = min(WINDOW, hi + 1 - w0);
    openWindow(w0, w);
    const last = w0 + w - 1;
    for (let b = 0; b < bulges; b++) {
      const ahead = b > 0 ? geti(NEXT, b - 1) : done;
      let stop = ahead >= done ? done : ahead - 3;
      // fill-in reaches row p + 4
      if (last < hi) stop = min(stop, last - 3);
      for (let p = geti(NEXT, b); p < stop; p++) {
        bulgeStep(p, lo, hi, w0, w, 2 * b);
        seti(NEXT, b, p + 1);
      }
    }
    closeWindow(w0, w);
  }
}

/** Moves one bulge from column p to column p + 1 (creates it for p = lo − 1) inside the window. */
export function bulgeStep(p: i32, lo: i32, hi: i32, w0: i32, w: i32, shift: i32): void {
  const first = p + 1 - w0;
  const width = min(3, hi - p);
  const row = at(WIN, first * w + first);
  if (p == lo - 1) {
    startBulge(row, w, get(RE, shift), get(IM, shift), get(RE, shift + 1), get(IM, shift + 1));
  } else {
    const q = at(row, -1);
    reflector3(get(q, 0), get(q, w), width == 3 ? get(q, 2 * w) : 0);
    set(q, 0, beta);
    set(q, w, 0);
    if (width == 3) set(q, 2 * w, 0);
  }
  const u = at(U, first * w);
  if (width == 3) {
    reflectRows3(w - first, row, at(row, w), at(row, 2 * w));
    reflectRows3(w, u, at(u, w), at(u, 2 * w));
  } else {
    reflectRows2(w - first, row, at(row, w));
    reflectRows2(w, u, at(u, w));
  }
  reflectColumns(min(p + 4, hi) - w0 + 1, width, at(WIN, first), w);
}
