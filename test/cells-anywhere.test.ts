/** Every study, cell by cell, by processes that know nothing of each other: the documents and the report of a run by threads. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { randomKey } from '../src/numeric/random.js';
import { filesOf, thermograd } from './support/cli.js';
import { differences } from './support/timeless.js';

const MAIN = process.env.THERMOGRAD_MAIN ?? fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'cells-anywhere-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Runs the built program with variables of its own, next to others. */
const start = (args: readonly string[], env: Record<string, string>) =>
  new Promise<{ code: number | null; stderr: string }>((resolve) => {
    const child = spawn(process.execPath, [MAIN, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (text) => (stderr += text));
    child.on('close', (code) => resolve({ code, stderr }));
  });

interface Line {
  readonly file: string;
  readonly status: string;
}
const linesOf = (folder: string, ...flags: string[]) =>
  (JSON.parse(thermograd('cells', folder, '--json', ...flags).stdout) as { cells: Line[] }).cells;

/** Deals cells to calls in random order, some cells to two calls. */
function dealt(cells: readonly string[], seed: number, each: number): string[][] {
  const stream = randomKey(seed).child('order').stream();
  const order = cells.map((file) => ({ file, at: stream.uniform() })).sort((a, b) => a.at - b.at);
  const calls: string[][] = [];
  for (let k = 0; k < order.length; k += each) {
    const overlap = order.slice(k, k + each + (calls.length % 2));
    calls.push(overlap.map(({ file }) => file));
  }
  return calls;
}

const STUDIES = [
  {
    name: 'controls',
    line: 'reproduce controls --preset quick --seeds 1',
    again: 'reproduce controls',
    record: ['controls.json'],
  },
  {
    name: 'ceilings',
    line: 'reproduce ceilings --preset quick',
    again: 'reproduce ceilings',
    record: ['ceilings.json'],
  },
  {
    name: 'generality',
    line: 'reproduce generality --preset quick --network mlp --optimiser sgd --data mnist',
    again: 'reproduce generality',
    record: ['generality.json'],
  },
  {
    name: 'forget',
    line: 'forget --preset quick --seeds 2 --methods none,l2,ldc,hessian,joint',
    again: 'forget',
    record: ['forget.json'],
  },
  {
    name: 'valley2023',
    line: 'reproduce valley2023 --preset quick --seeds 1',
    again: 'reproduce valley2023',
    record: ['valley2023.json', 'network/network.json'],
  },
];

describe.skipIf(!process.env.CI)('with CI: a study by any processes', () => {
  it.each(STUDIES)('$name', async ({ name, line, again, record }) => {
    const [whole, pieces] = [join(home, `${name}-whole`), join(home, `${name}-pieces`)];
    const run = (words: string, ...more: string[]) => {
      const { code, stderr } = thermograd(...words.split(' '), ...more);
      expect(code, stderr).toBe(0);
    };
    run(line, '--workers', '2', '--out', whole);
    run(line, '--prepare', '--out', pieces);
    let calls = 0;
    for (let ready: string[]; ; ) {
      ready = linesOf(pieces, '--missing').flatMap(({ file, status }) => (status === 'ready' ? [file] : []));
      if (ready.length === 0) break;
      const queue = dealt(ready, 7 + calls, 4);
      const slot = async () => {
        for (let cells = queue.shift(); cells; cells = queue.shift()) {
          // as many threads of OpenBLAS as the environment asks for elsewhere: cells use one
          const env = { OPENBLAS_NUM_THREADS: `${1 + (calls++ % 3)}` };
          const { code, stderr } = await start(['cell', pieces, ...cells], env);
          expect(code, stderr).toBe(0);
        }
      };
      await Promise.all([slot(), slot()]);
    }
    expect(calls).toBeGreaterThan(1);
    expect(linesOf(pieces).every(({ status }) => status === 'done')).toBe(true);
    run(again, '--resume', '--out', pieces);
    const documents = (folder: string) => new Map([...filesOf(folder)].filter(([file]) => !record.includes(file)));
    expect(differences(documents(whole), documents(pieces))).toEqual([]);
    expect(documents(whole).get('findings.json')).toEqual(documents(pieces).get('findings.json'));
    expect(
      readdirSync(pieces, { recursive: true, encoding: 'utf8' }).filter((f) => /\.tmp$|lock$|\.stale$/.test(f)),
    ).toEqual([]);
  });
});
