/** The rules of ao2022's findings on the steady state, each threshold from both sides, and the numbers in their sentences. */
import { describe, expect, it, test } from 'vitest';
import { ao2022Findings } from '../src/experiments/ao2022/findings.js';
import type { Ao2022Results, GammaTest, TrajectoryTests } from '../src/experiments/ao2022/measured.js';
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
    const at = (value: number, error: number, modes = 25) =>
      find(id, { ...settled(modes), settledRatio: { ...base.settledRatio, [regime]: given(value, error) } });

    test.each([
      [1.299, 0.01, YES],
      [1.301, 0.01, NO],
      [1 / 1.299, 0.01, YES],
      [1 / 1.301, 0.01, NO],
      // the interval of the logarithm: e^(1.96·0.2) = 1.480
      [1.479, 0.2 * 1.479, YES],
      [1.481, 0.2 * 1.481, NO],
      // its error at most 0.3
      [1, 0.3, YES],
      [1, 0.301, OPEN],
      [2, 0.602, OPEN],
      [1, Number.NaN, OPEN],
    ])('%f ± %f: %s', (value, error, verdict) => {
      expect(at(value, error).verdict).toBe(verdict);
    });

    it('five settled modes', () => {
      expect(at(1, 0.1, 5).verdict).toBe(YES);
      expect(at(1, 0.1, 4).verdict).toBe(OPEN);
      expect(at(1, 0.1, 4).reason).toBe(
        'Only 4 modes are settled; the rule asks for 5. In a longer window more would settle.',
      );
      expect(at(1, 0.4).reason).toBe('The ratio 1.0 ± 0.4 is too uncertain.');
    });

    it('reports the ratio of its own regime, and where', () => {
      const f = at(1.17, 0.05);
      expect(f.measured).toMatchObject({ value: 1.17, standardError: 0.05 });
      expect(f.unit).toBe('predicted/measured');
      expect(f.range).toMatch(
        /^the 25 settled Hessian modes: at least 10 relaxation times within the 12\u202f000 steps, curvature from /,
      );
      expect(prints(f.range!.split('from ')[1].split(' up')[0], 2 * 25 ** -1.7)).toBe(true);
    });
  });

  it('the sentences give the ratios by groups', () => {
    const white = find('sigma').reason;
    expect(white).toContain('is 1.210 ± 0.024 times the measured');
    // the third group has no finite prediction in continuous time
    const groups = white.split('By groups of modes: ')[1].split('. ')[0].split('; ');
    expect(groups.map((g) => g.split(':')[0])).toEqual(['1–10', '11–50']);
    groups.forEach((g, k) => {
      expect(printsEstimate(g, base.groups[k].ratio.continuous)).toBe(true);
    });
    const own = find('sigma-sampling');
    const windows = own.reason.split('of curvature): ')[1].split('. ')[0].split('; ');
    windows.forEach((g, k) => {
      expect(printsEstimate(g, base.groups[k].ratio.window)).toBe(true);
    });
    expect(windows.length).toBe(3);
    expect(own.reason).toContain('(ranks 1–10, 11–50, 51–200, 201–800 of curvature)');
    expect(own.claim).toContain('(shuffled)');
    const [shuffled, discrete] = estimatesIn(own.predicted!);
    expect([shuffled.value, discrete.value]).toEqual([0.93, 1.26]);
    expect(own.predicted).toMatch(/ if shuffled, .* if white$/);
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

    test.each<[string, Partial<GammaTest>, string, Partial<GammaTest>]>([
      [OPEN, { effective: 9.99, pValue: 0.5 }, YES, { effective: 10, pValue: 0.5 }],
      [OPEN, { effective: 9.99, pValue: 0.001 }, NO, { effective: 10, pValue: 0.001 }],
      [NO, { pValue: 0.0099 }, OPEN, { pValue: 0.01 }],
      [OPEN, { pValue: 0.049 }, YES, { pValue: 0.05 }],
      [OPEN, mean(1.301), YES, mean(1.299)],
      [OPEN, mean(0.699), YES, mean(0.701)],
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
      const [control] = estimatesIn(f.predicted!);
      expect(control.value).toBeCloseTo(T.otherHalf.mean.value / 12.5, 2);
      expect(f.predicted).toMatch(/p = 0.31$/);
    });
  });

  it('with the drift left in', () => {
    const [, drift] = estimatesIn(find('boltzmann').reason);
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

  it('sentences, and five modes', () => {
    const f = find('rival');
    expect(numbersIn(f.reason.split('spreads over')[1]).slice(0, 2)).toEqual([23, 7.7]);
    expect(printsEstimate(f.predicted!, T.logRatioWindowed)).toBe(true);
    const with_ = (dimension: number) => moving('rival', { potential: { ...T.potential, dimension } }).verdict;
    expect([with_(4), with_(5)]).toEqual([OPEN, YES]);
  });
});

