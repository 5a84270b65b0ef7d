/** The rules of advice on made-up facts, on both sides of every threshold. */
import { describe, expect, it } from 'vitest';
import { advise, stationarityOf } from '../src/apply/advice.js';
import type { AdviceFacts, NoiseFacts } from '../src/apply/advice-facts.js';
import { judgeRun, judgeVerification, nextToTry, type RunSeen } from '../src/apply/advice-verify.js';
import { adviceWords } from '../src/experiments/advise/findings.js';
import { renderAdvice } from '../src/experiments/advise/page.js';
import { curvature, e, facts, noise, runsAt, window } from './support/advise-results.js';

describe('the learning rate', () => {
  it.each([
    [{ 0.1: 6, 0.13: 6, 0.169: 5, 0.22: 0 }, 'inside', 0.13],
    [{ 0.1: 6, 0.13: 1 }, 'inside', 0.1],
    [{ 0.1: 5, 0.077: 6, 0.13: 0 }, 'at the rim', 0.077],
    [{ 0.1: 3, 0.077: 6, 0.13: 0 }, 'at the rim', 0.077],
    [{ 0.1: 2, 0.077: 6 }, 'beyond', 0.077],
    [{ 0.1: 0, 0.077: 5, 0.05: 1 }, 'beyond', null],
    [{ 0.1: 6, 1.9: 6, 2.1: 0 }, 'inside', 1.9],
    [{ 0.1: 6, 2.1: 6, 2.7: 0 }, 'far below', 2.1],
  ])('%o: the present 0.1 is %s, up to %s is advised', (stays, place, largestRate) => {
    expect(advise(facts(0.1), 1, runsAt(stays)).rate).toEqual({ place, largestRate });
  });

  it('is never advised where a run leaves, nor without runs', () => {
    for (const stays of [
      { 0.1: 6, 0.13: 5, 0.169: 6, 0.22: 0 },
      { 0.1: 6, 0.13: 6, 0.169: 2 },
    ]) {
      const v = runsAt(stays);
      const { largestRate } = advise(facts(0.1), 1, v).rate!;
      expect(v.runs.filter((r) => r.learningRate <= largestRate!).every((r) => r.outcome === 'stays')).toBe(true);
    }
    expect(advise(facts(0.1), 1, null).rate).toBeNull();
  });

  it('keeps a share of what stays on request', () => {
    const rate = (safety: number) => advise(facts(0.1), safety, runsAt({ 0.1: 6, 0.2: 6, 0.4: 0 })).rate;
    expect(rate(0.5)).toEqual({ place: 'inside', largestRate: 0.1 });
    expect(rate(0.49)).toMatchObject({ place: 'above the advice', largestRate: expect.closeTo(0.098, 12) });
  });

  it('has no ceiling without a curvature, or with one whose error is as large as itself', () => {
    const refused = advise(facts(0.1, 50, { curvature: { refused: 'because.' } }), 1, null);
    expect(refused.ceiling).toBeNull();
    expect(refused.items.find((i) => i.id === 'ceiling')).toMatchObject({ value: null, refused: 'because.' });
    const vague = facts(0.1, 50, { curvature: { facts: curvature({ ceiling: e(0.2, 0.21) }) } });
    expect(advise(vague, 1, null).ceiling).toBeNull();
    expect(advise(vague, 1, null).items.find((i) => i.id === 'ceiling')?.refused).toMatch(/a few samples/);
    // at the threshold itself
    expect(
      advise(facts(0.1, 50, { curvature: { facts: curvature({ ceiling: e(0.2, 0.2) }) } }), 1, null).ceiling,
    ).toBeNull();
    const saddle = (lowest: number) => facts(0.1, 50, { curvature: { facts: curvature({ lowest: e(lowest, 1e-3) }) } });
    expect(advise(saddle(-0.99), 1, null).ceiling).not.toBeNull();
    expect(advise(saddle(-1), 1, null).ceiling).not.toBeNull();
    expect(advise(saddle(-1.01), 1, null).ceiling).toBeNull();
    expect(advise(saddle(-1.01), 1, null).items.find((i) => i.id === 'ceiling')?.refused).toMatch(
      /no minimum: the curvature falls to -1\.0 beside the top 2\.0, .* its ceiling \(0\.20\)/,
    );
    expect(adviceWords(advise(vague, 1, null), vague, null).ceiling).toMatch(/^none: a few/);
  });
});

