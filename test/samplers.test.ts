import { describe, expect, it } from 'vitest';
import { type BatchRequest, batchPlan, type LastBatch, type Sampling } from '../src/data/samplers.js';
import { randomKey } from '../src/numeric/random.js';

const key = randomKey(11).child('batches');
const plan = (sampling: Sampling, count: number, batchSize: number, lastBatch: LastBatch = 'drop', from = key) =>
  batchPlan({ count, batchSize, sampling, lastBatch, key: from });
const ALL: Sampling[] = ['shuffled', 'replaced', 'cyclic'];
const sorted = (order: Uint32Array) => [...order].sort((a, b) => a - b);
const range = (n: number) => Array.from({ length: n }, (_, i) => i);

describe.each(ALL)('%s batches', (sampling) => {
  it.each([
    ['drop', 10, 60, 60],
    ['keep', 10, 60, 60],
    ['drop', 7, 56, 56],
    ['keep', 7, 63, 60],
  ] as const)('last batch %s, B = %i: whole batches that end with their epoch', (lastBatch, B, drawn, distinct) => {
    const p = plan(sampling, 60, B, lastBatch);
    const samples = sampling === 'replaced' ? drawn : distinct;
    expect(p.samplesPerEpoch).toBe(samples);
    const { order, sizes } = p.epoch(4);
    expect(order.length).toBe(samples);
    expect(sizes.length).toBe(p.batchesPerEpoch);
    expect([...sizes.subarray(0, -1)]).toEqual(Array(p.batchesPerEpoch - 1).fill(B));
    expect(sizes.reduce((a, b) => a + b, 0)).toBe(samples); // nothing is carried over into the next epoch
    expect(Math.max(...order)).toBeLessThan(60);
    if (sampling !== 'replaced') expect(new Set(order).size).toBe(samples);
  });

  it('is the same plan at each call: any order of calls, another plan of the same key, a caller that scribbles', () => {
    const p = plan(sampling, 100, 8);
    const late = [...p.epoch(7).order];
    p.epoch(0);
    p.epoch(7).order.fill(0);
    expect([...p.epoch(7).order]).toEqual(late);
    expect([...plan(sampling, 100, 8).epoch(7).order]).toEqual(late);
  });

  it.each([
    [{ count: 0 }, /positive number of samples/],
    [{ count: 2.5 }, /positive number of samples/],
    [{ batchSize: 0 }, /from 1 to the 60/],
    [{ batchSize: 61 }, /from 1 to the 60/],
    [{ batchSize: 1.5 }, /from 1 to the 60/],
    [{ batchSize: Number.NaN }, /from 1 to the 60/],
    [{ sampling: 'random' }, /shuffled, replaced, cyclic; got random/],
    [{ lastBatch: 'pad' }, /drop, keep; got pad/],
  ])('refuses %j', (change, message) => {
    const request = { count: 60, batchSize: 6, sampling, lastBatch: 'drop', key, ...change } as BatchRequest;
    expect(() => batchPlan(request)).toThrow(message);
  });

  it('refuses an epoch before the first', () => {
    expect(() => plan(sampling, 60, 6).epoch(-1)).toThrow(/epochs count from 0; got -1/);
    expect(() => plan(sampling, 60, 6).epoch(0.5)).toThrow(/epochs count from 0/);
  });
});

describe('shuffled', () => {
  it('draws every sample once an epoch, in another order each epoch', () => {
    const p = plan('shuffled', 100, 10);
    let last: number[] = [];
    for (let e = 0; e < 20; e++) {
      const order = [...p.epoch(e).order];
      expect([...order].sort((a, b) => a - b)).toEqual(range(100));
      expect(order).not.toEqual(last);
      last = order;
    }
  });

  it('mixes the batches themselves, not only their order: two samples share a batch with frequency (B−1)/(N−1)', () => {
    const [N, B, epochs] = [20, 5, 20_000];
    const p = plan('shuffled', N, B);
    let together = 0;
    for (let e = 0; e < epochs; e++) {
      const { order } = p.epoch(e);
      if (Math.floor(order.indexOf(3) / B) === Math.floor(order.indexOf(17) / B)) together++;
    }
    const f = (B - 1) / (N - 1);
    expect(Math.abs(together / epochs - f)).toBeLessThan(4 * Math.sqrt((f * (1 - f)) / epochs));
  });

  it('drops other samples each epoch: each is left out with frequency (N mod B)/N', () => {
    const [N, B, epochs] = [10, 4, 20_000];
    const p = plan('shuffled', N, B);
    const out = new Float64Array(N).fill(epochs);
    for (let e = 0; e < epochs; e++) for (const i of p.epoch(e).order) out[i]--;
    const f = 2 / 10;
    // Ten frequencies at once: five standard errors.
    for (const n of out) expect(Math.abs(n / epochs - f)).toBeLessThan(5 * Math.sqrt((f * (1 - f)) / epochs));
  });

  it.each([
    [
      'two chains',
      (c: number) => [
        randomKey(5).child(c).child('batches'),
        0,
        randomKey(5)
          .child(c + 1)
          .child('batches'),
        0,
      ],
    ],
    ['successive epochs of one chain', (c: number) => [key, c, key, c + 1]],
    ['neighbouring seeds', (c: number) => [randomKey(c), 0, randomKey(c + 1), 0]],
  ] as const)('%s are independent: their orders agree at Poisson(1) many places', (_, pair) => {
    const [N, pairs] = [50, 4000];
    let [sum, square] = [0, 0];
    for (let c = 0; c < pairs; c++) {
      const [k1, e1, k2, e2] = pair(c) as [typeof key, number, typeof key, number];
      const [a, b] = [
        plan('shuffled', N, 5, 'drop', k1).epoch(e1).order,
        plan('shuffled', N, 5, 'drop', k2).epoch(e2).order,
      ];
      const matches = a.reduce((m, v, i) => m + (v === b[i] ? 1 : 0), 0);
      sum += matches;
      square += matches ** 2;
    }
    // Fixed points of a random permutation: mean 1, variance 1, fourth central moment 4.
    expect(Math.abs(sum / pairs - 1)).toBeLessThan(4 / Math.sqrt(pairs));
    expect(Math.abs(square / pairs - 2)).toBeLessThan(4 * Math.sqrt(11 / pairs)); // Var of the square of Poisson(1): 15 − 4
  });
});

