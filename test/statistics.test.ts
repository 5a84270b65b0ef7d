import { describe, expect, it } from 'vitest';
import { bootstrap, defaultBlockLength, movingBlockIndices } from '../src/numeric/bootstrap.js';
import { randomKey } from '../src/numeric/random.js';
import { logSpaced, thinToLogSpaced } from '../src/numeric/spacing.js';
import {
  mean,
  median,
  pearson,
  quantile,
  ranks,
  spearman,
  standardDeviation,
  variance,
} from '../src/numeric/statistics.js';

describe('moments and quantiles', () => {
  it('gives the population variance (n²−1)/12 of 1 … n, and the unbiased one n(n+1)/12', () => {
    const x = Array.from({ length: 9 }, (_, i) => i + 1);
    expect(mean(x)).toBe(5);
    expect(variance(x)).toBeCloseTo(80 / 12, 14);
    expect(variance(x, 1)).toBeCloseTo(90 / 12, 14);
    expect(standardDeviation(x) ** 2).toBeCloseTo(80 / 12, 14);
  });

  it('keeps the variance of small fluctuations about a large mean', () => {
    expect(variance([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16])).toBe(22.5);
  });

  it('interpolates quantiles as NumPy does', () => {
    // numpy.quantile([3, 1, 4, 1, 5, 9, 2, 6], [0, 0.25, 0.5, 0.9, 1])
    const x = [3, 1, 4, 1, 5, 9, 2, 6];
    [1, 1.75, 3.5, 6.9, 9].forEach((answer, k) => {
      expect(quantile(x, [0, 0.25, 0.5, 0.9, 1][k])).toBeCloseTo(answer, 12);
    });
    expect(median([])).toBeNaN();
    expect(() => median([1, Number.NaN])).toThrow(/NaN/);
  });

  it('ranks with ties and correlates ranks', () => {
    expect([...ranks([10, 30, 20, 20])]).toEqual([1, 4, 2.5, 2.5]);
    expect(spearman([1, 2, 3, 4], [1, 8, 27, 64])).toBeCloseTo(1, 14);
    // 1 − 6 Σd²/(n(n²−1)) without ties: d = 1, 1, 0, 1, 1
    expect(spearman([1, 2, 3, 4, 5], [20, 10, 30, 60, 40])).toBeCloseTo(1 - (6 * 4) / 120, 14);
    expect(pearson([0, 1, 2], [5, 3, 1])).toBeCloseTo(-1, 14);
  });
});

describe('moving-block bootstrap', () => {
  it('draws whole blocks of consecutive points', () => {
    const indices = movingBlockIndices(50, 7, randomKey(1).stream());
    expect(indices.length).toBe(50);
    for (let i = 0; i < 50; i++) {
      expect(indices[i]).toBeLessThan(50);
      if (i % 7) expect(indices[i]).toBe(indices[i - 1] + 1);
    }
    expect(defaultBlockLength(120)).toBe(5);
    expect(defaultBlockLength(2500)).toBe(14);
  });

  it('gives s/√n for the mean of independent points, block length 1', () => {
    const s = randomKey(5).stream();
    const n = 400;
    const x = Array.from({ length: n }, () => s.normal());
    const result = bootstrap(n, (i) => [mean(Array.from(i, (k) => x[k]))], {
      key: randomKey(6),
      blockLength: 1,
      replicates: 2000,
    });
    // exact bootstrap answer for THESE data; the spread of a standard deviation over 2000 replicates is 1/√4000 = 1.6 %
    expect(Math.abs(result.standardError[0] / (standardDeviation(x) / Math.sqrt(n)) - 1)).toBeLessThan(4 * 0.016);
    expect(result.interval[0][1] - result.interval[0][0]).toBeCloseTo(2 * 1.96 * result.standardError[0], 1);
  });

  it('sees the dependence of an AR(1) series that single points hide', () => {
    const a = 0.6;
    const n = 4096;
    const s = randomKey(8).stream();
    const x = new Float64Array(n);
    for (let i = 1; i < n; i++) x[i] = a * x[i - 1] + s.normal();
    const se = (blockLength: number) =>
      bootstrap(n, (i) => [mean(Array.from(i, (k) => x[k]))], { key: randomKey(9), blockLength, replicates: 800 })
        .standardError[0];
    const truth = 1 / (1 - a) / Math.sqrt(n); // long-run standard deviation of AR(1)
    // blocks of 64 miss a share ~ 2a/(1−a²)/64 of the variance (3 %); 64 blocks and 800 replicates scatter by 9 %
    expect(Math.abs(se(64) / truth - 1)).toBeLessThan(0.3);
    expect(se(1) / truth).toBeLessThan(0.6); // √((1−a)/(1+a)) = 0.5
  });

  it('repeats itself, whatever was drawn before, and refuses impossible blocks', () => {
    const run = () => bootstrap(30, (i) => [i[0]], { key: randomKey(4), replicates: 50 }).standardError;
    expect(run()).toEqual(run());
    expect(() => bootstrap(5, () => [0], { key: randomKey(1), blockLength: 6 })).toThrow(/block/);
    expect(() => bootstrap(1, () => [0], { key: randomKey(1) })).toThrow(/2 points/);
  });

  it('counts replicates without a value and gives up below half of them', () => {
    const result = bootstrap(20, (i) => [i[0] < 10 ? i[0] : Number.NaN, Number.NaN], {
      key: randomKey(2),
      replicates: 200,
      blockLength: 1,
    });
    expect(result.finite[0]).toBeGreaterThan(60);
    expect(result.finite[0]).toBeLessThan(140);
    expect(result.standardError[1]).toBeNaN();
  });
});

describe('log spacing', () => {
  it('spaces whole numbers evenly in the logarithm and finds as many as asked for', () => {
    expect(logSpaced(1000, 4)).toEqual([1, 10, 100, 1000]);
    expect(logSpaced(3, 30)).toEqual([1, 2, 3]);
    const ranks = logSpaced(2500, 120);
    expect(ranks.length).toBeGreaterThanOrEqual(120);
    expect(ranks.length).toBeLessThanOrEqual(122);
    expect([ranks[0], ranks.at(-1)]).toEqual([1, 2500]);
    const steps = ranks
      .slice(-60)
      .map((r, k, all) => (k ? r / all[k - 1] : 0))
      .slice(1);
    expect(Math.max(...steps) / Math.min(...steps)).toBeLessThan(1.03);
    expect(() => logSpaced(3, 10, 5)).toThrow(/first ≤ last/);
  });

  it('thins a dense list to log spacing and leaves a log-spaced one alone', () => {
    const ranks = logSpaced(500, 40);
    expect(thinToLogSpaced(ranks, 500, 40)).toEqual(ranks);
    const dense = Array.from({ length: 500 }, (_, i) => i + 1);
    expect(thinToLogSpaced(dense, 500, 40)).toEqual(ranks);
    const holes = dense.filter((r) => r % 7 !== 0);
    const thinned = thinToLogSpaced(holes, 500, 40);
    expect(thinned.every((r) => holes.includes(r))).toBe(true);
    expect(thinned.length).toBeGreaterThan(34);
    expect(thinToLogSpaced([], 10, 5)).toEqual([]);
  });
});
