/**
 * Power laws y = 10^intercept · x^exponent as straight lines in (log10 x, log10 y).
 *
 * One power-law fit needs a choice of which coordinate carries the scatter, so every fit comes with its bracket: least
 * squares of y on x and of x on y. Where the three differ by more than the standard error, the exponent depends on the
 * method and must not be quoted without saying so.
 */
import { bootstrap, defaultBlockLength } from './bootstrap.js';
import { check } from './errors.js';
import { type Estimate, estimate } from './estimate.js';
import { deming, inverseLeastSquares, type Line, leastSquares, york } from './lines.js';
import type { Key } from './random.js';
import { pairMoments } from './statistics.js';
import * as is from './wants.js';

/**
 * Names how a line is fitted. `orthogonal` (default): equal scatter in log10 x and log10 y. `least-squares`: x is exact
 * (a rank, a lag). `york`: stated errors of every point, plus one isotropic intrinsic scatter where they do not explain
 * what is seen.
 */
export type LineMethod = 'orthogonal' | 'least-squares' | 'york';

/** Sets the method, the errors of the points and the bootstrap of `powerLaw`. */
export interface PowerLawOptions {
  /** Randomness of the bootstrap; replicate r uses `key.child(r)`. */
  readonly key: Key;
  readonly method?: LineMethod;
  /** Standard errors of log10 x and log10 y, in decades, one per point; needed by `york` alone. */
  readonly errors?: { readonly x: ArrayLike<number>; readonly y: ArrayLike<number> };
  /** Default 400. */
  readonly replicates?: number;
  /** Consecutive points per bootstrap block; default round(n^(1/3)). */
  readonly blockLength?: number;
}

/** Says what a {@link PowerLawOptions} needs. */
export const POWER_LAW_OPTIONS_WANTS = is.shape<PowerLawOptions>({
  key: is.key,
  method: is.maybe(is.oneOf('orthogonal', 'least-squares', 'york')),
  errors: is.maybe(is.shape({ x: is.numbers, y: is.numbers })),
  replicates: is.maybe(is.count),
  blockLength: is.maybe(is.count),
});

/** Holds a fitted power law with the standard errors of its parameters and its bracket. */
export interface PowerLawFit {
  readonly exponent: Estimate;
  /** log10 of the prefactor. */
  readonly intercept: Estimate;
  /** Smallest and largest x that entered. */
  readonly range: readonly [number, number];
  readonly points: number;
  /** Root mean square of log10 y about the line (vertical), decades. */
  readonly scatter: number;
  /** Squared correlation of log10 x and log10 y: the share of var(log10 y) that a line explains. */
  readonly r2: number;
  /** Exponents of least squares of y on x and of x on y: the bracket. */
  readonly leastSquares: number;
  readonly inverseLeastSquares: number;
}

/** The fewest points that a power law is fitted to. */
export const FEWEST_POINTS = 5;

/**
 * Fits log10 y = intercept + exponent · log10 x; standard errors by a moving-block bootstrap over the points in the
 * order given (order them by rank or by x). In the bootstrap of `york` the intrinsic scatter stays at its full-sample
 * value. Cost O(replicates · n).
 * @throws InputError below `FEWEST_POINTS` points, when a value is not positive and finite, or when `york` lacks errors
 */
export function powerLaw(x: ArrayLike<number>, y: ArrayLike<number>, options: PowerLawOptions): PowerLawFit {
  is.given('powerLaw', { x, y, options }, { x: is.numbers, y: is.numbers, options: POWER_LAW_OPTIONS_WANTS });
  const n = x.length;
  check(n === y.length, 'shape', () => `a power law needs as many x as y; got ${n} and ${y.length}.`);
  check(n >= FEWEST_POINTS, 'too-few-points', () => `a power law needs at least ${FEWEST_POINTS} points; got ${n}.`);
  const u = Float64Array.from(x, Math.log10);
  const v = Float64Array.from(y, Math.log10);
  check(
    u.every(Number.isFinite) && v.every(Number.isFinite),
    'not-positive',
    'a power law needs positive finite x and y; drop the points without a logarithm first.',
  );
  const method = options.method ?? 'orthogonal';
  const fit = fitter(u, v, method, options);
  const all = Uint32Array.from(u, (_, i) => i);
  const line = fit(all);
  const blockLength = options.blockLength ?? defaultBlockLength(n);
  const spread = bootstrap(
    n,
    (indices) => {
      const l = fit(indices);
      return [l.slope, l.intercept];
    },
    { key: options.key, blockLength, ...(options.replicates === undefined ? {} : { replicates: options.replicates }) },
  );
  const how = `${LABEL[method]} in log10-log10, moving-block bootstrap (${spread.replicates} replicates, blocks of ${blockLength})`;
  const m = pairMoments(u, v);
  let square = 0;
  for (let i = 0; i < n; i++) square += (v[i] - line.intercept - line.slope * u[i]) ** 2;
  return {
    exponent: estimate(line.slope, spread.standardError[0], n, how),
    intercept: estimate(line.intercept, spread.standardError[1], n, how),
    range: [Array.from(x).reduce((a, b) => Math.min(a, b)), Array.from(x).reduce((a, b) => Math.max(a, b))],
    points: n,
    scatter: Math.sqrt(square / n),
    r2: m.xy ** 2 / (m.xx * m.yy),
    leastSquares: leastSquares(u, v).slope,
    inverseLeastSquares: inverseLeastSquares(u, v).slope,
  };
}

const LABEL: Record<LineMethod, string> = {
  orthogonal: 'orthogonal regression',
  'least-squares': 'least squares of y on x',
  york: "York's line with intrinsic scatter",
};

/** Returns the chosen line as a function of resampled indices. */
function fitter(
  u: Float64Array,
  v: Float64Array,
  method: LineMethod,
  options: PowerLawOptions,
): (indices: Uint32Array) => Line {
  const pick = (a: ArrayLike<number>, indices: Uint32Array) => Float64Array.from(indices, (i) => a[i]);
  if (method === 'orthogonal') return (i) => deming(pick(u, i), pick(v, i));
  if (method === 'least-squares') return (i) => leastSquares(pick(u, i), pick(v, i));
  const errors = options.errors;
  check(
    errors !== undefined,
    'no-errors',
    "York's line needs the standard errors of log10 x and log10 y of every point; give `errors` or choose 'orthogonal'.",
  );
  const intrinsic = york(u, v, errors.x, errors.y, { intrinsic: 'fit' }).intrinsic;
  return (i) => york(pick(u, i), pick(v, i), pick(errors.x, i), pick(errors.y, i), { intrinsic });
}