describe('circulation', () => {
  test.each([
    [0.0101, YES],
    [0.0099, NO],
  ])('a share of Q of %f: %s', (share, verdict) => {
    const f = find('circulating', {
      decomposition: { ...base.decomposition, qShare: { settled: share, resolved: 0.0456 } },
    });
    expect(f.verdict).toBe(verdict);
    expect(f.measured).toMatchObject({ value: share, n: 25, converged: true });
  });

  it('its sentence, in percent', () => {
    const f = find('circulating');
    expect(numbersIn(f.reason).slice(0, 5)).toEqual([6.8, 4.6, 50, 0.34, 0.12]);
    expect(f.reason).toContain('Entropy is produced at 0.012 k per step.');
    expect(f.predicted).toContain('0 if');
    expect(find('circulating', settled(4)).verdict).toBe(OPEN);
    expect(find('circulating', settled(4)).reason).toMatch(/^Only 4 modes are settled/);
    expect(find('circulating', settled(5)).verdict).toBe(YES);
  });

  const turning = (change: Partial<TrajectoryTests['circulation']>) =>
    moving('circulation', { circulation: { ...T.circulation, ...change } });
  test.each<[string, Partial<TrajectoryTests['circulation']>, string, Partial<TrajectoryTests['circulation']>]>([
    [NO, { slope: given(0.699, 0.01) }, YES, { slope: given(0.701, 0.01) }],
    [NO, { slope: given(1.301, 0.01) }, YES, { slope: given(1.299, 0.01) }],
    // the interval, where it is wider
    [NO, { slope: given(0.6, 0.2) }, YES, { slope: given(0.61, 0.2) }],
    // significantly positive
    [NO, { slope: given(0.97, 0.5) }, YES, { slope: given(0.99, 0.5) }],
    [OPEN, { slope: given(1, 0.501) }, YES, { slope: given(1, 0.5) }],
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
      '17 of 300 pairs circulate with a family-wise chance below 5 %, 61 at a false-discovery rate of 5 %. One slope over all pairs: 0.94 ± 0.06.',
    );
    expect(f.range).toBe('300 pairs of 25 settled modes, drift removed; 40 blocks');
    expect(printsEstimate(f.predicted!, T.circulation.slopeOfSampling)).toBe(true);
    expect(turning({ converged: false }).reason).toContain('The blocks are shorter than 5 correlation times');
    expect(turning({ converged: false }).reason).not.toContain('exceeds the 0.5');
    expect(turning({ slope: given(1, 0.6) }).reason).toContain('Its error exceeds the 0.5 that the rule allows.');
  });
});

describe('stationarity', () => {
  test.each([
    [0.951, 0.01, YES],
    [0.949, 0.01, NO],
    [1.049, 0.01, YES],
    [1.051, 0.01, NO],
    [0.91, 0.05, YES],
    [0.9, 0.05, NO],
    [1.4, 0.25, YES],
    [1, 0.251, OPEN],
    [1, Number.NaN, OPEN],
  ])('%f ± %f: %s', (value, error, verdict) => {
    const f = moving('stationary', { motion: { layer: given(0.7, 0.02), settled: given(value, error) } });
    expect(f.verdict).toBe(verdict);
    expect(f.measured.value).toBe(value);
    expect(f.predicted).toBe('1; whole layer, drift included: 0.700 ± 0.020');
  });
});

describe('widths of the potential', () => {
  /** n rows of rank 2 and more whose predicted widths are in the order of the measured ones but for the first m, reversed. */
  const rows = (n: number, m: number, change: (k: number) => Partial<EnergyRow> = () => ({})): EnergyRow[] =>
    Array.from({ length: n }, (_, j) => {
      const k = j + 1;
      return {
        ...base.energy[1],
        index: k + 1,
        potentialWidth: k,
        predictedWidth: 3 * (k <= m ? m + 1 - k : k),
        flatness: 1 / k,
        ...change(k),
      };
    });
  const rho = (n: number, m: number) => 1 - (2 * m * (m * m - 1)) / (n * (n * n - 1));

  it('Spearman’s rho at a half, twenty directions', () => {
    const at = (n: number, m: number) => find('energy', { energy: rows(n, m) });
    const [above, below] = [at(40, 25), at(40, 26)];
    expect(above.measured.value).toBeCloseTo(rho(40, 25), 12);
    expect(above.measured.value).toBeGreaterThan(0.5);
    expect(above.measured.standardError).toBeCloseTo(Math.sqrt((1 - rho(40, 25) ** 2) / 38), 12);
    expect(below.measured.value).toBeLessThan(0.5);
    expect([above.verdict, below.verdict]).toEqual([YES, NO]);
    expect([at(20, 0).verdict, at(19, 0).verdict]).toEqual([YES, OPEN]);
    expect(at(19, 0).reason).toBe('Only 19 directions; the rule asks for 20.');
  });

  it('the first direction, unresolved ones and those without a prediction are left out', () => {
    const skip = (k: number): Partial<EnergyRow> =>
      k === 1
        ? { index: 1 }
        : k === 2
          ? { resolved: false }
          : k === 3
            ? { predictedWidth: 0 }
            : k === 4
              ? { predictedWidth: Number.NaN }
              : {};
    expect(find('energy', { energy: rows(24, 0, skip) }).measured.n).toBe(20);
    expect(find('energy', { energy: rows(2, 0) }).measured.value).toBeNaN();
    expect(find('energy', { energy: rows(3, 0) }).measured.value).toBe(1);
    expect(find('energy', { energy: rows(3, 0) }).measured.standardError).toBeNaN();
    expect(find('energy', { energy: rows(4, 2) }).measured.standardError).toBeCloseTo(
      Math.sqrt((1 - rho(4, 2) ** 2) / 2),
      12,
    );
  });

  it('the sentence: spans, the median of predicted over measured, the width of the loss against the same', () => {
    const f = find('energy', {
      energy: rows(30, 0, (k) => ({ predictedWidth: 3 * k + (k === 30 ? 30 : 0), flatness: k === 5 ? null : 1 / k })),
    });
    expect(f.reason).toContain(
      'measured widths span a factor 30, predicted ones 40; the median of predicted over measured width is 3,',
    );
    expect(f.predicted).toBe('width of the loss against the same variance: −1 (the inverse relation)');
    expect(find('energy', { energy: rows(30, 0, (k) => ({ flatness: k < 3 ? 1 : null })) }).predicted).toContain(
      ': – (',
    );
    expect(find('energy', { energy: rows(30, 0, (k) => ({ flatness: k < 4 ? k : null })) }).predicted).toContain(
      ': 1 (',
    );
  });
});
