/** What advice is judged from, on networks whose answer is known; and what is refused. */
import { describe, expect, it } from 'vitest';
import { factsOf } from '../src/apply/advice-facts.js';
import { measureState } from '../src/apply/advice-measure.js';
import { spreadSamples, tryRate } from '../src/apply/advice-run.js';
import { teacherSet } from '../src/data/teacher.js';
import { measureWindow } from '../src/experiments/advise/window.js';
import { initialWeights, type NetworkSpec } from '../src/model/network.js';
import { embeddedLinearAlgebra } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { constantLoss } from '../src/runs/constant-loss.js';
import { divergenceRate } from '../src/theory/regression.js';

const la = embeddedLinearAlgebra();
const linear: NetworkSpec = { widths: [3, 1], activation: 'identity', bias: false, loss: 'squared-error' };
const spectrum = [2, 1, 0.3];
const { dataset, weights } = teacherSet({ network: linear, train: 4000, labelNoise: 0.3, spectrum }, randomKey(2));
const samples = dataset.train;
const quiet = { seed: 0, directions: 16, report: () => {} };
const setting = (learningRate: number, batchSize: number, momentum = 0) => ({
  learningRate,
  batchSize,
  momentum,
  sampling: 'replaced' as const,
});

describe('linear regression', () => {
  const x = (s: number, i: number) => samples.values[3 * s + i];
  const moment = (...of: number[]) => {
    let sum = 0;
    for (let s = 0; s < samples.count; s++) sum += of.reduce((p, i) => p * x(s, i), 1);
    return sum / samples.count;
  };
  const three = [0, 1, 2];
  const A = three.map((i) => three.map((j) => moment(i, j)));
  const raw = three.map((i) => three.map((j) => three.map((k) => three.map((l) => moment(i, j, k, l)))));

  /** Growth of E w wᵀ a step: Σ → E[(1−eta H_B) Σ (1−eta H_B)] over batches of B of these 4000 samples, iterated. */
  function growth(eta: number, B: number): number {
    const times = (a: number[][], b: number[][]) =>
      a.map((r) => b[0].map((_, j) => r.reduce((t, v, k) => t + v * b[k][j], 0)));
    let m = three.map((i) => three.map((j) => Number(i === j)));
    let factor = 1;
    for (let t = 0; t < 100; t++) {
      // E[x xᵀ Σ x xᵀ]
      const four = three.map((i) =>
        three.map((j) => m.reduce((s, row, k) => s + row.reduce((q, v, l) => q + v * raw[i][j][k][l], 0), 0)),
      );
      const [am, ma] = [times(A, m), times(m, A)];
      const ama = times(am, A);
      const next = m.map((r, i) =>
        r.map((v, j) => v - eta * (am[i][j] + ma[i][j]) + eta * eta * (ama[i][j] * (1 - 1 / B) + four[i][j] / B)),
      );
      const trace = next[0][0] + next[1][1] + next[2][2];
      factor = trace / (m[0][0] + m[1][1] + m[2][2]);
      m = next.map((r) => r.map((v) => v / trace));
    }
    return factor;
  }

  it.each([2, 16])('has the ceiling at which the second moments of these very samples grow: B = %s', (batchSize) => {
    const state = measureState({ la, spec: linear, samples, weights, setting: setting(0.1, batchSize), ...quiet });
    const found = factsOf(state.curvature)!;
    expect(growth(0.995 * found.ceiling.value, batchSize)).toBeLessThan(1);
    expect(growth(1.005 * found.ceiling.value, batchSize)).toBeGreaterThan(1);
    // and within the error for Gaussian inputs, that of the law they were drawn from
    const law = divergenceRate(spectrum, batchSize);
    expect(Math.abs(found.ceiling.value - law)).toBeLessThan(4 * found.ceiling.standardError);
    expect(found.line.at(-1)!.ceiling.value).toBeGreaterThan(0.98 * found.edge.value);
  });

  it('has a noise scale that both ways of estimating it agree on', () => {
    const moved = weights.map((w) => w + 0.3);
    const n = factsOf(
      measureState({ la, spec: linear, samples, weights: moved, setting: setting(0.1, 20), ...quiet }).noise,
    )!;
    const [low, high] = n.twoBatches.interval;
    expect(low).toBeLessThan(n.ofSet);
    expect(high!).toBeGreaterThan(n.ofSet);
    expect(Math.abs(n.twoBatches.trace.value - n.trace.value)).toBeLessThan(4 * n.twoBatches.trace.standardError);
    // at the teacher, label noise: C1 = s²A, so Tr(H C1)/(gᵀHg) = s² Tr A²/(gᵀAg)
    const at = factsOf(
      measureState({ la, spec: linear, samples, weights, setting: setting(0.1, 20), ...quiet }).noise,
    )!;
    const trace = at.weighted.value * at.curvedGradient;
    // 64 probes with a relative variance of 2 Tr A⁴/(Tr A²)²: 1.3
    expect(Math.abs(trace / (0.09 * (4 + 1 + 0.09)) - 1)).toBeLessThan(3 * Math.sqrt(1.3 / 64));
    expect(at.ofDistribution.converged).toBe(false); // the teacher is the minimum
    expect(at.interval[1]).toBeNull();
  });

  it('stays below the ceiling and does not above it, with momentum or without', () => {
    for (const momentum of [0, 0.8]) {
      const batchSize = 16;
      const state = measureState({
        la,
        spec: linear,
        samples,
        weights,
        setting: setting(0.1, batchSize, momentum),
        ...quiet,
      });
      const ceiling = factsOf(state.curvature)!.ceiling.value;
      expect(Math.abs(ceiling / divergenceRate(spectrum, batchSize, momentum) - 1)).toBeLessThan(0.15);
      // groups of 200 of 4000 samples: each error of the order of the curvature's own, √(2/4000)
      for (const { ceiling: at } of factsOf(state.curvature)!.line)
        expect(at.standardError).toBeLessThan(0.1 * at.value);
      const run = (factor: number) =>
        tryRate({
          spec: linear,
          samples,
          weights,
          setting: setting(0.1, batchSize, momentum),
          learningRate: factor * ceiling,
          run: 0,
          epochs: 2,
          looked: spreadSamples(samples.count, 500),
          seed: 1,
          report: () => {},
        });
      const calm = run(0.5);
      expect(calm.losses).toHaveLength(40);
      expect(Math.max(...calm.losses)).toBeLessThan(1);
      const wild = run(1.6);
      expect(wild.finite && Math.max(...wild.losses) < 1e3).toBe(false);
    }
  });
});

