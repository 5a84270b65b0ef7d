/**
 * Covariance of the gradient of a layer's weights: exact over all samples, dense or as an operator. docs/theory [S1], [S10].
 *
 *     C1 = (1/N) Σ_k (δ_k δ_kᵀ) ⊗ (h_k h_kᵀ) − g gᵀ,   g = (1/N) Σ_k δ_k ⊗ h_k
 *
 * C1 is the covariance of the gradient of ONE sample, in PyTorch's order (outputs×inputs, row-major), divided by N and not N −
 * 1: the data are the whole population that batches are drawn from. `batchCovariance` converts it to that of one batch.
 */
import type { Sampling } from '../../data/samplers.js';
import { check, InputError } from '../../numeric/errors.js';
import { type Matrix, matrix } from '../../numeric/linalg/index.js';
import type { LinearOperator } from '../../numeric/operators/lanczos.js';
import * as is from '../../numeric/wants.js';
import type { NetworkPasses } from '../../surface/network/passes.js';
import type { Precision, Precisions } from '../../surface/network/precision.js';
import { layerSecondMoment } from '../../surface/network/second-moment.js';
import { sampleSlopes } from '../../surface/network/tangents.js';

/** Holds the gradient covariance of one layer's weights, PER SAMPLE. */
export interface GradientCovariance {
  /** C1, P×P, per sample. */
  readonly covariance: Matrix;
  /** g, the mean gradient, length P. */
  readonly mean: Float64Array;
  /** Samples behind both, N. */
  readonly samples: number;
  /** Shares of the second moment that were summed in each precision. */
  readonly precision: Precisions;
}

/**
 * Computes C1 of one layer's weights over all samples. Costs, for 50×50 weights over 60 000 samples, 10¹¹ multiplications when
 * dense, about a fifth of that when the zeros of ReLU layers are left out; 8·(2 P² + N(m + n)) bytes of memory beside the
 * passes.
 * @param precision - `mixed` (default) or `float64`; see precision.ts
 * @throws InputError when the P×P matrix does not fit into memory
 */
export function gradientCovariance(
  passes: NetworkPasses,
  layer: string,
  precision: Precision = 'mixed',
): GradientCovariance {
  is.given(
    'gradientCovariance',
    { passes, layer, precision },
    { passes: is.having('a NetworkPasses', 'losses'), layer: is.text, precision: is.oneOf('float64', 'mixed') },
  );
  const { moment: covariance, precision: split } = layerSecondMoment(passes, layer, precision);
  const mean = meanGradient(passes, layer);
  const p = mean.length;
  for (let i = 0; i < p; i++) for (let j = 0; j < p; j++) covariance.data[i * p + j] -= mean[i] * mean[j];
  return { covariance, mean, samples: passes.samples.count, precision: split };
}

/**
 * Converts the covariance of one sample's gradient to that of ONE minibatch's mean gradient.
 *
 * `replaced` gives C1/B; `shuffled` gives C1/B·(N−B)/(N−1), one draw without replacement. Shuffled batches of one epoch are also
 * correlated with one another (docs/theory [S3]).
 * @throws InputError for a batch size outside 1 … N, and for `cyclic` sampling, whose batches are a periodic force and not noise
 */
export function batchCovariance(
  c1: Matrix,
  options: { batchSize: number; samples: number; sampling: Sampling },
): Matrix {
  is.given(
    'batchCovariance',
    { c1, options },
    {
      c1: is.matrix,
      options: is.shape({
        batchSize: is.count,
        samples: is.count,
        sampling: is.oneOf('shuffled', 'replaced', 'cyclic'),
      }),
    },
  );
  const { batchSize: b, samples: n, sampling } = options;
  check(
    Number.isInteger(b) && b >= 1 && b <= n,
    'bad-batch-size',
    () => `the batch size must be an integer from 1 to the ${n} samples; got ${b}.`,
  );
  if (sampling === 'cyclic')
    throw new InputError(
      'no-noise',
      'cyclic sampling repeats the same batches in every epoch, so there is no gradient noise and no covariance of it; choose shuffled or replaced sampling.',
    );
  const factor = sampling === 'replaced' ? 1 / b : n === 1 ? 0 : (n - b) / (b * (n - 1));
  return matrix(
    c1.rows,
    c1.cols,
    c1.data.map((x) => factor * x),
  );
}

/** Returns g of one layer's weights, length P. Costs a gradient. */
function meanGradient(passes: NetworkPasses, layer: string): Float64Array {
  const { weightOffset, inputs, outputs } = passes.layers[passes.layerIndex(layer)];
  return passes.gradient().gradient.slice(weightOffset, weightOffset + inputs * outputs);
}

/**
 * Makes the operator C1 v = (1/N) Σ_k g_k (g_k·v) − g (g·v), PER SAMPLE, for the whole network or one layer's weights, without
 * forming C1. A product costs a forward pass and the outer products of a gradient.
 */
export function covarianceOperator(passes: NetworkPasses, layer?: string): LinearOperator {
  is.given(
    'covarianceOperator',
    { passes, layer },
    { passes: is.having('a NetworkPasses', 'losses'), layer: is.maybe(is.text) },
  );
  const at = layer === undefined ? undefined : passes.layers[passes.layerIndex(layer)];
  const part = (g: Float64Array) => (at ? g.slice(at.weightOffset, at.weightOffset + at.inputs * at.outputs) : g);
  const mean = part(passes.gradient().gradient);
  return {
    size: mean.length,
    apply(v) {
      const slopes = sampleSlopes(passes, v, layer);
      const product = part(passes.gradient(slopes).gradient);
      let along = 0;
      for (let i = 0; i < mean.length; i++) along += mean[i] * v[i];
      for (let i = 0; i < mean.length; i++) product[i] -= mean[i] * along;
      return product;
    },
  };
}
