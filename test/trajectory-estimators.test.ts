/** Estimators of a trajectory and of gradient noise, recomputed from their definitions by plain loops: values, errors, counts. */
import { describe, expect, it } from 'vitest';
import { twoBatchNoise } from '../src/analyse/noise/noise-two-batches.js';
import { correlationTime } from '../src/analyse/trajectory/autocorrelation.js';
import { boltzmannTest, energiesOf, equipartition, logDensityRatio } from '../src/analyse/trajectory/boltzmann.js';
import { circulation, expectedCirculation } from '../src/analyse/trajectory/circulation.js';
import {
  crossovers,
  groupAgreement,
  noiseExponent,
  regimeOf,
  variancesAlong,
} from '../src/analyse/trajectory/controls.js';
import { displacementExponent, meanSquaredDisplacement } from '../src/analyse/trajectory/displacement.js';
import { cosine, directionDynamics, driftVelocity } from '../src/analyse/trajectory/dynamics.js';
import { gradientRelation, motionRelation } from '../src/analyse/trajectory/fluctuation-dissipation.js';
import { rowsInMemory } from '../src/analyse/trajectory/rows.js';
import { studentTwoSided } from '../src/numeric/distributions.js';
import { embeddedLinearAlgebra, fromRows } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { logSpaced } from '../src/numeric/spacing.js';

const la = embeddedLinearAlgebra();
const sum = (x: readonly number[]) => x.reduce((s, v) => s + v, 0);
const mean = (x: readonly number[]) => sum(x) / x.length;
const range = (n: number) => Array.from({ length: n }, (_, i) => i);
/** A memory that fades, without randomness: the irregular wave of a sine of squares, smoothed. */
function series(T: number, memory: number, phase = 0): number[] {
  const out: number[] = [];
  let x = 0;
  for (let t = 0; t < T; t++) {
    x = memory * x + Math.sin(1.7 * t * t + phase * t + phase);
    out.push(x + 0.3);
  }
  return out;
}
/** c_h of the definition. */
function autocovariances(x: readonly number[]): number[] {
  const m = mean(x);
  return range(Math.floor(x.length / 2) + 1).map((h) => sum(range(x.length - h).map((t) => (x[t] - m) * (x[t + h] - m))) / (x.length - h)); // biome-ignore format: a definition
}
/** tau, its window and error by the definition. */
function naiveTau(x: readonly number[], factor = 6) {
  const c = autocovariances(x);
  let [tau, window] = [0.5, 0];
  while (window + 1 < c.length) {
    window++;
    tau += c[window] / c[0];
    if (window >= factor * tau) break;
  }
  return { tau, window, error: tau * Math.sqrt((2 * (2 * window + 1)) / x.length) };
}

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

