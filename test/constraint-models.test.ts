/** Constraints on any surface: the same penalties as from the loss and gradient alone, and over a part of the samples close ones. */
import { describe, expect, it } from 'vitest';
import { rowsInMemory } from '../src/analyse/trajectory/rows.js';
import { CONSTRAINTS } from '../src/apply/constraints/table.js';
import { modelTask } from '../src/apply/model-task.js';
import { protect, protectTask } from '../src/apply/protect.js';
import { layersOf } from '../src/model/network.js';
import { matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { completed } from '../src/surface/completed.js';
import { functionSurface } from '../src/surface/functions.js';
import { networkSurface } from '../src/surface/network/surface.js';
import type { Surface } from '../src/surface/surface.js';
import { gradient, sampleLoss } from './support/naive-network.js';
import { asSurface, la, learnt, listOf, naiveSurface, SPEC, taskSamples } from './support/tasks.js';

const samples = taskSamples();
const run = learnt(samples);
const key = randomKey(11);
const plain = asSurface(samples, run);
const finished = {
  weights: run.weights,
  window: rowsInMemory(run.window.rows, run.window.P),
  training: { learningRate: 0.2, batchSize: 10, windowSteps: 1e9 },
  blocks: layersOf(SPEC).map(({ name, weightOffset, inputs, outputs }) => ({
    name,
    offset: weightOffset,
    size: inputs * outputs,
    span: (inputs + 1) * outputs,
  })),
};
const list = listOf(samples);
const network = () => networkSurface({ spec: SPEC, samples, lines: 'float64' });
const naive = () => {
  const of = (numbers: Uint32Array) => Array.from(numbers, (k) => list[k]);
  return functionSurface({
    size: plain.size,
    samples: list.length,
    loss: (w, k) => of(k).reduce((sum, s) => sum + sampleLoss(SPEC, w, s), 0) / k.length,
    gradient: (w, k) => gradient(SPEC, w, of(k)),
  });
};

const methods = CONSTRAINTS.filter((c) => c.kind === 'penalty').map((c) => c.name);
const shifts = Array.from({ length: 6 }, (_, i) => {
  const s = key.child('shift').child(i).stream();
  return Float64Array.from(run.weights, (w) => w + 0.3 * s.normal());
});

describe.each<[string, () => Surface, number]>([
  ['a network as a surface', network, 1e-5],
  ['naive functions as a surface', naive, 1e-5],
])('%s', (_, make, tolerance) => {
  it.each(methods.filter((m) => m !== 'ewc'))('%s: the penalty of the network itself', async (method) => {
    const options = { method, axes: 5, key, la };
    const expected = await protectTask(plain, options);
    const found = await protectTask(await modelTask(make(), finished, { la, key: randomKey(7) }), options);
    for (const w of shifts) expect(Math.abs(found.value(w) / expected.value(w) - 1)).toBeLessThan(tolerance);
    if (Number.isNaN(expected.unit.strength)) expect(found.unit.strength).toBeNaN();
    else expect(Math.abs(found.unit.strength / expected.unit.strength - 1)).toBeLessThan(tolerance);
    expect(found.diagnostics.map((d) => [d.block, d.constrained, d.excluded])).toEqual(
      expected.diagnostics.map((d) => [d.block, d.constrained, d.excluded]),
    );
  });
});

describe('ewc', () => {
  it('of a surface that gives the true Fisher matrix: the penalty of the network itself', async () => {
    const options = { method: 'ewc', key, la };
    const expected = await protectTask(plain, options);
    const found = await protectTask(await modelTask(network(), finished, { la, key: randomKey(7) }), options);
    for (const w of shifts) expect(Math.abs(found.value(w) / expected.value(w) - 1)).toBeLessThan(1e-9);
  });

  it('of a surface that does not: refused with the method that needs less', async () => {
    await expect(protect(naive(), finished, { method: 'ewc' })).rejects.toMatchObject({
      code: 'no-predictive-gradients',
      message: expect.stringMatching(/which .* does not give; take 'ewc-empirical'\.$/),
    });
  });
});

describe('protect', () => {
  it('takes a surface or a loss with its gradient', async () => {
    const [a, b] = [
      await protect(network(), finished, { method: 'l2' }),
      await protect(naiveSurface(samples), finished, { method: 'l2' }),
    ];
    expect(a.unit.strength / b.unit.strength).toBeCloseTo(1, 6);
  });

  it('refuses other weights than the surface has, and a loss that is not finite', async () => {
    const short = { ...finished, weights: run.weights.slice(1) };
    await expect(protect(network(), short, { method: 'l2' })).rejects.toMatchObject({ code: 'weight-count' });
    const nowhere = functionSurface({ size: 2, loss: () => Number.NaN, gradient: () => [0, 0] });
    await expect(protect(nowhere, { weights: [1, 2] }, { method: 'l2' })).rejects.toMatchObject({
      code: 'not-finite',
      message: expect.stringMatching(/Did the training of task 1 diverge\?$/),
    });
  });
});

it('measures each axis once, and all of one measurement in one request', async () => {
  const surface = network();
  const asked: Record<string, number> = {};
  const counted = completed({
    ...surface,
    gradient: (...a) => surface.gradient(...a),
    losses: (...a) => {
      asked.losses = (asked.losses ?? 0) + 1;
      return surface.losses(...a);
    },
    hessianVectors: (w, block, v, ...rest) => {
      asked.rows = (asked.rows ?? 0) + v.rows;
      asked.products = (asked.products ?? 0) + 1;
      return surface.hessianVectors(w, block, v, ...rest);
    },
  });
  const task = await modelTask(counted, finished, { la, key });
  const [block] = task.blocks;
  const axes = matrix(4, block.size);
  for (let i = 0; i < 4; i++) axes.data[i * block.size + i] = 1;
  const first = await task.widths(block, axes);
  const before = asked.losses;
  expect(asked.products).toBe(1);
  expect(await task.widths(block, matrix(2, block.size, axes.data.subarray(0, 2 * block.size)))).toEqual(
    first.slice(0, 2),
  );
  expect(asked.losses).toBe(before);
  await task.curvatures(block, axes);
  expect([asked.products, asked.rows]).toEqual([2, 8]);
});

it('over a part of the samples gives close penalties from fewer of them', async () => {
  const numbers = randomKey(3).stream().permutation(samples.count).slice(0, 40);
  const subset = { samples: numbers, strata: [{ count: 40, of: samples.count }] };
  const options = { method: 'ewc-empirical', axes: 5, key, la };
  const part = await protectTask(await modelTask(network(), finished, { la, key, subset }), options);
  const whole = await protectTask(plain, options);
  for (const w of shifts) {
    expect(part.value(w)).not.toBe(whole.value(w));
    expect(Math.abs(Math.log(part.value(w) / whole.value(w)))).toBeLessThan(1);
  }
  // the sum of its own samples, written out
  const w = shifts[0];
  let own = 0;
  for (const k of numbers)
    gradient(SPEC, run.weights, [list[k]]).forEach((g, j) => {
      own += (0.5 * g * g * (w[j] - run.weights[j]) ** 2) / 40;
    });
  expect(part.value(w) / own).toBeCloseTo(1, 9);
});
