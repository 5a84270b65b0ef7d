/** Whether a drift matrix is stable, whether its decomposition is unique, and how long a step may be. docs/theory [D8]. */
import { check, InputError } from '../../numeric/errors.js';
import type { LinearAlgebra, RealSchur, SymmetricEigen } from '../../numeric/linalg/index.js';
import { type CheckedSystem, round } from './linear-system.js';
import { norm } from './parts.js';

/** Lists the n eigenvalues of a matrix, in 1/time for a drift. */
export interface Eigenvalues {
  /** Real parts, ascending; of a complex pair the member with the positive imaginary part comes first. */
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Holds the eigenvalues of F and the factorisation that they came from: `eigen` for a symmetric F, `schur` for any other. */
export interface DriftSpectrum extends Eigenvalues {
  /** True when every eigenvalue has a real part above zero beyond rounding. */
  readonly stable: boolean;
  readonly eigen?: SymmetricEigen;
  readonly schur?: RealSchur;
}

/**
 * Factors F (a symmetric eigenproblem, or a real Schur form, which a defective F has as well) and decides whether it is stable.
 * An eigenvalue counts as zero below 2·2^−52·‖F‖_F: rounding F alone moves the eigenvalues of a normal matrix that far.
 * @param unstable - accept an unstable F whose decomposition is unique
 * @throws InputError when F is unstable and `unstable` is false, when its smallest real part is zero to rounding, or when a
 *   pair of eigenvalues sums to 0
 */
export function driftSpectrum(la: LinearAlgebra, system: CheckedSystem, unstable: boolean): DriftSpectrum {
  const { drift, n } = system;
  const eigen = system.symmetricDrift ? la.eigh(drift) : undefined;
  const schur = eigen ? undefined : la.schur(drift);
  const [re, im] = eigen ? [eigen.values, new Float64Array(n)] : [schur!.re, schur!.im];
  const order = Array.from(re.keys()).sort(
    (i, j) => re[i] - re[j] || Math.abs(im[i]) - Math.abs(im[j]) || im[j] - im[i],
  );
  const values = { re: Float64Array.from(order, (i) => re[i]), im: Float64Array.from(order, (i) => im[i]) };
  const zero = 2 ** -51 * norm(drift);
  const stable = values.re[0] > zero;
  if (!stable) {
    check(values.re[0] < -zero, 'not-unique', () => neutral(values.re[0], values.im[0], zero));
    const count = values.re.filter((v) => v <= zero).length;
    check(
      unstable,
      'unstable',
      () =>
        `the drift F is unstable: x' = −F·x grows along ${count === 1 ? 'an eigenvector' : `${count} eigenvectors`}, the fastest with the ` +
        `eigenvalue ${complex(values.re[0], values.im[0])} of F, so there is no stationary state and no covariance; ` +
        'turn the sign of F if it was meant as x’ = +F·x, or ask for the algebraic U with --unstable (in the library: unstable: true).',
    );
    refusePairs(values, zero);
  }
  return { ...values, stable, ...(eigen && { eigen }), ...(schur && { schur }) };
}

function neutral(re: number, im: number, zero: number): string {
  return Math.abs(im) <= zero
    ? `the drift F has the eigenvalue ${round(re)}, which is 0 to rounding: there is no restoring force along its direction, so there is no ` +
        'stationary state and U and Q are not unique; remove that direction or add a restoring force.'
    : `the drift F has the eigenvalues ±${round(Math.abs(im))}i with no real part to rounding: an undamped oscillation has no ` +
        'stationary state, and U and Q are not unique; add damping.';
}

function refusePairs({ re, im }: Eigenvalues, zero: number): void {
  for (let i = 0; i < re.length; i++) {
    for (let j = 0; j <= i; j++) {
      if (Math.hypot(re[i] + re[j], im[i] + im[j]) <= zero)
        throw new InputError(
          'not-unique',
          `the drift F has the eigenvalues ${complex(re[j], im[j])} and ${complex(re[i], im[i])}, which sum to 0 to rounding, so U and Q are not unique.`,
        );
    }
  }
}

/** Writes a complex number to four digits, as in `0.3` and `0.3 + 2i`. */
export function complex(re: number, im: number): string {
  return im === 0 ? round(re) : `${round(re)} ${im < 0 ? '−' : '+'} ${round(Math.abs(im))}i`;
}

/**
 * Returns the step, in units of time, below which x ← (1 − step·F)·x + noise has a stationary state: the minimum of 2·Re λ/|λ|²
 * over the eigenvalues λ of F, from |1 − step·λ| < 1.
 */
export function largestStableStep({ re, im }: Eigenvalues): number {
  let limit = Number.POSITIVE_INFINITY;
  for (let i = 0; i < re.length; i++) {
    const size = Math.hypot(re[i], im[i]);
    limit = Math.min(limit, (2 * (re[i] / size)) / size);
  }
  return limit;
}
