import { mean, variance } from './statistics.js';

/** Holds a measured number with its standard error, its sample size, how it was obtained and whether that converged. */
export interface Estimate {
  readonly value: number;
  /** One standard error, in the units of `value`; NaN where it could not be estimated. */
  readonly standardError: number;
  /** Number of (effective) observations behind the value. */
  readonly n: number;
  /** How value and error were obtained, in words. */
  readonly method: string;
  readonly converged: boolean;
}

/** Makes an `Estimate`; `converged` defaults to whether value and error are finite. */
export function estimate(
  value: number,
  standardError: number,
  n: number,
  method: string,
  converged?: boolean,
): Estimate {
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

/**
 * Returns the mean x̄ of n independent values with the standard error √(s²/n), where s² is their unbiased variance; the
 * error of fewer than two values is NaN. Cost O(n).
 */
export const meanOf = (values: readonly number[], method: string): Estimate =>
  estimate(mean(values), Math.sqrt(variance(values, 1) / values.length), values.length, method);

/*
 * Arithmetic to first order in the errors. Sample size, method and convergence are those of the (first) estimate, because the
 * operations below do not change how it was obtained.
 */

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
  ...a,
  value: a.value - b.value,
  standardError: Math.hypot(a.standardError, b.standardError),
});

/** Returns a/b of two independent estimates, with the error √((δa/b)² + (a·δb/b²)²). */
export const quotient = (a: Estimate, b: Estimate): Estimate => ({
  ...a,
  value: a.value / b.value,
  standardError: Math.hypot(a.standardError / b.value, (a.value * b.standardError) / b.value ** 2),
});
