/** Traces and the flatness of a solution on any surface: against exact traces, and against the kernels where it is a network. */
import { describe, expect, it } from 'vitest';
import { hessianTrace } from '../src/analyse/curvature/hessian-trace.js';
import { surfaceTrace } from '../src/analyse/curvature/surface-trace.js';
import { measureSolution } from '../src/analyse/landscape/network-solution.js';
import { layerBlocks, surfaceSolution } from '../src/analyse/landscape/surface-solution.js';
import type { NetworkSpec } from '../src/model/network.js';
import { randomKey } from '../src/numeric/random.js';
import { blockNamed, parametersOf } from '../src/surface/blocks.js';
import { NetworkPasses } from '../src/surface/network/passes.js';
import { networkSurface } from '../src/surface/network/surface.js';
import { hardAndRandom } from '../src/surface/subsets.js';
import { quadraticSurface, softmaxSurface } from './support/sample-surfaces.js';
import { smallNet } from './support/small-nets.js';

const key = randomKey(3);
const spec: NetworkSpec = { widths: [6, 7, 5, 3], activation: 'tanh', bias: false, loss: 'cross-entropy' };
const { samples, ...start } = smallNet(spec, 80);
const surface = networkSurface({ spec, samples });
let w = Float64Array.from(start.weights);
// a state of small loss, so that valleys close
for (let t = 0; t < 600; t++) {
  const { gradient } = await surface.gradient(w);
  w = w.map((x, i) => Math.fround(x - 0.5 * gradient[i]));
}
const weights = Float32Array.from(w);
const passes = new NetworkPasses({ spec, samples, weights });
const layers = layerBlocks(surface.parameters);

it('layers are the parameters that share a name up to its last dot, in their order', () => {
  const blocks = layerBlocks(
    parametersOf([
      { name: 'a.fc.weight', shape: [2, 3] },
      { name: 'b.weight', shape: [4] },
      { name: 'a.fc.bias', shape: [2] },
      { name: 'scale', shape: [1] },
    ]),
  );
  expect(blocks.map((b) => [b.name, b.size, b.ranges.length])).toEqual([
    ['a.fc', 8, 2],
    ['b', 4, 1],
    ['scale', 1, 1],
  ]);
});

describe('the trace', () => {
  it('is that of the kernels: to rounding on a small layer, within its errors on larger ones', async () => {
    const exact = hessianTrace(passes);
    const found = await surfaceTrace(surface, w, layers, { key, probes: 200 });
    expect(found.layers.map((l) => l.layer)).toEqual(exact.layers.map((l) => l.layer));
    found.layers.forEach(({ trace }, l) => {
      const truth = exact.layers[l].trace.value;
      if (layers[l].size <= 32) expect([trace.value / truth, trace.standardError]).toEqual([expect.closeTo(1, 10), 0]);
      else expect(Math.abs(trace.value - truth)).toBeLessThan(4 * trace.standardError);
      expect(trace.standardError).toBeLessThan(0.1 * truth);
    });
    expect(layers.map((b) => b.size <= 32)).toEqual([false, false, true]);
    expect(found.trace.value).toBeCloseTo(
      found.layers.reduce((sum, l) => sum + l.trace.value, 0),
      12,
    );
    expect(Math.abs(found.trace.value - exact.trace.value)).toBeLessThan(4 * found.trace.standardError);
  });

  it('over a subset has the error that subsets scatter by', async () => {
    const { surface: softmax, w: at } = softmaxSurface({ samples: 60 });
    const block = blockNamed(softmax.parameters, 'fc.weight');
    const truth = (await surfaceTrace(softmax, at, [block], { key })).trace.value;
    const losses = await softmax.sampleLosses(at);
    const scores = await Promise.all(
      Array.from({ length: 40 }, async (_, i) => {
        const subset = hardAndRandom(losses, 24, key.child(i));
        const { trace } = await surfaceTrace(softmax, at, [block], { key, subset });
        expect(trace.method).toMatch(/layers added/);
        return (trace.value - truth) / trace.standardError;
      }),
    );
    const square = scores.reduce((sum, z) => sum + (z * z) / scores.length, 0);
    expect(square).toBeGreaterThan(0.5);
    expect(square).toBeLessThan(1.8);
  });
});

