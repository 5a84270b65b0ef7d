/** A window of weights as a stream of rows, whatever keeps them: disk, memory, a simulation. */
import { check, RunError } from '../../numeric/errors.js';

/** One piece of a stream: any whole number of rows, row-major. float64 for simulated windows. */
export type RowChunk = Float32Array | Float64Array;

/** T rows of P numbers. `chunks` starts from the first row each time it is called; pieces may be reused by the producer. */
export interface RowSource {
  readonly T: number;
  readonly P: number;
  chunks(): Iterable<RowChunk> | AsyncIterable<RowChunk>;
}

/** A source over rows that are in memory already (T×P, row-major), given out in pieces of `rows` (default 256). */
export function rowsInMemory(data: RowChunk, P: number, rows = 256): RowSource {
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
 * Rows `from` … `to`−1 as a source of their own (half-windows and shorter windows of the controls, docs/theory [S7]).
 * What lies before is read and skipped, what lies after is not read.
 */
export function rowRange(source: RowSource, from: number, to: number): RowSource {
  const { T, P } = source;
  check(
    Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from < to && to <= T,
    'bad-range',
    () =>
      `rows ${from} to ${to} were asked for, but the window has rows 0 to ${T} (the end is exclusive and after the start).`,
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
 * Visits every piece with the number of its first row and its count of rows; checks that pieces are whole rows and that T
 * of them come (RunError else). The next piece is not asked for before the visit is over.
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
 * Visits the rows in batches of `capacity` (the last one may be shorter), in float64 and with `centre` subtracted. The
 * batch is one buffer, overwritten by the next: capacity×P×8 bytes.
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
