/** The arrays of a folder of results under one name each: Zarr, .npy and .npz as they are, curves and columns of tables as vectors. */
import { type Dirent, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { check, InputError } from '../../numeric/errors.js';
import { parseJson } from '../../numeric/json.js';
import { nearest } from '../../numeric/spelling.js';
import { readWhole } from '../../record/files.js';
import type { NpyArray } from '../../record/npy.js';
import { readNpy } from '../../record/npy.js';
import { readNpz } from '../../record/npz.js';
import { FolderStore } from '../../record/store.js';
import { openRows } from '../../record/zarr-array.js';
import { numbersOf, readTable } from '../tables.js';
import { byName, kindOfFolder } from './find.js';
import type { Opened } from './folder.js';

/** Arrays by their names. */
type Arrays = [name: string, array: Omit<NpyArray, 'type'>][];

/** Most bytes of an archive without zip64. */
const MOST = 2 ** 32 - 2 ** 20;

/**
 * Returns the arrays of a folder, in the order of their names: `trajectory.weights` of trajectory.zarr, `history.trainLoss`,
 * `tables.flatness.sigma2`. Columns of words are left out.
 * @param only - names, or beginnings of names up to a dot; all by default
 * @throws InputError for a name that is not there, for arrays over 4 GiB, and for files that cannot be read
 */
export async function arraysOf(folder: Opened, only: readonly string[] = [], signal?: AbortSignal): Promise<Arrays> {
  const sources = sourcesIn(folder.path, '');
  const chosen = sources.filter(({ name }) => only.length === 0 || only.some((word) => meets(name, word)));
  const read: Arrays = [];
  let bytes = 0;
  for (const { load } of chosen) {
    if (signal?.aborted) break;
    for (const [name, array] of await load()) {
      if (only.length > 0 && !only.some((word) => covers(word, name))) continue;
      bytes += array.data.byteLength;
      check(bytes < MOST, 'too-large', () => tooLarge(folder.path));
      read.push([name, array]);
    }
  }
  for (const word of only) {
    check(signal?.aborted || read.some(([name]) => covers(word, name)), 'no-such-array', () => {
      const known = [...new Set([...sources.map(({ name }) => name), ...read.map(([name]) => name)])];
      const near = nearest(word, known);
      return `${folder.path} has no array '${word}'${near ? `; did you mean ${near}?` : ''} It has ${known.join(', ') || 'none'}.`;
    });
  }
  return read;
}

const tooLarge = (path: string): string =>
  `the arrays of ${path} are over 4 GiB, more than an .npz holds; choose some with --only, or open trajectory.zarr itself, as docs/how-to/open-a-trajectory-in-python.md shows.`;

/** Whether a word names an array or a group of it. */
const covers = (word: string, name: string): boolean => name === word || name.startsWith(`${word}.`);
/** Whether some array of a group may be meant. */
const meets = (group: string, word: string): boolean => covers(word, group) || covers(group, word);

/** A file or folder with arrays; all names of these begin with its own. */
interface Source {
  readonly name: string;
  readonly load: () => Promise<Arrays>;
}

/** Finds what holds arrays, without reading them; folders that are results of their own are left to themselves. */
function sourcesIn(root: string, inside: string): Source[] {
  const path = join(root, inside);
  const entries = readdirSync(path, { withFileTypes: true }).sort((a, b) => byName(a.name, b.name));
  return entries.flatMap((entry): Source[] => {
    const at = inside === '' ? entry.name : `${inside}/${entry.name}`;
    const name = at.replace(/\.(?:zarr|npy|npz|json|csv)$/, '').replaceAll('/', '.');
    const file = join(root, at);
    if (entry.isDirectory()) return ofFolder(root, at, name, entry);
    if (!entry.isFile()) return [];
    if (/\.npy$/.test(at)) return [{ name, load: async () => [[name, readNpy(bytesOf(file), file)]] }];
    if (/\.npz$/.test(at)) return [{ name, load: () => archive(file, name) }];
    if (entry.name === 'history.json') return [{ name, load: async () => curves(file, name) }];
    if (/^tables\/.*\.csv$/.test(at)) return [{ name, load: async () => columns(file, name) }];
    return [];
  });
}

function ofFolder(root: string, at: string, name: string, { name: own }: Dirent): Source[] {
  const path = join(root, at);
  if (own.endsWith('.zarr')) return [{ name, load: () => zarrArrays(path, name) }];
  if (own.startsWith('.') || own === 'figures') return [];
  return kindOfFolder(new Set(readdirSync(path))) ? [] : sourcesIn(root, at);
}

function bytesOf(file: string): Uint8Array {
  const bytes = readWhole(file);
  if (bytes === undefined) throw new InputError('not-readable', `${file} is gone.`);
  return bytes;
}

async function archive(file: string, name: string): Promise<Arrays> {
  return [...(await readNpz(bytesOf(file), file))].map(([key, array]) => [`${name}.${key}`, array]);
}

async function zarrArrays(path: string, name: string): Promise<Arrays> {
  const arrays = readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(path, entry.name, 'zarr.json')))
    .map((entry) => entry.name)
    .sort(byName);
  const store = new FolderStore(path);
  const read: Arrays = [];
  for (const array of arrays) {
    const rows = await openRows(store, array, {
      types: ['float32', 'float64', 'int32', 'int64'],
      dimensions: 'any',
      gaps: true,
    });
    const size = rows.shape.reduce((product, n) => product * n, rows.type.endsWith('64') ? 8 : 4);
    check(size < MOST, 'too-large', () => tooLarge(path));
    const data = await rows.rows(0, rows.shape[0]);
    read.push([`${name}.${array}`, { shape: rows.shape, data }]);
  }
  return read;
}

/** The lists of numbers of a document. */
function curves(file: string, name: string): Arrays {
  const document = parseJson(new TextDecoder().decode(bytesOf(file))) as Readonly<Record<string, unknown>>;
  return Object.entries(document).flatMap(([key, value]): Arrays => {
    if (!Array.isArray(value) || !value.every((v) => typeof v === 'number' || v === null)) return [];
    const data = Float64Array.from(value, (v) => v ?? Number.NaN);
    return [[`${name}.${key}`, { shape: [data.length], data }]];
  });
}

/** The columns of numbers of a table; an empty field is NaN. */
function columns(file: string, name: string): Arrays {
  const table = readTable(name, new TextDecoder().decode(bytesOf(file)));
  return table.columns.flatMap((column, k): Arrays => {
    const data = numbersOf(table, k);
    return data === undefined ? [] : [[`${name}.${column}`, { shape: [data.length], data }]];
  });
}
