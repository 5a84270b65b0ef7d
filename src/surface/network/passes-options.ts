/** What passes over all samples are made of. */
import { SAMPLES_WANTS, type Samples } from '../../data/dataset.js';
import { NETWORK_SPEC_WANTS, type NetworkSpec } from '../../model/network.js';
import { check } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';

/** Names a network, the point in its weights, and the samples. */
export interface PassesOptions {
  readonly spec: NetworkSpec;
  /** All weights at the point of interest, flat in PyTorch's order. */
  readonly weights: Float32Array | Float64Array;
  readonly samples: Samples;
  /** Bytes of kernel memory for states kept between calls; 768 MiB by default, 0 recomputes them each time. */
  readonly cacheBytes?: number;
}

/** Says what a {@link PassesOptions} needs. */
export const PASSES_OPTIONS_WANTS = is.shape<PassesOptions>({
  spec: NETWORK_SPEC_WANTS,
  weights: is.numbers,
  samples: SAMPLES_WANTS,
  cacheBytes: is.maybe(is.real),
});

/**
 * Checks that a call got `size` numbers.
 * @throws InputError
 */
export function checkWeights(
  call: string,
  weights: ArrayLike<number>,
  size: number,
  what = 'parameters of the network',
): void {
  is.given(call, { weights }, { weights: is.numbers });
  check(
    weights.length === size,
    'weight-count',
    () => `${call}: there are ${size} ${what}, and ${weights.length} numbers were given.`,
  );
}

/** Returns the bytes of kernel memory that passes take, without vectors of weights. */
export function passesBytes(spec: NetworkSpec, samples: Samples, cacheBytes: number): number {
  is.given(
    'NetworkPasses.memoryBytes',
    { spec, samples, cacheBytes },
    { spec: NETWORK_SPEC_WANTS, samples: SAMPLES_WANTS, cacheBytes: is.real },
  );
  let nonzeros = samples.normalize ? samples.size : 0;
  for (const v of samples.values) if (v !== 0) nonzeros++;
  const states = 8 * samples.count * (2 * spec.widths.slice(1).reduce((a, b) => a + b, 0) + 2);
  return 8 * nonzeros + 4 * samples.count + (states <= cacheBytes ? states : 0);
}
