/** The continuous-time limit of SGD's covariance in textbooks, for comparison. docs/theory [S1], [S4]. */
import type { Modes } from './modes.js';

/**
 * Returns the factors f(i, j) per unit of eta² C_ij of an Ornstein-Uhlenbeck process with rates k_i = eta h_i/(1−mu) and noise
 * eta² C/(1−mu)² per step: 1/((1−mu)² (k_i+k_j)) without a window (the Lyapunov equation [S1] in H's eigenbasis), times ψ_i +
 * ψ_j in a window, ψ(x) = ½ − (x−1+e^−x)/x² at x = k_i T, from a stationary start. Where a mode has no stationary state, or for
 * given weights at the start, the share of the start, the covariance over the window of e^{−k_i t} and e^{−k_j t}, is
 * subtracted; that holds for k < 0 too.
 * @param window - T in steps, or undefined for infinitely many
 * @param given - true for given weights at the start of the window
 */
export function continuousFactor(
  modes: Modes,
  window: number | undefined,
  given: boolean,
): (i: number, j: number) => number {
  const { momentum: mu, n } = modes;
  const k = Float64Array.from({ length: n }, (_, i) => modes.k[i] / (1 - mu));
  const scale = 1 / (1 - mu) ** 2;
  if (window === undefined) return (i, j) => scale / (k[i] + k[j]);
  const x = k.map((v) => v * window);
  const psi = x.map(seen);
  return (i, j) => {
    const started = given || !modes.settled(i) || !modes.settled(j);
    // where k_i = −k_j exactly the limit is taken, by a small shift of the sum
    const sum = Math.abs(k[i] + k[j]) > 1e-7 * Math.abs(k[i]) ? k[i] + k[j] : 1e-7 * Math.abs(k[i]);
    const shift = sum - k[i] - k[j];
    if (!started) return (scale * (psi[i] + psi[j])) / sum;
    const xi = x[i] + shift * window;
    return (scale * (seen(xi) + psi[j] - decays(xi, x[j]))) / sum;
  };
}

/** Returns ψ(x) = ½ − (x − 1 + e^−x)/x² = (x²/2 − x + 1 − e^−x)/x², which is x/6 − x²/24 + … for small x. */
function seen(x: number): number {
  if (Math.abs(x) > 0.05) return 0.5 - (x + Math.expm1(-x)) / x ** 2;
  let [term, sum] = [1 / 2, 0];
  for (let m = 3; m < 14; m++) {
    term *= -x / m;
    sum -= term;
  }
  return sum;
}

/** Returns the covariance over u in [0, 1] of e^{−xu} and e^{−yu}; about xy/12 when both are small. */
function decays(x: number, y: number): number {
  const one = (v: number) => (Math.abs(v) < 1e-9 ? 1 - v / 2 : -Math.expm1(-v) / v);
  if (Math.abs(x) < 1e-3 && Math.abs(y) < 1e-3) return ((x * y) / 12) * (1 - (x + y) / 2);
  return one(x + y) - one(x) * one(y);
}
