import { describe, expect, it } from 'vitest';
import type { DirectionFlatness, PcaSummary } from '../src/analyse/trajectory/results.js';
import { closedDirections, explained, lastResolvedRank, scaling } from '../src/analyse/trajectory/scaling.js';
import { randomKey } from '../src/numeric/random.js';
import { thinToLogSpaced } from '../src/numeric/spacing.js';

/** A spectrum variance(i) with valleys F(i). */
function made(P: number, variance: (i: number) => number, width: (i: number) => number, resolution = 0) {
  const variances = Array.from({ length: P }, (_, k) => variance(k + 1));
  const pca = {
    variances,
    resolution,
    totalVariance: variances.reduce((a, b) => a + b),
    P,
  } satisfies Partial<PcaSummary>;
  const directions = variances.map((v, k): DirectionFlatness => {
    const F = width(k + 1);
    return {
      index: k + 1,
      variance: v,
      left: -F / 2,
      right: F / 2,
      flatness: F,
      open: null,
      slope: 0,
      curvature: 1,
      quadraticRatio: 1,
      asymmetry: 0,
      evaluations: 9,
    };
  });
  return { pca, directions, key: randomKey(1), replicates: 40 };
}

describe('scaling', () => {
  it('recovers exact exponents in the default fit and in every row of both tables', () => {
    // sigma² = i^−2.5 and F = i^(2.5/4): psi = 4
    const s = scaling(
      made(
        2500,
        (i) => i ** -2.5,
        (i) => 0.1 * i ** 0.625,
      ),
    );
    expect(s.varianceFlatness.exponent.value).toBeCloseTo(-4, 9);
    expect(s.rankLaw.exponent.value).toBeCloseTo(-2.5, 9);
    expect(s.varianceFlatnessRanges.map((r) => r.label)).toEqual([
      ...['2–50', '10–200', '20–500', '50–1000', '200–2500'].map((r) => `ranks ${r}`),
      ...['narrowest', 'middle', 'widest'].map((third) => `${third} third of F`),
      'with rank 1 and unresolved variances',
      'every direction, not thinned',
    ]);
    // 120 log-spaced ranks from 1 to 2500, without the first; their numbers in each range
    const thinned = thinToLogSpaced(Array.from({ length: 2499 }, (_, k) => k + 2), 2500, 120); // biome-ignore format: short
    const inside = (from: number, to: number) => thinned.filter((i) => i >= from && i <= to).length;
    expect(s.varianceFlatness.points).toBe(thinned.length);
    expect(s.varianceFlatnessRanges.slice(0, 5).map((r) => r.fit.points)).toEqual(
      [[2, 50], [10, 200], [20, 500], [50, 1000], [200, 2500]].map(([from, to]) => inside(from, to)),
    ); // biome-ignore format: short
    expect(s.varianceFlatnessRanges.slice(5, 8).reduce((sum, r) => sum + r.fit.points, 0)).toBe(thinned.length);
    expect(s.varianceFlatnessRanges.at(-1)!.fit.points).toBe(2499);
    const ranks = s.rankLawRanges.map((r) => r.label);
    expect(ranks).toEqual(
      ['2–20', '20–50', '20–100', '20–200', '20–500', '50–500', '100–1000'].map((r) => `ranks ${r}`),
    );
    expect(s.rankLaw.range).toEqual([20, 1250]);
    for (const row of s.varianceFlatnessRanges) {
      expect(row.fit.exponent.value).toBeCloseTo(-4, 8);
      expect(row.leastSquares).toBeCloseTo(-4, 8);
      expect(row.inverseLeastSquares).toBeCloseTo(-4, 8);
    }
    expect(s.rankLawRanges.map((r) => r.label)).toContain('ranks 20–500');
    for (const row of s.rankLawRanges) expect(row.fit.exponent.value).toBeCloseTo(-2.5, 9);
  });

  it('leaves out PC1, open valleys and unresolved variances by rule', () => {
    const input = made(
      300,
      (i) => (i === 1 ? 1e9 : i ** -2),
      (i) => Math.sqrt(i),
      1e-5,
    );
    input.directions[49] = { ...input.directions[49], variance: 1e6, right: null, flatness: null, open: 'right' };
    const s = scaling(input);
    // i^−2 > 1e-4 ⇔ i < 100; the spoiled ranks 1 and 50 would bend the line
    expect(s.varianceFlatness.exponent.value).toBeCloseTo(-4, 9);
    expect(s.varianceFlatness.range[0]).toBeCloseTo(Math.SQRT2, 9);
    expect(s.varianceFlatness.range[1]).toBeCloseTo(Math.sqrt(99), 9);
    expect(lastResolvedRank(input.pca)).toBe(99);
    expect(closedDirections(input.directions).length).toBe(299);
    const withRank1 = s.varianceFlatnessRanges.find((r) => r.label.startsWith('with rank 1'));
    expect(Math.abs((withRank1?.fit.exponent.value ?? 0) + 4)).toBeGreaterThan(0.1);
    expect(s.rankLaw.range).toEqual([20, 99]);
  });

  it('gives a run with all directions and one with the log-spaced subset the same default fit', () => {
    // a bent relation, so that weighting matters
    const all = made(
      2500,
      (i) => i ** -2 / (1 + (i / 300) ** 2),
      (i) => i ** 0.5,
    );
    const first = scaling(all).varianceFlatness;
    const used = all.directions.filter((d) => d.index === 1 || scaledRanks.has(d.index));
    const second = scaling({ ...all, directions: used }).varianceFlatness;
    expect(second.exponent).toEqual(first.exponent);
    expect(first.points).toBeLessThan(130);
    const dense = scaling(all).varianceFlatnessRanges.find((r) => r.label.includes('not thinned'));
    expect(dense?.fit.points).toBe(2499);
    expect(Math.abs((dense?.fit.exponent.value ?? 0) - first.exponent.value)).toBeGreaterThan(0.5);
  });

  it('says why there is no fit instead of failing', () => {
    const s = scaling(
      made(
        10,
        (i) => 1 / i,
        () => 1,
      ),
    );
    expect(s.rankLaw.exponent.value).toBeNaN();
    expect(s.rankLaw.exponent.method).toMatch(/no fit: resolved ranks end at 5/);
    const open = made(
      30,
      (i) => 1 / i,
      () => 1,
    );
    const none = scaling({
      ...open,
      directions: open.directions.map((d) => ({ ...d, open: 'both', flatness: null, left: null, right: null })),
    });
    expect(none.varianceFlatness.exponent.converged).toBe(false);
    expect(none.varianceFlatness.exponent.method).toMatch(/only 0 closed/);
    expect(none.varianceFlatnessRanges).toEqual([]);
  });

  it('puts the random-walk null 6/(π²j²), which sums to 1, beside the explained shares', () => {
    const K = 400;
    const variances = Array.from({ length: K }, (_, k) => (k + 1) ** -2);
    const e = explained({ variances, totalVariance: Math.PI ** 2 / 6 });
    for (const [k, f] of e.fraction.entries()) expect(f).toBeCloseTo(e.randomWalk[k], 12);
    expect(e.randomWalk[0]).toBeCloseTo(0.6079271, 7);
    expect(e.index.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, k) => k + 1));
    expect(e.index.at(-1)).toBe(K);
  });
});

/** The 120 log-spaced ranks up to 2500, retyped: the grid is refined by 1 % until 120 rounded values differ. */
const scaledRanks = (() => {
  for (let grid = 120; ; grid = Math.ceil(1.01 * grid)) {
    const set = new Set(
      Array.from({ length: grid }, (_, k) => Math.round(Math.exp((Math.log(2500) * k) / (grid - 1)))),
    );
    if (set.size >= 120) return set;
  }
})();
