/** `thermograd simulate` as people call it: examples, plans, exit codes, the same numbers on any number of threads. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { thermogradHere } from './support/here.js';

const place = mkdtempSync(join(tmpdir(), 'thermograd-cli-simulate-'));
const before = process.cwd();
beforeAll(() => process.chdir(place));
afterAll(() => process.chdir(before));
const run = (...args: string[]) => thermogradHere('simulate', ...args);
const SMALL = `
variables: [x]
landscape: { loss: b*(x^2 - 1)^2 }
parameters: { b: 1 }
noise: { covariance: { xx: 100 } }
learningRate: 0.01
start: { low: [-1], high: [1] }
grid: { x: { from: -2.5, to: 2.5, cells: 100 } }
time: { burnIn: 0.5, length: 3 }
methods:
  sgd: { walkers: 600 }
  fokker-planck:
  adiabatic:
`;
writeFileSync(join(place, 'small.yaml'), SMALL);

it('prints the files of examples, and refuses others', async () => {
  const file = fileURLToPath(new URL('../examples/simulate/escape.yaml', import.meta.url));
  expect((await run('--example', 'escape')).stdout.trim()).toBe(readFileSync(file, 'utf8').trim());
  const wrong = await run('--example', 'vally');
  expect([wrong.code, wrong.stderr]).toEqual([2, "thermograd: there is no example 'vally'; did you mean 'valley'?\n"]);
});

it('a dry run says steps, memory and disk, and writes nothing', async () => {
  const { code, stdout } = await run('small.yaml', '--dry-run');
  expect(code).toBe(0);
  expect(stdout).toMatch(/600 walkers, 350 steps of 0.01/);
  expect(stdout).toMatch(/^needs {5}about \d+ MB of memory and \d+ MB of disk$/m);
  expect(readdirSync(place)).toEqual(['small.yaml']);
});

it('leaves a folder, with the same numbers on one thread and on three', async () => {
  const one = await run('small.yaml', '--workers', '1', '--seed', '7');
  expect(one.stderr).not.toMatch(/thermograd:/);
  expect(one.code).toBe(0);
  expect(one.stdout).toMatch(/report: small-seed7\/report.html/);
  const three = await run('small.yaml', '--workers', '3', '--seed', '7', '--out', 'three', '--json');
  const { methods, comparison } = JSON.parse(three.stdout);
  expect(methods.map((m: { method: string }) => m.method)).toEqual(['adiabatic', 'fokker-planck', 'sgd']);
  expect(comparison.distances.length).toBe(3);
  for (const file of ['moments.json', 'sgd/arrays.npz', 'fokker-planck/arrays.npz', 'tables/marginal-x.csv'])
    expect(readFileSync(join(place, 'three', file)).equals(readFileSync(join(place, 'small-seed7', file))), file).toBe(
      true,
    );
  const record = JSON.parse(readFileSync(join(place, 'three', 'simulation.json'), 'utf8'));
  expect(record.config.seed).toBe(7);
  expect(record.machine.cores).toBeGreaterThan(0);
  const again = await run('small.yaml', '--seed', '7');
  expect([again.code, again.stderr]).toEqual([
    2,
    expect.stringMatching(/holds a simulation already; continue it with --resume/),
  ]);
});

it('wrong input: one sentence, exit 2, nothing written', async () => {
  const before = readdirSync(place);
  const bad = async (text: string, ...args: string[]) => {
    writeFileSync(join(place, 'small.yaml'), text);
    const { code, stderr, stdout } = await run('small.yaml', '--out', 'bad', ...args);
    expect(existsSync(join(place, 'bad')), stderr).toBe(false);
    return { code, stderr, stdout };
  };
  expect(await bad(SMALL.replace('b*(x', 'c*(x'))).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^thermograd: landscape.loss: .*unknown name "c"/),
  });
  expect((await bad(SMALL.replace('from: -2.5, to: 2.5', 'from: -0.5, to: 0.5'))).stderr).toMatch(
    /^thermograd: .*start lies outside/,
  );
  const narrow = SMALL.replace('from: -2.5, to: 2.5', 'from: -1.05, to: 1.05');
  expect(await bad(narrow)).toMatchObject({ code: 2, stderr: expect.stringMatching(/grid does not hold the mass/) });
  const asJson = await bad(narrow, '--json');
  expect(JSON.parse(asJson.stdout).error.code).toBe('grid-too-small');
  const none = await run();
  expect([none.code, none.stderr]).toEqual([
    2,
    expect.stringMatching(/needs a config file; thermograd simulate --example valley/),
  ]);
  expect(await run('nothing.yaml')).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/cannot read the config file/),
  });
  expect(readdirSync(place)).toEqual(before);
});
