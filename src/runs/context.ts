/** The context of the stages of a run. */
import type { RunOptions } from '../jobs/context.js';
import type { Config } from './config.js';
import type { RunFolder } from './folder.js';

/** Holds what every stage of a run is given. */
export interface Context {
  readonly folder: RunFolder;
  readonly config: Config;
  readonly options: RunOptions;
}
