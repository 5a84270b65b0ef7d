/**
 * SGD as a generator: it yields the steps taken, chunk by chunk, and each completed epoch. It does not depend on what
 * is recorded, measured or drawn.
 *
 * Three phases: epochs until the stopping rule is met; then `windowEpochs` more epochs, the window, whose chunks carry
 * the recorded weights; then the end. When the rule is not met in time, the window is the last epochs that `maxEpochs`
 * allows, and `reason` says so. All state is in the cursor, the curves and the weights, so a run continued from a saved
 * copy of these three gives the same numbers, bit by bit.
 */
import { check, DivergedError, RunError } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import { type EpochCurves, STOP_WANTS, type StopRule, shouldStop } from './stopping.js';

/** Declares what the loop needs of a trainer. */
export interface Learner {
  weights(): Float32Array;
  /** Takes order.length/batchSize steps; see `Trainer.steps`. */
  steps(
    order: Uint32Array,
    batchSize: number,
  ): { readonly loss: Float32Array; readonly correct: Uint16Array; readonly recorded: Float32Array | undefined };
}

/** Says what a {@link Learner} needs. */
export const LEARNER_WANTS = is.shape<Learner>({ weights: is.func, steps: is.func });

/** Returns the mean loss and the number of misclassified samples of a whole set at the current weights. */
export type Evaluate = () => { readonly loss: number; readonly errors: number; readonly samples: number };

/** Gives the order of samples in each epoch; see data/samplers. */
export interface Plan {
  readonly batchesPerEpoch: number;
  epoch(index: number): { readonly order: Uint32Array; readonly sizes: ArrayLike<number> };
}

/** Says what a {@link Plan} needs. */
export const PLAN_WANTS = is.shape<Plan>({ batchesPerEpoch: is.count, epoch: is.func });

/** Holds the progress of training as plain numbers, saved with every checkpoint. */
export interface Cursor {
  /** Completed epochs, and batches done in the running one. */
  epoch: number;
  batch: number;
  /** Steps since the start. */
  step: number;
  /** Sums over the running epoch: minibatch loss × size, correct predictions, samples. */
  lossSum: number;
  correct: number;
  seen: number;
  /** Number of epochs after which the window began, −1 before; and why. */
  stoppedAfter: number;
  reason: string;
}

/** Says what a {@link Cursor} needs. */
export const CURSOR_WANTS = is.shape<Cursor>({ epoch: is.whole, step: is.whole, reason: is.text });

/** Returns the cursor of a training that has not begun. */
export function newCursor(): Cursor {
  return { epoch: 0, batch: 0, step: 0, lossSum: 0, correct: 0, seen: 0, stoppedAfter: -1, reason: '' };
}

/**
 * Holds the mutable curves of a run, one entry per completed epoch; losses in nat, accuracies as shares, NaN where not
 * evaluated.
 */
export interface Curves extends EpochCurves {
  readonly epoch: number[];
  readonly runningLoss: number[];
  readonly runningAccuracy: number[];
  readonly trainLoss: number[];
  readonly trainErrors: number[];
  readonly testLoss: number[];
  readonly testAccuracy: number[];
  readonly weightNorm: number[];
}

/** Says what a {@link Curves} needs. */
export const CURVES_WANTS = is.shape<Curves>({
  epoch: is.numbers,
  runningLoss: is.numbers,
  runningAccuracy: is.numbers,
  trainLoss: is.numbers,
  trainErrors: is.numbers,
  testLoss: is.numbers,
  testAccuracy: is.numbers,
  weightNorm: is.numbers,
});

/** Returns empty curves. */
export function newCurves(): Curves {
  return {
    epoch: [],
    runningLoss: [],
    runningAccuracy: [],
    trainLoss: [],
    trainErrors: [],
    testLoss: [],
    testAccuracy: [],
    weightNorm: [],
  };
}

/** Reports steps just taken. The arrays are views that the next chunk overwrites. */
export interface StepChunk {
  readonly kind: 'steps';
  /** Number of the first step of the chunk, from 1. */
  readonly firstStep: number;
  readonly loss: Float32Array;
  readonly correct: Uint16Array;
  /** Weights of the recorded layer after each step, when these steps belong to the window. */
  readonly recorded: Float32Array | undefined;
}

/** Reports an epoch just completed; the last entries of the curves are its own. */
export interface EpochEnd {
  readonly kind: 'epoch';
  readonly epoch: number;
}

/** Holds the parts of a training run, its rule and lengths, and the state it continues from. */
export interface LoopOptions {
  readonly learner: Learner;
  readonly plan: Plan;
  readonly batchSize: number;
  readonly stop: StopRule;
  readonly windowEpochs: number;
  readonly maxEpochs: number;
  /** Full training and test sets are evaluated after every so many epochs, and at both ends of the window. */
  readonly evaluateEvery: number;
  readonly evaluateTrain: Evaluate;
  readonly evaluateTest: Evaluate | undefined;
  readonly cursor: Cursor;
  readonly curves: Curves;
  /** Most steps of one chunk. */
  readonly chunkSteps: number;
  /**
   * How many more rows the recorder takes before its own chunk is complete; in the window a chunk has at most as many
   * steps.
   */
  readonly room?: () => number;
}

/** Says what a {@link LoopOptions} needs. */
export const LOOP_OPTIONS_WANTS = is.shape<LoopOptions>({
  learner: LEARNER_WANTS,
  plan: PLAN_WANTS,
  batchSize: is.count,
  stop: STOP_WANTS,
  windowEpochs: is.whole,
  maxEpochs: is.count,
  evaluateEvery: is.count,
  evaluateTrain: is.func,
  evaluateTest: is.maybe(is.func),
  cursor: CURSOR_WANTS,
  curves: CURVES_WANTS,
  chunkSteps: is.count,
  room: is.maybe(is.func),
});

