/** One short run of `advise --verify` against SGD in plain loops on linear regression: when it looks, and what it sees. */
import { describe, expect, it } from 'vitest';
import { spreadSamples, topCurvatureOn, tryRate, type VerifyRequest } from '../src/apply/advice-run.js';
import { batchPlan } from '../src/data/samplers.js';
import { teacherSet } from '../src/data/teacher.js';
import type { NetworkSpec } from '../src/model/network.js';
import { randomKey } from '../src/numeric/random.js';

const spec: NetworkSpec = { widths: [3, 1], activation: 'identity', bias: false, loss: 'squared-error' };
const set = (train: number) =>
  teacherSet({ network: spec, train, labelNoise: 0.3, spectrum: [2, 1, 0.3] }, randomKey(2)).dataset.train;
const samples = set(210);
const weights = Float32Array.of(0.5, -0.25, 1);
const said: [string, number][] = [];
const request: VerifyRequest = {
  spec,
  samples,
  weights,
  setting: { momentum: 0.6, batchSize: 16, sampling: 'shuffled' },
  learningRate: 0.0123456,
  run: 2,
  // ends of epochs lie between looks: 13 steps each, a look every 2.275
  epochs: 7,
  looked: Uint32Array.of(3, 40, 77, 150, 209),
  seed: 9,
  report: (what, share) => said.push([what, share]),
};
const row = (s: number) => [0, 1, 2].map((i) => samples.values[3 * s + i]);
const miss = (w: readonly number[], s: number) => row(s).reduce((z, x, i) => z + x * w[i], 0) - samples.targets![s];

/** PyTorch's SGD, v ← μv + g, w ← w − ηv; the loss on the samples looked at after every step. */
function naive({ learningRate, epochs, run, seed, setting: { momentum, batchSize, sampling } }: VerifyRequest) {
  const key = randomKey(seed).child('advice').child('verify').child(run);
  const plan = batchPlan({ count: samples.count, batchSize, sampling, lastBatch: 'drop', key });
  const w = Array.from(weights);
  const v = [0, 0, 0];
  const losses: number[] = [];
  for (let e = 0; e < epochs; e++) {
    const { order } = plan.epoch(e);
    for (let b = 0; b < plan.batchesPerEpoch; b++) {
      const batch = Array.from(order.subarray(b * batchSize, (b + 1) * batchSize));
      const g = [0, 1, 2].map((i) => batch.reduce((sum, s) => sum + miss(w, s) * row(s)[i], 0) / batchSize);
      for (let i = 0; i < 3; i++) {
        v[i] = momentum * v[i] + g[i];
        w[i] -= learningRate * v[i];
      }
      losses.push([...request.looked].reduce((sum, s) => sum + miss(w, s) ** 2 / 2 / 5, 0));
    }
  }
  return losses;
}

