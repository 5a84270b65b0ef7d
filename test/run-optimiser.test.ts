/** Runs of any network with any optimiser: settings in a config, what a checkpoint keeps, the measured loss, advice at the end. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { factsOf } from '../src/apply/advice-facts.js';
import { adviseRun } from '../src/experiments/advise/experiment.js';
import { InputError } from '../src/numeric/errors.js';
import { completeRunConfig } from '../src/runs/config.js';
import { runLearner } from '../src/runs/learner.js';
import { penaltyOf } from '../src/runs/optimiser.js';
import { trainRun } from '../src/runs/run.js';
import type { PartialConfig } from '../src/runs/schema.js';
import { surfaceOf } from '../src/runs/surface.js';
import { smallSamples } from './support/small-nets.js';

const samples = smallSamples(47, 9, 3);
const layers = {
  input: [1, 3, 3],
  layers: [
    { type: 'conv', channels: 2, kernel: 2, name: 'a' },
    { type: 'relu' },
    { type: 'dense', outputs: 3, name: 'b' },
  ],
} as PartialConfig['network'];
const base: PartialConfig = {
  network: layers as never,
  training: { batchSize: 10, maxEpochs: 40 },
  record: { layer: 'b' },
};
const withOptimiser = (optimiser: unknown, more: object = {}) =>
  completeRunConfig(base, { optimiser, ...more } as PartialConfig);
const sentence = (make: () => unknown): string => {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error('accepted');
};
const orders = (steps: number) => Uint32Array.from({ length: 10 * steps }, (_, i) => (7 * i) % 47);
const folder = mkdtempSync(join(tmpdir(), 'thermograd-optimiser-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('an optimiser in a config', () => {
  it('is refused where it says something unknown or impossible', () => {
    const schedule = (s: object) => ({ type: 'sgd', learningRate: 1, schedule: s });
    expect(sentence(() => withOptimiser({ type: 'adam', betta1: 0.9 }))).toContain('did you mean beta1?');
    expect(sentence(() => withOptimiser({ type: 'adam', learningRate: -1 }))).toContain(
      'must be a positive number; got -1',
    );
    expect(sentence(() => withOptimiser({ type: 'sgd', beta1: 0.9 }))).toContain(
      "'beta1' is a setting of adam and adamw",
    );
    expect(sentence(() => withOptimiser({ type: 'adma' }))).toContain("did you mean 'adam'?");
    expect(sentence(() => withOptimiser(schedule({ type: 'cosine', lenght: 3 })))).toContain('did you mean length?');
    expect(sentence(() => withOptimiser(schedule({ type: 'step', factor: 0.1 })))).toContain(
      'one of them; got neither',
    );
  });

  it('adds its L2 penalty to the surface that is measured, and no decoupled decay', async () => {
    expect(penaltyOf(withOptimiser({ type: 'adam', weightDecay: 0.3 }))).toBe(0.3);
    expect(penaltyOf(withOptimiser({ type: 'adamw' }))).toBe(0);
    expect(penaltyOf(completeRunConfig(base))).toBe(0);
    const network = { ...(layers as object), loss: 'cross-entropy' } as never;
    const [plain, heavy] = [surfaceOf(network, samples), surfaceOf(network, samples, 0.3)];
    const w = new Float64Array(plain.size).fill(0.1);
    const difference = (await heavy.gradient(w)).loss - (await plain.gradient(w)).loss;
    expect(difference).toBeCloseTo(0.15 * 0.01 * plain.size, 10);
    await Promise.all([plain.close(), heavy.close()]);
  });
});

describe('the learner of a run', () => {
  const perceptron = { widths: [9, 5, 3], activation: 'relu', bias: false, loss: 'cross-entropy' } as const;
  const layered = { ...(layers as object), loss: 'cross-entropy' } as never;
  it.each([
    [
      'layers and Adam',
      layered,
      { type: 'adam', schedule: { type: 'step', every: 2, factor: 0.5, unit: 'epochs' } },
      'b',
    ],
    ['layers and plain SGD', layered, undefined, 'a'],
    [
      'a perceptron and Nesterov',
      perceptron,
      { type: 'sgd', learningRate: 0.1, momentum: 0.9, nesterov: true },
      'layer1',
    ],
  ])('of %s goes on from a checkpoint as if it had never stopped', (_, network, optimiser, layer) => {
    const own = 'widths' in (network as object) ? { network } : {};
    const config = completeRunConfig(base, {
      ...own,
      record: { layer },
      ...(optimiser && { optimiser }),
    } as PartialConfig);
    const make = () => runLearner(network as never, samples, config, 4);
    const whole = make();
    const initial = whole.weights().map((_, i) => Math.sin(i) / 3);
    whole.setWeights(initial);
    const [first, second] = [make(), make()];
    first.setWeights(initial);
    first.steps(orders(5), 10);
    second.setWeights(first.weights());
    second.setState(first.state(), 5);
    second.steps(orders(6), 10);
    whole.steps(orders(5), 10);
    whole.steps(orders(6), 10);
    expect(second.weights()).toEqual(whole.weights());
    expect(second.weights()).not.toEqual(initial);
  });
});

describe('advice at the end of a run', () => {
  const config = (more: object): PartialConfig => ({
    data: { set: 'teacher', teacher: { train: 160, test: 0, network: { widths: [6, 5, 3] } } },
    training: { batchSize: 20, maxEpochs: 60, stop: { rule: 'epochs', epochs: 40 } },
    record: { layer: 'b', windowEpochs: 3 },
    network: {
      layers: [{ type: 'dense', outputs: 6, name: 'a' }, { type: 'tanh' }, { type: 'dense', outputs: 3, name: 'b' }],
    },
    ...more,
  });
  it('of Adam is given in its own coordinates, with runs on both sides of the threshold', async () => {
    const run = join(folder, 'adam');
    const schedule = { type: 'step', at: [10, 1000], factor: 0.5, unit: 'steps' };
    await expect(
      trainRun(config({ optimiser: { type: 'adam', learningRate: 0.02, schedule } }), { out: run }),
    ).rejects.toThrow('the schedule needs 1000 steps (step 1000) and the run has at most 480');
    const fitting = { ...schedule, at: [10] };
    const optimiser = { type: 'adam', learningRate: 0.02, weightDecay: 1e-3, schedule: fitting };
    await trainRun(config({ optimiser }), { out: run });
    const {
      advice,
      facts,
      verification,
      folder: place,
    } = await adviseRun({ run, runs: 2, verifyEpochs: 2, directions: 6 });
    const { point } = facts;
    // the rate at the end of the schedule; decay is part of the loss; eta_e of Adam is eta
    expect(point).toMatchObject({ learningRate: 0.01, momentum: 0, samples: 160 });
    expect(point.optimiser).toMatchObject({ squares: 'kept', penalty: 1e-3, edge: '2(1+β₁)/((1−β₁)α)' });
    const curvature = factsOf(facts.curvature)!;
    expect(curvature.edge.value).toBeCloseTo(38 / curvature.top.value, 6);
    expect(advice.items.find((i) => i.id === 'edge')!.name).toContain(
      '2(1+β₁)/((1−β₁)α), α the top curvature, in the coordinates',
    );
    const [low, high] = verification!.bracket;
    expect(low).not.toBeNull();
    if (high !== null) expect(high).toBeGreaterThan(low!);
    const page = readFileSync(join(place, 'report.html'), 'utf8');
    expect(page).toContain('adam, beta1 0.9, beta2 0.999');
    expect(page).toContain('as the optimiser kept it');
    const other = await adviseRun({ run, verify: false, directions: 4, layers: [{ training: { learningRate: 0.5 } }] });
    expect(other.facts.point.learningRate).toBe(0.25);
    expect(other.advice.rate).toBeNull();
  });

  it('of layers under SGD is that of SGD', async () => {
    const run = join(folder, 'sgd');
    await trainRun(config({ training: { ...config({}).training, learningRate: 0.2, momentum: 0.5 } }), { out: run });
    const { facts } = await adviseRun({ run, verify: false, directions: 4 });
    const { edge, top } = factsOf(facts.curvature)!;
    expect(facts.point.momentum).toBeCloseTo(0.5, 12);
    expect(edge.value).toBeCloseTo((2 * 1.5) / top.value, 9);
    expect(facts.point.optimiser).toMatchObject({ words: 'sgd, momentum 0.5', squares: 'none', penalty: 0 });
    await expect(adviseRun({ run, verify: false, layers: [{ data: { limit: 10 } }] })).rejects.toThrow(
      'not the data or the network',
    );
  });
});
