/** [V4], [R6]: mean-square and almost-sure divergence, the tail between, against naive recursions. */
import { describe, expect, it } from 'vitest';
import { randomKey } from '../src/numeric/random.js';
import {
  almostSureRate,
  lyapunov,
  meanSquareFactor,
  meanSquareRate,
  multiplicativeVariance,
  tailExponent,
} from '../src/theory/valley/divergence.js';

/** E ln|1 − eta l| by the midpoint rule in the quantile-free form, fine enough for 1e-6. */
function naiveLyapunov(mean: number, sd: number, eta: number): number {
  let [sum, weight] = [0, 0];
  const n = 400_000;
  for (let i = 0; i < n; i++) {
    const z = -9 + (18 * (i + 0.5)) / n;
    const p = Math.exp(-0.5 * z * z);
    sum += p * Math.log(Math.abs(1 - eta * (mean + sd * z)));
    weight += p;
  }
  return sum / weight;
}

describe('exponents', () => {
  it.each([
    [1, 0.5, 0.3],
    [1, 0.5, 1],
    [1, 1.5, 0.9],
    [4, 0.1, 0.4],
  ])('Lyapunov of mean %f, deviation %f, eta %f', (mean, sd, eta) => {
    // the midpoint rule misses about 1/n of the logarithm at its singularity: 18/400000·ln
    expect(Math.abs(lyapunov({ mean, variance: sd * sd }, eta) - naiveLyapunov(mean, sd, eta))).toBeLessThan(5e-4);
  });

  it('goes over into its asymptotic form without a step, and into ln|mu| without noise', () => {
    const at = (R: number) => lyapunov({ mean: 1, variance: 1 / (2 * R) }, 0.5); // mu = ½, s² = 1/(8R): mu²/2s² = R
    // its slope there is 1/(4R²)
    expect(Math.abs(at(2000.1) - at(1999.9) - 0.2 / (4 * 2000 ** 2))).toBeLessThan(1e-10);
    expect(lyapunov({ mean: 1, variance: 0 }, 0.5)).toBe(Math.log(0.5));
  });

  it('mean square: 2 l/(l² + v)', () => {
    const l = { mean: 3, variance: 2 };
    expect(meanSquareFactor(l, meanSquareRate(l))).toBeCloseTo(1, 14);
    expect(meanSquareRate({ mean: 3, variance: 0 })).toBeCloseTo(2 / 3, 14);
  });

  it('the almost-sure line lies beyond, and meets the other where batches agree', () => {
    for (const v of [0.01, 0.3, 1, 4]) {
      const l = { mean: 1, variance: v };
      expect(almostSureRate(l)).toBeGreaterThan(meanSquareRate(l));
      expect(Math.abs(lyapunov(l, almostSureRate(l)))).toBeLessThan(1e-10);
    }
    expect(almostSureRate({ mean: 1, variance: 0 })).toBeCloseTo(2, 10);
    expect(almostSureRate({ mean: 1, variance: 1e-6 })).toBeCloseTo(2, 4);
  });

  it('tail exponent: 2 on the mean-square line, falling to 0 at the almost-sure line', () => {
    const l = { mean: 1, variance: 0.7 };
    const [ms, as] = [meanSquareRate(l), almostSureRate(l)];
    expect(tailExponent(l, ms)).toBeCloseTo(2, 6);
    expect(tailExponent(l, 0.9 * ms)).toBeGreaterThan(2);
    expect(tailExponent(l, ms + 0.98 * (as - ms))).toBeLessThan(0.1);
    expect(() => tailExponent(l, 1.01 * as)).toThrow(/no stationary law/);
  });

  it('tail exponent of rare excursions: E m^400 = 1 by the moments of the normal law', () => {
    // E m^n = mu E m^(n−1) + (n−1) s² E m^(n−2), here with mu = ½: the s² at which E m^400 = 1
    const moment = (s2: number) => {
      let [before, now] = [1, 0.5];
      for (let n = 2; n <= 400; n++) [before, now] = [now, 0.5 * now + (n - 1) * s2 * before];
      return now;
    };
    let [low, high] = [1e-4, 1e-2];
    for (let n = 0; n < 60; n++) {
      const middle = (low + high) / 2;
      if (moment(middle) < 1) low = middle;
      else high = middle;
    }
    expect(tailExponent({ mean: 1, variance: 4 * low }, 0.5)).toBeCloseTo(400, 6);
  });

  it('refuses a valley that is none', () => {
    expect(() => meanSquareRate({ mean: -1, variance: 1 })).toThrow(/positive mean curvature/);
  });
});

describe('simulated', () => {
  const l = { mean: 1, variance: 0.7 };
  /** Share of paths that leave |y| < bound within `steps`; y starts at 0 and is driven by the minimum's place. */
  const diverged = (eta: number, bound: number, steps: number, paths: number) => {
    const z = randomKey(8).stream();
    let lost = 0;
    for (let p = 0; p < paths; p++) {
      let y = 0;
      for (let t = 0; t < steps && Math.abs(y) < bound; t++) {
        const c = l.mean + Math.sqrt(l.variance) * z.normal();
        y -= eta * c * (y - 0.3 * z.normal());
      }
      if (Math.abs(y) >= bound) lost++;
    }
    return lost / paths;
  };

  it('the diverged fraction rises from 0 to 1 between the two lines', () => {
    const [ms, as] = [meanSquareRate(l), almostSureRate(l)];
    const of = (eta: number) => diverged(eta, 1e6, 2000, 400);
    // below: P(|y| > 1e6) ~ 1e6^−alpha with alpha > 2, over 2000 steps of 400 paths
    expect(of(0.97 * ms)).toBe(0);
    const middle = of(ms + 0.75 * (as - ms));
    expect(middle).toBeGreaterThan(0.05);
    expect(middle).toBeLessThan(0.95);
    // beyond: ln|y| drifts outwards by 2000·lyapunov ≫ ln 1e6
    expect(2000 * lyapunov(l, 1.1 * as)).toBeGreaterThan(2 * Math.log(1e6));
    expect(of(1.1 * as)).toBeGreaterThan(0.99);
  });

  it('stationary ⟨y²⟩ below the mean-square line [R6]', () => {
    // alpha > 4 here, so that y² has a variance
    const eta = 0.35 * meanSquareRate(l);
    expect(tailExponent(l, eta)).toBeGreaterThan(4.5);
    const z = randomKey(5).stream();
    const blocks: number[] = [];
    let y = 0;
    for (let b = 0; b < 60; b++) {
      let sum = 0;
      for (let t = 0; t < 4000; t++) {
        const c = l.mean + Math.sqrt(l.variance) * z.normal();
        y -= eta * c * (y - 0.3 * z.normal());
        sum += y * y;
      }
      if (b > 0) blocks.push(sum / 4000);
    }
    const mean = blocks.reduce((s, v) => s + v, 0) / blocks.length;
    const error = Math.sqrt(blocks.reduce((s, v) => s + (v - mean) ** 2, 0) / (blocks.length * (blocks.length - 1)));
    const exact = multiplicativeVariance(l, (1 + 0.7) * 0.09, eta);
    expect(Math.abs(mean - exact)).toBeLessThan(4 * error);
    expect(multiplicativeVariance(l, 1, meanSquareRate(l))).toBe(Number.POSITIVE_INFINITY);
  });
});
