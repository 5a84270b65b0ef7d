/**
 * The oracle of the predicted covariances: what a window of linear SGD sees, from the definition, with plain loops.
 * The weights at each step are written as matrices times the independent draws behind the noise, from a start at rest long
 * before; no eigenbasis, no closed form, no lag.
 */
export interface LinearSgd {
  /** H and C (per batch), n×n as rows. */
  readonly hessian: number[][];
  readonly covariance: number[][];
  readonly eta: number;
  readonly mu: number;
  /** Batches per epoch of shuffled noise; undefined: white. */
  readonly epoch?: number;
}

type Dense = number[][];
const zeros = (n: number): Dense => Array.from({ length: n }, () => new Array(n).fill(0));
const product = (a: Dense, b: Dense): Dense =>
  a.map((row) => b[0].map((_, j) => row.reduce((s, v, k) => s + v * b[k][j], 0)));
const sum = (a: Dense, b: Dense, factor = 1): Dense => a.map((row, i) => row.map((v, j) => v + factor * b[i][j]));
const times = (a: Dense, f: number): Dense => a.map((row) => row.map((v) => v * f));
const flip = (a: Dense): Dense => a[0].map((_, j) => a.map((row) => row[j]));

/** Response of w after m = 1 … L steps to a unit force in the first. */
function responses({ hessian, eta, mu }: LinearSgd, L: number): Dense[] {
  const n = hessian.length;
  let w = zeros(n);
  let v = zeros(n);
  return Array.from({ length: L }, (_, m) => {
    v = sum(times(v, mu), times(product(hessian, w), eta), -1);
    if (m === 0) for (let i = 0; i < n; i++) v[i][i] -= eta;
    w = sum(w, v);
    return w;
  });
}

/**
 * Covariance seen by a window of T steps that begins `burn` + `phase` steps after rest (both in steps; with `epoch` the burn
 * is a whole number of epochs). T = 1 with `about` = 'zero' is the covariance at that moment.
 */
export function windowCovariance(
  system: LinearSgd,
  T: number,
  burn: number,
  phase = 0,
  about: 'mean' | 'zero' = 'mean',
): Dense {
  const n = system.hessian.length;
  const first = burn + phase; // steps before the window
  const M = system.epoch;
  const steps = M ? Math.ceil((first + T) / M) * M : first + T;
  const g = responses(system, steps);
  /** coefficient of draw s (1-based) in w at step t */
  const white = (t: number, s: number): Dense => (t >= s ? g[t - s] : zeros(n));
  let total = zeros(n);
  const held = new Map<string, Dense>();
  const epochMean = (t: number, e: number): Dense => {
    const key = `${t} ${e}`;
    let m = held.get(key);
    if (!m) {
      m = zeros(n);
      for (let s = e * M! + 1; s <= (e + 1) * M!; s++) m = sum(m, white(t, s), 1 / M!);
      held.set(key, m);
    }
    return m;
  };
  for (let s = 1; s <= steps; s++) {
    const rows: Dense[] = [];
    for (let t = first + 1; t <= first + T; t++) {
      let k = white(t, s);
      if (M) k = times(sum(k, epochMean(t, Math.floor((s - 1) / M)), -1), Math.sqrt(M / (M - 1)));
      rows.push(k);
    }
    const mean =
      about === 'zero'
        ? zeros(n)
        : times(
            rows.reduce((a, b) => sum(a, b)),
            1 / T,
          );
    for (const k of rows) {
      const d = sum(k, mean, -1);
      total = sum(total, product(product(d, system.covariance), flip(d)), 1 / T);
    }
  }
  return total;
}
