/** Runs of networks of layers and of optimisers: from a config to a folder, stopped and continued, measured, and refused. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adviseRun as advise } from '../src/experiments/advise/experiment.js';
import { reproduceIvf2021 } from '../src/experiments/ivf2021/experiment.js';
import { asFarAsDecidable, relationFindings } from '../src/experiments/ivf2021/findings-relation.js';
import type { RelationDocument } from '../src/experiments/ivf2021/relation-stage.js';
import { InterruptedError } from '../src/jobs/context.js';
import { InputError } from '../src/numeric/errors.js';
import { readCheckpoint } from '../src/record/checkpoint.js';
import { readJson } from '../src/record/json.js';
import { Trajectory } from '../src/record/trajectory.js';
import type { Finding } from '../src/report/finding.js';
import { completeConfig, completeRunConfig, configHash } from '../src/runs/config.js';
import { networkIn, readRecord } from '../src/runs/folder.js';
import { planRun } from '../src/runs/prepare.js';
import { trainRun } from '../src/runs/run.js';
import type { PartialConfig } from '../src/runs/schema.js';
import { configAt } from '../src/runs/state.js';
import { cifarFolder } from './support/cifar.js';
import { regime } from './support/generality-results.js';

const cifar = cifarFolder(8);
const scratch = mkdtempSync(join(tmpdir(), 'thermograd-layers-'));
afterAll(() => {
  rmSync(scratch, { recursive: true, force: true });
  rmSync(dirname(cifar), { recursive: true, force: true });
});

/** Convolution, residual, dropout and a schedule: everything that a checkpoint could forget. */
const CONFIG: PartialConfig = {
  data: { set: `cifar10:${cifar}` },
  network: {
    layers: [
      { type: 'max-pool', kernel: 4 },
      { type: 'conv', channels: 3, kernel: 3, stride: 2, name: 'first' },
      { type: 'residual', layers: [{ type: 'gelu' }, { type: 'conv', channels: 3, kernel: 3, padding: 1 }] },
      { type: 'dropout', rate: 0.2 },
      { type: 'dense', outputs: 10 },
    ],
  },
  optimiser: { type: 'adam', learningRate: 0.005, schedule: { type: 'cosine', length: 20, unit: 'epochs' } },
  training: { batchSize: 4, stop: { rule: 'epochs', epochs: 6 }, maxEpochs: 20, evaluateEvery: 3 },
  record: { layer: 'first', windowEpochs: 8 },
  analysis: { directions: 12 },
  workers: 1,
};
const out = (name: string) => join(scratch, name);
const model = (name: string) => readFileSync(join(out(name), 'model.safetensors'));
const refusal = (...layers: unknown[]): string => {
  try {
    completeRunConfig(...(layers as PartialConfig[]));
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return (error as Error).message;
  }
  throw new Error('the config was accepted');
};

