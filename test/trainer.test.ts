import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Samples } from '../src/data/dataset.js';
import { forceKernelBuild, type KernelBuild } from '../src/kernels/load.js';
import { initialWeights, type NetworkSpec } from '../src/model/network.js';
import { DivergedError } from '../src/numeric/errors.js';
import { randomKey } from '../src/numeric/random.js';
import { Trainer } from '../src/train/trainer.js';
import { gradient, type Sample, sampleLoss } from './support/naive-network.js';

interface OracleNetwork {
  name: string;
  widths: number[];
  activation: 'relu' | 'tanh' | 'identity';
  biases: boolean;
  lossKind: 'crossEntropy' | 'squaredError';
  samples: number;
  learningRate: number;
  momentum: number;
  weights: number[];
  batches: { inputs: number[]; labels?: number[]; targets?: number[] }[];
  loss: number;
  gradient: number[];
  perSampleGradientNorms: number[];
  lossesSgd: number[];
  weightsAfterSgd: number[];
  lossesMomentum: number[];
  weightsAfterMomentum: number[];
}
const oracle = JSON.parse(readFileSync(new URL('./oracles/network.json', import.meta.url), 'utf8')) as {
  networks: OracleNetwork[];
  logSoftmax: { name: string; logits: number[]; label: number; loss: number; gradient: number[] }[];
};

const BUILDS: KernelBuild[] = ['fma', 'simd'];
afterEach(() => forceKernelBuild(undefined));

const range = (n: number, from = 0) => Uint32Array.from({ length: n }, (_, i) => from + i);
/** Largest difference, relative to the largest number. */
function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let worst = 0;
  let scale = 0;
  for (let i = 0; i < b.length; i++) {
    worst = Math.max(worst, Math.abs(a[i] - b[i]));
    scale = Math.max(scale, Math.abs(b[i]));
  }
  return a.length !== b.length ? Number.POSITIVE_INFINITY : scale === 0 ? worst : worst / scale;
}

function oracleSamples(n: OracleNetwork): Samples {
  const count = n.samples * n.batches.length;
  const common = {
    count,
    size: n.widths[0],
    values: Float32Array.from(n.batches.flatMap((b) => b.inputs)),
    divisor: 1,
  };
  return n.lossKind === 'crossEntropy'
    ? { ...common, labels: Uint8Array.from(n.batches.flatMap((b) => b.labels!)) }
    : { ...common, targets: Float32Array.from(n.batches.flatMap((b) => b.targets!)) };
}

const specOf = (n: OracleNetwork): NetworkSpec => ({
  widths: n.widths,
  activation: n.activation,
  bias: n.biases,
  loss: n.lossKind === 'crossEntropy' ? 'cross-entropy' : 'squared-error',
});

describe.each(BUILDS)('training kernels (%s) against PyTorch in float64', (build) => {
  it.each(oracle.networks)('$name', (n) => {
    forceKernelBuild(build);
    const options = { spec: specOf(n), samples: oracleSamples(n), learningRate: n.learningRate, batchSize: n.samples };
    const trainer = new Trainer(options);
    trainer.setWeights(Float32Array.from(n.weights));
    const first = trainer.gradient(range(n.samples));
    expect(Math.abs(first.loss / n.loss - 1)).toBeLessThan(1e-6);
    expect(distance(first.gradient, n.gradient)).toBeLessThan(2e-6);

    const plain = trainer.steps(range(n.samples * 5), n.samples);
    expect(distance(plain.loss, n.lossesSgd)).toBeLessThan(2e-6);
    expect(distance(trainer.weights(), n.weightsAfterSgd)).toBeLessThan(2e-6);

    const heavy = new Trainer({ ...options, momentum: n.momentum });
    heavy.setWeights(Float32Array.from(n.weights));
    expect(distance(heavy.steps(range(n.samples * 5), n.samples).loss, n.lossesMomentum)).toBeLessThan(4e-6);
    expect(distance(heavy.weights(), n.weightsAfterMomentum)).toBeLessThan(4e-6);
  });

  it.each(oracle.logSoftmax)('log-softmax: $name', ({ logits, label, loss, gradient: truth }) => {
    forceKernelBuild(build);
    const n = logits.length;
    const spec: NetworkSpec = { widths: [n, n], activation: 'identity', bias: false, loss: 'cross-entropy' };
    const samples = { count: 1, size: n, values: Float32Array.from(logits), divisor: 1, labels: Uint8Array.of(label) };
    const trainer = new Trainer({ spec, samples, learningRate: 1, batchSize: 1 });
    trainer.setWeights(Float32Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0)));
    // z − max rounds to 2^-24 of itself, which exp turns into a relative error; exp, log1p and sums add 4e-7; below e^-87 a
    // probability is taken as zero, an absolute error of 1e-38
    const top = Math.max(...logits);
    const bound = (j: number) => 4e-7 + (top - logits[j]) * 2 ** -24;
    const widest = Math.max(...logits.map((_, j) => bound(j)));
    expect(Math.abs(trainer.evaluate().loss - loss)).toBeLessThan(widest * loss + 1e-37);
    const [state] = trainer.layerStates('layer1');
    for (let j = 0; j < n; j++) {
      const relative = j === label ? widest : bound(j);
      expect(Math.abs(state.deltas[j] - truth[j])).toBeLessThan(relative * Math.abs(truth[j]) + 1e-37);
    }
  });
});

