/**
 * Tests of whether the stationary state is a Boltzmann distribution, and with which energy. docs/theory [D9].
 *
 * "The density is exp(−u/epsilon) with u = ½ xᵀU x" is true by construction when U is the inverse of the covariance measured in
 * the same window. It can fail when U = epsilon Σ^−1 comes from elsewhere (from H and C alone, from another window): then
 * u/epsilon must follow a gamma law of shape n/2 (2u/epsilon ~ chi²_n) over n directions. The alternative, exp(−L/T), has the
 * same law for (L − L_min)/T if the loss is quadratic, and moreover one temperature h_i sigma_i² for all directions.
 *
 * Successive steps of a trajectory are not independent: all errors use the effective sample size T/(2 tau).
 */

import { gammaCdf, kolmogorovTail } from '../../numeric/distributions.js';
import { check } from '../../numeric/errors.js';
import { type Estimate, estimate } from '../../numeric/estimate.js';
import { asMatrix } from '../../numeric/given.js';
import { type Matrix, matrix } from '../../numeric/linalg/matrix.js';
import type { LinearAlgebra } from '../../numeric/linalg/provider.js';
import { mean, variance } from '../../numeric/statistics.js';
import * as is from '../../numeric/wants.js';
import { correlationTime } from './autocorrelation.js';

/** Holds the energies of a trajectory for one claimed covariance. */
export interface Energies {
  /** u/epsilon = ½ xᵀ Σ^−1 x at each step; pure numbers. */
  readonly energies: Float64Array;
  /** log det Σ, for comparing densities. */
  readonly logDeterminant: number;
  readonly dimension: number;
}

/**
 * Computes u(t)/epsilon of a trajectory for a claimed covariance Σ (= epsilon U^−1). Costs K³/3 + 2K²T flops.
 * @param coordinates - K×T row-major, row i the time course x_i(t) about the claimed centre
 * @throws InputError when Σ is not positive definite (a direction without noise has no energy: leave it out)
 */
export function energiesOf(la: LinearAlgebra, coordinates: Float64Array, covariance: Matrix): Energies {
  is.given(
    'energiesOf',
    { la, coordinates, covariance },
    { la: is.algebra, coordinates: is.numbers, covariance: is.matrixOrRows },
  );
  const c = asMatrix(covariance, 'the covariance');
  const K = c.rows;
  check(
    K > 0 && coordinates.length % K === 0 && coordinates.length > 0,
    'shape',
    () => `energies in ${K} directions need ${K}×T coordinates; got ${coordinates.length} numbers.`,
  );
  const T = coordinates.length / K;
  const L = la.cholesky(c);
  const x = matrix(K, T, coordinates);
  const y = la.choleskySolve(L, x);
  const energies = new Float64Array(T);
  for (let i = 0; i < K; i++)
    for (let t = 0; t < T; t++) energies[t] += 0.5 * coordinates[i * T + t] * y.data[i * T + t];
  let logDeterminant = 0;
  for (let i = 0; i < K; i++) logDeterminant += 2 * Math.log(L.data[i * K + i]);
  return { energies, logDeterminant, dimension: K };
}

/** Compares the energies of a trajectory with the gamma law of shape n/2. */
export interface BoltzmannTest {
  readonly dimension: number;
  /** Mean of the energies over the temperature, expected n/2, and their variance, expected n/2 as well. */
  readonly mean: Estimate;
  readonly variance: Estimate;
  readonly expected: number;
  /** Correlation time of the energies, steps. */
  readonly correlationTime: Estimate;
  /** T/(2 tau), at most T: the number of independent draws that the window is equivalent to. */
  readonly effective: number;
  /** Largest distance between the empirical distribution and gamma(n/2), and the chance of a larger one. */
  readonly distance: number;
  readonly pValue: number;
  /**
   * Divisor of the energies: 1, or fitted so that the mean is n/2 (then pValue is too large, and only a small one is
   * informative).
   */
  readonly temperature: number;
  readonly fitted: boolean;
}

/**
 * Compares energies with gamma(n/2).
 *
 * The distance is that of Kolmogorov and Smirnov over all T steps, its chance that of Kolmogorov's law at the effective n. The
 * effective n takes the longest correlation time among u itself and the indicators of u below the quartiles of the law.
 * `converged` estimates need 50 correlation times (`correlationTime`). Costs O(T log T + T √n).
 * @param energies - u/epsilon; or L(t) − L_min with `temperature: 'fit'`, which divides by 2 mean/n
 * @throws InputError for fewer than 8 energies, a dimension that is not a positive integer, or a temperature that is not positive
 */
