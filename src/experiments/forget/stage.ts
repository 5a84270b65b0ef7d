/** Training on one task of a sequence, alone or with samples of earlier ones, with or without separate heads. */

import { layerBlocks } from '../../apply/blocks.js';
import type { Constraint } from '../../apply/constraint.js';
import { batchPlan } from '../../data/samplers.js';
import type { Penalty } from '../../model/penalty.js';
import { recordWindow, type WeightWindow } from '../../train/window.js';
import { forNetwork, type Weights } from './network.js';
import { runEpoch, type TaskSet } from './task-set.js';
import type { TaskTrainer } from './trainer.js';

/** Trains weights epoch by epoch. */
export interface Stage {
  load(weights: Weights): void;
  /**
   * Trains one epoch.
   * @throws DivergedError
   */
  epoch(e: number): void;
  store(weights: Weights): void;
}

/**
 * Trains one network on one set of samples: a task's own, or with competing outputs the union of several. Frozen layers
 * keep their weights.
 */
export class SingleStage implements Stage {
  private readonly trainer: TaskTrainer;
  private readonly plan: ReturnType<TaskSet['plan']>;
  private readonly placed = new WeakMap<Penalty, Penalty>();

  constructor(
    private readonly taskSet: TaskSet,
    private readonly t: number,
    { together = false, frozen = [] }: { readonly together?: boolean; readonly frozen?: readonly string[] } = {},
  ) {
    const samples = together ? taskSet.union(t) : taskSet.task(t).train;
    const names = layerBlocks(taskSet.spec(t)).map((l) => l.name);
    this.trainer = taskSet.trainer(
      t,
      samples,
      frozen.length > 0 ? { trainable: names.filter((l) => !frozen.includes(l)) } : {},
    );
    this.plan = taskSet.plan(t, samples.count);
  }

  /** Starts from these weights, as an optimiser that has taken no step. */
  load(weights: Weights): void {
    this.trainer.setWeights(weights.flat(this.t));
    this.trainer.keep(undefined, 0);
  }

  /** Sets a penalty on shared weights, from any task's network. The axes of the same object are copied only once. */
  hold(penalty: Penalty, strength: number): void {
    const own = this.placed.get(penalty) ?? forNetwork(penalty, this.trainer.parameterCount);
    this.placed.set(penalty, own);
    this.trainer.setPenalty(own, strength);
  }

  epoch(e: number): void {
    runEpoch(this.trainer, this.plan.epoch(e).order, this.taskSet.config.training.batchSize);
  }

  /** Trains epochs whose weights are kept. */
  window(firstEpoch: number, epochs: number, onEpoch: (done: number) => void): WeightWindow {
    const { batchSize, windowEvery: every } = this.taskSet.config.training;
    return recordWindow({ trainer: this.trainer, plan: this.plan, batchSize, firstEpoch, epochs, every, onEpoch });
  }

  store(weights: Weights): void {
    weights.take(this.t, this.trainer.weights());
  }
}

/** Batches of one task's samples, one after the other, for steps in turn with those of other tasks. */
interface Source {
  readonly trainer: TaskTrainer;
  /** Returns batch b of epoch e, where epochs have the length of the newest task's. */
  batch(e: number, b: number): Uint32Array;
}

/** All training samples of a task; where the newest task has more batches, they repeat within the epoch. */
function allSamples(taskSet: TaskSet, j: number): Source {
  const B = taskSet.config.training.batchSize;
  const plan = taskSet.plan(j);
  const orderOf = latest((e) => plan.epoch(e).order);
  return {
    trainer: taskSet.trainer(j),
    batch(e, b) {
      const at = B * (b % plan.batchesPerEpoch);
      return orderOf(e).subarray(at, at + B);
    },
  };
}

/**
 * Stored samples of a task, in a new order after every pass through them. A batch is as large as the others, or all that
 * is stored if that is less.
 * @param batches - batches of an epoch
 */
function stored(taskSet: TaskSet, j: number, memory: number | 'validation', batches: number): Source {
  const samples = taskSet.memory(j, memory);
  const batchSize = Math.min(taskSet.config.training.batchSize, samples.count);
  const key = taskSet.taskKey(j).child('memory');
  const plan = batchPlan({ count: samples.count, batchSize, sampling: 'shuffled', lastBatch: 'drop', key });
  const orderOf = latest((pass) => plan.epoch(pass).order);
  return {
    trainer: taskSet.trainer(j, samples, { batchSize }),
    batch(e, b) {
      const k = e * batches + b;
      const at = batchSize * (k % plan.batchesPerEpoch);
      return orderOf(Math.floor(k / plan.batchesPerEpoch)).subarray(at, at + batchSize);
    },
  };
}

/** Remembers the newest value of a function of a whole number. */
function latest<T>(of: (n: number) => T): (n: number) => T {
  let known: { readonly n: number; readonly value: T } | undefined;
  return (n) => {
    if (known?.n !== n) known = { n, value: of(n) };
    return known.value;
  };
}

/**
 * Trains on several tasks in turn: one batch of each, the newest task last, with the shared weights (and what the optimiser keeps of
 * them) passed on after every step. Each batch is scored with its own task's outputs. An epoch is as long as that of the
 * newest task, which sees the batches that it would see alone.
 */
export class AlternatingStage implements Stage {
  private readonly sources: readonly Source[];
  private readonly batches: number;
  private current: Float32Array[] = [];
  /** Vectors of the optimiser of each source; empty where it keeps none. */
  private kept: Float32Array[][] = [];
  private taken = 0;

  /** @param memory - how many samples of each earlier task are used; all by default */
  constructor(
    private readonly taskSet: TaskSet,
    t: number,
    memory?: number | 'validation',
  ) {
    this.batches = taskSet.plan(t).batchesPerEpoch;
    this.sources = Array.from({ length: t + 1 }, (_, j) =>
      j === t || memory === undefined ? allSamples(taskSet, j) : stored(taskSet, j, memory, this.batches),
    );
  }

  load(weights: Weights): void {
    this.current = this.sources.map((_, j) => weights.flat(j));
    this.kept = this.sources.map(({ trainer }, j) =>
      trainer.kept().map(() => new Float32Array(this.current[j].length)),
    );
    this.taken = 0;
  }

  epoch(e: number): void {
    const { sources, batches, current, kept, taskSet } = this;
    for (let b = 0; b < batches; b++)
      sources.forEach(({ trainer, batch }, j) => {
        const order = batch(e, b);
        trainer.setWeights(current[j]);
        trainer.keep(kept[j], this.taken);
        trainer.steps(order, order.length);
        this.taken++;
        current[j] = trainer.weights();
        kept[j] = trainer.kept();
        for (const all of [current, ...kept[j].map((_, k) => kept.map((vectors) => vectors[k]))]) {
          const shared = all[j].subarray(0, taskSet.size);
          for (const other of all) other.set(shared);
        }
      });
  }

  store(weights: Weights): void {
    this.current.forEach((flat, j) => {
      weights.take(j, flat);
    });
  }
}

/** Makes the stage in which a method trains task t. */
export function stageOf(
  taskSet: TaskSet,
  t: number,
  { kind, memory }: Pick<Constraint, 'kind' | 'memory'>,
): SingleStage | AlternatingStage {
  const { head, frozen } = taskSet.config;
  if (kind === 'replay') return new AlternatingStage(taskSet, t, memory);
  if (kind === 'joint' && head === 'task-known') return new AlternatingStage(taskSet, t);
  return new SingleStage(taskSet, t, { together: kind === 'joint', ...(kind === 'frozen' && { frozen }) });
}
