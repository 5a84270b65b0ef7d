import { describe, expect, it } from 'vitest';
import { landscapeNoise, randomLandscape } from '../src/analyse/landscape/landscape.js';
import { batchCovariance, gradientCovariance } from '../src/analyse/noise/noise.js';
import { curvatureNoiseScale, gradientNoiseScale } from '../src/analyse/noise/noise-scale.js';
import type { Samples } from '../src/data/dataset.js';
import { batchPlan } from '../src/data/samplers.js';
import type { NetworkSpec } from '../src/model/network.js';
import { fromRows, matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { squaredNorms } from '../src/surface/network/norms.js';
import { NetworkPasses } from '../src/surface/network/passes.js';
import { gradient } from './support/naive-network.js';
import { differenceHessian, SPECS, smallNet } from './support/small-nets.js';

/** Linear regression y = w·x + noise: every minibatch is exactly quadratic, H^mu = mean x xᵀ and g^mu = mean (w·x − y) x. */
function regression(count: number, rareAxis: number) {
  const stream = randomKey(31).stream();
  const scale = [2, 1, 0.5, 0.2];
  const values = Float32Array.from({ length: 4 * count }, (_, i) => scale[i % 4] * stream.normal());
  // the last input is there in a share of the samples only
  for (let k = 0; k < count; k++) if (stream.uniform() > rareAxis) values[4 * k + 3] = 0;
  const truth = [1, -1, 0.5, 2];
  const targets = Float32Array.from({ length: count }, (_, k) => {
    let y = 0.7 * stream.normal();
    for (let a = 0; a < 4; a++) y += truth[a] * values[4 * k + a];
    return y;
  });
  const samples: Samples = { count, size: 4, values, divisor: 1, targets };
  const spec: NetworkSpec = { widths: [4, 1], activation: 'identity', bias: false, loss: 'squared-error' };
  const weights = Float32Array.from(truth, (w, i) => w + [0.1, -0.2, 0.05, 0.3][i]);
  return { samples, spec, weights, passes: new NetworkPasses({ spec, weights, samples }) };
}

/** Minibatch statistics in plain loops. */
function naive({ samples, weights }: ReturnType<typeof regression>, order: Uint32Array, size: number) {
  const batches = Math.floor(order.length / size);
  const h: number[][] = [];
  const g: number[][] = [];
  let loss = 0;
  for (let b = 0; b < batches; b++) {
    const hb = new Array(16).fill(0);
    const gb = new Array(4).fill(0);
    for (const s of order.slice(b * size, (b + 1) * size)) {
      const x = Array.from(samples.values.subarray(4 * s, 4 * s + 4));
      const r = x.reduce((sum, v, a) => sum + v * weights[a], 0) - samples.targets![s];
      loss += (0.5 * r * r) / (batches * size);
      for (let i = 0; i < 4; i++) {
        gb[i] += (r * x[i]) / size;
        for (let j = 0; j < 4; j++) hb[4 * i + j] += (x[i] * x[j]) / size;
      }
    }
    h.push(hb);
    g.push(gb);
  }
  return { h, g, loss, batches };
}

const mean = (x: number[]) => x.reduce((a, b) => a + b, 0) / x.length;
const sd = (x: number[]) => {
  const centre = mean(x);
  return Math.sqrt(x.reduce((s, v) => s + (v - centre) ** 2, 0) / (x.length - 1));
};
const axes = fromRows([0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => Number(i === j))));

