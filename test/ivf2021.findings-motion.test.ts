/** The rules of widths, drift, diffusion and quadratic valleys, each threshold from both sides, and the numbers in their sentences. */
import { describe, expect, it, test } from 'vitest';
import type { DirectionDynamics, DirectionFlatness } from '../src/analyse/trajectory/results.js';
import { estimate } from '../src/numeric/estimate.js';
import { direction, find, follow, upTo } from './support/ivf2021-input.js';
import { estimatesIn, numbersIn } from './support/reading.js';

const [YES, , NO, OPEN] = [
  'reproduced',
  'reproduced with another exponent',
  'not reproduced',
  'not decidable with this run',
];

describe('flatness and rank', () => {
  /** Widths in the order of rank, but for the first m after rank 1, which are reversed: rho = 1 − 2m(m²−1)/(n(n²−1)). */
  const reversed = (n: number, m: number) =>
    upTo(n + 1, (i) => direction(i, { flatness: i === 1 ? 1e9 : i - 1 <= m ? m + 2 - i : i - 1, variance: 1 }));
  const of = (directions: DirectionFlatness[], pca = {}) => find('flatness-rank', { flatness: { directions }, pca });

  it('Spearman’s rho at a half', () => {
    const [above, below] = [of(reversed(200, 125)), of(reversed(200, 126))];
    expect(above.measured.value).toBeCloseTo(1 - (2 * 125 * (125 ** 2 - 1)) / (200 * (200 ** 2 - 1)), 12);
    expect(above.measured.value).toBeGreaterThan(0.5);
    expect(below.measured.value).toBeLessThan(0.5);
    expect([above.verdict, below.verdict]).toEqual([YES, NO]);
    expect(above.measured.standardError).toBeLessThan(0.25);
    expect(above.measured.n).toBe(200);
    expect(above.reason).toContain('rho = 0.51 ± ');
    expect(above.reason).toContain('It uses 200 closed directions; the 0 open ones');
    expect(above.measured.method).toMatch(
      /^Spearman's rank correlation, moving-block bootstrap \(400 replicates, blocks of 6\)/,
    );
  });

  it('a rho above a half that its error does not tell from zero is not enough', () => {
    const f = of(reversed(20, 12));
    expect(f.measured.value).toBeGreaterThanOrEqual(0.5);
    expect(f.measured.value).toBeLessThan(1.96 * f.measured.standardError);
    expect(f.verdict).toBe(NO);
  });

  it('asks for twenty closed, resolved directions of rank 2 and more', () => {
    expect(of(reversed(20, 0)).verdict).toBe(YES);
    const short = of(reversed(19, 0));
    expect(short.verdict).toBe(OPEN);
    expect(short.reason).toBe('Only 19 closed directions; the rule asks for 20.');
    const some = reversed(22, 0).map((d) =>
      d.index === 5 ? { ...d, open: 'left' as const, flatness: null } : d.index === 6 ? { ...d, variance: 9e-9 } : d,
    );
    expect(of(some).measured.n).toBe(20);
    expect(of(some).reason).toContain('It uses 20 closed directions; the 1 open ones');
    // ten resolutions are not resolved, a little more is
    expect(of(some.map((d) => (d.index === 7 ? { ...d, variance: 1e-8 } : d))).measured.n).toBe(19);
    expect(of(some.map((d) => (d.index === 7 ? { ...d, variance: 1.01e-8 } : d))).measured.n).toBe(20);
    expect(of([]).measured.value).toBeNaN();
    expect(of(reversed(1, 0)).measured.n).toBe(1);
  });
});

