/** The trivial rivals of constraints: layers that are not trained, and replay of stored samples, retyped in naive float64. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { constraintNamed, findConstraint } from '../src/apply/constraints/table.js';
import { protectTask } from '../src/apply/protect.js';
import type { Samples } from '../src/data/dataset.js';
import { completeForget } from '../src/experiments/forget/config.js';
import { forget } from '../src/experiments/forget/experiment.js';
import type { BranchGroup } from '../src/experiments/forget/measured.js';
import { Weights } from '../src/experiments/forget/network.js';
import type { PartialForget } from '../src/experiments/forget/schema.js';
import { stageOf } from '../src/experiments/forget/stage.js';
import { TaskSet } from '../src/experiments/forget/task-set.js';
import { layerNamed, type NetworkSpec } from '../src/model/network.js';
import { randomKey } from '../src/numeric/random.js';
import { loadDataset } from '../src/runs/datasets.js';
import { gradient, type Sample } from './support/naive-network.js';
import { asNetwork, la, learnt, taskSamples } from './support/tasks.js';

const ETA = 0.1;
const BATCH = 10;
const THREE: PartialForget = {
  preset: 'quick',
  protocol: '0,1/2,3/4,5',
  head: 'task-known',
  seeds: 1,
  data: { set: 'teacher', teacher: { network: { widths: [8, 7, 6] }, train: 500, test: 100 } },
  network: { hidden: [7, 5], activation: 'tanh', bias: true },
  training: { learningRate: ETA, batchSize: BATCH, firstEpochs: 2, windowEpochs: 1, windowEvery: 1, epochs: 2 },
  statistics: { profiles: [1], modes: 4 },
  constraints: [4],
  strengths: [1],
  extend: 0,
  provider: 'embedded',
};
const home = mkdtempSync(join(tmpdir(), 'forget-rivals-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

async function sceneOf(change: PartialForget = {}): Promise<TaskSet> {
  const config = completeForget(THREE, change);
  const { teacher } = config.data as { set: string; teacher: never };
  return new TaskSet(config, await loadDataset({ teacher }), 0);
}
const listOf = ({ values, labels, size, count, divisor }: Samples): Sample[] =>
  Array.from({ length: count }, (_, s) => ({
    x: Array.from(values.subarray(s * size, (s + 1) * size), (v) => v / divisor),
    label: labels![s],
  }));
const largest = (a: ArrayLike<number>) => Array.from(a).reduce((m, v) => Math.max(m, Math.abs(v)), 0);
/** A shared trunk, and where outputs do not compete a head for each of the first `count` tasks. */
function fresh(taskSet: TaskSet, count: number): Weights {
  const own = taskSet.config.head === 'task-known';
  const heads = Array.from({ length: own ? count : 0 }, (_, t) => taskSet.initial(t).slice(taskSet.size));
  return new Weights(taskSet.initial(0).subarray(0, taskSet.size), heads);
}

describe('replay', () => {
  it.each([
    // fewer than a batch; some batches, which come round many times; heads of their own, and one for all
    ['task-known', 7],
    ['task-known', 25],
    ['all-compete', 25],
  ] as const)('%s, %d stored: a batch of each earlier task before one of the newest', async (head, stored) => {
    const taskSet = await sceneOf({ head });
    const weights = fresh(taskSet, 3);
    const wide = Float64Array.from([...weights.shared, ...weights.heads.flatMap((h) => [...h])]);
    const start = wide.slice();
    const headAt = [0, 1, 2].map((t) => taskSet.size + weights.heads.slice(0, t).reduce((n, h) => n + h.length, 0));
    const lists = [0, 1, 2].map((t) => listOf(taskSet.task(t).train));
    const newest = taskSet.plan(2);
    const own = Math.min(BATCH, stored);
    const passes = Math.floor(stored / own);
    for (let e = 0; e < 2; e++)
      for (let b = 0; b < newest.batchesPerEpoch; b++)
        for (let t = 0; t < 3; t++) {
          const k = e * newest.batchesPerEpoch + b;
          const key = randomKey(0).child('forget').child('task').child(t).child('memory');
          const order =
            t === 2
              ? newest
                  .epoch(e)
                  .order.slice(b * BATCH)
                  .slice(0, BATCH)
              : key
                  .child(Math.floor(k / passes))
                  .stream()
                  .permutation(stored)
                  .slice((k % passes) * own)
                  .slice(0, own);
          const length = weights.heads[t]?.length ?? 0;
          const flat = [...wide.subarray(0, taskSet.size), ...wide.subarray(headAt[t], headAt[t] + length)];
          const batch = Array.from(order, (s) => lists[t][s]);
          gradient(taskSet.spec(t) as NetworkSpec, flat, batch).forEach((g, j) => {
            wide[j < taskSet.size ? j : headAt[t] + j - taskSet.size] -= ETA * g;
          });
        }
    const stage = stageOf(taskSet, 2, constraintNamed(`replay-${stored}`));
    stage.load(weights);
    stage.epoch(0);
    stage.epoch(1);
    stage.store(weights);
    const ours = [...weights.shared, ...weights.heads.flatMap((h) => [...h])];
    // some 80 steps of float32 roundings of weights below 2, a few 1e-7 each; what was learnt is thousands of times that
    expect(largest(wide.map((w, j) => w - ours[j]))).toBeLessThan(2e-5);
    expect(largest(wide.map((w, j) => w - start[j]))).toBeGreaterThan(0.05);
  });

  it('stores as many samples as are held out, of those that the task was trained on', async () => {
    const taskSet = await sceneOf();
    for (const t of [0, 1]) {
      const { train, validation } = taskSet.task(t);
      const memory = taskSet.memory(t, 'validation');
      expect(memory.count).toBe(validation.count);
      expect(memory.values).toEqual(train.values.subarray(0, memory.count * memory.size));
      const rows = new Set(listOf(validation).map((s) => String(s.x)));
      expect(listOf(memory).some((s) => rows.has(String(s.x)))).toBe(false);
    }
    expect(taskSet.memory(0, 9).count).toBe(9);
  });

  it('has a name for every number', () => {
    expect(findConstraint('replay-500')).toMatchObject({ kind: 'replay', memory: 500 });
    expect(findConstraint('replay-validation')).toMatchObject({ kind: 'replay', memory: 'validation' });
    for (const wrong of ['replay', 'replay-0', 'replay-1.5', 'replay-all'])
      expect(findConstraint(wrong)).toBeUndefined();
  });
});

