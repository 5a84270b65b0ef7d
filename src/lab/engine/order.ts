/**
 * The order of samples when the batch size may change within an epoch: the samples of an epoch that were not used yet are cut into
 * batches of the new size. While it does not change, the order is that of `batchPlan`, whose orders of the same epoch begin alike for
 * every batch size.
 */
import { batchPlan, type Sampling } from '../../data/samplers.js';
import type { Key } from '../../numeric/random.js';
import type { Plan } from '../../train/loop.js';

/** Says which samples follow. */
export interface OrderRequest {
  readonly count: number;
  readonly batchSize: number;
  readonly sampling: Sampling;
  readonly key: Key;
  /** The epoch that is running, and how many of its samples were used. */
  readonly epoch: number;
  readonly taken: number;
}

/** Returns the batches from a place within an epoch on; batches that samples do not fill are left out. */
export function orderFrom({ count, batchSize, sampling, key, epoch, taken }: OrderRequest): Plan {
  const singles = batchPlan({ count, batchSize: 1, sampling, lastBatch: 'drop', key });
  return {
    batchesPerEpoch: Math.floor(count / batchSize),
    epoch(e) {
      const from = e === epoch ? taken : 0;
      const batches = Math.floor((count - from) / batchSize);
      return {
        order: singles.epoch(e).order.subarray(from, from + batches * batchSize),
        sizes: new Uint32Array(batches).fill(batchSize),
      };
    },
  };
}
