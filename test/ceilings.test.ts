/** The judging of rules on made-up states: brackets, fits, scores, the choice of a candidate, and both sides of every threshold. */
import { describe, expect, it } from 'vitest';
import { ceilingsConfig } from '../src/experiments/ceilings/config.js';
import { ceilingsFindings, presentVerdict, rankVerdict, shareVerdict } from '../src/experiments/ceilings/findings.js';
import { bootstrapped, halves, holds, judge, leaveOneOut } from '../src/experiments/ceilings/judging.js';
import { fitRival, QUANTITIES, RIVALS, statedLog } from '../src/experiments/ceilings/rivals.js';
import { bracketed, bracketOf } from '../src/experiments/ceilings/thresholds.js';
import { configOf, samplesOf } from '../src/experiments/ceilings/training.js';
import { studentQuantile } from '../src/numeric/distributions.js';
import { estimate } from '../src/numeric/estimate.js';
import { wilsonInterval } from '../src/numeric/interval.js';
import { randomKey } from '../src/numeric/random.js';
import { ceilingsStudy, type MadeUp, madeUpState, madeUpStates } from './support/ceilings-results.js';

const state = (changes: Partial<MadeUp>) => madeUpState({ name: 's', rate: 0.1, top: 4, low: 1, high: 3, ...changes });

describe('the threshold of a state', () => {
  it('lies between the last rate at which all stay and the first at which most leave', () => {
    const { low, high } = bracketOf(state({}));
    expect([low, high]).toEqual([expect.closeTo(0.13, 12), expect.closeTo(0.1 * 1.3 ** 3, 12)]);
    expect(bracketed([state({})])[0].threshold).toBeCloseTo(0.1 * 1.3 ** 2, 12);
  });
  it('is none where the ladder ended', () => {
    const { cells } = ceilingsStudy();
    expect(cells).toHaveLength(29);
    expect(bracketed(cells)).toHaveLength(26);
    expect(bracketOf(state({ high: null }))).toMatchObject({ high: null });
    expect(bracketOf(state({ low: null }))).toMatchObject({ low: null });
  });
});

describe('the quantities', () => {
  it('are those of the table, with momentum', () => {
    const s = state({ momentum: 0.5, batchSize: 20, sharpness: 0.3, alongTop: 0.7, coupled: 0.6, trace: 8 });
    const x = Object.fromEntries(Object.entries(QUANTITIES).map(([id, of]) => [id, of(s)]));
    const expected: Record<string, number> = {
      present: 0.1,
      edge: (2 * 1.5) / 4,
      sharpness: 2 * 1.5 * 0.3,
      'sharpness-small': 2 * 0.5 * 0.3,
      top: 0.7,
      coupled: 0.6,
      noise: (4 * 0.5 * 20 * 0.4) / 8,
      'present-edge': Math.sqrt(0.1 * 0.75),
      'present-sharpness': Math.sqrt(0.1 * 0.9),
      'edge-noise': Math.sqrt(0.75 * 2),
    };
    expect(Object.keys(x)).toEqual(Object.keys(expected));
    for (const [id, value] of Object.entries(expected)) expect(x[id], id).toBeCloseTo(value, 12);
  });
});

