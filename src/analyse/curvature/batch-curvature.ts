/**
 * Curvature of a minibatch's loss along given directions of the whole network, and its variance from batch to batch.
 * docs/theory [V4], [R1].
 *
 *     l^mu = uᵀ H^mu u = mean of uᵀ H_k u over the batch's B samples
 *     Var l^mu = s²/B  with replacement,   (s²/B)(N−B)/(N−1)  for one draw without,   s² = variance over the N samples
 *
 * so no batches need be drawn: mean and variance of l^mu are exact sums over the training set, at every batch size. Their
 * errors are those of estimates for the distribution that the set was drawn from: a few hard samples can make up most of s².
 */
import type { Sampling } from '../../data/samplers.js';
import { check } from '../../numeric/errors.js';
import { type Estimate, estimate } from '../../numeric/estimate.js';
import * as is from '../../numeric/wants.js';
import type { NetworkPasses } from '../../surface/network/passes.js';
import { curvatureAlong, type SampleCurvature, sampleCurvature } from './sample-curvature.js';
import { sampleMoments } from './sample-moments.js';

/** Describes the curvature of minibatches along one direction. docs/theory [V4], [R1]. */
export interface BatchCurvature {
  /** l = uᵀ H u. */
  readonly mean: Estimate;
  /** Variance of l^mu over minibatches of the given size, PER BATCH. Not converged where its error is above a third of it. */
  readonly variance: Estimate;
  /** s², PER SAMPLE. */
  readonly sampleVariance: Estimate;
  /** (Σ a)²/Σ a² with a = (uᵀH_k u − l)²: the effective number of samples that make up s². */
  readonly carriers: number;
}

/** Names the batch size and how batches are drawn. */
export interface BatchCurvatureOptions {
  readonly batchSize: number;
  /** `cyclic` is refused: its batches are fixed and have no distribution. */
  readonly sampling: Sampling;
}

const SAMPLE_CURVATURE = is.shape<SampleCurvature>({ values: is.numbers, pairs: is.count, samples: is.count });

/** Says what a {@link BatchCurvatureOptions} needs. */
export const BATCH_CURVATURE_OPTIONS_WANTS = is.shape<BatchCurvatureOptions>({
  batchSize: is.count,
  sampling: is.oneOf('shuffled', 'replaced', 'cyclic'),
});

/**
 * Returns the variance of a mean over a batch in units of the variance over samples: 1/B with replacement, (1/B)(N−B)/(N−1)
 * without.
 * @throws InputError for a batch size outside 1 … N, and for `cyclic` sampling
 */
export function batchShare(samples: number, { batchSize, sampling }: BatchCurvatureOptions): number {
  check(
    Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= samples,
    'bad-batch-size',
    () => `the batch size must be an integer from 1 to the ${samples} samples; got ${batchSize}.`,
  );
  check(
    sampling !== 'cyclic',
    'no-batch-noise',
    'cyclic batches are the same in every epoch, so they have no variance from draw to draw; choose shuffled or replaced sampling.',
  );
  if (sampling === 'replaced') return 1 / batchSize;
  return samples > 1 ? (samples - batchSize) / (samples - 1) / batchSize : 0;
}

/**
 * Computes mean and batch-to-batch variance of the curvature along each direction. Costs as much as `sampleCurvature`.
 * docs/theory [V4].
 * @param directions - unit vectors of the network's P components, or the result of `sampleCurvature` for them
 * @throws InputError for a batch size outside 1 … N, and for `cyclic` sampling
 */
export function batchCurvature(
  passes: NetworkPasses,
  directions: readonly Float64Array[] | SampleCurvature,
  options: BatchCurvatureOptions,
): BatchCurvature[] {
  is.given(
    'batchCurvature',
    { passes, directions, options },
    {
      passes: is.having('a NetworkPasses', 'losses'),
      directions: is.either(is.listOf(is.numbers), SAMPLE_CURVATURE),
      options: BATCH_CURVATURE_OPTIONS_WANTS,
    },
  );
  return batchCurvatureOf('pairs' in directions ? directions : sampleCurvature(passes, directions), options);
}

/**
 * Returns mean and batch-to-batch variance along each direction from the curvature of the samples, of `of` that batches are drawn
 * from. docs/theory [V4].
 */
export function batchCurvatureOf(
  curvature: SampleCurvature,
  options: BatchCurvatureOptions,
  of = curvature.samples,
): BatchCurvature[] {
  const share = batchShare(of, options);
  return Array.from({ length: curvature.directions }, (_, i) => alongOne(curvature, i, share, options));
}

function alongOne(
  curvature: SampleCurvature,
  direction: number,
  share: number,
  { batchSize, sampling }: BatchCurvatureOptions,
): BatchCurvature {
  const { mean, variance, carriers } = sampleMoments(curvatureAlong(curvature, direction));
  const { value, standardError, n, method, converged } = variance;
  const how = `${method}; batches of ${batchSize}, ${sampling}`;
  return {
    mean,
    variance: estimate(share * value, share * standardError, n, how, converged),
    sampleVariance: variance,
    carriers,
  };
}
