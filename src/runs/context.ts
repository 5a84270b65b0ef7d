/** The context of the stages of a run. */
import type { RunOptions } from '../jobs/context.js';
import type { RunFolder } from './folder.js';
import type { Config } from './schema.js';

/** Holds what every stage of a run is given. */
export interface Context {
  readonly folder: RunFolder;
  readonly config: Config;
  readonly options: RunOptions;
}
