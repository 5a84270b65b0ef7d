/**
 * What a person knows of their weights, their loss and their number of misclassified samples, against what they give here.
 * A network that is read with another activation, other inputs or another order of layers computes something else without
 * any other sign.
 */
import type { Samples } from '../data/dataset.js';
import { type AnyNetwork, endsOf } from '../model/any-network.js';
import { check } from '../numeric/errors.js';
import { evaluator } from '../train/evaluator.js';
import { constantLoss } from './constant-loss.js';

/** Holds a number that is expected, and by how much it may differ. */
export interface Expectation {
  readonly value: number;
  readonly within: number;
  /** Whether both are shares of the samples; counts otherwise. */
  readonly share?: boolean;
}

/** Holds what is expected of a state on the training samples. */
export interface ExpectedState {
  readonly loss?: Expectation;
  readonly errors?: Expectation;
}

/** Holds what a state gives on the training samples. */
export interface JudgedState {
  readonly loss: number;
  /** Misclassified samples; NaN without classes. */
  readonly errors: number;
  readonly samples: number;
  /** Why the weights are probably not read as they were trained; empty where nothing suggests it. */
  readonly doubts: readonly string[];
}

const CAUSE =
  'the usual cause is an activation, or a normalisation of the inputs, that differs from training (network.activation, data.normalize), or another order of the layers (layers)';

/**
 * Returns the loss that predictions of this accuracy have when they are as sure as they are right and their errors are
 * spread over all classes: −(1−e) ln(1−e) − e ln(e/(K−1)), nat, with e = (errors + 1)/(samples + 2).
 */
export function suggestedLoss(errors: number, samples: number, classes: number): number {
  const e = Math.min((errors + 1) / (samples + 2), (classes - 1) / classes);
  return -(1 - e) * Math.log(1 - e) - e * Math.log(e / (classes - 1));
}

/** A loss is far above what the errors suggest above so many times that, plus so many nat. */
const FAR = { factor: 2, offset: 0.1 };

/** Share of misclassified training samples above which a network is worth a question. */
const MANY = 0.1;

/** Says in sentences why a state is probably not what was trained; a trained network is better than a constant answer. */
export function doubtsOf(loss: number, errors: number, samples: Samples, classes: number): string[] {
  const constant = constantLoss(samples);
  if (loss > constant)
    return [
      `the loss ${show(loss)} is above ${show(constant)}, that of the best constant answer: ${CAUSE}; --expect-loss and --expect-error refuse weights that are not those you know`,
    ];
  if (Number.isNaN(errors) || classes < 2) return [];
  const suggested = suggestedLoss(errors, samples.count, classes);
  if (!(loss > FAR.factor * suggested + FAR.offset))
    return errors > MANY * samples.count
      ? [
          `the weights misclassify ${show((100 * errors) / samples.count)} % of the samples that they are said to be trained on; if training ended with fewer, ${CAUSE}; --expect-error refuses weights that are not those you know`,
        ]
      : [];
  return [
    `the loss ${show(loss)} is far above what ${errors} misclassified of ${samples.count} samples suggest (about ${show(suggested)}): ${CAUSE}; --expect-loss and --expect-error refuse weights that are not those you know`,
  ];
}

/**
 * Computes loss and misclassified samples of weights on all training samples. Costs one pass forward.
 * @param doubt - whether weights from elsewhere are judged
 * @throws InputError when they differ from what is expected by more than its tolerance
 */
export function judgeWeights(
  network: AnyNetwork,
  weights: Float32Array,
  samples: Samples,
  { loss: wanted, errors: count }: ExpectedState,
  doubt: boolean,
): JudgedState {
  const judge = evaluator(network, samples);
  judge.setWeights(weights);
  const { loss, errors } = judge.evaluate();
  const { outputs: classes } = endsOf(network);
  const judged = Number.isNaN(errors) ? '' : ` with ${errors} of ${samples.count} samples misclassified`;
  check(
    wanted === undefined || Math.abs(loss - wanted.value) <= wanted.within,
    'not-expected',
    () =>
      `--expect-loss asks for a loss of ${wanted!.value} ± ${show(wanted!.within)}, and the weights give ${show(loss, 5)}${judged}: ${CAUSE}.`,
  );
  check(
    count === undefined || !Number.isNaN(errors),
    'not-expected',
    '--expect-error counts misclassified samples, which squared error does not have; give --expect-loss.',
  );
  const scale = count?.share ? 1 / samples.count : 1;
  const unit = (x: number) => (count!.share ? `${show(100 * x)} %` : `${show(x)}`);
  check(
    count === undefined || Math.abs(errors * scale - count.value) <= count.within + 1e-12,
    'not-expected',
    () =>
      `--expect-error asks for ${unit(count!.value)} ± ${unit(count!.within)} misclassified, and the weights misclassify ${errors} of ${samples.count} samples (${show((100 * errors) / samples.count)} %) with a loss of ${show(loss)}: ${CAUSE}.`,
  );
  return { loss, errors, samples: samples.count, doubts: doubt ? doubtsOf(loss, errors, samples, classes) : [] };
}

/** Says what a state gives, in one sentence. */
export function judgedWords({ loss, errors, samples }: JudgedState): string {
  const wrong = Number.isNaN(errors) ? '' : `, ${errors} misclassified (${show((100 * errors) / samples)} %)`;
  return `loss ${show(loss, 5)}${wrong} over ${samples} training samples`;
}

const show = (x: number, digits = 3) => `${Number(x.toPrecision(digits))}`;
