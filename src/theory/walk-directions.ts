/**
 * Principal directions of a random walk without any restoring force, drawn without simulating its steps: the null of a
 * relation between variances and what is measured along the directions. docs/theory [N1]; `walk.ts` explains the
 * spectra.
 */
import { leadingEigenvectors } from '../numeric/linalg/leading.js';
import type { Matrix } from '../numeric/linalg/matrix.js';
import type { LinearAlgebra, SubsetEigen, SymmetricEigen } from '../numeric/linalg/provider.js';
import type { Key } from '../numeric/random.js';

/** Describes one walk. */
interface WalkDirectionsRequest {
  /**
   * Eigenvalues (weight²) and eigenvectors of the covariance of one step, P of them in any order; negative ones count
   * as 0.
   */
  readonly step: SymmetricEigen;
  /** From `walkTimes`, descending. */
  readonly times: Float64Array;
  /** Ranks of the directions wanted, ascending from 1 for the largest variance. */
  readonly ranks: readonly number[];
  readonly key: Key;
}

/** Time modes that are drawn; the others, which are many and weak, enter by their mean. */
const MODES = 4000;

/**
 * Draws the covariance of the window of one walk in the eigenvectors of a step's covariance, and diagonalises it.
 * Returns all eigenvalues (weight²), ascending, and the directions of `ranks` in the basis of the weights, one a row. Costs
 * 4000·P normal numbers, 4000·P² flops, half an eigenproblem of order P and the product of the directions with a P×P matrix.
 */
export function walkDirections(la: LinearAlgebra, { step, times, ranks, key }: WalkDirectionsRequest): SubsetEigen {
  const P = step.values.length;
  const width = step.values.map((v) => Math.sqrt(Math.max(0, v)));
  const J = Math.min(MODES, times.length);
  const stream = key.stream();
  const updater = la.rankUpdater(P);
  for (let from = 0; from < J; from += updater.capacity) {
    const rows = Math.min(updater.capacity, J - from);
    for (let r = 0; r < rows; r++) {
      const root = Math.sqrt(times[from + r]);
      for (let i = 0; i < P; i++) updater.buffer[r * P + i] = root * width[i] * stream.normal();
    }
    updater.update(rows);
  }
  const square: Matrix = updater.finish();
  const rest = times.subarray(J).reduce((s, t) => s + t, 0);
  for (let i = 0; i < P; i++) square.data[i * P + i] += rest * width[i] ** 2;
  const own = leadingEigenvectors(la, square, ranks);
  return { values: own.values, vectors: la.gemm(own.vectors, step.vectors, { transposeB: true }) };
}
