/** The network of a session: its name in the state, and the data that it is to fit. */
import type { Dataset } from '../../data/dataset.js';
import { type AnyNetwork, recordedBlock } from '../../model/any-network.js';
import { perceptronOf } from '../../model/layered/convert.js';
import { NETWORK_NAMES, type NetworkName, namedNetwork } from '../../model/layered/named.js';
import { resolveLayers } from '../../model/layered/resolve.js';
import { type Activation, type LossKind, layersOf } from '../../model/network.js';
import { check } from '../../numeric/errors.js';
import { nearest } from '../../numeric/spelling.js';
import type { LayerFacts } from '../protocol.js';

/** A perceptron as the state names it: widths, then `:tanh` or `:identity`, then `:bias`. */
const WIDTHS = /^(\d{1,7}(?:-\d{1,7})+)(?::(relu|tanh|identity))?(:bias)?$/;

/** A network by what its name says. */
export type NetworkWords =
  | { readonly widths: readonly number[]; readonly activation: Activation; readonly bias: boolean }
  | { readonly name: NetworkName };

/**
 * Reads the name of a network: 784-50-50-10, 20-16-4:tanh:bias, mlp, lenet5, cnn-small, resnet8.
 * @throws InputError for anything else
 */
export function networkWordsOf(text: string): NetworkWords {
  const match = WIDTHS.exec(text);
  if (match)
    return {
      widths: match[1].split('-').map(Number),
      activation: (match[2] ?? 'relu') as Activation,
      bias: match[3] !== undefined,
    };
  const meant = nearest(text, NETWORK_NAMES);
  check(
    (NETWORK_NAMES as readonly string[]).includes(text),
    'bad-network',
    () =>
      `there is no network '${text.slice(0, 60)}'; give widths such as 784-50-50-10, or one of ${NETWORK_NAMES.join(', ')}${meant ? ` (did you mean '${meant}'?)` : ''}.`,
  );
  return { name: text as NetworkName };
}

/**
 * Returns the network for a data set: the first and the last width are those of the data, whatever the name says.
 * @throws InputError where a network of convolutions gets data that are no images, and for layers that do not fit
 */
export function networkFor(text: string, { train, classes }: Dataset): AnyNetwork {
  const words = networkWordsOf(text);
  if ('widths' in words) {
    const { widths, activation, bias } = words;
    const network = { widths: [train.size, ...widths.slice(1, -1), classes], activation, bias, loss: lossOf(train) };
    layersOf(network);
    return network;
  }
  const spec = namedNetwork(words.name, train.shape ?? train.size, classes, lossOf(train));
  resolveLayers(spec);
  return perceptronOf(spec) ?? spec;
}

const lossOf = ({ targets }: Dataset['train']): LossKind => (targets ? 'squared-error' : 'cross-entropy');

/** Lists the layers whose weights can be recorded. */
export function recordable(network: AnyNetwork): LayerFacts[] {
  const names =
    'layers' in network
      ? resolveLayers(network)
          .filter((l) => l.parameters.length > 0)
          .map((l) => l.name)
      : layersOf(network).map((l) => l.name);
  return names.map((name) => {
    const { shape, size } = recordedBlock(network, name);
    return { name, shape, size };
  });
}
