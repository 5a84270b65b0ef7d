/** reproduce ao2022: numbers against naive matrix algebra and simulated SGD, rules of the verdicts, a whole run on a small teacher. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAo2022Results } from '../src/experiments/ao2022/experiment.js';
import { groupRatios } from '../src/experiments/ao2022/fits.js';
import type { Ao2022Results } from '../src/experiments/ao2022/measured.js';
import { trajectoryTests, withoutDirection } from '../src/experiments/ao2022/trajectory.js';
import { reproduceIvf2021 } from '../src/experiments/ivf2021/experiment.js';
import { reproduceAo2022 } from '../src/experiments/sequence.js';
import { embeddedLinearAlgebra, type LinearAlgebra, matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { readNpy } from '../src/record/npy.js';
import type { PartialConfig } from '../src/runs/schema.js';
import { commutator, measureModes, qShare } from '../src/theory/layer/modes.js';

let la: LinearAlgebra;
beforeAll(async () => {
  la = await embeddedLinearAlgebra();
});

type Rows = number[][];
const times = (a: Rows, b: Rows): Rows => a.map((r) => b[0].map((_, j) => r.reduce((s, v, k) => s + v * b[k][j], 0)));
const turn = (a: Rows): Rows => a[0].map((_, j) => a.map((r) => r[j]));
const norm = (a: Rows): number => Math.sqrt(a.flat().reduce((s, v) => s + v * v, 0));
const minus = (a: Rows, b: Rows): Rows => a.map((r, i) => r.map((v, j) => v - b[i][j]));
const flat = (a: Rows) => matrix(a.length, a[0].length, Float64Array.from(a.flat()));

/** Gaussian elimination with partial pivoting. */
function solve(a: Rows, b: number[]): number[] {
  const m = a.map((r, i) => [...r, b[i]]);
  const n = b.length;
  for (let k = 0; k < n; k++) {
    const p = m.slice(k).reduce((best, r, i) => (Math.abs(r[k]) > Math.abs(m[best][k]) ? k + i : best), k);
    [m[k], m[p]] = [m[p], m[k]];
    for (let i = k + 1; i < n; i++) {
      const f = m[i][k] / m[k][k];
      for (let j = k; j <= n; j++) m[i][j] -= f * m[k][j];
    }
  }
  const x = new Array<number>(n).fill(0);
  for (let i = n - 1; i >= 0; i--)
    x[i] = (m[i][n] - m[i].slice(i + 1, n).reduce((s, v, j) => s + v * x[i + 1 + j], 0)) / m[i][i];
  return x;
}

/** F·W + W·Fᵀ = 2D as n² linear equations: shares nothing with what it checks. */
function lyapunovByElimination(f: Rows, d: Rows): Rows {
  const n = f.length;
  const a: Rows = Array.from({ length: n * n }, () => new Array<number>(n * n).fill(0));
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++)
      for (let k = 0; k < n; k++) {
        a[i * n + j][k * n + j] += f[i][k];
        a[i * n + j][i * n + k] += f[j][k];
      }
  const w = solve(
    a,
    d.flat().map((v) => 2 * v),
  );
  return Array.from({ length: n }, (_, i) => w.slice(i * n, (i + 1) * n));
}

/** A random symmetric positive matrix with eigenvalues `values`, and its eigenvectors as rows. */
function symmetric(values: number[], seed: number): { matrix: Rows; vectors: Rows } {
  const n = values.length;
  const s = randomKey(seed).stream();
  const vectors: Rows = [];
  for (let i = 0; i < n; i++) {
    let v = Array.from({ length: n }, () => s.normal());
    for (const u of [...vectors, ...vectors]) {
      const c = v.reduce((t, x, k) => t + x * u[k], 0);
      v = v.map((x, k) => x - c * u[k]);
    }
    const size = Math.hypot(...v);
    vectors.push(v.map((x) => x / size));
  }
  return {
    matrix: times(
      turn(vectors),
      vectors.map((r, i) => r.map((v) => v * values[i])),
    ),
    vectors,
  };
}

const SETTING = {
  T: 2000,
  samples: 1000,
  batchSize: 10,
  stepsPerEpoch: 100,
  sampling: 'replaced' as const,
  learningRate: 0.1,
  noiseStrength: 0.1 ** 2 / 20,
  centreLoss: 0.5,
};

