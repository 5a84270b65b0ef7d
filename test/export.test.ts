/** The numbers of a folder as other programs read them, and what is refused. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { measure } from '../src/jobs/outputs.js';
import { writeNpy } from '../src/record/npy.js';
import { readNpz } from '../src/record/npz.js';
import { curvesIn } from '../src/results/disk/curves.js';
import { exportResults } from '../src/results/disk/export.js';
import { openResults } from '../src/results/disk/folder.js';
import { scratch, thermograd } from './support/cli.js';
import { put, runFolder, runRecord } from './support/result-folders.js';

const { folder } = scratch();
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const run = join(folder, 'run');
await runFolder(run);
const study = join(folder, 'study');
put(study, { 'seeds.json': { ...runRecord(0), format: 'thermograd seeds', seeds: 2 } });
for (const seed of [0, 1]) await runFolder(join(study, `seed${seed}`), seed);

describe('npz', () => {
  const out = join(folder, 'run.npz');

  it('holds every array under the name of its file, curves and columns of numbers too', async () => {
    await exportResults(await openResults(run), { format: 'npz', out });
    const arrays = await readNpz(readFileSync(out), out);
    expect([...arrays.keys()]).toEqual([
      ...['history.epoch', 'history.trainLoss', 'history.testLoss', 'tables.widths.rank', 'tables.widths.width'],
      ...['trajectory.correct', 'trajectory.loss', 'trajectory.step', 'trajectory.weights', 'vector'],
    ]);
    expect(arrays.get('trajectory.weights')).toEqual({
      shape: [4, 2],
      type: 'f4',
      data: Float32Array.of(0, -0, 1, -1, 2, -2, Number.NaN, Number.NaN),
    });
    expect(arrays.get('trajectory.step')?.data).toEqual(Int32Array.of(31, 32, 33, -1));
    expect(arrays.get('tables.widths.width')?.data).toEqual(Float64Array.of(0.5, Number.NaN));
    expect(arrays.get('vector')?.data).toEqual(Float64Array.of(3, 4));
  });

  it('holds those that are chosen, and names the nearest to one that is not there', async () => {
    const chosen = join(folder, 'chosen.npz');
    const from = await openResults(run);
    await exportResults(from, { format: 'npz', out: chosen, only: ['trajectory.loss', 'tables'] });
    const arrays = await readNpz(readFileSync(chosen), chosen);
    expect([...arrays.keys()]).toEqual(['tables.widths.rank', 'tables.widths.width', 'trajectory.loss']);
    const wrong = exportResults(from, { format: 'npz', out: join(folder, 'no.npz'), only: ['trajectroy'] });
    await expect(wrong).rejects.toThrow(/no array 'trajectroy'; did you mean trajectory\? It has .*vector\.$/);
    expect(existsSync(join(folder, 'no.npz'))).toBe(false);
  });

  it('refuses an array that is not as its stage wrote it', async () => {
    const changed = join(folder, 'changed');
    await runFolder(changed);
    const vector = { stage: 'pca', ...measure(join(changed, 'vector.npy')) };
    put(changed, { 'run.json': runRecord(0, { outputs: { 'vector.npy': vector } }) });
    const call = async () =>
      exportResults(await openResults(changed), { format: 'npz', out: join(folder, 'changed.npz'), force: true });
    await call();
    put(changed, { 'vector.npy': writeNpy({ shape: [2], data: Float64Array.of(3, 5) }) });
    await expect(call()).rejects.toThrow(/vector\.npy is not as the run wrote it .*SHA-256 differs/);
  });

  it('is a file that NumPy opens', ({ skip }) => {
    const python = ['python3', '/usr/bin/python3'].find((p) => spawnSync(p, ['-c', 'import numpy']).status === 0);
    if (!python) skip('needs Python with numpy');
    const code = `import numpy; d = numpy.load(${JSON.stringify(out)}); print(d['trajectory.weights'][2].tolist(), d['vector'].sum())`;
    expect(spawnSync(python!, ['-c', code], { encoding: 'utf8' }).stdout).toBe('[2.0, -2.0] 7.0\n');
  });
});

describe('csv', () => {
  it('is a folder with the tables and with the numbers of the figures', async () => {
    const out = join(folder, 'tables');
    const { contents } = await exportResults(await openResults(run), { format: 'csv', out });
    expect(readdirSync(out, { recursive: true }).sort()).toEqual(['figures', 'figures/first.csv', 'widths.csv']);
    expect(readFileSync(join(out, 'widths.csv'))).toEqual(readFileSync(join(run, 'tables/widths.csv')));
    expect(contents).toEqual([
      { name: 'widths.csv', size: [2] },
      { name: 'figures/first.csv', size: [1] },
    ]);
  });
});

describe('tensorboard', () => {
  it('has the curves over steps, without what was not measured', async () => {
    const [{ inside, scalars }] = await curvesIn(run);
    const of = (name: string) => scalars.filter(({ tag }) => tag === name).map(({ step, value }) => [step, value]);
    expect(inside).toBe('');
    expect(of('loss/train')).toEqual([
      [10, 2],
      [20, 1],
      [30, 0.5],
      [40, 0.25],
    ]);
    expect(of('loss/test')).toEqual([
      [10, 2.5],
      [40, 1.5],
    ]);
    expect(of('window/minibatch_loss')).toEqual([
      [31, 0.5],
      [32, 1.5],
      [33, 2.5],
    ]);
    expect(of('window/minibatch_accuracy')).toEqual([
      [31, 0.8],
      [32, 0.82],
      [33, 0.84],
    ]);
  });

  it('has one file for each run of a study, in folders of their names', async () => {
    const out = join(folder, 'logs');
    await exportResults(await openResults(study), { format: 'tensorboard', out });
    expect(readdirSync(out).sort()).toEqual(['seed0', 'seed1']);
    expect(readdirSync(join(out, 'seed1'))).toEqual([
      expect.stringMatching(/^events\.out\.tfevents\.\d+\.thermograd$/),
    ]);
  });
});

describe('thermograd export', () => {
  it('replaces an earlier export where it is told to, and nothing else', () => {
    const out = join(folder, 'cli');
    const call = (...more: string[]) => thermograd('export', run, '--format', 'tensorboard', '--out', out, ...more);
    expect(call().code).toBe(0);
    expect(call().stderr).toMatch(/exists and is not empty.*--force/);
    expect(call('--force', '--json').stdout).toContain('"contents":[{"name":"loss/train","size":[4]}');
    put(out, { 'mine.txt': 'x' });
    expect(call('--force')).toMatchObject({ code: 2, stderr: expect.stringContaining('holds mine.txt') });
  });

  it('refuses with one sentence and writes nothing', () => {
    put(join(folder, 'bare'), { 'run.json': runRecord(0) });
    const bare = join(folder, 'bare');
    const out = join(folder, 'never');
    const refusals: [string[], RegExp][] = [
      [[bare, '--format', 'csv', '--out', out], /holds no tables/],
      [[bare, '--format', 'tensorboard', '--out', out], /holds no training curves/],
      [[bare, '--format', 'npz', '--out', `${out}.npz`], /holds no arrays/],
      [[run, '--format', 'npz', '--out', out], /ends in \.npz/],
      [[run, '--format', 'csv', '--only', 'pca', '--out', out], /--only chooses arrays of an npz/],
      [[folder, '--format', 'csv', '--out', out], /holds no results of thermograd/],
    ];
    for (const [words, sentence] of refusals) {
      const { code, stderr } = thermograd('export', ...words);
      expect([code, stderr], words.join(' ')).toEqual([2, expect.stringMatching(/^thermograd: [^\n]+\.\n$/)]);
      expect(stderr).toMatch(sentence);
    }
    expect(readdirSync(folder).filter((name) => name.startsWith('never'))).toEqual([]);
  });
});
