/** Several tasks in one network: joint training in turns, and the penalties of all tasks before, retyped in naive float64. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Samples } from '../src/data/dataset.js';
import { branchGroup } from '../src/experiments/forget/branch.js';
import { completeForget } from '../src/experiments/forget/config.js';
import type { FirstFacts } from '../src/experiments/forget/first.js';
import { Weights } from '../src/experiments/forget/network.js';
import type { PartialForget } from '../src/experiments/forget/schema.js';
import { AlternatingStage, SingleStage } from '../src/experiments/forget/stage.js';
import { TaskSet } from '../src/experiments/forget/task-set.js';
import { type NetworkSpec, parameterCount } from '../src/model/network.js';
import { type Penalty, penaltyValue } from '../src/model/penalty.js';
import { randomKey } from '../src/numeric/random.js';
import { loadDataset } from '../src/runs/datasets.js';
import { gradient, logits, type Sample } from './support/naive-network.js';
import { la } from './support/tasks.js';

const ETA = 0.1;
const BATCH = 10;
const THREE: PartialForget = {
  preset: 'quick',
  protocol: '0,1/2,3/4,5',
  head: 'task-known',
  // classes of unequal size, so that one task comes round again within an epoch of another
  data: { set: 'teacher', teacher: { network: { widths: [8, 7, 6] }, train: 500, test: 100 } },
  network: { hidden: [7, 5], activation: 'tanh', bias: true },
  training: { learningRate: ETA, batchSize: BATCH, firstEpochs: 2, windowEpochs: 1, windowEvery: 1, epochs: 2 },
  statistics: { profiles: [1], modes: 4 },
  provider: 'embedded',
};

async function sceneOf(change: PartialForget = {}): Promise<TaskSet> {
  const config = completeForget(THREE, change);
  const { set, teacher } = config.data as { set: string; teacher: never };
  if (set !== 'teacher') throw new Error('the tests make their own data');
  return new TaskSet(config, await loadDataset({ teacher }), 0);
}
const listOf = ({ values, labels, size, count, divisor }: Samples): Sample[] =>
  Array.from({ length: count }, (_, s) => ({
    x: Array.from(values.subarray(s * size, (s + 1) * size), (v) => v / divisor),
    label: labels![s],
  }));
/** A shared trunk and a head for each of the first `count` tasks. */
function fresh(taskSet: TaskSet, count: number): Weights {
  const heads = Array.from({ length: count }, (_, t) => taskSet.initial(t).slice(taskSet.size));
  return new Weights(taskSet.initial(0).subarray(0, taskSet.size), heads);
}
const largest = (a: ArrayLike<number>) => Array.from(a).reduce((m, v) => Math.max(m, Math.abs(v)), 0);

describe('joint training with heads of their own', () => {
  it('is SGD on one wide network whose outputs of the other tasks are masked, a batch of each task in turn', async () => {
    const taskSet = await sceneOf();
    const counts = [0, 1, 2].map((t) => taskSet.plan(t).batchesPerEpoch);
    expect(Math.min(...counts)).toBeLessThan(counts[2]); // else nothing comes round again
    const weights = fresh(taskSet, 3);
    // naive: one vector, the trunk first and then every head
    const wide = Float64Array.from([...weights.shared, ...weights.heads.flatMap((h) => [...h])]);
    const start = wide.slice();
    const headAt = [0, 1, 2].map((t) => taskSet.size + weights.heads.slice(0, t).reduce((n, h) => n + h.length, 0));
    const lists = [0, 1, 2].map((t) => listOf(taskSet.task(t).train));
    const orders = [0, 1, 2].map((t) => taskSet.plan(t).epoch(4).order);
    for (let b = 0; b < counts[2]; b++)
      for (let t = 0; t < 3; t++) {
        const own = [
          ...wide.subarray(0, taskSet.size),
          ...wide.subarray(headAt[t], headAt[t] + weights.heads[t].length),
        ];
        const from = (b % counts[t]) * BATCH;
        const batch = Array.from(orders[t].subarray(from, from + BATCH), (s) => lists[t][s]);
        gradient(taskSet.spec(t) as NetworkSpec, own, batch).forEach((g, j) => {
          wide[j < taskSet.size ? j : headAt[t] + j - taskSet.size] -= ETA * g;
        });
      }
    const stage = new AlternatingStage(taskSet, 2);
    stage.load(weights);
    stage.epoch(4);
    stage.store(weights);
    const ours = [...weights.shared, ...weights.heads.flatMap((h) => [...h])];
    // some 50 steps of float32 roundings of weights below 2, a few 1e-7 each; what was learnt is thousands of times that
    expect(largest(wide.map((w, j) => w - ours[j]))).toBeLessThan(1e-5);
    for (const [from, to] of [[0, taskSet.size], ...headAt.map((at, t) => [at, headAt[t + 1] ?? wide.length])])
      expect(largest(wide.subarray(from, to).map((w, j) => w - start[from + j]))).toBeGreaterThan(0.02);
  });
});

