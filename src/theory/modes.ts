/**
 * One mode of linear SGD, and a pair of modes: the closed forms from which all predictions of a covariance are made.
 *
 * In the eigenbasis of H the weights (measured from the minimum) are scalars, coupled only through the noise:
 *
 *     v' = mu v − k w − eta xi,    w' = w + v',    k = eta·h     ⟨xi_i xi_j⟩ = C_ij, the covariance PER BATCH
 *
 * This is PyTorch's momentum with v = −eta·(its buffer). docs/theory [S1], [S2]. Time in steps.
 *
 * Responses of w, all from g: g(m), m ≥ 1, is w after m steps when v is set to 1 in step 1; b(m) = g(1) + … + g(m). Then
 * a start w_0, v_0 and forces eta·f_s give  w_t = (1 − k b(t)) w_0 + mu g(t) v_0 + Σ_s g(t−s+1) eta f_s.
 * For mu = 0: g(m) = (1−k)^{m−1}. Neither g nor b cancels when k → 0 or k < 0.
 */

/** Gives the second moments of (w_i, v_i) with (w_j, v_j): ww = ⟨w_i w_j⟩, wv = ⟨w_i v_j⟩, vw = ⟨v_i w_j⟩, vv = ⟨v_i v_j⟩. */
export interface PairState {
  readonly ww: number;
  readonly wv: number;
  readonly vw: number;
  readonly vv: number;
}

/**
 * Returns the denominator d of the stationary covariance under white noise, ⟨w_i w_j⟩ = eta² C_ij / d:
 *
 *     d = (1−mu)(k_i+k_j) + mu/(1−mu²)·(k_i²+k_j²) − (1+mu²)/(1−mu²)·k_i k_j
 *
 * Derivation (from stationarity, per pair): ⟨w v⟩ and ⟨v w⟩ follow from w' = w + v' as (vv − k_j ww)/(1−mu) and
 * (vv − k_i ww)/(1−mu); the equation of ww gives vv = (k_i+k_j) ww/(1+mu); the equation of vv gives d. It is the matrix form of
 * docs/theory [S2], entry by entry in H's eigenbasis; for i = j it is (1−mu) k (2 − k/(1+mu)).
 */
export function whiteDenominator(ki: number, kj: number, mu: number): number {
  if (mu === 0) return ki + kj - ki * kj;
  const q = 1 - mu * mu;
  return (1 - mu) * (ki + kj) + (mu * (ki * ki + kj * kj)) / q - ((1 + mu * mu) / q) * ki * kj;
}

/** Returns the stationary moments of a pair under white noise in units of eta² C_ij; infinite where `whiteDenominator` is 0. */
export function whiteState(ki: number, kj: number, mu: number): PairState {
  const ww = 1 / whiteDenominator(ki, kj, mu);
  const q = 1 - mu * mu;
  return { ww, wv: (ww * (ki - mu * kj)) / q, vw: (ww * (kj - mu * ki)) / q, vv: (ww * (ki + kj)) / (1 + mu) };
}

/**
 * Classifies a mode. `stable`: 0 < k < 2(1+mu), a stationary state exists. `flat`: k = 0 to the given resolution. `negative`:
 * k < 0, grows exponentially. `unstable`: k ≥ 2(1+mu), beyond the edge of stability, oscillates with growing amplitude.
 */
export type ModeKind = 'stable' | 'flat' | 'negative' | 'unstable';

/** |k|·(steps of memory) below this share of 1−mu counts as flat; the relative error from treating it so is of this size. */
const FLAT = 1e-9;

/** Lists the modes of a Hessian with their rates per step and kinds. */
export interface Modes {
  readonly n: number;
  readonly momentum: number;
  readonly kinds: ModeKind[];
  /**
   * k_i = eta h_i. A flat mode is given a positive k small enough not to matter (FLAT/memory), so that no formula becomes 0/0;
   * with memory 0 (an infinite window of white noise) it keeps k = 0, and its variance is infinite.
   */
  readonly k: Float64Array;
  /** Says whether mode i is stable or flat: a pair of such modes may start from its stationary state. */
  settled(i: number): boolean;
}

/**
 * Classifies modes by their curvatures, which become rates k per step. A k counts as flat below FLAT·(1−mu)/memory, or below the
 * rounding of the largest, n·2^−52 of it.
 * @param memory - steps over which a k must act to be noticed: window plus epoch; 0 for an infinite window of white noise
 * @param edge - k from which on steps overshoot ever further, 2(1+mu) by default; Infinity in continuous time
 */
export function classifyModes(
  curvatures: ArrayLike<number>,
  eta: number,
  momentum: number,
  memory: number,
  edge = 2 * (1 + momentum),
): Modes {
  const n = curvatures.length;
  let largest = 0;
  for (let i = 0; i < n; i++) largest = Math.max(largest, Math.abs(curvatures[i]));
  const floor = memory > 0 ? (FLAT * (1 - momentum)) / memory : 0;
  const limit = Math.max(floor, n * 2 ** -52 * eta * largest);
  const kinds: ModeKind[] = [];
  const k = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const rate = eta * curvatures[i];
    const kind = Math.abs(rate) <= limit ? 'flat' : rate < 0 ? 'negative' : rate >= edge ? 'unstable' : 'stable';
    kinds.push(kind);
    k[i] = kind === 'flat' ? floor : rate;
  }
  return { n, momentum, kinds, k, settled: (i) => kinds[i] === 'stable' || kinds[i] === 'flat' };
}

/** Computes g(m) and b(m) of every mode for m = 1, 2, …, one m at each call of `step()`. A step costs O(n). */
export class Responses {
  /** Steps taken. */
  m = 0;
  /** g(m) and b(m), length n; overwritten by the next step. */
  readonly g: Float64Array;
  readonly b: Float64Array;
  private readonly p: Float64Array;

  constructor(private readonly modes: Modes) {
    this.g = new Float64Array(modes.n);
    this.b = new Float64Array(modes.n);
    this.p = new Float64Array(modes.n);
  }

  /** Advances m by one. */
  step(): void {
    const { g, b, p } = this;
    const { k, momentum, n } = this.modes;
    if (this.m++ === 0) p.fill(1);
    else for (let i = 0; i < n; i++) p[i] = momentum * p[i] - k[i] * g[i];
    for (let i = 0; i < n; i++) {
      g[i] += p[i];
      b[i] += g[i];
    }
  }
}
