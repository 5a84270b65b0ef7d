/**
 * CIFAR-10 in its binary form: data_batch_1.bin … data_batch_5.bin and test_batch.bin, each a sequence of records of one
 * byte for the class and 3072 bytes for the image, channel by channel (red, green, blue), each 32×32 row by row.
 */
import { check } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import type { Dataset, Samples } from './dataset.js';
import { NAMED_BYTES_WANTS, type NamedBytes } from './mnist.js';

/** Files with training samples, in their order. */
export const CIFAR_TRAIN = [1, 2, 3, 4, 5].map((k) => `data_batch_${k}.bin`);
/** File with test samples. */
export const CIFAR_TEST = 'test_batch.bin';
/** File with the names of the classes, one to a line; optional. */
export const CIFAR_NAMES = 'batches.meta.txt';

const CLASSES = 10;
/** Channels, height, width. */
const SHAPE = [3, 32, 32] as const;
const SIZE = 3 * 32 * 32;
const RECORD = 1 + SIZE;

/** Says what is read of a set in this form. */
export interface CifarFiles {
  /** In the order of the samples. */
  readonly train: readonly NamedBytes[];
  readonly test?: NamedBytes;
  /** Names of the classes. */
  readonly names?: NamedBytes;
}

/**
 * Builds a data set from files of CIFAR-10. Inputs are bytes, x = byte/255, of the shape [3, 32, 32].
 * @param provenance - kept in the data set, with the names of the classes where they are given
 * @throws InputError for a file that is cut short, empty or compressed, a class above 9 (with its record), and other than ten names
 */
export function datasetFromCifar(name: string, files: CifarFiles, provenance: Dataset['provenance']): Dataset {
  is.given(
    'datasetFromCifar',
    { name, files, provenance },
    {
      name: is.text,
      files: is.shape<CifarFiles>({
        train: is.listOf(NAMED_BYTES_WANTS),
        test: is.maybe(NAMED_BYTES_WANTS),
        names: is.maybe(NAMED_BYTES_WANTS),
      }),
      provenance: is.object,
    },
  );
  check(files.train.length > 0, 'cifar-missing', `${name}: there is no file of training samples.`);
  const names = files.names && classNames(files.names);
  return {
    name,
    classes: CLASSES,
    train: samplesOf(files.train),
    ...(files.test && { test: samplesOf([files.test]) }),
    shape: SHAPE,
    provenance: names ? { ...provenance, classNames: names } : provenance,
  };
}

/** Reads files of records one after the other. */
function samplesOf(files: readonly NamedBytes[]): Samples {
  const counts = files.map(recordsOf);
  const count = counts.reduce((sum, n) => sum + n, 0);
  const values = new Uint8Array(count * SIZE);
  const labels = new Uint8Array(count);
  let at = 0;
  files.forEach(({ name, bytes }, f) => {
    for (let r = 0; r < counts[f]; r++, at++) {
      const from = r * RECORD;
      check(
        bytes[from] < CLASSES,
        'cifar-label',
        () =>
          `${name}: the class of record ${r} is ${bytes[from]}, and CIFAR-10 has the classes 0 … ${CLASSES - 1}; the file is damaged, or of another set.`,
      );
      labels[at] = bytes[from];
      values.set(bytes.subarray(from + 1, from + RECORD), at * SIZE);
    }
  });
  return { count, size: SIZE, shape: SHAPE, values, divisor: 255, labels };
}

function recordsOf({ name, bytes }: NamedBytes): number {
  // the first byte of a record is a class of at most 9
  check(
    bytes[0] !== 0x1f || bytes[1] !== 0x8b,
    'cifar-compressed',
    `${name}: the file is compressed by gzip; unpack it, since the files of CIFAR-10 are read as they are.`,
  );
  const count = Math.floor(bytes.length / RECORD);
  check(
    bytes.length > 0 && bytes.length === count * RECORD,
    'cifar-truncated',
    () =>
      `${name}: its ${bytes.length} bytes are no whole number of records of ${RECORD} bytes (one for the class, ${SIZE} for the image); ${bytes.length === 0 ? 'the file is empty' : 'the file is cut short, or of another set'}.`,
  );
  return count;
}

function classNames({ name, bytes }: NamedBytes): string[] {
  const names = new TextDecoder()
    .decode(bytes)
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
  check(
    names.length === CLASSES,
    'cifar-names',
    `${name}: it should name the ${CLASSES} classes, one to a line, and has ${names.length} lines with text; leave the file out if they are not known.`,
  );
  return names;
}
