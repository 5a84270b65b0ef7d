/** A folder with the files of CIFAR-10. */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { CIFAR_NAMES, CIFAR_TEST, CIFAR_TRAIN, datasetFromCifar } from '../data/cifar.js';
import type { Dataset } from '../data/dataset.js';
import type { NamedBytes } from '../data/mnist.js';
import { check, InputError } from '../numeric/errors.js';
import { readWhole } from '../record/files.js';

const HELP = 'Give cifar10:DIR the folder with the files of the binary version of CIFAR-10.';

/**
 * Reads CIFAR-10 from a folder: five files of training samples, one of test samples, and the names of the classes where
 * they are there.
 * @throws InputError for a folder that cannot be read, missing files and damaged ones
 */
export async function cifarFromFolder(folder: string): Promise<Dataset> {
  const name = `cifar10:${basename(folder)}`;
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    throw new InputError('no-dataset-files', `${name}: cannot read the folder ${folder} (${cause.code}). ${HELP}`);
  });
  const missing = [...CIFAR_TRAIN, CIFAR_TEST].filter((file) => !names.includes(file));
  check(missing.length === 0, 'cifar-missing', () => {
    const pickled = names.includes('data_batch_1');
    const below = names.find((n) => /^cifar-10-batches-bin$/.test(n));
    return `${name}: there is no ${missing.join(', ')} in ${folder}. ${
      below
        ? `Give cifar10:${join(folder, below)}.`
        : pickled
          ? 'These are the files for Python; the binary version of the set is needed.'
          : HELP
    }`;
  });
  const record: { name: string; bytes: number; sha256: string }[] = [];
  const read = (file: string): NamedBytes => {
    const bytes = readWhole(join(folder, file));
    check(bytes !== undefined, 'no-dataset-files', `${name}: cannot read ${file} in ${folder}. ${HELP}`);
    record.push({ name: file, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
    return { name: file, bytes };
  };
  const files = {
    train: CIFAR_TRAIN.map(read),
    test: read(CIFAR_TEST),
    ...(names.includes(CIFAR_NAMES) && { names: read(CIFAR_NAMES) }),
  };
  return datasetFromCifar(name, files, { kind: 'cifar10', files: record });
}
