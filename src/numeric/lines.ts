/**
 * Straight lines y = intercept + slope · x through points with errors in y, in x, or in both.
 *
 * Least squares of y on x is biased towards 0 when x has errors (by 1/(1 + s_x²/var x)); x on y is biased away from 0; the
 * truth lies between the two when errors are independent. Deming's line is the maximum-likelihood one for a known ratio
 * of error variances, York's for known errors of each point.
 */
import { check } from './errors.js';
import { pairMoments } from './statistics.js';
import * as is from './wants.js';

/** Describes the straight line y = intercept + slope · x. */
export interface Line {
  readonly slope: number;
  readonly intercept: number;
}

/**
 * Fits a line by least squares of y on x: slope S_xy/S_xx, with the textbook standard errors for independent residuals
 * of one variance.
 */
export function leastSquares(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
): Line & { readonly slopeError: number; readonly interceptError: number } {
  is.given('leastSquares', { x, y }, { x: is.numbers, y: is.numbers });
  const m = pairMoments(x, y);
  const slope = m.xy / m.xx;
  const intercept = m.meanY - slope * m.meanX;
  const residual = Math.max(0, m.yy - slope * m.xy) * (m.n / (m.n - 2));
  const slopeError = Math.sqrt(residual / (m.n * m.xx));
  return { slope, intercept, slopeError, interceptError: slopeError * Math.sqrt(m.xx + m.meanX ** 2) };
}

/** Fits a line by least squares of x on y, solved for y: slope S_yy/S_xy (the other end of the bracket). */
export function inverseLeastSquares(x: ArrayLike<number>, y: ArrayLike<number>): Line {
  is.given('inverseLeastSquares', { x, y }, { x: is.numbers, y: is.numbers });
  const m = pairMoments(x, y);
  const slope = m.yy / m.xy;
  return { slope, intercept: m.meanY - slope * m.meanX };
}

/**
 * Fits Deming's line, which minimises Σ [(y−η)²/δ + (x−ξ)²] over points (ξ, η) on the line, in closed form: slope =
 * [S_yy − δS_xx + √((S_yy − δS_xx)² + 4δS_xy²)] / (2 S_xy).
 * @param delta - δ, the ratio of the error variance of y to that of x; 1 (default) is orthogonal regression
 * @throws InputError unless δ > 0, or when x and y differ in length
 */
export function deming(x: ArrayLike<number>, y: ArrayLike<number>, delta = 1): Line {
  is.given('deming', { x, y, delta }, { x: is.numbers, y: is.numbers, delta: is.finite });
  check(delta > 0, 'bad-ratio', () => `Deming's line needs a positive ratio of error variances; got ${delta}.`);
  const m = pairMoments(x, y);
  const d = m.yy - delta * m.xx;
  const root = Math.hypot(d, 2 * Math.sqrt(delta) * m.xy);
  // the second form has no cancellation when d < 0
  const slope = d >= 0 ? (d + root) / (2 * m.xy) : (2 * delta * m.xy) / (root - d);
  return { slope, intercept: m.meanY - slope * m.meanX };
}

