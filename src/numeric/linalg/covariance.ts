/**
 * Covariance and Gram matrices summed over a stream, in float64 whatever the input, without cancellation.
 *
 * Each piece is centred on its own mean before it enters the sum; the shift between the mean m_c of the piece (n_c
 * rows) and the mean m of the n rows before it enters as one more row, sqrt(n·n_c/(n + n_c))·(m_c − m): exactly Chan's
 * update.
 */
import { check } from '../errors.js';
import type { Matrix } from './matrix.js';
import type { LinearAlgebra } from './provider.js';

/** Accumulates Σ (x − x̄)(x − x̄)ᵀ of vectors that arrive in pieces. */
export interface CovarianceAccumulator {
  /** Length of the vectors. */
  readonly size: number;
  /** Vectors so far. */
  readonly count: number;
  /** Adds `n` vectors, row-major n×size. */
  add(rows: Float32Array | Float64Array, n: number): void;
  /** Mean of the vectors so far (a copy). */
  mean(): Float64Array;
  /**
   * Σ (x − x̄)(x − x̄)ᵀ / (count − ddof), size×size, by default with ddof = 1 (unbiased). The accumulator cannot be
   * used afterwards.
   * @throws InputError unless count > ddof, and when a value was not finite
   */
  finish(options?: { readonly ddof?: number }): Matrix;
}

/**
 * Starts a covariance of vectors of length `size`; it holds size² float64 numbers and one piece of about 256 vectors.
 * Cost size² flops a vector: 12 000 vectors of 2500 take 75 GFLOP.
 * @throws InputError unless `size` is a positive integer
 */
export function covarianceAccumulator(la: LinearAlgebra, size: number): CovarianceAccumulator {
  check(
    Number.isInteger(size) && size > 0,
    'covariance-size',
    `covariance: the vectors need a length ≥ 1, not ${size}.`,
  );
  const updater = la.rankUpdater(size);
  const buffer = updater.buffer;
  const room = updater.capacity - 1;
  const mean = new Float64Array(size);
  const own = new Float64Array(size);
  let count = 0;
  let filled = 0;
  let done = false;

  function flush(): void {
    if (filled === 0) return;
    // mean of the piece relative to its first row, so that no digits are lost when the offset is large
    own.fill(0);
    for (let r = 1; r < filled; r++) {
      const o = r * size;
      for (let i = 0; i < size; i++) own[i] += buffer[o + i] - buffer[i];
    }
    for (let i = 0; i < size; i++) own[i] = own[i] / filled + buffer[i];
    for (let r = 0; r < filled; r++) {
      const o = r * size;
      for (let i = 0; i < size; i++) buffer[o + i] -= own[i];
    }
    let lines = filled;
    if (count > 0) {
      const w = Math.sqrt((count * filled) / (count + filled));
      const o = filled * size;
      for (let i = 0; i < size; i++) buffer[o + i] = w * (own[i] - mean[i]);
      lines++;
    }
    updater.update(lines);
    const share = filled / (count + filled);
    for (let i = 0; i < size; i++) mean[i] += share * (own[i] - mean[i]);
    count += filled;
    filled = 0;
  }

  return {
    size,
    get count() {
      return count + filled;
    },
    add(rows, n) {
      check(!done, 'covariance-spent', 'covariance: finish() was called before; make a new accumulator.');
      check(
        rows.length >= n * size,
        'matrix-shape',
        () => `covariance: ${n} vectors of length ${size} need ${n * size} numbers; got ${rows.length}.`,
      );
      for (let first = 0; first < n; ) {
        const take = Math.min(n - first, room - filled);
        buffer.set(rows.subarray(first * size, (first + take) * size), filled * size);
        filled += take;
        first += take;
        if (filled === room) flush();
      }
    },
    mean() {
      flush();
      return mean.slice();
    },
    finish({ ddof = 1 } = {}) {
      flush();
      check(
        count > ddof,
        'covariance-count',
        () => `covariance: ${count} vectors are too few to divide by count − ${ddof}.`,
      );
      done = true;
      const c = updater.finish();
      checkSum(c);
      const f = 1 / (count - ddof);
      for (let i = 0; i < c.data.length; i++) c.data[i] *= f;
      return c;
    },
  };
}

/** Accumulates G_st = Σ_i (x_si − x̄_i)(x_ti − x̄_i) over coordinates i that arrive in blocks of columns. */
export interface GramAccumulator {
  /** Number of vectors T. */
  readonly size: number;
  /** Adds a block of columns of the T×P matrix: `block` is T×cols, row-major with row distance `stride` (default cols). */
  add(block: Float32Array | Float64Array, cols: number, stride?: number): void;
  /**
   * G, T×T: its eigenvalues are those of the P×P scatter matrix (divide by T − 1 for the covariance). The accumulator
   * cannot be used afterwards.
   * @throws InputError when a value was not finite
   */
  finish(): Matrix;
}

/**
 * Starts the T×T Gram matrix of T = `size` centred vectors of P numbers, for T < P. It holds T² numbers and about 256
 * columns. Cost T² flops a column.
 * @throws InputError unless `size` is a positive integer
 */
export function gramAccumulator(la: LinearAlgebra, size: number): GramAccumulator {
  check(Number.isInteger(size) && size > 0, 'gram-size', `gram: the number of vectors must be ≥ 1, not ${size}.`);
  const updater = la.rankUpdater(size);
  const buffer = updater.buffer;
  let filled = 0;

  function flush(): void {
    for (let c = 0; c < filled; c++) {
      const o = c * size;
      const first = buffer[o];
      let s = 0;
      for (let t = 1; t < size; t++) s += buffer[o + t] - first;
      const m = first + s / size;
      for (let t = 0; t < size; t++) buffer[o + t] -= m;
    }
    if (filled) updater.update(filled);
    filled = 0;
  }

  return {
    size,
    add(block, cols, stride = cols) {
      check(
        block.length >= (size - 1) * stride + cols,
        'matrix-shape',
        () => `gram: a block of ${size}×${cols} numbers was expected; got ${block.length} numbers.`,
      );
      for (let first = 0; first < cols; ) {
        const take = Math.min(cols - first, updater.capacity - filled);
        for (let t = 0; t < size; t++) {
          const from = t * stride + first;
          for (let c = 0; c < take; c++) buffer[(filled + c) * size + t] = block[from + c];
        }
        filled += take;
        first += take;
        if (filled === updater.capacity) flush();
      }
    },
    finish() {
      flush();
      const g = updater.finish();
      checkSum(g);
      return g;
    },
  };
}

function checkSum(c: Matrix): void {
  for (let i = 0; i < c.rows; i++) {
    check(
      Number.isFinite(c.data[i * c.cols + i]),
      'not-finite',
      () => `covariance: coordinate ${i} holds NaN or infinite values; did the run diverge?`,
    );
  }
}
