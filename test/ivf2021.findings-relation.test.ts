/** The rules of psi and of the rank law, each threshold from both sides, and the numbers in their sentences against those put in. */
import { describe, expect, it, test } from 'vitest';
import { direction, draws, type Fit, find, findOver, fit, form, row, upTo, walkNull } from './support/ivf2021-input.js';
import { estimatesIn, numbersIn } from './support/reading.js';

const [YES, OTHER, NO, OPEN] = [
  'reproduced',
  'reproduced with another exponent',
  'not reproduced',
  'not decidable with this run',
];

type Row = ReturnType<typeof row>;
const HEAD = 'ranks 2–50';
/** Two ranges that agree: the range error is zero. */
const agree = (value: number) => [row(HEAD, value), row('ranks 50–1000', value)];

describe('psi', () => {
  const psi = (f: Fit, rows: Row[] = agree(4)) =>
    find('psi', { scaling: { varianceFlatness: fit(f), varianceFlatnessRanges: rows } });

  test.each<[string, Fit, string, Fit]>([
    [OPEN, { points: 19 }, YES, { points: 20 }],
    [OPEN, { converged: false }, YES, {}],
    [OPEN, { range: [1, 9.9] }, YES, { range: [1, 10.1] }],
    [OPEN, { error: 0.511 }, YES, { error: 0.51 }],
    [NO, { value: 0.97, error: 0.5 }, OTHER, { value: 0.99, error: 0.5 }],
    [NO, { value: -4 }, YES, { value: 4 }],
    [NO, { r2: 0.799 }, YES, { r2: 0.8 }],
    [OTHER, { value: 3.59 }, YES, { value: 3.61 }],
    [OTHER, { value: 4.41 }, YES, { value: 4.39 }],
    // beyond ten percent 1.96 errors count
    [OTHER, { value: 4.6, error: 0.3 }, YES, { value: 4.58, error: 0.3 }],
    // but as 1 at most
    [OTHER, { value: 5.01, error: 0.51 }, YES, { value: 4.99, error: 0.51 }],
    // a poor run is not decidable, whatever the rest says; no relation comes before no power law
    [OPEN, { points: 19, value: -4, r2: 0.1 }, NO, { value: -4, r2: 0.1 }],
  ])('%s at %o, %s at %o', (one, a, other, b) => {
    expect([psi(a).verdict, psi(b).verdict]).toEqual([one, other]);
  });

  it('reports psi, not the exponent of the fit, with its numbers in the sentences', () => {
    const f = psi({ value: 3.918, error: 0.112, points: 86, range: [0.9, 12], r2: 0.981 });
    expect(f.measured).toMatchObject({ value: 3.918, standardError: 0.112, n: 86 });
    expect(f.reason).toContain('3.92 ± 0.11 agrees with 4 within 0.40.');
    expect(f.reason).toContain('86 directions over 1.1 decades of F, R² = 0.98; 0 of 80 valleys stayed open.');
    expect(f.reason).toContain('sampling unknown in one run, misfit 0.11, choice of range 0.');
    expect(f.range).toContain('F from 0.9 to 12: every closed direction of rank ≥ 2');
    expect(f.range).toContain('10 × the resolution 1.0 × 10⁻⁹');
    expect(psi({ value: 2.5 }).reason).toContain('psi = 2.500 ± 0.010, which is not 4.');
    expect(psi({ value: -1 }).reason).toContain('psi = \u22121.000 ± 0.010');
    expect(psi({ r2: 0.61 }).reason).toContain('a line explains only 61 % of the scatter');
    expect(psi({ points: 7 }).reason).toMatch(/^Only 7 closed, resolved directions; the rule asks for 20\./);
    expect(psi({ range: [1, 4] }).reason).toContain('span 0.60 decades of F; the rule asks for 1.');
    expect(psi({ error: 1 }).reason).toContain('uncertain by ±2.0 (95 %); the rule asks for ±1.');
    expect(psi({ converged: false }).reason).toContain('did not converge (made up)');
    expect(psi({ range: [Number.NaN, Number.NaN] }).range).toBe('none');
  });

  it('says where its law fails: share of the variance and R² of the leading ranks', () => {
    const rows = [row(HEAD, 4, 0.01, 30, { r2: 0.234 }), row('ranks 50–1000', 4)];
    // ranks 2 to 50 of i^−2, of a total of 1.2 without rank 1
    const share = upTo(49, (k) => (k + 1) ** -2).reduce((a, b) => a + b) / 0.2;
    const variances = upTo(100, (i) => i ** -2);
    const f = find('psi', {
      pca: { variances, totalVariance: 1 + 0.2 * 5 },
      scaling: { varianceFlatnessRanges: rows },
    });
    const [held, explained] = numbersIn(f.reason.split('Along ranks 2–50, which hold ')[1]);
    expect(held).toBeCloseTo((100 * share) / 5, 0);
    expect(explained).toBe(23);
  });

  it('counts open valleys', () => {
    const directions = upTo(25, (i) => direction(i, i > 18 ? { open: 'left', flatness: null, left: null } : {}));
    expect(find('psi', { flatness: { directions } }).reason).toContain('7 of 25 valleys stayed open.');
  });

  describe('the choice of range', () => {
    it('is the standard deviation over the ranges that vote, from which nothing is subtracted', () => {
      // 3.8 and 4.2: √0.08 = 0.28284; with 0.01 of the fit 0.28302, 1.96 times 0.5547
      for (const error of [0.02, 0.3]) {
        const rows = [row(HEAD, 3.8, error), row('ranks 50–1000', 4.2, error)];
        const f = psi({ value: 4.55 }, rows);
        expect([f.verdict, psi({ value: 4.56 }, rows).verdict]).toEqual([YES, OTHER]);
        expect(f.measured.standardError).toBeCloseTo(Math.hypot(Math.sqrt(0.08), 0.01), 12);
        expect(f.reason).toContain('misfit 0.010, choice of range 0.28.');
        expect(f.reason).toContain(
          'Over the 2 ranges that are decidable it lies between 3.80 (ranks 2–50) and 4.20 (ranks 50–1000).',
        );
      }
    });

    test.each([
      ['19 points', row('ranks 9–90', 4.2, 0.02, 19), row('ranks 9–90', 4.2, 0.02, 20)],
      ['interval too wide', row('ranks 9–90', 4.2, 0.511), row('ranks 9–90', 4.2, 0.51)],
      ['no converged fit', row('ranks 9–90', Number.NaN), row('ranks 9–90', 4.2)],
      ['no converged fit', row('ranks 9–90', 4.2, 0.02, 30, { converged: false }), row('ranks 9–90', 4.2)],
    ])('a range of %s does not vote and is named', (why, silent, voice) => {
      const [first] = agree(3.8);
      const f = psi({ value: 4.45 }, [first, silent]);
      expect(f.verdict).toBe(OTHER);
      expect(f.reason).toContain(
        `choice of range unknown. Fewer than two other ranges are decidable. Not decidable: ranks 9–90 (${why}).`,
      );
      const loud = psi({ value: 4.45 }, [first, voice]);
      expect(loud.verdict).toBe(YES);
      expect(loud.reason).not.toContain('Not decidable');
    });

    it('ranges of F have no voice and no mention', () => {
      const f = psi({ value: 4.45 }, [row(HEAD, 3.8), row('narrowest third of F', 4.2)]);
      expect(f.verdict).toBe(OTHER);
      expect(f.reason).not.toContain('third');
    });

    it('stands in the reason of a run that is not decidable too', () => {
      expect(psi({ points: 7 }, [row(HEAD, 3.8), row('ranks 50–1000', 4.2)]).reason).toContain('between 3.80');
    });
  });

  it('bends where the extremes are more than 1 apart after 1.96 joint errors', () => {
    // errors 0.03 and 0.04: 1.96·0.05 = 0.098
    const rows = (apart: number) => [
      row(HEAD, 4 - apart / 2, 0.03),
      ...[10, 20, 30].map((i) => row(`ranks ${i}–200`, 4)),
      row('ranks 50–1000', 4 + apart / 2, 0.04),
    ];
    const bent = psi({}, rows(1.099));
    expect([bent.verdict, psi({}, rows(1.097)).verdict]).toEqual([NO, YES]);
    expect(bent.reason).toContain('it goes from 3.45 (ranks 2–50) to 4.55 (ranks 50–1000), further apart than');
    // a line that explains little comes first
    expect(psi({ r2: 0.5 }, rows(1.099)).reason).toContain('a line explains only 50 %');
  });

  it('over seeds: three errors with their names, and their total decides', () => {
    const over = (...values: number[]) =>
      findOver(
        'psi',
        values.map((value) => ({ scaling: { varianceFlatness: fit({ value, error: 0.1 }) } })),
      );
    // mean 4.5, √(0.02/2) = 0.1 with one degree of freedom: 12.706·0.1
    expect(over(4.4, 4.6).verdict).toBe(OPEN);
    const f = over(4.49, 4.5, 4.51);
    expect(f.verdict).toBe(OTHER);
    expect(f.measured).toMatchObject({ n: 3, method: 'mean over 3 seeds of: made up' });
    expect(f.measured.value).toBeCloseTo(4.5, 12);
    expect(f.measured.standardError).toBeCloseTo(Math.hypot(0.01 / Math.sqrt(3), 0.1), 12);
    expect(f.reason).toContain('sampling (3 seeds) 0.0058, misfit 0.10, choice of range 0.');
    // misfit does not shrink with the number of seeds: 1.96·0.3 = 0.588
    const alike = (value: number) =>
      findOver(
        'psi',
        [1, 2, 3].map(() => ({ scaling: { varianceFlatness: fit({ value, error: 0.3 }) } })),
      );
    expect([alike(4.58).verdict, alike(4.6).verdict]).toEqual([YES, OTHER]);
    // 4.303·0.1155 = 0.497, with 0.196 of the misfit 0.534
    expect(over(4.33, 4.53, 4.73).verdict).toBe(YES);
    expect(over(4.34, 4.54, 4.74).verdict).toBe(OTHER);
  });
});

