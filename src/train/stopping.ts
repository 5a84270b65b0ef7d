/**
 * Rules for the beginning of the window: named functions of the curves of the epochs so far.
 *
 * Each rule is a pure function of what was recorded, evaluated at the end of every epoch. It returns the reason in
 * words when it is met, else undefined.
 */
import { check } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';

/** Holds the curves that a rule may use; index 0 is epoch 1, NaN where not evaluated. */
export interface EpochCurves {
  readonly runningLoss: readonly number[];
  readonly runningAccuracy: readonly number[];
  readonly trainLoss: readonly number[];
  readonly trainErrors: readonly number[];
}

/** Says what an {@link EpochCurves} needs. */
export const EPOCH_CURVES_WANTS = is.shape<EpochCurves>({
  runningLoss: is.numbers,
  runningAccuracy: is.numbers,
  trainLoss: is.numbers,
  trainErrors: is.numbers,
});

/** Names a rule with its numbers, as the config states it. */
export type StopRule =
  | { readonly rule: 'epochs'; readonly epochs: number }
  | { readonly rule: 'zero-training-error' }
  | {
      readonly rule: 'accuracy-and-loss';
      readonly accuracy: number;
      readonly loss: number;
      readonly overEpochs: number;
    };

/** Says what a {@link StopRule} needs. */
export const STOP_WANTS = is.kinds<StopRule>('rule', {
  epochs: is.shape<StopRule & { rule: 'epochs' }>({ epochs: is.count }),
  'zero-training-error': is.object,
  'accuracy-and-loss': is.shape<StopRule & { rule: 'accuracy-and-loss' }>({
    accuracy: is.finite,
    loss: is.finite,
    overEpochs: is.count,
  }),
});

/** Returns the reason once a fixed number of epochs is completed, else undefined. */
export function afterEpochs(curves: EpochCurves, epochs: number): string | undefined {
  return curves.runningLoss.length >= epochs ? `${epochs} epochs, as asked` : undefined;
}

/**
 * Returns the reason when no sample of the full training set is misclassified at the end of the last epoch (where that
 * was evaluated), else undefined.
 */
export function zeroTrainingError(curves: EpochCurves): string | undefined {
  const epochs = curves.trainErrors.length;
  if (epochs === 0 || curves.trainErrors[epochs - 1] !== 0) return undefined;
  return `no training sample misclassified after epoch ${epochs} (training loss ${curves.trainLoss[epochs - 1].toPrecision(3)})`;
}

/**
 * Returns the reason when the minibatch accuracy is above `accuracy` and the minibatch loss below `loss` (nat), both
 * averaged over the last `overEpochs` epochs, else undefined: the rule of ivf2021. docs/theory [P1].
 */
export function accuracyAndLoss(
  curves: EpochCurves,
  accuracy: number,
  loss: number,
  overEpochs: number,
): string | undefined {
  const epochs = curves.runningLoss.length;
  if (epochs < overEpochs) return undefined;
  const mean = (values: readonly number[]) => values.slice(-overEpochs).reduce((a, b) => a + b, 0) / overEpochs;
  const [a, l] = [mean(curves.runningAccuracy), mean(curves.runningLoss)];
  if (!(a > accuracy && l < loss)) return undefined;
  return `minibatch accuracy ${a.toFixed(5)} > ${accuracy} and loss ${l.toPrecision(3)} < ${loss}, means over epochs ${epochs - overEpochs + 1} to ${epochs}`;
}

/** Applies the named rule: returns the reason when it is met, else undefined. */
export function shouldStop(rule: StopRule, curves: EpochCurves): string | undefined {
  is.given(
    'shouldStop',
    { rule, curves },
    {
      rule: STOP_WANTS,
      curves: EPOCH_CURVES_WANTS,
    },
  );
  switch (rule.rule) {
    case 'epochs':
      return afterEpochs(curves, rule.epochs);
    case 'zero-training-error':
      return zeroTrainingError(curves);
    case 'accuracy-and-loss':
      return accuracyAndLoss(curves, rule.accuracy, rule.loss, rule.overEpochs);
  }
}

/** Returns the fewest epochs after which a rule can be met. */
function earliestStop(rule: StopRule): number {
  return rule.rule === 'epochs' ? rule.epochs : rule.rule === 'accuracy-and-loss' ? rule.overEpochs : 1;
}

/**
 * Refuses, before anything starts, a window that cannot fit between the stopping rule and the last allowed epoch.
 * @throws InputError
 */
export function checkWindowFits(rule: StopRule, windowEpochs: number, maxEpochs: number): void {
  const before = earliestStop(rule);
  check(
    before + windowEpochs <= maxEpochs,
    'window-too-long',
    () =>
      `a window of ${windowEpochs} epochs after the rule '${rule.rule}' (epoch ${before} at the earliest) needs ` +
      `maxEpochs of at least ${before + windowEpochs}; it is ${maxEpochs}. Shorten record.windowEpochs or raise training.maxEpochs.`,
  );
}
