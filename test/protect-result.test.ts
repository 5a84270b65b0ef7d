/** The JSON document of `protect`: each number against a plain loop over the samples, or what was asked for. */
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { protectRun } from '../src/experiments/protect/experiment.js';
import { initialWeights } from '../src/model/network.js';
import { randomKey } from '../src/numeric/random.js';
import { writeModel } from '../src/record/checkpoint.js';
import { readPenalty } from '../src/record/penalty.js';
import { readSafetensors } from '../src/record/safetensors.js';
import { completeConfig } from '../src/runs/config.js';
import { loadFor } from '../src/runs/prepare.js';
import { logits, sampleLoss } from './support/naive-network.js';

const config = {
  seed: 5,
  data: { set: 'teacher', teacher: { train: 200, test: 0 } },
  training: { learningRate: 0.2, momentum: 0.25, batchSize: 20 },
  provider: 'embedded',
} as const;
const spec = { widths: [20, 16, 4], activation: 'tanh', bias: false, loss: 'cross-entropy' } as const;
const folder = mkdtempSync(join(tmpdir(), 'protect-'));
const weights = join(folder, 'w.safetensors');
afterAll(() => rmSync(folder, { recursive: true }));

it('holds what was measured, what was asked, and what the file holds', async () => {
  const w = initialWeights(spec, randomKey(3));
  writeModel(weights, spec, w, {});
  const out = join(folder, 'penalty.safetensors');
  const result = await protectRun({ layers: [config], weights, method: 'ewc', out });
  const { train } = await loadFor(completeConfig({ ...config, record: { layer: 'layer1' } }));
  const samples = Array.from({ length: 200 }, (_, k) => ({
    x: train.values.subarray(20 * k, 20 * (k + 1)),
    label: train.labels![k],
  }));
  const loss = samples.reduce((s, x) => s + sampleLoss(spec, w, x) / 200, 0);
  const wrong = samples.filter(({ x, label }) => {
    const z = logits(spec, w, x);
    return z.indexOf(Math.max(...z)) !== label;
  });
  const { penalty, strength } = await readPenalty(out);
  const [{ parts, anchor }] = penalty.terms;
  expect(result).toMatchObject({
    file: out,
    bytes: statSync(out).size,
    method: 'ewc',
    network: [20, 16, 4],
    data: 'teacher',
    samples: 200,
    errors: wrong.length,
    strength,
    learningRate: 0.2,
    momentum: 0.25,
    seed: 5,
    linearAlgebra: expect.stringMatching(/^embedded/),
  });
  expect(result.loss / loss).toBeCloseTo(1, 5);
  expect(result.origin).toContain('w.safetensors');
  expect(Array.from(anchor)).toEqual(Array.from(w));
  // of a diagonal the stiffest is its largest entry; the Fisher information has the natural strength 1
  const diagonal = parts.flatMap((p) => (p.kind === 'diagonal' ? Array.from(p.values) : []));
  expect(diagonal).toHaveLength(384);
  expect(result.stiffest / Math.max(...diagonal)).toBeCloseTo(1, 10);
  expect(result.largestStrength / ((2 * 1.25) / (0.2 * Math.max(...diagonal)))).toBeCloseTo(1, 10);
  expect([result.strength, result.unit.exact]).toEqual([1, true]);
  expect(result.layers.map((l) => [l.block, l.constrained, l.excluded])).toEqual([
    ['layer1', 320, 0],
    ['layer2', 64, 0],
  ]);
  expect(result).not.toHaveProperty('window');
  expect(result).not.toHaveProperty('training');
  const { metadata } = readSafetensors(readFileSync(out), '');
  expect(metadata).toMatchObject({
    format: 'thermograd penalty',
    thermograd: result.thermograd,
    method: 'ewc',
    title: result.title,
    strength: result.unit.how,
    origin: result.origin,
    data: '200 training samples of teacher',
    network: '20-16-4',
    layers: 'layer1, layer2',
    seed: '5',
  });
});

it('tells what a method of the stationary state was told: η/(1 − μ), and the steps of the window', async () => {
  const out = join(folder, 'vortex.npz');
  const asked = { layers: [config], weights, method: 'potential', axes: 2, windowEpochs: 30, out, held: ['layer2'] };
  const { training, layers } = await protectRun(asked);
  expect(training).toEqual({ learningRate: 0.2 / 0.75, batchSize: 20, windowSteps: 300 });
  expect(layers.map((l) => l.block)).toEqual(['layer2']);
});
