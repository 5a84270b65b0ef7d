/** Estimators of a trajectory and of gradient noise, recomputed from their definitions by plain loops: values, errors, counts. */
import { describe, expect, it } from 'vitest';
import { correlationTime } from '../src/analyse/trajectory/autocorrelation.js';
import { boltzmannTest, energiesOf, equipartition, logDensityRatio } from '../src/analyse/trajectory/boltzmann.js';
import { displacementExponent, meanSquaredDisplacement } from '../src/analyse/trajectory/displacement.js';
import { cosine, directionDynamics, driftVelocity } from '../src/analyse/trajectory/dynamics.js';
import { embeddedLinearAlgebra, fromRows } from '../src/numeric/linalg/index.js';
import { logSpaced } from '../src/numeric/spacing.js';
import { mean, naiveTau, range, series, sum } from './support/series.js';

const la = embeddedLinearAlgebra();

describe('correlation time', () => {
  it.each([
    [400, 0.5],
    [401, 0.85],
    [1000, 0.9],
  ])('of %i steps with memory %d is the windowed sum, with the error of Madras and Sokal', (T, memory) => {
    const x = series(T, memory);
    const { tau, window, error } = naiveTau(x);
    const found = correlationTime(x);
    expect(found.value).toBeCloseTo(tau, 10);
    expect(found.standardError).toBeCloseTo(error, 10);
    expect(found.n).toBeCloseTo(T / (2 * Math.max(tau, 0.5)), 8);
    expect(found.method).toContain(`(${window} steps)`);
    expect(found.converged).toBe(T >= 50 * tau);
    const wide = naiveTau(x, 9);
    expect(correlationTime(x, 9).value).toBeCloseTo(wide.tau, 10);
    expect(wide.window).toBeGreaterThan(window);
  });

  it('counts as measured from 50 correlation times on', () => {
    const x = series(3000, 0.8);
    const lengths = range(30).map((k) => 100 + 20 * k);
    const verdicts = lengths.map((T) => [
      correlationTime(x.slice(0, T)).converged,
      T >= 50 * naiveTau(x.slice(0, T)).tau,
    ]);
    expect(verdicts.map(([found]) => found)).toEqual(verdicts.map(([, truth]) => truth));
    expect(new Set(verdicts.map(([found]) => found)).size).toBe(2);
    // alternating: anticorrelated, fewer than half a step, and no more draws than steps
    const swing = correlationTime(range(400).map((t) => (t % 2) + 0.1 * Math.sin(1.7 * t * t)));
    expect(swing.value).toBeLessThan(0.5);
    expect(swing.n).toBe(400);
    expect(() => correlationTime([1, 2, 3])).toThrow(/at least 4 observations; got 3/);
    expect(correlationTime([1, 2, 1, 2]).n).toBeGreaterThan(0);
  });
});

describe('displacement', () => {
  const x = series(200, 0.95);
  const msd = (h: number, keep = (_: number) => true) => {
    const starts = range(200 - h).filter(keep);
    return sum(starts.map((t) => (x[t + h] - x[t]) ** 2)) / starts.length;
  };

  it('mean square over all starts', () => {
    const lags = [1, 2, 7, 50, 199];
    meanSquaredDisplacement(x, lags).forEach((v, k) => {
      expect(v).toBeCloseTo(msd(lags[k]), 11);
    });
    for (const bad of [0, 200, 1.5])
      expect(() => meanSquaredDisplacement(x, [bad])).toThrow(/whole numbers from 1 to 199/);
  });

  it('exponent: a line through logarithms, its error by leaving out each tenth of the starts', () => {
    const found = displacementExponent(x, { lastLag: 20, lags: 20 });
    const lags = logSpaced(20, 20);
    const slope = (left: number) => {
      const u = lags.map(Math.log10);
      const v = lags.map((h) => Math.log10(msd(h, (t) => left < 0 || Math.floor((10 * t) / 200) !== left)));
      const [mu, mv] = [mean(u), mean(v)];
      const line = sum(u.map((a, k) => (a - mu) * (v[k] - mv))) / sum(u.map((a) => (a - mu) ** 2));
      return { line, misfit: Math.sqrt(mean(u.map((a, k) => (v[k] - mv - line * (a - mu)) ** 2))) };
    };
    expect(found.value).toBeCloseTo(slope(-1).line, 10);
    const deleted = range(10).map((b) => slope(b).line);
    const error = Math.sqrt(0.9 * sum(deleted.map((d) => (d - mean(deleted)) ** 2)));
    expect(found.standardError).toBeCloseTo(error, 10);
    expect(found.n).toBe(10);
    expect(found.converged).toBe(slope(-1).misfit <= 0.1);
    expect(displacementExponent(x).method).toContain('lags 1 to 20 steps');
    for (const [T, lastLag] of [
      [19, 5],
      [40, 1],
      [40, 21],
    ])
      expect(() => displacementExponent(x.slice(0, T), { lastLag })).toThrow(/needs a series of at least/);
    expect(() => displacementExponent(x.slice(0, 40), { lastLag: 20 })).not.toThrow();
    expect(() => displacementExponent(x.slice(0, 20), { lastLag: 2 })).not.toThrow();
  });
});

