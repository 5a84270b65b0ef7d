import { afterEach, describe, expect, it } from 'vitest';
import { nearestCrossings } from '../src/analyse/landscape/crossing.js';
import { FlatnessMeter } from '../src/analyse/landscape/flatness.js';
import type { Samples } from '../src/data/dataset.js';
import { forceKernelBuild, type KernelBuild } from '../src/kernels/load.js';
import { initialWeights, layerNamed, type NetworkSpec } from '../src/model/network.js';
import { randomKey } from '../src/numeric/random.js';
import { LineLoss } from '../src/surface/network/line.js';
import { sampleLoss } from './support/naive-network.js';

afterEach(() => forceKernelBuild(undefined));

const N = 83; // not a multiple of eight: the last block is partly empty

function makeSamples(size: number, outputs: number): Samples {
  const s = randomKey(21).stream();
  return {
    count: N,
    size,
    values: Float32Array.from({ length: N * size }, () => (s.uniform() < 0.5 ? 0 : s.normal())),
    divisor: 1,
    labels: Uint8Array.from({ length: N }, () => s.integer(outputs)),
    targets: Float32Array.from({ length: N * outputs }, () => s.normal()),
  };
}

/** Mean loss of the naive network with the layer moved by x along the direction. */
function naive(spec: NetworkSpec, data: Samples, weights: Float32Array, layer: string, direction: Float64Array) {
  const { weightOffset } = layerNamed(spec, layer);
  const outputs = spec.widths[spec.widths.length - 1];
  return (x: number) => {
    const w = Float64Array.from(weights);
    for (let i = 0; i < direction.length; i++) w[weightOffset + i] += x * direction[i];
    let sum = 0;
    for (let i = 0; i < data.count; i++) {
      sum += sampleLoss(spec, w, {
        x: data.values.subarray(i * data.size, (i + 1) * data.size),
        label: data.labels![i],
        target: data.targets!.subarray(i * outputs, (i + 1) * outputs),
      });
    }
    return sum / data.count;
  };
}

function unit(n: number, seed: number): Float64Array {
  const s = randomKey(seed).stream();
  const v = Float64Array.from({ length: n }, () => Math.fround(s.normal()));
  const norm = Math.hypot(...v);
  return v.map((x) => Math.fround(x / norm));
}

const specs: [string, NetworkSpec][] = [
  ['ReLU, cross-entropy', { widths: [9, 7, 6, 4], activation: 'relu', bias: false, loss: 'cross-entropy' }],
  ['tanh, biases, cross-entropy', { widths: [9, 12, 6, 11], activation: 'tanh', bias: true, loss: 'cross-entropy' }],
  ['tanh, biases, squared error', { widths: [9, 5, 8, 3], activation: 'tanh', bias: true, loss: 'squared-error' }],
  ['ReLU, squared error', { widths: [9, 11, 5, 2], activation: 'relu', bias: true, loss: 'squared-error' }],
  ['identity, cross-entropy', { widths: [9, 5, 5, 5], activation: 'identity', bias: false, loss: 'cross-entropy' }],
];
const cases = (['fma', 'simd'] as KernelBuild[]).flatMap((build) =>
  specs.flatMap(([name, spec]) => ['layer1', 'layer2', 'layer3'].map((layer) => ({ build, name, spec, layer }))),
);

describe('losses along a line', () => {
  it.each(cases)('$build, $name, $layer', ({ build, spec, layer }) => {
    forceKernelBuild(build);
    const data = makeSamples(9, spec.widths[3]);
    const weights = initialWeights(spec, randomKey(3)).map((w) => 2 * w);
    const block = layerNamed(spec, layer);
    const direction = unit(block.inputs * block.outputs, 8);
    const truth = naive(spec, data, weights, layer, direction);
    const line = new LineLoss({ spec, weights, samples: data, layer });
    expect(Math.abs(line.centreLoss / truth(0) - 1)).toBeLessThan(1e-6);
    line.setDirection(direction);
    const at = [-2.5, -0.75, 0, 0.125, 3];
    for (const [i, loss] of line.losses(at).entries()) expect(Math.abs(loss / truth(at[i]) - 1)).toBeLessThan(2e-6);
    // five-point differences of the float64 network: truncation h⁴, rounding 1e-16/h²; a ReLU's kink within h would spoil them
    const h = spec.activation === 'tanh' ? 1e-2 : 1e-4;
    const [a, b, c, d, e] = [-2, -1, 0, 1, 2].map((k) => truth(k * h));
    const slope = (a - 8 * b + 8 * d - e) / (12 * h);
    const curvature = (-a + 16 * b - 30 * c + 16 * d - e) / (12 * h * h);
    const found = line.derivatives();
    expect(Math.abs(found.slope - slope)).toBeLessThan(2e-6 * Math.max(1, Math.abs(slope)));
    expect(Math.abs(found.curvature - curvature)).toBeLessThan(1e-5 * Math.max(1, Math.abs(curvature)));
  });

  it('refuses a direction of another layer', () => {
    const spec = specs[0][1];
    const line = new LineLoss({
      spec,
      weights: initialWeights(spec, randomKey(3)),
      samples: makeSamples(9, 4),
      layer: 'layer2',
    });
    expect(() => line.setDirection(new Float64Array(5))).toThrow(/layer2 has 42 components; got 5/);
  });
});

