/** The line that announces a run. */
import { needs } from '../jobs/disk.js';
import { layersIn } from '../runs/layers.js';
import { networkTitle } from '../runs/network.js';
import type { Prepared } from '../runs/prepare.js';

/** Returns the line that is printed before the first step: folder, network, data, training, memory and disk. */
export function announcement({ context, memory, disk }: Prepared): string {
  const { config, folder } = context;
  const { training, record, data, optimiser } = config;
  return (
    `run folder ${folder.path}: ${networkTitle(config)} on ${data.set}, ${optimiser ? `${optimiser.type}, ` : ''}learning rate ${training.learningRate}, batches of ` +
    `${training.batchSize} (${training.sampling}), window of ${record.windowEpochs} epochs of ${layersIn(config).join(', ')}; ` +
    `${needs(memory.peak, disk)}, kernel build ${folder.record.kernelBuild}`
  );
}
