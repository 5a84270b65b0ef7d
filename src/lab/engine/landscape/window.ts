/** The window of a snapshot in its principal directions, as the measurements of the view Landscape use it. */
import { pca, project } from '../../../analyse/trajectory/pca.js';
import { rowsInMemory } from '../../../analyse/trajectory/rows.js';
import { check } from '../../../numeric/errors.js';
import { type Matrix, matrix, row } from '../../../numeric/linalg/index.js';
import { gather, scatterAdd } from '../../../surface/blocks.js';
import type { Basis } from '../../basis.js';
import type { Snapshot } from '../../protocol.js';
import type { Bench } from '../registry.js';

/** Fewest rows from which directions are found. */
const FEWEST = 30;
/** Most rows by default: the eigenproblem grows with their third power. */
const MOST = 600;

/** Holds directions of the window and where its rows are along them. */
export interface WindowDirections {
  readonly basis: Basis;
  readonly ranks: readonly number[];
  /** k×P_b, one unit direction a row. */
  readonly directions: Matrix;
  /** k×T of ALL rows of the snapshot, weight. */
  readonly coordinates: Float64Array;
  readonly rows: number;
  /** Number of the step of each row. */
  readonly steps: Float64Array;
  /** Variances of all directions and their sum, weight². */
  readonly variances: Float64Array;
  readonly totalVariance: number;
  /** Mean of the rows, length P_b. */
  readonly mean: Float64Array;
  /** All weights, those of the layer at the mean of the window: float32 numbers, as training has them. */
  readonly centre: Float64Array;
}

/**
 * Finds principal directions of the window of a snapshot by rank.
 * @throws InputError for a window that is too short, or ranks that it does not have
 */
export async function windowDirections(
  bench: Bench,
  snapshot: Snapshot,
  ranks: readonly number[],
  most = MOST,
): Promise<WindowDirections> {
  const P = bench.block.size;
  const T = snapshot.rows.length / P;
  check(
    T >= FEWEST,
    'short-window',
    () => `the window has ${T} rows, and directions are found from ${FEWEST} or more; train on for a moment.`,
  );
  const stride = Math.ceil(T / most);
  const used = Math.floor((T - 1) / stride) + 1;
  const thinned = new Float32Array(used * P);
  const first = (T - 1) % stride;
  for (let k = 0; k < used; k++) {
    const from = (first + k * stride) * P;
    thinned.set(snapshot.rows.subarray(from, from + P), k * P);
  }
  const highest = Math.min(P, used - 1);
  const wrong = ranks.find((r) => !Number.isInteger(r) || r < 1 || r > highest);
  check(
    wrong === undefined,
    'bad-rank',
    () => `directions of this window have the ranks 1 to ${highest}; got ${wrong}.`,
  );
  const keep = [...new Set(ranks)].sort((a, b) => a - b);
  const found = await pca(rowsInMemory(thinned, P), bench.la, { keep });
  const { components, mean, summary } = found;
  const coordinates = await project(rowsInMemory(snapshot.rows, P), { components, mean }, bench.la);
  const centre = Float64Array.from(snapshot.weights);
  const shift = mean.map((v) => v);
  scatterAdd(bench.block, gather(bench.block, centre), -1, centre);
  scatterAdd(bench.block, shift, 1, centre);
  return {
    basis: { step: snapshot.step, rows: used, every: stride * snapshot.every, weights: P },
    ranks: keep,
    directions: matrix(keep.length, P, components),
    coordinates,
    rows: T,
    steps: Float64Array.from({ length: T }, (_, t) => snapshot.firstStep + t * snapshot.every),
    variances: summary.variances instanceof Float64Array ? summary.variances : Float64Array.from(summary.variances),
    totalVariance: summary.totalVariance,
    mean,
    centre: centre.map(Math.fround),
  };
}

/** Returns the direction and the coordinates of a rank. */
export function alongRank(w: WindowDirections, rank: number): { direction: Float64Array; coordinates: Float64Array } {
  const i = w.ranks.indexOf(rank);
  return { direction: row(w.directions, i), coordinates: w.coordinates.subarray(i * w.rows, (i + 1) * w.rows) };
}
