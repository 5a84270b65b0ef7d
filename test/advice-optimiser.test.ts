/** Advice for any optimiser: its ceiling from the preconditioned curvature, against runs on both sides of it. */
import { describe, expect, it } from 'vitest';
import { expectedSquares, measureOptimiserAdvice } from '../src/apply/advice-optimiser.js';
import { tryOptimiserRate } from '../src/apply/advice-run-optimiser.js';
import type { Samples } from '../src/data/dataset.js';
import type { LayeredSpec } from '../src/model/layered/spec.js';
import { embeddedLinearAlgebra } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { withDecay } from '../src/surface/decay.js';
import { layeredSurface } from '../src/surface/layered/surface.js';
import { optimiserCeiling } from '../src/theory/optimisers/ceiling.js';
import { LayeredTrainer } from '../src/train/layered-trainer.js';
import type { OptimiserSpec } from '../src/train/optimisers/spec.js';
import { optimiserUpdate } from '../src/train/optimisers/update.js';

const la = embeddedLinearAlgebra();
const [N, SIZE, BATCH] = [240, 8, 30];
/** Linear regression with inputs of different scales and noisy targets. */
const samples: Samples = (() => {
  const s = randomKey(1).stream();
  const values = Float32Array.from({ length: N * SIZE }, (_, k) => s.normal() * 0.3 * 1.35 ** (k % SIZE));
  const targets = Float32Array.from({ length: N }, (_, i) => {
    let sum = 0.5 * s.normal();
    for (let k = 0; k < SIZE; k++) sum += values[i * SIZE + k] * Math.cos(k);
    return sum;
  });
  return { count: N, size: SIZE, values, divisor: 1, targets };
})();
const spec: LayeredSpec = { input: SIZE, layers: [{ type: 'dense', outputs: 1, bias: false }], loss: 'squared-error' };
const surface = layeredSurface({ spec, samples });

/** Trains until the state no longer depends on the start; returns the mean weights of the end and the squares. */
function settled(optimiser: OptimiserSpec) {
  const trainer = new LayeredTrainer({
    spec,
    samples,
    learningRate: 1,
    update: optimiserUpdate(optimiser),
    batchSize: BATCH,
  });
  trainer.setWeights(new Float32Array(SIZE));
  const s = randomKey(2).stream();
  const mean = new Float64Array(SIZE);
  const calls = 30;
  for (let k = 0; k < calls; k++) {
    trainer.steps(
      Uint32Array.from({ length: 200 * BATCH }, () => s.integer(N)),
      BATCH,
    );
    if (k >= calls / 2) for (const [i, w] of trainer.weights().entries()) mean[i] += w / (calls / 2);
  }
  return { weights: mean, squares: trainer.states().squares, steps: trainer.stepsTaken };
}

const measure = (optimiser: OptimiserSpec, state: ReturnType<typeof settled>) =>
  measureOptimiserAdvice(surface, state.weights, {
    la,
    key: randomKey(3),
    optimiser,
    setting: { batchSize: BATCH, sampling: 'replaced' },
    directions: SIZE,
    ...(state.squares && { squares: state.squares, steps: state.steps }),
  });
const runAt = (optimiser: OptimiserSpec, state: ReturnType<typeof settled>, learningRate: number, run: number) =>
  tryOptimiserRate({
    spec,
    samples,
    weights: Float32Array.from(state.weights),
    setting: { momentum: 0, batchSize: BATCH, sampling: 'replaced' },
    learningRate,
    run,
    epochs: 150,
    looked: Uint32Array.from({ length: N }, (_, i) => i),
    seed: 5,
    report: () => {},
    optimiser,
    ...(state.squares && { squares: state.squares }),
  });
/** The median loss of the second half; infinite where the run ended. */
const middle = ({ losses, finite }: ReturnType<typeof runAt>) =>
  finite ? losses.slice(20).sort((a, b) => a - b)[10] : Number.POSITIVE_INFINITY;

const peak = ({ losses, finite }: ReturnType<typeof runAt>) =>
  finite ? Math.max(...losses) : Number.POSITIVE_INFINITY;

/** With this memory the squares do not change within a run: P is fixed, and the theory has no other assumption. */
const LONG = 1 - 1e-9;

