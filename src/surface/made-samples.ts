/** What the gradients of single samples give: projections, squared norms, second moments, the diagonal of the Fisher matrix. */
import { embeddedLinearAlgebra, type Matrix, matrix } from '../numeric/linalg/index.js';
import { gather, moved } from './blocks.js';
import { FIVE_POINTS, fivePointStep, norm, type ROUNDING } from './made-derivatives.js';
import { partOf, progressOf } from './requests.js';
import { oneSample, sampleWeights } from './subsets.js';
import type { RequestOptions, Subset, Surface, SurfaceBlock } from './surface.js';

/** Calls `visit` with g_k over the weights of a block for each asked sample, its position i and its weight c_k. */
export type SampleGradients = (
  w: Float64Array,
  block: SurfaceBlock,
  subset: Subset,
  options: RequestOptions | undefined,
  visit: (g: Float64Array, i: number, weight: number) => void,
) => Promise<void>;

/** Makes the gradients of samples from the verb `gradient`, asked for one sample at a time. */
export function gradientsOneByOne(gradient: Surface['gradient'], samples: number): SampleGradients {
  return async (w, block, subset, options, visit) => {
    const count = subset?.samples.length ?? samples;
    const weights = subset && sampleWeights(subset);
    const step = progressOf(options, count);
    for (let i = 0; i < count; i++) {
      const one = samples === 1 ? undefined : oneSample(subset?.samples[i] ?? i, samples);
      const { gradient: g } = await gradient(w, one, partOf(options));
      visit(gather(block, g), i, weights?.[i] ?? 1 / count);
      await step();
    }
  };
}

/** Numbers of gradients of samples that are held at a time. */
const HELD = 2 ** 23;

/**
 * Makes the gradients of samples from their projections on the unit vectors of a block, asked for part of the samples at a time
 * where a model can be asked for parts.
 */
export function gradientsFromProjections(
  projected: Surface['projectedSampleGradients'],
  samples: number,
  split: boolean,
): SampleGradients {
  return async (w, block, subset, options, visit) => {
    const p = block.size;
    const unit = matrix(p, p);
    for (let j = 0; j < p; j++) unit.data[j * p + j] = 1;
    const count = subset?.samples.length ?? samples;
    const weights = subset && sampleWeights(subset);
    const most = split ? Math.max(1, Math.floor(HELD / p)) : count;
    const step = progressOf(options, Math.ceil(count / most));
    for (let first = 0; first < count; first += most) {
      const own = Math.min(most, count - first);
      const numbers = Uint32Array.from({ length: own }, (_, i) => subset?.samples[first + i] ?? first + i);
      const part = own === samples ? subset : { samples: numbers, strata: [{ count: own, of: samples }] };
      const { data } = await projected(w, block, unit, part, partOf(options));
      for (let i = 0; i < own; i++) visit(data.slice(i * p, (i + 1) * p), first + i, weights?.[first + i] ?? 1 / count);
      await step();
    }
  };
}

/**
 * Approximates g_k·v by five-point differences of the samples' losses along each row of V; n×k. Costs 4k times the losses of all
 * asked samples. Error: 1.5 eps L_k/h plus h⁴/30 of the fifth derivative along the unit vector, times |v|, h = eps^(1/5)·max(1, |w|).
 */
export async function differencedProjections(
  sampleLosses: (w: Float64Array) => Promise<Float64Array>,
  precision: keyof typeof ROUNDING,
  w: Float64Array,
  block: SurfaceBlock,
  v: Matrix,
  count: number,
  options?: RequestOptions,
): Promise<Matrix> {
  const out = matrix(count, v.rows);
  const step = progressOf(options, v.rows);
  const reach = fivePointStep(precision) * Math.max(1, norm(w));
  for (let r = 0; r < v.rows; r++) {
    const own = v.data.subarray(r * v.cols, (r + 1) * v.cols);
    const length = norm(own);
    if (length > 0) {
      const h = reach / length;
      for (const { steps, factor } of FIVE_POINTS) {
        const losses = await sampleLosses(moved(w, block, own, steps * h));
        for (let i = 0; i < count; i++) out.data[i * v.rows + r] += (factor / h) * losses[i];
      }
    }
    await step();
  }
  return out;
}

/** Makes g_k·v from the gradients of samples; n×k. */
export async function projectedFrom(
  each: SampleGradients,
  w: Float64Array,
  block: SurfaceBlock,
  v: Matrix,
  subset: Subset,
  count: number,
  options?: RequestOptions,
): Promise<Matrix> {
  const out = matrix(count, v.rows);
  await each(w, block, subset, options, (g, i) => {
    for (let r = 0; r < v.rows; r++) {
      let sum = 0;
      for (let j = 0; j < v.cols; j++) sum += v.data[r * v.cols + j] * g[j];
      out.data[i * v.rows + r] = sum;
    }
  });
  return out;
}

/** Makes |g_k|² from the gradients of samples. */
export async function normsFrom(
  each: SampleGradients,
  w: Float64Array,
  block: SurfaceBlock,
  subset: Subset,
  count: number,
  options?: RequestOptions,
): Promise<Float64Array> {
  const out = new Float64Array(count);
  await each(w, block, subset, options, (g, i) => {
    out[i] = g.reduce((sum, x) => sum + x * x, 0);
  });
  return out;
}

/** Makes Σ_k c_k g_k∘g_k from the gradients of samples. */
export async function fisherFrom(
  each: SampleGradients,
  w: Float64Array,
  whole: SurfaceBlock,
  subset: Subset,
  options?: RequestOptions,
): Promise<Float64Array> {
  const out = new Float64Array(whole.size);
  await each(w, whole, subset, options, (g, _, weight) => {
    for (let j = 0; j < out.length; j++) out[j] += weight * g[j] * g[j];
  });
  return out;
}

/** Sums Σ_k c_k g_k g_kᵀ of rows that come one after the other. */
export interface MomentSum {
  add(g: Float64Array, weight: number): void;
  finish(): Matrix;
}

/** Starts a second moment of vectors of this length. It holds size² numbers and one piece of rows. */
export function momentSum(size: number): MomentSum {
  const updater = embeddedLinearAlgebra().rankUpdater(size);
  let filled = 0;
  const flush = () => {
    if (filled > 0) updater.update(filled);
    filled = 0;
  };
  return {
    add(g, weight) {
      const root = Math.sqrt(weight);
      const { buffer } = updater;
      for (let j = 0, to = filled * size; j < size; j++, to++) buffer[to] = root * g[j];
      if (++filled === updater.capacity) flush();
    },
    finish() {
      flush();
      return updater.finish();
    },
  };
}

/** Makes Σ_k c_k g_k g_kᵀ from the gradients of samples. Costs n·P_b² flops beside them. */
export async function momentFrom(
  each: SampleGradients,
  w: Float64Array,
  block: SurfaceBlock,
  subset: Subset,
  options?: RequestOptions,
): Promise<Matrix> {
  const sum = momentSum(block.size);
  await each(w, block, subset, options, (g, _, weight) => sum.add(g, weight));
  return sum.finish();
}
