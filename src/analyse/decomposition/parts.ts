/**
 * Elementwise work on square matrices, in plain loops over blocks: without blocks it would cost as much as the products at n =
 * 1000.
 */
import { frobenius, type Matrix, matrix } from '../../numeric/linalg/index.js';

/** Squares that are summed before they enter the sum. */
const PIECE = 1024;

/** Returns the Frobenius norm, from the plain sum of squares where that neither overflows nor loses small entries. */
export function norm(m: Matrix): number {
  let s = 0;
  const { data } = m;
  // piece by piece: one long sum of 1e6 squares would lose two digits
  for (let from = 0; from < data.length; from += PIECE) {
    const to = Math.min(from + PIECE, data.length);
    let [even, odd] = [0, 0];
    let k = from;
    for (; k + 1 < to; k += 2) {
      even += data[k] * data[k];
      odd += data[k + 1] * data[k + 1];
    }
    if (k < to) even += data[k] * data[k];
    s += even + odd;
  }
  return s > 1e-250 && s < 1e300 ? Math.sqrt(s) : frobenius(m);
}

/** Returns a + factor·b, a new matrix. */
export function add(a: Matrix, factor: number, b: Matrix): Matrix {
  const out = matrix(a.rows, a.cols);
  for (let k = 0; k < out.data.length; k++) out.data[k] = a.data[k] + factor * b.data[k];
  return out;
}

/** Returns factor·m, a new matrix. */
export function scaled(m: Matrix, factor: number): Matrix {
  const out = matrix(m.rows, m.cols);
  for (let k = 0; k < out.data.length; k++) out.data[k] = factor * m.data[k];
  return out;
}

const BLOCK = 32;

/**
 * Computes (m + mᵀ)/2, or (m − mᵀ)/2 for sign −1, times `factor`; the result is exactly (anti)symmetric. `into` may be m
 * itself, when m is not needed afterwards.
 */
export function half(m: Matrix, sign: 1 | -1, into: Matrix = matrix(m.rows, m.cols), factor = 1): Matrix {
  const n = m.rows;
  const [from, to] = [m.data, into.data];
  const f = 0.5 * factor;
  for (let ib = 0; ib < n; ib += BLOCK) {
    const ie = Math.min(ib + BLOCK, n);
    for (let jb = 0; jb <= ib; jb += BLOCK) {
      for (let i = ib; i < ie; i++) {
        const je = Math.min(jb + BLOCK, i + 1);
        for (let j = jb; j < je; j++) {
          const v = f * from[i * n + j] + sign * f * from[j * n + i];
          to[j * n + i] = sign * v;
          to[i * n + j] = v;
        }
      }
    }
  }
  return into;
}

/** Computes (m + mᵀ)/2, exactly symmetric, into `into` (a new matrix by default, which may also be m). */
export const symmetricPart = (m: Matrix, into?: Matrix): Matrix => half(m, 1, into);
/** Computes (m − mᵀ)/2, exactly antisymmetric, into `into` (a new matrix by default, which may also be m). */
export const antisymmetricPart = (m: Matrix, into?: Matrix): Matrix => half(m, -1, into);
