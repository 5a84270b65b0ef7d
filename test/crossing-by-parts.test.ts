/** Crossings that are searched on a part of the samples and corrected on all of them, against bisection and a float64 network. */
import { describe, expect, it } from 'vitest';
import { type Curve, crossingsByParts } from '../src/analyse/landscape/crossing-by-parts.js';
import { FlatnessMeter } from '../src/analyse/landscape/flatness.js';
import type { Samples } from '../src/data/dataset.js';
import { initialWeights, type NetworkSpec } from '../src/model/network.js';
import { randomKey } from '../src/numeric/random.js';
import { LineLoss } from '../src/surface/network/line.js';
import { sampleLoss } from './support/naive-network.js';

/** A curve with its derivatives at 0 by hand, which counts its evaluations. */
function counted(f: (x: number) => number, slope: number, curvature: number): Curve & { asked: number[] } {
  const asked: number[] = [];
  const evaluate = (x: readonly number[]) => {
    asked.push(...x);
    return x.map(f);
  };
  return { centre: f(0), slope, curvature, evaluate, asked };
}

/** The first point beyond 0 where f reaches the level, by small steps and bisection. */
function first(f: (x: number) => number, level: number, sign: number, step = 1e-3): number {
  let x = 0;
  while (f(sign * x) < level) x += step;
  let [lo, hi] = [x - step, x];
  for (let i = 0; i < 60; i++) {
    const middle = (lo + hi) / 2;
    if (f(sign * middle) < level) lo = middle;
    else hi = middle;
  }
  return lo;
}

const options = { factor: Math.E, relativeTolerance: 1e-4, cap: 1e3 };

describe('crossings by parts of the samples', () => {
  /** A valley with walls that rise as e^{bx}. */
  type Shape = readonly [number, number, number];
  const valley = (a: number, b: number, c: number) => (x: number) => 1 + a * x + b * x * x + c * (Math.cosh(3 * x) - 1);
  const curve = (a: number, b: number, c: number) => counted(valley(a, b, c), a, 2 * b + 9 * c);

  it.each<[string, Shape, Shape]>([
    ['of nearly the same curve', [0.1, 0.4, 0.02], [0.1, 0.41, 0.02]],
    ['two per cent off', [0.1, 0.4, 0.02], [0.08, 0.42, 0.022]],
    ['of another centre', [-0.2, 0.3, 0.05], [-0.2, 0.3, 0.06]],
    ['ten per cent off', [0.05, 0.5, 0.01], [0.05, 0.6, 0.01]],
  ])('%s', (_, whole, part) => {
    const f = valley(...whole);
    const all = curve(...whole);
    const found = crossingsByParts(all, [curve(...part)], options);
    expect(Math.abs(found.right! / first(f, Math.E * f(0), 1) - 1)).toBeLessThan(1e-5);
    expect(Math.abs(found.left! / first(f, Math.E * f(0), -1) - 1)).toBeLessThan(1e-5);
    // the last evaluation of each side is at its crossing
    const ends = [all.asked.findLast((x) => x < 0)!, all.asked.findLast((x) => x > 0)!];
    expect(Math.abs(-ends[0] / found.left! - 1)).toBeLessThan(2e-3);
    expect(Math.abs(ends[1] / found.right! - 1)).toBeLessThan(2e-3);
    expect(all.asked.length).toBeLessThanOrEqual(6);
  });

  it('takes two evaluations of all samples on each side where the subset is good', () => {
    const all = curve(0.1, 0.4, 0.02);
    crossingsByParts(all, [curve(0.1, 0.405, 0.0202)], options);
    expect(all.asked.length).toBe(4);
  });

  it('takes one on each side where a larger part has nearly the same crossings, and follows that part for it', () => {
    const all = curve(0.1, 0.4, 0.02);
    const [small, large] = [curve(0.08, 0.42, 0.022), curve(0.1, 0.40002, 0.02)];
    const found = crossingsByParts(all, [small, large], options);
    expect([all.asked.length, large.asked.length]).toEqual([2, expect.closeTo(4, -0.5)]);
    const f = valley(0.1, 0.4, 0.02);
    expect(Math.abs(found.right! / first(f, Math.E * f(0), 1) - 1)).toBeLessThan(1e-6);
    expect(Math.abs(found.left! / first(f, Math.E * f(0), -1) - 1)).toBeLessThan(1e-6);
  });

  it('searches all samples where the subset leads nowhere', () => {
    const f = valley(0.1, 0.4, 0.02);
    const truth = first(f, Math.E * f(0), 1);
    const lost: [string, Curve][] = [
      ['open', counted(() => 1, 0, 0)],
      ['not a number', counted((x) => (x === 0 ? 1 : Number.NaN), 0.1, 1)],
      ['a wall', counted((x) => (Math.abs(x) > 0.4 ? Number.POSITIVE_INFINITY : f(x)), 0.1, 0.98)],
      ['five times as wide', counted((x) => f(x / 5), 0.02, 0.98 / 25)],
      ['rough', counted((x) => f(x) + 1.2 * Math.sin(200 * x) ** 2, 0.1, 0.98)],
    ];
    for (const [name, part] of lost) {
      const { right } = crossingsByParts(curve(0.1, 0.4, 0.02), [part], options);
      expect(Math.abs(right! / truth - 1), name).toBeLessThan(1e-4);
    }
  });

  it('an open side stays open, whatever the subset says', () => {
    const open = (x: number) => (x < 0 ? Math.exp(x) : 1 + x + x * x);
    const found = crossingsByParts(counted(open, 1, 0.5), [curve(0.1, 0.4, 0.02)], { ...options, cap: 50 });
    expect(found.left).toBeNull();
    expect(Math.abs(found.right! / first(open, Math.E, 1) - 1)).toBeLessThan(1e-4);
  });
});

