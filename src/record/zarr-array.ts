/**
 * One array of a Zarr store as rows: any shape of chunks, C and Fortran order, version 2 and 3, and one sentence for an
 * array that cannot be read as it says it is.
 */
import * as zarr from 'zarrita';
import { RunError, shown } from '../numeric/errors.js';
import type { ArrayStore } from './array-store.js';

/** The element types that are read. */
type Numeric = 'float32' | 'float64' | 'int32' | 'int64';

/** Most numbers of one chunk, and most of an array that is read at once: 4 GiB of float64. */
const MOST = 2 ** 29;

/** Holds an open array, of which rows are read when they are asked for. */
export interface ZarrRows {
  readonly shape: readonly number[];
  readonly chunks: readonly number[];
  readonly type: Numeric;
  /**
   * Reads the rows `first` … `first`+`count`−1, row-major, whatever the order in the file.
   * @throws RunError for a chunk that is missing, damaged or of another length than its shape says
   */
  rows(first: number, count: number): Promise<Float32Array | Float64Array | Int32Array>;
}

/** Says what is expected of an array. */
interface Expected {
  readonly types: readonly Numeric[];
  /** Their number, or `any` from 1 on. */
  readonly dimensions: number | 'any';
  /** Whether a chunk may be absent, as Zarr allows; its numbers are then the fill value. */
  readonly gaps?: boolean;
}

/**
 * Opens the array `name` of a store.
 * @throws RunError when there is none, or none that can be read
 */
export async function openRows(store: ArrayStore, name: string, expected: Expected): Promise<ZarrRows> {
  const bad = (why: string) => new RunError('bad-zarr', `the array '${name}' ${why}.`);
  refuseCodecs(store, name, bad);
  const watched = watch(store);
  const array = (await zarr.open(zarr.root(watched).resolve(`/${name}`), { kind: 'array' })) as zarr.Array<
    Numeric,
    ArrayStore
  >;
  const { shape, chunks } = array;
  const type = array.dtype as Numeric;
  if (!expected.types.includes(type)) throw bad(`holds ${short(type)}; ${expected.types.join(' or ')} is read`);
  const whole = (list: readonly number[], least: number) => list.every((n) => Number.isSafeInteger(n) && n >= least);
  const fits = expected.dimensions === 'any' ? shape.length >= 1 : shape.length === expected.dimensions;
  if (!fits || chunks.length !== shape.length || !whole(shape, 0) || !whole(chunks, 1))
    throw bad(
      `has the shape ${shown(shape)} in chunks of ${shown(chunks)}; ${expected.dimensions === 'any' ? 'at least 1 dimension is' : `${expected.dimensions} dimensions are`} needed`,
    );
  const size = (list: readonly number[]) => list.reduce((product, n) => product * n, 1);
  if (size(chunks) > MOST || size(shape.slice(1)) > MOST || shape[0] > MOST)
    throw bad(
      `would have the shape [${shape.join(', ')}] in chunks of [${chunks.join(', ')}], too large to be true; its metadata are damaged`,
    );
  const make = type === 'float64' ? Float64Array : type === 'float32' ? Float32Array : Int32Array;
  /** Decodes a chunk and checks that it has the length of its shape. */
  const chunkAt = async (at: number[]) => {
    const key = `chunk ${at.join('/')}`;
    watched.missed = false;
    let chunk: { data: ArrayLike<number | bigint>; stride: readonly number[] };
    try {
      chunk = await array.getChunk(at);
    } catch (error) {
      const cause = (error as Error).cause;
      throw bad(`has a ${key} that cannot be decoded (${(cause instanceof Error ? cause : (error as Error)).message})`);
    }
    if (watched.missed && !expected.gaps) throw bad(`has no ${key}; a file is missing`);
    if (chunk.data.length !== size(chunks))
      throw bad(
        `has a ${key} of ${chunk.data.length} numbers instead of ${size(chunks)}; the file is cut short or damaged`,
      );
    return chunk;
  };
  return {
    shape,
    chunks,
    type,
    async rows(first, count) {
      const width = size(shape.slice(1));
      if (count * width > MOST) throw bad(`cannot be read in pieces of ${count} rows of ${width} numbers`);
      const out = new make(count * width);
      const last = first + count;
      for (let r = Math.floor(first / chunks[0]); r * chunks[0] < last && count > 0; r++) {
        const across = shape.slice(1).map((n, d) => Math.ceil(n / chunks[d + 1]));
        for (const place of places(across)) {
          const { data, stride } = await chunkAt([r, ...place]);
          const from = Math.max(first, r * chunks[0]);
          const to = Math.min(last, (r + 1) * chunks[0]);
          const lengths = place.map((c, d) => Math.min(chunks[d + 1], shape[d + 1] - c * chunks[d + 1]));
          if (shape.length === 1) {
            for (let t = from; t < to; t++) out[t - first] = Number(data[(t - r * chunks[0]) * stride[0]]);
            continue;
          }
          // of the dimensions after the first, all but the last are walked through, and the last is copied as a run
          const runs = runsOf(place, lengths, shape, chunks, stride);
          const [run, step] = [lengths[lengths.length - 1], stride[stride.length - 1]];
          for (let t = from; t < to; t++)
            for (const { source: place0, target: place1 } of runs) {
              const source = (t - r * chunks[0]) * stride[0] + place0;
              const target = (t - first) * width + place1;
              if (step === 1 && data instanceof make) out.set(data.subarray(source, source + run), target);
              else for (let j = 0; j < run; j++) out[target + j] = data[source + j * step] as number;
            }
        }
      }
      return out;
    },
  };
}