describe('a fit', () => {
  const states = bracketed(madeUpStates(12, (m) => 2 / m.top, 0.7, 0.4));
  it('has the geometric mean of T/x for its constant, and Student’s interval for one new state', () => {
    const logs = states.map((b) => Math.log(b.threshold / QUANTITIES.edge(b.state)));
    const centre = logs.reduce((s, v) => s + v / 12, 0);
    const spread = Math.sqrt(logs.reduce((s, v) => s + (v - centre) ** 2, 0) / 11);
    const fit = fitRival('edge', states);
    expect(fit.factor).toBeCloseTo(Math.exp(centre), 12);
    expect(fit.spread).toBeCloseTo(spread, 12);
    expect(fit.half).toBeCloseTo(studentQuantile(11) * spread * Math.sqrt(13 / 12), 12);
    expect(fit.n).toBe(12);
    expect(statedLog(fit, states[3].state)).toBeCloseTo(centre + Math.log(QUANTITIES.edge(states[3].state)), 12);
  });
  it('of the mixed rule finds the exponent', () => {
    const mixed = bracketed(madeUpStates(30, (m) => m.rate ** 0.3 * (2 / m.top) ** 0.7, 1.8));
    const fit = fitRival('mixed', mixed);
    expect(fit.exponent).toBeCloseTo(0.3, 1);
    expect(Math.abs(Math.log(fit.factor / 1.8))).toBeLessThan(0.05);
    expect(fit.half / (studentQuantile(28) * fit.spread * Math.sqrt(31 / 30))).toBeCloseTo(1, 12);
  });
  it('leaves out a state at which the rule says nothing', () => {
    const silent = bracketed([...madeUpStates(5, (m) => m.rate, 2), state({ sharpness: -0.2 })]);
    expect(fitRival('sharpness', silent).n).toBe(5);
    expect(fitRival('present', silent).n).toBe(6);
    expect(leaveOneOut('sharpness', silent)).toBe(Number.POSITIVE_INFINITY);
  });
  it('left out one at a time misses by n/(n−1) times the residual', () => {
    const fit = fitRival('present', states);
    const residuals = states.map((b) => Math.log(b.threshold) - statedLog(fit, b.state));
    const expected = Math.sqrt(residuals.reduce((s, r) => s + ((r * 12) / 11) ** 2 / 12, 0));
    expect(leaveOneOut('present', states)).toBeCloseTo(expected, 12);
  });
});

