/**
 * Multilayer perceptrons over ONE flat weight vector in PyTorch's order: layer by layer the weight (out×in, row-major),
 * then the bias (out) where there is one. z_l = W_l h_{l−1} + b_l, h_l = activation(z_l) for all layers but the last.
 */
import { check } from '../numeric/errors.js';
import type { Key } from '../numeric/random.js';
import * as is from '../numeric/wants.js';

/** Names the function between layers. */
export type Activation = 'relu' | 'tanh' | 'identity';
/**
 * Names the loss. `cross-entropy`: softmax on logits, natural logarithm. `squared-error`: ½ Σ_outputs (z − y)². Both:
 * mean over samples.
 */
export type LossKind = 'cross-entropy' | 'squared-error';

/** Describes a multilayer perceptron and its loss. */
export interface NetworkSpec {
  /** Inputs, hidden widths, outputs. */
  readonly widths: readonly number[];
  readonly activation: Activation;
  readonly bias: boolean;
  readonly loss: LossKind;
}

/** Says what a {@link NetworkSpec} needs. */
export const NETWORK_SPEC_WANTS = is.shape<NetworkSpec>({
  widths: is.listOf(is.count),
  activation: is.oneOf('relu', 'tanh', 'identity'),
  bias: is.flag,
  loss: is.oneOf('cross-entropy', 'squared-error'),
});

/** Says where a layer lies in the flat vector. */
export interface LayerBlock {
  /** `layer1` is the first weight matrix; the network of ivf2021 records `layer2`. */
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Offset of the weight (outputs×inputs) in the flat vector, and of the bias, −1 without one. */
  readonly weightOffset: number;
  readonly biasOffset: number;
}

/**
 * Checks a specification and lists its layers with their offsets in the flat vector.
 * @throws InputError for fewer than two widths and for a width that is not an integer from 1 to 2^20
 */
export function layersOf(spec: NetworkSpec): LayerBlock[] {
  is.given('layersOf', { spec }, { spec: NETWORK_SPEC_WANTS });
  const { widths } = spec;
  check(
    widths.length >= 2 && widths.every((w) => Number.isInteger(w) && w >= 1 && w <= 1 << 20),
    'bad-widths',
    () =>
      `a network needs at least two widths (inputs, …, outputs), integers from 1 to ${1 << 20}; got [${widths.join(', ')}].`,
  );
  let offset = 0;
  return widths.slice(1).map((outputs, l) => {
    const inputs = widths[l];
    const weightOffset = offset;
    offset += outputs * inputs;
    const biasOffset = spec.bias ? offset : -1;
    if (spec.bias) offset += outputs;
    return { name: `layer${l + 1}`, inputs, outputs, weightOffset, biasOffset };
  });
}

/** Names a parameter of a module and gives its shape, outputs×inputs for a weight. */
export interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

/** Says what a {@link NamedShape} needs. */
export const NAMED_SHAPE_WANTS = is.shape<NamedShape>({ name: is.text, shape: is.numbers });

/** Lists the parameters in the order of the flat vector, under thermograd's own names: layer1.weight, layer1.bias, … */
export function parameterShapes(spec: NetworkSpec): NamedShape[] {
  return layersOf(spec).flatMap(({ name, inputs, outputs, biasOffset }) => [
    { name: `${name}.weight`, shape: [outputs, inputs] },
    ...(biasOffset >= 0 ? [{ name: `${name}.bias`, shape: [outputs] }] : []),
  ]);
}

/** Returns the length P of the flat weight vector. */
export function parameterCount(spec: NetworkSpec): number {
  is.given('parameterCount', { spec }, { spec: NETWORK_SPEC_WANTS });
  return layersOf(spec).reduce((sum, l) => sum + l.outputs * (l.inputs + (spec.bias ? 1 : 0)), 0);
}

/**
 * Returns the block of a layer by name.
 * @throws InputError that lists the names
 */
export function layerNamed(spec: NetworkSpec, name: string): LayerBlock {
  is.given('layerNamed', { spec, name }, { spec: NETWORK_SPEC_WANTS, name: is.text });
  const layers = layersOf(spec);
  const found = layers.find((l) => l.name === name);
  check(
    found !== undefined,
    'no-such-layer',
    () =>
      `the network ${spec.widths.join('-')} has no layer '${name}'; it has ${layers.map((l) => l.name).join(', ')}.`,
  );
  return found;
}

/**
 * Draws weights by PyTorch's default initialisation of linear layers: weights and biases uniform in ±1/√fan_in.
 * docs/theory [P1].
 * @returns flat vector, length P, float32
 */
export function initialWeights(spec: NetworkSpec, key: Key): Float32Array {
  is.given('initialWeights', { spec, key }, { spec: NETWORK_SPEC_WANTS, key: is.key });
  const weights = new Float32Array(parameterCount(spec));
  layersOf(spec).forEach((layer, l) => {
    const stream = key.child(l).stream();
    const bound = 1 / Math.sqrt(layer.inputs);
    const end = layer.weightOffset + layer.outputs * (layer.inputs + (spec.bias ? 1 : 0));
    for (let i = layer.weightOffset; i < end; i++) weights[i] = bound * (2 * stream.uniform() - 1);
  });
  return weights;
}
