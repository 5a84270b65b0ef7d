/** No number travels alone: value, standard error, sample size, how it was obtained and whether that converged. */
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

/** Shorthand constructor; `converged` defaults to whether value and error are finite. */
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
