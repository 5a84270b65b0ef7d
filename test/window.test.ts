/** Thinned windows of all weights, and the windows of single layers in them. */
import { describe, expect, it } from 'vitest';
import { type RowSource, rowsInMemory } from '../src/analyse/trajectory/rows.js';
import { layerWindows } from '../src/apply/windows.js';
import { batchPlan, type LastBatch } from '../src/data/samplers.js';
import { initialWeights, layersOf } from '../src/model/network.js';
import { randomKey } from '../src/numeric/random.js';
import { Trainer } from '../src/train/trainer.js';
import { recordWindow } from '../src/train/window.js';
import { SPEC, taskSamples } from './support/tasks.js';

const samples = taskSamples(60);
const BATCH = 4;
const plan = (batchSize = BATCH, lastBatch: LastBatch = 'drop') =>
  batchPlan({ count: 60, batchSize, sampling: 'shuffled', lastBatch, key: randomKey(1) });
const fresh = () => {
  const trainer = new Trainer({ spec: SPEC, samples, learningRate: 0.1, batchSize: BATCH });
  trainer.setWeights(initialWeights(SPEC, randomKey(2)));
  return trainer;
};
const request = { batchSize: BATCH, firstEpoch: 2, epochs: 3 };

describe('a recorded window', () => {
  it.each([1, 4, 7, 45])('holds every %d-th step up to the last one', (every) => {
    const trainer = fresh();
    const window = recordWindow({ trainer, plan: plan(), every, ...request });
    const single = fresh();
    const rows: Float32Array[] = [];
    for (let e = 2; e < 5; e++) {
      const { order } = plan().epoch(e);
      for (let k = 0; k < 15; k++) {
        single.steps(order.subarray(k * BATCH, (k + 1) * BATCH), BATCH);
        rows.push(single.weights());
      }
    }
    expect(window).toMatchObject({ T: Math.floor(45 / every), steps: 45, P: trainer.parameterCount });
    const kept = Array.from({ length: window.T }, (_, t) => rows[44 - (window.T - 1 - t) * every]);
    kept.forEach((row, t) => {
      expect([...window.rows.subarray(t * window.P, (t + 1) * window.P)]).toEqual([...row]);
    });
    expect([...trainer.weights()]).toEqual([...rows[44]]);
  });

  it('refuses a spacing beyond itself, and batches that are not whole', () => {
    expect(() => recordWindow({ trainer: fresh(), plan: plan(), every: 46, ...request })).toThrow(
      /1 to 45 steps apart/,
    );
    const uneven = plan(7, 'keep');
    expect(() => recordWindow({ trainer: fresh(), plan: uneven, every: 1, ...request, batchSize: 7 })).toThrow(
      /drop the incomplete last batch/,
    );
  });
});

describe('windows of layers', () => {
  const collect = async (source: RowSource) => {
    const out: number[] = [];
    for await (const chunk of source.chunks()) out.push(...chunk);
    return out;
  };
  it('are the columns of their weights, without the biases', async () => {
    const P = fresh().parameterCount;
    const rows = Float32Array.from({ length: 5 * P }, (_, i) => i);
    const windows = layerWindows(SPEC, rowsInMemory(rows, P, 2));
    for (const { name, weightOffset, inputs, outputs } of layersOf(SPEC)) {
      const n = inputs * outputs;
      expect(windows[name].P).toBe(n);
      const truth = Array.from({ length: 5 * n }, (_, i) => Math.floor(i / n) * P + weightOffset + (i % n));
      expect(await collect(windows[name])).toEqual(truth);
    }
  });
});
