/** Training of networks of layers: gradients and steps against PyTorch's numbers, and everything that a trainer promises. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Samples } from '../src/data/dataset.js';
import { forceKernelBuild, type KernelBuild, kernelBuild } from '../src/kernels/load.js';
import { namedNetwork } from '../src/model/layered/named.js';
import { initialLayeredWeights } from '../src/model/layered/parameters.js';
import type { LayeredSpec } from '../src/model/layered/spec.js';
import { DivergedError } from '../src/numeric/errors.js';
import { randomKey } from '../src/numeric/random.js';
import { loadDataset } from '../src/runs/datasets.js';
import { LayeredTrainer, type LayeredTrainerOptions, PackedSamples } from '../src/train/layered-trainer.js';
import {
  differenceFrom,
  layeredCases,
  lenetTraining,
  SGD,
  samplesOf,
  specOf,
  weightsOf,
} from './support/layered-oracle.js';

const builds: KernelBuild[] = kernelBuild() === 'fma' ? ['fma', 'simd'] : ['simd'];
const counted = (n: number, from = 0) => Uint32Array.from({ length: n }, (_, i) => from + i);
const key = randomKey(7);

afterEach(() => forceKernelBuild(undefined));

describe.each(builds)('against PyTorch, %s build', (build) => {
  it.each(layeredCases.map((c) => [c.name, c] as const))('loss, gradient and steps of %s', (_, c) => {
    forceKernelBuild(build);
    const samples = samplesOf(c);
    const options = { spec: specOf(c), samples, learningRate: SGD.learningRate, batchSize: c.samples, key };
    const trainer = new LayeredTrainer(options);
    trainer.setWeights(Float32Array.from(weightsOf(c)));
    expect(trainer.evaluate().loss).toBeCloseTo(c.lossValue, 5);
    const { loss, gradient } = trainer.gradient();
    expect(loss).toBeCloseTo(c.lossValue, 5);
    expect(differenceFrom(c.gradient, gradient, c)).toBeLessThan(1e-4);
    if (c.layers.some((l) => l.type === 'dropout')) return; // masks are not PyTorch's
    for (let t = 0; t < SGD.steps; t++) trainer.steps(counted(c.samples), c.samples);
    expect(differenceFrom(c.afterSgd, trainer.weights(), c)).toBeLessThan(1e-4);
  });
});

describe('LeNet-5 on MNIST', () => {
  const spec = namedNetwork('lenet5', [1, 28, 28], 10);
  const c = layeredCases.find(({ name }) => name === 'lenet5')!;

  it('has the forty losses of PyTorch, in one call', async () => {
    const { train } = await loadDataset('mnist');
    const trainer = new LayeredTrainer({ spec, samples: train, learningRate: 0.1, batchSize: 50 });
    trainer.setWeights(Float32Array.from(weightsOf(c)));
    const { loss } = trainer.steps(counted(2000), 50);
    const worst = Math.max(...lenetTraining.losses.map((l, i) => Math.abs(l - loss[i])));
    expect(worst).toBeLessThan(2e-5);
  });
});

/** Small images in three classes, a few of them sparse. */
function images(count: number, seed = 3): Samples {
  const stream = key.child(seed).stream();
  const values = Uint8Array.from({ length: count * 2 * 7 * 6 }, () => Math.floor(256 * stream.uniform()));
  const labels = Uint8Array.from({ length: count }, () => Math.floor(3 * stream.uniform()));
  return { count, size: 84, shape: [2, 7, 6], values, divisor: 255, labels };
}

const small: LayeredSpec = {
  input: [2, 7, 6],
  layers: [
    { type: 'conv', channels: 5, kernel: 3, padding: 1 },
    { type: 'relu' },
    { type: 'max-pool', kernel: 2 },
    { type: 'conv', channels: 3, kernel: 2 },
    { type: 'tanh' },
    { type: 'dense', outputs: 7 },
    { type: 'gelu' },
    { type: 'dense', outputs: 3 },
  ],
  loss: 'cross-entropy',
};

function made(options: Partial<LayeredTrainerOptions> = {}): LayeredTrainer {
  const trainer = new LayeredTrainer({
    spec: small,
    samples: images(40),
    learningRate: 0.2,
    batchSize: 10,
    ...options,
  });
  trainer.setWeights(initialLayeredWeights(options.spec ?? small, key.child('init')));
  return trainer;
}

/** Returns the largest difference relative to the largest number. */
function apart(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [worst, largest] = [0, 0];
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    worst = Math.max(worst, Math.abs(a[i] - b[i]));
    largest = Math.max(largest, Math.abs(a[i]));
  }
  return worst / largest;
}

