/** H and C1 of the recorded layer at the centre, exact over all samples. docs/theory [S10]. */
import { hessianBlock } from '../../analyse/curvature/hessian.js';
import { gradientCovariance } from '../../analyse/noise/noise.js';
import type { Samples } from '../../data/dataset.js';
import type { NetworkSpec } from '../../model/network.js';
import type { Matrix } from '../../numeric/linalg/index.js';
import { NetworkPasses } from '../../surface/network/passes.js';

/** Holds H and C1 of a layer, P×P, and the gradient. */
interface LayerMatrices {
  readonly hessian: Matrix;
  /** C1, PER SAMPLE. */
  readonly covariance: Matrix;
  readonly gradient: Float64Array;
  /** Full loss at the centre. */
  readonly loss: number;
}

/** Names the network, its weights and samples, and the layer. */
interface MatricesRequest {
  readonly spec: NetworkSpec;
  readonly weights: Float32Array;
  readonly samples: Samples;
  readonly layer: string;
}

/** Bytes of per-sample states that one pass may keep. */
const CACHE = 256 * 2 ** 20;

/** Computes H, C1, the gradient and the loss, exactly over all samples. */
export function layerMatrices({ spec, weights, samples, layer }: MatricesRequest): LayerMatrices {
  const passes = new NetworkPasses({ spec, weights: Float64Array.from(weights), samples, cacheBytes: CACHE });
  const { loss } = passes.gradient();
  const { covariance, mean } = gradientCovariance(passes, layer);
  return { hessian: hessianBlock(passes, layer).hessian, covariance, gradient: mean, loss };
}
