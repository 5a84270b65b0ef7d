/** The distribution functions that tests of significance need: gamma, normal, Student, Kolmogorov. */
import { check } from './errors.js';

/**
 * Returns log Γ(x) for x > 0 by Lanczos's sum with g = 7 and nine terms; relative error below 1e-14.
 * @throws InputError unless x > 0
 */
export function logGamma(x: number): number {
  check(x > 0, 'bad-argument', () => `log Γ is taken of positive numbers; got ${x}.`);
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  let sum = LANCZOS[0];
  for (let n = 1; n < LANCZOS.length; n++) sum += LANCZOS[n] / (x - 1 + n);
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
  12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
];

/**
 * Returns the distribution function of a gamma variable of shape a and scale 1, P(a, x) = ∫_0^x t^{a−1} e^{−t} dt/Γ(a).
 * A chi² of n degrees of freedom is twice a gamma of shape n/2. Series below a + 1, Lentz's continued fraction above;
 * error about 1e-14 up to a ≈ 1e5. Cost O(√a) terms.
 * @throws InputError unless a > 0
 */
export function gammaCdf(shape: number, x: number): number {
  check(shape > 0, 'bad-argument', () => `a gamma distribution has a positive shape; got ${shape}.`);
  if (!(x > 0)) return Number.isNaN(x) ? Number.NaN : 0;
  if (x === Number.POSITIVE_INFINITY) return 1;
  const front = Math.exp(shape * Math.log(x) - x - logGamma(shape));
  if (x < shape + 1) {
    let [term, sum] = [1 / shape, 1 / shape];
    for (let n = 1; term > sum * 1e-17; n++) sum += term *= x / (shape + n);
    return Math.min(1, front * sum);
  }
  const tiny = 1e-300;
  let b = x + 1 - shape;
  let c = 1 / tiny;
  let d = 1 / b;
  let h = d;
  for (let n = 1, change = 0; n < 1e6 && Math.abs(change - 1) > 1e-16; n++) {
    const a = -n * (n - shape);
    b += 2;
    d = 1 / nonzero(a * d + b, tiny);
    c = nonzero(b + a / c, tiny);
    change = d * c;
    h *= change;
  }
  return 1 - front * h;
}

const nonzero = (v: number, tiny: number) => (Math.abs(v) < tiny ? tiny : v);

/** Returns P(|Z| > z) of a standard normal Z. It keeps its relative precision far into the tail. */
export function normalTwoSided(z: number): number {
  const half = (z * z) / 2;
  if (half < 1.5) return 1 - gammaCdf(0.5, half);
  // erfc by its continued fraction, which 1 − P would lose
  let f = 0;
  for (let n = 200; n >= 1; n--) f = n / (Math.abs(z) + f);
  return (Math.exp(-half) / (Math.abs(z) + f)) * Math.sqrt(2 / Math.PI);
}

/**
 * Returns P(|t| > |x|) of Student's t with ν = `freedom` degrees of freedom, the regularised incomplete beta function
 * I_{ν/(ν+x²)}(ν/2, ½).
 * @throws InputError unless ν > 0
 */
export function studentTwoSided(x: number, freedom: number): number {
  check(freedom > 0, 'bad-argument', () => `Student's t has positive degrees of freedom; got ${freedom}.`);
  if (freedom === Number.POSITIVE_INFINITY) return normalTwoSided(x);
  return incompleteBeta(freedom / (freedom + x * x), freedom / 2, 0.5);
}

/**
 * Returns the t with P(|t_f| > t) = 0.05 for Student's distribution with f = `freedom` degrees of freedom, by bisection
 * to the last bit; Infinity below one degree of freedom. Cost about 60 evaluations of the distribution.
 */
export function studentQuantile(freedom: number): number {
  if (freedom < 1) return Number.POSITIVE_INFINITY;
  let [low, high] = [1.9, 13];
  for (let k = 0; k < 60; k++) {
    const middle = (low + high) / 2;
    if (studentTwoSided(middle, freedom) > 0.05) low = middle;
    else high = middle;
  }
  return high;
}

/** The z with P(|Z| > z) = 0.05 of the normal distribution, rounded: for errors that rest on many observations. */
export const NORMAL_QUANTILE = 1.96;

/** Returns I_x(a, b) by Lentz's continued fraction, or 1 − I_{1−x}(b, a) where that converges faster. */
function incompleteBeta(x: number, a: number, b: number): number {
  if (!(x > 0)) return Number.isNaN(x) ? Number.NaN : 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  if (x > (a + 1) / (a + b + 2)) return 1 - (front * betaFraction(1 - x, b, a)) / b;
  return (front * betaFraction(x, a, b)) / a;
}

function betaFraction(x: number, a: number, b: number): number {
  const tiny = 1e-300;
  let c = 1;
  let d = 1 / nonzero(1 - ((a + b) * x) / (a + 1), tiny);
  let h = d;
  for (let m = 1, change = 0; m < 1e5 && Math.abs(change - 1) > 1e-16; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonzero(1 + even * d, tiny);
    c = nonzero(1 + even / c, tiny);
    h *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonzero(1 + odd * d, tiny);
    c = nonzero(1 + odd / c, tiny);
    change = d * c;
    h *= change;
  }
  return h;
}

/**
 * Returns P(D > d) for the Kolmogorov-Smirnov distance D of n independent draws from a fully specified law, by
 * Kolmogorov's limit 2 Σ_k (−1)^{k−1} e^{−2k²λ²} at λ = (√n + 0.12 + 0.11/√n) d (Stephens 1970, J. R. Stat. Soc. B 32,
 * 115; good from n ≈ 4 on).
 */
export function kolmogorovTail(d: number, n: number): number {
  const root = Math.sqrt(n);
  const lambda = (root + 0.12 + 0.11 / root) * d;
  if (!(lambda > 0)) return Number.isNaN(lambda) ? Number.NaN : 1;
  if (lambda < 1.18) {
    // the transformed theta series, which converges fast for small λ
    let sum = 0;
    for (let k = 1; k < 20; k++) sum += Math.exp(-((2 * k - 1) ** 2 * Math.PI ** 2) / (8 * lambda ** 2));
    return Math.max(0, 1 - (Math.sqrt(2 * Math.PI) / lambda) * sum);
  }
  let sum = 0;
  for (let k = 1; k < 20; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * k * k * lambda * lambda);
  return Math.min(1, Math.max(0, sum));
}
