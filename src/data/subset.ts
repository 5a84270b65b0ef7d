/** Parts of a data set: the first samples, some of the classes. */
import { check } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import { DATASET_WANTS, type Dataset, type Samples } from './dataset.js';

/**
 * Keeps the first `limit` training samples, in shared memory. The test set does not change.
 * @throws InputError unless `limit` is an integer from 1 to the number of training samples
 */
export function limitTraining(dataset: Dataset, limit: number): Dataset {
  is.given('limitTraining', { dataset, limit }, { dataset: DATASET_WANTS, limit: is.count });
  const { train } = dataset;
  check(
    Number.isInteger(limit) && limit >= 1 && limit <= train.count,
    'bad-limit',
    () => `${dataset.name}: limit must be an integer from 1 to the ${train.count} training samples; got ${limit}.`,
  );
  return { ...dataset, train: firstSamples(train, limit), provenance: { ...dataset.provenance, limit } };
}

/** Returns the first `most` samples, or all where there are no more, in shared memory. */
export function firstSamples(samples: Samples, most: number): Samples {
  const count = Math.min(most, samples.count);
  const outputs = samples.targets ? samples.targets.length / samples.count : 0;
  return {
    ...samples,
    count,
    values: samples.values.subarray(0, count * samples.size),
    ...(samples.labels && { labels: samples.labels.subarray(0, count) }),
    ...(samples.targets && { targets: samples.targets.subarray(0, count * outputs) }),
  };
}

/**
 * Keeps the training and test samples of some classes, named by their labels in the files, relabelled 0, 1, … in the order given (docs/theory [C3]). Copies
 * the inputs kept.
 * @throws InputError when a class is given twice or does not exist, when there are none, and for a set with targets
 */
export function selectClasses(whole: Dataset, labels: readonly number[]): Dataset {
  is.given('selectClasses', { whole, labels }, { whole: DATASET_WANTS, labels: is.numbers });
  const { classValues, ...dataset } = whole;
  const classes = classValues ? labels.map((label) => classValues.indexOf(label)) : labels;
  const list = labels.join(', ');
  check(
    labels.length >= 1 && new Set(labels).size === labels.length,
    'bad-classes',
    () => `${dataset.name}: the class list must name at least one class, and none twice; got [${list}].`,
  );
  check(
    classes.every((c) => Number.isInteger(c) && c >= 0 && c < dataset.classes) && dataset.train.labels !== undefined,
    'bad-classes',
    () =>
      dataset.train.labels
        ? `${dataset.name}: has classes ${classValues?.join(', ') ?? `0 … ${dataset.classes - 1}`}; got [${list}].`
        : `${dataset.name}: has targets and no classes to select from.`,
  );
  const { test } = dataset;
  return {
    ...dataset,
    classes: classes.length,
    train: keepClasses(dataset.name, dataset.train, classes),
    ...(test && { test: keepClasses(dataset.name, test, classes) }),
    provenance: { ...dataset.provenance, classes: [...labels] },
  };
}

/**
 * Lists the numbers of the samples of some classes, ascending.
 * @throws InputError when there are none
 */
export function numbersOfClasses(name: string, { labels }: Samples, classes: readonly number[]): number[] {
  const wanted = new Set(classes);
  const kept: number[] = [];
  labels!.forEach((label, n) => {
    if (wanted.has(label)) kept.push(n);
  });
  check(kept.length > 0, 'bad-classes', () => `${name}: no sample has one of the classes [${classes.join(', ')}].`);
  return kept;
}

function keepClasses(name: string, samples: Samples, classes: readonly number[]): Samples {
  const { size, labels } = samples;
  const kept = numbersOfClasses(name, samples, classes);
  const values =
    samples.values instanceof Uint8Array ? new Uint8Array(kept.length * size) : new Float32Array(kept.length * size);
  kept.forEach((n, i) => {
    values.set(samples.values.subarray(n * size, (n + 1) * size), i * size);
  });
  return { ...samples, count: kept.length, values, labels: Uint8Array.from(kept, (n) => classes.indexOf(labels![n])) };
}
