/** The checks before anything is measured: good surfaces pass, and each mistake is found and named with what to change. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { initialWeights, type NetworkSpec } from '../src/model/network.js';
import { matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { checkSurface, examineSurface } from '../src/surface/check.js';
import { completed } from '../src/surface/completed.js';
import { functionSurface } from '../src/surface/functions.js';
import { weightsHash } from '../src/surface/hash.js';
import type { SurfaceParts } from '../src/surface/made.js';
import { networkSurface } from '../src/surface/network/surface.js';
import { sampleWeights } from '../src/surface/subsets.js';
import type { Surface } from '../src/surface/surface.js';
import { smallSamples } from './support/small-nets.js';

const key = randomKey(1);
const spec: NetworkSpec = { widths: [6, 7, 5, 3], activation: 'tanh', bias: true, loss: 'cross-entropy' };
const samples = smallSamples(60, 6, 3);
const w = Float64Array.from(initialWeights(spec, randomKey(3)).map((x) => 2 * x));
const good = () => networkSurface({ spec, samples, lines: 'float64' });
const verdictsOf = async (surface: Surface, at = w) =>
  Object.fromEntries((await examineSurface(surface, at, { key })).checks.map((c) => [c.name, c.verdict]));

describe('good surfaces', () => {
  it('pass every check', async () => {
    const report = await checkSurface(good(), w, { key, expectedHash: await weightsHash(w) });
    expect(report.checks.map((c) => [c.name, c.verdict])).toEqual(
      [
        'weights',
        'finite',
        'repeatable',
        'loss',
        'samples independent',
        'mean of samples',
        'mean of a subset',
        'gradients of samples',
        'squared norms',
        'precision',
        'gradient',
        'Hessian symmetric',
        'Hessian',
      ].map((name) => [name, 'passed']),
    );
    const { loss, gradient } = await good().gradient(w);
    expect(report.loss).toBe(loss);
    expect(report.gradientNorm).toBeCloseTo(Math.hypot(...gradient), 12);
    for (const c of report.checks) expect(c.deviation, c.name).toBeLessThanOrEqual(c.tolerance);
    // what is compared agrees far better than what is allowed in the loosest of cases
    for (const c of report.checks) expect(c.tolerance, c.name).toBeLessThan(1e-2);
  });

  it('pass with kinks, in float32, and with more samples than differences are taken over', async () => {
    const kinked: NetworkSpec = { ...spec, activation: 'relu', bias: false };
    const many = smallSamples(1500, 6, 3);
    const at = Float64Array.from(initialWeights(kinked, randomKey(5)).map((x) => 2 * x));
    const verdicts = await verdictsOf(networkSurface({ spec: kinked, samples: many }), at);
    expect(Object.entries(verdicts).filter(([, v]) => v === 'failed')).toEqual([]);
    expect(verdicts.gradient).toBe('passed');
    expect(verdicts.Hessian).toBe('passed');
  });

  it('skip what is made, and decide nothing at a point where all differences vanish', async () => {
    const bowl = functionSurface({
      size: 2,
      loss: (x) => 1 + x[0] ** 2 + x[1] ** 4,
      gradient: (x) => [2 * x[0], 4 * x[1] ** 3],
    });
    expect(await verdictsOf(bowl, Float64Array.of(0.4, -1))).toMatchObject({ gradient: 'passed', Hessian: 'skipped' });
    const flat = functionSurface({ size: 2, loss: () => 0.5, gradient: () => [0, 0] });
    expect(await verdictsOf(flat, Float64Array.of(0.4, -1))).toMatchObject({ gradient: 'undecided' });
  });
});

describe('the hash', () => {
  it('is that of float32 numbers, little-endian, so that precision does not change it', async () => {
    const expected = createHash('sha256')
      .update(Buffer.from(Float32Array.from(w).buffer))
      .digest('hex');
    expect(await weightsHash(w)).toBe(expected);
    expect(await weightsHash(Float32Array.from(w))).toBe(expected);
  });
});

describe('a budget', () => {
  /** Samples of all requests together, in a clock that every sample of a gradient moves by a millisecond. */
  const timed = (count: number) => {
    const many = smallSamples(count, 6, 3);
    const inner = networkSurface({ spec, samples: many, lines: 'float64' });
    let [time, whole] = [0, 0];
    const asked = (subset: { samples: ArrayLike<number> } | undefined) => {
      time += (subset?.samples.length ?? count) / 1000;
      whole += subset ? 0 : 1;
    };
    const surface: Surface = {
      ...inner,
      losses: (at, lines, subset, o) => {
        asked(subset);
        return inner.losses(at, lines, subset, o);
      },
      gradient: (at, subset, o) => {
        asked(subset);
        return inner.gradient(at, subset, o);
      },
      sampleLosses: (at, subset, o) => {
        asked(subset);
        return inner.sampleLosses(at, subset, o);
      },
    };
    return { surface, now: () => time, whole: () => whole };
  };

  it('leaves one pass over all samples, where more of them would take too long', async () => {
    const short = timed(2000);
    const report = await checkSurface(short.surface, w, { key, budget: { seconds: 8, now: short.now } });
    expect(short.whole()).toBe(1);
    // the first gradient took 2 of the 8 s, and nine times as many samples as are chosen fit the rest
    expect(report.over).toBe(Math.floor((1000 * (8 - 2)) / 9));
    expect(report.checks.filter((c) => c.verdict !== 'passed').map((c) => c.name)).toEqual(['weights']);
    const long = timed(2000);
    const all = await checkSurface(long.surface, w, { key, budget: { seconds: 21, now: long.now } });
    expect(long.whole()).toBeGreaterThan(5);
    expect(all).not.toHaveProperty('over');
    expect(all.loss).toBe(report.loss);
  });

  it('does not hide a sum in place of the mean', async () => {
    const { surface, now } = timed(2000);
    const wrong = completed({
      ...surface,
      losses: async (...a) => (await surface.losses(...a)).map((l) => ({ ...l, losses: l.losses.map((x) => 9 * x) })),
      gradient: async (...a) => {
        const { loss, gradient } = await surface.gradient(...a);
        return { loss: 9 * loss, gradient: gradient.map((x) => 9 * x) };
      },
    });
    await expect(checkSurface(wrong, w, { key, budget: { seconds: 8, now } })).rejects.toMatchObject({
      code: 'surface-mean-of-samples',
    });
  });
});

