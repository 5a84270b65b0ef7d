/** The stages of the model part by name, and one job of one of them: what a worker thread does. */
import type { ReportProgress } from '../../jobs/pool.js';
import { circulationStage } from './circulation.js';
import type { ValleyConfig } from './config.js';
import { convergenceStage } from './convergence.js';
import { densitiesStage } from './densities.js';
import { freezingStage } from './freezing.js';
import { phaseStage } from './phase.js';
import { potentialStage } from './potential.js';
import type { ModelStage } from './stage.js';

export type ModelStageName = 'potential' | 'densities' | 'convergence' | 'phase' | 'freezing' | 'circulation';

/** In the order in which they run. Parts and document of a stage are nobody's business but its own. */
const STAGES: Readonly<Record<ModelStageName, unknown>> = {
  potential: potentialStage,
  densities: densitiesStage,
  convergence: convergenceStage,
  phase: phaseStage,
  freezing: freezingStage,
  circulation: circulationStage,
};

export const MODEL_STAGE_NAMES = Object.keys(STAGES) as ModelStageName[];

export interface ValleyJob {
  readonly stage: ModelStageName;
  readonly index: number;
}

export const stageNamed = (name: ModelStageName): ModelStage<unknown, unknown> =>
  STAGES[name] as ModelStage<unknown, unknown>;

export const runValleyJob = ({ stage, index }: ValleyJob, config: ValleyConfig, report: ReportProgress): unknown =>
  stageNamed(stage).run(index, config, report);