describe('psi along the leading ranks', () => {
  const head = (f: Fit, label = HEAD) =>
    find('psi-head', {
      scaling: { varianceFlatnessRanges: [{ ...row(label, 4), fit: fit(f) }, row('ranks 50–1000', 4)] },
    });

  test.each<[string, Fit, string, Fit]>([
    [OPEN, { points: 19 }, YES, { points: 20 }],
    [NO, { r2: 0.499 }, YES, { r2: 0.5 }],
    [NO, { value: 0.97, error: 0.5 }, OTHER, { value: 0.99, error: 0.5 }],
    [OPEN, { error: 0.511 }, YES, { error: 0.51 }],
    [OPEN, { converged: false }, YES, {}],
    [OTHER, { value: 3.59 }, YES, { value: 3.61 }],
    [OTHER, { value: 4.41 }, YES, { value: 4.39 }],
    [OTHER, { value: 4.6, error: 0.3 }, YES, { value: 4.58, error: 0.3 }],
    // the order: few points, then a poor line, then no significance, then a wide interval
    [OPEN, { points: 19, r2: 0.2 }, NO, { r2: 0.2, value: -8, error: 72 }],
    [NO, { value: 2, error: 1.1 }, OPEN, { value: 2.2, error: 1.1 }],
  ])('%s at %o, %s at %o', (one, a, other, b) => {
    expect([head(a).verdict, head(b).verdict]).toEqual([one, other]);
  });

  it('is measured over these ranks alone, with its misfit as error', () => {
    const f = head({ value: 3.7, error: 0.12, points: 44, r2: 0.61 });
    expect(f.measured).toMatchObject({ value: 3.7, standardError: 0.12, n: 44 });
    expect(f.reason).toBe('psi = 3.70 ± 0.12 agrees with 4.');
    expect(numbersIn(f.range!).slice(0, 3)).toEqual([44, 2, 50]);
    const poor = head({ value: 3.7, r2: 0.23 }).reason;
    expect(poor).toContain('a line explains 23 % of the scatter (psi = 3.700 ± 0.010).');
    expect(head({ value: -1 }).reason).toContain('does not fall significantly with F: psi = \u22121.000 ± 0.010.');
    expect(head({ error: 0.6 }).reason).toContain('the rule asks for a 95 % interval of ±1.');
    expect(head({ value: 3 }).reason).toBe('psi = 3.000 ± 0.010, which is not 4.');
  });

  it('is not decidable where the table has no such range', () => {
    const f = head({}, 'ranks 2–60');
    expect(f.verdict).toBe(OPEN);
    expect(f.reason).toContain('Only 0 closed, resolved directions of these ranks; the rule asks for 20.');
    expect(f.measured.value).toBeNaN();
    expect(f.measured.method).toBe('fewer than ten closed directions of rank 2 to 50');
  });

  it('over seeds: the median of R² and the fewest points', () => {
    const over = (...all: Fit[]) =>
      findOver(
        'psi-head',
        all.map((f) => ({ scaling: { varianceFlatnessRanges: [{ ...row(HEAD, 4), fit: fit(f) }] } })),
      );
    expect(over({ r2: 0.1 }, { r2: 0.52 }, { r2: 0.9 }).verdict).toBe(YES);
    expect(over({ r2: 0.1 }, { r2: 0.48 }, { r2: 0.9 }).verdict).toBe(NO);
    expect(over({}, { points: 19 }, {}).verdict).toBe(OPEN);
  });
});

