/**
 * The learning rates at which SGD across the valley diverges when the curvature differs from batch to batch. docs/theory [V4],
 * [R6], derived.
 *
 *     y ← (1 − eta l) y + eta l xi,   l the curvature of the batch's loss: mean l̄, variance v;  xi its minimum
 *
 * Multiplied at each step by an independent random number m = 1 − eta l, y behaves in three ways (Kesten 1973):
 *
 *     mean square  E m² < 1       ⟨y²⟩ is finite            eta < 2 l̄/(l̄² + v)          `meanSquareRate`
 *     almost sure  E ln|m| < 0    y has a stationary law     eta < the root              `almostSureRate`
 *     between: every path returns, but its excursions have a tail P(|y| > r) ~ r^−alpha, E|m|^alpha = 1, alpha < 2, so that in
 *     a finite run with a bound on |y| some paths exceed it: the diverged fraction rises from 0 to 1 between the two rates.
 *
 * Theories of the covariance give the first; at the second training diverges for good.
 * l is taken as normal for the second and for alpha.
 */

import { check } from '../../numeric/errors.js';
import { wholePower } from '../../numeric/power.js';
import { gaussLegendre } from '../../numeric/quadrature.js';
import * as is from '../../numeric/wants.js';
import { meanSquareCeiling } from '../ceiling.js';

/** Gives mean and variance of the curvature of batches, PER BATCH. */
export interface BatchCurvature {
  /** l̄ > 0, nat/weight², mean over batches. */
  readonly mean: number;
  /** v ≥ 0, variance from batch to batch. */
  readonly variance: number;
}

/** Says what a {@link BatchCurvature} needs. */
export const BATCH_CURVATURE_WANTS = is.shape<BatchCurvature>({ mean: is.finite, variance: is.finite });

/**
 * Returns 2 l̄/(l̄² + v), weight²/nat, the learning rate from which on ⟨y²⟩ is infinite: `meanSquareCeiling` without momentum.
 * @throws InputError for a mean that is not positive or a negative variance
 */
export function meanSquareRate(l: BatchCurvature): number {
  is.given('meanSquareRate', { l }, { l: BATCH_CURVATURE_WANTS });
  checkCurvature(l);
  return meanSquareCeiling({ curvature: l.mean, variance: l.variance });
}

/** Returns E (1 − eta l)², the factor of ⟨y²⟩ in one step. */
export const meanSquareFactor = (l: BatchCurvature, eta: number): number =>
  (1 - eta * l.mean) ** 2 + eta * eta * l.variance;

/**
 * Computes E ln|1 − eta l| for normal l, the Lyapunov exponent, per step. With mu = 1 − eta l̄ and sigma² = eta² v the sum is
 * exact: |mu + sigma Z|²/sigma² is a chi² of 1 + 2J degrees of freedom, where J is Poisson of mean R = mu²/(2 sigma²), hence
 * ½[ln 2 sigma² + E psi(½ + J)]. Beyond R = 2000 it is ln|mu| − 1/(4R) − 3/(16 R²).
 */
export function lyapunov(l: BatchCurvature, eta: number): number {
  is.given('lyapunov', { l, eta }, { l: BATCH_CURVATURE_WANTS, eta: is.finite });
  const { mean, variance } = l;
  const mu = 1 - eta * mean;
  const s2 = eta * eta * variance;
  if (s2 === 0) return Math.log(Math.abs(mu));
  const R = (mu * mu) / (2 * s2);
  if (R > 2000) return Math.log(Math.abs(mu)) - 1 / (4 * R) - 3 / (16 * R * R);
  // psi(½ + j) = psi(½) + Σ_{i<j} 1/(½ + i)
  let psi = -0.5772156649015329 - 2 * Math.LN2;
  let logWeight = -R;
  let sum = 0;
  const last = Math.ceil(R + 12 * Math.sqrt(R + 1) + 20);
  for (let j = 0; j <= last; j++) {
    sum += Math.exp(logWeight) * psi;
    psi += 1 / (0.5 + j);
    logWeight += Math.log(R) - Math.log(j + 1);
    if (R === 0) break;
  }
  return 0.5 * (Math.log(2 * s2) + sum);
}

/**
 * Computes the learning rate, weight²/nat, at which E ln|1 − eta l| becomes positive, to 1e-12. It is at or above
 * `meanSquareRate`, and 2/l̄ where all batches agree. docs/theory [V4].
 * @throws InputError for a mean that is not positive or a negative variance, or where no such rate is found below 1e6
 *   `meanSquareRate`
 */
