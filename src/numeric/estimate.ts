import { mean, variance } from './statistics.js';
import * as is from './wants.js';

/**
 * Says what the `standardError` of an estimate is: `statistical`, one standard error of a sample; `numerical`, a bound or an
 * estimate of how far a computation without any sample is off (a residual, half as many cells); `exact`, nothing but rounding.
 */
export type ErrorKind = 'statistical' | 'numerical' | 'exact';

/** Holds a measured number with its standard error, its sample size, how it was obtained and whether that converged. */
export interface Estimate {
  readonly value: number;
  /** One standard error (see `kind`), in the units of `value`; NaN where it could not be estimated. */
  readonly standardError: number;
  /** Number of (effective) observations behind the value. */
  readonly n: number;
  /** How value and error were obtained, in words. */
  readonly method: string;
  readonly converged: boolean;
  /** What `standardError` is; `statistical` when absent. */
  readonly kind?: ErrorKind;
}

/** Makes an `Estimate`; `converged` defaults to whether value and error are finite. */
export function estimate(
  value: number,
  standardError: number,
  n: number,
  method: string,
  converged?: boolean,
): Estimate {
  is.given(
    'estimate',
    { value, standardError, n, method, converged },
    { value: is.number, standardError: is.number, n: is.number, method: is.text, converged: is.maybe(is.flag) },
  );
  return {
    value,
    standardError,
    n,
    method,
    converged: converged ?? (Number.isFinite(value) && Number.isFinite(standardError)),
  };
}

/** Makes an estimate without a value, where there is nothing to estimate from; `method` says what is missing. */
export const missing = (method: string): Estimate => estimate(Number.NaN, Number.NaN, 0, method, false);

/** Makes an estimate of a number that was computed and not sampled, with the error of the computation. */
export const computed = (
  value: number,
  numericalError: number,
  n: number,
  method: string,
  converged?: boolean,
): Estimate => ({ ...estimate(value, numericalError, n, method, converged), kind: 'numerical' });

/** Makes an estimate of a number that has no error but rounding. */
export const exactly = (value: number, method: string, n = 1): Estimate => ({
  ...estimate(value, 0, n, method),
  kind: 'exact',
});

/** An error below this share of the value is rounding. */
const ROUNDING = 1e-12;

/**
 * Says what stands behind the error of an estimate: its kind, but `exact` also for an error at the level of rounding; `no spread`
 * where a sample of at least two gave the same number each time; `unknown` where there is no error.
 */
export function errorOf(
  e: Pick<Estimate, 'value' | 'standardError'> & Partial<Estimate>,
): ErrorKind | 'no spread' | 'unknown' {
  const { value, standardError, kind = 'statistical', n = 1 } = e;
  if (!Number.isFinite(standardError) || standardError < 0) return 'unknown';
  if (kind === 'exact') return kind;
  if (standardError > ROUNDING * Math.abs(value)) return kind;
  return kind === 'numerical' || n < 2 ? 'exact' : 'no spread';
}

/** Whether an estimate has a value that did not converge. */
export const unconverged = (e: Estimate): boolean => Number.isFinite(e.value) && !e.converged;

/**
 * Returns the mean x̄ of n independent values with the standard error √(s²/n), where s² is their unbiased variance; the
 * error of fewer than two values is NaN. Cost O(n).
 */
export const meanOf = (values: readonly number[], method: string): Estimate =>
  estimate(mean(values), Math.sqrt(variance(values, 1) / values.length), values.length, method);

/*
 * Arithmetic to first order in the errors. Sample size and method are those of the (first) estimate, because the operations below
 * do not change how it was obtained. Two estimates have converged together when both have, and their error is statistical when
 * one of them is.
 */

const together = (a: Estimate, b: Estimate): Estimate => {
  const kinds = [a, b].map((e) => e.kind ?? 'statistical');
  const kind = (['statistical', 'numerical'] as const).find((k) => kinds.includes(k)) ?? 'exact';
  const { kind: _, ...first } = a;
  return { ...first, converged: a.converged && b.converged, ...(kind !== 'statistical' && { kind }) };
};

/** Returns factor·e; the error is multiplied by |factor|. */
export const scaled = (e: Estimate, factor: number): Estimate => ({
  ...e,
  value: factor * e.value,
  standardError: Math.abs(factor) * e.standardError,
});

/** Returns e/divisor for a divisor without error. */
export const divided = (e: Estimate, divisor: number): Estimate => ({
  ...e,
  value: e.value / divisor,
  standardError: e.standardError / Math.abs(divisor),
});

/** Returns −e, with the same error. */
export const negated = (e: Estimate): Estimate => ({ ...e, value: -e.value });

/** Returns e + by for a number without error. */
export const shifted = (e: Estimate, by: number): Estimate => ({ ...e, value: e.value + by });

/** Returns a − b of two independent estimates; the errors add in quadrature. */
export const minus = (a: Estimate, b: Estimate): Estimate => ({
  ...together(a, b),
  value: a.value - b.value,
  standardError: Math.hypot(a.standardError, b.standardError),
});

/** Returns a/b of two independent estimates, with the error √((δa/b)² + (a·δb/b²)²). */
export const quotient = (a: Estimate, b: Estimate): Estimate => ({
  ...together(a, b),
  value: a.value / b.value,
  standardError: Math.hypot(a.standardError / b.value, (a.value * b.standardError) / b.value ** 2),
});
