/** The rules of the frozen layer, each threshold from both sides, and the numbers in their sentences. */
import { describe, expect, it, test } from 'vitest';
import { closure, leak } from '../src/experiments/controls/closure.js';
import { type GroupRow, groupRows } from '../src/experiments/controls/summary.js';
import { type Estimate, estimate } from '../src/numeric/estimate.js';
import { syntheticCells } from './support/controls-results.js';
import { estimatesIn } from './support/reading.js';

const [YES, NO, OPEN] = ['reproduced', 'not reproduced', 'not decidable with this run'];
const cells = syntheticCells();
const of = (value: number, error: number, n = 3): Estimate => estimate(value, error, n, 'made up');

describe('the frozen layer', () => {
  const groups = groupRows(cells);
  const group = (from: number, ratio: Estimate, change: Partial<GroupRow> = {}): GroupRow => ({
    ...groups.find((g) => g.sampling === 'shuffled' && g.from === 1)!,
    from,
    to: from + 4,
    ratios: { ...groups[0].ratios, replicas: { modes: ratio, sums: of(9, 1) }, raw: { modes: ratio, sums: of(8, 1) } },
    ...change,
  });
  const verdicts = (...ratios: Estimate[]) =>
    closure(
      ratios.map((r, k) => group(5 * k + 1, r)),
      'shuffled',
    ).map((f) => f.verdict);

  test.each([
    [1.299, 0.01, 3, YES],
    [0.701, 0.01, 3, YES],
    [1.31, 0.0022, 3, NO],
    [1.31, 0.0024, 3, OPEN], // 1.31 − 4.303·0.0024 < 1.3
    [0.69, 0.0022, 3, NO],
    [0.69, 0.0024, 3, OPEN],
    // an interval wider than the tolerance shows no agreement: 4.303·0.07 = 0.301, 12.706·0.023 = 0.292
    [1.1, 0.069, 3, YES],
    [1.1, 0.07, 3, OPEN],
    [1, 0.1, 1, OPEN],
    [1, 0.023, 2, YES],
    [1, 0.1, 2, OPEN],
    [Number.NaN, 0.1, 3, OPEN],
  ])('a ratio of %f ± %f over %i seeds: %s', (value, error, n, verdict) => {
    expect(verdicts(of(value, error, n))).toEqual([verdict, verdict]);
  });

  it('one group outside is enough; one that is undecided leaves all undecided', () => {
    const [good, bad, vague] = [of(1.1, 0.01), of(2, 0.01), of(1.4, 0.1)];
    expect(verdicts(good, bad, vague)[0]).toBe(NO);
    expect(verdicts(good, vague)[0]).toBe(OPEN);
    expect(verdicts(good, good)[0]).toBe(YES);
  });

  it('reports the group farthest from 1 in the logarithm', () => {
    const worst = (...values: number[]) =>
      closure(
        values.map((v, k) => group(5 * k + 1, of(v, 0.01))),
        'shuffled',
      )[0].measured.value;
    expect(worst(1.5, 0.6, 1.2)).toBe(0.6);
    expect(worst(0.7, 1.5)).toBe(1.5);
    expect(worst(1.1, 1.2, 1.15)).toBe(1.2);
    expect(worst(Number.NaN, 1.2)).toBe(1.2);
  });

  it('large steps alone, of the sampling named; group by group in the sentence', () => {
    const [theory, whole] = closure(groups, 'shuffled');
    expect(theory.id).toBe('controls.closure-shuffled');
    expect(theory.measured.value).toBeCloseTo(0.55, 10);
    expect(theory.verdict).toBe(NO);
    expect(estimatesIn(theory.reason).map((e) => e.value)).toEqual(
      [1.02, 0.97, 0.55, 1.03, 0.98, 0.57].map((v) => expect.closeTo(v, 2)),
    );
    expect(theory.reason).toContain('(modes 1–5), ');
    expect(theory.reason).toContain('(modes 21–60). With C averaged');
    expect(theory.reason).not.toContain('One seed');
    expect(whole.id).toBe('controls.stationary-shuffled');
    expect(whole.measured.value).toBeCloseTo(0.23, 10);
    expect(estimatesIn(whole.reason).map((e) => e.value)).toEqual([0.91, 0.61, 0.23].map((v) => expect.closeTo(v, 2)));
    expect(whole.reason).toContain(
      'In modes 6–20, 21–60 the variance is larger than these fluctuations: there is descent in it',
    );
    expect(whole.reason).not.toContain('smaller');
    expect(estimatesIn(whole.predicted!).map((e) => e.value)).toEqual(
      [1.1 * 0.95, 1.1 * 0.86, 1.1 * 0.79].map((v) => expect.closeTo(v, 2)),
    );
    const replaced = closure(groups, 'replaced');
    expect(replaced.map((f) => f.verdict)).toEqual([YES, NO]);
    expect(replaced[0].measured.value).toBeCloseTo(1.13, 10);
    expect(
      closure(
        groups.filter((g) => g.sampling === 'shuffled'),
        'replaced',
      ),
    ).toEqual([]);
    expect(closure([group(1, of(1.1, 0.1, 1))], 'shuffled')[0].reason).toContain('One seed has no error');
    expect(closure([group(1, of(1.1, 0.01))], 'shuffled')[1].reason).not.toContain('descent');
  });

  it('the sentence names the groups that are off, and no other', () => {
    const said = (...ratios: Estimate[]) =>
      closure(
        ratios.map((r, k) => group(5 * k + 1, r)),
        'shuffled',
      )[1].reason.split(' In modes ');
    expect(said(of(0.2, 0.01), of(1, 0.01), of(1.1, 0.01)).slice(1)).toEqual([expect.stringMatching(/^1–5 .*descent/)]);
    expect(said(of(1, 0.01), of(1, 0.01), of(2, 0.01)).slice(1)).toEqual([
      '11–15 the variance is smaller than predicted.',
    ]);
    // a group whose interval reaches into the tolerance is not named
    expect(said(of(1, 0.01), of(0.6, 0.1), of(1.6, 0.2)).length).toBe(1);
    expect(said(of(0.2, 0.01), of(1.6, 0.01), of(0.3, 0.01)).slice(1)).toEqual([
      expect.stringMatching(/^1–5, 11–15 .*descent/),
      expect.stringMatching(/^6–10 .*smaller/),
    ]);
  });

  describe('what the theory leaves out', () => {
    it('is asked in the worst group: fixed noise there, and a fifth of the steps there', () => {
      const [fixed, small] = leak(groups);
      expect(fixed.id).toBe('controls.leak-fixed-noise');
      expect(fixed.measured.value).toBeCloseTo(1.08, 10);
      expect(fixed.unit).toBe('predicted over measured, modes 21–60');
      expect(fixed.verdict).toBe(YES);
      expect(estimatesIn(fixed.reason).map((e) => e.value)).toEqual([0.55, 1.08].map((v) => expect.closeTo(v, 2)));
      expect(fixed.reason).toContain('at eta = 0.10.');
      expect(small.id).toBe('controls.leak-small-steps');
      expect(small.measured.value).toBeCloseTo(0.89, 10);
      expect(small.range).toMatch(/^eta = 0.020, other layers frozen/);
      expect(small.verdict).toBe(YES);
      expect(small.reason).toContain('Here only the steps are smaller.');
    });
    it('is not asked where nothing is off', () => {
      const fine = groups.map((g) => ({
        ...g,
        ratios: { ...g.ratios, replicas: { modes: of(1.1, 0.01), sums: of(1, 1) } },
      }));
      const [fixed, small] = leak(fine);
      expect(fixed.reason).toContain('there is nothing to explain');
      expect(fixed.verdict).toBe(YES);
      expect(small.verdict).toBe(OPEN);
    });
    it('needs its cells', () => {
      expect(leak(groups.filter((g) => g.sampling === 'replaced'))).toEqual([]);
      expect(leak(groups.filter((g) => g.learningRate > 0.05)).map((f) => f.id)).toEqual(['controls.leak-fixed-noise']);
      expect(leak(groups.map((g) => ({ ...g, fixed: undefined }))).map((f) => f.id)).toEqual([
        'controls.leak-small-steps',
      ]);
    });
  });

  it('rows: large steps first, replaced before shuffled; means over seeds', () => {
    expect(groups.map((g) => [g.sampling, g.learningRate, g.from])).toEqual([
      ...[1, 6, 21].map((f) => ['replaced', 0.1, f]),
      ...[1, 6, 21].map((f) => ['shuffled', 0.1, f]),
      ...[1, 6, 21].map((f) => ['shuffled', 0.02, f]),
    ]);
    expect(groups[1].curvature).toEqual([expect.closeTo(2 / 6, 10), expect.closeTo(2 / 20, 10)]);
    expect(groups[4].fixed).toMatchObject({ value: expect.closeTo(0.94, 10), n: 3 });
    expect(groups[1].fixed).toBeUndefined();
    expect(groups[7].fixed).toBeUndefined();
    const reversed = groupRows([...cells].reverse());
    expect(reversed.map((g) => [g.sampling, g.learningRate])).toEqual(groups.map((g) => [g.sampling, g.learningRate]));
  });
});
