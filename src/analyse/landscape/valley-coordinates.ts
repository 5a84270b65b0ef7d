/**
 * lambda, C and the batch curvature variance along and across the valley of a trained network. docs/theory [V1]–[V4].
 *
 * Directions across have a large curvature (top Hessian eigenvectors); the direction along is that of the drift of the weights,
 * or any other of small curvature. For each unit vector u of the whole network
 *
 *     lambda = uᵀ H u,   C1 = var_k(g_k·u),   s² = var_k(uᵀ H_k u)                          (over samples k)
 *
 * PER SAMPLE: one minibatch has C = C1·share and Var l = s²·share with `batchShare`. The anisotropy of valley2023 is
 * kappa = mean of C1 across / C1 along: the share cancels.
 */
import { type Estimate, estimate } from '../../numeric/estimate.js';
import { mean } from '../../numeric/statistics.js';
import { NetworkPasses } from '../../surface/network/passes.js';
import { sampleSlopes } from '../../surface/network/tangents.js';
import { curvatureAlong, type SampleCurvature, sampleCurvature } from '../curvature/sample-curvature.js';
import { sampleMoments } from '../curvature/sample-moments.js';

/**
 * Describes the loss along one unit vector. Errors are those of estimates for the distribution that the samples were drawn
 * from.
 */
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

/** Holds the loss along several unit vectors, and the curvatures sample by sample. */
export interface ValleyDirections {
  readonly directions: readonly ValleyDirection[];
  /** Sample by sample, all pairs of directions. */
  readonly samples: SampleCurvature;
}

/**
 * Measures curvature, slope and their scatter over samples along unit vectors of the whole network. Costs as much as
 * `sampleCurvature`, and a forward pass for each direction.
 * @param units - unit vectors of all P components
 */
export function valleyDirections(passes: NetworkPasses, units: readonly Float64Array[]): ValleyDirections {
  const samples = sampleCurvature(passes, units);
  const directions = units.map((u, i): ValleyDirection => {
    const slopes = sampleMoments(sampleSlopes(passes, u));
    const curvatures = sampleMoments(curvatureAlong(samples, i));
    return {
      curvature: curvatures.mean,
      slope: slopes.mean,
      noise: slopes.variance,
      curvatureVariance: curvatures.variance,
    };
  });
  return { directions, samples };
}

/** Computes kappa, the mean of C1 across over C1 along, with the errors of both taken as independent. docs/theory [V1]. */
export function anisotropy(across: readonly ValleyDirection[], along: ValleyDirection): Estimate {
  const top = mean(across.map((d) => d.noise.value));
  const topError = Math.hypot(...across.map((d) => d.noise.standardError)) / across.length;
  const { value, standardError, n } = along.noise;
  const ratio = top / value;
  const error = ratio * Math.hypot(topError / top, standardError / value);
  return estimate(ratio, error, n, `mean over ${across.length} directions across over one along`);
}

/** Describes how the curvatures across change along the valley. */
export interface CurvatureChange {
  /** Displacement to both sides of the centre, weight. */
  readonly step: number;
  /** lambda_i at −step, 0, +step. */
  readonly curvatures: readonly (readonly [number, number, number])[];
  /** d ln lambda_i/dx at the centre by the difference over both sides; NaN where a lambda is not positive. */
  readonly logSlopes: readonly number[];
}

/**
 * Measures lambda_i(x) = v_iᵀ H(w + x u) v_i at x = −step, 0, +step along u, at fixed v_i. The eigenvectors turn with x, which
 * is second order in lambda_i where they are exact at the centre and well separated. Costs two calls of `sampleCurvature`.
 * @param across - the v_i, unit vectors of all P components
 * @param centre - their measurements at x = 0
 * @param along - u, a unit vector
 * @param step - displacement to both sides, weight
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
    const curvature = sampleCurvature(moved, across);
    return across.map((_, i) => mean(curvatureAlong(curvature, i)));
  };
  const [before, after] = [at(-step), at(step)];
  const curvatures = across.map((_, i) => [before[i], centre[i].curvature.value, after[i]] as const);
  return {
    step,
    curvatures,
    logSlopes: curvatures.map(([a, , b]) => (a > 0 && b > 0 ? Math.log(b / a) / (2 * step) : Number.NaN)),
  };
}
