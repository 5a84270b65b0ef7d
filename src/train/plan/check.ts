/** What a trainer of a network of layers refuses. */
import type { Samples } from '../../data/dataset.js';
import { weightBlock } from '../../model/layered/parameters.js';
import { type ResolvedLayer, sizeOf } from '../../model/layered/resolved.js';
import { check } from '../../numeric/errors.js';
import type { LayeredTrainerOptions } from '../layered-options.js';
import { checkFit } from '../layout.js';

/**
 * Checks batch size, names of layers, samples and the key of dropout.
 * @throws InputError
 */
export function checkLayered(
  { spec, batchSize, recordLayers = [], trainable, key }: LayeredTrainerOptions,
  samples: Samples,
  layers: readonly ResolvedLayer[],
): void {
  check(
    batchSize <= samples.count && batchSize <= 65535,
    'bad-batch-size',
    `the batch size must be an integer from 1 to the ${samples.count} samples (and at most 65535); got ${batchSize}.`,
  );
  checkFit(sizeOf(layers[0].inputShape), sizeOf(layers.at(-1)!.outputShape), spec.loss, samples);
  for (const name of [...recordLayers, ...(trainable ?? [])]) weightBlock(layers, name);
  check(
    trainable === undefined || trainable.length > 0,
    'nothing-trained',
    'the list of layers to train is empty; name at least one, or leave the list out to train all.',
  );
  check(
    key !== undefined || !layers.some((l) => l.type === 'dropout' && l.rate > 0),
    'no-key',
    'the network has a dropout, whose masks are drawn at random; give the trainer a key, such as randomKey(1).',
  );
}
