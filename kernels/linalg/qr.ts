// QR factorisation of a matrix whose COLUMNS lie as contiguous rows in memory.
import { applyBlock, reflector, triangle } from './reflect';
import { at, set } from './simd';
import { axpy, dot } from './vectors';

const NB: i32 = 32;

/** Returns the float64 numbers of scratch for `qr` of n columns of length m. */
export function qrScratch(n: i32, m: i32): i32 {
  return NB * m + 2 * NB * NB + 2 * n * NB;
}

/**
 * Factors n ≤ m columns of length m, column j at a[j·lda]. Afterwards entries i < j of column j are R_ij, entries from
 * j on are reflector j with its leading 1, and diag holds R_jj. 2·n²·(m − n/3) flops.
 */
export function qr(n: i32, m: i32, a: usize, lda: i32, diag: usize, tau: usize, scratch: usize): void {
  const t = at(scratch, NB * m);
  const gram = at(t, NB * NB);
  const w = at(gram, NB * NB);
  for (let k = 0; k < n; k += NB) {
    const nb = min(NB, n - k);
    for (let j = k; j < k + nb; j++) qrColumn(j, k + nb, m, a, lda, diag, tau);
    const next = k + nb;
    if (next == n) break;
    const len = m - k;
    for (let j = 0; j < nb; j++) {
      const y = at(scratch, j * len);
      memory.fill(y, 0, (<usize>j) << 3);
      memory.copy(at(y, j), at(a, (k + j) * lda + k + j), (<usize>(len - j)) << 3);
    }
    triangle(nb, len, scratch, len, at(tau, k), t, gram);
    applyBlock(n - next, len, nb, at(a, next * lda + k), lda, scratch, len, t, 1, w);
  }
}

/** Makes reflector j and applies it to the other columns of its panel. */
export function qrColumn(j: i32, end: i32, m: i32, a: usize, lda: i32, diag: usize, tau: usize): void {
  const v = at(a, j * lda + j);
  const tj = at(tau, j);
  set(diag, j, reflector(m - j, v, tj));
  const f = load<f64>(tj);
  for (let p = j + 1; p < end; p++) {
    const c = at(a, p * lda + j);
    axpy(m - j, -f * dot(m - j, v, c), v, c);
  }
}
