/** The law C_ii ~ H_ii^γ along fixed directions: variance of the gradients of single samples against curvature. docs/theory [S6]. */

import { fewPointLaw } from '../../analyse/trajectory/few-points.js';
import { type Estimate, missing } from '../../numeric/estimate.js';
import type { Matrix } from '../../numeric/linalg/index.js';
import { FEWEST_POINTS } from '../../numeric/powerlaw.js';
import type { Key } from '../../numeric/random.js';

/** Holds the law with its points. */
export interface GammaLaw {
  readonly gamma: Estimate;
  readonly r2: number;
  readonly points: number;
  /** Decades of H. */
  readonly decades: number;
  readonly curvature: readonly number[];
  readonly noise: readonly number[];
}

/** Returns the variance over samples of each column: C1 along the directions, PER SAMPLE. */
export function sampleVariances({ data, rows, cols }: Matrix): Float64Array {
  return Float64Array.from({ length: cols }, (_, j) => {
    let [sum, square] = [0, 0];
    for (let s = 0; s < rows; s++) sum += data[s * cols + j] / rows;
    for (let s = 0; s < rows; s++) square += (data[s * cols + j] - sum) ** 2;
    return square / rows;
  });
}

/** Fits γ by a line of equal scatter over directions of positive curvature, from the largest on. */
export function gammaLaw(
  curvatures: ArrayLike<number>,
  noise: ArrayLike<number>,
  { key, replicates = 400 }: { readonly key: Key; readonly replicates?: number },
): GammaLaw {
  const kept = Array.from(curvatures, (_, i) => i).filter((i) => curvatures[i] > 0 && noise[i] > 0);
  const curvature = kept.map((i) => curvatures[i]);
  const own = kept.map((i) => noise[i]);
  const decades = kept.length > 0 ? Math.log10(Math.max(...curvature) / Math.min(...curvature)) : 0;
  const base = { points: kept.length, decades, curvature, noise: own };
  if (kept.length < FEWEST_POINTS || !(decades > 0))
    return { ...base, gamma: missing(`no fit: ${kept.length} directions of positive curvature`), r2: Number.NaN };
  const { exponent, r2 } = fewPointLaw(curvature, own, { key, replicates });
  return { ...base, gamma: exponent, r2 };
}