describe('a run of layers with Adam', () => {
  beforeAll(async () => {
    await reproduceIvf2021(CONFIG, { out: out('whole') });
  }, 60000);

  it('records the weights of the layer in their shape, and names its parameters as PyTorch can load them', async () => {
    const record = readRecord(out('whole'));
    const network = networkIn(record);
    expect(network).toMatchObject({ input: [3, 32, 32], loss: 'cross-entropy' });
    const window = await Trajectory.open(join(out('whole'), 'trajectory.zarr'));
    expect([window.recorded, window.size]).toEqual([80, 81]);
    const attributes = readJson<{ attributes: Record<string, unknown> }>(
      join(out('whole'), 'trajectory.zarr', 'zarr.json'),
    )!.attributes;
    expect(attributes).toMatchObject({ layer: 'first', layerShape: [3, 3, 3, 3], optimiser: { type: 'adam' } });
    expect(attributes.order).toContain('torch.nn.Conv2d.weight');
    const state = readCheckpoint<object>(join(out('whole'), 'checkpoint.safetensors'), network)!;
    expect(Object.keys(state.optimiser!).sort()).toEqual(['momentum', 'squares']);
    expect(state.optimiser!.squares.every((v) => v >= 0)).toBe(true);
    const last = (await window.rows(79, 1)).slice();
    expect([...state.weights.subarray(0, 81)]).toEqual([...last]);
    const head = model('whole').toString('latin1', 8, 700);
    for (const name of ['first.weight', 'first.bias', 'conv2.weight', 'dense1.bias'])
      expect(head).toContain(`"${name}"`);
  });

  it('is told the memory of its passes, which grows with the number of threads', async () => {
    const need = async (workers: number) => (await planRun([CONFIG, { workers }], {})).memory;
    const [one, four] = [await need(1), await need(4)];
    const passes = (n: typeof one) => n.parts.find((p) => p.what.startsWith('losses along directions'))!;
    expect(passes(four).bytes).toBe(4 * passes(one).bytes);
    expect(passes(one).key).toBe('workers');
    expect(four.peak).toBeGreaterThan(passes(four).bytes);
  });

  it.each([25, 90])('ends with the same bits when it was stopped at step %i and continued', async (stop) => {
    const name = `stopped-${stop}`;
    const controller = new AbortController();
    const run = trainRun(CONFIG, {
      out: out(name),
      signal: controller.signal,
      checkpointSeconds: 0,
      onProgress: (p) => {
        if (p.stage === 'train' && p.done >= stop) controller.abort();
      },
    });
    await expect(run).rejects.toBeInstanceOf(InterruptedError);
    const { record } = await trainRun(CONFIG, { out: out(name), resume: true });
    expect(record.stages.train.status).toBe('done');
    expect(model(name).equals(model('whole'))).toBe(true);
    const weights = async (n: string) => (await Trajectory.open(join(out(n), 'trajectory.zarr'))).rows(0, 80);
    expect(await weights(name)).toEqual(await weights('whole'));
  });

  it('has the relation under its controls, also in the coordinates of the optimiser', () => {
    const relation = readJson<RelationDocument>(join(out('whole'), 'relation.json'))!;
    expect(relation).toMatchObject({ optimiser: 'adam', met: true });
    expect(relation.moved).toBeGreaterThanOrEqual(1);
    // the schedule is inside the window, and so is nearly all that v remembers
    expect(relation.fails!.map((f) => f.id)).toEqual(expect.arrayContaining(['schedule', 'memory']));
    expect(relation.ends!.loss.end).toBeGreaterThan(0);
    expect(relation.ends!.noise.start).toBeGreaterThan(0);
    expect(Object.keys(relation.measured!.regimes)).toEqual(['same', 'half', 'hessian', 'walk', 'own']);
    const findings = readJson<Finding[]>(join(out('whole'), 'findings.json'))!;
    expect(findings.map((f) => f.id).slice(0, 5)).toEqual(
      ['inverse', 'other-half', 'fixed-basis', 'own-noise-walk', 'own-coordinates'].map((n) => `ivf.${n}`),
    );
    expect(readFileSync(join(out('whole'), 'report.html'), 'utf8')).toContain('own coordinates');
  });

  it('is advised with runs of its network and optimiser, the dropout included', async () => {
    const found = await advise({
      run: out('whole'),
      out: out('advice'),
      directions: 4,
      runs: 1,
      verifyEpochs: 1,
      workers: 1,
    });
    expect(found.facts.point.optimiser!.words).toBe('adam, beta1 0.9, beta2 0.999');
    expect(readFileSync(join(out('advice'), 'report.html'), 'utf8')).toContain('adam');
  }, 60000);

  it('is refused by what takes multilayer perceptrons and SGD alone', () => {
    expect(() => configAt(out('whole'), [], 'advice on a run')).toThrow(
      'this takes multilayer perceptrons (network.widths) so far; the config has a network of layers',
    );
    expect(() => completeConfig({ network: 'lenet5' })).toThrow('the config has the network lenet5');
    expect(() => completeConfig({ optimiser: { type: 'adam' } })).toThrow('the config has the optimiser adam');
  });

  it('is not continued with another optimiser or other layers', async () => {
    const other = { ...CONFIG, optimiser: { type: 'adam', learningRate: 0.004 } };
    await expect(trainRun(other, { out: out('whole'), resume: true })).rejects.toThrow(
      /config key '(optimiser|training)\.learningRate'/,
    );
  });
});

describe('a perceptron with an optimiser', () => {
  it('keeps its layers and its initial weights; without one it keeps its hash', async () => {
    const teacher: PartialConfig = {
      data: { set: 'teacher', teacher: { network: { widths: [8, 6, 3] }, train: 60, test: 0 } },
      training: { batchSize: 6, stop: { rule: 'epochs', epochs: 2 }, maxEpochs: 10 },
      record: { layer: 'layer1', windowEpochs: 3 },
    };
    const run = async (name: string, more: PartialConfig) => {
      await trainRun([teacher, more], { out: out(name) });
      return readCheckpoint<object>(join(out(name), 'checkpoint.safetensors'), networkIn(readRecord(out(name))))!;
    };
    const plain = await run('plain', { training: { learningRate: 0.05 } });
    // the plan machine takes the same steps up to rounding
    const sgd = await run('sgd', { optimiser: { type: 'sgd', learningRate: 0.05 } });
    sgd.weights.forEach((w, i) => {
      expect(w).toBeCloseTo(plain.weights[i], 4);
    });
    const { layers: _, ...config } = completeConfig(teacher);
    expect(configHash(config as never)).toBe(configHash(completeConfig(teacher)));
    expect('optimiser' in readRecord(out('plain')).config).toBe(false);
  });
});

