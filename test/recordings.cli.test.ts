/** `thermograd analyse` on recordings as a command: exit codes, JSON, what is left behind. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { thermogradHere } from './support/here.js';
import { asNpy, asTensorFolder, ornsteinUhlenbeck } from './support/recordings.js';

const folder = mkdtempSync(join(tmpdir(), 'thermograd-recording-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const r = ornsteinUhlenbeck(
  400,
  [
    { a: 0.5, s: 1 },
    { a: 0.8, s: 0.3 },
    { a: 0.9, s: 0.1 },
  ],
  3,
);

it('a recording: findings on stdout, what is done and needed on stderr, a folder', async () => {
  const path = asNpy(at('w.npy'), r);
  const { code, stdout, stderr } = await thermogradHere('analyse', path, '--every', '1', '--learning-rate', '0.5');
  expect(code).toBe(0);
  expect(stderr).toContain('400 rows of 3 weights (NumPy array in C order, 400×3), every step; about ');
  expect(stderr).toMatch(/about \d+ MB of memory and \d+ MB of disk; principal directions through the 3×3 covariance/);
  expect(stdout).toMatch(/^reproduced \(\d+\)\n(?: .*\n)* {2}rec\.stationary /m);
  expect(stdout).toContain(`report: ${path}-analysis/report.html`);
  expect(existsSync(`${path}-analysis/report.html`)).toBe(true);
  rmSync(`${path}-analysis/report.html`);
  const redrawn = await thermogradHere('report', `${path}-analysis`);
  expect(redrawn).toMatchObject({ code: 0, stdout });
  expect(existsSync(`${path}-analysis/report.html`)).toBe(true);
  expect((await thermogradHere('analyse', path)).code).toBe(2);
  const again = await thermogradHere('analyse', path, '--force', '--json', '--seed', '3');
  const result = JSON.parse(again.stdout);
  expect(again.code).toBe(0);
  expect(result).toMatchObject({ folder: `${path}-analysis`, recording: { T: 400, P: 3, stepsFrom: 'rows' } });
  expect(result.leftOut.map((l: { what: string }) => l.what)).toContain('temperatures of the directions');
});

it('parts of checkpoints, by name and step', async () => {
  const path = asTensorFolder(at('steps'), r, { 'fc1.weight': [2], 'fc2.weight': [1] }, { every: 10 });
  const { stdout, code } = await thermogradHere(
    'analyse',
    path,
    '--params',
    'fc1.*',
    '--steps',
    '1000:3000',
    '--json',
    '--out',
    at('part'),
  );
  expect(code).toBe(0);
  expect(JSON.parse(stdout).recording).toMatchObject({ T: 200, P: 2, every: 10, steps: [1000, 2990] });
});

describe('wrong use and wrong input end with exit code 2, one sentence and nothing written', () => {
  mkdirSync(at('run'), { recursive: true });
  writeFileSync(at('run/run.json'), '{}');
  writeFileSync(at('state.pt'), 'PK');
  it.each([
    ['a pickle', ['state.pt'], /safetensors\.torch\.save_file/],
    ['nothing', ['absent'], /there is no recording at/],
    ['a flag of run folders', ['w.npy', '--centre', 'last'], /--centre is for run folders, and .*w\.npy is none/],
    [
      'a flag of recordings',
      ['run', '--params', 'fc2.*'],
      /--params is for recordings made elsewhere.*trajectory\.zarr/,
    ],
    ['a range that is none', ['w.npy', '--steps', '5'], /expected steps such as 1000:2000/],
    ['an empty range', ['w.npy', '--steps', '9:9'], /expected steps such as 1000:2000/],
    ['no such steps', ['w.npy', '--steps', '400:', '--out', 'x'], /has the steps 0 to 399/],
    ['too few rows', ['w.npy', '--steps', ':39', '--out', 'x'], /at least 40 rows/],
    ['rows that are none', ['w.npy', '--every', '0'], /expected a whole number from 1/],
    ['a learning rate that is none', ['w.npy', '--learning-rate', '-1'], /expected a positive number/],
    ['too little memory', ['w.npy', '--memory', '0.01', '--out', 'x'], /about \d+ MB of memory, and 10 MB may be used/],
  ])('%s', async (_, [path, ...flags], words) => {
    const before = readdirSync(folder);
    const args = flags.map((f) => (f === 'x' ? at('x') : f));
    const { code, stderr, stdout } = await thermogradHere('analyse', at(path), ...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(/\n\s+at /);
    expect(readdirSync(folder)).toEqual(before);
  });
});
