/** Zarr as a recording: an array or a group, version 2 or 3, by anyone, and the trajectories of thermograd. */
import { FolderStore } from '#folder-store';
import { check, InputError } from '../../numeric/errors.js';
import { namesIn, readWhole } from '../files.js';
import { openRows, type ZarrRows } from '../zarr-array.js';
import { parameterOf } from './npy-table.js';
import { columnsOf, seriesOf } from './series.js';
import { type Parameter, type Rows, shapeWords, someOf, type Table, type TrainingFacts } from './table.js';

/** Describes an array of a hierarchy by its metadata. */
interface Found {
  /** Path from the top, names separated by `/`. */
  readonly name: string;
  readonly version: 2 | 3;
  readonly shape: readonly number[];
  readonly type: string;
}

type Metadata = Readonly<Record<string, unknown>>;

/** Reads a JSON object of a folder; undefined where there is none. */
export function documentIn(path: string): Metadata | undefined {
  const bytes = readWhole(path);
  if (!bytes) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Metadata;
  } catch {}
  throw new InputError('bad-zarr', `${path} is not readable as a JSON object; the file is damaged.`);
}

/** Levels of groups that are looked through. */
const DEEPEST = 6;

/** Says what a folder is of Zarr: an array or a group of version 2 or 3; undefined for anything else. */
export function zarrNode(path: string): { readonly kind: 'array' | 'group'; readonly version: 2 | 3 } | undefined {
  const names = namesIn(path) ?? [];
  if (names.includes('zarr.json'))
    return { kind: documentIn(`${path}/zarr.json`)!.node_type === 'array' ? 'array' : 'group', version: 3 };
  if (names.includes('.zarray')) return { kind: 'array', version: 2 };
  return names.includes('.zgroup') ? { kind: 'group', version: 2 } : undefined;
}

/** Returns the attributes of a group. */
export function attributesOf(path: string): Metadata {
  const three = documentIn(`${path}/zarr.json`)?.attributes;
  const own = three ?? documentIn(`${path}/.zattrs`);
  return typeof own === 'object' && own !== null ? (own as Metadata) : {};
}

/** Lists the arrays of a group and of those in it. */
function arraysIn(path: string, name = '', depth = 0): Found[] {
  const node = zarrNode(path);
  if (node?.kind === 'array') {
    const meta = documentIn(`${path}/${node.version === 3 ? 'zarr.json' : '.zarray'}`)!;
    const shape = Array.isArray(meta.shape) ? meta.shape.map(Number) : [];
    const type = meta.data_type ?? meta.dtype;
    return [{ name, version: node.version, shape, type: typeof type === 'string' ? type : 'an unknown type' }];
  }
  if (depth > DEEPEST) return [];
  return (namesIn(path) ?? [])
    .filter((entry) => entry.endsWith('/') && !entry.startsWith('.'))
    .flatMap((entry) =>
      arraysIn(`${path}/${entry.slice(0, -1)}`, `${name}${name && '/'}${entry.slice(0, -1)}`, depth + 1),
    );
}

const isFloat = ({ type }: Found) => /^(?:float(?:32|64)|[<>|=]f[48])$/.test(type);
const whole = ['int32', 'int64', 'float32', 'float64'] as const;

/**
 * Opens an array or a group whose arrays of weights have the states as their first axis.
 * @throws InputError when it is no recording
 */
