/** Folders of cells that are continued although something in them is not as it was left: refused before anything is written. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CEILINGS_STUDY } from '../src/experiments/ceilings/study.js';
import { CONTROLS_STUDY } from '../src/experiments/controls/study.js';
import { FORGET_STUDY } from '../src/experiments/forget/study.js';
import { GENERALITY_STUDY } from '../src/experiments/generality/study.js';
import { studyAt } from '../src/experiments/studies.js';
import { planSweep, runSweep } from '../src/experiments/sweep/experiment.js';
import type { PartialSweep } from '../src/experiments/sweep/schema.js';
import { SWEEP_STUDY } from '../src/experiments/sweep/study.js';
import { runNetworkStudy } from '../src/experiments/valley2023/network/experiment.js';
import { NETWORK_STUDY } from '../src/experiments/valley2023/network/study.js';
import { checkContinued } from '../src/jobs/continued.js';
import { InputError } from '../src/numeric/errors.js';
import { smallNetworks } from './support/small-studies.js';

const SWEEP: PartialSweep = {
  name: 'small',
  base: {
    data: { set: 'teacher', teacher: { network: { widths: [6, 5, 3] }, train: 40, test: 20 } },
    network: { widths: [6, 5, 3] },
    training: { batchSize: 20 },
  },
  axes: { seed: '0..1', 'training.learningRate': [0.1, 0.2] },
  until: { epochs: 1 },
  measure: ['loss'],
};
const home = mkdtempSync(join(tmpdir(), 'continued-'));
const [half, copy] = [join(home, 'half'), join(home, 'copy')];
const place = (index: number) => join(copy, 'cells', '0000', `${index}.json`);

/** A sweep of four cells, of which two were done by other processes. */
beforeAll(async () => {
  await runSweep(SWEEP, { out: half, prepare: true });
  const study = await studyAt(half);
  const lines = study.list().slice(0, 2);
  const ready = await study.prepare(lines);
  for (const line of lines) await ready.do(line, 0, () => {});
}, 60_000);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const files = () =>
  readdirSync(copy, { recursive: true, encoding: 'utf8' })
    .map((name) => join(copy, name))
    .filter((name) => statSync(name).isFile())
    .map((name) => [name, readFileSync(name, 'utf8')]);

/** Changes a copy of the folder, continues it, and returns the sentence; nothing in the copy may change. */
async function refusal(change: () => void): Promise<string> {
  rmSync(copy, { recursive: true, force: true });
  cpSync(half, copy, { recursive: true });
  change();
  const before = files();
  const error = await runSweep(undefined, { out: copy, resume: true, workers: 1 }).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(InputError);
  expect(files()).toEqual(before);
  return (error as Error).message;
}
const edit = (path: string, change: (tree: Record<string, never>) => void) => {
  const tree = JSON.parse(readFileSync(path, 'utf8'));
  change(tree);
  writeFileSync(path, JSON.stringify(tree));
};
const inCell = (value: object) => () => edit(place(1), (tree) => void Object.assign(tree, value));
const inRecord = (value: object) => () => edit(join(copy, 'sweep.json'), (tree) => void Object.assign(tree, value));
const inConfig = (value: object) => () =>
  edit(join(copy, 'sweep.json'), ({ config }) => void Object.assign(config as object, value));

