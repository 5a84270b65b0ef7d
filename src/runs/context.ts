/** What every stage of a run is given. */
import type { RunOptions } from '../jobs/context.js';
import type { Config } from './config.js';
import type { RunFolder } from './folder.js';

export interface Context {
  readonly folder: RunFolder;
  readonly config: Config;
  readonly options: RunOptions;
}
