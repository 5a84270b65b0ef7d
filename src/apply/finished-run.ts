/** What the tasks of loss surfaces and of models take from the end of a run: its weights, and the axes of its window. */
import { ROW_SOURCE_WANTS, type RowSource } from '../analyse/trajectory/rows.js';
import { check } from '../numeric/errors.js';
import type { LinearAlgebra } from '../numeric/linalg/index.js';
import * as is from '../numeric/wants.js';
import { GIVEN_BLOCK_WANTS, type GivenBlock } from './blocks.js';
import { principalAxes } from './principal.js';
import { rememberAxes } from './remember.js';
import { TASK_TRAINING_WANTS, type Task, type TaskTraining } from './task.js';
import { columnsOf } from './windows.js';

/** Describes the end of task 1. */
export interface FinishedRun {
  /** w1, length P. */
  readonly weights: ArrayLike<number>;
  /** Rows of all P weights before w1, for methods along principal directions. */
  readonly window?: RowSource;
  /** Ranges with separate axes, such as layers (`span`: with the biases that follow); one over all weights by default. */
  readonly blocks?: readonly GivenBlock[];
  readonly training?: TaskTraining;
}

/** Says what a {@link FinishedRun} needs. */
export const FINISHED_RUN_WANTS = is.shape<FinishedRun>({
  weights: is.numbers,
  window: is.maybe(ROW_SOURCE_WANTS),
  blocks: is.maybe(is.listOf(GIVEN_BLOCK_WANTS)),
  training: is.maybe(TASK_TRAINING_WANTS),
});

/**
 * Returns w1 as float64.
 * @param who - the surface in words, for the error
 * @throws InputError for weights of another number, or that are not finite
 */
export function anchorOf({ weights }: FinishedRun, size: number, who: string): Float64Array {
  const anchor = Float64Array.from(weights);
  const finite = anchor.every(Number.isFinite);
  check(
    anchor.length === size && finite,
    'weight-count',
    () =>
      `the run must end at ${size} finite weights, as many as ${who} has; got ${anchor.length}${finite ? '' : ', not all finite'}.`,
  );
  return anchor;
}

/**
 * Returns the measurement of principal directions in the window of a run, which refuses a run without a window or with rows of another
 * length.
 */
export const principalIn = ({ window }: FinishedRun, size: number, who: string, la: LinearAlgebra): Task['principal'] =>
  rememberAxes(async (block, most) => {
    check(
      window !== undefined,
      'no-window',
      'principal directions need a recorded window; give `window`, rows of all weights.',
    );
    check(
      window.P === size,
      'weight-count',
      () => `${who} has ${size} weights; the rows of the window have ${window.P}.`,
    );
    return principalAxes(columnsOf(window, block.offset, block.size), most, la);
  }, 1);
