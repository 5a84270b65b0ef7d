/** Who trains a run: the kernels of multilayer perceptrons for plain SGD and momentum, the plan of layers for all else. */
import type { Samples } from '../data/dataset.js';
import { type AnyNetwork, asLayered, isLayered } from '../model/any-network.js';
import { randomKey } from '../numeric/random.js';
import type { Checkpoint } from '../record/checkpoint.js';
import { LayeredTrainer, type LayeredTrainerOptions } from '../train/layered-trainer.js';
import type { Evaluate, Learner } from '../train/loop.js';
import { optimiserUpdate } from '../train/optimisers/update.js';
import { Trainer } from '../train/trainer.js';
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
}

/** Says whether the kernels of multilayer perceptrons train a run: without an optimiser, SGD and momentum. */
const plain = (network: AnyNetwork, { optimiser }: Pick<AnyConfig, 'optimiser'>) =>
  isLayered(network) || optimiser !== undefined ? undefined : network;

/** Makes the learner of a run on `perEpoch` batches an epoch. */
export function runLearner(network: AnyNetwork, samples: Samples, config: AnyConfig, perEpoch: number): RunLearner {
  const perceptron = plain(network, config);
  if (perceptron) return plainLearner(new Trainer(plainOptions(perceptron, samples, config)), config);
  const trainer = new LayeredTrainer(layeredOptions(network, samples, config, perEpoch));
  return {
    weights: () => trainer.weights(),
    steps: (order, batchSize) => trainer.steps(order, batchSize),
    setWeights: (weights) => trainer.setWeights(weights),
    evaluate: () => trainer.evaluate(),
    state: () => {
      const optimiser = trainer.states();
      return Object.keys(optimiser).length > 0 ? { optimiser } : {};
    },
    setState: ({ optimiser = {} }, steps) => trainer.setStates(optimiser, steps),
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
  };
}

const plainOptions = (
  spec: Parameters<typeof Trainer.memoryBytes>[0]['spec'],
  samples: Samples,
  config: AnyConfig,
) => ({
  spec,
  samples,
  ...config.training,
  recordLayer: config.record.layer,
});

/** Masks of dropout follow from the seed of the run. */
function layeredOptions(
  network: AnyNetwork,
  samples: Samples,
  config: AnyConfig,
  perEpoch: number,
): LayeredTrainerOptions {
  const { training, record, seed } = config;
  return {
    spec: asLayered(network),
    samples,
    learningRate: training.learningRate,
    momentum: training.momentum,
    update: optimiserUpdate(optimiserIn(config, perEpoch)),
    batchSize: training.batchSize,
    recordLayers: [record.layer],
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
  const perceptron = plain(network, config);
  const training = perceptron
    ? Trainer.memoryBytes(plainOptions(perceptron, train, config))
    : LayeredTrainer.memoryBytes(layeredOptions(network, train, config, perEpoch));
  if (!test) return training;
  const options = evaluating(test, config);
  return (
    training +
    (isLayered(network)
      ? LayeredTrainer.memoryBytes({ spec: network, ...options })
      : Trainer.memoryBytes({ spec: network, ...options, batchSize: 1 }))
  );
}
