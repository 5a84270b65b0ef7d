/**
 * Protect what was learnt: a penalty that keeps task 1 while task 2 is trained, for any loss surface. docs/theory §7.
 *
 * Minimise L2(w) + lambda·R(w), R = `value`, from w1 on. `unit.strength` is the lambda to start from (constraint.ts says what it is);
 * scan some decades around it: no theory knows how much of task 1 is to be given up for task 2.
 */
import { type Penalty, penalty, penaltyGradient } from '../model/penalty.js';
import { check } from '../numeric/errors.js';
import { embeddedLinearAlgebra, type LinearAlgebra } from '../numeric/linalg/index.js';
import { type Key, randomKey } from '../numeric/random.js';
import type { BlockDiagnostics, UnitStrength } from './constraint.js';
import { constraintNamed } from './constraints/table.js';
import { type FinishedRun, type ProtectableSurface, surfaceTask } from './surface-task.js';
import type { Task } from './task.js';

export interface ProtectOptions {
  /** Name in the table of constraints: `ldc`, `ewc`, `hessian`, … */
  readonly method: string;
  /** N_c, axes a block; 50 by default. */
  readonly axes?: number;
  /** Of random axes and iterated eigenvectors; that of seed 0 by default. */
  readonly key?: Key;
  readonly la?: LinearAlgebra;
}

export interface Protection {
  readonly method: string;
  /** R, without its strength: for `Trainer.setPenalty`, `writePenalty`. */
  readonly penalty: Penalty;
  readonly unit: UnitStrength;
  /** `unit.strength` where it is the Laplace value, else NaN. */
  readonly laplaceStrength: number;
  readonly diagnostics: readonly BlockDiagnostics[];
  /** R(w) and ∇R(w), float64. */
  value(w: ArrayLike<number>): number;
  gradient(w: ArrayLike<number>): Float64Array;
}

/** Axes a block when nothing is said. */
const AXES = 50;

/** For a task that is known already, so that many methods share its measurements. @throws InputError */
export async function protectTask(task: Task, options: ProtectOptions): Promise<Protection> {
  const { method, axes = AXES, key = randomKey(0), la = embeddedLinearAlgebra() } = options;
  check(
    Number.isInteger(axes) && axes >= 1,
    'bad-axes',
    () => `the number of axes must be a positive integer; got ${axes}.`,
  );
  const { parts, unit, diagnostics } = await constraintNamed(method).build(task, { axes, key, la });
  const own = penalty(task.anchor, parts);
  return {
    method,
    penalty: own,
    unit,
    laplaceStrength: unit.exact ? unit.strength : Number.NaN,
    diagnostics,
    value: (w) => penaltyGradient(own, w).value,
    gradient: (w) => penaltyGradient(own, w).gradient,
  };
}

/**
 * For a model of your own.
 * @param surface - task 1's loss and gradient; some methods ask for gradients of single samples
 * @param run - where task 1 ended, and the window before it for methods along principal directions
 * @throws InputError naming what the method misses
 */
export async function protect(
  surface: ProtectableSurface,
  run: FinishedRun,
  options: ProtectOptions,
): Promise<Protection> {
  const { key = randomKey(0), la = embeddedLinearAlgebra() } = options;
  return protectTask(surfaceTask(surface, run, { la, key }), { ...options, key, la });
}
