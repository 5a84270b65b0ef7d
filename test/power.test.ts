/** Whole powers against exact integers, and against the engine's own power within its rounding. */
import { expect, it } from 'vitest';
import { realPower, wholePower } from '../src/numeric/power.js';

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

it('of exponents that are not whole: to a few roundings, and on every engine the bits of exp and log', () => {
  for (const x of [1e-9, 0.37, 1.3, 5e6])
    for (const y of [-2.5, -0.3, 0, 0.2, 1 / 3, 4.7])
      expect(Math.abs(realPower(x, y) / x ** y - 1), `${x}^${y}`).toBeLessThan(5e-14);
  expect(realPower(2, 0.7)).toBe(Math.exp(0.7 * Math.LN2));
});