describe('the first direction', () => {
  const with1 =
    (d: DirectionDynamics[], pca = {}) =>
    (id: string) =>
      find(id, { dynamics: d as never, pca });

  test.each([
    [0.5, 10_000, YES],
    [-0.5, 10_000, YES],
    [0.499, 10_000, NO],
    // five times a random direction: 5/√80 = 0.559
    [0.56, 80, YES],
    [0.558, 80, NO],
    [Number.NaN, 80, OPEN],
  ])('|cos| = %f among %i weights: %s', (cos, P, verdict) => {
    const f = with1([follow(1, 2, 0.03, cos)], { P })('drift-aligned');
    expect(f.verdict).toBe(verdict);
    if (verdict === OPEN) return;
    expect(f.measured.value).toBe(Math.abs(cos));
    const [shown, times] = numbersIn(f.reason.split(' = ')[1]);
    expect(shown).toBeCloseTo(Math.abs(cos), 3);
    expect(times / (Math.abs(cos) * Math.sqrt(P))).toBeCloseTo(1, 1);
    expect(numbersIn(f.predicted!)[0]).toBeCloseTo(1 / Math.sqrt(P), 2);
  });

  test.each([
    [1.81, 0.03, YES],
    [1.79, 0.03, NO],
    [2.19, 0.03, YES],
    [2.21, 0.03, NO],
    // 1.96 errors where these are more than 0.2
    [1.71, 0.15, YES],
    [1.7, 0.15, NO],
    [2, 0.25, YES],
    [2, 0.251, OPEN],
    [2, Number.NaN, OPEN],
  ])('exponent %f ± %f of the displacement: %s', (alpha, error, verdict) => {
    const f = with1([follow(1, alpha, error)])('drift-ballistic');
    expect(f.verdict).toBe(verdict);
    if (verdict === OPEN) return expect(f.reason).toContain('no usable error (lags 1 … 100, jackknife)');
    expect(f.measured).toMatchObject({ value: alpha, standardError: error });
    expect(numbersIn(f.reason.split('tolerance ')[1])[0]).toBeCloseTo(Math.max(0.2, 1.96 * error), 2);
    expect(f.reason).toContain('theta_1 drifts by (4.360 ± 0.021) × 10⁻⁵ per step.');
    expect(f.range).toBe('the window of 12\u202f000 steps, lags 1 … 100, jackknife');
  });

  // 6/π² = 0.6079; three standard deviations of the null, 3·0.6079·√(2/200) = 0.1824
  test.each([
    [0.7906, YES],
    [0.79, OPEN],
    [0.426, OPEN],
    [0.425, NO],
  ])('a share of %f: %s', (share, verdict) => {
    const f = with1([follow(1, 2)], { P: 200, variances: [share, 0.1], totalVariance: 1 })('drift-share');
    expect(f.verdict).toBe(verdict);
    expect(f.measured).toMatchObject({ value: share, n: 12_000 });
    expect(f.reason).toMatch(/^PC1 holds .* % of the variance in the window of 12\u202f000 steps/);
    expect(numbersIn(f.reason)[0]).toBeCloseTo(100 * share, 0);
    expect(f.reason).toContain('a random walk would put 60.8 % there, and three of its standard deviations are 18 %.');
    expect(f.predicted).toContain('= 0.608 ± 0.06');
  });

  it('without it, or without motion, nothing is decided', () => {
    const none = with1([follow(2, 1)]);
    expect(none('drift-aligned')).toMatchObject({
      verdict: OPEN,
      reason: 'PC1 was not among the directions followed.',
    });
    expect(none('drift-ballistic').verdict).toBe(OPEN);
    expect(find('drift-share', { pca: { variances: [0], totalVariance: 0 } }).verdict).toBe(OPEN);
    expect(find('drift-share', { pca: { variances: [0], totalVariance: 1 } }).verdict).toBe(OPEN);
  });
});

