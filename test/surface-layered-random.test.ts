/**
 * Networks of random layers, with residuals in residuals and ReLUs and dropouts in every place: slots share memory where they may,
 * and these networks find where they must not.
 */
import { expect, it } from 'vitest';
import { layeredOutputs } from '../src/model/layered/parameters.js';
import type { LayeredSpec, LayerSpec } from '../src/model/layered/spec.js';
import { matrix } from '../src/numeric/linalg/index.js';
import { randomKey, type Stream } from '../src/numeric/random.js';
import { moved, wholeBlock } from '../src/surface/blocks.js';
import { layeredSurface } from '../src/surface/layered/surface.js';
import { layeredNet } from './support/layered-nets.js';
import { naiveGradient } from './support/naive-layers.js';

/** Draws layers that keep the shape [channels, height, width]. */
function keeping(s: Stream, channels: number, depth: number): LayerSpec[] {
  return Array.from({ length: 1 + s.integer(3) }, (): LayerSpec => {
    const kinds: (() => LayerSpec)[] = [
      () => ({ type: 'relu' }),
      () => ({ type: 'relu' }),
      () => ({ type: 'tanh' }),
      () => ({ type: 'gelu' }),
      () => ({ type: 'dropout', rate: 0.3 }),
      () => ({ type: 'identity' }),
      () => ({ type: 'layer-norm' }),
      () => ({ type: 'batch-norm', mean: 0.1, variance: 0.8 }),
      () => ({ type: 'conv', channels, kernel: 3, padding: 1, bias: s.uniform() < 0.5 }),
      () => ({
        type: 'residual',
        layers: keeping(s, channels, depth + 1),
        ...(s.uniform() < 0.5 && { shortcut: keeping(s, channels, depth + 1) }),
      }),
    ];
    return kinds[s.integer(depth < 2 ? kinds.length : kinds.length - 1)]();
  });
}

function network(s: Stream): LayeredSpec {
  const shrinking: LayerSpec[] = [
    { type: 'max-pool', kernel: 2, stride: 1 + s.integer(2) },
    { type: 'average-pool', kernel: 2 },
    { type: 'conv', channels: 2, kernel: 2 },
  ];
  const layers: LayerSpec[] = [
    ...keeping(s, 1, 0),
    { type: 'conv', channels: 2, kernel: 3, padding: 1 },
    ...keeping(s, 2, 0),
    shrinking[s.integer(3)],
    ...keeping(s, 2, 0),
    ...(s.uniform() < 0.3 ? [{ type: 'global-average-pool' } as const] : []),
    { type: 'dense', outputs: 3 },
    ...(s.uniform() < 0.3 ? [{ type: 'relu' } as const] : []),
  ];
  return { input: [1, 4, 4], layers, loss: s.uniform() < 0.5 ? 'cross-entropy' : 'squared-error' };
}

it.each(Array.from({ length: process.env.CI === undefined ? 30 : 200 }, (_, i) => i))(
  'random network %i has the gradient of plain loops, and products that are its differences',
  async (i) => {
    const spec = network(randomKey(71).child(i).stream());
    const { samples, w, list } = layeredNet(spec, 5);
    const surface = layeredSurface({ spec, samples });
    const { gradient } = await surface.gradient(w);
    const naive = new Float64Array(w.length);
    for (const sample of list) {
      const own = naiveGradient(spec, w, sample);
      for (let j = 0; j < w.length; j++) naive[j] += own[j] / list.length;
    }
    const close = (got: Float64Array, expected: Float64Array, tolerance: number) => {
      const scale = expected.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-6);
      const worst = got.reduce((a, x, j) => Math.max(a, Math.abs(x - expected[j]) / scale), 0);
      expect(worst).toBeLessThan(tolerance);
    };
    close(gradient, naive, 1e-10);
    expect(layeredOutputs(spec)).toBe(3);
    const whole = wholeBlock(surface.parameters);
    const s = randomKey(72).child(i).stream();
    const v = Float64Array.from({ length: w.length }, () => s.normal());
    const h = 1e-6;
    const [up, down] = await Promise.all([h, -h].map((d) => surface.gradient(moved(w, whole, v, d))));
    const { data } = await surface.hessianVectors(w, whole, matrix(1, w.length, v));
    close(
      data,
      up.gradient.map((g, j) => (g - down.gradient[j]) / (2 * h)),
      1e-4,
    );
    // |g_k|² and g_k·v of one sample against its own gradient
    const one = naiveGradient(spec, w, list[3]);
    const subset = { samples: Uint32Array.of(3), strata: [{ count: 1, of: 5 }] };
    const norm = one.reduce((sum, x) => sum + x * x, 0);
    const slope = one.reduce((sum, x, j) => sum + x * v[j], 0);
    expect(Math.abs((await surface.squaredNorms(w, whole, subset))[0] - norm)).toBeLessThan(1e-10 * (norm + 1e-6));
    const [projected] = (await surface.projectedSampleGradients(w, whole, matrix(1, w.length, v), subset)).data;
    expect(Math.abs(projected - slope)).toBeLessThan(1e-9 * (Math.abs(slope) + 1e-3));
  },
);
