/** Planes among weights: orthonormal pairs that span the same planes as oblique pairs. */
import { type Matrix, matrix, row } from '../numeric/linalg/index.js';
import type { Axes } from './task.js';

/** Orthonormalises each pair of rows by Gram-Schmidt; values are 1. Rows 2k and 2k + 1 of `pairs` must not be parallel. */
export function planeBasis(pairs: Matrix): Axes {
  const out = matrix(pairs.rows, pairs.cols, pairs.data.slice(0, pairs.rows * pairs.cols));
  const dot = (a: Float64Array, b: Float64Array) => a.reduce((s, v, i) => s + v * b[i], 0);
  for (let r = 0; r < out.rows; r++) {
    const own = row(out, r);
    if (r % 2 === 1) {
      const first = row(out, r - 1);
      const along = dot(own, first);
      for (let i = 0; i < own.length; i++) own[i] -= along * first[i];
    }
    const norm = Math.sqrt(dot(own, own));
    for (let i = 0; i < own.length; i++) own[i] /= norm;
  }
  return { axes: out, values: new Float64Array(out.rows).fill(1) };
}
