/** The base network of a seed: trained as in ivf2021 until its stopping rule is met, and kept. */
import type { Dataset } from '../../data/dataset.js';
import { readJson, writeJson } from '../../jobs/json.js';
import { readModel, writeModel } from '../../record/checkpoint.js';
import type { Config } from '../../runs/config.js';
import { trainToRule } from '../../runs/train-to-rule.js';
import type { BaseFacts } from './measured.js';

export interface Base {
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
 * @returns undefined when `stopped` says so between epochs
 */
export async function trainBase(
  config: Config,
  seed: number,
  dataset: Dataset,
  files: { readonly model: string; readonly facts: string },
  report: (note: string) => void,
  stopped: () => Promise<boolean>,
): Promise<Base | undefined> {
  const trained = await trainToRule(config, seed, dataset, report, stopped);
  if (!trained) return undefined;
  const { learner, cursor } = trained;
  const weights = learner.weights();
  const { loss, errors } = learner.evaluate();
  const facts: BaseFacts = { seed, epochs: cursor.epoch, stopped: cursor.reason, loss, errors };
  writeModel(files.model, config.network, weights, { seed: String(seed), steps: String(cursor.step) });
  writeJson(files.facts, facts);
  return { weights, facts };
}
