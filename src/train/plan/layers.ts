/** One layer as instructions: forward, its weight gradients, and the gradient by its input. */
import type { ResolvedLayer } from '../../model/layered/resolved.js';
import { sizeOf } from '../../model/layered/resolved.js';
import { ACTIVATIONS, type Instruction } from '../../model/plan/ops.js';

/** Addresses of what one layer reads and writes. */
export interface LayerPlaces {
  readonly x: number;
  readonly y: number;
  readonly weight: number;
  readonly bias: number;
  /** What its kind keeps beside its output: places of a max pool, normalised numbers, masks. */
  readonly kept: number;
  /** Rows that the backward pass of any layer may write for a moment. */
  readonly scratch: number;
  /** Constants of its kind: epsilon; factors and shifts of a batch norm; the rate of a dropout. */
  readonly constants: readonly number[];
  /** Places around the input that are part of the tensor: a convolution of a bordered input needs no padding. */
  readonly border: number;
}

const convShape = (layer: ResolvedLayer & { type: 'conv' }, border: number) => {
  const [inC, height, width] = layer.inputShape;
  const [outC, outH, outW] = layer.outputShape;
  const { kernel, stride } = layer;
  const padding = layer.padding - border;
  return { inC, inH: height + 2 * border, inW: width + 2 * border, outC, outH, outW, kernel, stride, padding };
};

const poolShape = (layer: ResolvedLayer) => {
  const [channels, inH, inW] = layer.inputShape;
  const [, outH, outW] = layer.outputShape;
  const global = layer.type === 'global-average-pool';
  const kernel = 'kernel' in layer ? layer.kernel : 0;
  const [kernelH, kernelW] = global ? [inH, inW] : [kernel, kernel];
  const stride = 'stride' in layer ? layer.stride : Math.max(inH, inW);
  return { channels, inH, inW, outH, outW, kernelH, kernelW, stride };
};

/** Channels, and places of each: what `affine` walks over. */
const channelsOf = (layer: ResolvedLayer) => ({
  channels: layer.outputShape[0],
  places: layer.outputShape[1] * layer.outputShape[2],
});

/** Returns what computes y; `relu` where a ReLU follows in the same place. Dropout is left out when not training. */
export function forwardOf(
  layer: ResolvedLayer,
  { x, y, weight, bias, kept, constants, border }: LayerPlaces,
  other: number,
  relu: boolean,
  training: boolean,
): Instruction[] {
  const rows = sizeOf(layer.outputShape);
  const after: Instruction[] = relu ? [{ op: 'activate', x: y, y, rows, kind: ACTIVATIONS.relu }] : [];
  switch (layer.type) {
    case 'conv':
      return [{ op: 'convForward', x, weight, bias, y, relu, ...convShape(layer, border) }];
    case 'dense':
      return [{ op: 'denseForward', x, weight, bias, y, relu, inputs: sizeOf(layer.inputShape), outputs: rows }];
    case 'max-pool':
      return [{ op: 'maxPool', x, place: kept, y, ...poolShape(layer) }, ...after];
    case 'average-pool':
    case 'global-average-pool':
      return [{ op: 'averagePool', x, y, ...poolShape(layer) }, ...after];
    case 'relu':
    case 'tanh':
    case 'gelu':
      return [{ op: 'activate', x, y, rows, kind: ACTIVATIONS[layer.type] }];
    case 'layer-norm':
      return [{ op: 'layerNorm', x, weight, bias, y, normal: kept, epsilon: constants[0], rows }, ...after];
    case 'batch-norm': {
      const shape = channelsOf(layer);
      return [
        { op: 'affine', x, weight: constants[0], bias: constants[1], y: kept, ...shape },
        { op: 'affine', x: kept, weight, bias, y, ...shape },
        ...after,
      ];
    }
    case 'dropout':
      if (!training) return [{ op: 'add', a: x, y, rows }, ...after];
      return [
        { op: 'mask', y: kept, rows, rate: constants[0], key0: constants[1], key1: constants[2] },
        { op: 'multiply', a: x, b: kept, y, rows },
        ...after,
      ];
    case 'add':
      return [{ op: 'add', a: x, b: other, y, rows }, ...after];
  }
}

