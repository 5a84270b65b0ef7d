/**
 * The curvature of minibatches in the eigenbasis of its mean, where both kinds of ceilings are computed: mean and covariance over
 * batches of UᵀH^mu U for directions U, the covariance on pairs of directions. docs/theory [A2].
 */
import { check } from '../numeric/errors.js';
import { type LinearAlgebra, type Matrix, matrix, pairIndex } from '../numeric/linalg/index.js';

/** Holds the directions along which the mean curvature is positive. */
export interface PositiveDirections {
  /** Eigenvalues of the mean, ascending. */
  readonly curvatures: readonly number[];
  /** Their eigenvectors as columns, in the given directions. */
  readonly basis: Matrix;
  /** Returns the covariance over batches of the entries ij and lm of the curvature in that basis. */
  covarianceOf(i: number, j: number, l: number, m: number): number;
}

/**
 * Turns mean and covariance into the eigenbasis of the mean and keeps its positive directions. Costs one eigenproblem of order k and two
 * products of order k(k+1)/2.
 * @param mean - k×k
 * @param covariance - k(k+1)/2 square, pairs i ≥ j at i(i+1)/2 + j
 * @throws InputError for a covariance of another order, and where no direction has a positive curvature
 */
export function positiveDirections(la: LinearAlgebra, mean: Matrix, covariance: Matrix): PositiveDirections {
  const k = mean.rows;
  const all = (k * (k + 1)) / 2;
  check(
    covariance.rows === all && covariance.cols === all,
    'shape',
    () =>
      `${k} directions have ${all} pairs; the covariance of their curvatures is ${covariance.rows}×${covariance.cols}.`,
  );
  const { values, vectors } = la.eigh(mean);
  const kept = Array.from({ length: k }, (_, i) => i).filter((i) => values[i] > 0);
  check(kept.length > 0, 'no-curvature', 'only a positive curvature bounds the learning rate; none of these is.');
  const basis = matrix(k, kept.length);
  kept.forEach((from, to) => {
    for (let a = 0; a < k; a++) basis.data[a * kept.length + to] = vectors.data[a * k + from];
  });
  const turn = pairTurn(basis);
  const { cols, data } = la.gemm(la.gemm(turn, covariance), turn, { transposeB: true });
  return {
    curvatures: kept.map((i) => values[i]),
    basis,
    covarianceOf: (i, j, l, m) => data[pairIndex(i, j) * cols + pairIndex(l, m)],
  };
}

/** Lists the pairs i ≥ j in packed order. */
export function pairsOf(k: number): [number, number][] {
  return Array.from({ length: k }, (_, i) => Array.from({ length: i + 1 }, (_, j): [number, number] => [i, j])).flat();
}

/** Returns the matrix that maps packed symmetric matrices M to VᵀMV, for V k×m. */
function pairTurn({ rows: k, cols: m, data: v }: Matrix): Matrix {
  const [from, to] = [pairsOf(k), pairsOf(m)];
  const turn = matrix(to.length, from.length);
  to.forEach(([i, j], p) => {
    from.forEach(([a, b], r) => {
      const x = v[a * m + i] * v[b * m + j];
      turn.data[p * from.length + r] = a === b ? x : x + v[b * m + i] * v[a * m + j];
    });
  });
  return turn;
}
