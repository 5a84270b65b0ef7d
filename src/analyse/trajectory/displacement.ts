/** Mean squared displacement of a coordinate and the exponent of its growth: drift 2, diffusion 1, bounded 0. docs/theory [P5]. */
import { check } from '../../numeric/errors.js';
import { type Estimate, estimate } from '../../numeric/estimate.js';
import { leastSquares } from '../../numeric/lines.js';
import { logSpaced } from '../../numeric/spacing.js';
import * as is from '../../numeric/wants.js';

/**
 * Splits the start times of every lag into `blocks` contiguous groups and sums the squared displacements of each group.
 * @returns sums and counts, lags × blocks row-major
 */
function blockSums(
  x: ArrayLike<number>,
  lags: readonly number[],
  blocks: number,
): { sum: Float64Array; count: Float64Array } {
  const T = x.length;
  const sum = new Float64Array(lags.length * blocks);
  const count = new Float64Array(lags.length * blocks);
  lags.forEach((lag, l) => {
    for (let b = 0; b < blocks; b++) {
      const from = Math.floor((b * T) / blocks);
      const to = Math.min(Math.floor(((b + 1) * T) / blocks), T - lag);
      let s = 0;
      for (let t = from; t < to; t++) s += (x[t + lag] - x[t]) ** 2;
      sum[l * blocks + b] = s;
      count[l * blocks + b] = Math.max(0, to - from);
    }
  });
  return { sum, count };
}

/**
 * Computes ⟨(x_{t+lag} − x_t)²⟩ over all start times, for each lag in steps (1 ≤ lag < T). Costs O(T · lags).
 * @throws InputError for a lag out of range
 */
export function meanSquaredDisplacement(x: ArrayLike<number>, lags: readonly number[]): number[] {
  is.given('meanSquaredDisplacement', { x, lags }, { x: is.numbers, lags: is.numbers });
  const T = x.length;
  check(
    lags.every((h) => Number.isInteger(h) && h >= 1 && h < T),
    'bad-lag',
    () => `lags of a series of ${T} steps are whole numbers from 1 to ${T - 1}; got ${lags.join(', ')}.`,
  );
  const { sum, count } = blockSums(x, lags, 1);
  return lags.map((_, l) => sum[l] / count[l]);
}

/** Blocks of start times in the jackknife of the exponent. */
const BLOCKS = 10;
/** Root-mean-square misfit, in decades, beyond which a power law does not describe the curve (a factor 1.26). */
const LARGEST_MISFIT = 0.1;

/**
 * Fits the exponent alpha of MSD(lag) ~ lag^alpha by least squares in log-log over log-spaced lags from 1 to `lastLag` (T/10 by
 * default), all lags weighted alike. The error is a delete-one-block jackknife over 10 contiguous blocks of start times.
 * Displacements reach into the next block by at most `lastLag` (one block by default), so neighbours are not quite independent;
 * for a random walk the stated error is within a third of the true spread, and for a drift with shuffled noise it is up to twice
 * that spread (see the tests). It is the error of this window alone: over seeds the exponent of a drift scatters more, because each
 * network has a drift and a noise of its own, and only an error over seeds contains that. `converged` is false when the curve
 * bends (misfit above 0.1 decades), as it does where an Ornstein-Uhlenbeck coordinate goes from diffusion to its plateau.
 * Closed forms: x = v t gives 2; a random walk 1; the MSD of an Ornstein-Uhlenbeck coordinate is 2S(1 − e^{−k lag}), where S is
 * its variance and k its rate. Costs O(T · lags).
 * @throws InputError for a series of fewer than 20 or 2·`lastLag` steps
 */
export function displacementExponent(
  x: ArrayLike<number>,
  options: { lastLag?: number; lags?: number } = {},
): Estimate {
  is.given(
    'displacementExponent',
    { x, options },
    { x: is.numbers, options: is.shape({ lastLag: is.maybe(is.whole), lags: is.maybe(is.whole) }) },
  );
  const T = x.length;
  const lastLag = options.lastLag ?? Math.floor(T / 10);
  check(
    T >= 20 && lastLag >= 2 && lastLag <= T / 2,
    'bad-lag',
    () =>
      `a displacement exponent over lags 1 to ${lastLag} needs a series of at least max(20, 2·${lastLag}) steps; got ${T}.`,
  );
  const lags = logSpaced(lastLag, options.lags ?? 30);
  const { sum, count } = blockSums(x, lags, BLOCKS);
  const u = lags.map(Math.log10);
  const fit = (left: number) => {
    const v = lags.map((_, l) => {
      let [s, c] = [0, 0];
      for (let b = 0; b < BLOCKS; b++) {
        if (b === left) continue;
        s += sum[l * BLOCKS + b];
        c += count[l * BLOCKS + b];
      }
      return Math.log10(s / c);
    });
    return { v, line: leastSquares(u, v) };
  };
  const { v, line } = fit(-1);
  let square = 0;
  for (let l = 0; l < lags.length; l++) square += (v[l] - line.intercept - line.slope * u[l]) ** 2;
  const misfit = Math.sqrt(square / lags.length);
  const deleted = Array.from({ length: BLOCKS }, (_, b) => fit(b).line.slope);
  const centre = deleted.reduce((a, b) => a + b) / BLOCKS;
  const error = Math.sqrt(((BLOCKS - 1) / BLOCKS) * deleted.reduce((a, b) => a + (b - centre) ** 2, 0));
  const bent = misfit > LARGEST_MISFIT ? `; bent: misfit ${misfit.toPrecision(2)} decades` : '';
  const method = `least squares in log-log, lags 1 to ${lastLag} steps, jackknife over ${BLOCKS} blocks of this window${bent}`;
  return estimate(
    line.slope,
    error,
    T / lastLag,
    method,
    Number.isFinite(line.slope) && Number.isFinite(error) && misfit <= LARGEST_MISFIT,
  );
}
