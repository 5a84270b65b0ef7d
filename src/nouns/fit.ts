/** Fits with error bars: `fit.powerLaw(x, y)`, `fit.line(x, y)`. */
import { bootstrap } from '../numeric/bootstrap.js';
import { check } from '../numeric/errors.js';
import { estimate } from '../numeric/estimate.js';
import { leastSquares } from '../numeric/lines.js';
import { FEWEST_POINTS, powerLaw as fitted, type PowerLawFit } from '../numeric/powerlaw.js';
import { type Key, randomKey } from '../numeric/random.js';
import * as is from '../numeric/wants.js';
import { formatNumber, formatRange } from '../report/format.js';
import { Measured } from './measured.js';
import { Shown } from './shown.js';

/** Sets the method and the bootstrap of a fit. Nothing is needed. */
export interface FitOptions {
  /**
   * `orthogonal` (default): equal scatter in both logarithms. `least-squares`: x is exact. `york`: stated errors of every point.
   */
  readonly method?: 'orthogonal' | 'least-squares' | 'york';
  /** Standard errors of log10 x and log10 y, in decades; for `york`. */
  readonly errors?: { readonly x: ArrayLike<number>; readonly y: ArrayLike<number> };
  /** Replicates of the bootstrap; 400 by default. */
  readonly replicates?: number;
  /** Consecutive points in a bootstrap block; round(n^(1/3)) by default. */
  readonly blockLength?: number;
  /** Randomness of the bootstrap: a seed, or a key; 0 by default. */
  readonly seed?: number;
  readonly key?: Key;
}

const BOOTSTRAP = {
  replicates: is.maybe(is.count),
  blockLength: is.maybe(is.count),
  seed: is.maybe(is.whole),
  key: is.maybe(is.key),
};
const OPTIONS_WANTS = is.shape<FitOptions>({
  method: is.maybe(is.oneOf('orthogonal', 'least-squares', 'york')),
  errors: is.maybe(is.shape({ x: is.numbers, y: is.numbers })),
  ...BOOTSTRAP,
});
const LINE_WANTS = is.shape<LineOptions>(BOOTSTRAP);

/** Sets the bootstrap of a line. */
export type LineOptions = Pick<FitOptions, 'replicates' | 'blockLength' | 'seed' | 'key'>;

/** Holds a power law y = prefactor · x^exponent. */
export class PowerLawResult extends Shown {
  readonly exponent: Measured;
  /** log10 of the prefactor. */
  readonly intercept: Measured;
  /** Smallest and largest x that entered. */
  readonly range: readonly [number, number];
  readonly points: number;
  /** Root mean square of log10 y about the line, decades. */
  readonly scatter: number;
  readonly r2: number;
  /** Exponents by least squares of y on x and of x on y: where they differ by more than the error, the method decides the exponent. */
  readonly bracket: readonly [number, number];

  constructor(f: PowerLawFit) {
    super();
    this.exponent = new Measured(f.exponent);
    this.intercept = new Measured(f.intercept);
    this.range = f.range;
    this.points = f.points;
    this.scatter = f.scatter;
    this.r2 = f.r2;
    this.bracket = [f.leastSquares, f.inverseLeastSquares];
  }

  /** The fitted y at x. */
  at(x: number): number {
    return 10 ** (this.intercept.value + this.exponent.value * Math.log10(x));
  }

  toString(): string {
    return `exponent ${this.exponent}, bracket ${formatRange(this.bracket)}; ${this.points} points, x ${formatRange(this.range)}, scatter ${formatNumber(this.scatter, 2)} decades, r² ${formatNumber(this.r2, 3)}`;
  }
}

/** Holds a straight line y = intercept + slope · x. */
export class LineResult extends Shown {
  readonly slope: Measured;
  readonly intercept: Measured;
  readonly points: number;

  constructor(slope: Measured, intercept: Measured, points: number) {
    super();
    this.slope = slope;
    this.intercept = intercept;
    this.points = points;
  }

  toString(): string {
    return `slope ${this.slope}, intercept ${this.intercept}; ${this.points} points`;
  }
}

/**
 * Fits a power law by a straight line through the logarithms, with errors from a moving-block bootstrap over the points in their order.
 * @throws InputError for fewer than 5 points, and for values that are not positive and finite
 */
function powerLaw(x: ArrayLike<number>, y: ArrayLike<number>, options: FitOptions = {}): PowerLawResult {
  is.given('fit.powerLaw', { x, y, options }, { x: is.numbers, y: is.numbers, options: OPTIONS_WANTS });
  const { seed = 0, key, ...rest } = options;
  return new PowerLawResult(fitted(x, y, { ...rest, key: key ?? randomKey(seed) }));
}

/**
 * Fits a straight line by least squares of y on x, with errors from a moving-block bootstrap.
 * @throws InputError for fewer than 5 points, and for values that are not finite
 */
function line(x: ArrayLike<number>, y: ArrayLike<number>, options: LineOptions = {}): LineResult {
  is.given('fit.line', { x, y, options }, { x: is.numbers, y: is.numbers, options: LINE_WANTS });
  const { seed = 0, key = randomKey(seed), replicates, blockLength } = options;
  const [u, v] = [Float64Array.from(x), Float64Array.from(y)];
  const n = u.length;
  check(n === v.length, 'shape', () => `fit.line: a line needs as many x as y; got ${n} and ${v.length}.`);
  check(
    n >= FEWEST_POINTS,
    'too-few-points',
    () => `fit.line: a line needs at least ${FEWEST_POINTS} points; got ${n}.`,
  );
  check(
    u.every(Number.isFinite) && v.every(Number.isFinite),
    'not-finite',
    'fit.line: a line needs finite x and y; drop the other points first.',
  );
  const through = (at: Uint32Array) =>
    leastSquares(
      Float64Array.from(at, (i) => u[i]),
      Float64Array.from(at, (i) => v[i]),
    );
  const best = through(Uint32Array.from(u, (_, i) => i));
  const spread = bootstrap(
    n,
    (at) => {
      const l = through(at);
      return [l.slope, l.intercept];
    },
    { key, ...(replicates !== undefined && { replicates }), ...(blockLength !== undefined && { blockLength }) },
  );
  const how = `least squares of y on x, moving-block bootstrap (${spread.replicates} replicates)`;
  const [slope, intercept] = [best.slope, best.intercept].map(
    (value, k) => new Measured(estimate(value, spread.standardError[k], n, how)),
  );
  return new LineResult(slope, intercept, n);
}

/** Fits with error bars. */
export const fit = { powerLaw, line } as const;
