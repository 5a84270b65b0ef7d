/** Samples as a user has them: a data set, its training part, or arrays of inputs with labels or targets. */
import type { Dataset, Samples } from '../data/dataset.js';
import { SAMPLES_WANTS } from '../data/dataset.js';
import { check, kindOf } from '../numeric/errors.js';
import { asMatrix } from '../numeric/given.js';
import type { Matrix } from '../numeric/linalg/index.js';
import * as is from '../numeric/wants.js';

/** Rows of numbers: an array of arrays, or a matrix. */
export type Rows = readonly ArrayLike<number>[] | Matrix;

/** Holds inputs, a row for each sample, with the class (0, 1, …) or the wanted outputs of each. */
export interface Arrays {
  readonly inputs: Rows;
  readonly labels?: ArrayLike<number>;
  readonly targets?: Rows;
}

/** What `at` takes as samples: samples, a data set (its training part is meant), or arrays. */
export type SamplesLike = Samples | Dataset | Arrays;

const ARRAYS_WANTS = is.shape<Arrays>({
  inputs: is.matrixOrRows,
  labels: is.maybe(is.numbers),
  targets: is.maybe(is.matrixOrRows),
});

/**
 * Returns samples from what a user has.
 * @param call - the function that was called, for messages
 * @throws InputError for anything else, for labels that are no whole numbers from 0 to 255, and for other counts than there are inputs
 */
export function samplesOf(call: string, given: SamplesLike): Samples {
  const value = given as Partial<Samples & Dataset & Arrays> | null | undefined;
  if (value?.train !== undefined) return samplesOf(call, value.train);
  if (value?.inputs !== undefined) return fromArrays(call, given as Arrays);
  check(
    SAMPLES_WANTS(given, 'samples') === undefined,
    'wrong-argument',
    () =>
      `${call}: samples must be a data set, its train or test part, or {inputs, labels} with a row of inputs for each sample; got ${kindOf(given)}.`,
  );
  return given as Samples;
}

function fromArrays(call: string, samples: Arrays): Samples {
  is.given(call, { samples }, { samples: ARRAYS_WANTS });
  const { labels, targets } = samples;
  const { rows: count, cols: size, data } = asMatrix(samples.inputs as Matrix, 'samples.inputs');
  check(
    (labels === undefined) !== (targets === undefined),
    'wrong-argument',
    `${call}: samples need either labels (classes) or targets (numbers) beside their inputs.`,
  );
  const common = { count, size, values: Float32Array.from(data), divisor: 1 };
  if (labels !== undefined) {
    checkCount(call, 'labels', labels.length, count);
    const wrong = Array.from(labels).findIndex((c) => !(Number.isInteger(c) && c >= 0 && c < 256));
    check(
      wrong < 0,
      'wrong-argument',
      () => `${call}: labels are whole numbers from 0 to 255; the one of sample ${wrong} is ${labels[wrong]}.`,
    );
    return { ...common, labels: Uint8Array.from(labels) };
  }
  const wanted = asMatrix(targets as Matrix, 'samples.targets');
  checkCount(call, 'targets', wanted.rows, count);
  return { ...common, targets: Float32Array.from(wanted.data) };
}

function checkCount(call: string, what: string, got: number, count: number): void {
  check(got === count, 'wrong-argument', () => `${call}: ${count} rows of inputs need as many ${what}; got ${got}.`);
}
