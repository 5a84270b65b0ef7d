/** Who trains a run: the kernels of multilayer perceptrons for plain SGD and momentum, the plan of layers for all else. */
import type { Samples } from '../data/dataset.js';
import { type AnyNetwork, asLayered, isLayered } from '../model/any-network.js';
import { randomKey } from '../numeric/random.js';
import type { Checkpoint } from '../record/checkpoint.js';
import { LayeredTrainer, type LayeredTrainerOptions } from '../train/layered-trainer.js';
import type { Evaluate, Learner } from '../train/loop.js';
import { optimiserUpdate } from '../train/optimisers/update.js';
import { Trainer } from '../train/trainer.js';
import { hasSeveral, layersIn } from './layers.js';
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
}

/** Says whether the kernels of multilayer perceptrons train a run: without an optimiser, SGD and momentum, and one recorded layer. */
const plain = (network: AnyNetwork, config: Pick<AnyConfig, 'optimiser' | 'record'>) =>
  isLayered(network) || config.optimiser !== undefined || hasSeveral(config) ? undefined : network;

/** Makes the learner of a run on `perEpoch` batches an epoch. */
export function runLearner(network: AnyNetwork, samples: Samples, config: AnyConfig, perEpoch: number): RunLearner {
  const perceptron = plain(network, config);
  if (perceptron) return plainLearner(new Trainer(plainOptions(perceptron, samples, config)), config);
  const trainer = new LayeredTrainer(layeredOptions(network, samples, config, perEpoch));
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
    recordLayers: layersIn({ record }),
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
