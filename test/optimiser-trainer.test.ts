/** Networks trained by every optimiser in the plan machine, against steps of the float64 reference with the trainer's own gradients. */
import { afterEach, describe, expect, it } from 'vitest';
import { forceKernelBuild } from '../src/kernels/load.js';
import { initialLayeredWeights } from '../src/model/layered/parameters.js';
import type { LayeredSpec } from '../src/model/layered/spec.js';
import { randomKey } from '../src/numeric/random.js';
import { LayeredTrainer } from '../src/train/layered-trainer.js';
import { optimiserSteps } from '../src/train/optimisers/reference.js';
import type { OptimiserSpec } from '../src/train/optimisers/spec.js';
import { optimiserUpdate } from '../src/train/optimisers/update.js';
import { smallSamples } from './support/small-nets.js';

afterEach(() => forceKernelBuild(undefined));

const spec: LayeredSpec = {
  input: [1, 5, 5],
  layers: [
    { type: 'conv', channels: 3, kernel: 2, name: 'a' },
    { type: 'tanh' },
    { type: 'dense', outputs: 5, name: 'b' },
    { type: 'tanh' },
    { type: 'dense', outputs: 3, name: 'c' },
  ],
  loss: 'cross-entropy',
};
const samples = smallSamples(40, 25, 3);
const start = initialLayeredWeights(spec, randomKey(1));
const batches = Array.from({ length: 10 }, (_, t) => Uint32Array.from({ length: 8 }, (_, k) => (8 * t + 3 * k) % 40));
const orderOf = (from: number, to: number) => Uint32Array.from(batches.slice(from, to).flatMap((b) => Array.from(b)));

const SPECS: Record<string, OptimiserSpec> = {
  SGD: { type: 'sgd', learningRate: 0.2 },
  'SGD with decay': { type: 'sgd', learningRate: 0.2, weightDecay: 0.1 },
  'SGD, clipped': { type: 'sgd', learningRate: 0.2, clipNorm: 0.5 },
  'Nesterov with decoupled decay': { type: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.2, decoupled: true }, // biome-ignore format: one a line
  'dampened momentum': { type: 'sgd', learningRate: 0.1, momentum: 0.9, dampening: 0.5 },
  RMSprop: { type: 'rmsprop', learningRate: 0.01 },
  'RMSprop with momentum and decay': { type: 'rmsprop', learningRate: 0.01, momentum: 0.5, weightDecay: 0.1 },
  Adam: { type: 'adam', learningRate: 0.02, schedule: { type: 'step', every: 4, factor: 0.5 } },
  'Adam, clipped, with decay': { type: 'adam', learningRate: 0.02, weightDecay: 0.1, clipNorm: 0.5 },
  AdamW: { type: 'adamw', learningRate: 0.02, weightDecay: 0.3, schedule: { type: 'cosine', length: 10, warmup: 3 } },
};
const trainerOf = (optimiser: OptimiserSpec, trainable?: string[]) => {
  const trainer = new LayeredTrainer({
    spec,
    samples,
    learningRate: 1,
    update: optimiserUpdate(optimiser),
    batchSize: 8,
    ...(trainable && { trainable }),
  });
  trainer.setWeights(start);
  return trainer;
};

/** The same steps with the reference; gradients of layers that are not trained are 0, and their weights stay. */
function referenceOf(optimiser: OptimiserSpec, trainable?: string[]) {
  const [from, to] = [
    new LayeredTrainer({ spec, samples, learningRate: 1, batchSize: 8 }),
    trainerOf(optimiser, trainable),
  ];
  const steps = optimiserSteps(optimiser, start.length);
  let w = Float64Array.from(start);
  const still = trainable ? to.gradient(batches[0]).gradient.map((g) => (g === 0 ? 1 : 0)) : undefined;
  for (const batch of batches) {
    from.setWeights(Float32Array.from(w));
    const g = from.gradient(batch).gradient;
    const before = w.slice();
    steps.step(
      w,
      g.map((x, i) => (still?.[i] ? 0 : x)),
    );
    if (still) w = w.map((x, i) => (still[i] ? before[i] : x));
  }
  return { w, clipped: steps.clipped };
}