describe('a run', () => {
  it('is looked at forty times, evenly over its steps', () => {
    said.length = 0;
    const seen = tryRate(request);
    const all = naive(request);
    expect(all).toHaveLength(7 * 13); // 13 whole batches of 16 in 210
    expect(seen.losses).toHaveLength(40);
    seen.losses.forEach((loss, look) => {
      const steps = Math.ceil(((look + 1) * 91) / 40);
      expect(loss / all[steps - 1], `look ${look}`).toBeCloseTo(1, 4);
    });
    expect(seen).toMatchObject({ learningRate: 0.0123456, seed: 2, finite: true, still: false });
    expect(said).toHaveLength(40);
    expect(said[0][0]).toBe('learning rate 0.0123');
    expect(said[0][1]).toBeCloseTo(3 / 91, 12);
    expect(said[39][1]).toBe(1);
  });

  it('of fewer than forty steps is looked at after each', () => {
    const short = { ...request, epochs: 2 };
    const seen = tryRate(short);
    const all = naive(short);
    expect(seen.losses).toHaveLength(26);
    seen.losses.forEach((loss, step) => {
      expect(loss / all[step]).toBeCloseTo(1, 4);
    });
  });

  it('of a least number of steps goes on into further epochs, and stops in the middle of one', () => {
    const long = tryRate({ ...request, epochs: 2, leastSteps: 61 });
    const all = naive({ ...request, epochs: 5 });
    expect(long.losses).toHaveLength(40);
    long.losses.forEach((loss, look) => {
      expect(loss / all[Math.ceil(((look + 1) * 61) / 40) - 1], `look ${look}`).toBeCloseTo(1, 4);
    });
    expect(tryRate({ ...request, epochs: 2, leastSteps: 26 })).toEqual(tryRate({ ...request, epochs: 2 }));
  });

  it('ends at its first look above a rim, without a curvature where none is asked for', () => {
    const whole = tryRate(request);
    const highest = Math.max(...whole.losses);
    const at = whole.losses.indexOf(highest);
    const stopped = tryRate({ ...request, rim: highest * (1 - 1e-6), curved: false });
    const before = whole.losses.findIndex((l) => l > highest * (1 - 1e-6));
    expect(stopped.losses).toEqual(whole.losses.slice(0, before + 1));
    expect(at).toBe(before);
    expect(stopped.top).toBeNull();
    expect(tryRate({ ...request, rim: highest }).losses).toEqual(whole.losses);
  });

  it('has batches of its own for every run and seed, and the same for the same', () => {
    const last = (changes: Partial<VerifyRequest>) => tryRate({ ...request, epochs: 1, ...changes }).losses.at(-1)!;
    expect(last({})).toBe(last({}));
    expect(last({ run: 1 })).not.toBe(last({}));
    expect(last({ seed: 8 })).not.toBe(last({}));
    expect(last({ setting: { ...request.setting, sampling: 'replaced' } })).not.toBe(last({}));
  });

  it('ends where its loss leaves the finite numbers, with what was seen before', () => {
    const wild = tryRate({ ...request, learningRate: 80, epochs: 40 });
    expect(wild.finite).toBe(false);
    expect(wild.losses.length).toBeLessThan(40);
    for (const loss of wild.losses) expect(Number.isFinite(loss)).toBe(true);
    expect([wild.still, wild.top]).toEqual([false, null]);
  });

  it('leaves out a loss that is not finite', () => {
    // the first step takes the weights beyond the largest float32, and is looked at before the next one
    expect(tryRate({ ...request, learningRate: 3e38, epochs: 2 })).toMatchObject({ finite: false, losses: [] });
  });

  it('stands still where steps are below the resolution of its weights', () => {
    const dead = tryRate({ ...request, learningRate: 1e-20 });
    expect([dead.finite, dead.still, dead.top]).toEqual([true, true, null]);
    expect(new Set(dead.losses).size).toBe(1);
  });
});

describe('the curvature at its end', () => {
  /** Largest eigenvalue of the mean of x xᵀ over these samples, by the power method. */
  function top(x: readonly (readonly number[])[]): number {
    let v = [1, 1, 1];
    let length = 0;
    for (let k = 0; k < 500; k++) {
      const next = [0, 1, 2].map((i) => x.reduce((s, r) => s + (r[i] * r.reduce((z, c, j) => z + c * v[j], 0)) / x.length, 0)); // biome-ignore format: one line
      length = Math.hypot(...next);
      v = next.map((c) => c / length);
    }
    return length;
  }
  it('is that of the samples looked at', () => {
    const found = tryRate(request).top!;
    expect(found / top([...request.looked].map(row))).toBeCloseTo(1, 4);
  });
  it('takes every second of more than 2000', () => {
    const large = set(4001);
    const x = (s: number) => [0, 1, 2].map((i) => large.values[3 * s + i]);
    const looked = (n: number) => Uint32Array.from({ length: n }, (_, k) => k);
    const every = (n: number, step: number) => Array.from({ length: Math.ceil(n / step) }, (_, k) => x(k * step));
    expect(topCurvatureOn(spec, large, weights, looked(2000)) / top(every(2000, 1))).toBeCloseTo(1, 5);
    expect(topCurvatureOn(spec, large, weights, looked(2001)) / top(every(2001, 2))).toBeCloseTo(1, 5);
    expect(topCurvatureOn(spec, large, weights, looked(4001)) / top(every(4001, 3))).toBeCloseTo(1, 5);
    expect(Math.abs(top(every(2001, 2)) / top(every(2001, 1)) - 1)).toBeGreaterThan(1e-4);
  });
});

it('samples are looked at evenly, at most so many', () => {
  expect([...spreadSamples(10, 3)]).toEqual([0, 4, 8]);
  expect([...spreadSamples(9, 3)]).toEqual([0, 3, 6]);
  expect([...spreadSamples(4, 4)]).toEqual([0, 1, 2, 3]);
  expect([...spreadSamples(1)]).toEqual([0]);
  expect([spreadSamples(5000).length, spreadSamples(5001).length, spreadSamples(60_000).length]).toEqual([5000, 2501, 5000]); // biome-ignore format: one line
});
