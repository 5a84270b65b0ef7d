/** Configs of runs and studies that take seconds. */
import { type CeilingsConfig, ceilingsConfig } from '../../src/experiments/ceilings/config.js';
import { type ControlsConfig, controlsConfig } from '../../src/experiments/controls/config.js';
import type { PartialForget } from '../../src/experiments/forget/schema.js';
import { type ValleyConfig, valleyConfig } from '../../src/experiments/valley2023/config.js';
import { type NetworkStudyConfig, networkStudyConfig } from '../../src/experiments/valley2023/network/config.js';
import { completeConfig } from '../../src/runs/config.js';
import type { PartialConfig } from '../../src/runs/schema.js';

/**
 * `reproduce controls` on a network of 144 weights.
 * @param epochs - of the base network
 * @param windows - of the branches without momentum
 */
export function smallControls(epochs = 12, windows = [2, 4]): ControlsConfig {
  const quick = controlsConfig('quick');
  return {
    ...quick,
    base: completeConfig({
      data: { set: 'teacher', teacher: { network: { widths: [8, 6, 3] }, train: 300, test: 0 } },
      network: { widths: [8, 8, 6, 3], activation: 'relu' },
      training: { batchSize: 15, stop: { rule: 'epochs', epochs }, maxEpochs: 40 },
      provider: 'embedded',
    }),
    epochs: 8,
    mainWindow: 4,
    relaxEpochs: 2,
    surrogateEpochs: 2,
    groups: [
      [1, 4],
      [5, 20],
    ],
    modesPerGroup: 6,
    cells: quick.cells.map((c) => (c.kind === 'branch' ? { ...c, windows: c.momentum === 0 ? windows : [4] } : c)),
  };
}

/** `reproduce ceilings` at two states. */
export function smallCeilings(): CeilingsConfig {
  const quick = ceilingsConfig('quick');
  const [first] = quick.states;
  const squared = quick.states.find((s) => s.network.loss === 'squared-error' && s.momentum > 0)!;
  return {
    ...quick,
    states: [
      { ...first, name: 'small', samples: 200, learningRate: 0.3, batchSize: 10, age: 12 },
      { ...squared, name: 'squared', samples: 200, batchSize: 20, age: 6 },
      { ...first, name: 'to the end', samples: 60, batchSize: 5, learningRate: 0.3, age: 'fitted' },
    ],
    run: { epochs: 1, steps: 20, looked: 100 },
    measure: { directions: 3, batchSamples: 100, batches: [4, 10] },
  };
}

/**
 * The model of `reproduce valley2023`.
 * @param walkers - of potential, densities and circulation; of convergence and phase; of freezing. By default no multiples of the
 * lanes of the kernel, which do not divide by two
 */
export function smallValley([many, few, frozen] = [70, 18, 34]): ValleyConfig {
  const quick = valleyConfig('quick');
  return {
    ...quick,
    potential: { ...quick.potential, diffusions: [0.001], cells: [20, 40], walk: { walkers: many, looks: 4 } },
    densities: { ...quick.densities, bins: 10, cells: [2, 41], walk: { walkers: many, looks: 2 } },
    convergence: {
      ...quick.convergence,
      strengths: [8],
      curvature: { spreads: [4, 20], strength: 1 },
      equal: { temperature: 0.08, learningRates: [0.08] },
      walkers: few,
      most: 2000,
      stay: 200,
    },
    phase: {
      ...quick.phase,
      noise: { from: 0, to: 5, count: 4 },
      rates: { from: 0.01, to: 1, count: 4 },
      steps: 200,
      walkers: few,
    },
    freezing: {
      ...quick.freezing,
      diffusions: [0.15, 0.5],
      end: 4,
      pieces: 4,
      walkers: frozen,
      cells: 60,
      escapes: [2],
      escapeWalkers: frozen,
    },
    circulation: { ...quick.circulation, cells: 50, bins: 10, walk: { walkers: many, looks: 2 } },
  };
}

/** The networks of `reproduce valley2023`: 81 weights, two settings. */
export function smallNetworks(): NetworkStudyConfig {
  const quick = networkStudyConfig('quick');
  return {
    ...quick,
    base: completeConfig({
      data: { set: 'teacher', teacher: { network: { widths: [6, 5, 3] }, train: 120, test: 40 } },
      network: { widths: [6, 6, 5, 3], activation: 'relu' },
    }),
    settings: [
      { learningRate: 0.2, batchSize: 20 },
      { learningRate: 0.2, batchSize: 10 },
    ],
    targetLoss: 0.7,
    track: { samples: 60, factor: 2 },
    measure: { ...quick.measure, samples: 60, pairs: 2, probes: 2, directions: 2 },
    ceiling: {
      ...quick.ceiling,
      batchSizes: [10],
      trained: { learningRate: 0.2, batchSize: 20 },
      samples: 60,
      steps: 20,
      window: 5,
    },
  };
}

/** `reproduce ivf2021` on a network of 30 recorded weights. */
export const SMALL_RUN = {
  seed: 2,
  data: { set: 'teacher', teacher: { network: { widths: [8, 6, 5, 3] }, train: 300, test: 50, labelNoise: 0.05 } },
  network: { widths: [8, 6, 5, 3], activation: 'relu' },
  training: { batchSize: 15, stop: { rule: 'epochs', epochs: 20 }, maxEpochs: 60 },
  record: { layer: 'layer2', windowEpochs: 30 },
  analysis: { directions: 20, profiles: [1, 5] },
} satisfies PartialConfig;

/** `forget` with two seeds and five methods. */
export const SMALL_FORGET = {
  preset: 'quick',
  seeds: 2,
  methods: ['none', 'l2', 'ldc', 'hessian', 'joint'],
  data: { set: 'teacher', teacher: { network: { widths: [8, 6, 4] }, train: 500, test: 300 } },
  network: { hidden: [10, 8] },
  strengths: [1, 100],
  extend: 0,
  constraints: [3, 6],
  training: { batchSize: 10, firstEpochs: 6, windowEpochs: 3, windowEvery: 1, epochs: 2 },
  statistics: { profiles: [1], modes: 20 },
} satisfies PartialForget;
