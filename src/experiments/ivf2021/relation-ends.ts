/** What a window of a run has at its beginning and at its end: the loss of the data and the noise of a layer, which the linear form takes for constant. */
import type { Samples } from '../../data/dataset.js';
import { type AnyNetwork, asLayered, recordedBlock } from '../../model/any-network.js';
import { surfaceOf } from '../../runs/surface.js';
import type { Surface } from '../../surface/surface.js';

/** A number at the beginning and at the end of the window. */
export interface Ends {
  readonly start: number;
  readonly end: number;
}

/** Holds what changed. */
export interface WindowEnds {
  /** Loss of the data over all training samples, without a penalty. */
  readonly loss: Ends;
  /** Tr C1 of the layer, PER SAMPLE. */
  readonly noise: Ends;
}

/** Says where both ends are. */
export interface EndsRequest {
  readonly network: AnyNetwork;
  readonly samples: Samples;
  readonly layer: string;
  /** All weights at the beginning and at the end of the window. */
  readonly start: Float32Array;
  readonly end: Float32Array;
}

/** Measures both ends in float64. Costs a gradient over all samples and the squared gradients of each, twice. */
export async function windowEnds({ network, samples, layer, start, end }: EndsRequest): Promise<WindowEnds> {
  const spec = asLayered(network);
  const { offset, size } = recordedBlock(spec, layer);
  const surface = surfaceOf(spec, samples);
  try {
    const [a, b] = [await stateAt(surface, start, offset, size), await stateAt(surface, end, offset, size)];
    return { loss: { start: a.loss, end: b.loss }, noise: { start: a.noise, end: b.noise } };
  } finally {
    await surface.close();
  }
}

/** Returns the loss, and Tr C1 of a block as the mean of |g_k|² less |ḡ|². */
async function stateAt(surface: Surface, weights: Float32Array, offset: number, size: number) {
  const w = Float64Array.from(weights);
  const { loss, gradient } = await surface.gradient(w);
  const fisher = await surface.fisher(w);
  let noise = 0;
  for (let i = offset; i < offset + size; i++) noise += fisher[i] - gradient[i] ** 2;
  return { loss, noise: Math.max(0, noise) };
}
