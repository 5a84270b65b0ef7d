/** Autocovariance of a series and its integrated autocorrelation time with a test of convergence. docs/theory [P5], [R4]. */
import { check } from '../../numeric/errors.js';
import { type Estimate, estimate } from '../../numeric/estimate.js';
import { checkNumbers } from '../../numeric/given.js';
import { mean } from '../../numeric/statistics.js';
import * as is from '../../numeric/wants.js';

/** Returns cos and −sin of 2πk/n for k < n/2. */
function twiddles(n: number): { cos: Float64Array; sin: Float64Array } {
  const cos = new Float64Array(n / 2);
  const sin = new Float64Array(n / 2);
  for (let k = 0; k < n / 2; k++) {
    cos[k] = Math.cos((2 * Math.PI * k) / n);
    sin[k] = -Math.sin((2 * Math.PI * k) / n);
  }
  return { cos, sin };
}

/** Transforms n = 2^k complex numbers in place, X_j = Σ_t x_t e^{−2πi jt/n}, by a radix-2 FFT. Costs O(n log n). */
function fft(re: Float64Array, im: Float64Array, { cos, sin }: { cos: Float64Array; sin: Float64Array }): void {
  const n = re.length;
  for (let i = 1, j = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i < j) {
      const [x, y] = [re[i], im[i]];
      re[i] = re[j];
      im[i] = im[j];
      re[j] = x;
      im[j] = y;
    }
  }
  for (let size = 2; size <= n; size *= 2) {
    const half = size / 2;
    const stride = n / size;
    for (let start = 0; start < n; start += size) {
      for (let k = 0; k < half; k++) {
        const c = cos[k * stride];
        const s = sin[k * stride];
        const a = start + k;
        const b = a + half;
        const tr = re[b] * c - im[b] * s;
        const ti = re[b] * s + im[b] * c;
        re[b] = re[a] - tr;
        im[b] = im[a] - ti;
        re[a] += tr;
        im[a] += ti;
      }
    }
  }
}

/**
 * Computes the autocovariance c_h = Σ_t (x_t − x̄)(x_{t+h} − x̄)/(T − h) for h = 0 … maxLag, by FFT with zero padding (no
 * wrap-around). The sample mean is subtracted, which biases every c_h by about −2 c_0 tau/T. Costs O(T log T) and 24 n bytes,
 * where n is the first power of two above T + maxLag.
 * @throws InputError for a maxLag below 0 or from T on
 */
export function autocovariance(x: ArrayLike<number>, maxLag: number): Float64Array {
  checkNumbers(x, 'the series');
  const T = x.length;
  check(
    maxLag >= 0 && maxLag < T,
    'bad-lag',
    () => `autocovariances of ${T} numbers have lags 0 to ${T - 1}; got ${maxLag}.`,
  );
  let n = 1;
  while (n < T + maxLag + 1) n *= 2;
  const re = new Float64Array(n);
  const im = new Float64Array(n);
  const m = mean(x);
  for (let t = 0; t < T; t++) re[t] = x[t] - m;
  const table = twiddles(n);
  fft(re, im, table);
  for (let k = 0; k < n; k++) {
    re[k] = re[k] * re[k] + im[k] * im[k];
    im[k] = 0;
  }
  fft(re, im, table); // the spectrum is even, so the forward transform is n times the inverse one
  return Float64Array.from({ length: maxLag + 1 }, (_, h) => re[h] / n / (T - h));
}

/** Length of a series, in correlation times, from which on its tau counts as measured. */
export const TAUS_NEEDED = 50;

/**
 * Estimates the integrated autocorrelation time tau = ½ + Σ_{h≥1} rho_h in units of the sampling step, where rho_h = c_h/c_0.
 *
 * The sum is cut at the first lag W with W ≥ 6 tau(W) (Sokal 1997, "Monte Carlo methods in statistical mechanics", §3): noise
 * beyond it is not summed, and the remaining bias is e^−6 for an exponential. The standard error is tau·√(2(2W+1)/T) (Madras &
 * Sokal 1988, J. Stat. Phys. 50, 109). For an Ornstein-Uhlenbeck coordinate with relaxation rate k ≪ 1 per step tau is 1/k, the
 * 1/(eta H_ii) of docs/theory [R4]; an AR(1) series x' = a x + noise has (1+a)/(2(1−a)) exactly; white noise has ½.
 *
 * `converged` is false when the series is shorter than 50 tau (then subtracting the sample mean removes part of the slow motion
 * and the value is a lower bound), or when no lag up to T/2 satisfies the cut. A constant series has no tau (NaN). `n` is the
 * number of independent observations T/(2 tau). Costs O(T log T).
 * @param windowFactor - the 6 of the cut
 * @throws InputError for fewer than 4 observations
 */
export function correlationTime(x: ArrayLike<number>, windowFactor = 6): Estimate {
  is.given('correlationTime', { x, windowFactor }, { x: is.numbers, windowFactor: is.finite });
  const T = x.length;
  check(T >= 4, 'too-short', () => `a correlation time needs at least 4 observations; got ${T}.`);
  const c = autocovariance(x, Math.floor(T / 2));
  const label = `sum of autocorrelations, Sokal's window at ${windowFactor} tau, Madras-Sokal error`;
  let scale = 0;
  for (let t = 0; t < T; t++) scale = Math.max(scale, Math.abs(x[t]));
  if (!(c[0] > (1e-14 * scale) ** 2)) return estimate(Number.NaN, Number.NaN, T, label, false);
  let tau = 0.5;
  let window = 0;
  let closed = false;
  while (!closed && window + 1 < c.length) {
    window++;
    tau += c[window] / c[0];
    closed = window >= windowFactor * tau;
  }
  const error = Math.abs(tau) * Math.sqrt((2 * (2 * window + 1)) / T);
  const long = T >= TAUS_NEEDED * tau;
  const why = !closed
    ? '; the window never closed'
    : !long
      ? `; T is only ${(T / tau).toPrecision(2)} tau: a lower bound`
      : '';
  return estimate(
    tau,
    error,
    T / (2 * Math.max(tau, 0.5)),
    `${label} (${window} steps)${why}`,
    closed && long && tau > 0,
  );
}
