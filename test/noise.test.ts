import { afterEach, describe, expect, it } from 'vitest';
import { batchCovariance, covarianceOperator, gradientCovariance } from '../src/analyse/noise/noise.js';
import { forceKernelBuild, type KernelBuild } from '../src/kernels/load.js';
import { fromRows } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { KroneckerSum, zeroOrder } from '../src/surface/network/kronecker.js';
import { splitByShare } from '../src/surface/network/precision.js';
import { gradient } from './support/naive-network.js';
import { naiveLayerGradients, SPECS, smallNet } from './support/small-nets.js';

afterEach(() => forceKernelBuild(undefined));

/** Covariance of vectors about their mean, divided by N: two passes, plain loops. */
function naiveCovariance(rows: readonly Float64Array[]): { mean: Float64Array; covariance: Float64Array } {
  const p = rows[0].length;
  const mean = new Float64Array(p);
  for (const r of rows) for (let i = 0; i < p; i++) mean[i] += r[i] / rows.length;
  const covariance = new Float64Array(p * p);
  for (const r of rows)
    for (let i = 0; i < p; i++)
      for (let j = 0; j < p; j++) covariance[i * p + j] += ((r[i] - mean[i]) * (r[j] - mean[j])) / rows.length;
  return { mean, covariance };
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [num, den] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    num += (a[i] - b[i]) ** 2;
    den += b[i] ** 2;
  }
  return Math.sqrt(num / den);
}

const cases = (['fma', 'simd'] as KernelBuild[]).flatMap((build) =>
  SPECS.flatMap(([name, spec]) => ['layer1', 'layer2', 'layer3'].map((layer) => ({ build, name, spec, layer }))),
);

describe('the covariance of one sample’s gradient', () => {
  it.each(cases)('is that of naive per-sample gradients: $build, $name, $layer', ({ build, spec, layer }) => {
    forceKernelBuild(build);
    const { weights, list, passes } = smallNet(spec, 61);
    const truth = naiveCovariance(naiveLayerGradients(spec, weights, list, layer));
    const found = gradientCovariance(passes, layer, 'float64');
    expect(found.samples).toBe(61);
    expect(distance(found.covariance.data, truth.covariance)).toBeLessThan(1e-13);
    expect(distance(found.mean, truth.mean)).toBeLessThan(1e-13);
  });

  it('does not depend on the cutting into blocks', () => {
    // three blocks of states and two of sums, with a last one that is partly empty; states kept or recomputed
    const [, spec] = SPECS[0];
    const { weights, list, passes } = smallNet(spec, 1601);
    const truth = naiveCovariance(naiveLayerGradients(spec, weights, list, 'layer2'));
    for (const p of [passes, smallNet(spec, 1601, { cacheBytes: 0 }).passes]) {
      expect(distance(gradientCovariance(p, 'layer2', 'float64').covariance.data, truth.covariance)).toBeLessThan(
        1e-13,
      );
    }
  });

  it('is taken by the operator without forming it', () => {
    for (const [, spec] of SPECS) {
      const { weights, list, passes } = smallNet(spec, 37);
      const all = naiveCovariance(list.map((s) => gradient(spec, weights, [s])));
      const stream = randomKey(1).stream();
      const check = (op: ReturnType<typeof covarianceOperator>, c: Float64Array) => {
        const v = Float64Array.from({ length: op.size }, () => stream.normal());
        const truth = v.map((_, i) => v.reduce((sum, x, j) => sum + c[i * v.length + j] * x, 0));
        expect(distance(op.apply(v), truth)).toBeLessThan(1e-12);
      };
      check(covarianceOperator(passes), all.covariance);
      check(
        covarianceOperator(passes, 'layer2'),
        naiveCovariance(naiveLayerGradients(spec, weights, list, 'layer2')).covariance,
      );
    }
  });

  it('names the way out when the matrix is too large', () => {
    const spec = { widths: [200, 200, 3], activation: 'relu', bias: false, loss: 'cross-entropy' } as const;
    expect(() => gradientCovariance(smallNet(spec, 5).passes, 'layer1')).toThrow(/40000×40000.*matrix-free/);
  });
});

