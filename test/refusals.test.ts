/** A disk that is too small is refused before anything is written, by every command; the free bytes are made up. */
import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
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
import { reproduceAo2022 } from '../src/experiments/sequence.js';
import { simulate } from '../src/experiments/simulate/experiment.js';
import { reproduceValley2023 } from '../src/experiments/valley2023/experiment.js';
import { trainRun } from '../src/runs/run.js';
import { exitCodeOf } from '../src/terminal/session.js';
import { filesOf, scratch } from './support/cli.js';

const disk = vi.hoisted(() => ({ free: undefined as number | undefined }));
vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>();
  const statfsSync = (...args: Parameters<typeof fs.statfsSync>) =>
    disk.free === undefined ? fs.statfsSync(...args) : { ...fs.statfsSync(...args), bavail: disk.free, bsize: 1 };
  return { ...fs, default: fs, statfsSync };
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

const COMMANDS: Record<string, (out: string) => Promise<unknown>> = {
  train: (out) => trainRun(config, { out }),
  'reproduce ivf2021': (out) => reproduceIvf2021(config, { out }),
  'reproduce ivf2021 --seeds': (out) => reproduceIvf2021Seeds(config, { out, seeds: 2 }),
  'reproduce ao2022': (out) => reproduceAo2022(config, { out }),
  'reproduce ao2022 RUN': (out) => reproduceAo2022([], { run: at('run'), out }),
  'analyse RUN': (out) => analyseRun(at('run'), { analysis: { centre: 'last' }, out }),
  'advise RUN': (out) => adviseRun({ run: at('run'), out }),
  'advise --at init': (out) => adviseRun({ layers: [config], at: 'init', out }),
  'protect RUN': (out) => protectRun({ run: at('run'), out: `${out}.npz` }),
  'reproduce controls': (out) => reproduceControls({ preset: 'quick', out }),
  'reproduce ceilings': (out) => reproduceCeilings({ preset: 'quick', out }),
  'reproduce valley2023': (out) => reproduceValley2023({ preset: 'quick', out }),
  'reproduce valley2023 --part model': (out) => reproduceValley2023({ preset: 'quick', part: 'model', out }),
  'reproduce valley2023 --part network': (out) => reproduceValley2023({ preset: 'quick', part: 'network', out }),
  forget: (out) => forget([{ preset: 'quick' }], { out }),
  simulate: (out) => simulate(well, { out }),
  decompose: (out) => decomposeFiles({ drift: at('F.csv'), diffusion: at('D.csv'), out }),
};

beforeAll(async () => {
  disk.free = undefined;
  writeFileSync(at('F.csv'), '1,-2\n2,1\n');
  writeFileSync(at('D.csv'), '1,0\n0,1\n');
  await reproduceIvf2021(config, { out: at('run') });
});
beforeEach(() => {
  disk.free = undefined;
});

describe('a disk without room', () => {
  it.each(Object.keys(COMMANDS))('%s: exit code 2, one sentence, nothing written', async (name) => {
    const before = digests();
    disk.free = 1000;
    const error = await COMMANDS[name](at('out')).then(
      () => new Error('it did not refuse'),
      (e: Error & { code?: string }) => e,
    );
    expect([error.message, exitCodeOf(error)]).toEqual([error.message, 2]);
    expect(error).toMatchObject({ code: 'not-enough-disk' });
    // needed, free, what to do
    expect(error.message).toMatch(/^about \d+ MB would be written to .*, and the disk there has 1 MB left; .*--out\.$/);
    expect(digests()).toEqual(before);
    expect(existsSync(at('out'))).toBe(false);
  });
});
