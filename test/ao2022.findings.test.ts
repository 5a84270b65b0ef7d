/** The rules of ao2022's findings on the steady state, each threshold from both sides, and the numbers in their sentences. */
import { describe, expect, it, test } from 'vitest';
import { ao2022Findings } from '../src/experiments/ao2022/findings.js';
import type {
  Ao2022Results,
  GammaTest,
  ModeAgreement,
  RulePower,
  TrajectoryTests,
} from '../src/experiments/ao2022/measured.js';
import type { Finding } from '../src/report/finding.js';
import type { EnergyRow } from '../src/theory/layer/results.js';
import { given, syntheticAo2022 } from './support/ao2022-results.js';
import { estimatesIn, numbersIn, prints, printsEstimate } from './support/reading.js';

const [YES, NO, OPEN] = ['reproduced', 'not reproduced', 'not decidable with this run'];
const base = syntheticAo2022();
const T = base.trajectory!;
const find = (id: string, change: Partial<Ao2022Results> = {}): Finding =>
  ao2022Findings({ ...base, ...change }).find((f) => f.id === `ao.${id}`)!;
const moving = (id: string, change: Partial<TrajectoryTests>) => find(id, { trajectory: { ...T, ...change } });
const settled = (n: number) => ({ subspaces: { ...base.subspaces, settled: n } });

