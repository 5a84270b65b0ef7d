/**
 * A finished task: its solution, and measurements around it that constraints are built from. docs/theory §7.
 *
 * All measurements use the loss and the data of this one task, so that no information on a second task can enter. They are made
 * when first requested and kept, so that constraints built from the same task share them. `networkTask`, `surfaceTask` and
 * `modelTask` make tasks.
 */
import type { Matrix } from '../numeric/linalg/index.js';
import * as is from '../numeric/wants.js';
import type { FisherKind } from '../surface/network/fisher.js';

/**
 * Describes a range of the flat vector that is constrained separately: a layer, or all of it. Axes cover offset … offset + size
 * − 1.
 */
export interface Block {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  /** The size with the biases that follow, for constraints weight by weight; equal to `size` without biases. */
  readonly span: number;
}

/** Holds orthonormal directions of a block as rows, and a number for each. */
export interface Axes {
  readonly axes: Matrix;
  readonly values: Float64Array;
  /** Number of directions with a positive value that are missing because an iteration did not converge. */
  readonly unconverged?: number;
}

/**
 * Gives the width of the valley along an axis [F1], null where a side never rises to e·L0, and the curvature pᵀHp at the
 * anchor.
 */
export interface Width {
  readonly flatness: number | null;
  readonly curvature: number;
}

/** Says how the task was trained, on which its stationary state depends. docs/theory [S1]. */
export interface TaskTraining {
  readonly learningRate: number;
  readonly batchSize: number;
  /** Steps of the window before the anchor. */
  readonly windowSteps: number;
}

/** Says what a {@link TaskTraining} needs. */
export const TASK_TRAINING_WANTS = is.shape<TaskTraining>({
  learningRate: is.finite,
  batchSize: is.count,
  windowSteps: is.count,
});

/** A measurement that is there, or comes later from a model in another process. */
export type Later<T> = T | Promise<T>;

/** Gives the solution of a task and the measurements around it. */
export interface Task {
  /** Length of the flat vector, P. */
  readonly size: number;
  /** The solution w1, float64. */
  readonly anchor: Float64Array;
  readonly blocks: readonly Block[];
  /** L0: mean loss of the task at the anchor, all samples. */
  readonly loss: number;
  readonly training: TaskTraining | undefined;
  /** Why the weights are in no stationary state of SGD, as the rest of a sentence on the constraint that needs one. */
  readonly unsettled?: string;
  /**
   * Returns principal directions of the window by descending variance (weight²), only those above the rounding of the
   * recording.
   */
  principal(block: Block, most: number): Promise<Axes>;
  /** Returns p_iᵀ H p_i of the mean loss at the anchor, nat/weight². */
  curvatures(block: Block, axes: Matrix): Later<Float64Array>;
  /** Measures the width along each axis. */
  widths(block: Block, axes: Matrix): Later<Width[]>;
  /** Returns the stiffest Hessian eigenvectors of the block by descending eigenvalue, positive ones only. */
  stiffest(block: Block, most: number): Later<Axes>;
  /** Returns Tr H over the block's span. */
  trace(block: Block): Later<number>;
  /** Returns p_iᵀ C1 p_j of the gradient of ONE sample, k×k. */
  noise(block: Block, axes: Matrix): Later<Matrix>;
  /** Returns the diagonal of the Fisher matrix PER SAMPLE, length P: the mean over samples of squared per-sample gradients. */
  fisher(kind: FisherKind): Later<Float64Array>;
}

/** Is a task whose measurements are made at once, in this thread. */
export interface TaskHere extends Task {
  curvatures(block: Block, axes: Matrix): Float64Array;
  widths(block: Block, axes: Matrix): Width[];
  stiffest(block: Block, most: number): Axes;
  trace(block: Block): number;
  noise(block: Block, axes: Matrix): Matrix;
  fisher(kind: FisherKind): Float64Array;
}
