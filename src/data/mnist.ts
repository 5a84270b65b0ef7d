/** MNIST and its relatives: a data set from four IDX files; published sets are checked against their known counts. */
import { check, InputError } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import type { Dataset, Samples } from './dataset.js';
import { classValues, idxSamples, labelColumn, parseIdx } from './idx.js';

/** Lists the parts of an IDX data set; `F` is a file name or the bytes of a file. */
export interface IdxParts<F> {
  readonly trainImages: F;
  readonly trainLabels: F;
  readonly testImages?: F;
  readonly testLabels?: F;
}

/** Holds a file in memory. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Says what a {@link NamedBytes} needs. */
export const NAMED_BYTES_WANTS = is.shape<NamedBytes>({ name: is.text, bytes: is.bytes });

/** Says what an {@link IdxParts} needs. */
export const IDX_PARTS_WANTS = is.shape<IdxParts<unknown>>({
  trainImages: NAMED_BYTES_WANTS,
  trainLabels: NAMED_BYTES_WANTS,
  testImages: is.maybe(NAMED_BYTES_WANTS),
  testLabels: is.maybe(NAMED_BYTES_WANTS),
});

/** Says how many inputs and how many samples of each class a published set has. */
export interface KnownCounts {
  readonly name: string;
  readonly size: number;
  readonly train: readonly number[];
  readonly test: readonly number[];
}

/** The counts of MNIST. */
export const MNIST: KnownCounts = {
  name: 'mnist',
  size: 28 * 28,
  train: [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
  test: [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
};

/** The counts of Fashion-MNIST. */
export const FASHION_MNIST: KnownCounts = {
  name: 'fashion-mnist',
  size: 28 * 28,
  train: Array(10).fill(6000),
  test: Array(10).fill(1000),
};

const NAME = /^(?:(.+)-)?(train|t10k|test)-(images|labels)[-.]idx\d-(?:ubyte|byte|short|int|float|double)(\.gz)?$/;

/**
 * Finds a data set among the names of a folder: `train-images-idx3-ubyte`, `train-images.idx3-ubyte`, `t10k-…` or
 * `test-…`, with or without `.gz` (plain is preferred) and with a common prefix (`emnist-letters-…`). The test set is
 * optional.
 * @throws InputError when a file is missing, there are two for one part, or several sets share the folder
 */
export function discoverIdx(names: readonly string[], folder: string): IdxParts<string> {
  const found = new Map<string, string>();
  const prefixes = new Set<string>();
  const twice: (readonly [string, string, string])[] = [];
  for (const name of [...names].sort()) {
    const match = NAME.exec(name);
    if (!match) continue;
    prefixes.add(match[1] ?? '');
    const part = `${match[2] === 'train' ? 'train' : 'test'}-${match[3]}`;
    const other = found.get(part); // sorted: the plain name comes before its .gz
    if (other === undefined) found.set(part, name);
    else if (name !== `${other}.gz`) twice.push([other, name, part]);
  }
  check(
    prefixes.size <= 1,
    'idx-ambiguous',
    () => `${folder}: holds ${prefixes.size} IDX sets (${[...prefixes].sort().join(', ')}); give each its own folder.`,
  );
  check(
    twice.length === 0,
    'idx-ambiguous',
    () =>
      `${folder}: holds ${twice[0][0]} and ${twice[0][1]}, both of which could be the ${twice[0][2]}; leave one of them there.`,
  );
  const need = (part: string) => {
    const name = found.get(part);
    check(
      name !== undefined,
      'idx-missing',
      `${folder}: no ${part} file; expected ${part.replace('test', 't10k')}-idx${part.endsWith('images') ? 3 : 1}-ubyte, plain or .gz.`,
    );
    return name;
  };
  const train = { trainImages: need('train-images'), trainLabels: need('train-labels') };
  if (!found.has('test-images') && !found.has('test-labels')) return train;
  return { ...train, testImages: need('test-images'), testLabels: need('test-labels') };
}

/**
 * Builds a data set from IDX files. The classes are those of `known`, or follow from the training labels (`classValues`);
 * labels that do not begin at 0 are renumbered, and the provenance says from which.
 * @param provenance - kept in the data set unchanged
 * @throws InputError from the parser, or when the set is not the one that `known` describes
 */
export async function datasetFromIdx(
  name: string,
  files: IdxParts<NamedBytes>,
  provenance: Dataset['provenance'],
  known?: KnownCounts,
): Promise<Dataset> {
  is.given(
    'datasetFromIdx',
    { name, files, provenance, known },
    { name: is.text, files: IDX_PARTS_WANTS, provenance: is.object, known: is.maybe(is.object) },
  );
  let values = known?.train.map((_, k) => k);
  let shape: readonly number[] | undefined;
  const read = async (images: NamedBytes, labels: NamedBytes) => {
    const [x, y] = [await parseIdx(images.bytes, images.name), await parseIdx(labels.bytes, labels.name)];
    shape ??= x.dims.slice(1);
    values ??= classValues(labelColumn(y, labels.name), labels.name);
    return idxSamples(x, y, `${images.name} with ${labels.name}`, values);
  };
  const train = await read(files.trainImages, files.trainLabels);
  const classes = values!.length;
  const renumbered = values!.some((value, k) => value !== k);
  const { testImages, testLabels } = files;
  check(
    (testImages === undefined) === (testLabels === undefined),
    'idx-missing',
    `${name}: a test set needs both images and labels.`,
  );
  const test = testImages && testLabels && (await read(testImages, testLabels));
  if (test && test.size !== train.size) {
    throw new InputError('idx-images', `${name}: test inputs have ${test.size} values, training inputs ${train.size}.`);
  }
  if (known) {
    checkCounts(train, known.train, known, 'training');
    check(test !== undefined, 'idx-missing', `${name}: the test set is missing.`);
    checkCounts(test, known.test, known, 'test');
  }
  return {
    name,
    classes,
    train,
    ...(test && { test }),
    ...(shape && { shape }),
    ...(renumbered && { classValues: values! }),
    provenance: renumbered ? { ...provenance, labels: values! } : provenance,
  };
}

/** Counts the samples of each class. */
function labelHistogram(labels: Uint8Array, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]++;
  return counts;
}

function checkCounts(samples: Samples, expected: readonly number[], known: KnownCounts, part: string): void {
  const total = expected.reduce((a, b) => a + b, 0);
  check(
    samples.count === total && samples.size === known.size,
    'not-the-known-set',
    () =>
      `${known.name} has ${total} ${part} samples of ${known.size} inputs; these files hold ${samples.count} of ${samples.size}. ` +
      `Use idx:DIR for another set.`,
  );
  const counts = labelHistogram(samples.labels!, expected.length);
  check(
    counts.every((n, c) => n === expected[c]),
    'not-the-known-set',
    () =>
      `${known.name} has ${part} label counts ${expected.join(', ')}; these files have ${counts.join(', ')}. ` +
      `The files are damaged or another set (idx:DIR reads any).`,
  );
}
