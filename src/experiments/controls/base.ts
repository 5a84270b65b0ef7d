/** The base network of a seed: trained as in ivf2021 until its stopping rule is met, and kept. */
import type { Samples } from '../../data/dataset.js';
import { readModel, writeModel } from '../../record/checkpoint.js';
import { readJson } from '../../record/json.js';
import type { Config } from '../../runs/schema.js';
import { trainToRule } from '../../runs/train-to-rule.js';
import type { BaseFacts } from './measured.js';

interface Base {
  readonly weights: Float32Array;
  readonly facts: BaseFacts;
}

/** The base in these files, or undefined. The facts are written after the weights: where they stand, both are whole. */
export function readBase(config: Config, model: string, facts: string): Base | undefined {
  const known = readJson<BaseFacts>(facts);
  const weights = known && readModel(model, config.network);
  return known && weights ? { weights, facts: known } : undefined;
}

/**
 * Trains with the numbers of `reproduce ivf2021` for the same seed: same weights, same batches. The loop's window of one epoch, the
 * shortest there is, is not part of it: the weights are those with which the rule was met.
 * @param model - file of the weights, written before the facts come back
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
