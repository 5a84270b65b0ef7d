import { describe, expect, it } from 'vitest';
import { curvaturesBySample } from '../src/analyse/curvature/by-sample.js';
import { denseHessian, denseSpectrum } from '../src/analyse/curvature/dense-block.js';
import { curvatureMemory, surfaceCurvature } from '../src/analyse/curvature/surface-curvature.js';
import { embeddedLinearAlgebra, fromRows, row } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { blockNamed, gather, wholeBlock } from '../src/surface/blocks.js';
import { hardAndRandom } from '../src/surface/subsets.js';
import { naiveHessian, quadraticSurface, softmaxSurface } from './support/sample-surfaces.js';

const la = embeddedLinearAlgebra();
const key = randomKey(5);
const zeros = (n: number) => new Float64Array(n);

describe('the spectrum by products', () => {
  const values = [-3, -0.5, ...Array.from({ length: 24 }, (_, i) => 0.01 * i), 1, 2, 5, 9];
  const exact = [...values].sort((a, b) => b - a);

  it('of an indefinite Hessian: largest pairs, the smallest, trace and density, in few requests', async () => {
    const { surface, hessian } = quadraticSurface(values, { samples: 4 });
    const block = wholeBlock(surface.parameters);
    const shares: number[] = [];
    const found = await surfaceCurvature(surface, zeros(30), block, {
      key,
      top: 4,
      density: { probes: 5, steps: 12 },
      onProgress: (share) => shares.push(share),
    });
    expect(found.converged).toBe(true);
    [...found.top, found.smallest].forEach(({ value, vector, residual }, i) => {
      const truth = i < 4 ? exact[i] : -3;
      expect(Math.abs(value.value - truth)).toBeLessThanOrEqual(value.standardError + 1e-12);
      expect(value.kind).toBe('numerical');
      const product = hessian.map((r) => r.reduce((s, x, j) => s + x * vector[j], 0));
      expect(Math.hypot(...product.map((x, j) => x - value.value * vector[j]))).toBeCloseTo(residual, 8);
    });
    const trace = values.reduce((a, b) => a + b, 0);
    expect(Math.abs(found.trace.value - trace)).toBeLessThan(3 * found.trace.standardError);
    expect(found.density!.probes.length).toBe(5);
    // rounds, not products
    expect(surface.asked.hessianVectors).toBeLessThanOrEqual(30);
    expect(found.products).toBe(surface.rows.reduce((a, b) => a + b, 0));
    expect(surface.rows[0]).toBe(6);
    expect([shares.at(-1), Math.max(...shares)]).toEqual([1, 1]);
  });

  it('has the trace of Hutchinson without a density, whose error holds over keys', async () => {
    const { surface } = quadraticSurface(values, { samples: 2 });
    const block = wholeBlock(surface.parameters);
    const truth = values.reduce((a, b) => a + b, 0);
    const z: number[] = [];
    for (let i = 0; i < 40; i++) {
      const { trace } = await surfaceCurvature(surface, zeros(30), block, { key: key.child(i), top: 1, probes: 12 });
      expect([trace.n, trace.method]).toEqual([12, 'Hutchinson, 12 probes of random signs']);
      z.push((trace.value - truth) / trace.standardError);
    }
    const square = z.reduce((s, x) => s + x * x, 0) / 40;
    // Student's t with 11 degrees of freedom: mean 11/9, known to 0.35 from 40 draws
    expect(square).toBeGreaterThan(0.6);
    expect(square).toBeLessThan(2.4);
  });

  it('equals the naive one on a block of softmax regression, and the dense one', async () => {
    const { surface, w, all } = softmaxSurface();
    for (const pattern of ['fc.weight', '*']) {
      const block = blockNamed(surface.parameters, pattern);
      const truth = naiveHessian(all, w, block);
      const dense = await denseHessian(surface, w, block, { rows: 5 });
      expect(dense.asymmetry).toBeLessThan(1e-15);
      dense.hessian.data.forEach((x, i) => {
        expect(Math.abs(x - truth.data[i])).toBeLessThan(1e-14);
      });
      const eigenvalues = Array.from(la.eigvalsh(truth)).reverse();
      const found = await surfaceCurvature(surface, w, block, { key, top: 3, tolerance: 1e-9 });
      const spectrum = denseSpectrum(la, dense, 3);
      [found, spectrum].forEach((s) => {
        s.top.forEach(({ value }, i) => {
          expect(Math.abs(value.value - eigenvalues[i])).toBeLessThan(1e-12);
        });
        expect(Math.abs(s.smallest.value.value - eigenvalues.at(-1)!)).toBeLessThan(1e-12);
      });
      expect(spectrum.trace.value).toBeCloseTo(
        eigenvalues.reduce((a, b) => a + b, 0),
        12,
      );
    }
  });

  it('is the same with little memory, which is told before', async () => {
    const { surface } = quadraticSurface(values, { samples: 1 });
    const block = wholeBlock(surface.parameters);
    const density = { probes: 6, steps: 20 };
    const little = { top: 3, density, memoryBytes: 8 * 30 * 40 };
    expect(curvatureMemory(30, little)).toMatchObject({ vectors: 20, density: 'three', together: 4 });
    expect(curvatureMemory(30, { top: 3, density })).toMatchObject({ vectors: 30, density: 'all', together: 6 });
    const [a, b] = [
      await surfaceCurvature(surface, zeros(30), block, { key, top: 3, density }),
      await surfaceCurvature(surface, zeros(30), block, { key, ...little, memoryBytes: 8 * 30 * 24 }),
    ];
    a.top.forEach(({ value }, i) => {
      expect(b.top[i].value.value).toBeCloseTo(value.value, 6);
    });
    expect(b.trace.value).toBeCloseTo(a.trace.value, 8);
    expect(Math.max(...surface.rows)).toBe(7);
    // ten million weights: no matrix, no more than 2 GiB and the vectors that are needed
    const huge = curvatureMemory(1e7, { top: 5, density: { probes: 4, steps: 40 } });
    expect(huge).toMatchObject({ vectors: 13, density: 'three', together: 2 });
    expect(huge.bytes).toBeLessThan(2.6e9);
  });

  it('of a single sample, of a single weight, and of no curvature at all', async () => {
    const { surface } = quadraticSurface([2], { samples: 1 });
    const one = await surfaceCurvature(surface, zeros(1), wholeBlock(surface.parameters), { key, top: 3 });
    expect(one.top.map((p) => p.value.value)).toEqual([expect.closeTo(2, 12)]);
    expect(one.smallest.value.value).toBeCloseTo(2, 12);
    expect([one.trace.value, one.trace.standardError]).toEqual([expect.closeTo(2, 12), expect.closeTo(0, 12)]);
    const flat = quadraticSurface([0, 0, 0]).surface;
    const none = await surfaceCurvature(flat, zeros(3), wholeBlock(flat.parameters), { key, top: 2 });
    expect([none.top[0].value.value, none.smallest.value.value, none.trace.value]).toEqual([0, 0, 0]);
    expect(none.top).toHaveLength(1); // the process cannot leave its first vector
    expect(none.converged).toBe(false);
  });

  it('refuses to form what is too large', async () => {
    const { surface } = quadraticSurface([1]);
    const block = { name: 'all', ranges: [], size: 3001 };
    await expect(denseHessian(surface, zeros(1), block)).rejects.toThrow(/3001 weights.*up to 3000/);
  });
});