describe('three tasks one after the other', () => {
  afterEach(() => vi.restoreAllMocks());

  /** What pulls while each later task trains, and the weights that it starts from. */
  async function watched(several: 'separate' | 'online') {
    const taskSet = await sceneOf({ several, methods: ['ewc'] });
    const held: { penalty: Penalty; strength: number }[] = [];
    const starts: Float32Array[] = [];
    const hold = SingleStage.prototype.hold;
    vi.spyOn(SingleStage.prototype, 'hold').mockImplementation(function (this: SingleStage, penalty, strength) {
      held.push({ penalty, strength });
      hold.call(this, penalty, strength);
    });
    const load = SingleStage.prototype.load;
    vi.spyOn(SingleStage.prototype, 'load').mockImplementation(function (this: SingleStage, weights) {
      starts.push(weights.flat(starts.length)); // the task before, with its own head
      load.call(this, weights);
    });
    const nothing = { principal: new Map(), stiffest: new Map(), planes: new Map() };
    const facts: Partial<FirstFacts> = {
      windowSteps: 10,
      profiles: [],
      curve: { epoch: [1], task: [0], test: [[0.5, Number.NaN, Number.NaN]] },
    };
    const { branches, refused } = await branchGroup({
      taskSet,
      la,
      method: 'ewc',
      constraints: null,
      strengths: [3],
      weights: taskSet.initial(0),
      facts: facts as FirstFacts,
      axes: nothing,
      report: () => {},
    });
    expect(refused).toBe('');
    expect(branches).toMatchObject([{ diverged: false, strength: 3 }]);
    return { taskSet, held, starts };
  }

  /** F of the shared weights of a task at w, naive: the expectation over its two outputs, sample by sample. */
  function fisher(taskSet: TaskSet, t: number, w: Float32Array): Float64Array {
    const list = listOf(taskSet.task(t).train);
    const sum = new Float64Array(taskSet.size);
    for (const s of list) {
      const e = logits(taskSet.spec(t) as NetworkSpec, w, s.x).map(Math.exp);
      const total = e.reduce((a, b) => a + b);
      e.forEach((v, label) => {
        const g = gradient(taskSet.spec(t) as NetworkSpec, w, [{ ...s, label }]);
        for (let j = 0; j < sum.length; j++) sum[j] += ((v / total) * g[j] ** 2) / list.length;
      });
    }
    return sum;
  }

  const half = (f: Float64Array, x: (j: number) => number) => f.reduce((s, v, j) => s + 0.5 * v * x(j) ** 2, 0);

  it.each(['separate', 'online'] as const)(
    '%s: the third is trained under the penalties of both before',
    async (several) => {
      const { taskSet, held, starts } = await watched(several);
      expect(held.map((h) => h.strength)).toEqual([3, 3]);
      const [f1, f2] = [0, 1].map((t) => fisher(taskSet, t, starts[t]));
      const [w1, w2] = starts;
      expect(w1).toEqual(taskSet.initial(0));
      const stream = randomKey(5).stream();
      const w = Float64Array.from({ length: parameterCount(taskSet.spec(1) as NetworkSpec) }, () => stream.normal());
      // float64 on both sides
      const first = half(f1, (j) => w[j] - w1[j]);
      expect(penaltyValue(held[0].penalty, w) / first).toBeCloseTo(1, 10);
      const own = half(f2, (j) => w[j] - w2[j]);
      const earlier = several === 'separate' ? first : half(f1, (j) => w[j] - w2[j]);
      expect(Math.min(own, earlier)).toBeGreaterThan(0.05 * (own + earlier)); // neither may be missing
      expect(penaltyValue(held[1].penalty, w) / (earlier + own)).toBeCloseTo(1, 10);
      // online: moved to the newest solution; separate: the first still pulls back from there
      const there = penaltyValue(held[1].penalty, w2);
      if (several === 'online') expect(there).toBe(0);
      else expect(there / half(f1, (j) => w2[j] - w1[j])).toBeCloseTo(1, 10);
    },
  );
});
