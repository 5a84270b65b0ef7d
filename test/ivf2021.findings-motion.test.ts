/** The rules of widths, drift, diffusion and quadratic valleys, each threshold from both sides, and the numbers in their sentences. */
import { describe, expect, it, test } from 'vitest';
import type { DirectionDynamics, DirectionFlatness } from '../src/analyse/trajectory/results.js';
import { estimate } from '../src/numeric/estimate.js';
import { direction, draws, find, findOver, follow, form, upTo, walkNull } from './support/ivf2021-input.js';
import { estimatesIn, numbersIn } from './support/reading.js';

const [YES, , NO, OPEN] = [
  'reproduced',
  'reproduced with another exponent',
  'not reproduced',
  'not decidable with this run',
];

describe('flatness and rank', () => {
  /** Widths in the order of rank from `from` on, but for the first m, which are reversed: rho = 1 − 2m(m²−1)/(n(n²−1)). */
  const group = (from: number, n: number, m: number) =>
    upTo(n, (i) => direction(from + i - 1, { flatness: i <= m ? m + 1 - i : i, variance: 1 }));
  const rho = (n: number, m: number) => 1 - (2 * m * (m ** 2 - 1)) / (n * (n ** 2 - 1));
  const of = (directions: DirectionFlatness[], pca = {}) => find('flatness-rank', { flatness: { directions }, pca });
  /** Widths of ranks 2–50 of which every fourth is reversed among these, and the first exchanged with that `apart` further on. */
  const mixed = (apart: number) => {
    const widths = upTo(49, (i) => (i % 4 === 0 ? 52 - i : i));
    [widths[0], widths[apart]] = [widths[apart], widths[0]];
    return widths;
  };
  /** Spearman's rho of distinct ranks, from the squares of their differences. */
  const rhoOf = (w: number[]) =>
    1 - (6 * w.reduce((s, v, k) => s + (v - k - 1) ** 2, 0)) / (w.length * (w.length ** 2 - 1));
  const both = (apart: number, rest: number) =>
    of([...mixed(apart).map((flatness, k) => direction(k + 2, { flatness, variance: 1 })), ...group(51, 200, rest)]);
  /** The estimates of the two groups, as the sentence prints them. */
  const said = (f: ReturnType<typeof of>) => estimatesIn(f.reason).map((e) => e.value);

  it('Spearman’s rho at a half, in each group', () => {
    // ranks 2–50: 0.504 with 17, 0.492 with 20 apart; n = 200: 0.512 at m = 125, 0.499 at 126
    for (const [apart, rest, verdict] of [
      [17, 125, YES],
      [20, 125, NO],
      [17, 126, NO],
      [20, 126, NO],
    ] as const) {
      const f = both(apart, rest);
      expect(f.verdict, `${apart} ${rest}`).toBe(verdict);
      const [a, b] = [rhoOf(mixed(apart)), rho(200, rest)];
      expect(said(f)[0]).toBeCloseTo(a, 1);
      expect(said(f)[1]).toBeCloseTo(b, 1);
      expect(f.measured.value).toBeCloseTo(Math.min(a, b), 12);
      expect([f.measured.n, f.unit]).toEqual(
        a < b ? [49, 'worse of two groups: ranks 2–50'] : [200, 'worse of two groups: ranks beyond 50'],
      );
    }
    expect(both(20, 125).reason).toContain('It does not rise in ranks 2–50.');
    expect(both(17, 126).reason).toContain('It does not rise in ranks beyond 50.');
    expect(both(20, 126).reason).not.toContain('It does not rise');
    const f = both(17, 125);
    expect(f.reason).toContain('in ranks 2–50 (49 directions)');
    expect(f.reason).toContain('in ranks beyond 50 (200 directions)');
    expect(f.measured.method).toMatch(
      /^Spearman's rank correlation, moving-block bootstrap \(400 replicates, blocks of 4\)/,
    );
  });

  it('a rho above a half that its error does not tell from zero is not enough', () => {
    const f = of([...group(2, 20, 12), ...group(51, 200, 0)]);
    expect(f.measured.value).toBeCloseTo(rho(20, 12), 12);
    expect(f.measured.value).toBeGreaterThanOrEqual(0.5);
    expect(f.measured.value).toBeLessThan(1.96 * f.measured.standardError);
    expect(f.verdict).toBe(NO);
    expect(of([...group(2, 49, 0), ...group(51, 20, 12)]).verdict).toBe(NO);
  });

  it('asks for twenty closed, resolved directions in each group, from rank 2 on', () => {
    expect(of([...group(2, 20, 0), ...group(51, 20, 0)]).verdict).toBe(YES);
    const few = of([...group(2, 19, 0), ...group(51, 20, 0)]);
    expect(few).toMatchObject({
      verdict: OPEN,
      reason: 'Only 19 closed directions in ranks 2–50; the rule asks for 20 in each group.',
    });
    expect(of([...group(2, 20, 0), ...group(51, 19, 0)]).reason).toContain(
      'Only 19 closed directions in ranks beyond 50;',
    );
    expect(of([]).reason).toContain(
      'Only 0 closed directions in ranks 2–50 and 0 closed directions in ranks beyond 50;',
    );
    expect(of([]).measured.value).toBeNaN();
    // rank 1 is a drift, rank 50 belongs to the first group and 51 to the second
    expect(of([...group(1, 20, 0), ...group(51, 20, 0)]).verdict).toBe(OPEN);
    expect(of([...group(31, 20, 0), ...group(51, 20, 0)]).verdict).toBe(YES);
    expect(of([...group(32, 20, 0), ...group(52, 20, 0)]).verdict).toBe(OPEN);
    const all = [...group(2, 22, 0), ...group(51, 30, 0)];
    const some = all.map((d) =>
      d.index === 5 ? { ...d, open: 'left' as const, flatness: null } : d.index === 6 ? { ...d, variance: 9e-9 } : d,
    );
    expect(of(some).reason).toContain('in ranks 2–50 (20 directions)');
    expect(of(some).reason).toContain('Open directions (1)');
    // ten resolutions are not resolved, a little more is
    expect(of(some.map((d) => (d.index === 7 ? { ...d, variance: 1e-8 } : d))).verdict).toBe(OPEN);
    expect(of(some.map((d) => (d.index === 7 ? { ...d, variance: 1.01e-8 } : d))).verdict).toBe(YES);
  });

  it('over seeds: means of rho with their scatter alone', () => {
    const over = (...heads: number[]) =>
      findOver(
        'flatness-rank',
        heads.map((m) => ({ flatness: { directions: [...group(2, 49, m), ...group(51, 200, 0)] } })),
      );
    const f = over(26, 30);
    const [a, b] = [rho(49, 26), rho(49, 30)];
    expect(f.measured.value).toBeCloseTo((a + b) / 2, 12);
    expect(f.measured.standardError).toBeCloseTo(Math.abs(a - b) / 2, 12);
    // 12.706·0.07 exceeds the mean
    expect(f.verdict).toBe(NO);
    expect(over(29, 30).verdict).toBe(YES);
    expect(over(30, 32).verdict).toBe(NO);
  });
});

