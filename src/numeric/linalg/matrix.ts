/** Dense float64 matrices, row-major and contiguous, with the checks that all functions of linear algebra share. */
import { check, kindOf } from '../errors.js';
import * as is from '../wants.js';

/** Holds rows×cols numbers; entry (i, j) is `data[i * cols + j]`. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

/**
 * Makes a rows×cols matrix around `data` (a Float64Array is not copied), or of zeros.
 * @throws InputError when the sizes disagree
 */
export function matrix(rows: number, cols: number, data?: ArrayLike<number>): Matrix {
  is.given('matrix', { data }, { data: is.maybe(is.numbers) });
  check(
    Number.isInteger(rows) && Number.isInteger(cols) && rows >= 0 && cols >= 0,
    'matrix-shape',
    () => `matrix: rows and columns must be whole numbers ≥ 0, not ${kindOf(rows)} and ${kindOf(cols)}.`,
  );
  const values = data instanceof Float64Array ? data : data ? Float64Array.from(data) : new Float64Array(rows * cols);
  check(
    values.length === rows * cols,
    'matrix-shape',
    () => `matrix: a ${rows}×${cols} matrix needs ${rows * cols} numbers; got ${values.length}.`,
  );
  return { rows, cols, data: values };
}

/**
 * Makes the matrix with the given rows.
 * @throws InputError when rows differ in length
 */
export function fromRows(rows: readonly ArrayLike<number>[]): Matrix {
  is.given('fromRows', { rows }, { rows: is.listOf(is.numbers) });
  const cols = rows[0]?.length ?? 0;
  check(
    rows.every((r) => r.length === cols),
    'matrix-shape',
    `matrix: all rows must have ${cols} numbers, as the first has.`,
  );
  return matrix(rows.length, cols, Float64Array.from(rows.flatMap((r) => Array.from(r))));
}

/** Makes the matrix whose rows are these vectors, each of `cols` numbers; none makes 0×cols. One copy, without a check of the numbers. */
export function stacked(vectors: readonly Float64Array[], cols: number): Matrix {
  const out = matrix(vectors.length, cols);
  vectors.forEach((v, i) => {
    out.data.set(v, i * cols);
  });
  return out;
}

/** Makes the n×n identity. */
export function identity(n: number): Matrix {
  is.given('identity', { n }, { n: is.whole });
  return diagonal(new Float64Array(n).fill(1));
}

/** Makes the diagonal matrix of `values`. */
export function diagonal(values: ArrayLike<number>): Matrix {
  const n = values.length;
  const m = matrix(n, n);
  for (let i = 0; i < n; i++) m.data[i * n + i] = values[i];
  return m;
}

/** Copies a matrix into memory of its own. */
export function copy(a: Matrix): Matrix {
  return matrix(a.rows, a.cols, a.data.slice());
}

/** Returns Aᵀ in memory of its own, written in blocks of 32×32, which stay in the caches. */
export function transpose(a: Matrix): Matrix {
  is.given('transpose', { a }, { a: is.matrix });
  const t = matrix(a.cols, a.rows);
  transposeInto(a.rows, a.cols, a.data, t.data);
  return t;
}

/** Writes the transpose of the rows×cols matrix `from` into `to`. */
export function transposeInto(rows: number, cols: number, from: Float64Array, to: Float64Array): void {
  for (let ib = 0; ib < rows; ib += 32) {
    const ie = Math.min(ib + 32, rows);
    for (let jb = 0; jb < cols; jb += 32) {
      const je = Math.min(jb + 32, cols);
      for (let i = ib; i < ie; i++) for (let j = jb; j < je; j++) to[j * rows + i] = from[i * cols + j];
    }
  }
}

/** Returns row i as a view. */
export function row(a: Matrix, i: number): Float64Array {
  return a.data.subarray(i * a.cols, (i + 1) * a.cols);
}

