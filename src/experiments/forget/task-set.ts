/** The tasks of one seed with their networks, and the means to train and evaluate them. */

import { layerBlocks } from '../../apply/blocks.js';
import type { Dataset, Samples } from '../../data/dataset.js';
import { batchPlan } from '../../data/samplers.js';
import { firstSamples } from '../../data/subset.js';
import { joined, type Protocol, type Task, taskOf } from '../../data/tasks.js';
import { type AnyNetwork, initialOf } from '../../model/any-network.js';
import { type Key, randomKey } from '../../numeric/random.js';
import { type Evaluator, evaluator } from '../../train/evaluator.js';
import { STEPS_PER_CALL } from '../../train/trainer.js';
import { heldLayers, protocolOf } from './config.js';
import { sharedSize, specFor, type Weights } from './network.js';
import type { ForgetConfig } from './schema.js';
import { type TaskTrainer, type TaskTrainerRequest, taskTrainer } from './trainer.js';

/** Holds the tasks of one seed. */
export class TaskSet {
  readonly key: Key;
  readonly protocol: Protocol;
  /** Number of tasks. */
  readonly count: number;
  /** Weights that all tasks share. */
  readonly size: number;
  /** Layers that are constrained. */
  readonly held: readonly string[];
  private readonly tasks: Task[] = [];
  private readonly judges = new Map<string, Evaluator>();

  constructor(
    readonly config: ForgetConfig,
    private readonly dataset: Dataset,
    readonly seed: number,
  ) {
    this.key = randomKey(seed).child('forget');
    this.protocol = protocolOf(config);
    this.count = this.protocol.tasks.length;
    const spec = this.spec(0);
    this.size = sharedSize(config.head, spec);
    this.held = heldLayers(
      config,
      layerBlocks(spec).map((l) => l.name),
    );
  }

  task(t: number): Task {
    const { head, training } = this.config;
    this.tasks[t] ??= taskOf(this.dataset, this.protocol, t, {
      head,
      validationShare: training.validationShare,
      key: this.key,
    });
    return this.tasks[t];
  }

  spec(t: number): AnyNetwork {
    return specFor(this.config.network, this.task(t));
  }

  /** Random numbers of everything that belongs to training on a task. */
  taskKey(t: number): Key {
    return this.key.child('task').child(t);
  }

  initial(t: number): Float32Array {
    return initialOf(this.spec(t), this.taskKey(t).child('init'));
  }

  /**
   * Makes a trainer of a task.
   * @param changes - another batch size, or the only layers that are trained
   */
  trainer(
    t: number,
    samples = this.task(t).train,
    changes: Partial<Pick<TaskTrainerRequest, 'batchSize' | 'trainable'>> = {},
  ): TaskTrainer {
    const { batchSize } = this.config.training;
    const key = this.taskKey(t).child('dropout');
    return taskTrainer({ network: this.spec(t), samples, config: this.config, batchSize, key, ...changes });
  }

  /** Returns the number of samples that replay stores of a task. */
  memoryCount(t: number, memory: number | 'validation'): number {
    return memory === 'validation' ? this.task(t).validation.count : memory;
  }

  /** Returns the samples that replay stores of a task: its first training samples, which come in random order. */
  memory(t: number, memory: number | 'validation'): Samples {
    return firstSamples(this.task(t).train, this.memoryCount(t, memory));
  }

  /** Plans the batches of a task: only whole ones, in a new order each epoch. */
  plan(t: number, count = this.task(t).train.count) {
    const { batchSize } = this.config.training;
    return batchPlan({
      count,
      batchSize,
      sampling: 'shuffled',
      lastBatch: 'drop',
      key: this.taskKey(t).child('batches'),
    });
  }

  /** Returns the training samples of the first t + 1 tasks, for joint training. All must have the same network. */
  union(t: number) {
    return joined(Array.from({ length: t + 1 }, (_, j) => this.task(j).train));
  }

  /** Returns the accuracy on a task; NaN for a task that has no outputs yet. */
  accuracy(weights: Weights, t: number, set: 'test' | 'validation'): number {
    if (this.config.head === 'task-known' && weights.heads[t] === undefined) return Number.NaN;
    const { errors, samples } = this.judge(t, set, weights);
    return 1 - errors / samples;
  }

  /** Returns the accuracies on all tasks. */
  accuracies(weights: Weights, set: 'test' | 'validation'): number[] {
    return Array.from({ length: this.count }, (_, t) => this.accuracy(weights, t, set));
  }

  /** Returns the mean training loss of task 1. */
  firstLoss(weights: Weights): number {
    return this.judge(0, 'train', weights).loss;
  }

  private judge(t: number, set: 'test' | 'validation' | 'train', weights: Weights) {
    const name = `${t} ${set}`;
    const known = this.judges.get(name) ?? evaluator(this.spec(t), this.task(t)[set]);
    this.judges.set(name, known);
    known.setWeights(weights.flat(t));
    return known.evaluate();
  }
}

/**
 * Trains one epoch of whole batches.
 * @throws DivergedError
 */
export function runEpoch(trainer: Pick<TaskTrainer, 'steps'>, order: Uint32Array, batchSize: number): void {
  const batches = Math.floor(order.length / batchSize);
  for (let b = 0; b < batches; b += STEPS_PER_CALL) {
    const count = Math.min(STEPS_PER_CALL, batches - b);
    trainer.steps(order.subarray(b * batchSize, (b + count) * batchSize), batchSize);
  }
}