describe('a meter of many samples', () => {
  const N = 8203; // the last block of eight is not full
  const spec: NetworkSpec = { widths: [6, 7, 5, 3], activation: 'relu', bias: true, loss: 'cross-entropy' };
  const stream = randomKey(77).stream();
  const values = Float32Array.from({ length: N * 6 }, () => stream.normal());
  const weights = initialWeights(spec, randomKey(3)).map((w) => 9 * w);
  /** What a float64 network says of one input, and the same with a little noise: data that the weights have learned. */
  const lossOf = (own: NetworkSpec, w: Float64Array, i: number, label: number, target: Float32Array) =>
    sampleLoss(own, w, { x: values.subarray(6 * i, 6 * i + 6), label, target });
  const learned = Float64Array.from(weights);
  const labels = Uint8Array.from({ length: N }, (_, i) => {
    const losses = [0, 1, 2].map((j) => lossOf(spec, learned, i, j, new Float32Array(3)));
    return losses.indexOf(Math.min(...losses));
  });
  const squared: NetworkSpec = { ...spec, activation: 'tanh', loss: 'squared-error' };
  const targets = Float32Array.from({ length: N * 3 }, (_, k) => {
    const target = new Float32Array(3);
    const before = lossOf(squared, learned, Math.floor(k / 3), 0, target);
    target[k % 3] = 1;
    return before - lossOf(squared, learned, Math.floor(k / 3), 0, target) + 0.5 + 0.1 * stream.normal();
  });
  const samples: Samples = { count: N, size: 6, values, divisor: 1, labels, targets };
  const unit = (n: number, seed: number) => {
    const s = randomKey(seed).stream();
    const v = Array.from({ length: n }, () => s.normal());
    return Float64Array.from(v, (x) => x / Math.hypot(...v));
  };
  /** The mean loss of the float64 network with layer2's weights moved. */
  const naive = (own: NetworkSpec, direction: Float64Array, x: number) => {
    const w = Float64Array.from(weights);
    for (let i = 0; i < 35; i++) w[49 + i] += x * direction[i];
    let sum = 0;
    for (let i = 0; i < N; i++) sum += lossOf(own, w, i, labels[i], targets.subarray(3 * i, 3 * i + 3));
    return sum / N;
  };

  it.each([
    ['ReLU, cross-entropy', spec],
    ['tanh, squared error', squared],
  ])('%s: the loss reaches e times the centre’s within 1e-4 of the ends', (_, own) => {
    const meter = new FlatnessMeter({ spec: own, weights, samples, layer: 'layer2' });
    expect(meter.line.subsets.length).toBe(own === spec ? 2 : 1);
    for (const seed of [1, 2]) {
      const direction = unit(35, seed);
      const found = meter.measure(direction, 1, 1);
      const level = Math.E * naive(own, direction, 0);
      for (const end of [found.left!, found.right!]) {
        expect(naive(own, direction, end * (1 - 1e-4))).toBeLessThan(level);
        expect(naive(own, direction, end * (1 + 1e-4))).toBeGreaterThan(level);
      }
      expect(found.evaluations).toBeLessThanOrEqual(6);
    }
  });

  it('does not depend on what was measured before', () => {
    const make = () => new FlatnessMeter({ spec, weights, samples, layer: 'layer2' });
    const [one, two] = [make(), make()];
    one.measure(unit(35, 1), 1, 0);
    expect(one.measure(unit(35, 2), 2, 0)).toEqual(two.measure(unit(35, 2), 2, 0));
  });

  it('the order of the samples changes sums by their rounding alone, and the subset stands for all', () => {
    const [ordered, plain] = [true, false].map(
      (o) => new LineLoss({ spec, weights, samples, layer: 'layer2', ordered: o }),
    );
    expect(plain.subsets).toEqual([]);
    for (const line of [ordered, plain]) line.setDirection(unit(35, 4));
    const at = [-0.3, 0, 0.1, 0.5];
    const [losses, part] = [plain.losses(at), ordered.subsets[0].losses(at)];
    ordered.losses(at).forEach((loss, i) => {
      expect(Math.abs(loss / losses[i] - 1)).toBeLessThan(1e-12);
      // a tenth of the samples: some per cent, and not exactly all of them
      expect(Math.abs(part[i] / loss - 1)).toBeLessThan(0.1);
      expect(part[i]).not.toBe(loss);
    });
    const [a, b, c] = [ordered.derivatives(), plain.derivatives(), ordered.subsets[0].derivatives()];
    expect(a.slope / b.slope).toBeCloseTo(1, 11);
    expect(a.curvature / b.curvature).toBeCloseTo(1, 11);
    expect(Math.abs(c.curvature / a.curvature - 1)).toBeLessThan(0.1);
  });
});
