/** What passes over all samples are made of. */
import { SAMPLES_WANTS, type Samples } from '../../data/dataset.js';
import { NETWORK_SPEC_WANTS, type NetworkSpec } from '../../model/network.js';
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
