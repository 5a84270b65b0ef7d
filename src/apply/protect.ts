/**
 * Protection of a learnt task: a penalty that preserves task 1 while task 2 is trained, for any loss surface. docs/theory §7.
 *
 * Minimise L2(w) + lambda·R(w), R = `value`, from w1 on. `unit.strength` is the lambda to start from (constraint.ts defines
 * it); scan some decades around it, since how much of task 1 to give up for task 2 is a choice and not a result of theory.
 */
import { type Penalty, penalty, penaltyGradient } from '../model/penalty.js';
import { check } from '../numeric/errors.js';
import { embeddedLinearAlgebra, type LinearAlgebra } from '../numeric/linalg/index.js';
import { type Key, randomKey } from '../numeric/random.js';
import * as is from '../numeric/wants.js';
import { SURFACE_WANTS } from '../surface/check.js';
import type { Surface } from '../surface/surface.js';
import type { BlockDiagnostics, UnitStrength } from './constraint.js';
import { constraintNamed } from './constraints/table.js';
import { FINISHED_RUN_WANTS, type FinishedRun } from './finished-run.js';
import { modelTask } from './model-task.js';
import { PROTECTABLE_SURFACE_WANTS, type ProtectableSurface, surfaceTask } from './surface-task.js';
import type { Block, Task } from './task.js';

/** Chooses the method and its axes. */
export interface ProtectOptions {
  /** Name in the table of constraints: `ldc`, `ewc`, `hessian`, … */
  readonly method: string;
  /** N_c, the number of axes in each block; 50 by default. */
  readonly axes?: number;
  /** Randomness of random axes and iterated eigenvectors; that of seed 0 by default. */
  readonly key?: Key;
  readonly la?: LinearAlgebra;
  /** Names of the blocks that the method `frozen` holds; the first block by default. */
  readonly hold?: readonly string[];
}

/** Says what a {@link ProtectOptions} needs. */
export const PROTECT_OPTIONS_WANTS = is.shape<ProtectOptions>({
  method: is.text,
  axes: is.maybe(is.number),
  key: is.maybe(is.key),
  la: is.maybe(is.algebra),
  hold: is.maybe(is.listOf(is.text)),
});

/** Holds the penalty R and its strength, and evaluates R. */
export interface Protection {
  readonly method: string;
  /** R, without its strength: for `Trainer.setPenalty`, `writePenalty`. */
  readonly penalty: Penalty;
  readonly unit: UnitStrength;
  /** `unit.strength` where it is the Laplace value, else NaN. */
  readonly laplaceStrength: number;
  readonly diagnostics: readonly BlockDiagnostics[];
  /** Ranges of weights that must not be trained any more; `frozen` alone gives any, and then R = 0. */
  readonly frozen: readonly Block[];
  /** Returns R(w), without its strength, in float64. */
  value(w: ArrayLike<number>): number;
  /** Returns ∇R(w), without its strength, in float64. */
  gradient(w: ArrayLike<number>): Float64Array;
}

/** Default number of axes in each block. */
const AXES = 50;

/**
 * Builds the penalty of one method for a task. Many methods can share the measurements of one task.
 * @throws InputError for an unknown method, a number of axes that is not a positive integer, and where the task lacks a
 *   measurement
 */
export async function protectTask(task: Task, options: ProtectOptions): Promise<Protection> {
  is.given(
    'protectTask',
    { task, options },
    { task: is.having('a task, such as networkTask makes', 'principal'), options: PROTECT_OPTIONS_WANTS },
  );
  const { method, axes = AXES, key = randomKey(0), la = embeddedLinearAlgebra(), hold } = options;
  check(
    Number.isInteger(axes) && axes >= 1,
    'bad-axes',
    () => `the number of axes must be a positive integer; got ${axes}.`,
  );
  const {
    parts,
    unit,
    diagnostics,
    frozen = [],
  } = await constraintNamed(method).build(task, { axes, key, la, ...(hold && { hold }) });
  const own = penalty(task.anchor, parts);
  return {
    method,
    penalty: own,
    unit,
    laplaceStrength: unit.exact ? unit.strength : Number.NaN,
    diagnostics,
    frozen,
    value: (w) => penaltyGradient(own, w).value,
    gradient: (w) => penaltyGradient(own, w).gradient,
  };
}

/**
 * Builds the penalty of one method for any model, given by a `Surface` or by its loss and gradient alone.
 * @param surface - task 1; of a model that is no `Surface`, some methods need gradients of single samples
 * @param run - the weights at the end of task 1, and the window before it for methods along principal directions
 * @throws InputError that names what the method needs and the surface or the run lacks
 */
export async function protect(
  surface: Surface | ProtectableSurface,
  run: FinishedRun,
  options: ProtectOptions,
): Promise<Protection> {
  is.given(
    'protect',
    { surface, run, options },
    {
      surface: is.either(PROTECTABLE_SURFACE_WANTS, SURFACE_WANTS),
      run: FINISHED_RUN_WANTS,
      options: PROTECT_OPTIONS_WANTS,
    },
  );
  const { key = randomKey(0), la = embeddedLinearAlgebra() } = options;
  const task =
    'offers' in surface ? await modelTask(surface, run, { la, key }) : surfaceTask(surface, run, { la, key });
  return protectTask(task, { ...options, key, la });
}