describe('the random landscape of minibatches', () => {
  it.each([7, 50, 700])('is what plain loops find in a quadratic problem, batches of %d', (size) => {
    const problem = regression(5000, 1);
    const order = batchPlan({
      count: 5000,
      batchSize: size,
      sampling: 'shuffled',
      lastBatch: 'drop',
      key: randomKey(1),
    }).epoch(0).order;
    const truth = naive(problem, order, size);
    const found = randomLandscape(problem.passes, {
      layer: 'layer1',
      directions: axes,
      order,
      batchSize: size,
      floor: 0.2,
    });
    expect(found.batches).toBe(truth.batches);
    expect(found.loss).toBeCloseTo(truth.loss, 12);
    for (let i = 0; i < 4; i++) {
      const d = found.directions[i];
      const m = truth.h.map((h) => h[5 * i] / truth.loss);
      expect(d.curvature.value).toBeCloseTo(mean(m), 11);
      expect(d.curvature.standardError).toBeCloseTo(sd(m) / Math.sqrt(m.length), 11);
      expect(d.curvatureSpread.value).toBeCloseTo(sd(m), 11);
      const kept = truth.h.map((_, mu) => mu).filter((mu) => m[mu] >= 0.2 * mean(m));
      const minima = kept.map((mu) => -truth.g[mu][i] / truth.h[mu][5 * i]);
      expect(d.dropped).toBeCloseTo(1 - kept.length / truth.batches, 12);
      expect(d.minimum.value).toBeCloseTo(mean(minima), 11);
      expect(d.minimumSpread.value).toBeCloseTo(sd(minima), 11);
      expect(d.noise.measured.value).toBeCloseTo(sd(truth.g.map((g) => g[i])) ** 2, 11);
      expect(d.noise.leading).toBeCloseTo((truth.loss * mean(m) * sd(minima)) ** 2, 11);
      for (let j = 0; j < 4; j++) {
        const cross = truth.h.map((h) => h[4 * i + j] / truth.loss);
        expect(found.crossSpread.data[4 * i + j]).toBeCloseTo(sd(cross), 11);
      }
    }
    expect(found.fullNoise([0, 0, 0, 0])[2]).toBe(found.directions[2].noise.full);
    expect(found.fullNoise([3, 0, 0, 0])[2]).toBeGreaterThan(found.directions[2].noise.full);
  });

  it('drops and reports the minibatches that are flat along a direction', () => {
    // the rare input appears in 2 % of the samples: a batch of 20 misses it with probability 0.98^20 = 0.668
    const problem = regression(20_000, 0.02);
    const order = Uint32Array.from({ length: 20_000 }, (_, i) => i);
    const found = randomLandscape(problem.passes, { layer: 'layer1', directions: axes, order, batchSize: 20 });
    const { dropped, minimum } = found.directions[3];
    // batches without it are dropped for sure, and some with a small value of it
    expect(dropped).toBeGreaterThan(0.668 - 4 * Math.sqrt((0.668 * 0.332) / 1000));
    expect(dropped).toBeLessThan(0.8);
    expect(minimum.n).toBe(Math.round(1000 * (1 - dropped)));
    expect(found.directions[0].dropped).toBe(0);
  });

  it('measures the noise that the exact covariance predicts for a batch', () => {
    const [, spec] = SPECS[1];
    const { passes } = smallNet(spec, 6000);
    const { covariance } = gradientCovariance(passes, 'layer2', 'float64');
    const stream = randomKey(2).stream();
    const p = covariance.rows;
    const directions = matrix(
      5,
      p,
      Float64Array.from({ length: 5 * p }, () => stream.normal() / Math.sqrt(p)),
    );
    const size = 20;
    const c = batchCovariance(covariance, { batchSize: size, samples: 6000, sampling: 'replaced' });
    const order = batchPlan({
      count: 6000,
      batchSize: size,
      sampling: 'replaced',
      lastBatch: 'drop',
      key: randomKey(3),
    });
    const epochs = Uint32Array.from([0, 1, 2, 3].flatMap((e) => [...order.epoch(e).order]));
    const found = randomLandscape(passes, { layer: 'layer2', directions, order: epochs, batchSize: size });
    expect(found.batches).toBe(1200);
    for (let i = 0; i < 5; i++) {
      let truth = 0;
      for (let a = 0; a < p; a++)
        for (let b = 0; b < p; b++)
          truth += directions.data[i * p + a] * c.data[a * p + b] * directions.data[i * p + b];
      // the variance of 1200 near-Gaussian values has relative error √(2/1200) = 4 %
      expect(Math.abs(found.directions[i].noise.measured.value / truth - 1)).toBeLessThan(0.16);
    }
  });

  it('has the noise of [R2] when M and theta are drawn as the theory says', () => {
    const statistics = {
      loss: 0.3,
      meanCurvature: fromRows([
        [4, 0, 0],
        [0, 1, 0],
        [0, 0, 0.1],
      ]),
      crossSpread: fromRows([
        [1, 0.5, 0.3],
        [0.5, 0.6, 0.2],
        [0.3, 0.2, 0.1],
      ]),
      minimum: [0.5, 0, 0],
      minimumSpread: [0.4, 0.8, 1.5],
    };
    const at = [0.2, -0.3, 1];
    const stream = randomKey(8).stream();
    const n = 200_000;
    const forces = [0, 1, 2].map(() => new Float64Array(n));
    for (let mu = 0; mu < n; mu++) {
      const m = new Float64Array(9);
      for (let i = 0; i < 3; i++)
        for (let j = 0; j <= i; j++) {
          m[3 * i + j] =
            statistics.meanCurvature.data[3 * i + j] + statistics.crossSpread.data[3 * i + j] * stream.normal();
          m[3 * j + i] = m[3 * i + j];
        }
      const minimum = [0, 1, 2].map((j) => statistics.minimum[j] + statistics.minimumSpread[j] * stream.normal());
      for (let i = 0; i < 3; i++)
        for (let j = 0; j < 3; j++) forces[i][mu] += statistics.loss * m[3 * i + j] * (at[j] - minimum[j]);
    }
    const predicted = landscapeNoise(statistics, at);
    for (let i = 0; i < 3; i++) {
      // products of two Gaussians have kurtosis up to 9: the variance of n of them has relative error below √(8/n) = 0.6 %
      expect(Math.abs(sd([...forces[i]]) ** 2 / predicted[i] - 1)).toBeLessThan(0.025);
    }
    // the papers' leading term misses most of it in the flat direction
    const leading = (0.3 * 0.1 * 1.5) ** 2;
    expect(predicted[2] / leading).toBeGreaterThan(4);
  });

  it('refuses what it cannot measure', () => {
    const { passes } = regression(100, 1);
    const order = Uint32Array.from({ length: 100 }, (_, i) => i);
    expect(() => randomLandscape(passes, { layer: 'layer1', directions: axes, order, batchSize: 40 })).toThrow(
      /at least 3 of them; 100 samples make 2 of 40/,
    );
    expect(() =>
      randomLandscape(passes, { layer: 'layer1', directions: axes, order, batchSize: 10 }).fullNoise([1]),
    ).toThrow(/each of the 4 directions; got 1/);
  });
});

