/** Arithmetic of estimates, means over seeds, intervals, and the rule by which findings are decided. */
import { describe, expect, it } from 'vitest';
import {
  divided,
  type Estimate,
  estimate,
  meanOf,
  minus,
  missing,
  negated,
  quotient,
  scaled,
  shifted,
} from '../src/numeric/estimate.js';
import { halfWidth, normalHalfWidth } from '../src/numeric/interval.js';
import { randomKey } from '../src/numeric/random.js';
import { chanceOf, overSeeds, pairedDifference } from '../src/numeric/seeds.js';
import { compatible, decide, few, side, signVerdict, UNDECIDED, verdictOf } from '../src/report/deciding.js';

const e = (value: number, error: number, n = 100): Estimate => estimate(value, error, n, 'made');

describe('arithmetic of estimates', () => {
  it('keeps sample size, method and convergence, and no error is ever negative', () => {
    const a = estimate(-3, 0.5, 7, 'counted', false);
    for (const [got, value, error] of [
      [scaled(a, -2), 6, 1],
      [divided(a, -4), 0.75, 0.125],
      [negated(a), 3, 0.5],
      [shifted(a, 1), -2, 0.5],
      [minus(a, e(1, 0)), -4, 0.5],
    ] as const) {
      expect(got).toEqual({ value, standardError: error, n: 7, method: 'counted', converged: false });
    }
  });

  it('differences and ratios scatter as their errors say', () => {
    const stream = randomKey(5).stream();
    const [a, b] = [e(3, 0.02), e(-4, 0.05)];
    const draw = (x: Estimate) => x.value + x.standardError * stream.normal();
    const pairs = Array.from({ length: 20_000 }, () => [draw(a), draw(b)] as const);
    const spread = (values: number[]) => {
      const m = values.reduce((s, v) => s + v, 0) / values.length;
      return Math.sqrt(values.reduce((s, v) => s + (v - m) ** 2, 0) / values.length);
    };
    // a standard deviation of n draws is off by 1/√(2n) = 0.5 %: four of these
    expect(Math.abs(spread(pairs.map(([x, y]) => x - y)) / minus(a, b).standardError - 1)).toBeLessThan(0.02);
    expect(Math.abs(spread(pairs.map(([x, y]) => x / y)) / quotient(a, b).standardError - 1)).toBeLessThan(0.02);
    expect(quotient(a, b).value).toBe(-0.75);
  });

  it('means have the error of the mean', () => {
    expect(meanOf([1, 2, 3, 6], 'm')).toEqual(estimate(3, Math.sqrt(14 / 3 / 4), 4, 'm'));
    expect(meanOf([1], 'm').standardError).toBeNaN();
    expect(missing('nothing there')).toEqual(estimate(Number.NaN, Number.NaN, 0, 'nothing there', false));
  });
});

describe('over seeds', () => {
  it('values that are not finite are left out, and one seed has the error of its own fit', () => {
    expect(overSeeds([1, Number.NaN, 3])).toMatchObject({ value: 2, standardError: 1, n: 2, converged: true });
    expect(overSeeds([Number.NaN, 5], [9, 0.3])).toMatchObject({
      value: 5,
      standardError: 0.3,
      n: 1,
      converged: false,
    });
    expect(overSeeds([5]).standardError).toBeNaN();
    expect(overSeeds([Number.NaN])).toMatchObject({ n: 0, converged: false });
  });

  it('differences are taken within seeds: what the seeds have in common cancels', () => {
    const a = { seeds: [0, 1, 2], values: [10, 20, 31] };
    const b = { seeds: [2, 5, 0], values: [30, 7, 9] };
    expect(pairedDifference(a, b)).toMatchObject({ value: 1, standardError: 0, n: 2 });
    expect(pairedDifference(a, { seeds: [7], values: [1] }).n).toBe(0);
  });

  it('chances and intervals are those of Student', () => {
    expect(halfWidth(e(0, 2, 5))).toBeCloseTo(2 * 2.776445, 5); // t of 4 degrees, from tables
    expect(halfWidth(e(0, 2, 5), 3)).toBe(6);
    expect(halfWidth(e(0, 2, 1))).toBe(Number.POSITIVE_INFINITY);
    expect(normalHalfWidth(e(0, 2, 5))).toBe(3.92);
    expect(chanceOf(e(2.776445, 1, 5))).toBeCloseTo(0.05, 6);
  });
});

