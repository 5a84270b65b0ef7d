/** Public names of the room train that need no module of Node: training in steps. */

export {
  type Cursor,
  type Curves,
  type EpochEnd,
  type Evaluate,
  type Learner,
  type LoopOptions,
  newCursor,
  newCurves,
  type Plan,
  type StepChunk,
  trainingLoop,
} from '../train/loop.js';
export { type OptimiserSteps, optimiserSteps } from '../train/optimisers/reference.js';
export { rateAt, type Schedule, scheduleInSteps } from '../train/optimisers/schedule.js';
export { type CompleteOptimiser, completeOptimiser, type OptimiserSpec } from '../train/optimisers/spec.js';
export type { Integration } from '../train/pull.js';
export { type EpochCurves, type StopRule, shouldStop } from '../train/stopping.js';
export { type StepsResult, Trainer, type TrainerOptions } from '../train/trainer.js';
export { recordWindow, type WeightWindow, type WindowRequest } from '../train/window.js';