describe('gradient noise scales', () => {
  it.each(SPECS)('are those of naive per-sample gradients: %s', (_, spec) => {
    const n = 120;
    const { passes, list, weights } = smallNet(spec, n);
    const each = list.map((s) => gradient(spec, weights, [s]));
    const norms = each.map((g) => g.reduce((sum, x) => sum + x * x, 0));
    const found = squaredNorms(passes);
    norms.forEach((v, k) => {
      expect(Math.abs(found[k] - v)).toBeLessThan(1e-11 * v + 1e-30);
    });
    const g = each[0].map((_, i) => mean(each.map((x) => x[i])));
    const size = g.reduce((sum, x) => sum + x * x, 0);
    const trace = ((mean(norms) - size) * n) / (n - 1);
    const scale = gradientNoiseScale(passes);
    expect(Math.abs(scale.trace.value / trace - 1)).toBeLessThan(1e-11);
    expect(Math.abs(scale.squaredGradient.value / (size - trace / n) - 1)).toBeLessThan(1e-9);
    expect(scale.simple.value).toBeCloseTo(trace / (size - trace / n), 6);
    const fourth = norms.reduce((sum, x) => sum + x * x, 0);
    expect(scale.carriers / ((n * mean(norms)) ** 2 / fourth)).toBeCloseTo(1, 10);
    // influence of a sample on Tr C1, on |g|² and on their ratio; of |g|² also what is quadratic in the noise
    const signal = size - trace / n;
    const influences = each.map((x, k) => {
      const along = x.reduce((sum, v, i) => sum + v * g[i], 0);
      const ofSignal = 2 * (along - size);
      return { ofTrace: norms[k] - mean(norms) - ofSignal, ofSignal };
    });
    const error = (of: (x: (typeof influences)[number]) => number) =>
      Math.sqrt(influences.reduce((sum, x) => sum + of(x) ** 2, 0) / (n * (n - 1)));
    const quadratic = (Math.SQRT2 * trace) / n;
    expect(scale.trace.standardError / error((x) => x.ofTrace)).toBeCloseTo(1, 8);
    expect(
      scale.squaredGradient.standardError /
        Math.hypot(
          error((x) => x.ofSignal),
          quadratic,
        ),
    ).toBeCloseTo(1, 8);
    const ofRatio = error((x) => x.ofTrace / signal - (trace * x.ofSignal) / signal ** 2);
    const expected = Math.hypot(ofRatio, (quadratic / signal) * (trace / signal));
    expect(scale.simple.standardError / expected).toBeCloseTo(1, 6);
    expect(scale.simple.converged).toBe(signal > 2 * scale.squaredGradient.standardError);
  });

  it('has errors that a jackknife over the samples confirms', () => {
    const [, spec] = SPECS[1];
    const n = 400;
    const { passes, list, weights } = smallNet(spec, n);
    const each = list.map((s) => gradient(spec, weights, [s]));
    const sum = each[0].map((_, i) => each.reduce((total, x) => total + x[i], 0));
    const norms = each.map((x) => x.reduce((total, v) => total + v * v, 0));
    const all = norms.reduce((a, b) => a + b, 0);
    const without = each.map((x, k) => {
      const size = sum.reduce((total, v, i) => total + ((v - x[i]) / (n - 1)) ** 2, 0);
      const trace = (((all - norms[k]) / (n - 1) - size) * (n - 1)) / (n - 2);
      return { trace, ratio: trace / (size - trace / (n - 1)) };
    });
    const jackknife = (x: number[]) => ((n - 1) / Math.sqrt(n)) * sd(x);
    const { trace, simple } = gradientNoiseScale(passes);
    expect(Math.abs(trace.standardError / jackknife(without.map((w) => w.trace)) - 1)).toBeLessThan(0.02);
    const quadratic = Math.sqrt(2) * (trace.value / n / (trace.value / simple.value)) * simple.value;
    expect(simple.standardError).toBeLessThan(1.1 * Math.hypot(jackknife(without.map((w) => w.ratio)), quadratic));
    expect(simple.standardError).toBeGreaterThan(0.9 * jackknife(without.map((w) => w.ratio)));
  });

  it('weigh the noise with the curvature: Tr(H C1)/(gᵀHg)', () => {
    const [, spec] = SPECS[4];
    const n = 60;
    const { passes, list, weights } = smallNet(spec, n);
    const h = differenceHessian(spec, weights, list);
    const each = list.map((s) => gradient(spec, weights, [s]));
    const g = each[0].map((_, i) => mean(each.map((x) => x[i])));
    const form = (a: Float64Array, b: Float64Array) =>
      a.reduce((total, x, i) => total + x * h[i].reduce((s, v, j) => s + v * b[j], 0), 0);
    const along = form(g, g);
    const truth = mean(each.map((x) => form(x, x))) / along - 1;
    // signs ε: E εᵀKε = Tr K with variance below 2‖K‖², K_kl = g_kᵀ H g_l/N
    let square = 0;
    for (const a of each) for (const b of each) square += (form(a, b) / n) ** 2;
    const probes = 100;
    const found = curvatureNoiseScale(passes, { probes, key: randomKey(9) });
    expect(Math.abs(found.value - truth)).toBeLessThan((4 * Math.sqrt((2 * square) / probes)) / Math.abs(along));
    expect(found.n).toBe(probes);
  });
});
