/** Every kind of surface enters the battery. */
import { describe, expect, it } from 'vitest';
import type { Samples } from '../src/data/dataset.js';
import { initialWeights, type NetworkSpec } from '../src/model/network.js';
import { randomKey } from '../src/numeric/random.js';
import { completed } from '../src/surface/completed.js';
import { functionSurface } from '../src/surface/functions.js';
import { networkSurface } from '../src/surface/network/surface.js';
import { type Surface, VERBS } from '../src/surface/surface.js';
import { gradient, type Sample, sampleLoss } from './support/naive-network.js';
import { smallSamples } from './support/small-nets.js';
import { type BatteryEntry, offersWith, surfaceBattery } from './support/surface-battery.js';

/** What a network offers; logits only with the cross-entropy. */
const EXACT = offersWith(...VERBS);
const SQUARED = { ...EXACT, logits: 'missing' } as const;
const DOUBLE = { losses: 1e-12, gradient: 1e-11, products: 1e-7, samples: 1e-10 };
/** Lines in one layer are computed in float32; losses elsewhere are not, but one tolerance serves both. */
const SINGLE = { ...DOUBLE, losses: 2e-6 };

/** The passes round x/s and −m/s to float32, and the naive network their difference. */
const NORMALISED = { losses: 2e-6, gradient: 2e-7, products: 2e-6, samples: 2e-7 };

function network(
  spec: NetworkSpec,
  count: number,
  more: { normalize?: boolean; lines?: 'float64' } = {},
): BatteryEntry {
  const outputs = spec.widths[spec.widths.length - 1];
  const size = spec.widths[0];
  const plain = smallSamples(count, size, outputs);
  const mean = Float64Array.from({ length: size }, (_, k) => 0.1 * k - 0.2);
  const std = Float64Array.from({ length: size }, (_, k) => 0.5 + 0.1 * k);
  const samples: Samples = more.normalize ? { ...plain, normalize: { mean, std } } : plain;
  const list: Sample[] = Array.from({ length: count }, (_, k) => ({
    x: Float32Array.from({ length: size }, (_, j) => {
      const x = plain.values[k * size + j];
      return more.normalize ? (x - mean[j]) / std[j] : x;
    }),
    label: plain.labels![k],
    target: plain.targets!.subarray(k * outputs, (k + 1) * outputs),
  }));
  return {
    surface: networkSurface({ spec, samples, ...(more.lines && { lines: more.lines }) }),
    w: Float64Array.from(initialWeights(spec, randomKey(3)).map((x) => 2 * x)),
    loss: (w, k) => sampleLoss(spec, w, list[k]),
    gradient: (w, k) => gradient(spec, w, [list[k]]),
    ...(spec.loss === 'cross-entropy' && {
      outcomes: {
        count: outputs,
        loss: (w: Float64Array, k: number, label: number) => sampleLoss(spec, w, { ...list[k], label }),
        gradient: (w: Float64Array, k: number, label: number) => gradient(spec, w, [{ ...list[k], label }]),
      },
    }),
  };
}

const relu: NetworkSpec = { widths: [5, 6, 4, 3], activation: 'relu', bias: false, loss: 'cross-entropy' };
surfaceBattery('a ReLU network', () => network(relu, 23), { tolerances: SINGLE, offers: EXACT, step: 1e-6 });
surfaceBattery('a tanh network with biases', () => network({ ...relu, activation: 'tanh', bias: true }, 19), {
  tolerances: SINGLE,
  offers: EXACT,
});
surfaceBattery(
  'a tanh network of squared error, lines in float64',
  () =>
    network({ widths: [4, 5, 2], activation: 'tanh', bias: false, loss: 'squared-error' }, 13, { lines: 'float64' }),
  { tolerances: DOUBLE, offers: SQUARED },
);
surfaceBattery(
  'a linear network with biases, squared error and normalised inputs, more samples than a block',
  () =>
    network({ widths: [3, 3, 2], activation: 'identity', bias: true, loss: 'squared-error' }, 523, { normalize: true }),
  { tolerances: NORMALISED, offers: SQUARED },
);
surfaceBattery(
  'a ReLU network with normalised inputs',
  () => network({ ...relu, bias: true }, 11, { normalize: true }),
  { tolerances: NORMALISED, offers: EXACT, step: 1e-6 },
);

