/** The base network of a seed: trained as in ivf2021 until its stopping rule is met, and kept. */
import type { Samples } from '../../data/dataset.js';
import { readModel, writeModel } from '../../record/checkpoint.js';
import { readJson } from '../../record/json.js';
import type { Config } from '../../runs/schema.js';
import { trainToRule } from '../../runs/train-to-rule.js';
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
export function readBase(config: Config, model: string, facts: string): Base | undefined {
  const known = readJson<BaseFacts>(facts);
  const weights = known && readModel(model, config.network);
  return known && weights ? { weights, facts: known } : undefined;
}

/**
 * Trains the network of a seed until the stopping rule is met, with the same initial weights and batches as `reproduce
 * ivf2021`.
 * @param model - file of the weights, written before the facts are returned
 * @throws DivergedError, RunError as `trainingLoop`
 */
export async function trainBase(
  config: Config,
  seed: number,
  data: { readonly train: Samples },
  model: string,
  report: (note: string) => void,
): Promise<BaseFacts> {
  const { learner, cursor } = (await trainToRule(config, seed, data, report, async () => false))!;
  const weights = learner.weights();
  const { loss, errors } = learner.evaluate();
  const facts: BaseFacts = { seed, epochs: cursor.epoch, stopped: cursor.reason, loss, errors };
  writeModel(model, config.network, weights, { seed: String(seed), steps: String(cursor.step) });
  return facts;
}
