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
