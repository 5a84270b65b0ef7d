/**
 * Where SGD across the valley diverges when the curvature differs from batch to batch. docs/theory [V4], [R6], derived.
 *
 *     y ← (1 − eta l) y + eta l xi,   l the curvature of the batch's loss: mean l̄, variance v;  xi its minimum
 *
 * Multiplied at each step by an independent random number m = 1 − eta l, y behaves in three ways (Kesten 1973):
 *
 *     mean square  E m² < 1       ⟨y²⟩ is finite            eta < 2 l̄/(l̄² + v)          `meanSquareRate`
 *     almost sure  E ln|m| < 0    y stays bounded for ever   eta < the root              `almostSureRate`
 *     between: every path comes back, but its excursions have a tail P(|y| > r) ~ r^−alpha, E|m|^alpha = 1, alpha < 2, so that in
 *     a finite run with a bound on |y| some paths are lost: the diverged fraction rises from 0 to 1 between the two lines.
 *
 * The first is the one that theories of the covariance give; the second the one at which training is lost for good.
 * l is taken as normal for the second and for alpha.
 */
import { check } from '../../numeric/errors.js';
import { gaussLegendre } from '../../numeric/quadrature.js';
import { meanSquareCeiling } from '../ceiling.js';

export interface BatchCurvature {
  /** l̄ > 0, nat/weight², mean over batches. */
  readonly mean: number;
  /** v ≥ 0, variance from batch to batch. */
  readonly variance: number;
}

/** 2 l̄/(l̄² + v): from this learning rate on ⟨y²⟩ is infinite. `meanSquareCeiling` without momentum. */
export function meanSquareRate(l: BatchCurvature): number {
  checkCurvature(l);
  return meanSquareCeiling({ curvature: l.mean, variance: l.variance });
}

/** E (1 − eta l)². */
export const meanSquareFactor = (l: BatchCurvature, eta: number): number =>
  (1 - eta * l.mean) ** 2 + eta * eta * l.variance;

/**
 * E ln|1 − eta l| for normal l: the Lyapunov exponent, per step. Exact: |mu + sigma Z|²/sigma² is a chi² of 1 + 2J degrees of freedom, J Poisson
 * of mean R = mu²/(2 sigma²), hence ½[ln 2 sigma² + E psi(½ + J)]; beyond R = 2000 by ln|mu| − 1/(4R) − 3/(16 R²).
 */
export function lyapunov({ mean, variance }: BatchCurvature, eta: number): number {
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
 * The learning rate at which E ln|1 − eta l| turns positive: at or above `meanSquareRate`, 2/l̄ where all batches agree. To 1e-12.
 */
export function almostSureRate(l: BatchCurvature): number {
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
 * alpha > 0 with E|1 − eta l|^alpha = 1, the exponent of the tail of |y|: 2 at `meanSquareRate`, 0 at `almostSureRate`; infinite
 * where all batches agree, and in place of more than 512. For normal l, by quadrature.
 * @throws InputError at or beyond `almostSureRate`: there is no stationary y
 */
export function tailExponent(l: BatchCurvature, eta: number): number {
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

/** ln E|1 − eta l|^alpha; the kink of |m| at m = 0 is an end of the panels, whose nodes crowd towards it. */
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
        const m = side * reach * q ** 4;
        const z = (m - mu) / s;
        sum += (weights[i] / 48) * 4 * reach * q ** 3 * Math.abs(m) ** alpha * Math.exp(-0.5 * z * z);
      }
  }
  return Math.log(sum / (s * Math.sqrt(2 * Math.PI)));
}

/**
 * ⟨y²⟩ = eta C0/(2 l̄ − eta (l̄² + v)), C0 the variance of the batch gradient at y = 0 [R6]. Infinite from `meanSquareRate` on.
 */
export function multiplicativeVariance(l: BatchCurvature, noiseAtFloor: number, eta: number): number {
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
