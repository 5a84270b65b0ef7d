/** The flat vector of a network of layers: its length, the names in it, its blocks, its first weights. */
import { check } from '../../numeric/errors.js';
import type { Key } from '../../numeric/random.js';
import * as is from '../../numeric/wants.js';
import type { NamedShape } from '../network.js';
import { resolveLayers } from './resolve.js';
import { type ResolvedLayer, type Shape, sizeOf } from './resolved.js';
import { LAYERED_SPEC_WANTS, type LayeredSpec } from './spec.js';

/** Lists the parameters in the order of the flat vector: conv1.weight, conv1.bias, …. */
export function layeredShapes(spec: LayeredSpec): NamedShape[] {
  return resolveLayers(spec).flatMap((layer) => layer.parameters.map(({ name, shape }) => ({ name, shape })));
}

/** Returns the length P of the flat vector. */
export function layeredCount(spec: LayeredSpec): number {
  return weightsOf(resolveLayers(spec));
}

/** Adds up the parameters of resolved layers. */
export function weightsOf(layers: readonly ResolvedLayer[]): number {
  return layers.reduce((sum, layer) => sum + layer.parameters.reduce((s, p) => s + p.size, 0), 0);
}

/** Returns the number of outputs of the last layer, flattened. */
export function layeredOutputs(spec: LayeredSpec): number {
  return sizeOf(resolveLayers(spec).at(-1)!.outputShape);
}

/** Where the weights of a layer lie: one piece of the flat vector. */
export interface WeightBlock {
  readonly name: string;
  /** Place of its first number. */
  readonly offset: number;
  /** Numbers in its weight. */
  readonly size: number;
  /** Shape of the weight, as PyTorch has it. */
  readonly shape: readonly number[];
  /** Place of its first bias, −1 without one. */
  readonly biasOffset: number;
  readonly biasSize: number;
  readonly layer: ResolvedLayer;
}

/** Lists the layers that have weights. */
export function weightBlocks(layers: readonly ResolvedLayer[]): WeightBlock[] {
  return layers
    .filter((layer) => layer.parameters.length > 0)
    .map((layer) => {
      const [{ offset, size, shape }, bias] = layer.parameters;
      return {
        name: layer.name,
        offset,
        size,
        shape,
        biasOffset: bias?.offset ?? -1,
        biasSize: bias?.size ?? 0,
        layer,
      };
    });
}

/**
 * Returns the weights of a layer by its name, for recording or measuring.
 * @throws InputError for a layer without weights and for a name that no layer has, with the names that can be given
 */
export function weightBlock(layers: readonly ResolvedLayer[], name: string): WeightBlock {
  const blocks = weightBlocks(layers);
  const found = blocks.find((block) => block.name === name);
  const other = layers.find((layer) => layer.name === name);
  check(
    found !== undefined,
    other ? 'no-weights' : 'no-such-layer',
    () =>
      `${other ? `the layer '${name}' (${other.type}) has no weights to record` : `the network has no layer '${name}'`}; layers with weights are ${blocks.map((b) => b.name).join(', ')}.`,
  );
  return found;
}

/**
 * Draws weights by PyTorch's default initialisation: weights and biases of dense layers and convolutions uniform in
 * ±1/√fan_in (fan_in: inputs of one output), weights of norms 1 and their biases 0. docs/theory [P1]. The network of a
 * `NetworkSpec` gets the numbers of `initialWeights`.
 * @returns flat vector, length P, float32
 */
export function initialLayeredWeights(spec: LayeredSpec, key: Key): Float32Array {
  is.given('initialLayeredWeights', { spec, key }, { spec: LAYERED_SPEC_WANTS, key: is.key });
  const layers = resolveLayers(spec);
  const weights = new Float32Array(weightsOf(layers));
  let drawn = 0;
  for (const layer of layers) {
    const [weight] = layer.parameters;
    if (layer.type === 'layer-norm' || layer.type === 'batch-norm')
      weights.fill(1, weight.offset, weight.offset + weight.size);
    if (layer.type !== 'dense' && layer.type !== 'conv') continue;
    const stream = key.child(drawn++).stream();
    const bound = 1 / Math.sqrt(sizeOf(weight.shape.slice(1)));
    for (const { offset, size } of layer.parameters)
      for (let i = offset; i < offset + size; i++) weights[i] = bound * (2 * stream.uniform() - 1);
  }
  return weights;
}

/** Returns the shape of a slot: the input, or what a layer writes. */
export function slotShape(layers: readonly ResolvedLayer[], slot: number): Shape {
  return slot === 0 ? layers[0].inputShape : layers[slot - 1].outputShape;
}
