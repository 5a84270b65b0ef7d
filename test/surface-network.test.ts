/** The surface of a network gives what the functions beneath it give, to the same bits. */
import { describe, expect, it } from 'vitest';
import { gradientCovariance } from '../src/analyse/noise/noise.js';
import type { NetworkSpec } from '../src/model/network.js';
import { matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { blockNamed, wholeBlock } from '../src/surface/blocks.js';
import { LineLoss } from '../src/surface/network/line.js';
import { networkSurface } from '../src/surface/network/surface.js';
import { hessianVector } from '../src/surface/network/tangents.js';
import { smallNet } from './support/small-nets.js';

const spec: NetworkSpec = { widths: [9, 7, 6, 4], activation: 'tanh', bias: true, loss: 'cross-entropy' };
const { passes, samples, weights } = smallNet(spec, 1100);
const surface = networkSurface({ spec, samples });
const w = Float64Array.from(weights);
const second = blockNamed(surface.parameters, 'layer2.weight');
const random = (size: number) => {
  const s = randomKey(2).stream();
  return Float64Array.from({ length: size }, () => s.normal());
};

describe('the surface of a network', () => {
  it('names its parameters as the checkpoints do', () => {
    expect(surface.parameters.map((p) => `${p.name} ${p.shape.join('×')} at ${p.offset}`)).toEqual([
      'layer1.weight 7×9 at 0',
      'layer1.bias 7 at 63',
      'layer2.weight 6×7 at 70',
      'layer2.bias 6 at 112',
      'layer3.weight 4×6 at 118',
      'layer3.bias 4 at 142',
    ]);
  });

  it('has the gradient, the losses of samples and the products of the passes', async () => {
    expect(await surface.gradient(w)).toEqual(passes.gradient());
    expect(await surface.sampleLosses(w)).toEqual(passes.losses());
    const all = random(surface.size);
    const products = await surface.hessianVectors(w, wholeBlock(surface.parameters), matrix(1, surface.size, all));
    expect(products.data).toEqual(hessianVector(passes, all, 'exact'));
    const own = random(second.size);
    const inLayer = await surface.hessianVectors(w, second, matrix(1, second.size, own));
    expect(inLayer.data).toEqual(hessianVector(passes, own, 'exact', 'layer2'));
  });

  it('has the same after it was moved away and back, also where no states are kept', async () => {
    const away = w.map((x) => 0.5 * x);
    for (const bytes of [undefined, 0]) {
      const moving = networkSurface({ spec, samples, ...(bytes === 0 && { cacheBytes: 0 }) });
      const first = await moving.gradient(w);
      expect((await moving.gradient(away)).loss).not.toBe(first.loss);
      await moving.losses(w, [{ block: wholeBlock(surface.parameters), direction: away, displacements: [0.3, 1] }]);
      expect(await moving.gradient(w)).toEqual(first);
      expect(await moving.gradient(w)).toEqual(passes.gradient());
    }
  });

  it('has the losses of the kernel along lines in one layer, and of the float64 passes elsewhere', async () => {
    const direction = random(second.size);
    const displacements = [-0.2, 0, 0.01, 0.5];
    const line = new LineLoss({ spec, weights, samples, layer: 'layer2' });
    line.setDirection(direction);
    const whole = wholeBlock(surface.parameters);
    const flat = new Float64Array(surface.size);
    flat.set(direction, second.ranges[0].offset);
    const lines = [
      { block: whole, direction: flat, displacements },
      { block: second, direction, displacements },
    ];
    const [wide, own] = await surface.losses(w, lines);
    expect(Array.from(own.losses)).toEqual(line.losses(displacements));
    expect(wide.losses).not.toEqual(own.losses);
    wide.losses.forEach((x, i) => {
      expect(Math.abs(x / own.losses[i] - 1)).toBeLessThan(1e-6);
    });
    expect(wide.losses[1]).toBeCloseTo(passes.gradient().loss, 14);
    // weights that are no float32 numbers are not rounded
    const fine = w.map((x) => x * (1 + 1e-9));
    const [exact] = await surface.losses(fine, [{ block: second, direction, displacements: [0] }]);
    expect(exact.losses[0]).toBeCloseTo((await surface.gradient(fine)).loss, 14);
    expect(surface.precision).toBe('float32');
    expect(networkSurface({ spec, samples, lines: 'float64' }).precision).toBe('float64');
  });

  it('has the second moment of the covariance', async () => {
    const { covariance, mean } = gradientCovariance(passes, 'layer2');
    const moment = await surface.secondMoment(w, second);
    const p = second.size;
    let worst = 0;
    for (let i = 0; i < p; i++)
      for (let j = 0; j < p; j++)
        worst = Math.max(worst, Math.abs(moment.data[i * p + j] - mean[i] * mean[j] - covariance.data[i * p + j]));
    expect(worst).toBe(0);
  });

  it('refuses samples that do not fit before anything is asked', () => {
    expect(() => networkSurface({ spec: { ...spec, widths: [8, 4] }, samples })).toThrow('inputs');
  });
});
