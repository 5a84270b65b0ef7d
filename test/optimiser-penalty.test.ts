/** Penalties under every optimiser, in networks with a convolution: against PyTorch (test/oracles/held.py), and plain loops in float64. */
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { forceKernelBuild } from '../src/kernels/load.js';
import { initialLayeredWeights } from '../src/model/layered/parameters.js';
import type { LayeredSpec } from '../src/model/layered/spec.js';
import { type PenaltyPart, penalty } from '../src/model/penalty.js';
import { matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { LayeredTrainer } from '../src/train/layered-trainer.js';
import { optimiserSteps } from '../src/train/optimisers/reference.js';
import type { OptimiserSpec } from '../src/train/optimisers/spec.js';
import { optimiserUpdate } from '../src/train/optimisers/update.js';
import { denseOf, exampleParts, naivePenalty, solve } from './support/penalties.js';
import { smallSamples } from './support/small-nets.js';

interface Part {
  readonly offset: number;
  readonly values?: number[];
  readonly axes?: number[][];
  readonly weights?: number[];
  readonly matrix?: number[][];
}
const oracle = JSON.parse(readFileSync(new URL('./oracles/held.json', import.meta.url), 'utf8')) as {
  strength: number;
  weights: number[];
  anchor: number[];
  inputs: number[][];
  labels: number[];
  parts: Record<'diagonal' | 'lowRank' | 'dense', Part>;
  cases: { kind: 'diagonal' | 'lowRank' | 'dense'; name: string; spec: OptimiserSpec; weights: number[] }[];
};
const square = (rows: number[][]) => matrix(rows.length, rows[0].length, Float64Array.from(rows.flat()));
const partOf = (kind: string, { offset, values, axes, weights, matrix: m }: Part): PenaltyPart => {
  if (kind === 'diagonal') return { kind, offset, values: Float64Array.from(values!) };
  if (kind === 'dense') return { kind, offset, matrix: square(m!) };
  return { kind: 'lowRank', offset, axes: square(axes!), weights: Float64Array.from(weights!) };
};
const net: LayeredSpec = {
  input: [1, 4, 4],
  layers: [{ type: 'conv', channels: 3, kernel: 2 }, { type: 'tanh' }, { type: 'dense', outputs: 3 }],
  loss: 'cross-entropy',
};
const images = {
  count: oracle.labels.length,
  size: 16,
  values: Float32Array.from(oracle.inputs.flat()),
  divisor: 1,
  labels: Uint8Array.from(oracle.labels),
};

afterEach(() => forceKernelBuild(undefined));
const farthest = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i])));

describe.each(['fma', 'simd'] as const)('steps with a penalty (%s)', (build) => {
  it.each(oracle.cases.map((c) => [c.kind, c.name, c] as const))('%s, %s: PyTorch', (kind, _, { spec, weights }) => {
    forceKernelBuild(build);
    const trainer = new LayeredTrainer({
      spec: net,
      samples: images,
      learningRate: 1,
      update: optimiserUpdate(spec),
      batchSize: 8,
    });
    trainer.setWeights(Float32Array.from(oracle.weights));
    trainer.setPenalty(penalty(oracle.anchor, [partOf(kind, oracle.parts[kind])]), oracle.strength);
    for (const steps of [2, 4]) {
      const from = 8 * trainer.stepsTaken;
      trainer.steps(
        Uint32Array.from({ length: 8 * steps }, (_, i) => (from + i) % 24),
        8,
      );
    }
    // rounding of small gradients is enlarged where they are divided by their own size
    expect(farthest(trainer.weights(), weights)).toBeLessThan(spec.type === 'sgd' ? 2e-6 : 1e-5);
    expect(farthest(weights, oracle.weights)).toBeGreaterThan(0.02);
  });
});

const spec: LayeredSpec = {
  input: [1, 5, 5],
  layers: [
    { type: 'conv', channels: 3, kernel: 2, name: 'a' },
    { type: 'relu' },
    { type: 'max-pool', kernel: 2 },
    { type: 'layer-norm' },
    { type: 'dense', outputs: 5, name: 'b' },
    { type: 'tanh' },
    { type: 'dense', outputs: 3, name: 'c' },
  ],
  loss: 'squared-error',
};
const samples = smallSamples(40, 25, 3);

const start = initialLayeredWeights(spec, randomKey(1));
const stream = randomKey(7).stream();
const anchor = Float64Array.from(start, (w) => w + 0.1 * stream.normal());
const SPECS: Record<string, OptimiserSpec> = {
  'dampened momentum': { type: 'sgd', learningRate: 0.05, momentum: 0.8, dampening: 0.5 },
  'SGD, decoupled decay': { type: 'sgd', learningRate: 0.1, weightDecay: 0.2, decoupled: true },
  'RMSprop, momentum, L2': { type: 'rmsprop', learningRate: 0.01, momentum: 0.5, weightDecay: 0.1 },
  'Adam, clipped': { type: 'adam', learningRate: 0.02, clipNorm: 0.5 },
  AdamW: { type: 'adamw', learningRate: 0.02, weightDecay: 0.3, schedule: { type: 'cosine', length: 10, warmup: 3 } },
};
const trainerOf = (optimiser: OptimiserSpec, trainable?: string[]) => {
  const update = optimiserUpdate(optimiser);
  const trainer = new LayeredTrainer({ spec, samples, learningRate: 1, update, batchSize: 8, ...(trainable && { trainable }) }); // biome-ignore format: one line
  trainer.setWeights(start);
  return trainer;
};
const batch = (t: number) => Uint32Array.from({ length: 8 }, (_, k) => (8 * t + 3 * k) % 40);

