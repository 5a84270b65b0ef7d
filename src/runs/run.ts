/** A run from a config to its folder: begun or continued, trained, recorded; stages that are done are skipped. */
import { FOLDER_WANTS, type RunOptions } from '../jobs/context.js';
import * as is from '../numeric/wants.js';
import type { RunRecord } from './folder.js';
import { type Prepared, prepare } from './prepare.js';
import type { PartialConfig } from './schema.js';
import { trainStage } from './train.js';

/** Says where a run goes and whether it is continued. */
export interface RunRequest extends RunOptions {
  /** Run folder; `ivf2021-<preset>-seed<seed>` when absent. */
  readonly out?: string;
  /** Continue the run in the folder. */
  readonly resume?: boolean;
  /** Called once, before the first step. */
  readonly onStart?: (prepared: Prepared) => void;
}

/** Says what a config, or layers of it, is. */
export const CONFIG_WANTS = is.either(is.object, is.listOf(is.object));

/** Names the folder of a run, with its record. */
export interface RunResult {
  readonly folder: string;
  readonly record: RunRecord;
}

/**
 * Begins or continues a run, trains and records it, and runs `body` while it holds the lock of the folder.
 * @throws InputError as `prepare`; DivergedError, RunError, InterruptedError as `trainStage`
 */
export async function withTrainedRun(
  config: PartialConfig | readonly PartialConfig[],
  request: RunRequest,
  body: (prepared: Prepared) => Promise<void>,
  leastSteps?: number,
): Promise<RunResult> {
  const layers = Array.isArray(config) ? config : [config];
  const prepared = await prepare(layers, request.out, request.resume ?? false, request, leastSteps);
  const { context, dataset } = prepared;
  const { folder } = context;
  try {
    request.onStart?.(prepared);
    await folder.stage('train', context.options, () => trainStage(context, dataset));
    await body(prepared);
    return { folder: folder.path, record: folder.record };
  } finally {
    folder.close();
  }
}

/**
 * Trains and records a run. `reproduceIvf2021` with `resume`, or `analyseRun`, can continue from its folder.
 * @throws InputError, DivergedError, RunError, InterruptedError as `withTrainedRun`
 */
export async function trainRun(
  config: PartialConfig | readonly PartialConfig[],
  request: RunRequest = {},
): Promise<RunResult> {
  is.given('trainRun', { config, request }, { config: CONFIG_WANTS, request: is.shape(FOLDER_WANTS) });
  return withTrainedRun(config, request, async () => {});
}
