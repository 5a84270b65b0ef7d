/**
 * The covariance in a window of T steps that begins where an epoch begins, for modes of any curvature. docs/theory [S3], [S4].
 *
 * Factors per unit of eta² C_ij (C per batch) of ⟨(1/T) Σ_{t=1}^{T} (w_i(t) − w̄_i)(w_j(t) − w̄_j)⟩, in two parts that are
 * independent because the noise of an epoch is independent of earlier epochs:
 *
 * - noise since the start. With cov_T the covariance over t = 1 … T of two functions of time, a white xi gives
 *   Σ_s cov_T[g_i(t−s+1), g_j(t−s+1)]. Shuffled noise is M/(M−1) times (white noise minus its mean over the epoch), so
 *   M/(M−1)·{the same − (1/M) Σ_epochs cov_T[E_i, E_j]}, E(t') = b(t') − b(t'−M) the response to a force held for one epoch.
 * - the state at the start, (w_0, v_0) with the stationary covariance at an epoch's beginning:
 *   cov_T of (1 − k b(t)) w_0 + mu g(t) v_0.
 *
 * No formula here divides by k, so k = 0 and k < 0 need no special case in the first part.
 */

import type { SumMaker } from './gram.js';
import type { NoiseSampling } from './lag-weights.js';
import { type Modes, type PairState, Responses, whiteState } from './modes.js';

/** Names the modes, the noise and the window of T steps. */
interface EpochStartInput {
  readonly modes: Modes;
  readonly sampling: NoiseSampling;
  /** M; ignored for `replaced`. */
  readonly batchesPerEpoch: number;
  readonly window: number;
}

/**
 * Computes the part of the noise since the start of the window, with given weights at the start. Adds about 3T lines to the sum
 * for shuffled noise, 2T for white; memory is M lines.
 */
export function sinceStart(
  { modes, sampling, batchesPerEpoch: M, window: T }: EpochStartInput,
  make: SumMaker,
): Float64Array {
  const shuffled = sampling === 'shuffled';
  const n = modes.n;
  const sum = make.symmetric();
  const response = new Responses(modes);
  const past = shuffled ? new Float64Array(Math.min(M, T) * n) : new Float64Array(0);
  const epoch = new Float64Array(n);
  const epochs = new Float64Array(n);
  const scale = shuffled ? M / (M - 1) : 1;
  for (let m = 1; m <= T; m++) {
    response.step();
    sum.add((scale * (T - m + 1)) / T, response.g);
    sum.add(-scale / T ** 2, response.b);
    if (!shuffled) continue;
    const slot = ((m - 1) % M) * n;
    for (let i = 0; i < n; i++) {
      epoch[i] = response.b[i] - (m > M ? past[slot + i] : 0);
      epochs[i] += epoch[i];
    }
    past.set(response.b, slot);
    const seen = Math.floor((T - m) / M) + 1; // epochs that have reached age m before the window ends
    sum.add((-scale * seen) / (M * T), epoch);
    if ((T - m) % M === 0) sum.add(scale / (M * T ** 2), epochs);
  }
  return sum.result();
}

/**
 * Computes the part from the stationary state at the start; 0 for pairs of which a mode has none. Adds T lines to one sum; with
 * momentum T lines to each of three sums, one of them a cross sum.
 */
