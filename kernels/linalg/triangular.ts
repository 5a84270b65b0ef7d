// Cholesky factor, LU with partial pivoting and triangular solves, blocked so that gemm does the work.
import { gemm } from './gemm';
import { at, get, set, seti, geti } from './simd';
import { axpy, combine, dot, scale } from './vectors';

const NB: i32 = 64;
const PANEL: i32 = 32;

/**
 * Computes the lower Cholesky factor in place (the upper triangle is used as scratch). Returns 0, or 1 + the pivot that
 * is not positive.
 */
export function cholesky(n: i32, a: usize, lda: i32): i32 {
  for (let k = 0; k < n; k += NB) {
    const nb = min(NB, n - k);
    const corner = at(a, k * lda + k);
    for (let i = 0; i < nb; i++) {
      const failed = choleskyRow(i, i, corner, lda, at(corner, i * lda));
      if (failed) return k + i + 1;
    }
    const next = k + nb;
    for (let i = next; i < n; i++) choleskyRow(nb, -1, corner, lda, at(a, i * lda + k));
    const panel = at(a, next * lda + k);
    gemm(n - next, n - next, nb, -1, panel, lda, 1, panel, 1, lda, 1, at(a, next * lda + next), lda, 2);
  }
  return 0;
}

/**
 * Computes the entries j < count of one row of the factor, and its own diagonal entry when own ≥ 0. Returns 1 when that
 * is not positive, else 0.
 */
export function choleskyRow(count: i32, own: i32, corner: usize, lda: i32, row: usize): i32 {
  for (let j = 0; j < count; j++) {
    const other = at(corner, j * lda);
    set(row, j, (get(row, j) - dot(j, row, other)) / get(other, j));
  }
  if (own < 0) return 0;
  const s = get(row, own) - dot(own, row, row);
  set(row, own, s > 0 ? sqrt(s) : s);
  return s > 0 ? 0 : 1;
}

/** Computes B (n×r) ← L⁻¹·B, L lower (unit diagonal with unit = 1). n²·r flops. */
export function solveLower(n: i32, r: i32, l: usize, ldl: i32, unit: i32, b: usize, ldb: i32): void {
  for (let k = 0; k < n; k += NB) {
    const nb = min(NB, n - k);
    const top = at(b, k * ldb);
    for (let i = 0; i < nb; i++) {
      const coef = at(l, (k + i) * ldl + k);
      const row = at(top, i * ldb);
      combine(r, i, top, ldb, coef, 1, -1, row);
      if (!unit) scale(r, 1 / get(coef, i), row);
    }
    const next = k + nb;
    gemm(n - next, r, nb, -1, at(l, next * ldl + k), ldl, 1, top, ldb, 1, 1, at(b, next * ldb), ldb, 0);
  }
}

/**
 * Computes B (n×r) ← U⁻¹·B, U upper with entry (i, j) at u[i·urs + j·ucs] (so that a stored L can be used as Lᵀ). n²·r
 * flops.
 */
export function solveUpper(n: i32, r: i32, u: usize, urs: i32, ucs: i32, unit: i32, b: usize, ldb: i32): void {
  for (let k = ((n - 1) / NB) * NB; k >= 0; k -= NB) {
    const nb = min(NB, n - k);
    const top = at(b, k * ldb);
    for (let i = nb - 1; i >= 0; i--) {
      const diag = at(u, (k + i) * urs + (k + i) * ucs);
      const row = at(top, i * ldb);
      combine(r, nb - 1 - i, at(row, ldb), ldb, at(diag, ucs), ucs, -1, row);
      if (!unit) scale(r, 1 / load<f64>(diag), row);
    }
    gemm(k, r, nb, -1, at(u, k * ucs), urs, ucs, top, ldb, 1, 1, b, ldb, 0);
  }
}

/** Returns the float64 numbers of scratch for `lu`. */
export function luScratch(n: i32): i32 {
  return PANEL * n;
}

/** Computes P·A = L·U in place, unit lower L; pivots (i32, n): row exchanged with row i at step i. 2/3·n³ flops. */
export function lu(n: i32, a: usize, lda: i32, pivots: usize, scratch: usize): void {
  for (let k = 0; k < n; k += PANEL) {
    const nb = min(PANEL, n - k);
    const m = n - k;
    for (let i = 0; i < m; i++) {
      memory.copy(at(scratch, i * nb), at(a, (k + i) * lda + k), (<usize>nb) << 3);
    }
    for (let j = 0; j < nb; j++) seti(pivots, k + j, k + luColumn(m, nb, j, scratch));
    for (let i = 0; i < m; i++) {
      memory.copy(at(a, (k + i) * lda + k), at(scratch, i * nb), (<usize>nb) << 3);
    }
    const next = k + nb;
    for (let j = k; j < next; j++) {
      const p = geti(pivots, j);
      if (p == j) continue;
      swap(k, at(a, j * lda), at(a, p * lda));
      swap(n - next, at(a, j * lda + next), at(a, p * lda + next));
    }
    if (next == n) break;
    const right = at(a, k * lda + next);
    for (let i = 1; i < nb; i++) {
      combine(n - next, i, right, lda, at(a, (k + i) * lda + k), 1, -1, at(right, i * lda));
    }
    gemm(n - next, n - next, nb, -1, at(a, next * lda + k), lda, 1, right, lda, 1, 1, at(a, next * lda + next), lda, 0);
  }
}

/** Eliminates with column j of an m×nb panel: finds and applies its pivot, and returns the pivot's row. */
export function luColumn(m: i32, nb: i32, j: i32, panel: usize): i32 {
  let best = j;
  let size = abs(get(panel, j * nb + j));
  for (let i = j + 1; i < m; i++) {
    const v = abs(get(panel, i * nb + j));
    if (v > size) {
      size = v;
      best = i;
    }
  }
  if (size == 0) return j;
  const row = at(panel, j * nb);
  if (best != j) swap(nb, row, at(panel, best * nb));
  const f = 1 / get(row, j);
  const tiny = size < 1e-290;
  for (let i = j + 1; i < m; i++) {
    const other = at(panel, i * nb);
    const l = tiny ? get(other, j) / get(row, j) : get(other, j) * f;
    set(other, j, l);
    if (l != 0) axpy(nb - j - 1, -l, at(row, j + 1), at(other, j + 1));
  }
  return best;
}

/** Applies the row exchanges of `lu` to B (n×cols). */
export function swapRows(n: i32, cols: i32, pivots: usize, b: usize, ldb: i32): void {
  for (let i = 0; i < n; i++) {
    const p = geti(pivots, i);
    if (p != i) swap(cols, at(b, i * ldb), at(b, p * ldb));
  }
}

/** Exchanges two rows of n numbers. */
export function swap(n: i32, p: usize, q: usize): void {
  for (let i = 0; i < n; i++) {
    const v = get(p, i);
    set(p, i, get(q, i));
    set(q, i, v);
  }
}
