/** A whole surface from the few verbs that a model has; everything that is asked of it is checked, and the shape of every answer. */
import { check, InputError, RunError } from '../numeric/errors.js';
import { type Matrix, matrix } from '../numeric/linalg/index.js';
import * as is from '../numeric/wants.js';
import { parametersOf, wholeBlock } from './blocks.js';
import { madeVerbs, type SurfaceParts } from './made.js';
import {
  checkBlock,
  checkDense,
  checkGoing,
  checkLines,
  checkPoint,
  checkRows,
  checkSubset,
  namedError,
  numbersOf,
  oneAtATime,
  pause,
} from './requests.js';
import {
  type Offer,
  PARAMETER_WANTS,
  type RequestOptions,
  type Subset,
  type Surface,
  VERBS,
  type Verb,
} from './surface.js';

/** Says what a surface needs in order to offer a verb, for reports on what is missing. */
export const NEEDS: Readonly<Record<Verb, string>> = {
  losses: 'the loss at given weights',
  gradient: 'the loss or its gradient at given weights',
  hessianVectors: 'the loss or its gradient at given weights',
  sampleLosses: 'losses over parts of the samples',
  projectedSampleGradients: 'losses or gradients over parts of the samples',
  secondMoment: 'losses or gradients over parts of the samples',
  squaredNorms: 'losses or gradients over parts of the samples',
  fisher: 'losses or gradients over parts of the samples',
  logits:
    'a classifier whose loss is the cross-entropy of its outputs and labels, without weights of classes or smoothing',
  trueFisher:
    'the gradients of all outcomes with the probabilities of the model, as a classifier with the loss cross-entropy has them',
};
/** Verbs that are not made from others. */
const NEVER_MADE: readonly Verb[] = ['logits', 'trueFisher'];

const ofVerbs = (want: is.Want) => Object.fromEntries(VERBS.map((verb) => [verb, want])) as Record<Verb, is.Want>;

/** Says what {@link SurfaceParts} needs. */
const PARTS_WANTS = is.shape<SurfaceParts>({
  name: is.text,
  size: is.number,
  samples: is.number,
  precision: is.oneOf('float32', 'float64'),
  parameters: is.maybe(is.listOf(PARAMETER_WANTS)),
  offers: is.maybe(is.shape(ofVerbs(is.maybe(is.oneOf('exact', 'made', 'missing'))))),
  subsets: is.maybe(is.flag),
  close: is.maybe(is.func),
  scale: is.maybe(is.numbers),
  ...ofVerbs(is.maybe(is.func)),
});

/** Verbs that ask for single samples. */
const OF_SAMPLES: readonly Verb[] = [
  'sampleLosses',
  'projectedSampleGradients',
  'secondMoment',
  'squaredNorms',
  'fisher',
];

/**
 * Makes a whole surface of the verbs that a model has.
 * @throws InputError where there is neither a loss nor a gradient, and for sizes that do not agree
 */
