/** A table of weights as a user has it, for principal directions: rows in memory, a trajectory, a recording. */
import { asRows, ROW_SOURCE_WANTS, type RowSource, rowsInMemory } from '../analyse/trajectory/rows.js';
import { check, kindOf } from '../numeric/errors.js';
import type { Matrix } from '../numeric/linalg/index.js';
import * as is from '../numeric/wants.js';
import { pause } from '../surface/requests.js';
import type { RequestOptions } from '../surface/surface.js';
import { checkGoing } from './watched.js';

/** Holds numbers with their shape, as `readNpy` gives them: T rows of P. */
export interface Shaped {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}

/** What `pca` takes as rows: arrays of numbers, a matrix, numbers with a shape, anything that gives rows, such as an open `Trajectory`, or the path of a recording. */
export type RowsLike = readonly ArrayLike<number>[] | Matrix | Shaped | RowSource | ArrayLike<number> | string;

/**
 * Returns a source of rows.
 * @param shape - [T, P] of numbers that come without one
 * @throws InputError for anything else, for rows of different lengths, and for a shape that does not fit
 */
export async function rowsOf(call: string, given: RowsLike, shape: readonly number[] | undefined): Promise<RowSource> {
  if (typeof given === 'string') return (await import('#recordings')).openRecording(given);
  if (ROW_SOURCE_WANTS(given, '') === undefined) return given as RowSource;
  if (is.matrix(given, '') === undefined) return rowsInMemory((given as Matrix).data, (given as Matrix).cols);
  const own = given as Partial<Shaped>;
  const shaped = is.object(given, '') === undefined && is.numbers(own.data, '') === undefined && own.shape;
  if (shaped || (is.numbers(given, '') === undefined && (given as ArrayLike<number>).length > 0 && shape))
    return inShape(call, shaped ? (own as Shaped) : { data: given as ArrayLike<number>, shape: shape ?? [] });
  check(
    is.some(is.listOf(is.numbers))(given, '') === undefined,
    'wrong-argument',
    () =>
      `${call}: rows must be an array of rows, a matrix, numbers with a shape [T, P], or an open Trajectory, or the path of a recording; got ${kindOf(given)}.`,
  );
  return asRows(given as never);
}

function inShape(call: string, { data, shape }: Shaped): RowSource {
  const [T, ...rest] = is.numbers(shape, '') === undefined ? Array.from(shape) : [Number.NaN];
  const P = rest.reduce((a, b) => a * b, 1);
  check(
    rest.length >= 1 && T >= 1 && P >= 1 && T * P === data.length,
    'shape',
    () =>
      `${call}: ${data.length} numbers cannot have the shape [${[T, ...rest].join(', ')}]; it is [T, P], rows first.`,
  );
  const kept = data instanceof Float32Array || data instanceof Float64Array ? data : Float64Array.from(data);
  return rowsInMemory(kept, P);
}

/** Copies rows to memory where they take at most `budget` bytes, so that several passes over them cost no reading. */
export async function kept(source: RowSource, budget: number): Promise<RowSource> {
  const { T, P } = source;
  if (8 * T * P > budget) return source;
  let all: Float32Array | Float64Array | undefined;
  let at = 0;
  for await (const chunk of source.chunks()) {
    all ??= chunk instanceof Float64Array ? new Float64Array(T * P) : new Float32Array(T * P);
    if (at + chunk.length > all.length) return source;
    all.set(chunk, at);
    at += chunk.length;
  }
  return at === T * P && all ? rowsInMemory(all, P) : source;
}

/**
 * Returns the same rows, which tell of their reading and stop it: the share is that of `passes` readings of all rows.
 * @throws RunError 'interrupted' while they are read, where the signal was given
 */
export function watchedRows(call: string, source: RowSource, request: RequestOptions, passes: number): RowSource {
  const { T, P } = source;
  let read = 0;
  return {
    T,
    P,
    async *chunks() {
      for await (const chunk of source.chunks()) {
        if (request.signal) await pause();
        checkGoing(call, request);
        yield chunk;
        read += chunk.length / P;
        request.onProgress?.(Math.min(0.99, read / (passes * T)));
      }
    },
  };
}
