/** The training of a cell: from the initial weights of its seed to its end, in memory. The same steps as those of `thermograd train`. */
import type { Samples } from '../../data/dataset.js';
import { type BatchPlan, batchPlan } from '../../data/samplers.js';
import { initialOf } from '../../model/any-network.js';
import { DivergedError } from '../../numeric/errors.js';
import { randomKey } from '../../numeric/random.js';
import { constantLoss } from '../../runs/constant-loss.js';
import { type LearnerParts, type RunLearner, runLearner } from '../../runs/learner.js';
import type { Loaded } from '../../runs/prepare.js';
import type { AnyConfig } from '../../runs/schema.js';
import { type EpochCurves, shouldStop } from '../../train/stopping.js';
import { STEPS_PER_CALL } from '../../train/trainer.js';
import type { Ended, Until } from './measured.js';
import { type DivergenceSeen, LossWatch } from './watch.js';

/** Says what is trained, until when, and what is looked at on the way. */
export interface TrainingRequest extends Loaded {
  /** Complete. */
  readonly config: AnyConfig;
  /** The stopping rule of the config where it is undefined. */
  readonly until?: Until | undefined;
  /** Times the loss at the start from which a training has diverged. */
  readonly divergeFactor: number;
  /** Whether the training loss is looked at after every epoch. */
  readonly looking: boolean;
  readonly packed?: LearnerParts['packed'];
  readonly report: (what: string, share: number) => void;
}

/** One look at the loss over the training set. */
export interface Look {
  readonly step: number;
  readonly loss: number;
  readonly errors: number;
}

/** Holds where a training ended. */
export interface TrainedCell {
  readonly plan: BatchPlan;
  readonly weights: Float32Array;
  /** What the optimiser keeps. */
  readonly kept: ReturnType<RunLearner['state']>;
  readonly steps: number;
  /** Whole epochs, and epochs with the share of a begun one. */
  readonly wholeEpochs: number;
  readonly epochs: number;
  readonly ended: Ended;
  readonly reason: string;
  /** Loss and errors at the end over the training set; the last finite weights where training diverged. */
  readonly end: Look;
  readonly divergence: DivergenceSeen;
  /** Ascending, the start and the end included. */
  readonly looks: readonly Look[];
}

