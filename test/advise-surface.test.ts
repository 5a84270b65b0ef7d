/** Advice on any surface: the numbers that the kernels of networks measure, from the verbs of a surface alone. */
import { describe, expect, it } from 'vitest';
import { hardSampleDirections } from '../src/analyse/curvature/hard-samples.js';
import { sampleCurvature } from '../src/analyse/curvature/sample-curvature.js';
import { surfaceHardSamples, surfaceSampleCurvature } from '../src/analyse/curvature/surface-sample-curvature.js';
import { twoBatchNoise } from '../src/analyse/noise/noise-two-batches.js';
import { factsOf } from '../src/apply/advice-facts.js';
import { measureState } from '../src/apply/advice-measure.js';
import { measureAdvice } from '../src/apply/advice-surface.js';
import type { NetworkSpec } from '../src/model/network.js';
import { embeddedLinearAlgebra, matrix } from '../src/numeric/linalg/index.js';
import { dot } from '../src/numeric/operators/lanczos.js';
import { orthonormal } from '../src/numeric/orthonormal.js';
import { randomKey } from '../src/numeric/random.js';
import { wholeBlock } from '../src/surface/blocks.js';
import { completed } from '../src/surface/completed.js';
import { networkSurface } from '../src/surface/network/surface.js';
import { Trainer } from '../src/train/trainer.js';
import { smallNet } from './support/small-nets.js';

const la = embeddedLinearAlgebra();
const key = randomKey(0).child('advice');
const spec: NetworkSpec = { widths: [5, 6, 3], activation: 'tanh', bias: true, loss: 'cross-entropy' };
const net = smallNet(spec, 160);
const { samples } = net;
/** Some way down, where curvature is positive. */
const weights = (() => {
  const trainer = new Trainer({ spec, samples, learningRate: 0.3, batchSize: 160 });
  trainer.setWeights(net.weights);
  const order = Uint32Array.from({ length: 160 }, (_, k) => k);
  for (let t = 0; t < 300; t++) trainer.steps(order, 160);
  return trainer.weights();
})();
const w = Float64Array.from(weights);
const network = () => networkSurface({ spec, samples, lines: 'float64' });
const near = (a: number, b: number, tolerance: number) => expect(Math.abs(a / b - 1)).toBeLessThan(tolerance);

describe.each([0, 0.8])('with momentum %s', (momentum) => {
  const setting = { learningRate: 0.1, momentum, batchSize: 12, sampling: 'replaced' as const };
  const state = measureState({ la, spec, samples, weights, setting, directions: 8, seed: 0, report: () => {} });
  const truth = { noise: factsOf(state.noise)!, curvature: factsOf(state.curvature)! };

  it('ceilings and noise are as the kernels measure them', async () => {
    const found = await measureAdvice(network(), w, { la, key, setting, directions: 8 });
    near(found.loss, state.loss, 1e-6);
    const [c, n] = [factsOf(found.curvature)!, factsOf(found.noise)!];
    expect(c.curvatures.length).toBe(truth.curvature.curvatures.length);
    expect(c.hardSamples).toBe(truth.curvature.hardSamples);
    near(c.top.value, truth.curvature.top.value, 1e-6);
    near(c.edge.value, truth.curvature.edge.value, 1e-6);
    near(c.relativeVariance.value, truth.curvature.relativeVariance.value, 1e-4);
    near(c.alongTop, truth.curvature.alongTop, 1e-4);
    near(c.eigenvectorsOnly, truth.curvature.eigenvectorsOnly, 1e-4);
    near(c.ceiling.value, truth.curvature.ceiling.value, 1e-4);
    near(c.ceiling.standardError, truth.curvature.ceiling.standardError, 1e-3);
    expect(c.line.map((x) => x.batchSize)).toEqual(truth.curvature.line.map((x) => x.batchSize));
    c.line.forEach((x, i) => {
      near(x.ceiling.value, truth.curvature.line[i].ceiling.value, 1e-4);
    });
    near(n.squaredGradient, truth.noise.squaredGradient, 1e-6);
    near(n.trace.value, truth.noise.trace.value, 1e-8);
    near(n.trace.standardError, truth.noise.trace.standardError, 1e-6);
    near(n.carriers, truth.noise.carriers, 1e-8);
    near(n.ofSet, truth.noise.ofSet, 1e-6);
    near(n.curvedGradient, truth.noise.curvedGradient, 1e-4);
    const apart = Math.abs(n.weighted.value - truth.noise.weighted.value);
    expect(apart).toBeLessThan(4 * Math.hypot(n.weighted.standardError, truth.noise.weighted.standardError));
    expect(Math.abs(n.twoBatches.trace.value - n.trace.value)).toBeLessThan(4 * n.twoBatches.trace.standardError);
    expect(n.twoBatches.sizes).toEqual([5, 80]);
  });
});

