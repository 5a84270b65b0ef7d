/** Public names of the room apply that need no module of Node: constraints against forgetting, and measurements of advice. */

export type {
  AdviceOptimiser,
  AdvicePoint,
  CeilingAt,
  CurvatureFacts,
  Measured as AdviceMeasured,
  NoiseFacts,
} from '../apply/advice-facts.js';
export type { OptimiserMeasured } from '../apply/advice-optimiser.js';
export { measureOptimiserAdvice, type OptimiserAdviceOptions } from '../apply/advice-optimiser.js';
export { type AdviceMeasureOptions, type MeasuredOnSurface, measureAdvice } from '../apply/advice-surface.js';
export type { GivenBlock } from '../apply/blocks.js';
export type {
  BlockDiagnostics,
  BuiltConstraint,
  Constraint,
  ConstraintKind,
  ConstraintOptions,
  UnitStrength,
} from '../apply/constraint.js';
export { CONSTRAINTS } from '../apply/constraints/table.js';
export type { FinishedRun } from '../apply/finished-run.js';
export { modelTask } from '../apply/model-task.js';
export { type Movement, movementAlong } from '../apply/movement.js';
export { type NetworkTaskOptions, networkTask } from '../apply/network-task.js';
export { type Protection, type ProtectOptions, protect, protectTask } from '../apply/protect.js';
export type { SampleSurface } from '../apply/surface-samples.js';
export type { ProtectableSurface } from '../apply/surface-task.js';
export type {
  Axes as TaskAxes,
  Block as TaskBlock,
  Later as LaterTask,
  Task,
  TaskHere,
  TaskTraining,
  Width as TaskWidth,
} from '../apply/task.js';
export { layerWindows } from '../apply/windows.js';
