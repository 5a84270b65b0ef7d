/** The anisotropy of the noise along and across a valley, with its error. */
import { expect, it } from 'vitest';
import { anisotropy, type ValleyDirection } from '../src/analyse/landscape/valley-coordinates.js';
import { estimate } from '../src/numeric/estimate.js';
import { randomKey } from '../src/numeric/random.js';

const direction = (noise: number, error: number): ValleyDirection => ({
  curvature: estimate(1, 0, 100, ''),
  slope: estimate(0, 0, 100, ''),
  noise: estimate(noise, error, 100, ''),
  curvatureVariance: estimate(1, 0, 100, ''),
});

it('is the mean of C across over C along; the error of a mean of three is a third of the root of the sum of squares', () => {
  const across = [direction(6, 0.3), direction(9, 0.4), direction(3, 1.2)];
  const { value, standardError, n } = anisotropy(across, direction(2, 0.1));
  expect(value).toBe(3);
  // 1.3/3 of 6 across, 0.1 of 2 along
  expect(standardError).toBeCloseTo(3 * Math.sqrt((1.3 / 3 / 6) ** 2 + 0.05 ** 2), 12);
  expect(n).toBe(100);
});

it('scatters by its error when its parts do', () => {
  const stream = randomKey(5).child('anisotropy').stream();
  const values = Array.from({ length: 4000 }, () => {
    const draw = (mean: number, error: number) => direction(mean + error * stream.normal(), error);
    return anisotropy([draw(6, 0.1), draw(9, 0.1), draw(3, 0.1), draw(6, 0.1)], draw(2, 0.01)).value;
  });
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const spread = Math.sqrt(values.reduce((a, v) => a + (v - mean) ** 2, 0) / values.length);
  const { standardError } = anisotropy([6, 9, 3, 6].map((v) => direction(v, 0.1)), direction(2, 0.01)); // biome-ignore format: one line
  // the spread of 4000 is known to 1.1 %
  expect(Math.abs(spread / standardError - 1)).toBeLessThan(0.05);
});