describe('fluctuation-dissipation', () => {
  const n = 67;
  const [a, b] = [series(n, 0.5).map((v) => v + 4), series(n, 0.3, 2).map((v) => v * v + 1)];
  const blockMeans = (x: readonly number[], blocks: number) =>
    range(blocks).map((k) => mean(x.slice(Math.floor((k * n) / blocks), Math.floor(((k + 1) * n) / blocks))));
  const check = (found: ReturnType<typeof motionRelation>, left: number[], right: number[], blocks: number) => {
    const [l, r] = [blockMeans(left, blocks), blockMeans(right, blocks)];
    const error = (m: number[]) => Math.sqrt(sum(m.map((v) => (v - mean(m)) ** 2)) / (blocks * (blocks - 1)));
    expect([found.left.value, found.right.value]).toEqual([expect.closeTo(mean(l), 11), expect.closeTo(mean(r), 11)]);
    expect(found.left.standardError).toBeCloseTo(error(l), 11);
    expect(found.right.standardError).toBeCloseTo(error(r), 11);
    const deleted = range(blocks).map((k) => (sum(l) - l[k]) / (sum(r) - r[k]));
    const jackknife = Math.sqrt(((blocks - 1) / blocks) * sum(deleted.map((d) => (d - mean(deleted)) ** 2)));
    expect(found.ratio.value).toBeCloseTo(mean(l) / mean(r), 11);
    expect(found.ratio.standardError).toBeCloseTo(jackknife, 11);
    expect(found.deviation).toBeCloseTo((mean(l) / mean(r) - 1) / jackknife, 8);
    expect(found.ratio.n).toBe(n);
  };

  it('(1): ⟨w·g⟩ against (1+mu)/(2 eta) ⟨|v|²⟩, jackknife over blocks', () => {
    const input = { weightsDotGradient: a, velocitySquared: b, learningRate: 0.2 };
    check(
      motionRelation(input),
      a,
      b.map((v) => 2.5 * v),
      20,
    );
    check(
      motionRelation({ ...input, momentum: 0.6, blocks: 7 }),
      a,
      b.map((v) => 4 * v),
      7,
    );
    expect(() => motionRelation({ ...input, blocks: 3 })).toThrow(/at least 4/);
    expect(() => motionRelation({ ...input, blocks: 4 })).not.toThrow();
    expect(() => motionRelation({ ...input, blocks: 67 })).not.toThrow();
    expect(() => motionRelation({ ...input, blocks: 68 })).toThrow(/as many records; got 67/);
    expect(() => motionRelation({ ...input, velocitySquared: b.slice(1) })).toThrow(/same records; got 67 and 66/);
  });

  it('(2): (1−mu)|∇L|² + eta mu/(1+mu) ∇LᵀH∇L against (eta/2) Tr(H C2)', () => {
    const input = { gradientSquared: a, traceHessianMoment: b, learningRate: 0.2, momentum: 0.6, blocks: 8 };
    check(
      gradientRelation(input),
      a.map((v) => 0.4 * v),
      b.map((v) => 0.1 * v),
      8,
    );
    const c = series(n, 0.1, 5);
    check(gradientRelation({ ...input, curvedGradient: c }), a.map((v, t) => 0.4 * v + ((0.2 * 0.6) / 1.6) * c[t]), b.map((v) => 0.1 * v), 8); // biome-ignore format: short
    const fixed = gradientRelation({ ...input, traceHessianMoment: 5 });
    expect([fixed.right.value, fixed.right.standardError]).toEqual([expect.closeTo(0.5, 12), expect.closeTo(0, 12)]);
    expect(() => gradientRelation({ ...input, curvedGradient: c.slice(1) })).toThrow(/got 66 and 67/);
  });
});

