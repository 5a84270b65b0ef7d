/**
 * The end of a branch relative to task 1: displacement along its directions, and the loss along them. docs/theory [C3].
 */

import type { Axes } from '../../apply/task.js';
import { firstSamples } from '../../data/subset.js';
import { layerNamed } from '../../model/network.js';
import { type Matrix, row } from '../../numeric/linalg/index.js';
import { logSpaced } from '../../numeric/spacing.js';
import { LineLoss } from '../../surface/network/line.js';
import type { StoredAxes } from './known.js';
import type { Branch, Moved, Profile } from './measured.js';
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
  const { weightOffset, inputs, outputs } = layerNamed(taskSet.spec(0), layer);
  const delta = Float64Array.from(
    { length: inputs * outputs },
    (_, i) => end.shared[weightOffset + i] - first.shared[weightOffset + i],
  );
  const along = (map: ReadonlyMap<string, Axes>, width = 1) => {
    const found = map.get(layer)?.axes;
    return found && found.rows >= width ? displacement(delta, found, width) : undefined;
  };
  const [principal, hessian, vortex] = [along(axes.principal), along(axes.stiffest), along(axes.planes, 2)];
  return { ...(principal && { principal }), ...(hessian && { hessian }), ...(vortex && { vortex }) };
}

/**
 * Returns the loss of task 1 along lines through the end of a branch, in the directions and at the displacements of
 * `before`.
 */
export function profilesThrough(
  taskSet: TaskSet,
  end: Weights,
  axes: StoredAxes,
  before: readonly Profile[],
): Profile[] {
  const { layer, samples } = taskSet.config.statistics;
  const directions = axes.principal.get(layer)?.axes;
  if (before.length === 0 || !directions) return [];
  const line = new LineLoss({
    spec: taskSet.spec(0),
    weights: end.flat(0),
    samples: firstSamples(taskSet.task(0).train, samples),
    layer,
  });
  return before.map(({ index, displacement: at }) => {
    line.setDirection(row(directions, index - 1));
    return { index, displacement: at, loss: line.losses(at) };
  });
}