export function almostSureRate(l: BatchCurvature): number {
  is.given('almostSureRate', { l }, { l: BATCH_CURVATURE_WANTS });
  let low = meanSquareRate(l); // E ln|m| ≤ ½ ln E m² = 0 there
  let high = low;
  while (lyapunov(l, high) <= 1e-15) {
    high *= 1.05;
    check(high < 1e6 * low, 'no-divergence', 'found no learning rate at which SGD diverges almost surely.');
  }
  for (let n = 0; n < 200 && high - low > 1e-13 * high; n++) {
    const middle = (low + high) / 2;
    if (lyapunov(l, middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Computes alpha > 0 with E|1 − eta l|^alpha = 1, the exponent of the tail of |y|, for normal l by quadrature: 2 at
 * `meanSquareRate`, 0 at `almostSureRate`; Infinity where all batches agree, and where it exceeds 512. docs/theory [V4].
 * @throws InputError at or beyond `almostSureRate`: y has no stationary law there
 */
export function tailExponent(l: BatchCurvature, eta: number): number {
  is.given('tailExponent', { l, eta }, { l: BATCH_CURVATURE_WANTS, eta: is.finite });
  check(
    lyapunov(l, eta) < 0,
    'unstable',
    () => `y has no stationary law at a learning rate of ${eta}; it has one below ${almostSureRate(l)}.`,
  );
  if (l.variance === 0) return Number.POSITIVE_INFINITY;
  let high = 1;
  while (logMoment(l, eta, high) < 0) {
    high *= 2;
    if (high > 512) return Number.POSITIVE_INFINITY;
  }
  let low = 0;
  for (let n = 0; n < 80; n++) {
    const middle = (low + high) / 2;
    if (logMoment(l, eta, middle) < 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Returns ln E|1 − eta l|^alpha by quadrature; panels end at the kink of |m| at m = 0, and their nodes are dense near it. */
function logMoment({ mean, variance }: BatchCurvature, eta: number, alpha: number): number {
  const [mu, s] = [1 - eta * mean, eta * Math.sqrt(variance)];
  const { nodes, weights } = gaussLegendre(20);
  // |m|^alpha e^{−(m−mu)²/2s²} is largest at ½(|mu| + √(mu² + 4 alpha s²)), and no wider there than s
  const reach = 0.5 * (Math.abs(mu) + Math.sqrt(mu * mu + 4 * alpha * s * s)) + 12 * s;
  let sum = 0;
  for (const side of [-1, 1]) {
    // m = side·reach·q⁴, q from 0 to 1
    for (let p = 0; p < 24; p++)
      for (let i = 0; i < nodes.length; i++) {
        const q = (p + 0.5 + nodes[i] / 2) / 24;
        const m = side * reach * wholePower(q, 4);
        const z = (m - mu) / s;
        sum += (weights[i] / 48) * 4 * reach * wholePower(q, 3) * Math.abs(m) ** alpha * Math.exp(-0.5 * z * z);
      }
  }
  return Math.log(sum / (s * Math.sqrt(2 * Math.PI)));
}

/**
 * Returns ⟨y²⟩ = eta C0/(2 l̄ − eta (l̄² + v)), weight²; Infinity from `meanSquareRate` on. docs/theory [R6].
 * @param noiseAtFloor - C0, the variance of the gradient of ONE batch at y = 0, (nat/weight)²
 * @throws InputError for a mean that is not positive or a negative variance
 */
export function multiplicativeVariance(l: BatchCurvature, noiseAtFloor: number, eta: number): number {
  is.given(
    'multiplicativeVariance',
    { l, noiseAtFloor, eta },
    { l: BATCH_CURVATURE_WANTS, noiseAtFloor: is.finite, eta: is.finite },
  );
  checkCurvature(l);
  const room = 2 * l.mean - eta * (l.mean ** 2 + l.variance);
  return room > 0 ? (eta * noiseAtFloor) / room : Number.POSITIVE_INFINITY;
}

function checkCurvature({ mean, variance }: BatchCurvature): void {
  check(
    mean > 0 && variance >= 0 && Number.isFinite(mean) && Number.isFinite(variance),
    'bad-curvature',
    () => `a valley has a positive mean curvature and a variance ≥ 0 of it; got ${mean} and ${variance}.`,
  );
}