describe('circulation', () => {
  const [K, T, blocks] = [3, 90, 5];
  const x = [series(T, 0.5), series(T, 0.6, 1), series(T, 0.4, 2)];
  const expected = fromRows([
    [0, 0.2, -0.1],
    [-0.2, 0, 0.4],
    [0.1, -0.4, 0],
  ]);
  const found = circulation(la, Float64Array.from(x.flat()), K, { expected, blocks });
  const centred = x.map((row) => row.map((v) => v - mean(row)));
  const spread = centred.map((row) => mean(row.map((v) => v * v)));
  const parts = range(blocks).map((b) => {
    const steps = range(T - 1).filter((t) => t >= Math.floor((b * (T - 1)) / blocks) && t < Math.floor(((b + 1) * (T - 1)) / blocks)); // biome-ignore format: short
    return range(K).map((i) => range(K).map((j) => mean(steps.map((t) => 0.5 * (centred[i][t] * centred[j][t + 1] - centred[j][t] * centred[i][t + 1]))))); // biome-ignore format: a definition
  });
  const value = (i: number, j: number) => mean(parts.map((p) => p[i][j]));
  const error = (i: number, j: number) =>
    Math.sqrt(sum(parts.map((p) => (p[i][j] - value(i, j)) ** 2)) / (blocks * (blocks - 1)));

  it('is the area swept in each plane, averaged over blocks', () => {
    for (const i of range(K))
      for (const j of range(K)) {
        expect(found.measured.data[i * K + j]).toBeCloseTo(value(i, j), 12);
        expect(found.standardError.data[i * K + j]).toBeCloseTo(error(i, j), 12);
      }
    expect([found.blocks, found.blockLength]).toEqual([blocks, 17]);
    const slowest = Math.max(...x.map((row) => naiveTau(row).tau));
    expect(found.slowest).toBeCloseTo(slowest, 10);
    expect(found.converged).toBe(17 >= 5 * slowest);
  });

  it('is tested plane by plane, most significant first', () => {
    expect(found.pairs).toHaveLength(3);
    const chances = found.pairs.map(({ i, j, value: v, standardError, pValue, againstExpected }) => {
      expect(i).toBeLessThan(j);
      expect([v, standardError]).toEqual([expect.closeTo(value(i, j), 12), expect.closeTo(error(i, j), 12)]);
      expect(pValue).toBeCloseTo(studentTwoSided(value(i, j) / error(i, j), blocks - 1), 10);
      const apart = (value(i, j) - expected.data[i * K + j]) / error(i, j);
      expect(againstExpected).toBeCloseTo(studentTwoSided(apart, blocks - 1), 10);
      return pValue;
    });
    expect(chances).toEqual(chances.toSorted((p, q) => p - q));
    expect(circulation(la, Float64Array.from(x.flat()), K, { blocks, pairs: 2 }).pairs).toHaveLength(2);
    const { holm, falseDiscovery } = found.significant;
    expect(holm).toBe(found.pairs.filter((p) => p.holm < 0.05).length);
    expect(falseDiscovery).toBe(found.pairs.filter((p) => p.falseDiscovery < 0.05).length);
  });

  it('as a multiple of what is expected, planes weighed by 1/(sigma_i² sigma_j²)', () => {
    const pairs = [[0, 1], [0, 2], [1, 2]]; // biome-ignore format: short
    const slopes = parts.map((p) => {
      const weighed = (of: (i: number, j: number) => number) => sum(pairs.map(([i, j]) => (of(i, j) * expected.data[i * K + j]) / (spread[i] * spread[j]))); // biome-ignore format: short
      return weighed((i, j) => p[i][j]) / weighed((i, j) => expected.data[i * K + j]);
    });
    expect(found.slope!.value).toBeCloseTo(mean(slopes), 10);
    const scatter = Math.sqrt(sum(slopes.map((s) => (s - mean(slopes)) ** 2)) / (blocks * (blocks - 1)));
    expect(found.slope!.standardError).toBeCloseTo(scatter, 10);
  });

  it('of a coordinate that never moves is not tested, of a series too short is refused', () => {
    const still = Float64Array.from([...x[0], ...x[1], ...new Array<number>(T).fill(2)]);
    const { pairs, slope } = circulation(la, still, 3, { blocks, expected });
    expect(pairs.map(({ i, j }) => [i, j])).toEqual([[0, 1]]);
    expect(slope!.value).toBeCloseTo(mean(parts.map((p) => p[0][1] / 0.2)), 10);
    const short = (steps: number) => () => circulation(la, Float64Array.from([...x[0].slice(0, steps), ...x[1].slice(0, steps)]), 2, { blocks }); // biome-ignore format: short
    expect(short(20)).toThrow(/needs more than 20 steps; got 20/);
    expect(short(21)).not.toThrow();
    expect(() => circulation(la, still, 3, { blocks: 3 })).toThrow(/at least 4/);
    expect(() => circulation(la, still, 3, { expected: fromRows([[1]]) })).toThrow(/must be 3×3; got 1×1/);
  });

  it('that theory expects is ½(FΣ − ΣFᵀ)', () => {
    const [F, S] = [
      [[1, 2, 0], [3, 1, 4], [0.5, 0, 2]],
      [[2, 0.3, 0.1], [0.3, 1, 0.2], [0.1, 0.2, 3]],
    ]; // biome-ignore format: short
    const out = expectedCirculation(la, fromRows(F), fromRows(S)).data;
    for (const i of range(3))
      for (const j of range(3)) {
        const half = 0.5 * sum(range(3).map((k) => F[i][k] * S[k][j] - S[i][k] * F[j][k]));
        expect(out[3 * i + j]).toBeCloseTo(half, 13);
      }
  });
});

