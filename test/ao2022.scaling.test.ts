/** The scaling chain of ao2022: rules of its findings from both sides of each threshold, and the fits behind them on exact laws. */
import { describe, expect, it, test } from 'vitest';
import type { DirectionDynamics, PowerLaw } from '../src/analyse/trajectory/results.js';
import { ao2022Findings } from '../src/experiments/ao2022/findings.js';
import {
  type ChainInput,
  correlationTimes,
  groupRatios,
  scalingChain,
  temperatures,
  widthComparison,
} from '../src/experiments/ao2022/fits.js';
import type { Ao2022Results, LandscapeRow } from '../src/experiments/ao2022/measured.js';
import { estimate } from '../src/numeric/estimate.js';
import { randomKey } from '../src/numeric/random.js';
import type { Finding } from '../src/report/finding.js';
import { formatEstimate } from '../src/report/format.js';
import type { EnergyRow } from '../src/theory/layer/results.js';
import { given, syntheticAo2022 } from './support/ao2022-results.js';
import { numbersIn, prints, printsEstimate } from './support/reading.js';

const [YES, OTHER, NO, OPEN] = [
  'reproduced',
  'reproduced with another exponent',
  'not reproduced',
  'not decidable with this run',
];
const base = syntheticAo2022();
const find = (id: string, change: Partial<Ao2022Results> = {}): Finding =>
  ao2022Findings({ ...base, ...change }).find((f) => f.id === `ao.${id}`)!;

