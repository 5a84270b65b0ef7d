/** Training for the study of real networks to the target loss, with evaluations on the way. */
import { hessianTrace } from '../../../analyse/curvature/hessian-trace.js';
import type { Samples } from '../../../data/dataset.js';
import { batchPlan } from '../../../data/samplers.js';
import { firstSamples } from '../../../data/subset.js';
import { initialWeights } from '../../../model/network.js';
import { DivergedError } from '../../../numeric/errors.js';
import { randomKey } from '../../../numeric/random.js';
import { WeightMean } from '../../../runs/steps.js';
import { NetworkPasses } from '../../../surface/network/passes.js';
import { STEPS_PER_CALL, Trainer } from '../../../train/trainer.js';
import type { NetworkStudyConfig } from './config.js';
import type { NoiseSetting, Outcome, PathPoint } from './measured.js';
import { chanceLoss, DEAD } from './thresholds.js';

/** Holds the weights at which training ended. */
interface Reached {
  readonly weights: Float32Array;
  readonly steps: number;
  readonly loss: number;
  readonly errors: number;
}

/** Holds a trained network and its history. */
export interface TrainedSolution extends Reached {
  readonly outcome: Outcome;
  readonly stepsPerEpoch: number;
  readonly epochs: number;
  /** Weights at the last end of an epoch before three quarters of the steps. */
  readonly before: Float32Array;
  readonly path: readonly PathPoint[];
  /** The first mean of an epoch's weights at or below the target. */
  readonly floor?: { readonly weights: Float32Array; readonly epoch: number; readonly loss: number };
}

/** Number of parts of an epoch, each followed by an evaluation, in the first epoch and near the target. */
const FINE = 2;
/** Number of parts of the piece in which the loss fell below the target, which is repeated to find where. */
const AGAIN = 20;
/** The mean of an epoch is evaluated once the loss is below this multiple of the target. */
const FLOOR_FROM = 4;
/** Fewest points of an epoch whose weights enter its mean, where it has as many steps. */
const POINTS = 20;

/**
 * Trains from the seed's initial weights, the same for every setting, with the seed's order of samples. It ends at the
 * first evaluation at or below the target (and the first such mean over an epoch, if that is later), at divergence,
 * when all units are inactive, or after the most epochs.
 */
export function trainToTarget(
  config: NetworkStudyConfig,
  setting: NoiseSetting,
  seed: number,
  samples: Samples,
  report: (note: string, share: number) => void,
): TrainedSolution {
  const { base, targetLoss, maxEpochs, track } = config;
  const spec = base.network;
  const key = randomKey(seed);
  const { batchSize } = setting;
  const plan = batchPlan({
    count: samples.count,
    batchSize,
    sampling: 'shuffled',
    lastBatch: 'drop',
    key: key.child('batches'),
  });
  const trainer = new Trainer({ spec, samples, ...setting });
  trainer.setWeights(initialWeights(spec, key.child('init')));
  const M = plan.batchesPerEpoch;
  const chance = chanceLoss(spec.widths[spec.widths.length - 1]);
  const tracked = firstSamples(samples, track.samples);
  const trace = () =>
    hessianTrace(new NetworkPasses({ spec, weights: trainer.weights(), samples: tracked })).trace.value;
  const path: PathPoint[] = [];
  const ends: Float32Array[] = [trainer.weights()];
  let [step, next, last] = [0, 0, Number.POSITIVE_INFINITY];
  let [near, dead] = [true, false];
  let found: Reached | undefined;
  let floor: TrainedSolution['floor'];
  let outcome: Outcome = 'not reached';
  /** Takes steps over batches from … to of an epoch, in calls of at most `most`; `visit` may stop them. */
  const run = (order: Uint32Array, from: number, to: number, most: number, visit: () => boolean): void => {
    for (let b = from; b < to; ) {
      const count = Math.min(STEPS_PER_CALL, most, to - b);
      trainer.steps(order.subarray(b * batchSize, (b + count) * batchSize), batchSize);
      b += count;
      step += count;
      if (visit()) return;
    }
  };
  try {
    for (let e = 0; e < maxEpochs && !(found && floor) && !dead; e++) {
      const { order } = plan.epoch(e);
      const mean = new WeightMean(trainer.parameterCount);
      const parts = near ? Math.min(FINE, M) : 1;
      for (let part = 0; part < parts; part++) {
        const [from, to] = [Math.round((M * part) / parts), Math.round((M * (part + 1)) / parts)];
        const start = { step, weights: trainer.weights() };
        run(order, from, to, Math.ceil(M / POINTS), () => {
          if (!floor) mean.add(trainer.weights());
          return false;
        });
        const { loss } = trainer.evaluate();
        const look = step >= next;
        if (look) next = step * track.factor;
        if (!found && loss > targetLoss) path.push({ epoch: step / M, step, loss, trace: look ? trace() : Number.NaN });
        if (!found && loss <= targetLoss) {
          const end = { step, weights: trainer.weights() };
          trainer.setWeights(start.weights);
          step = start.step;
          run(order, from, to, Math.ceil((to - from) / AGAIN), () => {
            const here = trainer.evaluate();
            if (here.loss > targetLoss) return false;
            found = { weights: trainer.weights(), steps: step, loss: here.loss, errors: here.errors };
            path.push({ epoch: step / M, step, loss: here.loss, trace: trace() });
            return true;
          });
          trainer.setWeights(end.weights);
          step = end.step;
        }
        near = loss < 2 * targetLoss;
        last = loss;
        dead = loss >= DEAD * chance && e > 0;
      }
      ends.push(trainer.weights());
      if (!floor && last < FLOOR_FROM * targetLoss) {
        trainer.setWeights(mean.weights());
        const { loss } = trainer.evaluate();
        if (loss <= targetLoss) floor = { weights: mean.weights(), epoch: e + 1, loss };
        trainer.setWeights(ends[e + 1]);
      }
      report(`epoch ${e + 1}, loss ${path[path.length - 1].loss.toPrecision(3)}`, (e + 1) / maxEpochs);
    }
  } catch (error) {
    if (!(error instanceof DivergedError)) throw error;
    dead = true;
  }
  if (found) outcome = 'reached';
  else if (dead) outcome = 'diverged';
  const end = found ?? { weights: trainer.weights(), steps: step, ...trainer.evaluate() };
  const epochs = end.steps / M;
  const { weights, steps, loss, errors } = end;
  const before = ends[Math.min(ends.length - 1, Math.floor(0.75 * epochs))];
  return { outcome, stepsPerEpoch: M, weights, epochs, steps, loss, errors, before, path, ...(floor && { floor }) };
}
