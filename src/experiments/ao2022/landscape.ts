/** The random landscape of single minibatches along principal directions, over one shuffled epoch of frozen batches. docs/theory [R1]–[R3]. */

import { randomLandscape } from '../../analyse/landscape/landscape.js';
import type { Samples } from '../../data/dataset.js';
import type { NetworkSpec } from '../../model/network.js';
import type { Matrix } from '../../numeric/linalg/index.js';
import type { Key } from '../../numeric/random.js';
import { NetworkPasses } from '../../surface/network/passes.js';
import type { LandscapeRow } from './measured.js';

/** Names the network, the directions and the batches. */
export interface LandscapeInput {
  readonly spec: NetworkSpec;
  readonly weights: Float32Array;
  readonly samples: Samples;
  readonly layer: string;
  /** K×P unit vectors as rows, the rank of each, its width, its variance in the window and C_ii PER BATCH. */
  readonly directions: Matrix;
  readonly rows: readonly {
    readonly index: number;
    readonly flatness: number | null;
    readonly variance: number;
    readonly noise: number;
  }[];
  readonly batchSize: number;
  readonly key: Key;
}

/** Bytes of per-sample states that one pass may keep. */
const CACHE = 256 * 2 ** 20;

/**
 * Measures the random landscape along each direction. Cost: 40 Gflop for 100 directions of 50×50 weights and 60 000
 * samples.
 */
export function landscape({ directions, rows, layer, batchSize, key, ...network }: LandscapeInput): LandscapeRow[] {
  const { weights, samples } = network;
  const passes = new NetworkPasses({ ...network, weights: Float64Array.from(weights), cacheBytes: CACHE });
  const order = key.stream().permutation(samples.count);
  const found = randomLandscape(passes, { layer, directions, order, batchSize });
  return found.directions.map(({ curvature, curvatureSpread, minimumSpread, dropped, noise }, k) => {
    const { index, flatness, variance, noise: full } = rows[k];
    const spread = curvatureSpread.value;
    return {
      index,
      flatness,
      curvature,
      curvatureSpread: spread,
      minimumSpread,
      dropped,
      leading: noise.leading,
      formula: noise.full,
      full,
      doubling: Math.sqrt(full / variance) / (found.loss * spread),
    };
  });
}