it('the network mlp by name is that of ivf2021 in its own kernels, bit for bit', async () => {
  const short: PartialConfig = {
    data: { limit: 200 },
    training: { stop: { rule: 'epochs', epochs: 1 }, maxEpochs: 9 },
    record: { windowEpochs: 5 },
  };
  for (const [name, network] of [
    ['by-name', 'mlp'],
    ['by-widths', undefined],
  ] as const)
    await trainRun([short, network ? { network } : {}], { out: out(name) });
  const weights = (name: string) =>
    readCheckpoint<object>(join(out(name), 'checkpoint.safetensors'), networkIn(readRecord(out(name))))!.weights;
  expect(weights('by-name')).toEqual(weights('by-widths'));
  expect(networkIn(readRecord(out('by-name')))).toMatchObject({ widths: [784, 50, 50, 10] });
});

describe('configs', () => {
  it('a network by name, by layers or by widths: a higher one of another kind replaces a lower one whole', () => {
    expect(completeRunConfig({ network: 'lenet5' }).network).toEqual({ name: 'lenet5', loss: 'cross-entropy' });
    expect(completeRunConfig({ network: { widths: [784, 9, 10] } }, { network: 'resnet8' }).network).toEqual({
      name: 'resnet8',
      loss: 'cross-entropy',
    });
    expect(
      completeRunConfig({ network: 'resnet8' }, {
        network: { loss: 'squared-error' },
        training: { stop: { rule: 'epochs', epochs: 3 } },
      } as never).network,
    ).toEqual({
      name: 'resnet8',
      loss: 'squared-error',
    });
    expect(completeRunConfig({ network: 'lenet5' }, { network: { widths: [784, 50, 10] } }).network).toMatchObject({
      widths: [784, 50, 10],
      activation: 'relu',
    });
  });

  it('an optimiser and training state one learning rate', () => {
    const of = (...layers: PartialConfig[]) => {
      const { optimiser, training } = completeRunConfig(...layers);
      return [optimiser, training.learningRate, training.momentum];
    };
    expect(of({ optimiser: { type: 'adam' } })).toEqual([{ type: 'adam', learningRate: 0.001 }, 0.001, 0]);
    expect(of({ optimiser: { type: 'adam' } }, { training: { learningRate: 0.01 } })[1]).toBe(0.01);
    expect(of({ optimiser: { type: 'sgd' } })).toEqual([{ type: 'sgd', learningRate: 0.1, momentum: 0 }, 0.1, 0]);
    expect(of({ optimiser: { type: 'sgd', momentum: 0.9, nesterov: true, learningRate: 0.02 } })[2]).toBe(0.9);
    expect(refusal({ optimiser: { type: 'adam', learningRate: 0.1 }, training: { learningRate: 0.2 } })).toBe(
      'the config states training.learningRate 0.2 and optimiser.learningRate 0.1; leave one of them out, or make them equal.',
    );
    expect(refusal({ optimiser: { type: 'adam' }, training: { momentum: 0.5 } })).toContain('beta1 in its place');
  });

  it.each([
    [{ optimiser: { type: 'adan' } }, "did you mean 'adam'"],
    [{ optimiser: { type: 'adam', momentum: 0.9 } }, "'momentum' is a setting of sgd and rmsprop"],
    [{ optimiser: { type: 'sgd', learningRate: -1 } }, 'the learning rate must be a positive number; got -1'],
    [{ network: 'lenet' }, "config key 'network.name'"],
    [{ network: { layers: [] } }, "config key 'network.layers'"],
    [{ network: { layers: [{ type: 'conv', channels: 3 }] } }, 'kernel must be a whole number'],
    [
      { network: { layers: [{ type: 'conv', channels: 3, kernel: 3, strides: 2 }] } },
      "a layer of the kind 'conv' has no key 'strides'; it takes name, channels, kernel, stride, padding, bias",
    ],
    [
      { network: { layers: [{ type: 'residual', layers: [{ type: 'relu', rate: 1 }] }] } },
      "a layer of the kind 'relu' has no key 'rate'",
    ],
    [{ network: { layers: [{ type: 'dense', outputs: 2 }], width: 3 } }, "no key 'network.width'"],
  ])('%j is refused', (config, sentence) => {
    expect(refusal(config)).toContain(sentence);
  });

  it('refuses before anything is written: layers that do not fit, a layer without weights, a schedule longer than the run', async () => {
    const begin = (more: PartialConfig) => trainRun([CONFIG, more], { out: out('never') });
    const dense = { type: 'dense', outputs: 10 } as const;
    await expect(
      begin({
        network: { layers: [{ type: 'conv', channels: 2, kernel: 5 }, { type: 'max-pool', kernel: 30 }, dense] },
        record: { layer: 'conv1' },
      }),
    ).rejects.toThrow("the layer 'pool1', a pool of 30×30, gets [2, 28, 28] and would leave [2, 0, 0]");
    await expect(begin({ record: { layer: 'pool1' } })).rejects.toThrow(
      "the layer 'pool1' (max-pool) has no weights to record; layers with weights are first, conv2, dense1.",
    );
    await expect(
      begin({ network: { layers: [{ ...dense, outputs: 9 }] }, record: { layer: 'dense1' } }),
    ).rejects.toThrow('has 3072 inputs and 9 outputs: let the last layer have 10 outputs.');
    await expect(
      begin({
        network: { input: 3072, layers: [{ type: 'conv', channels: 2, kernel: 3 }, dense] },
        record: { layer: 'conv1' },
      }),
    ).rejects.toThrow('[channels, height, width]');
    await expect(
      begin({ optimiser: { type: 'adam', schedule: { type: 'cosine', length: 21, unit: 'epochs' } } }),
    ).rejects.toThrow('the run has at most 200');
    expect(() => readFileSync(join(out('never'), 'run.json'))).toThrow('ENOENT');
  });
});

