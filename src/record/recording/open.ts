/**
 * Recordings made elsewhere: a T×P table of weights in whatever files hold it, and what those files say of the training.
 * This is the one interface of all sources; which of them is opened is decided by what lies at the path.
 */
import { check, InputError } from '../../numeric/errors.js';
import { fileBytes, namesIn, readPiece } from '../files.js';
import { namePattern } from './names.js';
import { openNpy } from './npy-table.js';
import { type ArraysAre, openNpz } from './npz-table.js';
import { isRecorderFolder, openRecorder } from './recorder-table.js';
import type { Parameter, Rows, Table, TrainingFacts } from './table.js';
import { shapeWords, someOf } from './table.js';
import { openTensorFolder, openTensors } from './tensors-table.js';
import { openZarr, zarrNode } from './zarr-table.js';

/** Says which part of a recording is read, and what its files do not say. */
export interface RecordingOptions {
  /** Patterns of parameter names, as of a shell; default all. */
  readonly params?: readonly string[];
  /** The steps from `from` (inclusive) to `to` (exclusive); either may be absent. */
  readonly steps?: { readonly from?: number; readonly to?: number };
  /** Steps of training between rows, where the files do not say it; default 1. */
  readonly every?: number;
  /** What the arrays of an .npz are, where that is open. */
  readonly arrays?: ArraysAre;
  /** What the user knows of the training; it overrides nothing that the files say otherwise. */
  readonly facts?: TrainingFacts;
  /** Bytes that the source may keep in memory; default 4 GiB. */
  readonly memory?: number;
}

/** Holds an open recording: a `RowSource` for the analysis, with what is known of its rows. */
export interface Recording {
  readonly format: string;
  readonly type: 'float32' | 'float64';
  readonly T: number;
  readonly P: number;
  readonly parameters: readonly Parameter[];
  /** The step of training of each row; with `every` between them. */
  readonly step: Float64Array;
  readonly every: number;
  /** Where the steps are from: the files, the user, or nobody (then rows are counted). */
  readonly stepsFrom: 'files' | 'user' | 'rows';
  readonly loss: Float64Array | undefined;
  readonly facts: TrainingFacts;
  readonly notes: readonly string[];
  /** Bytes that the source keeps, and those of the block of rows that it reads at once. */
  readonly bytes: number;
  chunks(): AsyncGenerator<Rows>;
}

/**
 * Opens a recording.
 * @throws InputError when there is none at the path, when it is damaged, irregular or open to two readings, and when the
 * options name nothing in it
 */
export async function openRecording(path: string, options: RecordingOptions = {}): Promise<Recording> {
  return select(await tableAt(path.replace(/(.)\/+$/, '$1'), options), path, options);
}

const MEMORY = 2 ** 32;

/** Chooses the source. */
async function tableAt(path: string, { arrays, memory = MEMORY }: RecordingOptions): Promise<Table> {
  const name = (path.split(/[/\\]/).at(-1) ?? path).replace(/\.[^.]+$/, '');
  const names = namesIn(path);
  if (names === undefined) {
    check(fileBytes(path) !== undefined, 'no-recording', () => `there is no recording at ${path}.`);
    return fileAt(path, name, arrays, memory);
  }
  if (isRecorderFolder(path)) return openRecorder(path);
  if (zarrNode(path)) return openZarr(path, name);
  const tensors = names.filter((n) => n.endsWith('.safetensors'));
  if (tensors.length > 0) return openTensorFolder(path, tensors);
  refusePickle(names.find((n) => isPickleName(n)) && `${path}/${names.find((n) => isPickleName(n))}`);
  throw new InputError(
    'no-recording',
    `${path} holds no recording (${names.length === 0 ? 'it is empty' : someOf(names, 4)}); ${TAKEN}.`,
  );
}

const TAKEN =
  'a recording is a run folder of thermograd, a folder of its recorder in Python, a Zarr array or group, a .npy or .npz file, a safetensors file or a folder of them';

async function fileAt(path: string, name: string, arrays: ArraysAre | undefined, memory: number): Promise<Table> {
  const head = readPiece(path, 0, 128);
  const text = String.fromCharCode(...head);
  if (text.startsWith('\x93NUMPY')) return openNpy(path, name);
  refusePickle(
    isPickleName(path) || (head[0] === 0x80 && head[1] <= 5) || /^PK.{26,90}data\.pkl/s.test(text) ? path : undefined,
  );
  if (text.startsWith('PK\x03\x04') || path.endsWith('.npz')) return openNpz(path, arrays, memory);
  if (path.endsWith('.safetensors')) return openTensors(path);
  if (path.endsWith('.npy')) return openNpy(path, name);
  throw new InputError('no-recording', `${path} is no recording: ${TAKEN}.`);
}

const isPickleName = (name: string): boolean => /\.(?:pt|pth|pkl|pickle|ckpt|bin|joblib)$/i.test(name);