describe('the modes of a layer', () => {
  const h = [2, 1, 0.5, 0.2, 0.001, 0];
  const H = symmetric(h, 1);
  const C = symmetric([3, 2, 1, 0.7, 0.3, 0.2], 2);
  const p = symmetric([6, 5, 4, 3, 2, 1], 3);
  const flatness = new Map<number, number | null>([
    [1, 2],
    [3, null],
  ]);
  const out = () =>
    measureModes({
      la,
      hessian: flat(H.matrix),
      covariance: flat(C.matrix),
      setting: SETTING,
      pca: { variances: [6, 5, 4, 3, 2, 1], resolution: 0.2 },
      directions: flat(p.vectors),
      ranks: [1, 3],
      flatness,
      key: randomKey(4),
    });

  it('subspaces: resolved above rounding, settled after ten relaxations', () => {
    const { subspaces } = out();
    expect(subspaces).toMatchObject({ resolved: 5, settled: 4, negative: 0, flat: 0 });
    expect(subspaces.settledCurvature).toBeCloseTo(0.2, 12);
  });

  it('decomposition, predictions and energies against elimination in the basis of the weights', () => {
    const { decomposition: d, modes, energy, parts } = out();
    const top = H.vectors.slice(0, 4);
    const D = times(times(top, C.matrix), turn(top));
    const F = h.slice(0, 4).map((v, i) => h.slice(0, 4).map((_, j) => (i === j ? SETTING.learningRate * v : 0)));
    const W = lyapunovByElimination(F, D);
    const Q = minus(times(F, W), D);
    expect(d.qShare.settled).toBeCloseTo(norm(Q) ** 2 / (norm(D) ** 2 + norm(Q) ** 2), 10);
    expect(norm(Array.from({ length: 4 }, (_, i) => [...parts.q.data.subarray(4 * i, 4 * i + 4)]))).toBeCloseTo(
      norm(Q),
      8,
    );
    const crossed = minus(times(H.matrix, C.matrix), times(C.matrix, H.matrix));
    expect(d.commutator.layer).toBeCloseTo(norm(crossed) / (norm(H.matrix) * norm(C.matrix)), 10);
    expect(d.residual).toBeLessThan(1e-12);
    W.forEach((r, i) => {
      expect(modes.predicted.continuous[i] / (SETTING.noiseStrength * r[i])).toBeCloseTo(1, 10);
      // the covariance of the window is Σ σ_k² p_k p_kᵀ
      const v = H.vectors[i];
      const along = (k: number) => p.vectors[k].reduce((s, x, j) => s + x * v[j], 0) ** 2 * (6 - k);
      expect(modes.measured[i]).toBeCloseTo(
        [0, 1, 2, 3, 4, 5].reduce((s, k) => s + along(k), 0),
        10,
      );
      expect(modes.withoutDrift[i]).toBeCloseTo(
        [1, 2, 3, 4, 5].reduce((s, k) => s + along(k), 0),
        10,
      );
    });
    const p3 = p.vectors[2];
    const bilinear = (m: Rows) => p3.reduce((s, x, i) => s + x * m[i].reduce((t, v, j) => t + v * p3[j], 0), 0);
    const row = energy.find((e) => e.index === 3)!;
    expect(row.curvature).toBeCloseTo(bilinear(H.matrix), 10);
    expect(row.noise).toBeCloseTo(bilinear(C.matrix), 10);
    expect([row.variance, row.flatness, row.potentialWidth]).toEqual([4, null, 2 * Math.sqrt(8)]);
    const inside = top.reduce((s, v) => s + p3.reduce((t, x, j) => t + x * v[j], 0) ** 2, 0);
    expect(row.settledShare).toBeCloseTo(inside, 10);
    // ε·U⁻¹ on the five resolved modes
    const five = H.vectors.slice(0, 5);
    const W5 = lyapunovByElimination(
      five.map((_, i) => five.map((_, j) => (i === j ? SETTING.learningRate * h[i] : 0))),
      times(times(five, C.matrix), turn(five)),
    );
    const c = five.map((v) => p3.reduce((t, x, j) => t + x * v[j], 0));
    const expected =
      SETTING.noiseStrength * c.reduce((s, x, i) => s + x * W5[i].reduce((t, v, j) => t + v * c[j], 0), 0);
    expect(row.boltzmannVariance / expected).toBeCloseTo(1, 8);
    expect(row.predictedWidth / (2 * Math.sqrt(2 * expected))).toBeCloseTo(1, 8);
    expect(row.lossEnergy).toBeCloseTo((row.curvature * 4) / 2, 12);
    expect(row.quadraticFlatness).toBeCloseTo(2 * Math.sqrt((2 * (Math.E - 1) * 0.5) / row.curvature), 12);
    expect(energy.map((e) => e.flatness)).toEqual([2, null]);
    expect(energy[0].resolved).toBe(true);
  });

  it('commuting force and noise carry no current', () => {
    const c = flat([
      [3, 0],
      [0, 1],
    ]);
    expect([commutator(c, Float64Array.of(2, 1), 2), qShare(c, Float64Array.of(2, 1), 2)]).toEqual([0, 0]);
  });

  it('geometric means by group leave out what has no finite prediction', () => {
    const n = 12;
    const ones = new Array<number>(n).fill(1);
    const predicted = ones.map((_, i) => (i === 3 ? Number.POSITIVE_INFINITY : i % 2 === 0 ? 4 : 1));
    const { groups, settledRatio } = groupRatios(
      {
        curvature: ones,
        noise: ones,
        measured: ones,
        withoutDrift: ones,
        predicted: { continuous: predicted, discrete: ones, shuffled: ones, window: ones },
      },
      2,
      randomKey(1),
    );
    expect(groups.map((g) => [g.from, g.to, g.settled])).toEqual([
      [1, 10, 2],
      [11, 12, 0],
    ]);
    expect(groups[0].ratio.continuous.value).toBeCloseTo(4 ** (5 / 9), 10);
    expect(groups[0].ratio.continuous).toMatchObject({ n: 9 });
    expect(groups[0].ratio.discrete.value).toBe(1);
    expect(settledRatio.continuous.value).toBeCloseTo(2, 10);
  });
});

