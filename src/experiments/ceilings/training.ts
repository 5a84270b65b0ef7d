/** The training of a state, with the initial weights and batches of `reproduce ivf2021` for its seed. */
import type { Samples } from '../../data/dataset.js';
import { oneHot } from '../../data/one-hot.js';
import { batchPlan } from '../../data/samplers.js';
import { firstSamples } from '../../data/subset.js';
import { DivergedError, RunError } from '../../numeric/errors.js';
import { randomKey } from '../../numeric/random.js';
import { completeConfig } from '../../runs/config.js';
import type { Config, PartialConfig } from '../../runs/schema.js';
import { trainToRule } from '../../runs/train-to-rule.js';
import { STEPS_PER_CALL } from '../../train/trainer.js';
import type { StateSpec } from './config.js';

/** Holds a trained network. */
interface Trained {
  readonly weights: Float32Array;
  readonly epochs: number;
  readonly steps: number;
  readonly loss: number;
  readonly errors: number;
}

/** Epochs after the first one without a training error: the window of `reproduce ivf2021`. */
const AFTER = 10;

/** Returns the samples of a state; for the squared error the labels become targets 0 and 1, one output for each class. */
export function samplesOf({ samples: count, network }: StateSpec, train: Samples): Samples {
  const part = firstSamples(train, count);
  return network.loss === 'cross-entropy' ? part : oneHot(part, network.widths[network.widths.length - 1]);
}

/** Returns the config of a state: that of the study with the state's network and training. */
export function configOf(base: Config, spec: StateSpec): Config {
  const { age, learningRate, batchSize, momentum, network } = spec;
  const fitted = age === 'fitted';
  return completeConfig(base as PartialConfig, {
    network: { ...network, widths: [...network.widths] },
    training: {
      learningRate,
      batchSize,
      momentum,
      stop: fitted ? { rule: 'zero-training-error' } : { rule: 'epochs', epochs: age },
      maxEpochs: fitted ? 300 : age + 100,
      evaluateEvery: fitted ? 1 : age + 100,
    },
    record: { layer: `layer${network.widths.length - 1}` },
  });
}

/** Trains a state; returns the reason in words where training diverged, or where all units became inactive. */
export async function trainState(
  base: Config,
  spec: StateSpec,
  samples: Samples,
  report: (note: string) => void,
): Promise<Trained | string> {
  const config = configOf(base, spec);
  try {
    const { learner, cursor } = (await trainToRule(config, spec.seed, { train: samples }, report, async () => false))!;
    let { epoch: epochs, step: steps } = cursor;
    if (spec.age === 'fitted') {
      const { training } = config;
      const key = randomKey(spec.seed).child('batches');
      const plan = batchPlan({ count: samples.count, ...training, key });
      for (let e = 0; e < AFTER; e++, epochs++) {
        const { order } = plan.epoch(epochs);
        const size = training.batchSize;
        for (let b = 0; b < plan.batchesPerEpoch; b += STEPS_PER_CALL) {
          const end = Math.min(b + STEPS_PER_CALL, plan.batchesPerEpoch);
          learner.steps(order.subarray(b * size, end * size), size);
        }
        steps += plan.batchesPerEpoch;
        report(`epoch ${epochs}`);
      }
    }
    const { loss, errors } = learner.evaluate();
    return { weights: learner.weights(), epochs, steps, loss, errors };
  } catch (error) {
    if (error instanceof DivergedError) return `training diverged (minibatch loss ${error.loss})`;
    if (error instanceof RunError) return error.message.split(':')[0];
    throw error;
  }
}
