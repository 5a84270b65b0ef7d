/** The error of a number in its named parts: sampling, misfit and choice of the fit range. docs/theory [N5]. */
import { NORMAL_QUANTILE, studentQuantile } from './distributions.js';
import { type Estimate, estimate } from './estimate.js';
import { mean, variance } from './statistics.js';

/** Holds a number with the parts of its error, each one standard error; NaN for a part that is not known. */
export interface Parted {
  readonly value: number;
  /** Runs with different seeds behind the value. */
  readonly runs: number;
  /** Standard error of the mean over runs; NaN for one run. */
  readonly sampling: number;
  /** What one run's own data leave open: bootstrap over points, or jackknife over blocks of time. */
  readonly misfit: number;
  /** Standard deviation over fit ranges. */
  readonly range: number;
  /** How the value was obtained in one run. */
  readonly method: string;
  readonly converged: boolean;
}

/** Makes the parted error of an estimate of one run. */
export const ofOneRun = (e: Estimate, range = Number.NaN): Parted => ({
  value: e.value,
  runs: 1,
  sampling: Number.NaN,
  misfit: e.standardError,
  range,
  method: e.method,
  converged: e.converged,
});

/**
 * Combines runs with different seeds: the mean, its standard error as the sampling part, and the mean of each other
 * part, which more seeds do not make smaller. Runs without a finite value are left out.
 */
export function overRuns(all: readonly Parted[]): Parted {
  const good = all.filter((p) => Number.isFinite(p.value));
  if (good.length === 0)
    return { ...all[0], value: Number.NaN, runs: 0, sampling: Number.NaN, misfit: Number.NaN, converged: false };
  const values = good.map((p) => p.value);
  const finite = (part: 'misfit' | 'range') => mean(good.map((p) => p[part]).filter(Number.isFinite));
  return {
    value: mean(values),
    runs: good.length,
    sampling: Math.sqrt(variance(values, 1) / good.length),
    misfit: finite('misfit'),
    range: finite('range'),
    method: good[0].method,
    converged: good.every((p) => p.converged),
  };
}

/**
 * Leaves only the sampling part, where it is known: for numbers whose error within a run is itself an estimate of it.
 */
export const sampled = (p: Parted): Parted => (p.runs > 1 ? { ...p, misfit: Number.NaN, range: Number.NaN } : p);

/** Returns the root of the sum of squares of the parts that are known; NaN if none is. */
export function totalError({ sampling, misfit, range }: Parted): number {
  const known = [sampling, misfit, range].filter(Number.isFinite);
  return known.length > 0 ? Math.hypot(...known) : Number.NaN;
}

/**
 * Returns half the width of the 95 % interval from all known parts in quadrature: Student's quantile for the sampling
 * part, 1.96 for the others. Infinite if no part is known.
 */
export function partedHalfWidth({ sampling, misfit, range, runs }: Parted): number {
  const known = [
    ...(Number.isFinite(sampling) && runs > 1 ? [studentQuantile(runs - 1) * sampling] : []),
    ...[misfit, range].filter(Number.isFinite).map((e) => NORMAL_QUANTILE * e),
  ];
  return known.length > 0 ? Math.hypot(...known) : Number.POSITIVE_INFINITY;
}

/** Returns the estimate whose standard error is the total. `n` counts runs, or the observations of one run. */
export const asEstimate = (p: Parted, observations = 1): Estimate =>
  estimate(
    p.value,
    totalError(p),
    p.runs > 1 ? p.runs : observations,
    p.runs > 1 ? `mean over ${p.runs} seeds of: ${p.method}` : p.method,
    p.converged && Number.isFinite(p.value),
  );