it('over a part of the samples it has the same within errors', async () => {
  const setting = { learningRate: 0.1, momentum: 0, batchSize: 12, sampling: 'shuffled' as const };
  const all = factsOf((await measureAdvice(network(), w, { la, key, setting, directions: 6 })).curvature)!;
  const asked: number[] = [];
  const surface = network();
  const counted = completed({
    ...surface,
    projectedSampleGradients: (at, block, v, subset, o) => {
      asked.push(subset?.samples.length ?? samples.count);
      return surface.projectedSampleGradients(at, block, v, subset, o);
    },
  });
  const part = factsOf((await measureAdvice(counted, w, { la, key, setting, directions: 6, samples: 100 })).curvature)!;
  expect(Math.max(...asked)).toBe(100);
  expect(part.ceiling.value).not.toBe(all.ceiling.value);
  const errors = Math.hypot(part.ceiling.standardError, all.ceiling.standardError);
  expect(Math.abs(part.ceiling.value - all.ceiling.value)).toBeLessThan(4 * errors);
  // batches are still drawn from all samples
  expect(part.line.at(-1)!.batchSize).toBe(samples.count);
});

describe('curvature sample by sample', () => {
  const passes = smallNet(spec, 90).passes;
  const few = networkSurface({ spec, samples: passes.samples, lines: 'float64' });
  const at = Float64Array.from(passes.weights);
  const block = wholeBlock(few.parameters);
  const s = randomKey(4).stream();
  const directions = orthonormal([0, 1, 2].map(() => Float64Array.from(at, () => s.normal())));
  const rows = matrix(3, at.length, Float64Array.from(directions.flatMap((u) => Array.from(u))));

  it('of every pair of directions is that of exact derivatives', async () => {
    const exact = sampleCurvature(passes, directions);
    const order = Uint32Array.of(7, 3, 50);
    for (const subset of [undefined, { samples: order, strata: [{ count: 3, of: 90 }] }]) {
      const found = await surfaceSampleCurvature(few, at, block, rows, subset);
      expect([found.directions, found.pairs, found.samples]).toEqual([3, 6, subset ? 3 : 90]);
      for (let k = 0; k < found.samples; k++)
        for (let p = 0; p < 6; p++)
          expect(found.values[6 * k + p]).toBeCloseTo(exact.values[6 * (subset ? order[k] : k) + p], 7);
    }
  });

  it('finds the same hard samples', async () => {
    const exact = hardSampleDirections(passes, 4);
    const found = await surfaceHardSamples(few, at, block, 4);
    expect(found.length).toBe(4);
    found.forEach((u, i) => {
      expect(dot(u, exact[i])).toBeCloseTo(1, 9);
    });
  });
});

it('two sizes of batches of different samples: exact for the average over all of them', () => {
  // five samples on a line; E|G_B|² over all subsets of B, written out
  const g = [0.3, -1, 2, 0.7, 0.1];
  const subsets = (size: number) =>
    Array.from({ length: 32 }, (_, bits) => g.filter((_, k) => (bits >> k) & 1))
      .filter((own) => own.length === size)
      .map((own) => (own.reduce((a, b) => a + b, 0) / size) ** 2);
  const mean = g.reduce((a, b) => a + b, 0) / 5;
  const variance = g.reduce((a, b) => a + (b - mean) ** 2, 0) / 5;
  const two = twoBatchNoise({ of: 5, smallSize: 2, small: subsets(2), bigSize: 3, big: subsets(3) });
  expect(two.squaredGradient.value).toBeCloseTo(mean ** 2, 12);
  expect(two.trace.value).toBeCloseTo(variance, 12);
  expect(two.trace.method).toContain('batches of 2 and 10 of 3, of different samples among 5');
  expect(() => twoBatchNoise({ of: 5, smallSize: 2, small: [1, 1, 1, 1], bigSize: 5, big: [1, 1, 1, 1] })).toThrow(
    'below the 5 samples',
  );
});

it('refuses a model without single samples, too few of them, and a loss that is not finite', async () => {
  const setting = { learningRate: 0.1, momentum: 0, batchSize: 12, sampling: 'replaced' as const };
  const options = { la, key, setting };
  const surface = network();
  const closed = completed({
    name: 'whole',
    size: w.length,
    samples: 160,
    precision: 'float64',
    subsets: false,
    gradient: (at) => surface.gradient(at),
  });
  await expect(measureAdvice(closed, w, options)).rejects.toMatchObject({
    code: 'not-offered',
    message: expect.stringMatching(/whole gives them over all samples alone\.$/),
  });
  await expect(measureAdvice(surface, w, { ...options, samples: 20 })).rejects.toMatchObject({
    code: 'too-few-samples',
  });
  const far = w.map(() => Number.POSITIVE_INFINITY);
  await expect(measureAdvice(surface, far, options)).rejects.toMatchObject({ code: 'no-advice' });
});
