/** The model part of valley2023 as a study in cells, one cell for each job of a stage. */
import { join } from 'node:path';
import type { StudyKind } from '../../jobs/cells.js';
import { forceKernelBuild } from '../../kernels/load.js';
import { readValley, type ValleyRecord } from './folder.js';
import { MODEL_STAGE_NAMES, type ModelStageName, runValleyJob, stageNamed, type ValleyJob } from './jobs.js';

/** The folder of finished jobs of an unfinished stage. */
export const PARTS = 'parts';

/** Millions of walker-steps a second on one core, roughly. */
export const SPEED = 12;

/** The study of the model: how its record is read, and its cells are listed and computed. */
export const VALLEY_STUDY: StudyKind<ValleyRecord, undefined, ValleyJob, unknown> = {
  worker: new URL('./worker.js', import.meta.url),
  stages: MODEL_STAGE_NAMES,
  read: readValley,
  load: async () => undefined,
  cells: ({ record }, stage) =>
    stageNamed(stage as ModelStageName)
      .plan(record.config)
      .map(({ what, cost }, index) => ({
        file: join(PARTS, stage, `${index}.json`),
        job: { stage: stage as ModelStageName, index },
        name: what,
        weight: cost,
      })),
  seconds: ({ config }, { stage, index }) => stageNamed(stage).plan(config)[index].cost / SPEED,
  run(job, { record }, report) {
    forceKernelBuild(record.kernelBuild);
    return runValleyJob(job, record.config, report);
  },
};