export function completed(parts: SurfaceParts): Surface {
  is.given('completed', { parts }, { parts: PARTS_WANTS });
  const { name, size, samples, precision, subsets = true } = parts;
  check(Number.isInteger(size) && size >= 1, 'bad-size', () => `a surface has at least one weight; got ${size}.`);
  check(
    Number.isInteger(samples) && samples >= 1,
    'bad-count',
    () => `a surface has at least one sample; ${name} has ${samples}.`,
  );
  check(
    VERBS.some((verb) => ['losses', 'gradient', 'sampleLosses'].includes(verb) && parts[verb] !== undefined),
    'no-loss',
    `a surface needs losses, losses of samples or gradients; ${name} has none of them.`,
  );
  const parameters = parts.parameters ?? parametersOf([{ name: 'weights', shape: [size] }]);
  const named = parameters.reduce((sum, p) => sum + p.size, 0);
  check(
    named === size,
    'weight-count',
    () => `the parameters of ${name} have ${named} numbers together, and it has ${size} weights.`,
  );
  const split = subsets || samples === 1;
  const offers = Object.fromEntries(
    VERBS.map((verb) => {
      if (parts[verb]) return [verb, parts.offers?.[verb] ?? 'exact'];
      if (NEVER_MADE.includes(verb)) return [verb, 'missing'];
      const sources = split || parts.sampleLosses || (verb !== 'sampleLosses' && parts.projectedSampleGradients);
      return [verb, OF_SAMPLES.includes(verb) && !sources ? 'missing' : 'made'];
    }),
  ) as Record<Verb, Offer>;
  const verbs = madeVerbs(parts, wholeBlock(parameters));
  const countOf = (subset: Subset) => subset?.samples.length ?? samples;
  const inOrder = oneAtATime();
  let open = true;
  const ask = <T>(
    verb: Verb,
    [subset, options]: [Subset, RequestOptions | undefined],
    checks: () => void,
    answer: () => Promise<T>,
  ): Promise<T> =>
    inOrder(async () => {
      if (options?.signal) await pause();
      checkGoing(options);
      check(open, 'closed', `${name} was closed and answers no more requests.`);
      if (offers[verb] === 'missing')
        throw new InputError('not-offered', `${name} does not offer ${verb}: that needs ${NEEDS[verb]}.`);
      check(
        !subset || split,
        'no-subsets',
        `${name} cannot be asked over a part of its samples; leave the subset out.`,
      );
      checkSubset(parts, subset);
      checks();
      try {
        return await answer();
      } catch (error) {
        throw namedError(name, verb, error);
      }
    });
  const shaped = (what: string, given: Matrix, rows: number, cols: number) => {
    if (given?.rows !== rows || given.cols !== cols)
      throw new RunError(
        'model-answer',
        `${name} must give ${what} as ${rows}×${cols} numbers; got ${given?.rows}×${given?.cols}.`,
      );
    return matrix(rows, cols, numbersOf(name, what, given.data, rows * cols));
  };

  return {
    name,
    size,
    parameters,
    samples,
    precision,
    offers,
    ...(parts.scale && { scale: parts.scale }),
    losses: (w, lines, subset, options) =>
      ask(
        'losses',
        [subset, options],
        () => {
          checkPoint(parts, w);
          checkLines(parts, lines);
        },
        async () => {
          const answers = await verbs.losses(w, lines, subset, options);
          if (answers.length !== lines.length)
            throw new RunError(
              'model-answer',
              `${name} must give losses along ${lines.length} lines; got ${answers.length}.`,
            );
          return lines.map(({ displacements: { length } }, i) => {
            const { losses: own, standardErrors } = answers[i];
            const values = numbersOf(name, 'the losses along a line', own, length);
            return subset
              ? {
                  losses: values,
                  standardErrors: numbersOf(name, 'the errors of losses over a subset', standardErrors, length),
                }
              : { losses: values };
          });
        },
      ),
    gradient: (w, subset, options) =>
      ask(
        'gradient',
        [subset, options],
        () => checkPoint(parts, w),
        async () => {
          const answer = await verbs.gradient(w, subset, options);
          return { loss: answer.loss, gradient: numbersOf(name, 'the gradient', answer.gradient, size) };
        },
      ),
    hessianVectors: (w, block, v, subset, options) =>
      ask(
        'hessianVectors',
        [subset, options],
        () => {
          checkPoint(parts, w);
          checkRows(parts, block, v);
        },
        async () => {
          const answer = await verbs.hessianVectors(w, block, v, subset, options);
          return shaped('products with the Hessian', answer, v.rows, v.cols);
        },
      ),
    sampleLosses: (w, subset, options) =>
      ask(
        'sampleLosses',
        [subset, options],
        () => checkPoint(parts, w),
        async () =>
          numbersOf(name, 'the losses of samples', await verbs.sampleLosses(w, subset, options), countOf(subset)),
      ),
    projectedSampleGradients: (w, block, v, subset, options) =>
      ask(
        'projectedSampleGradients',
        [subset, options],
        () => {
          checkPoint(parts, w);
          checkRows(parts, block, v);
        },
        async () => {
          const answer = await verbs.projectedSampleGradients(w, block, v, subset, options);
          return shaped('projected gradients of samples', answer, countOf(subset), v.rows);
        },
      ),
    secondMoment: (w, block, subset, options) =>
      ask(
        'secondMoment',
        [subset, options],
        () => {
          checkPoint(parts, w);
          checkBlock(parts, block);
          checkDense(parts, block);
        },
        async () => {
          const answer = await verbs.secondMoment(w, block, subset, options);
          return shaped('the second moment', answer, block.size, block.size);
        },
      ),
    squaredNorms: (w, block, subset, options) =>
      ask(
        'squaredNorms',
        [subset, options],
        () => {
          checkPoint(parts, w);
          checkBlock(parts, block);
        },
        async () => {
          const answer = await verbs.squaredNorms(w, block, subset, options);
          return numbersOf(name, 'the squared norms of gradients', answer, countOf(subset));
        },
      ),
    fisher: (w, subset, options) =>
      ask(
        'fisher',
        [subset, options],
        () => checkPoint(parts, w),
        async () => {
          const answer = await verbs.fisher(w, subset, options);
          return numbersOf(name, 'the diagonal of the Fisher matrix', answer, size);
        },
      ),
    logits: (w, subset, options) =>
      ask(
        'logits',
        [subset, options],
        () => checkPoint(parts, w),
        async () => {
          const answer = await parts.logits!(w, subset, options);
          return shaped('the logits', answer, countOf(subset), answer?.cols);
        },
      ),
    trueFisher: (w, subset, options) =>
      ask(
        'trueFisher',
        [subset, options],
        () => checkPoint(parts, w),
        async () => {
          const answer = await parts.trueFisher!(w, subset, options);
          return numbersOf(name, 'the diagonal of the true Fisher matrix', answer, size);
        },
      ),
    close: () =>
      inOrder(async () => {
        if (open) await parts.close?.();
        open = false;
      }),
  };
}
