/** Data that the cells of a process share: which configs train on the same, and samples packed once for trainers of layers. */
import type { Samples } from '../../data/dataset.js';
import type { AnyConfig } from '../../runs/schema.js';
import { PackedSamples } from '../../train/layered-trainer.js';

/** Names the data of a config: the same for configs that train on the same samples and targets. */
export function dataKey({ data, network }: AnyConfig): string {
  const outputs =
    network.loss === 'cross-entropy' ? '' : JSON.stringify('widths' in network ? network.widths.at(-1) : network);
  return JSON.stringify([data, network.loss, outputs]);
}

const packs = new WeakMap<Samples, PackedSamples>();

/** Returns samples packed in the memory of a kernel of this thread, where trainers of layers share them. */
export function packedOf(samples: Samples): PackedSamples {
  let packed = packs.get(samples);
  if (!packed) packs.set(samples, (packed = new PackedSamples(samples)));
  return packed;
}
