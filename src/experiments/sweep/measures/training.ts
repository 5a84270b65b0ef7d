/** What training itself says: loss and error at the end, the time to a level, divergence, and the size of the weights. */
import { z } from 'zod';
import type { Samples } from '../../../data/dataset.js';
import { estimate, exactly } from '../../../numeric/estimate.js';
import { dot } from '../../../numeric/operators/lanczos.js';
import { evaluationOf } from '../../../runs/learner.js';
import { surfaceBlock } from '../../../runs/surface.js';
import { gather } from '../../../surface/blocks.js';
import type { Measured } from '../measured.js';
import type { Bench } from './bench.js';
import { measureKind } from './measure.js';

const NO_OPTIONS = z.strictObject({});

type Tested = ReturnType<ReturnType<typeof evaluationOf>>;

/** Loss and error over the test set, evaluated once for both. */
const tested = new WeakMap<Bench, Tested>();
/** The last evaluation of this thread: cells of one network share the packed test samples. Rate and batch size change nothing in it. */
let last:
  | { readonly test: Samples; readonly network: string; readonly evaluate: ReturnType<typeof evaluationOf> }
  | undefined;

function testOf(bench: Bench): Tested | undefined {
  const { test } = bench.request.dataset;
  if (!test || test.count === 0) return undefined;
  let found = tested.get(bench);
  if (!found) {
    const network = JSON.stringify(bench.network);
    if (last?.test !== test || last.network !== network) {
      const training = { ...bench.config.training, learningRate: 1, batchSize: 1 };
      last = { test, network, evaluate: evaluationOf(bench.network, test, { ...bench.config, training }) };
    }
    found = last.evaluate(bench.trained.weights);
    tested.set(bench, found);
  }
  return found;
}

const NO_TEST = { why: 'the data set has no test samples.' };

export const loss = measureKind({
  name: 'loss',
  what: 'mean loss over all training samples, and over all test samples, at the end of training',
  columns: { loss: 'training loss, nat', 'test-loss': 'test loss, nat' },
  options: NO_OPTIONS,
  measure(bench) {
    const { end } = bench.trained;
    const test = testOf(bench);
    return {
      loss: exactly(end.loss, 'mean over all training samples', bench.train.count),
      'test-loss': test ? exactly(test.loss, 'mean over all test samples', test.samples) : NO_TEST,
    };
  },
});

export const error = measureKind({
  name: 'error',
  what: 'share of misclassified samples at the end of training',
  columns: { error: 'share of misclassified training samples', 'test-error': 'share of misclassified test samples' },
  options: NO_OPTIONS,
  measure(bench) {
    if (bench.network.loss !== 'cross-entropy') {
      const why = 'squared error counts no misclassified samples.';
      return { error: { why }, 'test-error': { why } };
    }
    const { count } = bench.train;
    const test = testOf(bench);
    const share = (errors: number, n: number, which: string): Measured => {
      const p = errors / n;
      return estimate(
        p,
        Math.sqrt((p * (1 - p)) / n),
        n,
        `share of all ${which} samples; error of a binomial share`,
        true,
      );
    };
    return {
      error: exactly(bench.trained.end.errors / count, 'share of all training samples', count),
      'test-error': test ? share(test.errors, test.samples, 'test') : NO_TEST,
    };
  },
});

export const time = measureKind({
  name: 'time',
  what: 'steps and epochs until the loss over all training samples is at most a level; linear in its logarithm between two looks, one after each epoch',
  columns: { 'steps-to-loss': 'steps to the level', 'epochs-to-loss': 'epochs to the level' },
  options: z.strictObject({
    loss: z.number().positive().optional().describe('The loss that has to be reached; that of `until` by default.'),
  }),
  afterDivergence: true,
  measure(bench, { loss: level }) {
    const { looks, plan, reason } = bench.trained;
    const none = (why: string) => ({ 'steps-to-loss': { why }, 'epochs-to-loss': { why } });
    if (level === undefined) return none('no level: give {name: time, loss: …}, or a loss in `until`.');
    const k = looks.findIndex((look) => look.loss <= level);
    if (k < 0) return none(`the loss did not come down to ${level}: ${reason}.`);
    const [a, b] = [looks[Math.max(0, k - 1)], looks[k]];
    const share = k === 0 ? 1 : Math.log(a.loss / level) / Math.log(a.loss / b.loss);
    const steps = a.step + (b.step - a.step) * share;
    const method = `between the looks at steps ${a.step} and ${b.step}; error of a place between them`;
    const told = (value: number, gap: number) => ({
      ...estimate(value, gap / Math.sqrt(12), k, method, true),
      kind: 'numerical' as const,
    });
    return {
      'steps-to-loss': told(steps, b.step - a.step),
      'epochs-to-loss': told(steps / plan.batchesPerEpoch, (b.step - a.step) / plan.batchesPerEpoch),
    };
  },
});

const WORDS = {
  'not-finite': 'a minibatch loss was not finite or above 1e30',
  above: 'the mean minibatch loss of a stretch, or the training loss at the end, was too large',
  still: 'no weight moved any more',
  forgotten: 'everything was forgotten at the end',
} as const;

export const divergence = measureKind({
  name: 'divergence',
  what: '1 where training diverged, 0 where it did not: a minibatch loss not finite, the mean over a stretch of steps above `factor` times the loss at the start, no weight moving any more, or, after a rise, the loss of a constant output at the end (docs/rules/sweep.md)',
  columns: {
    divergence: '1 where training diverged, else 0',
    'divergence-step': 'the step after which the rule was met',
    peak: 'largest mean minibatch loss of a stretch of steps, in units of the loss at the start',
  },
  options: z.strictObject({
    factor: z.number().gt(1).default(10).describe('The multiple of the training loss at the start.'),
  }),
  afterDivergence: true,
  measure({ trained: { divergence: seen, steps } }) {
    const { by, step, peak, peakStep, stretch, start, factor } = seen;
    const rule = `limit ${factor} times the loss at the start, ${start.toPrecision(4)}, over stretches of ${stretch} steps`;
    return {
      divergence: exactly(
        by ? 1 : 0,
        by ? `${WORDS[by]}; ${rule}` : `no part of the rule was met in ${steps} steps; ${rule}`,
      ),
      'divergence-step': by ? exactly(step!, WORDS[by]) : { why: 'training did not diverge.' },
      peak: Number.isFinite(peak)
        ? exactly(
            peak / start,
            `mean over the ${stretch} steps up to step ${peakStep}, over the loss at the start`,
            stretch,
          )
        : { why: `training ended before a stretch of ${stretch} steps was complete.` },
    };
  },
});

export const norm = measureKind({
  name: 'norm',
  what: '|w|, the Euclidean norm of all weights at the end of training; parts: of each layer without biases',
  columns: { norm: '|w|' },
  options: NO_OPTIONS,
  measure(bench) {
    const of = (v: Float64Array) => exactly(Math.sqrt(dot(v, v)), 'of the weights at the end of training', v.length);
    return {
      norm: {
        ...of(bench.w),
        parts: Object.fromEntries(bench.layers.map((l) => [l.name, of(gather(surfaceBlock(l), bench.w))])),
      },
    };
  },
});
