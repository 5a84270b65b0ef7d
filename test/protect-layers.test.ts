/** `thermograd protect` on runs of layers and of other optimisers, and on files of their weights. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ProtectRequest, protectRun } from '../src/experiments/protect/experiment.js';
import { shapesOf } from '../src/model/any-network.js';
import { initialLayeredWeights } from '../src/model/layered/parameters.js';
import type { LayeredSpec, LayerSpec } from '../src/model/layered/spec.js';
import { penaltyGradient } from '../src/model/penalty.js';
import { randomKey } from '../src/numeric/random.js';
import { writeModel } from '../src/record/checkpoint.js';
import { writeWhole } from '../src/record/files.js';
import { readPenalty } from '../src/record/penalty.js';
import { writeSafetensors } from '../src/record/safetensors.js';
import { loadRun } from '../src/runs/prepare.js';
import { trainRun } from '../src/runs/run.js';
import type { PartialConfig } from '../src/runs/schema.js';
import { anyConfigAt, finalState } from '../src/runs/state.js';
import { LayeredTrainer } from '../src/train/layered-trainer.js';
import { optimiserUpdate } from '../src/train/optimisers/update.js';
import { scratch } from './support/cli.js';
import { thermogradHere } from './support/here.js';

const place = scratch();
afterAll(() => rmSync(place.folder, { recursive: true, force: true }));
const at = (name: string) => join(place.folder, name);

const common: PartialConfig = {
  data: { set: 'teacher', teacher: { train: 200, test: 0 } },
  training: { stop: { rule: 'epochs', epochs: 6 }, maxEpochs: 30, batchSize: 20, learningRate: 0.2 },
  record: { layer: 'conv1', windowEpochs: 4 },
  provider: 'embedded',
  workers: 1,
};
const layers: LayerSpec[] = [
  { type: 'conv', channels: 3, kernel: 2 },
  { type: 'relu' },
  { type: 'layer-norm' },
  { type: 'dense', outputs: 4 },
];
const spec: LayeredSpec = { input: [1, 4, 5], layers, loss: 'cross-entropy' };
const convolving: PartialConfig = { ...common, network: { input: [1, 4, 5], layers } };
const adam: PartialConfig = {
  ...convolving,
  training: { ...common.training, learningRate: 0.01 },
  optimiser: { type: 'adam' },
};
const decaying: PartialConfig = {
  ...convolving,
  optimiser: { type: 'sgd', momentum: 0.5, nesterov: true, weightDecay: 0.05 },
};
const [run, own] = [at('adam'), at('decay')];
beforeAll(async () => {
  await trainRun([adam], { out: run });
  await trainRun([decaying], { out: own });
});

describe('a perceptron written as layers', () => {
  const wide = { activation: 'tanh', bias: true, loss: 'cross-entropy' } as const;
  const names: LayerSpec[] = [
    { type: 'dense', outputs: 6, name: 'a' },
    { type: 'tanh' },
    { type: 'dense', outputs: 4, name: 'b' },
  ];
  const written: LayeredSpec = { input: 20, layers: names, loss: 'cross-entropy' };
  const perceptron = { widths: [20, 6, 4], ...wide };
  const weights = initialLayeredWeights(written, randomKey(4)).map((w) => 2 * w);
  const { record: _, ...unrecorded } = common;
  const asked = (network: PartialConfig['network'], file: string): ProtectRequest => ({
    layers: [{ ...unrecorded, network } as PartialConfig],
    weights: at(file),
  });

  it.each(['l2', 'ewc', 'ewc-empirical', 'hessian', 'ldc', 'variance', 'vortex'])(
    'is held by %s as one',
    async (method) => {
      // biome-ignore format: one line
      writeModel(at('p.safetensors'), perceptron, weights, {});
      writeModel(at('l.safetensors'), written, weights, {});
      const window = ['ldc', 'variance', 'vortex'].includes(method) ? { windowEpochs: 60 } : {};
      const more = { method, axes: 3, force: true, ...window };
      const a = await protectRun({ ...asked({ ...perceptron }, 'p.safetensors'), ...more, out: at('p.npz') });
      const b = await protectRun({ ...asked({ layers: names }, 'l.safetensors'), ...more, out: at('l.npz') });
      expect(b.layers.map((l) => l.constrained)).toEqual(a.layers.map((l) => l.constrained));
      const [p, l] = [await readPenalty(at('p.npz')), await readPenalty(at('l.npz'))];
      const w = Array.from(weights, (x, i) => x + 0.1 * Math.sin(3 * i));
      // windows are trained in float32 by two kernels, whose last bits differ
      const digits = 'windowEpochs' in window && method !== 'vortex' ? 2 : 5;
      expect((l.strength * penaltyGradient(l.penalty, w).value) / (p.strength * penaltyGradient(p.penalty, w).value)).toBeCloseTo(1, digits); // biome-ignore format: one line
      expect(l.strength / p.strength).toBeCloseTo(1, digits);
    },
  );
});

describe('a run of layers', () => {
  it('trained by Adam leaves a penalty on every layer with weights, under its names', async () => {
    const result = await protectRun({ run, method: 'ewc', out: at('ewc.npz') });
    expect(result).toMatchObject({ network: '1×4×5-3×3×4-4', optimiser: 'adam', samples: 200, learningRate: 0.01 });
    expect(result.layers.map((l) => l.block)).toEqual(['conv1', 'norm1', 'dense1']);
    expect(result.largestStrength).toBeNaN();
    const { parameters, penalty } = await readPenalty(at('ewc.npz'));
    expect(parameters).toEqual(shapesOf(spec));
    expect(penalty.terms[0].anchor).toEqual(Float64Array.from(finalState(run, spec).weights));
  });

  it('keeps its task where its file is used for fine-tuning', async () => {
    await protectRun({ run, method: 'hessian', axes: 10, out: at('hold.npz') });
    const { penalty, strength } = await readPenalty(at('hold.npz'));
    const { dataset } = await loadRun(anyConfigAt(run, [], ''));
    const { train } = dataset;
    // the new task: the same inputs with other labels
    const other = { ...train, labels: train.labels!.map((c) => (c + 1) % 4) };
    const lossAfter = (factor: number) => {
      const update = optimiserUpdate({ type: 'adam', learningRate: 0.003 });
      const trainer = new LayeredTrainer({ spec, samples: other, learningRate: 1, update, batchSize: 20 });
      trainer.setWeights(finalState(run, spec).weights);
      if (factor > 0) trainer.setPenalty(penalty, factor * strength);
      for (let e = 0; e < 10; e++)
        trainer.steps(
          Uint32Array.from({ length: 200 }, (_, i) => i),
          20,
        );
      const judge = new LayeredTrainer({ spec, samples: train, learningRate: 1, batchSize: 20 });
      judge.setWeights(trainer.weights());
      return judge.evaluate().loss;
    };
    const [free, held, hard] = [0, 1, 100].map(lossAfter);
    expect(held).toBeLessThan(free);
    expect(hard).toBeLessThan(held);
  });

  it('gives principal directions of the layer that it recorded, or of all in further training with its own optimiser', async () => {
    const recorded = await protectRun({ run, method: 'ldc', axes: 3, out: at('ldc.npz') });
    expect(recorded.layers.map((l) => l.block)).toEqual(['conv1']);
    const trained = await protectRun({ run, method: 'ldc', axes: 3, windowEpochs: 3, out: at('ldc2.npz') });
    expect(trained.layers.map((l) => l.block)).toEqual(['conv1', 'norm1', 'dense1']);
    expect(trained.window).toMatchObject({ steps: 30, trained: true });
  });

  it('gives those of every layer that it recorded', async () => {
    const several = at('several');
    await trainRun([adam, { record: { layers: ['dense1', 'conv1'] } }], { out: several });
    const result = await protectRun({ run: several, method: 'ldc', axes: 3, out: at('both.npz') });
    expect(result.layers.map((l) => l.block)).toEqual(['conv1', 'dense1']);
    await expect(protectRun({ run: several, method: 'ldc', held: ['norm1'], out: at('no.npz') })).rejects.toThrow(
      /recorded dense1, conv1 alone, and norm1 is asked for: take --layers dense1,conv1/,
    );
  });

  it('measures the loss with the L2 penalty of its optimiser', async () => {
    const result = await protectRun({ run: own, method: 'ewc', out: at('decay.npz') });
    expect(result.optimiser).toBe('sgd with Nesterov’s momentum, weight decay 0.05 in the loss');
    const [part] = (await readPenalty(at('decay.npz'))).penalty.terms[0].parts;
    expect(Math.min(...(part.kind === 'diagonal' ? part.values : []))).toBeGreaterThanOrEqual(0.05);
    // 2(1 + mu)/((1 + 2 mu) eta) over the largest stiffness
    expect(result.largestStrength * result.stiffest).toBeCloseTo((2 * 1.5) / (2 * 0.2), 9);
    const fast = await protectRun({ run: own, layers: [{ training: { learningRate: 0.4 } }], out: at('fast.npz') });
    expect(fast.learningRate).toBe(0.4);
    expect(fast.largestStrength / result.largestStrength).toBeCloseTo(0.5, 9);
    const settled = await protectRun({ run: own, method: 'potential', axes: 5, windowEpochs: 200, out: at('u.npz') });
    expect(settled.training).toMatchObject({ learningRate: expect.closeTo(0.4, 9), batchSize: 20, windowSteps: 2000 });
  });

  it('is refused in one sentence where a method or a setting has no meaning', async () => {
    const refused = (request: Partial<ProtectRequest>) =>
      expect(protectRun({ run, out: at('no.npz'), ...request })).rejects;
    await refused({ method: 'potential' }).toThrow(
      /^potential is built from the stationary state of SGD.*adam divides/,
    );
    await refused({ held: ['conv9'] }).toThrow(/no layer 'conv9'; did you mean conv1\? The network has conv1, norm1, dense1/); // biome-ignore format: one line
    await refused({ layers: [{ optimiser: { type: 'sgd' } }] }).toThrow(/has optimiser\.type "adam", and "sgd" is asked for/); // biome-ignore format: one line
    await refused({ layers: [{ network: 'mlp' as never }] }).toThrow(/has network/);
    await refused({ method: 'ldc', held: ['dense1'] }).toThrow(/recorded conv1 alone, and dense1 is asked for/);
  });

  it('is told in words', async () => {
    const told = await thermogradHere('protect', run, '--axes', '3', '--method', 'hessian', '--out', at('told.npz'));
    expect(told.code).toBe(0);
    expect(told.stderr).toContain('hessian on conv1, norm1, dense1 of 1×4×5-3×3×4-4, measured on 200 training samples');
    expect(told.stdout).toContain('1×4×5-3×3×4-4, adam');
    expect(told.stdout).toContain('its steps stay bounded at any strength');
  });
});

describe('a file of a network of layers', () => {
  const weights = initialLayeredWeights(spec, randomKey(9));
  const written = (name: string, names: Record<string, string>) => {
    let offset = 0;
    const tensors = shapesOf(spec).map(({ name: own, shape }) => {
      const [layer, role] = own.split('.');
      const size = shape.reduce((a, b) => a * b, 1);
      const data = weights.slice(offset, offset + size);
      offset += size;
      return [`${names[layer] ?? layer}.${role}`, { shape, data }] as const;
    });
    // safetensors sorts by name
    writeWhole(
      at(name),
      writeSafetensors(
        tensors.sort(([a], [b]) => (a < b ? -1 : 1)),
        {},
      ),
    );
    return at(name);
  };
  const ask = (file: string, more: PartialConfig = {}) =>
    protectRun({ layers: [{ ...convolving, ...more }], weights: file, out: at('file.npz'), force: true });

  it.each([
    ['own', {}],
    ['sequential', { conv1: '0', norm1: '2', dense1: '4' }],
  ])('is read under %s names', async (name, names) => {
    const { origin } = await ask(written(`${name}.safetensors`, names));
    expect(origin).toContain(name === 'own' ? 'under the names of the network' : 'in the order of their numbers');
    expect((await readPenalty(at('file.npz'))).penalty.terms[0].anchor).toEqual(Float64Array.from(weights));
  });

  it('is read in the order of the config, and refused with other shapes', async () => {
    const file = written('named.safetensors', { conv1: 'eye', norm1: 'scale', dense1: 'mouth' });
    const { origin } = await ask(file, { layers: ['eye', 'scale', 'mouth'] });
    expect(origin).toContain('in the order that layers states');
    const other = { network: { input: [1, 4, 5], layers: layers.filter((l) => l.type !== 'layer-norm') } } as const;
    await expect(ask(file, other as never)).rejects.toThrow(/holds 3 weights and 3 biases .* has 2 and 2/);
  });
});