describe('the batch size', () => {
  it.each([
    [90, 'below'],
    [91, 'around'],
    [109, 'around'],
    [110, 'beyond'],
  ])('%s is %s 100 ± 5', (size, place) => {
    expect(advise(facts(0.1, size), 1, null).batch?.place).toBe(place);
  });

  it('has no advice where no training sample is misclassified', () => {
    const at = (errors: number | null) => {
      const f = facts(0.1);
      return advise({ ...f, point: { ...f.point, errors } }, 1, null).batch;
    };
    expect(at(0)).toBeNull();
    expect(at(1)).not.toBeNull();
    expect(at(null)).not.toBeNull();
  });

  it('falls back on the simple scale from an error of a third on, and has no advice without a gradient', () => {
    const kind = (error: number) =>
      advise(facts(0.1, 50, { noise: { facts: noise({ weighted: e(90, error) }) } }), 1, null).batch?.critical.kind;
    expect([29.9, 30, 30.1].map(kind)).toEqual(['weighted', 'simple', 'simple']);
    const weighted = e(100, 40);
    expect(advise(facts(0.1, 50, { noise: { facts: noise({ weighted }) } }), 1, null).batch?.critical).toMatchObject({
      kind: 'simple',
      interval: [400, 400],
    });
    const none = advise(facts(0.1, 50, { noise: { refused: 'no gradient.' } }), 1, null);
    expect(none.batch).toBeNull();
    expect(none.bestStep).toBeNull();
  });

  it('says that a scale has a lower bound only where |g|² may be 0', () => {
    const f = facts(0.1, 50, {
      noise: { facts: noise({ ofDistribution: e(900, 800, false), interval: [300, null] }) },
    });
    const item = advise(f, 1, null).items.find((i) => i.id === 'noise-distribution');
    expect(item).toMatchObject({ value: null, interval: [300, null] });
    expect(adviceWords(advise(f, 1, null), f, null).notes.join()).toMatch(/lower bound only, 300/);
  });
});

it('the best single step is the minimum of the expected loss of one', () => {
  // −eta |g|² + eta²/2 (gᵀHg + Tr(H C1)/B), searched on a grid
  const { bestStep } = advise(facts(0.1, 50), 1, null);
  const expected = (eta: number) => -eta * 0.01 + (eta * eta * (0.02 + (100 * 0.02) / 50)) / 2;
  const grid = Array.from({ length: 20001 }, (_, k) => k / 20000);
  const best = grid.reduce((a, b) => (expected(b) < expected(a) ? b : a));
  expect(Math.abs(bestStep!.atBatch - best)).toBeLessThan(1e-4);
});

