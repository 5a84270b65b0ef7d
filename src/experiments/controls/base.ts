/** The base network of a seed: trained as in ivf2021 until its stopping rule is met, and kept. */
import type { Samples } from '../../data/dataset.js';
import { batchPlan } from '../../data/samplers.js';
import { type AnyNetwork, initialOf, isLayered } from '../../model/any-network.js';
import { randomKey } from '../../numeric/random.js';
import { readModel, writeModel } from '../../record/checkpoint.js';
import { readJson } from '../../record/json.js';
import { runLearner } from '../../runs/learner.js';
import type { AnyConfig, Config } from '../../runs/schema.js';
import { toRule, trainToRule } from '../../runs/train-to-rule.js';
import type { BaseFacts } from './measured.js';

/** Holds the trained network of a seed and the facts of its training. */
interface Base {
  readonly weights: Float32Array;
  readonly facts: BaseFacts;
}

/**
 * Reads the base network from its files, or returns undefined. The facts are written after the weights: where they
 * exist, both are whole.
 */
export function readBase(network: AnyNetwork, model: string, facts: string): Base | undefined {
  const known = readJson<BaseFacts>(facts);
  const weights = known && readModel(model, network);
  return known && weights ? { weights, facts: known } : undefined;
}

/**
 * Trains the network of a seed until the stopping rule is met, with the same initial weights and batches as `reproduce
 * ivf2021`.
 * @param model - file of the weights, written before the facts are returned
 * @throws DivergedError, RunError as `trainingLoop`
 */
export async function trainBase(
  config: AnyConfig,
  seed: number,
  data: { readonly train: Samples; readonly network: AnyNetwork },
  model: string,
  report: (note: string) => void,
): Promise<BaseFacts> {
  const { network } = data;
  const plain = !isLayered(network) && config.optimiser === undefined;
  const trained = await (plain
    ? trainToRule({ ...config, network } as Config, seed, data, report, async () => false)
    : trainAny(config, seed, data, report));
  const { learner, cursor } = trained!;
  const weights = learner.weights();
  const { loss, errors } = learner.evaluate();
  const facts: BaseFacts = { seed, epochs: cursor.epoch, stopped: cursor.reason, loss, errors };
  writeModel(model, network, weights, { seed: String(seed), steps: String(cursor.step) });
  return facts;
}

/** Trains a network of layers, or with an optimiser, as a run does. */
function trainAny(
  config: AnyConfig,
  seed: number,
  { train, network }: { readonly train: Samples; readonly network: AnyNetwork },
  report: (note: string) => void,
) {
  const { training } = config;
  const key = randomKey(seed);
  const plan = batchPlan({ count: train.count, ...training, key: key.child('batches') });
  const learner = runLearner(network, train, { ...config, seed }, plan.batchesPerEpoch);
  learner.setWeights(initialOf(network, key.child('init')));
  return toRule({ learner, plan, training }, report, async () => false);
}