/** Returns what computes the gradients of weight and bias, added to what is there where `accumulate` says so. */
export function weightsOf(
  layer: ResolvedLayer,
  { x, kept, border }: LayerPlaces,
  dy: number,
  dweight: number,
  dbias: number,
  factor: number,
  accumulate: boolean,
): Instruction[] {
  switch (layer.type) {
    case 'conv':
      return [{ op: 'convWeight', x, dy, dweight, dbias, factor, accumulate, ...convShape(layer, border) }];
    case 'dense': {
      const [inputs, outputs] = [sizeOf(layer.inputShape), sizeOf(layer.outputShape)];
      return [{ op: 'denseWeight', x, dy, dweight, dbias, factor, accumulate, inputs, outputs }];
    }
    case 'layer-norm': {
      const channels = sizeOf(layer.outputShape);
      return [{ op: 'affineWeight', x: kept, dy, dweight, dbias, factor, accumulate, channels, places: 1 }];
    }
    case 'batch-norm':
      return [{ op: 'affineWeight', x: kept, dy, dweight, dbias, factor, accumulate, ...channelsOf(layer) }];
    default:
      return [];
  }
}

/**
 * Returns what computes dx from dy; dx = dy is allowed for functions of single numbers.
 * @param mask - with an address, dx is set to 0 where the tensor there is not positive (h of the input for conv and dense, of the
 * output for a max pool): the ReLU before the layer
 */
export function inputOf(
  layer: ResolvedLayer,
  { x, y, weight, kept, scratch, constants }: LayerPlaces,
  dy: number,
  dx: number,
  mask: number,
  accumulate: boolean,
  training: boolean,
): Instruction[] {
  const rows = sizeOf(layer.outputShape);
  const relu = mask !== 0;
  switch (layer.type) {
    case 'conv':
      return [{ op: 'convInput', dy, weight, h: mask, dx, relu, accumulate, ...convShape(layer, 0) }];
    case 'dense':
      return [
        {
          op: 'denseInput',
          dy,
          weight,
          h: mask,
          dx,
          relu,
          accumulate,
          inputs: sizeOf(layer.inputShape),
          outputs: rows,
        },
      ];
    case 'max-pool':
      return [{ op: 'maxPoolInput', dy, place: kept, dx, h: mask, relu, accumulate, ...poolShape(layer) }];
    case 'average-pool':
    case 'global-average-pool':
      return [{ op: 'averagePoolInput', dy, dx, accumulate, ...poolShape(layer) }];
    case 'relu':
    case 'tanh':
      return [{ op: 'slope', h: y, t: dy, y: dx, rows, kind: ACTIVATIONS[layer.type], accumulate }];
    case 'gelu':
      return [{ op: 'slope', z: x, t: dy, y: dx, rows, kind: ACTIVATIONS.gelu, accumulate }];
    case 'layer-norm':
      return [{ op: 'layerNormInput', dy, weight, normal: kept, dx, rows, accumulate }];
    case 'batch-norm': {
      const shape = channelsOf(layer);
      const to = accumulate ? scratch : dx;
      return [
        { op: 'affine', x: dy, weight: constants[0], y: to, ...shape },
        { op: 'affine', x: to, weight, y: dx, accumulate, ...shape },
      ];
    }
    case 'dropout':
      if (training) return [{ op: 'multiply', a: dy, b: kept, y: dx, rows, accumulate }];
      return dy === dx ? [] : [{ op: 'add', a: dy, y: dx, rows, accumulate }];
    case 'add':
      return dy === dx ? [] : [{ op: 'add', a: dy, y: dx, rows, accumulate }];
  }
}
