/** The recorded window: whole chunks, honest gaps, readable by others. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import * as zarr from 'zarrita';
import { RunError } from '../src/numeric/errors.js';
import { MemoryStore } from '../src/record/array-store.js';
import { clearFileError } from '../src/record/files.js';
import { FolderStore } from '../src/record/store.js';
import { chunkRowsFor, Trajectory, TrajectoryWriter } from '../src/record/trajectory.js';

const P = 3;
const shape = {
  steps: 10,
  size: P,
  layer: 'layer2',
  layerShape: [1, 3] as const,
  chunkRows: 4,
  attributes: { batchSize: 50 },
};
/** Row t is (100 t, 100 t + 1, 100 t + 2). */
const row = (t: number) => [100 * t, 100 * t + 1, 100 * t + 2];
const rows = (from: number, to: number) =>
  Float32Array.from(Array.from({ length: to - from }, (_, i) => row(from + i)).flat());
const losses = (from: number, to: number) => Float32Array.from({ length: to - from }, (_, i) => (from + i) / 8);
const rights = (from: number, to: number) => Uint16Array.from({ length: to - from }, (_, i) => from + i);
const add = (w: TrajectoryWriter, from: number, to: number) =>
  w.append(1000 + from, rows(from, to), losses(from, to), rights(from, to));

