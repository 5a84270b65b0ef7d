/** Simulated windows of the settled modes: closed forms of their variances, chi-squared by hand, and what the rules do to them. */
import { describe, expect, it, test } from 'vitest';
import { agreementOf, settledGroups } from '../src/experiments/ao2022/agreement.js';
import { simulatedWindows, steadyCovariance } from '../src/experiments/ao2022/simulated.js';
import { passesAsStationary, settledMotion } from '../src/experiments/ao2022/stationarity.js';
import { embeddedLinearAlgebra, matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { type DrawsRequest, drawCount, linearDraws } from '../src/theory/layer/draws.js';
import { batchFactor, regimeRequest } from '../src/theory/layer/modes.js';
import type { LayerSetting } from '../src/theory/layer/results.js';
import { predictCovariance } from '../src/theory/predictions.js';
import { given } from './support/ao2022-results.js';

const PLAIN = { rate: 0.1, momentum: 0, nesterov: false };
const la = embeddedLinearAlgebra();
const SETTING: LayerSetting = {
  T: 1200,
  samples: 6000,
  batchSize: 10,
  stepsPerEpoch: 60,
  sampling: 'shuffled',
  learningRate: 0.1,
  noiseStrength: 0.1 ** 2 / 20,
  centreLoss: 0.5,
};
const h = Float64Array.of(2, 0.5);
const c1 = matrix(2, 2, Float64Array.of(3, 1, 1, 2));
const draws = (change: Partial<DrawsRequest> = {}, setting: Partial<LayerSetting> = {}) => [
  ...linearDraws({
    la,
    setting: { ...SETTING, ...setting },
    curvatures: h,
    noise: c1,
    sampling: 'white',
    count: 60,
    key: randomKey(3),
    ...change,
  }),
];
const product = (x: Float64Array, i: number, j: number, T: number) => {
  let sum = 0;
  for (let t = 0; t < T; t++) sum += x[i * T + t] * x[j * T + t];
  return sum / T;
};

describe('draws of the linear system', () => {
  const T = 1200;
  const eta = 0.1;

  it('white: covariance eta²·C/(k_i + k_j − k_i·k_j) with C = C1/B, less what the window hides', () => {
    const all = draws();
    for (const [i, j] of [
      [0, 0],
      [0, 1],
      [1, 1],
    ]) {
      const [a, b] = [eta * h[i], eta * h[j]];
      const expected = (eta ** 2 * (c1.data[2 * i + j] / 10)) / (a + b - a * b);
      const found = all.map((d) => product(d.stationary, i, j, T));
      const mean = found.reduce((s, v) => s + v) / 60;
      const sd = Math.sqrt(found.reduce((s, v) => s + (v - mean) ** 2, 0) / 59);
      // the window mean takes 2/(kT) of the variance: 3 % of the slow mode
      const hidden = 1 - 2 / (T * Math.min(a, b));
      expect(Math.abs(mean - expected * hidden), `${i}${j}`).toBeLessThan((4 * sd) / Math.sqrt(60) + 0.01 * expected);
    }
    expect(steadyCovariance(SETTING, h, c1).data[1]).toBeCloseTo((eta / 10) * (1 / 2.5), 12); // eta·C_ij/(h_i + h_j)
  });

  it('walks of white steps have a variance of eta²·C·T/6 and of shuffled ones eta²·C·M/12', () => {
    const variance = (sampling: 'white' | 'own') => {
      const v = draws({ sampling, count: 200 }).map((d) => product(d.walk, 0, 0, T) / (eta ** 2 * 0.3));
      return v.reduce((s, x) => s + x) / 200;
    };
    // one walk scatters by 0.63 of its mean
    expect(Math.abs(variance('white') / (T / 6) - 1)).toBeLessThan((4 * 0.65) / Math.sqrt(200));
    // a bridge of 60 steps within each of 20 epochs, about the mean of the window: between M/12 and M/6 by theory [S3]
    const shuffled = variance('own');
    expect(shuffled).toBeGreaterThan(60 / 12);
    expect(shuffled).toBeLessThan(60 / 5);
  });

  it('shuffled walks return to their start after each epoch, white ones do not', () => {
    const away = (sampling: 'white' | 'own') => {
      const [{ walk }] = draws({ sampling, count: 1 });
      return Math.abs(walk[59] - walk[119]) / Math.abs(walk[0] - walk[30]);
    };
    expect(away('own')).toBeLessThan(1e-10);
    expect(away('white')).toBeGreaterThan(1e-3);
  });

  it('the same key gives the same noise to both processes: their increments differ by the restoring force', () => {
    const [{ stationary: x, walk: w }] = draws({ count: 1 });
    const mean =
      -draws({ count: 1 })[0]
        .stationary.slice(0, T)
        .reduce((s, v) => s + v) / T;
    for (let t = 0; t + 1 < 50; t++) {
      const force = x[t + 1] - x[t] - (w[t + 1] - w[t]);
      const after = x[t + 1] - x[t + 0];
      expect(Number.isFinite(after + mean)).toBe(true);
      // −k·(x + centre), the same centre at every step
      const centre = -force / 0.2 - x[t];
      if (t > 0) expect(centre).toBeCloseTo(-(x[1] - x[0] - (w[1] - w[0])) / 0.2 - x[0], 10);
    }
  });

  test.each([
    [20, 12_000, 200],
    [100, 12_000, 100],
    [60, 12_000, 138],
  ])('%i modes over %i steps: %i draws', (n, steps, count) => {
    expect(drawCount(n, steps)).toBe(count);
  });
});

it('the closed form of shuffled noise in a window is the mean of the draws', () => {
  const T = SETTING.T;
  const all = draws({ sampling: 'own', count: 200 });
  const scale = batchFactor('window', SETTING);
  const { variances } = predictCovariance(la, {
    ...regimeRequest('window', SETTING),
    hessian: { values: h, vectors: matrix(2, 2, Float64Array.of(1, 0, 0, 1)) },
    covariance: matrix(
      2,
      2,
      c1.data.map((v) => scale * v),
    ),
  });
  for (let i = 0; i < 2; i++) {
    const found = all.map((d) => product(d.stationary, i, i, T) / variances[i]);
    const mean = found.reduce((s, v) => s + v) / 200;
    const sd = Math.sqrt(found.reduce((s, v) => s + (v - mean) ** 2, 0) / 199);
    expect(Math.abs(mean - 1), `mode ${i}`).toBeLessThan((4 * sd) / Math.sqrt(200));
    expect(sd).toBeLessThan(0.3);
  }
});

describe('agreement over modes', () => {
  test.each([
    [0, []],
    [2, [[1, 2]]],
    [10, [[1, 10]]],
    [12, [[1, 12]]],
    [
      13,
      [
        [1, 10],
        [11, 13],
      ],
    ],
    [
      52,
      [
        [1, 10],
        [11, 52],
      ],
    ],
    [
      803,
      [
        [1, 10],
        [11, 50],
        [51, 200],
        [201, 800],
        [801, 803],
      ],
    ],
  ])('%i settled modes: groups %j', (settled, groups) => {
    expect(settledGroups(settled)).toEqual(groups);
  });

  it('chi² by hand', () => {
    // four draws of two modes: means ln 2 ± s, ln 5 ± s, independent
    const [s1, s2] = [0.1, 0.2];
    const drawn = [
      [1, 1],
      [1, -1],
      [-1, 1],
      [-1, -1],
    ].map(([a, b]) => Float64Array.of(Math.log(2) + a * s1, Math.log(5) + b * s2));
    const unbiased = Math.sqrt(4 / 3);
    const measured = [2 * Math.exp(0.3), 5 * Math.exp(-0.2)];
    const a = agreementOf(measured, [2.2, 5.5], drawn);
    expect(a.chiSquared).toBeCloseTo((0.3 / (s1 * unbiased)) ** 2 + (0.2 / (s2 * unbiased)) ** 2, 10);
    expect(a).toMatchObject({ modes: 2, draws: 4 });
    // every draw has chi² = 2·3/4, which is less
    expect(a.pValue).toBeCloseTo(1 / 5, 12);
    expect(agreementOf([2, 5], [2, 5], drawn).pValue).toBe(1);
    const [g] = a.groups;
    expect(g.ratio.value).toBeCloseTo(1.1 * Math.exp(-0.05), 12);
    // the mean of the two logarithms: ± (s1 + s2)/2 and ± (s1 − s2)/2
    expect(g.ratio.standardError / g.ratio.value).toBeCloseTo(unbiased * Math.sqrt((0.15 ** 2 + 0.05 ** 2) / 2), 10);
    expect(g.ratio.n).toBe(2);
  });

  it('a factor of 1.2 in some modes and 0.76 in others is seen, though the mean is 1', () => {
    const s = randomKey(5).stream();
    const drawn = Array.from({ length: 200 }, () => Float64Array.from({ length: 16 }, () => 0.08 * s.normal()));
    const off = Array.from({ length: 16 }, (_, i) => (i < 10 ? 1 / 1.2 : 1 / 0.76));
    const a = agreementOf(off, new Array(16).fill(1), drawn);
    expect(a.pValue).toBeCloseTo(1 / 201, 12);
    expect(a.groups.map((g) => g.ratio.value)).toEqual([expect.closeTo(1.2, 10), expect.closeTo(0.76, 10)]);
    expect(a.groups[0].ratio.standardError / 1.2).toBeCloseTo(0.08 / Math.sqrt(10), 2);
    const fine = agreementOf(
      Array.from({ length: 16 }, () => Math.exp(0.08 * s.normal())),
      new Array(16).fill(1),
      drawn,
    );
    expect(fine.pValue).toBeGreaterThan(0.01);
    expect(fine.chiSquared / 16).toBeLessThan(2.5);
  });

  it('without draws there is no p', () => {
    expect(agreementOf([1, 2], [1, 2], []).pValue).toBeNaN();
  });
});

describe('the rule of stationarity', () => {
  test.each([
    [0.951, 0.01, 'agrees'],
    [0.949, 0.01, 'differs'],
    [1.049, 0.01, 'agrees'],
    [1.051, 0.01, 'differs'],
    [0.91, 0.05, 'agrees'],
    [0.9, 0.05, 'differs'],
    [1.4, 0.25, 'agrees'],
    [1, 0.251, 'undecided'],
    [1, Number.NaN, 'undecided'],
  ])('%f ± %f: %s', (value, error, found) => {
    expect(passesAsStationary(given(value, error))).toBe(found);
  });

  it('the ratio of a straight line: w·Δw telescopes to half of the growth of |w|²', () => {
    const T = 401;
    // about its mean a line begins and ends equally far out: −Σ w·Δw = ½ Σ |Δw|²
    const line = Float64Array.from({ length: T }, (_, t) => 0.3 * (t - 200));
    expect(settledMotion(line, 1, T, PLAIN).value).toBeCloseTo(1, 10);
    const outwards = Float64Array.from({ length: T }, (_, t) => 0.01 * t);
    // Σ w·Δw = ½(w_T² − Σ Δw²): the ratio is 1 − w_T²/Σ Δw² = 1 − 400
    expect(settledMotion(outwards, 1, T, PLAIN).value).toBeCloseTo(1 - 400, 6);
  });

  it('refuses few stationary windows, and hardly a walk: the error grows with the wandering', () => {
    const n = 8;
    const curvature = Array.from({ length: n }, (_, i) => 4 / (i + 1));
    const noise = matrix(n, n);
    for (let i = 0; i < n; i++) noise.data[i * n + i] = curvature[i];
    const same = (f: (v: number) => number) => curvature.map(f);
    const out = simulatedWindows({
      la,
      setting: SETTING,
      modes: {
        curvature,
        noise: curvature,
        measured: curvature,
        withoutDrift: same(() => 0.1 / 20),
        predicted: {
          continuous: same(() => 0.1 / 20),
          discrete: same(() => 1),
          shuffled: same(() => 1),
          window: same(() => 1),
        },
      },
      curvatures: Float64Array.from(curvature),
      noise,
      key: randomKey(8),
    });
    const { rule, agreement } = out;
    expect(rule.draws).toBe(200);
    expect(rule.relaxations).toEqual([expect.closeTo(0.1 * 0.5 * 1200, 9), expect.closeTo(0.1 * 4 * 1200, 9)]);
    expect(rule.falseAlarms).toBeLessThan(0.15);
    expect(rule.walksPassing + rule.power).toBeLessThanOrEqual(1 + 1e-12);
    expect(rule.walksPassing).toBeGreaterThan(0.2);
    expect(rule.power).toBeLessThan(0.3);
    expect(rule.walksOfSamplingPassing).toBeGreaterThan(0.9); // whole epochs: they end where they began
    // with C = H white noise gives every mode eta/(2B), discrete steps a little more: agreement, and the shuffled system has less
    expect(agreement.continuous.groups[0].ratio.value).toBeCloseTo(1, 12);
    expect(agreement.continuous.pValue).toBeGreaterThan(0.01);
    expect(agreement.window.pValue).toBeLessThan(0.01);
    // nats of walks with the own sampling by hand, all matrices being diagonal: with one temperature T for h·σ² the rival has the energy
    // n/2 and ln det = Σ ln(T/h_i); U has Σ σ_i²/(2s) and n·ln s, where s = eta/(2B)
    const [s, rates] = [0.1 / 20, Float64Array.from(curvature)];
    const own = { la, setting: SETTING, curvatures: rates, noise, sampling: 'own', count: 200 } as const;
    const nats = [...linearDraws({ ...own, key: randomKey(8).child('own') })].map(({ walk }) => {
      const v = curvature.map((_, i) => product(walk, i, i, SETTING.T));
      const t = v.reduce((sum, x, i) => sum + curvature[i] * x, 0) / n;
      return v.reduce((sum, x, i) => sum + 0.5 - x / (2 * s) + 0.5 * Math.log(t / curvature[i] / s), 0);
    });
    expect(out.logRatioOfWalks.value).toBeCloseTo(nats.reduce((a, b) => a + b) / 200, 8);
    expect(out.logRatioOfWalks.n).toBe(200);
    expect(out.logRatioOfWalks.standardError).toBeGreaterThan(0);
  });
});
