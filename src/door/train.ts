/** Public names of the room train that need no module of Node: training in steps. */

export type { Arena } from '../train/arena.js';
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
export type { OptimiserState, StateVector } from '../train/optimisers/entry.js';
export { type OptimiserSteps, optimiserSteps } from '../train/optimisers/reference.js';
export type { Timed as ScheduleTiming } from '../train/optimisers/schedule.js';
export { rateAt, type Schedule, scheduleInSteps } from '../train/optimisers/schedule.js';
export type { OptimiserType } from '../train/optimisers/spec.js';
export { type CompleteOptimiser, completeOptimiser, type OptimiserSpec } from '../train/optimisers/spec.js';
export type { Integration } from '../train/pull.js';
export { type EpochCurves, type StopRule, shouldStop } from '../train/stopping.js';
export type { LayerStates } from '../train/trainer.js';
export { type StepsResult, Trainer, type TrainerOptions } from '../train/trainer.js';
export type { WindowTrainer } from '../train/window.js';
export { recordWindow, type WeightWindow, type WindowRequest } from '../train/window.js';
