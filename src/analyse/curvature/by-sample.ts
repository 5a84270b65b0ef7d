/**
 * Curvature of every sample's own loss along directions of a block, by differences of projected gradients:
 *
 *     vᵀ H_k v ≈ [g_k(w + ε v)·v − g_k(w − ε v)·v] / (2 ε),   ε = δ·|w|/|v|
 *
 * (in other coordinates w = s∘y the norms are those of s∘y and s∘v: a step in the coordinates of an optimiser is as long as one of the weights)
 * with δ = 2^−25 where the gradients are exact in double precision (rounding of the gradient counts 1e-9 of it), 2^−17 where they are
 * made of losses, and 2^−8 in single. It serves for errors and variances, where few digits do. A difference across a kink of ReLU or of
 * max pooling sees a share of a jump divided by ε, so the step must be short: at 2^−17 every sample of LeNet-5 crosses one.
 */
import { type Matrix, matrix, row } from '../../numeric/linalg/index.js';
import { dot } from '../../numeric/operators/lanczos.js';
import { gather, moved } from '../../surface/blocks.js';
import type { RequestOptions, Subset, Surface, SurfaceBlock } from '../../surface/surface.js';

/** Returns the step ε along a vector of a block that is not zero. */
export function differenceStep(
  { precision, scale, offers }: Surface,
  block: SurfaceBlock,
  w: Float64Array,
  v: Float64Array,
): number {
  const delta = precision === 'float32' ? 2 ** -8 : offers.projectedSampleGradients === 'exact' ? 2 ** -25 : 2 ** -17;
  const own = scale && gather(block, scale);
  const at = scale ? w.map((x, i) => x * scale[i]) : w;
  const along = own ? v.map((x, i) => x * own[i]) : v;
  return (delta * (Math.sqrt(dot(at, at)) || 1)) / Math.sqrt(dot(along, along));
}

/**
 * Returns vᵀ H_k v of each asked sample and each row v of V (k×P_b), n×k, in the order of the subset. Costs two requests for
 * gradients of the samples along one direction for each row.
 */
export async function curvaturesBySample(
  surface: Surface,
  w: Float64Array,
  block: SurfaceBlock,
  v: Matrix,
  subset?: Subset,
  options?: RequestOptions,
): Promise<Matrix> {
  const n = subset ? subset.samples.length : surface.samples;
  const out = matrix(n, v.rows);
  for (let i = 0; i < v.rows; i++) {
    const p = row(v, i);
    if (p.every((x) => x === 0)) continue;
    const step = differenceStep(surface, block, w, p);
    const one = matrix(1, p.length, p.slice());
    const ahead = await surface.projectedSampleGradients(moved(w, block, p, step), block, one, subset, options);
    const behind = await surface.projectedSampleGradients(moved(w, block, p, -step), block, one, subset, options);
    for (let k = 0; k < n; k++) out.data[k * v.rows + i] = (ahead.data[k] - behind.data[k]) / (2 * step);
  }
  return out;
}
