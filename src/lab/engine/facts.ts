/** What is told of a session when it opens. */
import type { Dataset } from '../../data/dataset.js';
import { kernelBuild } from '../../kernels/load.js';
import { type AnyNetwork, countOf, networkWords } from '../../model/any-network.js';
import type { SessionFacts } from '../protocol.js';
import type { Checkpoints } from './checkpoints.js';
import { recordable } from './network.js';

/** Describes network, data and memory. */
export function factsOf(
  {
    network,
    dataset: { name, train, test, classes },
    batchesPerEpoch,
  }: { readonly network: AnyNetwork; readonly dataset: Dataset; readonly batchesPerEpoch: number },
  checkpoints: Checkpoints,
  memory: SessionFacts['memory'],
): SessionFacts {
  return {
    parameters: countOf(network),
    layers: recordable(network),
    network: networkWords(network),
    dataset: name,
    samples: { train: train.count, test: test?.count ?? 0, inputs: train.size, classes },
    batchesPerEpoch,
    kernel: kernelBuild(),
    memory,
    checkpointEvery: checkpoints.every,
  };
}
