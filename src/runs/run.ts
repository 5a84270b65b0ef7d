/** A run from a config to its folder: begun or taken up, trained, recorded; what is done is skipped. */
import type { RunOptions } from '../jobs/context.js';
import type { PartialConfig } from './config.js';
import type { RunRecord } from './folder.js';
import { type Prepared, prepare } from './prepare.js';
import { trainStage } from './train.js';

export interface RunRequest extends RunOptions {
  /** Run folder; `ivf2021-<preset>-seed<seed>` when absent. */
  readonly out?: string;
  /** Continue the run that stands in the folder. */
  readonly resume?: boolean;
  /** Called once, before the first step. */
  readonly onStart?: (prepared: Prepared) => void;
}

export interface RunResult {
  readonly folder: string;
  readonly record: RunRecord;
}

/** Begins a run or takes it up, trains and records it, and does `body` under the lock of its folder. */
export async function withTrainedRun(
  config: PartialConfig | readonly PartialConfig[],
  request: RunRequest,
  body: (prepared: Prepared) => Promise<void>,
): Promise<RunResult> {
  const layers = Array.isArray(config) ? config : [config];
  const prepared = await prepare(layers, request.out, request.resume ?? false, request);
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

/** Trains and records; leaves a run folder that `reproduceIvf2021` with `resume`, or `analyseRun`, takes further. */
export const trainRun = (
  config: PartialConfig | readonly PartialConfig[],
  request: RunRequest = {},
): Promise<RunResult> => withTrainedRun(config, request, async () => {});
