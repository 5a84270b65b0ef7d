/**
 * Rotation in a trajectory: the antisymmetric part of the lag-1 covariance, which detailed balance forbids. docs/theory [D6].
 *
 *     circulation_ij = ½⟨x_i(t) x_j(t+1) − x_j(t) x_i(t+1)⟩     (the area swept about the origin per step, in plane (i, j))
 *
 * For x' = (1−F) x + white noise it is ½(FΣ − ΣFᵀ)_ij exactly; F → 0 at fixed ratio of rates gives epsilon Q_ij.
 */

import { studentTwoSided } from '../../numeric/distributions.js';
import { check } from '../../numeric/errors.js';
import { type Estimate, estimate } from '../../numeric/estimate.js';
import { float64 } from '../../numeric/given.js';
import { type Matrix, matrix } from '../../numeric/linalg/matrix.js';
import type { LinearAlgebra } from '../../numeric/linalg/provider.js';
import { holm } from '../../numeric/many-tests.js';
import { mean } from '../../numeric/statistics.js';
import * as is from '../../numeric/wants.js';
import { correlationTime } from './autocorrelation.js';

/** Describes the circulation in the plane of two coordinates, with its tests. */
export interface CirculationPair {
  /** Directions, counted from 0, i < j. */
  readonly i: number;
  readonly j: number;
  readonly value: number;
  readonly standardError: number;
  /** Two-sided chance of so large a value without circulation, for this pair alone (Student's t over blocks). */
  readonly pValue: number;
  /** The same, adjusted for the whole family of pairs (Holm 1979): a bound on the chance of any false alarm. */
  readonly holm: number;
  /** Benjamini & Hochberg's adjusted value: the expected share of false alarms among the pairs up to this one. */
  readonly falseDiscovery: number;
  /** Chance of so large a deviation from the expected value; NaN if none was given. */
  readonly againstExpected: number;
}

/** Holds the circulation measured in all planes of K coordinates. */
export interface CirculationResult {
  /** Antisymmetric, K×K, in squared units of the coordinates per step. */
  readonly measured: Matrix;
  readonly standardError: Matrix;
  readonly blocks: number;
  readonly blockLength: number;
  /** Longest correlation time among the coordinates, steps. */
  readonly slowest: number;
  /**
   * True when blocks are at least `BLOCK_TAUS` correlation times long and so count as independent; otherwise errors are too
   * small.
   */
  readonly converged: boolean;
  /** All pairs, most significant first, at most `pairs` of them. */
  readonly pairs: CirculationPair[];
  /** Pairs with a Holm value below 0.05, and with a false-discovery value below 0.05, among all. */
  readonly significant: { readonly holm: number; readonly falseDiscovery: number };
  /**
   * Measured circulation m as a multiple of the expected one e: Σ w m e/Σ w e² with w_ij = 1/(sigma_i² sigma_j²). Its error
   * over blocks includes the dependence among pairs. 1 if the theory is right, 0 if there is no rotation; undefined without
   * `expected`.
   */
  readonly slope: Estimate | undefined;
}

/** Blocks that the window is cut into. */
const BLOCKS = 20;
/** Length of a block, in correlation times, from which on blocks count as independent. */
export const BLOCK_TAUS = 5;

/** Sets the expected circulation and how the measured one is estimated and listed. */
export interface CirculationOptions {
  /** Circulation that theory predicts, K×K antisymmetric, e.g. epsilon·Q or `expectedCirculation`. Only i < j is read. */
  readonly expected?: Matrix;
  /** Default 20. */
  readonly blocks?: number;
  /** Most pairs listed; default 50. */
  readonly pairs?: number;
}

/** Says what a {@link CirculationOptions} needs. */
export const CIRCULATION_OPTIONS_WANTS = is.shape<CirculationOptions>({
  expected: is.maybe(is.matrix),
  blocks: is.maybe(is.count),
  pairs: is.maybe(is.whole),
});