/** Says where a run of the last dimension begins in a chunk and in a row, for every place in the dimensions between. */
function runsOf(
  place: readonly number[],
  lengths: readonly number[],
  shape: readonly number[],
  chunks: readonly number[],
  stride: readonly number[],
): { source: number; target: number }[] {
  const rowStride = shape.slice(1).map((_, d) => shape.slice(d + 2).reduce((product, n) => product * n, 1));
  return places(lengths.slice(0, -1)).map((at) => ({
    source: at.reduce((sum, k, d) => sum + k * stride[d + 1], 0),
    target: place.reduce((sum, c, d) => sum + (c * chunks[d + 1] + (at[d] ?? 0)) * rowStride[d], 0),
  }));
}

/** Lists all places of a grid. */
function places(grid: readonly number[]): number[][] {
  return grid.reduce<number[][]>(
    (all, n) => all.flatMap((at) => Array.from({ length: n }, (_, k) => [...at, k])),
    [[]],
  );
}

/** Returns a store that remembers whether something was asked for that it does not have. */
function watch(store: ArrayStore): ArrayStore & { missed: boolean } {
  const seen = (bytes: Uint8Array | undefined) => {
    if (bytes === undefined) watched.missed = true;
    return bytes;
  };
  const watched: ArrayStore & { missed: boolean } = {
    missed: false,
    get: (key) => seen(store.get(key)),
    set: (key, value) => store.set(key, value),
    ...(store.getRange && { getRange: (key, range) => seen(store.getRange!(key, range)) }),
  };
  return watched;
}

/** Refuses codecs that are not known before the reader meets them one after the other. */
function refuseCodecs(store: ArrayStore, name: string, bad: (why: string) => RunError): void {
  const three = store.get(`/${name}/zarr.json` as `/${string}`);
  const two = store.get(`/${name}/.zarray` as `/${string}`);
  const bytes = three ?? two;
  if (bytes === undefined) throw bad('does not exist');
  let meta: unknown;
  try {
    meta = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw bad('has metadata that are not JSON');
  }
  const { codecs, filters, compressor, ...rest } = (meta ?? {}) as Record<string, unknown>;
  const missing = three ? missingInThree(rest) : missingInTwo({ ...rest, filters, compressor });
  if (missing !== undefined) throw bad(`has metadata without ${missing}; they are damaged`);
  const listed = three
    ? codecNames(codecs)
    : [...(Array.isArray(filters) ? filters : []), ...(compressor ? [compressor] : [])].map((c) => {
        const id = (c as { id?: unknown } | null)?.id;
        return `numcodecs.${typeof id === 'string' ? id : 'without a name'}`;
      });
  if (listed === undefined) throw bad('has no list of codecs in its metadata');
  const unknown = listed.find((codec) => codec !== 'sharding_indexed' && !zarr.registry.has(codec as never));
  if (unknown !== undefined)
    throw bad(
      `is stored with the codec '${short(unknown)}', which is not known; known are ${[...zarr.registry.keys()].filter((k) => !k.includes('.')).join(', ')}`,
    );
}

interface ThreeMetadata {
  readonly shape?: unknown;
  readonly data_type?: unknown;
  readonly chunk_grid?: { readonly configuration?: { readonly chunk_shape?: unknown } | null } | null;
  readonly chunk_key_encoding?: {
    readonly name?: unknown;
    readonly configuration?: { readonly separator?: unknown } | null;
  } | null;
}

/** Names the part that the metadata of version 3 lack, of those that the reader takes for granted. */
function missingInThree({ shape, data_type, chunk_grid, chunk_key_encoding }: ThreeMetadata): string | undefined {
  if (!Array.isArray(shape)) return 'a shape';
  if (typeof data_type !== 'string') return 'a type of its numbers';
  if (!Array.isArray(chunk_grid?.configuration?.chunk_shape)) return 'a shape of its chunks';
  if (chunk_key_encoding?.name !== 'default' && chunk_key_encoding?.name !== 'v2') return 'known names of its chunks';
  const separator = chunk_key_encoding.configuration?.separator;
  if (separator !== undefined && separator !== '/' && separator !== '.') return 'known names of its chunks';
  return undefined;
}

/** Names the part that the metadata of version 2 lack. */
function missingInTwo({
  shape,
  chunks,
  dtype,
  order,
  filters,
  compressor,
}: Record<string, unknown>): string | undefined {
  if (!Array.isArray(shape)) return 'a shape';
  if (!Array.isArray(chunks)) return 'a shape of its chunks';
  if (typeof dtype !== 'string') return 'a type of its numbers';
  if (order !== 'C' && order !== 'F') return 'an order of its numbers';
  if (filters !== undefined && filters !== null && !Array.isArray(filters)) return 'a list of its filters';
  if (compressor && (typeof compressor !== 'object' || Array.isArray(compressor))) return 'a known compressor';
  return undefined;
}

function codecNames(codecs: unknown): string[] | undefined {
  if (!Array.isArray(codecs)) return undefined;
  return codecs.flatMap(
    (codec: { name?: unknown; configuration?: { codecs?: unknown; index_codecs?: unknown } } | null) => [
      typeof codec?.name === 'string' ? codec.name : 'without a name',
      ...(codecNames(codec?.configuration?.codecs) ?? []),
      ...(codecNames(codec?.configuration?.index_codecs) ?? []),
    ],
  );
}

const short = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);
