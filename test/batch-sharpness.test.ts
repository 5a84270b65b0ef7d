/** Batch sharpness against naive gradients and differences of every possible batch. */
import { describe, expect, it } from 'vitest';
import { batchSharpness } from '../src/analyse/noise/batch-sharpness.js';
import { dot } from '../src/numeric/operators/lanczos.js';
import { randomKey } from '../src/numeric/random.js';
import { gradient, type Sample } from './support/naive-network.js';
import { differenceHessian, SPECS, smallNet } from './support/small-nets.js';

const key = randomKey(3);
/** |g|² and gᵀHg of one batch, by naive loops. */
function naive(spec: (typeof SPECS)[number][1], weights: Float32Array, batch: readonly Sample[]) {
  const g = Float64Array.from(gradient(spec, weights, batch));
  const h = differenceHessian(spec, weights, batch);
  return { squared: dot(g, g), form: h.reduce((s, row, i) => s + g[i] * dot(Float64Array.from(row), g), 0) };
}

describe('batch sharpness', () => {
  it.each(SPECS)('of the whole set is |g|²/gᵀHg, without error: %s', (_, spec) => {
    const { samples, weights, list } = smallNet(spec, 7);
    const { squared, form } = naive(spec, weights, list);
    const found = batchSharpness({ spec, weights, samples, batchSize: 7, batches: 3, key });
    expect(found.squared / squared).toBeCloseTo(1, 9);
    expect(found.curved / form).toBeCloseTo(1, 6);
    expect(found.ratio.value / (squared / form)).toBeCloseTo(1, 6);
    expect(found.ratio.standardError).toBeLessThan(1e-9 * Math.abs(found.ratio.value));
  });

  it('of pairs out of five samples is the ratio of the means over all ten pairs', () => {
    const [, spec] = SPECS[1];
    const { samples, weights, list } = smallNet(spec, 5);
    const pairs = list.flatMap((a, i) => list.slice(i + 1).map((b) => naive(spec, weights, [a, b])));
    expect(pairs).toHaveLength(10);
    const mean = (of: (p: (typeof pairs)[number]) => number) => pairs.reduce((s, p) => s + of(p) / 10, 0);
    const exact = mean((p) => p.squared) / mean((p) => p.form);
    // far from the mean of ratios, and from the whole set
    const ofRatios = mean((p) => p.squared / p.form);
    const { ratio, squared } = batchSharpness({ spec, weights, samples, batchSize: 2, batches: 600, key });
    expect(ratio.converged).toBe(true);
    expect(ratio.n).toBe(600);
    expect(Math.abs(ratio.value - exact)).toBeLessThan(3.5 * ratio.standardError);
    expect(Math.abs(ofRatios - exact)).toBeGreaterThan(7 * ratio.standardError);
    const scatter = Math.sqrt(mean((p) => (p.squared - exact * p.form) ** 2) / 600) / mean((p) => p.form);
    expect(ratio.standardError / scatter).toBeCloseTo(1, 0);
    expect(Math.abs(squared / mean((p) => p.squared) - 1)).toBeLessThan(0.15);
  });

  it('draws the same batches for the same key, and refuses what has no batches', () => {
    const [, spec] = SPECS[0];
    const { samples, weights } = smallNet(spec, 20);
    const ask = { spec, weights, samples, batchSize: 3, batches: 5, key };
    expect(batchSharpness(ask)).toEqual(batchSharpness(ask));
    expect(batchSharpness({ ...ask, key: key.child('other') }).squared).not.toBe(batchSharpness(ask).squared);
    expect(() => batchSharpness({ ...ask, batches: 1 })).toThrow(/needs at least two; got 1/);
    expect(() => batchSharpness({ ...ask, batchSize: 21 })).toThrow(/from 1 to the 20 samples; got 21/);
    expect(() => batchSharpness({ ...ask, batchSize: 0.5 })).toThrow(/from 1 to the 20 samples/);
  });
});
