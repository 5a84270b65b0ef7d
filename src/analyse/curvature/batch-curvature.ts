/**
 * Curvature that a minibatch sees along given directions of the whole network, and how much it differs from batch to batch.
 * docs/theory [V4], [R1].
 *
 *     l^mu = uᵀ H^mu u = mean of uᵀ H_k u over the batch's B samples
 *     Var l^mu = s²/B  with replacement,   (s²/B)(N−B)/(N−1)  for one draw without,   s² = variance over the N samples
 *
 * so no batches need be drawn: mean and variance of l^mu are exact sums over the training set, at every batch size. Their errors say
 * how well the set stands for the distribution behind it: a few hard samples can carry most of s².
 */
import type { Sampling } from '../../data/samplers.js';
import { check } from '../../numeric/errors.js';
import { type Estimate, estimate } from '../../numeric/estimate.js';
import type { NetworkPasses } from './passes.js';
import { curvatureAlong, type SampleCurvature, sampleCurvature } from './sample-curvature.js';
import { sampleMoments } from './sample-moments.js';

export interface BatchCurvature {
  /** l = uᵀ H u. */
  readonly mean: Estimate;
  /** Variance of l^mu over minibatches of the size asked, PER BATCH. Not converged where its error is above a third of it. */
  readonly variance: Estimate;
  /** s², PER SAMPLE. */
  readonly sampleVariance: Estimate;
  /** (Σ a)²/Σ a² with a = (uᵀH_k u − l)²: how many samples carry s². */
  readonly carriers: number;
}

export interface BatchCurvatureOptions {
  readonly batchSize: number;
  /** `cyclic` has fixed batches and no law of their own: refused. */
  readonly sampling: Sampling;
}

/** Var of a mean over a batch, in units of the variance over samples: 1/B, or (1/B)(N−B)/(N−1). */
export function batchShare(samples: number, { batchSize, sampling }: BatchCurvatureOptions): number {
  check(
    Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= samples,
    'bad-batch-size',
    () => `the batch size must be an integer from 1 to the ${samples} samples; got ${batchSize}.`,
  );
  check(
    sampling !== 'cyclic',
    'no-batch-noise',
    'cyclic batches are the same for ever: they have no variance from draw to draw; ask for shuffled or replaced.',
  );
  if (sampling === 'replaced') return 1 / batchSize;
  return samples > 1 ? (samples - batchSize) / (samples - 1) / batchSize : 0;
}

/**
 * Mean and batch-to-batch variance of the curvature along each direction.
 * @param directions - unit vectors of the network's P components; or what `sampleCurvature` gave for them
 * Cost: that of `sampleCurvature`.
 */
export function batchCurvature(
  passes: NetworkPasses,
  directions: readonly Float64Array[] | SampleCurvature,
  options: BatchCurvatureOptions,
): BatchCurvature[] {
  const curvature = 'pairs' in directions ? directions : sampleCurvature(passes, directions);
  const share = batchShare(curvature.samples, options);
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
