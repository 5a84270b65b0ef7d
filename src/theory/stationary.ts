/**
 * Pair factors of stationary linear SGD in closed form, at the cost of O(n² + n·(T+M)). docs/theory [S2]–[S4].
 *
 * With R(d) the lag covariance under white noise and ω the lag weights (lag-weights.ts), the variance in a window is
 * Σ_d ω_d R_ij(d). As R_ij(0) − R_ij(d) = ww·k_i b_i(d) − vw·mu g_i(d) and Σ ω = 0, it splits into numbers of single modes
 * X_i = Σ_{d≥1} (−ω_d) b_i(d), Y_i = Σ_{d≥1} (−ω_d) g_i(d):
 *
 *     f_ij = [k_i X_i + k_j X_j − mu ((k_j − mu k_i) Y_i + (k_i − mu k_j) Y_j)/(1−mu²)] / d_ij     (d: `whiteDenominator`)
 *
 * which neither cancels nor diverges as k → 0: without momentum it tends to X = (T²−1)/(6T) for a window of white noise, and to
 * (M+1)/6 for shuffled noise and an infinite window.
 */
import { lagWeights, type NoiseSampling } from './lag-weights.js';
import { type Modes, Responses, whiteDenominator } from './modes.js';

/** Names the modes, the noise and the window. */
interface StationaryInput {
  readonly modes: Modes;
  readonly sampling: NoiseSampling;
  readonly batchesPerEpoch: number;
  /** Steps; undefined: infinitely many. */
  readonly window: number | undefined;
}

/**
 * Returns the function f(i, j): the covariance in the window per unit of eta² C_ij, averaged over the phase at which it starts,
 * for stable and flat modes. Infinity where flat modes diffuse without limit (white noise and no window).
 */
export function stationaryFactor({
  modes,
  sampling,
  batchesPerEpoch,
  window,
}: StationaryInput): (i: number, j: number) => number {
  const { k, momentum: mu } = modes;
  if (sampling === 'replaced' && window === undefined) return (i, j) => 1 / whiteDenominator(k[i], k[j], mu);
  const { x, y } = contract(modes, lagWeights(sampling, batchesPerEpoch, window));
  const q = 1 - mu * mu;
  return (i, j) => {
    let top = k[i] * x[i] + k[j] * x[j];
    if (mu !== 0) top -= (mu * ((k[j] - mu * k[i]) * y[i] + (k[i] - mu * k[j]) * y[j])) / q;
    return top / whiteDenominator(k[i], k[j], mu);
  };
}

/**
 * Returns the stationary circulation ½⟨w_i(t) w_j(t+1) − w_j(t) w_i(t+1)⟩ per unit of eta² C_ij in an infinite window,
 * docs/theory [D6] in discrete time. White noise gives ½ (k_i − k_j)/((1−mu) d_ij). Shuffled noise gives, with K_ij(1) = Σ_h
 * c_h R_ij(1−h), ½ [K_ji(1) − K_ij(1)] = ½ Σ_{d≥1} (c_{d−1} − c_{d+1}) [R_ji(d) − R_ij(d)].
 */
export function circulationFactor({
  modes,
  sampling,
  batchesPerEpoch: M,
}: StationaryInput): (i: number, j: number) => number {
  const { k, momentum: mu } = modes;
  if (sampling === 'replaced') return (i, j) => (0.5 * (k[i] - k[j])) / ((1 - mu) * whiteDenominator(k[i], k[j], mu));
  const c = lagWeights(sampling, M, undefined);
  const at = (h: number) => (h < c.length ? c[h] : 0);
  const { x, y } = contract(
    modes,
    Float64Array.from({ length: M + 1 }, (_, d) => (d === 0 ? 0 : at(d + 1) - at(d - 1))),
  );
  const q = 1 - mu * mu;
  return (i, j) => {
    const top = k[i] * x[i] - k[j] * x[j] - (mu * ((k[j] - mu * k[i]) * y[i] - (k[i] - mu * k[j]) * y[j])) / q;
    return (0.5 * top) / whiteDenominator(k[i], k[j], mu);
  };
}

/** Sums X_i and Y_i. */
function contract(modes: Modes, weights: Float64Array): { x: Float64Array; y: Float64Array } {
  const x = new Float64Array(modes.n);
  const y = new Float64Array(modes.n);
  const response = new Responses(modes);
  for (let d = 1; d < weights.length; d++) {
    response.step();
    for (let i = 0; i < modes.n; i++) {
      x[i] -= weights[d] * response.b[i];
      y[i] -= weights[d] * response.g[i];
    }
  }
  return { x, y };
}
