/** The confidence of outputs on any surface: that of a network by its kernels, and what is refused. */
import { expect, it } from 'vitest';
import { confidence } from '../src/analyse/landscape/confidence.js';
import { surfaceConfidence } from '../src/analyse/landscape/surface-confidence.js';
import { layerBlocks } from '../src/analyse/landscape/surface-solution.js';
import type { NetworkSpec } from '../src/model/network.js';
import { randomKey } from '../src/numeric/random.js';
import { networkSurface } from '../src/surface/network/surface.js';
import { softmaxSurface } from './support/sample-surfaces.js';
import { smallNet } from './support/small-nets.js';

const spec: NetworkSpec = { widths: [6, 7, 4], activation: 'relu', bias: true, loss: 'cross-entropy' };
const { passes, samples, weights } = smallNet(spec, 60);
const surface = networkSurface({ spec, samples });
const w = Float64Array.from(weights);
const key = randomKey(5);

it('is that of the kernels: outputs to rounding, traces within their errors', async () => {
  const layers = layerBlocks(surface.parameters);
  const kernels = confidence(passes, 0.4);
  const found = await surfaceConfidence(surface, w, 0.4, { key, layers, probes: 400 });
  expect(found.spread.value).toBeCloseTo(kernels.spread.value, 10);
  for (const which of ['best', 'equal'] as const) {
    const [a, b] = [found[which], kernels[which]];
    expect(Number.isFinite(b.temperature)).toBe(true);
    for (const name of ['temperature', 'loss', 'spread'] as const) expect(a[name] / b[name]).toBeCloseTo(1, 7);
    expect(Math.abs(a.trace.value - b.trace.value)).toBeLessThan(4 * a.trace.standardError);
    expect(a.trace.standardError).toBeLessThan(0.1 * b.trace.value);
    // the layer that makes the logits is small enough for its diagonal, so that its trace has no error
    expect(a.layers[1] / b.layers[1]).toBeCloseTo(1, 5);
  }
  expect(found.equal.spread).toBeCloseTo(0.4, 9);
});

it('refuses a surface without logits, and a layer that does not make them', async () => {
  const layers = layerBlocks(surface.parameters);
  await expect(surfaceConfidence(surface, w, 0.4, { key, layers: layers.slice(0, 1) })).rejects.toThrow(
    /not proportional to the weights of 'layer1'/,
  );
  const { surface: none, w: at } = softmaxSurface();
  await expect(surfaceConfidence(none, at, 0.4, { key, layers: layerBlocks(none.parameters) })).rejects.toThrow(
    /needs the logits .* cross-entropy/,
  );
});