/** Random samples: bytes or floats, a given share of zeros. */
function randomSamples(
  count: number,
  size: number,
  classes: number,
  zeros: number,
  bytes: boolean,
  seed: number,
): Samples {
  const s = randomKey(seed).stream();
  const raw = Array.from({ length: count * size }, () =>
    s.uniform() < zeros ? 0 : bytes ? 1 + s.integer(255) : s.normal(),
  );
  return {
    count,
    size,
    values: bytes ? Uint8Array.from(raw) : Float32Array.from(raw),
    divisor: bytes ? 255 : 1,
    labels: Uint8Array.from({ length: count }, () => s.integer(classes)),
    targets: Float32Array.from({ length: count * classes }, () => s.normal()),
  };
}

const sampleOf = (data: Samples, outputs: number, i: number): Sample => ({
  x: Array.from(data.values.subarray(i * data.size, (i + 1) * data.size), (v) => v / data.divisor),
  label: data.labels![i],
  target: data.targets!.subarray(i * outputs, (i + 1) * outputs),
});

describe.each(BUILDS)('shapes that split into every kind of tile (%s)', (build) => {
  const cases: [string, NetworkSpec, number, boolean][] = [];
  for (const [hidden, outputs] of [
    [1, 2],
    [3, 5],
    [53, 10],
    [61, 13],
    [130, 57],
  ])
    for (const [zeros, bytes] of [
      [0.8, true],
      [0.8, false],
      [0, false],
    ] as const)
      for (const activation of ['relu', 'tanh'] as const)
        cases.push([
          `${hidden}-${outputs} ${activation} ${zeros} ${bytes ? 'bytes' : 'floats'}`,
          {
            widths: [97, hidden, hidden + 1, outputs],
            activation,
            bias: activation === 'tanh',
            loss: activation === 'tanh' ? 'squared-error' : 'cross-entropy',
          },
          zeros,
          bytes,
        ]);
  it.each(cases)('%s', (_, spec, zeros, bytes) => {
    forceKernelBuild(build);
    const outputs = spec.widths[3];
    const batch = 13;
    const data = randomSamples(40, 97, outputs, zeros, bytes, 11);
    const weights = initialWeights(spec, randomKey(4));
    const trainer = new Trainer({ spec, samples: data, learningRate: 0.05, batchSize: batch, recordLayer: 'layer2' });
    trainer.setWeights(weights);
    expect(distance(trainer.weights(), weights)).toBe(0);

    const order = range(batch, 20);
    const samples = Array.from(order, (i) => sampleOf(data, outputs, i));
    const truth = gradient(spec, weights, samples);
    const measured = trainer.gradient(order);
    const loss = samples.reduce((sum, s) => sum + sampleLoss(spec, weights, s), 0) / batch;
    expect(Math.abs(measured.loss / loss - 1)).toBeLessThan(1e-5);
    expect(distance(measured.gradient, truth)).toBeLessThan(1e-5);

    const { recorded } = trainer.steps(order, batch);
    const moved = weights.map((w, i) => w - 0.05 * truth[i]);
    expect(distance(trainer.weights(), moved)).toBeLessThan(1e-6);
    const size = spec.widths[1] * spec.widths[2];
    const offset = spec.widths[0] * spec.widths[1] + (spec.bias ? spec.widths[1] : 0);
    expect([...recorded!]).toEqual([...trainer.weights().subarray(offset, offset + size)]);

    trainer.setWeights(weights);
    const each = trainer.perSampleGradients('layer2', order).slice();
    for (const s of [0, batch - 1])
      expect(
        distance(
          each.subarray(s * size, (s + 1) * size),
          gradient(spec, weights, [samples[s]]).subarray(offset, offset + size),
        ),
      ).toBeLessThan(1e-5);
  });
});

