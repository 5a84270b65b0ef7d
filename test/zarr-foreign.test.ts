/** Trajectories that other programs wrote: any order, any chunks, or one sentence. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import * as zarr from 'zarrita';
import { pca } from '../src/analyse/trajectory/pca.js';
import { embeddedLinearAlgebra } from '../src/numeric/linalg/embedded.js';
import { MemoryStore } from '../src/record/array-store.js';
import { Trajectory } from '../src/record/trajectory.js';
import { openRows } from '../src/record/zarr-array.js';

const [T, P] = [9, 5];
const value = (t: number, j: number) => 10 * t + j + ((t * j) % 3);
const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const bytesOf = (a: Float32Array | Int32Array | Float64Array) => new Uint8Array(a.buffer);

/** Cuts T×P numbers into chunks by hand; `order` gives the place of entry (i, j) of a chunk. */
function chunksOf(rows: number, cols: number, place: (i: number, j: number) => number): Map<string, Float32Array> {
  const out = new Map<string, Float32Array>();
  for (let r = 0; r * rows < T; r++)
    for (let c = 0; c * cols < P; c++) {
      const chunk = new Float32Array(rows * cols).fill(-7);
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < cols; j++) {
          const [t, p] = [r * rows + i, c * cols + j];
          if (t < T && p < P) chunk[place(i, j)] = value(t, p);
        }
      out.set(`${r}/${c}`, chunk);
    }
  return out;
}

/** A whole trajectory, of which only `weights` are of interest. */
function store(weights: Record<string, Uint8Array>, steps = T): MemoryStore {
  const s = new MemoryStore();
  s.set('/zarr.json', json({ zarr_format: 3, node_type: 'group', attributes: {} }));
  for (const [name, type, data] of [
    ['step', 'int32', Int32Array.from({ length: steps }, (_, t) => t + 1)],
    ['loss', 'float32', new Float32Array(steps)],
    ['correct', 'int32', new Int32Array(steps)],
  ] as const) {
    s.set(`/${name}/zarr.json`, json(three([steps], [steps], type)));
    s.set(`/${name}/c/0`, bytesOf(data));
  }
  for (const [key, bytes] of Object.entries(weights)) s.set(`/weights/${key}`, bytes);
  return s;
}

const LITTLE = { name: 'bytes', configuration: { endian: 'little' } };
const three = (shape: number[], chunk_shape: number[], data_type: string, codecs: unknown[] = [LITTLE]) => ({
  zarr_format: 3,
  node_type: 'array',
  shape,
  data_type,
  chunk_grid: { name: 'regular', configuration: { chunk_shape } },
  chunk_key_encoding: { name: 'default', configuration: { separator: '/' } },
  fill_value: 0,
  codecs,
  attributes: {},
});
const two = (chunks: number[], order: 'C' | 'F') => ({
  zarr_format: 2,
  shape: [T, P],
  chunks,
  dtype: '<f4',
  fill_value: 0,
  order,
  filters: null,
  compressor: null,
});

function threeOf(rows: number, cols: number, place: (i: number, j: number) => number, codecs?: unknown[]) {
  const out: Record<string, Uint8Array> = { 'zarr.json': json(three([T, P], [rows, cols], 'float32', codecs)) };
  for (const [at, chunk] of chunksOf(rows, cols, place)) out[`c/${at}`] = bytesOf(chunk);
  return out;
}
function twoOf(rows: number, cols: number, order: 'C' | 'F') {
  const place = (i: number, j: number) => (order === 'C' ? i * cols + j : j * rows + i);
  const out: Record<string, Uint8Array> = { '.zarray': json(two([rows, cols], order)) };
  for (const [at, chunk] of chunksOf(rows, cols, place)) out[at.replace('/', '.')] = bytesOf(chunk);
  return out;
}
const transposed = [{ name: 'transpose', configuration: { order: [1, 0] } }, LITTLE];

describe('chunks and orders', () => {
  it.each([
    ['rows, C', threeOf(4, P, (i, j) => i * P + j)],
    ['columns', threeOf(4, 2, (i, j) => i * 2 + j)],
    ['one number each', threeOf(1, 1, () => 0)],
    ['larger than the array', threeOf(20, 8, (i, j) => i * 8 + j)],
    ['transposed', threeOf(4, 3, (i, j) => j * 4 + i, transposed)],
    ['version 2, order C', twoOf(2, 3, 'C')],
    ['version 2, order F', twoOf(4, 3, 'F')],
    ['version 2, order F, whole', twoOf(T, P, 'F')],
  ])('%s', async (_, weights) => {
    const window = await Trajectory.open(store(weights));
    expect([window.T, window.P]).toEqual([T, P]);
    const expected = (from: number, to: number) =>
      Array.from({ length: (to - from) * P }, (__, k) => value(from + Math.floor(k / P), k % P));
    expect(Array.from(await window.rows(0, T))).toEqual(expected(0, T));
    expect(Array.from(await window.rows(3, 4))).toEqual(expected(3, 7));
    const streamed: number[] = [];
    for await (const chunk of window.chunks()) streamed.push(...chunk);
    expect(streamed).toEqual(expected(0, T));
  });

  it('the principal variances do not depend on the order in the file', async () => {
    const variances = async (weights: Record<string, Uint8Array>) =>
      (await pca(await Trajectory.open(store(weights)), embeddedLinearAlgebra())).summary.variances;
    expect(await variances(twoOf(4, 3, 'F'))).toEqual(await variances(threeOf(T, P, (i, j) => i * P + j)));
  });
});

