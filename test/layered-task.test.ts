/** Tasks learnt by networks of layers: the numbers of perceptrons where they are one, naive loops where they convolve, decay, refusals. */
import { describe, expect, it } from 'vitest';
import { rowsInMemory } from '../src/analyse/trajectory/rows.js';
import { layerBlocks } from '../src/apply/blocks.js';
import { CONSTRAINTS } from '../src/apply/constraints/table.js';
import { type LearntTaskOptions, learntTask } from '../src/apply/layered-task.js';
import { protectTask } from '../src/apply/protect.js';
import { trainingUnder } from '../src/apply/task-training.js';
import { layerWindows } from '../src/apply/windows.js';
import { layeredOf } from '../src/model/layered/convert.js';
import { penaltyGradient } from '../src/model/penalty.js';
import { randomKey } from '../src/numeric/random.js';
import type { OptimiserSpec } from '../src/train/optimisers/spec.js';
import { LAYERED, layeredNet } from './support/layered-nets.js';
import { naiveGradient } from './support/naive-layers.js';
import { asNetwork, la, learnt, SPEC, taskSamples } from './support/tasks.js';

const samples = taskSamples();
const run = learnt(samples);
const plain = asNetwork(samples, run);
const network = layeredOf(SPEC);
const key = randomKey(7);
const settled = { training: { learningRate: 0.2, batchSize: 10, windowSteps: 1e9 }, windows: layerWindows(network, rowsInMemory(run.window.rows, run.window.P)) }; // biome-ignore format: one line
const asLayers = (more: Partial<LearntTaskOptions> = {}) =>
  learntTask({ network, weights: run.weights, samples, la, key, ...settled, ...more });
const somewhere = plain.anchor.map((a, i) => a + 0.1 * Math.sin(i + 1));

describe('a perceptron written as layers', () => {
  const penalties = CONSTRAINTS.filter((c) => c.kind === 'penalty').map((c) => c.name);
  it.each(penalties)('gets the penalty and the strength of %s that a perceptron gets', async (method) => {
    const options = { method, axes: 4, key, la };
    const [a, b] = [await protectTask(plain, options), await protectTask(await asLayers(), options)];
    const [r, s] = [penaltyGradient(a.penalty, somewhere), penaltyGradient(b.penalty, somewhere)];
    expect(s.value / r.value).toBeCloseTo(1, 5);
    const size = Math.max(...r.gradient.map(Math.abs));
    s.gradient.forEach((v, i) => void expect(Math.abs(v - r.gradient[i])).toBeLessThan(1e-5 * size));
    expect(b.unit.strength / a.unit.strength).toBeCloseTo(1, 5);
    expect(b.diagnostics.map((d) => [d.block, d.constrained])).toEqual(
      a.diagnostics.map((d) => [d.block, d.constrained]),
    );
  });

  it('is measured by the kernels of perceptrons where it is given as one', async () => {
    const { anchor, blocks } = await asLayers({ network: SPEC });
    expect(anchor).toEqual(plain.anchor);
    expect(blocks).toEqual(plain.blocks);
    expect(layerBlocks(network)).toEqual(plain.blocks);
  });
});

describe('a network that convolves', () => {
  const { samples: images, w, list } = layeredNet(LAYERED.convolutions, 24);
  const weights = Float32Array.from(w);
  const spec = LAYERED.convolutions;
  const of = (decay = 0) => learntTask({ network: spec, weights, samples: images, la, key, decay });
  const rows = list.map((s) => naiveGradient(spec, weights, s));
  const decayed = (decay: number) => rows.map((g) => g.map((v, i) => v + decay * weights[i]));
  const meanSquare = (list: readonly ArrayLike<number>[]) =>
    Array.from(list[0], (_, i) => list.reduce((sum, g) => sum + g[i] ** 2, 0) / list.length);

  it.each([0, 0.3])('has the empirical Fisher diagonal of plain loops, decay %d', async (decay) => {
    const fisher = await (await of(decay)).fisher('empirical');
    meanSquare(decayed(decay)).forEach((v, i) => void expect(Math.abs(fisher[i] - v)).toBeLessThan(1e-7 + 1e-5 * v));
  });

  it('takes an L2 penalty of the optimiser for part of the loss', async () => {
    const [bare, heavy] = [await of(), await of(0.3)];
    const block = bare.blocks[0];
    const [p, q] = [await bare.stiffest(block, 3), await heavy.stiffest(block, 3)];
    q.values.forEach((h, i) => void expect(h).toBeCloseTo(p.values[i] + 0.3, 6));
    expect(heavy.loss - bare.loss).toBeCloseTo(0.15 * weights.reduce((s, w) => s + w * w, 0), 6);
    const [f, g] = [await bare.fisher('true'), await heavy.fisher('true')];
    g.forEach((v, i) => void expect(v).toBeCloseTo(f[i] + 0.3, 9));
    expect((await heavy.trace(block)) - (await bare.trace(block))).toBeCloseTo(0.3 * block.span, 6);
  });

  it('names layers that it has not', async () => {
    const options = { network: spec, weights, samples: images, la, key };
    await expect(learntTask({ ...options, layers: ['conv3'] })).rejects.toThrow(/no layer 'conv3' with weights; .* are conv1, conv2, dense1/); // biome-ignore format: one line
    await expect(learntTask({ ...options, layers: ['conv1', 'conv1'] })).rejects.toThrow(/named twice/);
    await expect(learntTask({ ...options, layers: [] })).rejects.toThrow(/at least one layer/);
  });
});

describe('the stationary state', () => {
  const window = { batchSize: 10, windowSteps: 80 };
  it('is that of SGD, with the reach of its momentum', () => {
    const rate = (o: OptimiserSpec) => trainingUnder(o, window).training?.learningRate;
    expect(rate({ type: 'sgd', learningRate: 0.1 })).toBe(0.1);
    expect(rate({ type: 'sgd', learningRate: 0.1, momentum: 0.5, nesterov: true })).toBeCloseTo(0.2, 12);
    expect(rate({ type: 'sgd', learningRate: 0.1, momentum: 0.5, dampening: 0.25 })).toBeCloseTo(0.15, 12);
    expect(rate({ type: 'sgd', learningRate: 0.1, weightDecay: 0.1 })).toBe(0.1);
  });

  it.each([
    [{ type: 'adam', learningRate: 0.01 }, /adam divides each by the size of its gradients: take a method/],
    [
      { type: 'sgd', learningRate: 0.1, weightDecay: 0.1, decoupled: true },
      /decoupled weight decay is part of no loss/,
    ],
    [{ type: 'sgd', learningRate: 0.1, schedule: { type: 'cosine', length: 9 } }, /has a schedule/],
    [{ type: 'sgd', learningRate: 0.1, clipNorm: 1 }, /clips them/],
  ] as [OptimiserSpec, RegExp][])('is none of %j', async (optimiser, words) => {
    const task = await asLayers(trainingUnder(optimiser, window));
    for (const method of ['potential', 'vortex'])
      await expect(protectTask(task, { method, axes: 3, key, la })).rejects.toThrow(words);
    await expect(protectTask(task, { method: 'hessian', axes: 3, key, la })).resolves.toBeDefined();
  });
});
