/** What the training of a task says of its stationary state, on which the decomposition rests. docs/theory [S1], [O1], [O3]. */
import { completeOptimiser, type OptimiserSpec } from '../train/optimisers/spec.js';
import type { Task, TaskTraining } from './task.js';

/**
 * Returns the learning rate, the batch size and the window that the stationary state depends on, or why there is no such state. Momentum and
 * dampening enter as the rate eta·(1 − dampening)/(1 − mu), to first order in eta.
 */
export function trainingUnder(
  spec: OptimiserSpec,
  { batchSize, windowSteps }: Omit<TaskTraining, 'learningRate'>,
): Pick<Task, 'training' | 'unsettled'> {
  const o = completeOptimiser(spec);
  const why = unsettledBy(spec);
  if (why) return { training: undefined, unsettled: why };
  const fresh = o.momentum > 0 ? 1 - o.dampening : 1;
  return { training: { learningRate: (o.learningRate * fresh) / (1 - o.momentum), batchSize, windowSteps } };
}

/** Says what a method of the stationary state of SGD assumes and an optimiser does not have; undefined where nothing is wrong. */
function unsettledBy(spec: OptimiserSpec): string | undefined {
  const { type, decoupled, weightDecay, schedule, clipNorm } = completeOptimiser(spec);
  if (type !== 'sgd')
    return `is built from the stationary state of SGD, which has one learning rate for all weights; ${type} divides each by the size of its gradients`;
  if (decoupled && weightDecay > 0)
    return 'is built from the stationary state of SGD on the loss that is measured; decoupled weight decay is part of no loss';
  if (schedule.type !== 'constant' || schedule.warmup)
    return 'is built from the stationary state of SGD at one learning rate; the optimiser has a schedule';
  if (Number.isFinite(clipNorm))
    return 'is built from the stationary state of SGD with the whole gradients of batches; the optimiser clips them';
  return undefined;
}
