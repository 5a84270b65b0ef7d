/** Intervals about an estimate, by half of their width. */
import { NORMAL_QUANTILE, studentQuantile } from './distributions.js';
import type { Estimate } from './estimate.js';

/**
 * Returns half the width of the interval of `quantile` standard errors about an estimate, in the units of its value.
 * The default is the 95 % interval of a mean over n seeds, by Student's t with n − 1 degrees of freedom; it is infinite
 * for fewer than two seeds.
 */
export function halfWidth(e: Estimate, quantile?: number): number {
  if (quantile !== undefined) return quantile * e.standardError;
  return e.n < 2 ? Number.POSITIVE_INFINITY : studentQuantile(e.n - 1) * e.standardError;
}

/**
 * Returns half the width of the 95 % interval of an estimate that rests on many observations, or whose error is known:
 * 1.96 standard errors.
 */
export const normalHalfWidth = (e: Estimate): number => halfWidth(e, NORMAL_QUANTILE);

/**
 * Returns Wilson's 95 % interval of a probability of which k of n independent trials are known; [0, 1] for no trial. It keeps within
 * 0 … 1 and does not shrink to a point at k = 0 and k = n.
 */
export function wilsonInterval(k: number, n: number): readonly [number, number] {
  if (n === 0) return [0, 1];
  const z2 = NORMAL_QUANTILE ** 2;
  const centre = (k + z2 / 2) / (n + z2);
  const half = (NORMAL_QUANTILE * Math.sqrt((k * (n - k)) / n + z2 / 4)) / (n + z2);
  return [Math.max(0, centre - half), Math.min(1, centre + half)];
}