describe('steps', () => {
  it('are w − eta g of the batch, in a call of many as one by one', () => {
    const [one, many] = [made(), made({ recordLayers: ['dense2', 'conv1'] })];
    let w = Float64Array.from(one.weights());
    const rows: number[] = [];
    for (let t = 0; t < 4; t++) {
      const { gradient, loss } = one.gradient(counted(10, 10 * t));
      w = w.map((x, i) => x - 0.2 * gradient[i]);
      const step = one.steps(counted(10, 10 * t), 10);
      expect(step.loss[0]).toBeCloseTo(loss, 6);
      expect(apart(w, one.weights())).toBeLessThan(1e-6);
      const now = one.weights();
      rows.push(...now.subarray(now.length - 24, now.length - 3), ...now.subarray(0, 90));
    }
    const { recorded, correct } = many.steps(counted(40), 10);
    expect(Array.from(recorded!)).toEqual(rows);
    expect(many.weights()).toEqual(one.weights());
    expect(correct.length).toBe(4);
  });

  it('with momentum are v ← mu v + g, w ← w − eta v, and can be resumed', () => {
    const trainer = made({ momentum: 0.7 });
    let w = Float64Array.from(trainer.weights());
    let v = new Float64Array(w.length);
    for (let t = 0; t < 3; t++) {
      const { gradient } = trainer.gradient(counted(10, 10 * t));
      v = v.map((x, i) => 0.7 * x + gradient[i]);
      w = w.map((x, i) => x - 0.2 * v[i]);
      trainer.steps(counted(10, 10 * t), 10);
    }
    expect(apart(w, trainer.weights())).toBeLessThan(2e-6);
    expect(apart(v, trainer.states().velocity)).toBeLessThan(2e-6);
    const other = made({ momentum: 0.7 });
    other.setWeights(trainer.weights());
    other.setStates(trainer.states(), trainer.stepsTaken);
    for (const each of [trainer, other]) each.steps(counted(30), 10);
    expect(other.weights()).toEqual(trainer.weights());
  });

  it('take batches that do not fill the lanes, and short last ones', () => {
    for (const [batch, steps] of [
      [7, 3],
      [1, 2],
    ]) {
      const trainer = made();
      const before = trainer.weights();
      const { gradient } = trainer.gradient(counted(batch));
      trainer.steps(counted(batch), batch);
      expect(
        apart(
          before.map((x, i) => x - 0.2 * gradient[i]),
          trainer.weights(),
        ),
      ).toBeLessThan(1e-6);
      trainer.steps(counted(batch * steps), batch);
      expect(trainer.stepsTaken).toBe(1 + steps);
    }
  });

  it('take large batches in parts', () => {
    const samples = images(301);
    for (const momentum of [0, 0.5]) {
      const trainer = made({ samples, batchSize: 301, momentum });
      const before = trainer.weights();
      const { gradient, loss } = trainer.gradient();
      const step = trainer.steps(counted(301), 301);
      expect(step.loss[0]).toBeCloseTo(loss, 5);
      expect(step.correct[0]).toBe(301 - made({ samples }).evaluate().errors);
      expect(
        apart(
          before.map((x, i) => x - 0.2 * gradient[i]),
          trainer.weights(),
        ),
      ).toBeLessThan(2e-6);
    }
  });

  it('leave alone what is not trained', () => {
    const trainer = made({ trainable: ['conv2'] });
    const before = trainer.weights();
    const { gradient } = made().gradient(counted(10));
    trainer.steps(counted(10), 10);
    const after = trainer.weights();
    const [from, to] = [95, 95 + 63]; // conv1 has 5·2·9 + 5 numbers, conv2 3·5·4 + 3
    before.forEach((x, i) => {
      if (i >= from && i < to) expect(after[i]).toBeCloseTo(x - 0.2 * gradient[i], 6);
      else expect(after[i]).toBe(x);
    });
    expect(after.slice(from, to)).not.toEqual(before.slice(from, to));
  });

  it('follow a learning rate and a momentum that change', () => {
    const [a, b] = [made({ learningRate: 0.05, momentum: 0.3 }), made({ learningRate: 0.2 })];
    b.setLearningRate(0.05);
    b.setMomentum(0.3);
    expect(b.learningRate).toBe(0.05);
    for (const each of [a, b]) each.steps(counted(20), 10);
    expect(b.weights()).toEqual(a.weights());
  });

  it('that diverge leave everything as it was', () => {
    const trainer = made({ momentum: 0.5 });
    trainer.steps(counted(10), 10);
    const [weights, states] = [trainer.weights(), trainer.states()];
    trainer.setLearningRate(1e30);
    expect(() => trainer.steps(counted(40), 10)).toThrow(DivergedError);
    expect(trainer.weights()).toEqual(weights);
    expect(trainer.states()).toEqual(states);
    expect(trainer.stepsTaken).toBe(1);
  });
});