describe('the flatness of a solution', () => {
  const effort = { key, pairs: 3, probes: 400, directions: 4, noise: { draws: 6, absolute: 0.02, relative: 0.05 } };

  it('is that of the kernels where the surface is a network', async () => {
    const { flatness: kernels } = measureSolution({ spec, samples, weights, ...effort });
    const found = await surfaceSolution(surface, w, effort);
    expect(found.samples).toBe(80);
    expect(found.loss).toBeCloseTo(kernels.loss, 12);
    // the same process from the same start
    for (const [i, e] of found.top.entries()) expect(e.value / kernels.top[i].value).toBeCloseTo(1, 10);
    for (const name of ['norm', 'gradientNorm', 'radial'] as const) expect(found[name]).toBeCloseTo(kernels[name], 10);
    expect(found.noiseTrace.value / kernels.noiseTrace.value).toBeCloseTo(1, 9);
    for (const name of ['trace', 'normTrace', 'scaledTrace'] as const)
      expect(Math.abs(found[name].value - kernels[name].value)).toBeLessThan(4 * found[name].standardError);
    const curved = Math.hypot(found.curvedNoise.standardError, kernels.curvedNoise.standardError);
    expect(Math.abs(found.curvedNoise.value - kernels.curvedNoise.value)).toBeLessThan(4 * curved);
    // the crossings are found to a thousandth, from losses in float32
    expect(found.topWidths.width.value / kernels.topWidths.width.value).toBeCloseTo(1, 2);
    found.layers.forEach((l, i) => {
      expect([l.layer, l.widths.open]).toEqual([kernels.layers[i].layer, kernels.layers[i].widths.open]);
      expect(l.norm).toBeCloseTo(kernels.layers[i].norm, 10);
      expect(l.widths.width.value / kernels.layers[i].widths.width.value).toBeCloseTo(1, 2);
    });
    // the same draws; a rise is a difference of losses, of which those of the kernels are in float32
    for (const name of ['absolute', 'relative'] as const)
      expect(Math.abs(found.noise[name].value - kernels.noise[name].value)).toBeLessThan(1e-5);
  });

  it('is in closed form on a quadratic, whatever its layers', async () => {
    const values = [5, 2, 1, 0.5];
    const { surface: bowl, hessian } = quadraticSurface(values, { samples: 30, loss: 0.8, noise: 0.2 });
    const at = Float64Array.from([0.1, -0.1, 0.2, 0.05]);
    const found = await surfaceSolution(bowl, at, {
      ...effort,
      probes: 10,
      noise: { draws: 400, absolute: 0.1, relative: 0.1 },
    });
    expect(found.top.map((e) => e.value)).toEqual(values.slice(0, 3).map((v) => expect.closeTo(v, 9)));
    expect(found.trace.value).toBeCloseTo(8.5, 10);
    const norm2 = at.reduce((sum, x) => sum + x * x, 0);
    expect(found.normTrace.value).toBeCloseTo((norm2 * 8.5) / 4, 10);
    // the mean rise is s² Tr H/2
    const { absolute } = found.noise;
    expect(Math.abs(absolute.value - (0.01 * 8.5) / 2)).toBeLessThan(4 * absolute.standardError);
    const relative = (0.01 * (norm2 / 4) * 8.5) / 2;
    expect(Math.abs(found.noise.relative.value - relative)).toBeLessThan(4 * found.noise.relative.standardError);
    const g = hessian.map((row) => row.reduce((sum, h, j) => sum + h * at[j], 0));
    expect(found.gradientNorm).toBeCloseTo(Math.hypot(...g), 10);
    await expect(
      surfaceSolution(bowl, at, { ...effort, layers: [{ name: 'half', ranges: [{ offset: 0, size: 2 }], size: 2 }] }),
    ).rejects.toThrow(/make up all 4 weights .* these have 2/);
  });
});