/** Refuses a file of Python's pickle, which can run code when it is read. */
function refusePickle(path: string | undefined): void {
  if (path === undefined) return;
  throw new InputError(
    'pickle',
    `${path} is a pickle, which runs code when it is opened, and is not read; in Python, safetensors.torch.save_file(torch.load(PATH, weights_only=True), 'step-000100.safetensors') writes one state as safetensors, and numpy.save('weights.npy', weights) a T×P table.`,
  );
}

/** Chooses parameters and steps, and checks that the rows are evenly spaced. */
function select(table: Table, path: string, options: RecordingOptions): Recording {
  const which = parametersOf(table, path, options.params);
  const parameters = which.map((k) => table.parameters[k]);
  const twice = parameters.find((p, k) => parameters.findIndex((q) => q.name === p.name) !== k);
  check(twice === undefined, 'same-name', () => `${path} holds two parameters of the name '${twice!.name}'.`);
  const { first, T, step, every, stepsFrom } = rowsOf(table, path, options);
  const P = parameters.reduce((sum, p) => sum + p.size, 0);
  const width = table.type === 'float64' ? 8 : 4;
  return {
    format: table.format,
    type: table.type,
    T,
    P,
    parameters,
    step,
    every,
    stepsFrom,
    loss: table.loss?.slice(first, first + T),
    facts: merged(table.facts, options.facts ?? {}, path),
    notes: table.notes,
    bytes: table.kept + 2 * table.rowsAtOnce * P * width,
    async *chunks() {
      for (let at = 0; at < T; at += table.rowsAtOnce)
        yield await table.read(first + at, Math.min(table.rowsAtOnce, T - at), which);
    },
  };
}

function parametersOf({ parameters }: Table, path: string, patterns: readonly string[] | undefined): number[] {
  const all = parameters.map((_, k) => k);
  if (!patterns || patterns.length === 0) return all;
  for (const pattern of patterns) {
    const test = namePattern(pattern);
    check(
      parameters.some(({ name }) => test(name)),
      'no-parameter',
      () =>
        `--params ${pattern} names no parameter of ${path}; it has ${someOf(parameters.map((p) => `${p.name} (${shapeWords(p.shape)})`))}.`,
    );
  }
  const tests = patterns.map(namePattern);
  return all.filter((k) => tests.some((test) => test(parameters[k].name)));
}

/** Numbers the rows by their steps and takes those that were asked for. */
function rowsOf(table: Table, path: string, { every, steps }: RecordingOptions) {
  const stepsFrom: Recording['stepsFrom'] = table.step ? 'files' : every === undefined ? 'rows' : 'user';
  const all = table.step ?? Float64Array.from({ length: table.T }, (_, t) => t * (every ?? 1));
  const [from, to] = [steps?.from ?? Number.NEGATIVE_INFINITY, steps?.to ?? Number.POSITIVE_INFINITY];
  const first = Math.max(
    0,
    all.findIndex((s) => s >= from),
  );
  const step = all.filter((s) => s >= from && s < to);
  const range = `${all[0]} to ${all[all.length - 1]}`;
  check(
    step.length >= 1,
    'no-steps',
    () => `--steps ${steps?.from ?? ''}:${steps?.to ?? ''} names no row of ${path}, which has the steps ${range}.`,
  );
  const spacing = step.length > 1 ? step[1] - step[0] : (every ?? 1);
  const gap = step.findIndex((s, t) => t > 0 && s - step[t - 1] !== spacing);
  check(spacing > 0 && Number.isInteger(spacing) && gap < 0, 'uneven-steps', () =>
    gap < 0 || spacing <= 0
      ? `${path}: the steps do not ascend (${step.slice(0, 3).join(', ')}); the rows of a recording are in the order of training.`
      : `${path}: the steps are not evenly spaced: after ${step[gap - 1]} comes ${step[gap]}, and the steps before are ${spacing} apart; a missing or doubled step makes times wrong: take a part without it with --steps A:B.`,
  );
  check(
    every === undefined || stepsFrom !== 'files' || every === spacing || step.length === 1,
    'every-differs',
    () => `--every ${every} is not what ${path} says: its rows are ${spacing} steps apart.`,
  );
  return { first, T: step.length, step, every: spacing, stepsFrom };
}

/** Joins what the files say with what the user says. */
function merged(files: TrainingFacts, user: TrainingFacts, path: string): TrainingFacts {
  for (const key of ['learningRate', 'batchSize', 'momentum', 'samples'] as const) {
    const [said, given] = [files[key], user[key]];
    check(
      said === undefined || given === undefined || said === given,
      'facts-differ',
      () =>
        `--${key.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)} ${given} is not what ${path} says (${said}); leave the flag out.`,
    );
  }
  return { ...user, ...files };
}
