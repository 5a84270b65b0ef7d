/**
 * The gradient noise scale from minibatch gradients of two sizes alone, and its confidence interval. docs/theory [A1].
 *
 *     |g|² = (B_b⟨|G_b|²⟩ − B_s⟨|G_s|²⟩)/(B_b − B_s),    Tr C1 = (⟨|G_s|²⟩ − ⟨|G_b|²⟩)/(1/B_s − 1/B_b)
 *
 * Both are unbiased for batches drawn with replacement, since E|G_B|² = |g|² + Tr C1/B. Their ratio is biased and has no
 * moments where |g|² may be 0, so the interval is computed for the reciprocal |g|²/Tr C1 and inverted: where |g|² reaches 0 the
 * scale has no upper limit.
 */
import { NORMAL_QUANTILE } from '../../numeric/distributions.js';
import { check } from '../../numeric/errors.js';
import { type Estimate, estimate } from '../../numeric/estimate.js';
import { mean, variance } from '../../numeric/statistics.js';
import * as is from '../../numeric/wants.js';

/** Holds squared norms of minibatch gradients at two batch sizes. */
export interface TwoBatches {
  /**
   * Number of samples N where each minibatch consists of different samples; by default they are drawn with replacement. Then
   * E|G_B|² = |g|² + Tr C1 (N−B)/(B(N−1)), so that B(N−1)/(N−B) stands for B.
   */
  readonly of?: number;
  readonly smallSize: number;
  /** |G|² of each small minibatch. */
  readonly small: ArrayLike<number>;
  readonly bigSize: number;
  readonly big: ArrayLike<number>;
}

/** Says what a {@link TwoBatches} needs. */
export const TWO_BATCHES_WANTS = is.shape<TwoBatches>({
  of: is.maybe(is.count),
  smallSize: is.count,
  small: is.numbers,
  bigSize: is.count,
  big: is.numbers,
});

/** Gives the gradient noise scale from minibatches of two sizes. docs/theory [A1]. */
export interface TwoBatchNoise {
  readonly squaredGradient: Estimate;
  /** Tr C1. */
  readonly trace: Estimate;
  /** Tr C1/|g|², in samples; not converged where either is within two errors of 0. */
  readonly scale: Estimate;
  /** 95 % interval of the scale; its upper limit is Infinity where |g|² may be 0, and it is all of 0 … ∞ where Tr C1 may be 0. */
  readonly interval: readonly [number, number];
}

/**
 * Estimates |g|², Tr C1 and their ratio from minibatches of two sizes. Errors come from the spread over minibatches; those of
 * |g|² and Tr C1 are correlated, which ratio and interval take into account.
 * @throws InputError when the second size is not larger than the first, or a size has fewer than 4 minibatches
 */
export function twoBatchNoise(batches: TwoBatches): TwoBatchNoise {
  is.given('twoBatchNoise', { batches }, { batches: TWO_BATCHES_WANTS });
  const { small, big, of, ...given } = batches;
  check(
    given.bigSize > given.smallSize && given.smallSize >= 1 && (of === undefined || given.bigSize < of),
    'bad-batch-size',
    () =>
      `two batch sizes are needed, the second larger${of === undefined ? '' : ` and below the ${of} samples`}; got ${given.smallSize} and ${given.bigSize}.`,
  );
  const independent = (b: number) => (of === undefined ? b : (b * (of - 1)) / (of - b));
  const [smallSize, bigSize] = [independent(given.smallSize), independent(given.bigSize)];
  check(
    small.length >= 4 && big.length >= 4,
    'too-few-batches',
    () => `errors need at least 4 minibatches of each size; got ${small.length} and ${big.length}.`,
  );
  const [a, b] = [mean(small), mean(big)];
  const [va, vb] = [variance(small, 1) / small.length, variance(big, 1) / big.length];
  const [width, gap] = [bigSize - smallSize, 1 / smallSize - 1 / bigSize];
  const signal = (bigSize * b - smallSize * a) / width;
  const trace = (a - b) / gap;
  const vs = (bigSize ** 2 * vb + smallSize ** 2 * va) / width ** 2;
  const vt = (va + vb) / gap ** 2;
  const covariance = -(smallSize * va + bigSize * vb) / (width * gap);
  const inverse = signal / trace;
  const inverseError = Math.sqrt(Math.max(vs - 2 * inverse * covariance + inverse ** 2 * vt, 0)) / Math.abs(trace);
  const n = small.length + big.length;
  const how = of === undefined ? 'with replacement' : `of different samples among ${of}`;
  const method = `${small.length} batches of ${given.smallSize} and ${big.length} of ${given.bigSize}, ${how}`;
  const signalError = Math.sqrt(vs);
  const traceError = Math.sqrt(vt);
  // the inverted interval is meaningful only where the divisor Tr C1 is clearly above 0
  const noisy = trace > 2 * traceError;
  return {
    squaredGradient: estimate(signal, signalError, n, method),
    trace: estimate(trace, traceError, n, method),
    scale: estimate(
      1 / inverse,
      inverseError / inverse ** 2,
      n,
      `${method}, delta method`,
      noisy && signal > 2 * signalError,
    ),
    interval: noisy ? scaleInterval(inverse, inverseError) : [0, Number.POSITIVE_INFINITY],
  };
}

/**
 * Returns the 95 % interval of a positive scale 1/x from x ± error e: [1/(x + 1.96 e), 1/(x − 1.96 e)], where a limit whose
 * divisor is not positive is Infinity.
 */
export function scaleInterval(inverse: number, error: number): readonly [number, number] {
  const [low, high] = [inverse - NORMAL_QUANTILE * error, inverse + NORMAL_QUANTILE * error];
  return [high > 0 ? 1 / high : Number.POSITIVE_INFINITY, low > 0 ? 1 / low : Number.POSITIVE_INFINITY];
}
