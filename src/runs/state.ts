/**
 * The state for which advice is given: that of a finished run, a file of weights, the initialisation, or after
 * training.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { AdvicePoint } from '../apply/advice-facts.js';
import type { Dataset } from '../data/dataset.js';
import { verifyBeside, verifyOutputs } from '../jobs/outputs.js';
import { type AnyNetwork, shapesOf } from '../model/any-network.js';
import { initialWeights, type NamedShape, parameterShapes } from '../model/network.js';
import { check, shown } from '../numeric/errors.js';
import { randomKey } from '../numeric/random.js';
import { shellWord } from '../numeric/shell-word.js';
import * as is from '../numeric/wants.js';
import { readCheckpoint } from '../record/checkpoint.js';
import { readStateDict } from '../record/state-dict.js';
import type { Cursor } from '../train/loop.js';
import { checkLayers, completeRunConfig, firstDifference, plainConfig } from './config.js';
import { constantLoss } from './constant-loss.js';
import type { ExpectedState } from './expected.js';
import { readRecord } from './folder.js';
import { asWritten } from './optimiser.js';
import type { AnyConfig, Config, PartialConfig } from './schema.js';
import { CHECKPOINT, finalWeights, MODEL } from './train.js';
import { trainToRule } from './train-to-rule.js';

/** Names the state. */
export interface StateRequest {
  /** A run folder: its last weights, its data and network, and its settings unless `layers` override them. */
  readonly run?: string;
  /** Layers of the config; later ones override earlier ones. */
  readonly layers?: readonly (PartialConfig | undefined)[];
  /** A safetensors file of the weights. */
  readonly weights?: string;
  /** What the state must give on the training samples. */
  readonly expected?: ExpectedState;
  /** `init`: the initial weights. `end` (default): after training. */
  readonly at?: 'init' | 'end';
  /** Train for so many epochs instead of the config's stopping rule. */
  readonly epochs?: number;
}

/** Says what a {@link StateRequest} needs. */
export const STATE_WANTS = {
  run: is.maybe(is.path),
  layers: is.maybe(is.listOf(is.maybe(is.object))),
  weights: is.maybe(is.text),
  expected: is.maybe(is.object),
  at: is.maybe(is.oneOf('init', 'end')),
  epochs: is.maybe(is.count),
};

/** Holds the weights of a state, and where they came from. */
export interface State {
  readonly weights: Float32Array;
  /** Names and shapes of the parameters, in the order of `weights`. */
  readonly parameters: readonly NamedShape[];
  /** PyTorch's momentum buffer, where it is known. */
  readonly velocity?: Float32Array;
  /** What another optimiser keeps, and the steps that it has taken, where they are known. */
  readonly optimiser?: { readonly vectors: Readonly<Record<string, Float32Array>>; readonly steps: number };
  readonly origin: string;
}

/**
 * Returns the config of a finished run with layers that override it, or of the layers alone.
 * @param what - the purpose, for messages: `advice on a run`
 * @throws InputError for a folder without a finished run or with files that changed since, and for layers with other data or another network
 */
export function configAt(
  run: string | undefined,
  layers: readonly (PartialConfig | undefined)[],
  what: string,
): Config {
  if (run !== undefined) plainConfig(readRecord(run).config);
  return plainConfig(anyConfigAt(run, layers, what));
}

/**
 * Does the same for runs of any network and any optimiser, whose learning rate and momentum alone can be changed.
 * @throws InputError likewise
 */
export function anyConfigAt(
  run: string | undefined,
  layers: readonly (PartialConfig | undefined)[],
  what: string,
): AnyConfig {
  if (run === undefined) return completeRunConfig(...layers);
  const record = readRecord(run);
  check(
    existsSync(join(run, MODEL)),
    'not-trained',
    () =>
      `the run in ${run} is not trained to the end; continue it with thermograd train --resume --out ${shellWord(run)}.`,
  );
  verifyOutputs(run, record.outputs, [MODEL, CHECKPOINT]);
  const config = completeRunConfig(underneath(record.config, layers), ...layers);
  const { data, network } = record.config;
  const other = firstDifference(
    { data, network, optimiser: kindOf(record.config) },
    { data: config.data, network: config.network, optimiser: kindOf(config) },
  );
  check(
    other === undefined,
    'config-changed',
    () =>
      `the run in ${run} has ${other!.key} ${shown(other!.was)}, and ${shown(other!.is)} is asked for; ` +
      `${what} can change learning rate, batch size, momentum and sampling, not the data or the network${config.optimiser ? ' or the kind of optimiser' : ''}.`,
  );
  return config;
}

/** Returns the config of a run without the rates of its optimiser that layers state under `training`. */
function underneath(config: AnyConfig, layers: readonly (PartialConfig | undefined)[]): PartialConfig {
  const { optimiser, ...written } = asWritten(config);
  if (optimiser === undefined) return written;
  const stated = (key: 'learningRate' | 'momentum') => layers.some((l) => l?.training?.[key] !== undefined);
  const own = Object.entries(optimiser).filter(
    ([key]) => !((key === 'learningRate' || key === 'momentum') && stated(key)),
  );
  return { ...written, optimiser: Object.fromEntries(own) } as PartialConfig;
}

