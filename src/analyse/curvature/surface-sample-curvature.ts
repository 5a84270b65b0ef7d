/**
 * Curvature of every sample's own loss in the span of directions on a block of any `Surface`, by differences of projected gradients:
 *
 *     u_iᵀ H_k u_j ≈ [g_k(w + ε u_i)·u_j − g_k(w − ε u_i)·u_j] / (2 ε),   made symmetric in i and j,
 *
 * and the directions in which single samples curve the loss most. A difference across a kink of ReLU sees a share of it.
 */
import { type Matrix, matrix, pairIndex, row } from '../../numeric/linalg/index.js';
import { dot } from '../../numeric/operators/lanczos.js';
import { gather, moved } from '../../surface/blocks.js';
import { oneSample } from '../../surface/subsets.js';
import type { RequestOptions, SampleSubset, Subset, Surface, SurfaceBlock } from '../../surface/surface.js';
import { curvaturesBySample, differenceStep } from './by-sample.js';
import type { SampleCurvature } from './sample-curvature.js';

/**
 * Returns u_iᵀ H_k u_j of each asked sample and every pair of directions. Costs two requests for gradients of the samples along all
 * directions for each of them; 8·n·k(k+1)/2 bytes of memory. Error: as `curvaturesBySample`.
 * @param directions - k×P_b, one unit vector a row
 */
export async function surfaceSampleCurvature(
  surface: Surface,
  w: Float64Array,
  block: SurfaceBlock,
  directions: Matrix,
  subset?: Subset,
  options?: RequestOptions,
): Promise<SampleCurvature> {
  const k = directions.rows;
  const samples = subset ? subset.samples.length : surface.samples;
  const pairs = (k * (k + 1)) / 2;
  const values = new Float64Array(samples * pairs);
  for (let i = 0; i < k; i++) {
    const u = row(directions, i);
    const step = differenceStep(surface, block, w, u);
    const at = (by: number) =>
      surface.projectedSampleGradients(moved(w, block, u, by), block, directions, subset, options);
    const [ahead, behind] = [await at(step), await at(-step)];
    for (let s = 0; s < samples; s++)
      for (let j = 0; j < k; j++) {
        const form = (ahead.data[s * k + j] - behind.data[s * k + j]) / (2 * step);
        values[s * pairs + pairIndex(i, j)] += i === j ? form : form / 2;
      }
  }
  return { directions: k, values, pairs, samples };
}

/** Number of samples considered: those of largest gradient. */
const CANDIDATES = 256;

/**
 * Returns the unit gradients u on a block of at most `count` samples, those with the largest Σ_j (uᵀH_ju)² over the 256 samples of
 * largest gradient; as `hardSampleDirections` does for networks. Costs the norms of all asked samples, a gradient of each of the
 * 256, and twice as many projections over the 256.
 */
export async function surfaceHardSamples(
  surface: Surface,
  w: Float64Array,
  block: SurfaceBlock,
  count: number,
  subset?: Subset,
  options?: RequestOptions,
): Promise<Float64Array[]> {
  if (count < 1) return [];
  const norms = await surface.squaredNorms(w, block, subset, options);
  const order = Array.from(norms.keys())
    .sort((a, b) => norms[b] - norms[a])
    .slice(0, CANDIDATES)
    .filter((i) => norms[i] > 0);
  if (order.length === 0) return [];
  const numbers = Uint32Array.from(order, (i) => subset?.samples[i] ?? i);
  const gradients = matrix(order.length, block.size);
  for (const [i, sample] of numbers.entries()) {
    const { gradient } = await surface.gradient(w, oneSample(sample, surface.samples), options);
    const g = gather(block, gradient);
    const length = Math.sqrt(dot(g, g));
    gradients.data.set(
      g.map((x) => x / length),
      i * block.size,
    );
  }
  const few: SampleSubset = { samples: numbers, strata: [{ count: numbers.length, of: surface.samples }] };
  const forms = await curvaturesBySample(surface, w, block, gradients, few, options);
  const scores = new Float64Array(order.length);
  forms.data.forEach((x, e) => {
    scores[e % forms.cols] += x * x;
  });
  const chosen: Float64Array[] = [];
  for (const i of Array.from(scores.keys()).sort((a, b) => scores[b] - scores[a])) {
    if (chosen.length === count) break;
    const u = row(gradients, i);
    if (chosen.every((v) => Math.abs(dot(u, v)) < 0.9)) chosen.push(u.slice());
  }
  return chosen;
}
