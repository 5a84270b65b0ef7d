// Grassmann-Taksar-Heyman elimination of the first states of a dense front: sums, products and quotients of non-negative
// numbers only, so every result keeps its relative accuracy however far apart the rates lie.
//
// A front holds R_ji, the rate from state i (column) to state j (row), row-major with m columns; row m is the rate of
// absorption. Removing state i:   d_i = Σ_{j>i} R_ji,   L_ji = R_ji/d_i,   R_jk += L_ji R_ik for j, k > i. Diagonal
// entries (returns to the same state) are written and never read.
import { gemm } from '../linalg/gemm';
import { at, fma, get, set } from '../linalg/simd';
import { axpy, combine } from '../linalg/vectors';

/** Columns of a panel, and of the strips in which it is eliminated. */
const PANEL: i32 = 32;
const STRIP: i32 = 8;
/** Fronts up to this order are eliminated state by state, without panels. */
const SMALL: i32 = 56;

/** Returns the bytes of scratch for fronts of order m. */
export function panelBytes(m: i32): i32 {
  return (m + 1) * PANEL * 8 + STRIP * 8;
}

/**
 * Removes the first `ne` of the m states; d receives their total rates. Returns 0, or 1 + the first state whose total
 * rate is zero.
 */
export function eliminate(m: i32, ne: i32, f: usize, d: usize, scratch: usize): i32 {
  if (m <= SMALL) return eliminateSmall(m, ne, f, d);
  for (let k = 0; k < ne; k += PANEL) {
    const nb = min(PANEL, ne - k);
    const rows = m + 1 - k;
    for (let r = 0; r < rows; r++) {
      const line = at(scratch, r * PANEL);
      memory.copy(line, at(f, (k + r) * m + k), (<usize>nb) << 3);
      for (let q = nb; q < PANEL; q++) set(line, q, 0);
    }
    for (let s = 0; s < nb; s += STRIP) {
      updateStrip(rows, s, scratch);
      const failed = reducePanel(rows, s, min(STRIP, nb - s), scratch, at(d, k));
      if (failed) return k + failed;
    }
    for (let r = 0; r < rows; r++) {
      memory.copy(at(f, (k + r) * m + k), at(scratch, r * PANEL), (<usize>nb) << 3);
    }
    const next = k + nb;
    if (next == m) break;
    const right = at(f, k * m + next);
    for (let i = 1; i < nb; i++) {
      combine(m - next, i, right, m, at(f, (k + i) * m + k), 1, 1, at(right, i * m));
    }
    gemm(m + 1 - next, m - next, nb, 1, at(f, next * m + k), m, 1, right, m, 1, 1, at(f, next * m + next), m, 0);
  }
  return 0;
}

/** The same without panels. */
export function eliminateSmall(m: i32, ne: i32, f: usize, d: usize): i32 {
  for (let i = 0; i < ne; i++) {
    let sum: f64 = 0;
    for (let j = i + 1; j <= m; j++) sum += get(f, j * m + i);
    set(d, i, sum);
    if (!(sum > 0) && i + 1 < m) return i + 1;
    const row = at(f, i * m + i + 1);
    for (let j = i + 1; j <= m; j++) {
      const r = get(f, j * m + i);
      if (r == 0) continue;
      const l = r / sum;
      set(f, j * m + i, l);
      axpy(m - i - 1, l, row, at(f, j * m + i + 1));
    }
  }
  return 0;
}

/** Adds the contributions of the first s columns of the panel to its columns s … s + 7. */
export function updateStrip(rows: i32, s: i32, panel: usize): void {
  if (s == 0) return;
  for (let i = 1; i < s; i++) updatePair(i, at(panel, i * PANEL), at(panel, i * PANEL), s, panel, 0);
  let r = s;
  for (; r + 2 <= rows; r += 2) updatePair(s, at(panel, r * PANEL), at(panel, (r + 1) * PANEL), s, panel, 1);
  if (r < rows) updatePair(s, at(panel, r * PANEL), at(panel, r * PANEL), s, panel, 0);
}

/** Two rows p and q (one when both = 0): row[s … s+7] += Σ_{l < count} row[l] · panel[l][s … s+7]. */
export function updatePair(count: i32, p: usize, q: usize, s: i32, panel: usize, both: i32): void {
  const pc = at(p, s);
  const qc = at(q, s);
  let a0 = v128.load(pc);
  let a1 = v128.load(pc, 16);
  let a2 = v128.load(pc, 32);
  let a3 = v128.load(pc, 48);
  let b0 = v128.load(qc);
  let b1 = v128.load(qc, 16);
  let b2 = v128.load(qc, 32);
  let b3 = v128.load(qc, 48);
  let u = at(panel, s);
  for (let l = 0; l < count; l++) {
    const x = v128.load_splat<f64>(at(p, l));
    const y = v128.load_splat<f64>(at(q, l));
    const u0 = v128.load(u);
    const u1 = v128.load(u, 16);
    const u2 = v128.load(u, 32);
    const u3 = v128.load(u, 48);
    a0 = fma(x, u0, a0);
    a1 = fma(x, u1, a1);
    a2 = fma(x, u2, a2);
    a3 = fma(x, u3, a3);
    b0 = fma(y, u0, b0);
    b1 = fma(y, u1, b1);
    b2 = fma(y, u2, b2);
    b3 = fma(y, u3, b3);
    u += PANEL * 8;
  }
  v128.store(pc, a0);
  v128.store(pc, a1, 16);
  v128.store(pc, a2, 32);
  v128.store(pc, a3, 48);
  if (!both) return;
  v128.store(qc, b0);
  v128.store(qc, b1, 16);
  v128.store(qc, b2, 32);
  v128.store(qc, b3, 48);
}

/**
 * Removes the states of columns s … s + w − 1 within the strip. Returns 0, or 1 + the column whose total rate is zero.
 */
export function reducePanel(rows: i32, s: i32, w: i32, panel: usize, d: usize): i32 {
  const line = at(panel, rows * PANEL); // the pivot's row of the strip, zero up to the pivot
  const end = at(panel, rows * PANEL);
  for (let j = s; j < s + w; j++) {
    let sum: f64 = 0;
    for (let p = at(panel, (j + 1) * PANEL + j); p < end; p += PANEL * 8) sum += load<f64>(p);
    set(d, j, sum);
    if (!(sum > 0) && rows > j + 2) return j + 1;
    for (let q = s; q < s + STRIP; q++) set(line, q - s, q > j ? get(panel, j * PANEL + q) : 0);
    const u0 = v128.load(line);
    const u1 = v128.load(line, 16);
    const u2 = v128.load(line, 32);
    const u3 = v128.load(line, 48);
    for (let p = at(panel, (j + 1) * PANEL + s); p < end; p += PANEL * 8) {
      const own = at(p, j - s);
      const r = load<f64>(own);
      if (r == 0) continue;
      const l = r / sum;
      store<f64>(own, l);
      const x = f64x2.splat(l);
      v128.store(p, fma(x, u0, v128.load(p)));
      v128.store(p, fma(x, u1, v128.load(p, 16)), 16);
      v128.store(p, fma(x, u2, v128.load(p, 32)), 32);
      v128.store(p, fma(x, u3, v128.load(p, 48)), 48);
    }
  }
  return 0;
}
