import { describe, expect, it } from 'vitest';
import { surfaceCurvature } from '../src/analyse/curvature/surface-curvature.js';
import { denseCovariance, projectedNoise } from '../src/analyse/noise/surface-noise.js';
import { surfaceCurvedNoise, surfaceNoiseScale, surfaceSharpness } from '../src/analyse/noise/surface-scales.js';
import { fromRows, matrix, row } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { blockNamed, gather, wholeBlock } from '../src/surface/blocks.js';
import { hardAndRandom } from '../src/surface/subsets.js';
import {
  naiveHessian,
  orthonormalAxes,
  quadraticSample,
  sampleSurface,
  softmaxSurface,
} from './support/sample-surfaces.js';

const key = randomKey(11);
const { surface, w, all } = softmaxSurface({ samples: 200 });
const block = blockNamed(surface.parameters, 'fc.weight');
const P = block.size;
const N = all.length;
const gradients = all.map((s) => gather(block, s.gradient(w)));
const mean = (f: (k: number) => number) => all.reduce((s, _, k) => s + f(k) / N, 0);
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((s, x, i) => s + x * b[i], 0);
const g = Float64Array.from({ length: P }, (_, i) => mean((k) => gradients[k][i]));
/** C1, naive. */
const c1 = Array.from({ length: P }, (_, i) =>
  Array.from({ length: P }, (_, j) => mean((k) => (gradients[k][i] - g[i]) * (gradients[k][j] - g[j]))),
);
const axes = orthonormalAxes(P, 4);
const directions = fromRows(axes.slice(0, 4).map((v) => Array.from(v)));
const along = (i: number, j: number) =>
  dot(
    axes[i],
    c1.map((r) => dot(r, axes[j])),
  );
const traceC1 = c1.reduce((s, r, i) => s + r[i], 0);

describe('the noise on a block, over all samples', () => {
  it('equals naive loops along directions, with errors over the samples', async () => {
    const found = await projectedNoise(surface, w, block, directions);
    for (let i = 0; i < 4; i++) {
      expect(found.slopes[i].value).toBeCloseTo(dot(g, axes[i]), 12);
      expect(found.variances[i].value).toBeCloseTo(along(i, i), 12);
      for (let j = 0; j < 4; j++) expect(found.covariance.data[i * 4 + j]).toBeCloseTo(along(i, j), 12);
      const a = gradients.map((x) => dot(x, axes[i]) - dot(g, axes[i]));
      const [m2, m4] = [mean((k) => a[k] ** 2), mean((k) => a[k] ** 4)];
      expect(found.slopes[i].standardError).toBeCloseTo(Math.sqrt(m2 / N), 12);
      expect(found.variances[i].standardError).toBeCloseTo(Math.sqrt((m4 - m2 ** 2) / N), 12);
      expect(found.variances[i].converged).toBe(true);
    }
    expect([found.samples, found.of]).toEqual([N, N]);
  });

  it('is dense C1', async () => {
    const found = await denseCovariance(surface, w, block);
    for (let i = 0; i < P; i++)
      for (let j = 0; j < P; j++) expect(Math.abs(found.data[i * P + j] - c1[i][j])).toBeLessThan(1e-13);
  });

  it('has the simple noise scale of the definition', async () => {
    const found = await surfaceNoiseScale(surface, w, block);
    const unbiased = (traceC1 * N) / (N - 1);
    expect(found.trace.value).toBeCloseTo(unbiased, 12);
    expect(found.squaredGradient.value).toBeCloseTo(dot(g, g) - unbiased / N, 12);
    expect(found.simple.value).toBeCloseTo(unbiased / (dot(g, g) - unbiased / N), 9);
  });

  it('has the noise scale in the metric of the curvature, with fewer errors the more eigenpairs are known', async () => {
    const h = naiveHessian(all, w, block);
    const hg = Array.from({ length: P }, (_, i) => dot(row(h, i), g));
    const truth = c1.reduce((s, r, i) => s + dot(r, row(h, i)), 0);
    const { top } = await surfaceCurvature(surface, w, block, { key, top: P, tolerance: 1e-12 });
    const errors: number[] = [];
    for (const known of [0, 3, P]) {
      const pairs = top.slice(0, known);
      const { trace, along: form, scale } = await surfaceCurvedNoise(surface, w, block, pairs, { key, probes: 40 });
      expect(form.value).toBeCloseTo(dot(g, hg), 12);
      expect(Math.abs(trace.value - truth)).toBeLessThan(3 * trace.standardError);
      expect(scale.value).toBeCloseTo(trace.value / dot(g, hg), 10);
      errors.push(Math.abs(trace.value - truth));
    }
    expect(errors[2]).toBeLessThan(1e-10);
    expect(errors[1]).toBeLessThan(errors[0]);
    // vectors that do not fit one request are asked for in turns, to the same numbers
    const options = { key, probes: 5 };
    const pairs = top.slice(0, 2);
    const parts = await surfaceCurvedNoise(surface, w, block, pairs, { ...options, numbers: 8 * P });
    expect(parts).toEqual(await surfaceCurvedNoise(surface, w, block, pairs, options));
  });

  it('has the sharpness of its batches', async () => {
    const found = await surfaceSharpness(surface, w, block, { batchSize: N, batches: 2, key });
    const h = naiveHessian(all, w, block);
    const truth =
      dot(g, g) /
      dot(
        g,
        Array.from({ length: P }, (_, i) => dot(row(h, i), g)),
      );
    expect(found.ratio.value).toBeCloseTo(truth, 10);
    const single = await surfaceSharpness(surface, w, block, { batchSize: 1, batches: 400, key });
    const [squares, forms] = [
      mean((k) => dot(gradients[k], gradients[k])),
      mean((k) => {
        const u = new Float64Array(w.length);
        u.set(gradients[k]);
        return dot(gradients[k], gather(block, all[k].product(w, u)));
      }),
    ];
    expect(Math.abs(single.ratio.value - squares / forms)).toBeLessThan(4 * single.ratio.standardError);
    expect(single.ratio.standardError).toBeLessThan(0.1 * single.ratio.value);
    await expect(surfaceSharpness(surface, w, block, { batchSize: N + 1, batches: 2, key })).rejects.toThrow(
      /1 to the 200/,
    );
  });
});

