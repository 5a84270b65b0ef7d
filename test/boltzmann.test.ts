/** Boltzmann tests on processes whose law is known: they hold where it holds, fail where it fails, at the stated rates. */
import { describe, expect, it } from 'vitest';
import { boltzmannTest, energiesOf, equipartition, logDensityRatio } from '../src/analyse/trajectory/boltzmann.js';
import { diagonal, embeddedLinearAlgebra, fromRows, type Matrix, matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';

const la = embeddedLinearAlgebra();

/** K independent AR(1) series x' = a x + √(1−a²) s z with variances s²: K×T. */
function walk(variances: readonly number[], a: number, T: number, seed: number): Float64Array {
  const stream = randomKey(seed).stream();
  const K = variances.length;
  const out = new Float64Array(K * T);
  for (let i = 0; i < K; i++) {
    let x = Math.sqrt(variances[i]) * stream.normal();
    for (let t = 0; t < T; t++) {
      out[i * T + t] = x;
      x = a * x + Math.sqrt((1 - a * a) * variances[i]) * stream.normal();
    }
  }
  return out;
}

it('energies are ½ xᵀ Σ^−1 x', () => {
  const S = fromRows([
    [2, 0.5],
    [0.5, 1],
  ]);
  const { energies, logDeterminant } = energiesOf(la, Float64Array.of(1, 0, 2, -1), S);
  // Σ^−1 = (1 −0.5; −0.5 2)/1.75; x(0) = (1, 2), x(1) = (0, −1)
  expect(energies[0]).toBeCloseTo((0.5 * (1 - 2 * 0.5 * 2 + 2 * 4)) / 1.75, 14);
  expect(energies[1]).toBeCloseTo((0.5 * 2) / 1.75, 14);
  expect(logDeterminant).toBeCloseTo(Math.log(1.75), 14);
  expect(() => energiesOf(la, new Float64Array(4), matrix(2, 2))).toThrow(/positive definite/);
  expect(() => energiesOf(la, new Float64Array(3), S)).toThrow(/2×T/);
});

describe('the right law', () => {
  const variances = [4, 1, 0.25, 0.01];
  const S = diagonal(variances);

  it.each([
    ['independent draws', 0, 400, 0.05],
    ['correlated, tau = 9.5', 0.9, 4000, 0.05],
  ])('is rejected as often as the level says: %s', (_name, a, T, level) => {
    const runs = 300;
    let rejected = 0;
    let [first, second] = [0, 0];
    for (let s = 0; s < runs; s++) {
      const test = boltzmannTest(energiesOf(la, walk(variances, a, T, s), S).energies, 4);
      if (test.pValue < level) rejected++;
      first += ((test.mean.value - 2) / test.mean.standardError) ** 2 / runs;
      second += ((test.variance.value - 2) / test.variance.standardError) ** 2 / runs;
    }
    // binomial: 15 ± 3.8; an upper bound of four of them (the effective size of a distance is approximate, a lower bound is not asked)
    expect(rejected).toBeLessThan(15 + 4 * 3.8);
    // squared deviations in standard errors average 1 ± √(2/300) = 0.08; the error's own error and skewness add
    expect(Math.abs(first - 1)).toBeLessThan(0.35);
    expect(Math.abs(second - 1)).toBeLessThan(0.5);
  });

  it('counts the independent draws: tau of a product of AR(1) is that of a²', () => {
    const test = boltzmannTest(energiesOf(la, walk(variances, 0.9, 40000, 1), S).energies, 4);
    // x² has the autocorrelation a^{2h}: tau = (1 + a²)/(2(1 − a²)) = 4.76
    expect(Math.abs(test.correlationTime.value - 4.763)).toBeLessThan(4 * test.correlationTime.standardError);
    expect(test.effective).toBeLessThan((40000 / (2 * 4.763)) * 1.15);
    expect(test.expected).toBe(2);
  });
});

describe('the wrong law', () => {
  it('is found: a covariance off by 20 % in each direction', () => {
    const x = walk([1, 1, 1, 1, 1], 0.5, 20000, 3);
    const wrong = boltzmannTest(energiesOf(la, x, diagonal([1.2, 1.2, 1.2, 1.2, 1.2])).energies, 5);
    expect(wrong.pValue).toBeLessThan(1e-6);
    expect(Math.abs(wrong.mean.value - 2.5 / 1.2)).toBeLessThan(4 * wrong.mean.standardError);
    // a temperature of its own hides an overall factor, and says so
    const fitted = boltzmannTest(energiesOf(la, x, diagonal([1.2, 1.2, 1.2, 1.2, 1.2])).energies, 5, {
      temperature: 'fit',
    });
    expect(fitted.fitted).toBe(true);
    expect(Math.abs(fitted.temperature - 1 / 1.2)).toBeLessThan(0.02);
    expect(fitted.pValue).toBeGreaterThan(0.01);
  });

  it('exp(−L/T) with unequal temperatures: its law of energies, its density and its equipartition all fail', () => {
    // sigma² = 1 and h = 1, 10, 100: SGD with C ∝ H² does this
    const x = walk([1, 1, 1], 0.5, 20000, 4);
    const h = [1, 10, 100];
    const T = 20000;
    const loss = Float64Array.from({ length: T }, (_, t) =>
      h.reduce((s, hi, i) => s + 0.5 * hi * x[i * T + t] ** 2, 0),
    );
    const rival = boltzmannTest(loss, 3, { temperature: 'fit' });
    expect(Math.abs(rival.temperature - 37)).toBeLessThan(2);
    expect(rival.pValue).toBeLessThan(1e-6);
    const own = energiesOf(la, x, diagonal([1, 1, 1]));
    expect(boltzmannTest(own.energies, 3).pValue).toBeGreaterThan(0.001);
    const density = logDensityRatio(own, energiesOf(la, x, diagonal(h.map((v) => rival.temperature / v))));
    // Kullback-Leibler: ½ Σ (1/r_i − 1 + ln r_i) with r_i = T/h_i
    const exact = h.map((v) => rival.temperature / v).reduce((s, r) => s + 0.5 * (1 / r - 1 + Math.log(r)), 0);
    expect(Math.abs(density.value - exact)).toBeLessThan(4 * density.standardError);
    expect(density.value).toBeGreaterThan(20 * density.standardError);
    const parts = equipartition(h, [1, 1, 1], [1000, 1000, 1000]);
    expect(parts.range).toBe(100);
    expect(parts.excessSpread).toBeGreaterThan(1000);
  });

  it('equipartition that holds scatters as sampling says', () => {
    const stream = randomKey(9).stream();
    const n = 400;
    const draws = 50;
    const variances = Float64Array.from({ length: n }, (_, i) => {
      let s = 0;
      for (let k = 0; k < draws; k++) s += stream.normal() ** 2 / draws;
      return (2 * s) / (i + 1);
    });
    const { temperature, excessSpread } = equipartition(
      Array.from({ length: n }, (_, i) => i + 1),
      variances,
      new Array(n).fill(draws),
    );
    expect(Math.abs(temperature.value - 2)).toBeLessThan(4 * temperature.standardError);
    // Σ of squares of n normals: 1 ± √(2/n) = 0.07, and ln widens by about 1/draws
    expect(Math.abs(excessSpread - 1)).toBeLessThan(0.3);
  });
});

it('refuses what makes no sense', () => {
  const u = new Float64Array(20).fill(1);
  expect(() => boltzmannTest(u.subarray(0, 3), 2)).toThrow(/8 energies/);
  expect(() => boltzmannTest(u, 0)).toThrow(/positive integer/);
  expect(() => boltzmannTest(u, 2, { temperature: -1 })).toThrow(/positive temperature/);
  expect(() => equipartition([1, -1], [1, 1], [9, 9])).toThrow(/positive curvatures/);
  const two: Matrix = diagonal([1, 1]);
  expect(() =>
    logDensityRatio(energiesOf(la, new Float64Array(4), two), energiesOf(la, new Float64Array(6), two)),
  ).toThrow(/same directions/);
});