describe('a sweep is not continued', () => {
  it.each<[string, () => void, string]>([
    [
      'with a torn document',
      () => writeFileSync(place(1), '{ "format": "thermo'),
      'is not readable as JSON; delete it',
    ],
    ['with an empty document', () => writeFileSync(place(1), ''), 'is not readable as JSON; delete it'],
    ['with a document that is null', () => writeFileSync(place(1), 'null'), 'holds no named values'],
    ['with the document of another cell', () => cpSync(place(0), place(1)), 'its index is 0 and not 1'],
    ['with a document of another seed', inCell({ seed: 7 }), 'its seed is 7 and not 0'],
    ['with a document of another point', inCell({ point: { 'training.learningRate': 0.3 } }), 'its point is'],
    ['with a document of another kind', inCell({ format: 'thermograd run' }), 'its format is "thermograd run"'],
    ['with a document in which nothing was measured', inCell({ measured: null }), 'nothing measured'],
    [
      'with a number that is a text',
      inCell({ measured: { loss: 'low' } }),
      'its loss is neither a number nor a reason',
    ],
    [
      'with the linear algebra of another machine',
      inRecord({ linearAlgebra: 'LAPACK 0' }),
      "linear algebra 'LAPACK 0'",
    ],
    ['with a seed twice', inRecord({ seeds: [0, 0] }), 'it has a seed twice'],
    ['with a network that is a number', inCell({ config: { eta: 0.1, network: 3 } }), 'its config has for network 3'],
    ['with part of a sample', inCell({ config: { B: 0.5 } }), 'its B is 0.5, which is no whole number'],
    ['with a version that is no number', inRecord({ folderVersion: {} }), 'has folder version {}'],
    ['without seeds', inRecord({ seeds: [] }), "its 'seeds'"],
    ['with an axis without values', inConfig({ axes: [{ key: 'training.learningRate' }] }), "its 'config.axes.0.form'"],
    ['with a design of other axes', inConfig({ axes: [] }), 'its design names other axes'],
    ['with more cells than can be', inConfig({ design: { kind: 'sobol', points: 1e9 } }), 'it has 2000000000 cells'],
  ])('%s', async (_, change, words) => {
    const sentence = await refusal(change);
    expect(sentence).toContain(words);
    expect(sentence).not.toContain('\n');
  });

  it('on Slurm with a damaged document of what was submitted', async () => {
    mkdirSync(join(half, 'slurm'));
    writeFileSync(join(half, 'slurm', 'submissions.json'), '{');
    await expect(checkContinued(SWEEP_STUDY, half, 'slurm:partition=all')).rejects.toThrow(
      'submissions.json is damaged',
    );
    await checkContinued(SWEEP_STUDY, half); // threads do not read it
    rmSync(join(half, 'slurm'), { recursive: true });
  });
});

it.each<[string, string | undefined]>([
  [JSON.stringify({ format: 'thermograd valley-network cell', seed: 1, cell: 'ceiling' }), 'its seed is 1 and not 0'],
  [JSON.stringify({ format: 'thermograd sweep cell', index: 0 }), 'its format is "thermograd sweep cell"'],
  ['{ "format', 'is not readable as JSON; delete it'],
  [JSON.stringify({ format: 'thermograd valley-network cell', seed: 0, cell: 'ceiling' }), undefined],
])('nor is a study of networks with the document %s', async (text, words) => {
  const networks = mkdtempSync(join(home, 'networks-'));
  await runNetworkStudy({ config: smallNetworks(), folder: networks, seeds: 1, prepare: true });
  mkdirSync(join(networks, 'seeds', 'seed0'), { recursive: true });
  writeFileSync(join(networks, 'seeds', 'seed0', 'ceiling.json'), text);
  const checked = checkContinued(NETWORK_STUDY, networks);
  if (words === undefined) await checked;
  else await expect(checked).rejects.toThrow(words);
});

it.each([
  ['controls', CONTROLS_STUDY.damage!({ seed: 1 }, { seed: 0 }, {} as never)],
  ['controls', CONTROLS_STUDY.damage!({ format: 'thermograd controls cell', seed: 0, cell: 'a' }, { seed: 0, cell: 'b' }, {} as never)],
  ['ceilings', CEILINGS_STUDY.damage!({ format: 'thermograd ceilings state', spec: { name: 'a' } }, { state: 'b' }, { config: { states: [{ name: 'b' }] } } as never)],
  ['generality', GENERALITY_STUDY.damage!({ format: 'thermograd generality run', set: 'a' }, { set: 'b' } as never, {} as never)],
  ['forget', FORGET_STUDY.damage!({ format: 'thermograd forget branches', seed: 0, method: 'ewc' }, { kind: 'first', seed: 0 }, {} as never)],
  ['forget', FORGET_STUDY.damage!({ format: 'thermograd forget branches', seed: 0, method: 'ewc' }, { kind: 'branches', seed: 0, method: 'l2' } as never, {} as never)],
])('a document of another cell of %s is told apart', (_, why) => {
  expect(why).toMatch(/^its (?:seed|cell|spec|set|format|method) is .* and not /);
}); // biome-ignore format: a table

it('a sweep into a folder with an empty name is wrong input', async () => {
  await expect(runSweep(SWEEP, { out: '', prepare: true })).rejects.toBeInstanceOf(InputError);
});

it('a sweep of more cells than can be listed is not planned', async () => {
  const axes = {
    seed: '0..1',
    'training.learningRate': 'lin 0.1..1 x 10000',
    'training.momentum': 'lin 0..0.9 x 1000',
  };
  await expect(planSweep({ ...SWEEP, axes })).rejects.toThrow(
    'has 20,000,000 cells (10,000,000 points, 2 seeds), and a sweep has up to 1,000,000 cells',
  );
}, 30_000);
