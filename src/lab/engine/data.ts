/** The data of a session: packs of MNIST, a teacher set, or files that were dropped on the page. */
import type { Dataset } from '../../data/dataset.js';
import { datasetFromIdx, discoverIdx, type IdxParts, type NamedBytes } from '../../data/mnist.js';
import { limitTraining } from '../../data/subset.js';
import { type TeacherRequest, teacherSet } from '../../data/teacher.js';
import { check, InputError } from '../../numeric/errors.js';
import { randomKey } from '../../numeric/random.js';
import type { DroppedFile, LabBytes, LabData } from '../protocol.js';
import { datasetFromCsv } from './csv.js';
import { packsFor, unpackMnist } from './pack.js';

/** The teacher of `data.kind = teacher`: the one that a config of the command line has by default, drawn from the seed 1. */
export const TEACHER: Omit<TeacherRequest, 'train'> & { readonly seed: number } = {
  network: { widths: [20, 16, 4], activation: 'tanh', bias: false, loss: 'cross-entropy' },
  test: 500,
  labelNoise: 0,
  seed: 1,
};

/**
 * Returns the data of a session with the first `limit` training samples.
 * @throws InputError when bytes are missing or are not what they should be, and for a limit above the number of samples
 */
export async function datasetOf(data: LabData, bytes: LabBytes = {}): Promise<Dataset> {
  if (data.kind === 'teacher') {
    const { seed, ...request } = TEACHER;
    return teacherSet({ ...request, train: data.limit }, randomKey(seed).child('teacher-set')).dataset;
  }
  if (data.kind === 'mnist') {
    const needed = packsFor(data.limit);
    const packs = bytes.packs ?? [];
    check(
      packs.length >= needed,
      'no-data',
      () => `the first ${data.limit} images of MNIST lie in ${needed} files, and ${packs.length} of them were loaded.`,
    );
    return limited(unpackMnist(packs.slice(0, needed)), data.limit);
  }
  const files = bytes.files ?? [];
  check(
    files.length > 0,
    'no-data',
    `this link uses the file '${data.name ?? 'of somebody'}', which is not part of it; drop the file on the page.`,
  );
  return limited(await datasetFromFiles(files), data.limit);
}

const limited = (set: Dataset, limit: number): Dataset => (limit < set.train.count ? limitTraining(set, limit) : set);

/**
 * Reads files that were dropped: one CSV table, or IDX files with images and labels (named as those of MNIST, or told apart by
 * their dimensions where there are two), plain or gzipped.
 * @throws InputError that names the file and what is wrong with it
 */
async function datasetFromFiles(files: readonly DroppedFile[]): Promise<Dataset> {
  const named = files.map(({ name, bytes }): NamedBytes => ({ name, bytes: new Uint8Array(bytes) }));
  const [first] = named;
  if (named.length === 1 && !looksLikeIdx(first.bytes)) return datasetFromCsv(first.name, textOf(first));
  const parts = idxParts(named);
  const name = parts.trainImages.name.replace(/-?(train|t10k|test)?-?images.*$/, '') || 'idx';
  return datasetFromIdx(name, parts, {
    kind: 'idx',
    files: named.map((f) => ({ name: f.name, bytes: f.bytes.length })),
  });
}

/** Two zero bytes and a type, or a gzip wrapper. */
const looksLikeIdx = (b: Uint8Array) =>
  (b[0] === 0 && b[1] === 0 && b[2] >= 8 && b[2] <= 14) || (b[0] === 31 && b[1] === 139);

function idxParts(named: readonly NamedBytes[]): IdxParts<NamedBytes> {
  const other = named.find(({ bytes }) => !looksLikeIdx(bytes));
  check(
    other === undefined,
    'bad-file',
    () =>
      `${other!.name}: is neither an IDX file nor the only CSV file; drop one CSV table, or images and labels in IDX.`,
  );
  try {
    const found = discoverIdx(
      named.map((f) => f.name),
      'the files',
    );
    const of = (name: string) => named.find((f) => f.name === name)!;
    const { trainImages, trainLabels, testImages, testLabels } = found;
    return {
      trainImages: of(trainImages),
      trainLabels: of(trainLabels),
      ...(testImages && testLabels && { testImages: of(testImages), testLabels: of(testLabels) }),
    };
  } catch (error) {
    // two files of other names: the one with one dimension holds the labels
    const labels = named.filter(({ bytes }) => bytes[0] === 0 && bytes[3] === 1);
    if (!(error instanceof InputError) || named.length !== 2 || labels.length !== 1) throw error;
    return { trainImages: named.find((f) => f !== labels[0])!, trainLabels: labels[0] };
  }
}

function textOf({ name, bytes }: NamedBytes): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InputError(
      'bad-file',
      `${name}: is neither an IDX file nor a text; drop a CSV table, or images and labels in IDX.`,
    );
  }
}
