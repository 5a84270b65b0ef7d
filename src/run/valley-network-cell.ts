/** One cell of the study of real networks, from the data to its document; what a worker thread does. */
import type { Dataset } from '../data/dataset.js';
import { forceKernelBuild, type KernelBuild } from '../kernels/load.js';
import type { NetworkCell } from '../report/valley-network-results.js';
import { settingName } from '../report/valley-network-results.js';
import type { Tell } from './pool.js';
import { ceilingCell } from './valley-network-ceiling.js';
import type { NetworkStudyConfig } from './valley-network-config.js';
import { solutionCell } from './valley-network-solution.js';

export interface NetworkJob {
  readonly config: NetworkStudyConfig;
  readonly seed: number;
  /** `ceiling`, or the name of a setting. */
  readonly cell: string;
  readonly kernelBuild: KernelBuild;
}

export const CEILING = 'ceiling';

/** Names of a seed's cells. */
export const networkCells = (config: NetworkStudyConfig): string[] => [...config.settings.map(settingName), CEILING];

export function runNetworkCell(job: NetworkJob, data: Pick<Dataset, 'train' | 'test'>, tell: Tell): NetworkCell {
  forceKernelBuild(job.kernelBuild);
  const { config, seed, cell } = job;
  const start = performance.now();
  const setting = config.settings.find((s) => settingName(s) === cell);
  const result = setting
    ? solutionCell(config, setting, seed, data, tell)
    : ceilingCell(config, seed, data.train, tell);
  return {
    format: 'thermograd valley-network cell',
    cell,
    ...result,
    seconds: Math.round(performance.now() - start) / 1000,
  };
}
