/** The gradient noise scale Tr C1/|g|² over all weights: the batch size at which noise and signal of a step are equal. docs/theory [A1]. */
import { surfaceNoiseScale } from '../../analyse/noise/surface-scales.js';
import { isLayered } from '../../model/any-network.js';
import { wholeBlock } from '../../surface/blocks.js';
import type { Measure } from './registry.js';
import { evenSubset } from './subset.js';

/** Samples where none are named: of perceptrons, and of networks of convolutions. */
const [SAMPLES, SAMPLES_LAYERED] = [2000, 500];

/** Measures the noise scale at the weights of the snapshot, of the loss of the data alone. */
export const measureNoiseScale: Measure<'noise-scale'> = async (bench, snapshot, args, report) => {
  const { samples = isLayered(bench.network) ? SAMPLES_LAYERED : SAMPLES } = args;
  const surface = bench.surface();
  const subset = evenSubset(surface.samples, samples, bench.key.child('noise-scale'));
  await report(0.1, 'gradients of single samples');
  const { simple, trace, squaredGradient } = await surfaceNoiseScale(
    surface,
    Float64Array.from(snapshot.weights),
    wholeBlock(surface.parameters),
    subset ? { subset } : {},
  );
  return { step: snapshot.step, simple, trace, squaredGradient, batchSize: snapshot.batchSize };
};
