/**
 * Standard errors by resampling an ordered series in blocks.
 *
 * Neighbours in rank (or in time) are not independent, so single points must not be resampled: the moving-block bootstrap
 * (Künsch 1989, Ann. Stat. 17, 1217) draws overlapping blocks of consecutive points, which keeps the dependence within a
 * block. It is consistent when the block length grows as n^(1/3); dependence longer than a block is missed, so an error
 * from a smooth misfit (a bent line fitted straight) comes out too small.
 */
import { check } from './errors.js';
import type { Key, Stream } from './random.js';
import * as is from './wants.js';

/**
 * Returns the block length used when none is given: round(n^(1/3)), at least 1 (the rate optimal for a variance, Künsch
 * 1989).
 */
export function defaultBlockLength(n: number): number {
  return Math.max(1, Math.round(Math.cbrt(n)));
}

/**
 * Draws one resample of 0 … n−1: ⌈n/length⌉ blocks of `length` consecutive indices with uniform starts in 0 … n−length,
 * cut to n. With `length` 1 it is the ordinary bootstrap.
 */
export function movingBlockIndices(n: number, length: number, stream: Stream): Uint32Array {
  const out = new Uint32Array(n);
  for (let at = 0; at < n; at += length) {
    const start = stream.integer(n - length + 1);
    for (let k = 0; k < length && at + k < n; k++) out[at + k] = start + k;
  }
  return out;
}

/** Sets the random numbers, the number of replicates and the block length of `bootstrap`. */
export interface BootstrapOptions {
  /** Replicate r draws from `key.child(r)`: the result does not depend on the order of evaluation. */
  readonly key: Key;
  /** Default 400: the standard error is then itself known to about 1/√(2·400) = 3.5 %. */
  readonly replicates?: number;
  /** Points per block; default `defaultBlockLength(n)`. */
  readonly blockLength?: number;
}

/** Says what a {@link BootstrapOptions} needs. */
export const BOOTSTRAP_OPTIONS_WANTS = is.shape<BootstrapOptions>({
  key: is.key,
  replicates: is.maybe(is.count),
  blockLength: is.maybe(is.count),
});

/** Holds the bootstrap spread of each statistic. */
export interface BootstrapResult {
  /**
   * Standard deviation over the finite replicates, per statistic; NaN unless more than half of all replicates were
   * finite.
   */
  readonly standardError: number[];
  /** 2.5 % and 97.5 % points of the replicates (percentile interval), per statistic; NaN likewise. */
  readonly interval: (readonly [number, number])[];
  readonly replicates: number;
  readonly blockLength: number;
  /** Number of replicates with a finite value, per statistic. */
  readonly finite: number[];
}

/**
 * Estimates the standard errors of one or several statistics of n ordered points by the moving-block bootstrap. Cost:
 * `replicates` evaluations of the statistic.
 * @param n - number of points
 * @param statistic - value(s) for a resample given as n indices; NaN where undefined
 * @throws InputError if n < 2, if there are fewer than 2 replicates, or if a block does not hold between 1 and n points
 */
export function bootstrap(
  n: number,
  statistic: (indices: Uint32Array) => number[],
  options: BootstrapOptions,
): BootstrapResult {
  is.given(
    'bootstrap',
    { n, statistic, options },
    { n: is.count, statistic: is.func, options: BOOTSTRAP_OPTIONS_WANTS },
  );
  const replicates = options.replicates ?? 400;
  const blockLength = options.blockLength ?? defaultBlockLength(n);
  check(n >= 2, 'too-few-points', () => `a bootstrap needs at least 2 points; got ${n}.`);
  check(
    Number.isInteger(blockLength) && blockLength >= 1 && blockLength <= n,
    'bad-block',
    () => `a block holds between 1 and n = ${n} points; got ${blockLength}.`,
  );
  check(
    Number.isInteger(replicates) && replicates >= 2,
    'bad-replicates',
    () => `a bootstrap needs at least 2 replicates; got ${replicates}.`,
  );
  const draws: number[][] = [];
  for (let r = 0; r < replicates; r++)
    draws.push(statistic(movingBlockIndices(n, blockLength, options.key.child(r).stream())));
  const standardError: number[] = [];
  const interval: [number, number][] = [];
  const finite: number[] = [];
  for (let k = 0; k < draws[0].length; k++) {
    const values = Float64Array.from(draws.map((d) => d[k]).filter(Number.isFinite)).sort();
    const enough = values.length * 2 > replicates && values.length > 1;
    const centre = values.reduce((s, v) => s + v, 0) / values.length;
    const spread = values.reduce((s, v) => s + (v - centre) ** 2, 0) / (values.length - 1);
    finite.push(values.length);
    standardError.push(enough ? Math.sqrt(spread) : Number.NaN);
    const at = (q: number) => values[Math.round(q * (values.length - 1))];
    interval.push(enough ? [at(0.025), at(0.975)] : [Number.NaN, Number.NaN]);
  }
  return { standardError, interval, replicates, blockLength, finite };
}
