/** Public names of the room apply that need no module of Node: constraints against forgetting, and measurements of advice. */

export { measureOptimiserAdvice, type OptimiserAdviceOptions } from '../apply/advice-optimiser.js';
export { type AdviceMeasureOptions, type MeasuredOnSurface, measureAdvice } from '../apply/advice-surface.js';
export type { BlockDiagnostics, BuiltConstraint, Constraint, UnitStrength } from '../apply/constraint.js';
export { CONSTRAINTS } from '../apply/constraints/table.js';
export type { FinishedRun } from '../apply/finished-run.js';
export { modelTask } from '../apply/model-task.js';
export { type Movement, movementAlong } from '../apply/movement.js';
export { type NetworkTaskOptions, networkTask } from '../apply/network-task.js';
export { type Protection, type ProtectOptions, protect, protectTask } from '../apply/protect.js';
export type { ProtectableSurface } from '../apply/surface-task.js';
export type { Task, TaskTraining } from '../apply/task.js';
export { layerWindows } from '../apply/windows.js';