describe('links of the chain', () => {
  const at = (id: string, fit: Partial<PowerLaw>): Finding =>
    find(`chain-${id}`, { chain: base.chain.map((l) => (l.id === id ? { ...l, fit: { ...l.fit, ...fit } } : l)) });
  const exponent = (value: number, error = 0.01) => ({ exponent: given(value, error) });

  test.each<[string, Partial<PowerLaw>, string, Partial<PowerLaw>]>([
    [OPEN, { points: 19 }, YES, { points: 20 }],
    [OPEN, { range: [1, 3.15] }, YES, { range: [1, 3.17] }],
    [OPEN, { range: [Number.NaN, Number.NaN] }, YES, { range: [1, 10] }],
    [OPEN, exponent(-4, 0.511), YES, exponent(-4, 0.51)],
    [OPEN, exponent(-4, Number.NaN), YES, {}],
    [NO, { r2: 0.799 }, YES, { r2: 0.8 }],
    [NO, exponent(4), YES, exponent(-4)],
    [NO, exponent(0.01), OTHER, exponent(-0.01)],
    [OTHER, exponent(-4.41), YES, exponent(-4.39)],
    [OTHER, exponent(-3.59), YES, exponent(-3.61)],
    [OTHER, exponent(-4.8, 0.4), YES, exponent(-4.78, 0.4)],
  ])('%s at %o, %s at %o', (one, a, other, b) => {
    expect([at('variance', a).verdict, at('variance', b).verdict]).toEqual([one, other]);
  });

  it('ten percent of the exponent stated, whichever it is', () => {
    // where the exponent is the claim, another one refutes it
    expect([at('noise', exponent(-5.41)).verdict, at('noise', exponent(-5.39)).verdict]).toEqual([YES, NO]);
    expect([at('minima', exponent(-2.19)).verdict, at('minima', exponent(-2.21)).verdict]).toEqual([YES, NO]);
    expect(at('noise', exponent(-2.66, 0.1)).verdict).toBe(NO);
    expect([at('curvature', exponent(-2.19)).verdict, at('curvature', exponent(-2.21)).verdict]).toEqual([YES, OTHER]);
    expect(at('minima', exponent(2)).verdict).toBe(NO);
    expect(at('minima', exponent(0)).verdict).toBe(NO);
  });

  it('closure: an exponent of 0, whatever r²', () => {
    expect([at('closure', exponent(0.41)).verdict, at('closure', exponent(0.39)).verdict]).toEqual([NO, YES]);
    expect([at('closure', exponent(-0.41)).verdict, at('closure', exponent(-0.39)).verdict]).toEqual([NO, YES]);
    expect([at('closure', exponent(-0.8, 0.4)).verdict, at('closure', exponent(-0.78, 0.4)).verdict]).toEqual([
      NO,
      YES,
    ]);
    expect(at('closure', { ...exponent(0), r2: 0 }).verdict).toBe(YES);
    expect(at('closure', { ...exponent(0), points: 19 }).verdict).toBe(OPEN);
  });

  it('the choice of range: the halves that can be fitted vote', () => {
    const l = base.chain[3];
    const fit = (value: number, error: number, points: number) => ({
      label: 'half',
      fit: { exponent: given(value, error, points), points },
    });
    const with_ = (...ranges: ReturnType<typeof fit>[]) =>
      find('chain-variance', { chain: [{ ...l, ranges }] }).reason.split('Errors: ')[1];
    // two values 0.6 apart have a standard deviation of 0.6/√2
    expect(with_(fit(-4.3, 0.1, 12), fit(-3.7, 0.1, 12))).toBe(
      '0.050 misfit (block bootstrap over directions), 0.42 choice of range (lower and upper half of the ranks: −4.30 ± 0.10 and −3.70 ± 0.10); the scatter over seeds is not in them.',
    );
    expect(with_(fit(-9, 0.52, 12), fit(-3.7, 0.1, 12))).toContain(' – choice of range');
    expect(with_(fit(-4.3, 0.1, 9), fit(-3.7, 0.1, 12))).toContain(' – choice of range');
  });

  it('claims, sources and numbers', () => {
    expect(base.chain.map((l) => find(`chain-${l.id}`).stated)).toEqual(['−2', '−6', '−2', '−4', '0']);
    expect(find('chain-noise').claim).toContain('D ~ F^−6');
    const f = at('variance', { ...exponent(-3.851, 0.123), points: 77, range: [0.5, 20], r2: 0.93, scatter: 0.17 });
    expect(f.measured.value).toBe(-3.851);
    expect(f.reason).toMatch(
      /^Σ = σ² ~ F\^−3.85, stated −4; 77 directions over 1.6 decades of F, r² = 0.93, scatter 0.17 decades\. Errors: 0.12 misfit/,
    );
    expect(f.range).toMatch(/^F from 0.500 to 20: closed/);
    expect(at('variance', { points: 7 }).reason).toMatch(
      /^The fit uses 7 directions over .*: too little for a verdict\.$/,
    );
    expect(at('variance', { range: [Number.NaN, Number.NaN] }).range).toBe('none');
    for (const id of ['noise', 'variance'])
      expect(printsEstimate(find(`chain-${id}`).predicted!.split('here γ')[1], base.gamma.resolved.exponent)).toBe(
        true,
      );
    for (const id of ['curvature', 'minima']) expect(find(`chain-${id}`).predicted).not.toContain('here γ');
  });
});

