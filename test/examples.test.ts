/** Every example runs as a reader would run it, on the built package, and says what it set out to say. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { SIMULATION_EXAMPLES } from '../src/experiments/simulate/examples.js';
import { SWEEP_EXAMPLES } from '../src/experiments/sweep/examples.js';

const folder = fileURLToPath(new URL('../examples/', import.meta.url));
/** What the output must hold. */
const EXPECTED: Record<string, RegExp> = {
  'teacher.mjs': /sigma² ~ F\^−psi.*\n\s+\d/,
  'mnist.mjs': /360 steps of 2500 weights.*\n[\s\S]*psi = \d/,
  'regression.mjs':
    /measured \d.* ± \d.*, predicted \d.*\n[\s\S]*chi² of the predicted excess over 8 settings: \d+\.\d\n$/,
  'by-hand.mjs': /^variance ~ F\^-\d+\.\d+ ± \d+\.\d+, \d+ directions\n$/,
};

/** Examples that write nothing, with the arguments that make them short. */
const WITHOUT_FOLDER: Record<string, string[]> = { 'by-hand.mjs': [], 'regression.mjs': ['3', '20'] };

it('knows every example', () => {
  // config/ is read in test/config-reference.test.ts; protect.py is tried with torch in test/penalty.files.test.ts, pytorch/ in test/examples-pytorch.test.ts; the configs of
  // simulate in test/simulate.test.ts, those of sweep below and in test/sweep.test.ts
  expect(
    readdirSync(folder)
      .sort()
      .filter((f) => !['config', 'protect.py', 'pytorch', 'simulate', 'sweep'].includes(f)),
  ).toEqual(Object.keys(EXPECTED).sort());
  expect(readdirSync(join(folder, 'simulate')).sort()).toEqual(SIMULATION_EXAMPLES.map((n) => `${n}.yaml`).sort());
  expect(readdirSync(join(folder, 'sweep')).sort()).toEqual(SWEEP_EXAMPLES.map((n) => `${n}.yaml`).sort());
});

/** Whole runs of ivf2021: in CI alone, which runs every example a second time by itself. */
const LONG = ['mnist.mjs', 'teacher.mjs'];

it.each(Object.entries(EXPECTED).filter(([name]) => process.env.CI !== undefined || !LONG.includes(name)))(
  '%s',
  (name, expected) => {
    const out = join(mkdtempSync(join(tmpdir(), 'thermograd-example-')), 'run');
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [join(folder, name), ...(WITHOUT_FOLDER[name] ?? [out])],
      { encoding: 'utf8' },
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(stdout).toMatch(expected);
    expect(stdout).not.toMatch(/undefined|\[object/);
    if (!WITHOUT_FOLDER[name]) expect(existsSync(join(out, 'report.html'))).toBe(true);
  },
);

/** A minute, in CI alone. */
it.runIf(process.env.CI !== undefined)('sweep/psi-law.yaml', () => {
  const out = join(mkdtempSync(join(tmpdir(), 'thermograd-example-')), 'sweep');
  const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
  const { status, stdout } = spawnSync(
    process.execPath,
    [main, 'sweep', join(folder, 'sweep', 'psi-law.yaml'), '--out', out, '--json'],
    { encoding: 'utf8' },
  );
  expect(status).toBe(0);
  expect(stdout).toMatch(/"sweep\.law-1"[\s\S]*"sweep\.law-2-a"/);
  expect(existsSync(join(out, 'report.html'))).toBe(true);
});