describe('judging', () => {
  const study = (of: (m: MadeUp) => number, times: number, spread: number, count = 40) =>
    judge(bracketed(madeUpStates(count, of, times, spread)), 11)!;

  it('splits at random into halves, the same for the same seed', () => {
    const items = Array.from({ length: 9 }, (_, k) => k);
    const { fitted, judged } = halves(items, randomKey(4));
    expect([fitted.length, judged.length]).toEqual([5, 4]);
    expect([...fitted, ...judged].sort()).toEqual(items);
    expect(halves(items, randomKey(4))).toEqual({ fitted, judged });
    expect(halves(items, randomKey(5))).not.toEqual({ fitted, judged });
    expect(judge(bracketed(madeUpStates(7, (m) => m.rate, 2)), 11)).toBeUndefined();
  });

  it('finds the rule that the states obey, and that it beats the trivial one', () => {
    const j = study((m) => 2 / m.top, 0.5, 0.2);
    expect(j.candidate.rival).toBe('edge');
    expect(j.comparison).toBe('beats');
    expect(j.stated).toBe(j.candidate);
    expect(j.candidate.scores.rank.value).toBeGreaterThan(0.9);
    expect(Math.abs(j.candidate.scores.bias.value)).toBeLessThan(3 * j.candidate.scores.bias.standardError);
    expect(j.candidate.scores.miss.value).toBeCloseTo(0.2, 1);
    expect(j.advantage.value).toBeCloseTo(j.present.scores.miss.value ** 2 - j.candidate.scores.miss.value ** 2, 12);
    expect(j.rivals.map((r) => r.rival)).toEqual(RIVALS);
  });

  it('says so where the trivial rule is the law, and states its interval', () => {
    const j = study((m) => m.rate, 2.2, 0.35);
    expect(j.comparison).toBe('loses');
    expect(j.stated).toBe(j.present);
    expect(Math.abs(Math.log(j.present.fit.factor / 2.2))).toBeLessThan(0.3);
    expect(j.present.scores.coverage.value).toBeGreaterThan(0.85);
    expect(j.present.scores.safe.value).toBeGreaterThan(0.85);
    // the scatter over other halves is that of the same law
    expect(j.present.otherHalves.miss.value).toBeCloseTo(0.35, 1);
    expect(j.present.otherHalves.miss.n).toBe(1000);
  });

  it('states nothing where all rules are useless', () => {
    const j = study(() => 0.3, 1, 1.5);
    expect(j.present.fit.half).toBeGreaterThan(Math.log(4));
    expect(j.stated).toBeNull();
  });

  it('counts a state at which a rule says nothing as a miss, and names it', () => {
    const states = madeUpStates(12, (m) => m.rate, 2).map((s, k) =>
      k % 2 ? s : { ...s, measures: { ...s.measures, sharpness: estimate(-1, 0.1, 5, 'made up') } },
    );
    const j = judge(bracketed(states), 11)!;
    const sharp = j.rivals.find((r) => r.rival === 'sharpness')!;
    const expected = j.judged.filter(({ state: { measures } }) => measures.sharpness.value < 0);
    expect(expected.length).toBeGreaterThan(0);
    expect(sharp.silent).toEqual(expected.map(({ state: { spec } }) => spec.name));
    expect(sharp.scores.coverage.value).toBeLessThanOrEqual(1 - expected.length / j.judged.length + 1e-12);
    expect(j.candidate.rival).not.toBe('sharpness');
  });

  it('holds where it covers nearly as often as it says, within a factor of four', () => {
    const at = (covered: number, n: number, half: number) =>
      holds({
        scores: { coverage: estimate(covered / n, 0, n, '') } as never,
        fit: { half } as never,
      });
    // 0.95 − 2√(0.95·0.05/25) = 0.863
    expect([at(22, 25, 1), at(21, 25, 1)]).toEqual([true, false]);
    expect([at(25, 25, Math.log(4) - 0.001), at(25, 25, Math.log(4) + 0.001)]).toEqual([true, false]);
  });

  it('has bootstrap errors of a mean: s/√n', () => {
    const s = randomKey(8).stream();
    const x = Array.from({ length: 60 }, () => s.normal());
    const { value, standardError, n } = bootstrapped(
      x,
      (part) => part.reduce((a, b) => a + b / part.length, 0),
      randomKey(1),
    );
    const centre = x.reduce((a, b) => a + b / 60, 0);
    expect(value).toBeCloseTo(centre, 12);
    const expected = Math.sqrt(x.reduce((a, b) => a + (b - centre) ** 2, 0) / 3600);
    expect(Math.abs(standardError / expected - 1)).toBeLessThan(0.08);
    expect(n).toBe(60);
  });
});

describe('verdicts', () => {
  it('on shares need a whole Wilson interval beyond 0.9', () => {
    expect(
      [wilsonInterval(0, 10), wilsonInterval(10, 10)].map(([a, b]) => [a, b].map((v) => Number(v.toFixed(4)))),
    ).toEqual([
      [0, 0.2775],
      [0.7225, 1],
    ]);
    expect(wilsonInterval(20, 50).map((v) => Number(v.toFixed(4)))).toEqual([0.2761, 0.5382]);
    expect(wilsonInterval(0, 0)).toEqual([0, 1]);
    expect([shareVerdict(50, 50), shareVerdict(49, 50), shareVerdict(41, 50), shareVerdict(40, 50)]).toEqual([
      'reproduced',
      'not decidable with this run',
      'not decidable with this run',
      'not reproduced',
    ]);
  });

  it('on the rank need ρ and the slope', () => {
    const rho = (value: number, error: number) => estimate(value, error, 30, '');
    expect(rankVerdict(rho(0.85, 0.05), 0.9, 0.15)).toBe('reproduced');
    expect(rankVerdict(rho(0.79, 0.05), 0.9, 0.15)).toBe('not decidable with this run');
    expect(rankVerdict(rho(0.7, 0.05), 0.9, 0.15)).toBe('not reproduced');
    expect(rankVerdict(rho(0.95, 0.05), 0.6, 0.19)).toBe('not reproduced');
    expect(rankVerdict(rho(0.95, 0.05), 0.6, 0.21)).toBe('reproduced');
    expect(rankVerdict(rho(0.95, 0.05), 1.4, 0.19)).toBe('not reproduced');
  });

  it('on the advantage need two errors, or an interval within the miss of the trivial rule', () => {
    const d = (value: number, error: number) => estimate(value, error, 20, '');
    expect(presentVerdict(d(0.21, 0.1), 0.3)).toBe('reproduced');
    expect(presentVerdict(d(-0.21, 0.1), 0.01)).toBe('not reproduced');
    expect(presentVerdict(d(0.19, 0.1), 0.2)).toBe('not reproduced');
    expect(presentVerdict(d(0.19, 0.1), 0.19)).toBe('not decidable with this run');
  });

  it('are six, and undecided below twenty states', () => {
    const of = (count: number) => {
      const states = bracketed(madeUpStates(count, (m) => m.coupled!, 0.4, 0.05));
      return ceilingsFindings(states, judge(states, 11), 11);
    };
    const all = of(40);
    expect(all.map((f) => [f.id, f.verdict])).toEqual([
      ['ceilings.half', 'not reproduced'],
      ['ceilings.bound', 'reproduced'],
      ['ceilings.edge', expect.any(String)],
      ['ceilings.rank', 'reproduced'],
      ['ceilings.present', 'reproduced'],
      ['ceilings.statement', 'reproduced'],
    ]);
    expect(all[0].measured.value).toBeLessThan(0.1);
    expect(all[1].measured.value).toBe(1);
    expect(of(19).every((f) => f.verdict === 'not decidable with this run')).toBe(true);
  });
});

