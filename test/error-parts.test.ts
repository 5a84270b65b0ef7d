/** Errors in named parts: means over runs, totals and intervals, against numbers worked out by hand. */
import { describe, expect, it, test } from 'vitest';
import {
  asEstimate,
  ofOneRun,
  overRuns,
  type Parted,
  partedHalfWidth,
  sampled,
  totalError,
} from '../src/numeric/error-parts.js';
import { estimate } from '../src/numeric/estimate.js';
import { T95 } from './support/naive-statistics.js';

const NONE = Number.NaN;
const one = (value: number, misfit: number, range = NONE, converged = true): Parted =>
  ofOneRun(estimate(value, misfit, 40, 'fitted', converged), range);
const parted = (sampling: number, misfit: number, range: number, runs = 4): Parted => ({
  value: 1,
  runs,
  sampling,
  misfit,
  range,
  method: 'fitted',
  converged: true,
});

it('one run has no sampling error; its own error is the misfit', () => {
  expect(one(3, 0.2, 0.5)).toEqual({
    value: 3,
    runs: 1,
    sampling: NONE,
    misfit: 0.2,
    range: 0.5,
    method: 'fitted',
    converged: true,
  });
  expect(ofOneRun(estimate(3, 0.2, 40, 'fitted')).range).toBeNaN();
});

describe('over runs', () => {
  it('the mean, its standard error, and the means of the other parts', () => {
    // deviations −2, 0, 2: variance 8/2 = 4, of the mean 4/3
    const all = overRuns([one(1, 0.1, 0.3), one(3, 0.2, 0.6), one(5, 0.6, 0.9)]);
    expect(all.value).toBe(3);
    expect(all.runs).toBe(3);
    expect(all.sampling).toBeCloseTo(Math.sqrt(4 / 3), 14);
    expect(all.misfit).toBeCloseTo(0.3, 14);
    expect(all.range).toBeCloseTo(0.6, 14);
    expect([all.method, all.converged]).toEqual(['fitted', true]);
  });

  it('runs without a value are left out, parts without a number too', () => {
    const all = overRuns([one(1, 0.1), one(NONE, 0.9, 0.9, false), one(2, NONE, 0.4)]);
    expect([all.value, all.runs, all.misfit, all.range]).toEqual([1.5, 2, 0.1, 0.4]);
    expect(all.sampling).toBeCloseTo(0.5, 14);
    expect(all.converged).toBe(true);
    expect(overRuns([one(1, 0.1), one(2, 0.1)]).range).toBeNaN();
    expect(overRuns([one(1, 0.1), one(NONE, 0.1)])).toMatchObject({ value: 1, runs: 1, sampling: NONE });
  });

  it('one fit that did not converge spoils the mean; no run at all leaves nothing', () => {
    expect(overRuns([one(1, 0.1), one(2, 0.1, NONE, false)]).converged).toBe(false);
    expect(overRuns([one(NONE, 0.1), one(NONE, 0.2)])).toMatchObject({
      value: NONE,
      runs: 0,
      sampling: NONE,
      misfit: NONE,
      converged: false,
    });
  });

  it('errors that estimate the scatter over runs give way to the scatter itself', () => {
    const all = overRuns([one(1, 0.1, 0.3), one(3, 0.2, 0.6)]);
    expect(sampled(all)).toEqual({ ...all, misfit: NONE, range: NONE });
    expect(sampled(one(1, 0.1, 0.3))).toEqual(one(1, 0.1, 0.3));
  });
});

test.each([
  [parted(3, 4, 12), 13],
  [parted(NONE, 3, 4), 5],
  [parted(3, NONE, 4), 5],
  [parted(3, 4, NONE), 5],
  [parted(NONE, NONE, 2), 2],
  [parted(NONE, NONE, NONE), NONE],
])('the total of %o is %f', (p, total) => {
  if (Number.isNaN(total)) expect(totalError(p)).toBeNaN();
  else expect(totalError(p)).toBeCloseTo(total, 14);
});

describe('half of the 95 % interval', () => {
  test.each([2, 3, 4, 6])('Student’s quantile for the scatter over %i runs', (runs) => {
    expect(partedHalfWidth(parted(0.1, NONE, NONE, runs)) / (0.1 * T95[runs - 1])).toBeCloseTo(1, 4);
  });

  it('1.96 for misfit and range, all in quadrature', () => {
    expect(partedHalfWidth(parted(NONE, 0.1, NONE, 1))).toBeCloseTo(0.196, 12);
    expect(partedHalfWidth(parted(NONE, NONE, 0.2, 1))).toBeCloseTo(0.392, 12);
    expect(partedHalfWidth(parted(NONE, 0.3, 0.4, 1))).toBeCloseTo(0.98, 12);
    expect(partedHalfWidth(parted(0.1, 0.3, 0.4, 3))).toBeCloseTo(Math.hypot(0.430265, 0.98), 5);
  });

  it('is infinite where nothing is known, and scatter needs two runs', () => {
    expect(partedHalfWidth(parted(NONE, NONE, NONE))).toBe(Number.POSITIVE_INFINITY);
    expect(partedHalfWidth(parted(0.1, NONE, NONE, 1))).toBe(Number.POSITIVE_INFINITY);
  });
});

it('as an estimate: the total error, runs or observations as n, and how it was obtained', () => {
  expect(asEstimate(one(2, 3, 4), 40)).toEqual(estimate(2, 5, 40, 'fitted', true));
  expect(asEstimate(one(2, 3)).n).toBe(1);
  const all = overRuns([one(1, 0), one(3, 0)]);
  expect(asEstimate(all, 40)).toEqual(estimate(2, 1, 2, 'mean over 2 seeds of: fitted', true));
  expect(asEstimate(one(2, NONE)).converged).toBe(true);
  expect(asEstimate(one(NONE, 1)).converged).toBe(false);
  expect(asEstimate(one(2, 1, NONE, false)).converged).toBe(false);
});
