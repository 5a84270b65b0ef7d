// Householder reflectors H = 1 − tau·v·vᵀ with v_0 = 1, and blocks of them in compact WY form H_0 H_1 … = 1 − Yᵀ T Y,
// with the vectors as rows of Y and T upper triangular (LAPACK's dlarfg and dlarft).
import { gemm } from './gemm';
import { at, get, set } from './simd';
import { dot, scale } from './vectors';

/** Squared norms below this count as zero; matrices are scaled to a largest entry near 1 beforehand. */
const TINY: f64 = 1e-280;

/**
 * Makes the reflector that maps x (length n) to (beta, 0, …): overwrites x with v (v_0 = 1 stored), writes tau, returns
 * beta.
 */
export function reflector(n: i32, x: usize, tau: usize): f64 {
  const alpha = get(x, 0);
  const rest = n > 1 ? dot(n - 1, at(x, 1), at(x, 1)) : 0.0;
  if (rest <= TINY) {
    store<f64>(tau, 0);
    for (let i = 1; i < n; i++) set(x, i, 0);
    set(x, 0, 1);
    return alpha;
  }
  const beta = -copysign(sqrt(alpha * alpha + rest), alpha);
  store<f64>(tau, (beta - alpha) / beta);
  scale(n - 1, 1 / (alpha - beta), at(x, 1));
  set(x, 0, 1);
  return beta;
}

/**
 * Computes T (nb×nb, row distance nb) of the reflectors in the rows of y (row distance ld, length n). gram: nb²
 * scratch.
 */
export function triangle(nb: i32, n: i32, y: usize, ld: i32, tau: usize, t: usize, gram: usize): void {
  gemm(nb, nb, n, 1, y, ld, 1, y, 1, ld, 0, gram, nb, 1);
  memory.fill(t, 0, (<usize>(nb * nb)) << 3);
  for (let j = 0; j < nb; j++) {
    const tj = get(tau, j);
    set(t, j * nb + j, tj);
    for (let i = 0; i < j; i++) {
      let s: f64 = 0;
      for (let p = i; p < j; p++) s += get(t, i * nb + p) * get(gram, p * nb + j);
      set(t, i * nb + j, -tj * s);
    }
  }
}

/**
 * Computes Z ← Z·(H_0 H_1 …)ᵀ (flip = 0) or Z·(H_0 H_1 …) (flip = 1) for rows of Z (m rows of length n, row distance
 * ldz). w: 2·m·nb scratch. In terms of columns (Zᵀ): flip = 0 applies H_0 H_1 … from the left, flip = 1 its transpose.
 */
export function applyBlock(
  m: i32,
  n: i32,
  nb: i32,
  z: usize,
  ldz: i32,
  y: usize,
  ldy: i32,
  t: usize,
  flip: i32,
  w: usize,
): void {
  const w2 = at(w, m * nb);
  gemm(m, nb, n, 1, z, ldz, 1, y, 1, ldy, 0, w, nb, 0);
  if (flip) gemm(m, nb, nb, 1, w, nb, 1, t, nb, 1, 0, w2, nb, 0);
  else gemm(m, nb, nb, 1, w, nb, 1, t, 1, nb, 0, w2, nb, 0);
  gemm(m, n, nb, -1, w2, nb, 1, y, ldy, 1, 1, z, ldz, 0);
}
