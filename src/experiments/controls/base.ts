/** The base network of a seed: trained as in ivf2021 until its stopping rule is met, and kept. */
import type { Dataset } from '../../data/dataset.js';
import { batchPlan } from '../../data/samplers.js';
import { readJson, writeJson } from '../../jobs/json.js';
import { initialWeights } from '../../model/network.js';
import { randomKey } from '../../numeric/random.js';
import { readModel, writeModel } from '../../record/checkpoint.js';
import type { Config } from '../../runs/config.js';
import { type Cursor, newCursor, newCurves, trainingLoop } from '../../train/loop.js';
import { STEPS_PER_CALL, Trainer } from '../../train/trainer.js';
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
  tell: (note: string) => void,
  stopped: () => Promise<boolean>,
): Promise<Base | undefined> {
  const trained = await trainToRule(config, seed, dataset, tell, stopped);
  if (!trained) return undefined;
  const { learner, cursor } = trained;
  const weights = learner.weights();
  const { loss, errors } = learner.evaluate();
  const facts: BaseFacts = { seed, epochs: cursor.epoch, stopped: cursor.reason, loss, errors };
  writeModel(files.model, config.network, weights, { seed: String(seed), steps: String(cursor.step) });
  writeJson(files.facts, facts);
  return { weights, facts };
}

/** Trains until the stopping rule of the config is met; undefined when `stopped` says so between epochs. */
export async function trainToRule(
  config: Config,
  seed: number,
  dataset: Dataset,
  tell: (note: string) => void,
  stopped: () => Promise<boolean>,
): Promise<{ readonly learner: Trainer; readonly cursor: Cursor } | undefined> {
  const { network: spec, training } = config;
  const key = randomKey(seed);
  const plan = batchPlan({ count: dataset.train.count, ...training, key: key.child('batches') });
  const learner = new Trainer({ spec, samples: dataset.train, ...training });
  learner.setWeights(initialWeights(spec, key.child('init')));
  const cursor = newCursor();
  const curves = newCurves();
  const loop = trainingLoop({
    learner,
    plan,
    batchSize: training.batchSize,
    stop: training.stop,
    windowEpochs: 1,
    maxEpochs: training.maxEpochs,
    evaluateEvery: training.evaluateEvery,
    evaluateTrain: () => learner.evaluate(),
    evaluateTest: undefined,
    cursor,
    curves,
    chunkSteps: STEPS_PER_CALL,
  });
  for (const event of loop) {
    if (event.kind !== 'epoch') continue;
    tell(`epoch ${cursor.epoch}, loss ${curves.runningLoss[cursor.epoch - 1].toPrecision(3)}`);
    if (await stopped()) return undefined;
    if (cursor.stoppedAfter >= 0) break;
  }
  return { learner, cursor };
}
