/** All eigenvalues and some eigenvectors of a symmetric matrix: what both providers have in common. */
import { check } from '../errors.js';
import { binaryScale, checkSymmetric, type Matrix, matrix } from './matrix.js';
import type { SubsetEigen, SymmetricEigen } from './provider.js';
import { tridiagonalVectors } from './tridiagonal-vectors.js';

/** Share of all eigenvectors from which on divide and conquer is as fast. */
const MOST = 0.25;
/** Order below which it is as fast anyway. */
const SMALL = 64;

/** Names the two ways in which a provider computes. */
interface Ways {
  /** All eigenvectors. */
  all(a: Matrix): SymmetricEigen;
  /**
   * Those that `vectorsOf` gives of the tridiagonal form (diagonal, numbers beside it, eigenvalues) of the matrix times `scale`, turned back;
   * undefined where it gives none.
   */
  few(
    scale: number,
    vectorsOf: (d: Float64Array, e: Float64Array, values: Float64Array) => Matrix | undefined,
  ): SubsetEigen | undefined;
}

/**
 * Computes all eigenvalues, and the eigenvectors at `indices` by inverse iteration where they are few, else or where that fails from all.
 * @throws InputError for a matrix that is not symmetric, and for indices that do not ascend within 0 to n − 1
 */
export function subsetEigen(a: Matrix, indices: readonly number[], { all, few }: Ways): SubsetEigen {
  const scale = binaryScale(checkSymmetric(a, 'eighSubset'));
  const found = chosen(indices, a.rows)
    ? few(scale, (d, e, values) =>
        tridiagonalVectors(
          d,
          e,
          Float64Array.from(indices, (i) => values[i]),
        ),
      )
    : undefined;
  if (!found) return subsetOf(all(a), indices);
  for (let i = 0; i < a.rows; i++) found.values[i] /= scale;
  return found;
}

/**
 * Checks indices of eigenvalues of a matrix of order n, and says whether so few eigenvectors are worth inverse iteration.
 * @throws InputError for indices that do not ascend within 0 to n − 1
 */
function chosen(indices: readonly number[], n: number): boolean {
  check(
    indices.every((i, k) => Number.isInteger(i) && i >= 0 && i < n && (k === 0 || i > indices[k - 1])),
    'bad-index',
    () =>
      `eighSubset: indices of eigenvalues must ascend within 0 to ${n - 1}; got ${indices.slice(0, 8).join(', ')}${indices.length > 8 ? ', …' : ''}.`,
  );
  return n > SMALL && indices.length <= MOST * n;
}

/** Picks eigenvectors from all. */
function subsetOf({ values, vectors }: SymmetricEigen, indices: readonly number[]): SubsetEigen {
  const n = values.length;
  const rows = matrix(indices.length, n);
  for (let j = 0; j < n; j++)
    for (let k = 0; k < indices.length; k++) rows.data[k * n + j] = vectors.data[j * n + indices[k]];
  return { values, vectors: rows };
}
