/** `forget` over networks of layers and under other optimisers: the numbers of perceptrons, state across batches, resume, refusals. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { batchPlan } from '../src/data/samplers.js';
import { joined } from '../src/data/tasks.js';
import { completeForget, withLayers } from '../src/experiments/forget/config.js';
import { forget } from '../src/experiments/forget/experiment.js';
import type { FirstFacts } from '../src/experiments/forget/first.js';
import type { BranchGroup } from '../src/experiments/forget/measured.js';
import { Weights } from '../src/experiments/forget/network.js';
import type { PartialForget } from '../src/experiments/forget/schema.js';
import { AlternatingStage } from '../src/experiments/forget/stage.js';
import { TaskSet } from '../src/experiments/forget/task-set.js';
import { asLayered } from '../src/model/any-network.js';
import type { LayerSpec } from '../src/model/layered/spec.js';
import { loadDataset } from '../src/runs/datasets.js';
import { LayeredTrainer } from '../src/train/layered-trainer.js';
import { optimiserUpdate } from '../src/train/optimisers/update.js';
import { thermograd } from './support/cli.js';
import { SMALL_FORGET } from './support/small-studies.js';

const TINY: PartialForget = { ...SMALL_FORGET, seeds: 1, provider: 'embedded', workers: 1 };
const home = mkdtempSync(join(tmpdir(), 'forget-layers-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const read = <T>(...path: string[]) => JSON.parse(readFileSync(join(home, ...path), 'utf8')) as T;
const group = (run: string, name: string) => read<BranchGroup>(run, 'seeds', 'seed0', `${name}.json`);
const dense = (outputs: number, name: string): LayerSpec => ({ type: 'dense', outputs, name, bias: false });
/** The hidden layers of SMALL_FORGET; the outputs of the last one follow from the tasks. */
const WRITTEN: PartialForget['network'] = {
  layers: [dense(10, 'one'), { type: 'relu' }, dense(8, 'two'), { type: 'relu' }, dense(99, 'three')],
};
const CONVOLVING: PartialForget = {
  ...TINY,
  methods: ['none', 'l2', 'ewc', 'ldc', 'hessian', 'potential', 'frozen', 'replay-20'],
  network: {
    input: [1, 2, 4],
    layers: [
      { type: 'conv', channels: 4, kernel: 2 },
      { type: 'relu' },
      { type: 'dropout', rate: 0.1 },
      { type: 'dense', outputs: 6 },
      { type: 'tanh' },
      { type: 'dense', outputs: 2 },
    ],
  },
  optimiser: { type: 'adam', learningRate: 0.01, weightDecay: 0.001 },
};

describe('a perceptron written as layers', () => {
  const methods = ['none', 'l2', 'ewc', 'ldc', 'hessian', 'frozen', 'replay-20', 'joint'];
  beforeAll(async () => {
    for (const [name, network] of Object.entries({ plain: TINY.network, layers: WRITTEN })) {
      const frozen = name === 'plain' ? ['layer1'] : ['one'];
      const statistics = { ...TINY.statistics, samples: 10_000 };
      await forget([{ ...TINY, statistics, network: undefined }, { methods, network, frozen }], { out: join(home, name) }); // biome-ignore format: one line
    }
  });

  it('learns task 1 as one, and has its strengths', () => {
    const [a, b] = ['plain', 'layers'].map((run) => read<FirstFacts>(run, 'seeds', 'seed0', 'first.json'));
    expect(b.loss / a.loss).toBeCloseTo(1, 4);
    expect(b.centreLoss / a.centreLoss).toBeCloseTo(1, 4);
    expect(b.profiles[0].loss[0] / a.profiles[0].loss[0]).toBeCloseTo(1, 3);
    expect(b.profiles[0].displacement[0] / a.profiles[0].displacement[0]).toBeCloseTo(1, 3);
  });

  // float32 rounds differently in two kernels, and hundreds of steps enlarge it
  it.each(methods)('ends where one ends under %s', (method) => {
    const name = ['ldc', 'hessian'].includes(method) ? `${method}-6` : method;
    const [a, b] = [group('plain', name), group('layers', name)];
    expect([b.held, b.stored, b.refused]).toEqual([a.held, a.stored, a.refused]);
    expect(b.branches).toHaveLength(a.branches.length);
    a.branches.forEach((branch, k) => {
      const other = b.branches[k];
      expect(other.diverged).toBe(false);
      for (const what of ['strength', 'distance', 'firstLoss', 'predictedRise'] as const)
        if (Number.isFinite(branch[what])) expect(other[what] / branch[what], what).toBeCloseTo(1, 2);
      const [mine, its] = [branch.test.flat(), other.test.flat()];
      for (const [i, x] of mine.entries()) if (Number.isFinite(x)) expect(Math.abs(x - its[i])).toBeLessThan(0.015);
      expect(other.moved.principal!.perDirection[0] / branch.moved.principal!.perDirection[0]).toBeCloseTo(1, 1);
    });
  });
});