describe('frozen layers', () => {
  it.each([['layer1'], ['layer2'], ['layer1', 'layer2']])('%s %s: not one bit of them moves', async (...frozen) => {
    const taskSet = await sceneOf({ frozen });
    const weights = fresh(taskSet, 2);
    const before = weights.flat(1);
    const stage = stageOf(taskSet, 1, constraintNamed('frozen'));
    stage.load(weights);
    stage.epoch(0);
    stage.store(weights);
    const after = weights.flat(1);
    for (const name of ['layer1', 'layer2', 'layer3']) {
      const { weightOffset, inputs, outputs } = layerNamed(taskSet.spec(1) as NetworkSpec, name);
      // with the biases that follow
      const end = weightOffset + outputs * (inputs + 1);
      const moved = largest(after.subarray(weightOffset, end).map((w, j) => w - before[weightOffset + j]));
      if (frozen.includes(name)) expect(moved, name).toBe(0);
      else expect(moved, name).toBeGreaterThan(0.005);
    }
  });

  it('as a constraint of the library: ranges with their biases, and no penalty', async () => {
    const samples = taskSamples();
    const run = learnt(samples);
    const task = asNetwork(samples, run);
    const first = await protectTask(task, { method: 'frozen', la });
    expect(first.frozen).toEqual([task.blocks[0]]);
    expect(first.penalty.terms).toEqual([]);
    expect(first.unit.strength).toBeNaN();
    expect(first.diagnostics).toMatchObject([{ block: 'layer1', constrained: task.blocks[0].span, excluded: 0 }]);
    const two = await protectTask(task, { method: 'frozen', la, hold: ['layer3', 'layer1'] });
    expect(two.frozen.map((b) => b.name)).toEqual(['layer1', 'layer3']);
    await expect(protectTask(task, { method: 'frozen', la, hold: ['layer9'] })).rejects.toThrow(
      /frozen can hold layer1, layer2, layer3; got 'layer9'/,
    );
    expect((await protectTask(task, { method: 'l2', la })).frozen).toEqual([]);
  });
});

describe('in a run of three tasks', () => {
  it('both have branches through all tasks, with what they hold and store, for both kinds of outputs', async () => {
    for (const head of ['task-known', 'all-compete'] as const) {
      const out = join(home, head);
      await forget([THREE, { head, methods: ['none', 'l2', 'frozen', 'replay-20', 'replay-validation', 'joint'] }], {
        out,
      });
      const group = (name: string) =>
        JSON.parse(readFileSync(join(out, 'seeds/seed0', `${name}.json`), 'utf8')) as BranchGroup;
      expect(group('frozen')).toMatchObject({ refused: '', held: { constrained: 7 * (8 + 1), excluded: 0 } });
      expect(group('frozen')).not.toHaveProperty('stored');
      expect(group('replay-20')).toMatchObject({ refused: '', held: null, stored: 20 });
      const taskSet = await sceneOf({ head });
      expect(group('replay-validation').stored).toBe(taskSet.task(0).validation.count);
      for (const name of ['frozen', 'replay-20', 'replay-validation']) {
        const [branch] = group(name).branches;
        expect(branch.diverged).toBe(false);
        expect(branch.test).toHaveLength(3);
        expect(branch.test[2].every((a) => a >= 0 && a <= 1)).toBe(true);
      }
    }
  });

  it.each([
    [
      { methods: ['replay-5000'] },
      /replay-5000 stores 5000 samples of each earlier task, and 'classes 0, 1' has \d+ to/,
    ],
    [{ methods: ['replay-0'] }, /no method 'replay-0'; did you mean 'replay-100'/],
    [{ methods: ['frozen'], frozen: ['layer3'] }, /frozen can hold layer1, layer2 \(each task has its own/],
    [
      { methods: ['frozen'], head: 'all-compete', frozen: ['layer1', 'layer2', 'layer3'] },
      /holds all layers .* nothing to train/,
    ],
  ] as [PartialForget, RegExp][])('%j is refused', async (layer, sentence) => {
    await expect(forget([THREE, layer], { out: join(home, 'refused') })).rejects.toThrow(sentence);
  });
});
