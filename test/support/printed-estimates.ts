/** Printed estimates, `value ± error`, against the numbers they should show. */
import { expect } from 'vitest';
import { meanAndError } from './naive-statistics.js';
import { printsEstimate } from './reading.js';

/** The first estimate in a text is this value with this standard error. */
export function expectEstimate(text: string, value: number, standardError: number): void {
  expect(printsEstimate(text, { value, standardError }), `${text} for ${value} ± ${standardError}`).toBe(true);
}

/** The same for the mean over seeds with its standard error, both multiplied by `scale`. */
export function expectMean(text: string, values: readonly number[], scale = 1): void {
  const { mean, error } = meanAndError(values);
  expectEstimate(text, scale * mean, scale * error);
}
