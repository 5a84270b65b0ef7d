/** Sums Σ weight · x_i y_j over lines x, y of n numbers: the diagonal alone, or the whole matrix by matrix products. */

import { type Matrix, matrix } from '../numeric/linalg/matrix.js';
import type { LinearAlgebra, RankUpdater } from '../numeric/linalg/provider.js';

/** Accumulates weighted outer products of lines. Lines are copied; `result` ends the sum: n numbers, or n×n row-major. */
interface LineSum {
  /** Adds weight·x yᵀ, with y = x by default; a symmetric sum takes no y. */
  add(weight: number, x: Float64Array, y?: Float64Array): void;
  result(): Float64Array;
}

/** Makes sums, either of the diagonal or of the whole matrix. */
export interface SumMaker {
  /** True for whole matrices. */
  readonly full: boolean;
  /** Starts a sum of x xᵀ. */
  symmetric(): LineSum;
  /** Starts a sum of x yᵀ. */
  cross(): LineSum;
  /** Visits each pair (i, j) of the sums with its position in the result. */
  pairs(visit: (i: number, j: number, at: number) => void): void;
  /** Length of the result: n or n². */
  readonly size: number;
}

/** Makes sums of diagonals only, which cost O(n) for each line. */
export function diagonalSums(n: number): SumMaker {
  const make = (): LineSum => {
    const sum = new Float64Array(n);
    return {
      add(weight, x, y = x) {
        for (let i = 0; i < n; i++) sum[i] += weight * x[i] * y[i];
      },
      result: () => sum,
    };
  };
  return {
    full: false,
    size: n,
    symmetric: make,
    cross: make,
    pairs(visit) {
      for (let i = 0; i < n; i++) visit(i, i, i);
    },
  };
}

/**
 * Makes sums of whole matrices: n² flops for each line (2n² in a cross sum), and two n×n sums in memory, one for each sign of
 * weight.
 */
export function fullSums(la: LinearAlgebra, n: number): SumMaker {
  return {
    full: true,
    size: n * n,
    symmetric: () => symmetricSum(la, n),
    cross: () => crossSum(la, n),
    pairs(visit) {
      for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) visit(i, j, i * n + j);
    },
  };
}

function symmetricSum(la: LinearAlgebra, n: number): LineSum {
  const side = () => {
    let updater: RankUpdater | undefined;
    let filled = 0;
    return {
      add(root: number, x: Float64Array) {
        updater ??= la.rankUpdater(n);
        const { buffer, capacity } = updater;
        for (let i = 0; i < n; i++) buffer[filled * n + i] = root * x[i];
        if (++filled === capacity) {
          updater.update(filled);
          filled = 0;
        }
      },
      finish() {
        if (updater && filled > 0) updater.update(filled);
        return updater?.finish().data;
      },
    };
  };
  const [plus, minus] = [side(), side()];
  return {
    add(weight, x) {
      if (weight > 0) plus.add(Math.sqrt(weight), x);
      else if (weight < 0) minus.add(Math.sqrt(-weight), x);
    },
    result() {
      const sum = plus.finish() ?? new Float64Array(n * n);
      const less = minus.finish();
      if (less) for (let i = 0; i < sum.length; i++) sum[i] -= less[i];
      return sum;
    },
  };
}

const LINES = 256;

function crossSum(la: LinearAlgebra, n: number): LineSum {
  const into: Matrix = matrix(n, n);
  const x = new Float64Array(LINES * n);
  const y = new Float64Array(LINES * n);
  let filled = 0;
  const flush = () => {
    if (filled > 0)
      la.gemm(matrix(filled, n, x.subarray(0, filled * n)), matrix(filled, n, y.subarray(0, filled * n)), {
        transposeA: true,
        into,
        beta: 1,
      });
    filled = 0;
  };
  return {
    add(weight, left, right = left) {
      for (let i = 0; i < n; i++) x[filled * n + i] = weight * left[i];
      y.set(right, filled * n);
      if (++filled === LINES) flush();
    },
    result() {
      flush();
      return into.data;
    },
  };
}
