/**
 * Covariances of windows that share their end, from one pass over the steps: the moments of the pieces between their
 * beginnings are kept, and those of a window are combined from its pieces. The trajectory is not stored.
 */
import { rounding } from '../../analyse/trajectory/pca.js';
import { covarianceAccumulator } from '../../numeric/linalg/covariance.js';
import { leadingEigenvectors } from '../../numeric/linalg/leading.js';
import { frobenius, type Matrix, matrix } from '../../numeric/linalg/matrix.js';
import type { LinearAlgebra } from '../../numeric/linalg/provider.js';
import { logSpaced } from '../../numeric/spacing.js';

/** Holds count, mean and covariance (population, P×P) of rows. */
export interface Moments {
  readonly count: number;
  readonly mean: Float64Array;
  readonly covariance: Matrix;
}

/** Returns the moments of the rows of both, in new arrays, by Chan's update. docs/theory [P3]. */
export function merged(a: Moments, b: Moments): Moments {
  const count = a.count + b.count;
  const [s, t] = [a.count / count, b.count / count];
  const P = a.mean.length;
  const d = Float64Array.from(a.mean, (v, i) => b.mean[i] - v);
  const out = new Float64Array(P * P);
  const [x, y] = [a.covariance.data, b.covariance.data];
  for (let i = 0; i < P; i++) {
    const f = s * t * d[i];
    for (let j = 0, k = i * P; j < P; j++, k++) out[k] = s * x[k] + t * y[k] + f * d[j];
  }
  return { count, mean: Float64Array.from(a.mean, (v, i) => v + t * d[i]), covariance: matrix(P, P, out) };
}

/** Accumulates rows into pieces; `cut` ends a piece. */
export class PieceSums {
  readonly pieces: Moments[] = [];
  private open: ReturnType<typeof covarianceAccumulator> | undefined;
  constructor(
    private readonly la: LinearAlgebra,
    private readonly size: number,
  ) {}

  add(rows: Float32Array | Float64Array): void {
    this.open ??= covarianceAccumulator(this.la, this.size);
    this.open.add(rows, rows.length / this.size);
  }

  cut(): void {
    if (!this.open) return;
    const { count } = this.open;
    const mean = this.open.mean();
    this.pieces.push({ count, mean, covariance: this.open.finish({ ddof: 0 }) });
    this.open = undefined;
  }
}

/** Holds the principal directions of moments, as analyse/pca.ts defines them. */
export interface Principal {
  /** Descending, min(P, count−1) of them. */
  readonly variances: number[];
  readonly totalVariance: number;
  /** The larger of the rounding of float32 rows and of the eigenproblem, 2^−52‖C‖_F: an upper estimate of pca.ts's residual. */
  readonly resolution: number;
  /** Ranks of the directions, from 1 for the largest variance. */
  readonly ranks: readonly number[];
  /** K×P, one direction of `ranks` a row. */
  readonly directions: Matrix;
}

/** Computes `most` principal directions of moments, evenly spaced in the logarithm of the rank. Half an eigenproblem of order P. */
export function principal(la: LinearAlgebra, m: Moments, most: number): Principal {
  const P = m.mean.length;
  const K = Math.min(P, m.count - 1);
  const ranks = logSpaced(K, most);
  const { values, vectors } = leadingEigenvectors(la, m.covariance, ranks);
  return {
    variances: Array.from({ length: K }, (_, k) => Math.max(0, values[P - 1 - k])),
    totalVariance: values.reduce((s, v) => s + v, 0),
    resolution: Math.max(rounding(m.mean, 24), 2 ** -52 * frobenius(m.covariance)),
    ranks,
    directions: vectors,
  };
}

/** Returns columns of `vectors`, counted from the end (rank 1 is the last), as rows. */
export function topColumns(vectors: Matrix, ranks: readonly number[]): Matrix {
  const n = vectors.cols;
  const out = matrix(ranks.length, vectors.rows);
  for (let j = 0; j < vectors.rows; j++)
    for (let k = 0; k < ranks.length; k++) out.data[k * vectors.rows + j] = vectors.data[j * n + n - ranks[k]];
  return out;
}

/** Returns p_kᵀ A p_k for the K rows of `directions`. 2KP² flops. */
export function quadraticForms(la: Pick<LinearAlgebra, 'gemm'>, directions: Matrix, a: Matrix): Float64Array {
  const image = la.gemm(directions, a);
  return Float64Array.from({ length: directions.rows }, (_, k) => {
    let sum = 0;
    for (let j = k * directions.cols; j < (k + 1) * directions.cols; j++) sum += directions.data[j] * image.data[j];
    return sum;
  });
}

/** Returns v_jᵀ A v_j for all columns of `vectors`. 2P³ flops. */
export function diagonalIn(la: Pick<LinearAlgebra, 'gemm'>, vectors: Matrix, a: Matrix): Float64Array {
  const image = la.gemm(a, vectors);
  const n = vectors.cols;
  const out = new Float64Array(n);
  for (let i = 0; i < vectors.rows; i++)
    for (let j = 0; j < n; j++) out[j] += vectors.data[i * n + j] * image.data[i * n + j];
  return out;
}

/**
 * Returns the moments of the beginning of a window from those of the whole and of its end; for windows with a cut
 * inside that half.
 */
export function without(whole: Moments, end: Moments): Moments {
  const count = whole.count - end.count;
  const P = whole.mean.length;
  const mean = Float64Array.from(whole.mean, (m, i) => (whole.count * m - end.count * end.mean[i]) / count);
  const out = new Float64Array(P * P);
  for (let i = 0; i < P; i++)
    for (let j = 0; j < P; j++) {
      const d = ((end.mean[i] - mean[i]) * (end.mean[j] - mean[j]) * count * end.count) / whole.count;
      out[i * P + j] =
        (whole.count * whole.covariance.data[i * P + j] - end.count * end.covariance.data[i * P + j] - d) / count;
    }
  return { count, mean, covariance: matrix(P, P, out) };
}