describe('drift', () => {
  it('is the slope of least squares, with the error of twenty blocks', () => {
    const T = 130;
    const x = series(T, 0.4).map((v, t) => v + 0.02 * t);
    const middle = (T - 1) / 2;
    const sxx = sum(range(T).map((t) => (t - middle) ** 2));
    const slope = sum(x.map((v, t) => (t - middle) * v)) / sxx;
    const residual = x.map((v, t) => v - mean(x) - slope * (t - middle));
    const blocks = range(20).map((b) => sum(range(T).filter((t) => t >= Math.floor((b * T) / 20) && t < Math.floor(((b + 1) * T) / 20)).map((t) => (t - middle) * residual[t]))); // biome-ignore format: a sum
    const found = driftVelocity(x);
    expect(found.value).toBeCloseTo(slope, 12);
    expect(found.standardError).toBeCloseTo(Math.sqrt((20 / 18) * sum(blocks.map((g) => g * g))) / sxx, 12);
    expect(found.n).toBeCloseTo(T / (2 * Math.max(0.5, naiveTau(residual).tau)), 8);
    expect(() => driftVelocity(x.slice(0, 39))).toThrow(/at least 40 steps; got 39/);
    expect(() => driftVelocity(x.slice(0, 40))).not.toThrow();
  });

  it('and cosines, of directions that are no unit vectors', () => {
    expect(cosine([3, 0, 4], [6, 8, 0])).toBeCloseTo(18 / 50, 14);
    expect(cosine([1, 2], [-2, -4])).toBeCloseTo(-1, 14);
    const T = 60;
    const thetas = Float64Array.from([...series(T, 0.5), ...series(T, 0.7, 2)]);
    const components = Float64Array.of(1, 2, 2, 0, 3, 4);
    const [a, b] = directionDynamics({ indices: [4, 9], thetas, components, mean: Float64Array.of(2, 0, 1) });
    expect(a.cosWithWeights).toBeCloseTo(4 / (3 * Math.sqrt(5)), 14);
    expect(b.cosWithWeights).toBeCloseTo(4 / (5 * Math.sqrt(5)), 14);
    expect(b.driftVelocity.value).toBe(driftVelocity(thetas.subarray(T)).value);
    expect(b.msd.value).toEqual(meanSquaredDisplacement(thetas.subarray(T), b.msd.lag));
    expect([b.msd.lag[0], b.msd.lag.at(-1)]).toEqual([1, 30]);
  });
});