describe('diffusion of the others', () => {
  const of = (alphas: number[], from = 10, change: (k: number) => Partial<DirectionDynamics> = () => ({})) =>
    find('diffuse', { dynamics: alphas.map((a, k) => ({ ...follow(from + k, a), ...change(k) })) as never });
  const same = (a: number, n = 10) => new Array<number>(n).fill(a);

  test.each([
    [0.81, YES],
    [0.79, NO],
    [1.19, YES],
    [1.21, NO],
  ])('median exponent %f: %s', (alpha, verdict) => {
    const f = of(same(alpha));
    expect(f.verdict).toBe(verdict);
    expect(f.measured.value).toBe(alpha);
    expect(f.reason).toContain(`Median exponent ${alpha}`);
    expect(f.reason).toContain('of 10 directions against 1, tolerance 0.20');
    expect(f.reason.includes(' it lies ')).toBe(verdict === NO);
  });

  it('is the median, with an error that widens the tolerance', () => {
    const spread = upTo(11, (k) => (k <= 5 ? 0.2 : k === 6 ? 1.3 : 2.4));
    const f = of(spread);
    expect(f.measured.value).toBe(1.3);
    expect(f.measured.standardError).toBeGreaterThan(0.2);
    expect(f.verdict).toBe(YES);
    expect(numbersIn(f.reason.split('tolerance ')[1])[0] / (1.96 * f.measured.standardError)).toBeCloseTo(1, 1);
  });

  it('does not depend on the order of the directions', () => {
    const some = upTo(15, (k) => follow(9 + k, 1 + 0.1 * Math.sin(k * k)));
    const of_ = (dynamics: DirectionDynamics[]) => find('diffuse', { dynamics: dynamics as never });
    const mixed = [...some].sort((a, b) => Math.sin(7 * a.index) - Math.sin(7 * b.index));
    expect(of_(mixed)).toEqual(of_(some));
    expect(of_([...some].reverse())).toEqual(of_(some));
  });

  it('asks for ten of ranks 10 to 100, both included', () => {
    expect(of(same(1, 9)).verdict).toBe(OPEN);
    expect(of(same(1, 9)).reason).toBe(
      'Only 9 directions between ranks 10 and 100 were followed; the rule asks for 10.',
    );
    expect(of(same(1, 10), 9).measured.n).toBe(9);
    expect(of(same(1, 10), 91).measured.n).toBe(10);
    expect(of(same(1, 10), 92).measured.n).toBe(9);
    expect(of([1]).measured.value).toBeNaN();
    expect(of([1], 200).range).toBe('none');
    expect(of([...same(1), Number.NaN]).measured.n).toBe(10);
  });

  it('says to which side it is off, how many curves bend, and over which lags', () => {
    expect(of(same(0.3)).reason).toMatch(/it lies below it: confined/);
    expect(of(same(1.7)).reason).toMatch(/it lies above it: it drifts/);
    const f = of(same(1), 10, (k) =>
      k < 3 ? { msdExponent: estimate(1, 0.1, 9, 'lags 1 … 100, jackknife', false) } : {},
    );
    expect(f.reason).toContain('3 of the 10 curves bend');
    expect(f.range).toBe('PCs 10–100, lags 1 … 100');
  });
});

describe('quadratic valleys', () => {
  const of = (ratio: number, n = 20, more: DirectionFlatness[] = []) =>
    find('quadratic', {
      flatness: { directions: [...upTo(n, (i) => direction(i, { quadraticRatio: ratio })), ...more] },
    });

  test.each([
    [0.91, YES],
    [0.89, NO],
    [1.09, YES],
    [1.11, NO],
  ])('median ratio %f: %s', (ratio, verdict) => {
    const f = of(ratio);
    expect(f.verdict).toBe(verdict);
    expect(f.measured).toMatchObject({ value: ratio, n: 20 });
    const text = verdict === YES ? 'within 10 % of 1, so widths can be' : 'outside 10 % of 1, so widths cannot be';
    expect(f.reason).toContain(text);
    expect(f.reason).toContain('at loss 4.83 × 10⁻⁵.');
    expect(estimatesIn(f.reason)[0].value).toBe(ratio);
  });

  it('asks for twenty closed ones of positive curvature', () => {
    expect(of(1, 19).verdict).toBe(OPEN);
    expect(
      of(1, 19, [direction(20, { quadraticRatio: Number.NaN }), direction(21, { open: 'both', flatness: null })])
        .reason,
    ).toBe('Only 19 closed directions with positive curvature; the rule asks for 20.');
    expect(of(1, 1).measured.value).toBeNaN();
  });

  it('predicts √(ln f/(f−1)) for a valley whose logarithm is quadratic', () => {
    expect(numbersIn(of(1).predicted!)[1]).toBeCloseTo(1 / Math.sqrt(Math.E - 1), 3);
    const f = find('quadratic', { flatness: { factor: 2 } });
    expect(numbersIn(f.predicted!)[1]).toBeCloseTo(Math.sqrt(Math.LN2), 3);
    expect(f.claim).toContain('out to 2 times its loss');
  });
});
