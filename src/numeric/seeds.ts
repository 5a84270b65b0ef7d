/**
 * Independent repetitions of one measurement with other random numbers, called seeds: their mean, its standard error,
 * and the probability of such a mean by chance. Student's t accounts for their small number.
 */
import { studentTwoSided } from './distributions.js';
import { type Estimate, estimate, meanOf, missing } from './estimate.js';

/**
 * Returns mean and standard error over seeds; values that are not finite are left out. One seed has no such error: then
 * the error of its own fit is used, where there is one, and the estimate counts as not converged.
 * @param ownErrors - the error of each seed's own value, in the order of `values`
 */
export function overSeeds(values: readonly number[], ownErrors: readonly number[] = []): Estimate {
  const good = values.filter(Number.isFinite);
  const n = good.length;
  if (n === 0) return missing('no seed gave a number');
  if (n > 1) return meanOf(good, `mean and standard error over ${n} seeds`);
  const own = ownErrors[values.findIndex(Number.isFinite)] ?? Number.NaN;
  return estimate(good[0], own, 1, 'one seed; the error is that of its own fit', false);
}

/** Holds one quantity for each of several seeds. */
interface BySeed {
  readonly seeds: readonly number[];
  /** In the order of `seeds`. */
  readonly values: readonly number[];
}

/** Returns the mean of a − b over the seeds that both have; what the runs of one seed have in common cancels. */
export function pairedDifference(a: BySeed, b: BySeed): Estimate {
  const values = a.seeds.flatMap((seed, k) => {
    const j = b.seeds.indexOf(seed);
    return j < 0 ? [] : [a.values[k] - b.values[j]];
  });
  const e = overSeeds(values);
  return { ...e, method: e.n < 2 ? 'one seed: no error' : `mean of differences within ${e.n} seeds` };
}

/**
 * Returns the probability that a mean over n seeds lies this far from zero or farther although its expectation is zero,
 * by Student's t. NaN with fewer than two seeds; where all seeds agree exactly, 0, or 1 if they agree on zero.
 */
export function chanceOf(e: Estimate): number {
  if (e.n < 2 || !Number.isFinite(e.value)) return Number.NaN;
  if (e.standardError === 0) return e.value === 0 ? 1 : 0;
  return studentTwoSided(e.value / e.standardError, e.n - 1);
}
