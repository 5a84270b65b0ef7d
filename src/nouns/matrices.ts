/** Matrices as a user reads them: arrays of rows. */
import type { Matrix } from '../numeric/linalg/index.js';
import { formatNumber } from '../report/format.js';
import { aligned } from './shown.js';

/** Returns the rows of a matrix as arrays. */
export const rowsIn = ({ rows, cols, data }: Matrix): number[][] =>
  Array.from({ length: rows }, (_, i) => Array.from(data.subarray(i * cols, (i + 1) * cols)));

/** Writes at most `most` rows and columns of a matrix. */
export function matrixText(rows: readonly (readonly number[])[], most = 6): string {
  const cut = <T>(list: readonly T[]) => list.slice(0, most);
  const cells = cut(rows).map((r) => [...cut(r).map((x) => formatNumber(x, 4)), ...(r.length > most ? ['…'] : [])]);
  return `${aligned(cells)}${rows.length > most ? '\n  …' : ''}`;
}

/** Writes some numbers of a list. */
export const formatList = (xs: readonly number[], most = 6): string =>
  xs.length === 0
    ? 'none'
    : `${xs
        .slice(0, most)
        .map((x) => formatNumber(x, 4))
        .join(', ')}${xs.length > most ? ', …' : ''}`;