/** Trains. Costs the steps, and an evaluation of the training set at both ends and for each look. */
export function trainCell(request: TrainingRequest): TrainedCell {
  const { config, until, network, dataset, packed, report } = request;
  const { training, record, seed } = config;
  const { batchSize, stop } = training;
  const samples: Samples = dataset.train;
  const key = randomKey(seed);
  const plan = batchPlan({ count: samples.count, ...training, key: key.child('batches') });
  const learner = runLearner(network, samples, config, plan.batchesPerEpoch, {
    recorded: [],
    ...(packed && { packed }),
  });
  learner.setWeights(initialOf(network, key.child('init')));
  const look = (step: number): Look => {
    const { loss, errors } = learner.evaluate();
    return { step, loss, errors };
  };
  const looks: Look[] = [look(0)];
  const watch = new LossWatch({
    start: looks[0].loss,
    constant: constantLoss(samples),
    factor: request.divergeFactor,
    batchSize,
    samples: samples.count,
  });
  const limits = limitsOf(until, config, plan);
  const curves = { runningLoss: [], runningAccuracy: [], trainLoss: [], trainErrors: [] } as {
    [K in keyof EpochCurves]: number[];
  };
  let [steps, epoch, batch] = [0, 0, 0];
  let outcome: { readonly ended: Ended; readonly reason: string } | undefined;
  let before = learner.weights();
  if (until && 'loss' in until && looks[0].loss <= until.loss)
    outcome = { ended: 'rule', reason: `the loss was ${until.loss} or less before the first step` };

  while (!outcome) {
    const { order, sizes } = plan.epoch(epoch);
    let [sum, correct, seen] = [0, 0, 0];
    while (batch < sizes.length && !outcome) {
      let count = Math.min(STEPS_PER_CALL, sizes.length - batch, limits.steps - steps);
      let size = batchSize;
      // only the last batch may be shorter; it is a call of its own
      if (sizes[batch + count - 1] !== batchSize) {
        if (count > 1) count--;
        else size = sizes[batch];
      }
      const from = batch * batchSize;
      try {
        const taken = learner.steps(order.subarray(from, from + count * size), size);
        for (let k = 0; k < count; k++) {
          sum += taken.loss[k] * size;
          correct += taken.correct[k];
        }
        seen += count * size;
        steps += count;
        batch += count;
        if (watch.see(taken.loss))
          outcome = {
            ended: 'diverged',
            reason: `the loss rose above ${request.divergeFactor} times that at the start`,
          };
      } catch (error) {
        if (!(error instanceof DivergedError)) throw error;
        watch.notFinite(steps + error.step + 1);
        outcome = {
          ended: 'diverged',
          reason: `the minibatch loss of step ${steps + error.step + 1} was ${error.loss}`,
        };
      }
      if (!outcome && steps >= limits.steps) outcome = limits.atSteps;
    }
    if (batch < sizes.length) break;
    batch = 0;
    epoch++;
    report(`epoch ${epoch}`, limits.share(epoch, steps));
    if (outcome?.ended === 'diverged') break;
    curves.runningLoss.push(sum / seen);
    curves.runningAccuracy.push(correct / seen);
    const last = outcome !== undefined || epoch >= limits.epochs;
    const looked = limits.looks(epoch) || request.looking || last;
    if (looked) looks.push(look(steps));
    const here = looks[looks.length - 1];
    curves.trainLoss.push(looked ? here.loss : Number.NaN);
    curves.trainErrors.push(looked ? here.errors : Number.NaN);
    const now = learner.weights();
    if (!outcome && now.every((w, i) => w === before[i])) {
      const loss = looked ? here.loss : look(steps).loss;
      outcome = watch.still(steps, loss)
        ? { ended: 'diverged', reason: `no weight changed in epoch ${epoch}: all hidden units are inactive` }
        : { ended: 'rule', reason: `no weight changed in epoch ${epoch}: every gradient is exactly zero` };
    }
    before = now;
    outcome ??= limits.reached(curves, here, epoch);
    if (!outcome && epoch >= limits.epochs) outcome = limits.atEpochs;
  }
  const end = looks[looks.length - 1].step === steps ? looks[looks.length - 1] : look(steps);
  if (end.step !== looks[looks.length - 1].step) looks.push(end);
  if (until && 'loss' in until && outcome?.ended === 'budget' && end.loss <= until.loss)
    outcome = {
      ended: 'rule',
      reason: `the loss was ${end.loss.toPrecision(4)}, at most ${until.loss}, after step ${steps}`,
    };
  const out: TrainedCell = {
    plan,
    weights: learner.weights(),
    kept: learner.state(),
    steps,
    wholeEpochs: epoch,
    epochs: epoch + batch / plan.batchesPerEpoch,
    ...outcome!,
    end,
    divergence: watch.seen(end.loss),
    looks,
  };
  learner.release();
  return out;

  function limitsOf(asked: Until | undefined, { training: t }: AnyConfig, { batchesPerEpoch }: BatchPlan): Limits {
    const never = () => undefined;
    const none = { steps: Number.POSITIVE_INFINITY, epochs: Number.POSITIVE_INFINITY };
    const rule = (reason: string) => ({ ended: 'rule', reason }) as const;
    const budget = (reason: string) => ({ ended: 'budget', reason }) as const;
    if (asked === undefined) {
      const epochs = t.maxEpochs - record.windowEpochs;
      return {
        ...none,
        epochs,
        looks: (e) => stop.rule === 'zero-training-error' && e % t.evaluateEvery === 0,
        reached: (c) => {
          const reason = shouldStop(stop, c);
          return reason === undefined ? undefined : rule(reason);
        },
        atSteps: rule(''),
        atEpochs: budget(`the rule '${stop.rule}' was not met by epoch ${epochs}`),
        share: (e) => e / (stop.rule === 'epochs' ? stop.epochs : epochs),
      };
    }
    if ('epochs' in asked)
      return {
        ...none,
        epochs: asked.epochs,
        looks: () => false,
        reached: never,
        atSteps: rule(''),
        atEpochs: rule(`${asked.epochs} epochs, as asked`),
        share: (e) => e / asked.epochs,
      };
    if ('steps' in asked)
      return {
        ...none,
        steps: asked.steps,
        looks: () => false,
        reached: never,
        atSteps: rule(`${asked.steps} steps, as asked`),
        atEpochs: rule(''),
        share: (_, s) => s / asked.steps,
      };
    const most = `the loss was above ${asked.loss} after ${asked.within} steps`;
    return {
      ...none,
      steps: asked.within,
      looks: () => true,
      reached: (_, { loss }, e) =>
        loss <= asked.loss
          ? rule(`the loss was ${loss.toPrecision(4)}, at most ${asked.loss}, after epoch ${e}`)
          : undefined,
      atSteps: budget(most),
      atEpochs: budget(most),
      share: (e) => (e * batchesPerEpoch) / asked.within,
    };
  }
}

/** Says when a training ends. */
interface Limits {
  readonly steps: number;
  readonly epochs: number;
  /** Whether the training set is evaluated after an epoch. */
  looks(epoch: number): boolean;
  reached(
    curves: EpochCurves,
    here: Look,
    epoch: number,
  ): { readonly ended: Ended; readonly reason: string } | undefined;
  readonly atSteps: { readonly ended: Ended; readonly reason: string };
  readonly atEpochs: { readonly ended: Ended; readonly reason: string };
  share(epoch: number, steps: number): number;
}
