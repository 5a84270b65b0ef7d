/** A small task learnt to the end, as our network task and as a plain surface of naive loops: two ways to the same numbers. */
import { rowsInMemory } from '../../src/analyse/trajectory/rows.js';
import { networkTask } from '../../src/apply/network-task.js';
import { type ProtectableSurface, surfaceTask } from '../../src/apply/surface-task.js';
import type { TaskHere } from '../../src/apply/task.js';
import { layerWindows } from '../../src/apply/windows.js';
import type { Samples } from '../../src/data/dataset.js';
import { batchPlan } from '../../src/data/samplers.js';
import { initialWeights, layersOf, type NetworkSpec, parameterCount } from '../../src/model/network.js';
import { embeddedLinearAlgebra } from '../../src/numeric/linalg/index.js';
import { randomKey } from '../../src/numeric/random.js';
import { Trainer } from '../../src/train/trainer.js';
import { recordWindow } from '../../src/train/window.js';
import { gradient, logits, type Sample, sampleLoss } from './naive-network.js';

export const la = embeddedLinearAlgebra();
export const SPEC: NetworkSpec = { widths: [5, 6, 5, 3], activation: 'relu', bias: true, loss: 'cross-entropy' };
const BATCH = 10;
const ETA = 0.2;

/** Inputs around one point per class, some zeros, labels noisy enough that the loss stays above zero. */
export function taskSamples(count = 60, seed = 3): Samples {
  const s = randomKey(seed).stream();
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 3);
  const values = Float32Array.from({ length: count * 5 }, (_, i) => {
    const middle = Math.sin(3 * labels[Math.floor(i / 5)] + (i % 5));
    return s.uniform() < 0.2 ? 0 : middle + 0.8 * s.normal();
  });
  return { count, size: 5, values, divisor: 1, labels };
}

export const listOf = ({ count, size, values, labels }: Samples): Sample[] =>
  Array.from({ length: count }, (_, s) => ({ x: values.subarray(s * size, (s + 1) * size), label: labels![s] }));

/** Weights after 60 epochs and the window of 20 more. */
export function learnt(samples: Samples) {
  const trainer = new Trainer({ spec: SPEC, samples, learningRate: ETA, batchSize: BATCH });
  trainer.setWeights(initialWeights(SPEC, randomKey(5)));
  const { count } = samples;
  const plan = batchPlan({ count, batchSize: BATCH, sampling: 'shuffled', lastBatch: 'drop', key: randomKey(6) });
  recordWindow({ trainer, plan, batchSize: BATCH, firstEpoch: 0, epochs: 60, every: 6 });
  const window = recordWindow({ trainer, plan, batchSize: BATCH, firstEpoch: 60, epochs: 20, every: 2 });
  return { weights: trainer.weights(), window };
}

/** As if the window had been long enough for every mode to settle. */
const training = { learningRate: ETA, batchSize: BATCH, windowSteps: 1e9 };

export function asNetwork(samples: Samples, { weights, window }: ReturnType<typeof learnt>): TaskHere {
  const windows = layerWindows(SPEC, rowsInMemory(window.rows, window.P));
  return networkTask({ spec: SPEC, weights, samples, windows, training, la, key: randomKey(7) });
}

/** The same loss without a kernel: naive loops, gradients of samples one by one, all labels for the predictions. */
export function naiveSurface(samples: Samples): ProtectableSurface {
  const list = listOf(samples);
  return {
    size: parameterCount(SPEC),
    loss: (w) => list.reduce((sum, s) => sum + sampleLoss(SPEC, w, s), 0) / list.length,
    gradient: (w) => gradient(SPEC, w, list),
    *perSampleGradients(w) {
      for (const s of list) yield gradient(SPEC, w, [s]);
    },
    *predictiveGradients(w) {
      for (const s of list) {
        const z = logits(SPEC, w, s.x);
        const sum = z.reduce((t, v) => t + Math.exp(v), 0);
        const rows = z.map((_, label) => [...gradient(SPEC, w, [{ ...s, label }])]);
        yield { probabilities: z.map((v) => Math.exp(v) / sum), gradients: Float64Array.from(rows.flat()) };
      }
    },
  };
}

export function asSurface(samples: Samples, { weights, window }: ReturnType<typeof learnt>): TaskHere {
  const blocks = layersOf(SPEC).map(({ name, weightOffset, inputs, outputs }) => ({
    name,
    offset: weightOffset,
    size: inputs * outputs,
    span: (inputs + 1) * outputs,
  }));
  const run = { weights, window: rowsInMemory(window.rows, window.P), blocks, training };
  return surfaceTask(naiveSurface(samples), run, { la, key: randomKey(7) });
}