export async function openZarr(path: string, name: string): Promise<Table> {
  const node = zarrNode(path)!;
  const attributes = node.kind === 'group' ? attributesOf(path) : {};
  const own = attributes.format === 'thermograd trajectory' || attributes.format === 'thermograd recording block';
  const found = arraysIn(path);
  const tables = found.filter((a) => isFloat(a) && a.shape.length >= 2);
  const flat = found.filter((a) => a.shape.length === 1);
  if (tables.length === 0) {
    const lone = flat.find(isFloat);
    if (found.length === 1 && lone) parameterOf(lone.name, lone.shape, path);
    throw new InputError(
      'not-a-recording',
      `${path} holds no array of float32 or float64 with one row for each state (${
        found.length === 0
          ? 'no arrays'
          : someOf(
              found.map((a) => `${a.name || 'the array'} ${shapeWords(a.shape)} of ${a.type}`),
              4,
            )
      }).`,
    );
  }
  const other = tables.find((a) => a.shape[0] !== tables[0].shape[0]);
  check(
    other === undefined,
    'not-a-recording',
    () =>
      `${path}: ${tables[0].name} has ${tables[0].shape[0]} rows and ${other!.name} has ${other!.shape[0]}; the arrays of a recording have one row for each state, so their first axes have one length.`,
  );
  const rows = await Promise.all(tables.map((a) => openAt(path, a.name, own)));
  const parameters = tables.map((a) => named(a, tables.length === 1 ? name : a.name, attributes, path));
  // what has no chunk is not written yet, in the arrays of weights and in those beside them
  const written = await wholeRows(path, found[0].version, tables, rows);
  const short = await Promise.all(flat.map(async (a) => [a.name, await numbersOf(path, a, written)] as const));
  const steps = own ? short.find(([n]) => n === 'step')?.[1] : undefined;
  const T = steps ? recordedOf(steps) : written;
  check(T >= 1, 'not-a-recording', () => `${path} holds no recorded row yet.`);
  const { series, notes } = seriesOf(
    T,
    short.map(([n, data]) => [n, data.subarray(0, T)] as const).filter(([n]) => !(own && n === 'correct')),
  );
  const allocated = tables[0].shape[0];
  return {
    format: own ? 'window of thermograd (Zarr version 3)' : `Zarr ${node.kind} (version ${found[0].version})`,
    type: rows.some((r) => r.type === 'float64') ? 'float64' : 'float32',
    T,
    parameters,
    ...series,
    facts: { ...series.facts, ...(own && factsIn(attributes)) },
    notes: [...notes, ...(T < allocated ? [`${T} of ${allocated} rows are recorded; those were read`] : [])],
    ...reader(rows, parameters),
    kept: 0,
  };
}

/** Opens the array at a path below `root`. */
async function openAt(root: string, name: string, gaps: boolean): Promise<ZarrRows> {
  const at = `${root}/${name}`.replace(/\/+$/, '');
  const cut = at.lastIndexOf('/');
  const [parent, last] = cut < 0 ? ['.', at] : [at.slice(0, cut) || '/', at.slice(cut + 1)];
  try {
    return await openRows(new FolderStore(parent), last, { types: ['float32', 'float64'], dimensions: 'any', gaps });
  } catch (error) {
    throw new InputError('bad-zarr', `${root}: ${(error as Error).message}`);
  }
}

/** Reads the first `rows` numbers of a short array; none where it is shorter or holds no numbers that are read. */
async function numbersOf(root: string, { name, shape, type }: Found, rows: number): Promise<Float64Array> {
  const known = /^(?:int(?:32|64)|float(?:32|64)|[<>|=](?:i[48]|f[48]))$/.test(type);
  if (!known || !(shape[0] >= rows) || rows < 1) return new Float64Array(0);
  try {
    const array = await openRows(new FolderStore(root), name, { types: whole, dimensions: 1, gaps: true });
    return Float64Array.from(await array.rows(0, rows));
  } catch (error) {
    throw new InputError('bad-zarr', `${root}: ${(error as Error).message}`);
  }
}

/** Counts the rows before the first one that was not recorded. */
function recordedOf(steps: Float64Array): number {
  const end = steps.indexOf(-1);
  return end < 0 ? steps.length : end;
}

/** Reads steps up to the first one that was not recorded, at most `most`. */
export async function recordedSteps(array: ZarrRows, most: number): Promise<Float64Array> {
  const all = Float64Array.from(await array.rows(0, Math.min(most, array.shape[0])));
  return all.subarray(0, recordedOf(all));
}

