/** One short real run of a network of layers at another learning rate of its optimiser. */
import type { Samples } from '../data/dataset.js';
import type { LayeredSpec } from '../model/layered/spec.js';
import { randomKey } from '../numeric/random.js';
import { LayeredTrainer, type PackedSamples } from '../train/layered-trainer.js';
import { CONSTANT } from '../train/optimisers/schedule.js';
import type { OptimiserSpec } from '../train/optimisers/spec.js';
import { optimiserUpdate } from '../train/optimisers/update.js';
import { runAtRate, type VerifyRequest } from './advice-run.js';
import type { RunSeen } from './advice-verify.js';

/** Describes one run. */
export interface OptimiserVerifyRequest extends Omit<VerifyRequest, 'spec' | 'curved'> {
  readonly spec: LayeredSpec;
  readonly samples: Samples;
  /** The same samples in kernel memory, where several runs share them. */
  readonly packed?: PackedSamples;
  readonly optimiser: OptimiserSpec;
  /** Mean squared gradients at the start, corrected for their first steps; 0 by default, as if the optimiser began. */
  readonly squares?: Float32Array;
}

/** Steps after which the corrections of Adam are gone. */
const SETTLED = 2 ** 50;

/**
 * Makes one run at a constant rate, from a buffer of 0 and the given mean squared gradients. The top curvature at its end is not
 * measured.
 */
export function tryOptimiserRate(request: OptimiserVerifyRequest): RunSeen {
  const { spec, samples, packed = samples, weights, setting, learningRate, optimiser, squares, seed, run } = request;
  const update = optimiserUpdate({ ...optimiser, learningRate, schedule: CONSTANT });
  const key = randomKey(seed).child('dropout').child(run);
  const trainer = new LayeredTrainer({
    spec,
    samples: packed,
    learningRate,
    update,
    batchSize: setting.batchSize,
    key,
  });
  try {
    trainer.setWeights(weights);
    if (squares && update.states.includes('squares')) trainer.setStates({ ...trainer.states(), squares }, SETTLED);
    const { after: _, ...seen } = runAtRate(trainer, request);
    return seen;
  } finally {
    trainer.release();
  }
}
