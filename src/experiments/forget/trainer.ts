/** Who trains a task: the kernels of perceptrons for plain SGD and momentum, the plan of layers for all else. */
import type { Samples } from '../../data/dataset.js';
import { type AnyNetwork, asLayered, isLayered } from '../../model/any-network.js';
import type { NetworkSpec } from '../../model/network.js';
import type { Penalty } from '../../model/penalty.js';
import type { Key } from '../../numeric/random.js';
import { optimiserIn } from '../../runs/optimiser.js';
import { LayeredTrainer, type LayeredTrainerOptions } from '../../train/layered-trainer.js';
import { optimiserUpdate } from '../../train/optimisers/update.js';
import { Trainer } from '../../train/trainer.js';
import type { WindowTrainer } from '../../train/window.js';
import type { ForgetConfig } from './schema.js';

/** Trains the weights of one task's network. */
export interface TaskTrainer extends WindowTrainer {
  setWeights(weights: Float32Array): void;
  setPenalty(penalty: Penalty | undefined, strength?: number): void;
  /** Returns copies of the vectors that the optimiser keeps, each as long as the weights. */
  kept(): Float32Array[];
  /** Sets them, in the same order, and the number of steps taken; without vectors, as before the first step. */
  keep(vectors: readonly Float32Array[] | undefined, taken: number): void;
}

/** Describes a trainer: whole batches of `samples`, and the only layers that are trained, if not all are. */
export interface TaskTrainerRequest {
  readonly network: AnyNetwork;
  readonly samples: Samples;
  readonly config: Pick<ForgetConfig, 'training' | 'optimiser'>;
  readonly batchSize: number;
  readonly trainable?: readonly string[];
  /** Draws the masks of dropout. */
  readonly key: Key;
}

/** Makes a trainer. */
export function taskTrainer(request: TaskTrainerRequest): TaskTrainer {
  const perceptron = plain(request);
  if (perceptron) return plainTrainer(new Trainer(plainOptions(request, perceptron)));
  const trainer = new LayeredTrainer(layeredOptions(request));
  return {
    parameterCount: trainer.parameterCount,
    weights: () => trainer.weights(),
    setWeights: (weights) => trainer.setWeights(weights),
    steps: (order, batchSize) => trainer.steps(order, batchSize),
    setPenalty: (penalty, strength) => trainer.setPenalty(penalty, strength),
    kept: () => Object.values(trainer.states()),
    keep: (vectors, taken) => {
      const names = Object.keys(trainer.states());
      const at = (k: number) => vectors?.[k] ?? new Float32Array(trainer.parameterCount);
      trainer.setStates(Object.fromEntries(names.map((name, k) => [name, at(k)])), taken);
    },
  };
}

function plainTrainer(trainer: Trainer): TaskTrainer {
  const moving = trainer.momentum > 0;
  return {
    parameterCount: trainer.parameterCount,
    weights: () => trainer.weights(),
    setWeights: (weights) => trainer.setWeights(weights),
    steps: (order, batchSize) => trainer.steps(order, batchSize),
    setPenalty: (penalty, strength) => trainer.setPenalty(penalty, strength),
    kept: () => (moving ? [trainer.velocity()] : []),
    keep: (vectors) => {
      if (moving) trainer.setVelocity(vectors?.[0] ?? new Float32Array(trainer.parameterCount));
    },
  };
}

/** Returns the bytes of kernel memory that a trainer takes. */
export function taskTrainerBytes(request: TaskTrainerRequest): number {
  const perceptron = plain(request);
  return perceptron
    ? Trainer.memoryBytes(plainOptions(request, perceptron))
    : LayeredTrainer.memoryBytes(layeredOptions(request));
}

const plain = ({ network, config }: TaskTrainerRequest): NetworkSpec | undefined =>
  isLayered(network) || config.optimiser !== undefined ? undefined : network;

const plainOptions = ({ samples, config, batchSize, trainable }: TaskTrainerRequest, spec: NetworkSpec) => ({
  spec,
  samples,
  ...config.training,
  batchSize,
  ...(trainable && { trainable }),
});

function layeredOptions(request: TaskTrainerRequest): LayeredTrainerOptions {
  const { network, samples, config, batchSize, trainable, key } = request;
  return {
    spec: asLayered(network),
    samples,
    learningRate: config.training.learningRate,
    update: optimiserUpdate(optimiserIn(config, 1)),
    batchSize,
    ...(trainable && { trainable }),
    key,
  };
}
