/** Surfaces with weight decay, and in other coordinates, in the battery and against what they are made for. */
import { describe, expect, it } from 'vitest';
import { curvaturesBySample } from '../src/analyse/curvature/by-sample.js';
import { initialWeights, type NetworkSpec } from '../src/model/network.js';
import { matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { blockNamed, parametersOf, wholeBlock } from '../src/surface/blocks.js';
import { checkSurface } from '../src/surface/check.js';
import { completed } from '../src/surface/completed.js';
import { withDecay } from '../src/surface/decay.js';
import { functionSurface } from '../src/surface/functions.js';
import { networkSurface } from '../src/surface/network/surface.js';
import { scaledSurface } from '../src/surface/scaled.js';
import { VERBS } from '../src/surface/surface.js';
import { gradient, type Sample, sampleLoss } from './support/naive-network.js';
import { smallSamples } from './support/small-nets.js';
import { type BatteryEntry, offersWith, surfaceBattery } from './support/surface-battery.js';

const spec: NetworkSpec = { widths: [4, 5, 3], activation: 'tanh', bias: true, loss: 'cross-entropy' };
const LAMBDA = 0.07;
const tolerances = { losses: 1e-12, gradient: 1e-11, products: 1e-7, samples: 1e-10 };

function network(): BatteryEntry {
  const [size, outputs, count] = [4, 3, 17];
  const samples = smallSamples(count, size, outputs);
  const list: Sample[] = Array.from({ length: count }, (_, k) => ({
    x: samples.values.subarray(k * size, (k + 1) * size),
    label: samples.labels![k],
    target: samples.targets!.subarray(k * outputs, (k + 1) * outputs),
  }));
  return {
    surface: networkSurface({ spec, samples, lines: 'float64' }),
    w: Float64Array.from(initialWeights(spec, randomKey(3)).map((x) => 2 * x)),
    loss: (w, k) => sampleLoss(spec, w, list[k]),
    gradient: (w, k) => gradient(spec, w, [list[k]]),
    outcomes: {
      count: outputs,
      loss: (w, k, label) => sampleLoss(spec, w, { ...list[k], label }),
      gradient: (w, k, label) => gradient(spec, w, [{ ...list[k], label }]),
    },
  };
}

/** What a surface offers whose loss is no longer the cross-entropy of a label. */
const PENALISED = offersWith(...VERBS.filter((v) => v !== 'logits' && v !== 'trueFisher'));

/** Adds decay to an entry by hand. */
function decayed(entry: BatteryEntry, rate: (i: number) => number): Pick<BatteryEntry, 'w' | 'loss' | 'gradient'> {
  return {
    w: entry.w,
    loss: (w, k) => w.reduce((sum, x, i) => sum + (rate(i) * x * x) / 2, entry.loss(w, k)),
    gradient: (w, k) => Array.from(entry.gradient(w, k), (g, i) => g + rate(i) * w[i]),
  };
}

surfaceBattery(
  'a network with weight decay',
  () => {
    const entry = network();
    return { ...decayed(entry, () => LAMBDA), surface: withDecay(entry.surface, LAMBDA) };
  },
  { tolerances, offers: PENALISED },
);
surfaceBattery(
  'a network whose matrices decay and whose biases do not',
  () => {
    const entry = network();
    const decays = (i: number) => (i < 20 || (i >= 25 && i < 40) ? LAMBDA : 0);
    return { ...decayed(entry, decays), surface: withDecay(entry.surface, LAMBDA, '*.weight') };
  },
  { tolerances, offers: PENALISED },
);

const bowl = () => ({
  size: 3,
  samples: 9,
  loss: (w: Float64Array, samples: Uint32Array) => samples.reduce((t, k) => t + sampleBowl(w, k), 0) / samples.length,
});
const sampleBowl = (w: ArrayLike<number>, k: number) =>
  (w[0] - 0.1 * k) ** 2 + w[0] * w[1] * k + Math.cosh(w[2] + 0.2 * k);
const bowlGradient = (w: ArrayLike<number>, k: number) => [
  2 * (w[0] - 0.1 * k) + w[1] * k,
  w[0] * k,
  Math.sinh(w[2] + 0.2 * k),
];
surfaceBattery(
  'a function that alone gives a loss, with weight decay of different strength',
  () => {
    const entry = { w: Float64Array.of(0.3, -1, 0.4), loss: sampleBowl, gradient: bowlGradient };
    const surface = withDecay(functionSurface(bowl()), 0.5, [0, 1, 0.3]);
    return { ...decayed({ ...entry, surface }, (i) => 0.5 * [0, 1, 0.3][i]), surface };
  },
  {
    tolerances: { losses: 1e-13, gradient: 1e-10, products: 1e-7, samples: 1e-10 },
    offers: offersWith('losses', 'sampleLosses'),
  },
);

const scales = (n: number) => Float64Array.from({ length: n }, (_, i) => 0.3 + ((7 * i) % 5));
surfaceBattery(
  'a network in other coordinates',
  () => {
    const { surface, w, loss, gradient: g, outcomes } = network();
    const s = scales(w.length);
    const at = (y: Float64Array) => y.map((v, i) => v * s[i]);
    return {
      surface: scaledSurface(surface, s),
      w: w.map((v, i) => v / s[i]),
      loss: (y, k) => loss(at(y), k),
      gradient: (y, k) => Array.from(g(at(y), k), (v, i) => v * s[i]),
      outcomes: {
        count: outcomes!.count,
        loss: (y, k, label) => outcomes!.loss(at(y), k, label),
        gradient: (y, k, label) => Array.from(outcomes!.gradient(at(y), k, label), (v, i) => v * s[i]),
      },
    };
  },
  { tolerances, offers: offersWith(...VERBS.filter((v) => v !== 'squaredNorms')) },
);

describe('a surface with weight decay', () => {
  it('has the noise of the surface without', async () => {
    const { surface, w } = network();
    const heavy = withDecay(surface, 3);
    const block = blockNamed(surface.parameters, 'layer1.weight');
    const covariance = async (s: typeof surface) => {
      const { gradient: g } = await s.gradient(w);
      const { data } = await s.secondMoment(w, block);
      return data.map((x, k) => x - g[Math.floor(k / block.size)] * g[k % block.size]);
    };
    const [plain, other] = [await covariance(surface), await covariance(heavy)];
    const size = Math.max(...plain.map(Math.abs));
    plain.forEach((c, k) => void expect(Math.abs(c - other[k])).toBeLessThan(1e-12 * (size + 9 * Math.max(...w) ** 2)));
    expect((await heavy.gradient(w)).gradient).not.toEqual((await surface.gradient(w)).gradient);
    await surface.close();
  });

  it('passes the checks that refuse a penalty outside the samples', async () => {
    const { surface, w } = network();
    const heavy = withDecay(surface, 0.3);
    const { checks } = await checkSurface(heavy, w, { key: randomKey(2) });
    expect(checks.filter((c) => c.verdict === 'failed')).toEqual([]);
    expect(checks.filter((c) => c.verdict === 'passed').length).toBeGreaterThan(5);
    await heavy.close();
  });

  it('is the surface itself where nothing decays, and refuses what it cannot be', async () => {
    const { surface } = network();
    expect(withDecay(surface, 0)).toBe(surface);
    expect(() => withDecay(surface, -1)).toThrow('a weight decay is a number ≥ 0; got -1.');
    expect(() => withDecay(surface, 1, [1, 2])).toThrow(
      `a mask has one number for each of the ${surface.size} weights; got 2.`,
    );
    expect(() => withDecay(surface, 1, new Float64Array(surface.size).fill(-1))).toThrow('entry 0 of the mask must be a number ≥ 0'); // biome-ignore format: one case a line
    expect(() => withDecay(surface, 1, 'conv*')).toThrow("no parameter matches 'conv*', so that nothing would decay.");
    expect(() => scaledSurface(surface, [1])).toThrow(`has ${surface.size} weights; got 1 scales.`);
    expect(() => scaledSurface(surface, new Float64Array(surface.size))).toThrow('the scale of weight 0 must be a positive number; got 0.'); // biome-ignore format: one case a line
    await surface.close();
  });

  it('lacks what the surface beneath lacks', async () => {
    const whole = completed({
      ...bowl(),
      name: 'b',
      precision: 'float64',
      subsets: false,
      losses: functionSurface(bowl()).losses,
    });
    const heavy = withDecay(whole, 0.1);
    expect(heavy.offers).toEqual(whole.offers);
    await expect(heavy.fisher(new Float64Array(3))).rejects.toMatchObject({ code: 'not-offered' });
    const block = wholeBlock(parametersOf([{ name: 'w', shape: [3] }]));
    const [h, plain] = await Promise.all(
      [heavy, whole].map((s) => s.hessianVectors(new Float64Array(3), block, matrix(1, 3, [1, 0, 0]))),
    );
    expect(h.data[0] - plain.data[0]).toBeCloseTo(0.1, 6);
  });
});

describe('curvature of samples by differences, in other coordinates', () => {
  const SCALE = [1, 1e4];
  /** Curvature 1 and 2; the second weight has a kink a ten-thousandth beyond where it stands. */
  const kinked = (exact: boolean) => {
    const gradient = (w: Float64Array) => Float64Array.of(w[0], 2 * w[1] + (w[1] > 4.0001 ? 100 : 0));
    return completed({
      name: 'kinked',
      size: 2,
      samples: 1,
      precision: 'float64',
      gradient: async (w: Float64Array) => ({ loss: 0, gradient: gradient(w) }),
      ...(exact && {
        projectedSampleGradients: async (w: Float64Array, _: unknown, v: { rows: number; data: Float64Array }) =>
          matrix(
            1,
            v.rows,
            Float64Array.from({ length: v.rows }, (__, i) => {
              const g = gradient(w);
              return g[0] * v.data[2 * i] + g[1] * v.data[2 * i + 1];
            }),
          ),
      }),
    } as never);
  };
  const w = Float64Array.of(3, 4);
  const curvatures = async (exact: boolean, scale: readonly number[]) => {
    const surface = scaledSurface(kinked(exact), scale);
    const y = w.map((x, i) => x / scale[i]);
    const found = await curvaturesBySample(surface, y, wholeBlock(surface.parameters), matrix(2, 2, Float64Array.of(1, 0, 0, 1))); // biome-ignore format: one call
    return [...found.data];
  };

  it('moves the weights as far as in their own coordinates, and so stays before the kink', async () => {
    const [a, b] = await curvatures(true, SCALE);
    expect(a).toBeCloseTo(1, 6);
    // s² times the curvature in w; a step of 2^−25 |y| = 9e-8 would be 9e-4 in w, beyond the kink
    expect(b / 2e8).toBeCloseTo(1, 6);
    // gradients that are made of others take longer steps, 4e-5 here
    expect((await curvatures(false, SCALE))[1] / 2e8).toBeCloseTo(1, 6);
  });

  it('keeps the scale through decay, and multiplies the scales of two changes', () => {
    const twice = scaledSurface(withDecay(scaledSurface(kinked(true), SCALE), 0.1), [2, 3]);
    expect([...twice.scale!]).toEqual([2, 3e4]);
    expect(kinked(true).scale).toBeUndefined();
  });
});
