/**
 * The noise of gradients on a block of any `Surface`, PER SAMPLE: C1 on given directions or dense. docs/theory [S1], [F5].
 *
 *     v_iᵀ C1 v_j = (1/N) Σ_k (g_k·v_i − g·v_i)(g_k·v_j − g·v_j)
 *
 * The mean gradient g is taken over ALL samples, so that a subset gives C1 without bias.
 */
import { check } from '../../numeric/errors.js';
import type { Estimate } from '../../numeric/estimate.js';
import { type Matrix, matrix, row } from '../../numeric/linalg/index.js';
import { dot } from '../../numeric/operators/lanczos.js';
import * as is from '../../numeric/wants.js';
import { gather } from '../../surface/blocks.js';
import { SURFACE_WANTS } from '../../surface/check.js';
import {
  BLOCK_WANTS,
  REQUEST_WANTS,
  type RequestOptions,
  SUBSET_WANTS,
  type Subset,
  type Surface,
  type SurfaceBlock,
} from '../../surface/surface.js';
import { overSamples, sampleCounts } from './over-samples.js';

/** Names the samples, and what is known already. */
export interface SurfaceNoiseOptions extends RequestOptions {
  /** All samples by default. */
  readonly subset?: Subset;
  /** g over all samples, all weights of the surface, where it is known; otherwise it is asked for. */
  readonly gradient?: Float64Array;
}

/** Says what {@link SurfaceNoiseOptions} need. */
export const NOISE_WANTS = is.shape<SurfaceNoiseOptions>({
  subset: is.maybe(SUBSET_WANTS),
  gradient: is.maybe(is.numbers),
  ...REQUEST_WANTS,
});

/** Holds the noise of gradients along k directions, PER SAMPLE. */
export interface ProjectedNoise {
  /** g·v_i. Without a subset its error is that of these samples as a sample of their distribution. */
  readonly slopes: readonly Estimate[];
  /** C1 along v_i, with the error √((m4 − m2²)/N), which holds for heavy tails; not converged where that is above a third. */
  readonly variances: readonly Estimate[];
  /** v_iᵀ C1 v_j, k×k. */
  readonly covariance: Matrix;
  readonly samples: number;
  readonly of: number;
}

/** Returns g over all samples on a block. */
export async function blockGradient(
  surface: Surface,
  w: Float64Array,
  block: SurfaceBlock,
  { gradient, signal }: SurfaceNoiseOptions,
): Promise<Float64Array> {
  check(
    gradient === undefined || gradient.length === surface.size,
    'weight-count',
    () => `the gradient of ${surface.name} has ${surface.size} components; got ${gradient!.length}.`,
  );
  return gather(block, gradient ?? (await surface.gradient(w, undefined, signal ? { signal } : {})).gradient);
}

/**
 * Measures the noise along directions of a block, all in one request.
 * @param directions - k×P_b, one unit vector a row
 */
export async function projectedNoise(
  surface: Surface,
  w: Float64Array,
  block: SurfaceBlock,
  directions: Matrix,
  options: SurfaceNoiseOptions = {},
): Promise<ProjectedNoise> {
  is.given(
    'projectedNoise',
    { surface, w, block, directions, options },
    { surface: SURFACE_WANTS, w: is.numbers, block: BLOCK_WANTS, directions: is.matrix, options: NOISE_WANTS },
  );
  const { subset, signal, onProgress } = options;
  const g = await blockGradient(surface, w, block, options);
  const request = { ...(signal && { signal }), ...(onProgress && { onProgress }) };
  const each = await surface.projectedSampleGradients(w, block, directions, subset, request);
  return noiseOf(each, g, directions, surface.samples, subset);
}

/** Makes the noise along directions from the projected gradients of the samples, n×k. */
export function noiseOf(
  each: Matrix,
  g: Float64Array,
  directions: Matrix,
  samples: number,
  subset: Subset,
): ProjectedNoise {
  const k = directions.rows;
  const n = each.rows;
  const means = Float64Array.from({ length: k }, (_, i) => dot(g, row(directions, i)));
  const away = matrix(
    n,
    k,
    each.data.map((x, e) => x - means[e % k]),
  );
  const of = (i: number) => Float64Array.from({ length: n }, (_, s) => away.data[s * k + i]);
  const slopes = Array.from(means, (value, i): Estimate => ({ ...overSamples(of(i), samples, subset), value }));
  const variances = Array.from({ length: k }, (_, i) =>
    overSamples(
      of(i).map((x) => x * x),
      samples,
      subset,
      { sure: true },
    ),
  );
  const counts = sampleCounts(samples, subset);
  const covariance = matrix(k, k);
  for (let s = 0; s < n; s++) {
    const a = row(away, s);
    for (let i = 0; i < k; i++)
      for (let j = 0; j < k; j++) covariance.data[i * k + j] += (counts[s] * a[i] * a[j]) / samples;
  }
  return { slopes, variances, covariance, samples: n, of: samples };
}

/**
 * Computes C1 on a block, P_b×P_b, PER SAMPLE: the second moment minus g gᵀ; over a subset Σ_k c_k (g_k − g)(g_k − g)ᵀ, which is
 * never negative.
 */
export async function denseCovariance(
  surface: Surface,
  w: Float64Array,
  block: SurfaceBlock,
  options: SurfaceNoiseOptions = {},
): Promise<Matrix> {
  const { subset, signal, onProgress } = options;
  const request = signal ? { signal } : {};
  const g = await blockGradient(surface, w, block, options);
  const { rows: P, data } = await surface.secondMoment(w, block, subset, {
    ...request,
    ...(onProgress && { onProgress }),
  });
  const own = subset ? gather(block, (await surface.gradient(w, subset, request)).gradient) : g;
  const out = matrix(P, P, data.slice());
  for (let i = 0; i < P; i++)
    for (let j = 0; j < P; j++) out.data[i * P + j] -= own[i] * g[j] + g[i] * own[j] - g[i] * g[j];
  return out;
}
