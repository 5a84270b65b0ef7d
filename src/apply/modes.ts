/** The stiffest directions of a block: all of a small Hessian, the wanted ones of a large one. */
import { type LinearAlgebra, type Matrix, matrix } from '../numeric/linalg/index.js';
import { type LinearOperator, lanczos } from '../numeric/operators/lanczos.js';
import type { Key } from '../numeric/random.js';
import type { Axes } from './task.js';

/** An eigenvalue counts as curvature above this many times order·2^−52 of the largest. */
const ROUNDINGS = 1000;
/** Wanted residual of an iterated pair, relative to the largest eigenvalue. */
const RESIDUAL = 1e-6;

/** The first `count` axes of a set, sharing memory. */
export function firstOf({ axes, values }: Axes, count: number): Axes {
  const n = Math.min(count, axes.rows);
  return { axes: matrix(n, axes.cols, axes.data.subarray(0, n * axes.cols)), values: values.subarray(0, n) };
}

/** Eigenvectors of a dense Hessian as rows, descending, those of positive eigenvalues above rounding. Cost: one eigenproblem. */
export function denseModes(hessian: Matrix, la: LinearAlgebra): Axes {
  const { values, vectors } = la.eigh(hessian);
  const n = values.length;
  const least = ROUNDINGS * n * 2 ** -52 * Math.abs(values[n - 1]);
  const count = values.filter((v) => v > least).length;
  const axes = matrix(count, n);
  for (let j = 0; j < n; j++) for (let k = 0; k < count; k++) axes.data[k * n + j] = vectors.data[j * n + n - 1 - k];
  return { axes, values: Float64Array.from({ length: count }, (_, k) => values[n - 1 - k]) };
}

/** The `most` stiffest of an operator; pairs that do not converge, and those without positive curvature, are left out. */
export function iteratedModes(operator: LinearOperator, most: number, key: Key, la: LinearAlgebra): Axes {
  const count = Math.min(most, operator.size);
  const { pairs } = lanczos(operator, { count, key, tolerance: RESIDUAL, la });
  const kept = pairs.filter(({ value }) => value.converged && value.value > 0);
  const axes = matrix(kept.length, operator.size);
  kept.forEach(({ vector }, k) => {
    axes.data.set(vector, k * operator.size);
  });
  return { axes, values: Float64Array.from(kept, ({ value }) => value.value) };
}

/** The matrix of a symmetric operator, column by column. */
export function denseOf(operator: LinearOperator): Matrix {
  const n = operator.size;
  const out = matrix(n, n);
  for (let i = 0; i < n; i++) {
    const unit = new Float64Array(n);
    unit[i] = 1;
    const column = operator.apply(unit);
    for (let j = 0; j < n; j++) {
      out.data[i * n + j] += 0.5 * column[j];
      out.data[j * n + i] += 0.5 * column[j];
    }
  }
  return out;
}
