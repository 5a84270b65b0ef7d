/** What runs and files need of a network, be it a multilayer perceptron or a list of layers. */
import type { Key } from '../numeric/random.js';
import * as is from '../numeric/wants.js';
import { layeredOf } from './layered/convert.js';
import {
  initialLayeredWeights,
  layeredCount,
  layeredOutputs,
  layeredShapes,
  weightBlock,
} from './layered/parameters.js';
import { inputShape, resolveLayers } from './layered/resolve.js';
import { sizeOf } from './layered/resolved.js';
import { LAYERED_SPEC_WANTS, type LayeredSpec } from './layered/spec.js';
import {
  initialWeights,
  layerNamed,
  type NamedShape,
  NETWORK_SPEC_WANTS,
  type NetworkSpec,
  parameterCount,
  parameterShapes,
} from './network.js';

/** A multilayer perceptron, or a network of layers. */
export type AnyNetwork = NetworkSpec | LayeredSpec;

/** Says what an {@link AnyNetwork} needs. */
export const ANY_NETWORK_WANTS = is.wanted(
  'a network: {widths, activation, bias, loss} or {input, layers, loss}',
  (v) => (isLayered(v as AnyNetwork) ? LAYERED_SPEC_WANTS : NETWORK_SPEC_WANTS)(v, 'network') === undefined,
);

/** Says whether a network is a list of layers. */
export const isLayered = (network: AnyNetwork): network is LayeredSpec =>
  typeof network === 'object' && network !== null && 'layers' in network;

/** Returns a network as a list of layers; a multilayer perceptron keeps its names and its flat vector. */
export const asLayered = (network: AnyNetwork): LayeredSpec => (isLayered(network) ? network : layeredOf(network));

/** The weights of one layer, without its biases: what is recorded and measured. */
export interface RecordedBlock {
  readonly name: string;
  /** Place of its first number in the flat vector. */
  readonly offset: number;
  readonly size: number;
  /** Shape of the weight, as PyTorch has it. */
  readonly shape: readonly number[];
}

/**
 * Returns the weights of a layer by its name.
 * @throws InputError for a layer that does not exist or has no weights
 */
export function recordedBlock(network: AnyNetwork, name: string): RecordedBlock {
  if (isLayered(network)) {
    const { offset, size, shape } = weightBlock(resolveLayers(network), name);
    return { name, offset, size, shape };
  }
  const { weightOffset, outputs, inputs } = layerNamed(network, name);
  return { name, offset: weightOffset, size: outputs * inputs, shape: [outputs, inputs] };
}

/** Lists names and shapes of the parameters in the order of the flat vector. */
export const shapesOf = (network: AnyNetwork): NamedShape[] =>
  isLayered(network) ? layeredShapes(network) : parameterShapes(network);

/** Returns the length P of the flat vector. */
export const countOf = (network: AnyNetwork): number =>
  isLayered(network) ? layeredCount(network) : parameterCount(network);

/** Draws weights by PyTorch's default initialisation; flat, float32. */
export const initialOf = (network: AnyNetwork, key: Key): Float32Array =>
  isLayered(network) ? initialLayeredWeights(network, key) : initialWeights(network, key);

/** Returns the number of inputs and of outputs. */
export function endsOf(network: AnyNetwork): { readonly inputs: number; readonly outputs: number } {
  if (!isLayered(network)) return { inputs: network.widths[0], outputs: network.widths[network.widths.length - 1] };
  return { inputs: sizeOf(inputShape(network)), outputs: layeredOutputs(network) };
}

/** Writes a network in a few words: 784-50-50-10, or its layers with weights. */
export function networkWords(network: AnyNetwork): string {
  if (!isLayered(network)) return network.widths.join('-');
  const layers = resolveLayers(network).filter((l) => l.parameters.length > 0);
  const of = (shape: readonly number[]) => (shape[1] === 1 && shape[2] === 1 ? `${shape[0]}` : shape.join('×'));
  return `${of(inputShape(network))}-${layers
    .filter((l) => l.type === 'dense' || l.type === 'conv')
    .map((l) => of(l.outputShape))
    .join('-')}`;
}
