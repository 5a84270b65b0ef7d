/** What a run is going to do, in a line. */
import { gigabytes } from '../jobs/memory.js';
import type { Prepared } from '../runs/prepare.js';

/** What is said before the first step. */
export function announcement({ context, memory }: Prepared): string {
  const { config, folder } = context;
  const { network, training, record, data } = config;
  return (
    `run folder ${folder.path}: ${network.widths.join('-')} on ${data.set}, learning rate ${training.learningRate}, batches of ` +
    `${training.batchSize} (${training.sampling}), window of ${record.windowEpochs} epochs of ${record.layer}; ` +
    `needs about ${gigabytes(memory.peak)} of memory, kernel build ${folder.record.kernelBuild}`
  );
}
