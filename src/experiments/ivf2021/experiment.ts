/** The experiment of ivf2021 from one end to the other, stage by stage; each stage is skipped when run.json says it is done. */

import { type RunOptions, runStage } from '../../jobs/context.js';
import type { PartialConfig } from '../../runs/config.js';
import type { RunRecord } from '../../runs/folder.js';
import { type Prepared, prepare } from '../../runs/prepare.js';
import { trainStage } from '../../runs/train.js';
import { fitsStage, flatnessStage, reportStage, windowStages } from './stages.js';

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

/** Trains and records; leaves a run folder that `reproduceIvf2021` with `resume`, or `analyseRun`, takes further. */
export async function trainRun(
  config: PartialConfig | readonly PartialConfig[],
  request: RunRequest = {},
): Promise<RunResult> {
  return withRun(config, request, async ({ context, dataset }) => {
    await runStage(context, 'train', () => trainStage(context, dataset));
  });
}

/** All stages. */
export async function reproduceIvf2021(
  config: PartialConfig | readonly PartialConfig[],
  request: RunRequest = {},
): Promise<RunResult> {
  return withRun(config, request, async ({ context, dataset }) => {
    await runStage(context, 'train', () => trainStage(context, dataset));
    const { folder } = context;
    await windowStages(context);
    await runStage(context, 'flatness', () => flatnessStage(context, dataset, folder.path));
    await runStage(context, 'fits', async () => fitsStage(context, folder.path));
    await runStage(context, 'report', () => reportStage(folder.record, folder.path));
  });
}

async function withRun(
  config: PartialConfig | readonly PartialConfig[],
  request: RunRequest,
  body: (prepared: Prepared) => Promise<void>,
): Promise<RunResult> {
  const layers = Array.isArray(config) ? config : [config];
  const prepared = await prepare(layers, request.out, request.resume ?? false, request);
  const { folder } = prepared.context;
  try {
    request.onStart?.(prepared);
    await body(prepared);
    return { folder: folder.path, record: folder.record };
  } finally {
    folder.close();
  }
}
