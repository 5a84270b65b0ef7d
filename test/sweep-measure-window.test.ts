/** Measures of a sweep over a recorded window against plain loops, on a linear regression whose valleys are parabolas. */
import { beforeAll, describe, expect, it } from 'vitest';
import { batchPlan } from '../src/data/samplers.js';
import type { Bench } from '../src/experiments/sweep/measures/bench.js';
import type { NetworkSpec } from '../src/model/network.js';
import { matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { gradient, type Sample } from './support/naive-network.js';
import { ask, benchOf, LINEAR, la, meanLoss, number, samplesOf, secondMoment } from './support/sweep-bench.js';

const MOMENTUM = 0.4;
const ETA = 0.05;
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((s, x, i) => s + x * b[i], 0);

/** Window rows of SGD with momentum in float64, from the state of a bench. */
function naiveWindow(bench: Bench, samples: readonly Sample[], epochs: number): Float64Array[] {
  const { plan, weights, kept, wholeEpochs } = bench.trained;
  const spec = bench.network as NetworkSpec;
  const again = batchPlan({
    count: samples.length,
    ...bench.config.training,
    key: randomKey(bench.config.seed).child('batches'),
  });
  const w = Float64Array.from(weights);
  const v = Float64Array.from(kept.velocity ?? new Float64Array(w.length));
  const rows: Float64Array[] = [];
  const { batchSize } = bench.config.training;
  for (let e = 0; e < epochs; e++) {
    const { order } = again.epoch(wholeEpochs + e);
    for (let b = 0; b < plan.batchesPerEpoch; b++) {
      const batch = Array.from(order.subarray(b * batchSize, (b + 1) * batchSize), (k) => samples[k]);
      gradient(spec, w, batch).forEach((g, i) => {
        v[i] = MOMENTUM * v[i] + g;
        w[i] -= ETA * v[i];
      });
      rows.push(w.slice());
    }
  }
  return rows;
}

/** Principal directions of rows, from the largest variance on, with their variances and the mean. */
function principal(rows: readonly Float64Array[]) {
  const P = rows[0].length;
  const mean = Float64Array.from({ length: P }, (_, i) => rows.reduce((s, r) => s + r[i], 0) / rows.length);
  const c = matrix(P, P);
  for (const r of rows)
    for (let i = 0; i < P; i++)
      for (let j = 0; j < P; j++) c.data[i * P + j] += ((r[i] - mean[i]) * (r[j] - mean[j])) / rows.length;
  const { values, vectors } = la.eigh(c);
  const order = Array.from({ length: P }, (_, k) => P - 1 - k);
  return {
    mean,
    variances: order.map((k) => values[k]),
    directions: order.map((k) => Array.from({ length: P }, (_, i) => vectors.data[i * P + k])),
  };
}

const slopeOf = (x: readonly number[], y: readonly number[]) => {
  const [mx, my] = [x, y].map((v) => v.reduce((a, b) => a + b) / v.length);
  return x.reduce((s, v, i) => s + (v - mx) * (y[i] - my), 0) / x.reduce((s, v) => s + (v - mx) ** 2, 0);
};

describe('the window of a linear regression', () => {
  const epochs = 30;
  let bench: Bench;
  let samples: Sample[];
  let rows: Float64Array[];
  let pcs: ReturnType<typeof principal>;
  beforeAll(async () => {
    bench = await benchOf(
      { ...LINEAR, training: { ...LINEAR.training, learningRate: ETA, momentum: MOMENTUM } },
      { epochs: 40 },
    );
    samples = samplesOf(bench);
    rows = naiveWindow(bench, samples, epochs);
    pcs = principal(rows);
  });

  it('continues the steps of the training', () => {
    const window = bench.window(bench.blocks(undefined), epochs);
    expect(window.steps).toBe(600);
    const { data, P } = window.rows.get('layer1')!;
    for (const t of [0, 1, 299, 599]) for (const [i, w] of rows[t].entries()) expect(data[t * P + i]).toBeCloseTo(w, 4);
  });

  it('has the temperature (1+μ)⟨Δθ²⟩/(2η) of the directions from rank 2 on, and ⟨θ·g⟩ equal to it', async () => {
    const found = await ask(bench, 'temperature', { windowEpochs: epochs });
    const each = pcs.directions.slice(1).map((p) => {
      const theta = rows.map((r) => dot(r, p));
      const squares = theta.slice(1).map((x, t) => (x - theta[t]) ** 2);
      return ((1 + MOMENTUM) / (2 * ETA)) * (squares.reduce((a, b) => a + b) / squares.length);
    });
    const { value, n } = number(found.temperature);
    expect(n).toBe(5);
    expect(value / (each.reduce((a, b) => a + b) / 5)).toBeCloseTo(1, 2);
    const ratio = number(found['fluctuation-dissipation']);
    expect(ratio.standardError).toBeLessThan(0.1);
    expect(Math.abs(ratio.value - 1)).toBeLessThan(4 * ratio.standardError);
  });

  it('has ψ of variances against the widths of parabolas', async () => {
    const { psi } = await ask(bench, 'psi', { windowEpochs: epochs, vectors: 6, tolerance: 1e-6 });
    const H = secondMoment(samples);
    const spec = bench.network as NetworkSpec;
    const centre = meanLoss(spec, pcs.mean, samples);
    const g = gradient(spec, pcs.mean, samples);
    const points = pcs.directions.slice(1).map((p, k) => {
      const h = H.reduce((s, r, i) => s + p[i] * dot(r, p), 0);
      // L0 + g δ + h δ²/2 = e L0 on both sides
      const width = (2 * Math.sqrt(dot(g, p) ** 2 + 2 * h * (Math.E - 1) * centre)) / h;
      return [Math.log10(width), Math.log10(pcs.variances[k + 1])];
    });
    const [x, y] = [points.map((p) => p[0]), points.map((p) => p[1])];
    // orthogonal line: angle of the first axis of the scatter of points
    const centred = (v: readonly number[]) => v.map((u) => u - v.reduce((a, b) => a + b) / v.length);
    const [u, v] = [centred(x), centred(y)];
    const [xx, yy, xy] = [dot(u, u), dot(v, v), dot(u, v)];
    const slope = Math.tan(0.5 * Math.atan2(2 * xy, xx - yy));
    const { value, controls, n } = number(psi);
    expect(n).toBe(5);
    expect(value).toBeCloseTo(-slope, 1);
    expect(Object.keys(controls!)).toEqual(['half', 'hessian', 'walk']);
    // the fixed basis are the axes of the Hessian themselves
    const hessian = controls!.hessian as { value: number; method: string };
    expect(hessian.method).toContain('Hessian eigenvectors');
    expect(Number.isFinite(hessian.value)).toBe(true);
  });

  it('has the displacement exponents of the directions from rank 2 on, with its controls', async () => {
    const { displacement } = await ask(bench, 'displacement', { windowEpochs: epochs, vectors: 6 });
    const lags = [...new Set(Array.from({ length: 30 }, (_, k) => Math.round(60 ** (k / 29))))];
    const exponents = pcs.directions.slice(1).map((p) => {
      const theta = rows.map((r) => dot(r, p));
      const msd = lags.map((s) => {
        let sum = 0;
        for (let t = 0; t + s < theta.length; t++) sum += (theta[t + s] - theta[t]) ** 2;
        return sum / (theta.length - s);
      });
      return slopeOf(lags.map(Math.log10), msd.map(Math.log10));
    });
    expect(number(displacement).value).toBeCloseTo(exponents.reduce((a, b) => a + b) / 5, 1);
    expect(Object.keys(number(displacement).controls!)).toEqual(['half', 'hessian', 'walk']);
  });

  it('has widths along principal directions in norms of the mean', async () => {
    const { 'principal-flatness': found } = await ask(bench, 'principal-flatness', {
      windowEpochs: epochs,
      tolerance: 1e-6,
    });
    const H = secondMoment(samples);
    const spec = bench.network as NetworkSpec;
    const centre = meanLoss(spec, pcs.mean, samples);
    const g = gradient(spec, pcs.mean, samples);
    const logs = pcs.directions.slice(1).map((p) => {
      const h = H.reduce((s, r, i) => s + p[i] * dot(r, p), 0);
      return Math.log((2 * Math.sqrt(dot(g, p) ** 2 + 2 * h * (Math.E - 1) * centre)) / h / Math.hypot(...pcs.mean));
    });
    expect(number(found).value / Math.exp(logs.reduce((a, b) => a + b) / 5)).toBeCloseTo(1, 2);
  });

  it('has γ of the noise against the curvature along the axes of the Hessian', async () => {
    const { gamma } = await ask(bench, 'gamma', { vectors: 6 });
    const H = secondMoment(samples);
    const { values, vectors } = la.eigh(matrix(6, 6, Float64Array.from(H.flat())));
    const spec = bench.network as NetworkSpec;
    const each = samples.map((s) => gradient(spec, bench.w, [s]));
    const points = Array.from(values, (h, k) => {
      const p = Array.from({ length: 6 }, (_, i) => vectors.data[i * 6 + k]);
      const slopes = each.map((g) => dot(g, p));
      const mean = slopes.reduce((a, b) => a + b) / slopes.length;
      return [Math.log10(h), Math.log10(slopes.reduce((s, x) => s + (x - mean) ** 2, 0) / slopes.length)];
    });
    const slope = slopeOf(
      points.map((p) => p[0]),
      points.map((p) => p[1]),
    );
    expect(number(gamma).value).toBeCloseTo(slope, 1);
    // for a linear regression C1 is s² H to leading order [S8]
    expect(number(gamma).value).toBeGreaterThan(0.7);
  });
});

describe('the walk of the own noise', () => {
  it('is drawn as the batches of the run are, and wanders where nothing restores it', async () => {
    const training = { ...LINEAR.training, learningRate: 0.2 };
    const exponents = async (more: object) => {
      const bench = await benchOf({ ...LINEAR, training: { ...training, ...more } }, { epochs: 20 });
      const { displacement } = await ask(bench, 'displacement', { windowEpochs: epochs, vectors: 6 });
      const of = (name: string) => (number(displacement).controls![name] as { value: number }).value;
      return [of('walk'), of('hessian'), of('half')];
    };
    const epochs = 30;
    const [free, bound, half] = await exponents({ sampling: 'replaced' });
    expect(free).toBeGreaterThan(bound + 0.2);
    expect(half).toBeLessThan(free);
    // shuffled noise sums to zero over every epoch
    const [shuffled] = await exponents({ sampling: 'shuffled' });
    expect(shuffled).toBeLessThan(free - 0.2);
    // an incomplete last batch is a step of the walk as well
    const [kept] = await exponents({ sampling: 'shuffled', batchSize: 30, lastBatch: 'keep' });
    expect(Number.isFinite(kept)).toBe(true);
  });
});

describe('the law of ranks', () => {
  it('of a layer with enough ranks lies near that of the walk of its own noise', async () => {
    const wide = {
      ...LINEAR,
      data: {
        set: 'teacher',
        teacher: {
          ...LINEAR.data!.teacher!,
          network: { widths: [80, 1], activation: 'identity', loss: 'squared-error' },
          spectrum: Array.from({ length: 80 }, (_, i) => 1 / (i + 1)),
          train: 300,
        },
      },
      network: { widths: [80, 1], activation: 'identity', loss: 'squared-error' },
      training: { ...LINEAR.training, learningRate: 0.02 },
    } as typeof LINEAR;
    const bench = await benchOf(wide, { epochs: 30 });
    const { 'rank-law': law } = await ask(bench, 'rank-law', { windowEpochs: 20 });
    const { value, controls } = number(law);
    const window = bench.window(bench.blocks(undefined), 20).rows.get('layer1')!;
    const rows = Array.from({ length: 600 }, (_, t) => Float64Array.from(window.data.subarray(t * 80, (t + 1) * 80)));
    const { variances } = principal(rows);
    const ranks = Array.from({ length: 21 }, (_, k) => k + 20);
    const slope = slopeOf(
      ranks.map(Math.log10),
      ranks.map((i) => Math.log10(variances[i - 1])),
    );
    expect(value).toBeCloseTo(-slope, 1);
    expect(Math.sign((controls!.walk as { value: number }).value)).toBe(1);
  });
});
