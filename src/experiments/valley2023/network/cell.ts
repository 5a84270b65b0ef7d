/** One cell of the study of real networks, from the data to its document: the work of a worker thread. */
import type { Dataset } from '../../../data/dataset.js';
import type { ReportProgress } from '../../../jobs/pool.js';
import { ceilingCell } from './ceiling.js';
import type { NetworkStudyConfig } from './config.js';
import type { NetworkCell } from './measured.js';
import { settingName } from './measured.js';
import { solutionCell } from './solution.js';

/** Names a cell. */
export interface NetworkJob {
  readonly seed: number;
  /** `ceiling`, or the name of a setting. */
  readonly cell: string;
}

/** The name of the ceiling cell. */
const CEILING = 'ceiling';

/** Returns the names of a seed's cells. */
export const networkCells = (config: NetworkStudyConfig): string[] => [...config.settings.map(settingName), CEILING];

/** Computes a cell. */
export function runNetworkCell(
  { seed, cell }: NetworkJob,
  config: NetworkStudyConfig,
  data: Pick<Dataset, 'train' | 'test'>,
  report: ReportProgress,
): NetworkCell {
  const start = performance.now();
  const setting = config.settings.find((s) => settingName(s) === cell);
  const result = setting
    ? solutionCell(config, setting, seed, data, report)
    : ceilingCell(config, seed, data.train, report);
  return {
    format: 'thermograd valley-network cell',
    cell,
    ...result,
    seconds: Math.round(performance.now() - start) / 1000,
  };
}
