/** Printed estimates, `value ± error`, against the numbers they should show. */
import { expect } from 'vitest';
import { meanAndError } from './naive-statistics.js';
import { estimatesIn } from './reading.js';

/**
 * The first estimate in a text is this value with this standard error. An error is printed to one or two digits, which set the place
 * of the value's last digit: within 13 % of the error, and a fifth of it.
 */
export function expectEstimate(text: string, value: number, error: number): void {
  const [read] = estimatesIn(text);
  expect(read, text).toBeDefined();
  expect(Math.abs(read.error - error), `${text}: error ${error}`).toBeLessThanOrEqual(0.13 * error);
  expect(Math.abs(read.value - value), `${text}: value ${value}`).toBeLessThanOrEqual(
    0.2 * error + 1e-12 * Math.abs(value),
  );
}

/** The same for the mean over seeds with its standard error, both multiplied by `scale`. */
export function expectMean(text: string, values: readonly number[], scale = 1): void {
  const { mean, error } = meanAndError(values);
  expectEstimate(text, scale * mean, scale * error);
}
