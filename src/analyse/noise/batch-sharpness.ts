/**
 * The curvature of minibatches along their own gradients, from which a ceiling on the learning rate follows without any
 * eigenvector. docs/theory [A2], [N6].
 *
 *     R = E|g_B|² / E[g_Bᵀ H_B g_B]
 *
 * with gradient g_B and Hessian H_B of the SAME minibatch. A step w ← w − eta g_B on a quadratic batch loss lowers that loss by
 * eta |g_B|² − eta² g_Bᵀ H_B g_B/2, which on the average over batches is a descent only below eta = 2R; its inverse, in units
 * of 2/eta, is the "batch sharpness" of the literature (secondary source: Andreyev & Beneventano 2024, read in quotations only).
 * For one batch of the whole set R is |g|²/gᵀHg.
 */
import type { Samples } from '../../data/dataset.js';
import { pick } from '../../data/tasks.js';
import type { NetworkSpec } from '../../model/network.js';
import { check } from '../../numeric/errors.js';
import { type Estimate, estimate } from '../../numeric/estimate.js';
import { dot } from '../../numeric/operators/lanczos.js';
import type { Key } from '../../numeric/random.js';
import { NetworkPasses } from '../../surface/network/passes.js';
import { hessianOperator } from '../curvature/network-hessian.js';

/** Names the state, and the batches that are drawn. */
export interface BatchSharpnessRequest {
  readonly spec: NetworkSpec;
  readonly weights: Float32Array | Float64Array;
  readonly samples: Samples;
  readonly batchSize: number;
  /** Number of batches drawn, each without replacement; at least two. */
  readonly batches: number;
  readonly key: Key;
}

/** Holds R with the two means that it is the ratio of. */
export interface BatchSharpness {
  /** E|g_B|². */
  readonly squared: number;
  /** E[g_Bᵀ H_B g_B]. */
  readonly curved: number;
  /**
   * R = E|g_B|²/E[g_Bᵀ H_B g_B], in weight²/nat, with the error of a ratio of means over batches; not converged where E[g_Bᵀ H_B
   * g_B] is within two of its errors of 0.
   */
  readonly ratio: Estimate;
}

/**
 * Estimates R from batches drawn anew. Costs a gradient and a Hessian product of each batch.
 * @throws InputError for fewer than two batches, or a batch larger than the set
 */
export function batchSharpness(request: BatchSharpnessRequest): BatchSharpness {
  const { spec, weights, samples, batchSize, batches, key } = request;
  checkBatches(samples.count, batchSize, batches);
  const squares: number[] = [];
  const forms: number[] = [];
  for (let b = 0; b < batches; b++) {
    const passes = new NetworkPasses({
      spec,
      weights,
      samples: pick(samples, distinct(samples.count, batchSize, key.child(b))),
    });
    const { gradient } = passes.gradient();
    squares.push(dot(gradient, gradient));
    forms.push(dot(gradient, hessianOperator(passes).apply(gradient)));
  }
  return sharpnessOf(squares, forms, batchSize);
}

/** @throws InputError for fewer than two batches, or a batch larger than the set */
export function checkBatches(samples: number, batchSize: number, batches: number): void {
  check(
    Number.isInteger(batches) && batches >= 2,
    'bad-count',
    `batch sharpness is a mean over batches and needs at least two; got ${batches}.`,
  );
  check(
    Number.isInteger(batchSize) && batchSize >= 1 && batchSize <= samples,
    'bad-batch-size',
    `the batch size must be an integer from 1 to the ${samples} samples; got ${batchSize}.`,
  );
}

/** Computes R from |g_B|² and g_Bᵀ H_B g_B of each batch. */
export function sharpnessOf(squares: readonly number[], forms: readonly number[], batchSize: number): BatchSharpness {
  const mean = (x: readonly number[]) => x.reduce((s, v) => s + v / x.length, 0);
  const [squared, curved] = [mean(squares), mean(forms)];
  const ratio = squared / curved;
  const n = squares.length;
  const spread = (of: (k: number) => number) =>
    Math.sqrt(Array.from({ length: n }, (_, k) => of(k) ** 2).reduce((s, v) => s + v, 0) / (n * (n - 1)));
  const error = spread((k) => squares[k] - ratio * forms[k]) / Math.abs(curved);
  const curvedError = spread((k) => forms[k] - curved);
  return {
    squared,
    curved,
    ratio: estimate(
      ratio,
      error,
      n,
      `ratio of means over ${n} batches of ${batchSize}`,
      curved > 2 * curvedError && Number.isFinite(ratio),
    ),
  };
}

/** Draws distinct sample numbers: a partial shuffle for large batches, repeated draws for small ones. */
export function distinct(count: number, size: number, key: Key): Uint32Array {
  const stream = key.stream();
  if (4 * size > count) {
    const all = Uint32Array.from({ length: count }, (_, i) => i);
    for (let i = 0; i < size; i++) {
      const j = i + stream.integer(count - i);
      [all[i], all[j]] = [all[j], all[i]];
    }
    return all.slice(0, size);
  }
  const taken = new Set<number>();
  while (taken.size < size) taken.add(stream.integer(count));
  return Uint32Array.from(taken);
}
