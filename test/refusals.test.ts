/** What every command refuses before it writes anything: too small a disk or memory (their sizes are made up), links, data that are not there. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { adviseRun } from '../src/experiments/advise/experiment.js';
import { reproduceCeilings } from '../src/experiments/ceilings/experiment.js';
import { reproduceControls } from '../src/experiments/controls/experiment.js';
import { decomposeFiles } from '../src/experiments/decompose/experiment.js';
import { forget } from '../src/experiments/forget/experiment.js';
import { reproduceIvf2021 } from '../src/experiments/ivf2021/experiment.js';
import { analyseRun } from '../src/experiments/ivf2021/reanalyse.js';
import { reproduceIvf2021Seeds } from '../src/experiments/ivf2021/seeds/experiment.js';
import { protectRun } from '../src/experiments/protect/experiment.js';
import { analyseRecording } from '../src/experiments/recording/experiment.js';
import { reproduceAo2022 } from '../src/experiments/sequence.js';
import { simulate } from '../src/experiments/simulate/experiment.js';
import { reproduceValley2023 } from '../src/experiments/valley2023/experiment.js';
import { trainRun } from '../src/runs/run.js';
import type { PartialConfig } from '../src/runs/schema.js';
import { exitCodeOf } from '../src/terminal/session.js';
import { filesOf, scratch } from './support/cli.js';

const disk = vi.hoisted(() => ({ free: undefined as number | undefined }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const statfsSync = (...args: Parameters<typeof fs.statfsSync>) =>
    disk.free === undefined ? fs.statfsSync(...args) : { ...fs.statfsSync(...args), bavail: disk.free, bsize: 1 };
  return { ...fs, default: fs, statfsSync };
});

const memory = vi.hoisted(() => ({ bytes: undefined as number | undefined }));
vi.mock('node:os', async (original) => {
  const os = await original<typeof import('node:os')>();
  return { ...os, default: os, totalmem: () => memory.bytes ?? os.totalmem() };
});

const { folder } = scratch();
const at = (name: string) => join(folder, name);
const digests = () =>
  [...filesOf(folder)].map(([name, bytes]) => `${name} ${createHash('sha256').update(bytes).digest('hex')}`);
const config = {
  data: { set: 'teacher' as const, teacher: { network: { widths: [12, 24, 4] }, train: 600, test: 100 } },
  network: { widths: [12, 16, 12, 4] },
  training: { batchSize: 20, stop: { rule: 'epochs' as const, epochs: 6 }, maxEpochs: 20 },
  record: { layer: 'layer2', windowEpochs: 8 },
  analysis: { directions: 6 },
  workers: 1,
};
const well = {
  variables: ['x' as const],
  landscape: { loss: '(x^2 - 1)^2' },
  noise: { diffusion: { xx: 0.5 } },
  learningRate: 0.01,
  grid: { x: { from: -2.4, to: 2.4 } },
  time: { burnIn: 1, length: 2 },
  methods: { 'fokker-planck': {} },
};

/** Every command that writes, with a config where it takes one. */
const COMMANDS: Record<string, (out: string, c?: PartialConfig) => Promise<unknown>> = {
  train: (out, c = config) => trainRun(c, { out }),
  'reproduce ivf2021': (out, c = config) => reproduceIvf2021(c, { out }),
  'reproduce ivf2021 --seeds': (out, c = config) => reproduceIvf2021Seeds(c, { out, seeds: 2 }),
  'reproduce ao2022': (out, c = config) => reproduceAo2022(c, { out }),
  'advise --at init': (out, c = config) => adviseRun({ layers: [c], at: 'init', out }),
  'protect --weights': (out, c = config) =>
    protectRun({ weights: at('run/model.safetensors'), layers: [c], out: `${out}.npz` }),
  forget: (out, c) => forget([{ preset: 'quick' }, c && { data: { set: c.data!.set! } }], { out }),
  'reproduce ao2022 RUN': (out) => reproduceAo2022([], { run: at('run'), out }),
  'analyse RUN': (out) => analyseRun(at('run'), { analysis: { centre: 'last' }, out }),
  'analyse RECORDING': (out) => analyseRecording(at('run/trajectory.zarr'), { out }),
  'advise RUN': (out) => adviseRun({ run: at('run'), out }),
  'protect RUN': (out) => protectRun({ run: at('run'), out: `${out}.npz` }),
  'reproduce controls': (out) => reproduceControls({ preset: 'quick', out }),
  'reproduce ceilings': (out) => reproduceCeilings({ preset: 'quick', out }),
  'reproduce valley2023': (out) => reproduceValley2023({ preset: 'quick', out }),
  'reproduce valley2023 --part model': (out) => reproduceValley2023({ preset: 'quick', part: 'model', out }),
  'reproduce valley2023 --part network': (out) => reproduceValley2023({ preset: 'quick', part: 'network', out }),
  simulate: (out) => simulate(well, { out }),
  decompose: (out) => decomposeFiles({ drift: at('F.csv'), diffusion: at('D.csv'), out }),
};
const NAMES = Object.keys(COMMANDS);
const WITH_DATA = NAMES.slice(0, NAMES.indexOf('forget') + 1);