describe('rank law', () => {
  const law = (f: Fit, rows: Row[] = [row('ranks 20–200', 2.5), row('ranks 20–500', 2.5)]) =>
    find('rank-law', { scaling: { rankLaw: fit({ value: 2.5, range: [20, 1250], ...f }), rankLawRanges: rows } });

  test.each<[string, Fit, string, Fit]>([
    [OPEN, { points: 19 }, YES, { points: 20 }],
    [OPEN, { range: [20, 63] }, YES, { range: [20, 64] }],
    [OPEN, { error: 0.256 }, YES, { error: 0.255 }],
    [OPEN, { converged: false }, YES, {}],
    [NO, { r2: 0.949 }, YES, { r2: 0.95 }],
    [OTHER, { value: 1.9, error: 0.05 }, YES, { value: 1.91, error: 0.05 }],
    [OTHER, { value: 3.1, error: 0.05 }, YES, { value: 3.09, error: 0.05 }],
  ])('%s at %o, %s at %o', (one, a, other, b) => {
    expect([law(a).verdict, law(b).verdict]).toEqual([one, other]);
  });

  it('the total interval widens it, by a half at most; the interval that decides is that of the misfit', () => {
    // √(0.9²/2) = 0.636, 1.96 times 1.25
    const rows = [row('ranks 20–200', 2.1), row('ranks 20–500', 3)];
    expect(law({ value: 3.49 }, rows).verdict).toBe(YES);
    expect(law({ value: 3.51 }, rows).verdict).toBe(OTHER);
    expect(law({ value: 1.51 }, rows).verdict).toBe(YES);
    expect(law({ value: 1.49 }, rows).verdict).toBe(OTHER);
    // √(0.2²/2) = 0.1414, 1.96 times 0.2779
    const near = [row('ranks 20–200', 2.4), row('ranks 20–500', 2.6)];
    expect(law({ value: 3.27 }, near).verdict).toBe(YES);
    expect(law({ value: 3.28 }, near).verdict).toBe(OTHER);
    expect(law({}, near).reason).toContain('choice of range 0.14.');
  });

  it('ranges that begin below rank 20 have no voice; others need 20 points and ±0.5', () => {
    const [low, high] = [row('ranks 20–200', 2.4), row('ranks 20–500', 2.6)];
    const early = row('ranks 2–20', 1, 0.01, 30, { range: [2, 20] });
    expect(law({ value: 3.27 }, [low, high, early])).toEqual(law({ value: 3.27 }, [low, high]));
    for (const [silent, why] of [
      [row('ranks 20–500', 2.6, 0.01, 19), '19 points'],
      [row('ranks 20–500', 2.6, 0.256), 'interval too wide'],
    ] as const) {
      expect(law({ value: 3.27 }, [low, silent]).verdict).toBe(OTHER);
      expect(law({}, [low, silent]).reason).toContain(`Not decidable: ranks 20–500 (${why}).`);
    }
    expect(law({ value: 3.27 }, [low, row('ranks 20–500', 2.6, 0.255, 20)]).verdict).toBe(YES);
  });

  it('bends where the ranges that vote are more than 1 apart', () => {
    const rows = (apart: number) => [
      row('ranks 20–50', 2.5 - apart / 2, 0.03),
      row('ranks 100–1000', 2.5 + apart / 2, 0.04),
    ];
    const bent = law({}, rows(1.099));
    expect([bent.verdict, law({}, rows(1.097)).verdict]).toEqual([NO, YES]);
    expect(bent.reason).toContain('it goes from 1.95 (ranks 20–50) to 3.05 (ranks 100–1000)');
  });

  it('reads back the numbers of its sentences', () => {
    const f = law({ value: 2.531, error: 0.043, points: 47, scatter: 0.021 });
    expect(f.measured.value).toBe(2.531);
    expect(f.reason).toContain('2.53 ± 0.04 lies within 2 to 3 widened by 0.084.');
    expect(f.reason).toContain('The fit is a line through 47 log-spaced ranks with 0.021 decades of scatter.');
    expect(f.reason).toContain('sampling unknown in one run, misfit 0.043, choice of range 0.');
    expect(law({ value: 4, error: 0.05 }).reason).toContain('gamma = 4.00 ± 0.05, outside 2 to 3');
    expect(law({ range: [20, 60] }).reason).toContain('span 0.48 decades of rank; the rule asks for 0.50.');
    expect(law({ r2: 0.9 }).reason).toContain('a straight line in logarithms (R² = 0.90)');
    expect(numbersIn(f.range!)).toEqual([20, 1250, 20]);
  });

  it('predicts what each form of the walk gives, and 2 for the isotropic one', () => {
    const f = find('rank-law', {
      walk: walkNull({
        forms: [form({ gamma: draws(2.83, 0.041) }), form({ sampling: 'shuffled', gamma: draws(1.44, 0.032) })],
      }),
    });
    expect(f.predicted).toContain(
      '2.83 (independent batches; standard deviation over draws 0.041), 1.44 (shuffled batches; standard deviation over draws 0.032)',
    );
    expect(f.predicted).toMatch(/isotropic walk \[S5\]: 2$/);
    expect(find('rank-law', { walk: { missing: 'There is none.' } })).toMatchObject({
      verdict: YES,
      predicted: 'There is none.',
    });
  });
});

