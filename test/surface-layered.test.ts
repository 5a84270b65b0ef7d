/** The surface of a network of layers: against PyTorch, against the surface of perceptrons, and what it needs. */
import { describe, expect, it } from 'vitest';
import { layeredOf } from '../src/model/layered/convert.js';
import { initialWeights, type NetworkSpec } from '../src/model/network.js';
import { matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { blockNamed, wholeBlock } from '../src/surface/blocks.js';
import { checkSurface } from '../src/surface/check.js';
import { layeredSurface } from '../src/surface/layered/surface.js';
import { networkSurface } from '../src/surface/network/surface.js';
import { LAYERED, layeredNet } from './support/layered-nets.js';
import { differenceFrom, directionOf, layeredCases, samplesOf, specOf, weightsOf } from './support/layered-oracle.js';
import { smallSamples } from './support/small-nets.js';

const close = (got: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number) => {
  expect(got.length).toBe(expected.length);
  const scale = Array.from(expected).reduce((a, b) => Math.max(a, Math.abs(b)), 1e-6);
  let worst = 0;
  for (let i = 0; i < got.length; i++) worst = Math.max(worst, Math.abs(got[i] - expected[i]) / scale);
  expect(worst).toBeLessThanOrEqual(tolerance);
};
describe.each(layeredCases.map((c) => [c.name, c] as const))('PyTorch: %s', (_, c) => {
  const surface = layeredSurface({ spec: specOf(c), samples: samplesOf(c) });
  const w = weightsOf(c);
  const whole = wholeBlock(surface.parameters);
  const v = matrix(1, surface.size, directionOf(c));

  it('gives the same losses, gradient, product with the Hessian and gradients of samples', async () => {
    const { loss, gradient } = await surface.gradient(w);
    close([loss], [c.lossValue], 1e-13);
    expect(differenceFrom(c.gradient, gradient, c)).toBeLessThan(1e-11);
    close(await surface.sampleLosses(w), c.sampleLosses, 1e-13);
    const product = await surface.hessianVectors(w, whole, v);
    expect(differenceFrom(c.hessianVector, product.data, c)).toBeLessThan(1e-10);
    close((await surface.projectedSampleGradients(w, whole, v)).data, c.sampleSlopes, 1e-11);
    close(await surface.squaredNorms(w, whole), c.sampleSquares, 1e-11);
    const fisher = await surface.fisher(w);
    close([fisher.reduce((a, b) => a + b, 0)], [c.sampleSquares.reduce((a, b) => a + b, 0) / c.samples], 1e-11);
  });
});

describe('a perceptron written as layers', () => {
  const spec: NetworkSpec = { widths: [9, 7, 6, 4], activation: 'tanh', bias: true, loss: 'cross-entropy' };
  const samples = smallSamples(70, 9, 4);
  const plain = networkSurface({ spec, samples, lines: 'float64' });
  const layered = layeredSurface({ spec: layeredOf(spec), samples });
  const w = Float64Array.from(initialWeights(spec, randomKey(3)).map((x) => 2 * x));

  it('has the numbers of the surface of perceptrons', async () => {
    expect(layered.parameters).toEqual(plain.parameters);
    const block = blockNamed(plain.parameters, 'layer2.weight');
    const s = randomKey(2).stream();
    const v = matrix(
      2,
      block.size,
      Float64Array.from({ length: 2 * block.size }, () => s.normal()),
    );
    const [a, b] = [await plain.gradient(w), await layered.gradient(w)];
    close([b.loss], [a.loss], 1e-13);
    close(b.gradient, a.gradient, 1e-12);
    const both = async (ask: (surface: typeof plain) => Promise<ArrayLike<number>>) =>
      close(await ask(layered), await ask(plain), 1e-12);
    await both(async (x) => (await x.hessianVectors(w, block, v)).data);
    await both((x) => x.sampleLosses(w));
    await both(async (x) => (await x.projectedSampleGradients(w, block, v)).data);
    await both(async (x) => (await x.secondMoment(w, block)).data);
    await both((x) => x.squaredNorms(w, block));
    await both((x) => x.fisher(w));
    const line = { block, direction: v.data.slice(0, block.size), displacements: [-0.3, 0, 0.2] };
    await both(async (x) => (await x.losses(w, [line]))[0].losses);
  });
});

describe('states', () => {
  const spec = LAYERED.residual;
  const { samples, w } = layeredNet(spec, 70);
  const s = randomKey(4).stream();

  it('are kept between products at one point, with the same bits', async () => {
    const [kept, anew] = [undefined, 0].map((cacheBytes) =>
      layeredSurface({ spec, samples, ...(cacheBytes !== undefined && { cacheBytes }) }),
    );
    const subset = { samples: Uint32Array.from({ length: 40 }, (_, k) => 69 - k), strata: [{ count: 40, of: 70 }] };
    const shares = {
      ...subset,
      strata: [
        { count: 30, of: 60 },
        { count: 10, of: 10 },
      ],
    };
    const other = w.map((x) => 0.9 * x);
    for (const pattern of ['*', 'conv2.*', 'dense1.weight']) {
      const block = blockNamed(kept.parameters, pattern);
      for (const [at, of] of [
        [w, undefined],
        [w, undefined],
        [w, subset],
        [w, shares],
        [other, shares],
        [w, undefined],
      ] as const) {
        const v = matrix(
          1,
          block.size,
          Float64Array.from({ length: block.size }, () => s.normal()),
        );
        const products = await Promise.all([kept, anew].map((x) => x.hessianVectors(at, block, v, of)));
        expect(products[0].data).toEqual(products[1].data);
      }
    }
  });
});

describe('checks of a surface', () => {
  it('find nothing', async () => {
    for (const lines of ['float64', 'float32'] as const) {
      const { samples, w } = layeredNet(LAYERED.perceptron, 40);
      const surface = layeredSurface({ spec: LAYERED.perceptron, samples, lines });
      const at = w.map(Math.fround);
      await expect(checkSurface(surface, at, { key: randomKey(1) })).resolves.toMatchObject({
        checks: expect.not.arrayContaining([expect.objectContaining({ verdict: 'failed' })]),
      });
    }
  });
});

describe('memory', () => {
  it('is kept by smaller blocks of samples, with the same numbers', async () => {
    const { samples, w } = layeredNet(LAYERED.convolutions, 40);
    const make = (programBytes?: number) =>
      layeredSurface({
        spec: LAYERED.convolutions,
        samples,
        ...(programBytes !== undefined && { programBytes }),
      });
    const [large, small] = await Promise.all([make(), make(100_000)].map((x) => x.gradient(w)));
    close(small.gradient, large.gradient, 1e-13);
    await expect(make(3000).gradient(w)).rejects.toMatchObject({
      code: 'too-large',
      message: expect.stringMatching(/^a pass through this network needs .* GiB for 2 samples/),
    });
  });
  it('is refused before anything is asked where samples do not fit', () => {
    const { samples } = layeredNet(LAYERED.convolutions, 5);
    expect(() => layeredSurface({ spec: LAYERED.residual, samples })).toThrow('inputs');
  });
});
