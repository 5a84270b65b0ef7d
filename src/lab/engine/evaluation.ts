/** Losses of whole sets at the end of an epoch, in blocks of samples, between which a worker can take messages. */
import type { Samples } from '../../data/dataset.js';
import { type AnyNetwork, asLayered, isLayered } from '../../model/any-network.js';
import { randomKey } from '../../numeric/random.js';
import { LayeredTrainer } from '../../train/layered-trainer.js';
import type { Curves } from '../../train/loop.js';
import type { EpochReport } from '../protocol.js';
import type { SessionLearner } from './learner.js';

/** Samples of a block. */
const BLOCK = 1024;
/** Most samples of each set for networks of convolutions, whose passes are some hundred times slower. */
const MOST_LAYERED = 2000;

/** What was found on one set; the loss is NaN where it has no samples. */
export interface SetLoss {
  readonly loss: number;
  readonly errors: number;
  readonly samples: number;
}

/** Evaluates the first samples of the training and the test set. */
export class Evaluation {
  private readonly tester: LayeredTrainer | undefined;
  private readonly counts: readonly [train: number, test: number];

  constructor(
    network: AnyNetwork,
    private readonly learner: SessionLearner,
    train: Samples,
    test: Samples | undefined,
  ) {
    const most = isLayered(network) ? MOST_LAYERED : Number.POSITIVE_INFINITY;
    this.counts = [Math.min(most, train.count), Math.min(most, test?.count ?? 0)];
    // steps are never taken with it; the key stands in where there is dropout, which is off in evaluation
    this.tester =
      test &&
      new LayeredTrainer({ spec: asLayered(network), samples: test, learningRate: 1, batchSize: 1, key: randomKey(0) });
  }

  /** Evaluates block after block; returns the training and the test set. Weights must not change before it is done. */
  *run(): Generator<void, readonly [train: SetLoss, test: SetLoss], void> {
    const [train, test] = this.counts;
    const own = yield* blocks(train, (subset) => this.learner.evaluate(subset));
    if (!this.tester) return [own, { loss: Number.NaN, errors: Number.NaN, samples: 0 }];
    const { tester } = this;
    tester.setWeights(this.learner.weights());
    return [own, yield* blocks(test, (subset) => tester.evaluate(subset))];
  }
}

function* blocks(count: number, evaluate: (subset: Uint32Array) => SetLoss): Generator<void, SetLoss, void> {
  let [sum, errors] = [0, 0];
  for (let first = 0; first < count; first += BLOCK) {
    const n = Math.min(BLOCK, count - first);
    const part = evaluate(Uint32Array.from({ length: n }, (_, k) => first + k));
    sum += part.loss * n;
    errors += part.errors;
    yield;
  }
  return { loss: sum / count, errors, samples: count };
}

/** Puts the report of an epoch together: what was seen while training, and what was found on whole sets. */
export function epochReport(
  { runningLoss, runningAccuracy, weightNorm }: Curves,
  { epoch, step }: { readonly epoch: number; readonly step: number },
  [train, test]: readonly [train: SetLoss, test: SetLoss],
): EpochReport {
  return {
    type: 'epoch',
    epoch,
    step,
    runningLoss: runningLoss[epoch - 1],
    runningAccuracy: runningAccuracy[epoch - 1],
    trainLoss: train.loss,
    trainErrors: train.errors,
    trainSamples: train.samples,
    testLoss: test.loss,
    testAccuracy: 1 - test.errors / test.samples,
    testSamples: test.samples,
    weightNorm: weightNorm[epoch - 1],
  };
}