describe('the numbers of the items', () => {
  const asked = facts(0.02, 50);
  const f: AdviceFacts = { ...asked, point: { ...asked.point, momentum: 0.9 } };
  const item = (id: string) => advise(f, 1, null).items.find((i) => i.id === id)!.value!;

  it('the temperature is eta/((1−mu) B), and the noise a quarter of it times Tr C1', () => {
    expect(item('temperature')).toMatchObject({ value: expect.closeTo(0.02 / (0.1 * 50), 14), standardError: 0, n: 1 });
    expect(item('noise-loss').value).toBeCloseTo((0.004 * 4) / 4, 14);
    expect(item('noise-loss').standardError).toBeCloseTo((0.004 * 0.1) / 4, 14);
  });

  it('what has no value says why', () => {
    const [no, yes] = [e(1, 1, false), e(1, 1)];
    const why = (id: string, changes: Partial<NoiseFacts>) => {
      const i = advise({ ...f, noise: { facts: noise(changes) } }, 1, null).items.find((x) => x.id === id)!;
      return i.value === null ? i.refused : undefined;
    };
    const twoBatches = { ...noise().twoBatches, scale: no };
    expect(why('noise-weighted', { weighted: no })).toMatch(/not positive/);
    expect(why('noise-two-batches', { twoBatches })).toMatch(/within two errors of 0/);
    expect(why('noise-distribution', { ofDistribution: no })).toMatch(/within two errors of 0/);
    for (const id of ['noise-weighted', 'noise-two-batches', 'noise-distribution', 'best-step', 'noise-loss']) {
      const i = advise(f, 1, null).items.find((x) => x.id === id)!;
      expect(i).not.toHaveProperty('refused');
    }
    expect(why('best-step', { weighted: e(0, 1) })).toMatch(/not positive/);
    expect(why('best-step', { curvedGradient: 0 })).toMatch(/not positive/);
    expect(why('best-step', { curvedGradient: 1e-9, weighted: yes })).toBeUndefined();
    const none = advise({ ...f, noise: { refused: 'no gradient.' }, window: { refused: 'no steps.' } }, 1, null);
    const refused = Object.fromEntries(none.items.filter((i) => i.value === null).map((i) => [i.id, i.refused]));
    expect(refused).toMatchObject({ 'best-step': 'no gradient.', 'noise-loss': 'no gradient.', trend: 'no steps.' });
    expect(Object.keys(refused)).toHaveLength(9);
    expect(
      advise(f, 1, null)
        .items.filter((i) => i.interval)
        .map((i) => [i.id, i.interval]),
    ).toEqual([
      ['noise-distribution', [370, 480]],
      ['noise-two-batches', [330, 500]],
    ]);
  });

  it('the noise is the mean excess loss of relaxed modes: Σ ½ h_i ⟨w_i²⟩ as eta → 0', () => {
    // the stationary variance of one mode of SGD with momentum, by iterating its moments; C = C1/B per batch
    const [eta, mu, B] = [1e-3, 0.6, 50];
    const modes = [
      { h: 2, c1: 3 },
      { h: 0.5, c1: 1 },
    ];
    const excess = modes.map(({ h, c1 }) => {
      let [ww, wv, vv] = [0, 0, 0];
      const q = (eta * eta * c1) / B;
      for (let t = 0; t < 60_000; t++) {
        // v' = mu v − eta h w + noise, w' = w + v'
        const k = eta * h;
        const v2 = mu * mu * vv - 2 * mu * k * wv + k * k * ww + q;
        const wv1 = mu * wv - k * ww;
        [ww, wv, vv] = [ww + 2 * wv1 + v2, wv1 + v2, v2];
      }
      return (h * ww) / 2;
    });
    const here = { ...f, point: { ...f.point, learningRate: eta, momentum: mu, batchSize: B } };
    const strength = advise(here, 1, null).items.find((i) => i.id === 'noise-loss')!.value!.value;
    expect(Math.abs((excess[0] + excess[1]) / strength - 1)).toBeLessThan(eta);
  });

  it('the best step and the error that it has from the noise scale, d ln step/d B_noise = −1/(B + B_noise)', () => {
    // |g|² = 0.01, gᵀHg = 0.02, B_noise = 100 ± 5, B = 50
    expect(item('best-step').value).toBeCloseTo(0.5 / 3, 14);
    expect(item('best-step').standardError).toBeCloseTo((0.5 / 3) * (5 / 150), 14);
    const full = advise(facts(0.1, 1e12), 1, null).bestStep!;
    expect(full.atBatch / full.atFull).toBeCloseTo(1, 9);
    expect(full.atFull).toBeCloseTo(0.5, 14);
  });

  it('all others are the measured ones', () => {
    const values = Object.fromEntries(advise(f, 1, null).items.map((i) => [i.id, i.value?.value]));
    expect(values).toMatchObject({
      edge: 1,
      ceiling: 0.2,
      'noise-simple': 400,
      'noise-distribution': 420,
      'noise-weighted': 100,
      'noise-two-batches': 400,
      stationarity: 1.05,
      trend: -0.01,
      freezing: undefined,
    });
  });
});

describe('stationarity', () => {
  it.each([
    [{}, 'stationary'],
    [{ ratio: e(1.12, 0.05) }, 'not decidable'],
    [{ ratio: e(1.16, 0.05) }, 'not stationary'],
    [{ ratio: e(1.1, 0.21) }, 'not decidable'],
    [{ trend: e(-0.2, 0.05) }, 'not stationary'],
    [{ trend: e(-0.04, 0.01) }, 'stationary'],
    [{ trend: e(-0.12, 0.05) }, 'not decidable'],
    [{ roundingShare: 0.02 }, 'not decidable'],
  ] as const)('%o: %s', (changes, verdict) => {
    expect(stationarityOf(window(changes))).toBe(verdict);
  });
});

