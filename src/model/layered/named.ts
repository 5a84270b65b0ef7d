/** The usual networks by name. */
import { check } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import type { LossKind } from '../network.js';
import type { LayeredSpec, LayerSpec } from './spec.js';

/** Names of networks that need no list of layers. */
export const NETWORK_NAMES = ['mlp', 'lenet5', 'cnn-small', 'resnet8'] as const;
/** One of {@link NETWORK_NAMES}. */
export type NetworkName = (typeof NETWORK_NAMES)[number];

const relu = { type: 'relu' } as const;
const pool = { type: 'max-pool', kernel: 2 } as const;

/** A block of two convolutions and what goes around them; statistics 0 and 1 leave a trainable scale and shift. */
function block(channels: number, stride: number, widens: boolean): LayerSpec[] {
  const scale = { type: 'batch-norm', mean: 0, variance: 1 } as const;
  const conv = (s: number) => ({ type: 'conv', channels, kernel: 3, stride: s, padding: 1, bias: false }) as const;
  const shortcut: LayerSpec[] = [{ type: 'conv', channels, kernel: 1, stride, bias: false }];
  return [
    {
      type: 'residual',
      layers: [conv(stride), scale, relu, conv(1), scale],
      ...(widens ? { shortcut } : {}),
    },
    relu,
  ];
}

const LAYERS: Readonly<Record<NetworkName, (outputs: number, height: number) => LayerSpec[]>> = {
  // The network of ivf2021 [P1]: two hidden layers of 50, no biases.
  mlp: (outputs) => [
    { type: 'dense', outputs: 50, bias: false, name: 'layer1' },
    relu,
    { type: 'dense', outputs: 50, bias: false, name: 'layer2' },
    relu,
    { type: 'dense', outputs, bias: false, name: 'layer3' },
  ],
  // Inputs of 28 pixels are padded to the 32 that the network was made for.
  lenet5: (outputs, height) => [
    { type: 'conv', channels: 6, kernel: 5, padding: height <= 28 ? 2 : 0 },
    relu,
    pool,
    { type: 'conv', channels: 16, kernel: 5 },
    relu,
    pool,
    { type: 'dense', outputs: 120 },
    relu,
    { type: 'dense', outputs: 84 },
    relu,
    { type: 'dense', outputs },
  ],
  'cnn-small': (outputs) => [
    { type: 'conv', channels: 16, kernel: 3, padding: 1 },
    relu,
    pool,
    { type: 'conv', channels: 32, kernel: 3, padding: 1 },
    relu,
    pool,
    { type: 'dense', outputs: 64 },
    relu,
    { type: 'dense', outputs },
  ],
  resnet8: (outputs) => [
    { type: 'conv', channels: 16, kernel: 3, padding: 1, bias: false },
    { type: 'batch-norm', mean: 0, variance: 1 },
    relu,
    ...block(16, 1, false),
    ...block(32, 2, true),
    ...block(64, 2, true),
    { type: 'global-average-pool' },
    { type: 'dense', outputs },
  ],
};

/**
 * Returns a network by name for inputs of a shape: `mlp` (two hidden layers of 50 without biases), `lenet5`, `cnn-small`
 * (two convolutions of 16 and 32 channels, a dense layer of 64), `resnet8` (three residual blocks of 16, 32 and 64
 * channels, whose batch norms have the fixed statistics 0 and 1).
 * @throws InputError for another name, and where the input of a convolutional network has no height and width
 */
export function namedNetwork(
  name: NetworkName,
  input: LayeredSpec['input'],
  outputs: number,
  loss: LossKind = 'cross-entropy',
): LayeredSpec {
  is.given(
    'namedNetwork',
    { name, input, outputs, loss },
    {
      name: is.oneOf(...NETWORK_NAMES),
      input: is.either(is.count, is.listOf(is.count)),
      outputs: is.count,
      loss: is.oneOf('cross-entropy', 'squared-error'),
    },
  );
  const height = typeof input === 'number' ? 1 : input[1];
  check(
    name === 'mlp' || height > 1,
    'bad-shape',
    `the network '${name}' convolves images and gets ${typeof input === 'number' ? `${input} inputs` : `[${input.join(', ')}]`}; give the input as [channels, height, width].`,
  );
  return { input, layers: LAYERS[name](outputs, height), loss };
}
