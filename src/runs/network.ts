/** The network of a run, once its data are known: inputs and outputs that a config leaves open follow from them. */
import type { Dataset } from '../data/dataset.js';
import { type AnyNetwork, endsOf, networkWords, recordedBlock } from '../model/any-network.js';
import { perceptronOf } from '../model/layered/convert.js';
import { namedNetwork } from '../model/layered/named.js';
import { resolveLayers } from '../model/layered/resolve.js';
import type { LayeredSpec } from '../model/layered/spec.js';
import { check } from '../numeric/errors.js';
import { layersIn } from './layers.js';
import type { AnyConfig } from './schema.js';

/**
 * Returns the network of a config for a data set. Layers that are a multilayer perceptron are returned as one.
 * @throws InputError for layers that do not fit one another or the data, and for a recorded layer that has no weights
 */
export function networkOf({ network, record }: AnyConfig, dataset: Dataset): AnyNetwork {
  const { train, classes, name } = dataset;
  if ('widths' in network) {
    checkEnds(network, dataset);
    return network;
  }
  const input = train.shape ?? train.size;
  const spec: LayeredSpec =
    'name' in network
      ? namedNetwork(network.name, input, classes, network.loss)
      : { input: network.input ?? input, layers: network.layers, loss: network.loss };
  resolveLayers(spec);
  check(
    typeof spec.input === 'number' || train.shape === undefined || String(spec.input) === String(train.shape),
    'network-does-not-fit',
    () =>
      `the data set '${name}' has samples of the shape [${train.shape!.join(', ')}]; network.input is ${JSON.stringify(spec.input)}: leave it out, or make it equal.`,
  );
  checkEnds(spec, dataset);
  for (const layer of layersIn({ record })) recordedBlock(spec, layer);
  return perceptronOf(spec) ?? spec;
}

/** Refuses a network whose inputs or outputs are not those of the data. */
function checkEnds(network: AnyNetwork, { train, classes, name }: Dataset): void {
  const { inputs, outputs } = endsOf(network);
  const hint =
    'widths' in network
      ? `set network.widths to [${train.size}, …, ${classes}]`
      : `let the last layer have ${classes} outputs`;
  check(
    inputs === train.size && (train.targets ? outputs === classes : outputs >= classes),
    'network-does-not-fit',
    () =>
      `the data set '${name}' has ${train.size} inputs and ${classes} classes; the network ${networkWords(network)} ` +
      `has ${inputs} inputs and ${outputs} outputs: ${hint}.`,
  );
}

/** Names the network of a config in a few words: the widths, its name, or that it consists of layers. */
export function networkTitle({ network }: Pick<AnyConfig, 'network'>): string {
  if ('widths' in network) return network.widths.join('-');
  return 'name' in network ? network.name : `${network.layers.length} layers`;
}