describe('the leading term', () => {
  const rows = (n: number, ratio: (k: number) => number, change: (k: number) => Partial<LandscapeRow> = () => ({})) =>
    Array.from(
      { length: n },
      (_, k): LandscapeRow => ({
        ...base.landscape![0],
        index: k + 2,
        leading: 2e-9 * ratio(k),
        full: 2e-9,
        formula: 2e-9 * 17,
        dropped: 0.04,
        ...change(k),
      }),
    );
  const at = (...a: Parameters<typeof rows>) => find('leading', { landscape: rows(...a) });

  /** Three thirds of 7 with these medians; within each ± 1 % in the logarithm, so that a median errs by 1.253·0.0093/√7 = 0.0044. */
  const thirds = (...medians: number[]) => at(21, (k) => medians[Math.floor(k / 7)] * Math.exp(0.01 * ((k % 3) - 1)));
  test.each([
    [1.299, YES],
    [1.303, OPEN],
    [1.33, NO],
    [1 / 1.299, YES],
    [1 / 1.303, OPEN],
    [1 / 1.33, NO],
  ])('a third with a median of %f: %s', (ratio, verdict) => {
    for (const f of [thirds(ratio, 1, 1), thirds(1, ratio, 1), thirds(1, 1, ratio)]) {
      expect(f.verdict).toBe(verdict);
      expect(f.measured.value).toBeCloseTo(ratio, 1);
    }
  });

  it('thirds on both sides of 1 do not cancel', () => {
    expect(thirds(1.5, 1, 0.7).verdict).toBe(NO);
    expect(thirds(1.5, 1, 0.7).reason).toMatch(/^Medians by ranks: 2–8: 1.50. ± .*; 9–15: .*; 16–22: 0.70/);
  });

  it('twenty directions of rank 2 and more with both', () => {
    expect([at(20, () => 1).verdict, at(19, () => 1).verdict]).toEqual([YES, OPEN]);
    const skip = (k: number): Partial<LandscapeRow> =>
      k === 0 ? { index: 1 } : k === 1 ? { full: 0 } : k === 2 ? { leading: 0 } : {};
    expect(at(23, () => 1, skip).verdict).toBe(YES);
    expect(at(22, () => 1, skip).verdict).toBe(OPEN);
    expect(at(0, () => 1).measured.value).toBeNaN();
    expect(at(1, () => 1.2).measured).toMatchObject({ value: 1.2, n: 1 });
  });

  it('the error of a median of a log-normal: 1.253·value·s/√n', () => {
    const s = 0.4; // ± s about the middle of 7: standard deviation s·√(6/6), unbiased
    const f = at(21, (k) => (k < 7 ? 2 * Math.exp(k < 3 ? -s : k === 3 ? 0 : s) : 1));
    expect(f.measured.standardError).toBeCloseTo((2 * 1.253 * Math.sqrt((6 * s * s) / 6)) / Math.sqrt(7), 10);
  });

  it('its sentence', () => {
    const f = at(
      25,
      (k) => 0.9 + k / 100,
      (k) => ({ dropped: 0.01 * (k + 1), formula: 2e-9 * (k + 1) }),
    );
    expect(f.reason).toContain(formatEstimate(f.measured));
    expect(f.reason).toContain('single directions from 0.90 to 1.1.');
    expect(f.reason).toContain('give 13 times C (median)');
    expect(f.reason).toContain('In the median direction 13 % of the minibatches');
    // the drift, direction 1, is no part of the median
    const first = { ...base.landscape![0], index: 1, dropped: 0.9 };
    const others = rows(
      24,
      () => 1,
      (k) => ({ dropped: k < 12 ? 0.02 : 0.04 }),
    );
    expect(find('leading', { landscape: [first, ...others] }).reason).toContain('direction 3 % of the minibatches');
  });
});

