/** A window of weights as a stream of rows, from a file, memory or a simulation alike. */
import { check, kindOf, RunError } from '../../numeric/errors.js';
import { asMatrix } from '../../numeric/given.js';
import * as is from '../../numeric/wants.js';

/** One piece of a stream holds any whole number of rows, row-major; float64 for simulated windows. */
export type RowChunk = Float32Array | Float64Array;

/**
 * Gives T rows of P numbers. `chunks` starts from the first row each time it is called; the producer may reuse the memory of a
 * piece for the next one.
 */
export interface RowSource {
  readonly T: number;
  readonly P: number;
  chunks(): Iterable<RowChunk> | AsyncIterable<RowChunk>;
}

/** Says what a {@link RowSource} needs. */
export const ROW_SOURCE_WANTS = is.shape<RowSource>(
  { T: is.whole, P: is.count, chunks: is.func },
  'rows, such as an open Trajectory or rowsInMemory gives',
);

/**
 * Makes a source of rows that are already in memory (T×P, row-major), in pieces of `rows` rows (default 256), which are views.
 * @throws InputError when P does not divide the number of values
 */
export function rowsInMemory(data: RowChunk, P: number, rows = 256): RowSource {
  is.given('rowsInMemory', { data, P, rows }, { data: is.numbers, P: is.count, rows: is.count });
  check(P >= 1 && data.length % P === 0, 'shape', () => `rows of ${P} numbers do not divide ${data.length} numbers.`);
  return {
    T: data.length / P,
    P,
    *chunks() {
      for (let at = 0; at < data.length; at += rows * P) yield data.subarray(at, at + rows * P);
    },
  };
}

/**
 * Returns a source of rows, also from an array of rows, which is copied to float64.
 * @throws InputError for anything else, and for rows of different lengths
 */
export function asRows(given: RowSource): RowSource {
  if (Array.isArray(given)) {
    const { data, cols } = asMatrix(given as never, 'the window');
    return rowsInMemory(data, cols);
  }
  check(
    Number.isInteger(given?.T) && Number.isInteger(given.P) && typeof given.chunks === 'function',
    'no-rows',
    () => `a window must be an open Trajectory, rowsInMemory(data, P) or an array of rows; got ${kindOf(given)}.`,
  );
  return given;
}

/**
 * Makes a source of the rows `from` … `to`−1 (half-windows and shorter windows of the controls, docs/theory [S7]). Rows before
 * them are read and skipped, rows after them are not read.
 * @throws InputError for a range that is empty or outside the source
 */
export function rowRange(given: RowSource, from: number, to: number): RowSource {
  is.given(
    'rowRange',
    { given, from, to },
    { given: is.either(ROW_SOURCE_WANTS, is.matrixOrRows), from: is.number, to: is.number },
  );
  const source = asRows(given);
  const { T, P } = source;
  check(
    Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from < to && to <= T,
    'bad-range',
    () =>
      `rows ${from} to ${to} were requested, but the window has rows 0 to ${T} (the end is exclusive and after the start).`,
  );
  if (from === 0 && to === T) return source;
  return {
    T: to - from,
    P,
    async *chunks() {
      let first = 0;
      for await (const chunk of source.chunks()) {
        const rows = chunk.length / P;
        const a = Math.max(from - first, 0);
        const b = Math.min(to - first, rows);
        if (a < b) yield chunk.subarray(a * P, b * P);
        first += rows;
        if (first >= to) return;
      }
    },
  };
}

/**
 * Makes a source of the same rows with column i multiplied by factors[i], in float64: a window in other coordinates, such as an
 * optimiser's own, y = P^(−1/2) w, with the factors 1/√P_i [O1].
 * @throws InputError for factors of another number than the columns
 */
export function scaledRows(given: RowSource, factors: ArrayLike<number>): RowSource {
  is.given(
    'scaledRows',
    { given, factors },
    { given: is.either(ROW_SOURCE_WANTS, is.matrixOrRows), factors: is.numbers },
  );
  const source = asRows(given);
  const { T, P } = source;
  check(factors.length === P, 'shape', () => `rows of ${P} numbers need ${P} factors; got ${factors.length}.`);
  return {
    T,
    P,
    async *chunks() {
      for await (const chunk of source.chunks()) yield Float64Array.from(chunk, (x, k) => x * factors[k % P]);
    },
  };
}

/**
 * Visits every piece with the number of its first row and its count of rows. The next piece is requested when the visit is over.
 * @throws RunError when a piece is not made of whole rows, or their number is not T
 */
export async function forEachChunk(
  source: RowSource,
  visit: (chunk: RowChunk, first: number, rows: number) => void,
): Promise<void> {
  const { T, P } = source;
  let first = 0;
  for await (const chunk of source.chunks()) {
    const rows = chunk.length / P;
    if (!Number.isInteger(rows) || first + rows > T)
      throw new RunError(
        'bad-rows',
        `a window of ${T} rows of ${P} weights gave ${chunk.length} numbers at row ${first}: not whole rows, or too many; is the file complete?`,
      );
    if (rows > 0) visit(chunk, first, rows);
    first += rows;
  }
  if (first !== T)
    throw new RunError(
      'bad-rows',
      `a window of ${T} rows ended after row ${first}; was the run cut short? Analyse rows 0 to ${first}.`,
    );
}

/**
 * Visits the rows in batches of `capacity` (the last one may be shorter), in float64 and with `centre` subtracted. All batches
 * share one buffer of capacity×P×8 bytes, which the next batch overwrites.
 * @throws RunError as `forEachChunk`
 */
export async function forEachBatch(
  source: RowSource,
  capacity: number,
  centre: Float64Array,
  visit: (batch: Float64Array, first: number, rows: number) => void,
): Promise<void> {
  const { P } = source;
  const buffer = new Float64Array(capacity * P);
  let filled = 0;
  let start = 0;
  const flush = () => {
    if (filled > 0) visit(buffer.subarray(0, filled * P), start, filled);
    start += filled;
    filled = 0;
  };
  await forEachChunk(source, (chunk, _first, rows) => {
    for (let r = 0; r < rows; r++) {
      const [to, from] = [filled * P, r * P];
      for (let j = 0; j < P; j++) buffer[to + j] = chunk[from + j] - centre[j];
      if (++filled === capacity) flush();
    }
  });
  flush();
}
