/**
 * The folder of the recorder in Python as a recording (docs/reference/recording-format.md): its header names the blocks
 * of weights, their parameters and the optimiser. A row counts when its step is written.
 */
import { FolderStore } from '#folder-store';
import { check, InputError } from '../../numeric/errors.js';
import { openRows, type ZarrRows } from '../zarr-array.js';
import { columnsOf, rateOf } from './series.js';
import { type Parameter, type Rows, sizeOf, someOf, type Table, type TrainingFacts } from './table.js';
import { documentIn, recordedSteps } from './zarr-table.js';

/** The name of the header in the folder. */
export const HEADER = 'recording.json';

interface Block {
  readonly name: string;
  readonly path: string;
  readonly parameters: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly size: number;
    readonly offset: number;
  }[];
  readonly projection?: { readonly size: number } | null;
}

/** What the header of a recording says, as far as this program reads it; only version and blocks are checked. */
export interface Header {
  readonly version: number;
  readonly status: string;
  readonly reason?: string | null;
  readonly every?: number;
  readonly blocks: readonly Block[];
  readonly streams?: { readonly path?: string; readonly steps?: number | null } | null;
  readonly model?: { readonly class?: string } | null;
  readonly optimizer?: {
    readonly class?: string;
    readonly columns?: readonly string[];
    readonly groups?: readonly Readonly<Record<string, unknown>>[];
  } | null;
  readonly batch?: {
    readonly size?: number | null;
    readonly sampling?: {
      readonly sampler?: string;
      readonly shuffle?: boolean;
      readonly replacement?: boolean;
      readonly samples?: number;
    } | null;
  } | null;
  readonly clipping?: unknown;
}

/** Says whether a folder is one of the recorder. */
export const isRecorderFolder = (path: string): boolean =>
  documentIn(`${path}/${HEADER}`)?.format === 'thermograd recording';

/**
 * Reads the header of a folder of the recorder.
 * @throws InputError for one that is no JSON object, of another version of the format, or without a readable list of blocks
 */
export function headerIn(path: string): Header {
  const header = (documentIn(`${path}/${HEADER}`) ?? {}) as unknown as Header;
  check(
    header.version === 1,
    'other-version',
    () =>
      `${path}/${HEADER} has version ${JSON.stringify(header.version)} of the recording format; this program reads version 1.`,
  );
  const { blocks } = header;
  const damaged = () =>
    new InputError('bad-recording', `${path}/${HEADER} is damaged: its list of blocks of weights is not readable.`);
  if (!Array.isArray(blocks) || blocks.length === 0) throw damaged();
  if (blocks.some((block) => !isBlock(block))) throw damaged();
  return header;
}

/**
 * Counts the steps of a recording that was not closed, from the column that is written last in a row; undefined where it is not readable.
 */
export async function stepsSoFar(path: string, { streams }: Header): Promise<number | undefined> {
  if (typeof streams?.path !== 'string' || !isInside(streams.path)) return undefined;
  try {
    const store = new FolderStore(`${path}/${streams.path}`);
    const array = await openRows(store, 'step', { types: ['int32', 'int64'], dimensions: 1, gaps: true });
    return (await recordedSteps(array, array.shape[0])).length;
  } catch {
    return undefined;
  }
}

/**
 * Opens a folder of the recorder, also while it is being written.
 * @throws InputError for another version of the format, and for a folder that is not as its header says
 */
export async function openRecorder(path: string): Promise<Table> {
  const header = headerIn(path);
  const { blocks } = header;
  const opened: Opened[] = [];
  for (const block of blocks) opened.push(await openBlock(path, block));
  const T = Math.min(...opened.map((o) => o.steps.length));
  check(T >= 1, 'not-a-recording', () => `${path} holds no recorded row yet.`);
  const { steps, loss } = opened[0];
  const apart = opened.find((o) => o.steps.subarray(0, T).some((s, t) => s !== steps[t]));
  check(apart === undefined, 'bad-recording', () => `${path}: the blocks were not recorded at the same steps.`);
  const parameters = blocks.flatMap(parametersOf);
  const owner = blocks.flatMap((block, b) => parametersOf(block).map((_, k) => ({ b, offset: offsetOf(block, k) })));
  const double = opened.some((o) => o.weights.type === 'float64');
  const width = parameters.reduce((sum, p) => sum + p.size, 0);
  return {
    format: 'recording of thermograd for Python',
    type: double ? 'float64' : 'float32',
    T,
    parameters,
    step: steps.slice(0, T),
    ...(loss.subarray(0, T).some(Number.isFinite) && { loss: loss.slice(0, T) }),
    facts: await factsOf(path, header, T),
    notes: notesOf(header, blocks, T),
    rowsAtOnce: Math.max(1, Math.min(...opened.map((o) => o.weights.chunks[0]), Math.floor(2 ** 26 / width))),
    kept: 0,
    async read(first, count, which) {
      const rows = new Map<number, Rows>();
      for (const k of which)
        if (!rows.has(owner[k].b))
          rows.set(
            owner[k].b,
            await reading(path, async () => (await opened[owner[k].b].weights.rows(first, count)) as Rows),
          );
      return columnsOf(
        count,
        which.map((k) => parameters[k].size),
        double,
        (at) => {
          const { b, offset } = owner[which[at]];
          return part(rows.get(b)!, count, offset, parameters[which[at]].size);
        },
      );
    },
  };
}

const isCount = (n: unknown): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 1;

/** Says whether a path stays inside its folder. */
const isInside = (path: string): boolean => !/(^|[/\\])\.\.([/\\]|$)|^[/\\]/.test(path);

