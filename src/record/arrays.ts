/** Small groups of float64 arrays in Zarr v3 for results, written whole and read by name. */
import * as zarr from 'zarrita';
import { FolderStore } from '#folder-store';
import { RunError } from '../numeric/errors.js';
import type { ArrayStore } from './array-store.js';
import { openRows } from './zarr-array.js';

/** Holds a float64 array, row-major, with the names of its dimensions. */
interface NamedArray {
  readonly shape: readonly number[];
  readonly data: Float64Array;
  readonly dimensions: readonly string[];
  /** What the numbers are, with their unit. */
  readonly description: string;
}

/** Numbers of one chunk: about 8 MB. */
const CHUNK = 1e6;

/**
 * Writes a group of arrays, row-major float64, one after another; a reader that finds the last one finds all.
 * @throws RunError when the disk is full or not writable
 */
export async function writeArrays(
  place: string | ArrayStore,
  arrays: Readonly<Record<string, NamedArray>>,
  attributes: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const store = typeof place === 'string' ? new FolderStore(place) : place;
  await zarr.create(store, { attributes: { ...attributes } });
  for (const [name, { shape, data, dimensions, description }] of Object.entries(arrays)) {
    const row = shape.slice(1).reduce((a, b) => a * b, 1);
    const rows = Math.max(1, Math.min(shape[0], Math.floor(CHUNK / row)));
    await zarr.create(zarr.root(store).resolve(`/${name}`), {
      shape: [...shape],
      chunkShape: [rows, ...shape.slice(1)],
      dtype: 'float64',
      codecs: [{ name: 'bytes', configuration: { endian: 'little' } }],
      fillValue: Number.NaN,
      dimensionNames: [...dimensions],
      attributes: { description },
    });
    for (let c = 0; c * rows < shape[0]; c++) {
      let part = data.subarray(c * rows * row, (c + 1) * rows * row);
      if (part.length < rows * row) {
        const padded = new Float64Array(rows * row).fill(Number.NaN);
        padded.set(part);
        part = padded;
      }
      store.set(
        `/${[name, 'c', c, ...shape.slice(1).map(() => 0)].join('/')}`,
        new Uint8Array(part.buffer, part.byteOffset, part.byteLength),
      );
    }
  }
}

/**
 * Reads one array of a group, or only its rows `from` … `to`−1.
 * @throws RunError when there is no readable array of this name
 */
export async function readArray(
  place: string | ArrayStore,
  name: string,
  from?: number,
  to?: number,
): Promise<{ readonly shape: readonly number[]; readonly data: Float64Array }> {
  const store = typeof place === 'string' ? new FolderStore(place) : place;
  try {
    const dimensions = dimensionsOf(store, name);
    const array = await openRows(store, name, { types: ['float64'], dimensions });
    const [first, last] = [from ?? 0, to ?? array.shape[0]];
    const data = (await array.rows(first, last - first)) as Float64Array;
    return { shape: [last - first, ...array.shape.slice(1)], data };
  } catch (error) {
    throw new RunError(
      'no-array',
      `no readable array '${name}' in ${typeof place === 'string' ? place : 'the store'}: ${(error as Error).message}`,
    );
  }
}

/** Returns the number of dimensions that the metadata of an array state, 1 or 2. */
function dimensionsOf(store: ArrayStore, name: string): number {
  const bytes = store.get(`/${name}/zarr.json`);
  const shape = bytes && (JSON.parse(new TextDecoder().decode(bytes)) as { shape?: unknown } | null)?.shape;
  return Array.isArray(shape) && shape.length === 2 ? 2 : 1;
}
