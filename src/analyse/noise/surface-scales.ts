/**
 * Noise scales and the sharpness of batches on a block of any `Surface`. docs/theory [A1], [A2], [N6].
 *
 *     B_simple = Tr C1/|g|²,   B_noise = Tr(H C1)/(gᵀ H g),   R = E|g_B|²/E[g_Bᵀ H_B g_B]
 *
 * Tr(H C1) is the sum over known eigenpairs, Σ λ_i v_iᵀC1v_i, and for the rest H' of the Hessian the mean of zᵀ H' C1 z over probes z
 * of random signs.
 */
import { type Estimate, estimate, meanOf } from '../../numeric/estimate.js';
import { matrix, row, stacked } from '../../numeric/linalg/index.js';
import { signVector } from '../../numeric/operators/hutchinson.js';
import { dot } from '../../numeric/operators/lanczos.js';
import type { Key } from '../../numeric/random.js';
import * as is from '../../numeric/wants.js';
import { gather } from '../../surface/blocks.js';
import { SURFACE_WANTS } from '../../surface/check.js';
import { stratifiedMean } from '../../surface/subsets.js';
import { BLOCK_WANTS, type RequestOptions, type Surface, type SurfaceBlock } from '../../surface/surface.js';
import { curvaturesBySample } from '../curvature/by-sample.js';
import type { CurvaturePair } from '../curvature/surface-curvature.js';
import { type BatchSharpness, checkBatches, distinct, sharpnessOf } from './batch-sharpness.js';
import { type NoiseScale, noiseScaleOf } from './noise-scale.js';
import { overSamples } from './over-samples.js';
import { blockGradient, NOISE_WANTS, type SurfaceNoiseOptions } from './surface-noise.js';

/** Computes Tr C1, |g|² and their ratio on a block. Costs the norms of the samples' gradients and their slopes along g. */
export async function surfaceNoiseScale(
  surface: Surface,
  w: Float64Array,
  block: SurfaceBlock,
  options: SurfaceNoiseOptions = {},
): Promise<NoiseScale> {
  is.given(
    'surfaceNoiseScale',
    { surface, w, block, options },
    { surface: SURFACE_WANTS, w: is.numbers, block: BLOCK_WANTS, options: NOISE_WANTS },
  );
  const { subset, signal, onProgress } = options;
  const request = signal ? { signal } : {};
  const g = await blockGradient(surface, w, block, options);
  const norms = await surface.squaredNorms(w, block, subset, request);
  onProgress?.(0.5);
  const along = (await surface.projectedSampleGradients(w, block, matrix(1, g.length, g), subset, request)).data;
  return noiseScaleOf({ norms, along, size: dot(g, g), samples: surface.samples, ...(subset && { subset }) });
}

/** Holds the noise scale in the metric of the curvature. */
export interface CurvedNoise {
  /** Tr(H C1), PER SAMPLE; its error is that of the probes and that of the samples. */
  readonly trace: Estimate;
  /** gᵀ H g. */
  readonly along: Estimate;
  /** B_noise, in samples; not converged where either is within two of its errors of 0. */
  readonly scale: Estimate;
}

/**
 * Estimates B_noise on a block, the batch size at which the noise of a step costs as much as its gradient gains. Costs a product for
 * each probe and for g, in one request, and the samples' gradients along twice as many directions. Over a subset of n samples H and
 * C1 come from the same samples, so that the trace has a bias of order 1/n of its size.
 * @param pairs - known eigenpairs of H, the more the smaller the error
 */
