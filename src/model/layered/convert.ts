/** Between multilayer perceptrons (`NetworkSpec`) and networks of layers. */
import { layersOf, type NetworkSpec } from '../network.js';
import { sizeOf } from './resolved.js';
import type { DenseSpec, LayeredSpec, LayerSpec } from './spec.js';

/** Writes a multilayer perceptron as layers; names (layer1, layer2, …) and the flat vector stay the same. */
export function layeredOf(network: NetworkSpec): LayeredSpec {
  const dense = layersOf(network);
  const layers = dense.flatMap(({ name, outputs }, l): LayerSpec[] => [
    { type: 'dense', name, outputs, bias: network.bias },
    ...(l < dense.length - 1 && network.activation !== 'identity' ? [{ type: network.activation } as const] : []),
  ]);
  return { input: network.widths[0], layers, loss: network.loss };
}

/**
 * Writes a network of layers as a multilayer perceptron, where it is one that is named as these are: dense layers
 * layer1, layer2, … with the same activation between them, all with a bias or none.
 * @returns undefined for any other network
 */
export function perceptronOf({ input, layers, loss }: LayeredSpec): NetworkSpec | undefined {
  const inputs = typeof input === 'number' ? input : sizeOf(input);
  const dense = layers.filter((layer): layer is DenseSpec => layer.type === 'dense');
  const [first] = dense;
  if (!first) return undefined;
  const activation = layers.length === dense.length ? 'identity' : layers[1].type;
  if (activation !== 'relu' && activation !== 'tanh' && activation !== 'identity') return undefined;
  const bias = first.bias ?? true;
  const network: NetworkSpec = { widths: [inputs, ...dense.map((d) => d.outputs)], activation, bias, loss };
  const plain = layeredOf(network).layers;
  const same = (layer: LayerSpec, other: LayerSpec) =>
    layer.type === other.type &&
    (layer.type !== 'dense' || other.type !== 'dense' || (layer.name === other.name && (layer.bias ?? true) === bias));
  return plain.length === layers.length && plain.every((layer, l) => same(layers[l], layer)) ? network : undefined;
}