describe('dropout', () => {
  const spec: LayeredSpec = {
    input: 4,
    layers: [
      { type: 'dropout', rate: 0.25 },
      { type: 'dense', outputs: 1, bias: false },
    ],
    loss: 'squared-error',
  };
  const samples: Samples = {
    count: 50,
    size: 4,
    values: new Float32Array(200).fill(1),
    divisor: 1,
    targets: new Float32Array(50),
  };
  const trainer = (seed: number) => {
    const t = new LayeredTrainer({ spec, samples, learningRate: 1e-30, batchSize: 50, key: randomKey(seed) });
    t.setWeights(new Float32Array(4).fill(0.5));
    return t;
  };
  const order = Uint32Array.from({ length: 50 * 200 }, (_, i) => i % 50);

  it('keeps the mean, has the variance of its rate, and is off in evaluation', () => {
    const t = trainer(1);
    expect(t.evaluate().loss).toBeCloseTo(2, 6);
    const { loss } = t.steps(order, 50);
    // z = Σ mask/2 over four inputs: mean 2, variance 4·¼·¼/(1 − ¼) = 1/3; ½⟨z²⟩ = 2.1667, standard error 0.012 of 10⁴ samples
    const mean = loss.reduce((s, l) => s + l, 0) / 200;
    expect(Math.abs(mean - 2.16667)).toBeLessThan(0.05);
    expect(new Set(loss).size).toBeGreaterThan(100);
  });

  it('depends on the key and on the number of the step alone', () => {
    const [a, b, other] = [trainer(1), trainer(1), trainer(2)];
    const whole = Array.from(a.steps(order, 50).loss);
    const first = Array.from(b.steps(order.subarray(0, 5000), 50).loss);
    const second = Array.from(b.steps(order.subarray(5000), 50).loss);
    expect([...first, ...second]).toEqual(whole);
    expect(Array.from(other.steps(order, 50).loss)).not.toEqual(whole);
    b.setStates({}, 100);
    expect(Array.from(b.steps(order.subarray(0, 5000), 50).loss)).toEqual(second);
  });
});

describe('memory', () => {
  it('is told beforehand, and shared samples are copied once', () => {
    const options = { spec: small, samples: images(40), learningRate: 0.1, batchSize: 10 };
    const told = LayeredTrainer.memoryBytes(options);
    const data = new PackedSamples(options.samples);
    const start = data.arena.take(0, 'nothing');
    const first = new LayeredTrainer({ ...options, samples: data });
    const one = data.arena.take(0, 'nothing') - start;
    expect(Math.abs(one + PackedSamples.bytes(options.samples) - told)).toBeLessThan(1024);
    first.setWeights(initialLayeredWeights(small, key));
    const weights = first.weights();
    first.steps(counted(10), 10);
    const result = first.weights();
    first.release();
    expect(() => first.weights()).toThrow(/given its memory back/);
    const second = new LayeredTrainer({ ...options, samples: data });
    expect(data.arena.take(0, 'nothing') - start - one).toBeLessThan(1024);
    second.setWeights(weights);
    second.steps(counted(10), 10);
    expect(second.weights()).toEqual(result);
  });
});

describe('refusals', () => {
  const cases: [string, () => unknown, RegExp][] = [
    ['a batch that is too large', () => made({ batchSize: 41 }), /from 1 to the 40 samples.*got 41/],
    ['a learning rate of 0', () => made({ learningRate: 0 }), /learning rate must be a positive number; got 0/],
    ['a momentum of 1', () => made({ momentum: 1 }), /momentum must lie in \[0, 1\); got 1/],
    ['a layer without weights', () => made({ recordLayers: ['relu1'] }), /'relu1' \(relu\) has no weights/],
    ['a layer that is not there', () => made({ trainable: ['conv9'] }), /no layer 'conv9'/],
    ['nothing to train', () => made({ trainable: [] }), /list of layers to train is empty/],
    ['samples of another size', () => made({ samples: { ...images(40), size: 42, count: 80 } }), /takes 84 inputs/],
    [
      'labels that have no output',
      () => made({ spec: { ...small, layers: [...small.layers, { type: 'dense', outputs: 2 }] } }),
      /labels must be 0 … 1/,
    ],
    ['weights of another length', () => made().setWeights(new Float32Array(3)), /parameters; got 3/],
    ['orders that are no whole batches', () => made().steps(counted(15), 10), /whole batches/],
    [
      'samples that are not there',
      () => made().steps(Uint32Array.of(...counted(9), 40), 10),
      /position 9 of the order asks for sample 40/,
    ],
    [
      'states of another update',
      () => made().setStates({ velocity: new Float32Array(1) }, 0),
      /the update keeps nothing; got velocity/,
    ],
    [
      'dropout without a key',
      () => made({ spec: { ...small, layers: [{ type: 'dropout', rate: 0.1 }, ...small.layers] } }),
      /give the trainer a key/,
    ],
  ];
  it.each(cases)('%s', (_, make, sentence) => {
    expect(make).toThrow(sentence);
  });
});