/** Names the parameter of an array; a window of thermograd says to which layer it belongs. */
function named(a: Found, name: string, { format, layer, layerShape }: Metadata, path: string): Parameter {
  const parameter = parameterOf(name, a.shape, a.name === '' ? path : `${path}: ${a.name}`);
  if (format !== 'thermograd trajectory' || a.name !== 'weights' || typeof layer !== 'string') return parameter;
  return { ...parameter, name: `${layer}.weight`, ...(Array.isArray(layerShape) && { shape: layerShape as number[] }) };
}

/** Takes what the attributes of a window say of its training. */
function factsIn({ learningRate, momentum, batchSize, sampling }: Metadata): TrainingFacts {
  const number = (v: unknown) => (typeof v === 'number' && Number.isFinite(v) ? v : undefined);
  const facts = { learningRate: number(learningRate), momentum: number(momentum), batchSize: number(batchSize) };
  return {
    ...Object.fromEntries(Object.entries(facts).filter(([, v]) => v !== undefined)),
    ...(typeof sampling === 'string' && { sampling }),
    ...(facts.learningRate !== undefined && { optimiser: 'SGD' }),
  };
}

/** Counts the rows up to the last chunk that is there: those after it are not written yet. */
async function wholeRows(
  root: string,
  version: 2 | 3,
  tables: readonly Found[],
  arrays: readonly ZarrRows[],
): Promise<number> {
  let least = tables[0].shape[0];
  tables.forEach((a, k) => {
    const { chunks } = arrays[k];
    const meta = documentIn(`${root}/${a.name}/${version === 3 ? 'zarr.json' : '.zarray'}`.replace('//', '/'))!;
    if (/sharding_indexed/.test(JSON.stringify(meta.codecs ?? ''))) return;
    const encoding = meta.chunk_key_encoding as { name?: string; configuration?: { separator?: string } } | undefined;
    const plain = version === 3 && encoding?.name !== 'v2';
    const separator =
      version === 3
        ? (encoding?.configuration?.separator ?? (plain ? '/' : '.'))
        : ((meta.dimension_separator as string | undefined) ?? '.');
    const place = `${root}/${a.name}${plain && separator === '/' ? '/c' : ''}`;
    const prefix = plain && separator !== '/' ? `c${separator}` : '';
    const there = (namesIn(place) ?? []).map((name) =>
      name.startsWith(prefix) ? Number.parseInt(name.slice(prefix.length), 10) : -1,
    );
    const last = there.filter(Number.isInteger).reduce((a, b) => Math.max(a, b), -1);
    least = Math.min(least, (last + 1) * chunks[0]);
  });
  return least;
}

/** Numbers of the largest block of rows that is read at once: 512 MB. */
const LARGEST = 2 ** 26;

/** Reads rows of several arrays beside each other, as many at once as a chunk has. */
export function reader(
  arrays: readonly ZarrRows[],
  parameters: readonly Parameter[],
): Pick<Table, 'rowsAtOnce' | 'read'> {
  const double = arrays.some((a) => a.type === 'float64');
  const width = parameters.reduce((sum, p) => sum + p.size, 0);
  const rows = Math.max(...arrays.map((a) => a.chunks[0]));
  return {
    rowsAtOnce: Math.max(1, Math.min(rows, Math.floor(LARGEST / width))),
    async read(first, count, which) {
      const parts: Rows[] = [];
      for (const k of which) {
        try {
          parts.push((await arrays[k].rows(first, count)) as Rows);
        } catch (error) {
          throw new InputError('bad-zarr', (error as Error).message);
        }
      }
      if (parts.length === 1) return parts[0];
      return columnsOf(
        count,
        which.map((k) => parameters[k].size),
        double,
        (k) => parts[k],
      );
    },
  };
}
