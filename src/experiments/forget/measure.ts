/** The end of a branch relative to task 1: displacement along its directions. docs/theory [C3]. */

import type { Axes } from '../../apply/task.js';
import { recordedBlock } from '../../model/any-network.js';
import { type Matrix, row } from '../../numeric/linalg/index.js';
import { logSpaced } from '../../numeric/spacing.js';
import type { StoredAxes } from './known.js';
import type { Branch, Moved } from './measured.js';
import type { Weights } from './network.js';
import type { TaskSet } from './task-set.js';

/** Number of groups of ranks over which a displacement is averaged. */
const GROUPS = 14;

/**
 * Returns ((w − w1)·p)² averaged over log-spaced groups of rows; with `width` 2 rows are pairs, and the value of a
 * plane is the mean over its two axes.
 */
export function displacement(delta: Float64Array, axes: Matrix, width = 1): Moved {
  const count = Math.floor(axes.rows / width);
  const squares = Array.from({ length: count }, (_, k) => {
    let sum = 0;
    for (let r = width * k; r < width * (k + 1); r++) {
      const p = row(axes, r);
      let along = 0;
      for (let i = 0; i < delta.length; i++) along += delta[i] * p[i];
      sum += along * along;
    }
    return sum / width;
  });
  const starts = count < 2 ? [1] : logSpaced(count, Math.min(GROUPS, count));
  const ranks = starts.map((from, g): [number, number] => [from, (starts[g + 1] ?? count + 1) - 1]);
  return {
    ranks,
    perDirection: ranks.map(([from, to]) => squares.slice(from - 1, to).reduce((s, v) => s + v, 0) / (to - from + 1)),
  };
}

/** Returns the displacement by kind of direction in the reported layer, for those that were kept. */
export function movedOf(taskSet: TaskSet, first: Weights, end: Weights, axes: StoredAxes): Branch['moved'] {
  const { layer } = taskSet.config.statistics;
  const { offset, size } = recordedBlock(taskSet.spec(0), layer);
  const delta = Float64Array.from({ length: size }, (_, i) => end.shared[offset + i] - first.shared[offset + i]);
  const along = (map: ReadonlyMap<string, Axes>, width = 1) => {
    const found = map.get(layer)?.axes;
    return found && found.rows >= width ? displacement(delta, found, width) : undefined;
  };
  const [principal, hessian, vortex] = [along(axes.principal), along(axes.stiffest), along(axes.planes, 2)];
  return { ...(principal && { principal }), ...(hessian && { hessian }), ...(vortex && { vortex }) };
}
