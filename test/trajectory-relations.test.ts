/** Relations, rotation and controls of a trajectory, and noise from batches, recomputed from their definitions by plain loops. */
import { describe, expect, it } from 'vitest';
import { twoBatchNoise } from '../src/analyse/noise/noise-two-batches.js';
import { circulation, expectedCirculation } from '../src/analyse/trajectory/circulation.js';
import {
  crossovers,
  groupAgreement,
  noiseExponent,
  regimeOf,
  variancesAlong,
} from '../src/analyse/trajectory/controls.js';
import { gradientRelation, motionRelation } from '../src/analyse/trajectory/fluctuation-dissipation.js';
import { rowsInMemory } from '../src/analyse/trajectory/rows.js';
import { studentTwoSided } from '../src/numeric/distributions.js';
import { embeddedLinearAlgebra, fromRows } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { mean, naiveTau, range, series, sum } from './support/series.js';

const la = embeddedLinearAlgebra();

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
    // Holm: (n − k) p_k, never falling; Benjamini and Hochberg: the least n p_l/(l + 1) from k on
    const holm = chances.map((_, k) => Math.min(1, Math.max(...chances.slice(0, k + 1).map((p, l) => (3 - l) * p))));
    const discovery = chances.map((_, k) => Math.min(1, ...chances.map((p, l) => (l < k ? 1 : (3 * p) / (l + 1)))));
    found.pairs.forEach((p, k) => {
      expect(p.holm).toBeCloseTo(holm[k], 12);
      expect(p.falseDiscovery).toBeCloseTo(discovery[k], 12);
    });
    expect(circulation(la, Float64Array.from(x.flat()), K, { blocks, pairs: 2 }).pairs).toHaveLength(2);
    const significant = found.significant;
    expect(significant.holm).toBe(found.pairs.filter((p) => p.holm < 0.05).length);
    expect(significant.falseDiscovery).toBe(found.pairs.filter((p) => p.falseDiscovery < 0.05).length);
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
