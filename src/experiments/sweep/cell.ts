/** A stub: trains and returns loss and error. */
import type { Dataset } from '../../data/dataset.js';
import { batchPlan } from '../../data/samplers.js';
import type { AnyNetwork } from '../../model/any-network.js';
import { countOf, initialOf } from '../../model/any-network.js';
import { DivergedError } from '../../numeric/errors.js';
import type { LinearAlgebra } from '../../numeric/linalg/index.js';
import { randomKey } from '../../numeric/random.js';
import { runLearner } from '../../runs/learner.js';
import type { AnyConfig } from '../../runs/schema.js';
import type { AxisValue, Measured, SweepCell, Until } from './measured.js';
import type { MeasureRequest } from './schema.js';

export interface CellRequest {
  readonly index: number;
  readonly point: Readonly<Record<string, AxisValue>>;
  readonly config: AnyConfig;
  readonly dataset: Dataset;
  readonly network: AnyNetwork;
  readonly measure: readonly MeasureRequest[];
  readonly until?: Until;
  readonly la: LinearAlgebra;
  readonly report: (what: string, share: number) => void;
}

export async function sweepCell({
  index,
  point,
  config,
  dataset,
  network,
  measure,
  until,
}: CellRequest): Promise<SweepCell> {
  const { training, seed } = config;
  const key = randomKey(seed);
  const plan = batchPlan({ count: dataset.train.count, ...training, key: key.child('batches') });
  const learner = runLearner(network, dataset.train, config, plan.batchesPerEpoch);
  learner.setWeights(initialOf(network, key.child('init')));
  const epochs = until && 'epochs' in until ? until.epochs : 1;
  let ended: SweepCell['ended'] = 'rule';
  let steps = 0;
  try {
    for (let e = 0; e < epochs; e++) {
      const { order } = plan.epoch(e);
      const whole = Math.floor(order.length / training.batchSize) * training.batchSize;
      learner.steps(order.subarray(0, whole), training.batchSize);
      steps += whole / training.batchSize;
    }
  } catch (error) {
    if (!(error instanceof DivergedError)) throw error;
    ended = 'diverged';
  }
  const { loss, errors } = learner.evaluate();
  const all: Record<string, Measured> = {
    loss: { value: loss, standardError: 0, n: dataset.train.count, method: 'mean', converged: true },
    error: {
      value: errors / dataset.train.count,
      standardError: 0,
      n: dataset.train.count,
      method: 'share',
      converged: true,
    },
  };
  return {
    format: 'thermograd sweep cell',
    index,
    point,
    seed,
    config: {
      eta: training.learningRate,
      B: training.batchSize,
      mu: training.momentum,
      N: dataset.train.count,
      parameters: countOf(network),
      network: 'x',
      optimiser: 'sgd',
      data: config.data.set,
      sampling: training.sampling,
      stepsPerEpoch: plan.batchesPerEpoch,
    },
    steps,
    epochs,
    ended,
    reason: '',
    measured: Object.fromEntries(measure.map(({ name }) => [name, all[name] ?? { why: 'stub' }])),
    seconds: 0,
  };
}
