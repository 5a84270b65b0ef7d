/** Statistics of a list of numbers: moments, quantiles, ranks, correlations. */
import { check } from './errors.js';

/** Returns the arithmetic mean; NaN of an empty list. Cost O(n). */
export function mean(x: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += x[i];
  return sum / x.length;
}

/**
 * Returns the variance about the sample mean, Σ (x_i − x̄)² / (n − ddof), in two passes (no cancellation for large
 * means).
 * @param ddof - 0 (default): population variance, what docs/theory [P3] calls sigma_i²; 1: unbiased for independent draws
 */
export function variance(x: ArrayLike<number>, ddof = 0): number {
  const m = mean(x);
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i] - m) ** 2;
  return sum / (x.length - ddof);
}

/** Returns the square root of `variance` with the same `ddof`. */
export function standardDeviation(x: ArrayLike<number>, ddof = 0): number {
  return Math.sqrt(variance(x, ddof));
}

/**
 * Returns the quantile q in [0, 1] by linear interpolation between order statistics (type 7 of Hyndman & Fan, NumPy's
 * default); NaN of an empty list. Cost O(n log n).
 * @throws InputError for q outside [0, 1] and for a NaN among the values
 */
export function quantile(x: ArrayLike<number>, q: number): number {
  check(q >= 0 && q <= 1, 'bad-quantile', () => `a quantile lies between 0 and 1; got ${q}.`);
  if (x.length === 0) return Number.NaN;
  const sorted = Float64Array.from(x).sort();
  check(
    !Number.isNaN(sorted[sorted.length - 1]),
    'nan',
    'a quantile of values with NaN among them does not exist; drop them first.',
  );
  const at = q * (sorted.length - 1);
  const low = Math.floor(at);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (at - low) * (sorted[high] - sorted[low]);
}

/** Returns the median, `quantile(x, 0.5)`. */
export function median(x: ArrayLike<number>): number {
  return quantile(x, 0.5);
}

/**
 * Returns the median and its standard error from the scatter of the values, as if they were normal: 1.2533 times that of their mean, with
 * 1.4826 times the median distance from the median as the standard deviation.
 */
export function robustMedian(x: readonly number[]): { readonly value: number; readonly standardError: number } {
  const value = median(x);
  const scatter = 1.4826 * median(x.map((v) => Math.abs(v - value)));
  return { value, standardError: (1.2533 * scatter) / Math.sqrt(x.length) };
}

/** Returns the ranks 1 … n in ascending order; ties share the mean of their ranks. Cost O(n log n). */
export function ranks(x: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: x.length }, (_, i) => i).sort((a, b) => x[a] - x[b]);
  const out = new Float64Array(x.length);
  for (let i = 0; i < order.length; ) {
    let j = i;
    while (j + 1 < order.length && x[order[j + 1]] === x[order[i]]) j++;
    for (let k = i; k <= j; k++) out[order[k]] = 1 + (i + j) / 2;
    i = j + 1;
  }
  return out;
}

/** Holds the means and centred second moments of n pairs: xx = Σ(x−x̄)²/n, yy = Σ(y−ȳ)²/n, xy = Σ(x−x̄)(y−ȳ)/n. */
interface PairMoments {
  readonly n: number;
  readonly meanX: number;
  readonly meanY: number;
  readonly xx: number;
  readonly yy: number;
  readonly xy: number;
}

/**
 * Returns the `PairMoments` of two lists of one length, in two passes. Cost O(n).
 * @throws InputError when the lengths differ
 */
export function pairMoments(x: ArrayLike<number>, y: ArrayLike<number>): PairMoments {
  check(x.length === y.length, 'shape', () => `pairs need as many x as y; got ${x.length} x and ${y.length} y.`);
  const n = x.length;
  const meanX = mean(x);
  const meanY = mean(y);
  let [xx, yy, xy] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    const a = x[i] - meanX;
    const b = y[i] - meanY;
    xx += a * a;
    yy += b * b;
    xy += a * b;
  }
  return { n, meanX, meanY, xx: xx / n, yy: yy / n, xy: xy / n };
}

/** Returns Pearson's correlation coefficient; NaN when a side is constant. */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  const m = pairMoments(x, y);
  return m.xy / Math.sqrt(m.xx * m.yy);
}

/** Returns Spearman's rank correlation, Pearson's of the `ranks`; 1 when y rises strictly with x. */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): number {
  return pearson(ranks(x), ranks(y));
}