describe('a network that convolves, under Adam', () => {
  const out = join(home, 'conv');
  const timeless = (path: string) => ({ ...(JSON.parse(readFileSync(path, 'utf8')) as object), seconds: 0 });
  beforeAll(async () => {
    await forget([CONVOLVING], { out });
  });

  it('holds every shared layer, and says what has no meaning', () => {
    expect(group('conv', 'ewc').held!.constrained).toBe(4 * 4 + 4 + 12 * 6 + 6);
    expect(group('conv', 'hessian-6').held).toMatchObject({ constrained: 12, excluded: 0 });
    expect(group('conv', 'frozen').held!.constrained).toBe(4 * 4 + 4);
    expect(group('conv', 'potential-6')).toMatchObject({ branches: [], refused: expect.stringMatching(/adam divides each by the size of its gradients/) }); // biome-ignore format: one line
    const report = readFileSync(join(out, 'report.html'), 'utf8');
    expect(report).toMatch(/did not run/);
    expect(report).toMatch(/1×2×4-4×1×3-6-2; adam, L2 penalty 0\.001 at learning rate 0\.01/i);
  });

  it('a stronger penalty keeps the weights nearer', () => {
    for (const name of ['l2', 'ewc', 'hessian-6']) {
      const [weak, strong] = group('conv', name).branches;
      expect(strong.distance).toBeLessThan(weak.distance);
    }
    const [weak] = group('conv', 'l2').branches;
    expect(weak.distance).toBeLessThan(group('conv', 'none').branches[0].distance);
  });

  it('gives the same bytes after a resume', async () => {
    const copy = join(home, 'resumed');
    cpSync(out, copy, { recursive: true });
    const at = (place: string, f: string) => join(place, 'seeds', 'seed0', f);
    const gone = ['first.json', 'hessian-6.json', 'replay-20.json'];
    for (const f of gone) rmSync(at(copy, f));
    const record = JSON.parse(readFileSync(join(copy, 'forget.json'), 'utf8'));
    for (const s of Object.values(record.stages) as { status: string }[]) s.status = 'interrupted';
    writeFileSync(join(copy, 'forget.json'), JSON.stringify(record));
    await forget([], { out: copy, resume: true });
    for (const f of gone) expect(timeless(at(copy, f)), f).toEqual(timeless(at(out, f)));
  });

  it.skipIf(process.env.CI === undefined)('gives the same bytes in two worker threads', () => {
    const file = join(home, 'conv.json');
    writeFileSync(file, JSON.stringify(CONVOLVING));
    const other = join(home, 'threads');
    expect(thermograd('forget', '--config', file, '--out', other, '--workers', '2').code).toBe(0);
    const documents = readdirSync(join(out, 'seeds', 'seed0')).filter((f) => f.endsWith('.json'));
    for (const f of documents)
      expect(timeless(join(other, 'seeds', 'seed0', f)), f).toEqual(timeless(join(out, 'seeds', 'seed0', f)));
  });
});

