/**
 * The stationary covariance of a linear Langevin system whose potential is lost: Σ exists for every stable F, and U = epsilon·Σ⁻¹ only
 * where noise reaches every direction, strongly enough for double precision. docs/theory [D3], [D8].
 */
import { RunError } from '../../numeric/errors.js';
import { type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import * as is from '../../numeric/wants.js';
import { type DecomposeOptions, solveSystem } from './decompose.js';
import type { CheckedSystem } from './linear-system.js';
import { boundOfError } from './lyapunov.js';
import { add, norm, scaled } from './parts.js';
import { reachedDirections, weakest, whySingular } from './singular.js';
import type { DriftSpectrum } from './spectrum.js';
import { inverse, rescale } from './units.js';

/** Holds the part of a decomposition that does not need U. All matrices are n×n. */
export interface StationaryCovariance {
  readonly system: CheckedSystem;
  /** Eigenvalues of F, all with positive real parts. */
  readonly spectrum: DriftSpectrum;
  /** Σ = epsilon·W, symmetric. */
  readonly sigma: Matrix;
  readonly w: Matrix;
  /** Antisymmetric; epsilon·Q_ij is the circulation. */
  readonly q: Matrix;
  /** Eigenvalues of the correlation matrix of Σ that exceed its own error: the directions whose variance is known. */
  readonly rank: number;
  /** Largest over smallest |eigenvalue| of the correlation matrix of Σ, as far as double precision goes. */
  readonly condition: number;
  /** How many directions D and F bring noise to: n where Σ is only nearly singular. */
  readonly reached: number;
  /** A direction of the least variance, in the coordinates of x. */
  readonly direction: Float64Array;
  /** Why U is lost, one sentence; undefined where Σ can be inverted. */
  readonly lost: string | undefined;
  /**
   * ‖F·W + W·Fᵀ − 2·D‖ over ‖2·D‖ (`lyapunov`) and over 2·‖F‖·‖W‖ (`backward`, rounding of a stable solution), and the relative
   * error of F·W = D + Q (`force`); Frobenius.
   */
  readonly residuals: { readonly lyapunov: number; readonly backward: number; readonly force: number };
  /** Bound of ‖δΣ‖/‖Σ‖ (a warning says so where it reaches 1), and the condition of the Lyapunov equation that it contains, as in `Decomposition`. */
  readonly errorBound: number;
  readonly lyapunovCondition: number;
  /** Powers of two by which the coordinates were multiplied, where their scales differ much; residuals refer to these units. */
  readonly units: Float64Array | undefined;
  readonly warnings: readonly string[];
}

/**
 * Computes the stationary covariance of x' = −F·x + noise, whether it can be inverted or not. Costs as `decompose` does.
 * @throws InputError for a system without a stationary state (`checkLinearSystem`, `driftSpectrum`)
 */
export function stationaryCovariance(options: Omit<DecomposeOptions, 'unstable'>): StationaryCovariance {
  is.given(
    'stationaryCovariance',
    { options },
    {
      options: is.shape({
        la: is.algebra,
        drift: is.matrixOrRows,
        diffusion: is.matrixOrRows,
        noiseStrength: is.maybe(is.number),
      }),
    },
  );
  const { la } = options;
  const { system, units, inside, spectrum, solution } = solveSystem(options);
  const { w, q } = solution;
  const { n, drift, diffusion } = inside;
  const fw = la.gemm(drift, w);
  const sum = matrix(n, n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) sum.data[i * n + j] = fw.data[i * n + j] + fw.data[j * n + i];
  const dq = add(diffusion, 1, q);
  const residuals = {
    lyapunov: norm(add(sum, -2, diffusion)) / (2 * norm(diffusion)),
    force: norm(add(fw, -1, dq)) / norm(dq),
    backward: norm(add(sum, -2, diffusion)) / (2 * norm(drift) * norm(w)),
  };
  const bound = boundOfError(la, inside, spectrum, w, () => la.eigvalsh(w), residuals.lyapunov);
  const certain = bound.relative < 1;
  const limit = Math.max(4 * n * 2 ** -52, certain ? bound.relative : 0);
  const values = correlationValues(la, w, limit);
  const rank = values.filter((v) => v > limit).length;
  const worst = weakest(la, w);
  const back = units && inverse(units);
  const original = (m: Matrix) => (back ? rescale(m, back, back) : m);
  const size = worst.direction.map((v, i) => v * (units?.[i] ?? 1));
  const length = Math.hypot(...size);
  const sigma = scaled(original(w), system.noiseStrength);
  if (!sigma.data.every(Number.isFinite))
    throw new RunError(
      'overflow',
      'the covariance exceeds the range of double precision; measure F, D or x in other units.',
    );
  return {
    system,
    spectrum,
    sigma,
    w: original(w),
    q: original(q),
    rank,
    condition: Math.max(...values) / Math.min(...values.map(Math.abs)),
    reached: reachedDirections(la, inside),
    direction: size.map((v) => v / length),
    lost: rank < n ? whySingular(la, inside, worst) : undefined,
    residuals,
    errorBound: bound.relative,
    lyapunovCondition: bound.condition,
    units,
    warnings: [
      ...system.warnings,
      ...(certain
        ? []
        : [
            `the bound of the error of Σ exceeds its size: the condition of the Lyapunov equation is ${bound.condition.toExponential(1)}; Σ solves the equation to rounding (${residuals.backward.toExponential(1)} of ‖F‖·‖Σ‖), but that of a slightly other F may differ in every digit.`,
          ]),
    ],
  };
}

/** Returns the eigenvalues of the correlation matrix of W; a coordinate without variance, beyond its error, counts as 0. */
function correlationValues(la: LinearAlgebra, w: Matrix, limit: number): Float64Array {
  const n = w.rows;
  const variances = Array.from({ length: n }, (_, i) => w.data[i * (n + 1)]);
  const least = limit * Math.max(...variances);
  const kept = Array.from({ length: n }, (_, i) => i).filter((i) => variances[i] > least);
  const m = kept.length;
  const c = matrix(
    m,
    m,
    Float64Array.from(
      { length: m * m },
      (_, k) =>
        w.data[kept[Math.floor(k / m)] * n + kept[k % m]] /
        Math.sqrt(variances[kept[Math.floor(k / m)]] * variances[kept[k % m]]),
    ),
  );
  return Float64Array.from([...new Array(n - m).fill(0), ...la.eigvalsh(c)]);
}
