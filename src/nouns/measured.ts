/** A measured number with its error, as every noun returns it. */
import type { ErrorKind, Estimate } from '../numeric/estimate.js';
import { formatMarked } from '../report/format.js';
import { Shown } from './shown.js';

/** Holds a number with its error, how it was obtained, and whether that converged. It prints as `3.92 ± 0.11`. */
export class Measured extends Shown {
  readonly value: number;
  /** One standard error, or the bound of a computation (see `kind`), in the units of `value`; NaN where it is not known. */
  readonly error: number;
  /** Number of (effective) observations behind the value. */
  readonly n: number;
  /** How value and error were obtained, in words. */
  readonly method: string;
  readonly converged: boolean;
  /** `statistical`: the error of a sample; `numerical`: of a computation; `exact`: there is none but rounding. */
  readonly kind: ErrorKind;

  constructor(e: Estimate) {
    super();
    this.value = e.value;
    this.error = e.standardError;
    this.n = e.n;
    this.method = e.method;
    this.converged = e.converged;
    this.kind = e.kind ?? 'statistical';
  }

  toString(): string {
    return formatMarked(asEstimate(this));
  }
}

/** Returns the estimate that a measured number holds, for the parts of the library. */
export const asEstimate = ({ value, error, n, method, converged, kind }: Measured): Estimate => ({
  value,
  standardError: error,
  n,
  method,
  converged,
  kind,
});
