/**
 * A constraint against forgetting: from what is known of task 1 to a quadratic penalty and the strength that theory gives it.
 *
 * **Strengths.** Task 2 minimises L2 + lambda·R (mean losses). Where R's K is a multiple of task 1's Hessian on the constrained
 * directions, lambda·K = H has a solution, the Laplace value: then lambda·R is the quadratic approximation of L1 and both tasks
 * weigh alike (times N1/N2 if every sample of both tasks shall weigh alike). For the others the strength is *matched*: lambda is the
 * mean of p_iᵀHp_i/K_ii over the constrained axes, which is the Laplace value wherever there is one, the mean curvature for equal
 * weights, and the temperature of equipartition, ⟨h_i sigma_i²⟩, for inverse variances. `unit.strength` is that lambda for every method,
 * so grids of lambda/unit compare methods on equal terms; `unit.exact` tells which of the two it is.
 */

import type { PenaltyPart } from '../model/penalty.js';
import { InputError } from '../numeric/errors.js';
import type { LinearAlgebra } from '../numeric/linalg/index.js';
import type { Key } from '../numeric/random.js';
import type { Task } from './task.js';

export interface ConstraintOptions {
  /** N_c: axes a block; ignored by constraints weight by weight. */
  readonly axes: number;
  /** Of random axes. */
  readonly key: Key;
  readonly la: LinearAlgebra;
}

export interface UnitStrength {
  /** lambda; NaN where neither a Laplace value nor a match exists (no curvature on the constrained directions). */
  readonly strength: number;
  /** True: the Laplace value. False: matched to the curvature along the axes. */
  readonly exact: boolean;
  /** How it follows, in words with the formula. */
  readonly how: string;
}

/** Counts and spectra, block by block, for tables and warnings. */
export interface BlockDiagnostics {
  readonly block: string;
  /** Axes (or weights) that are constrained, and candidates left out with the reason. */
  readonly constrained: number;
  readonly excluded: number;
  readonly why: string;
  /** Stiffness along each axis, K_ii; of a diagonal its smallest and largest. */
  readonly stiffness: readonly number[];
}

export interface BuiltConstraint {
  readonly parts: readonly PenaltyPart[];
  readonly unit: UnitStrength;
  readonly diagnostics: readonly BlockDiagnostics[];
}

/**
 * `none` trains on without a penalty, `joint` trains on both tasks (a protocol, the ceiling), `penalty` is built from task 1.
 */
export type ConstraintKind = 'none' | 'penalty' | 'joint';

export interface Constraint {
  readonly name: string;
  readonly kind: ConstraintKind;
  /** One line for tables and help. */
  readonly title: string;
  readonly source: string;
  /** Whether the number of axes N_c matters, and whether a recorded window is needed. */
  readonly takesAxes: boolean;
  readonly needsWindow: boolean;
  /** Whether it must know how task 1 was trained (`trainingOf`): constraints of its stationary state. */
  readonly needsTraining?: boolean;
  /** @throws InputError where the task cannot give what the constraint asks for */
  build(task: Task, options: ConstraintOptions): Promise<BuiltConstraint>;
}

/** What a constraint without penalty builds. */
export function nothing(): Promise<BuiltConstraint> {
  const unit = { strength: Number.NaN, exact: false, how: 'no penalty' };
  return Promise.resolve({ parts: [], unit, diagnostics: [] });
}

/** The mean of curvature over stiffness, axis by axis. */
export function matched(ratios: readonly number[]): UnitStrength {
  const strength = total(ratios) / ratios.length;
  return {
    strength: strength > 0 && Number.isFinite(strength) ? strength : Number.NaN,
    exact: false,
    how: 'matched: the mean of pᵀHp over the stiffness K along the constrained axes',
  };
}

export const total = (values: ArrayLike<number>): number => {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
};

/** The training's constants, or a sentence that they are needed. */
export function trainingOf(task: Task, who: string): NonNullable<Task['training']> {
  if (!task.training)
    throw new InputError(
      'no-training',
      `${who} needs to know how task 1 was trained (learning rate, batch size, steps of the window); give \`training\`.`,
    );
  return task.training;
}
