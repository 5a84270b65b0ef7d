/**
 * A constraint against forgetting: it turns measurements of task 1 into a quadratic penalty R = ½ (w − w1)ᵀ K (w − w1) and the
 * strength that theory gives it. docs/theory [C1], [C2].
 *
 * **Strengths.** Task 2 minimises L2 + lambda·R (mean losses). Where K is a multiple of task 1's Hessian on the constrained
 * directions, lambda·K = H has a solution, the Laplace value: then lambda·R is the quadratic approximation of L1 and both tasks
 * have equal weight (times N1/N2 to give every sample of both tasks equal weight). For the others the strength is *matched*:
 * lambda is the mean of p_iᵀHp_i/K_ii over the constrained axes, which is the Laplace value wherever there is one, the mean
 * curvature for equal weights, and the temperature of equipartition, ⟨h_i sigma_i²⟩, for inverse variances. `unit.strength` is
 * that lambda for every method, so grids of lambda/unit compare methods on equal terms; `unit.exact` says which of the two it
 * is.
 */

import type { PenaltyPart } from '../model/penalty.js';
import { InputError } from '../numeric/errors.js';
import type { LinearAlgebra } from '../numeric/linalg/index.js';
import type { Key } from '../numeric/random.js';
import type { Block, Task } from './task.js';

/** Sets how a constraint is built. */
export interface ConstraintOptions {
  /** N_c, the number of axes in each block; ignored by constraints weight by weight. */
  readonly axes: number;
  /** Randomness of random axes. */
  readonly key: Key;
  readonly la: LinearAlgebra;
  /** Names of the blocks that `frozen` holds; the first block by default. Other constraints ignore it. */
  readonly hold?: readonly string[];
}

/** Gives the strength that theory assigns to a penalty. */
export interface UnitStrength {
  /** lambda; NaN where neither a Laplace value nor a match exists (no curvature on the constrained directions). */
  readonly strength: number;
  /** True for the Laplace value, false for a strength matched to the curvature along the axes. */
  readonly exact: boolean;
  /** Its derivation, in words with the formula. */
  readonly how: string;
}

/** Reports counts and spectra of one block, for tables and warnings. */
export interface BlockDiagnostics {
  readonly block: string;
  /** Number of axes (or weights) that are constrained, number of candidates left out, and the reason. */
  readonly constrained: number;
  readonly excluded: number;
  readonly why: string;
  /** Stiffness along each axis, K_ii; of a diagonal its smallest and largest. */
  readonly stiffness: readonly number[];
}

/** Holds the penalty that a constraint built, without its strength. */
export interface BuiltConstraint {
  readonly parts: readonly PenaltyPart[];
  readonly unit: UnitStrength;
  readonly diagnostics: readonly BlockDiagnostics[];
  /** Blocks whose weights (with the biases of their spans) must not change at all; `frozen` alone gives any. */
  readonly frozen?: readonly Block[];
}

/**
 * Says how a constraint acts: `none` continues training without a penalty, `joint` trains on both tasks together (a protocol,
 * the upper limit), `penalty` adds a penalty built from task 1, `frozen` excludes whole blocks from training (a hard constraint, which
 * has no strength), and `replay` trains on stored samples of task 1 beside those of task 2 (a protocol).
 */
export type ConstraintKind = 'none' | 'penalty' | 'frozen' | 'replay' | 'joint';

/** Describes one method against forgetting, and builds its penalty. */
export interface Constraint {
  readonly name: string;
  readonly kind: ConstraintKind;
  /** One line for tables and help. */
  readonly title: string;
  readonly source: string;
  /** Whether the number of axes N_c matters, and whether a recorded window is needed. */
  readonly takesAxes: boolean;
  readonly needsWindow: boolean;
  /** Whether `task.training` is needed, as for constraints of the stationary state of task 1. */
  readonly needsTraining?: boolean;
  /** Of `replay`: number of samples stored of each earlier task, or as many as are held out to choose strengths. */
  readonly memory?: number | 'validation';
  /**
   * Builds the penalty from measurements of task 1.
   * @throws InputError where the task lacks a measurement that the constraint needs
   */
  build(task: Task, options: ConstraintOptions): Promise<BuiltConstraint>;
}

/** Returns the result of a constraint without penalty. */
export function nothing(): Promise<BuiltConstraint> {
  const unit = { strength: Number.NaN, exact: false, how: 'no penalty' };
  return Promise.resolve({ parts: [], unit, diagnostics: [] });
}

/** Returns the matched strength: the mean of curvature over stiffness, axis by axis; NaN where it is not positive. */
export function matched(ratios: readonly number[]): UnitStrength {
  const strength = total(ratios) / ratios.length;
  return {
    strength: strength > 0 && Number.isFinite(strength) ? strength : Number.NaN,
    exact: false,
    how: 'matched: the mean of pᵀHp over the stiffness K along the constrained axes',
  };
}

/** Sums numbers. */
export const total = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
};

/**
 * Returns how task 1 was trained.
 * @param who - the constraint that needs it, for the error
 * @throws InputError where the task does not say
 */
export function trainingOf(task: Task, who: string): NonNullable<Task['training']> {
  if (task.unsettled)
    throw new InputError(
      'no-stationary-state',
      `${who} ${task.unsettled}: take a method that measures the loss alone, such as ewc, hessian or ldc.`,
    );
  if (!task.training)
    throw new InputError(
      'no-training',
      `${who} needs the settings with which task 1 was trained (learning rate, batch size, steps of the window); give \`training\`.`,
    );
  return task.training;
}