describe('the ceiling of a quadratic loss', () => {
  it.each<[string, OptimiserSpec, OptimiserSpec?]>([
    ['SGD', { type: 'sgd', learningRate: 0.05 }],
    ['momentum with an L2 penalty', { type: 'sgd', learningRate: 0.02, momentum: 0.9, weightDecay: 0.1 }],
    ['Nesterov', { type: 'sgd', learningRate: 0.02, momentum: 0.9, nesterov: true }],
    ['RMSprop of fixed P', { type: 'rmsprop', learningRate: 0.003 }, { type: 'rmsprop', learningRate: 0.003, alpha: LONG }], // biome-ignore format: one a line
    ['Adam of fixed P', { type: 'adam', learningRate: 0.003 }, { type: 'adam', learningRate: 0.003, beta2: LONG }],
    ['AdamW of fixed P', { type: 'adamw', learningRate: 0.003, weightDecay: 0.2 }, { type: 'adamw', learningRate: 0.003, weightDecay: 0.2, beta2: LONG }], // biome-ignore format: one a line
  ])('of %s separates runs that stay from runs that leave', async (_, optimiser, running = optimiser) => {
    const state = settled(optimiser);
    const { curvature, loss, form, preconditioner } = await measure(optimiser, state);
    if ('refused' in curvature) throw new Error(curvature.refused);
    const { ceiling, edge, top } = curvature.facts;
    expect(edge.value).toBeCloseTo(optimiserCeiling(form, top.value), 9);
    expect(ceiling.value).toBeLessThanOrEqual(edge.value * (1 + 1e-9));
    expect(new Set(preconditioner).size > 1).toBe(form.adaptive);
    for (const run of [0, 1]) {
      expect(middle(runAt(running, state, 0.6 * ceiling.value, run))).toBeLessThan(3 * loss);
      expect(peak(runAt(running, state, 2 * ceiling.value, run))).toBeGreaterThan(100 * loss);
    }
  });

  it.each<[string, OptimiserSpec]>([
    ['RMSprop', { type: 'rmsprop', learningRate: 0.003 }],
    ['Adam', { type: 'adam', learningRate: 0.003 }],
  ])('of %s moves with the rate, once the rate is above it', async (_, optimiser) => {
    const state = settled(optimiser);
    const { curvature } = await measure(optimiser, state);
    if ('refused' in curvature) throw new Error(curvature.refused);
    const present = curvature.facts.ceiling.value;
    const after = async (learningRate: number) => {
      const { squares, steps } = settled({ ...optimiser, learningRate });
      const { curvature: next } = await measure(optimiser, { ...state, squares, steps });
      if ('refused' in next) throw new Error(next.refused);
      return next.facts.ceiling.value;
    };
    // far below, v is that of the noise at the minimum; above, the weights move until v has grown so much that the rate is below
    // or at its own ceiling
    expect((await after(0.02 * present)) / present).toBeLessThan(1.2);
    for (const factor of [4, 8]) {
      const own = (await after(factor * present)) / (factor * present);
      expect(own).toBeGreaterThan(0.8);
      expect(own).toBeLessThan(1.4);
    }
  });

  it('takes the squares from the gradients of the samples where none were kept', async () => {
    const optimiser: OptimiserSpec = { type: 'adam', learningRate: 1e-4, weightDecay: 0.2 };
    const state = settled({ ...optimiser, learningRate: 2e-3 });
    const expected = await expectedSquares(withDecay(surface, 0.2), state.weights, BATCH);
    // v remembers 1000 batches, an error of 5 %, and holds the motion of the weights, some ηPH/2 = 3 %
    expected.forEach((v, i) => void expect(Math.abs(state.squares[i] / v - 1)).toBeLessThan(0.25));
    const { squares: _, ...without } = state;
    const [kept, made] = await Promise.all([measure(optimiser, state), measure(optimiser, without as never)]);
    expect([kept.squaresFrom, made.squaresFrom]).toEqual(['kept', 'expected']);
    if ('refused' in kept.curvature || 'refused' in made.curvature) throw new Error('refused');
    expect(Math.abs(made.curvature.facts.top.value / kept.curvature.facts.top.value - 1)).toBeLessThan(0.1);
    expect(made.effectiveRate).toBeCloseTo(1e-4, 12);
    // a silent weight does not stretch its coordinate by 1/eps
    const quiet = Float32Array.from(state.squares, (v, i) => (i === 2 ? 0 : v));
    const silent = await measure(optimiser, { ...state, squares: quiet });
    expect(silent.silent).toBe(1);
    expect(Math.max(...silent.preconditioner)).toBeLessThan(1e4);
    await expect(measure(optimiser, { ...state, squares: new Float32Array(2) })).rejects.toThrow(
      'mean squared gradients are 8 numbers ≥ 0, one for each weight; got 2.',
    );
  });
});