/** Samples of a quartic in four weights: L_k = Σ_j a_kj (w_j − b_kj)²/2 + w_0 w_1 a_k0 + sum(w)⁴/40. */
const quartic = (() => {
  const s = randomKey(8).stream();
  const [a, b] = [0, 1].map(() => Array.from({ length: 9 * 4 }, () => 0.5 + Math.abs(s.normal())));
  const loss = (w: ArrayLike<number>, k: number) => {
    let [value, sum] = [w[0] * w[1] * a[4 * k], 0];
    for (let j = 0; j < 4; j++) {
      value += 0.5 * a[4 * k + j] * (w[j] - b[4 * k + j]) ** 2;
      sum += w[j];
    }
    return value + sum ** 4 / 40;
  };
  const gradientOf = (w: ArrayLike<number>, k: number) => {
    const sum = w[0] + w[1] + w[2] + w[3];
    const g = [0, 1, 2, 3].map((j) => a[4 * k + j] * (w[j] - b[4 * k + j]) + sum ** 3 / 10);
    g[0] += w[1] * a[4 * k];
    g[1] += w[0] * a[4 * k];
    return g;
  };
  const mean = (w: Float64Array, samples: Uint32Array) => samples.reduce((t, k) => t + loss(w, k), 0) / samples.length;
  const meanGradient = (w: Float64Array, samples: Uint32Array) => {
    const g = new Float64Array(4);
    for (const k of samples) for (let j = 0; j < 4; j++) g[j] += gradientOf(w, k)[j] / samples.length;
    return g;
  };
  const w = Float64Array.of(0.3, -0.8, 1.2, 0.5);
  return { w, loss, gradient: gradientOf, mean, meanGradient };
})();
const entry = (surface: Surface): BatteryEntry => ({ surface, ...quartic });
const MADE = { losses: 1e-13, gradient: 1e-12, products: 1e-9, samples: 1e-12 };

surfaceBattery(
  'a function with a gradient and samples',
  () => entry(functionSurface({ size: 4, samples: 9, loss: quartic.mean, gradient: quartic.meanGradient })),
  { tolerances: MADE, offers: offersWith('losses', 'gradient', 'sampleLosses') },
);
surfaceBattery(
  'a function that alone gives a loss, later, by named parameters',
  () =>
    entry(
      functionSurface({
        size: 4,
        samples: 9,
        parameters: [
          { name: 'a', shape: [1, 2] },
          { name: 'b', shape: [2] },
        ],
        loss: async (w, samples) => quartic.mean(w, samples),
      }),
    ),
  {
    tolerances: { losses: 1e-13, gradient: 1e-10, products: 1e-7, samples: 1e-10 },
    offers: offersWith('losses', 'sampleLosses'),
  },
);
surfaceBattery(
  'an analytic quadratic with its own Hessian products',
  () => {
    const h = [3, 1, 0.5, 1, 2, -0.3, 0.5, -0.3, 1];
    const apply = (v: ArrayLike<number>) =>
      [0, 1, 2].map((i) => h[3 * i] * v[0] + h[3 * i + 1] * v[1] + h[3 * i + 2] * v[2]);
    const loss = (w: ArrayLike<number>) => apply(w).reduce((s, x, i) => s + (x * w[i]) / 2, 0) + 0.7;
    return {
      surface: functionSurface({ size: 3, loss, gradient: apply, hessianVector: (_, v) => apply(v) }),
      w: Float64Array.of(1, -2, 0.5),
      loss,
      gradient: apply,
    };
  },
  { tolerances: MADE, offers: offersWith('losses', 'gradient', 'hessianVectors', 'sampleLosses') },
);

