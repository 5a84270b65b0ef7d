/** The steps of a window and the walk that makes them with random signs, against plain loops and known laws. */
import { describe, expect, it } from 'vitest';
import { displacementExponent } from '../src/analyse/trajectory/displacement.js';
import { incrementsOf, leadingSteps, surveyWindow } from '../src/analyse/trajectory/increments.js';
import { pca, project } from '../src/analyse/trajectory/pca.js';
import { rowsInMemory } from '../src/analyse/trajectory/rows.js';
import { stepTemperatures } from '../src/analyse/trajectory/temperatures.js';
import { signBlock } from '../src/experiments/recording/walk.js';
import { embeddedLinearAlgebra } from '../src/numeric/linalg/embedded.js';
import { type Key, randomKey } from '../src/numeric/random.js';
import { mean, standardDeviation } from '../src/numeric/statistics.js';
import { signWalk } from '../src/theory/sign-walk.js';
import { ornsteinUhlenbeck, walk } from './support/recordings.js';

const la = embeddedLinearAlgebra();
const key = randomKey(11);

describe('one look at every number', () => {
  const r = walk(31, [1, 2, 0, 4], 3);
  // row 12 is the row before it again
  r.data.copyWithin(12 * 4, 11 * 4, 12 * 4);

  it('counts and sums as plain loops do', async () => {
    const { T, P, data } = r;
    const step = (t: number, j: number) => data[(t + 1) * P + j] - data[t * P + j];
    let [squares, products] = [0, 0];
    for (let t = 0; t < T - 1; t++)
      for (let j = 0; j < P; j++) {
        squares += step(t, j) ** 2;
        if (t > 0) products += step(t, j) * step(t - 1, j);
      }
    const found = await surveyWindow(rowsInMemory(data, P, 7));
    expect(found.stepVariance).toBeCloseTo(squares / 30, 9);
    expect(found.successive).toBeCloseTo(products / squares, 12);
    expect([found.constant, found.repeated, found.emptyAtEnd, found.notFinite]).toEqual([1, 1, 0, undefined]);
    for (const j of [0, 1, 2, 3]) {
      const column = Array.from({ length: T }, (_, t) => data[t * P + j]);
      expect(found.halves[0][j]).toBeCloseTo(mean(column.slice(0, 15)), 9);
      expect(found.halves[1][j]).toBeCloseTo(mean(column.slice(15)), 9);
    }
  });

  it('finds the first number that is not finite, and rows that are not written yet', async () => {
    const bad = r.data.slice();
    bad[6 * 4 + 1] = Number.NaN;
    bad[9 * 4] = Number.POSITIVE_INFINITY;
    expect((await surveyWindow(rowsInMemory(bad, 4, 2))).notFinite).toEqual({ row: 6, weight: 1, value: Number.NaN });
    const empty = r.data.slice();
    empty.fill(0, 28 * 4);
    expect((await surveyWindow(rowsInMemory(empty, 4))).emptyAtEnd).toBe(3);
  });

  it('increments are differences, whatever the pieces', async () => {
    for (const rows of [1, 2, 5, 100]) {
      const out: number[] = [];
      for await (const chunk of incrementsOf(rowsInMemory(r.data, 4, rows)).chunks()) out.push(...chunk);
      expect(out).toEqual(Array.from({ length: 30 * 4 }, (_, i) => r.data[i + 4] - r.data[i]));
    }
  });
});

