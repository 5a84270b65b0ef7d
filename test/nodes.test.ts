/** Every Node that is given writes the bytes that this one writes, but for times, versions and memory. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { filesOf, HANG } from './support/cli.js';
import { SMALL_RUN } from './support/small-studies.js';
import { differences } from './support/timeless.js';

const MAIN = process.env.THERMOGRAD_MAIN ?? fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const OTHERS = process.env.THERMOGRAD_NODES?.split(':').filter((program) => program !== '') ?? [];
const SIMULATE = {
  variables: ['x'],
  landscape: { loss: '(x^2 - 1)^2 + 0.1*x^3' },
  noise: { covariance: { xx: '60 + x^2' } },
  learningRate: 0.01,
  start: { low: [-1], high: [1] },
  grid: { x: { from: -3, to: 3, cells: 60 } },
  time: { burnIn: 1, length: 3 },
  methods: { sgd: { walkers: 200 }, 'fokker-planck': null, adiabatic: null },
};
const LINES = [
  'reproduce ivf2021 --config network.json --out run',
  'reproduce ao2022 run --out ao2022',
  'advise run --runs 2 --verify-epochs 1 --directions 6 --out advise',
  'protect run --method hessian --axes 3 --out penalty.npz',
  'simulate simulate.json --seed 3 --out simulate',
];
const home = mkdtempSync(join(tmpdir(), 'nodes-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Runs all lines with one Node in a folder of its own. */
function documents(node: string, name: string) {
  const place = join(home, name);
  mkdirSync(place);
  writeFileSync(join(place, 'network.json'), JSON.stringify(SMALL_RUN));
  writeFileSync(join(place, 'simulate.json'), JSON.stringify(SIMULATE));
  for (const line of LINES) {
    const words = [MAIN, ...line.split(' ')];
    const { status, stderr } = spawnSync(node, words, { cwd: place, encoding: 'utf8', timeout: HANG });
    expect(status, stderr).toBe(0);
  }
  return filesOf(place);
}

describe.skipIf(OTHERS.length === 0)(
  OTHERS.length > 0 ? 'the same documents' : 'skipped: needs THERMOGRAD_NODES, other Node programs separated by colons',
  () => {
    it.each(OTHERS)('%s', (other) => {
      const k = OTHERS.indexOf(other);
      const [one, two] = [documents(process.execPath, `this-${k}`), documents(other, `other-${k}`)];
      expect(one.size).toBeGreaterThan(100);
      expect(differences(one, two)).toEqual([]);
    });
  },
);