const whole = () => functionSurface({ size: 4, samples: 9, loss: quartic.mean, gradient: quartic.meanGradient });
const sizes = { name: 'parts', size: 4, samples: 9, precision: 'float64' as const };
surfaceBattery(
  'completed from gradients alone',
  () => entry(completed({ ...sizes, gradient: (...asked) => whole().gradient(...asked) })),
  { tolerances: MADE, offers: offersWith('gradient') },
);
surfaceBattery(
  'completed from losses of samples alone, which cannot be asked in parts',
  () =>
    entry(
      completed({
        ...sizes,
        subsets: false,
        sampleLosses: async (w) => Float64Array.from({ length: 9 }, (_, k) => quartic.loss(w, k)),
      }),
    ),
  {
    tolerances: { losses: 1e-13, gradient: 1e-10, products: 1e-7, samples: 1e-10 },
    offers: offersWith('sampleLosses'),
    subsets: false,
  },
);
surfaceBattery(
  'completed from losses along lines and projections of samples',
  () => {
    const full = whole();
    return entry(
      completed({
        ...sizes,
        losses: (...asked) => full.losses(...asked),
        projectedSampleGradients: (...asked) => full.projectedSampleGradients(...asked),
      }),
    );
  },
  {
    tolerances: { losses: 1e-13, gradient: 1e-10, products: 1e-7, samples: 1e-12 },
    offers: offersWith('losses', 'projectedSampleGradients'),
  },
);
surfaceBattery(
  'completed from gradients in float32',
  () =>
    entry(
      completed({
        ...sizes,
        precision: 'float32',
        losses: async (...asked) =>
          (await whole().losses(...asked)).map((l) => ({ ...l, losses: l.losses.map(Math.fround) })),
        gradient: async (...asked) => {
          const { loss, gradient: g } = await whole().gradient(...asked);
          return { loss: Math.fround(loss), gradient: g.map(Math.fround) };
        },
      }),
    ),
  {
    tolerances: { losses: 1e-6, gradient: 1e-6, products: 2e-4, samples: 1e-6 },
    offers: offersWith('losses', 'gradient'),
  },
);

describe('a surface that lacks something', () => {
  it('says what is missing and what it would need', async () => {
    const surface = completed({ ...sizes, subsets: false, losses: (...asked) => whole().losses(...asked) });
    expect(surface.offers).toMatchObject({ gradient: 'made', sampleLosses: 'missing', fisher: 'missing' });
    await expect(surface.fisher(quartic.w)).rejects.toMatchObject({
      code: 'not-offered',
      message: 'parts does not offer fisher: that needs losses or gradients over parts of the samples.',
    });
    const part = { samples: Uint32Array.of(1, 2), strata: [{ count: 2, of: 9 }] };
    await expect(surface.gradient(quartic.w, part)).rejects.toMatchObject({ code: 'no-subsets' });
  });
  it('needs a loss or a gradient', () => {
    const { hessianVectors } = whole();
    expect(() => completed({ ...sizes, hessianVectors })).toThrow('a surface needs losses');
  });
  it('names itself and the request where the model fails or answers with too few numbers', async () => {
    const failing = functionSurface({
      name: 'train.ts',
      size: 2,
      loss: () => {
        throw new Error('no such layer.');
      },
    });
    await expect(failing.sampleLosses(new Float64Array(2))).rejects.toMatchObject({
      code: 'model-failed',
      message: 'train.ts failed when it was asked for sampleLosses: no such layer.',
    });
    const short = functionSurface({ size: 2, loss: () => 1, gradient: () => [1] });
    await expect(short.gradient(new Float64Array(2))).rejects.toMatchObject({
      code: 'model-answer',
      message: 'a function must give the gradient as 2 numbers; got 1.',
    });
    await short.close();
    await expect(short.gradient(new Float64Array(2))).rejects.toMatchObject({ code: 'closed' });
  });
});
