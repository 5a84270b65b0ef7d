/** Who trains a run: the kernels of multilayer perceptrons for plain SGD and momentum, the plan of layers for all else. */
import type { Samples } from '../data/dataset.js';
import { type AnyNetwork, isLayered } from '../model/any-network.js';
import { InputError } from '../numeric/errors.js';
import type { Checkpoint } from '../record/checkpoint.js';
import type { Evaluate, Learner } from '../train/loop.js';
import { Trainer } from '../train/trainer.js';
import type { AnyConfig } from './schema.js';

/** A learner whose state a checkpoint can hold. */
export interface RunLearner extends Learner {
  setWeights(weights: Float32Array): void;
  readonly evaluate: Evaluate;
  /** Returns what the optimiser keeps beside the weights. */
  state(): Pick<Checkpoint<unknown>, 'velocity' | 'optimiser'>;
  /** Continues from a state that `state` returned after `steps` steps. */
  setState(state: Pick<Checkpoint<unknown>, 'velocity' | 'optimiser'>, steps: number): void;
}

/** Says whether the kernels of multilayer perceptrons train a run: without an optimiser, SGD and momentum. */
const isPlain = (network: AnyNetwork, { optimiser }: Pick<AnyConfig, 'optimiser'>): boolean =>
  !isLayered(network) && optimiser === undefined;

/** Makes the learner of a run. */
export function runLearner(network: AnyNetwork, samples: Samples, config: AnyConfig): RunLearner {
  if (isLayered(network) || !isPlain(network, config)) throw notYet();
  const { training, record } = config;
  const trainer = new Trainer({ spec: network, samples, ...training, recordLayer: record.layer });
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

/** Returns the evaluation of other samples at given weights. */
export function evaluationOf(
  network: AnyNetwork,
  samples: Samples,
  config: AnyConfig,
): (weights: Float32Array) => ReturnType<Evaluate> {
  if (isLayered(network)) throw notYet();
  const { learningRate, batchSize } = config.training;
  const tester = new Trainer({ spec: network, samples, learningRate, batchSize: Math.min(batchSize, samples.count) });
  return (weights) => {
    tester.setWeights(weights);
    return tester.evaluate();
  };
}

/** States the bytes that training on samples takes, or evaluating them where there is no config. */
export function trainerBytes(network: AnyNetwork, samples: Samples, config?: AnyConfig): number {
  if (isLayered(network)) throw notYet();
  return config
    ? Trainer.memoryBytes({ spec: network, samples, ...config.training, recordLayer: config.record.layer })
    : Trainer.memoryBytes({ spec: network, samples, learningRate: 1, batchSize: 1 });
}

const notYet = () => new InputError('not-yet', 'networks of layers and optimisers are not trained by this build.');
