/** Who trains a run: the kernels of multilayer perceptrons for plain SGD and momentum, the plan of layers for all else. */
import type { Samples } from '../data/dataset.js';
import { type AnyNetwork, asLayered, isLayered } from '../model/any-network.js';
import { randomKey } from '../numeric/random.js';
import type { Checkpoint } from '../record/checkpoint.js';
import { LayeredTrainer, type LayeredTrainerOptions, type PackedSamples } from '../train/layered-trainer.js';
import type { Evaluate, Learner } from '../train/loop.js';
import { optimiserUpdate } from '../train/optimisers/update.js';
import { Trainer } from '../train/trainer.js';
import { layersIn } from './layers.js';
import { optimiserIn } from './optimiser.js';
import type { AnyConfig } from './schema.js';

/** What an optimiser keeps beside the weights. */
type Kept = Pick<Checkpoint<unknown>, 'velocity' | 'optimiser'>;

/** A learner whose state a checkpoint can hold. */
export interface RunLearner extends Learner {
  setWeights(weights: Float32Array): void;
  readonly evaluate: Evaluate;
  /** Returns what the optimiser keeps beside the weights. */
  state(): Kept;
  /** Continues from a state that `state` returned after `steps` steps. */
  setState(state: Kept, steps: number): void;
  /** Steps since the learner was made whose gradient was shortened. */
  clipped(): number;
  /** Returns the mean loss and its gradient over the listed samples, length P; dropout is off. */
  gradient(subset?: Uint32Array): { readonly loss: number; readonly gradient: Float64Array };
  /** Gives memory back that was lent by `packed`; the learner cannot be used afterwards. */
  release(): void;
}

/** Says what a learner records, and on which samples in kernel memory it works. */
export interface LearnerParts {
  /** Layers whose weights are returned after each step; those of the config by default. */
  readonly recorded?: readonly string[];
  /** The samples, packed once for several learners; used where layers are trained. */
  readonly packed?: () => PackedSamples;
}

/** Says whether the kernels of multilayer perceptrons train a run: without an optimiser, SGD and momentum, and one recorded layer. */
const plain = (network: AnyNetwork, { optimiser }: Pick<AnyConfig, 'optimiser'>, recorded: readonly string[]) =>
  isLayered(network) || optimiser !== undefined || recorded.length > 1 ? undefined : network;

/** Makes the learner of a run on `perEpoch` batches an epoch. */
export function runLearner(
  network: AnyNetwork,
  samples: Samples,
  config: AnyConfig,
  perEpoch: number,
  { recorded = layersIn(config), packed }: LearnerParts = {},
): RunLearner {
  const perceptron = plain(network, config, recorded);
  if (perceptron) return plainLearner(new Trainer(plainOptions(perceptron, samples, config, recorded)), config);
  const options = layeredOptions(network, samples, config, perEpoch, recorded);
  const trainer = new LayeredTrainer(packed ? { ...options, samples: packed() } : options);
  // a perceptron with SGD has the same state whoever trains it
  const own = !isLayered(network) && config.optimiser === undefined;
  return {
    weights: () => trainer.weights(),
    steps: (order, batchSize) => trainer.steps(order, batchSize),
    setWeights: (weights) => trainer.setWeights(weights),
    evaluate: () => trainer.evaluate(),
    state: () => {
      const optimiser = trainer.states();
      if (own && optimiser.momentum) return { velocity: optimiser.momentum };
      return Object.keys(optimiser).length > 0 ? { optimiser } : {};
    },
    setState: ({ velocity, optimiser = {} }, steps) =>
      trainer.setStates(own && velocity ? { momentum: velocity } : optimiser, steps),
    clipped: () => trainer.cells()[0] ?? 0,
    gradient: (subset) => trainer.gradient(subset),
    release: () => trainer.release(),
  };
}

function plainLearner(trainer: Trainer, { training }: AnyConfig): RunLearner {
  return {
    weights: () => trainer.weights(),
    steps: (order, batchSize) => trainer.steps(order, batchSize),
    setWeights: (weights) => trainer.setWeights(weights),
    evaluate: () => trainer.evaluate(),
    state: () => (training.momentum > 0 ? { velocity: trainer.velocity() } : {}),
    setState: ({ velocity }) => {
      if (velocity) trainer.setVelocity(velocity);
    },
    clipped: () => 0,
    gradient: (subset) => trainer.gradient(subset),
    release: () => {},
  };
}

const plainOptions = (
  spec: Parameters<typeof Trainer.memoryBytes>[0]['spec'],
  samples: Samples,
  config: AnyConfig,
  recorded: readonly string[],
) => ({
  spec,
  samples,
  ...config.training,
  ...(recorded.length > 0 && { recordLayer: recorded[0] }),
});

/** Masks of dropout follow from the seed of the run. */
function layeredOptions(
  network: AnyNetwork,
  samples: Samples,
  config: AnyConfig,
  perEpoch: number,
  recorded: readonly string[],
): LayeredTrainerOptions {
  const { training, seed } = config;
  return {
    spec: asLayered(network),
    samples,
    learningRate: training.learningRate,
    momentum: training.momentum,
    update: optimiserUpdate(optimiserIn(config, perEpoch)),
    batchSize: training.batchSize,
    recordLayers: recorded,
    key: randomKey(seed).child('dropout'),
  };
}

/** Returns the evaluation of other samples at given weights. */
export function evaluationOf(
  network: AnyNetwork,
  samples: Samples,
  config: AnyConfig,
): (weights: Float32Array) => ReturnType<Evaluate> {
  const options = evaluating(samples, config);
  const tester = isLayered(network)
    ? new LayeredTrainer({ spec: network, ...options })
    : new Trainer({ spec: network, ...options });
  return (weights) => {
    tester.setWeights(weights);
    return tester.evaluate();
  };
}

const evaluating = (samples: Samples, { training }: AnyConfig) => ({
  samples,
  learningRate: training.learningRate,
  batchSize: Math.min(training.batchSize, samples.count),
  key: randomKey(0),
});

/** States the bytes that training on samples takes, and those of evaluating others. */
export function trainerBytes(
  network: AnyNetwork,
  train: Samples,
  test: Samples | undefined,
  config: AnyConfig,
  perEpoch: number,
): number {
  const recorded = layersIn(config);
  const perceptron = plain(network, config, recorded);
  const training = perceptron
    ? Trainer.memoryBytes(plainOptions(perceptron, train, config, recorded))
    : LayeredTrainer.memoryBytes(layeredOptions(network, train, config, perEpoch, recorded));
  if (!test) return training;
  const options = evaluating(test, config);
  return (
    training +
    (isLayered(network)
      ? LayeredTrainer.memoryBytes({ spec: network, ...options })
      : Trainer.memoryBytes({ spec: network, ...options, batchSize: 1 }))
  );
}