describe('tests of the steady state', () => {
  /** w ← w − eta (H w + noise), white noise of covariance C1/B, from its stationary state. */
  function simulate(h: number[], c: Rows, T: number): Float64Array {
    const n = h.length;
    const { learningRate: eta, batchSize: B } = SETTING;
    const s = randomKey(11).stream();
    const L: Rows = c.map((r) => r.map(() => 0));
    for (let i = 0; i < n; i++)
      for (let j = 0; j <= i; j++) {
        const rest = c[i][j] - L[i].slice(0, j).reduce((t, v, k) => t + v * L[j][k], 0);
        L[i][j] = i === j ? Math.sqrt(rest) : rest / L[j][j];
      }
    const w = new Array<number>(n).fill(0);
    const out = new Float64Array(n * T);
    for (let t = -2000; t < T; t++) {
      const z = Array.from({ length: n }, () => s.normal());
      for (let i = 0; i < n; i++)
        w[i] -= eta * (h[i] * w[i] + L[i].reduce((x, v, k) => x + v * z[k], 0) / Math.sqrt(B));
      if (t >= 0) for (let i = 0; i < n; i++) out[i * T + t] = w[i];
    }
    return out;
  }
  const h = [1, 0.6, 0.4, 0.3];
  const c = [
    [1, 0.4, 0.2, 0],
    [0.4, 0.5, 0.1, 0.1],
    [0.2, 0.1, 0.2, 0],
    [0, 0.1, 0, 0.15],
  ];
  const T = 40_000;
  const run = () => {
    const x = simulate(h, c, T);
    const centre = Float64Array.from(
      { length: 4 },
      (_, i) => x.subarray(i * T, (i + 1) * T).reduce((s, v) => s + v, 0) / T,
    );
    const y = x.map((v, k) => v - centre[Math.floor(k / T)]);
    return trajectoryTests({
      la,
      setting: { ...SETTING, T },
      whole: y,
      coordinates: y,
      curvatures: Float64Array.from(h),
      noise: flat(c),
      motion: {
        weightsDotStep: Float64Array.from({ length: 100 }, (_, t) => -1 - (t % 3)),
        stepSquared: Float64Array.from({ length: 100 }, (_, t) => 2 * (1 + (t % 3))),
      },
    });
  };

  it('accept the steady state of the linear system, and refuse exp(−L/T)', () => {
    const t = run();
    // discrete steps raise the variances by 1/(1 − eta·h/2): 2.9 % on average here. u has variance n/2 = 2; were all its parts as
    // slow as the slowest (17 steps), its mean over T steps would err by √(2·2·17/T) = 0.041, half of that after division by 2
    const tolerance = 4 * 0.021;
    const over = t.potential.mean.value / 2;
    expect(Math.abs(over - 1.029)).toBeLessThan(tolerance);
    expect(Math.abs(t.windowed.mean.value / 2 - 1)).toBeLessThan(tolerance);
    expect(t.windowed.pValue).toBeGreaterThan(0.001);
    expect(Math.abs(t.motion.settled.value - 1)).toBeLessThan(0.02);
    expect(t.motion.layer.value).toBeCloseTo(1, 12); // −w·Δw/η is |Δw|²/(2η) at every step of this series
    // h σ² = eta C/2 (per batch): 1 : 0.15 of the largest to the smallest noise
    expect(Math.abs(Math.log(t.equipartition.range / (1 / 0.15)))).toBeLessThan(0.3);
    // Kullback-Leibler: ½ (ln det T H⁻¹ − ln det Σ) with Tr of both energies n/2, from the covariances alone
    const det = (m: Rows): number =>
      m.length === 1
        ? m[0][0]
        : m[0].reduce((x, v, j) => x + (-1) ** j * v * det(m.slice(1).map((r) => r.filter((_, k) => k !== j))), 0);
    const w = h.map((a, i) =>
      h.map((b, j) => (2 * SETTING.noiseStrength * c[i][j]) / (SETTING.learningRate * (a + b))),
    );
    const temperature = h.reduce((x, v, i) => x + v * w[i][i], 0) / 4;
    const divergence = 0.5 * Math.log(h.reduce((x, v) => (x * temperature) / v, 1) / det(w));
    expect(Math.abs(t.logRatio.value - divergence)).toBeLessThan(2 * tolerance);
    const area = t.histogram.potential.reduce((s, v) => s + v, 0) * (t.histogram.edges[1] - t.histogram.edges[0]);
    expect(area).toBeGreaterThan(0.97);
    expect(area).toBeLessThanOrEqual(1 + 1e-12);
  });

  it('tell the energy of each group of modes by itself', () => {
    const [n, steps] = [14, 400];
    const s = randomKey(21).stream();
    const x = Float64Array.from({ length: n * steps }, (_, k) => (1 + Math.floor(k / steps)) * s.normal());
    const curvatures = Float64Array.from({ length: n }, (_, i) => 1 / (i + 1));
    const noise = matrix(n, n);
    for (let i = 0; i < n; i++) noise.data[i * n + i] = 2 + i;
    const t = trajectoryTests({
      la,
      setting: { ...SETTING, T: steps },
      whole: x,
      coordinates: x,
      curvatures,
      noise,
      motion: {
        weightsDotStep: Float64Array.from({ length: 100 }, (_, k) => -1 - (k % 3)),
        stepSquared: Float64Array.from({ length: 100 }, (_, k) => 2 * (1 + (k % 3))),
      },
    });
    // ε·U⁻¹ of mode i is eta·C1/(2·B·h); the energy over its value is the mean of x²/Σ over the modes of the group
    const over = (from: number, to: number) => {
      let sum = 0;
      for (let i = from - 1; i < to; i++)
        for (let k = 0; k < steps; k++) sum += x[i * steps + k] ** 2 / ((0.1 * (2 + i) * (i + 1)) / 20);
      return sum / steps / (to - from + 1);
    };
    const [first, second] = t.potential.groups!;
    expect([first.from, first.to, second.from, second.to]).toEqual([1, 10, 11, 14]);
    expect(first.mean.value / over(1, 10)).toBeCloseTo(1, 10);
    expect(second.mean.value / over(11, 14)).toBeCloseTo(1, 10);
    expect(t.windowed.groups!.length).toBe(2);
    expect(t.loss.groups).toBeUndefined();
  });

  it('find the circulation that Q predicts', () => {
    const { circulation: found } = run();
    expect(found.pairs).toBe(6);
    expect(found.converged).toBe(true);
    // the first pair alone: per step ½√(2k_i + 2k_j) = 0.28 of σ_i·σ_j against an expected 0.011: 0.28/√T/0.011 = 0.13
    expect(Math.abs(found.slope.value - 1)).toBeLessThan(0.4);
    expect(found.slope.standardError).toBeLessThan(0.25);
    expect(Math.abs(found.slopeOfSampling.value - 1)).toBeLessThan(0.4);
  });

  it('take a direction off every course', () => {
    const theta = [1, -1, 2];
    const courses = Float64Array.of(1, 2, 3, 4, 5, 6);
    expect([...withoutDirection(courses, 2, [0.5, 1], theta)]).toEqual([0.5, 2.5, 2, 3, 6, 4]);
  });
});