describe('the rule of deciding', () => {
  const half = 0.2;
  it('needs the value within the tolerance, or the whole interval beyond it', () => {
    const found = (value: number) => decide(e(value, 0.1), 1, { tolerance: 0.25, half });
    expect([1.2, 0.8].map(found)).toEqual(['agrees', 'agrees']);
    expect([1.3, 0.6].map(found)).toEqual(['undecided', 'undecided']);
    expect([1.5, 0.5].map(found)).toEqual(['differs', 'differs']);
  });

  it('may ask the interval to miss the stated value alone', () => {
    const found = (value: number, tolerance: number) => decide(e(value, 0.1), 1, { tolerance, half, misses: 'stated' });
    expect(found(1.3, 0.25)).toBe('differs');
    expect(found(1.15, 0.1)).toBe('undecided');
    expect(found(1.25, 0.3)).toBe('agrees'); // within the tolerance, though the interval misses 1
  });

  it('may take a narrow interval about the stated value for agreement, and a wide one for none', () => {
    const found = (value: number, half: number) =>
      decide(e(value, 0.1), 0, { tolerance: 0.1, half, misses: 'stated', widest: 0.5 });
    expect(found(0.4, 0.45)).toBe('agrees');
    expect(found(0.05, 0.6)).toBe('undecided');
    expect(found(2, 0.6)).toBe('differs');
    expect(compatible(e(0.4, 0.1), 0, 0.1, 0.45)).toBe(true);
    expect(compatible(e(0.46, 0.1), 0, 0.1, 0.45)).toBe(false);
    expect(compatible(e(0.46, 0.1), 0, 0.5, 0.45)).toBe(true);
  });

  it("uses Student's interval over seeds unless told otherwise, and one seed decides nothing", () => {
    expect(decide(e(1.5, 0.1, 5), 1, { tolerance: 0.2 })).toBe('differs'); // 0.5 − 0.278 > 0.2
    expect(decide(e(1.5, 0.1, 2), 1, { tolerance: 0.2 })).toBe('undecided'); // 12.7 standard errors
    expect(decide(e(1, 0.1, 1), 1, { tolerance: 0.2 })).toBe('undecided');
    expect(decide(e(1, Number.NaN), 1, { tolerance: 0.2 })).toBe('undecided');
    expect(decide(e(Number.NaN, 0.1), 1, { tolerance: 0.2 })).toBe('undecided');
    expect(compatible(e(1, Number.NaN), 1, 0.2)).toBe(false);
  });

  it('signs need the interval on their side', () => {
    expect([side(e(-0.3, 0.1), half), side(e(-0.1, 0.1), half), side(e(0.3, 0.1), half)]).toEqual([-1, 0, 1]);
    const found = (value: number, narrow?: number) =>
      signVerdict(e(value, 0.1), -1, { half, ...(narrow !== undefined && { narrow }) });
    expect(found(-0.3)).toBe('reproduced');
    expect(found(0.3)).toBe('not reproduced');
    expect(found(-0.1)).toBe(UNDECIDED);
    expect(found(-0.1, 0.2)).toBe('not reproduced'); // so narrow about 0 that there is no effect
    expect(signVerdict(e(-3, Number.NaN, 1), -1)).toBe(UNDECIDED);
  });

  it('a claim on several numbers falls with one and stays open with one', () => {
    expect(verdictOf('agrees', 'agrees')).toBe('reproduced');
    expect(verdictOf('agrees', 'undecided')).toBe(UNDECIDED);
    expect(verdictOf('undecided', 'differs')).toBe('not reproduced');
    expect(verdictOf()).toBe(UNDECIDED);
    expect(few({ ...e(1, 1, 1), n: 0 })).toBe('No seed gave a number.');
    expect(few(e(1, 1, 1))).toMatch(/One seed/);
    expect(few(e(1, 1, 3))).toMatch(/3 seeds/);
  });
});
