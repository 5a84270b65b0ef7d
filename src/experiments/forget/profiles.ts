/** The loss of task 1 along its principal directions: through its own solution, and through the end of a branch. docs/theory [F1], [C3]. */
import { FlatnessMeter } from '../../analyse/landscape/flatness.js';
import { surfaceFlatness } from '../../analyse/landscape/surface-flatness.js';
import type { Axes } from '../../apply/task.js';
import { firstSamples } from '../../data/subset.js';
import { isLayered, recordedBlock } from '../../model/any-network.js';
import { matrix, row } from '../../numeric/linalg/index.js';
import { penaltyOf } from '../../runs/optimiser.js';
import { surfaceBlock, surfaceOf } from '../../runs/surface.js';
import { LineLoss } from '../../surface/network/line.js';
import type { Surface } from '../../surface/surface.js';
import type { StoredAxes } from './known.js';
import type { Profile } from './measured.js';
import type { Weights } from './network.js';
import type { TaskSet } from './task-set.js';

/** Points of a profile on either side of its centre. */
const POINTS = 20;

/** Losses along lines in the reported layer. */
interface Lines {
  /** Displacements at which the loss is e times that of the centre, null on an open side. */
  crossings(direction: Float64Array): Promise<{ readonly left: number | null; readonly right: number | null }>;
  losses(direction: Float64Array, at: readonly number[]): Promise<number[]>;
}

/** Returns the loss along the requested principal directions at task 1's solution, across the valley and a third beyond. */
export async function ownProfiles(taskSet: TaskSet, weights: Weights, axes: StoredAxes): Promise<Profile[]> {
  const { layer, profiles } = taskSet.config.statistics;
  const { axes: directions, values } = axes.principal.get(layer) as Axes;
  const lines = linesAt(taskSet, weights);
  const out: Profile[] = [];
  for (const index of profiles.filter((i) => i <= directions.rows)) {
    const direction = row(directions, index - 1);
    const { left, right } = await lines.crossings(direction);
    const reach = 1.35 * Math.max(left ?? 0, right ?? 0, 3 * Math.sqrt(values[index - 1]));
    const displacement = Array.from({ length: 2 * POINTS + 1 }, (_, k) => (reach * (k - POINTS)) / POINTS);
    out.push({ index, displacement, loss: await lines.losses(direction, displacement) });
  }
  return out;
}

/**
 * Returns the loss of task 1 along lines through the end of a branch, in the directions and at the displacements of
 * `before`.
 */
export async function profilesThrough(
  taskSet: TaskSet,
  end: Weights,
  axes: StoredAxes,
  before: readonly Profile[],
): Promise<Profile[]> {
  const directions = axes.principal.get(taskSet.config.statistics.layer)?.axes;
  if (before.length === 0 || !directions) return [];
  const lines = linesAt(taskSet, end);
  const out: Profile[] = [];
  for (const { index, displacement } of before)
    out.push({ index, displacement, loss: await lines.losses(row(directions, index - 1), displacement) });
  return out;
}

/** The surface of a set of tasks, whose passes take some hundred megabytes. */
const surfaces = new WeakMap<TaskSet, Surface>();

/** Makes lines through weights: by the kernels of perceptrons, or by the surface of layers, with the L2 penalty of the optimiser. */
function linesAt(taskSet: TaskSet, centre: Weights): Lines {
  const { statistics } = taskSet.config;
  const { layer } = statistics;
  const network = taskSet.spec(0);
  const samples = firstSamples(taskSet.task(0).train, statistics.samples);
  const weights = centre.flat(0);
  const decay = penaltyOf(taskSet.config);
  if (isLayered(network) || decay > 0) {
    const surface = surfaces.get(taskSet) ?? surfaceOf(network, samples, decay);
    surfaces.set(taskSet, surface);
    const block = surfaceBlock(recordedBlock(network, layer));
    const w = Float64Array.from(weights);
    return {
      crossings: async (direction) => {
        const along = matrix(1, block.size, Float64Array.from(direction));
        return (await surfaceFlatness(surface, w, block, along)).directions[0];
      },
      losses: async (direction, displacements) => [
        ...(await surface.losses(w, [{ block, direction, displacements: [...displacements] }]))[0].losses,
      ],
    };
  }
  const options = { spec: network, weights, samples, layer };
  let meter: FlatnessMeter | undefined;
  let line: LineLoss | undefined;
  return {
    crossings: async (direction) => {
      meter ??= new FlatnessMeter(options);
      return meter.measure(direction, 0, Number.NaN);
    },
    losses: async (direction, at) => {
      line ??= meter?.line ?? new LineLoss(options);
      line.setDirection(direction);
      return line.losses([...at]);
    },
  };
}