/** Returns the position of the pair i, j, in either order, in a packed lower triangle. */
export const pairIndex = (i: number, j: number): number => (i >= j ? (i * (i + 1)) / 2 + j : (j * (j + 1)) / 2 + i);

/** Returns the trace of a square matrix. */
export function trace(a: Matrix): number {
  let sum = 0;
  for (let i = 0; i < a.rows; i++) sum += a.data[i * a.cols + i];
  return sum;
}

/** Returns column j as a copy: the j-th eigenvector of `eigh`, for instance. */
export function column(a: Matrix, j: number): Float64Array {
  const out = new Float64Array(a.rows);
  for (let i = 0; i < a.rows; i++) out[i] = a.data[i * a.cols + j];
  return out;
}

/** Returns the Frobenius norm, computed without overflow or underflow. */
export function frobenius(a: Matrix): number {
  const scale = largest(a);
  if (scale === 0 || !Number.isFinite(scale)) return scale;
  let s = 0;
  const { data } = a;
  for (let k = 0; k < data.length; k++) s += (data[k] / scale) ** 2;
  return scale * Math.sqrt(s);
}

/** Returns max |a_ij|; NaN or Infinity when one is among the entries. */
export function largest(a: Matrix): number {
  let m = 0;
  let sum = 0;
  const { data } = a;
  // by index: an iterator takes three times as long
  for (let k = 0; k < data.length; k++) {
    const v = data[k];
    const w = Math.abs(v);
    if (w > m) m = w;
    sum += v - v;
  }
  return sum === 0 ? m : Number.isFinite(m) ? Number.NaN : m;
}

/**
 * Refuses NaN and infinite entries; returns max |a_ij|.
 * @throws InputError that names the first such entry
 */
export function checkFinite(a: Matrix, who: string): number {
  const m = largest(a);
  check(Number.isFinite(m), 'not-finite', () => {
    const k = a.data.findIndex((v) => !Number.isFinite(v));
    return `${who}: entry (${Math.floor(k / a.cols)}, ${k % a.cols}) of the ${a.rows}×${a.cols} matrix is ${a.data[k]}; every entry must be finite.`;
  });
  return m;
}

/**
 * Refuses a matrix that is not square.
 * @throws InputError
 */
export function checkSquare(a: Matrix, who: string): void {
  check(a.rows === a.cols, 'not-square', () => `${who}: a square matrix is needed; got ${a.rows}×${a.cols}.`);
}

/**
 * Refuses a matrix whose asymmetry exceeds 1e-8 of its largest entry, because results for a wrong input would be wrong;
 * returns max |a_ij|.
 * @throws InputError that names the first pair of entries that differ
 */
export function checkSymmetric(a: Matrix, who: string): number {
  checkSquare(a, who);
  const size = checkFinite(a, who);
  const n = a.rows;
  const limit = 1e-8 * size;
  for (let ib = 0; ib < n; ib += 32) {
    for (let jb = ib; jb < n; jb += 32) {
      const ie = Math.min(ib + 32, n);
      const je = Math.min(jb + 32, n);
      for (let i = ib; i < ie; i++) {
        for (let j = Math.max(jb, i + 1); j < je; j++) {
          const d = Math.abs(a.data[i * n + j] - a.data[j * n + i]);
          check(
            d <= limit,
            'not-symmetric',
            () =>
              `${who}: a symmetric matrix is needed, but entries (${i}, ${j}) and (${j}, ${i}) are ${a.data[i * n + j]} and ${a.data[j * n + i]}; symmetrise it first if that is meant.`,
          );
        }
      }
    }
  }
  return size;
}

/** Returns the power of two that brings a largest entry of `size` into [1/2, 1); scaling by it is exact. */
export function binaryScale(size: number): number {
  if (size === 0) return 1;
  const exponent = Math.max(-1022, Math.min(1022, Math.floor(Math.log2(size)) + 1));
  return 2 ** -exponent;
}
