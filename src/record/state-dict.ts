/** Reading of a network's weights from a safetensors file whose layers have arbitrary names. */
import type { AnyNetwork } from '../model/any-network.js';
import { check } from '../numeric/errors.js';
import { readWhole } from './files.js';
import { type ForeignWeights, tensorsOfBytes, weightsInTensors } from './foreign-weights.js';

export type { ForeignWeights } from './foreign-weights.js';

/**
 * Reads the flat weights from a file, as `weightsInTensors` takes them from tensors.
 * @throws InputError where there is no file, and as `weightsInTensors`
 */
export function readStateDict(path: string, network: AnyNetwork, order?: readonly string[]): ForeignWeights {
  const bytes = readWhole(path);
  check(bytes !== undefined, 'no-weights', `there is no file of weights at ${path}.`);
  return weightsInTensors(tensorsOfBytes(bytes, path), path, network, order);
}