export function fromStart(input: EpochStartInput, make: SumMaker): Float64Array {
  const { modes, window: T } = input;
  const { k, momentum: mu, n } = modes;
  const response = new Responses(modes);
  const state = stateAtEpochStart(input);
  const bb = make.symmetric();
  const bg = mu > 0 ? make.cross() : undefined;
  const gg = mu > 0 ? make.symmetric() : undefined;
  const meanB = new Float64Array(n);
  const meanG = new Float64Array(n);
  for (let t = 1; t <= T; t++) {
    response.step();
    bb.add(1 / T, response.b);
    bg?.add(1 / T, response.b, response.g);
    gg?.add(1 / T, response.g);
    for (let i = 0; i < n; i++) {
      meanB[i] += response.b[i] / T;
      meanG[i] += response.g[i] / T;
    }
  }
  bb.add(-1, meanB);
  bg?.add(-1, meanB, meanG);
  gg?.add(-1, meanG);
  const [sumBB, sumBG, sumGG] = [bb.result(), bg?.result(), gg?.result()];
  const out = new Float64Array(make.size);
  make.pairs((i, j, at) => {
    if (!modes.settled(i) || !modes.settled(j)) return;
    const s = state(i, j);
    let f = s.ww * k[i] * k[j] * sumBB[at];
    if (sumBG && sumGG) {
      const mirrored = make.full ? j * n + i : at;
      f += mu * (mu * s.vv * sumGG[at] - s.wv * k[i] * sumBG[at] - s.vw * k[j] * sumBG[mirrored]);
    }
    out[at] = f;
  });
  return out;
}

/**
 * Returns the stationary moments of (w, v) where an epoch begins, per unit of eta² C_ij. White noise gives `whiteState`, at any
 * time. Shuffled noise gives M/(M−1)·{white − Z/M} with Z = A_i^M Z A_j^Mᵀ + e_i e_jᵀ, the sum over all past epochs of the
 * outer product of the state that results from a unit force during that epoch, e = (b(M), g(M)) at the epoch's own end.
 */
function stateAtEpochStart({
  modes,
  sampling,
  batchesPerEpoch: M,
}: EpochStartInput): (i: number, j: number) => PairState {
  const { k, momentum: mu, n } = modes;
  if (sampling === 'replaced') return (i, j) => whiteState(k[i], k[j], mu);
  const response = new Responses(modes);
  const before = new Float64Array(n);
  for (let m = 1; m <= M; m++) {
    before.set(response.g);
    response.step();
  }
  const { g, b } = response;
  const scale = M / (M - 1);
  return (i, j) => {
    const white = whiteState(k[i], k[j], mu);
    const power = (l: number): Block => [1 - k[l] * b[l], mu * g[l], -k[l] * g[l], mu * (g[l] - before[l])];
    const z = stein(power(i), power(j), [b[i] * b[j], b[i] * g[j], g[i] * b[j], g[i] * g[j]]);
    return {
      ww: scale * (white.ww - z[0] / M),
      wv: scale * (white.wv - z[1] / M),
      vw: scale * (white.vw - z[2] / M),
      vv: scale * (white.vv - z[3] / M),
    };
  };
}

/** 2×2, row-major. */
type Block = [number, number, number, number];

/** Solves Z = A Z Bᵀ + Q for 2×2 blocks: four equations, by elimination with pivoting. */
function stein(a: Block, b: Block, q: Block): Block {
  const m: number[][] = [];
  for (let r = 0; r < 2; r++)
    for (let s = 0; s < 2; s++) {
      const line = [0, 0, 0, 0, q[2 * r + s]];
      for (let t = 0; t < 2; t++)
        for (let u = 0; u < 2; u++) line[2 * t + u] = (r === t && s === u ? 1 : 0) - a[2 * r + t] * b[2 * s + u];
      m.push(line);
    }
  for (let c = 0; c < 4; c++) {
    let best = c;
    for (let r = c + 1; r < 4; r++) if (Math.abs(m[r][c]) > Math.abs(m[best][c])) best = r;
    [m[c], m[best]] = [m[best], m[c]];
    for (let r = c + 1; r < 4; r++) {
      const factor = m[r][c] / m[c][c];
      if (factor !== 0) for (let x = c; x < 5; x++) m[r][x] -= factor * m[c][x];
    }
  }
  const z: Block = [0, 0, 0, 0];
  for (let c = 3; c >= 0; c--) {
    let v = m[c][4];
    for (let x = c + 1; x < 4; x++) v -= m[c][x] * z[x];
    z[c] = v / m[c][c];
  }
  return z;
}