export function boltzmannTest(
  energies: ArrayLike<number>,
  dimension: number,
  options: { readonly temperature?: number | 'fit' } = {},
): BoltzmannTest {
  is.given(
    'boltzmannTest',
    { energies, dimension, options },
    {
      energies: is.numbers,
      dimension: is.number,
      options: is.shape({ temperature: is.maybe(is.either(is.oneOf('fit'), is.finite)) }),
    },
  );
  const T = energies.length;
  check(T >= 8, 'too-short', () => `a Boltzmann test needs at least 8 energies; got ${T}.`);
  check(
    Number.isInteger(dimension) && dimension >= 1,
    'bad-dimension',
    () => `the number of directions must be a positive integer; got ${dimension}.`,
  );
  const shape = dimension / 2;
  const fitted = options.temperature === 'fit';
  const temperature = fitted ? mean(energies) / shape : Number(options.temperature ?? 1);
  check(
    Number.isFinite(temperature) && temperature > 0,
    'bad-temperature',
    () => `energies need a positive temperature; got ${temperature} (are they measured from the minimum?).`,
  );
  const u = Float64Array.from(energies, (e) => e / temperature);
  const law = u.map((e) => gammaCdf(shape, e));
  const tau = correlationTime(u);
  let slowest = Math.max(0.5, Number.isFinite(tau.value) ? tau.value : 0.5);
  for (const quartile of [0.25, 0.5, 0.75]) {
    const t = correlationTime(law.map((p) => (p <= quartile ? 1 : 0))).value;
    if (Number.isFinite(t)) slowest = Math.max(slowest, t);
  }
  const effective = T / (2 * slowest);
  const sorted = law.slice().sort();
  let distance = 0;
  for (let t = 0; t < T; t++) distance = Math.max(distance, sorted[t] - t / T, (t + 1) / T - sorted[t]);
  const m = mean(u);
  const squares = u.map((e) => (e - m) ** 2);
  return {
    dimension,
    mean: timeMean(u),
    variance: timeMean(squares),
    expected: shape,
    correlationTime: tau,
    effective,
    distance,
    pValue: kolmogorovTail(distance, effective),
    temperature,
    fitted,
  };
}

/** Returns the mean of a correlated series with the standard error √(var·2 tau/T). */
function timeMean(x: Float64Array): Estimate {
  const tau = correlationTime(x);
  const times = Math.max(0.5, Number.isFinite(tau.value) ? tau.value : 0.5);
  const error = Math.sqrt((variance(x) * 2 * times) / x.length);
  return estimate(mean(x), error, x.length / (2 * times), `time average, ${tau.method}`, tau.converged);
}

/**
 * Measures how much better energy A describes the trajectory than energy B: the mean of log(density_A/density_B) per step in
 * nats, for two Gaussians on the same directions; positive where A is better. The alternative exp(−L/T) on the same data is B
 * with Σ = T·H^−1 and T = Tr(H S)/n, where S is the measured covariance (the temperature that suits it best).
 * @throws InputError when dimensions or numbers of steps differ
 */
export function logDensityRatio(a: Energies, b: Energies): Estimate {
  check(
    a.dimension === b.dimension && a.energies.length === b.energies.length,
    'shape',
    () =>
      `densities are compared on the same directions and steps; got ${a.dimension} and ${b.dimension} directions, ${a.energies.length} and ${b.energies.length} steps.`,
  );
  const shift = 0.5 * (b.logDeterminant - a.logDeterminant);
  return timeMean(a.energies.map((u, t) => b.energies[t] - u + shift));
}

/** Compares the temperatures h_i sigma_i² of n directions. */
interface Equipartition {
  /** h_i sigma_i², in units of the loss: the temperature that exp(−L/T) would give direction i. */
  readonly temperatures: Float64Array;
  /** The one temperature that fits best, Σ h_i sigma_i²/n, with its error from the effective sizes. */
  readonly temperature: Estimate;
  /** Mean of (ln T_i − mean)² over what sampling alone allows, Σ 2/n_i/n: about 1 if one temperature suffices. */
  readonly excessSpread: number;
  /** Largest T_i over the smallest. */
  readonly range: number;
}

/**
 * Tests a consequence of the density exp(−L/T): that every direction has h_i sigma_i² = T. docs/theory [D9].
 * @param effective - independent draws behind each variance, n_i = T/(2 tau_i); ln sigma_i² then scatters by √(2/n_i)
 * @throws InputError for fewer than 2 directions, lists of unequal lengths, or a curvature or variance that is not positive
 */
export function equipartition(
  curvatures: ArrayLike<number>,
  variances: ArrayLike<number>,
  effective: ArrayLike<number>,
): Equipartition {
  const n = curvatures.length;
  check(
    n >= 2 && variances.length === n && effective.length === n,
    'shape',
    () =>
      `equipartition compares at least 2 directions with a curvature, a variance and a sample size each; got ${n}, ${variances.length} and ${effective.length}.`,
  );
  const temperatures = Float64Array.from({ length: n }, (_, i) => curvatures[i] * variances[i]);
  check(
    temperatures.every((t) => t > 0 && Number.isFinite(t)),
    'bad-curvature',
    'equipartition needs positive curvatures and variances; leave out the flat and negative directions, and report that.',
  );
  const logs = temperatures.map(Math.log);
  const centre = mean(logs);
  const allowed = mean(Array.from(effective, (m) => 2 / m));
  const value = mean(temperatures);
  const error = Math.sqrt(temperatures.reduce((s, t, i) => s + (2 * t * t) / effective[i], 0)) / n;
  return {
    temperatures,
    temperature: estimate(value, error, n, 'mean of h_i sigma_i² over directions'),
    excessSpread: logs.reduce((s, v) => s + (v - centre) ** 2, 0) / (n - 1) / allowed,
    range: temperatures.reduce((a, b) => Math.max(a, b)) / temperatures.reduce((a, b) => Math.min(a, b)),
  };
}
