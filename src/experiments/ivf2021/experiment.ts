/** The whole experiment of ivf2021, stage by stage; a stage is skipped when run.json says that it is done. */

import { FOLDER_WANTS } from '../../jobs/context.js';
import * as is from '../../numeric/wants.js';
import type { Prepared } from '../../runs/prepare.js';
import { CONFIG_WANTS, type RunRequest, type RunResult, withTrainedRun } from '../../runs/run.js';
import type { PartialConfig } from '../../runs/schema.js';
import { flatnessStage, windowStages } from '../../runs/window/stages.js';
import { hasRelation, relationStage } from './relation-stage.js';
import { fitsStage, reportStage } from './stages.js';
import { walkStage } from './walk-stage.js';

/** Fewest steps from which a drift velocity gets an error (`driftVelocity`). */
export const LEAST_STEPS = 40;

/**
 * Does all stages: training, recording, principal directions, their motion, the widths along them, walks with the
 * same noise, fits with findings, the report.
 * @throws InputError, DivergedError, RunError, InterruptedError as `trainRun`
 */
export async function reproduceIvf2021(
  config: PartialConfig | readonly PartialConfig[],
  request: RunRequest = {},
): Promise<RunResult> {
  is.given('reproduceIvf2021', { config, request }, { config: CONFIG_WANTS, request: is.shape(FOLDER_WANTS) });
  const measured = async ({ context, dataset }: Prepared) => {
    const { folder, options } = context;
    await windowStages(context);
    await folder.stage('flatness', options, () => flatnessStage(context, dataset, folder.path));
    await folder.stage('walk', options, async () => {
      await walkStage(context, dataset, folder.path);
      if (hasRelation(context)) await relationStage(context, dataset, folder.path);
    });
    await folder.stage('fits', options, async () => fitsStage(context, folder.path));
    await folder.stage('report', options, () => reportStage(folder.record, folder.path));
  };
  return withTrainedRun(config, request, measured, LEAST_STEPS);
}