describe.each(['fma', 'simd'] as const)('training in the plan machine (%s)', (build) => {
  it.each(Object.entries(SPECS))('by %s takes the steps of the reference', (_, optimiser) => {
    forceKernelBuild(build);
    const { w, clipped } = referenceOf(optimiser);
    const trainer = trainerOf(optimiser);
    trainer.steps(orderOf(0, 10), 8);
    // RMSprop and Adam divide small gradients by their own size, so that rounding of the gradient counts relative to it
    const tolerance = optimiser.type === 'sgd' ? 3e-6 : 3e-4;
    const moved = Math.max(...w.map((x, i) => Math.abs(x - start[i])));
    expect(moved).toBeGreaterThan(0.01);
    trainer.weights().forEach((x, i) => void expect(Math.abs(x - w[i])).toBeLessThan(tolerance * moved + 1e-7));
    if (optimiser.clipNorm) {
      expect(trainer.cells()[0]).toBe(clipped);
      expect(clipped).toBeGreaterThan(0);
    }
  });

  it.each(['SGD with decay', 'AdamW'])('by %s leaves layers alone that are not trained', (name) => {
    forceKernelBuild(build);
    const trainer = trainerOf(SPECS[name], ['b']);
    const { w } = referenceOf(SPECS[name], ['b']);
    trainer.steps(orderOf(0, 10), 8);
    const conv = 3 * 4 + 3;
    const end = trainer.weights();
    expect(end.slice(0, conv)).toEqual(start.slice(0, conv));
    expect(end.slice(-18)).toEqual(start.slice(-18));
    end.forEach((x, i) => void expect(Math.abs(x - w[i])).toBeLessThan(1e-5));
    expect(end[conv]).not.toBe(start[conv]);
  });
});

describe('an update rule', () => {
  it('goes on from states that were kept, schedule and corrections included', () => {
    for (const optimiser of Object.values(SPECS)) {
      const whole = trainerOf(optimiser);
      whole.steps(orderOf(0, 10), 8);
      const first = trainerOf(optimiser);
      first.steps(orderOf(0, 4), 8);
      const second = trainerOf(optimiser);
      second.setWeights(first.weights());
      second.setStates(first.states(), first.stepsTaken);
      second.steps(orderOf(4, 10), 8);
      expect(second.weights()).toEqual(whole.weights());
    }
  });

  it('can be changed while the trainer lives', () => {
    const update = optimiserUpdate({ type: 'sgd', learningRate: 0.1, momentum: 0.5 });
    const trainer = new LayeredTrainer({ spec, samples, learningRate: 1, update, batchSize: 8 });
    trainer.setWeights(start);
    trainer.steps(orderOf(0, 5), 8);
    update.setLearningRate(0.02);
    update.setMomentum(0.9);
    expect(trainer.learningRate).toBe(0.02);
    expect(update.optimiser).toMatchObject({ learningRate: 0.02, momentum: 0.9 });
    trainer.steps(orderOf(5, 6), 8);
    const before = trainerOf({ type: 'sgd', learningRate: 0.1, momentum: 0.5 });
    before.steps(orderOf(0, 5), 8);
    const g = trainerOf(SPECS.SGD);
    g.setWeights(before.weights());
    const { gradient } = g.gradient(batches[5]);
    const { momentum } = before.states();
    const w = before.weights();
    trainer.weights().forEach((x, i) => {
      expect(Math.abs(x - (w[i] - 0.02 * (0.9 * momentum[i] + gradient[i])))).toBeLessThan(3e-7);
    });
    expect(() => update.setMomentum(0)).toThrow('the momentum of sgd can be changed where it has one, to one above 0');
    expect(() => optimiserUpdate(SPECS.Adam).setMomentum(0.5)).toThrow('the momentum of adam can be changed');
    expect(() => update.setLearningRate(-1)).toThrow('the learning rate must be a positive number; got -1.');
  });

  it('refuses a schedule whose steps are not known', () => {
    const schedule = { type: 'cosine', length: 3, unit: 'epochs' } as const;
    expect(() => optimiserUpdate({ type: 'adam', learningRate: 0.1, schedule })).toThrow('scheduleInSteps');
  });
});