describe('the rank law and the walk', () => {
  const WIDE: Fit = { value: 2.8, error: 0.03, range: [20, 1250] };
  const of = (gammas: number[], rankLaw: Fit = WIDE) =>
    find('rank-law-null', {
      scaling: { rankLaw: fit(rankLaw) },
      walk: walkNull({
        gamma: 2.5,
        forms: gammas.map((g, k) => form({ sampling: k === 0 ? 'replaced' : 'shuffled', gamma: draws(g, 0.04) })),
      }),
    });

  // 1.96·√(0.03² + 0.04²) = 0.098
  test.each([
    [YES, [2.401, 2.3]],
    [NO, [2.403, 2.3]],
    [YES, [2.599, 2.7]],
    [NO, [2.597, 2.7]],
    [YES, [2.3, 2.401]],
    [NO, [2.3, 2.403]],
    [YES, [2.3, 2.7]],
    [NO, [2.5, 2.5]],
  ])('%s at walks of %o', (verdict, gammas) => {
    const f = of(gammas);
    expect(f.verdict).toBe(verdict);
    // the first form, over the ranks of the comparison and not of the fit
    expect(f.measured.value).toBeCloseTo(2.5 - gammas[0], 12);
    expect(f.measured.standardError).toBeCloseTo(0.05, 12);
    const [first, second] = estimatesIn(f.reason);
    expect(first.value).toBeCloseTo(2.5 - gammas[0], 2);
    expect(second.value).toBeCloseTo(2.5 - gammas[1], 2);
    expect(f.reason).toContain('with independent batches, ');
  });

  it('says whether one or no form differs', () => {
    expect(of([2.5, 2.5]).reason).toContain('neither difference exceeds its error');
    expect(of([2.3, 2.5]).reason).toContain('not every difference exceeds its error');
    expect(of([2.3, 2.7]).reason).toContain('gamma differs from that of the walk by 0.20 ± 0.05 with independent');
  });

  test.each<[string, Fit, Fit]>([
    ['Only 19', { points: 19 }, { points: 20 }],
    ['span 0.50 decades', { range: [20, 63] }, { range: [20, 64] }],
    ['±0.5', { error: 0.256 }, { error: 0.255 }],
  ])('not decidable where the rank law is not: %s', (why, poor, good) => {
    expect(of([0, 0], { ...WIDE, ...poor })).toMatchObject({ verdict: OPEN });
    expect(of([0, 0], { ...WIDE, ...poor }).reason).toContain(why);
    expect(of([0, 0], { ...WIDE, ...good }).verdict).toBe(YES);
  });

  it('not decidable without a walk, with its reason', () => {
    const walk = { missing: 'Full batches have no noise.' };
    expect(find('rank-law-null', { walk })).toMatchObject({
      verdict: OPEN,
      reason: walk.missing,
      predicted: walk.missing,
    });
    expect(find('rank-law-null', { walk }).measured.value).toBeNaN();
    expect(find('rank-law-null', { walk: walkNull({ forms: [] }) }).verdict).toBe(OPEN);
  });

  it('over seeds: the mean of the differences, with their scatter', () => {
    const over = (...gammas: number[]) =>
      findOver(
        'rank-law-null',
        gammas.map((gamma) => ({
          scaling: { rankLaw: fit(WIDE) },
          walk: walkNull({ gamma, forms: [form({ gamma: draws(2, 0.04) })] }),
        })),
      );
    const f = over(2.1, 2.2, 2.3);
    expect(f.measured.value).toBeCloseTo(0.2, 12);
    // sampling 0.1/√3, misfit 0.05; 4.303·0.0577 = 0.248 exceeds 0.2
    expect(f.measured.standardError).toBeCloseTo(Math.hypot(0.1 / Math.sqrt(3), 0.05), 12);
    expect(f.verdict).toBe(NO);
    expect(over(2.15, 2.2, 2.25).verdict).toBe(YES);
  });
});