describe('nearest crossings', () => {
  /** The crossings of a plain function of x, with derivatives at 0 supplied by hand. */
  const cross = (f: (x: number) => number, slope: number, curvature: number, factor = Math.E, cap = 1e4) =>
    nearestCrossings((xs) => xs.map(f), {
      centre: f(0),
      level: factor * f(0),
      slope,
      curvature,
      relativeTolerance: 1e-5,
      cap,
    });

  it.each([1e-8, 1e-3, 1, 1e3])('a parabola of width %d, to the relative tolerance', (width) => {
    const curvature = 1 / width ** 2;
    const { left, right } = cross((x) => 1 + 0.5 * curvature * x * x, 0, curvature);
    const truth = Math.sqrt(2 * (Math.E - 1)) * width; // [F3]
    expect(Math.abs(left! / truth - 1)).toBeLessThan(1e-5);
    expect(Math.abs(right! / truth - 1)).toBeLessThan(1e-5);
  });

  it('an exponential valley with a slope at its centre', () => {
    const f = (x: number) => Math.exp(0.3 * x + 2 * x * x);
    const { left, right } = cross(f, 0.3, 4 + 0.09);
    const root = Math.sqrt(0.09 + 8);
    expect(Math.abs(right! / ((-0.3 + root) / 4) - 1)).toBeLessThan(1e-5);
    expect(Math.abs(left! / ((0.3 + root) / 4) - 1)).toBeLessThan(1e-5);
  });

  it('the nearest of several crossings, not one that a far bracket would find', () => {
    // L/L0 crosses e at x = 1, falls below again at 1.5 and crosses once more at 4
    const f = (x: number) => {
      const a = Math.abs(x);
      return 1 + (Math.E - 1) * (a <= 1 ? a * a : 1 + 0.4 * (a - 1) * (a - 1.5) * (a - 4));
    };
    expect(f(1.25)).toBeGreaterThan(Math.E);
    expect(f(2)).toBeLessThan(Math.E);
    expect(f(5)).toBeGreaterThan(Math.E);
    const { left, right } = cross(f, 0, (2 * (Math.E - 1)) / 1.44);
    expect(Math.abs(right! - 1)).toBeLessThan(1e-5);
    expect(Math.abs(left! - 1)).toBeLessThan(1e-5);
  });

  it('an open side is open, whatever the other side is', () => {
    const { left, right } = cross((x) => (x > 0 ? 1 + x * x : Math.exp(x)), 1, 0, Math.E, 50);
    expect(left).toBeNull();
    expect(Math.abs(right! / Math.sqrt(Math.E - 1) - 1)).toBeLessThan(1e-5);
    expect(cross(() => 1, 0, 0)).toEqual({ left: null, right: null });
  });

  it('a wall of infinite loss is a crossing', () => {
    const { right } = cross((x) => (x > 0.7 ? Number.POSITIVE_INFINITY : 1 + x * x), 0, 2);
    expect(Math.abs(right! - 0.7)).toBeLessThan(1e-4);
  });
});

describe('flatness of a network', () => {
  const spec: NetworkSpec = { widths: [9, 7, 6, 4], activation: 'relu', bias: false, loss: 'cross-entropy' };
  const data = makeSamples(9, 4);
  const weights = initialWeights(spec, randomKey(3)).map((w) => 2 * w);

  it('equals the first crossings of a fine scan of the naive network', () => {
    const meter = new FlatnessMeter({ spec, weights, samples: data, layer: 'layer2' });
    for (const seed of [31, 32, 33, 34]) {
      const direction = unit(42, seed);
      const f = naive(spec, data, weights, 'layer2', direction);
      const level = Math.E * f(0);
      const norm = Math.hypot(...weights.subarray(63, 63 + 42));
      const first = (sign: number) => {
        let x = 0;
        while (f(sign * x) < level) if ((x += 0.02) > 10 * norm) return null;
        let [lo, hi] = [x - 0.02, x];
        while (hi - lo > 1e-9) {
          const mid = (lo + hi) / 2;
          if (f(sign * mid) < level) lo = mid;
          else hi = mid;
        }
        return lo;
      };
      const [left, right] = [first(-1), first(1)];
      const found = meter.measure(direction, 5, 0.25);
      const near = (a: number | null, b: number | null) => {
        if (a === null || b === null) expect(a).toBe(b);
        else expect(Math.abs(a - b)).toBeLessThan(2e-4 * b);
      };
      near(found.right, right);
      near(found.left === null ? null : -found.left, left);
      near(found.flatness, left === null || right === null ? null : left + right);
      expect(found.open).toBe(left === null ? (right === null ? 'both' : 'left') : right === null ? 'right' : null);
      expect(found).toMatchObject({ index: 5, variance: 0.25 });
    }
  });

  it('does not depend on what was measured before', () => {
    const [a, b] = [unit(42, 1), unit(42, 2)];
    const one = new FlatnessMeter({ spec, weights, samples: data, layer: 'layer2' });
    const two = new FlatnessMeter({ spec, weights, samples: data, layer: 'layer2' });
    one.measure(a, 1, 0);
    expect(one.measure(b, 2, 0)).toEqual(two.measure(b, 2, 0));
  });

  it('refuses a centre without loss', () => {
    const perfect: NetworkSpec = { widths: [9, 7, 6, 4], activation: 'identity', bias: false, loss: 'squared-error' };
    const zero = { ...data, targets: new Float32Array(N * 4) };
    expect(
      () => new FlatnessMeter({ spec: perfect, weights: new Float32Array(129), samples: zero, layer: 'layer2' }),
    ).toThrow(/no width/);
  });
});
