/** Training on one task of a sequence, or on all so far together, with or without separate heads. */
import type { Penalty } from '../../model/penalty.js';
import type { Trainer } from '../../train/trainer.js';
import { recordWindow, type WeightWindow } from '../../train/window.js';
import { forNetwork, type Weights } from './network.js';
import { runEpoch, type TaskSet } from './task-set.js';

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

/** Trains one network on one set of samples: a task's own, or with competing outputs the union of several. */
export class SingleStage implements Stage {
  private readonly trainer: Trainer;
  private readonly plan: ReturnType<TaskSet['plan']>;
  private readonly placed = new WeakMap<Penalty, Penalty>();

  constructor(
    private readonly taskSet: TaskSet,
    private readonly t: number,
    together: boolean,
  ) {
    const samples = together ? taskSet.union(t) : taskSet.task(t).train;
    this.trainer = taskSet.trainer(t, samples);
    this.plan = taskSet.plan(t, samples.count);
  }

  /** Starts from these weights with velocity zero. */
  load(weights: Weights): void {
    this.trainer.setWeights(weights.flat(this.t));
    this.trainer.setVelocity(new Float32Array(this.trainer.parameterCount));
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

/**
 * Trains several tasks with separate heads jointly: one batch of each task in turn, with the shared weights (and their
 * velocity) passed on after every step. An epoch is as long as that of the newest task; tasks with fewer samples repeat
 * within it.
 */
export class AlternatingStage implements Stage {
  private readonly trainers: Trainer[];
  private readonly plans: ReturnType<TaskSet['plan']>[];
  private current: Float32Array[] = [];
  private velocity: Float32Array[] = [];

  constructor(
    private readonly taskSet: TaskSet,
    t: number,
  ) {
    const tasks = Array.from({ length: t + 1 }, (_, j) => j);
    this.trainers = tasks.map((j) => taskSet.trainer(j));
    this.plans = tasks.map((j) => taskSet.plan(j));
  }

  load(weights: Weights): void {
    this.current = this.trainers.map((_, j) => weights.flat(j));
    this.velocity = this.current.map((w) => new Float32Array(w.length));
  }

  epoch(e: number): void {
    const { trainers, plans, current, velocity, taskSet } = this;
    const B = taskSet.config.training.batchSize;
    const orders = plans.map((p) => p.epoch(e).order);
    const batches = plans.at(-1)!.batchesPerEpoch;
    for (let b = 0; b < batches; b++)
      trainers.forEach((trainer, j) => {
        const at = B * (b % plans[j].batchesPerEpoch);
        trainer.setWeights(current[j]);
        if (trainer.momentum > 0) trainer.setVelocity(velocity[j]);
        trainer.steps(orders[j].subarray(at, at + B), B);
        current[j] = trainer.weights();
        if (trainer.momentum > 0) velocity[j] = trainer.velocity();
        for (const all of trainer.momentum > 0 ? [current, velocity] : [current]) {
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

/** Makes the stage of task t: alone, or together with all earlier ones. */
export function stageOf(taskSet: TaskSet, t: number, together: boolean): SingleStage | AlternatingStage {
  return together && taskSet.config.head === 'task-known'
    ? new AlternatingStage(taskSet, t)
    : new SingleStage(taskSet, t, together);
}