/** Returns the settings of the optimiser but for its rates; those of plain SGD are none. */
function kindOf({ optimiser }: AnyConfig): object {
  const { learningRate: _, momentum: __, ...kind } = (optimiser ?? {}) as { learningRate?: number; momentum?: number };
  return kind;
}

/**
 * Returns the config of the request, checked for the needs of advice.
 * @throws InputError for more than one state, and for cyclic sampling
 */
export function adviceConfig({ run, layers = [], epochs, at, weights }: StateRequest): Config {
  const given = [run, weights, at === 'init' || undefined].filter((x) => x !== undefined);
  check(given.length <= 1, 'bad-state', 'advice is given at one state: name a run folder, or --weights, or --at init.');
  check(
    epochs === undefined || given.length === 0,
    'bad-state',
    '--epochs says how long to train before advice; it does not go with a run folder, --weights or --at init.',
  );
  const stop: PartialConfig | undefined =
    epochs === undefined ? undefined : { training: { stop: { rule: 'epochs', epochs }, maxEpochs: epochs + 100 } };
  const config = configAt(run, [...layers, stop], 'advice on a run');
  checkLayers(config, weights);
  check(
    config.training.sampling !== 'cyclic',
    'cyclic',
    'advice needs batches that are drawn anew: cyclic ones are the same in every epoch, so that noise and ceilings of batches have no meaning; set --sampling shuffled.',
  );
  return config;
}

/**
 * Returns the last weights of a finished run, of any network.
 * @throws InputError when they are missing; RunError when they belong to another network
 */
export function finalState(run: string, network: AnyNetwork): State {
  const weights = finalWeights(run, network);
  const { velocity, optimiser, state } = readCheckpoint<Cursor>(join(run, CHECKPOINT), network) ?? {};
  return {
    weights,
    parameters: shapesOf(network),
    ...(velocity && { velocity }),
    ...(optimiser && state && { optimiser: { vectors: optimiser, steps: state.step } }),
    origin: `the last weights of the run in ${run}`,
  };
}

/**
 * Reads the weights of a network from a file.
 * @param layers - the modules in their order
 * @throws InputError for tensors that do not fit the network
 */
export function foreignState(file: string, network: AnyNetwork, layers: readonly string[] | undefined): State {
  verifyBeside(file);
  const { how, ...state } = readStateDict(file, network, layers);
  return { ...state, origin: `the weights in ${file} (${how.join('; ')})` };
}

/**
 * Loads or makes the state of a request, which may mean training to the stopping rule.
 * @param report - receives the epoch and loss while training
 * @returns undefined when `stopped` resolves to true while training
 * @throws InputError, RunError when files do not fit the network; DivergedError
 */
export async function stateOf(
  request: StateRequest,
  config: Config,
  dataset: Dataset,
  report: (note: string) => void,
  stopped: () => Promise<boolean>,
): Promise<State | undefined> {
  const { run, weights: file, at } = request;
  const { network: spec, seed, training } = config;
  const parameters = parameterShapes(spec);
  if (run !== undefined) {
    const { velocity, ...state } = finalState(run, spec);
    return { ...state, ...(velocity && training.momentum > 0 && { velocity }) };
  }
  if (file !== undefined) return foreignState(file, spec, config.layers);
  if (at === 'init')
    return {
      weights: initialWeights(spec, randomKey(seed).child('init')),
      parameters,
      origin: `the initial weights of seed ${seed}`,
    };
  const trained = await trainToRule(config, seed, dataset, report, stopped);
  if (!trained) return undefined;
  const { learner, cursor } = trained;
  return {
    weights: learner.weights(),
    parameters,
    ...(training.momentum > 0 && { velocity: learner.velocity() }),
    origin: `seed ${seed} after ${cursor.epoch} epochs at learning rate ${training.learningRate} and batches of ${training.batchSize} (${cursor.reason})`,
  };
}

/**
 * Returns settings and facts of the state, without its loss and its errors.
 * @throws InputError for a batch larger than the training set
 */
export function pointOf(config: Config, dataset: Dataset, state: State): Omit<AdvicePoint, 'loss' | 'errors'> {
  const { learningRate, momentum, batchSize, sampling } = config.training;
  const { train } = dataset;
  check(
    batchSize <= train.count,
    'bad-batch-size',
    `the batch size must be an integer from 1 to the ${train.count} training samples; got ${batchSize}.`,
  );
  return {
    learningRate,
    momentum,
    batchSize,
    sampling: sampling as AdvicePoint['sampling'],
    samples: train.count,
    parameters: state.weights.length,
    constantLoss: constantLoss(train),
    origin: state.origin,
  };
}