describe('findings of runs of layers', () => {
  const document = (
    regimes: Record<string, ReturnType<typeof regime>>,
    more: Partial<RelationDocument> = {},
  ): RelationDocument => ({
    optimiser: 'adam',
    met: true,
    stopped: 'no training sample is misclassified',
    moved: 1.2,
    fails: [],
    measured: { layer: 'conv1', size: 9, rows: 80, centreLoss: 0.1, regimes, gamma: {} as never },
    ...more,
  });
  const verdicts = (d: RelationDocument) =>
    Object.fromEntries(relationFindings(d).map((f) => [f.id.slice(4), f.verdict]));
  const UNDECIDED = 'not decidable with this run';

  it('judge the inverse relation apart from its exponent, and each control', () => {
    const all = { same: regime(6), half: regime(5.7), hessian: regime(2), walk: regime(3), own: regime(0.1) };
    expect(verdicts(document(all))).toEqual({
      inverse: 'reproduced',
      'other-half': 'reproduced',
      'fixed-basis': 'reproduced with another exponent',
      'own-noise-walk': 'reproduced',
      'own-coordinates': 'not reproduced',
    });
    expect(verdicts(document({ ...all, walk: regime(5.7) }))['own-noise-walk']).toBe('not reproduced');
    expect(verdicts(document({ ...all, walk: regime(6, { points: 7 }) }))['own-noise-walk']).toBe(UNDECIDED);
    expect(verdicts(document({ same: regime(0.1), half: regime(4) }))).toMatchObject({
      inverse: 'not reproduced',
      'other-half': UNDECIDED,
    });
    expect(verdicts(document({ same: regime(4, { r2: 0.49 }) })).inverse).toBe('not reproduced');
    expect(verdicts(document({ same: regime(4, { error: 0.6 }) })).inverse).toBe(UNDECIDED);
  });

  it('decide nothing where the rule was not met or the linear form fails, the other findings included', () => {
    const good = { same: regime(4), half: regime(4), hessian: regime(4), walk: regime(2) };
    const loss = { id: 'loss', sentence: 'the training loss changes from 2 to 0.5 within the window.' } as const;
    const silent = { id: 'silent', sentence: '3 of 9 weights have hardly any gradient.' } as const;
    const { fails: _, ...earlier } = document(good);
    for (const [d, why] of [
      [document(good, { fails: [loss, silent] }), /^The training loss changes from 2 to 0\.5 .* 3 of 9 weights/],
      [document(good, { met: false, stopped: "the rule 'zero-training-error' was not met by epoch 9" }), /epoch 9/],
      [earlier, /An earlier version measured this/],
    ] as const) {
      expect(new Set(Object.values(verdicts(d)))).toEqual(new Set([UNDECIDED]));
      const others = asFarAsDecidable(relationFindings(document(good)), d);
      expect(new Set(others.map((f) => f.verdict))).toEqual(new Set([UNDECIDED]));
      expect(others[0].reason).toMatch(why);
      // a reason stands once
      const own = asFarAsDecidable(relationFindings(d), d)[0].reason;
      expect(own.split(others[0].reason.slice(0, 30))).toHaveLength(2);
    }
    // the median of √v is a number of the table; what decides are the sentences
    expect(verdicts(document(good, { moved: 3 })).inverse).toBe('reproduced');
    expect(relationFindings(undefined)).toEqual([]);
  });
});
