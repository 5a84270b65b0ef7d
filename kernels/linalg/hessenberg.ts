// Blocked reduction of a general matrix to upper Hessenberg form (LAPACK's dgehrd/dlahr2).
import { gemm } from './gemm';
import { reflector } from './reflect';
import { at, get, set } from './simd';
import { combine, dots, scale } from './vectors';

const NB: i32 = 32;

/** Returns the float64 numbers of scratch for `hessenberg`. */
export function hessenbergScratch(n: i32): i32 {
  return 4 * NB * n + NB * NB + NB + 8;
}

/**
 * Computes A = Q·H·Qᵀ in place (n×n, row-major). Row j of v (n×n) receives reflector j from column j + 1 on, tau (n)
 * its factor: Q = H_0 H_1 … . 10/3·n³ flops, a third of them in matrix-vector products.
 */
export function hessenberg(n: i32, a: usize, v: usize, tau: usize, scratch: usize): void {
  const y = scratch; // rows: columns of Y = A·V·T
  const w = at(y, NB * n);
  const w2 = at(w, NB * n);
  const b = at(w2, NB * n);
  const t = at(b, NB * n);
  const coef = at(t, NB * NB);
  for (let k = 0; k < n - 1; k += NB) {
    const nb = min(NB, n - 1 - k);
    memory.fill(t, 0, (<usize>(NB * NB)) << 3);
    for (let i = 0; i < nb; i++) hessenbergStep(n, a, k, i, v, tau, y, b, t, coef);
    const rows = at(v, k * n);
    const first = k + 1;
    const len = n - first;
    const next = k + nb;
    // Y for the rows above the panel: (V·Aᵀ) and Tᵀ
    gemm(nb, first, len, 1, at(rows, first), n, 1, at(a, first), 1, n, 0, w, first, 0);
    gemm(nb, first, nb, 1, t, 1, NB, w, first, 1, 0, y, n, 0);
    // from the right: the columns of the panel (upper rows only), then all columns after it
    gemm(first, nb - 1, nb, -1, y, 1, n, at(rows, first), n, 1, 1, at(a, first), n, 0);
    gemm(n, n - next, nb, -1, y, 1, n, at(rows, next), n, 1, 1, at(a, next), n, 0);
    // from the left: C −= V·Tᵀ·(Vᵀ·C)
    const c = at(a, first * n + next);
    gemm(nb, n - next, len, 1, at(rows, first), n, 1, c, n, 1, 0, w, n - next, 0);
    gemm(nb, n - next, nb, 1, t, 1, NB, w, n - next, 1, 0, w2, n - next, 0);
    gemm(len, n - next, nb, -1, at(rows, first), 1, n, w2, n - next, 1, 1, c, n, 0);
  }
}

/** Updates column j = k + i of the panel, makes its reflector, and the next columns of Y and T. */
export function hessenbergStep(
  n: i32,
  a: usize,
  k: i32,
  i: i32,
  v: usize,
  tau: usize,
  y: usize,
  b: usize,
  t: usize,
  coef: usize,
): void {
  const j = k + i;
  const first = k + 1;
  const len = n - first;
  const rows = at(v, k * n);
  for (let r = first; r < n; r++) set(b, r - first, get(a, r * n + j));
  if (i > 0) {
    combine(len, i, at(y, first), n, at(rows, j), n, -1, b);
    dots(len, i, at(rows, first), n, b, coef);
    // coef ← Tᵀ·coef, from the last entry so that it can be done in place
    for (let p = i - 1; p >= 0; p--) {
      let s: f64 = 0;
      for (let q = 0; q <= p; q++) s += get(t, q * NB + p) * get(coef, q);
      set(coef, p, s);
    }
    combine(len, i, at(rows, first), n, coef, 1, -1, b);
  }
  const vj = at(v, j * n);
  memory.fill(vj, 0, (<usize>(j + 1)) << 3);
  memory.copy(at(vj, j + 1), at(b, j + 1 - first), (<usize>(n - j - 1)) << 3);
  const beta = reflector(n - j - 1, at(vj, j + 1), at(tau, j));
  set(b, j + 1 - first, beta);
  for (let r = first; r <= j + 1; r++) set(a, r * n + j, get(b, r - first));
  for (let r = j + 2; r < n; r++) set(a, r * n + j, 0);

  const f = get(tau, j);
  const yi = at(y, i * n + first);
  dots(n - j - 1, len, at(a, first * n + j + 1), n, at(vj, j + 1), yi);
  if (i > 0) {
    dots(n - j - 1, i, at(rows, j + 1), n, at(vj, j + 1), coef);
    combine(len, i, at(y, first), n, coef, 1, -1, yi);
    for (let p = 0; p < i; p++) {
      let s: f64 = 0;
      for (let q = p; q < i; q++) s += get(t, p * NB + q) * get(coef, q);
      set(t, p * NB + i, -f * s);
    }
  }
  scale(len, f, yi);
  set(t, i * NB + i, f);
}