/** Plain loops: the trainer's own gradients, K as a dense matrix, steps of the float64 reference. */
function reference(optimiser: OptimiserSpec, parts: PenaltyPart[], strength: number): Float64Array {
  const from = new LayeredTrainer({ spec, samples, learningRate: 1, batchSize: 8 });
  const steps = optimiserSteps(optimiser, start.length);
  const held = penalty(anchor, parts);
  const w = Float64Array.from(start);
  const k = denseOf(parts, start.length);
  const after = optimiser.type === 'sgd';
  for (let t = 0; t < 8; t++) {
    from.setWeights(Float32Array.from(w));
    const g = from.gradient(batch(t)).gradient;
    const pull = naivePenalty(held, w).gradient;
    steps.step(w, after ? g : g.map((x, i) => x + strength * pull[i]));
    if (!after) continue;
    const { learningRate, momentum = 0, dampening = 0 } = optimiser;
    const h = (strength * learningRate * (momentum > 0 ? 1 - dampening : 1)) / (1 - momentum);
    const a = k.map((line, i) => line.map((x, j) => h * x + (i === j ? 1 : 0)));
    const b = Array.from(w, (x, i) => x + h * k[i].reduce((s, v, j) => s + v * anchor[j], 0));
    w.set(solve(a, b));
  }
  return w;
}

describe('a penalty over layers', () => {
  const parts = exampleParts(start.length);
  const cases = Object.entries(SPECS).flatMap(([name, o]) =>
    ['diagonal', 'oblique', 'dense', 'planes'].map((kind) => [kind, name, o] as const),
  );
  it.each(cases)('%s under %s takes the steps of plain loops', (kind, _, optimiser) => {
    const w = reference(optimiser, parts[kind], 1.7);
    const trainer = trainerOf(optimiser);
    trainer.setPenalty(penalty(anchor, parts[kind]), 1.7);
    trainer.steps(Uint32Array.from(Array.from({ length: 8 }, (_, t) => [...batch(t)]).flat()), 8);
    const moved = farthest(w, start);
    expect(moved).toBeGreaterThan(0.01);
    expect(farthest(trainer.weights(), w)).toBeLessThan(1e-7 + (optimiser.type === 'sgd' ? 5e-6 : 3e-4) * moved);
  });

  it('has the fixed point of L + strength·R under every optimiser', () => {
    // a stiff penalty ends at its anchor, whatever the optimiser makes of the gradient
    const stiff = penalty(anchor, [{ kind: 'diagonal', offset: 0, values: new Float64Array(start.length).fill(1) }]);
    for (const optimiser of [
      { type: 'sgd', learningRate: 0.1, momentum: 0.5 },
      { type: 'adam', learningRate: 0.01, schedule: { type: 'cosine', length: 800 } },
      { type: 'rmsprop', learningRate: 0.01, schedule: { type: 'cosine', length: 800 } },
    ] as const) {
      const trainer = trainerOf(optimiser);
      trainer.setPenalty(stiff, 1e4);
      for (let t = 0; t < 800; t++) trainer.steps(batch(t), 8);
      expect(farthest(trainer.weights(), anchor)).toBeLessThan(2e-3);
    }
  });

  it('leaves no trace when it is removed, and goes with a trainer that has a state', () => {
    const [a, b] = [trainerOf(SPECS.AdamW), trainerOf(SPECS.AdamW)];
    a.setPenalty(penalty(anchor, parts.diagonal), 3);
    a.setPenalty(undefined);
    for (const t of [a, b]) t.steps(batch(0), 8);
    expect(a.weights()).toEqual(b.weights());
  });

  it('is refused where it cannot act', () => {
    const own = penalty(anchor, parts.diagonal);
    const plain = trainerOf({ type: 'sgd', learningRate: 0.1, schedule: { type: 'step', every: 3, factor: 0.5 } });
    expect(() => plain.setPenalty(own)).toThrow(/needs a constant learning rate under plain SGD/);
    expect(() => trainerOf(SPECS.AdamW, ['b']).setPenalty(own)).toThrow(/acts on a, which is not trained/);
    const both = penalty(anchor, [...parts.diagonal, ...parts.whole]);
    expect(() => trainerOf(SPECS['dampened momentum']).setPenalty(both)).toThrow(/a diagonal and axes/);
    expect(() => trainerOf(SPECS.AdamW).setPenalty(both)).not.toThrow();
  });
});
