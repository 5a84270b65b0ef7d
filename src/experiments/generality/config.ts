/** The two presets of `reproduce generality`: which networks, optimisers, data, batches and learning rates. */
import { NETWORK_NAMES, type NetworkName } from '../../model/layered/named.js';
import type { LossKind } from '../../model/network.js';
import { check } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import { OPTIMISER_WANTS, type OptimiserSpec } from '../../train/optimisers/spec.js';

/** An optimiser of the grid, under the name that findings and tables use. */
export interface GridOptimiser {
  readonly name: string;
  readonly spec: OptimiserSpec;
}

/** A batch size, and the factor by which every optimiser's learning rate is multiplied. */
export interface Setting {
  readonly batchSize: number;
  readonly factor: number;
}

/** Describes the complete config of the study. */
export interface GeneralityConfig {
  readonly preset: 'quick' | 'standard';
  /** Data sets: mnist, fashion-mnist, cifar10:DIR. */
  readonly sets: readonly string[];
  /** Training samples, the first ones of each set. */
  readonly limit: number;
  readonly networks: readonly NetworkName[];
  readonly optimisers: readonly GridOptimiser[];
  readonly settings: readonly Setting[];
  /** Optimisers that are also run with squared error, for the law of noise and curvature. */
  readonly squaredError: readonly string[];
  readonly maxEpochs: number;
  readonly windowSteps: number;
  /** Directions of each regime in a convolution and in other layers, whose losses cost less; Ritz vectors of each layer. */
  readonly directions: { readonly conv: number; readonly other: number };
  readonly vectors: number;
  readonly relativeTolerance: number;
  /** Numbers of recorded rows that a worker holds at once; larger windows are recorded layer by layer. */
  readonly mostNumbers: number;
}

/** Says what a config must hold. */
export const GENERALITY_CONFIG_WANTS = is.shape<GeneralityConfig>(
  {
    preset: is.oneOf('quick', 'standard'),
    sets: is.some(is.listOf(is.text)),
    limit: is.count,
    networks: is.some(is.listOf(is.oneOf(...NETWORK_NAMES))),
    optimisers: is.some(is.listOf(is.shape<GridOptimiser>({ name: is.text, spec: OPTIMISER_WANTS }))),
    settings: is.some(is.listOf(is.shape<Setting>({ batchSize: is.count, factor: is.positive }))),
    squaredError: is.listOf(is.text),
    maxEpochs: is.count,
    windowSteps: is.count,
    directions: is.shape<GeneralityConfig['directions']>({ conv: is.count, other: is.count }),
    vectors: is.count,
    relativeTolerance: is.positive,
    mostNumbers: is.positive,
  },
  'a complete config, such as generalityConfig gives',
);

const OPTIMISERS: readonly GridOptimiser[] = [
  { name: 'sgd', spec: { type: 'sgd', learningRate: 0.05 } },
  { name: 'momentum', spec: { type: 'sgd', learningRate: 0.005, momentum: 0.9 } },
  { name: 'nesterov', spec: { type: 'sgd', learningRate: 0.005, momentum: 0.9, nesterov: true } },
  { name: 'adam', spec: { type: 'adam', learningRate: 0.001 } },
  { name: 'adamw', spec: { type: 'adamw', learningRate: 0.001, weightDecay: 0.01 } },
  { name: 'rmsprop', spec: { type: 'rmsprop', learningRate: 0.0005 } },
];

/** Parts of a preset's grid: lists of names, separated by commas. */
export interface GridPart {
  /** Networks in place of those of the preset: mlp, lenet5, cnn-small, resnet8. */
  readonly networks?: string;
  /** Some of the optimisers: sgd, momentum, nesterov, adam, adamw, rmsprop. */
  readonly optimisers?: string;
}

/**
 * Returns a config with the named networks and optimisers alone; squared error remains with the optimisers that have it.
 * @throws InputError for an unknown name, and for one given twice
 */
export function partOfGrid(config: GeneralityConfig, { networks, optimisers }: GridPart): GeneralityConfig {
  const names = namesIn('networks', networks, NETWORK_NAMES);
  const kept = namesIn(
    'optimisers',
    optimisers,
    OPTIMISERS.map((o) => o.name),
  );
  return {
    ...config,
    ...(names && { networks: names }),
    ...(kept && {
      optimisers: OPTIMISERS.filter((o) => kept.includes(o.name)),
      squaredError: config.squaredError.filter((name) => kept.includes(name)),
    }),
  };
}

/** Reads a list of names; undefined where none is given. */
function namesIn<T extends string>(what: string, list: string | undefined, known: readonly T[]): T[] | undefined {
  if (list === undefined) return undefined;
  const names = list.split(',').map((name) => name.trim()) as T[];
  for (const name of names)
    check(
      known.includes(name),
      'bad-grid',
      () => `generality has the ${what} ${known.join(', ')}, separated by commas; got '${name}'.`,
    );
  check(new Set(names).size === names.length, 'bad-grid', `generality takes each of the ${what} once; got ${list}.`);
  return known.filter((name) => names.includes(name));
}

/**
 * Returns the complete config of a preset.
 * @param sets - data sets in place of those of the preset
 * @throws InputError for another preset
 */
export function generalityConfig(preset: 'quick' | 'standard', sets?: readonly string[]): GeneralityConfig {
  is.given(
    'generalityConfig',
    { preset, sets },
    { preset: is.oneOf('quick', 'standard'), sets: is.maybe(is.some(is.listOf(is.text))) },
  );
  const quick = preset === 'quick';
  return {
    preset,
    sets: sets ?? (quick ? ['mnist'] : ['mnist', 'fashion-mnist']),
    limit: quick ? 250 : 1000,
    networks: ['mlp', 'lenet5', 'cnn-small'],
    optimisers: OPTIMISERS,
    settings: quick
      ? [
          { batchSize: 25, factor: 1 },
          { batchSize: 50, factor: 1 },
        ]
      : [25, 50].flatMap((batchSize) => [1, 0.5].map((factor) => ({ batchSize, factor }))),
    squaredError: ['sgd'],
    maxEpochs: quick ? 300 : 200,
    windowSteps: quick ? 320 : 960,
    directions: quick ? { conv: 16, other: 32 } : { conv: 24, other: 40 },
    vectors: quick ? 16 : 24,
    relativeTolerance: quick ? 0.02 : 0.005,
    mostNumbers: quick ? 6e7 : 1.2e8,
  };
}

/** Returns the number of seeds when none is given. */
export const defaultSeeds = (preset: 'quick' | 'standard'): number => (preset === 'quick' ? 1 : 3);

/** Describes one run of the grid. */
export interface GridRun {
  readonly set: string;
  readonly network: NetworkName;
  readonly optimiser: string;
  readonly loss: LossKind;
  readonly setting: number;
  readonly seed: number;
}

/** Lists the runs of a grid; seeds come last, so that more of them are appended. */
export function gridRuns(config: GeneralityConfig, seeds: number): GridRun[] {
  const { sets, networks, optimisers, settings, squaredError } = config;
  const out: GridRun[] = [];
  for (let seed = 0; seed < seeds; seed++)
    for (let setting = 0; setting < settings.length; setting++)
      for (const set of sets)
        for (const network of networks)
          for (const { name: optimiser } of optimisers)
            for (const loss of ['cross-entropy', 'squared-error'] as const)
              if (loss === 'cross-entropy' || squaredError.includes(optimiser))
                out.push({ set, network, optimiser, loss, setting, seed });
  return out;
}

/** Names a data set without its folder. */
export const setName = (set: string): string => set.replace(/:.*$/, '');
