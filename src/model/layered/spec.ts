/**
 * Networks as lists of layers over ONE flat weight vector: what a user writes. `resolveLayers` (resolve.ts) checks it
 * and works out shapes, names and offsets.
 */
import * as is from '../../numeric/wants.js';
import type { LossKind } from '../network.js';

/** Gives any layer a name; without one it is named by its kind and counted: conv1, conv2, dense1, norm1, …. */
export interface Named {
  readonly name?: string;
}

/** z = W h + b over all inputs of the layer, which are flattened in the order channel, row, column. Bias: true. */
export interface DenseSpec extends Named {
  readonly type: 'dense';
  readonly outputs: number;
  readonly bias?: boolean;
}

/**
 * Cross-correlates as PyTorch's Conv2d: z[o, y, x] = b[o] + Σ_{c,i,j} W[o, c, i, j] h[c, y·stride + i − padding,
 * x·stride + j − padding]. Square kernels of 1 to 7; stride 1, padding 0 and bias true where they are not given.
 */
export interface ConvSpec extends Named {
  readonly type: 'conv';
  readonly channels: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly bias?: boolean;
}

/** Takes the largest input, or the mean, of each kernel×kernel window; no padding, stride = kernel if not given. */
export interface PoolSpec extends Named {
  readonly type: 'max-pool' | 'average-pool';
  readonly kernel: number;
  readonly stride?: number;
}

/** Takes the mean of each channel. */
export interface GlobalPoolSpec extends Named {
  readonly type: 'global-average-pool';
}

/** Applies a function to every number. `gelu` is the exact one, z Φ(z) with the normal distribution Φ. */
export interface ActivationSpec extends Named {
  readonly type: 'relu' | 'tanh' | 'gelu' | 'identity';
}

/** Normalises each sample over all its inputs, (h − mean)/√(variance + epsilon), then times weight plus bias of the same shape. */
export interface LayerNormSpec extends Named {
  readonly type: 'layer-norm';
  /** 1e-5 if not given. */
  readonly epsilon?: number;
}

/**
 * Normalises each channel with FIXED statistics, then times a trainable weight plus a trainable bias of one number for
 * each channel: PyTorch's BatchNorm in the mode `eval`. Statistics of the batch itself are not offered, because they
 * make the loss of one sample depend on the others.
 */
export interface BatchNormSpec extends Named {
  readonly type: 'batch-norm';
  /** One number for each channel, or one for all. */
  readonly mean: number | readonly number[];
  /** Above or equal to 0; one number for each channel, or one for all. */
  readonly variance: number | readonly number[];
  /** 1e-5 if not given. */
  readonly epsilon?: number;
}

/** Sets each number to 0 with probability `rate` in training and divides the others by 1 − rate; off when measured. */
export interface DropoutSpec extends Named {
  readonly type: 'dropout';
  readonly rate: number;
}

/** Adds what `shortcut` makes of the input, the input itself where there is none, to what `layers` make of it. */
export interface ResidualSpec extends Named {
  readonly type: 'residual';
  readonly layers: readonly LayerSpec[];
  readonly shortcut?: readonly LayerSpec[];
}

/** Describes one layer. */
export type LayerSpec =
  | DenseSpec
  | ConvSpec
  | PoolSpec
  | GlobalPoolSpec
  | ActivationSpec
  | LayerNormSpec
  | BatchNormSpec
  | DropoutSpec
  | ResidualSpec;

/** Describes a network of layers and its loss. The outputs of the last layer are logits or predictions. */
export interface LayeredSpec {
  /** Number of inputs, or [channels, height, width]. */
  readonly input: number | readonly [channels: number, height: number, width: number];
  readonly layers: readonly LayerSpec[];
  readonly loss: LossKind;
}

const NAME = { name: is.maybe(is.text) };
const NORM = { ...NAME, epsilon: is.maybe(is.positive) };
const STATISTIC = is.either(is.finite, is.numbers);
const LAYERS = is.listOf(Object.assign((v: unknown, name: string) => LAYER_SPEC_WANTS(v, name), { words: 'a layer' }));
const ACTIVATION = is.shape<ActivationSpec>(NAME);
const POOL = is.shape<PoolSpec>({ ...NAME, kernel: is.count, stride: is.maybe(is.count) });

/** Says what a {@link LayerSpec} needs. */
export const LAYER_SPEC_WANTS: is.Want = is.kinds<LayerSpec>('type', {
  dense: is.shape<DenseSpec>({ ...NAME, outputs: is.count, bias: is.maybe(is.flag) }),
  conv: is.shape<ConvSpec>({
    ...NAME,
    channels: is.count,
    kernel: is.count,
    stride: is.maybe(is.count),
    padding: is.maybe(is.whole),
    bias: is.maybe(is.flag),
  }),
  'max-pool': POOL,
  'average-pool': POOL,
  'global-average-pool': is.shape<GlobalPoolSpec>(NAME),
  relu: ACTIVATION,
  tanh: ACTIVATION,
  gelu: ACTIVATION,
  identity: ACTIVATION,
  'layer-norm': is.shape<LayerNormSpec>(NORM),
  'batch-norm': is.shape<BatchNormSpec>({ ...NORM, mean: STATISTIC, variance: STATISTIC }),
  dropout: is.shape<DropoutSpec>({ ...NAME, rate: is.finite }),
  residual: is.shape<ResidualSpec>({ ...NAME, layers: LAYERS, shortcut: is.maybe(LAYERS) }),
});

/** Says what a {@link LayeredSpec} needs. */
export const LAYERED_SPEC_WANTS = is.shape<LayeredSpec>({
  input: is.either(is.count, is.listOf(is.count)),
  layers: is.listOf(LAYER_SPEC_WANTS),
  loss: is.oneOf('cross-entropy', 'squared-error'),
});
