/** Whether samples suit a network of layers. */
import type { Samples } from '../../data/dataset.js';
import { type ResolvedLayer, sizeOf } from '../../model/layered/resolved.js';
import type { LossKind } from '../../model/network.js';
import { checkSamples } from '../../train/layout.js';

/**
 * Refuses samples that do not suit a network of layers: wrong sizes, labels out of range, missing targets, numbers that are not
 * finite.
 * @throws InputError
 */
export function checkLayeredSamples(layers: readonly ResolvedLayer[], loss: LossKind, samples: Samples): void {
  const widths = [sizeOf(layers[0].inputShape), sizeOf(layers[layers.length - 1].outputShape)];
  checkSamples({ widths, activation: 'relu', bias: false, loss }, samples);
}