describe('a window of real steps', () => {
  const request = { spec: linear, samples, weights, epochs: 8, seed: 3, report: () => {} };

  it('is stationary at the minimum, where the weights fluctuate about it', () => {
    const w = factsOf(measureWindow({ ...request, setting: setting(0.05, 4) }))!;
    expect(Math.abs(w.ratio.value - 1) / w.ratio.standardError).toBeLessThan(3);
    expect(Math.abs(w.trend.value) / w.trend.standardError).toBeLessThan(3);
    expect(w.roundingShare).toBeLessThan(1e-6);
  });

  it('is not on the way there, and with momentum the relation is the same', () => {
    const far = weights.map((x) => x + 2);
    const w = factsOf(measureWindow({ ...request, weights: far, setting: setting(0.0005, 4), epochs: 1 }))!;
    expect(Math.abs(w.ratio.value - 1) / w.ratio.standardError).toBeGreaterThan(3);
    expect(w.trend.value / w.trend.standardError).toBeLessThan(-3);
    const m = factsOf(measureWindow({ ...request, setting: setting(0.01, 4, 0.8) }))!;
    expect(Math.abs(m.ratio.value - 1) / m.ratio.standardError).toBeLessThan(3);
  });

  it('tells steps that rounding eats, and a divergence', () => {
    const far = weights.map((x) => 1000 + x);
    const w = measureWindow({ ...request, weights: far, setting: setting(1e-9, 4), epochs: 1 });
    expect('refused' in w || w.facts.roundingShare > 0.01).toBe(true);
    expect(measureWindow({ ...request, setting: setting(50, 4) })).toMatchObject({
      refused: expect.stringMatching(/diverged/),
    });
  });
});

describe('there is no advice', () => {
  const relu: NetworkSpec = { widths: [4, 5, 3], activation: 'relu', bias: false, loss: 'cross-entropy' };
  const set = teacherSet({ network: relu, train: 300 }, randomKey(4)).dataset.train;
  const at = (w: Float32Array) =>
    measureState({ la, spec: relu, samples: set, weights: w, setting: setting(0.1, 10), ...quiet });

  it('where no unit answers and every gradient is exactly zero', () => {
    expect(() => at(new Float32Array(35))).toThrow(
      /every sample's gradient is exactly zero.*start from other weights/s,
    );
  });

  it('at weights or losses that are not finite', () => {
    const w = initialWeights(relu, randomKey(1));
    w[3] = Number.NaN;
    expect(() => at(w)).toThrow(/not finite/);
    expect(() => at(initialWeights(relu, randomKey(1)).map((x) => x * 1e35))).toThrow(/counts it as diverged/);
  });
});

it('a constant answer has the entropy of the labels, or half the variance of the targets', () => {
  const labels = Uint8Array.from([0, 0, 1, 2]);
  const values = new Float32Array(4);
  expect(constantLoss({ count: 4, size: 1, values, divisor: 1, labels })).toBeCloseTo(1.5 * Math.LN2, 12);
  const targets = Float32Array.from([0, 1, 2, 1, 0, 1, 2, 1]);
  expect(constantLoss({ count: 4, size: 1, values, divisor: 1, targets })).toBeCloseTo(0.5, 12);
});
