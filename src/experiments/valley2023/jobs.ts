/** The stages of the model part by name, and the jobs of worker threads. */
import type { ReportProgress } from '../../jobs/pool.js';
import { circulationStage } from './circulation.js';
import type { ValleyConfig } from './config.js';
import { convergenceStage } from './convergence.js';
import { densitiesStage } from './densities.js';
import { freezingStage } from './freezing.js';
import { phaseStage } from './phase.js';
import { potentialStage } from './potential.js';
import type { ModelStage } from './stage.js';

/** Names a stage of the model part. */
export type ModelStageName = 'potential' | 'densities' | 'convergence' | 'phase' | 'freezing' | 'circulation';

/** The stages in the order in which they run. The types of a stage's parts and document are private to it. */
const STAGES: Readonly<Record<ModelStageName, unknown>> = {
  potential: potentialStage,
  densities: densitiesStage,
  convergence: convergenceStage,
  phase: phaseStage,
  freezing: freezingStage,
  circulation: circulationStage,
};

/** The names of the stages, in order. */
export const MODEL_STAGE_NAMES = Object.keys(STAGES) as ModelStageName[];

/** Names a job of a stage. */
export interface ValleyJob {
  readonly stage: ModelStageName;
  readonly index: number;
}

/** Returns a stage by name. */
export const stageNamed = (name: ModelStageName): ModelStage<unknown, unknown> =>
  STAGES[name] as ModelStage<unknown, unknown>;

/** Does one job. */
export const runValleyJob = ({ stage, index }: ValleyJob, config: ValleyConfig, report: ReportProgress): unknown =>
  stageNamed(stage).run(index, config, report);
