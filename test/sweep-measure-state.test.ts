/** Measures of a sweep at the end of training against plain loops: dense Hessians by differences, gradients sample by sample, bisection. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { Bench } from '../src/experiments/sweep/measures/bench.js';
import { layersOf, type NetworkSpec } from '../src/model/network.js';
import { normalVector } from '../src/numeric/operators/lanczos.js';
import { gradient, logits, type Sample, sampleLoss } from './support/naive-network.js';
import {
  ask,
  benchOf,
  hessianByDifferences,
  largestEigenpair,
  meanLoss,
  number,
  SMALL,
  samplesOf,
} from './support/sweep-bench.js';

const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((s, x, i) => s + x * b[i], 0);

/** Level of widths that closes all valleys of bounded units. */
const LEVEL = 1.2;

describe('the state of a small classifier', () => {
  let bench: Bench;
  let spec: NetworkSpec;
  let samples: Sample[];
  let H: number[][];
  let g: Float64Array;
  let each: Float64Array[];
  beforeAll(async () => {
    bench = await benchOf(SMALL, { epochs: 25 });
    spec = bench.network as NetworkSpec;
    samples = samplesOf(bench);
    H = hessianByDifferences(spec, bench.w, samples);
    g = gradient(spec, bench.w, samples);
    each = samples.map((s) => gradient(spec, bench.w, [s]));
  });

  it('has the loss and the error of plain loops, on both sets', async () => {
    const { loss, 'test-loss': test } = await ask(bench, 'loss');
    expect(number(loss).value).toBeCloseTo(meanLoss(spec, bench.w, samples), 5);
    expect(number(loss).n).toBe(90);
    expect(number(test).n).toBe(40);
    const { error } = await ask(bench, 'error');
    const wrong = samples.filter((s) => {
      const z = logits(spec, bench.w, s.x);
      return z.indexOf(Math.max(...z)) !== s.label;
    });
    expect(number(error).value).toBeCloseTo(wrong.length / 90, 12);
    expect(wrong.length).toBeGreaterThan(0);
  });

  it('has the norm of all weights, and of each layer', async () => {
    const { norm } = await ask(bench, 'norm');
    expect(number(norm).value).toBeCloseTo(Math.hypot(...bench.w), 10);
    const { weightOffset, inputs, outputs } = layersOf(spec)[1];
    const own = bench.w.subarray(weightOffset, weightOffset + inputs * outputs);
    expect(number(norm).parts?.layer2).toMatchObject({ value: expect.closeTo(Math.hypot(...own), 10) });
  });

  it('has the trace of the dense Hessian, in parts that add up', async () => {
    const { trace } = await ask(bench, 'trace');
    const sum = H.reduce((s, r, i) => s + r[i], 0);
    expect(number(trace).value / sum).toBeCloseTo(1, 6);
    const parts = Object.values(number(trace).parts!) as { value: number }[];
    expect(parts.reduce((s, p) => s + p.value, 0) / sum).toBeCloseTo(1, 6);
  });

  it('has the largest eigenvalue of the dense Hessian', async () => {
    const { top } = await ask(bench, 'top', { tolerance: 1e-6 });
    expect(number(top).value / largestEigenpair(H, 2).value).toBeCloseTo(1, 5);
    const { top: rough } = await ask(bench, 'top');
    expect(Math.abs(number(rough).value - number(top).value)).toBeLessThanOrEqual(number(rough).standardError + 1e-5);
  });

  it('has the norm of the gradient', async () => {
    const { gradient: found } = await ask(bench, 'gradient');
    expect(number(found).value / Math.hypot(...g)).toBeCloseTo(1, 6);
  });

  it('has Tr C1 and B_simple from the gradients of the samples, with their bias removed', async () => {
    const n = samples.length;
    const deviation = each.reduce((s, gk) => s + gk.reduce((t, x, i) => t + (x - g[i]) ** 2, 0), 0);
    const trace = deviation / (n - 1);
    const { noise } = await ask(bench, 'noise');
    expect(number(noise).value / trace).toBeCloseTo(1, 5);
    const { 'noise-scale': simple } = await ask(bench, 'noise-scale');
    expect(number(simple).value / (trace / (dot(g, g) - trace / n))).toBeCloseTo(1, 4);
  });

  it('has B_noise = Tr(H C1)/(gᵀHg) within the error of its probes', async () => {
    const n = samples.length;
    const form = (a: ArrayLike<number>) => H.reduce((s, r, i) => s + a[i] * dot(r, a), 0);
    const curved = each.reduce((s, gk) => s + form(Float64Array.from(gk, (x, i) => x - g[i])) / n, 0);
    const { 'noise-scale-curved': found } = await ask(bench, 'noise-scale', { probes: 400 });
    const { value, standardError } = number(found);
    expect(standardError / value).toBeLessThan(0.2);
    expect(Math.abs(value - curved / form(g))).toBeLessThan(4 * standardError);
  });

  it('has the mean of 1 − Σ p²', async () => {
    const { confidence } = await ask(bench, 'confidence');
    const spreads = samples.map((s) => {
      const e = logits(spec, bench.w, s.x).map(Math.exp);
      const sum = e.reduce((a, b) => a + b);
      return 1 - e.reduce((a, x) => a + (x / sum) ** 2, 0);
    });
    expect(number(confidence).value).toBeCloseTo(spreads.reduce((a, b) => a + b) / 90, 6);
  });

  it('has the edge, and the mean-square line from the curvature of each sample along the top eigenvector', async () => {
    const { value: h, vector: u } = largestEigenpair(H, 2);
    const found = await ask(bench, 'ceiling', { directions: 0, tolerance: 1e-7 });
    expect(number(found['ceiling-edge']).value / (2 / h)).toBeCloseTo(1, 4);
    const step = 1e-4;
    const curvatures = samples.map((s) => {
      const at = (by: number) =>
        sampleLoss(
          spec,
          bench.w.map((w, i) => w + by * u[i]),
          s,
        );
      return (at(step) - 2 * at(0) + at(-step)) / step ** 2;
    });
    const l = curvatures.reduce((a, b) => a + b) / 90;
    const perSample = curvatures.reduce((a, c) => a + (c - l) ** 2, 0) / 90;
    const perBatch = ((perSample / 9) * (90 - 9)) / (90 - 1);
    expect(number(found['curvature-variance']).value / (perBatch / l ** 2)).toBeCloseTo(1, 3);
    expect(number(found['ceiling-top']).value / ((2 * l) / (l * l + perBatch))).toBeCloseTo(1, 3);
    const coupled = await ask(bench, 'ceiling', { directions: 4 });
    // more directions never raise the bound
    expect(number(coupled.ceiling).value).toBeLessThanOrEqual(number(found['ceiling-top']).value * 1.001);
    expect(number(coupled['ceiling-edge']).value / (2 / h)).toBeCloseTo(1, 2);
  });

  it('has the widths along its random directions, in norms of the layer', async () => {
    const { flatness } = await ask(bench, 'flatness', { directions: 4, tolerance: 1e-5, factor: LEVEL });
    const centre = meanLoss(spec, bench.w, samples);
    const logs: number[] = [];
    let count = 0;
    for (const { name, weightOffset, inputs, outputs } of layersOf(spec)) {
      const size = inputs * outputs;
      const own = bench.w.subarray(weightOffset, weightOffset + size);
      const norm = Math.hypot(...own);
      const mean = [0, 1, 2, 3].map((i) => {
        const v = normalVector(size, bench.key('flatness').child(name).child(i).stream());
        const length = Math.hypot(...v);
        const at = (x: number) => {
          const w = bench.w.slice();
          for (let k = 0; k < size; k++) w[weightOffset + k] += (x * v[k]) / length;
          return meanLoss(spec, w, samples);
        };
        // walks outwards in small steps, then halves: the nearest crossing
        const crossing = (sign: number) => {
          let far = 0;
          while (at(sign * far) < LEVEL * centre) {
            far += 0.05 * norm;
            if (far > 10 * norm) return Number.NaN;
          }
          let near = far - 0.05 * norm;
          for (let k = 0; k < 40; k++) {
            const middle = (near + far) / 2;
            if (at(sign * middle) < LEVEL * centre) near = middle;
            else far = middle;
          }
          return far;
        };
        return Math.log((crossing(1) + crossing(-1)) / norm);
      });
      const closed = mean.filter(Number.isFinite);
      count += closed.length;
      logs.push(closed.reduce((a, b) => a + b) / closed.length);
    }
    const { value, n, parts } = number(flatness);
    expect(n).toBe(count);
    expect(value / Math.exp((logs[0] + logs[1]) / 2)).toBeCloseTo(1, 3);
    expect((parts!.layer1 as { value: number }).value / Math.exp(logs[0])).toBeCloseTo(1, 3);
  });
});

