/** The random landscape of minibatches on any surface: against a network's kernels, and against samples in plain loops. */
import { describe, expect, it } from 'vitest';
import { randomLandscape } from '../src/analyse/landscape/landscape.js';
import { surfaceLandscape } from '../src/analyse/landscape/surface-landscape.js';
import type { NetworkSpec } from '../src/model/network.js';
import { fromRows } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { blockNamed, wholeBlock } from '../src/surface/blocks.js';
import { networkSurface } from '../src/surface/network/surface.js';
import { orthonormalAxes, quadraticSurface } from './support/sample-surfaces.js';
import { smallNet } from './support/small-nets.js';

/** Equal to nine digits; where one is undefined, so is the other. */
const same = (a: number, b: number) => (Number.isNaN(b) ? expect(a).toBeNaN() : expect(a / b).toBeCloseTo(1, 9));

describe('the random landscape of a surface', () => {
  it('is that of the kernels where the surface is a network', async () => {
    const spec: NetworkSpec = { widths: [6, 5, 4, 3], activation: 'tanh', bias: true, loss: 'cross-entropy' };
    const { passes, samples, weights } = smallNet(spec, 60);
    const surface = networkSurface({ spec, samples });
    const block = blockNamed(surface.parameters, 'layer2.weight');
    const directions = fromRows(
      orthonormalAxes(block.size, 7)
        .slice(0, 3)
        .map((p) => Array.from(p)),
    );
    const order = Uint32Array.from(randomKey(4).stream().permutation(60));
    const options = { order, batchSize: 8, floor: 0.05 };
    const kernels = randomLandscape(passes, { layer: 'layer2', directions, ...options });
    const shares: number[] = [];
    const found = await surfaceLandscape(surface, Float64Array.from(weights), block, directions, {
      ...options,
      onProgress: (share) => shares.push(share),
    });
    expect([found.batches, found.batchSize, shares.length]).toEqual([7, 8, 7]);
    expect(found.loss).toBeCloseTo(kernels.loss, 12);
    for (let e = 0; e < 9; e++) {
      expect(found.meanCurvature.data[e]).toBeCloseTo(kernels.meanCurvature.data[e], 11);
      expect(found.crossSpread.data[e]).toBeCloseTo(kernels.crossSpread.data[e], 11);
    }
    found.directions.forEach((d, i) => {
      const own = kernels.directions[i];
      expect(d.dropped).toBe(own.dropped);
      for (const part of ['curvature', 'curvatureSpread', 'minimum', 'minimumSpread'] as const) {
        same(d[part].value, own[part].value);
        same(d[part].standardError, own[part].standardError);
      }
      same(d.noise.full, own.noise.full);
      same(d.noise.measured.value, own.noise.measured.value);
    });
    const away = [0.1, -0.2, 0.3];
    const [a, b] = [found.fullNoise(away), kernels.fullNoise(away)];
    for (let i = 0; i < 3; i++) same(a[i], b[i]);
  });

  it('has the minima of the batches of a quadratic at −b/(h L0), one batch after the other', async () => {
    const values = [4, 1];
    const { surface, axes, b } = quadraticSurface(values, { samples: 40, loss: 0.5, noise: 0.3, seed: 2 });
    const order = Uint32Array.from({ length: 43 }, (_, i) => i % 40);
    const found = await surfaceLandscape(
      surface,
      new Float64Array(2),
      wholeBlock(surface.parameters),
      fromRows(axes.map((p) => Array.from(p))),
      { order, batchSize: 10 },
    );
    expect(found.batches).toBe(4);
    values.forEach((h, i) => {
      const along = axes[i];
      const minima = [0, 1, 2, 3].map((batch) => {
        let slope = 0;
        for (let k = 10 * batch; k < 10 * batch + 10; k++) slope += (along[0] * b[0][k] + along[1] * b[1][k]) / 10;
        return -slope / h;
      });
      const mean = minima.reduce((s, x) => s + x / 4, 0);
      const spread = Math.sqrt(minima.reduce((s, x) => s + (x - mean) ** 2 / 3, 0));
      expect(found.directions[i].minimum.value).toBeCloseTo(mean, 12);
      expect(found.directions[i].minimumSpread.value).toBeCloseTo(spread, 12);
      expect(found.directions[i].curvature.value).toBeCloseTo(h / found.loss, 12);
    });
  });

  it('refuses too few batches, a batch that names a sample twice, and a loss of 0', async () => {
    const { surface, axes } = quadraticSurface([2, 1], { samples: 12, loss: 0.5 });
    const at = (order: number[], of = surface) =>
      surfaceLandscape(of, new Float64Array(2), wholeBlock(of.parameters), fromRows(axes.map((p) => Array.from(p))), {
        order: Uint32Array.from(order),
        batchSize: 3,
      });
    await expect(at([0, 1, 2, 3, 4, 5, 6, 7])).rejects.toThrow(/at least 3 of them; 8 samples make 2 of 3/);
    const nil = quadraticSurface([2, 1], { samples: 12, loss: 0, noise: 0 }).surface;
    await expect(at([0, 1, 2, 3, 4, 5, 6, 7, 8], nil)).rejects.toThrow(/in units of the loss, which is 0/);
    const spec: NetworkSpec = { widths: [3, 2], activation: 'relu', bias: false, loss: 'cross-entropy' };
    const { samples, weights } = smallNet(spec, 12);
    const network = networkSurface({ spec, samples });
    await expect(
      surfaceLandscape(
        network,
        Float64Array.from(weights),
        wholeBlock(network.parameters),
        fromRows([[1, 0, 0, 0, 0, 0]]),
        {
          order: Uint32Array.of(0, 1, 1, 2, 3, 4, 5, 6, 7),
          batchSize: 3,
        },
      ),
    ).rejects.toThrow(/none twice/);
  });
});