describe('leading directions of the steps', () => {
  it('hold what the leading eigenvectors of their second moments hold', async () => {
    const widths = Array.from({ length: 120 }, (_, j) => 0.93 ** j);
    const r = walk(500, widths, 8);
    const source = rowsInMemory(r.data, r.P);
    const found = await leadingSteps(source, la, { size: 20, key, along: new Float64Array(r.P).fill(1) });
    // the window is not centred in its steps, so the second moments are summed by hand
    const steps = new Float64Array(499 * r.P);
    for (let i = 0; i < steps.length; i++) steps[i] = r.data[i + r.P] - r.data[i];
    const moments = la.gemm(
      { rows: 499, cols: r.P, data: steps },
      { rows: 499, cols: r.P, data: steps },
      { transposeA: true },
    );
    const values = la.eigvalsh(moments).reverse();
    const inside = found.steps.data.reduce((s, v) => s + v * v, 0);
    const best = values.subarray(0, found.steps.cols).reduce((a, b) => a + b, 0);
    expect(inside / best).toBeGreaterThan(0.995);
    expect(inside / best).toBeLessThan(1 + 1e-9);
    const all = values.reduce((a, b) => a + b, 0);
    expect(found.beside).toBeCloseTo((all - inside) / 499, 9);
    let along = 0;
    for (let t = 0; t < 499; t++) along += steps.subarray(t * r.P, (t + 1) * r.P).reduce((a, b) => a + b, 0) ** 2;
    expect(found.cosine).toBeCloseTo(Math.sqrt(along / (all * r.P)), 9);
  });
});

/** Variances along principal directions of the recording's own steps with the signs of a draw, by the whole window. */
async function plainWalk(r: ReturnType<typeof walk>, signsOf: Key) {
  const signs = signsOf.stream();
  const data = new Float64Array(r.T * r.P);
  for (let t = 1; t < r.T; t++) {
    const sign = signs.uniform() < 0.5 ? -1 : 1;
    for (let j = 0; j < r.P; j++)
      data[t * r.P + j] = data[(t - 1) * r.P + j] + sign * (r.data[t * r.P + j] - r.data[(t - 1) * r.P + j]);
  }
  const source = rowsInMemory(data, r.P);
  const { summary, components, mean: centre } = await pca(source, la, { keep: [1] });
  const theta = await project(source, { components, mean: centre }, la);
  return {
    share: summary.variances[0] / summary.totalVariance,
    variances: summary.variances,
    exponent: displacementExponent(theta).value,
  };
}

describe('the walk with the steps of a window', () => {
  const DRAWS = 6;
  async function drawsOf(r: ReturnType<typeof walk>, size: number, draws = DRAWS) {
    const found = await leadingSteps(rowsInMemory(r.data, r.P), la, {
      size,
      key,
      along: new Float64Array(r.P).fill(1),
    });
    const draw = signWalk(la, { ...found, block: 1, ranks: [1], key });
    return Array.from({ length: draws }, (_, n) => draw(n));
  }

  it.each([
    ['all directions are drawn', 30, 200, 9],
    ['steps are anisotropic and a third of the directions is drawn', 90, 12, 1],
  ])('is that of the whole window with the same signs where %s', async (_, P, size, digits) => {
    const r = walk(
      600,
      Array.from({ length: P }, (_, j) => 0.9 ** j),
      21,
    );
    for (const [n, d] of (await drawsOf(r, size)).entries()) {
      const plain = await plainWalk(r, key.child(n));
      expect(d.share / plain.share).toBeCloseTo(1, digits === 9 ? 9 : 2);
      for (const rank of [1, 2, 5, 10, 20]) {
        const ratio = d.variances[rank - 1] / plain.variances[rank - 1];
        expect(Math.abs(ratio - 1), `rank ${rank}`).toBeLessThan(digits === 9 ? 1e-9 : 0.1);
      }
      expect(d.exponents[0]).toBeCloseTo(plain.exponent, digits === 9 ? 6 : 2);
    }
  });

  it('is nearly so where most directions enter by their mean', async () => {
    const r = walk(
      600,
      Array.from({ length: 250 }, () => 1),
      22,
    );
    const [mine, plain] = [await drawsOf(r, 60), []] as [
      Awaited<ReturnType<typeof drawsOf>>,
      Awaited<ReturnType<typeof plainWalk>>[],
    ];
    for (const n of mine.keys()) plain.push(await plainWalk(r, key.child(n)));
    const ratio = (pick: (d: { share: number; variances: ArrayLike<number> }) => number) =>
      mean(mine.map(pick)) / mean(plain.map(pick));
    // a quarter of the variance is drawn; the share of the rest is that of its mean
    expect(Math.abs(ratio((d) => d.share) - 1)).toBeLessThan(0.05);
    for (const rank of [2, 5, 20, 50])
      expect(Math.abs(ratio((d) => d.variances[rank - 1]) - 1), `rank ${rank}`).toBeLessThan(0.1);
    // an isotropic walk in very many directions has 6/π²; in 250 its share scatters by about √(2/250)/2
    const shares = (await drawsOf(r, 60, 20)).map((d) => d.share);
    expect(Math.abs(mean(shares) - 6 / Math.PI ** 2)).toBeLessThan(0.02);
    expect(standardDeviation(shares)).toBeLessThan(0.06);
  });

  it('has no drift where the recording has one', async () => {
    const r = walk(
      400,
      Array.from({ length: 40 }, () => 1),
      23,
    );
    for (let t = 0; t < r.T; t++) for (let j = 0; j < r.P; j++) r.data[t * r.P + j] += 0.3 * t;
    const found = await leadingSteps(rowsInMemory(r.data, r.P), la, {
      size: 40,
      key,
      along: new Float64Array(r.P).fill(1),
    });
    const draw = signWalk(la, { ...found, block: 1, ranks: [1], key });
    const shares = Array.from({ length: DRAWS }, (_, n) => draw(n).share);
    const { summary } = await pca(rowsInMemory(r.data, r.P), la, { keep: [] });
    expect(summary.variances[0] / summary.totalVariance).toBeGreaterThan(0.95);
    expect(mean(shares)).toBeLessThan(0.8);
  });

  it('gives one sign to rows that follow each other', () => {
    expect([signBlock(-0.4, 1000), signBlock(0.1, 1000), signBlock(0.5, 1000), signBlock(0.9, 1000)]).toEqual([
      1, 1, 10, 50,
    ]);
    expect(signBlock(0.99, 200)).toBe(10);
  });
});