describe('controls', () => {
  it('variances along directions, over more rows than are read at a time', async () => {
    const [T, P] = [600, 3];
    const columns = [series(T, 0.5).map((v) => v + 1e3), series(T, 0.8, 1), series(T, 0.2, 4)];
    const rows = Float64Array.from(range(T).flatMap((t) => columns.map((c) => c[t])));
    const directions = [[0.6, 0, 0.8], [0, 1, 0]]; // biome-ignore format: short
    const found = await variancesAlong(rowsInMemory(rows, P), fromRows(directions), la);
    directions.forEach((d, k) => {
      const along = range(T).map((t) => sum(d.map((v, i) => v * columns[i][t])));
      expect(found[k]).toBeCloseTo(mean(along.map((v) => (v - mean(along)) ** 2)), 8);
    });
    await expect(variancesAlong(rowsInMemory(rows.subarray(0, 3), 3), fromRows(directions), la)).rejects.toThrow(
      /1 rows/,
    );
  });

  it('agreement of one seed has no error, of two the spread of their means', () => {
    const groups = [[1, 2]] as const;
    const one = groupAgreement([[2, 4]], [[1, 1]], groups)[0];
    expect([one.ratio.value, one.ratio.standardError, one.ratio.n, one.modes]).toEqual([3, Number.NaN, 1, 2]);
    const two = groupAgreement([[2, 4], [1, 3]], [[1, 1], [1, 1]], groups)[0]; // biome-ignore format: short
    expect([two.ratio.value, two.ratio.standardError]).toEqual([2.5, expect.closeTo(0.5, 13)]);
    expect([two.ratioOfSums.value, two.ratioOfSums.standardError]).toEqual([2.5, expect.closeTo(0.5, 13)]);
    const at = (ratio: number) => groupAgreement([[ratio]], [[1]], [[1, 1]])[0].off;
    expect([0.69, 0.71, 1.29, 1.31].map(at)).toEqual([true, false, false, true]);
    // values that are not positive and finite are left out, and a group of such alone is reported empty
    const none = groupAgreement([[0, -1, Number.NaN]], [[1, 1, 1]], [[1, 3]])[0];
    expect([none.modes, none.leftOut, none.off, none.ratio.n]).toEqual([0, 3, true, 0]);
  });

  it('curvatures at which regimes meet', () => {
    const at = crossovers({ learningRate: 0.2, momentum: 0.5, batchesPerEpoch: 29, window: 600 });
    expect([at.shuffling, at.window]).toEqual([expect.closeTo(0.25, 13), expect.closeTo(0.0125, 13)]);
    expect(crossovers({ learningRate: 0.2, window: 600 }).shuffling).toBeNaN();
    expect([0.2499, 0.2501].map((h) => regimeOf(h, at))).toEqual(['shuffled, flat', 'shuffled, curved']);
    const white = { shuffling: Number.NaN, window: 0.0125 };
    expect([0.0124, 0.0126].map((h) => regimeOf(h, white))).toEqual(['short window', 'long window']);
  });

  it('gamma of the noise, over modes above a floor of the largest', () => {
    const h = [1, 0.5, 0.2, 0.1, 0.05, 0.01, 1e-9, 1e-3];
    const noise = h.map((v) => 3 * v ** 1.7);
    noise[7] = 1e-12; // what lies below the floor in either does not count
    const fit = noiseExponent(h, noise, { key: randomKey(1), replicates: 2 });
    expect(fit.points).toBe(6);
    expect(fit.exponent.value).toBeCloseTo(1.7, 8);
    expect(noiseExponent(h, noise, { key: randomKey(1), replicates: 2, floor: 5e-4 }).points).toBe(5);
  });
});

describe('noise from two batch sizes', () => {
  const small = [5, 7, 6, 9, 8, 4];
  const big = [3, 3.5, 2.6, 2.9, 3.3];
  const found = twoBatchNoise({ smallSize: 2, small, bigSize: 10, big });
  const variance = (x: readonly number[]) => sum(x.map((v) => (v - mean(x)) ** 2)) / (x.length - 1) / x.length;
  const [a, b, va, vb] = [mean(small), mean(big), variance(small), variance(big)];
  const signal = (10 * b - 2 * a) / 8;
  const trace = (a - b) / 0.4;

  it('|g|² and Tr C1 with the errors of both means', () => {
    expect(found.squaredGradient.value).toBeCloseTo(signal, 12);
    expect(found.trace.value).toBeCloseTo(trace, 12);
    expect(found.squaredGradient.standardError).toBeCloseTo(Math.sqrt(100 * vb + 4 * va) / 8, 12);
    expect(found.trace.standardError).toBeCloseTo(Math.sqrt(va + vb) / 0.4, 12);
    expect(found.trace.n).toBe(11);
  });

  it('their ratio by its derivatives to the two means, and the interval turned over', () => {
    const inverse = (x: number, y: number) => ((10 * y - 2 * x) / 8 / (x - y)) * 0.4;
    const d = 1e-6;
    const slopes = [
      (inverse(a + d, b) - inverse(a - d, b)) / (2 * d),
      (inverse(a, b + d) - inverse(a, b - d)) / (2 * d),
    ];
    const error = Math.sqrt(slopes[0] ** 2 * va + slopes[1] ** 2 * vb);
    expect(found.scale.value).toBeCloseTo(trace / signal, 11);
    expect(found.scale.standardError / (error * (trace / signal) ** 2)).toBeCloseTo(1, 7);
    expect(found.interval[0]).toBeCloseTo(1 / (signal / trace + 1.96 * error), 7);
    expect(found.interval[1]).toBeCloseTo(1 / (signal / trace - 1.96 * error), 5);
    expect(found.scale.converged).toBe(signal > 2 * found.squaredGradient.standardError);
  });
});