describe('the first direction', () => {
  const with1 =
    (d: DirectionDynamics[], pca = {}, walk = walkNull()) =>
    (id: string) =>
      find(id, { dynamics: d as never, pca, walk });

  test.each([
    [0.5, 10_000, YES],
    [-0.5, 10_000, YES],
    [0.499, 10_000, NO],
    // five times a random direction: 5/√80 = 0.559
    [0.56, 80, YES],
    [0.558, 80, NO],
    // 26 weights are enough, and need 0.981
    [0.99, 26, YES],
    [0.97, 26, NO],
    [0.99, 25, OPEN],
    [1, 1, OPEN],
    [Number.NaN, 80, OPEN],
  ])('|cos| = %f among %i weights: %s', (cos, P, verdict) => {
    const f = with1([follow(1, 2, 0.03, cos)], { P })('drift-aligned');
    expect(f.verdict).toBe(verdict);
    if (verdict === OPEN) return;
    expect(f.measured.value).toBe(Math.abs(cos));
    expect(numbersIn(f.reason.split(' = ')[1])[0]).toBeCloseTo(Math.abs(cos), 3);
    const [chance, step] = numbersIn(f.predicted!.replace('[N1]', ''));
    expect(chance).toBeCloseTo(1 / Math.sqrt(P), 2);
    expect(step).toBe(0.01);
    expect(f.reason).toContain('One window gives no error; several seeds would.');
  });

  it('says why few weights decide nothing', () => {
    const of = (P: number) => with1([follow(1, 2, 0.03, 1)], { P })('drift-aligned').reason;
    expect(of(25)).toBe('The layer has 25 weights: five times a random direction is 1 or more.');
    expect(of(1)).toBe('The layer has 1 weight, so that |cos| = 1 is forced.');
  });

  it('exceeds three steps of the run’s own noise, where these are known', () => {
    const of = (alongWeights: number) =>
      with1([follow(1, 2, 0.03, 0.6)], {}, walkNull({ alongWeights }))('drift-aligned').verdict;
    expect([of(0.1999), of(0.2001)]).toEqual([YES, NO]);
    const f = find('drift-aligned', { walk: { missing: 'None.' } });
    expect(f.verdict).toBe(YES);
    expect(f.predicted).not.toContain('own noise');
  });

  it('over seeds: the mean of the cosines with its error', () => {
    const f = findOver(
      'drift-aligned',
      [0.4, -0.7].map((cos) => ({ dynamics: [follow(1, 2, 0.03, cos)] as never })),
    );
    expect(f.measured.value).toBeCloseTo(0.55, 12);
    expect(f.measured.standardError).toBeCloseTo(0.15, 12);
    expect(f.verdict).toBe(YES);
    expect(f.reason).toContain('mean over 2 seeds: 0.55 ± 0.15.');
  });

  /** A walk whose first component shows these exponents. */
  const still = (...means: number[]) =>
    walkNull({
      forms: means.map((m, k) => form({ sampling: k === 0 ? 'replaced' : 'shuffled', first: draws(m, 0.1) })),
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
    const f = with1([follow(1, alpha, error)], {}, still(1, 0.3))('drift-ballistic');
    expect(f.verdict).toBe(verdict);
    if (verdict === OPEN) return expect(f.reason).toContain('no usable error (lags 1 … 100, jackknife)');
    expect(f.measured).toMatchObject({ value: alpha, standardError: error });
    expect(numbersIn(f.reason.split('tolerance ')[1])[0]).toBeCloseTo(Math.max(0.2, 1.96 * error), 2);
    expect(f.reason).toContain('theta_1 drifts by 4.36 × 10⁻⁵ per step.');
  });

  test.each([
    [YES, [1.59, 0.3]],
    [OPEN, [1.61, 0.3]],
    [YES, [0.3, 1.59]],
    [OPEN, [0.3, 1.61]],
  ])('exponent 1.9: %s beside walks of %o ± 0.1', (verdict, means) => {
    const f = with1([follow(1, 1.9)], {}, still(...means))('drift-ballistic');
    expect(f.verdict).toBe(verdict);
    const above = (1.9 - Math.max(...means)) / 0.1;
    expect(numbersIn(f.reason.split('it lies at least ')[1])[0]).toBeCloseTo(above, 1);
    expect(f.reason.includes('a walk without any drift comes near it too')).toBe(verdict === OPEN);
    expect(
      f
        .predicted!.split(': ')[1]
        .split('; ')
        .map((part) => numbersIn(part)[0])[0],
    ).toBe(means[0]);
  });

  it('a value that differs from 2 is refuted whatever the walk does; without a walk nothing is shown', () => {
    expect(with1([follow(1, 1.5)], {}, still(2, 2))('drift-ballistic').verdict).toBe(NO);
    const walk = { missing: 'Full batches have no noise.' };
    const f = find('drift-ballistic', { walk });
    expect([f.verdict, f.predicted]).toEqual([OPEN, '2 for drift; no walk was drawn (Full batches have no noise)']);
    expect(f.reason).toMatch(/^Full batches have no noise\./);
    expect(find('drift-ballistic', { walk, dynamics: [follow(1, 1.5)] as never }).verdict).toBe(NO);
  });

  it('over seeds: the error is that of the mean', () => {
    const over = (...alphas: number[]) =>
      findOver(
        'drift-ballistic',
        alphas.map((a) => ({ dynamics: [follow(1, a, 0.2)] as never, walk: still(1, 0.3) })),
      );
    const f = over(1.9, 1.92, 1.94);
    expect(f.measured.standardError).toBeCloseTo(0.02 / Math.sqrt(3), 12);
    expect(f.verdict).toBe(YES);
    expect(f.reason).not.toContain('theta_1');
    // 4.303·0.02/√3 = 0.05 and the tolerance of 0.2: 1.78 lies outside, though one run's errors reached to 2
    expect(over(1.76, 1.78, 1.8).verdict).toBe(NO);
  });

  // the walks hold 0.6 ± 0.05 and 0.55 ± 0.05: both exceeded from 0.75 on, both missed below 0.4
  test.each([
    [0.751, YES],
    [0.749, OPEN],
    [0.401, OPEN],
    [0.399, NO],
  ])('a share of %f: %s', (share, verdict) => {
    const pca = { variances: [2 * share, 0.1], totalVariance: 2 };
    const forms = walkNull().forms;
    for (const order of [forms, [...forms].reverse()]) {
      const f = with1([follow(1, 2)], pca, walkNull({ forms: order }))('drift-share');
      expect(f.verdict).toBe(verdict);
      expect(f.measured).toMatchObject({ n: 12_000 });
      expect(f.measured.value).toBeCloseTo(share, 12);
      const [percent, above] = numbersIn(f.reason.replace('12\u202f000 ', ''));
      expect(percent).toBeCloseTo(100 * share, 1);
      expect(above / (Math.abs(share - 0.6) / 0.05)).toBeCloseTo(1, 1);
      expect(f.reason).toContain(share > 0.6 ? 'variance, at least' : 'variance, as much as');
      expect(f.reason).toContain(share > 0.6 ? 'above the walk; the rule asks for 3.' : 'below the walk; the rule');
      expect(f.predicted).toContain('0.600 (independent batches; standard deviation over draws 0.050)');
      expect(f.predicted).toContain(
        '0.550 (independent batches; standard deviation over draws 0.050)'.replace('independent', 'shuffled'),
      );
      expect(f.predicted).toMatch(/isotropic walk \[S5\]: 0.608$/);
    }
  });

  it('a share without a walk is not decided', () => {
    const walk = { missing: 'There is no C1.' };
    expect(find('drift-share', { walk })).toMatchObject({ verdict: OPEN, reason: walk.missing });
    expect(find('drift-share', { walk }).predicted).toContain('isotropic walk [S5]: 0.608');
  });

  it('a share over seeds is the mean', () => {
    const f = findOver(
      'drift-share',
      [0.7, 0.9].map((share) => ({ pca: { variances: [share, 0.1], totalVariance: 1 } })),
    );
    expect(f.measured.value).toBeCloseTo(0.8, 12);
    expect(f.measured.standardError).toBeCloseTo(0.1, 12);
    expect([f.measured.n, f.verdict]).toEqual([2, YES]);
    expect(f.reason).toContain('(mean over 2 seeds)');
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
    expect(of([...same(1), Number.NaN]).measured.n).toBe(10);
  });

  it('says what the walk has, and whether that is much the same, and how many curves bend', () => {
    // the walk: 0.8 ± 0.02 in both forms; two deviations count
    expect(of(same(0.839)).reason).toContain('so such a value is no sign of confinement.');
    expect(of(same(0.761)).reason).toContain('so such a value is no sign of confinement.');
    for (const alpha of [0.841, 0.759]) {
      expect(of(same(alpha)).reason).toContain('A walk without any landscape has 0.800 and 0.800 along its own');
      expect(of(same(alpha)).reason).not.toContain('confinement');
    }
    const f = of(same(1), 10, (k) =>
      k < 3 ? { msdExponent: estimate(1, 0.1, 9, 'lags 1 … 100, jackknife', false) } : {},
    );
    expect(f.reason).toContain('3 of the 10 curves bend');
    expect(f.range).toBe('PCs 10–100');
    expect(f.measured.method).toContain('median over PCs 10–100 (lags 1 … 100)');
    expect(f.predicted).toContain('0.800 (independent batches; standard deviation over draws 0.020)');
  });

  it('is decided without a walk too', () => {
    const f = find('diffuse', { walk: { missing: 'There is no C1.' } });
    expect([f.verdict, f.predicted]).toEqual([
      YES,
      '1 for free diffusion along a fixed direction; no walk was drawn (There is no C1)',
    ]);
    expect(f.reason).not.toContain('landscape');
  });

  it('over seeds: the mean of the medians with its error, and the fewest directions', () => {
    const over = (...all: number[][]) =>
      findOver(
        'diffuse',
        all.map((alphas) => ({ dynamics: alphas.map((a, k) => follow(10 + k, a)) as never })),
      );
    const f = over(same(0.9), same(1.1), same(1.3));
    expect(f.measured.value).toBeCloseTo(1.1, 12);
    expect(f.measured.standardError).toBeCloseTo(0.2 / Math.sqrt(3), 12);
    expect(f.verdict).toBe(YES);
    expect(over(same(1.2), same(1.21), same(1.22)).verdict).toBe(NO);
    expect(over(same(1), same(1, 9)).verdict).toBe(OPEN);
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

  it('over seeds: the mean of the medians', () => {
    const over = (...ratios: number[]) =>
      findOver(
        'quadratic',
        ratios.map((quadraticRatio) => ({
          flatness: { directions: upTo(20, (i) => direction(i, { quadraticRatio })) },
        })),
      );
    const f = over(0.8, 1);
    expect(f.measured.value).toBeCloseTo(0.9, 12);
    expect(f.measured.standardError).toBeCloseTo(0.1, 12);
    expect([over(0.83, 1).verdict, over(0.77, 1).verdict]).toEqual([YES, NO]);
  });
});
