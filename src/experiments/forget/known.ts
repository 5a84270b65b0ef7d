/**
 * What is known of a finished task: its axes are kept on disk, everything else is measured when a constraint needs it.
 */

import type { RowSource } from '../../analyse/trajectory/rows.js';
import { learntTask } from '../../apply/layered-task.js';
import { firstOf } from '../../apply/modes.js';
import type { Axes, Block, Task as KnownTask } from '../../apply/task.js';
import { trainingUnder } from '../../apply/task-training.js';
import { layerWindows } from '../../apply/windows.js';
import { firstSamples } from '../../data/subset.js';
import { isLayered } from '../../model/any-network.js';
import { RunError } from '../../numeric/errors.js';
import { type LinearAlgebra, matrix } from '../../numeric/linalg/index.js';
import { readWhole, writeWhole } from '../../record/files.js';
import { readNpz, writeNpz } from '../../record/npz.js';
import { optimiserIn, penaltyOf } from '../../runs/optimiser.js';
import type { TaskSet } from './task-set.js';

/** Holds directions by block. */
export interface StoredAxes {
  readonly principal: ReadonlyMap<string, Axes>;
  readonly stiffest: ReadonlyMap<string, Axes>;
  /** Orthonormal pairs that span vortex planes, one after the other. */
  readonly planes: ReadonlyMap<string, Axes>;
}

/** Names a task, its weights and its window or axes. */
export interface KnownRequest {
  readonly taskSet: TaskSet;
  readonly task: number;
  /** Weights of the task's own network. */
  readonly weights: Float32Array;
  readonly windowSteps: number;
  readonly la: LinearAlgebra;
  /** Rows of the whole network; or axes that were found before. */
  readonly window?: RowSource;
  readonly stored?: StoredAxes;
  /** Layers; by default those that are constrained. */
  readonly layers?: readonly string[];
}

/**
 * Makes the task that constraints are built from. Everything is measured on its own training samples, at most
 * `statistics.samples` of them.
 */
export async function knownTask({
  taskSet,
  task,
  weights,
  windowSteps,
  la,
  window,
  stored,
  layers,
}: KnownRequest): Promise<KnownTask> {
  const { config } = taskSet;
  const { training, statistics, constraints } = config;
  const spec = taskSet.spec(task);
  const known = await learntTask({
    network: spec,
    weights,
    samples: firstSamples(taskSet.task(task).train, statistics.samples),
    layers: layers ?? taskSet.held,
    ...(window && { windows: layerWindows(spec, window) }),
    ...trainingUnder(optimiserIn(config, 1), { batchSize: training.batchSize, windowSteps }),
    decay: penaltyOf(config),
    // products of layers take most of the time, so that no more directions are looked for than are asked for
    ...(isLayered(spec) && { axes: Math.max(...constraints) }),
    la,
    key: taskSet.taskKey(task).child('statistics'),
  });
  if (!stored) return known;
  const from = (map: ReadonlyMap<string, Axes>, { name }: Block, most: number): Axes => {
    const axes = map.get(name);
    if (!axes) throw new RunError('no-axes', `the directions of ${name} are not among those kept of task 1.`);
    return firstOf(axes, most);
  };
  return {
    ...known,
    principal: (block, most) => Promise.resolve(from(stored.principal, block, most)),
    stiffest: (block, most) => from(stored.stiffest, block, most),
  };
}

/** Returns a task that also keeps the longest lists of axes that were requested of it. */
export function remembering(known: KnownTask) {
  const principal = new Map<string, Axes>();
  const stiffest = new Map<string, Axes>();
  const keep = (map: Map<string, Axes>, { name }: Block, axes: Axes): Axes => {
    if ((map.get(name)?.axes.rows ?? -1) < axes.axes.rows) map.set(name, axes);
    return axes;
  };
  return {
    axes: { principal, stiffest, planes: new Map<string, Axes>() },
    task: {
      ...known,
      principal: async (block: Block, most: number) => keep(principal, block, await known.principal(block, most)),
      stiffest: async (block: Block, most: number) => keep(stiffest, block, await known.stiffest(block, most)),
    },
  };
}

const KINDS = ['principal', 'stiffest', 'planes'] as const;

/**
 * Writes axes as an .npz with `principal.layer2.axes` (k×size), `principal.layer2.values`, …, likewise for stiffest and
 * planes; float64.
 */
export function writeAxes(path: string, stored: StoredAxes): void {
  const entries = KINDS.flatMap((kind) =>
    [...stored[kind]].flatMap(([name, { axes, values }]) => [
      [
        `${kind}.${name}.axes`,
        { shape: [axes.rows, axes.cols], data: axes.data.slice(0, axes.rows * axes.cols) },
      ] as const,
      [`${kind}.${name}.values`, { shape: [axes.rows], data: values.slice(0, axes.rows) }] as const,
    ]),
  );
  writeWhole(path, writeNpz(entries));
}

/**
 * Reads what `writeAxes` wrote.
 * @throws RunError when there is no file
 */
export async function readAxes(path: string): Promise<StoredAxes> {
  const bytes = readWhole(path);
  if (!bytes) throw new RunError('no-axes', `the directions of task 1 are missing: ${path}.`);
  const arrays = await readNpz(bytes, path);
  const out = {
    principal: new Map<string, Axes>(),
    stiffest: new Map<string, Axes>(),
    planes: new Map<string, Axes>(),
  };
  for (const kind of KINDS)
    for (const [name, { shape, data }] of arrays) {
      const block = new RegExp(`^${kind}\\.(.+)\\.axes$`).exec(name)?.[1];
      if (block === undefined) continue;
      const values = arrays.get(`${kind}.${block}.values`)!.data as Float64Array;
      out[kind].set(block, { axes: matrix(shape[0], shape[1], data as Float64Array), values });
    }
  return out;
}
