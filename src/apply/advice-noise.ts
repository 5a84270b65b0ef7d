/** The facts of the noise at a state, from what was measured on the whole set and on batches of two sizes. docs/theory [A1]. */
import { scaleInterval, type TwoBatchNoise } from '../analyse/noise/noise-two-batches.js';
import type { Estimate } from '../numeric/estimate.js';
import type { NoiseFacts } from './advice-facts.js';

/** Holds what was measured over the samples; `simple` is Tr C1/|g|² of their distribution. */
interface MeasuredNoise
  extends Pick<NoiseFacts, 'squaredGradient' | 'trace' | 'carriers' | 'weighted' | 'curvedGradient'> {
  readonly simple: Estimate;
}

/** Says why there are no facts where the gradient vanishes. */
export const NO_SCALE = { refused: 'the mean gradient is exactly zero: noise has no scale to be compared with.' };

/** Returns the facts of n samples. */
export function noiseFacts(
  n: number,
  { squaredGradient, trace, carriers, simple, weighted, curvedGradient }: MeasuredNoise,
  { two, ...batches }: Pick<NoiseFacts['twoBatches'], 'sizes' | 'counts'> & { readonly two: TwoBatchNoise },
): NoiseFacts {
  return {
    squaredGradient,
    trace,
    carriers,
    ofSet: (trace.value * (n - 1)) / n / squaredGradient,
    ofDistribution: simple,
    interval: finiteInterval(scaleInterval(1 / simple.value, simple.standardError / simple.value ** 2)),
    weighted,
    curvedGradient,
    twoBatches: {
      ...batches,
      squaredGradient: two.squaredGradient,
      trace: two.trace,
      scale: two.scale,
      interval: finiteInterval(two.interval),
    },
  };
}

/** Returns an interval with null for an upper limit that is infinite. */
const finiteInterval = ([low, high]: readonly [number, number]): readonly [number, number | null] => [
  low,
  Number.isFinite(high) ? high : null,
];
