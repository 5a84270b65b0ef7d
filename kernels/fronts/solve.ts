// Substitution with the factors of `assemble.ts`, in place on a vector in order of elimination. Only sums of non-negative products
// where the right-hand side is non-negative. d: total rates.
import { at, get, geti, set } from '../linalg/simd';
import { axpy, dot } from '../linalg/vectors';
import { word } from './assemble';

/** Substitutes forward: b_j += Σ_i L_ji b_i through all fronts. */
export function forward(count: i32, table: usize, b: usize): void {
  for (let k = 0; k < count; k++) {
    forwardFront(word(table, k, 1), word(table, k, 2), <usize>word(table, k, 3), <usize>word(table, k, 4), <usize>word(table, k, 5), at(b, word(table, k, 0)), b);
  }
}

export function forwardFront(ne: i32, nb: i32, idx: usize, top: usize, low: usize, own: usize, b: usize): void {
  const m = ne + nb;
  for (let i = 1; i < ne; i++) set(own, i, get(own, i) + dot(i, at(top, i * m), own));
  for (let r = 0; r < nb; r++) {
    const a = at(b, geti(idx, r));
    store<f64>(a, load<f64>(a) + dot(ne, at(low, r * ne), own));
  }
}

/**
 * Substitutes backward: x_i = (b_i + Σ_{k>i} R_ik x_k)/d_i from the last front to the first; `keepLast`: x of the last
 * state is given (stationary).
 */
export function backward(count: i32, table: usize, x: usize, d: usize, work: usize, keepLast: i32): void {
  for (let k = count - 1; k >= 0; k--) {
    const start = word(table, k, 0);
    backwardFront(word(table, k, 1), word(table, k, 2), <usize>word(table, k, 3), <usize>word(table, k, 4), at(x, start), x, at(d, start), work, keepLast && k == count - 1 ? 1 : 0);
  }
}

export function backwardFront(ne: i32, nb: i32, idx: usize, top: usize, own: usize, x: usize, d: usize, work: usize, keep: i32): void {
  const m = ne + nb;
  for (let t = 0; t < nb; t++) set(work, ne + t, get(x, geti(idx, t)));
  let i = ne - 1;
  if (keep) {
    set(work, i, get(own, i));
    i--;
  }
  for (; i >= 0; i--) {
    const v = (get(own, i) + dot(m - i - 1, at(top, i * m + i + 1), at(work, i + 1))) / get(d, i);
    set(work, i, v);
    set(own, i, v);
  }
}

/** Substitutes forward for the adjoint: b_k += Σ_i R_ik (b_i/d_i), and b_i ← b_i/d_i. */
export function forwardAdjoint(count: i32, table: usize, b: usize, d: usize, work: usize): void {
  for (let k = 0; k < count; k++) {
    const start = word(table, k, 0);
    forwardFrontAdjoint(word(table, k, 1), word(table, k, 2), <usize>word(table, k, 3), <usize>word(table, k, 4), at(b, start), b, at(d, start), work);
  }
}

export function forwardFrontAdjoint(ne: i32, nb: i32, idx: usize, top: usize, own: usize, b: usize, d: usize, work: usize): void {
  const m = ne + nb;
  memory.fill(work, 0, (<usize>m) << 3);
  for (let i = 0; i < ne; i++) {
    const v = (get(own, i) + get(work, i)) / get(d, i);
    set(own, i, v);
    axpy(m - i - 1, v, at(top, i * m + i + 1), at(work, i + 1));
  }
  for (let t = 0; t < nb; t++) {
    const a = at(b, geti(idx, t));
    store<f64>(a, load<f64>(a) + get(work, ne + t));
  }
}

/** Substitutes backward for the adjoint: y_i = b_i + Σ_{j>i} L_ji y_j from the last front to the first. */
export function backwardAdjoint(count: i32, table: usize, y: usize): void {
  for (let k = count - 1; k >= 0; k--) {
    backwardFrontAdjoint(word(table, k, 1), word(table, k, 2), <usize>word(table, k, 3), <usize>word(table, k, 4), <usize>word(table, k, 5), at(y, word(table, k, 0)), y);
  }
}

export function backwardFrontAdjoint(ne: i32, nb: i32, idx: usize, top: usize, low: usize, own: usize, y: usize): void {
  for (let r = 0; r < nb; r++) axpy(ne, get(y, geti(idx, r)), at(low, r * ne), own);
  for (let i = ne - 1; i > 0; i--) axpy(i, get(own, i), at(top, i * (ne + nb)), own);
}