/**
 * Trains from the cursor to the end of the window, and changes `cursor` and `curves` on the way.
 * @throws DivergedError when a minibatch loss is not finite or too large
 * @throws RunError (`standstill`) when an epoch changes no weight
 */
export function* trainingLoop(options: LoopOptions): Generator<StepChunk | EpochEnd, void, void> {
  is.given('trainingLoop', { options }, { options: LOOP_OPTIONS_WANTS });
  const { plan, cursor, curves, windowEpochs, maxEpochs } = options;
  check(
    plan.batchesPerEpoch >= 1,
    'empty-epoch',
    'an epoch needs at least one batch; the batch is larger than the data.',
  );
  while (cursor.stoppedAfter < 0 || cursor.epoch < cursor.stoppedAfter + windowEpochs) {
    yield* epochChunks(options);
    finishEpoch(options);
    if (cursor.stoppedAfter < 0) {
      const reason = shouldStop(options.stop, curves);
      if (reason !== undefined || cursor.epoch >= maxEpochs - windowEpochs) {
        cursor.stoppedAfter = cursor.epoch;
        cursor.reason =
          reason ??
          `the rule '${options.stop.rule}' was not met by epoch ${cursor.epoch}; the window is the last ${windowEpochs} of ${maxEpochs} epochs`;
        evaluateNow(options, cursor.epoch - 1);
      }
    }
    yield { kind: 'epoch', epoch: cursor.epoch };
  }
}

function* epochChunks(options: LoopOptions): Generator<StepChunk, void, void> {
  const { learner, plan, cursor, batchSize, chunkSteps, room } = options;
  const { order, sizes } = plan.epoch(cursor.epoch);
  const inWindow = cursor.stoppedAfter >= 0;
  while (cursor.batch < sizes.length) {
    const from = cursor.batch * batchSize;
    let count = Math.min(chunkSteps, inWindow && room ? Math.max(1, room()) : chunkSteps, sizes.length - cursor.batch);
    let size = batchSize;
    // Only the last batch may be shorter; it is a chunk of its own.
    if (sizes[cursor.batch + count - 1] !== batchSize) {
      if (count > 1) count--;
      else size = sizes[cursor.batch];
    }
    const { loss, correct, recorded } = stepsFrom(
      cursor.step,
      learner,
      order.subarray(from, from + count * size),
      size,
    );
    const firstStep = cursor.step + 1;
    for (let k = 0; k < count; k++) {
      cursor.lossSum += loss[k] * size;
      cursor.correct += correct[k];
    }
    cursor.seen += count * size;
    cursor.batch += count;
    cursor.step += count;
    yield { kind: 'steps', firstStep, loss, correct, recorded: inWindow ? recorded : undefined };
  }
}

/** Takes steps, and reports a divergence with the number of the step since the start of training. */
function stepsFrom(done: number, learner: Learner, order: Uint32Array, size: number): ReturnType<Learner['steps']> {
  try {
    return learner.steps(order, size);
  } catch (error) {
    if (error instanceof DivergedError) throw new DivergedError(done + error.step + 1, error.loss, error.learningRate);
    throw error;
  }
}

/** Writes the entries of the epoch into the curves and moves the cursor to the next epoch. */
function finishEpoch(options: LoopOptions): void {
  const { cursor, curves, learner, evaluateEvery, windowEpochs } = options;
  const e = cursor.epoch;
  cursor.epoch++;
  curves.epoch[e] = cursor.epoch;
  curves.runningLoss[e] = cursor.lossSum / cursor.seen;
  curves.runningAccuracy[e] = cursor.correct / cursor.seen;
  curves.trainLoss[e] = Number.NaN;
  curves.trainErrors[e] = Number.NaN;
  curves.testLoss[e] = Number.NaN;
  curves.testAccuracy[e] = Number.NaN;
  let squares = 0;
  for (const w of learner.weights()) squares += w * w;
  curves.weightNorm[e] = Math.sqrt(squares);
  refuseStandstill(options, e);
  const last = cursor.stoppedAfter >= 0 && cursor.epoch === cursor.stoppedAfter + windowEpochs;
  if (cursor.epoch % evaluateEvery === 0 || last) evaluateNow(options, e);
  cursor.batch = 0;
  cursor.lossSum = 0;
  cursor.correct = 0;
  cursor.seen = 0;
}

/**
 * Refuses an epoch that changed no weight (judged by their norm): every gradient was exactly zero, and will stay so.
 */
function refuseStandstill({ curves }: LoopOptions, e: number): void {
  if (e === 0 || curves.weightNorm[e] !== curves.weightNorm[e - 1]) return;
  throw new RunError(
    'standstill',
    `training has stopped moving: no weight changed in epoch ${e + 1}, the minibatch loss stays at ${curves.runningLoss[e].toPrecision(4)}. ` +
      'Most likely all hidden units are inactive after steps that were too large; try a smaller learning rate.',
  );
}

/** Evaluates the full sets at the end of epoch index e, unless that was done. */
function evaluateNow(options: LoopOptions, e: number): void {
  const { evaluateTrain, evaluateTest, curves } = options;
  if (!Number.isNaN(curves.trainLoss[e])) return;
  const onTrain = evaluateTrain();
  curves.trainLoss[e] = onTrain.loss;
  curves.trainErrors[e] = onTrain.errors;
  const onTest = evaluateTest?.();
  if (onTest) {
    curves.testLoss[e] = onTest.loss;
    curves.testAccuracy[e] = 1 - onTest.errors / onTest.samples;
  }
}
