/** Penalties inside the training steps, against the same steps in float64 loops with a dense K. */
import { afterEach, describe, expect, it } from 'vitest';
import { forceKernelBuild, type KernelBuild } from '../src/kernels/load.js';
import { initialWeights, type NetworkSpec, parameterCount } from '../src/model/network.js';
import { addPenalties, type Penalty, type PenaltyPart, penalty, penaltyGradient } from '../src/model/penalty.js';
import { matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import type { Integration } from '../src/train/pull.js';
import { Trainer } from '../src/train/trainer.js';
import { gradient, type Sample } from './support/naive-network.js';
import { exampleParts, naiveSteps } from './support/penalties.js';
import { smallSamples } from './support/small-nets.js';

afterEach(() => forceKernelBuild(undefined));

const BATCH = 6;
const STEPS = 8;
const ETA = 0.05;
const range = (n: number) => Uint32Array.from({ length: n }, (_, i) => i);

function setting(spec: NetworkSpec) {
  const outputs = spec.widths.at(-1)!;
  const samples = smallSamples(BATCH * STEPS, spec.widths[0], outputs);
  const list: Sample[] = Array.from({ length: samples.count }, (_, s) => ({
    x: samples.values.subarray(s * samples.size, (s + 1) * samples.size),
    label: samples.labels![s],
    target: samples.targets!.subarray(s * outputs, (s + 1) * outputs),
  }));
  const start = initialWeights(spec, randomKey(2));
  const size = parameterCount(spec);
  const stream = randomKey(3).stream();
  const anchor = Float64Array.from(start, (w) => w + 0.1 * stream.normal());
  const trainer = (options: object = {}) => {
    const t = new Trainer({ spec, samples, learningRate: ETA, batchSize: BATCH, ...options });
    t.setWeights(start);
    return t;
  };
  return { samples, list, start, size, anchor, trainer };
}

const NETS: [string, NetworkSpec][] = [
  ['ReLU', { widths: [9, 7, 6, 4], activation: 'relu', bias: false, loss: 'cross-entropy' }],
  ['tanh with biases', { widths: [6, 5, 7, 3], activation: 'tanh', bias: true, loss: 'squared-error' }],
];
const BUILDS: KernelBuild[] = ['fma', 'simd'];
const largest = (a: ArrayLike<number>) => Array.from(a).reduce((m, v) => Math.max(m, Math.abs(v)), 0);

describe.each(BUILDS)('penalised steps (%s)', (build) => {
  describe.each(NETS)('%s', (_, spec) => {
    const { size, anchor, list, start, trainer } = setting(spec);
    const parts = exampleParts(size);
    const cases = Object.entries(parts).flatMap(([name, own]) =>
      (['implicit', 'explicit'] as const).flatMap((integration) =>
        [0, 0.9].map((mu): [string, Penalty, Integration, number] => [
          `${name}, ${integration}, momentum ${mu}`,
          penalty(anchor, own),
          integration,
          mu,
        ]),
      ),
    );
    cases.push([
      'two anchors on one range, implicit',
      addPenalties(penalty(anchor, parts.oblique), penalty(start, parts.orthonormal)),
      'implicit',
      0,
    ]);
    cases.push(['diagonal and axes, explicit', penalty(anchor, [...parts.diagonal, ...parts.whole]), 'explicit', 0.9]);

    it.each(cases)('%s', (_name, p, integration, mu) => {
      forceKernelBuild(build);
      const strength = 0.4;
      const settings = { eta: ETA, mu, integration };
      const batches = Array.from({ length: STEPS }, (_, t) => list.slice(t * BATCH, (t + 1) * BATCH));
      const t = trainer({ momentum: mu });
      t.setPenalty(p, strength, integration);
      t.steps(range(BATCH * STEPS), BATCH);
      const truth = naiveSteps(spec, start, batches, p, { ...settings, strength });
      const plain = naiveSteps(spec, start, batches, penalty(anchor, []), { ...settings, strength });
      const moved = largest(truth.map((w, i) => w - plain[i]));
      expect(moved).toBeGreaterThan(1e-3);
      // 8 steps of some 5 float32 roundings (6e-8) of weights up to 1 each, amplified a little by the curvature
      expect(largest(t.weights().map((w, i) => w - truth[i]))).toBeLessThan(4e-6);
    });

    it('are the same bits as ever without a penalty, and again after one was taken away', () => {
      forceKernelBuild(build);
      const [never, before, zero] = [trainer(), trainer(), trainer()];
      before.setPenalty(penalty(anchor, parts.diagonal), 1);
      before.steps(range(BATCH), BATCH);
      before.setPenalty(undefined);
      before.setWeights(start);
      zero.setPenalty(penalty(anchor, []), 1);
      const runs = [never, before, zero].map((t) => [...t.steps(range(BATCH * STEPS), BATCH).loss, ...t.weights()]);
      expect(runs[1]).toEqual(runs[0]);
      expect(runs[2]).toEqual(runs[0]);
    });
  });
});

describe('the penalty in training', () => {
  const spec = NETS[0][1];
  const { size, anchor, trainer, start } = setting(spec);
  const parts = exampleParts(size);

  it('leaves the reported loss that of the data alone', () => {
    const [plain, pulled] = [trainer(), trainer()];
    pulled.setPenalty(penalty(anchor, parts.diagonal), 100);
    const [a, b] = [plain, pulled].map((t) => t.steps(range(2 * BATCH), BATCH).loss.slice());
    expect(b[0]).toBe(a[0]);
    expect(b[1]).not.toBe(a[1]);
  });

  it.each(['diagonal', 'dense'])('implicit or explicit, rests where ∇L + lambda·K(w − a) = 0: %s', (kind) => {
    const [, tanh] = NETS[1];
    const own = setting(tanh);
    const stream = randomKey(8).stream();
    const k = matrix(own.size, own.size);
    for (let i = 0; i < own.size; i++) {
      k.data[i * own.size + i] = 0.5 + stream.uniform();
      if (i > 0 && kind === 'dense') k.data[i * own.size + i - 1] = k.data[(i - 1) * own.size + i] = 0.2;
    }
    const values = Float64Array.from({ length: own.size }, (_, i) => k.data[i * own.size + i]);
    const part: PenaltyPart =
      kind === 'dense' ? { kind: 'dense', offset: 0, matrix: k } : { kind: 'diagonal', offset: 0, values };
    const p = penalty(own.anchor, [part]);
    const lambda = 0.5;
    for (const integration of ['implicit', 'explicit'] as const) {
      const t = own.trainer({ learningRate: 0.2 });
      t.setPenalty(p, lambda, integration);
      for (let n = 0; n < 2000; n++) t.steps(range(BATCH), BATCH); // slowest mode: (1 − 0.2·0.5·0.3)^2000 ~ 1e-26
      const pull = penaltyGradient(p, t.weights()).gradient.map((g) => lambda * g);
      const force = gradient(tanh, t.weights(), own.list.slice(0, BATCH));
      expect(largest(pull)).toBeGreaterThan(0.05);
      // a step smaller than half a spacing of float32 (6e-8·|w|, |w| below 2) moves nothing: forces below 6e-7 go unseen
      expect(largest(force.map((f, i) => f + pull[i]))).toBeLessThan(3e-6);
    }
  });

  it('holds the axes at the anchor as the strength grows, and stays finite', () => {
    const p = penalty(anchor, parts.orthonormal);
    const t = trainer({ learningRate: 0.3 });
    const energies = [1, 1e3, 1e6, 1e12].map((lambda) => {
      t.setWeights(start);
      t.setPenalty(p, lambda);
      t.steps(range(BATCH * STEPS), BATCH);
      return penaltyGradient(p, t.weights()).value;
    });
    expect(energies[1]).toBeLessThan(1e-3 * energies[0]);
    // float32 axes and weights: (1e-7)² times a few weights
    expect(energies[3]).toBeLessThan(1e-11);
  });

  it('refuses explicit steps beyond 2(1 + mu)/(eta·K_max), and names that strength', () => {
    const p = penalty(anchor, [{ kind: 'diagonal', offset: 0, values: new Float64Array(size).fill(4) }]);
    const t = trainer({ momentum: 0.5 });
    t.setPenalty(p, 14.9, 'explicit');
    expect(() => t.setPenalty(p, 15.1, 'explicit')).toThrow(/below a strength of 15\.00; got 15\.1.*implicit/);
    t.setPenalty(p, 1e9, 'implicit');
  });

  it('refuses what it cannot do', () => {
    const t = trainer({ trainable: ['layer2'] });
    expect(() => t.setPenalty(penalty(anchor, parts.whole))).toThrow(/layer1, which is not trained/);
    const both = penalty(anchor, [...parts.diagonal, ...parts.orthonormal]);
    expect(() => trainer().setPenalty(both)).toThrow(/explicit integration/);
    expect(() => trainer().setPenalty(penalty([0], parts.diagonal.slice(1)), 1)).not.toThrow();
    expect(() =>
      trainer().setPenalty(penalty([0], [{ kind: 'diagonal', offset: 0, values: Float64Array.of(1) }])),
    ).toThrow(/the penalty acts on 1/);
    expect(() => trainer().setPenalty(penalty(anchor, parts.diagonal), -1)).toThrow(/finite number ≥ 0; got -1/);
  });
});
