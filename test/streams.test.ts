/** What is given to the program in place of a file, and what becomes of its streams and signals; the built program. */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, constants, existsSync, mkdirSync, openSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkDisk, freeDisk } from '../src/jobs/disk.js';
import { readWhole } from '../src/record/files.js';
import { fromPipe } from '../src/runs/config-file.js';
import { begin, HANG, scratch } from './support/cli.js';
import { thermogradHere } from './support/here.js';

const MAIN = process.env.THERMOGRAD_MAIN ?? fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const { folder } = scratch();
const at = (...names: string[]) => join(folder, ...names);
const put = (name: string, text: string) => {
  writeFileSync(at(name), text);
  return at(name);
};
const bash = (line: string, ...args: string[]) =>
  spawnSync('bash', ['-c', line, 'bash', process.execPath, MAIN, ...args], { encoding: 'utf8', timeout: HANG });
const posix = process.platform !== 'win32' && spawnSync('bash', ['-c', 'command -v mkfifo']).status === 0;
const full = existsSync('/dev/full');

/** One sentence on stderr and nothing of the engine's. */
function sentence(
  outcome: { code?: number | null; status?: number | null; stderr: string },
  code: number,
  text: RegExp,
) {
  expect([outcome.code ?? outcome.status, outcome.stderr]).toEqual([code, expect.stringMatching(text)]);
  expect(outcome.stderr).not.toMatch(/\n {4}at |undefined|This should not happen/);
  expect(outcome.stderr.length).toBeLessThan(3000);
}