describe('energies', () => {
  const T = 120;
  const x = [series(T, 0.5), series(T, 0.8, 1), series(T, 0.2, 3)];
  const S = [
    [2, 0.4, -0.3],
    [0.4, 1, 0.2],
    [-0.3, 0.2, 3],
  ];
  const determinant = 2 * (1 * 3 - 0.04) - 0.4 * (0.4 * 3 + 0.06) - 0.3 * (0.08 + 0.3);
  const own = energiesOf(la, Float64Array.from(x.flat()), fromRows(S));
  /** ½ xᵀ Σ⁻¹ x by Cramer's rule. */
  const energy = (v: readonly number[]) => {
    const minor = (i: number, j: number) => {
      const [r, c] = [[0, 1, 2].filter((k) => k !== i), [0, 1, 2].filter((k) => k !== j)];
      return (S[r[0]][c[0]] * S[r[1]][c[1]] - S[r[0]][c[1]] * S[r[1]][c[0]]) * (-1) ** (i + j);
    };
    return sum(v.flatMap((a, i) => v.map((b, j) => (0.5 * a * b * minor(i, j)) / determinant)));
  };
  /** Mean of a correlated series with √(var·2 tau/T). */
  const timeMean = (u: readonly number[]) => {
    const tau = Math.max(0.5, naiveTau(u).tau);
    const spread = mean(u.map((v) => (v - mean(u)) ** 2));
    return { value: mean(u), error: Math.sqrt((spread * 2 * tau) / u.length), n: u.length / (2 * tau) };
  };
  const agrees = (found: { value: number; standardError: number; n: number }, u: readonly number[]) => {
    const { value, error, n } = timeMean(u);
    expect(found.value).toBeCloseTo(value, 11);
    expect(found.standardError).toBeCloseTo(error, 11);
    expect(found.n).toBeCloseTo(n, 8);
  };
  const u = range(T).map((t) => energy(x.map((row) => row[t])));

  it('are ½ xᵀΣ⁻¹x, with log det Σ', () => {
    u.forEach((v, t) => {
      expect(own.energies[t]).toBeCloseTo(v, 11);
    });
    expect(own.logDeterminant).toBeCloseTo(Math.log(determinant), 12);
    expect(own.dimension).toBe(3);
  });

  it('are compared with a gamma law: mean, variance, largest distance, independent draws', () => {
    const test = boltzmannTest(u, 2, { temperature: 1.5 });
    const scaled = u.map((v) => v / 1.5);
    agrees(test.mean, scaled);
    agrees(
      test.variance,
      scaled.map((v) => (v - mean(scaled)) ** 2),
    );
    // gamma of shape 1 is 1 − e^{−u}
    const law = scaled.map((v) => 1 - Math.exp(-v));
    const distance = Math.max(
      ...law.flatMap((F) => {
        const [less, upTo] = [law.filter((p) => p < F).length, law.filter((p) => p <= F).length];
        return [F - less / T, upTo / T - F];
      }),
    );
    expect(test.distance).toBeCloseTo(distance, 12);
    const quartiles = [0.25, 0.5, 0.75].map((q) => naiveTau(law.map((p) => (p <= q ? 1 : 0))).tau);
    const slowest = Math.max(0.5, naiveTau(scaled).tau, ...quartiles);
    expect(test.effective).toBeCloseTo(T / (2 * slowest), 8);
    expect([test.expected, test.temperature, test.fitted]).toEqual([1, 1.5, false]);
    const fit = boltzmannTest(u, 2, { temperature: 'fit' });
    expect(fit.temperature).toBeCloseTo(mean(u), 11);
    expect(fit.mean.value).toBeCloseTo(1, 12);
    expect(() => boltzmannTest(u.slice(0, 7), 2)).toThrow(/at least 8 energies; got 7/);
    expect(() => boltzmannTest(u.slice(0, 8), 2)).not.toThrow();
  });

  it('weigh two densities by their logarithms', () => {
    const other = energiesOf(la, Float64Array.from(x.flat()), fromRows([[1, 0, 0], [0, 2, 0], [0, 0, 0.5]])); // biome-ignore format: short
    const log = (t: number) => {
      const [a, b, c] = x.map((row) => row[t]);
      // both without their common factor (2π)^{−3/2}
      return -u[t] - 0.5 * Math.log(determinant) + 0.5 * (a * a + (b * b) / 2 + 2 * c * c);
    };
    agrees(logDensityRatio(own, other), range(T).map(log));
  });

  it('share one temperature or not', () => {
    const [h, s2, n] = [[4, 1, 0.5], [0.5, 3, 2], [20, 30, 50]]; // biome-ignore format: short
    const found = equipartition(h, s2, n);
    const temperatures = [2, 3, 1];
    expect([...found.temperatures]).toEqual(temperatures);
    expect(found.temperature.value).toBe(2);
    // a variance from n draws scatters by √(2/n) of itself
    expect(found.temperature.standardError).toBeCloseTo(Math.sqrt((2 * 4) / 20 + (2 * 9) / 30 + 2 / 50) / 3, 13);
    const logs = temperatures.map(Math.log);
    const spread = sum(logs.map((v) => (v - mean(logs)) ** 2)) / 2;
    expect(found.excessSpread).toBeCloseTo(spread / mean([0.1, 2 / 30, 0.04]), 12);
    expect(found.range).toBe(3);
    expect(() => equipartition([1], [1], [9])).toThrow(/at least 2 directions/);
  });
});
