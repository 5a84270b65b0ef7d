/** The random landscape of single minibatches along principal directions, over one shuffled epoch of frozen batches. docs/theory [R1]–[R3]. */

import { type Landscape, randomLandscape } from '../../analyse/landscape/landscape.js';
import { surfaceLandscape } from '../../analyse/landscape/surface-landscape.js';
import type { Samples } from '../../data/dataset.js';
import { type AnyNetwork, isLayered, recordedBlock } from '../../model/any-network.js';
import type { Matrix } from '../../numeric/linalg/index.js';
import type { Key } from '../../numeric/random.js';
import { surfaceBlock, surfaceOf } from '../../runs/surface.js';
import { NetworkPasses } from '../../surface/network/passes.js';
import type { LandscapeRow } from './measured.js';

/** Names the network, the directions and the batches. */
export interface LandscapeInput {
  readonly network: AnyNetwork;
  readonly weights: Float32Array;
  readonly samples: Samples;
  readonly layer: string;
  /** Lambda of the L2 penalty. */
  readonly penalty: number;
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
  /** Called with the share that is done. */
  readonly onProgress?: (share: number) => void;
}

/** Bytes of per-sample states that one pass may keep. */
const CACHE = 256 * 2 ** 20;

/**
 * Measures the random landscape along each direction. Cost: 40 Gflop for 100 directions of 50×50 weights and 60 000
 * samples; for a network of layers, a gradient and a product with the Hessian for each direction and batch.
 */
export async function landscape(input: LandscapeInput): Promise<LandscapeRow[]> {
  const { directions, rows, samples, key } = input;
  const order = key.stream().permutation(samples.count);
  const found = await statisticsOf(input, directions, order);
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

async function statisticsOf(
  { network, weights, samples, layer, penalty, batchSize, onProgress }: LandscapeInput,
  directions: Matrix,
  order: Uint32Array,
): Promise<Landscape> {
  const w = Float64Array.from(weights);
  if (!isLayered(network) && penalty === 0) {
    const passes = new NetworkPasses({ spec: network, weights: w, samples, cacheBytes: CACHE });
    return randomLandscape(passes, { layer, directions, order, batchSize, ...(onProgress && { onProgress }) });
  }
  const surface = surfaceOf(network, samples, penalty);
  const block = surfaceBlock(recordedBlock(network, layer));
  const found = await surfaceLandscape(surface, w, block, directions, {
    order,
    batchSize,
    ...(onProgress && { onProgress }),
  });
  await surface.close();
  return found;
}