describe('a run on a small teacher', () => {
  const home = mkdtempSync(join(tmpdir(), 'ao2022-'));
  afterAll(() => rmSync(home, { recursive: true, force: true }));
  const config: PartialConfig = {
    data: { set: 'teacher', teacher: { network: { widths: [8, 6, 5, 3], activation: 'relu' }, train: 300, test: 50 } },
    training: { batchSize: 15, stop: { rule: 'epochs', epochs: 20 }, maxEpochs: 60 },
    record: { layer: 'layer2', windowEpochs: 30 },
    analysis: { directions: 20, profiles: [1] },
  };
  const run = join(home, 'run');
  const out = join(run, 'ao2022');
  let results: Ao2022Results;
  beforeAll(async () => {
    await reproduceIvf2021(config, { out: run });
    await reproduceAo2022({}, { run });
    results = readAo2022Results(out).results;
  });

  it('leaves results, findings, matrices and a report', () => {
    for (const name of [
      'report.html',
      'report.json',
      'hessian.npy',
      'gradient-covariance.npy',
      'decomposition/u.npy',
      'tables/groups.csv',
    ])
      expect(existsSync(join(out, name)), name).toBe(true);
    const read = (name: string) => readNpy(new Uint8Array(readFileSync(join(out, name))), name);
    const [H, C] = ['hessian.npy', 'gradient-covariance.npy'].map(read);
    expect(H.shape).toEqual([30, 30]);
    const trace = (m: typeof H) => Array.from({ length: 30 }, (_, i) => Number(m.data[31 * i])).reduce((s, v) => s + v);
    const sum = (x: number[]) => x.reduce((s, v) => s + v);
    expect(sum(results.modes.curvature)).toBeCloseTo(trace(H), 10);
    expect(sum(results.modes.noise)).toBeCloseTo(trace(C), 10);
    const u = read('decomposition/u.npy');
    expect(u.shape).toEqual([results.decomposition.dimension, results.decomposition.dimension]);
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    expect(page).not.toMatch(/undefined|NaN|\[object/);
    for (const { id } of readAo2022Results(out).findings) expect(page).toContain(`id="${id}"`);
  });

  it('the sum over Hessian modes is the variance of the window', () => {
    const total = results.modes.measured.reduce((s, v) => s + v);
    const pca = JSON.parse(readFileSync(join(run, 'pca.json'), 'utf8'));
    expect(total / pca.totalVariance).toBeCloseTo(1, 9);
    expect(results.setting).toMatchObject({ P: 30, T: 600, stepsPerEpoch: 20 });
    expect(results.setting.noiseStrength).toBeCloseTo(0.01 / 30, 15);
  });

  it('minibatches that cover all samples have the curvature of the whole on average', () => {
    const rows = results.landscape!;
    expect(rows.length).toBeGreaterThan(10);
    for (const row of rows) {
      const e = results.energy.find((x) => x.index === row.index)!;
      expect((row.curvature.value * results.setting.centreLoss) / e.curvature).toBeCloseTo(1, 5);
      // C per batch, shuffled: C1/B·(N − B)/(N − 1)
      expect(row.full / ((e.noise / 15) * (285 / 299))).toBeCloseTo(1, 10);
    }
  });

  it('is not begun twice, and a finished one is taken up without work', async () => {
    await expect(reproduceAo2022({}, { run })).rejects.toThrow(/--resume/);
    const before = readFileSync(join(out, 'results.json'), 'utf8');
    await reproduceAo2022({}, { run, resume: true });
    expect(readFileSync(join(out, 'results.json'), 'utf8')).toBe(before);
  });

  it('refuses a folder without a run, and a cyclic order', async () => {
    const folder = join(home, 'cyclic');
    const cyclic = { ...config, training: { ...config.training, sampling: 'cyclic' as const } };
    await expect(reproduceAo2022(cyclic, { out: folder })).rejects.toThrow(/periodic force/);
    expect(existsSync(folder)).toBe(false);
    await expect(reproduceAo2022({}, { run: join(home, 'nowhere') })).rejects.toThrow(/no run/);
  });
});
