/** What a `LayeredTrainer` is made of. */
import { SAMPLES_WANTS, type Samples } from '../data/dataset.js';
import { LAYERED_SPEC_WANTS, type LayeredSpec } from '../model/layered/spec.js';
import type { Key } from '../numeric/random.js';
import * as is from '../numeric/wants.js';
import { PackedSamples } from './plan/data.js';
import type { Update } from './plan/update.js';

/** Says what a `LayeredTrainer` trains and how; a learning rate is eta per step. */
export interface LayeredTrainerOptions {
  readonly spec: LayeredSpec;
  /** The samples, or `PackedSamples` of them, which several trainers can share. */
  readonly samples: Samples | PackedSamples;
  readonly learningRate: number;
  /** PyTorch's momentum coefficient mu in [0, 1); 0 by default. */
  readonly momentum?: number;
  /** Another update rule than SGD with momentum; `learningRate` and `momentum` are then not used. */
  readonly update?: Update;
  readonly batchSize: number;
  /** Layers whose weights (without biases) are returned after every step, in this order. */
  readonly recordLayers?: readonly string[];
  /** Layers that `steps` changes; all by default. */
  readonly trainable?: readonly string[];
  /** Draws the masks of dropout; needed where the network has one. */
  readonly key?: Key;
}

/** Says what a {@link LayeredTrainerOptions} needs. */
export const LAYERED_TRAINER_OPTIONS_WANTS = is.shape<LayeredTrainerOptions>({
  spec: LAYERED_SPEC_WANTS,
  samples: is.either(
    is.wanted('PackedSamples', (v) => v instanceof PackedSamples),
    SAMPLES_WANTS,
  ),
  learningRate: is.finite,
  momentum: is.maybe(is.finite),
  update: is.maybe(is.object),
  batchSize: is.count,
  recordLayers: is.maybe(is.listOf(is.text)),
  trainable: is.maybe(is.listOf(is.text)),
  key: is.maybe(is.key),
});