describe('replaced', () => {
  it('draws uniformly: chi-square of the frequencies stays below its 0.1 % point', () => {
    const [N, epochs] = [50, 1000];
    const p = plan('replaced', N, 10);
    const counts = new Float64Array(N);
    for (let e = 0; e < epochs; e++) for (const i of p.epoch(e).order) counts[i]++;
    const chi2 = counts.reduce((sum, c) => sum + (c - epochs) ** 2 / epochs, 0);
    expect(chi2).toBeLessThan(85.4); // 49 degrees of freedom
    expect(chi2).toBeGreaterThan(23); // and is not more even than chance allows (0.05 % point), as permutations would be
  });

  it('repeats samples within an epoch: N(1−1/N)^N of them are missing on average', () => {
    const [N, epochs] = [40, 5000];
    const p = plan('replaced', N, 10);
    let missing = 0;
    for (let e = 0; e < epochs; e++) missing += N - new Set(p.epoch(e).order).size;
    const q1 = (1 - 1 / N) ** N;
    const variance = N * q1 + N * (N - 1) * (1 - 2 / N) ** N - (N * q1) ** 2;
    expect(Math.abs(missing / epochs - N * q1)).toBeLessThan(4 * Math.sqrt(variance / epochs));
  });
});

describe('cyclic', () => {
  it('is the identity, every epoch', () => {
    const p = plan('cyclic', 23, 5, 'keep');
    for (const e of [0, 1, 9]) expect([...p.epoch(e).order]).toEqual(range(23));
    expect([...p.epoch(0).sizes]).toEqual([5, 5, 5, 5, 3]);
    expect(sorted(plan('cyclic', 23, 5, 'drop').epoch(3).order)).toEqual(range(20));
  });
});

describe('the colour of minibatch noise', () => {
  const [N, B, epochs] = [24, 4, 40_000];
  const M = N / B;
  const g = range(N).map((i) => Math.sin(3 * i * i + 1) + (i % 5) / 3);
  const mean = g.reduce((a, b) => a + b, 0) / N;
  const C1 = g.reduce((sum, v) => sum + (v - mean) ** 2, 0) / N;

  /** Minibatch-mean noise, step by step over all epochs. */
  function noise(sampling: Sampling): Float64Array {
    const p = plan(sampling, N, B);
    const xi = new Float64Array(epochs * M);
    for (let e = 0; e < epochs; e++) {
      const { order } = p.epoch(e);
      for (let i = 0; i < N; i++) xi[e * M + Math.floor(i / B)] += (g[order[i]] - mean) / B;
    }
    return xi;
  }
  const covariance = (xi: Float64Array, h: number) => {
    let sum = 0;
    for (let k = 0; k + h < xi.length; k++) sum += xi[k] * xi[k + h];
    return sum / (xi.length - h);
  };
  /** Five standard errors: products of near-Gaussian variables of variance C, 2C² for squares. */
  const error = (C: number, h: number) => 5 * C * Math.sqrt((h === 0 ? 2 : 1) / (epochs * M));

  it('shuffled: C[δ_h0 − (M−|h|)/(M(M−1))] inside an epoch length and nothing beyond, theory [S3]', () => {
    const xi = noise('shuffled');
    const C = ((C1 / B) * (N - B)) / (N - 1);
    for (let h = 0; h <= M + 2; h++) {
      const predicted = h === 0 ? C : h < M ? (-C * (M - h)) / (M * (M - 1)) : 0;
      expect(Math.abs(covariance(xi, h) - predicted)).toBeLessThan(error(C, h));
    }
  });

  it('shuffled: any two batches of one epoch correlate by −1/(M−1), so that an epoch sums to zero', () => {
    const xi = noise('shuffled');
    const C = ((C1 / B) * (N - B)) / (N - 1);
    for (const [a, b] of [
      [0, 1],
      [0, 5],
      [2, 4],
    ]) {
      let sum = 0;
      for (let e = 0; e < epochs; e++) sum += xi[e * M + a] * xi[e * M + b];
      expect(Math.abs(sum / epochs + C / (M - 1))).toBeLessThan(
        (5 * C * Math.sqrt(1 + 1 / (M - 1) ** 2)) / Math.sqrt(epochs),
      );
    }
    expect(Math.abs(xi.subarray(0, M).reduce((s, v) => s + v, 0))).toBeLessThan(1e-12);
  });

  it('replaced: white, with C = C1/B', () => {
    const xi = noise('replaced');
    for (const h of [0, 1, 2, M - 1, M]) {
      expect(Math.abs(covariance(xi, h) - (h === 0 ? C1 / B : 0))).toBeLessThan(error(C1 / B, h));
    }
  });
});