/** Describes the line that `york` fitted, with the standard errors of its parameters and the quality of the fit. */
export interface YorkLine extends Line {
  readonly slopeError: number;
  readonly interceptError: number;
  /** Σ (y − a − b x)²/(s_y² + b² s_x²) at the solution; about n − 2 when the stated errors explain the scatter. */
  readonly chi2: number;
  /** Standard deviation of the scatter added to both coordinates of every point (0 unless asked for and needed). */
  readonly intrinsic: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/** Says which scatter `york` adds to the stated errors. */
export interface YorkOptions {
  /**
   * `'fit'`: where the stated errors do not explain the scatter (chi² > n − 2), add one variance to both coordinates of
   * all points so that chi² = n − 2; a number: add that standard deviation; default 0. The scatter is isotropic in the
   * units of the plot, so points without any stated errors give orthogonal regression.
   */
  readonly intrinsic?: 'fit' | number;
}

/** Says what a {@link YorkOptions} needs. */
export const YORK_OPTIONS_WANTS = is.shape<YorkOptions>({ intrinsic: is.maybe(is.either(is.oneOf('fit'), is.finite)) });

/**
 * Fits York's line for independent Gaussian errors of known size in both coordinates of each point (York, Evensen,
 * Martinez & De Basabe Delgado 2004, Am. J. Phys. 72, 367, eq. 13, without correlations). Standard errors are those of
 * maximum likelihood. Cost O(n) per iteration, some ten iterations.
 * @param sx - standard errors of x, one per point; zeros allowed where the same point has sy > 0
 * @param sy - standard errors of y likewise
 * @throws InputError below 3 points, when lengths differ, or when a point has no error and no scatter is added
 */
export function york(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  sx: ArrayLike<number>,
  sy: ArrayLike<number>,
  options: YorkOptions = {},
): YorkLine {
  is.given(
    'york',
    { x, y, sx, sy, options },
    { x: is.numbers, y: is.numbers, sx: is.numbers, sy: is.numbers, options: YORK_OPTIONS_WANTS },
  );
  const n = x.length;
  check(n >= 3, 'too-few-points', () => `a line with errors needs at least 3 points; got ${n}.`);
  check(
    sx.length === n && sy.length === n && y.length === n,
    'shape',
    () => `York's line needs x, y and both errors of one length; got ${n}, ${y.length}, ${sx.length}, ${sy.length}.`,
  );
  const wanted = options.intrinsic ?? 0;
  if (wanted !== 'fit') return solveYork(x, y, sx, sy, wanted);
  let low = 0;
  const explained = hasErrors(sx, sy) ? solveYork(x, y, sx, sy, 0) : undefined;
  if (explained && explained.chi2 <= n - 2) return explained;
  // chi² falls strictly with the added variance; the scatter of y about its mean is an upper bound
  let high = Math.sqrt(pairMoments(x, y).yy + pairMoments(x, y).xx) * 2;
  for (let k = 0; k < 60 && high - low > 1e-10 * high; k++) {
    const middle = (low + high) / 2;
    if (solveYork(x, y, sx, sy, middle).chi2 > n - 2) low = middle;
    else high = middle;
  }
  return solveYork(x, y, sx, sy, high);
}

function hasErrors(sx: ArrayLike<number>, sy: ArrayLike<number>): boolean {
  for (let i = 0; i < sx.length; i++) if (!(sx[i] > 0 || sy[i] > 0)) return false;
  return true;
}

function solveYork(
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  sx: ArrayLike<number>,
  sy: ArrayLike<number>,
  intrinsic: number,
): YorkLine {
  check(
    intrinsic > 0 || hasErrors(sx, sy),
    'no-errors',
    "York's line needs a positive error in x or y for every point, or intrinsic scatter.",
  );
  const n = x.length;
  const vx = Float64Array.from(sx, (s) => s * s + intrinsic * intrinsic);
  const vy = Float64Array.from(sy, (s) => s * s + intrinsic * intrinsic);
  const beta = new Float64Array(n);
  const weight = new Float64Array(n);
  let b = deming(x, y).slope;
  let [centreX, centreY, sum] = [0, 0, 0];
  let iterations = 0;
  let converged = false;
  const step = () => {
    sum = centreX = centreY = 0;
    for (let i = 0; i < n; i++) {
      weight[i] = 1 / (vy[i] + b * b * vx[i]);
      sum += weight[i];
      centreX += weight[i] * x[i];
      centreY += weight[i] * y[i];
    }
    centreX /= sum;
    centreY /= sum;
    let [top, bottom] = [0, 0];
    for (let i = 0; i < n; i++) {
      const u = x[i] - centreX;
      const v = y[i] - centreY;
      beta[i] = weight[i] * (u * vy[i] + b * v * vx[i]);
      top += weight[i] * beta[i] * v;
      bottom += weight[i] * beta[i] * u;
    }
    return top / bottom;
  };
  while (iterations < 500 && !converged) {
    const next = step();
    iterations++;
    converged = Math.abs(next - b) <= 1e-13 * Math.abs(next);
    b = next;
  }
  step();
  const intercept = centreY - b * centreX;
  let adjusted = 0;
  for (let i = 0; i < n; i++) adjusted += (weight[i] * beta[i]) / sum;
  let [spread, chi2] = [0, 0];
  for (let i = 0; i < n; i++) {
    spread += weight[i] * (beta[i] - adjusted) ** 2;
    chi2 += weight[i] * (y[i] - intercept - b * x[i]) ** 2;
  }
  const slopeError = Math.sqrt(1 / spread);
  const interceptError = Math.sqrt(1 / sum + (centreX + adjusted) ** 2 / spread);
  return { slope: b, intercept, slopeError, interceptError, chi2, intrinsic, iterations, converged };
}
