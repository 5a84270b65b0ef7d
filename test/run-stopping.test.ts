/** Stopping rules on curves made by hand. */
import { describe, expect, it } from 'vitest';
import { accuracyAndLoss, afterEpochs, checkWindowFits, shouldStop, zeroTrainingError } from '../src/train/stopping.js';

const curves = (loss: number[], accuracy: number[], errors: number[]) => ({
  runningLoss: loss,
  runningAccuracy: accuracy,
  trainLoss: loss,
  trainErrors: errors,
});

describe('rules', () => {
  it('epochs: at the epoch asked, not before', () => {
    expect(afterEpochs(curves([1, 1], [0, 0], [9, 9]), 3)).toBeUndefined();
    expect(afterEpochs(curves([1, 1, 1], [0, 0, 0], [9, 9, 9]), 3)).toContain('3 epochs');
  });

  it('zero training error: the full set at the end of the LAST epoch; an epoch not evaluated does not count', () => {
    expect(zeroTrainingError(curves([1, 1], [0, 0], [0, 1]))).toBeUndefined();
    expect(zeroTrainingError(curves([1, 1], [0, 0], [0, Number.NaN]))).toBeUndefined();
    expect(zeroTrainingError(curves([1, 0.01], [0, 1], [5, 0]))).toContain('after epoch 2');
    expect(zeroTrainingError(curves([], [], []))).toBeUndefined();
  });

  it('accuracy and loss: means over the last epochs, both needed', () => {
    const good = curves([9, 4e-5, 4e-5], [0, 0.995, 0.995], []);
    expect(accuracyAndLoss(good, 0.99, 5e-5, 2)).toContain('epochs 2 to 3');
    expect(accuracyAndLoss(good, 0.99, 5e-5, 3)).toBeUndefined(); // the 9 counts
    expect(accuracyAndLoss(good, 0.99, 5e-5, 4)).toBeUndefined(); // not that many epochs yet
    expect(accuracyAndLoss(good, 0.996, 5e-5, 2)).toBeUndefined();
    // a mean, not the last value: one epoch of 9e-5 and one of 0 is 4.5e-5
    expect(accuracyAndLoss(curves([9e-5, 0], [1, 1], []), 0.99, 5e-5, 2)).toBeDefined();
    // strictly below
    expect(accuracyAndLoss(curves([5e-5], [1], []), 0.99, 5e-5, 1)).toBeUndefined();
  });

  it('are found by name', () => {
    expect(shouldStop({ rule: 'epochs', epochs: 1 }, curves([1], [0], [9]))).toBeDefined();
    expect(shouldStop({ rule: 'zero-training-error' }, curves([1], [0], [0]))).toBeDefined();
    const rule = { rule: 'accuracy-and-loss', accuracy: 0.5, loss: 1, overEpochs: 1 } as const;
    expect(shouldStop(rule, curves([0.5], [0.6], []))).toBeDefined();
  });
});

it('a window must fit between the earliest stop and the last epoch', () => {
  const rule = { rule: 'accuracy-and-loss', accuracy: 0.99, loss: 1, overEpochs: 10 } as const;
  expect(() => checkWindowFits(rule, 10, 19)).toThrow(/at least 20/);
  expect(() => checkWindowFits(rule, 10, 20)).not.toThrow();
  expect(() => checkWindowFits({ rule: 'zero-training-error' }, 10, 10)).toThrow(/at least 11/);
});
