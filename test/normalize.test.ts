/** Normalised inputs: every kernel computes what it computes on the normalised numbers themselves. */
import { describe, expect, it } from 'vitest';
import { hessianBlock } from '../src/analyse/curvature/hessian.js';
import type { Dataset, Samples } from '../src/data/dataset.js';
import { normalized } from '../src/data/normalize.js';
import { joined, pick } from '../src/data/tasks.js';
import { initialWeights, type NetworkSpec } from '../src/model/network.js';
import { randomKey } from '../src/numeric/random.js';
import { fisherDiagonal } from '../src/surface/network/fisher.js';
import { inputSquares } from '../src/surface/network/norms.js';
import { BLOCK, NetworkPasses } from '../src/surface/network/passes.js';
import { hessianVector } from '../src/surface/network/tangents.js';
import { Trainer } from '../src/train/trainer.js';
import { gradient, sampleLoss } from './support/naive-network.js';

const D = 23;
const stream = randomKey(4).stream();

/** Bytes of which about this share is nonzero, with labels. */
function bytes(count: number, share: number): Samples {
  const values = Uint8Array.from({ length: count * D }, () =>
    stream.uniform() < share ? 1 + Math.floor(255 * stream.uniform()) : 0,
  );
  return { count, size: D, values, divisor: 255, labels: Uint8Array.from({ length: count }, (_, k) => (k * 7) % 4) };
}
const set = (train: Samples, shape?: readonly number[]): Dataset => ({
  name: 'made up',
  classes: 4,
  train,
  provenance: {},
  ...(shape && { shape }),
});
const perInput = (low: number, high: number) => Array.from({ length: D }, () => low + (high - low) * stream.uniform());

const one = { mean: 0.1307, std: 0.3081 };
const each = { mean: perInput(0.1, 0.4), std: perInput(0.2, 0.6) };
const floats = (samples: Samples): Samples => ({
  ...samples,
  values: Float32Array.from(samples.values, (v) => v / 255),
  divisor: 1,
});
const KINDS: [string, Samples][] = [
  ['packed bytes', normalized(set(bytes(BLOCK + 30, 0.3)), one).train],
  ['bytes with a std of each input', normalized(set(bytes(BLOCK + 30, 0.3)), each).train],
  ['mostly nonzero bytes', normalized(set(bytes(60, 0.9)), one).train],
  ['sparse floats', normalized(set(floats(bytes(60, 0.3))), each).train],
];

/** The same samples as plain float32 numbers, normalised here. */
function plain(samples: Samples): Samples {
  const { values, divisor, normalize, ...rest } = samples;
  const { mean, std } = normalize!;
  return {
    ...rest,
    values: Float32Array.from(values, (v, i) => (v / divisor - mean[i % D]) / std[i % D]),
    divisor: 1,
  };
}
const listOf = ({ values, labels, count }: Samples) =>
  Array.from({ length: count }, (_, k) => ({ x: values.slice(k * D, (k + 1) * D), label: labels![k] }));
const largest = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  let [difference, size] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    difference = Math.max(difference, Math.abs(a[i] - b[i]));
    size = Math.max(size, Math.abs(b[i]));
  }
  return difference / size;
};
const SPECS: NetworkSpec[] = [
  { widths: [D, 9, 4], activation: 'relu', bias: true, loss: 'cross-entropy' },
  { widths: [D, 61, 4], activation: 'tanh', bias: false, loss: 'cross-entropy' },
];