/**
 * Measures circulation in all planes of K coordinates, with errors from contiguous blocks and Student's t with blocks−1 degrees
 * of freedom. The window mean is subtracted. Costs 2K²T flops, O(KT log T) for correlation times, and KT + 3K² numbers.
 * docs/theory [D6].
 * @param given - the coordinates, K×T row-major
 * @throws InputError for fewer than 2 coordinates, fewer than 4 blocks, at most 4 steps per block, or an expectation of another
 *   order
 */
export function circulation(
  la: LinearAlgebra,
  given: ArrayLike<number>,
  K: number,
  options: CirculationOptions = {},
): CirculationResult {
  is.given(
    'circulation',
    { la, coordinates: given, K, options },
    { la: is.algebra, coordinates: is.numbers, K: is.count, options: CIRCULATION_OPTIONS_WANTS },
  );
  const blocks = options.blocks ?? BLOCKS;
  const coordinates = float64(given);
  const T = coordinates.length / K;
  check(
    Number.isInteger(K) && K >= 2 && Number.isInteger(T),
    'shape',
    () => `circulation needs at least 2 coordinates of T steps each; got ${coordinates.length} numbers for ${K}.`,
  );
  check(
    Number.isInteger(blocks) && blocks >= 4 && T > 4 * blocks,
    'too-short',
    () => `circulation with ${blocks} blocks (at least 4) needs more than ${4 * blocks} steps; got ${T}.`,
  );
  const expected = options.expected;
  check(
    expected === undefined || (expected.rows === K && expected.cols === K),
    'shape',
    () => `the expected circulation must be ${K}×${K}; got ${expected?.rows}×${expected?.cols}.`,
  );
  const x = new Float64Array(K * T);
  const spread = new Float64Array(K);
  let slowest = 0;
  for (let i = 0; i < K; i++) {
    const course = coordinates.subarray(i * T, (i + 1) * T);
    const m = mean(course);
    for (let t = 0; t < T; t++) {
      x[i * T + t] = course[t] - m;
      spread[i] += (course[t] - m) ** 2 / T;
    }
    const tau = correlationTime(course).value;
    slowest = Math.max(slowest, Number.isFinite(tau) ? tau : 0);
  }
  const measured = matrix(K, K);
  const squares = new Float64Array(K * K);
  const slopes: number[] = [];
  for (let b = 0; b < blocks; b++) {
    const [from, to] = [Math.floor((b * (T - 1)) / blocks), Math.floor(((b + 1) * (T - 1)) / blocks)];
    const m = blockCirculation(la, x, K, T, from, to);
    let [top, bottom] = [0, 0];
    for (let i = 0; i < K; i++)
      for (let j = 0; j < K; j++) {
        const at = i * K + j;
        const before = measured.data[at];
        measured.data[at] += (m[at] - before) / (b + 1);
        squares[at] += (m[at] - before) * (m[at] - measured.data[at]);
        if (!expected || j <= i || !(spread[i] * spread[j] > 0)) continue;
        const e = expected.data[at];
        top += (m[at] * e) / (spread[i] * spread[j]);
        bottom += (e * e) / (spread[i] * spread[j]);
      }
    slopes.push(top / bottom);
  }
  const standardError = matrix(
    K,
    K,
    squares.map((s) => Math.sqrt(s / (blocks * (blocks - 1)))),
  );
  const blockLength = Math.floor((T - 1) / blocks);
  const converged = blockLength >= BLOCK_TAUS * slowest;
  const all = testPairs(
    measured,
    standardError,
    expected,
    Array.from(spread, (v) => v > 0),
    blocks - 1,
  );
  return {
    measured,
    standardError,
    blocks,
    blockLength,
    slowest,
    converged,
    pairs: all.slice(0, options.pairs ?? 50),
    significant: {
      holm: all.filter((p) => p.holm < 0.05).length,
      falseDiscovery: all.filter((p) => p.falseDiscovery < 0.05).length,
    },
    slope: expected && slopeOf(slopes, converged),
  };
}

