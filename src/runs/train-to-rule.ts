/** Training to the stopping rule of a config, in memory: nothing is recorded or written. */
import type { Samples } from '../data/dataset.js';
import { type BatchPlan, batchPlan } from '../data/samplers.js';
import { initialWeights } from '../model/network.js';
import { randomKey } from '../numeric/random.js';
import { type Cursor, type Learner, newCursor, newCurves, trainingLoop } from '../train/loop.js';
import { STEPS_PER_CALL, Trainer } from '../train/trainer.js';
import type { Config } from './schema.js';

/**
 * Trains until the stopping rule of the config is met, or until `maxEpochs` − 1.
 * @returns undefined when `stopped` resolves to true between epochs
 * @throws DivergedError, RunError as `trainingLoop`
 */
export async function trainToRule(
  config: Config,
  seed: number,
  { train }: { readonly train: Samples },
  report: (note: string) => void,
  stopped: () => Promise<boolean>,
): Promise<{ readonly learner: Trainer; readonly cursor: Cursor } | undefined> {
  const { network: spec, training } = config;
  const key = randomKey(seed);
  const plan = batchPlan({ count: train.count, ...training, key: key.child('batches') });
  const learner = new Trainer({ spec, samples: train, ...training });
  learner.setWeights(initialWeights(spec, key.child('init')));
  return toRule({ learner, plan, training }, report, stopped);
}

/** Says which learner is trained, on which batches, until when. */
interface ToRule<L> {
  readonly learner: L;
  readonly plan: BatchPlan;
  readonly training: Config['training'];
}

/**
 * Trains a learner, whose weights are set, until the stopping rule is met, or until `maxEpochs` − 1.
 * @returns undefined when `stopped` resolves to true between epochs
 * @throws DivergedError, RunError as `trainingLoop`
 */
export async function toRule<L extends Pick<Trainer, 'evaluate'> & Learner>(
  { learner, plan, training }: ToRule<L>,
  report: (note: string) => void,
  stopped: () => Promise<boolean>,
): Promise<{ readonly learner: L; readonly cursor: Cursor } | undefined> {
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
    report(`epoch ${cursor.epoch}, loss ${curves.runningLoss[cursor.epoch - 1].toPrecision(3)}`);
    if (await stopped()) return undefined;
    if (cursor.stoppedAfter >= 0) break;
  }
  return { learner, cursor };
}