describe('the states of the config', () => {
  const { states, base } = ceilingsConfig('standard');
  it('are 55, with different names: the end of ivf2021, and each network with each loss in each setting', () => {
    expect(states).toHaveLength(55);
    expect(new Set(states.map((s) => s.name)).size).toBe(55);
    expect(states[0]).toMatchObject({
      learningRate: 0.1,
      batchSize: 50,
      momentum: 0,
      samples: 60_000,
      age: 'fitted',
      seed: 0,
    });
    const rest = states.slice(1);
    expect(
      new Set(rest.map((s) => `${s.network.widths}/${s.network.loss}/${s.learningRate}/${s.batchSize}/${s.momentum}`))
        .size,
    ).toBe(54);
    expect([Math.min(...rest.map((s) => s.learningRate)), Math.max(...rest.map((s) => s.learningRate))]).toEqual([
      0.01, 1,
    ]);
    expect([Math.min(...rest.map((s) => s.batchSize)), Math.max(...rest.map((s) => s.batchSize))]).toEqual([1, 512]);
    for (const setting of new Set(rest.map((s) => s.seed)))
      expect(new Set(rest.filter((s) => s.seed === setting).map((s) => s.age)).size).toBe(3);
  });
  it('train with their own network and setting on their own samples', () => {
    const spec = states.find((s) => s.network.loss === 'squared-error' && s.momentum > 0)!;
    const config = configOf(base, spec);
    expect(config.network).toEqual(spec.network);
    expect(config.training).toMatchObject({
      learningRate: spec.learningRate,
      momentum: 0.9,
      stop: { rule: 'epochs', epochs: spec.age },
    });
    expect(configOf(base, states[0]).training.stop).toEqual({ rule: 'zero-training-error' });
    const train = {
      count: 3,
      size: 2,
      values: Uint8Array.from([1, 2, 3, 4, 5, 6]),
      divisor: 255,
      labels: Uint8Array.from([3, 0, 9]),
    };
    const small = { ...spec, samples: 2 };
    const regression = samplesOf(small, train);
    expect(regression.labels).toBeUndefined();
    expect([...regression.targets!].flatMap((v, k) => (v === 1 ? [k] : []))).toEqual([3, 10]);
    expect(regression.targets).toHaveLength(20);
    const classes = samplesOf({ ...small, network: { ...small.network, loss: 'cross-entropy' } }, train);
    expect([...classes.labels!]).toEqual([3, 0]);
    expect(classes.targets).toBeUndefined();
  });
});