describe('over a subset', () => {
  it('knows the curvature of every sample along directions', async () => {
    const { surface, w, all } = softmaxSurface();
    const block = blockNamed(surface.parameters, 'fc.weight');
    const v = fromRows([
      Array.from({ length: 12 }, (_, i) => Math.sin(i)),
      Array.from({ length: 12 }, (_, i) => 30 * Math.cos(2 * i)),
      new Array(12).fill(0),
    ]);
    const subset = { samples: Uint32Array.from([7, 3, 50]), strata: [{ count: 3, of: 60 }] };
    const found = await curvaturesBySample(surface, w, block, v, subset);
    [7, 3, 50].forEach((k, s) => {
      for (let i = 0; i < 3; i++) {
        const u = new Float64Array(15);
        u.set(row(v, i));
        const truth = gather(block, all[k].product(w, u)).reduce((a, x, j) => a + x * row(v, i)[j], 0);
        expect(Math.abs(found.data[s * 3 + i] - truth)).toBeLessThan(1e-7 * (1 + Math.abs(truth)));
      }
    });
  });

  it('has errors that repeated draws confirm', async () => {
    const { surface } = quadraticSurface([6, 2, 1, 0.2], { samples: 120, spread: 0.6 });
    const block = wholeBlock(surface.parameters);
    const losses = await surface.sampleLosses(zeros(4));
    const draws = 80;
    const [squares, claims] = [zeros(2), zeros(2)];
    for (let d = 0; d < draws; d++) {
      const subset = hardAndRandom(losses, 30, key.child(d));
      const { top, trace, samples, of } = await surfaceCurvature(surface, zeros(4), block, {
        key,
        top: 1,
        probes: 60,
        subset,
      });
      expect([samples, of, top[0].value.n]).toEqual([30, 120, 30]);
      [top[0].value, trace].forEach((e, i) => {
        squares[i] += (e.value - [6, 9.2][i]) ** 2 / draws;
        claims[i] += e.standardError / draws;
      });
    }
    // the spread over 80 draws is known to 8 %
    for (let i = 0; i < 2; i++) expect(Math.abs(claims[i] / Math.sqrt(squares[i]) - 1)).toBeLessThan(0.3);
  });

  it('says what errors would need', async () => {
    const { surface } = quadraticSurface([2, 1], { choices: { offers: { projectedSampleGradients: 'missing' } } });
    const subset = hardAndRandom(await surface.sampleLosses(zeros(2)), 10, key);
    const { top, trace } = await surfaceCurvature(surface, zeros(2), wholeBlock(surface.parameters), {
      key,
      top: 1,
      subset,
    });
    for (const e of [top[0].value, trace]) {
      expect(e.converged).toBe(false);
      expect(e.standardError).toBeNaN();
      expect(e.method).toMatch(/the error of 10 samples needs projectedSampleGradients/);
    }
  });
});
