/** Every command that takes --workers writes the same bytes with one thread and with two, but for times. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import type { reproduceCeilings } from '../src/experiments/ceilings/experiment.js';
import type { reproduceControls } from '../src/experiments/controls/experiment.js';
import type { reproduceValley2023 } from '../src/experiments/valley2023/experiment.js';
import { filesOf, HANG } from './support/cli.js';
import {
  SMALL_FORGET,
  SMALL_RUN,
  smallCeilings,
  smallControls,
  smallNetworks,
  smallValley,
} from './support/small-studies.js';
import { differences } from './support/timeless.js';

const MAIN = process.env.THERMOGRAD_MAIN ?? fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'workers-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));
/** One folder for each number of threads, in which the same paths are used. */
const PLACES = [1, 2].map((workers) => ({ workers, place: join(home, `${workers}`) }));

/** 610 walkers: no multiple of the lanes of the kernel. */
const SIMULATE = {
  variables: ['x', 'y'],
  landscape: { loss: '(x^2 - 1)^2 + 2*y^2' },
  noise: { covariance: { xx: 60, yy: '20 + x^2' } },
  learningRate: 0.01,
  start: { low: [-1, -0.5], high: [1, 0.5] },
  grid: { x: { from: -3, to: 3, cells: 40 }, y: { from: -2, to: 2, cells: 30 } },
  time: { burnIn: 1, length: 3 },
  methods: { sgd: { walkers: 610 }, langevin: { walkers: 610 }, 'fokker-planck': null },
};
for (const { place } of PLACES) {
  mkdirSync(place);
  for (const [name, config] of Object.entries({ network: SMALL_RUN, forget: SMALL_FORGET, simulate: SIMULATE }))
    writeFileSync(join(place, `${name}.json`), JSON.stringify(config));
}

/** Runs a command in both places; what differs between the folders that it left, and between what it printed. */
function commandDiffers(line: string, out: string): string[] {
  const [one, two] = PLACES.map(({ workers, place }) => {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [MAIN, ...line.split(' '), '--out', out, '--workers', `${workers}`, '--json'],
      { cwd: place, encoding: 'utf8', timeout: HANG },
    );
    expect(status, stderr).toBe(0);
    return filesOf(join(place, out)).set('stdout.json', Buffer.from(stdout));
  });
  expect(one.size).toBeGreaterThan(2);
  return differences(one, two);
}

// every command twice: more than a minute, which only CI has
const asked = process.env.CI !== undefined;
if (!asked) console.warn('workers: skipped: needs CI=true');

describe.skipIf(!asked)('the same documents on one thread and on two', () => {
  it.each([
    ['train --config network.json --sampling replaced', 'train'],
    ['reproduce ivf2021 --config network.json', 'run'],
    ['reproduce ivf2021 --config network.json --seeds 2', 'seeds'],
    ['analyse run --centre last --directions 1-20', 'analyse'],
    ['reproduce ao2022 run', 'ao2022'],
    ['forget --config forget.json', 'forget'],
    ['simulate simulate.json --seed 3', 'simulate'],
    ['advise run --runs 3 --verify-epochs 1 --directions 6', 'advise'],
    ['advise --config network.json --epochs 4 --runs 2 --directions 6', 'advise-trained'],
  ])('%s', (line, out) => {
    expect(commandDiffers(line, out)).toEqual([]);
  });

  // worker threads start from the compiled program; these commands take presets alone, their functions any config
  it.each([
    [
      'controls',
      'controls',
      async (out: string, workers: number, built: { reproduceControls: typeof reproduceControls }) =>
        built.reproduceControls({ out, workers, config: smallControls(), seeds: 2 }),
    ],
    [
      'ceilings',
      'ceilings',
      async (out: string, workers: number, built: { reproduceCeilings: typeof reproduceCeilings }) =>
        built.reproduceCeilings({ out, workers, config: smallCeilings() }),
    ],
    [
      'valley2023',
      'valley2023',
      async (out: string, workers: number, built: { reproduceValley2023: typeof reproduceValley2023 }) =>
        built.reproduceValley2023({ out, workers, config: smallValley(), network: smallNetworks(), seeds: 2 }),
    ],
  ] as const)('reproduce %s', async (name, experiment, reproduce) => {
    const built = await import(new URL(`../dist/experiments/${experiment}/experiment.js`, import.meta.url).href);
    for (const { workers, place } of PLACES) await reproduce(join(place, name), workers, built);
    const [one, two] = PLACES.map(({ place }) => filesOf(join(place, name)));
    expect(one.size).toBeGreaterThan(5);
    expect(differences(one, two)).toEqual([]);
  });
});
