/**
 * The Hessian without its matrix: products with the whole network's or one layer's Hessian, and k×k projections of H and C1.
 *
 * The operators of numeric/operators turn such products into the top eigenpairs (`lanczos`), the trace (`hutchinsonTrace`) and
 * the spectral density (`spectralDensity`), each with its error. ReLU has slope 0 at 0, so the Hessian is exact wherever it
 * exists.
 */
import { type Matrix, matrix } from '../../numeric/linalg/index.js';
import type { LinearOperator } from '../../numeric/operators/lanczos.js';
import * as is from '../../numeric/wants.js';
import type { NetworkPasses } from '../../surface/network/passes.js';
import { projectBlocks } from '../../surface/network/projection.js';
import { type CurvatureKind, hessianVector } from '../../surface/network/tangents.js';

/**
 * Makes the operator v ↦ H v of the mean loss, flat over the network or over one layer's weights. A product costs 1 to 2
 * gradients.
 */
export function hessianOperator(
  passes: NetworkPasses,
  options: { layer?: string; kind?: CurvatureKind } = {},
): LinearOperator {
  is.given(
    'hessianOperator',
    { passes, options },
    {
      passes: is.having('a NetworkPasses', 'losses'),
      options: is.shape({ layer: is.maybe(is.text), kind: is.maybe(is.oneOf('exact', 'gauss-newton')) }),
    },
  );
  const { layer, kind = 'exact' } = options;
  const block = layer === undefined ? undefined : passes.layers[passes.layerIndex(layer)];
  return {
    size: block ? block.inputs * block.outputs : passes.size,
    apply: (v) => hessianVector(passes, v, kind, layer),
  };
}

/** Holds H and C1 of one layer projected on k directions. */
export interface Projection {
  /** p_iᵀ H p_j, k×k. */
  readonly hessian: Matrix;
  /** p_iᵀ C1 p_j, k×k, per sample. */
  readonly covariance: Matrix;
  /** g·p_i, length k. */
  readonly gradient: Float64Array;
  readonly loss: number;
  readonly samples: number;
  readonly kind: CurvatureKind;
}

/**
 * Projects H and C1 of one layer on k directions, exactly over all samples. For k = 100 in the 50×50 layer of 784-50-50-10 over
 * 60 000 samples this costs 48 Gflop.
 * @param directions - k×P, one direction a row (not normalised here)
 * @throws InputError for directions of another layer, or too many at once
 */
export function projectedMatrices(
  passes: NetworkPasses,
  layer: string,
  directions: Matrix,
  kind: CurvatureKind = 'exact',
): Projection {
  is.given(
    'projectedMatrices',
    { passes, layer, directions, kind },
    {
      passes: is.having('a NetworkPasses', 'losses'),
      layer: is.text,
      directions: is.matrix,
      kind: is.oneOf('exact', 'gauss-newton'),
    },
  );
  const k = directions.rows;
  const n = passes.samples.count;
  const hessian = matrix(k, k);
  const covariance = matrix(k, k);
  const gradient = new Float64Array(k);
  let loss = 0;
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  projectBlocks(passes, layer, directions, order, kind, (block) => {
    const stride = block.slopes.length / k;
    block.addCurvature(hessian.data, 0, block.count);
    block.addSlopeProducts(covariance.data);
    for (let i = 0; i < k; i++) for (let s = 0; s < block.count; s++) gradient[i] += block.slopes[i * stride + s] / n;
    for (const x of block.losses) loss += x / n;
  });
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      hessian.data[i * k + j] /= n;
      covariance.data[i * k + j] = covariance.data[i * k + j] / n - gradient[i] * gradient[j];
    }
  }
  return { hessian, covariance, gradient, loss, samples: n, kind };
}
