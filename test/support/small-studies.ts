/** Configs of studies that take seconds: of commands whose presets are their only settings. */
import { type CeilingsConfig, ceilingsConfig } from '../../src/experiments/ceilings/config.js';
import { type ControlsConfig, controlsConfig } from '../../src/experiments/controls/config.js';
import { type ValleyConfig, valleyConfig } from '../../src/experiments/valley2023/config.js';
import { type NetworkStudyConfig, networkStudyConfig } from '../../src/experiments/valley2023/network/config.js';
import { completeConfig } from '../../src/runs/config.js';

/** `reproduce controls` on a network of 144 weights. */
export function smallControls(): ControlsConfig {
  const quick = controlsConfig('quick');
  return {
    ...quick,
    base: completeConfig({
      data: { set: 'teacher', teacher: { network: { widths: [8, 6, 3] }, train: 300, test: 0 } },
      network: { widths: [8, 8, 6, 3], activation: 'relu' },
      training: { batchSize: 15, stop: { rule: 'epochs', epochs: 12 }, maxEpochs: 40 },
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
    cells: quick.cells.map((c) => (c.kind === 'branch' ? { ...c, windows: c.momentum === 0 ? [2, 4] : [4] } : c)),
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

/** The model of `reproduce valley2023`; walkers are no multiple of the lanes of the kernel, and do not divide by two. */
export function smallValley(): ValleyConfig {
  const quick = valleyConfig('quick');
  return {
    ...quick,
    potential: { ...quick.potential, diffusions: [0.001], cells: [20, 40], walk: { walkers: 70, looks: 4 } },
    densities: { ...quick.densities, bins: 10, cells: [2, 41], walk: { walkers: 70, looks: 2 } },
    convergence: {
      ...quick.convergence,
      strengths: [8],
      curvature: { spreads: [4, 20], strength: 1 },
      equal: { temperature: 0.08, learningRates: [0.08] },
      walkers: 18,
      most: 2000,
      stay: 200,
    },
    phase: {
      ...quick.phase,
      noise: { from: 0, to: 5, count: 4 },
      rates: { from: 0.01, to: 1, count: 4 },
      steps: 200,
      walkers: 18,
    },
    freezing: {
      ...quick.freezing,
      diffusions: [0.15, 0.5],
      end: 4,
      pieces: 4,
      walkers: 34,
      cells: 60,
      escapes: [2],
      escapeWalkers: 34,
    },
    circulation: { ...quick.circulation, cells: 50, bins: 10, walk: { walkers: 70, looks: 2 } },
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
