/** Paths with spaces and letters beyond ASCII: nothing takes a URL's percent-encoded text for a path, and the built program runs from such a folder. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { shellWord } from '../src/numeric/shell-word.js';

const root = fileURLToPath(new URL('..', import.meta.url));

describe('sources, scripts, tests and benches', () => {
  const files = ['src', 'scripts', 'test', 'bench', 'kernels', 'examples'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(?:ts|mjs|js|py)$/.test(name) && !name.endsWith('.generated.ts'))
      .map((name) => join(root, folder, name)),
  );
  const holding = (pattern: RegExp) =>
    files
      .filter((f) => f !== fileURLToPath(import.meta.url) && pattern.test(readFileSync(f, 'utf8')))
      .map((f) => relative(root, f));

  it('are found', () => expect(files.length).toBeGreaterThan(400));
  it('turn URLs into paths with fileURLToPath', () => expect(holding(/\.pathname\b/)).toEqual([]));
  it('turn paths into URLs with pathToFileURL', () => expect(holding(/['"`]file:\/\//)).toEqual([]));
});

// CI runs everything in such a folder as well
describe.skipIf(process.env.CI === undefined)('the built program in a folder named "a ü b"', () => {
  const home = join(mkdtempSync(join(tmpdir(), 'thermograd-paths-')), 'a ü b');
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(home, 'dist/cli/main.js'), ...args], { cwd: home, encoding: 'utf8' });

  beforeAll(() => {
    mkdirSync(home);
    for (const part of ['dist', 'examples', 'package.json'])
      cpSync(join(root, part), join(home, part), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(home, 'node_modules'), 'dir');
  });

  it('looks at the machine', () => {
    const { status, stdout, stderr } = run('doctor');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^kernels +(?:fma|simd)/m);
  });

  it('finds its examples', () => {
    const { status, stdout } = run('simulate', '--example', 'valley');
    expect(status).toBe(0);
    expect(stdout).toContain('landscape:');
  });

  it('starts worker threads and writes where it is told', () => {
    writeFileSync(
      join(home, 'small.yaml'),
      'variables: [x]\nlandscape: { loss: x^2 }\nnoise: { covariance: { xx: 1 } }\nlearningRate: 0.1\n' +
        'start: { low: [-1], high: [1] }\ngrid: { x: { from: -2, to: 2, cells: 40 } }\ntime: { burnIn: 0.5, length: 2 }\nmethods: { sgd: { walkers: 1200 } }\n',
    );
    const done = run('simulate', 'small.yaml', '--workers', '2', '--out', 'out ü');
    expect([done.status, done.stderr]).toEqual([0, expect.not.stringContaining('rror')]);
    expect(existsSync(join(home, 'out ü', 'report.html'))).toBe(true);
    expect(existsSync(join(home, 'out%20%C3%BC'))).toBe(false);
  });

  it('suggests commands that a shell reads as they are meant', () => {
    const flags = ['--preset', 'quick', '--data', 'teacher', '--limit', '1000', '--window', '1'];
    const { status, stdout } = run('train', ...flags, '--out', "run ü's");
    expect([status, stdout]).toEqual([0, expect.stringContaining("--out 'run ü'\\''s'")]);
  });
});

it('a path in a suggested command is quoted where a shell would split or change it', () => {
  expect(['runs/a-1_b.0', 'a ü b', "it's", '$x'].map(shellWord)).toEqual([
    'runs/a-1_b.0',
    "'a ü b'",
    "'it'\\''s'",
    "'$x'",
  ]);
});
