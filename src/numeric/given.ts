/**
 * What a caller in JavaScript may hand over where numbers, or matrices are meant: accepted where the meaning is
 * plain, and otherwise refused with a sentence that says what is needed and what came.
 */
import { check, kindOf } from './errors.js';
import { fromRows, type Matrix } from './linalg/matrix.js';

/**
 * Checks that `x` is a list of numbers: a typed array, or an array of nothing else.
 * @throws InputError
 */
export function checkNumbers(x: ArrayLike<number>, who: string): void {
  if (ArrayBuffer.isView(x) && !(x instanceof DataView) && typeof (x as ArrayLike<unknown>)[0] !== 'bigint') return;
  const list = Array.isArray(x) ? (x as unknown[]) : undefined;
  const wrong = list?.findIndex((v) => typeof v !== 'number') ?? 0;
  check(
    list !== undefined && wrong < 0,
    'not-numbers',
    () =>
      `${who} must be an array of numbers or a typed array; got ${kindOf(x)}${list && wrong > 0 ? `, and ${kindOf(list[wrong])} at position ${wrong}` : ''}.`,
  );
}

/** Returns the numbers as a Float64Array: the one given, or a copy. */
export const float64 = (x: ArrayLike<number>): Float64Array => (x instanceof Float64Array ? x : Float64Array.from(x));

/**
 * Returns a matrix, also from an array of rows.
 * @throws InputError for anything else, and for rows of different lengths
 */
export function asMatrix(given: Matrix, who: string): Matrix {
  const rows = given as unknown;
  if (Array.isArray(rows) && rows.length > 0 && rows.every((row) => Array.isArray(row) || ArrayBuffer.isView(row))) {
    for (const [i, row] of rows.entries()) checkNumbers(row as number[], `row ${i} of ${who}`);
    return fromRows(rows.map((row) => Array.from(row as ArrayLike<number>)));
  }
  const { rows: count, cols, data } = (given ?? {}) as Partial<Matrix>;
  check(
    Number.isInteger(count) && Number.isInteger(cols) && data instanceof Float64Array && data.length === count! * cols!,
    'not-a-matrix',
    () => `${who} must be a matrix, such as matrix(rows, cols, data) makes, or an array of rows; got ${kindOf(given)}.`,
  );
  return given;
}
