/**
 * lambda, C and the batch curvature variance along and across the valley of a trained network. science.md [V1]–[V4].
 *
 * Across: directions of large curvature (top Hessian eigenvectors). Along: the direction in which the weights have been drifting, or any
 * that hardly bends. For each unit vector u of the whole network
 *
 *     lambda = uᵀ H u,   C1 = var_k(g_k·u),   s² = var_k(uᵀ H_k u)                          (over samples k)
 *
 * PER SAMPLE: one minibatch has C = C1·share and Var l = s²·share with `batchShare`. The anisotropy of valley2023 is
 * kappa = mean of C1 across / C1 along: the share cancels.
 */
import { type Estimate, estimate } from '../numeric/estimate.js';
import { mean } from '../numeric/statistics.js';
import { NetworkPasses } from './passes.js';
import { pairIndex, type SampleCurvature, sampleCurvature } from './sample-curvature.js';
import { sampleSlopes } from './tangents.js';

/** One direction. Errors: the samples as a sample of their distribution. */
export interface ValleyDirection {
  /** lambda, nat/weight². */
  readonly curvature: Estimate;
  /** g·u of the mean loss, nat/weight. */
  readonly slope: Estimate;
  /** C1, PER SAMPLE, (nat/weight)². */
  readonly noise: Estimate;
  /** s², PER SAMPLE. Not converged where its error is above a third of it. */
  readonly curvatureVariance: Estimate;
}

export interface ValleyDirections {
  readonly directions: readonly ValleyDirection[];
  /** Sample by sample, all pairs of directions. */
  readonly samples: SampleCurvature;
}

/** Cost: that of `sampleCurvature` and a forward pass a direction. @param units - unit vectors of all P components */
export function valleyDirections(passes: NetworkPasses, units: readonly Float64Array[]): ValleyDirections {
  const samples = sampleCurvature(passes, units);
  const { values, pairs, samples: n } = samples;
  const directions = units.map((u, i): ValleyDirection => {
    const at = pairIndex(i, i);
    const slopes = momentsOf(sampleSlopes(passes, u));
    const curvatures = momentsOf(Float64Array.from({ length: n }, (_, s) => values[s * pairs + at]));
    return {
      curvature: curvatures.mean,
      slope: slopes.mean,
      noise: slopes.variance,
      curvatureVariance: curvatures.variance,
    };
  });
  return { directions, samples };
}

/** Mean and variance over samples with their errors; the variance's is √((m4 − m2²)/n), right for heavy tails. */
function momentsOf(x: Float64Array): { mean: Estimate; variance: Estimate } {
  const n = x.length;
  const centre = mean(x);
  let [second, fourth] = [0, 0];
  for (const v of x) {
    const a = (v - centre) ** 2;
    second += a / n;
    fourth += (a * a) / n;
  }
  const error = Math.sqrt(Math.max(fourth - second ** 2, 0) / n);
  const method = `exact sum over ${n} samples; error: these as a sample of their distribution`;
  return {
    mean: estimate(centre, Math.sqrt(second / n), n, method),
    variance: estimate(second, error, n, method, error <= second / 3),
  };
}

/** kappa: mean of C1 across over C1 along, with the errors of both. */
export function anisotropy(across: readonly ValleyDirection[], along: ValleyDirection): Estimate {
  const top = mean(across.map((d) => d.noise.value));
  const topError = Math.hypot(...across.map((d) => d.noise.standardError)) / across.length;
  const { value, standardError, n } = along.noise;
  const ratio = top / value;
  const error = ratio * Math.hypot(topError / top, standardError / value);
  return estimate(ratio, error, n, `mean over ${across.length} directions across over one along`);
}

/** How the curvatures across change along the valley. */
export interface CurvatureChange {
  /** Displacement to both sides of the centre, weight. */
  readonly step: number;
  /** lambda_i at −step, 0, +step. */
  readonly curvatures: readonly (readonly [number, number, number])[];
  /** d ln lambda_i/dx at the centre by the difference over both sides; NaN where a lambda is not positive. */
  readonly logSlopes: readonly number[];
}

/**
 * lambda_i(x) = v_iᵀ H(w + x u) v_i along u at fixed v_i. The eigenvectors turn with x, which is second order in lambda_i where they are
 * exact at the centre and well separated.
 * Cost: two new passes over the samples.
 */
export function curvatureChange(
  passes: NetworkPasses,
  across: readonly Float64Array[],
  centre: readonly ValleyDirection[],
  along: Float64Array,
  step: number,
): CurvatureChange {
  const at = (x: number): number[] => {
    const { spec, samples, weights } = passes;
    const moved = new NetworkPasses({ spec, samples, weights: weights.map((w, i) => w + x * along[i]), cacheBytes: 0 });
    const { values, pairs, samples: n } = sampleCurvature(moved, across);
    return across.map((_, i) => {
      let sum = 0;
      for (let s = 0; s < n; s++) sum += values[s * pairs + pairIndex(i, i)];
      return sum / n;
    });
  };
  const [before, after] = [at(-step), at(step)];
  const curvatures = across.map((_, i) => [before[i], centre[i].curvature.value, after[i]] as const);
  return {
    step,
    curvatures,
    logSlopes: curvatures.map(([a, , b]) => (a > 0 && b > 0 ? Math.log(b / a) / (2 * step) : Number.NaN)),
  };
}