describe('mixed precision', () => {
  it('leaves out only what is below the last bit, and sums in float32 only what float64 would round as much', () => {
    const traces = Float64Array.from({ length: 200 }, (_, i) => 2 ** -i);
    const { parts, summary } = splitByShare(traces, 'mixed');
    expect(summary.omittedShare).toBeLessThanOrEqual(2 ** -53);
    expect(summary.singleShare).toBeLessThanOrEqual(2 ** -20);
    // shares of the tail beyond i are 2^-i of the total 2
    expect(parts[1].samples).toHaveLength(20);
    expect(parts[0].samples).toHaveLength(33);
    expect(summary.omittedSamples).toBe(147);
    // the total is 2 to its last bit, so that the tail beyond i holds 2^−i of it
    expect(summary.omittedShare / 2 ** -53).toBeCloseTo(1, 12);
    expect(summary.singleShare / (2 ** -20 - 2 ** -53)).toBeCloseTo(1, 12);
    expect(summary.singleSamples).toBe(33);
    expect([...parts[1].samples]).toEqual(Array.from({ length: 20 }, (_, i) => i));
    const alike = splitByShare(new Float64Array(5).fill(3), 'mixed');
    expect(alike.summary).toMatchObject({ singleSamples: 0, singleShare: 0, omittedSamples: 0, omittedShare: 0 });
    expect(alike.parts.map((part) => part.samples.length)).toEqual([0, 5]);
    expect(splitByShare(new Float64Array(5), 'mixed').summary).toMatchObject({ singleShare: 0, omittedShare: 0 });
    expect(splitByShare(traces, 'mixed', false).parts[0].samples).toHaveLength(180);
    expect(splitByShare(traces, 'float64').parts).toHaveLength(1);
  });

  it('agrees with float64 to 2e-14 of the trace on a heavy-tailed sum, and is worse without the split', () => {
    const n = 13;
    const m = 9;
    const count = 4000;
    const stream = randomKey(11).stream();
    const h = Float64Array.from({ length: count * n }, () => Math.max(stream.normal(), 0));
    const size = Float64Array.from({ length: count }, () => 10 ** (-9 * stream.uniform() ** 0.5));
    const d = Float64Array.from({ length: count * m }, (_, k) =>
      stream.uniform() < 0.5 ? 0 : size[Math.floor(k / m)] * stream.normal(),
    );
    const traces = size.map((_, k) => {
      let [a, b] = [0, 0];
      for (let i = 0; i < m; i++) a += d[k * m + i] ** 2;
      for (let i = 0; i < n; i++) b += h[k * n + i] ** 2;
      return a * b;
    });
    const sum = (parts: readonly { samples: Uint32Array; single: boolean }[]) => {
      const total = new KroneckerSum(m, n, 1);
      for (const { samples, single } of parts)
        for (const group of zeroOrder(h, n, samples))
          for (let first = 0; first < group.samples.length; first += total.block) {
            const own = Math.min(total.block, group.samples.length - first);
            const { values, stride } = total.factors();
            for (let s = 0; s < own; s++)
              for (let i = 0; i < m; i++) values[i * stride + s] = d[group.samples[first + s] * m + i];
            total.add(h, group, first, own, single);
          }
      return { matrix: total.finish(1).data, trace: total.trace() };
    };
    const truth = sum(splitByShare(traces, 'float64').parts);
    expect(truth.trace / traces.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
    const error = (a: Float64Array) =>
      Math.sqrt(a.reduce((s, x, i) => s + (x - truth.matrix[i]) ** 2, 0)) / truth.trace;
    const mixed = splitByShare(traces, 'mixed');
    expect(mixed.summary.singleSamples).toBeGreaterThan(1000);
    expect(mixed.summary.omittedSamples).toBeGreaterThan(0);
    expect(error(sum(mixed.parts).matrix)).toBeLessThan(2e-14);
    const all = [{ samples: Uint32Array.from({ length: count }, (_, i) => i), single: true }];
    expect(error(sum(all).matrix)).toBeGreaterThan(1e-10);
  });
});

describe('zeros', () => {
  it('are ordered so that every sample is listed once and nothing beyond its reach is nonzero', () => {
    const n = 17;
    const count = 5000;
    const stream = randomKey(4).stream();
    const h = Float64Array.from({ length: count * n }, (_, i) => (stream.uniform() < (i % n) / n ? 1 : 0));
    const chosen = Uint32Array.from({ length: count / 2 }, (_, i) => 2 * i);
    const groups = zeroOrder(h, n, chosen);
    expect(groups.length).toBeGreaterThan(1);
    expect(groups.flatMap((g) => [...g.samples]).sort((a, b) => a - b)).toEqual([...chosen]);
    for (const { samples, units, reach } of groups) {
      expect([...units].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
      samples.forEach((s, k) => {
        for (let a = reach[k]; a < n; a++) expect(h[s * n + units[a]]).toBe(0);
        if (k > 0) expect(reach[k]).toBeLessThanOrEqual(reach[k - 1]);
      });
    }
  });
});

describe('the covariance of a batch', () => {
  const c1 = fromRows([
    [2, 1],
    [1, 3],
  ]);

  it('is the variance over all batches of a small population', () => {
    // gradients 0, 3, 6, 9 in one direction; every one of the 6 pairs and of the 16 ordered draws with replacement
    const g = [0, 3, 6, 9];
    const variance = (x: number[]) => x.reduce((s, v) => s + (v - 4.5) ** 2, 0) / x.length;
    const one = fromRows([[variance(g)]]);
    const pairs = g.flatMap((a, i) => g.slice(i + 1).map((b) => (a + b) / 2));
    const draws = g.flatMap((a) => g.map((b) => (a + b) / 2));
    const take = (sampling: 'shuffled' | 'replaced') =>
      batchCovariance(one, { batchSize: 2, samples: 4, sampling }).data[0];
    expect(take('shuffled')).toBeCloseTo(variance(pairs), 13);
    expect(take('replaced')).toBeCloseTo(variance(draws), 13);
  });

  it('vanishes for the whole set and is refused for a fixed order', () => {
    expect(batchCovariance(c1, { batchSize: 9, samples: 9, sampling: 'shuffled' }).data.every((x) => x === 0)).toBe(
      true,
    );
    expect(() => batchCovariance(c1, { batchSize: 3, samples: 9, sampling: 'cyclic' })).toThrow(/no gradient noise/);
    expect(() => batchCovariance(c1, { batchSize: 10, samples: 9, sampling: 'replaced' })).toThrow(/from 1 to the 9/);
  });
});
