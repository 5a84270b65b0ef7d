/** What stands behind measurements: data, network, and surfaces that are made once. */
import { isLayered, recordedBlock } from '../../model/any-network.js';
import { embeddedLinearAlgebra } from '../../numeric/linalg/index.js';
import { randomKey } from '../../numeric/random.js';
import { withDecay } from '../../surface/decay.js';
import { layeredSurface } from '../../surface/layered/surface.js';
import { networkSurface } from '../../surface/network/surface.js';
import type { Surface } from '../../surface/surface.js';
import { LayeredTrainer } from '../../train/layered-trainer.js';
import { Trainer } from '../../train/trainer.js';
import type { LabBytes, LabState } from '../protocol.js';
import { datasetOf } from './data.js';
import { networkFor } from './network.js';
import type { BatchGradients, Bench } from './registry.js';

/** Bytes that passes over a network of layers may take beside the samples, and for states that they keep. */
const PASS_BYTES = 128 * 2 ** 20;

/**
 * Opens the data and the network of a state for measuring.
 * @throws InputError as a session
 */
export async function benchOf(state: LabState, bytes?: LabBytes): Promise<Bench> {
  const dataset = await datasetOf(state.data, bytes);
  const network = networkFor(state.network, dataset);
  const { name, offset, size } = recordedBlock(network, state.layer);
  const samples = dataset.train;
  let plain: Surface | undefined;
  const made = () => {
    plain ??= isLayered(network)
      ? layeredSurface({ spec: network, samples, lines: 'float32', programBytes: PASS_BYTES, cacheBytes: PASS_BYTES })
      : networkSurface({ spec: network, samples, cacheBytes: 2 * PASS_BYTES });
    return plain;
  };
  let learner: BatchGradients | undefined;
  return {
    state,
    dataset,
    network,
    block: { name, ranges: [{ offset, size }], size },
    surface: (penalty = 0) => withDecay(made(), penalty),
    gradients() {
      // rates are of no account where no step is taken
      learner ??= isLayered(network)
        ? new LayeredTrainer({ spec: network, samples, learningRate: 1, batchSize: 1, key: randomKey(0) })
        : new Trainer({ spec: network, samples, learningRate: 1, batchSize: 1 });
      return learner;
    },
    la: embeddedLinearAlgebra(),
    key: randomKey(state.seed).child('measure'),
  };
}
