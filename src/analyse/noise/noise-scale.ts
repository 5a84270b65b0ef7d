/**
 * Gradient noise scales: the batch size at which noise and signal of a step are equal. docs/theory [A1] (McCandlish et al. 2018).
 *
 *     B_simple = Tr C1 / |g|²,      B_noise = Tr(H C1) / (gᵀ H g),
 *
 * with the gradient g, its per-sample covariance C1 and the Hessian H of the whole network. Tr C1 and |g|² are exact sums over
 * the data; their errors are those of estimates for the distribution that the data were drawn from.
 */
import { type Estimate, estimate, meanOf } from '../../numeric/estimate.js';
import { signVector } from '../../numeric/operators/hutchinson.js';
import { dot } from '../../numeric/operators/lanczos.js';
import type { Key } from '../../numeric/random.js';
import * as is from '../../numeric/wants.js';
import { squaredNorms } from '../../surface/network/norms.js';
import type { NetworkPasses } from '../../surface/network/passes.js';
import { hessianVector, sampleSlopes } from '../../surface/network/tangents.js';
import { stratifiedMean } from '../../surface/subsets.js';
import type { Subset } from '../../surface/surface.js';
import { sampleCounts } from './over-samples.js';

/** Gives the simple noise scale of a gradient and the two numbers that it is the ratio of. docs/theory [A1]. */
export interface NoiseScale {
  /** |g|² without the bias from N samples: |ĝ|² − Tr C1/N. */
  readonly squaredGradient: Estimate;
  /** Tr C1. */
  readonly trace: Estimate;
  /** Tr C1/|g|², in samples. Not converged when |g|² is within two errors of 0: at a minimum there is no such scale. */
  readonly simple: Estimate;
  /** (Σ|g_k|²)²/Σ|g_k|⁴: the effective number of samples that make up Tr C1. */
  readonly carriers: number;
}

/** Holds the gradients of samples as far as the noise scale needs them. */
interface SampleGradients {
  /** |g_k|² and g_k·g of each asked sample. */
  readonly norms: Float64Array;
  readonly along: Float64Array;
  /** |g|² over all samples. */
  readonly size: number;
  /** N. */
  readonly samples: number;
  /** The asked samples; all by default. */
  readonly subset?: Subset;
}

/**
 * Computes Tr C1, |g|² and their ratio over all samples of the passes. Costs a gradient and a forward pass; the norms of the
 * first layer come from the squares of the inputs.
 */
export function gradientNoiseScale(passes: NetworkPasses): NoiseScale {
  is.given('gradientNoiseScale', { passes }, { passes: is.having('a NetworkPasses', 'losses') });
  const { gradient } = passes.gradient();
  const norms = squaredNorms(passes);
  const along = sampleSlopes(passes, gradient);
  return noiseScaleOf({ norms, along, size: dot(gradient, gradient), samples: passes.samples.count });
}

/** Computes Tr C1, |g|² and their ratio from the gradients of samples; a subset adds its error to Tr C1 and the ratio [F5]. */
export function noiseScaleOf({ norms, along, size, samples: n, subset }: SampleGradients): NoiseScale {
  const counts = sampleCounts(n, subset);
  const mean = norms.reduce((a, b, k) => a + counts[k] * b, 0) / n;
  // over a subset g_k·g is not |g|² on the average, and what it is off is taken from |g_k|²
  const off = subset ? along.reduce((a, b, k) => a + counts[k] * b, 0) / n - size : 0;
  const trace = ((mean - 2 * off - size) * n) / (n - 1);
  // influence of sample k: on Tr C1 |g_k|² − 2 g_k·g, on |g|² 2 g_k·g − 2|g|²
  let [tt, tg, gg] = [0, 0, 0];
  for (let k = 0; k < norms.length; k++) {
    const a = norms[k] - mean - 2 * (along[k] - size - off);
    const b = 2 * (along[k] - size - off);
    tt += counts[k] * (a * a);
    tg += counts[k] * (a * b);
    gg += counts[k] * (b * b);
  }
  const scale = 1 / (n * (n - 1));
  const drawn = subset
    ? stratifiedMean(
        norms.map((x, k) => x - 2 * along[k]),
        subset,
      ).standardError
    : 0;
  const traceError = Math.sqrt(tt * scale + drawn ** 2);
  const signal = size - trace / n;
  // for |g|² as small as Tr C1/N the estimate is quadratic in the noise: 2 Tr(C1²)/N² ≤ 2 (Tr C1/N)²
  const signalError = Math.sqrt(gg * scale + 2 * (trace / n) ** 2);
  const ratio = trace / signal;
  const relative = tt / trace ** 2 - (2 * tg) / (trace * signal) + gg / signal ** 2;
  const ratioError =
    Math.abs(ratio) * Math.sqrt(Math.max(relative * scale, 0) + 2 * (trace / n / signal) ** 2 + (drawn / trace) ** 2);
  const asked = norms.length;
  const method = subset ? `${asked} of ${n} samples` : `exact sums over ${n} samples`;
  return {
    squaredGradient: estimate(signal, signalError, asked, `${method}, bias removed`),
    trace: estimate(trace, traceError, asked, method),
    simple: estimate(ratio, ratioError, asked, `${method}, delta method`, signal > 2 * signalError),
    carriers: (n * mean) ** 2 / norms.reduce((s, v, k) => s + counts[k] * (v * v), 0),
  };
}

/**
 * Estimates Tr(H C1), per sample, by E[vᵀ H v] − gᵀ H g with v = N^−½ Σ_k ±g_k over `probes` (default 10) draws of the signs; the
 * error is the scatter over these. Costs one weighted gradient and one Hessian-vector product for each probe.
 */
export function curvedNoiseTrace(
  passes: NetworkPasses,
  { probes = 10, key }: { probes?: number; key: Key },
): { readonly trace: Estimate /** gᵀ H g. */; readonly along: number } {
  const n = passes.samples.count;
  const { gradient } = passes.gradient();
  const along = dot(gradient, hessianVector(passes, gradient, 'exact'));
  const method = `${probes} probes of random signs over ${n} samples`;
  const forms = Array.from({ length: probes }, (_, i) => {
    const signs = signVector(n, key.child('noise-scale').child(i).stream());
    const v = passes.gradient(signs).gradient.map((x) => x * Math.sqrt(n));
    return dot(v, hessianVector(passes, v, 'exact'));
  });
  const { value, standardError } = meanOf(forms, method);
  return { trace: estimate(value - along, standardError, probes, method), along };
}

/**
 * Estimates B_noise = Tr(H C1)/(gᵀ H g), in samples; not converged where either is not positive. Costs as much as
 * `curvedNoiseTrace`. docs/theory [A1].
 */
export function curvatureNoiseScale(passes: NetworkPasses, options: { probes?: number; key: Key }): Estimate {
  const { trace, along } = curvedNoiseTrace(passes, options);
  const { value, standardError, n, method } = trace;
  return estimate(value / along, standardError / Math.abs(along), n, method, along > 0 && value > 0);
}
