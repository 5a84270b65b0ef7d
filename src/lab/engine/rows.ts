/** Rows of a snapshot, thinned, with their principal directions and coordinates along them. */
import { type Pca, pca } from '../../analyse/trajectory/pca.js';
import { rowsInMemory } from '../../analyse/trajectory/rows.js';
import { projected } from '../../analyse/trajectory/window-rows.js';
import { check } from '../../numeric/errors.js';
import { type Matrix, matrix } from '../../numeric/linalg/index.js';
import type { Basis } from '../measures.js';
import type { Snapshot } from '../protocol.js';
import type { Bench } from './registry.js';

/** Most rows of which principal directions are found, where nothing else is asked. */
export const MOST_ROWS = 600;
/** Fewest rows that say anything of directions. */
const FEWEST_ROWS = 10;

/** Holds the rows that are used. */
export interface UsedRows {
  readonly data: Float32Array;
  readonly P: number;
  readonly basis: Basis;
  /** Number of the step of the first row. */
  readonly firstStep: number;
}

/**
 * Takes at most `most` rows of a snapshot, evenly spaced, the last one among them.
 * @throws InputError where the window has fewer than ten
 */
export function usedRows({ rows, layer, ...snapshot }: Snapshot, P: number, most = MOST_ROWS): UsedRows {
  const T = rows.length / P;
  check(
    T >= FEWEST_ROWS,
    'few-rows',
    `the window of ${layer} has ${T} rows so far, and principal directions need at least ${FEWEST_ROWS}; train on.`,
  );
  const stride = Math.ceil(T / Math.max(FEWEST_ROWS, most));
  const count = Math.floor((T - 1) / stride) + 1;
  const first = T - 1 - (count - 1) * stride;
  const data = stride === 1 ? rows : new Float32Array(count * P);
  if (stride > 1)
    for (let k = 0; k < count; k++) {
      const from = (first + k * stride) * P;
      data.set(rows.subarray(from, from + P), k * P);
    }
  return {
    data,
    P,
    basis: { step: snapshot.step, rows: count, every: stride * snapshot.every, weights: P },
    firstStep: snapshot.firstStep + first * snapshot.every,
  };
}

/** Ranks that exist: min(P, T − 1). */
export const ranksOf = ({ basis, P }: UsedRows): number => Math.min(P, basis.rows - 1);

/**
 * The last rank whose variance says something of the run: with few rows for each weight the variances of the later half fall off, whatever
 * the law. All ranks from four rows a weight on.
 */
export const meaningfulRanks = (rows: UsedRows): number =>
  rows.basis.rows >= 4 * rows.P ? ranksOf(rows) : Math.max(1, Math.floor(ranksOf(rows) / 2));

/** Finds principal directions of the rows at these ranks; ranks beyond the last are left out. */
export function principal({ la }: Bench, rows: UsedRows, ranks: readonly number[]): Promise<Pca> {
  const last = ranksOf(rows);
  const keep = [...new Set(ranks.filter((r) => Number.isInteger(r) && r >= 1 && r <= last))].sort((a, b) => a - b);
  return pca(rowsInMemory(rows.data, rows.P), la, { keep });
}

/** Returns the directions as rows of a matrix. */
export const directionsOf = ({ components, indices, mean }: Pca): Matrix =>
  matrix(indices.length, mean.length, components);

/** Returns coordinates of rows along directions, about the mean of the window in which the directions were found; k×T. */
export function coordinates({ la }: Bench, data: Float32Array, found: Pca): Matrix {
  const directions = directionsOf(found);
  const out = projected(la, { data, P: found.mean.length }, directions);
  const { cols } = out;
  for (let k = 0; k < directions.rows; k++) {
    let centre = 0;
    for (let i = 0; i < found.mean.length; i++) centre += found.mean[i] * found.components[k * found.mean.length + i];
    for (let t = 0; t < cols; t++) out.data[k * cols + t] -= centre;
  }
  return out;
}

/** Returns all weights: the mean of the window in the layer, the last ones elsewhere. */
export function meanCentre({ block }: Bench, { weights }: Snapshot, mean: Float64Array): Float64Array {
  const centre = Float64Array.from(weights);
  let at = 0;
  for (const { offset, size } of block.ranges) {
    centre.set(mean.subarray(at, at + size), offset);
    at += size;
  }
  return centre;
}
