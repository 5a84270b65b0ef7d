/** Losses and errors of weights on samples, for a network of either kind. */
import type { Samples } from '../data/dataset.js';
import { type AnyNetwork, isLayered } from '../model/any-network.js';
import { randomKey } from '../numeric/random.js';
import { LayeredTrainer } from './layered-trainer.js';
import { Trainer } from './trainer.js';

/** Evaluates weights on all of its samples; dropout is off. */
export type Evaluator = Pick<Trainer, 'setWeights' | 'evaluate'>;

const ONE = { learningRate: 1, batchSize: 1 };
const layered = (spec: Parameters<typeof LayeredTrainer.memoryBytes>[0]['spec'], samples: Samples) => ({
  spec,
  samples,
  ...ONE,
  key: randomKey(0),
});

/** Makes an evaluator. Memory: `evaluatorBytes`. */
export const evaluator = (network: AnyNetwork, samples: Samples): Evaluator =>
  isLayered(network) ? new LayeredTrainer(layered(network, samples)) : new Trainer({ spec: network, samples, ...ONE });

/** Returns the bytes of kernel memory that an evaluator takes. */
export const evaluatorBytes = (network: AnyNetwork, samples: Samples): number =>
  isLayered(network)
    ? LayeredTrainer.memoryBytes(layered(network, samples))
    : Trainer.memoryBytes({ spec: network, samples, ...ONE });
