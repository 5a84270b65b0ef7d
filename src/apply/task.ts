/**
 * What is known of a finished task: its solution, and measurements around it that constraints are built from. docs/theory §7.
 *
 * One task's loss and data stand behind it and nothing else: what a second task brings cannot leak in. Measurements are made when
 * first asked for and kept, so that constraints built from the same task share them. Two make one: `networkTask` and
 * `surfaceTask`.
 */
import type { Matrix } from '../numeric/linalg/index.js';

/** A stretch of the flat vector that is constrained on its own: a layer, or all of it. Axes live on offset … offset + size − 1. */
export interface Block {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  /** The same with the biases behind it, for constraints weight by weight; equal to `size` without biases. */
  readonly span: number;
}

/** Orthonormal directions of a block as rows, and a number for each. */
export interface Axes {
  readonly axes: Matrix;
  readonly values: Float64Array;
  /** Wanted directions of positive value that an iteration did not reach: missing, and not because there are none. */
  readonly unconverged?: number;
}

/** Width of the valley along an axis [F1]; null where a side never rises to e·L0. And its curvature pᵀHp, exact at the anchor. */
export interface Width {
  readonly flatness: number | null;
  readonly curvature: number;
}

/** `empirical`: gradients at the labels that came. `true`: expectation over the model's own predictions, summed over classes. */
export type FisherKind = 'empirical' | 'true';

/** How the task was trained: what the stationary state depends on. docs/theory [S1] */
export interface TaskTraining {
  readonly learningRate: number;
  readonly batchSize: number;
  /** Steps of the window before the anchor. */
  readonly windowSteps: number;
}

export interface Task {
  /** Length of the flat vector, P. */
  readonly size: number;
  /** The solution w1, float64. */
  readonly anchor: Float64Array;
  readonly blocks: readonly Block[];
  /** L0: mean loss of the task at the anchor, all samples. */
  readonly loss: number;
  readonly training: TaskTraining | undefined;
  /** Principal directions of the window by descending variance (weight²), those above the rounding of the record only. */
  principal(block: Block, most: number): Promise<Axes>;
  /** p_iᵀ H p_i of the mean loss at the anchor. */
  curvatures(block: Block, axes: Matrix): Float64Array;
  widths(block: Block, axes: Matrix): Width[];
  /** Stiffest Hessian eigenvectors of the block by descending eigenvalue, positive ones only. */
  stiffest(block: Block, most: number): Axes;
  /** Tr H over the block's span. */
  trace(block: Block): number;
  /** p_iᵀ C1 p_j of the gradient of ONE sample, k×k. */
  noise(block: Block, axes: Matrix): Matrix;
  /** Diagonal of the Fisher matrix PER SAMPLE, length P: the mean over samples of squared per-sample gradients. */
  fisher(kind: FisherKind): Float64Array;
}