describe('temperatures from steps', () => {
  it('are h sigma² of an Ornstein-Uhlenbeck coordinate', () => {
    // x' = (1 − eta h) x + noise: sigma² = s²/(1 − a²), a = 1 − eta h
    const [eta, T] = [0.05, 20000];
    const laws = [
      { h: 1, s: 0.3 },
      { h: 6, s: 0.1 },
    ];
    const r = ornsteinUhlenbeck(
      T,
      laws.map(({ h, s }) => ({ a: 1 - eta * h, s })),
      5,
      0,
    );
    const thetas = new Float64Array(2 * T);
    for (let t = 0; t < T; t++) for (const k of [0, 1]) thetas[k * T + t] = r.data[t * 2 + k];
    stepTemperatures(thetas, 2, { learningRate: eta }).forEach((e, k) => {
      const { h, s } = laws[k];
      const wanted = (h * s * s) / (1 - (1 - eta * h) ** 2);
      expect(Math.abs(e.value - wanted)).toBeLessThan(3.5 * e.standardError);
      // steps are nearly white, so their squares have about √(2/T) of error
      expect(e.standardError / e.value).toBeGreaterThan(0.7 * Math.sqrt(2 / T));
      expect(e.standardError / e.value).toBeLessThan(2 * Math.sqrt(2 / T));
    });
  });

  it('are h sigma² with momentum, where the steps remember', () => {
    const [eta, mu, h, s, T] = [0.05, 0.8, 3, 0.2, 40000];
    const stream = randomKey(9).stream();
    const theta = new Float64Array(T);
    let [x, v, square] = [0, 0, 0];
    for (let t = -2000; t < T; t++) {
      v = mu * v - eta * (h * x + s * stream.normal());
      x += v;
      if (t >= 0) theta[t] = x;
      if (t >= 0) square += (x * x) / T;
    }
    const [e] = stepTemperatures(theta, 1, { learningRate: eta, momentum: mu });
    expect(Math.abs(e.value / (h * square) - 1)).toBeLessThan(0.03);
  });
});