describe('an L2 penalty', () => {
  it('is part of the curvature', async () => {
    const bench = await benchOf(
      { ...SMALL, training: { batchSize: 9 }, optimiser: { type: 'sgd', learningRate: 0.2, weightDecay: 0.05 } },
      { epochs: 3 },
    );
    const H = hessianByDifferences(bench.network as NetworkSpec, bench.w, samplesOf(bench));
    const { top } = await ask(bench, 'top', { tolerance: 1e-6 });
    expect(number(top).value).toBeCloseTo(largestEigenpair(H, 2).value + 0.05, 4);
    const { noise } = await ask(bench, 'noise');
    expect(number(noise).value).toBeGreaterThan(0);
  });
});

describe('a network of layers', () => {
  it('has the trace that second differences of its own losses give, within the error of the probes', async () => {
    const layered = {
      ...SMALL,
      record: { layer: 'dense1', windowEpochs: 4 },
      network: {
        layers: [
          { type: 'dense', name: 'dense1', outputs: 3 },
          { type: 'gelu' },
          { type: 'dense', name: 'dense2', outputs: 3 },
        ],
      },
    } as typeof SMALL;
    const bench = await benchOf(layered, { epochs: 10 });
    // the Hessian by differences of the model's own losses alone
    const place = bench.at();
    const P = bench.w.length;
    const h = 1e-3;
    const whole = place.whole;
    let sum = 0;
    for (let i = 0; i < P; i++) {
      const direction = new Float64Array(P);
      direction[i] = 1;
      const [
        {
          losses: [a, b, c],
        },
      ] = await place.surface.losses(bench.w, [{ block: whole, direction, displacements: [-h, 0, h] }]);
      sum += (a - 2 * b + c) / h ** 2;
    }
    const { trace } = await ask(bench, 'trace', { probes: 200 });
    expect(Math.abs(number(trace).value - sum)).toBeLessThan(4 * number(trace).standardError + 0.01 * Math.abs(sum));
    expect(Object.keys(number(trace).parts!)).toEqual(['dense1', 'dense2']);
    await bench.close();
  });
});
