/**
 * Means over samples, all of them or a subset, with errors as estimates for the distribution that the samples were drawn from:
 *
 *     error² = Var(x)/N + Σ_h (N_h/N)² (1 − n_h/N_h) s_h²/n_h
 *
 * of which the second part, the subset's [F5], is 0 where all N samples were asked.
 */
import { type Estimate, estimate } from '../../numeric/estimate.js';
import { sampleWeights, stratifiedMean } from '../../surface/subsets.js';
import type { Subset } from '../../surface/surface.js';

/** Returns N c_k of each asked sample: 1 for all of them, (N_h/n_h) in a subset. */
export const sampleCounts = (samples: number, subset: Subset): Float64Array =>
  subset ? sampleWeights(subset).map((c) => samples * c) : new Float64Array(samples).fill(1);

/** Says over which samples a mean was taken. */
export const overWhich = (samples: number, subset: Subset): string =>
  subset
    ? `mean over ${subset.samples.length} of ${samples} samples; error: the subset, and these as a sample of their distribution`
    : `exact sum over ${samples} samples; error: these as a sample of their distribution`;

/** Returns the mean of x, one number for each asked sample; converged where its error is at most a third of it, with `sure`. */
export function overSamples(
  x: Float64Array,
  samples: number,
  subset: Subset,
  { sure = false }: { readonly sure?: boolean } = {},
): Estimate {
  const counts = sampleCounts(samples, subset);
  let mean = 0;
  for (let k = 0; k < x.length; k++) mean += (counts[k] * x[k]) / samples;
  let second = 0;
  for (let k = 0; k < x.length; k++) second += (counts[k] * (x[k] - mean) ** 2) / samples;
  const error = Math.sqrt(second / samples + (subset ? stratifiedMean(x, subset).standardError ** 2 : 0));
  const method = overWhich(samples, subset);
  return sure
    ? estimate(mean, error, x.length, method, error <= Math.abs(mean) / 3)
    : estimate(mean, error, x.length, method);
}