/** Says whether the description of a block is whole: a path inside the folder, and parameters that follow each other. */
function isBlock(block: Partial<Block> | null): block is Block {
  const { name, path, parameters, projection } = block ?? {};
  if (typeof name !== 'string' || typeof path !== 'string' || !isInside(path)) return false;
  if (!Array.isArray(parameters) || parameters.length === 0) return false;
  let offset = 0;
  for (const p of parameters) {
    const known = typeof p?.name === 'string' && Array.isArray(p.shape) && isCount(p.size) && p.offset === offset;
    if (!known || sizeOf(p.shape) !== p.size) return false;
    offset += p.size;
  }
  return projection === null || projection === undefined || isCount(projection.size);
}

/** Cuts columns out of rows. */
function part(rows: Rows, count: number, offset: number, size: number): Rows {
  const width = rows.length / count;
  if (width === size) return rows;
  const out = rows instanceof Float64Array ? new Float64Array(count * size) : new Float32Array(count * size);
  for (let t = 0; t < count; t++) out.set(rows.subarray(t * width + offset, t * width + offset + size), t * size);
  return out;
}

/** Returns the parameters of a block; of a projected one its coordinates. */
function parametersOf({ name, parameters, projection }: Block): Parameter[] {
  if (projection) return [{ name: `${name} (projected)`, shape: [projection.size], size: projection.size }];
  return parameters.map((p) => ({ name: p.name, shape: p.shape, size: p.size }));
}

const offsetOf = (block: Block, k: number): number =>
  parametersOf(block)
    .slice(0, k)
    .reduce((sum, p) => sum + p.size, 0);

/** Turns any error of a store into one about the recording. */
async function reading<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new InputError('bad-recording', `${path}: ${(error as Error).message}`);
  }
}

/** Holds the arrays of a block. */
interface Opened {
  readonly steps: Float64Array;
  readonly loss: Float64Array;
  readonly weights: ZarrRows;
}

/** Opens the arrays of a block, `step` first: every other one is then at least as long as what is recorded. */
async function openBlock(path: string, block: Block): Promise<Opened> {
  const store = new FolderStore(`${path}/${block.path}`);
  return reading(path, async () => {
    const open = await openRows(store, 'step', { types: ['int32', 'int64'], dimensions: 1, gaps: true });
    const weights = await openRows(store, 'weights', { types: ['float32', 'float64'], dimensions: 2 });
    const steps = await recordedSteps(open, weights.shape[0]);
    const wanted = parametersOf(block).reduce((sum, p) => sum + p.size, 0);
    if (weights.shape[1] !== wanted || weights.shape[0] < steps.length)
      throw new Error(
        `the block ${block.name} has ${weights.shape.join('×')} numbers, and its header says ${steps.length} rows of ${wanted}.`,
      );
    const losses = await openRows(store, 'loss', { types: ['float32', 'float64'], dimensions: 1, gaps: true });
    const loss = Float64Array.from(await losses.rows(0, Math.min(steps.length, losses.shape[0])));
    return { steps, weights, loss };
  });
}

const finite = (v: unknown): number | undefined => (typeof v === 'number' && Number.isFinite(v) ? v : undefined);

/** Takes from the header and the streams what is known of the training. */
async function factsOf(path: string, { optimizer, batch, streams }: Header, T: number): Promise<TrainingFacts> {
  const group = (Array.isArray(optimizer?.groups) && optimizer.groups[0]) || {};
  const columns = Array.isArray(optimizer?.columns) ? optimizer.columns : [];
  const facts: Record<string, unknown> = {
    optimiser: typeof optimizer?.class === 'string' ? optimizer.class.split('.').at(-1) : undefined,
    learningRate: finite(group.lr),
    momentum: finite(group.momentum),
    batchSize: finite(batch?.size),
    samples: finite(batch?.sampling?.samples),
    sampling:
      batch?.sampling &&
      (batch.sampling.replacement ? 'replaced' : batch.sampling.shuffle ? 'shuffled' : batch.sampling.sampler),
  };
  const column = columns.indexOf('0.lr');
  if (column >= 0 && typeof streams?.path === 'string' && isInside(streams.path) && T > 0) {
    const numbers = await reading(path, async () => {
      const array = await openRows(new FolderStore(`${path}/${streams.path}`), 'hyperparameters', {
        types: ['float64'],
        dimensions: 2,
        gaps: true,
      });
      const all = await array.rows(0, array.shape[0]);
      const K = array.shape[1];
      return Float64Array.from({ length: array.shape[0] }, (_, t) => all[t * K + column]).filter(Number.isFinite);
    });
    if (numbers.length > 0) Object.assign(facts, rateOf(numbers));
  }
  return Object.fromEntries(Object.entries(facts).filter(([, v]) => v !== undefined && v !== null));
}

function notesOf({ status, reason, clipping }: Header, blocks: readonly Block[], T: number): string[] {
  const projected = blocks.filter((b) => b.projection).map((b) => b.name);
  return [
    ...(status === 'recording' ? [`the recording is not closed; its first ${T} rows, which are whole, were read`] : []),
    ...(status === 'interrupted' || status === 'failed'
      ? [`the recording ended early${reason ? ` (${reason})` : ''}`]
      : []),
    ...(projected.length > 0
      ? [
          `${someOf(projected)} ${projected.length === 1 ? 'is' : 'are'} recorded as a random projection, in which directions are not directions of the weights`,
        ]
      : []),
    ...(clipping ? [`gradients were clipped (${JSON.stringify(clipping)})`] : []),
  ];
}