it('all claims hold in the made-up result, in the order of the argument', () => {
  const all = ao2022Findings(base);
  expect(all.map((f) => f.id)).toEqual([
    'ao.sigma',
    'ao.sigma-sampling',
    'ao.boltzmann',
    'ao.boltzmann-sampling',
    'ao.rival',
    'ao.circulating',
    'ao.circulation',
    'ao.stationary',
    'ao.energy',
    'ao.chain-curvature',
    'ao.chain-noise',
    'ao.chain-minima',
    'ao.chain-variance',
    'ao.chain-closure',
    'ao.leading',
    'ao.temperature',
    'ao.correlation-time',
  ]);
  for (const f of all) {
    expect(f.verdict, f.id).toBe(YES);
    expect(f.source).toMatch(/\[|figure 1/);
    expect(JSON.stringify(f)).not.toMatch(/NaN|undefined/);
  }
  const { trajectory: _, landscape: __, ...rest } = base;
  expect(ao2022Findings(rest).map((f) => f.id)).toEqual(
    all.map((f) => f.id).filter((id) => !/boltzmann|rival|circulation|stationary|leading/.test(id)),
  );
});

describe('predicted over measured variance', () => {
  const cases: [string, 'continuous' | 'window'][] = [
    ['sigma', 'continuous'],
    ['sigma-sampling', 'window'],
  ];
  describe.each(cases)('%s', (id, regime) => {
    const changed = (change: Partial<ModeAgreement>, modes = 25) => {
      const { agreement } = base.simulated;
      const own = { ...agreement[regime], modes, ...change };
      return find(id, {
        ...settled(modes),
        simulated: { ...base.simulated, agreement: { ...agreement, [regime]: own } },
      });
    };
    const at = (first: [number, number], second: [number, number] = [1, 0.01], modes = 25) =>
      changed(
        {
          groups: [
            { from: 1, to: 10, ratio: given(...first) },
            { from: 11, to: modes, ratio: given(...second) },
          ],
        },
        modes,
      );

    test.each([
      [1.299, 0.01, YES],
      [1.301, 0.01, OPEN],
      // the whole interval outside: the logarithm less 1.96·0.01
      [1.3 * Math.exp(0.0195), 0.01 * 1.326, OPEN],
      [1.3 * Math.exp(0.0197), 0.01 * 1.3258, NO],
      [1 / 1.299, 0.0077, YES],
      [1 / 1.301, 0.0077, OPEN],
      [Math.exp(-0.0197) / 1.3, 0.01 * 0.7542, NO],
      // its error at most 0.3
      [1, 0.3, YES],
      [1, 0.301, OPEN],
      [9, 2.71, OPEN],
      [1, Number.NaN, OPEN],
    ])('%f ± %f: %s', (value, error, verdict) => {
      expect(at([value, error]).verdict).toBe(verdict);
      expect(at([1, 0.01], [value, error]).verdict).toBe(verdict);
    });

    it('groups on both sides of 1 do not cancel', () => {
      expect(at([1.5, 0.01], [1 / 1.5, 0.01]).verdict).toBe(NO);
      expect(at([1.5, 0.01], [1 / 1.4, 0.01]).measured.value).toBe(1.5);
      expect(at([1.4, 0.01], [1 / 1.5, 0.01]).measured.value).toBe(1 / 1.5);
    });

    it('chi² refutes at p below 0.01', () => {
      expect([changed({ pValue: 0.0099 }).verdict, changed({ pValue: 0.01 }).verdict]).toEqual([NO, YES]);
      expect(changed({ pValue: Number.NaN }).verdict).toBe(OPEN);
      expect(changed({ groups: [] }).verdict).toBe(OPEN);
      expect(changed({ chiSquared: 47.3, pValue: 0.031, draws: 150 }).reason).toContain(
        'chi² = 47.3 for 25 modes, p = 0.031 from 150 draws of the linear system.',
      );
    });

    it('five settled modes', () => {
      expect(at([1, 0.1], [1, 0.01], 5).verdict).toBe(YES);
      expect(at([1, 0.1], [1, 0.01], 4).verdict).toBe(OPEN);
      expect(at([1, 0.1], [1, 0.01], 4).reason).toMatch(
        /^Only 4 modes are settled; the rule asks for 5. In a longer window more would settle. /,
      );
    });

    it('reports the group farthest from 1, all groups, and of which modes it speaks', () => {
      const f = at([1.17, 0.05], [0.92, 0.03]);
      expect(f.measured).toMatchObject({ value: 1.17, standardError: 0.05 });
      expect(f.unit).toBe('predicted/measured, group farthest from 1');
      const groups = f.reason.split('By groups of modes: ')[1].split('. chi')[0].split('; ');
      expect(groups.map((g) => g.split(':')[0])).toEqual(['1–10', '11–25']);
      expect(printsEstimate(groups[0], given(1.17, 0.05)) && printsEstimate(groups[1], given(0.92, 0.03))).toBe(true);
      expect(f.range).toMatch(
        /^the 25 settled Hessian modes of 60: at least 10 relaxation times within the 12\u202f000 steps, curvature from /,
      );
      expect(prints(f.range!.split('from ')[1].split(' up')[0], 2 * 25 ** -1.7)).toBe(true);
    });
  });

  it('the means over all settled modes are told as such', () => {
    expect(find('sigma').reason).toContain('The mean over all settled modes is 1.21.');
    const own = find('sigma-sampling');
    expect(own.reason).toContain('The mean over all settled modes, 1.07, says nothing');
    expect(own.claim).toContain('(shuffled)');
    expect(own.predicted).toMatch(/: 0.930 if shuffled, 1.26 if white$/);
  });
});

describe('the law of Boltzmann', () => {
  const cases: [string, 'potential' | 'windowed'][] = [
    ['boltzmann', 'potential'],
    ['boltzmann-sampling', 'windowed'],
  ];
  describe.each(cases)('%s', (id, which) => {
    const at = (change: Partial<GammaTest>) => moving(id, { [which]: { ...T[which], ...change } });
    const mean = (over: number) => ({ mean: given(12.5 * over, 0.25) });
    const groups = (first: number, second = 1) => ({
      groups: [
        { from: 1, to: 10, mean: given(first, 0.01 * first) },
        { from: 11, to: 25, mean: given(second, 0.01 * second) },
      ],
    });

    test.each<[string, Partial<GammaTest>, string, Partial<GammaTest>]>([
      [OPEN, { effective: 9.99, pValue: 0.5 }, YES, { effective: 10, pValue: 0.5 }],
      [OPEN, { effective: 9.99, pValue: 0.001 }, NO, { effective: 10, pValue: 0.001 }],
      [NO, { pValue: 0.0099 }, OPEN, { pValue: 0.01 }],
      [OPEN, { pValue: 0.049 }, YES, { pValue: 0.05 }],
      [OPEN, groups(1.301), YES, groups(1.299)],
      [OPEN, groups(1 / 1.301), YES, groups(1 / 1.299)],
      [NO, groups(1.34), OPEN, groups(1.32)],
      // two groups that cancel in the mean
      [NO, { ...mean(1), ...groups(1.6, 0.6) }, YES, { ...mean(1.6), ...groups(1.1, 0.9) }],
      [OPEN, { groups: [] }, YES, {}],
      [OPEN, { dimension: 4 }, YES, { dimension: 5 }],
      [OPEN, { dimension: 4, pValue: 0.001 }, NO, { dimension: 5, pValue: 0.001 }],
    ])('%s at %o, %s at %o', (one, a, other, b) => {
      expect([at(a).verdict, at(b).verdict]).toEqual([one, other]);
    });

    it('reports the mean over n/2', () => {
      const f = at({ mean: given(12.5 * 1.17, 12.5 * 0.031), distance: 0.052, pValue: 0.23, effective: 321 });
      expect(f.measured.value).toBeCloseTo(1.17, 12);
      expect(f.measured.standardError).toBeCloseTo(0.031, 12);
      expect(f.reason).toMatch(
        /^Mean energy 1.170 ± 0.031 of its value over 25 modes; largest distance between the distributions 0.052, p = 0.23 at 321 independent draws\. /,
      );
      expect(at({ effective: 9.5 }).reason).toContain(
        'at 9.50 independent draws, fewer than the 10 that the rule asks for',
      );
      expect(at({ effective: 10 }).reason).not.toContain('fewer');
      expect(at(groups(1.05, 0.88)).reason).toContain(
        'Mean energy of each group of modes alone: 1–10: 1.050 ± 0.011; 11–25: 0.880 ± 0.009.',
      );
      const [control] = estimatesIn(f.predicted!);
      expect(control.value).toBeCloseTo(T.otherHalf.mean.value / 12.5, 2);
      expect(f.predicted).toMatch(/p = 0.31$/);
    });
  });

  it('with the drift left in', () => {
    const [drift] = estimatesIn(find('boltzmann').reason.split('If the drift')[1]);
    expect(drift.value).toBeCloseTo(T.withDrift.mean.value / 12.5, 2);
  });
});

describe('loss or potential', () => {
  test.each([
    [0.2, 0.1, YES],
    [0.19, 0.1, OPEN],
    [-0.19, 0.1, OPEN],
    [-0.2, 0.1, NO],
  ])('%f ± %f nats per step: %s', (value, error, verdict) => {
    const f = moving('rival', { logRatio: given(value, error) });
    expect(f.verdict).toBe(verdict);
    expect(f.measured.value).toBe(value);
    expect(f.unit).toBe('nats per step');
  });

  test.each([
    // √(0.3² + 0.4²)·1.96 = 0.98
    [1.99, YES],
    [1.97, OPEN],
    [0.7, OPEN],
  ])('%f nats per step against walks that have 1: %s', (value, verdict) => {
    const f = find('rival', {
      simulated: { ...base.simulated, logRatioOfWalks: given(1, 0.4) },
      trajectory: { ...T, logRatio: given(value, 0.3) },
    });
    expect(f.verdict).toBe(verdict);
    expect(f.reason.startsWith('Walks with the run’s own noise')).toBe(f.verdict === OPEN);
    // below zero walks do not matter
    const negative = find('rival', {
      simulated: { ...base.simulated, logRatioOfWalks: given(-9, 0.4) },
      trajectory: { ...T, logRatio: given(-2, 0.3) },
    });
    expect(negative.verdict).toBe(NO);
  });

  it('sentences, and five modes', () => {
    const f = find('rival');
    expect(numbersIn(f.reason.split('spreads over')[1]).slice(0, 2)).toEqual([23, 7.7]);
    expect(printsEstimate(f.predicted!, T.logRatioWindowed)).toBe(true);
    expect(f.predicted).toContain('walks with the run’s own noise and no restoring force: −7.30, scatter 1.9 [N1]');
    const with_ = (dimension: number) => moving('rival', { potential: { ...T.potential, dimension } }).verdict;
    expect([with_(4), with_(5)]).toEqual([OPEN, YES]);
  });
});

describe('circulation', () => {
  test.each([
    [0.0101, YES],
    [0.0099, NO],
  ])('a share of Q of %f on all resolved modes: %s', (share, verdict) => {
    const f = find('circulating', {
      decomposition: { ...base.decomposition, qShare: { settled: 0.0456, resolved: share } },
    });
    expect(f.verdict).toBe(verdict);
    expect(f.measured).toMatchObject({ value: share, n: 50, converged: true });
    // whatever it is on the settled modes, and however many they are
    expect(find('circulating', settled(0)).verdict).toBe(YES);
  });

  it('its sentence, in percent', () => {
    const f = find('circulating');
    expect(numbersIn(f.reason).slice(0, 6)).toEqual([4.6, 50, 6.8, 25, 0.12, 0.34]);
    expect(f.reason).toContain('entropy is produced at 0.012 k per step.');
    expect(f.range).toBe(
      'all 50 resolved Hessian modes; H and C₁ exact over all 60\u202f000 samples, so that there is no sampling error',
    );
    expect(f.predicted).toContain('0 if');
  });

  const turning = (change: Partial<TrajectoryTests['circulation']>) =>
    moving('circulation', { circulation: { ...T.circulation, ...change } });
  test.each<[string, Partial<TrajectoryTests['circulation']>, string, Partial<TrajectoryTests['circulation']>]>([
    [OPEN, { slope: given(0.699, 0.01) }, YES, { slope: given(0.701, 0.01) }],
    [OPEN, { slope: given(1.301, 0.01) }, YES, { slope: given(1.299, 0.01) }],
    // the whole interval outside, Student's over 30 blocks: 2.045 errors
    [NO, { slope: given(0.7 - 0.02046, 0.01) }, OPEN, { slope: given(0.7 - 0.02044, 0.01) }],
    [NO, { slope: given(1.3 + 0.02046, 0.01) }, OPEN, { slope: given(1.3 + 0.02044, 0.01) }],
    [NO, { slope: given(3.3, 0.8) }, OPEN, { slope: given(2.9, 0.8) }],
    // the interval, where it is wider than 0.3
    [OPEN, { slope: given(0.59, 0.2) }, YES, { slope: given(0.6, 0.2) }],
    // significantly positive
    [OPEN, { slope: given(1.01, 0.5) }, YES, { slope: given(1.03, 0.5) }],
    [OPEN, { slope: given(1.1, 0.501) }, YES, { slope: given(1.1, 0.5) }],
    [OPEN, { slope: given(1, Number.NaN) }, YES, {}],
    [OPEN, { converged: false }, YES, { converged: true }],
    [OPEN, { dimension: 4 }, YES, { dimension: 5 }],
    [NO, { slope: given(-1, 0.1) }, YES, {}],
  ])('%s at %o, %s at %o', (one, a, other, b) => {
    expect([turning(a).verdict, turning(b).verdict]).toEqual([one, other]);
  });

  it('sentences count the pairs', () => {
    const f = find('circulation');
    expect(f.reason).toBe(
      '17 of 300 pairs circulate with a family-wise chance below 5 %, 61 at a false-discovery rate of 5 %. One slope over all pairs: 0.94 ± 0.06, 95 % interval ±0.12.',
    );
    expect(f.range).toBe('300 pairs of 25 settled modes, drift removed; 40 blocks');
    expect(printsEstimate(f.predicted!, T.circulation.slopeOfSampling)).toBe(true);
    expect(turning({ converged: false }).reason).toContain('The blocks are shorter than 5 correlation times');
    expect(turning({ converged: false }).reason).not.toContain('neither');
    expect(turning({ slope: given(1, 0.6) }).reason).toContain('with an error of at most 0.5 and above 0.');
  });
});

describe('stationarity', () => {
  const at = (ratio: [number, number], rule: Partial<RulePower> = {}, modes = 25) =>
    find('stationary', {
      ...settled(modes),
      simulated: { ...base.simulated, rule: { ...base.simulated.rule, ...rule } },
      trajectory: { ...T, motion: { layer: given(0.7, 0.02), settled: given(...ratio) } },
    });
  const [fine, off]: [number, number][] = [
    [0.98, 0.01],
    [0.9, 0.01],
  ];
  test.each<[string, [number, number], Partial<RulePower>, string, [number, number], Partial<RulePower>]>([
    [OPEN, fine, { power: 0.79 }, YES, fine, { power: 0.8 }],
    [NO, off, { falseAlarms: 0.1 }, OPEN, off, { falseAlarms: 0.11 }],
    // the power decides nothing where the rule is not passed, false alarms nothing where it is
    [NO, off, { power: 0 }, YES, fine, { falseAlarms: 1 }],
    [OPEN, [1, 0.251], {}, YES, [1, 0.25], {}],
  ])('%s at %o %o, %s at %o %o', (one, a, x, other, b, y) => {
    expect([at(a, x).verdict, at(b, y).verdict]).toEqual([one, other]);
  });

  it('says of which modes, over how many relaxation times, and at what power', () => {
    const f = at(fine, { walksPassing: 0.615, power: 0.21, falseAlarms: 0.035 });
    expect([at(fine, {}, 5).verdict, at(fine, {}, 4).verdict]).toEqual([YES, OPEN]);
    expect(f.measured.value).toBe(0.98);
    expect(f.claim).toMatch(/^The 25 settled modes are stationary/);
    expect(f.predicted).toBe('1; whole layer of 60 modes, drift included: 0.700 ± 0.020');
    expect(f.range).toMatch(/these modes relax 10 … 2400 times$/);
    expect(f.reason).toContain('Of 200 walks of these modes');
    expect(f.reason).toContain(
      'the rule takes 61.5 % for stationary and refuses 21 % (its power; a verdict asks for 80 %)',
    );
    expect(f.reason).toContain('of as many stationary windows it refuses 3.50 %');
    expect(f.reason).toContain('Nothing is said here of the 35 modes that are not settled');
    expect(f.reason).toContain('So passing it shows little.');
    expect(at(fine).reason).not.toContain('shows little');
    expect(at(off, { power: 0.1 }).reason).not.toContain('shows little');
  });
});

describe('widths of the potential', () => {
  const { widths } = base;
  const at = (rho: [number, number], slope: [number, number], points = 29) =>
    find('energy', {
      widths: {
        ...widths,
        correlation: given(...rho, points),
        fit: { ...widths.fit, exponent: given(...slope, points), points },
      },
    });
  const [order, follows]: [number, number][] = [
    [0.9, 0.02],
    [1, 0.02],
  ];
  test.each<[string, [number, number], [number, number], string, [number, number], [number, number]]>([
    [NO, [0.499, 0.02], follows, YES, [0.5, 0.02], follows],
    [NO, [0.6, 0.307], follows, YES, [0.6, 0.306], follows],
    [NO, order, [0.699, 0.02], YES, order, [0.701, 0.02]],
    [NO, order, [1.301, 0.02], YES, order, [1.299, 0.02]],
    // the interval, where it is wider
    [NO, order, [0.5, 0.25], YES, order, [0.52, 0.25]],
    [OPEN, order, [1, 0.501], YES, order, [1, 0.5]],
    [OPEN, order, [1, Number.NaN], NO, [1, 0], [0.1, 0.01]],
  ])('%s at rho %o, slope %o; %s at rho %o, slope %o', (one, a, x, other, b, y) => {
    expect([at(a, x).verdict, at(b, y).verdict]).toEqual([one, other]);
  });

  it('twenty directions; the slope stands for the finding, rho and the spans beside it', () => {
    expect([at(order, follows, 20).verdict, at(order, follows, 19).verdict]).toEqual([YES, OPEN]);
    const rows = Array.from(
      { length: 30 },
      (_, k): EnergyRow => ({
        ...base.energy[1],
        index: k + 2,
        potentialWidth: k + 1,
        predictedWidth: 3 * (k + 1) + (k === 29 ? 30 : 0),
        flatness: k === 4 ? null : 1 / (k + 1),
      }),
    );
    const f = find('energy', { energy: rows });
    expect(f.measured).toMatchObject({ value: 0.98 });
    expect(f.reason).toContain(
      'Measured widths span a factor 30, predicted ones 40: predicted ~ measured^0.98 ± 0.05.',
    );
    expect(printsEstimate(f.reason.split('rho = ')[1], widths.correlation)).toBe(true);
    expect(f.reason).toContain('The median of predicted over measured width is 3.');
    expect(printsEstimate(f.predicted!.split('choose: ')[1], widths.hessian.exponent)).toBe(true);
    expect(f.predicted).toContain('with the same variance: −1 (the inverse relation)');
    const some = (from: number) => rows.map((e, k) => ({ ...e, flatness: k < from ? k + 1 : null }));
    expect(find('energy', { energy: some(2) }).predicted).toContain(': – (');
    expect(find('energy', { energy: some(3) }).predicted).toContain(': 1 (');
  });
});
