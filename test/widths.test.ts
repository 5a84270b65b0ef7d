/** Widths of an exact parabola: a linear network of two weights, whose loss is L0 + ½ a |w − w*|² in both of them. */
import { describe, expect, it } from 'vitest';
import { FlatnessMeter } from '../src/analyse/landscape/flatness.js';
import { WholeLine } from '../src/analyse/landscape/whole-width.js';
import type { Samples } from '../src/data/dataset.js';
import type { NetworkSpec } from '../src/model/network.js';
import { NetworkPasses } from '../src/surface/network/passes.js';
import { sampleLoss } from './support/naive-network.js';

const spec: NetworkSpec = { widths: [2, 1], activation: 'identity', bias: false, loss: 'squared-error' };
const best = [3, -4];

/** Four samples with which the loss at w* is `spread`²-fold and its curvature the same for all spreads. */
function parabola(spread: number) {
  const values = Float32Array.of(1, 0, 1, 0, 0, 1, 0, 1);
  const targets = Float32Array.of(3 + spread, 3 - spread, -4 + spread, -4 - spread);
  const samples: Samples = { count: 4, size: 2, values, divisor: 1, targets };
  const loss = (w: readonly number[]) => {
    const one = (k: number) =>
      sampleLoss(spec, Float64Array.from(w), {
        x: values.subarray(2 * k, 2 * k + 2),
        label: 0,
        target: targets.subarray(k, k + 1),
      });
    return (one(0) + one(1) + one(2) + one(3)) / 4;
  };
  const L0 = loss(best);
  const a = 2 * (loss([4, -4]) - L0);
  return { samples, L0, a, half: (factor: number) => Math.sqrt((2 * (factor - 1) * L0) / a) };
}

/** With this spread the loss is e times its minimum at `reach` norms of w*. */
const spreadFor = (reach: number) => (reach * 5) / parabola(1).half(Math.E);

describe('of one layer', () => {
  const meter = (spread: number, w = best, options: { reach?: number; factor?: number } = {}) =>
    new FlatnessMeter({ spec, samples: parabola(spread).samples, weights: Float32Array.from(w), layer: 'layer1', ...options }); // biome-ignore format: short

  it('2√(2(e−1)L0/a), to both sides alike', () => {
    const { half, a } = parabola(2);
    const found = meter(2).measure([1, 0], 3, 0.5);
    expect(found.flatness! / (2 * half(Math.E))).toBeCloseTo(1, 4);
    expect(found.quadraticRatio).toBeCloseTo(1, 4);
    expect(found.curvature).toBeCloseTo(a, 4);
    expect([found.slope, found.asymmetry].map(Math.abs).every((v) => v < 1e-3)).toBe(true);
    expect(found.evaluations).toBeGreaterThan(3);
    const wide = meter(2, best, { factor: 4 }).measure([0, 1], 3, 0.5);
    expect(wide.flatness! / (2 * half(4))).toBeCloseTo(1, 4);
    expect(wide.quadraticRatio).toBeCloseTo(1, 4);
  });

  it('beside the minimum the nearer side is the one behind', () => {
    const { L0, a } = parabola(2);
    const d = 0.5;
    const found = meter(2, [3 + d, -4]).measure([1, 0], 1, 1);
    // e·(L0 + ½ a d²) is reached at distance R from the minimum
    const R = Math.sqrt((2 * (Math.E * (L0 + 0.5 * a * d * d) - L0)) / a);
    expect(found.left! / -(R + d)).toBeCloseTo(1, 4);
    expect(found.right! / (R - d)).toBeCloseTo(1, 4);
    expect(found.asymmetry).toBeCloseTo(-d / R, 3);
    expect(found.slope).toBeCloseTo(a * d, 4);
  });

  it('is open beyond ten norms of the layer’s weights, or as many as asked for', () => {
    expect(meter(spreadFor(9)).measure([1, 0], 1, 1).open).toBe(null);
    const open = meter(spreadFor(11)).measure([1, 0], 1, 1);
    expect(open).toMatchObject({ left: null, right: null, flatness: null, open: 'both' });
    expect([open.quadraticRatio, open.asymmetry]).toEqual([Number.NaN, Number.NaN]);
    expect(meter(spreadFor(11), best, { reach: 12 }).measure([1, 0], 1, 1).open).toBe(null);
    expect(meter(spreadFor(4), best, { reach: 3 }).measure([1, 0], 1, 1).open).toBe('both');
    // two beyond the minimum: the sides are 18.3 and 22.3 away, three norms of the weights 19.2
    expect(meter(spreadFor(4), [5, -4], { reach: 3 }).measure([1, 0], 1, 1).open).toBe('left');
    expect(meter(spreadFor(4), [5, -4], { reach: 3 }).measure([-1, 0], 1, 1).open).toBe('right');
  });

  it('a profile spans one and a half times the valley, or the reach where it is open', () => {
    const { L0, a, half } = parabola(2);
    const { displacement, loss, index } = meter(2).profile([1, 0], 7, 13);
    expect([index, displacement.length, loss.length]).toEqual([7, 13, 13]);
    displacement.forEach((x, k) => {
      expect(x / half(Math.E)).toBeCloseTo(1.5 * (k / 6 - 1), 3);
      expect(loss[k] / (L0 + 0.5 * a * x * x)).toBeCloseTo(1, 4);
    });
    const open = meter(spreadFor(4), best, { reach: 3 }).profile([1, 0], 7);
    expect([open.displacement[0], open.displacement.at(-1), open.displacement.length]).toEqual([
      expect.closeTo(-1.5 * 15, 4),
      expect.closeTo(1.5 * 15, 4),
      121,
    ]);
    const side = meter(spreadFor(4), [5, -4], { reach: 3 });
    const right = side.measure([1, 0], 1, 1).right!;
    const { displacement: x } = side.profile([1, 0], 1, 3);
    expect([x[0] / right, x[2] / right]).toEqual([expect.closeTo(-1.5, 6), expect.closeTo(1.5, 6)]);
  });
});

describe('of the whole network', () => {
  const width = (spread: number, options: { reach?: number; factor?: number } = {}, direction = [1, 0]) => {
    const { samples, a } = parabola(spread);
    const line = new WholeLine(new NetworkPasses({ spec, weights: Float32Array.from(best), samples }));
    return line.width(Float64Array.from(direction), 0, a, options);
  };

  it('2√(2(factor−1)L0/a)', () => {
    for (const factor of [undefined, 3]) {
      const found = width(2, factor ? { factor } : {}, [0.6, 0.8]);
      const half = parabola(2).half(factor ?? Math.E);
      expect(found.flatness! / (2 * half)).toBeCloseTo(1, 2);
      expect(found.left! / -half).toBeCloseTo(1, 2);
      expect(found.right! / half).toBeCloseTo(1, 2);
      expect(found.quadraticRatio).toBeCloseTo(1, 2);
    }
  });

  it('is open beyond three norms of all weights, or as many as asked for', () => {
    expect(width(spreadFor(2.8)).flatness).not.toBe(null);
    expect(width(spreadFor(3.2))).toEqual({ flatness: null, left: null, right: null, quadraticRatio: Number.NaN });
    expect(width(spreadFor(3.2), { reach: 4 }).flatness).not.toBe(null);
  });
});
