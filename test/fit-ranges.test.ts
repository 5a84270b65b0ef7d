/** What the choice of the fit range adds to the error of an exponent: votes, their spread, and when a law bends. */
import { describe, expect, it, test } from 'vitest';
import { type RangeFit, rangeSpread, silence } from '../src/analyse/trajectory/fit-ranges.js';
import { estimate } from '../src/numeric/estimate.js';

const RULE = { points: 20, width: 1 };
const row = (label: string, value: number, error = 0.01, points = 30, converged = true): RangeFit => ({
  label,
  fit: { exponent: estimate(value, error, points, 'made up', converged), points },
});

describe('a range is silent', () => {
  test.each<[string | undefined, RangeFit]>([
    ['19 points', row('a', 4, 0.01, 19)],
    [undefined, row('a', 4, 0.01, 20)],
    ['no converged fit', row('a', 4, 0.01, 30, false)],
    ['no converged fit', row('a', Number.NaN)],
    ['interval too wide', row('a', 4, 0.511)],
    [undefined, row('a', 4, 0.51)],
    ['interval too wide', row('a', 4, Number.NaN)],
    // few points are named first
    ['3 points', row('a', Number.NaN, 9, 3, false)],
  ])('%s: %o', (why, one) => {
    expect(silence(one, RULE)).toBe(why);
  });

  it('by the rule it is given', () => {
    // an interval of just this width has a voice: 1.96·0.5
    expect(silence(row('a', 4, 0.5), { points: 20, width: 0.98 })).toBeUndefined();
    expect(silence(row('a', 4, 0.3), { points: 20, width: 0.5 })).toBe('interval too wide');
    expect(silence(row('a', 4, 0.3, 9), { points: 9, width: 0.6 })).toBeUndefined();
  });
});

describe('spread', () => {
  it('is the standard deviation over the ranges that vote, whatever their own errors', () => {
    // deviations −1, 0, 1 of three votes: variance 2/2
    for (const error of [0.01, 0.5]) {
      const rows = [row('b', 4, error), row('silent', -8, 72), row('c', 5, error), row('a', 3, error)];
      const spread = rangeSpread(rows, RULE);
      expect(spread.standardError).toBeCloseTo(1, 14);
      expect(spread.votes.map((r) => r.label)).toEqual(['b', 'c', 'a']);
      expect(spread.silent.map((r) => r.label)).toEqual(['silent']);
      expect(spread.extremes!.map((r) => r.label)).toEqual(['a', 'c']);
    }
    expect(rangeSpread([row('a', 3), row('b', 4)], RULE).standardError).toBeCloseTo(Math.SQRT1_2, 14);
  });

  it('needs two votes', () => {
    for (const rows of [[], [row('a', 3)], [row('a', 3), row('b', 9, 1)]]) {
      const spread = rangeSpread(rows, RULE);
      expect(spread.standardError).toBeNaN();
      expect([spread.extremes, spread.bend]).toEqual([undefined, 0]);
      expect(spread.votes.length + spread.silent.length).toBe(rows.length);
    }
  });

  it('leaves the rows as they were', () => {
    const rows = [row('b', 4), row('a', 3)];
    rangeSpread(rows, RULE);
    expect(rows.map((r) => r.label)).toEqual(['b', 'a']);
  });

  it('the bend is what lies between the extremes beyond 1.96 joint errors, and never negative', () => {
    // √(0.03² + 0.04²) = 0.05; the errors of ranges in between do not enter
    const rows = (apart: number) => [row('m', 0.2, 0.5), row('h', apart, 0.04), row('l', 0, 0.03)];
    expect(rangeSpread(rows(1.5), RULE).bend).toBeCloseTo(1.5 - 0.098, 12);
    expect(rangeSpread([row('l', 0, 0.03), row('h', 0.09, 0.04)], RULE).bend).toBe(0);
  });
});
