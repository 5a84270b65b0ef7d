/** Mean and variance over samples of a number that every sample has. */
import { type Estimate, estimate } from '../../numeric/estimate.js';
import { mean } from '../../numeric/statistics.js';

/** Gives mean and variance, with errors as estimates for the distribution that the samples were drawn from. */
interface SampleMoments {
  readonly mean: Estimate;
  /** PER SAMPLE, with the error √((m4 − m2²)/N), which holds for heavy tails. Not converged where that is above a third of it. */
  readonly variance: Estimate;
  /** (Σ a)²/Σ a² with a = (x − mean)²: the effective number of samples that make up the variance. */
  readonly carriers: number;
}

/** Computes mean and variance of x, one number for each sample. */
export function sampleMoments(x: Float64Array): SampleMoments {
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
    carriers: fourth > 0 ? (n * second ** 2) / fourth : n,
  };
}