/** Returns the mean over t in [from, to) of ½(x_i(t) x_j(t+1) − x_j(t) x_i(t+1)), K×K. */
function blockCirculation(
  la: LinearAlgebra,
  x: Float64Array,
  K: number,
  T: number,
  from: number,
  to: number,
): Float64Array {
  const n = to - from;
  const [now, next] = [matrix(K, n), matrix(K, n)];
  for (let i = 0; i < K; i++) {
    now.data.set(x.subarray(i * T + from, i * T + to), i * n);
    next.data.set(x.subarray(i * T + from + 1, i * T + to + 1), i * n);
  }
  const p = la.gemm(now, next, { transposeB: true, alpha: 0.5 / n }).data;
  const out = new Float64Array(K * K);
  for (let i = 0; i < K; i++) for (let j = 0; j < K; j++) out[i * K + j] = p[i * K + j] - p[j * K + i];
  return out;
}

function slopeOf(slopes: readonly number[], converged: boolean): Estimate {
  const n = slopes.length;
  const value = mean(slopes);
  const error = Math.sqrt(slopes.reduce((s, v) => s + (v - value) ** 2, 0) / (n * (n - 1)));
  return estimate(
    value,
    error,
    n,
    `weighted slope on the expected circulation, error over ${n} blocks`,
    converged && Number.isFinite(value),
  );
}

function testPairs(
  measured: Matrix,
  error: Matrix,
  expected: Matrix | undefined,
  moves: readonly boolean[],
  freedom: number,
): CirculationPair[] {
  const K = measured.rows;
  // blocks that agree exactly leave no chance to any deviation, and full chance to none
  const chance = (deviation: number, se: number) =>
    se > 0 ? studentTwoSided(deviation / se, freedom) : deviation === 0 ? 1 : 0;
  const raw: Omit<CirculationPair, 'holm' | 'falseDiscovery'>[] = [];
  for (let i = 0; i < K; i++)
    for (let j = i + 1; j < K; j++) {
      const at = i * K + j;
      const [value, standardError] = [measured.data[at], error.data[at]];
      if (!moves[i] || !moves[j]) continue;
      const pValue = chance(value, standardError);
      const againstExpected = expected ? chance(value - expected.data[at], standardError) : Number.NaN;
      raw.push({ i, j, value, standardError, pValue, againstExpected });
    }
  raw.sort((a, b) => a.pValue - b.pValue);
  const adjusted = adjust(raw.map((p) => p.pValue));
  return raw.map((p, k) => ({ ...p, holm: adjusted.holm[k], falseDiscovery: adjusted.falseDiscovery[k] }));
}

/** Applies Holm's and Benjamini-Hochberg's adjustments to ascending p values. */
export function adjust(ascending: readonly number[]): { holm: number[]; falseDiscovery: number[] } {
  const n = ascending.length;
  const falseDiscovery = new Array<number>(n);
  for (let k = n - 1; k >= 0; k--)
    falseDiscovery[k] = Math.min(k + 1 < n ? falseDiscovery[k + 1] : 1, (n * ascending[k]) / (k + 1));
  return { holm: holm(ascending), falseDiscovery };
}

/**
 * Computes ½(FΣ − ΣFᵀ), the circulation per step of x' = (1−F) x + white noise with stationary covariance Σ, for any F; K×K.
 * Costs 2K³ flops. docs/theory [D6].
 */
export function expectedCirculation(la: LinearAlgebra, drift: Matrix, covariance: Matrix): Matrix {
  is.given(
    'expectedCirculation',
    { la, drift, covariance },
    { la: is.algebra, drift: is.matrix, covariance: is.matrix },
  );
  const p = la.gemm(drift, covariance);
  const K = p.rows;
  const out = matrix(K, K);
  for (let i = 0; i < K; i++)
    for (let j = 0; j < K; j++) out.data[i * K + j] = 0.5 * (p.data[i * K + j] - p.data[j * K + i]);
  return out;
}
