/** Penalties in the training of networks of layers, against the trainer of perceptrons, whose steps plain loops check. */
import { describe, expect, it } from 'vitest';
import { layeredOf } from '../src/model/layered/convert.js';
import { initialWeights, type NetworkSpec, parameterCount } from '../src/model/network.js';
import { penalty } from '../src/model/penalty.js';
import { randomKey } from '../src/numeric/random.js';
import { LayeredTrainer } from '../src/train/layered-trainer.js';
import { Trainer } from '../src/train/trainer.js';
import { exampleParts } from './support/penalties.js';
import { smallSamples } from './support/small-nets.js';

const spec: NetworkSpec = { widths: [6, 5, 7, 3], activation: 'tanh', bias: true, loss: 'squared-error' };
const samples = smallSamples(48, 6, 3);
const start = initialWeights(spec, randomKey(2));
const stream = randomKey(3).stream();
const anchor = Float64Array.from(start, (w) => w + 0.1 * stream.normal());
const order = Uint32Array.from({ length: 48 }, (_, i) => i);

function both(momentum: number, options: object = {}) {
  const common = { samples, learningRate: 0.05, momentum, batchSize: 6, ...options };
  const trainers = [
    new Trainer({ spec, ...common }),
    new LayeredTrainer({ spec: layeredOf(spec), ...common }),
  ] as const;
  for (const t of trainers) t.setWeights(start);
  return trainers;
}

describe('penalties', () => {
  const cases = Object.entries(exampleParts(parameterCount(spec))).flatMap(([name, parts]) =>
    [0, 0.9].map((momentum) => [name, momentum, parts] as const),
  );
  it.each(cases)('%s, momentum %d', (_, momentum, parts) => {
    const [plain, layered] = both(momentum);
    const own = penalty(anchor, parts);
    const free = layered.weights();
    plain.setPenalty(own, 1.7);
    layered.setPenalty(own, 1.7);
    for (const t of [plain, layered]) t.steps(order, 6);
    const [a, b] = [plain.weights(), layered.weights()];
    const worst = Math.max(...a.map((w, i) => Math.abs(w - b[i])));
    expect(worst).toBeLessThan(2e-6);
    expect(Math.max(...a.map((w, i) => Math.abs(w - free[i])))).toBeGreaterThan(0.01);
  });

  it('follow the learning rate, and leave no trace when they are removed', () => {
    const own = penalty(anchor, exampleParts(parameterCount(spec)).whole);
    const [a] = both(0, { learningRate: 0.02 });
    const [, b] = both(0);
    const [, c] = both(0, { learningRate: 0.02 });
    b.setPenalty(own, 3);
    b.setLearningRate(0.02);
    a.setPenalty(own, 3);
    for (const t of [a, b]) t.steps(order, 6);
    expect(Math.max(...a.weights().map((w, i) => Math.abs(w - b.weights()[i])))).toBeLessThan(2e-6);
    b.setWeights(start);
    b.setPenalty(undefined);
    for (const t of [b, c]) t.steps(order, 6);
    expect(b.weights()).toEqual(c.weights());
  });

  it('on other weights and on layers at rest are refused', () => {
    const [, layered] = both(0, { trainable: ['layer2'] });
    const own = penalty(anchor, exampleParts(parameterCount(spec)).diagonal);
    expect(() => layered.setPenalty(own)).toThrow(/acts on layer1, which is not trained/);
    expect(() => layered.setPenalty(penalty(new Float64Array(4), []))).not.toThrow();
    const wrong = penalty(new Float64Array(4), [{ kind: 'diagonal', offset: 0, values: new Float64Array(4).fill(1) }]);
    expect(() => layered.setPenalty(wrong)).toThrow(/the penalty acts on 4/);
    expect(() => layered.steps(order, 6)).not.toThrow();
  });
});
