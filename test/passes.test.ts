/** What passes keep of each sample, and sums of Kronecker products that need more memory than a kernel begins with. */
import { describe, expect, it } from 'vitest';
import { randomKey } from '../src/numeric/random.js';
import { KroneckerSum, zeroOrder } from '../src/surface/network/kronecker.js';
import { inputSquares } from '../src/surface/network/norms.js';
import { BLOCK, NetworkPasses } from '../src/surface/network/passes.js';
import { gradient, sampleLoss } from './support/naive-network.js';
import { SPECS, smallNet, smallSamples } from './support/small-nets.js';

describe.each(SPECS)('%s', (_, spec) => {
  it('each sample has its own loss and gradient, over several blocks, kept or not', () => {
    const count = BLOCK + 23;
    for (const options of [{}, { cacheBytes: 0 }]) {
      const { passes, weights, list } = smallNet(spec, count, options);
      const losses = passes.losses();
      for (const k of [0, 1, BLOCK - 1, BLOCK, count - 1])
        expect(losses[k]).toBeCloseTo(sampleLoss(spec, weights, list[k]), 10);
      expect(losses).toHaveLength(count);
      // the sum with weights is that of single samples
      const some = [3, BLOCK + 7];
      const { gradient: g } = passes.gradient(Float64Array.from({ length: count }, (_, k) => (k === some[0] ? 2 : k === some[1] ? -0.5 : 0))); // biome-ignore format: short
      const [a, b] = some.map((k) => gradient(spec, weights, [list[k]]));
      g.forEach((v, i) => {
        expect(v).toBeCloseTo((2 * a[i] - 0.5 * b[i]) / count, 11);
      });
    }
  });
});

it('memory is known before: nonzero inputs, their numbers, and states where they are kept', () => {
  const [, spec] = SPECS[0];
  const samples = smallSamples(100, 9, 4);
  const inputs = 8 * samples.values.filter((v) => v !== 0).length + 4 * 100;
  const states = 8 * 100 * (2 * (7 + 6 + 4) + 2);
  expect(NetworkPasses.memoryBytes(spec, samples)).toBe(inputs + states);
  expect(NetworkPasses.memoryBytes(spec, samples, states)).toBe(inputs + states);
  expect(NetworkPasses.memoryBytes(spec, samples, states - 1)).toBe(inputs);
});

it('squares of inputs are those that the network sees', () => {
  const samples = { ...smallSamples(3, 4, 2), divisor: 3 };
  const inputs = (k: number) => [...samples.values.subarray(4 * k, 4 * k + 4)].map((v) => Math.fround(v / 3));
  inputSquares(samples).forEach((square, k) => {
    expect(square).toBeCloseTo(inputs(k).reduce((s, v) => s + v * v, 0), 12); // biome-ignore format: short
  });
});

describe('sums of Kronecker products', () => {
  const stream = randomKey(5).stream();
  const numbers = (count: number) => Float64Array.from({ length: count }, () => stream.normal());

  /** Σ_k (Σ_r F_ir F_jr) h_a h_b of the samples, at rows (i, a) and columns (j, b). */
  function check(m: number, n: number, count: number, rank: number, single: boolean, f: Float64Array, size = 1) {
    const h = numbers(count * n);
    const total = new KroneckerSum(m, n, rank);
    for (const group of zeroOrder(
      h,
      n,
      Uint32Array.from({ length: count }, (_, k) => k),
    )) {
      const { values, stride } = total.factors();
      group.samples.forEach((s, k) => {
        for (let line = 0; line < m * rank; line++) values[line * stride + k] = f[s * m * rank + line];
      });
      total.add(h, group, 0, group.samples.length, single);
    }
    const out = total.finish(0.5).data;
    const p = m * n;
    const entry = (i: number, a: number, j: number, b: number) => {
      let sum = 0;
      for (let k = 0; k < count; k++)
        for (let r = 0; r < rank; r++)
          sum += f[(k * m + i) * rank + r] * f[(k * m + j) * rank + r] * h[k * n + a] * h[k * n + b];
      return sum / 2 / size;
    };
    const digits = single ? 4 : 11;
    for (let e = 0; e < 400; e++) {
      const [i, j, a, b] = [stream.integer(m), stream.integer(m), stream.integer(n), stream.integer(n)];
      expect(out[(i * n + a) * p + j * n + b] / size).toBeCloseTo(entry(i, a, j, b), digits);
    }
    for (const [row, column] of [[0, 0], [0, p - 1], [p - 1, 0], [p - 1, p - 1]]) {
      const [i, a, j, b] = [Math.floor(row / n), row % n, Math.floor(column / n), column % n];
      expect(out[row * p + column] / size).toBeCloseTo(entry(i, a, j, b), digits);
    } // biome-ignore format: short
    let trace = 0;
    for (let i = 0; i < p; i++) trace += (2 * out[i * p + i]) / size;
    expect(total.trace() / size).toBeCloseTo(trace, single ? 3 : 9);
  }

  it.each([1, 2])('of more megabytes than at the start, rank %i', (rank) => {
    check(20, 61, 9, rank, false, numbers(9 * 20 * rank));
  });

  it('in float32 are scaled by the largest factor, wherever it lies', () => {
    const f = numbers(12 * 5);
    for (let k = 0; k < 12; k++) f[k * 5] = 0; // the first output has no factor in any sample
    check(5, 9, 12, 1, true, f);
    for (const size of [1e-25, 1e10]) check(5, 9, 12, 1, true, f.map((v) => size * v), size ** 2); // biome-ignore format: short
  });
});
