// Blocked Householder reduction of a symmetric matrix to tridiagonal form (LAPACK's dsytrd/dlatrd), and the
// back-transformation.
import { gemm } from './gemm';
import { applyBlock, reflector, triangle } from './reflect';
import { at, get, set } from './simd';
import { axpy, combine, dot, dots, scale, symv } from './vectors';

const NB: i32 = 32;
const BACK: i32 = 128;

/** Returns the float64 numbers of scratch that `tridiagonalise` needs for order n. */
export function tridiagonalScratch(n: i32): i32 {
  return 3 * NB * n + 2 * NB;
}

/**
 * Computes A = H·T·Hᵀ. Reads the upper triangle of A (n×n, row-major); row k keeps reflector k from column k + 1 on
 * (with its leading 1), the lower triangle is lost. d (n), e (n − 1), tau (n − 1). Cost 4/3·n³ flops, half of them in
 * `symv`.
 */
export function tridiagonalise(n: i32, a: usize, d: usize, e: usize, tau: usize, scratch: usize): void {
  // rows of `scratch`: V (NB), W (NB), V again: A −= [V W]ᵀ[W V] is then one product
  const w = at(scratch, NB * n);
  const v2 = at(w, NB * n);
  const coef = at(v2, NB * n);
  for (let k = 0; k < n; k += NB) {
    const nb = min(NB, n - k);
    for (let j = 0; j < nb; j++) panelStep(n, a, k, j, d, e, tau, w, coef);
    const next = k + nb;
    const rest = n - next;
    if (rest == 0) break;
    for (let j = 0; j < nb; j++) {
      const row = at(a, (k + j) * n + next);
      memory.copy(at(scratch, j * n + next), row, (<usize>rest) << 3);
      memory.copy(at(v2, j * n + next), row, (<usize>rest) << 3);
    }
    gemm(rest, rest, 2 * nb, -1, at(scratch, next), 1, n, at(w, next), n, 1, 1, at(a, next * n + next), n, 1);
  }
}

/** Does step j of the panel that begins at k: updates row i = k + j, makes its reflector and its row of W. */
export function panelStep(n: i32, a: usize, k: i32, j: i32, d: usize, e: usize, tau: usize, w: usize, coef: usize): void {
  const i = k + j;
  const row = at(a, i * n);
  if (j > 0) {
    combine(n - i, j, at(a, k * n + i), n, at(w, i), n, -1, at(row, i));
    combine(n - i, j, at(w, i), n, at(a, k * n + i), n, -1, at(row, i));
  }
  set(d, i, get(row, i));
  const len = n - i - 1;
  if (len == 0) return;
  const v = at(row, i + 1);
  const t = at(tau, i);
  set(e, i, reflector(len, v, t));
  const wj = at(w, j * n + i + 1);
  symv(len, at(a, (i + 1) * n + i + 1), n, v, wj);
  if (j > 0) {
    dots(len, j, at(w, i + 1), n, v, coef);
    dots(len, j, at(a, k * n + i + 1), n, v, at(coef, NB));
    combine(len, j, at(a, k * n + i + 1), n, coef, 1, -1, wj);
    combine(len, j, at(w, i + 1), n, at(coef, NB), 1, -1, wj);
  }
  const tv = load<f64>(t);
  scale(len, tv, wj);
  axpy(len, -0.5 * tv * dot(len, wj, v), v, wj);
}

/** Returns the float64 numbers of scratch that `backTransform` needs for m rows of length n. */
export function backScratch(m: i32, n: i32): i32 {
  return BACK * n + 2 * BACK * BACK + 2 * m * BACK;
}

/**
 * Replaces the rows of Z (m×n, row distance ldz) by those of Z·Hᵀ with the `count` reflectors kept in the rows of a
 * (row distance lda): reflector k acts on columns k + `shift` and beyond, its vector begins at a[k·lda + k + shift].
 * With fresh = 1 the rows of Z are still unit vectors e_0, e_1, …, of which the first k need no work. Cost 4·m·n·count
 * flops at most.
 */
export function backTransform(
  m: i32,
  n: i32,
  count: i32,
  shift: i32,
  a: usize,
  lda: i32,
  tau: usize,
  z: usize,
  ldz: i32,
  fresh: i32,
  scratch: usize,
): void {
  const t = at(scratch, BACK * n);
  const gram = at(t, BACK * BACK);
  const w = at(gram, BACK * BACK);
  for (let k = ((count - 1) / BACK) * BACK; k >= 0; k -= BACK) {
    const nb = min(BACK, count - k);
    const first = k + shift;
    const len = n - first;
    for (let j = 0; j < nb; j++) {
      const y = at(scratch, j * len);
      memory.fill(y, 0, (<usize>j) << 3);
      memory.copy(at(y, j), at(a, (k + j) * lda + first + j), (<usize>(len - j)) << 3);
    }
    triangle(nb, len, scratch, len, at(tau, k), t, gram);
    const top = fresh ? first : 0;
    applyBlock(m - top, len, nb, at(z, top * ldz + first), ldz, scratch, len, t, 0, w);
  }
}
