/** train, and what starts from the files that it leaves: weights by path, a trajectory by path, figures of a folder. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  loadDataset,
  model,
  network,
  openSurface,
  type PartialConfig,
  pca,
  plot,
  readResults,
  type TrainResult,
  train,
} from '../src/index.js';
import { trainRun } from '../src/parts.js';
import { pythonFile, torchPython } from './support/python.js';

const folder = mkdtempSync(join(tmpdir(), 'thermograd-train-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const config: PartialConfig = {
  data: { set: 'mnist', limit: 60 },
  network: { widths: [784, 8, 8, 10] },
  training: { stop: { rule: 'epochs', epochs: 3 }, batchSize: 10 },
  record: { windowEpochs: 8 },
  analysis: { directions: 10 },
  workers: 1,
};

describe('several seeds', () => {
  let two: TrainResult;
  beforeAll(async () => {
    two = await train(config, { seeds: 2, measure: false, out: join(folder, 'two') });
  });

  it('are the runs that the part trains, with the mean and the error of both', async () => {
    expect(two.runs.map((r) => r.seed)).toEqual([0, 1]);
    const alone = await trainRun([config, { seed: 1 }], { out: join(folder, 'alone') });
    const other = await train({ ...config, seed: 1 }, { measure: false, out: alone.folder, resume: true });
    expect(other.runs[0].curves).toEqual(two.runs[1].curves);
    const [a, b] = two.runs.map((r) => r.loss);
    expect(two.loss.value).toBeCloseTo((a + b) / 2, 12);
    expect(two.loss.error).toBeCloseTo(Math.abs(a - b) / 2, 12);
    expect(two.exponent).toBeUndefined();
    expect(inspect(two)).toContain('2 networks in');
    expect(other.loss.error).toBeNaN();
    expect(String(other)).not.toContain('not converged');
    expect(JSON.parse(JSON.stringify(two)).runs[1].loss).toBe(b);
    expect(() => plot.varianceFlatness(two)).toThrow(/which was trained without measuring\.$/);
  });

  it('leave weights and a trajectory that are read by their paths', async () => {
    const own = two.runs[1].folder;
    const dataset = await loadDataset('mnist', { limit: 60 });
    const at = network('784-8-8-10', { bias: false }).at(join(own, 'model.safetensors'), dataset);
    expect(Array.from(at.weights)).toEqual(Array.from(two.weights(1)));
    expect(at.how.length).toBeGreaterThan(0);
    expect((await at.loss()).value).toBeCloseTo(two.runs[1].loss, 5);
    expect((await at.hessian('layer2').top(1))[0].vector).toHaveLength(64);
    const found = await pca(join(own, 'trajectory.zarr'), { components: 3 });
    expect([found.T, found.P]).toEqual([48, 64]);
    expect(() => two.weights(9)).toThrow('train.weights: seed 9 was not trained; there are 0, 1.');
  });
});

it('one seed is measured, and every figure of it can be drawn', async () => {
  const result = await train(config, { out: join(folder, 'one') });
  const { analysis, findings } = readResults(result.folder);
  expect(result.findings).toEqual(findings);
  expect(result.exponent!.value).toBe(-analysis.scaling.varianceFlatness.exponent.value);
  expect(existsSync(join(result.folder, 'report.html'))).toBe(true);
  const figure = plot.rankedVariances(result);
  expect(plot.report(result.folder, 'variances').svg).toBe(figure.svg);
  expect(() => plot.report(result.folder, 'nothing')).toThrow(/there is no figure 'nothing' in .*figures/);
}, 60_000);

const CODE = `
import torch
from thermograd import Problem

def make():
    torch.manual_seed(0)
    x = torch.randn(30, 4)
    y = (x[:, 0] > 0).long()
    net = torch.nn.Sequential(torch.nn.Linear(4, 5), torch.nn.Tanh(), torch.nn.Linear(5, 2))
    return Problem(net, torch.nn.CrossEntropyLoss(), data=(x, y))
`;

it.skipIf(!torchPython)(
  'a model in Python is a source like any other (needs PyTorch)',
  async () => {
    const surface = await openSurface(`python:${pythonFile(CODE)}:make`, { python: torchPython!, onOutput: () => {} });
    const own = model(surface);
    try {
      const at = own.at();
      expect(at.blocks).toContain('0.weight');
      const [first] = await at.hessian('0.weight').top(1);
      expect(first.vector).toHaveLength(20);
      const same = await at.hessian('0.weight').along(first.vector);
      expect(same.value).toBeCloseTo(first.value, 5);
      expect((await at.noise('0.weight').along(first.vector)).value).toBeGreaterThan(0);
    } finally {
      await own.close();
    }
  },
  60_000,
);
