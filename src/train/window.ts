/**
 * A thinned window of ALL weights: each `every`-th step of some epochs, float32 in memory.
 *
 * For principal directions of several layers the rows must hold all weights; T rows of P weights take 4·T·P bytes (600
 * rows of the 42 200 weights of 784-50-50-10: 101 MB). Thinning leaves variances unbiased; rows closer than the
 * correlation time carry little new information.
 */
import { check } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import { PLAN_WANTS, type Plan } from './loop.js';
import { STEPS_PER_CALL, type Trainer } from './trainer.js';

/** What a window needs of a trainer of either kind. */
export type WindowTrainer = Pick<Trainer, 'parameterCount' | 'weights'> & {
  steps(order: Uint32Array, batchSize: number): unknown;
};

/** Says which epochs `recordWindow` trains and which steps it keeps. */
export interface WindowRequest {
  readonly trainer: WindowTrainer;
  readonly plan: Plan;
  readonly batchSize: number;
  /** Number of the first epoch of the plan that is trained, and how many follow it. */
  readonly firstEpoch: number;
  readonly epochs: number;
  /** Steps between rows, 1 to STEPS_PER_CALL; the last row follows the last step. */
  readonly every: number;
  /** Called after each epoch with the number of epochs done. */
  readonly onEpoch?: (done: number) => void;
}

/** Says what a {@link WindowRequest} needs. */
export const WINDOW_REQUEST_WANTS = is.shape<WindowRequest>({
  trainer: is.having('a trainer, such as Trainer', 'weights', 'steps'),
  plan: PLAN_WANTS,
  batchSize: is.count,
  firstEpoch: is.whole,
  epochs: is.count,
  every: is.count,
  onEpoch: is.maybe(is.func),
});

/** Holds T rows of all P weights. */
export interface WeightWindow {
  /** T×P, row-major. */
  readonly rows: Float32Array;
  readonly T: number;
  readonly P: number;
  /** Steps trained. */
  readonly steps: number;
}

/**
 * Trains through the epochs and keeps the rows.
 * @throws InputError for steps between rows out of range, and for an epoch with an incomplete last batch
 */
export function recordWindow(request: WindowRequest): WeightWindow {
  is.given('recordWindow', { request }, { request: WINDOW_REQUEST_WANTS });
  const { trainer, plan, batchSize, firstEpoch, epochs, every, onEpoch } = request;
  const steps = epochs * plan.batchesPerEpoch;
  check(
    Number.isInteger(every) && every >= 1 && every <= Math.min(STEPS_PER_CALL, steps),
    'bad-thinning',
    () => `rows can be 1 to ${Math.min(STEPS_PER_CALL, steps)} steps apart; got ${every}.`,
  );
  const P = trainer.parameterCount;
  const T = Math.floor(steps / every);
  const rows = new Float32Array(T * P);
  let done = 0;
  let row = 0;
  let next = steps - (T - 1) * every; // counted back from the end, so that the last row follows the last step
  for (let e = 0; e < epochs; e++) {
    const { order, sizes } = plan.epoch(firstEpoch + e);
    check(
      sizes[sizes.length - 1] === batchSize,
      'incomplete-batch',
      'a window takes whole batches only; drop the incomplete last batch of each epoch.',
    );
    for (let at = 0; at < sizes.length; ) {
      const count = Math.min(next - done, sizes.length - at, STEPS_PER_CALL);
      trainer.steps(order.subarray(at * batchSize, (at + count) * batchSize), batchSize);
      at += count;
      done += count;
      if (done < next) continue;
      rows.set(trainer.weights(), row * P);
      row++;
      next += every;
    }
    onEpoch?.(e + 1);
  }
  return { rows, T, P, steps };
}