describe('the precision', () => {
  const x = Float64Array.from({ length: 40 }, (_, k) => Math.sin(3 * k + 1));
  /** A regression (a tanh(b x_k) − x_k²)²/2 whose losses and gradients are rounded as asked. */
  const rounded = (loss: (v: number) => number, gradient: (v: number) => number, precision: 'float32' | 'float64') => {
    const error = (at: ArrayLike<number>, k: number) => at[0] * Math.tanh(at[1] * x[k]) - x[k] ** 2;
    return functionSurface({
      size: 2,
      samples: 40,
      precision,
      loss: (at, samples) => samples.reduce((sum, k) => sum + loss(error(at, k) ** 2 / 2), 0) / samples.length,
      gradient: (at, samples) => {
        const g = [0, 0];
        for (const k of samples) {
          const t = Math.tanh(at[1] * x[k]);
          g[0] += (error(at, k) * t) / samples.length;
          g[1] += (error(at, k) * at[0] * (1 - t * t) * x[k]) / samples.length;
        }
        return g.map(gradient);
      },
    });
  };
  const same = (v: number) => v;
  const at = Float64Array.of(0.7, 0.9);
  const precisionOf = async (surface: Surface) =>
    (await examineSurface(surface, at, { key })).checks.find((c) => c.name === 'precision')!;

  it('of losses or gradients in float32 behind a claim of float64 is found', async () => {
    expect(await precisionOf(rounded(same, same, 'float64'))).toMatchObject({ verdict: 'passed' });
    const losses = await precisionOf(rounded(Math.fround, same, 'float64'));
    expect(losses).toMatchObject({
      verdict: 'failed',
      sentence: expect.stringMatching(/^the losses of .* model\.double/),
    });
    // 40 losses that are each off by up to 2^-25 of their size
    expect(losses.deviation).toBeGreaterThan(1e-10);
    expect(losses.deviation).toBeLessThan(2 ** -25);
    const gradient = await precisionOf(rounded(same, Math.fround, 'float64'));
    expect(gradient).toMatchObject({ verdict: 'failed', sentence: expect.stringMatching(/^the gradient of /) });
    expect(gradient.deviation).toBeLessThan(2 ** -22);
    expect(await precisionOf(rounded(Math.fround, Math.fround, 'float32'))).toMatchObject({ verdict: 'skipped' });
  });

  it('is not missed where rounding hides every change, nor found where the loss is linear or at its minimum', async () => {
    const linear = functionSurface({ size: 2, loss: (v) => 1 + v[0] - 2 * v[1], gradient: () => [1, -2] });
    expect(await precisionOf(linear)).toMatchObject({ verdict: 'passed', deviation: 0 });
    const bowl = functionSurface({
      size: 2,
      loss: (v) => 1 + 50 * (v[0] - 0.7) ** 2 + (v[1] - 0.9) ** 2,
      gradient: (v) => [100 * (v[0] - 0.7), 2 * (v[1] - 0.9)],
    });
    expect(await precisionOf(bowl)).toMatchObject({ verdict: 'passed' });
    // a gradient that falls so slowly that its float32 numbers are the same at neighbouring points
    const slow = functionSurface({
      size: 2,
      loss: (v) => 2 + v[0] + 1e-2 * Math.sin(v[0]) + v[1],
      gradient: (v) => [Math.fround(1 + 1e-2 * Math.cos(v[0])), 1],
    });
    expect(await precisionOf(slow)).toMatchObject({ verdict: 'failed' });
  });
});

