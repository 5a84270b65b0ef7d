/** The noise scale from two batch sizes on a law whose scale is known. */
import { describe, expect, it } from 'vitest';
import { scaleInterval, twoBatchNoise } from '../src/analyse/noise/noise-two-batches.js';
import { randomKey } from '../src/numeric/random.js';

/** |G|² of batches of skewed samples: g_k = g + (e − 1)·s per coordinate, e exponential: covariance s² per coordinate. */
function squares(g: readonly number[], s: number, size: number, count: number, seed: number): number[] {
  const stream = randomKey(seed).stream();
  return Array.from({ length: count }, () =>
    g.reduce((sum, mean) => {
      let x = 0;
      for (let k = 0; k < size; k++) x += mean + s * (-Math.log(1 - stream.uniform()) - 1);
      return sum + (x / size) ** 2;
    }, 0),
  );
}

const draw = (seed: number, g = [0.3, -0.4, 0]) => ({
  smallSize: 4,
  small: squares(g, 0.7, 4, 60, seed),
  bigSize: 40,
  big: squares(g, 0.7, 40, 30, 1000 + seed),
});

describe('|g|² = 0.25 and Tr C1 = 1.47', () => {
  const all = Array.from({ length: 400 }, (_, k) => twoBatchNoise(draw(k)));
  const average = (of: (n: (typeof all)[number]) => number) => all.reduce((s, n) => s + of(n) / all.length, 0);

  it('are estimated without bias', () => {
    // 400 estimates: their mean is known to a 20th of one error
    const g = average((n) => n.squaredGradient.value);
    const t = average((n) => n.trace.value);
    expect(Math.abs(g - 0.25)).toBeLessThan((4 * average((n) => n.squaredGradient.standardError)) / 20);
    expect(Math.abs(t - 1.47)).toBeLessThan((4 * average((n) => n.trace.standardError)) / 20);
    expect(average((n) => n.trace.standardError)).toBeLessThan(1.47 / 3); // it does say something
  });

  it('with errors that are those of repetition, and an interval that covers', () => {
    const spread = Math.sqrt(average((n) => (n.squaredGradient.value - 0.25) ** 2));
    expect(spread / average((n) => n.squaredGradient.standardError)).toBeGreaterThan(0.85);
    expect(spread / average((n) => n.squaredGradient.standardError)).toBeLessThan(1.15);
    const covered = average((n) => Number(n.interval[0] < 5.88 && 5.88 < n.interval[1]));
    // 95 % ± 1.1 % of 400, and skewed squares of 30 batches
    expect(covered).toBeGreaterThan(0.9);
    expect(covered).toBeLessThanOrEqual(0.99);
  });
});

it('a zero gradient has no scale, only a lower bound', () => {
  const found = twoBatchNoise(draw(3, [0, 0, 0]));
  expect(found.scale.converged).toBe(false);
  expect(found.interval[1]).toBe(Number.POSITIVE_INFINITY);
  expect(found.interval[0]).toBeGreaterThan(10);
  expect(scaleInterval(0.1, 0.01)[1]).toBeCloseTo(1 / (0.1 - 0.0196), 10);
  expect(scaleInterval(-1, 0.1)[0]).toBe(Number.POSITIVE_INFINITY);
});

it('where batches hardly differ from one another the scale may be anything', () => {
  // |G|² alike in both sizes: Tr C1 = 0 ± 0.2, |g|² = 1, so that the scale lies somewhere between 0 and 0.4
  const wave = (count: number, offset: number) => Array.from({ length: count }, (_, k) => 1 + offset + 0.3 * (k % 2));
  for (const offset of [0.02, 0, -0.02]) {
    const found = twoBatchNoise({ smallSize: 4, small: wave(60, offset), bigSize: 40, big: wave(30, 0) });
    expect(found.scale.converged).toBe(false);
    expect(found.interval).toEqual([0, Number.POSITIVE_INFINITY]);
  }
});

it('refuses one size and too few batches', () => {
  expect(() => twoBatchNoise({ ...draw(1), bigSize: 4 })).toThrow(/the second larger/);
  expect(() => twoBatchNoise({ ...draw(1), big: [1, 2] })).toThrow(/at least 4/);
});