describe('a run near the ceiling', () => {
  const base = { loss: 0.1, constantLoss: 2.3, trace: 4, momentum: 0, batchSize: 50 };
  const run = (losses: number[], changes: Partial<RunSeen> = {}): RunSeen => ({
    learningRate: 1,
    seed: 0,
    losses,
    finite: true,
    still: false,
    top: 1,
    ...changes,
  });
  // noise 1·4/(4·50) = 0.02, rim e·0.12 = 0.326
  it.each([
    [[0.1, 0.32, 0.1, 0.1], {}, 'stays'],
    [[0.1, 0.33, 0.1, 0.1], {}, 'returns'],
    [[0.1, 0.33, 0.1, 0.33], {}, 'leaves'],
    [[0.1, 0.33, 0.1, 2.18], {}, 'leaves'],
    [[0.1, 0.33, 0.1, 2.19], {}, 'diverges'],
    [[0.1, 0.1, 0.1, 0.1], { still: true }, 'diverges'],
    [[0.1], { finite: false }, 'diverges'],
  ] as const)('with losses %o %o %s', (losses, changes, outcome) => {
    const judged = judgeRun(run([...losses], changes), base);
    expect(judged.outcome).toBe(outcome);
    expect(judged.rim).toBeCloseTo(Math.E * 0.12, 12);
  });

  it('has a rim that noise at most doubles, and that lies below a constant answer', () => {
    expect(judgeRun(run([1], { learningRate: 50 }), base).rim).toBeCloseTo(Math.E * 0.2, 12);
    expect(judgeRun(run([1]), { ...base, loss: 1 }).rim).toBeCloseTo(1.65, 12);
    // better than a constant answer up to 0.9 of its loss: half-way to it, and beyond that e times what noise adds
    expect(judgeRun(run([1]), { ...base, loss: 9, constantLoss: 10 }).rim).toBeCloseTo(9.5, 12);
    expect(judgeRun(run([1]), { ...base, loss: 9.1, constantLoss: 10 }).rim).toBeCloseTo(Math.E * 9.12, 12);
    expect(judgeRun(run([1]), { ...base, momentum: 0.5 }).rim).toBeCloseTo(Math.E * 0.14, 12);
    // at the start of training the loss is that of a constant answer
    expect(judgeRun(run([2.31]), { ...base, loss: 2.31 }).outcome).toBe('stays');
    expect(judgeRun(run([9]), { ...base, loss: 2.31 }).outcome).toBe('diverges');
  });

  const seen = (stays: Record<number, number>) =>
    Object.entries(stays).flatMap(([eta, n]) =>
      [0, 1, 2].map((seed) => run([n > seed ? 0.1 : 1], { learningRate: Number(eta), seed })),
    );
  const judge = (stays: Record<number, number>) =>
    judgeVerification({ base, epochs: 1, looked: 100, top: 1, ceiling: 0.2, runs: seen(stays) });

  it.each([
    [{ 0.1: 3, 0.16: 3, 0.25: 1, 0.4: 0 }, [0.16, 0.25], 'tight'],
    [{ 0.1: 3, 0.16: 3, 0.25: 3, 0.4: 0 }, [0.25, 0.4], 'cautious'],
    [{ 0.1: 3, 0.16: 1, 0.25: 0, 0.4: 0 }, [0.1, 0.16], 'too high'],
    [{ 0.1: 2, 0.16: 2, 0.25: 0, 0.4: 0 }, [null, 0.25], 'not decidable'],
    [{ 0.16: 3, 0.25: 3 }, [0.25, null], 'cautious'],
    [{ 0.1: 3, 0.2: 3, 0.4: 0 }, [0.2, 0.4], 'tight'],
    [{ 0.1: 3, 0.2: 0 }, [0.1, 0.2], 'tight'],
    [{ 0.1: 3, 0.16: 3 }, [0.16, null], 'not decidable'],
  ] as const)('together: %o', (stays, bracket, tightness) => {
    expect(judge(stays)).toMatchObject({ bracket, tightness });
  });

  it('without a ceiling tests none', () => {
    expect(runsAt({ 0.1: 6, 0.2: 0 }, 6, null)).toMatchObject({ bracket: [0.1, 0.2], tightness: 'not decidable' });
  });

  it('is tried at the present rate first, then where those before left it open', () => {
    const at = (counts: Record<number, number>) =>
      nextToTry(
        new Map(
          Object.entries(counts).map(([rung, n]) => [Number(rung), [0, 1, 2].map((k) => run([n > k ? 0.1 : 1]))]),
        ),
        base,
      );
    expect(at({})).toBe(0);
    expect(at({ 0: 3 })).toBe(1);
    expect(at({ 0: 3, 1: 1 })).toBeUndefined();
    expect(at({ 0: 3, 1: 2 })).toBe(3);
    expect(at({ 0: 2 })).toBe(-1);
  });

  it('is drawn, counted and told', () => {
    const f = facts(0.1);
    const v = judge({ 0.1: 3, 0.16: 3, 0.25: 1, 0.4: 0 });
    const report = renderAdvice({ title: 'Advice', advice: advise(f, 1, v), facts: f, verification: v, run: {} });
    expect(Object.keys(report.figures)).toEqual(['advice-region', 'advice-runs']);
    expect(report.html).toContain('1 stays, 2 leave');
    expect(report.html).toContain('the ceiling lies in it');
    expect(report.tables['runs.csv'].split('\r\n')).toHaveLength(1 + 12 + 1);
    expect(report.html).toContain(
      'up to 0.160 is advised: all 3 runs of 1 epoch stay up to 0.160, most leave from 0.250 on',
    );
    const without = renderAdvice({
      title: 'Advice',
      advice: advise({ ...f, curvature: { refused: 'why not.' } }, 1, null),
      facts: { ...f, curvature: { refused: 'why not.' } },
      verification: null,
      run: {},
    });
    expect(without.figures).toEqual({});
    expect(without.html).toContain('Refused: why not.');
  });
});
