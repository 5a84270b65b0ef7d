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
