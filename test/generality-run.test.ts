/** `reproduce generality` on a grid small enough for a test: its documents, on any number of workers, stopped and continued, and refused. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GeneralityConfig, generalityConfig, gridRuns, partOfGrid } from '../src/experiments/generality/config.js';
import { type GeneralityRun, reproduceGenerality } from '../src/experiments/generality/experiment.js';
import type { RunResult } from '../src/experiments/generality/measured.js';
import { InterruptedError } from '../src/jobs/context.js';
import { cifarFolder } from './support/cifar.js';
import { thermogradHere } from './support/here.js';

const quick = generalityConfig('quick');
const CONFIG: GeneralityConfig = {
  ...quick,
  limit: 40,
  networks: ['mlp'],
  optimisers: quick.optimisers.filter((o) => o.name === 'sgd' || o.name === 'adam'),
  settings: [{ batchSize: 10, factor: 1 }],
  squaredError: ['sgd'],
  maxEpochs: 40,
  windowSteps: 24,
  directions: { conv: 6, other: 6 },
  vectors: 6,
};
const home = mkdtempSync(join(tmpdir(), 'generality-'));
const out = (name: string) => join(home, name);
const documents = (name: string) =>
  Object.fromEntries(
    readdirSync(join(out(name), 'runs')).map((f) => [f, readFileSync(join(out(name), 'runs', f), 'utf8')]),
  );
let run: GeneralityRun;
beforeAll(async () => {
  run = await reproduceGenerality({ out: out('one'), config: CONFIG, seeds: 1, workers: 1 });
}, 60000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('the study', () => {
  it('leaves a document for each run with every layer in every regime, and a report', () => {
    const all = documents('one');
    expect(Object.keys(all).sort()).toEqual([
      'mnist-mlp-adam-b10-x1-seed0.json',
      'mnist-mlp-sgd-b10-x1-seed0.json',
      'mnist-mlp-sgd-squared-b10-x1-seed0.json',
    ]);
    const adam = JSON.parse(all['mnist-mlp-adam-b10-x1-seed0.json']) as RunResult;
    expect(adam).toMatchObject({ optimiser: 'adam', learningRate: 0.001, batchSize: 10, windowSteps: 24, met: true });
    expect(adam.layers.map((l) => [l.layer, l.shape])).toEqual([
      ['layer1', [50, 784]],
      ['layer2', [50, 50]],
      ['layer3', [10, 50]],
    ]);
    for (const { measured, moved } of adam.layers) {
      expect(Object.keys(measured!.regimes)).toEqual(['same', 'half', 'hessian', 'walk', 'own']);
      expect([measured!.rows, measured!.gamma.points > 0]).toEqual([24, true]);
      expect(moved).toBeGreaterThanOrEqual(1);
    }
    const sgd = JSON.parse(all['mnist-mlp-sgd-b10-x1-seed0.json']) as RunResult;
    expect(sgd.layers[0].moved).toBeUndefined();
    expect(sgd.layers[0].measured!.regimes.own).toBeUndefined();
    expect(run.findings.map((f) => f.id)).toContain('generality.inverse.adam');
    expect(new Set(run.findings.map((f) => f.verdict))).toEqual(new Set(['not decidable with this run'])); // one run a group
    expect(readFileSync(join(out('one'), 'report.html'), 'utf8')).toContain('Every layer, every optimiser');
    expect(existsSync(join(out('one'), 'lock'))).toBe(false);
  });

  it('has the same bytes on two workers, and when it was stopped and continued', async () => {
    const controller = new AbortController();
    const request = { out: out('two'), config: CONFIG, seeds: 1, workers: 2 };
    const stopped = reproduceGenerality({
      ...request,
      signal: controller.signal,
      onProgress: () => {
        if (
          existsSync(join(out('two'), 'runs')) &&
          readdirSync(join(out('two'), 'runs')).some((f) => f.endsWith('.json'))
        )
          controller.abort();
      },
    });
    await expect(stopped).rejects.toBeInstanceOf(InterruptedError);
    expect(Object.keys(documents('two')).length).toBeLessThan(3);
    await reproduceGenerality({ ...request, resume: true });
    expect(documents('two')).toEqual(documents('one'));
    const tables = (name: string) => readFileSync(join(out(name), 'tables', 'runs.csv'), 'utf8');
    expect(tables('two')).toBe(tables('one'));
  }, 60000);

  it('is not continued with other settings', async () => {
    const other = { ...CONFIG, limit: 41 };
    await expect(reproduceGenerality({ out: out('one'), config: other, resume: true })).rejects.toThrow(
      'the study of generality in',
    );
  });
});

describe('the command', () => {
  it('takes data sets by name, and refuses others before anything is written', async () => {
    const call = (...args: string[]) => thermogradHere('reproduce', 'generality', '--out', out('never'), ...args);
    const wrong = await call('--data', 'teacher');
    expect([wrong.code, wrong.stderr]).toEqual([
      2,
      expect.stringContaining("takes mnist, fashion-mnist and cifar10:DIR, separated by commas; got 'teacher'"),
    ]);
    expect((await call('--data', 'mnist,mnist')).stderr).toContain('takes each data set once');
    expect((await call('--data', 'cifar10:/nowhere')).stderr).toContain('cannot read the folder /nowhere');
    expect((await call('--seeds', '0')).stderr).toContain('at least one seed');
    expect((await call('--learning-rate', '1')).stderr).toContain('--learning-rate is fixed by its preset');
    const few = cifarFolder(2);
    expect((await call('--preset', 'quick', '--data', `cifar10:${few}`)).stderr).toContain(
      'limit must be an integer from 1 to the 10 training samples',
    );
    expect(existsSync(out('never'))).toBe(false);
  });
});

describe('a part of the grid', () => {
  it('has the named networks and optimisers alone, in the order of the grid, and squared error where it was', () => {
    const part = partOfGrid(quick, { networks: 'lenet5, mlp', optimisers: 'adam,sgd' });
    expect(part.networks).toEqual(['mlp', 'lenet5']);
    expect(part.optimisers.map((o) => o.name)).toEqual(['sgd', 'adam']);
    expect(gridRuns(part, 1).length).toBe(2 * 2 * 3); // two settings, two networks, two optimisers and one of them twice
    expect(partOfGrid(quick, { optimisers: 'adam' }).squaredError).toEqual([]);
    expect(partOfGrid(quick, {})).toEqual(quick);
  });

  it.each([
    [
      { networks: 'vgg' },
      "generality has the networks mlp, lenet5, cnn-small, resnet8, separated by commas; got 'vgg'.",
    ],
    [{ optimisers: 'sgd,sgd' }, 'generality takes each of the optimisers once; got sgd,sgd.'],
    [{ optimisers: '' }, "got ''"],
  ])('refuses %j', (part, words) => {
    expect(() => partOfGrid(quick, part)).toThrow(words);
  });

  it('is what the flags say', async () => {
    const refused = await thermogradHere('reproduce', 'generality', '--optimiser', 'sgd,lion', '--out', out('refused'));
    expect([refused.code, existsSync(out('refused'))]).toEqual([2, false]);
    expect(refused.stderr).toContain(
      "expected one of sgd, momentum, nesterov, rmsprop, adam, adamw, or several with commas; got 'lion'",
    );
  });
});