describe('what falls with the width', () => {
  const cases: [string, 'temperature' | 'correlationTime'][] = [
    ['temperature', 'temperature'],
    ['correlation-time', 'correlationTime'],
  ];
  describe.each(cases)('%s', (id, which) => {
    const at = (value: number, error: number, n = 30) =>
      find(id, { [which]: { ...base[which], correlation: given(value, error, n) } });
    test.each([
      [-0.5, 0.1, YES],
      [-0.499, 0.1, NO],
      [0.9, 0.1, NO],
      [-0.6, 0.306, YES],
      [-0.6, 0.307, NO],
    ])('rho = %f ± %f: %s', (value, error, verdict) => {
      expect(at(value, error).verdict).toBe(verdict);
    });
    it('the exponent, too, is significantly negative', () => {
      const { fit } = base[which];
      const by = (value: number) =>
        find(id, {
          [which]: { ...base[which], correlation: given(-0.9, 0.01), fit: { ...fit, exponent: given(value, 0.1) } },
        }).verdict;
      expect([by(-0.195), by(-0.197)]).toEqual([NO, YES]);
    });
    it('twenty directions; rho, the exponent and the spans in the sentence', () => {
      expect([at(-0.9, 0.01, 20).verdict, at(-0.9, 0.01, 19).verdict]).toEqual([YES, OPEN]);
      expect(at(-0.9, 0.01, 19).reason).toMatch(/^Only 19 directions; the rule asks for 20\. /);
      const f = at(-0.831, 0.052, 33);
      expect(printsEstimate(f.reason, f.measured)).toBe(true);
      expect(f.reason).toContain('over 33 directions; as a power law F^');
      expect(printsEstimate(f.reason.split('F^')[1], base[which].fit.exponent)).toBe(true);
      expect(f.unit).toBe('rho with F');
      const [F, y] = numbersIn(f.reason.split('F spans a factor')[1]);
      const { x, y: values } = base[which];
      expect(Math.abs(F / (Math.max(...x) / Math.min(...x)) - 1)).toBeLessThan(0.05);
      expect(Math.abs(y / (Math.max(...values) / Math.min(...values)) - 1)).toBeLessThan(0.05);
    });
  });

  test.each([
    // √(0.06² + 0.08²)·1.96 = 0.196
    [-0.63, YES],
    [-0.64, OPEN],
    [-0.9, OPEN],
  ])('correlation times: rho = −0.83 ± 0.06 over ranks 2–100 against walks with %f ± 0.08: %s', (rho, verdict) => {
    const walkCorrelation = { ranks: 18, rho: given(rho, 0.08, 10) };
    const f = find('correlation-time', { walkCorrelation });
    expect(f.verdict).toBe(verdict);
    expect(f.reason).toContain('Over ranks 2 to 100 rho is −0.83 ± 0.06, and in walks');
    expect(f.reason.includes('no sign of a landscape')).toBe(verdict === OPEN);
    // a time that does not fall is refuted whatever walks do, and the temperature has nothing to do with them
    const { correlationTime } = base;
    expect(
      find('correlation-time', {
        walkCorrelation,
        correlationTime: { ...correlationTime, correlation: given(-0.4, 0.01) },
      }).verdict,
    ).toBe(NO);
    expect(find('temperature', { walkCorrelation }).verdict).toBe(YES);
  });

  it('says how many correlation times are only bounded by the window', () => {
    expect(find('correlation-time').reason).toContain('3 further directions have a time that is not short');
    expect(find('temperature').reason).not.toContain('further directions');
  });

  it('the displacement that doubles the temperature: median and smallest over directions but the first', () => {
    const landscape = base
      .landscape!.slice(0, 25)
      .map((l, k) => ({ ...l, doubling: k === 0 ? 0.1 : k === 1 ? Number.POSITIVE_INFINITY : 3 + k }));
    const text = find('temperature', { landscape }).reason;
    const [median, least] = numbersIn(text.split('a displacement of')[1]);
    expect([median, least]).toEqual([16, 5]); // of 5, 6, … 27
    const { landscape: _, ...rest } = base;
    expect(ao2022Findings(rest).find((f) => f.id === 'ao.temperature')!.reason).not.toContain('displacement');
  });
});

