/** The stiffest directions of a block: all of a small Hessian, a given number of a large one. */
import { type LinearAlgebra, type Matrix, matrix } from '../numeric/linalg/index.js';
import { type LinearOperator, lanczosSearch } from '../numeric/operators/lanczos.js';
import { type Multiplying, multiplyBy } from '../numeric/operators/products.js';
import type { Key } from '../numeric/random.js';
import type { Axes } from './task.js';

/** An eigenvalue counts as positive curvature above this many times order·2^−52 of the largest. */
const ROUNDINGS = 1000;
/** Required residual of an iterated pair, relative to the largest eigenvalue. */
const RESIDUAL = 1e-6;
/** Products after which an iteration stops, in multiples of the 2·count + 60 that suffice for a spectrum with gaps. */
const PATIENCE = 10;
/** Most bytes of the basis of an iteration. */
const BASIS = 2 ** 29;

/** The reason given for directions that did not converge. */
export const WHY_UNCONVERGED = `did not converge to ${RESIDUAL.toExponential()} of the largest eigenvalue`;

/** Returns the first `count` axes of a set, which share its memory. */
export function firstOf({ axes, values, unconverged = 0 }: Axes, count: number): Axes {
  const n = Math.min(count, axes.rows);
  const first = { axes: matrix(n, axes.cols, axes.data.subarray(0, n * axes.cols)), values: values.subarray(0, n) };
  return unconverged > 0 && count > n ? { ...first, unconverged: Math.min(unconverged, count - n) } : first;
}

const leastOf = (order: number, largest: number): number => ROUNDINGS * order * 2 ** -52 * Math.abs(largest);

/**
 * Returns the eigenvectors of a dense Hessian with positive eigenvalues above rounding, as rows, descending. Costs one
 * eigenproblem.
 */
export function denseModes(hessian: Matrix, la: LinearAlgebra): Axes {
  const { values, vectors } = la.eigh(hessian);
  const n = values.length;
  const least = leastOf(n, values[n - 1]);
  const count = values.filter((v) => v > least).length;
  const axes = matrix(count, n);
  for (let j = 0; j < n; j++) for (let k = 0; k < count; k++) axes.data[k * n + j] = vectors.data[j * n + n - 1 - k];
  return { axes, values: Float64Array.from({ length: count }, (_, k) => values[n - 1 - k]) };
}

/**
 * Returns the `most` stiffest eigenvectors of an operator by the Lanczos process. Where a spectrum has no gaps the process
 * continues until they converge or it has taken `patience` times 2·most + 60 products, or 512 MiB; those that have not
 * converged then are left out and counted, those without positive curvature above rounding are left out. Multiple eigenvalues
 * are found once. `lanczos` states the cost.
 */
export const iteratedModes = (
  operator: LinearOperator,
  most: number,
  key: Key,
  la: LinearAlgebra,
  patience = PATIENCE,
): Axes => multiplyBy(operator, modesSearch(operator.size, most, key, la, patience));

/** Does the work of `iteratedModes` for an operator of order `size`, one product at a time. */
export function* modesSearch(
  size: number,
  most: number,
  key: Key,
  la: LinearAlgebra,
  patience = PATIENCE,
): Multiplying<Axes> {
  const count = Math.min(most, size);
  const { pairs } = yield* lanczosSearch(size, {
    count,
    key,
    tolerance: RESIDUAL,
    la,
    patience: productsOf(size, count, patience),
  });
  const least = leastOf(size, pairs[0].value.value);
  const positive = pairs.filter(({ value }) => value.value > least);
  const kept = positive.filter(({ value }) => value.converged);
  const axes = matrix(kept.length, size);
  kept.forEach(({ vector }, k) => {
    axes.data.set(vector, k * size);
  });
  const unconverged = positive.length - kept.length;
  return { axes, values: Float64Array.from(kept, ({ value }) => value.value), ...(unconverged > 0 && { unconverged }) };
}

/** Returns the largest number of products that `iteratedModes` takes. */
const productsOf = (size: number, count: number, patience = PATIENCE): number =>
  Math.min(patience * (2 * count + 60), Math.floor(BASIS / (8 * size)));

/** Returns the largest number of bytes that the basis of `iteratedModes` takes. */
export const iterationBytes = (size: number, most: number): number => 8 * size * productsOf(size, Math.min(most, size));

/** Makes the matrix of a symmetric operator, column by column; exactly symmetric. Costs one product for each column. */
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
