/** Directions of hard samples, against their definition with naive gradients. */
import { describe, expect, it } from 'vitest';
import { hardSampleDirections } from '../src/analyse/curvature/hard-samples.js';
import type { Samples } from '../src/data/dataset.js';
import type { NetworkSpec } from '../src/model/network.js';
import { NetworkPasses } from '../src/surface/network/passes.js';
import { gradient } from './support/naive-network.js';
import { SPECS, smallNet } from './support/small-nets.js';

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((s, v, i) => s + v * b[i], 0);
const unit = (g: Float64Array) => g.map((x) => x / Math.sqrt(dot(g, g)));

describe.each(SPECS.filter(([, s]) => s.activation !== 'relu'))('%s', (_, spec) => {
  const { passes, weights, list } = smallNet(spec, 30);

  it('are the gradients with the largest Σ_j (uᵀH_j u)², none within a cosine of 0.9 of one before', () => {
    const gradients = list.map((s) => unit(gradient(spec, weights, [s])));
    const h = 1e-4;
    const curvature = (u: Float64Array, s: (typeof list)[number]) => {
      const at = (x: number) => dot(gradient(spec, Float64Array.from(weights, (w, i) => w + x * u[i]), [s]), u); // biome-ignore format: short
      return (at(h) - at(-h)) / (2 * h);
    };
    const scores = gradients.map((u) => list.reduce((sum, s) => sum + curvature(u, s) ** 2, 0));
    const expected: Float64Array[] = [];
    for (const k of [...scores.keys()].sort((a, b) => scores[b] - scores[a]))
      if (expected.length < 4 && expected.every((u) => Math.abs(dot(u, gradients[k])) < 0.9))
        expected.push(gradients[k]);
    const found = hardSampleDirections(passes, 4);
    expect(found).toHaveLength(4);
    found.forEach((u, k) => {
      expect(dot(u, expected[k])).toBeCloseTo(1, 7);
    });
    expect(hardSampleDirections(passes, 2).map((u) => dot(u, u).toFixed(9))).toEqual(['1.000000000', '1.000000000']);
  });
});

describe('a linear network, whose samples have gradients r x and Hessians x xᵀ', () => {
  const spec: NetworkSpec = { widths: [3, 1], activation: 'identity', bias: false, loss: 'squared-error' };
  const weights = new Float32Array(3);
  const passes = (rows: readonly { x: readonly number[]; target: number }[]) => {
    const values = Float32Array.from(rows.flatMap((r) => r.x));
    const targets = Float32Array.from(rows, (r) => r.target);
    const samples: Samples = { count: rows.length, size: 3, values, divisor: 1, targets };
    return new NetworkPasses({ spec, weights, samples });
  };
  const directions = (p: NetworkPasses, count: number) =>
    hardSampleDirections(p, count).map((u) => [...u].map((v) => Math.abs(Math.round(v * 1e6) / 1e6)));

  it('only the 256 of largest gradient are looked at', () => {
    // 257 samples with gradients of size 2 or more, and one steep sample whose gradient is smaller
    const many = Array.from({ length: 257 }, (_, k) => ({
      x: [k < 200 ? 1 : 0, k < 200 ? 0 : 1, 0],
      target: 2 + k / 1e3,
    }));
    const steep = { x: [0, 0, 50], target: 1e-3 };
    expect(directions(passes([...many, steep]), 3)).toEqual([[1, 0, 0], [0, 1, 0]]); // biome-ignore format: short
    expect(directions(passes([...many.slice(0, 255), steep]), 3)).toEqual([[0, 0, 1], [1, 0, 0], [0, 1, 0]]); // biome-ignore format: short
  });

  it('fewer where fewer differ, none without a gradient', () => {
    const along = (angle: number) => ({ x: [Math.cos(angle), Math.sin(angle), 0], target: 1 });
    // cosines of 0.92 and 0.88 with the first
    expect(directions(passes([along(0), along(0), along(0.4)]), 3)).toHaveLength(1);
    expect(directions(passes([along(0), along(0), along(0.5)]), 3)).toHaveLength(2);
    expect(directions(passes([{ x: [1, 2, 3], target: 0 }]), 3)).toEqual([]);
  });
});