describe('files written by zarr-python', () => {
  it.each(['order-f-v2.zarr', 'column-chunks-v3.zarr'])('%s: variances as NumPy gives them', async (name) => {
    const place = fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
    const { summary } = await pca(await Trajectory.open(place), embeddedLinearAlgebra());
    [0.991472, 0.203361, 0.035591].forEach((v, k) => {
      expect(summary.variances[k]).toBeCloseTo(v, 5);
    });
  });
});

describe('refused with one sentence', () => {
  const good = threeOf(4, P, (i, j) => i * P + j);
  const reading = async (weights: Record<string, Uint8Array>, steps?: number) => {
    const window = await Trajectory.open(store(weights, steps));
    return window.rows(0, T);
  };
  it.each<[string, Record<string, Uint8Array>, RegExp]>([
    ['a chunk cut short', { ...good, 'c/1/0': good['c/1/0'].slice(0, 40) }, /chunk 1\/0 of 10 numbers instead of 20/],
    [
      'a chunk cut inside a number',
      { ...good, 'c/1/0': good['c/1/0'].slice(0, 41) },
      /chunk 1\/0 of 10 numbers instead of 20/,
    ],
    [
      'a codec that does not exist',
      threeOf(4, P, (i, j) => i * P + j, [LITTLE, { name: 'brotli' }]),
      /codec 'brotli', which is not known/,
    ],
    [
      'a codec whose name is no text',
      threeOf(4, P, (i, j) => i * P + j, [LITTLE, { name: { id: 'zstd' } }]),
      /codec 'without a name', which is not known/,
    ],
    [
      'integers',
      { ...good, 'zarr.json': json(three([T, P], [4, P], 'uint8')) },
      /holds uint8; float32 or float64 is read/,
    ],
    ['metadata that are not JSON', { ...good, 'zarr.json': new Uint8Array([123]) }, /metadata that are not JSON/],
    [
      'a shape lowered in the metadata',
      { ...good, 'zarr.json': json(three([T - 1, P], [4, P], 'float32')) },
      /'step' has 9 numbers and 'weights' has 8 rows/,
    ],
    [
      'another chunk shape in the metadata',
      { ...good, 'zarr.json': json(three([T, P], [2, P], 'float32')) },
      /20 numbers instead of 10/,
    ],
    ['an absurd shape', { ...good, 'zarr.json': json(three([1e15, P], [4, P], 'float32')) }, /too large to be true/],
    ['absurd chunks', { ...good, 'zarr.json': json(three([T, P], [1e12, P], 'float32')) }, /too large to be true/],
    ['a negative shape', { ...good, 'zarr.json': json(three([-4, P], [4, P], 'float32')) }, /shape \[-4,5\]/],
    [
      'three dimensions',
      { ...good, 'zarr.json': json(three([T, P, 1], [4, P, 1], 'float32')) },
      /2 dimensions are needed/,
    ],
  ])('%s', async (_, weights, sentence) => {
    await expect(reading(weights)).rejects.toThrow(sentence);
  });

  it('a missing chunk, where no gaps are expected', async () => {
    const s = store(Object.fromEntries(Object.entries(good).filter(([key]) => key !== 'c/1/0')));
    const rows = await openRows(s, 'weights', { types: ['float32'], dimensions: 2 });
    await expect(rows.rows(0, T)).rejects.toThrow(/has no chunk 1\/0; a file is missing/);
    expect((await rows.rows(0, 4)).length).toBe(4 * P);
    const holes = await openRows(s, 'weights', { types: ['float32'], dimensions: 2, gaps: true });
    expect((await holes.rows(4, 1))[0]).toBe(0);
  });

  it('the oracle of these tests is read by another reader alike', async () => {
    const array = await zarr.open(zarr.root(store(threeOf(4, 2, (i, j) => i * 2 + j))).resolve('/weights'), {
      kind: 'array',
    });
    const read = await zarr.get(array);
    expect(Array.from(read.data as Float32Array).slice(0, P)).toEqual(Array.from({ length: P }, (_, j) => value(0, j)));
  });
});
