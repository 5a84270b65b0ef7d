/** Whole powers against exact integers, and against the engine's own power within its rounding. */
import { expect, it } from 'vitest';
import { wholePower } from '../src/numeric/power.js';

it('is exact where the power is a number of 53 bits', () => {
  for (const x of [-7, -2, 2, 3, 5, 10])
    for (let n = 0; n < 16; n++) expect(wholePower(x, n), `${x}^${n}`).toBe(Number(BigInt(x) ** BigInt(n)));
  expect(wholePower(2, -30)).toBe(1 / 1073741824);
  expect(wholePower(0, 0)).toBe(1);
  expect(wholePower(0, -1)).toBe(Number.POSITIVE_INFINITY);
});

it('is the power of any number to a few roundings', () => {
  for (const x of [1.3, 0.37, -1.1])
    for (let n = -20; n <= 20; n++) expect(Math.abs(wholePower(x, n) / x ** n - 1), `${x}^${n}`).toBeLessThan(5e-15);
});

// the bits themselves, so that an engine that rounds otherwise is found: products of doubles are defined by IEEE 754
it('has these bits on every engine', () => {
  expect([5, 7, -3].map((n) => wholePower(1.3, n))).toEqual([
    1.3 * (1.3 * 1.3 * (1.3 * 1.3)),
    1.3 * (1.3 * 1.3) * (1.3 * 1.3 * (1.3 * 1.3)),
    1 / (1.3 * (1.3 * 1.3)),
  ]);
});