export async function surfaceCurvedNoise(
  surface: Surface,
  w: Float64Array,
  block: SurfaceBlock,
  pairs: readonly CurvaturePair[],
  options: SurfaceNoiseOptions & {
    readonly key: Key;
    /** 10 by default, at least 2. */
    readonly probes?: number;
    /** Most numbers of the vectors of one request; 2^26, 512 MB, by default. */
    readonly numbers?: number;
  },
): Promise<CurvedNoise> {
  const { subset, signal, key, probes = 10, numbers = 2 ** 26 } = options;
  const request = signal ? { signal } : {};
  const P = block.size;
  const N = surface.samples;
  const g = await blockGradient(surface, w, block, options);
  const k = pairs.length;
  // all at once where that fits; a probe is three vectors with its product
  const group = Math.max(1, Math.min(probes, Math.floor((numbers / P - k) / 3)));
  const known: Float64Array[] = [];
  const probed: { readonly z: Float64Array; readonly hz: Float64Array }[] = [];
  let form = Number.NaN;
  for (let first = 0; first < probes; first += group) {
    const count = Math.min(group, probes - first);
    const signs = Array.from({ length: count }, (_, i) =>
      signVector(
        P,
        key
          .child('curved-noise')
          .child(first + i)
          .stream(),
      ),
    );
    const rows = stacked(first === 0 ? [...signs, g] : signs, P);
    const products = await surface.hessianVectors(w, block, rows, subset, request);
    if (first === 0) form = dot(g, row(products, count));
    for (let i = 0; i < count; i++) {
      const hz = row(products, i);
      for (const { value, vector } of pairs) {
        const share = value.value * dot(vector, signs[i]);
        for (let j = 0; j < P; j++) hz[j] -= share * vector[j];
      }
    }
    const own = first === 0 ? pairs.map((pair) => pair.vector) : [];
    const directions = stacked([...own, ...signs, ...signs.map((_, i) => row(products, i))], P);
    const each = await surface.projectedSampleGradients(w, block, directions, subset, request);
    const away = (i: number) => {
      const mean = dot(g, row(directions, i));
      return Float64Array.from({ length: each.rows }, (_, s) => each.data[s * directions.rows + i] - mean);
    };
    for (let i = 0; i < own.length; i++) known.push(away(i));
    for (let i = 0; i < count; i++) probed.push({ z: away(own.length + i), hz: away(own.length + count + i) });
  }
  const over = (f: (s: number) => number) =>
    overSamples(
      Float64Array.from({ length: probed[0].z.length }, (_, s) => f(s)),
      N,
      subset,
    );
  const ofPairs = (s: number) => pairs.reduce((sum, { value }, i) => sum + value.value * known[i][s] ** 2, 0);
  const probe = (s: number, i: number) => probed[i].z[s] * probed[i].hz[s];
  const found = meanOf(
    Array.from({ length: probes }, (_, i) => over((s) => probe(s, i)).value),
    '',
  );
  const whole = over((s) => {
    let rest = 0;
    for (let i = 0; i < probes; i++) rest += probe(s, i) / probes;
    return ofPairs(s) + rest;
  });
  // an eigenvalue that is off by δλ moves the trace by δλ v·C1v; all come from the same samples, so their errors are added
  const fromPairs = pairs.reduce(
    (sum, { value }, i) => sum + value.standardError * over((s) => known[i][s] ** 2).value,
    0,
  );
  const error = Math.hypot(found.standardError, whole.standardError, fromPairs);
  const method = `${k} eigenpairs and ${probes} probes of random signs; ${whole.method}`;
  const trace = estimate(whole.value, error, whole.n, method, Math.abs(whole.value) > 2 * error);
  const forms = subset
    ? (await curvaturesBySample(surface, w, block, matrix(1, P, g), subset, request)).data
    : undefined;
  const formError = subset && forms ? stratifiedMean(forms, subset).standardError : 0;
  const along = estimate(form, formError, whole.n, subset ? whole.method : 'a product with H', form > 2 * formError);
  const ratio = trace.value / form;
  return {
    trace,
    along,
    scale: estimate(
      ratio,
      Math.hypot(error / form, (ratio * formError) / form),
      whole.n,
      method,
      trace.converged && along.converged && ratio > 0,
    ),
  };
}

/**
 * Estimates R on a block from batches drawn without replacement; 2R is the learning rate from which on a step of SGD no longer
 * lowers the loss of its own batch on the average. Costs two requests for each batch.
 * @throws InputError for fewer than two batches, or a batch larger than the set
 */
export async function surfaceSharpness(
  surface: Surface,
  w: Float64Array,
  block: SurfaceBlock,
  options: RequestOptions & { readonly batchSize: number; readonly batches: number; readonly key: Key },
): Promise<BatchSharpness> {
  const { batchSize, batches, key, signal } = options;
  const request = signal ? { signal } : {};
  checkBatches(surface.samples, batchSize, batches);
  const squares: number[] = [];
  const forms: number[] = [];
  for (let b = 0; b < batches; b++) {
    const samples = distinct(surface.samples, batchSize, key.child(b));
    const subset = { samples, strata: [{ count: batchSize, of: surface.samples }] };
    const g = gather(block, (await surface.gradient(w, subset, request)).gradient);
    const product = await surface.hessianVectors(w, block, matrix(1, g.length, g.slice()), subset, request);
    squares.push(dot(g, g));
    forms.push(dot(g, product.data));
  }
  return sharpnessOf(squares, forms, batchSize);
}
