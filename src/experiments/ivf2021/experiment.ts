/** The experiment of ivf2021 from one end to the other, stage by stage; each stage is skipped when run.json says it is done. */
import { runStage } from '../../jobs/context.js';
import type { PartialConfig } from '../../runs/config.js';
import { type RunRequest, type RunResult, withTrainedRun } from '../../runs/run.js';
import { flatnessStage, windowStages } from '../../runs/window/stages.js';
import { fitsStage, reportStage } from './stages.js';

/** All stages: train, record, principal directions, their motion, the widths along them, fits with findings, the report. */
export async function reproduceIvf2021(
  config: PartialConfig | readonly PartialConfig[],
  request: RunRequest = {},
): Promise<RunResult> {
  return withTrainedRun(config, request, async ({ context, dataset }) => {
    const { folder } = context;
    await windowStages(context);
    await runStage(context, 'flatness', () => flatnessStage(context, dataset, folder.path));
    await runStage(context, 'fits', async () => fitsStage(context, folder.path));
    await runStage(context, 'report', () => reportStage(folder.record, folder.path));
  });
}