describe('batches of tasks in turn', () => {
  it('are steps of one optimiser, whose state goes with the shared weights', async () => {
    const network: PartialForget['network'] = {
      input: [1, 2, 4],
      layers: [{ type: 'conv', channels: 4, kernel: 2 }, { type: 'tanh' }, { type: 'dense', outputs: 2 }],
    };
    const optimiser = { type: 'adam', learningRate: 0.02 };
    const config = completeForget({ ...CONVOLVING, network, optimiser, head: 'all-compete' });
    const { teacher } = config.data as { set: string; teacher: never };
    const dataset = await loadDataset({ teacher });
    const taskSet = new TaskSet(withLayers(config, dataset), dataset, 0);
    const weights = Weights.of(taskSet.initial(0), taskSet.size);
    const stage = new AlternatingStage(taskSet, 1, 20);
    stage.load(weights);
    stage.epoch(0);
    stage.store(weights);

    // one trainer over stored samples and those of the newest task, with the batches retyped
    const [old, newest] = [taskSet.memory(0, 20), taskSet.task(1).train];
    const spec = asLayered(taskSet.spec(1));
    const plan = batchPlan({ count: 20, batchSize: 10, sampling: 'shuffled', lastBatch: 'drop', key: taskSet.taskKey(0).child('memory') }); // biome-ignore format: one line
    const update = optimiserUpdate({ type: 'adam', learningRate: 0.02 });
    const one = new LayeredTrainer({ spec, samples: joined([old, newest]), learningRate: 1, update, batchSize: 10 }); // biome-ignore format: one line
    one.setWeights(taskSet.initial(0));
    const own = taskSet.plan(1).epoch(0).order;
    for (let b = 0; b < Math.floor(own.length / 10); b++) {
      const pass = plan.epoch(Math.floor(b / 2)).order;
      one.steps(pass.slice(10 * (b % 2), 10 * (b % 2) + 10), 10);
      one.steps(
        own.slice(10 * b, 10 * b + 10).map((k) => 20 + k),
        10,
      );
    }
    const end = one.weights();
    expect(Math.max(...weights.shared.map((w, i) => Math.abs(w - end[i])))).toBeLessThan(1e-6);
  });
});

describe('a config', () => {
  const words = (layer: PartialForget): string => {
    try {
      completeForget(TINY, layer);
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };

  it.each([
    [{ optimiser: { type: 'adam', schedule: { type: 'cosine', length: 9 } } }, /one learning rate here; leave the schedule out/], // biome-ignore format: one line
    [{ optimiser: { type: 'adam' }, training: { momentum: 0.9 } }, /adam has beta1 in its place/],
    [{ optimiser: { type: 'adm' } }, /adm/],
    [{ network: { layers: [{ type: 'dens', outputs: 3 }] } }, /dens/],
    [{ network: { layers: [{ type: 'dense', outputs: 3 }], hidden: [3] } }, /hidden/],
    [{ network: 'lenet6' }, /network/],
  ] as [PartialForget, RegExp][])('%j is refused', (layer, expected) => {
    expect(words(layer)).toMatch(expected);
  });

  it.each([
    [{ network: 'lenet5' }, /convolves images and gets 8 inputs/],
    [{ network: { layers: [{ type: 'dense', outputs: 3 }, { type: 'relu' }] } }, /must end in a dense layer.*'relu'/],
    [{ network: { name: 'mlp', loss: 'squared-error' } }, /cross-entropy; leave network.loss out/],
    [{ network: WRITTEN, layers: ['three'] }, /a constraint can hold one, two \(each task has its own output layer\)/],
    [{ network: WRITTEN, frozen: ['layer1'], methods: ['frozen'] }, /frozen can hold one, two/],
  ] as [PartialForget, RegExp][])('%j is refused once the data are known', async (layer, expected) => {
    await expect(forget([TINY, layer], { out: join(home, 'never') })).rejects.toThrow(expected);
  });

  it('takes the rate of the optimiser, the first layer for frozen and the last hidden one for the report', async () => {
    expect(completeForget({ optimiser: { type: 'rmsprop' } }).training.learningRate).toBe(0.01);
    expect(completeForget({ training: { learningRate: 0.3 } }, { optimiser: { type: 'adam' } }).training.learningRate).toBe(0.3); // biome-ignore format: one line
    const config = completeForget(CONVOLVING, { statistics: { modes: 5 } });
    const filled = withLayers(
      config,
      await loadDataset({ teacher: (config.data as { set: string; teacher: never }).teacher }),
    );
    expect(filled).toMatchObject({ frozen: ['conv1'], statistics: { layer: 'dense1', modes: 5 } });
    // a network of another kind replaces the preset's
    expect(completeForget({ preset: 'quick' }, { network: 'mlp' }).network).toEqual({ name: 'mlp', loss: 'cross-entropy' }); // biome-ignore format: one line
  });
});