describe('the fits', () => {
  const n = 24;
  const row = (k: number): EnergyRow => {
    const F = 0.5 * 1.2 ** k;
    return {
      ...base.energy[0],
      index: k + 1,
      flatness: F,
      curvature: 7e-4 * F ** -2,
      noise: 3e-6 * F ** -5,
      variance: 2e-3 * F ** -4,
      resolved: true,
    };
  };
  const energy = Array.from({ length: n }, (_, k) => row(k));
  const widths = energy.slice(1).map((e) => e.flatness!);
  const input = (change: Partial<ChainInput> = {}): ChainInput => ({
    setting: base.setting,
    energy,
    dynamics: [],
    key: randomKey(2),
    ...change,
  });

  it('exponents and heights of exact laws, rank 1 left out', () => {
    const [M, D, S, Q, ...none] = scalingChain(input());
    expect(none).toEqual([]);
    expect([M.id, D.id, S.id, Q.id]).toEqual(['curvature', 'noise', 'variance', 'closure']);
    expect([M.stated, D.stated, S.stated, Q.stated]).toEqual([-2, -6, -4, 0]);
    for (const [l, exponent, height] of [
      [M, -2, 7e-4 / base.setting.centreLoss],
      [D, -5, 3e-6],
      [S, -4, 2e-3],
      // Σ·M/D: −4 − 2 + 5
      [Q, -1, (2e-3 * 7e-4) / base.setting.centreLoss / 3e-6],
    ] as const) {
      expect(l.fit.exponent.value).toBeCloseTo(exponent, 10);
      expect(10 ** l.fit.intercept.value / height).toBeCloseTo(1, 9);
      expect(l.x).toEqual(widths);
      expect(l.fit.points).toBe(n - 1);
    }
    expect(S.ranges.map((g) => [g.label, g.fit.points])).toEqual([
      ['lower half of the ranks', 11],
      ['upper half of the ranks', 12],
    ]);
    for (const g of S.ranges) expect(g.fit.exponent.value).toBeCloseTo(-4, 9);
    expect(M.y[3] * base.setting.centreLoss).toBeCloseTo(energy[4].curvature, 12);
  });

  it('with the landscape the minima stand third: the square of their spread', () => {
    const landscape = energy.map(
      (e, k): LandscapeRow => ({
        ...base.landscape![0],
        index: e.index,
        minimumSpread: given(0.02 * e.flatness! ** -1.5, 0.001 * k),
      }),
    );
    const chain = scalingChain(input({ landscape }));
    expect(chain.map((l) => l.id)).toEqual(['curvature', 'noise', 'minima', 'variance', 'closure']);
    expect(chain[2].fit.exponent.value).toBeCloseTo(-3, 10);
    expect(chain[2].stated).toBe(-2);
    expect(10 ** chain[2].fit.intercept.value / 4e-4).toBeCloseTo(1, 9);
    expect(chain[2].x.length).toBe(n - 1);
    const some = scalingChain(input({ landscape: landscape.filter((l) => l.index % 2 === 0) }));
    expect(some[2].x).toEqual(energy.filter((e) => e.index % 2 === 0).map((e) => e.flatness));
  });

  it('open valleys, unresolved variances and values that are not positive are left out', () => {
    const bent = energy.map((e) =>
      e.index === 2
        ? { ...e, flatness: null }
        : e.index === 3
          ? { ...e, resolved: false }
          : e.index === 4
            ? { ...e, flatness: 0 }
            : e.index === 5
              ? { ...e, curvature: -1 }
              : e.index === 6
                ? { ...e, curvature: Number.NaN }
                : e,
    );
    const [M, D] = scalingChain(input({ energy: bent }));
    expect(D.x.length).toBe(n - 4);
    expect(M.x.length).toBe(n - 6);
    const few = scalingChain(input({ energy: energy.slice(0, 5) }))[0];
    expect(few.fit.exponent.value).toBeNaN();
    expect(few.fit.exponent.method).toBe('no fit: only 4 points');
    expect(scalingChain(input({ energy: energy.slice(0, 6) }))[0].fit.exponent.value).toBeCloseTo(-2, 8);
  });

  it('T = (η/2)·C per batch, with the factor of the sampling', () => {
    // 60 000 samples in batches of 50, eta 0.1
    const shuffled = temperatures(input());
    expect(shuffled.x).toEqual(widths);
    shuffled.y.forEach((v, k) => {
      expect(v / (0.05 * energy[k + 1].noise * (59_950 / 59_999 / 50))).toBeCloseTo(1, 12);
    });
    const replaced = temperatures(input({ setting: { ...base.setting, sampling: 'replaced' } }));
    replaced.y.forEach((v, k) => {
      expect(v / (0.05 * energy[k + 1].noise * (1 / 50))).toBeCloseTo(1, 12);
    });
    // monotone, and so is every resample
    expect(shuffled.correlation).toMatchObject({
      value: -1,
      standardError: expect.closeTo(0, 12),
      n: n - 1,
      converged: true,
    });
    expect(shuffled.fit.exponent.value).toBeCloseTo(-5, 10);
    expect(temperatures(input({ energy: energy.slice(0, 5) })).correlation.value).toBeNaN();
    expect(temperatures(input({ energy: energy.slice(0, 6) })).correlation.value).toBe(-1);
  });

  it('correlation times where both were measured, 1/(η h) beside them', () => {
    const dynamics = energy.map(
      (e): DirectionDynamics => ({
        index: e.index,
        cosWithWeights: 0,
        driftVelocity: given(1),
        msdExponent: given(1),
        correlationTime:
          e.index === 7
            ? estimate(Number.NaN, Number.NaN, 0, 'none')
            : e.index === 8
              ? given(0)
              : given(40 * e.flatness! ** 0.5),
        msd: { lag: [1], value: [1] },
      }),
    );
    const used = energy.filter((e) => e.index > 1 && e.index !== 7 && e.index !== 8);
    const all = correlationTimes(input({ dynamics: [...dynamics, { ...dynamics[0], index: 999 }] }));
    expect(all.bounded).toBe(0);
    // a time that did not converge is listed, but does not count
    const slow = dynamics.map((d) =>
      d.index === 5 ? { ...d, correlationTime: estimate(1e6, 1e5, 2, 'lower bound', false) } : d,
    );
    const bounded = correlationTimes(input({ dynamics: slow }));
    expect([bounded.bounded, bounded.y.length - bounded.correlation.n]).toEqual([1, 1]);
    expect(bounded.y).toContain(1e6);
    // over the leading ranks it counts as the bound that it is
    expect(bounded.leading.n).toBe(all.leading.n);
    expect(bounded.leading.value).toBeLessThan(1);
    expect(all.leading).toMatchObject({ value: 1, n: used.length });
    expect(bounded.fit.exponent.value).toBeCloseTo(0.5, 10);
    expect(all.x).toEqual(used.map((e) => e.flatness));
    expect(all.fit.exponent.value).toBeCloseTo(0.5, 10);
    all.predicted.forEach((p, k) => {
      expect(p * 0.1 * used[k].curvature).toBeCloseTo(1, 12);
    });
    const bent = energy.map((e) =>
      e.index === 3 ? { ...e, curvature: -1 } : e.index === 4 ? { ...e, curvature: 0 } : e,
    );
    expect(correlationTimes(input({ dynamics, energy: bent })).predicted.slice(0, 4)).toEqual([
      expect.any(Number),
      Number.NaN,
      Number.NaN,
      expect.any(Number),
    ]);
    expect(correlationTimes(input({ dynamics, energy: bent })).predicted[0]).not.toBeNaN();
  });

  it('widths of U: slope and rank correlation from rank 2, and along the resolved Hessian modes', () => {
    const rows = energy.map((e, k) => ({
      ...e,
      potentialWidth: e.index === 1 ? 99 : 2 ** k,
      predictedWidth: e.index === 7 ? Number.NaN : 5 * 2 ** (0.25 * k),
      resolved: e.index !== 9,
    }));
    const ranks = Array.from({ length: 30 }, (_, k) => k + 1);
    const modes = {
      ...base.modes,
      withoutDrift: ranks.map((i) => i ** -2),
      predicted: {
        ...base.modes.predicted,
        continuous: ranks.map((i) => (i === 4 ? Number.POSITIVE_INFINITY : i > 25 ? 1e9 : i ** -1)),
      },
    };
    const w = widthComparison({ energy: rows, modes, subspaces: { ...base.subspaces, resolved: 25 } }, randomKey(6));
    expect(w.fit.exponent.value).toBeCloseTo(0.25, 10);
    expect(w.fit.points).toBe(n - 3);
    expect(w.correlation).toMatchObject({ value: 1, n: n - 3 });
    expect(w.correlation.method).not.toContain('with F');
    // deviations 1/i and 1/√i
    expect(w.hessian.exponent.value).toBeCloseTo(0.5, 10);
    expect(w.hessian.points).toBe(24);
  });

  it('ratios by groups: ranks, curvatures, settled modes, each regime its own', () => {
    const P = 60;
    const upTo = (f: (i: number) => number) => Array.from({ length: P }, (_, k) => f(k + 1));
    const modes = {
      curvature: upTo((i) => 1 / i),
      noise: upTo(() => 1),
      measured: upTo(() => 100),
      withoutDrift: upTo((i) => i),
      predicted: {
        continuous: upTo((i) => 2 * i),
        discrete: upTo((i) => 3 * i),
        shuffled: upTo((i) => i / 2),
        window: upTo((i) => (i === 12 ? Number.NaN : i * (i % 2 ? 4 : 1))),
      },
    };
    const { groups, settledRatio } = groupRatios(modes, 13, randomKey(1));
    expect(groups.map(({ from, to, modes: m, settled, curvature }) => [from, to, m, settled, ...curvature])).toEqual([
      [1, 10, 10, 10, 1, 1 / 10],
      [11, 50, 40, 3, 1 / 11, 1 / 50],
      [51, 60, 10, 0, 1 / 51, 1 / 60],
    ]);
    for (const g of groups)
      expect([g.ratio.continuous.value, g.ratio.discrete.value, g.ratio.shuffled.value]).toEqual(
        [2, 3, 0.5].map((v) => expect.closeTo(v, 12)),
      );
    expect(groups[0].ratio.window.value).toBeCloseTo(2, 12);
    expect(groups[1].ratio.window).toMatchObject({ n: 39, value: expect.closeTo(4 ** (20 / 39), 10) });
    expect(groups[1].ratio.window.method).toBe(
      'geometric mean over 39 modes (1 have no finite prediction), moving-block bootstrap',
    );
    expect(groups[0].ratio.window.method).toBe('geometric mean over 10 modes, moving-block bootstrap');
    expect(groups[0].ratio.continuous.standardError).toBeCloseTo(0, 12);
    // of independent modes the logarithm's error would be ln 2/√10; blocks of 2 neighbours, one even and one odd, leave less
    expect(groups[0].ratio.window.standardError).toBeGreaterThan(0);
    expect(settledRatio.window).toMatchObject({ n: 12, value: expect.closeTo(4 ** (7 / 12), 10) });
    const one = groupRatios(modes, 1, randomKey(1)).settledRatio.continuous;
    expect(one).toMatchObject({ value: 2, n: 1, converged: false });
    expect(groupRatios(modes, 0, randomKey(1)).settledRatio.continuous).toMatchObject({ value: Number.NaN, n: 0 });
    expect(groupRatios(modes, 2, randomKey(1)).settledRatio.continuous.converged).toBe(true);
  });

  it('the error of a ratio is that of its logarithm times its value', () => {
    const P = 400;
    const s = randomKey(9).stream();
    const ones = new Array<number>(P).fill(1);
    const spread = Array.from({ length: P }, () => 5 * Math.exp(0.3 * s.normal()));
    const r = groupRatios(
      {
        curvature: ones,
        noise: ones,
        measured: ones,
        withoutDrift: ones,
        predicted: { continuous: spread, discrete: ones, shuffled: ones, window: ones },
      },
      P,
      randomKey(3),
    ).settledRatio.continuous;
    // 0.3/√400 of the value, known to some 10 % from a bootstrap of 57 blocks and 400 replicates
    expect(Math.abs(r.standardError / (r.value * 0.015) - 1)).toBeLessThan(0.4);
    expect(prints('5.0', r.value, 1)).toBe(true);
  });
});