/** A surface whose answers are changed on the way. */
function changed(change: (surface: Surface) => Partial<SurfaceParts>): Surface {
  const surface = good();
  const { name, size, parameters, precision } = surface;
  return completed({
    name,
    size,
    parameters,
    precision,
    samples: surface.samples,
    losses: (...a) => surface.losses(...a),
    gradient: (...a) => surface.gradient(...a),
    hessianVectors: (...a) => surface.hessianVectors(...a),
    sampleLosses: (...a) => surface.sampleLosses(...a),
    projectedSampleGradients: (...a) => surface.projectedSampleGradients(...a),
    squaredNorms: (...a) => surface.squaredNorms(...a),
    fisher: (...a) => surface.fisher(...a),
    ...change(surface),
  });
}

const noise = randomKey(7).stream();
const mistakes: [string, (s: Surface) => Partial<SurfaceParts>, string, RegExp][] = [
  [
    'dropout',
    (s) => ({
      gradient: async (...a) => {
        const { loss, gradient } = await s.gradient(...a);
        return { loss: loss * (1 + 0.01 * noise.normal()), gradient };
      },
    }),
    'surface-repeatable',
    /differ by .* %: switch off .*model\.eval\(\)/,
  ],
  [
    'sums in another order',
    (s) => ({
      losses: async (...a) =>
        (await s.losses(...a)).map((l) => ({ ...l, losses: l.losses.map((x) => x * (1 + 2e-16 * noise.integer(9))) })),
    }),
    'surface-repeatable',
    /last bits.*use_deterministic_algorithms/,
  ],
  [
    'batch statistics',
    (s) => ({
      sampleLosses: async (at, subset, o) => {
        const own = await s.sampleLosses(at, subset, o);
        return own.map((x) => x + 0.01 * own.length);
      },
    }),
    'surface-samples-independent',
    /depends on which other samples.*model\.eval\(\)/,
  ],
  [
    'a sum in place of the mean',
    (s) => ({
      losses: async (...a) => (await s.losses(...a)).map((l) => ({ ...l, losses: l.losses.map((x) => 60 * x) })),
      gradient: async (...a) => {
        const { loss, gradient } = await s.gradient(...a);
        return { loss: 60 * loss, gradient: gradient.map((x) => 60 * x) };
      },
    }),
    'surface-mean-of-samples',
    /the sum over its 60 samples: .*reduction='mean'/,
  ],
  [
    'a penalty in the loss alone',
    (s) => ({
      losses: async (...a) => (await s.losses(...a)).map((l) => ({ ...l, losses: l.losses.map((x) => x + 0.01) })),
      gradient: async (...a) => {
        const { loss, gradient } = await s.gradient(...a);
        return { loss: loss + 0.01, gradient };
      },
    }),
    'surface-mean-of-samples',
    /without a penalty/,
  ],
  [
    'a loss beside the gradient that is another one',
    (s) => ({
      gradient: async (...a) => ({ ...(await s.gradient(...a)), loss: 1 }),
    }),
    'surface-loss',
    /beside its gradient is 1, and at the centre of a line/,
  ],
  [
    'a subset that is ignored',
    (s) => ({ gradient: (at, _, o) => s.gradient(at, undefined, o) }),
    'surface-mean-of-a-subset',
    /a request over a subset must ask those samples alone/,
  ],
  [
    'strata without their weights',
    (s) => ({
      gradient: (at, subset, o) =>
        s.gradient(at, subset && { ...subset, strata: [{ count: subset.samples.length, of: s.samples }] }, o),
    }),
    'surface-mean-of-a-subset',
    /with the weights that sampleWeights gives/,
  ],
  [
    'gradients of samples that are divided by their number',
    (s) => ({
      projectedSampleGradients: async (...a) => {
        const p = await s.projectedSampleGradients(...a);
        return matrix(
          p.rows,
          p.cols,
          p.data.map((x) => x / p.rows),
        );
      },
    }),
    'surface-gradients-of-samples',
    /not divided by the number of samples/,
  ],
  [
    'the square of the mean gradient as the Fisher diagonal',
    (s) => ({ fisher: async (...a) => (await s.gradient(...a)).gradient.map((x) => x * x) }),
    'surface-squared-norms',
    /must come from the gradients of single samples/,
  ],
  [
    'a parameter that is detached',
    (s) => ({
      ...withGradient(s, (g) => g.fill(0, 0, 42)),
    }),
    'surface-gradient',
    /is not that of its loss.*no part detached or clipped/,
  ],
  [
    'a gradient that is clipped',
    (s) => ({ ...withGradient(s, (g) => g.set(g.map((x) => 0.9 * x))) }),
    'surface-gradient',
    /differences of losses give/,
  ],
  [
    'products that are not symmetric',
    (s) => ({
      hessianVectors: async (...a) => {
        const h = await s.hessianVectors(...a);
        for (let i = 0; i < h.rows; i++) h.data.fill(0, i * h.cols, i * h.cols + 30);
        return h;
      },
    }),
    'surface-hessian-symmetric',
    /not symmetric: .*create_graph=True/,
  ],
  [
    'products of another scale',
    (s) => ({
      hessianVectors: async (...a) => {
        const h = await s.hessianVectors(...a);
        return matrix(
          h.rows,
          h.cols,
          h.data.map((x) => 1.001 * x),
        );
      },
    }),
    'surface-hessian',
    /are not those of its gradient: v·Hv is/,
  ],
];

