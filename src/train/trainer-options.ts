/** What a trainer is made of. */
import { SAMPLES_WANTS, type Samples } from '../data/dataset.js';
import { NETWORK_SPEC_WANTS, type NetworkSpec } from '../model/network.js';
import * as is from '../numeric/wants.js';

/** Says what a `Trainer` trains and how; a learning rate is eta per step. */
export interface TrainerOptions {
  readonly spec: NetworkSpec;
  readonly samples: Samples;
  readonly learningRate: number;
  /** PyTorch's momentum coefficient mu in [0, 1); 0 by default. */
  readonly momentum?: number;
  readonly batchSize: number;
  /** Layer whose weights are returned after every step, e.g. `layer2`. */
  readonly recordLayer?: string;
  /** Layers that `steps` changes; all by default. */
  readonly trainable?: readonly string[];
}

/** Says what a {@link TrainerOptions} needs. */
export const TRAINER_OPTIONS_WANTS = is.shape<TrainerOptions>({
  spec: NETWORK_SPEC_WANTS,
  samples: SAMPLES_WANTS,
  learningRate: is.finite,
  momentum: is.maybe(is.finite),
  batchSize: is.count,
  recordLayer: is.maybe(is.text),
  trainable: is.maybe(is.listOf(is.text)),
});