beforeAll(async () => {
  disk.free = undefined;
  writeFileSync(at('F.csv'), '1,-2\n2,1\n');
  writeFileSync(at('D.csv'), '1,0\n0,1\n');
  await reproduceIvf2021(config, { out: at('run') });
});
beforeEach(() => {
  disk.free = undefined;
  memory.bytes = undefined;
  rmSync(at('out'), { recursive: true, force: true });
});

/** Runs a command, and expects an error of this code with exit code 2, one sentence, and not a byte written. */
async function refused(run: () => Promise<unknown>, code: string | RegExp, sentence: RegExp) {
  const before = digests();
  const [there, error] = [
    existsSync(at('out')),
    await run().then(
      () => new Error('it did not refuse'),
      (e: Error & { code?: string }) => e,
    ),
  ];
  expect([error.message, exitCodeOf(error)]).toEqual([expect.stringMatching(sentence), 2]);
  expect((error as { code?: string }).code).toMatch(code);
  expect(error.message).not.toMatch(/\n/);
  expect(digests()).toEqual(before);
  expect(existsSync(at('out'))).toBe(there);
}

describe('exit code 2, one sentence, nothing written', () => {
  it.each(NAMES)('%s, on a disk without room', async (name) => {
    disk.free = 1000;
    // needed, free, what to do
    const sentence = /^about \d+ MB would be written to .*, and the disk there has 1 MB left; .*--out\.$/;
    await refused(() => COMMANDS[name](at('out')), 'not-enough-disk', sentence);
  });

  it.each(NAMES)('%s, on a machine without memory', async (name) => {
    memory.bytes = 50e6;
    const sentence = /needs? about [\d.]+ [MG]B of memory.*, and (?:this machine has 50 MB|50 MB may be used); .*\.$/;
    await refused(() => COMMANDS[name](at('out')), 'not-enough-memory', sentence);
  });

  it.each(NAMES)('%s, into a folder from which a link leads out', async (name) => {
    mkdirSync(at('out'));
    symlinkSync(at('run'), at('out/figures'));
    // a penalty is a file, so that the folder does not matter to it: here the link is the file
    if (name.startsWith('protect')) {
      symlinkSync(at('F.csv'), at('out/p.npz'));
      await refused(() => COMMANDS[name](at('out/p')), 'out-exists', /is not a file/);
    } else await refused(() => COMMANDS[name](at('out')), /link-outside|out-exists/, /symbolic link|not empty/);
  });

  it.each(WITH_DATA)('%s, without its data', async (name) => {
    const missing = { ...config, data: { set: `idx:${at('none')}` } } as PartialConfig;
    await refused(() => COMMANDS[name](at('out'), missing), /./, /none/);
  });
});
