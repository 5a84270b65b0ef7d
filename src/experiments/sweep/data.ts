/** Data of the cells of a process: each data set is loaded, and packed for trainers of layers, once. */
import type { Dataset, Samples } from '../../data/dataset.js';
import { networkOf } from '../../runs/network.js';
import { type Loaded, loadRun } from '../../runs/prepare.js';
import type { AnyConfig } from '../../runs/schema.js';
import { PackedSamples } from '../../train/layered-trainer.js';

/** Keeps loaded data sets; plain data that may be shared between threads once it is loaded. */
export class SweepData {
  private readonly sets = new Map<string, Promise<Dataset>>();

  /** Returns the data of a complete config and its network; loads what was not yet. */
  async of(config: AnyConfig): Promise<Loaded> {
    const id = dataKey(config);
    let set = this.sets.get(id);
    if (!set) this.sets.set(id, (set = loadRun(config).then(({ dataset }) => dataset)));
    const dataset = await set;
    return { dataset, network: networkOf(config, dataset) };
  }
}

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
