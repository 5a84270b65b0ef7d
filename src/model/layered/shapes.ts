/** What each kind of layer makes of a shape, and the shapes of its parameters; one function for all but residuals. */
import { check } from '../../numeric/errors.js';
import { type ResolvedKind, type Shape, sizeOf } from './resolved.js';
import type { BatchNormSpec, LayerSpec, ResidualSpec } from './spec.js';

/** What one layer makes of its input. */
export interface Geometry {
  readonly kind: ResolvedKind;
  readonly outputShape: Shape;
  /** Shape of the weight, then of the bias; empty without weights. */
  readonly parameters: readonly (readonly number[])[];
}

const EPSILON = 1e-5;
const text = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/**
 * Works out what the layer `name` makes of an input.
 * @throws InputError that names the layer and both shapes
 */
export function geometryOf(name: string, layer: Exclude<LayerSpec, ResidualSpec>, input: Shape): Geometry {
  const [channels] = input;
  const same = (kind: ResolvedKind): Geometry => ({ kind, outputShape: input, parameters: [] });
  switch (layer.type) {
    case 'dense': {
      const { outputs, bias = true } = layer;
      return {
        kind: { type: 'dense', bias },
        outputShape: [outputs, 1, 1],
        parameters: [[outputs, sizeOf(input)], ...(bias ? [[outputs]] : [])],
      };
    }
    case 'conv': {
      const { kernel, stride = 1, padding = 0, bias = true } = layer;
      check(kernel <= 7, 'bad-layer', `the layer '${name}' has a kernel of ${kernel}; convolutions take 1 to 7.`);
      check(
        padding < kernel,
        'bad-layer',
        `the layer '${name}' has a padding of ${padding} with a kernel of ${kernel}; a padding of ${kernel} or more only adds outputs that see no input.`,
      );
      return {
        kind: { type: 'conv', kernel, stride, padding, bias },
        outputShape: [layer.channels, ...slid(name, 'convolution', input, kernel, stride, padding)],
        parameters: [[layer.channels, channels, kernel, kernel], ...(bias ? [[layer.channels]] : [])],
      };
    }
    case 'max-pool':
    case 'average-pool': {
      const { type, kernel, stride = kernel } = layer;
      return {
        kind: { type, kernel, stride },
        outputShape: [channels, ...slid(name, 'pool', input, kernel, stride, 0)],
        parameters: [],
      };
    }
    case 'global-average-pool':
      return { kind: { type: layer.type }, outputShape: [channels, 1, 1], parameters: [] };
    case 'layer-norm': {
      // A dense layer's numbers are a vector for PyTorch, so that its weight has one dimension.
      const shape = input[1] === 1 && input[2] === 1 ? [channels] : input;
      return {
        kind: { type: 'layer-norm', epsilon: layer.epsilon ?? EPSILON },
        outputShape: input,
        parameters: [shape, shape],
      };
    }
    case 'batch-norm': {
      const [mean, variance] = [statistic(name, layer, 'mean', channels), statistic(name, layer, 'variance', channels)];
      check(
        variance.every((v) => v >= 0),
        'bad-layer',
        `the layer '${name}' has a variance below 0: ${variance.find((v) => !(v >= 0))}.`,
      );
      return {
        kind: { type: 'batch-norm', mean, variance, epsilon: layer.epsilon ?? EPSILON },
        outputShape: input,
        parameters: [[channels], [channels]],
      };
    }
    case 'dropout':
      check(
        layer.rate >= 0 && layer.rate < 1,
        'bad-layer',
        `the layer '${name}' drops a share of ${layer.rate}; the rate of a dropout is at least 0 and below 1.`,
      );
      return same({ type: 'dropout', rate: layer.rate });
    case 'identity':
      throw new Error('an identity leaves no layer');
    default:
      return same({ type: layer.type });
  }
}

/** Returns height and width after a window of `kernel` was slid over the input. */
function slid(
  name: string,
  what: string,
  input: Shape,
  kernel: number,
  stride: number,
  padding: number,
): [height: number, width: number] {
  const side = (size: number) => Math.floor((size + 2 * padding - kernel) / stride) + 1;
  const [height, width] = [side(input[1]), side(input[2])];
  const flat = input[1] === 1 && input[2] === 1;
  check(
    height >= 1 && width >= 1,
    'bad-shape',
    () =>
      `the layer '${name}', a ${what} of ${kernel}×${kernel}, gets ${text(input)} and would leave [${input[0]}, ${height}, ${width}]; ${flat ? 'give the input of the network as [channels, height, width], and put layers on images before dense ones' : `its input needs at least ${kernel - 2 * padding}×${kernel - 2 * padding}`}.`,
  );
  return [height, width];
}

/** Returns a fixed statistic, one number for each channel. */
function statistic(name: string, layer: BatchNormSpec, which: 'mean' | 'variance', channels: number): Float64Array {
  const given = layer[which];
  const values = typeof given === 'number' ? new Float64Array(channels).fill(given) : Float64Array.from(given);
  check(
    values.length === channels,
    'bad-shape',
    `the layer '${name}' gets ${channels} channels and has a ${which} of ${values.length} numbers; give one number, or one for each channel.`,
  );
  check(values.every(Number.isFinite), 'bad-layer', `the layer '${name}' has a ${which} that is not a finite number.`);
  return values;
}