describe.each(KINDS)('%s', (_, samples) => {
  const same = plain(samples);
  const list = listOf(same);

  it.each(SPECS)('loss, gradient and steps of training with $activation, bias $bias', (spec) => {
    const weights = initialWeights(spec, randomKey(8));
    const options = { spec, learningRate: 0.05, batchSize: 10, momentum: spec.bias ? 0 : 0.5 };
    const [own, naive] = [samples, same].map((s) => new Trainer({ ...options, samples: s }));
    own.setWeights(weights);
    naive.setWeights(weights);
    const mean = list.reduce((sum, s) => sum + sampleLoss(spec, weights, s), 0) / list.length;
    expect(own.evaluate().loss / mean).toBeCloseTo(1, 5);
    expect(own.evaluate().errors).toBe(naive.evaluate().errors);
    expect(largest(own.gradient().gradient, gradient(spec, weights, list))).toBeLessThan(3e-6);
    const order = Uint32Array.from({ length: 50 }, (__, i) => (i * 37) % samples.count);
    own.steps(order, 10);
    naive.steps(order, 10);
    expect(largest(own.weights(), naive.weights())).toBeLessThan(3e-6);
    expect(largest(own.weights(), weights)).toBeGreaterThan(1e-3);
  });

  it.each(SPECS)('float64 passes with $activation, bias $bias', (spec) => {
    const weights = initialWeights(spec, randomKey(8));
    const [own, naive] = [samples, same].map((s) => new NetworkPasses({ spec, weights, samples: s }));
    const mean = list.reduce((sum, s) => sum + sampleLoss(spec, weights, s), 0) / list.length;
    expect(own.gradient().loss / mean).toBeCloseTo(1, 6);
    expect(largest(own.gradient().gradient, gradient(spec, weights, list))).toBeLessThan(1e-6);
    const v = Float64Array.from(weights, (__, i) => Math.sin(i));
    expect(largest(hessianVector(own, v, 'exact'), hessianVector(naive, v, 'exact'))).toBeLessThan(1e-6);
    expect(largest(fisherDiagonal(own, 'true'), fisherDiagonal(naive, 'true'))).toBeLessThan(1e-6);
    expect(own.layerStates('layer1').inputs).toEqual(naive.layerStates('layer1').inputs);
    expect(inputSquares(samples)).toEqual(inputSquares(same));
    if (spec.widths[1] > 9) return;
    const block = (p: NetworkPasses) => hessianBlock(p, 'layer1').hessian.data;
    expect(largest(block(own), block(naive))).toBeLessThan(1e-5);
  });

  it('the inputs of the first layer are the normalised ones', () => {
    const [spec] = SPECS;
    const trainer = new Trainer({ spec, samples, learningRate: 1, batchSize: 1 });
    const [{ inputs }] = trainer.layerStates('layer1', Uint32Array.of(3, 1));
    expect(inputs).toEqual(Float32Array.of(...list[3].x, ...list[1].x));
  });
});

describe('what people state', () => {
  const train = bytes(8, 0.5);
  const means = (request: { mean: number | number[]; std: number | number[] }, shape?: number[], samples = train) =>
    normalized(set(samples, shape), request).train.normalize!;
  const colour: Samples = { ...bytes(8, 0.5), size: 12, values: new Uint8Array(96) };

  it('one number, in a list or not, or one for each input', () => {
    expect(means({ mean: 0.2, std: [0.5] }).mean).toEqual(new Float64Array(D).fill(0.2));
    expect(means({ mean: 0.2, std: [0.5] }).std).toEqual(new Float64Array(D).fill(0.5));
    expect([...means(each).mean]).toEqual(each.mean);
  });

  it('one for each channel, first or last', () => {
    const three = { mean: [0.1, 0.2, 0.3], std: 1 };
    expect([...means(three, [3, 2, 2], colour).mean]).toEqual([
      0.1, 0.1, 0.1, 0.1, 0.2, 0.2, 0.2, 0.2, 0.3, 0.3, 0.3, 0.3,
    ]);
    expect([...means(three, [2, 2, 3], colour).mean]).toEqual([
      0.1, 0.2, 0.3, 0.1, 0.2, 0.3, 0.1, 0.2, 0.3, 0.1, 0.2, 0.3,
    ]);
  });

  it('is kept in the record, for training and test set alike', () => {
    const both = normalized({ ...set(train), test: train }, one);
    expect(both.provenance).toEqual({ normalize: one });
    expect(both.test!.normalize).toEqual(both.train.normalize);
    expect(both.train.values).toBe(train.values);
  });

  it.each([
    ['another number of them', { mean: [0.1, 0.2], std: 1 }, /takes 1 number, or one for each of the 23 inputs; got 2/],
    ['a std of 0', { mean: 0.1, std: [...each.std.slice(1), 0] }, /that of input 22 is 0 \(give 1/],
    ['a negative std', { mean: 0.1, std: -1 }, /finite and positive/],
    ['NaN', { mean: Number.NaN, std: 1 }, /finite; that of input 0 is NaN/],
    ['a mean of bytes', { mean: 33.3, std: 78.6 }, /from 0 to 1 \(bytes divided by 255\).*33\.3/],
  ])('%s is refused', (_, request, sentence) => {
    expect(() => means(request)).toThrow(sentence);
  });

  it('channels are refused where either place may be meant', () => {
    expect(() => means({ mean: [0.1, 0.2, 0.3], std: 1 }, [3, 5, 3], { ...colour, size: 45 })).toThrow(
      /one for each channel \(3 or 3, if only one of them is meant\)/,
    );
  });
});

it('samples that are normalised differently are not joined', () => {
  const [a, b] = [one, { mean: 0.2, std: 0.3081 }].map((n) => normalized(set(bytes(8, 0.5)), n).train);
  expect(() => joined([a, b])).toThrow(/inputs and units agree/);
  expect(joined([a, pick(a, [1, 2])]).normalize).toEqual(a.normalize);
});
