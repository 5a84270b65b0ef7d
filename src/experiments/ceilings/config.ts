/** The two presets of `reproduce ceilings`: the states, the ladder of learning rates, and the split into halves. docs/theory [A2], [N6]. */
import type { NetworkSpec } from '../../model/network.js';
import { check } from '../../numeric/errors.js';
import { completeConfig } from '../../runs/config.js';
import type { Config, PartialConfig } from '../../runs/schema.js';

/** Describes a state: a network trained for some time with a setting, from the initial weights of a seed. */
export interface StateSpec {
  readonly name: string;
  readonly network: Config['network'];
  readonly learningRate: number;
  readonly batchSize: number;
  readonly momentum: number;
  /** Training samples, the first ones of the set. */
  readonly samples: number;
  /**
   * Epochs of training; or `fitted`: until no training sample is misclassified, and ten epochs more, as `reproduce ivf2021`
   * trains.
   */
  readonly age: number | 'fitted';
  /** Seed of the initial weights and of the order of samples. */
  readonly seed: number;
}

/** Describes the complete config of the study. */
export interface CeilingsConfig {
  readonly preset: 'quick' | 'standard';
  /** The data, as a config of ivf2021; its network and training are replaced by those of each state. */
  readonly base: Config;
  readonly states: readonly StateSpec[];
  /** Rates present·factor^k for k from `from` to `to`, with this many runs each. */
  readonly ladder: { readonly factor: number; readonly from: number; readonly to: number; readonly runs: number };
  /** Each run: the larger of these many epochs and steps; its loss is measured on this many samples at most. */
  readonly run: { readonly epochs: number; readonly steps: number; readonly looked: number };
  /** Directions of the coupled ceiling; batches of the batch sharpness: as many as have this many samples, within limits. */
  readonly measure: {
    readonly directions: number;
    readonly batchSamples: number;
    readonly batches: readonly [number, number];
  };
  /** Seed of the split into halves and of all resampling. */
  readonly splitSeed: number;
}

/** The three ages: the larger of these many epochs and steps. */
const AGES = [
  { epochs: 2, steps: 300 },
  { epochs: 10, steps: 1500 },
  { epochs: 60, steps: 3000 },
] as const;

/** The settings at which each network is trained with each loss: learning rate, batch size, momentum. */
const SETTINGS = [
  [0.01, 1, 0],
  [0.03, 8, 0],
  [0.1, 50, 0],
  [0.3, 128, 0],
  [1, 512, 0],
  [0.01, 50, 0.9],
  [0.1, 512, 0.9],
  [0.03, 512, 0],
  [0.3, 50, 0],
] as const;

const STANDARD_NETWORKS = [
  { widths: [784, 50, 50, 10], activation: 'relu', bias: false },
  { widths: [784, 30, 10], activation: 'tanh', bias: true },
  { widths: [784, 40, 40, 40, 40, 10], activation: 'relu', bias: true },
] as const;

const LOSSES = ['cross-entropy', 'squared-error'] as const;

/** Returns the states of a grid: every network with every loss in every setting, each at one of the ages in turn. */
function grid(
  networks: readonly Omit<NetworkSpec, 'loss'>[],
  settings: readonly (readonly [number, number, number])[],
  ages: readonly { readonly epochs: number; readonly steps: number }[],
  samples: number,
): StateSpec[] {
  return networks.flatMap((network, n) =>
    LOSSES.flatMap((loss, l) =>
      settings.map(([learningRate, batchSize, momentum], s): StateSpec => {
        const { epochs, steps } = ages[(s + n + l) % ages.length];
        const age = Math.max(epochs, Math.ceil(steps / Math.floor(samples / batchSize)));
        const { widths, activation, bias } = network;
        return {
          name: `${widths.join('-')}-${loss}-rate${learningRate}-batch${batchSize}-momentum${momentum}-epochs${age}`,
          network: { widths: [...widths], activation, bias, loss },
          learningRate,
          batchSize,
          momentum,
          samples,
          age,
          seed: s + 1,
        };
      }),
    ),
  );
}

/** The state that `thermograd reproduce ivf2021` ends in. */
const FITTED: StateSpec = {
  name: '784-50-50-10-cross-entropy-rate0.1-batch50-momentum0-fitted',
  network: { widths: [784, 50, 50, 10], activation: 'relu', bias: false, loss: 'cross-entropy' },
  learningRate: 0.1,
  batchSize: 50,
  momentum: 0,
  samples: 60_000,
  age: 'fitted',
  seed: 0,
};

const QUICK: PartialConfig = {
  data: { set: 'teacher', teacher: { network: { widths: [16, 12, 4] }, train: 600, test: 0 } },
  network: { widths: [16, 12, 10, 4], activation: 'relu' },
  record: { layer: 'layer2' },
};

/**
 * Returns the complete config of a preset.
 * @throws InputError for another preset
 */
export function ceilingsConfig(preset: 'quick' | 'standard'): CeilingsConfig {
  check(
    preset === 'quick' || preset === 'standard',
    'bad-preset',
    `reproduce ceilings has the presets quick and standard; got ${preset}.`,
  );
  const quick = preset === 'quick';
  const states = quick
    ? grid(
        [
          { widths: [16, 12, 10, 4], activation: 'relu', bias: false },
          { widths: [16, 12, 4], activation: 'tanh', bias: true },
        ],
        [
          [0.03, 1, 0],
          [0.1, 8, 0],
          [0.3, 32, 0],
          [0.1, 64, 0.9],
        ],
        [
          { epochs: 4, steps: 60 },
          { epochs: 12, steps: 180 },
        ],
        600,
      )
    : [FITTED, ...grid(STANDARD_NETWORKS, SETTINGS, AGES, 8000)];
  return {
    preset,
    base: completeConfig(quick ? QUICK : { preset: 'standard' }),
    states,
    ladder: { factor: 1.3, from: -12, to: 20, runs: 6 },
    run: quick ? { epochs: 2, steps: 60, looked: 300 } : { epochs: 2, steps: 300, looked: 2000 },
    measure: quick
      ? { directions: 6, batchSamples: 2000, batches: [16, 100] }
      : { directions: 16, batchSamples: 16_000, batches: [48, 600] },
    splitSeed: 11,
  };
}
