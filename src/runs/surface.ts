/** The network of a run over its samples as a surface, whatever kind it is of. */
import type { Samples } from '../data/dataset.js';
import { type AnyNetwork, isLayered, type RecordedBlock } from '../model/any-network.js';
import { withDecay } from '../surface/decay.js';
import { layeredSurface } from '../surface/layered/surface.js';
import { networkSurface } from '../surface/network/surface.js';
import type { Surface, SurfaceBlock } from '../surface/surface.js';

/** Bytes that passes over a network of layers may take in each thread, beside the samples. */
export const PASS_BYTES = 256 * 2 ** 20;

/** Makes the surface of a network; with an L2 penalty of lambda, that of the loss with it. */
export function surfaceOf(network: AnyNetwork, samples: Samples, lambda = 0): Surface {
  const surface = isLayered(network)
    ? layeredSurface({ spec: network, samples, programBytes: PASS_BYTES })
    : networkSurface({ spec: network, samples, lines: 'float64' });
  return withDecay(surface, lambda);
}

/** Returns the weights of a layer as a block of a surface. */
export const surfaceBlock = ({ name, offset, size }: RecordedBlock): SurfaceBlock => ({
  name,
  ranges: [{ offset, size }],
  size,
});
