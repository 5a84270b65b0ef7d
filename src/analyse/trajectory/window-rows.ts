/** Rows of a window in memory: projections, and variances about a straight line in time. */
import { type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';

/** Holds T rows of P weights, row-major. */
export interface Rows {
  readonly data: Float32Array;
  readonly P: number;
}

/** Returns the number of rows. */
export const countOfRows = ({ data, P }: Rows): number => data.length / P;

/** Rows that are projected at once. */
const BATCH = 128;

/** Projects rows from … to − 1 on directions (k×P, one a row); k×T row-major, not centred. */
export function projected(la: LinearAlgebra, rows: Rows, directions: Matrix, from = 0, to = countOfRows(rows)): Matrix {
  const { data, P } = rows;
  const out = matrix(directions.rows, to - from);
  for (let first = from; first < to; first += BATCH) {
    const n = Math.min(BATCH, to - first);
    const batch = matrix(n, P, Float64Array.from(data.subarray(first * P, (first + n) * P)));
    const part = la.gemm(directions, batch, { transposeB: true });
    for (let i = 0; i < directions.rows; i++)
      out.data.set(part.data.subarray(i * n, (i + 1) * n), i * (to - from) + first - from);
  }
  return out;
}

/** Returns the variance of each row of a matrix over its columns, about their mean or about a straight line in time. */
export function variancesOf({ data, rows, cols }: Matrix, about: 'mean' | 'line'): Float64Array {
  return Float64Array.from({ length: rows }, (_, i) => {
    const x = data.subarray(i * cols, (i + 1) * cols);
    const centre = (cols - 1) / 2;
    let [mean, slope, times] = [0, 0, 0];
    for (let t = 0; t < cols; t++) mean += x[t] / cols;
    for (let t = 0; t < cols; t++) {
      slope += (t - centre) * (x[t] - mean);
      times += (t - centre) ** 2;
    }
    const rate = about === 'line' && times > 0 ? slope / times : 0;
    let square = 0;
    for (let t = 0; t < cols; t++) square += (x[t] - mean - rate * (t - centre)) ** 2;
    return square / cols;
  });
}

/** Returns rows times a factor for each weight, in place of which they are written. */
export function scaleRows({ data, P }: Rows, factor: ArrayLike<number>): void {
  for (let at = 0; at < data.length; at += P) for (let i = 0; i < P; i++) data[at + i] *= factor[i];
}

/** Returns the mean of the rows. Cost O(T·P). */
export function meanOfRows({ data, P }: Rows): Float64Array {
  const T = countOfRows({ data, P });
  const out = new Float64Array(P);
  for (let at = 0; at < data.length; at += P) for (let i = 0; i < P; i++) out[i] += data[at + i] / T;
  return out;
}
