/** Small networks of layers, and what the battery of surfaces needs of them. */
import type { Samples } from '../../src/data/dataset.js';
import { initialLayeredWeights, layeredOutputs } from '../../src/model/layered/parameters.js';
import type { LayeredSpec } from '../../src/model/layered/spec.js';
import { randomKey } from '../../src/numeric/random.js';
import { type LayeredSurfaceOptions, layeredSurface } from '../../src/surface/layered/surface.js';
import { type NaiveSample, naiveGradient, naiveLoss } from './naive-layers.js';
import { smallSamples } from './small-nets.js';
import type { BatteryEntry } from './surface-battery.js';

/** Networks that have every kind of layer, at odd sizes. */
export const LAYERED: Readonly<Record<'perceptron' | 'convolutions' | 'residual' | 'smooth', LayeredSpec>> = {
  perceptron: {
    input: 5,
    layers: [
      { type: 'dense', outputs: 6 },
      { type: 'relu' },
      { type: 'dropout', rate: 0.4 },
      { type: 'dense', outputs: 4, bias: false },
      { type: 'gelu' },
      { type: 'layer-norm' },
      { type: 'dense', outputs: 3 },
    ],
    loss: 'cross-entropy',
  },
  convolutions: {
    input: [2, 7, 6],
    layers: [
      { type: 'conv', channels: 3, kernel: 3, padding: 1 },
      { type: 'relu' },
      { type: 'max-pool', kernel: 2 },
      { type: 'conv', channels: 2, kernel: 2, bias: false },
      { type: 'relu' },
      { type: 'dense', outputs: 3 },
    ],
    loss: 'cross-entropy',
  },
  residual: {
    input: [1, 5, 5],
    layers: [
      { type: 'conv', channels: 2, kernel: 3, padding: 1, bias: false },
      { type: 'batch-norm', mean: [0.1, -0.2], variance: [0.5, 1.5] },
      { type: 'gelu' },
      {
        type: 'residual',
        layers: [
          { type: 'conv', channels: 2, kernel: 3, padding: 1 },
          { type: 'batch-norm', mean: 0.2, variance: 0.7 },
          { type: 'relu' },
        ],
      },
      { type: 'tanh' },
      {
        type: 'residual',
        layers: [{ type: 'conv', channels: 3, kernel: 3, stride: 2, padding: 1 }, { type: 'layer-norm' }],
        shortcut: [{ type: 'conv', channels: 3, kernel: 1, stride: 2, bias: false }],
      },
      { type: 'residual', layers: [{ type: 'identity' }] },
      { type: 'global-average-pool' },
      { type: 'dense', outputs: 2 },
    ],
    loss: 'cross-entropy',
  },
  smooth: {
    input: [1, 6, 7],
    layers: [
      { type: 'average-pool', kernel: 3, stride: 2 },
      { type: 'conv', channels: 3, kernel: 2, padding: 1 },
      { type: 'tanh' },
      { type: 'max-pool', kernel: 2, stride: 1 },
      { type: 'dropout', rate: 0.5 },
      { type: 'dense', outputs: 2, bias: false },
    ],
    loss: 'squared-error',
  },
};

/** Samples and random weights of a network; weights differ from those that norms begin with. */
export function layeredNet(spec: LayeredSpec, count: number) {
  const [inputs, outputs] = [
    typeof spec.input === 'number' ? spec.input : spec.input.reduce((a, b) => a * b, 1),
    layeredOutputs(spec),
  ];
  const samples: Samples = smallSamples(count, inputs, outputs);
  const noise = randomKey(6).stream();
  const w = Float64Array.from(initialLayeredWeights(spec, randomKey(3)), (x) => 1.5 * x + 0.2 * noise.normal());
  const list = Array.from({ length: count }, (_, k) => ({
    x: (samples.values as Float32Array).subarray(k * inputs, (k + 1) * inputs),
    label: samples.labels![k],
    target: samples.targets!.subarray(k * outputs, (k + 1) * outputs),
  }));
  return { samples, w, list: list as NaiveSample[] };
}

/** Enters a network in the battery. */
export function layeredEntry(
  spec: LayeredSpec,
  count: number,
  options: Partial<LayeredSurfaceOptions> = {},
): BatteryEntry {
  const { samples, w, list } = layeredNet(spec, count);
  return {
    surface: layeredSurface({ spec, samples, ...options }),
    w,
    loss: (at, k) => naiveLoss(spec, at, list[k]),
    gradient: (at, k) => naiveGradient(spec, at, list[k]),
    ...(spec.loss === 'cross-entropy' && {
      outcomes: {
        count: layeredOutputs(spec),
        loss: (at: Float64Array, k: number, label: number) => naiveLoss(spec, at, { ...list[k], label }),
        gradient: (at: Float64Array, k: number, label: number) => naiveGradient(spec, at, { ...list[k], label }),
      },
    }),
  };
}
