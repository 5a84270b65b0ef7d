/**
 * Curvature of every sample's own loss along directions of a block, by differences of projected gradients:
 *
 *     vᵀ H_k v ≈ [g_k(w + ε v)·v − g_k(w − ε v)·v] / (2 ε),   ε = δ·|w|/|v|
 *
 * with δ = 2^−17 in double precision (error about 1e-10 of the third derivative, 1e-11 of the gradient by rounding) and 2^−8 in
 * single. It serves for errors and variances, where few digits do. A difference across a kink of ReLU sees a share of it.
 */
import { type Matrix, matrix, row } from '../../numeric/linalg/index.js';
import { dot } from '../../numeric/operators/lanczos.js';
import { moved } from '../../surface/blocks.js';
import type { RequestOptions, Subset, Surface, SurfaceBlock } from '../../surface/surface.js';

/** Returns the step ε along a vector that is not zero. */
export function differenceStep({ precision }: Surface, w: Float64Array, v: Float64Array): number {
  const delta = precision === 'float64' ? 2 ** -17 : 2 ** -8;
  return (delta * (Math.sqrt(dot(w, w)) || 1)) / Math.sqrt(dot(v, v));
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
    const step = differenceStep(surface, w, p);
    const one = matrix(1, p.length, p.slice());
    const ahead = await surface.projectedSampleGradients(moved(w, block, p, step), block, one, subset, options);
    const behind = await surface.projectedSampleGradients(moved(w, block, p, -step), block, one, subset, options);
    for (let k = 0; k < n; k++) out.data[k * v.rows + i] = (ahead.data[k] - behind.data[k]) / (2 * step);
  }
  return out;
}
