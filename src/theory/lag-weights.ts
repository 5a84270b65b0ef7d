/** The autocorrelation of a sampling's noise and the effect of a window, as weights over lags. docs/theory [S3], [S4]. */
import { check } from '../numeric/errors.js';

/**
 * Names a sampling by its noise: white (`replaced`), or anticorrelated within an epoch (`shuffled`); data/samplers.ts derives
 * both.
 */
export type NoiseSampling = 'replaced' | 'shuffled';

/**
 * Returns c_h of docs/theory [S3] at lag h ≥ 0 in steps: ⟨xi_k xi_{k+h}ᵀ⟩ = C c_h averaged over the phase of k in its epoch,
 * for shuffled noise c_0 = 1, c_h = −(M−h)/(M(M−1)) for 1 ≤ h < M, else 0. These sum to 0 over all h, because the noise of an
 * epoch sums to zero.
 */
function noiseAutocorrelation(h: number, sampling: NoiseSampling, M: number): number {
  if (h === 0) return 1;
  return sampling === 'shuffled' && h < M ? -(M - h) / (M * (M - 1)) : 0;
}

/**
 * Computes ω_d, d = 0, 1, …, with which the variance in the window is Σ_{d=−∞}^{∞} ω_|d| R(d), where R is the lag covariance of
 * the SAME linear system under white noise: ω = c ∗ θ, where c is the autocorrelation of the noise and θ_d = δ_d0 − (T−|d|)₊/T²
 * the effect of the window (δ_d0 if there is none; the triangle comes from subtracting the mean). Σ ω = 0 except for white
 * noise without a window.
 *
 * This is exact for any linear system; for shuffled noise it is the average over the phase at which the window starts.
 * Costs (T+M)·M operations.
 * @param window - T in steps, or undefined for infinitely many
 */
export function lagWeights(sampling: NoiseSampling, M: number, window: number | undefined): Float64Array {
  const theta = (d: number) => {
    const a = Math.abs(d);
    return (a === 0 ? 1 : 0) - (window !== undefined && a < window ? (window - a) / window ** 2 : 0);
  };
  const reach = sampling === 'shuffled' ? M : 1;
  const length = (window ?? 1) + reach - 1;
  const c = Float64Array.from({ length: reach }, (_, h) => noiseAutocorrelation(h, sampling, M));
  const table = Float64Array.from({ length: length + reach }, (_, d) => theta(d));
  const out = new Float64Array(length);
  for (let d = 0; d < length; d++) {
    let sum = table[d];
    for (let h = 1; h < reach; h++) sum += c[h] * (table[Math.abs(d - h)] + table[d + h]);
    out[d] = sum;
  }
  return out;
}

/**
 * Checks the number of batches per epoch, M, and returns it; 1 for `replaced`.
 * @throws InputError for `shuffled` without an integer M of at least 2
 */
export function checkEpoch(sampling: NoiseSampling, batchesPerEpoch: number | undefined): number {
  if (sampling === 'replaced') return 1;
  check(
    batchesPerEpoch !== undefined && Number.isInteger(batchesPerEpoch) && batchesPerEpoch >= 2,
    'bad-epoch',
    () =>
      `shuffled sampling needs the number of batches per epoch, an integer of at least 2 (with one batch an epoch there is no noise); got ${batchesPerEpoch}.`,
  );
  return batchesPerEpoch;
}
