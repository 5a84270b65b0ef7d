/** Curvature of samples and of minibatches along directions of the whole network, against naive differences and drawn batches. */
import { afterEach, describe, expect, it } from 'vitest';
import { batchCurvature, batchShare } from '../src/analyse/curvature/batch-curvature.js';
import { hessianOperator } from '../src/analyse/curvature/network-hessian.js';
import { sampleCurvature } from '../src/analyse/curvature/sample-curvature.js';
import { forceKernelBuild, type KernelBuild } from '../src/kernels/load.js';
import { pairIndex } from '../src/numeric/linalg/index.js';
import { dot } from '../src/numeric/operators/lanczos.js';
import { randomKey } from '../src/numeric/random.js';
import { differenceHessian, SPECS, smallNet } from './support/small-nets.js';

afterEach(() => forceKernelBuild(undefined));

const unit = (n: number, seed: number) => {
  const s = randomKey(seed).stream();
  const v = Float64Array.from({ length: n }, () => s.normal());
  const norm = Math.sqrt(dot(v, v));
  return v.map((x) => x / norm);
};
const cases = (['fma', 'simd'] as KernelBuild[]).flatMap((build) =>
  SPECS.map(([name, spec]) => ({ build, name, spec })),
);

describe('curvature of each sample along directions in all layers', () => {
  it.each(cases)('is that of naive differences: $build, $name', ({ build, spec }) => {
    forceKernelBuild(build);
    const { weights, list, passes } = smallNet(spec, 5);
    const directions = [1, 2, 3].map((seed) => unit(passes.size, seed));
    const { values, pairs } = sampleCurvature(passes, directions);
    // rounding of ReLU differences with their step of 1e-6: as in the tests of the Hessian
    const tolerance = spec.activation === 'relu' ? 1e-8 : 1e-9;
    list.forEach((sample, s) => {
      const h = differenceHessian(spec, weights, [sample]);
      for (let i = 0; i < 3; i++)
        for (let j = 0; j <= i; j++) {
          const truth = h.reduce(
            (sum, row, a) => sum + directions[i][a] * dot(Float64Array.from(row), directions[j]),
            0,
          );
          expect(Math.abs(values[s * pairs + pairIndex(i, j)] - truth)).toBeLessThan(tolerance);
        }
    });
  });

  it('has the Hessian for its mean, over several blocks and with states recomputed', () => {
    for (const [, spec] of SPECS.slice(0, 3)) {
      for (const { passes } of [smallNet(spec, 1201), smallNet(spec, 1201, { cacheBytes: 0 })]) {
        const [u, v] = [unit(passes.size, 1), unit(passes.size, 2)];
        const { values, pairs } = sampleCurvature(passes, [u, v]);
        const mean = (p: number) => values.reduce((s, x, e) => (e % pairs === p ? s + x / 1201 : s), 0);
        const hv = hessianOperator(passes).apply(v);
        expect(Math.abs(mean(pairIndex(0, 1)) - dot(u, hv))).toBeLessThan(1e-12);
        expect(Math.abs(mean(pairIndex(1, 1)) - dot(v, hv))).toBeLessThan(1e-12);
      }
    }
  });
});

describe('curvature of a minibatch', () => {
  const [, spec] = SPECS[1];
  const { passes } = smallNet(spec, 40);
  const directions = [unit(passes.size, 4)];
  const each = sampleCurvature(passes, directions).values;

  it.each(['shuffled', 'replaced'] as const)('varies as drawn batches do: %s', (sampling) => {
    const [found] = batchCurvature(passes, directions, { batchSize: 8, sampling });
    const stream = randomKey(9).stream();
    const batches = Array.from({ length: 20000 }, () => {
      const drawn =
        sampling === 'shuffled'
          ? stream.permutation(40).subarray(0, 8)
          : Uint32Array.from({ length: 8 }, () => stream.integer(40));
      return drawn.reduce((s, k) => s + each[k] / 8, 0);
    });
    const mean = batches.reduce((s, x) => s + x, 0) / batches.length;
    const variance = batches.reduce((s, x) => s + (x - mean) ** 2, 0) / batches.length;
    // 20 000 draws: the variance of a nearly Gaussian mean to √(2/20000) = 1 %, three of them
    expect(Math.abs(variance / found.variance.value - 1)).toBeLessThan(0.03);
    expect(Math.abs(mean - found.mean.value)).toBeLessThan(3 * Math.sqrt(found.variance.value / 20000));
  });

  it('has no variance for a whole shuffled set, and no law for a fixed order', () => {
    expect(batchCurvature(passes, directions, { batchSize: 40, sampling: 'shuffled' })[0].variance.value).toBe(0);
    expect(batchShare(40, { batchSize: 40, sampling: 'replaced' })).toBeCloseTo(1 / 40, 15);
    expect(() => batchCurvature(passes, directions, { batchSize: 4, sampling: 'cyclic' })).toThrow(/no variance/);
    expect(() => batchCurvature(passes, directions, { batchSize: 41, sampling: 'shuffled' })).toThrow(
      /from 1 to the 40/,
    );
    expect(() => sampleCurvature(passes, [])).toThrow(/got none/);
  });

  it('tells when few samples carry the variance', () => {
    const [found] = batchCurvature(
      passes,
      {
        directions: 1,
        pairs: 1,
        samples: 100,
        values: Float64Array.from({ length: 100 }, (_, i) => (i === 7 ? 1e4 : i % 2)),
      },
      { batchSize: 4, sampling: 'replaced' },
    );
    // the outlier and, through the mean, the 99 others: (1 + 1/99)² = 1.0203
    expect(found.carriers).toBeCloseTo((100 / 99) ** 2, 3);
    expect(found.variance.converged).toBe(false);
  });
});
