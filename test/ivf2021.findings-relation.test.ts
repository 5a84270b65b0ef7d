/** The rules of psi and of the rank law, each threshold from both sides, and the numbers in their sentences against those put in. */
import { describe, expect, it, test } from 'vitest';
import { direction, type Fit, find, fit, row, upTo } from './support/ivf2021-input.js';
import { numbersIn } from './support/reading.js';

const [YES, OTHER, NO, OPEN] = [
  'reproduced',
  'reproduced with another exponent',
  'not reproduced',
  'not decidable with this run',
];

describe('psi', () => {
  const psi = (f: Fit, rows: ReturnType<typeof row>[] = []) =>
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
  ])('%s at %o, %s at %o', (one, a, other, b) => {
    expect([psi(a).verdict, psi(b).verdict]).toEqual([one, other]);
  });

  it('reports psi, not the exponent of the fit, with its numbers in the sentences', () => {
    const f = psi({ value: 3.918, error: 0.112, points: 86, range: [0.9, 12], r2: 0.981 });
    expect(f.measured).toMatchObject({ value: 3.918, standardError: 0.112, n: 86 });
    expect(f.reason).toContain('3.92 ± 0.11 agrees with 4 within 0.40.');
    expect(f.reason).toContain('86 directions over 1.1 decades of F, r² = 0.98; 0 of 25 valleys stayed open.');
    expect(f.reason).toContain('There is no other range of ranks to compare with.');
    expect(f.range).toContain('F from 0.900 to 12: every closed direction of rank ≥ 2');
    expect(f.range).toContain('10 × the resolution 1.0 × 10⁻⁹');
    expect(psi({ value: 2.5 }).reason).toContain('psi = 2.500 ± 0.010, which is not 4.');
    expect(psi({ value: -1 }).reason).toContain('psi = \u22121.000 ± 0.010');
    expect(psi({ r2: 0.61 }).reason).toContain('a line explains only 61 % of the scatter');
    expect(psi({ points: 7 }).reason).toMatch(/^Only 7 closed, resolved directions; the rule asks for 20\./);
    expect(psi({ range: [1, 4] }).reason).toContain('span 0.60 decades of F; the rule asks for 1. More');
    expect(psi({ error: 1 }).reason).toContain('uncertain by ±2.0 (95 %); the rule asks for ±1.');
    expect(psi({ converged: false }).reason).toContain('did not converge (made up)');
    expect(psi({ range: [Number.NaN, Number.NaN] }).range).toBe('none');
  });

  it('counts open valleys', () => {
    const directions = upTo(25, (i) => direction(i, i > 18 ? { open: 'left', flatness: null, left: null } : {}));
    expect(find('psi', { flatness: { directions } }).reason).toContain('7 of 25 valleys stayed open.');
  });

  it('adds what the exponent depends on the range of ranks, in quadrature', () => {
    // ranges at 3.8 and 4.2: variance 0.08 less their own 0.02² = 0.0796; with 0.01² of the fit √0.0797 = 0.2823, 1.96 times 0.5533
    const rows = [row('ranks 2–50', 3.8, 0.02), row('ranks 50–1000', 4.2, 0.02)];
    expect(psi({ value: 4.55 }, rows).verdict).toBe(YES);
    expect(psi({ value: 4.56 }, rows).verdict).toBe(OTHER);
    expect(psi({ value: 4.55 }, rows).reason).toContain('Over 2 other ranges of rank it ranges from 3.80 to 4.20.');
    // errors of their own explain the difference: nothing is added
    expect(psi({ value: 4.45 }, [row('ranks 2–50', 3.8, 0.3), row('ranks 50–1000', 4.2, 0.3)]).verdict).toBe(OTHER);
    // ranges of F, short ranges and failed fits have no voice; with one range there is nothing to compare
    for (const silent of [
      row('narrowest third of F', 4.2, 0.02),
      row('ranks 2–50', 4.2, 0.02, 19),
      row('ranks 2–50', Number.NaN),
    ]) {
      const f = psi({ value: 4.45 }, [rows[0], silent]);
      expect(f.verdict).toBe(OTHER);
      expect(f.reason).toContain('There is no other range of rank');
    }
    expect(psi({ value: 4.45 }, [rows[0], row('ranks 9–90', 4.2, 0.02, 20)]).verdict).toBe(YES);
  });
});

describe('rank law', () => {
  const law = (f: Fit, rows: ReturnType<typeof row>[] = []) =>
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

  it('the widening is at most a half', () => {
    const rows = [row('ranks 2–20', 1), row('ranks 20–100', 4)];
    expect(law({ value: 3.49 }, rows).verdict).toBe(YES);
    expect(law({ value: 3.51 }, rows).verdict).toBe(OTHER);
    expect(law({ value: 1.49 }, rows).verdict).toBe(OTHER);
  });

  it('says whether a random walk is excluded, by the same margin', () => {
    expect(law({ value: 2.09, error: 0.05 }).reason).toMatch(/would give 2 as well/);
    expect(law({ value: 2.1, error: 0.05 }).reason).toMatch(/would give 2, which is excluded/);
    expect(law({ value: 1.91, error: 0.05 }).reason).toMatch(/would give 2 as well/);
    const f = law({ value: 2.531, error: 0.043, points: 47, scatter: 0.021 });
    expect(f.measured.value).toBe(2.531);
    expect(f.reason).toContain(
      '2.53 ± 0.04 lies within 2 to 3 widened by 0.084. The fit is a line through 47 log-spaced ranks with 0.021 decades of scatter.',
    );
    expect(law({ value: 4, error: 0.05 }).reason).toContain('gamma = 4.00 ± 0.05, outside 2 to 3');
    expect(law({ range: [20, 60] }).reason).toContain('span 0.48 decades of rank; the rule asks for 0.50.');
    expect(law({ r2: 0.9 }).reason).toContain('a straight line in logarithms (r² = 0.90)');
    expect(numbersIn(f.range!)).toEqual([20, 1250, 20, 10_000]);
  });
});