describe('writing and reading', () => {
  it.each([
    ['row by row', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
    ['across chunks', [3, 10]],
    ['at once', [10]],
  ])('%s: what went in comes out', async (_, ends) => {
    const store = new MemoryStore();
    const writer = await TrajectoryWriter.open(store, shape);
    let from = 0;
    for (const to of ends) {
      add(writer, from, to);
      from = to;
    }
    expect([writer.rows, writer.pending, writer.room]).toEqual([10, 0, 0]);
    const read = await Trajectory.open(store);
    expect([read.steps, read.size, read.layer, read.recorded]).toEqual([10, 3, 'layer2', 10]);
    expect(read.attributes.batchSize).toBe(50);
    expect(Array.from(read.step)).toEqual(Array.from({ length: 10 }, (_, t) => 1000 + t));
    expect(read.loss[7]).toBe(7 / 8);
    expect(read.correct[9]).toBe(9);
    expect(Array.from(await read.rows(0, 10))).toEqual(Array.from(rows(0, 10)));
    expect(Array.from(await read.rows(3, 4))).toEqual(Array.from(rows(3, 7)));
    const blocks = [];
    for await (const b of read.blocks()) blocks.push([b.first, b.rows, ...b.weights]);
    expect(blocks).toEqual([
      [0, 4, ...rows(0, 4)],
      [4, 4, ...rows(4, 8)],
      [8, 2, ...rows(8, 10)],
    ]);
  });

  it('a window cut short says so and never shows zeros', async () => {
    const store = new MemoryStore();
    const writer = await TrajectoryWriter.open(store, shape);
    add(writer, 0, 6);
    expect(writer.pending).toBe(2);
    expect((await Trajectory.open(store)).recorded).toBe(4); // the rest is in memory
    writer.flush();
    const read = await Trajectory.open(store);
    expect(read.recorded).toBe(6);
    expect(Array.from(await read.rows(4, 2))).toEqual(Array.from(rows(4, 6)));
    await expect(read.rows(4, 3)).rejects.toThrow(/holds rows 0 to 5/);
    const raw = await zarr.get(await zarr.open(zarr.root(store).resolve('/weights'), { kind: 'array' }));
    expect(Array.from(raw.data as Float32Array).slice(18)).toEqual(new Array(12).fill(Number.NaN));
  });

  it('continued from a chunk boundary it writes the same bytes', async () => {
    const whole = new MemoryStore();
    add(await TrajectoryWriter.open(whole, shape), 0, 10);
    const parts = new MemoryStore();
    const first = await TrajectoryWriter.open(parts, shape);
    add(first, 0, 7);
    first.flush(); // and dies; the rows 4 … 6 are taken again
    add(await TrajectoryWriter.open(parts, shape, 4), 4, 10);
    expect([...parts.files.keys()].sort()).toEqual([...whole.files.keys()].sort());
    for (const [name, bytes] of whole.files) expect(parts.files.get(name), name).toEqual(bytes);
    await expect(TrajectoryWriter.open(parts, shape, 5)).rejects.toThrow(/multiples of 4/);
    expect((await TrajectoryWriter.open(parts, shape, 10)).rows).toBe(10);
  });

  it('refuses rows beyond the window and rows of another size', async () => {
    const writer = await TrajectoryWriter.open(new MemoryStore(), shape);
    expect(() => writer.append(1, new Float32Array(4), [1], [1])).toThrow(/cannot add 1 rows of 4/);
    add(writer, 0, 10);
    expect(() => add(writer, 10, 11)).toThrow(/holds 10 rows/);
  });

  it('chunks are about 4 MB', () => {
    expect(chunkRowsFor(2500)).toBe(400);
    expect(chunkRowsFor(39200)).toBe(25);
    expect(chunkRowsFor(1)).toBe(1000);
    expect(chunkRowsFor(1e8)).toBe(1);
  });
});

describe('failures', () => {
  it('a store that is full: one sentence, and the chunks before stay readable', async () => {
    const store = new MemoryStore();
    const set = store.set.bind(store);
    const writer = await TrajectoryWriter.open(store, shape);
    add(writer, 0, 4);
    store.set = (key, value) => {
      if (key.startsWith('/weights'))
        throw clearFileError(Object.assign(new Error('no space'), { code: 'ENOSPC' }), key, value.length);
      set(key, value);
    };
    expect(() => add(writer, 4, 8)).toThrow(RunError);
    expect(() => writer.flush()).toThrow(/the disk is full; make room and continue with --resume/);
    store.set = set;
    const read = await Trajectory.open(store);
    expect(read.recorded).toBe(4);
    expect(Array.from(await read.rows(0, 4))).toEqual(Array.from(rows(0, 4)));
  });

  it('no trajectory there', async () => {
    await expect(Trajectory.open(join(tmpdir(), 'there-is-none'))).rejects.toThrow(/no readable trajectory/);
  });
});

describe('on disk', () => {
  it('leaves whole files only, and reads ranges of them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zarr-'));
    add(await TrajectoryWriter.open(folder, shape), 0, 10);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    expect(files.filter((f) => f.endsWith('.tmp'))).toEqual([]);
    expect(files).toContain(join('weights', 'c', '2', '0'));
    const store = new FolderStore(folder);
    const all = store.get('/weights/c/0/0')!;
    expect(store.getRange('/weights/c/0/0', { offset: 4, length: 8 })).toEqual(all.slice(4, 12));
    expect(store.getRange('/weights/c/0/0', { suffixLength: 4 })).toEqual(all.slice(-4));
    expect(store.getRange('/weights/c/9/0', { suffixLength: 4 })).toBeUndefined();
    expect((await Trajectory.open(folder)).recorded).toBe(10);
  });

  const python = [process.env.THERMOGRAD_PYTHON, 'python3', '/usr/bin/python3'].find(
    (p) => p && spawnSync(p, ['-c', 'import zarr; assert zarr.__version__ >= "3"']).status === 0,
  );
  it.skipIf(!python)(
    'zarr.open in Python reads it (needs Python with zarr 3; THERMOGRAD_PYTHON names one)',
    async () => {
      const folder = join(mkdtempSync(join(tmpdir(), 'zarr-')), 'trajectory.zarr');
      const writer = await TrajectoryWriter.open(folder, shape);
      add(writer, 0, 9);
      writer.flush();
      const script = `
import json, sys, zarr
g = zarr.open(sys.argv[1], mode='r')
w = g['weights']
print(json.dumps({'shape': w.shape, 'dtype': str(w.dtype), 'sum': float(w[:9].sum()), 'nan': bool((w[9:] != w[9:]).all()),
  'step': g['step'][:].tolist(), 'loss': float(g['loss'][8]), 'attrs': dict(g.attrs), 'dims': w.metadata.dimension_names, 'names': sorted(g.array_keys())}))`;
      const out = spawnSync(python!, ['-c', script, folder], { encoding: 'utf8' });
      expect(out.stderr).toBe('');
      expect(JSON.parse(out.stdout)).toMatchObject({
        shape: [10, 3],
        dtype: 'float32',
        sum: rows(0, 9).reduce((a, b) => a + b, 0),
        nan: true,
        step: [1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, -1],
        loss: 1,
        attrs: { layer: 'layer2', layerShape: [1, 3], batchSize: 50 },
        dims: ['step', 'weight'],
        names: ['correct', 'loss', 'step', 'weights'],
      });
    },
  );
});
