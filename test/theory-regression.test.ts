/** [S8]: predicted = measured with the multiplicative noise, and visibly not without it. */
import { describe, expect, it } from 'vitest';
import { embeddedLinearAlgebra, fromRows, type Matrix, matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { divergenceRate, predictRegression, type RegressionProblem } from '../src/theory/regression.js';
import { simulateRegression } from '../src/theory/regression-simulation.js';

const la = embeddedLinearAlgebra();
const A = fromRows([
  [2, 0.6, 0],
  [0.6, 1, -0.3],
  [0, -0.3, 0.4],
]);

describe('prediction', () => {
  it('one dimension: eta s²/(2B − eta a (B+2)), diverging at 2B/(a(B+2))', () => {
    for (const [a, B, eta, s2] of [
      [1, 1, 0.3, 2],
      [3, 4, 0.2, 0.5],
      [0.2, 50, 4, 1],
    ]) {
      const problem = { inputCovariance: fromRows([[a]]), labelNoise: s2, learningRate: eta, batchSize: B };
      const exact = (eta * s2) / (2 * B - eta * a * (B + 2));
      expect(predictRegression(la, problem).covariance.data[0] / exact - 1).toBeCloseTo(0, 13);
      const edge = (2 * B) / (a * (B + 2));
      expect(divergenceRate([a], B) / edge - 1).toBeCloseTo(0, 13);
      const near = (f: number) => predictRegression(la, { ...problem, learningRate: edge * f });
      expect(near(0.999999).feedback).toBeGreaterThan(0.9999);
      expect(() => near(1.000001)).toThrow(/no stationary covariance: it diverges from/);
    }
  });

  it('is the fixed point of the printed recursion, iterated', () => {
    const problem: RegressionProblem = { inputCovariance: A, labelNoise: 0.7, learningRate: 0.35, batchSize: 3 };
    const m = (x: Matrix, y: Matrix) => la.gemm(x, y);
    let S = matrix(3, 3);
    for (let n = 0; n < 4000; n++) {
      const tau = A.data.reduce((t, v, i) => t + v * S.data[i], 0);
      const [as, sa, asa] = [m(A, S), m(S, A), m(m(A, S), A)];
      S = matrix(
        3,
        3,
        S.data.map((v, i) => {
          const C = (asa.data[i] + (tau + 0.7) * A.data[i]) / 3;
          return v - 0.35 * (as.data[i] + sa.data[i]) + 0.35 ** 2 * (asa.data[i] + C);
        }),
      );
    }
    const predicted = predictRegression(la, problem);
    for (let i = 0; i < 9; i++) expect(Math.abs(predicted.covariance.data[i] - S.data[i])).toBeLessThan(1e-12);
    expect(predicted.excess).toBeCloseTo(
      A.data.reduce((t, v, i) => t + v * S.data[i], 0),
      12,
    );
  });

  it('directions without input neither move nor make noise', () => {
    const problem = { labelNoise: 0.7, learningRate: 0.35, batchSize: 3, momentum: 0.2 };
    const small = predictRegression(la, { ...problem, inputCovariance: fromRows([[1.5]]) });
    const flat = predictRegression(la, {
      ...problem,
      inputCovariance: fromRows([
        [1.5, 0],
        [0, 0],
      ]),
    });
    expect([...flat.covariance.data]).toEqual([small.covariance.data[0], 0, 0, 0]);
    expect([...flat.gradientCovariance.data]).toEqual([small.gradientCovariance.data[0], 0, 0, 0]);
    expect([flat.excess, flat.feedback]).toEqual([small.excess, small.feedback]);
    expect(divergenceRate([1.5, 0], 3, 0.2)).toBe(divergenceRate([1.5], 3, 0.2));
    expect(() => divergenceRate([0, 0], 3)).toThrow(/without any variance/);
    // without momentum: C = (a² Σ + a (τ + s²))/B with τ = a Σ
    const still = predictRegression(la, { ...problem, momentum: 0, inputCovariance: fromRows([[1.5]]) });
    const sigma = (0.35 * 0.7) / (2 * 3 - 0.35 * 1.5 * 5);
    expect(still.gradientCovariance.data[0]).toBeCloseTo((2 * 1.5 ** 2 * sigma + 1.5 * 0.7) / 3, 13);
    // κ = eta a/(B (2 − eta a − eta a/B)), the share of the excess in τ + s²
    expect(still.feedback).toBeCloseTo(0.525 / (3 * (2 - 0.525 - 0.525 / 3)), 13);
    expect(still.excess / (still.excess + 0.7)).toBeCloseTo(still.feedback, 12);
    const bare = predictRegression(la, { ...problem, inputCovariance: fromRows([[1.5]]) }, { multiplicative: false });
    expect([bare.feedback, bare.gradientCovariance.data[0]]).toEqual([0, expect.closeTo((1.5 * 0.7) / 3, 13)]);
  });

  it('refuses what is no problem', () => {
    const ok: RegressionProblem = { inputCovariance: A, labelNoise: 1, learningRate: 0.1, batchSize: 2 };
    expect(() => predictRegression(la, { ...ok, batchSize: 0 })).toThrow(/batch size/);
    expect(() =>
      predictRegression(la, {
        ...ok,
        inputCovariance: fromRows([
          [1, 2],
          [2, 1],
        ]),
      }),
    ).toThrow(/negative eigenvalue/);
    expect(() => simulateRegression(la, ok, { key: randomKey(1), chains: 1, steps: 5, burnIn: 0 })).toThrow(/2 chains/);
    expect(() =>
      simulateRegression(la, { ...ok, learningRate: 5 }, { key: randomKey(1), chains: 2, steps: 5000, burnIn: 0 }),
    ).toThrow(/diverged/);
  });
});

describe('measured by SGD with fresh samples', () => {
  it('has the mean and the standard error of its chains, each with a key of its own', () => {
    const problem = { inputCovariance: A, labelNoise: 0.7, learningRate: 0.2, batchSize: 2 };
    const of = (chains: number) => simulateRegression(la, problem, { key: randomKey(5), chains, steps: 40, burnIn: 7 });
    const [two, three, four] = [of(2), of(3), of(4)];
    const check = (pick: (m: typeof two) => { value: number; standardError: number }) => {
      const [m2, m3, m4] = [two, three, four].map(pick);
      const c2 = 3 * m3.value - 2 * m2.value;
      const c3 = 4 * m4.value - 3 * m3.value;
      // two chains: half of their difference, from which both follow
      const first = [m2.value - m2.standardError, m2.value + m2.standardError];
      const error = (chains: number[]) => {
        const mean = chains.reduce((a, b) => a + b) / chains.length;
        return Math.sqrt(chains.reduce((s, c) => s + (c - mean) ** 2, 0) / (chains.length * (chains.length - 1)));
      };
      expect(m3.standardError).toBeCloseTo(error([...first, c2]), 11);
      expect(m4.standardError).toBeCloseTo(error([...first, c2, c3]), 11);
    };
    check((m) => m.excess);
    for (let i = 0; i < 9; i++) check((m) => ({ value: m.covariance.data[i], standardError: m.standardError.data[i] }));
    expect(three.excess.value).toBeCloseTo(
      A.data.reduce((t, v, i) => t + v * three.covariance.data[i], 0),
      12,
    );
    expect(three.excess.n).toBe(3);
  });

  // slowest mode: eta·0.28 = 0.08 per step, so 200 steps forget the start to e^−16
  const cases: [string, RegressionProblem][] = [
    ['B = 3', { inputCovariance: A, labelNoise: 0.7, learningRate: 0.3, batchSize: 3 }],
    ['B = 1, momentum 0.6', { inputCovariance: A, labelNoise: 1, learningRate: 0.06, batchSize: 1, momentum: 0.6 }],
    ['one dimension, B = 2', { inputCovariance: fromRows([[1]]), labelNoise: 1, learningRate: 0.5, batchSize: 2 }],
  ];
  it.each(cases)('%s', (_name, problem) => {
    const measured = simulateRegression(la, problem, { key: randomKey(5), chains: 60, steps: 6000, burnIn: 400 });
    const full = predictRegression(la, problem);
    const bare = predictRegression(la, problem, { multiplicative: false });
    const P = problem.inputCovariance.rows;
    for (let i = 0; i < P * P; i++)
      expect(Math.abs(measured.covariance.data[i] - full.covariance.data[i])).toBeLessThan(
        4 * measured.standardError.data[i],
      );
    const { value, standardError } = measured.excess;
    expect(Math.abs(value - full.excess)).toBeLessThan(4 * standardError);
    // without the multiplicative terms the prediction is off by many standard errors, and low
    expect(value - bare.excess).toBeGreaterThan(10 * standardError);
    expect(standardError / value).toBeLessThan(0.02);
  });
});
