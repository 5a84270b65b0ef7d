/**
 * SGD as a generator: it yields what happened, chunk by chunk and epoch by epoch, and knows nothing of who records,
 * measures or draws.
 *
 * Three phases: epochs until the stopping rule is met; then `windowEpochs` epochs more, the window, whose chunks are
 * marked for recording; then the end. A rule that is not met in time gives way: the window is then the last epochs that
 * `maxEpochs` allows, and `reason` says so. All state is in the cursor, the curves and the weights, so a run continued
 * from a saved copy of these three gives the same numbers, bit by bit.
 */
import { check, DivergedError, RunError } from '../numeric/errors.js';
import { type EpochCurves, type StopRule, shouldStop } from './stopping.js';

/** What the loop needs of a trainer. */
export interface Learner {
  weights(): Float32Array;
  /** Takes order.length/batchSize steps; see `Trainer.steps`. */
  steps(
    order: Uint32Array,
    batchSize: number,
  ): { readonly loss: Float32Array; readonly correct: Uint16Array; readonly recorded: Float32Array | undefined };
}

/** Mean loss and number of misclassified samples of a whole set, at the weights of the moment. */
export type Evaluate = () => { readonly loss: number; readonly errors: number; readonly samples: number };

/** The order of samples in each epoch; see data/samplers. */
export interface Plan {
  readonly batchesPerEpoch: number;
  epoch(index: number): { readonly order: Uint32Array; readonly sizes: ArrayLike<number> };
}

/** Where training stands; plain numbers, saved with every checkpoint. */
export interface Cursor {
  /** Completed epochs, and batches done in the running one. */
  epoch: number;
  batch: number;
  /** Steps since the start. */
  step: number;
  /** Sums over the running epoch: minibatch loss × size, right answers, samples. */
  lossSum: number;
  correct: number;
  seen: number;
  /** Number of epochs after which the window began, −1 before; and why. */
  stoppedAfter: number;
  reason: string;
}

export function newCursor(): Cursor {
  return { epoch: 0, batch: 0, step: 0, lossSum: 0, correct: 0, seen: 0, stoppedAfter: -1, reason: '' };
}

/** Mutable curves, one entry per completed epoch. */
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

/** Steps just taken. The arrays are views that the next chunk overwrites. */
export interface StepChunk {
  readonly kind: 'steps';
  /** Number of the first step of the chunk, from 1. */
  readonly firstStep: number;
  readonly loss: Float32Array;
  readonly correct: Uint16Array;
  /** Weights of the recorded layer after each step, when these steps belong to the window. */
  readonly recorded: Float32Array | undefined;
}

/** An epoch just completed; its curves are the last entries. */
export interface EpochEnd {
  readonly kind: 'epoch';
  readonly epoch: number;
}

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
  /** Most steps of one chunk; also how many rows the recorder still takes before its chunk is complete. */
  readonly chunkSteps: number;
  readonly room?: () => number;
}

/** Trains from the cursor to the end of the window, changing `cursor` and `curves` as it goes. */
export function* trainingLoop(options: LoopOptions): Generator<StepChunk | EpochEnd, void, void> {
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
    // Only the last batch may be shorter; it makes a chunk of its own.
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

/** Takes steps; a divergence is reported with the number of the step since the start of training. */
function stepsFrom(done: number, learner: Learner, order: Uint32Array, size: number): ReturnType<Learner['steps']> {
  try {
    return learner.steps(order, size);
  } catch (error) {
    if (error instanceof DivergedError) throw new DivergedError(done + error.step + 1, error.loss, error.learningRate);
    throw error;
  }
}

/** Writes the epoch's entries into the curves and turns the cursor to the next epoch. */
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

/** A whole epoch that changes no weight: every gradient is exactly zero, and so it will stay. */
function refuseStandstill({ curves }: LoopOptions, e: number): void {
  if (e === 0 || curves.weightNorm[e] !== curves.weightNorm[e - 1]) return;
  throw new RunError(
    'standstill',
    `training stands still: no weight changed in epoch ${e + 1}, the minibatch loss stays at ${curves.runningLoss[e].toPrecision(4)}. ` +
      'Most likely no hidden unit answers any more after steps that were too large; try a smaller learning rate.',
  );
}

/** Full-set losses at the end of epoch index e, unless they are there already. */
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
