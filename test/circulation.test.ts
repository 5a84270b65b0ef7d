/** Circulation: closed forms of rotating and of still systems, rates of false alarms, and what SGD's own theory predicts. */
import { describe, expect, it } from 'vitest';
import { adjust, circulation, expectedCirculation } from '../src/analyse/trajectory/circulation.js';
import { forEachChunk } from '../src/analyse/trajectory/rows.js';
import { discreteLyapunov, embeddedLinearAlgebra, fromRows, type Matrix, matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { classifyModes } from '../src/theory/modes.js';
import { circulationFactor } from '../src/theory/stationary.js';
import { surrogate } from '../src/theory/surrogate.js';

const la = embeddedLinearAlgebra();

/** x' = (1−F) x + noise of covariance diag(noise), K×T, after 500 steps. */
function run(F: number[][], noise: readonly number[], T: number, seed: number): Float64Array {
  const K = F.length;
  const stream = randomKey(seed).stream();
  const out = new Float64Array(K * T);
  let x = new Array(K).fill(0);
  for (let t = -500; t < T; t++) {
    if (t >= 0) for (let i = 0; i < K; i++) out[i * T + t] = x[i];
    x = x.map((v, i) => v - F[i].reduce((s, f, j) => s + f * x[j], 0) + Math.sqrt(noise[i]) * stream.normal());
  }
  return out;
}

const minusIdentity = (F: number[][]): Matrix => fromRows(F.map((r, i) => r.map((v, j) => (i === j ? 1 : 0) - v)));

describe('a rotating plane', () => {
  // x' = (1−k) x − q R x + noise: Σ = s/(2k − k² − q²) per axis and circulation ½(FΣ − ΣFᵀ)_01 = −q Σ for F_01 = −q
  const [k, q, s] = [0.05, 0.03, 1];
  const F = [
    [k, -q],
    [q, k],
  ];
  const variance = s / (2 * k - k * k - q * q);

  it('closed form, measured within its error, with the right sign', () => {
    const S = discreteLyapunov(
      la,
      minusIdentity(F),
      fromRows([
        [s, 0],
        [0, s],
      ]),
    ).x;
    expect(S.data[0]).toBeCloseTo(variance, 10);
    const expected = expectedCirculation(la, fromRows(F), S);
    expect(expected.data[1]).toBeCloseTo(-q * variance, 10);
    expect(expected.data[2]).toBeCloseTo(q * variance, 10);
    const result = circulation(la, run(F, [s, s], 40000, 1), 2, { expected });
    expect(result.converged).toBe(true);
    const [pair] = result.pairs;
    expect(Math.abs(pair.value - expected.data[1])).toBeLessThan(4 * pair.standardError);
    expect(pair.pValue).toBeLessThan(1e-6);
    expect(pair.againstExpected).toBeGreaterThan(1e-3);
    expect(Math.abs(result.slope!.value - 1)).toBeLessThan(4 * result.slope!.standardError);
    expect(result.measured.data[2]).toBe(-result.measured.data[1]);
  });

  it('is counted where all blocks agree exactly; a coordinate that never moved is not', () => {
    // three points with the sum 0, each step sweeping the area ½; 33 steps, 4 blocks of 8
    const corners = [
      [1, 0],
      [0, 1],
      [-1, -1],
    ];
    const turning = [0, 1].flatMap((i) => Array.from({ length: 33 }, (_, t) => corners[t % 3][i]));
    const found = (x: number[]) => circulation(la, Float64Array.from(x), x.length / 33, { blocks: 4 });
    const alone = found(turning);
    expect(alone.pairs[0]).toMatchObject({ i: 0, j: 1, value: 0.5, standardError: 0, pValue: 0, holm: 0 });
    expect(alone.significant).toEqual({ holm: 1, falseDiscovery: 1 });
    expect(found([...turning, ...new Array(33).fill(2)]).pairs.length).toBe(1);
    // to and fro on a line: no area, in any block
    const line = [1, 2].flatMap((f) => Array.from({ length: 33 }, (_, t) => f * corners[t % 3][0]));
    expect(found(line).pairs[0]).toMatchObject({ value: 0, standardError: 0, pValue: 1 });
  });

  it('is the naive sum over time', () => {
    const T = 101;
    const x = run(F, [s, s], T, 2);
    const m = [0, 1].map((i) => x.subarray(i * T, (i + 1) * T).reduce((a, v) => a + v / T, 0));
    let naive = 0;
    for (let t = 0; t + 1 < T; t++)
      naive += (0.5 * ((x[t] - m[0]) * (x[T + t + 1] - m[1]) - (x[T + t] - m[1]) * (x[t + 1] - m[0]))) / (T - 1);
    expect(circulation(la, x, 2, { blocks: 4 }).measured.data[1]).toBeCloseTo(naive, 12);
  });

  it('the error over blocks is the spread over runs', () => {
    const values: number[] = [];
    let errors = 0;
    for (let seed = 0; seed < 200; seed++) {
      const { pairs } = circulation(la, run(F, [s, s], 8000, seed), 2);
      values.push(pairs[0].value);
      errors += pairs[0].standardError ** 2 / 200;
    }
    const centre = values.reduce((a, v) => a + v, 0) / 200;
    const spread = values.reduce((a, v) => a + (v - centre) ** 2, 0) / 199;
    // ratio of variances: √(2/200 + 2/(19·200)) = 10 %; correlation between neighbouring blocks hides a few per cent more
    expect(Math.abs(spread / errors - 1)).toBeLessThan(0.35);
  });
});

describe('no rotation', () => {
  it('false alarms over families of pairs stay at their level', () => {
    const K = 8;
    const F = Array.from({ length: K }, (_, i) => Array.from({ length: K }, (_, j) => (i === j ? 0.1 + 0.05 * i : 0)));
    let alarms = 0;
    let single = 0;
    const runs = 60;
    for (let seed = 0; seed < runs; seed++) {
      const result = circulation(la, run(F, new Array(K).fill(1), 4000, seed), K, { pairs: 28 });
      if (result.significant.holm > 0) alarms++;
      single += result.pairs.filter((p) => p.pValue < 0.05).length;
      expect(result.slope).toBeUndefined();
    }
    // family-wise 5 %: 3 ± 1.7 of 60; single pairs 5 %: 84 of 1680
    expect(alarms).toBeLessThan(10);
    expect(single / (28 * runs)).toBeGreaterThan(0.03);
    expect(single / (28 * runs)).toBeLessThan(0.075);
  });

  it('a slope of 0 where theory expects rotation that is not there', () => {
    const F = [
      [0.1, 0],
      [0, 0.3],
    ];
    const expected = fromRows([
      [0, 0.5],
      [-0.5, 0],
    ]);
    const { slope } = circulation(la, run(F, [1, 1], 40000, 5), 2, { expected });
    expect(Math.abs(slope!.value)).toBeLessThan(4 * slope!.standardError);
    expect(slope!.standardError).toBeLessThan(0.2);
  });

  it('says so when blocks are shorter than the memory', () => {
    const slow = [
      [0.001, 0],
      [0, 0.002],
    ];
    expect(circulation(la, run(slow, [1, 1], 4000, 5), 2).converged).toBe(false);
  });
});

describe('SGD with its own theory', () => {
  const H = fromRows([
    [3, 1.2, 0],
    [1.2, 1, 0.4],
    [0, 0.4, 2],
  ]);
  const C = fromRows([
    [0.3, -0.4, 0.1],
    [-0.4, 1.5, 0.5],
    [0.1, 0.5, 0.9],
  ]);
  const eta = 0.1;

  it('one formula by two roads: ½(FΣ − ΣFᵀ) and the closed form in the eigenbasis', () => {
    const n = 3;
    const A = fromRows([0, 1, 2].map((i) => [0, 1, 2].map((j) => (i === j ? 1 : 0) - eta * H.data[3 * i + j])));
    const S = discreteLyapunov(
      la,
      A,
      matrix(
        n,
        n,
        C.data.map((v) => eta * eta * v),
      ),
    ).x;
    const direct = expectedCirculation(
      la,
      matrix(
        n,
        n,
        H.data.map((v) => eta * v),
      ),
      S,
    );
    const closed = theory({ sampling: 'replaced', batchesPerEpoch: 1, momentum: 0 });
    for (let i = 0; i < 9; i++) expect(closed.data[i]).toBeCloseTo(direct.data[i], 13);
  });

  function theory(o: { sampling: 'replaced' | 'shuffled'; batchesPerEpoch: number; momentum: number }): Matrix {
    const { values, vectors } = la.eigh(H);
    const modes = classifyModes(values, eta, o.momentum, o.batchesPerEpoch);
    const f = circulationFactor({ modes, ...o, window: undefined });
    const inner = la.gemm(la.gemm(vectors, C, { transposeA: true }), vectors);
    for (let i = 0; i < 3; i++) for (let j = 0; j < 3; j++) inner.data[3 * i + j] *= eta * eta * f(i, j);
    return la.gemm(la.gemm(vectors, inner), vectors, { transposeB: true });
  }

  it.each<['replaced' | 'shuffled', number, number]>([
    ['replaced', 1, 0],
    ['replaced', 1, 0.7],
    ['shuffled', 10, 0],
    ['shuffled', 10, 0.5],
  ])('measured on the surrogate: %s, %s batches an epoch, momentum %s', async (sampling, batchesPerEpoch, momentum) => {
    const T = 60000;
    const source = surrogate(la, {
      hessian: H,
      covariance: C,
      learningRate: eta,
      sampling,
      batchesPerEpoch,
      momentum,
      window: T,
      burnIn: 500,
      key: randomKey(11),
    });
    const x = new Float64Array(3 * T);
    await forEachChunk(source, (chunk, first, rows) => {
      for (let r = 0; r < rows; r++) for (let i = 0; i < 3; i++) x[i * T + first + r] = chunk[3 * r + i];
    });
    const expected = theory({ sampling, batchesPerEpoch, momentum });
    const result = circulation(la, x, 3, { expected, blocks: 40 });
    expect(Math.abs(result.slope!.value - 1)).toBeLessThan(4 * result.slope!.standardError);
    expect(result.slope!.standardError).toBeLessThan(0.1);
    for (const pair of result.pairs) expect(pair.againstExpected).toBeGreaterThan(1e-4);
  });
});

it('adjustments of p values: the textbook by hand', () => {
  const { holm, falseDiscovery } = adjust([0.01, 0.02, 0.03, 0.5]);
  expect(holm.map((v) => +v.toFixed(12))).toEqual([0.04, 0.06, 0.06, 0.5]);
  expect(falseDiscovery.map((v) => +v.toFixed(12))).toEqual([0.04, 0.04, 0.04, 0.5]);
});

it('refuses what makes no sense', () => {
  expect(() => circulation(la, new Float64Array(50), 2)).toThrow(/more than 80 steps/);
  expect(() => circulation(la, new Float64Array(500), 1)).toThrow(/at least 2/);
  expect(() => circulation(la, new Float64Array(500), 2, { expected: matrix(3, 3) })).toThrow(/2×2/);
});
