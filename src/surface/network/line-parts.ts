/** Parts of the samples of a line that stand for all of them: samples in the order of their gradients, and every so many blocks. */
import type { Trainer } from '../../train/trainer.js';

/** Every step-th block of eight samples from `first` on, and below `end`, each sample of them counting `weight`-fold. */
export interface Stratum {
  readonly first: number;
  readonly step: number;
  readonly end: number;
  readonly weight: number;
}

/** Lists the samples by the size of their gradients in the layer, the largest first, and says which share the first quarter has. */
export function byGradient(
  trainer: Trainer,
  layer: string,
  all: number,
): { readonly order: Uint32Array; readonly inFirstQuarter: number } {
  const sizes = new Float64Array(all);
  for (const { inputs, deltas, first, count } of trainer.layerStates(layer)) {
    const [n, m] = [inputs.length / count, deltas.length / count];
    for (let s = 0; s < count; s++) {
      let [h, d] = [0, 0];
      for (let k = 0; k < n; k++) h += inputs[s * n + k] ** 2;
      for (let j = 0; j < m; j++) d += deltas[s * m + j] ** 2;
      sizes[first + s] = Math.sqrt(h * d);
    }
  }
  const order = Uint32Array.from(sizes, (_, s) => s).sort((a, b) => sizes[b] - sizes[a] || a - b);
  let [quarter, total] = [0, 0];
  order.forEach((s, i) => {
    total += sizes[s];
    if (4 * i < all) quarter += sizes[s];
  });
  return { order, inFirstQuarter: quarter / total };
}

/** Ranges of the ordered blocks: up to which share of them, and one in how many is taken. */
type Part = readonly (readonly [end: number, step: number])[];
const TENTH: Part = [[1 / 16, 1], [1 / 8, 4], [1 / 4, 16], [1, 32]]; // biome-ignore format: short
const QUARTER: Part = [[1 / 4, 1], [1, 32]]; // biome-ignore format: short

/**
 * Returns the parts that pay: a few hard samples hold most of a small loss, and a part with all of the first quarter then has nearly
 * the crossings of all samples: docs/decisions/05.
 */
export function partsFor(inFirstQuarter: number): readonly Part[] {
  return inFirstQuarter > 0.995 ? [TENTH, QUARTER] : [TENTH];
}

/** Divides the ordered blocks; a part counts every sample as often as it stands for others. */
export function strataOf(part: Part, blocks: number, samples: number): Stratum[] {
  return part.map(([share, step], i) => {
    const first = i === 0 ? 0 : Math.floor(part[i - 1][0] * blocks);
    const end = Math.floor(share * blocks);
    let taken = 0;
    for (let b = first; b < end; b += step) taken += Math.min(8, samples - 8 * b);
    return { first, step, end, weight: (Math.min(8 * end, samples) - 8 * first) / taken };
  });
}
