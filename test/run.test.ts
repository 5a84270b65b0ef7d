/** Runs through the library: stages, their files, what they promise each other. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PcaSummary } from '../src/analyse/trajectory/results.js';
import { InterruptedError, type Progress } from '../src/jobs/context.js';
import { checkMemory, gigabytes } from '../src/jobs/memory.js';
import { InputError } from '../src/numeric/errors.js';
import { MemoryStore } from '../src/record/array-store.js';
import { readArray, writeArrays } from '../src/record/arrays.js';
import { readModel } from '../src/record/checkpoint.js';
import { readJson, writeJson } from '../src/record/json.js';
import { Trajectory } from '../src/record/trajectory.js';
import { completeConfig } from '../src/runs/config.js';
import { networkIn, openRun } from '../src/runs/folder.js';
import { memoryNeed } from '../src/runs/memory.js';
import { loadRun } from '../src/runs/prepare.js';
import { dynamicsRanks, flatnessRanks } from '../src/runs/ranks.js';
import { trainRun } from '../src/runs/run.js';
import type { PartialConfig } from '../src/runs/schema.js';
import type { DynamicsResult } from '../src/runs/window/jobs.js';
import { windowStages } from '../src/runs/window/stages.js';

const CONFIG: PartialConfig = {
  data: { set: 'teacher', teacher: { network: { widths: [8, 6, 3] }, train: 300, test: 50 } },
  training: { batchSize: 15, stop: { rule: 'epochs', epochs: 3 }, maxEpochs: 20 },
  record: { layer: 'layer1', windowEpochs: 10 },
};
const home = mkdtempSync(join(tmpdir(), 'run-'));
const out = join(home, 'run');
const progress: Progress[] = [];
afterAll(() => rmSync(home, { recursive: true, force: true }));
beforeAll(async () => {
  await trainRun(CONFIG, { out, onProgress: (p) => progress.push(p) });
});

describe('training', () => {
  it('records the window that follows the stopping rule; its last row is the final layer', async () => {
    const window = await Trajectory.open(join(out, 'trajectory.zarr'));
    expect([window.T, window.P]).toEqual([200, 48]);
    expect([window.step[0], window.step[199]]).toEqual([61, 260]);
    const { network } = completeConfig(CONFIG);
    const model = readModel(join(out, 'model.safetensors'), network)!;
    expect(await window.rows(199, 1)).toEqual(model.slice(0, 48));
  });

  it('each row is one step of SGD from the row before', async () => {
    const window = await Trajectory.open(join(out, 'trajectory.zarr'));
    const rows = await window.rows(0, 200);
    for (let t = 1; t < 200; t++) {
      let square = 0;
      for (let j = 0; j < 48; j++) square += (rows[t * 48 + j] - rows[(t - 1) * 48 + j]) ** 2;
      expect(square).toBeGreaterThan(0);
      expect(Math.sqrt(square)).toBeLessThan(0.1 * 20); // learning rate × a bound on the gradient of these inputs
    }
  });

  it('tells how far it is, and never beyond the end', () => {
    const train = progress.filter((p) => p.stage === 'train');
    expect(train.at(-1)).toMatchObject({ done: 260, total: 260, unit: 'steps' });
    expect(train.every((p, k) => k === 0 || p.done >= train[k - 1].done)).toBe(true);
  });

  it('an aborted signal stops it with everything saved', async () => {
    const folder = join(home, 'aborted');
    const stop = new AbortController();
    const run = trainRun(CONFIG, { out: folder, signal: stop.signal, onProgress: (p) => p.done > 100 && stop.abort() });
    await expect(run).rejects.toThrow(InterruptedError);
    expect(existsSync(join(folder, 'checkpoint.safetensors'))).toBe(true);
    await trainRun({}, { out: folder, resume: true });
    const [a, b] = [folder, out].map((f) => readFileSync(join(f, 'model.safetensors')));
    expect(a.equals(b)).toBe(true);
  });

  it('momentum, sampling and seed change the weights; workers and analysis do not', async () => {
    const model = async (name: string, more: PartialConfig) => {
      await trainRun([CONFIG, more], { out: join(home, name) });
      return readFileSync(join(home, name, 'model.safetensors')).subarray(-4 * (48 + 18)); // without the header
    };
    const base = readFileSync(join(out, 'model.safetensors')).subarray(-4 * (48 + 18));
    expect((await model('same', { workers: 3, analysis: { centre: 'last' } })).equals(base)).toBe(true);
    expect((await model('momentum', { training: { momentum: 0.5 } })).equals(base)).toBe(false);
    expect((await model('sampling', { training: { sampling: 'replaced' } })).equals(base)).toBe(false);
    expect((await model('seed', { seed: 1 })).equals(base)).toBe(false);
  });
});

describe('principal directions and dynamics', () => {
  let summary: PcaSummary;
  let rows: Float32Array;
  beforeAll(async () => {
    const folder = openRun(out);
    await windowStages({ folder, config: folder.record.config, network: networkIn(folder.record), options: {} });
    folder.close();
    summary = readJson<PcaSummary>(join(out, 'pca.json'))!;
    rows = await (await Trajectory.open(join(out, 'trajectory.zarr'))).rows(0, 200);
  });

  it('each saved direction has the variance that the raw rows have along it', async () => {
    const { data: directions, shape } = await readArray(join(out, 'pca.zarr'), 'directions');
    expect(shape).toEqual([48, 48]);
    for (const i of [0, 1, 5, 20]) {
      const theta = Array.from({ length: 200 }, (_, t) => {
        let sum = 0;
        for (let j = 0; j < 48; j++) sum += directions[i * 48 + j] * rows[t * 48 + j];
        return sum;
      });
      const mean = theta.reduce((a, b) => a + b) / 200;
      const variance = theta.reduce((a, b) => a + (b - mean) ** 2, 0) / 200;
      expect(summary.variances[i] / variance).toBeCloseTo(1, 9);
    }
    const { data: last } = await readArray(join(out, 'pca.zarr'), 'last');
    expect(Array.from(last)).toEqual(Array.from(rows.slice(199 * 48)));
    const { data: mean } = await readArray(join(out, 'pca.zarr'), 'mean');
    let sum = 0;
    for (let t = 0; t < 200; t++) sum += rows[t * 48 + 7];
    expect(mean[7]).toBeCloseTo(sum / 200, 12);
  });

  it('paths are the coordinates in the planes, at the steps of training', () => {
    const { dynamics, paths } = readJson<DynamicsResult>(join(out, 'dynamics.json'))!;
    expect(dynamics[0].index).toBe(1);
    expect(paths.map((p) => p.indices)).toEqual([[1, 2]]); // there is no direction 49 of 48
    expect(paths[0].step[0]).toBe(61);
    const spread = paths[0].x.reduce((a, x) => a + x * x, 0) / paths[0].x.length;
    expect(spread / summary.variances[0]).toBeCloseTo(1, 9);
  });

  it('are not computed twice', async () => {
    const before = readFileSync(join(out, 'run.json'), 'utf8');
    const folder = openRun(out);
    await windowStages({
      folder,
      config: folder.record.config,
      network: networkIn(folder.record),
      options: { onProgress: () => expect.unreachable() },
    });
    folder.close();
    expect(readFileSync(join(out, 'run.json'), 'utf8')).toBe(before);
  });
});

describe('ranks', () => {
  const analysis = completeConfig().analysis;
  it('log-spaced with the profiled ones; all; a list as it is', () => {
    const ranks = flatnessRanks(analysis, 2500);
    expect(ranks[0]).toBe(1);
    expect(ranks.at(-1)).toBe(2500);
    for (const i of [5, 20, 50, 100, 200]) expect(ranks).toContain(i);
    expect(ranks.length).toBeGreaterThan(100);
    expect(ranks.length).toBeLessThan(130);
    expect(ranks).toEqual([...new Set(ranks)].sort((a, b) => a - b));
    expect(flatnessRanks({ ...analysis, directions: 'all' }, 30)).toHaveLength(30);
    expect(flatnessRanks({ ...analysis, directions: [3, 1] }, 30)).toEqual([1, 3]);
  });
  it('of planes and profiles beyond the last are left out', () => {
    expect(Math.max(...dynamicsRanks(analysis, 48))).toBe(48);
    expect(dynamicsRanks(analysis, 2500)).toEqual(expect.arrayContaining([1, 2, 49, 50, 200]));
  });
});

describe('memory', () => {
  it('names the largest part and the key that lowers it', async () => {
    const config = completeConfig(CONFIG);
    const need = memoryNeed(config, await loadRun(config), 200);
    expect(need.peak).toBeGreaterThan(8e7);
    expect(() => checkMemory(need, need.peak)).not.toThrow();
    expect(() => checkMemory(need, need.peak / 2)).toThrow(InputError);
    expect(() => checkMemory(need, need.peak / 2)).toThrow(/lower it with (record|data)\.\w+/);
  });
  it('grows with what is stored', async () => {
    const config = completeConfig(CONFIG);
    const { dataset, network } = await loadRun(config);
    const wide = completeConfig(CONFIG, { network: { widths: [8, 600, 3] } });
    expect(memoryNeed(wide, { dataset, network: wide.network }, 20000).peak).toBeGreaterThan(
      memoryNeed(config, { dataset, network }, 20000).peak + 7 * 8 * 4800 ** 2,
    );
  });
  it('is written in units people use', () => {
    expect([8e7, 1.46e9].map(gigabytes)).toEqual(['80 MB', '1.5 GB']);
  });
});

describe('files', () => {
  it('JSON says itself what is no number; null stays null', () => {
    const path = join(home, 'a.json');
    const value = { x: Number.NaN, curve: [1, Number.NaN, -Infinity], left: null, any: null, text: 'not NaN' };
    writeJson(path, value);
    expect(readFileSync(path, 'utf8')).toContain('"x": "NaN"');
    expect(readJson(path)).toEqual(value);
    expect(readJson(join(home, 'none.json'))).toBeUndefined();
  });
  it('arrays of any number of rows come back, whole or in part', async () => {
    const store = new MemoryStore();
    const data = Float64Array.from({ length: 2500 * 900 }, (_, i) => i / 7); // more than one chunk, the last one short
    await writeArrays(store, { a: { shape: [2500, 900], data, dimensions: ['i', 'j'], description: 'x' } });
    const same = (a: Float64Array, b: Float64Array) => a.length === b.length && a.every((v, i) => v === b[i]);
    expect(same((await readArray(store, 'a')).data, data)).toBe(true);
    expect(same((await readArray(store, 'a', 2400, 2402)).data, data.slice(2400 * 900, 2402 * 900))).toBe(true);
    await expect(readArray(store, 'b')).rejects.toThrow(/no readable array 'b'/);
  });
});
