/** The eigenvectors of the largest eigenvalues, by rank. */
import { type Matrix, matrix } from './matrix.js';
import type { LinearAlgebra, SubsetEigen } from './provider.js';

/**
 * Computes all eigenvalues of a symmetric matrix, ascending, and the eigenvectors of `ranks`, one a row in their order. Costs as
 * `LinearAlgebra.eighSubset`.
 * @param ranks - ascending, from 1 for the largest eigenvalue
 */
export function leadingEigenvectors(
  la: Pick<LinearAlgebra, 'eighSubset'>,
  a: Matrix,
  ranks: readonly number[],
): SubsetEigen {
  const { values, vectors } = la.eighSubset(a, ranks.map((r) => a.rows - r).reverse());
  return { values, vectors: reversed(vectors) };
}

/** Returns the rows in reverse order. */
function reversed({ rows, cols, data }: Matrix): Matrix {
  const out = matrix(rows, cols);
  for (let k = 0; k < rows; k++) out.data.set(data.subarray(k * cols, (k + 1) * cols), (rows - 1 - k) * cols);
  return out;
}