/** Changes the gradient in every answer that is made of it, so that the gradients of samples agree with it. */
function withGradient(s: Surface, change: (g: Float64Array) => void): Partial<SurfaceParts> {
  return {
    gradient: async (...a) => {
      const { loss, gradient } = await s.gradient(...a);
      change(gradient);
      return { loss, gradient };
    },
    projectedSampleGradients: async (at, block, v, subset, o) => {
      const count = subset?.samples.length ?? s.samples;
      const { gradient } = await s.gradient(at, subset, o);
      change(gradient);
      const own = v.data.slice();
      const each = Array.from({ length: v.rows }, (_, r) =>
        gradient.reduce((t, g, j) => t + g * own[r * v.cols + j], 0),
      );
      expect(block.size).toBe(s.size);
      if (subset) expect(sampleWeights(subset).length).toBe(count);
      return matrix(
        count,
        v.rows,
        Float64Array.from({ length: count * v.rows }, (_, e) => each[e % v.rows]),
      );
    },
  };
}

describe('mistakes are found', () => {
  it.each(mistakes)('%s', async (_, change, code, sentence) => {
    await expect(checkSurface(changed(change), w, { key })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(sentence),
    });
  });

  it('weights of another recording, a diverged loss, and too few weights', async () => {
    const other = await weightsHash(w.map((x) => x + 1));
    await expect(checkSurface(good(), w, { key, expectedHash: other })).rejects.toMatchObject({
      code: 'surface-weights',
      message: expect.stringMatching(/are not those of the recording: .* load the weights/),
    });
    const diverged = changed((s) => ({
      gradient: async (...a) => ({ ...(await s.gradient(...a)), loss: Number.NaN }),
    }));
    await expect(checkSurface(diverged, w, { key })).rejects.toThrow('it is NaN. Did the training diverge?');
    await expect(checkSurface(good(), w.slice(1), { key })).rejects.toMatchObject({ code: 'weight-count' });
  });
});
