/** The context of the stages of a run. */
import type { RunOptions } from '../jobs/context.js';
import type { AnyNetwork } from '../model/any-network.js';
import type { RunFolder } from './folder.js';
import type { AnyConfig } from './schema.js';

/** Holds what every stage of a run is given. */
export interface Context {
  readonly folder: RunFolder;
  readonly config: AnyConfig;
  readonly network: AnyNetwork;
  readonly options: RunOptions;
}
