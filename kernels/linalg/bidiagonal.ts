// Blocked Householder reduction to upper bidiagonal form (LAPACK's dgebrd/dlabrd), keeping the right reflectors only.
import { gemm } from './gemm';
import { reflector } from './reflect';
import { at, get, set } from './simd';
import { combine, dots, scale } from './vectors';

const NB: i32 = 32;

/** Returns the float64 numbers of scratch for `bidiagonalise`. */
export function bidiagonalScratch(m: i32, n: i32): i32 {
  return 2 * NB * (m + n) + 2 * NB + 8;
}

/**
 * Computes A (m×n, m ≥ n, row distance n, destroyed) = U·B·Vᵀ with B upper bidiagonal: diagonal d (n), superdiagonal e
 * (n − 1). Row c of v (n×n) receives right reflector c from column c + 1 on; tau (n). 4·n²·(m − n/3) flops, half in row
 * products.
 */
export function bidiagonalise(m: i32, n: i32, a: usize, v: usize, d: usize, e: usize, tau: usize, scratch: usize): void {
  // rows of scratch: U and X (length m), then Y and V (length n): A −= [U X]ᵀ[Y V] is one product
  const y = at(scratch, 2 * NB * m);
  for (let k = 0; k < n; k += NB) {
    const nb = min(NB, n - k);
    const u = scratch;
    const x = at(u, nb * m);
    const w = at(y, nb * n);
    for (let i = 0; i < nb; i++) bidiagonalStep(m, n, a, k, i, u, x, y, w, v, d, e, tau, at(y, 2 * NB * n));
    const next = k + nb;
    if (next == n) break;
    gemm(m - next, n - next, 2 * nb, -1, at(u, next), 1, m, at(y, next), n, 1, 1, at(a, next * n + next), n, 0);
  }
}

/** Reduces column and row c = k + i; the trailing matrix in `a` is not updated within the panel. */
export function bidiagonalStep(
  m: i32,
  n: i32,
  a: usize,
  k: i32,
  i: i32,
  u: usize,
  x: usize,
  y: usize,
  w: usize,
  v: usize,
  d: usize,
  e: usize,
  tau: usize,
  coef: usize,
): void {
  const c = k + i;
  const ui = at(u, i * m + c);
  for (let r = c; r < m; r++) set(ui, r - c, get(a, r * n + c));
  combine(m - c, i, at(u, c), m, at(y, c), n, -1, ui);
  combine(m - c, i, at(x, c), m, at(w, c), n, -1, ui);
  set(d, c, reflector(m - c, ui, coef));
  const left = load<f64>(coef);
  const len = n - c - 1;
  if (len == 0) return;
  const right = c + 1;

  const yi = at(y, i * n + right);
  memory.fill(yi, 0, (<usize>len) << 3);
  combine(len, m - c, at(a, c * n + right), n, ui, 1, 1, yi);
  if (i > 0) {
    dots(m - c, i, at(u, c), m, ui, coef);
    combine(len, i, at(y, right), n, coef, 1, -1, yi);
    dots(m - c, i, at(x, c), m, ui, coef);
    combine(len, i, at(w, right), n, coef, 1, -1, yi);
  }
  scale(len, left, yi);

  const wi = at(w, i * n + right);
  memory.copy(wi, at(a, c * n + right), (<usize>len) << 3);
  combine(len, i + 1, at(y, right), n, at(u, c), m, -1, wi);
  combine(len, i, at(w, right), n, at(x, c), m, -1, wi);
  set(e, c, reflector(len, wi, at(tau, c)));
  memory.copy(at(v, c * n + right), wi, (<usize>len) << 3);

  const rows = m - right;
  const xi = at(x, i * m + right);
  dots(len, rows, at(a, right * n + right), n, wi, xi);
  dots(len, i + 1, at(y, right), n, wi, coef);
  combine(rows, i + 1, at(u, right), m, coef, 1, -1, xi);
  dots(len, i, at(w, right), n, wi, coef);
  combine(rows, i, at(x, right), m, coef, 1, -1, xi);
  scale(rows, get(tau, c), xi);
}
