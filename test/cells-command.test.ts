/** `thermograd cells` and `thermograd cell`: what they list and do, and their sentences for what cannot be. */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reproduceControls } from '../src/experiments/controls/experiment.js';
import { runNetworkStudy } from '../src/experiments/valley2023/network/experiment.js';
import { VERSION } from '../src/jobs/machine.js';
import { chooseProvider } from '../src/numeric/linalg/index.js';
import { completeConfig } from '../src/runs/config.js';
import type { PartialConfig } from '../src/runs/schema.js';
import { thermogradHere } from './support/here.js';
import { smallControls, smallNetworks } from './support/small-studies.js';

const home = mkdtempSync(join(tmpdir(), 'cells-command-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
const study = join(home, 'networks');
const controls = join(home, 'controls');
const idx = join(home, 'idx');

/** Bytes of an IDX file of unsigned bytes. */
const idxBytes = (dims: readonly number[], value: (k: number) => number) => {
  const count = dims.reduce((a, b) => a * b, 1);
  const head = new Uint8Array(4 + 4 * dims.length);
  head.set([0, 0, 8, dims.length]);
  dims.forEach((d, k) => void new DataView(head.buffer).setUint32(4 + 4 * k, d));
  return Buffer.concat([head, Uint8Array.from({ length: count }, (_, k) => value(k))]);
};

const controlsBase: PartialConfig = {
  data: { set: `idx:${idx}` },
  network: { widths: [8, 6, 5, 3], activation: 'relu' },
  training: { batchSize: 15, stop: { rule: 'epochs', epochs: 2 }, maxEpochs: 40 },
};

beforeAll(async () => {
  await runNetworkStudy({ config: smallNetworks(), folder: study, seeds: 2, prepare: true });
  mkdirSync(idx);
  for (const [part, count] of [
    ['train', 60],
    ['t10k', 20],
  ] as const) {
    writeFileSync(
      join(idx, `${part}-images-idx3-ubyte`),
      idxBytes([count, 2, 4], (k) => (37 * k + (k >> 3)) % 251),
    );
    writeFileSync(
      join(idx, `${part}-labels-idx1-ubyte`),
      idxBytes([count], (k) => k % 3),
    );
  }
  const base = completeConfig(controlsBase);
  await reproduceControls({ config: { ...smallControls(), base }, seeds: 1, out: controls, prepare: true });
});

const json = async (...args: string[]) => {
  const { code, stdout } = await thermogradHere(...args, '--json');
  return { code, ...(JSON.parse(stdout) as Record<string, unknown>) } as Record<string, never> & { code: number };
};
const files = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();

describe('a study that was prepared', () => {
  it('holds its record, with everything that a cell depends on, and no lock', () => {
    expect(files(study)).toEqual(['network.json']);
    expect(files(controls)).toEqual(['controls.json']);
    const record = JSON.parse(readFileSync(join(controls, 'controls.json'), 'utf8'));
    expect(record.linearAlgebra).toMatch(/^embedded|koffi/);
    expect(record.data.files).toBeDefined();
    expect(record.stages.bases.status).toBe('waiting');
  });

  it('is listed in the order of its stages, with what can be done and what waits', async () => {
    const { count, missing, cells } = await json('cells', controls);
    const lines = cells as unknown as { index: number; stage: string; status: string; file: string }[];
    expect([count, missing, lines.length]).toEqual([lines.length, lines.length, 1 + smallControls().cells.length]);
    expect(lines.map(({ index }) => index)).toEqual(lines.map((_, k) => k));
    expect(lines[0]).toMatchObject({ stage: 'bases', status: 'ready', file: 'seeds/seed0/base.json', weight: 1 });
    expect(new Set(lines.slice(1).map(({ stage, status }) => `${stage} ${status}`))).toEqual(
      new Set(['cells waiting']),
    );
    const { stdout } = await thermogradHere('cells', controls);
    expect(stdout.split('\n')[0]).toBe('0\tready\tseeds/seed0/base.json\tbase of seed 0');
  });

  it('tells more seeds, and how to go on', async () => {
    const { did, next, sentence } = await json('reproduce', 'controls', '--resume', '--prepare', '--out', controls);
    expect(did).toBe('prepared');
    expect(sentence).toBe(
      `${controls} is prepared; ${1 + smallControls().cells.length} cells are known, and none was computed now.`,
    );
    expect(next).toEqual([
      `thermograd cells ${controls} --missing`,
      `thermograd cell ${controls} INDEX…`,
      `thermograd reproduce controls --out ${controls} --resume`,
    ]);
  });
});

describe('cell', () => {
  it('does what is named by index, range, document or list, once, and leaves documents that are there as they are', async () => {
    const list = join(home, 'list.txt');
    writeFileSync(list, `\nseeds/seed1/ceiling.json\r\n${join(study, 'seeds/seed0/ceiling.json')}\n\n`);
    const all = (await json('cells', study)).cells as unknown as { file: string; index: number }[];
    const at = (name: string) => all.find(({ file }) => file === `seeds/${name}.json`)!.index;
    expect(all).toHaveLength(6);
    const first = await json('cell', study, '0-1', '1');
    expect(first).toMatchObject({ code: 0, computed: 2, cells: [all[0].file, all[1].file] });
    const before = readFileSync(join(study, all[0].file));
    const more = await json('cell', study, '0', '--list', list);
    expect(more.cells).toEqual([all[0].file, 'seeds/seed1/ceiling.json', 'seeds/seed0/ceiling.json']);
    expect(more.computed).toBe(all[0].file.includes('ceiling') || all[1].file.includes('ceiling') ? 1 : 2);
    expect(readFileSync(join(study, all[0].file))).toEqual(before);
    const missing = (await json('cells', study, '--missing')).cells as unknown as { index: number; status: string }[];
    expect(missing.map(({ index }) => index)).not.toContain(at('seed1/ceiling'));
    expect(missing.every(({ status }) => status === 'ready')).toBe(true);
    // nothing but the record and documents
    expect(
      files(study).filter((name) => !/^(?:network\.json|seeds|seeds\/seed\d|seeds\/seed\d\/[\w.-]+\.json)$/.test(name)),
    ).toEqual([]);
  });

  it.each([
    [
      'a folder that is not there',
      () => [join(home, 'none'), '0'],
      /there is no folder .*none; name the folder of a study/,
    ],
    [
      'a folder that is no study',
      () => [home, '0'],
      /is not the folder of a study in cells: it has none of controls\.json, /,
    ],
    ['an index beyond the last', () => [study, '6'], /has the cells 0 to 5 so far; got 6\.$/],
    ['a range beyond the last', () => [study, '3-9'], /has the cells 0 to 5 so far; got 3-9\.$/],
    [
      'a range upside down',
      () => [study, '3-1'],
      /a range of cells goes from the smaller index to the larger; got 3-1\.$/,
    ],
    [
      'a document that is none',
      () => [study, 'seeds/seed7/ceiling.json'],
      /seeds\/seed7\/ceiling\.json is no document of a cell of .*networks/,
    ],
    ['a negative index', () => [study, '--', '-1'], /-1 is no document of a cell/],
    ['no cell', () => [study], /name at least one cell of .*networks: an index, a range such as 10-19, or the path/],
    ['a list that is not there', () => [study, '--list', join(home, 'no.txt')], /there is no list of cells .*no\.txt/],
    ['an empty list', () => [study, '--list', join(home, 'empty.txt')], /the list of cells .*empty\.txt is empty/],
    [
      'a cell that waits',
      () => [controls, '1', '--wait', '0'],
      /seeds\/seed0\/[\w-]+\.json needs seeds\/seed0\/base\.json, which is not in .*controls; do that cell first/,
    ],
    ['a time that is none', () => [study, '0', '--wait', 'long'], /expected a number from 0 up, got 'long'/],
  ])('refuses %s', async (_, words, sentence) => {
    writeFileSync(join(home, 'empty.txt'), ' \n\n');
    const before = files(home);
    const { code, stderr } = await thermogradHere('cell', ...words());
    expect(stderr.split('\n').find((line) => /thermograd: |error: /.test(line))).toMatch(sentence);
    expect(code).toBe(2);
    expect(files(home)).toEqual(before);
  });

  it('does the others where some fail, and names those', async () => {
    const path = join(home, 'fails');
    const base = completeConfig({ ...controlsBase, provider: 'embedded' });
    await reproduceControls({ config: { ...smallControls(), base }, seeds: 2, out: path, prepare: true });
    expect((await json('cell', path, '0-1')).computed).toBe(2);
    const model = join(path, 'seeds/seed0/base.safetensors');
    writeFileSync(model, readFileSync(model).subarray(0, 100));
    const [bad, good] = [0, 1].map((seed) => `seeds/seed${seed}/fixed-shuffled.json`);
    const { code, stderr } = await thermogradHere('cell', path, bad, good);
    expect([code, existsSync(join(path, bad)), existsSync(join(path, good))]).toEqual([1, false, true]);
    expect(stderr).toMatch(/^thermograd: seeds\/seed0\/fixed-shuffled\.json: .*base\.safetensors/m);
    expect(stderr).toContain(`thermograd: 1 of 2 cells failed: ${bad}.`);
    const alone = await thermogradHere('cell', path, bad);
    expect([alone.code, alone.stderr.trim().split('\n').length]).toEqual([1, 1]);
  });
});

describe('a machine that would compute other bits', () => {
  /** A copy of a prepared study whose record was changed. */
  const changed = (from: string, file: string, change: Record<string, unknown>) => {
    const path = mkdtempSync(join(home, 'changed-'));
    const record = JSON.parse(readFileSync(join(from, file), 'utf8'));
    writeFileSync(join(path, file), JSON.stringify({ ...record, ...change }));
    return path;
  };

  it.each([
    [
      'version of thermograd',
      { thermograd: '0.0.9' },
      new RegExp(`was begun by thermograd 0\\.0\\.9, and this is ${VERSION.replaceAll('.', '\\.')}`),
    ],
    [
      'linear algebra',
      { linearAlgebra: 'ATLAS 3' },
      /was begun with the linear algebra 'ATLAS 3', and this machine now gives '/,
    ],
    [
      'linear algebra that is not chosen',
      { linearAlgebra: null },
      /has not chosen its linear algebra yet; continue it once with --resume --prepare/,
    ],
  ])('is refused for another %s', async (_, change, sentence) => {
    const path = changed(controls, 'controls.json', change);
    const { code, stderr } = await thermogradHere('cell', path, '0');
    expect(stderr).toMatch(sentence);
    expect(code).toBe(2);
    expect(files(path)).toEqual(['controls.json']);
  });

  it('is refused for a data file with one pixel changed, and taken again when it is restored', async () => {
    const path = changed(controls, 'controls.json', {});
    const images = join(idx, 'train-images-idx3-ubyte');
    const kept = join(home, 'kept');
    copyFileSync(images, kept);
    const bytes = readFileSync(images);
    bytes[16 + 101] ^= 1;
    writeFileSync(images, bytes);
    const { code, stderr } = await thermogradHere('cell', path, '0');
    copyFileSync(kept, images);
    expect(stderr).toMatch(/the data on this machine are not those that the study in .* was begun with/);
    expect([code, files(path)]).toEqual([2, ['controls.json']]);
    expect((await json('cell', path, '0')).computed).toBe(1);
  });

  it('is refused where OpenBLAS takes the kernels of another processor, with what asks for the same ones', async (context) => {
    const { name } = await chooseProvider({ prefer: 'auto' });
    const core = / \((\w+), \d+-bit integers\) through koffi/.exec(name)?.[1];
    if (core === undefined) context.skip('skipped: needs OpenBLAS with kernels for several processors');
    const other = core === 'Haswell' ? 'Nehalem' : 'Haswell';
    const path = changed(controls, 'controls.json', {});
    const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
    const env = { ...process.env, OPENBLAS_CORETYPE: other };
    const { status, stderr } = spawnSync(process.execPath, [main, 'cell', path, '0'], { env, encoding: 'utf8' });
    expect(stderr).toContain(`OPENBLAS_CORETYPE=${core} in the environment asks for its kernels`);
    expect([status, files(path)]).toEqual([2, ['controls.json']]);
  });
});

it('ten thousand cells are listed by what is in their folders (a thousand outside CI)', async () => {
  const seeds = process.env.CI ? 100 : 10;
  const path = join(home, 'many');
  const settings = Array.from({ length: 99 }, (_, k) => ({ learningRate: 0.2 + k / 1000, batchSize: 20 }));
  await runNetworkStudy({ config: { ...smallNetworks(), settings }, folder: path, seeds, prepare: true });
  const { count, cells } = (await json('cells', path)) as unknown as { count: number; cells: { file: string }[] };
  expect(count).toBe(100 * seeds);
  for (const { file } of cells.slice(200)) {
    mkdirSync(join(path, file, '..'), { recursive: true });
    writeFileSync(join(path, file), '{}');
  }
  const { cells: missing } = (await json('cells', path, '--missing')) as unknown as { cells: { file: string }[] };
  expect(missing.map(({ file }) => file)).toEqual(cells.slice(0, 200).map(({ file }) => file));
});