describe('the naive network of the tests', () => {
  it('has the gradient that central differences of its loss give', () => {
    const spec: NetworkSpec = { widths: [4, 5, 3], activation: 'tanh', bias: true, loss: 'cross-entropy' };
    const data = randomSamples(3, 4, 3, 0, false, 2);
    const samples = [0, 1, 2].map((i) => sampleOf(data, 3, i));
    const w = Float64Array.from(initialWeights(spec, randomKey(9)));
    const g = gradient(spec, w, samples);
    const at = (i: number, h: number) => {
      const moved = w.slice();
      moved[i] += h;
      return samples.reduce((sum, s) => sum + sampleLoss(spec, moved, s), 0) / 3;
    };
    const h = 1e-5; // truncation h²/6·|L'''| and rounding eps/h are both below 1e-9
    for (let i = 0; i < w.length; i++) expect(Math.abs((at(i, h) - at(i, -h)) / (2 * h) - g[i])).toBeLessThan(1e-9);
  });
});

describe('frozen layers', () => {
  it.each([0, 0.9])('stay as they are while the others move as they would (momentum %d)', (momentum) => {
    const spec: NetworkSpec = { widths: [6, 5, 4, 3], activation: 'relu', bias: true, loss: 'cross-entropy' };
    const samples = randomSamples(20, 6, 3, 0.5, false, 5);
    const start = initialWeights(spec, randomKey(1));
    const run = (trainable?: string[]) => {
      const trainer = new Trainer({
        spec,
        samples,
        learningRate: 0.1,
        momentum,
        batchSize: 10,
        ...(trainable && { trainable }),
      });
      trainer.setWeights(start);
      trainer.steps(range(10), 10);
      return trainer.weights();
    };
    const [all, some] = [run(), run(['layer2'])];
    const [from, to] = [35, 35 + 24];
    expect([...some.subarray(from, to)]).toEqual([...all.subarray(from, to)]);
    expect([...some.subarray(0, from)]).toEqual([...start.subarray(0, from)]);
    expect([...some.subarray(to)]).toEqual([...start.subarray(to)]);
    expect(distance(some, start)).toBeGreaterThan(1e-3);
    expect(() => run(['layer9'])).toThrow(/no layer 'layer9'/);
  });
});

describe('errors', () => {
  it('count the first of the largest outputs as the answer: a dead network is right for class 0 alone', () => {
    const spec: NetworkSpec = { widths: [4, 3, 3], activation: 'relu', bias: false, loss: 'cross-entropy' };
    const data = randomSamples(30, 4, 3, 0, false, 5);
    const trainer = new Trainer({ spec, samples: data, learningRate: 0.1, batchSize: 10 });
    const zeros = data.labels!.filter((y) => y === 0).length;
    for (const weight of [0, 1]) {
      trainer.setWeights(new Float32Array(21).fill(weight));
      expect(trainer.evaluate().errors).toBe(30 - zeros);
    }
    trainer.setWeights(new Float32Array(21));
    expect(trainer.steps(range(10), 10).correct[0]).toBe(data.labels!.subarray(0, 10).filter((y) => y === 0).length);
  });
});

describe('what a trainer refuses', () => {
  const spec: NetworkSpec = { widths: [4, 3, 2], activation: 'relu', bias: false, loss: 'cross-entropy' };
  const data = randomSamples(10, 4, 2, 0, false, 1);
  const make = (change: object, samples: object = {}) =>
    new Trainer({ spec, samples: { ...data, ...samples }, learningRate: 0.1, batchSize: 5, ...change });
  it.each([
    ['a label out of range', {}, { labels: Uint8Array.from([0, 1, 2, 0, 0, 0, 0, 0, 0, 0]) }, /sample 2 has label 2/],
    ['too few labels', {}, { labels: Uint8Array.of(0) }, /one label per sample/],
    ['another input size', {}, { size: 5 }, /takes 4 inputs/],
    ['an infinite input', {}, { values: new Float32Array(40).fill(Number.POSITIVE_INFINITY) }, /finite/],
    ['a layer that does not exist', { recordLayer: 'layer7' }, {}, /no layer 'layer7'; it has layer1, layer2/],
    ['a negative learning rate', { learningRate: -1 }, {}, /learning rate/],
    ['a batch larger than the data', { batchSize: 11 }, {}, /batch size/],
    ['momentum 1', { momentum: 1 }, {}, /momentum/],
  ])('%s', (_, change, samples, message) => {
    expect(() => make(change, samples)).toThrow(message);
  });

  it('a sample number out of range, before it reaches the kernel', () => {
    expect(() => make({}).steps(Uint32Array.of(0, 1, 2, 3, 10), 5)).toThrow(/10 samples/);
  });

  it('to go on when the loss leaves the finite numbers, and keeps the weights of before', () => {
    const trainer = make({ learningRate: 1e30 });
    const before = initialWeights(spec, randomKey(1));
    trainer.setWeights(before);
    const order = Uint32Array.from({ length: 100 }, (_, i) => i % 10);
    expect(() => trainer.steps(order, 5)).toThrow(DivergedError);
    expect([...trainer.weights()]).toEqual([...before]);
  });
});