describe('the noise on a block, over a subset', () => {
  it('has errors that repeated draws confirm, and the gradient of all samples', async () => {
    const losses = await surface.sampleLosses(w);
    const draws = 120;
    const names = ['variance', 'trace', 'curved'] as const;
    const { gradient } = await surface.gradient(w);
    const exact = {
      variance: along(0, 0),
      trace: (traceC1 * N) / (N - 1),
      curved: 0,
    };
    const { top } = await surfaceCurvature(surface, w, block, { key, top: P, tolerance: 1e-12 });
    exact.curved = (await surfaceCurvedNoise(surface, w, block, top, { key, probes: 2, gradient })).trace.value;
    const population = {
      variance: (await projectedNoise(surface, w, block, directions)).variances[0].standardError,
      trace: (await surfaceNoiseScale(surface, w, block)).trace.standardError,
      curved: (await surfaceCurvedNoise(surface, w, block, top, { key, probes: 2, gradient })).trace.standardError,
    };
    const sums = Object.fromEntries(names.map((n) => [n, { squares: 0, claimed: 0, mean: 0 }]));
    for (let d = 0; d < draws; d++) {
      const subset = hardAndRandom(losses, 50, key.child(d));
      const options = { subset, gradient };
      const noise = await projectedNoise(surface, w, block, directions, options);
      const scale = await surfaceNoiseScale(surface, w, block, options);
      const curved = await surfaceCurvedNoise(surface, w, block, top, { ...options, key, probes: 2 });
      expect(noise.slopes[0].value).toBeCloseTo(dot(g, axes[0]), 12);
      const found = { variance: noise.variances[0], trace: scale.trace, curved: curved.trace };
      for (const n of names) {
        sums[n].squares += (found[n].value - exact[n]) ** 2 / draws;
        sums[n].mean += (found[n].value - exact[n]) / draws;
        // what is claimed beyond the error of all samples
        sums[n].claimed += Math.max(0, found[n].standardError ** 2 - population[n] ** 2) / draws;
      }
    }
    for (const n of names) {
      const spread = Math.sqrt(sums[n].squares);
      // of what 120 draws tell to 6 %, the errors claimed know their own size to some 20 %
      expect(Math.abs(Math.sqrt(sums[n].claimed) / spread - 1), n).toBeLessThan(0.35);
      // unbiased; H and C1 over the same samples are not, to order 1/n
      if (n === 'curved') continue;
      expect(Math.abs(sums[n].mean), n).toBeLessThan((3.5 * spread) / Math.sqrt(draws));
    }
  });

  it('is a covariance that is never negative', async () => {
    const subset = hardAndRandom(await surface.sampleLosses(w), 20, key);
    const c = await denseCovariance(surface, w, block, { subset });
    for (const v of axes)
      expect(
        dot(
          v,
          Array.from({ length: P }, (_, i) => dot(row(c, i), v)),
        ),
      ).toBeGreaterThan(0);
    const noise = await projectedNoise(surface, w, block, directions, { subset });
    const projected = dot(
      axes[1],
      Array.from({ length: P }, (_, i) => dot(row(c, i), axes[2])),
    );
    expect(noise.covariance.data[1 * 4 + 2]).toBeCloseTo(projected, 12);
  });
});

describe('at the edges', () => {
  const plain = (samples: number, slope: number) =>
    sampleSurface(
      2,
      Array.from({ length: samples }, () =>
        quadraticSample(
          1,
          [slope, 0],
          [
            [1, 0],
            [0, 1],
          ],
        ),
      ),
    );

  it('a gradient of 0 has no noise scale, and says so', async () => {
    const flat = plain(5, 0);
    const at = wholeBlock(flat.parameters);
    const zero = new Float64Array(2);
    const { simple, trace } = await surfaceNoiseScale(flat, zero, at);
    expect([simple.converged, trace.value]).toEqual([false, 0]);
    const { scale } = await surfaceCurvedNoise(flat, zero, at, [], { key });
    expect(scale.converged).toBe(false);
    const { ratio } = await surfaceSharpness(flat, zero, at, { batchSize: 2, batches: 3, key });
    expect(ratio.converged).toBe(false);
  });

  it('one sample has no noise', async () => {
    const one = plain(1, 2);
    const at = wholeBlock(one.parameters);
    const zero = new Float64Array(2);
    const { variances, slopes } = await projectedNoise(one, zero, at, matrix(1, 2, Float64Array.from([1, 0])));
    expect([variances[0].value, slopes[0].value]).toEqual([0, 2]);
    const { simple, trace } = await surfaceNoiseScale(one, zero, at);
    expect([simple.converged, trace.converged]).toEqual([false, false]);
  });
});