describe('configs', () => {
  it.each<[string, string, RegExp]>([
    ['a cyclic alias', 'data: &a { set: teacher, teacher: *a }\n', /alias of something that contains it/],
    ['a cyclic alias in a list', 'a: &a [1, *a]\n', /alias of something that contains it/],
    ['__proto__', '__proto__: { seed: 3 }\nseed: 2\n', /the key '__proto__', which no config has/],
    ['__proto__ further down', 'data: { __proto__: { set: teacher } }\n', /the key '__proto__'/],
    ['constructor', 'constructor: { seed: 3 }\n', /the key 'constructor'/],
    ['many levels', `a: ${'['.repeat(200)}${']'.repeat(200)}\n`, /nested more than 30 deep/],
    ['aliases of aliases', `a: &a [1, 1]\n${Array.from({ length: 12 }, (_, k) => `b${k}: &${'bcdefghijklm'[k]} [*${'abcdefghijkl'[k]}, *${'abcdefghijkl'[k]}]`).join('\n')}\n`, /Excessive alias count|nested|no key/],
    ['a teacher of 2 000 000 000 samples', 'data: { set: teacher, teacher: { train: 2000000000 } }\n', /the teacher needs about 256\.1 GB.*lower data\.teacher\.train/],
    ['a teacher of a network without end', 'data: { set: teacher, teacher: { network: { widths: [20, 1000000, 1000000, 4] } } }\n', /lower data\.teacher\.network\.widths/],
    ['classes for numbers', 'data: { set: teacher, teacher: { network: { loss: squared-error } } }\nnetwork: { loss: cross-entropy }\ntraining: { stop: { rule: epochs, epochs: 2 } }\n', /has targets and no labels, which cross-entropy needs/],
    ['a window of 10^8 epochs', 'preset: quick\ndata: { set: teacher }\ntraining: { maxEpochs: 200000000 }\nrecord: { layer: layer1, windowEpochs: 100000000 }\n', /would be written to .*, and the disk there has|of memory, and this machine has/],
    ['80 kB of ranks', `data: { set: teacher }\nanalysis: { directions: [${Array.from({ length: 20_000 }, (_, k) => k).join(', ')}] }\n`, /analysis\.directions/],
    ['a missing value', 'data: { set: teacher }\ntraining: { stop: { rule: epochs } }\n', /training\.stop\.epochs'.*got nothing/],
    ['a value that is null', 'training: null\n', /config key 'training'/],
  ])('%s', async (name, text, words) => {
    const out = at(`c-${name.replace(/\W/g, '')}`);
    sentence(await thermogradHere('train', '--config', put('c.yaml', text), '--out', out), 2, words);
    expect(existsSync(out)).toBe(false);
  }); // biome-ignore format: a table

  const config =
    'preset: quick\ndata: { set: teacher, teacher: { train: 1000, test: 100 } }\ntraining: { stop: { rule: epochs, epochs: 1 } }\nrecord: { windowEpochs: 1 }\n';
  it.skipIf(!posix)('from a process substitution, also a slow one, and from standard input', () => {
    const file = put('p.yaml', config);
    for (const [k, source] of [`<(cat "${file}")`, `<(sleep 0.2; cat "${file}")`].entries())
      expect(bash(`"$1" "$2" train --config ${source} --out "${at(`ps${k}`)}"`).status).toBe(0);
    expect(bash(`cat "${file}" | "$1" "$2" train --config /dev/stdin --out "${at('stdin')}"`).status).toBe(0);
  });
});

describe.skipIf(!posix)('pipes and devices in place of files', () => {
  const fifo = (name: string) => {
    spawnSync('mkfifo', [at(name)]);
    return at(name);
  };
  it('a config, a matrix, weights', async () => {
    const pipe = fifo('pipe');
    sentence(await thermogradHere('train', '--config', pipe), 2, /pipe is a pipe or a device and not a file/);
    sentence(await thermogradHere('simulate', pipe), 2, /a pipe or a device/);
    sentence(
      await thermogradHere('decompose', '--drift', pipe, '--diffusion', pipe, '--out', at('d')),
      2,
      /a pipe or a device/,
    );
    sentence(
      await thermogradHere('protect', '--weights', pipe, '--data', 'teacher', '--out', at('p.npz')),
      2,
      /a pipe or a device/,
    );
    sentence(await thermogradHere('train', '--config', '/dev/zero'), 2, /a pipe or a device/);
  });
  it('a file of a data set', async () => {
    mkdirSync(at('set'));
    spawnSync('mkfifo', [at('set/train-images-idx3-ubyte'), at('set/train-labels-idx1-ubyte')]);
    sentence(await thermogradHere('train', '--data', `idx:${at('set')}`, '--out', at('s')), 2, /a pipe or a device/);
    expect(existsSync(at('s'))).toBe(false);
  });
  it('a record, and a document of a run', async () => {
    mkdirSync(at('run'));
    spawnSync('mkfifo', [at('run/run.json')]);
    for (const command of ['report', 'analyse', 'advise', 'protect'])
      sentence(await thermogradHere(command, at('run')), 2, /a pipe or a device|run\.json/);
    sentence(await thermogradHere('train', '--out', at('run'), '--resume'), 2, /a pipe or a device/);
  });
  it('a reader of the library', () => {
    expect(() => readWhole('/dev/null')).toThrow(/a pipe or a device/);
    expect(readWhole(folder)).toBeUndefined();
    expect(readWhole(at('none'))).toBeUndefined();
  });
});

describe('places for results', () => {
  const quick = ['--preset', 'quick', '--data', 'teacher', '--limit', '1000', '--window', '1'];
  it.skipIf(!existsSync('/dev/null'))('a device or a file is no folder', async () => {
    const file = put('file', '');
    for (const out of ['/dev/null', file]) {
      sentence(await thermogradHere('train', ...quick, '--out', out), 2, /is not a folder; choose another with --out/);
      sentence(await thermogradHere('forget', '--preset', 'quick', '--out', out), 2, /is not a folder/);
      sentence(await thermogradHere('reproduce', 'controls', '--preset', 'quick', '--out', out), 2, /is not a folder/);
    }
  });

  it('a disk that is too small is refused with the largest part', () => {
    const parts = [
      { what: 'the window', bytes: 7e9, key: 'record.windowEpochs' },
      { what: 'the rest', bytes: 1e9, key: '' },
    ];
    const words =
      /about 8\.0 GB would be written to x, and the disk there has 2\.0 GB left; the largest part is the window \(7\.0 GB\): lower it with record\.windowEpochs/;
    expect(() => checkDisk(parts, 'x', 0, 2e9)).toThrow(words);
    expect(() => checkDisk(parts, 'x', 6.1e9, 2e9)).not.toThrow();
    expect(() => checkDisk(parts, 'x', 5.9e9, 2e9)).toThrow(/about 2\.1 GB/);
    expect(() => checkDisk(parts, 'x', 0, undefined)).not.toThrow();
    expect(freeDisk(at('not', 'there', 'yet'))).toBeGreaterThan(0);
  });
});

describe('streams and signals', () => {
  it.skipIf(!full)('a full standard output is one sentence, exit code 1', () => {
    const out = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [MAIN, 'doctor', '--json'], {
      stdio: ['ignore', out, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(out);
    sentence({ status, stderr }, 1, /^thermograd: the result cannot be written to standard output \(ENOSPC\)/);
  });

  it.skipIf(!posix)('a reader that closes early ends nothing with an error, nor hides one', () => {
    const good = bash('"$1" "$2" doctor --json | head -c 0; echo "$PIPESTATUS"');
    expect([good.stdout.trim(), good.stderr]).toEqual(['0', '']);
    const bad = bash(`"$1" "$2" report "${at('nothing')}" --json | head -c 0; echo "$PIPESTATUS"`);
    expect(bad.stdout.trim()).toBe('2');
  });

  const long = {
    data: { set: 'teacher' },
    training: { stop: { rule: 'epochs', epochs: 1_000_000 }, maxEpochs: 2_000_000 },
  };
  it.skipIf(!posix).each(['SIGHUP', 'SIGTERM', 'SIGINT'] as const)('%s saves and ends with 130', async (signal) => {
    const out = at(`run-${signal}`);
    const running = begin('train', '--config', put('long.json', JSON.stringify(long)), '--out', out);
    await running.said('run folder');
    running.child.kill(signal);
    const outcome = await running.ended;
    expect([outcome.code, outcome.stderr]).toEqual([130, expect.stringContaining('stopped as asked')]);
    expect(readdirSync(out)).toContain('checkpoint.safetensors');
  });

  it.skipIf(!posix)('a pipe that does not end is given up', () => {
    const path = at('silent');
    spawnSync('mkfifo', [path]);
    // an end for writing that is open keeps a pipe from ending
    const writer = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    expect(() => fromPipe(path, 3)).toThrow(/nothing came from .*silent for 0\.03 s; does its command write and end\?/);
    writeSync(writer, 'seed: 1');
    expect(() => fromPipe(path, 3)).toThrow(/nothing came/);
    closeSync(writer);
  });

  // ten seconds
  it.skipIf(!posix || process.env.CI === undefined)('a config that never comes does not keep the program', async () => {
    const child = spawn('bash', [
      '-c',
      `"$1" "$2" train --config <(sleep 60) --out "${at('never')}"; echo "code $?"`,
      'bash',
      process.execPath,
      MAIN,
    ]);
    let said = '';
    child.stdout.on('data', (text) => (said += text));
    child.stderr.on('data', (text) => (said += text));
    await new Promise<void>((resolve) => child.stdout.on('data', () => said.includes('code') && resolve()));
    child.kill();
    expect(said).toMatch(/nothing came from .* for 10 s[\s\S]*code 2/);
  });
});
