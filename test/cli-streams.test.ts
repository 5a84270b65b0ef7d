/** The streams of the program: a config from standard input, readers who leave, and what it says of itself. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { program } from '../src/cli/commands.js';
import { analyseRun } from '../src/experiments/ivf2021/reanalyse.js';
import { trainRun } from '../src/runs/run.js';
import { helpText } from '../src/terminal/help-text.js';
import { widthOf } from '../src/terminal/wrap.js';
import { begin, HANG, MAIN, scratch, thermograd } from './support/cli.js';
import { thermogradHere } from './support/here.js';

const LONG = {
  data: { set: 'teacher', teacher: { train: 400, test: 100 } },
  training: { batchSize: 20, stop: { rule: 'epochs', epochs: 30_000 }, maxEpochs: 30_010 },
  record: { layer: 'layer1', windowEpochs: 2 },
};
const SHORT = { ...LONG, training: { batchSize: 20, stop: { rule: 'epochs', epochs: 2 }, maxEpochs: 4 } };
const { folder, config } = scratch(LONG);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const fed = (text: string, ...args: string[]) =>
  spawnSync(process.execPath, [MAIN, ...args], { input: text, encoding: 'utf8', timeout: HANG });

describe('a reader who leaves', () => {
  it('ends a run properly: what is done is saved, without a lock or temporary files', async () => {
    const out = join(folder, 'left');
    const { child, said, ended } = begin('train', '--config', config, '--out', out);
    await said('run folder');
    child.stderr!.destroy();
    child.stdout!.destroy();
    expect((await ended).code).toBe(130);
    expect(readdirSync(out).filter((name) => name === 'lock' || /\.(tmp|stale)$/.test(name))).toEqual([]);
    const { stages } = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'));
    expect(['interrupted', 'waiting']).toContain(stages.train.status);
  });
  it.each(['--help', 'completion bash'])('of %s is no error', (args) => {
    const line = `'${process.execPath}' '${MAIN}' ${args} | head -1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toHaveLength(3);
    expect(stdout).toMatch(/\n0\n$/);
  });
});

describe('a config from standard input', () => {
  it('is that of a file', () => {
    const out = join(folder, 'piped');
    const { status, stderr } = fed(JSON.stringify(SHORT), 'train', '--config', '-', '--out', out);
    expect(stderr).toContain('20-16-4 on teacher');
    expect(status).toBe(0);
    const { config: taken } = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8'));
    expect(taken.training.stop).toEqual({ rule: 'epochs', epochs: 2 });
  });
  it.each([
    ['simulate', '-', '--dry-run'],
    ['sweep', '-', '--dry-run'],
    ['forget', '--config', '-'],
    ['protect', '--weights', 'no.safetensors', '--data', 'teacher', '--config', '-'],
    ['advise', '--config', '-'],
    ['reproduce', 'ivf2021', '--config', '-'],
  ])('is read by %s %s %s', (...args: string[]) => {
    const { status, stderr } = fed(
      '{ nonsense: 1 }',
      ...args,
      ...(args.includes('--dry-run') ? [] : ['--out', join(folder, 'no.npz')]),
    );
    expect(stderr).toContain("no key 'nonsense'");
    expect(status).toBe(2);
    expect(existsSync(join(folder, 'no.npz'))).toBe(false);
  });
  it('is missed where nothing comes', () => {
    expect(fed('', 'simulate', '-').stderr).toContain('standard input must hold a mapping of config keys');
  });
  it('an example goes from one command into the next', () => {
    const { stdout } = thermograd('simulate', '--example', 'washboard');
    const { status, stdout: said } = fed(stdout, 'simulate', '-', '--dry-run');
    expect(status).toBe(0);
    expect(said).toContain('stiffest');
  });
});

describe('what it is', () => {
  it('-v, -V and --version say the same, and version says more', async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    for (const flag of ['-v', '-V', '--version'])
      expect(await thermogradHere(flag)).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' });
    const said = JSON.parse((await thermogradHere('version', '--json')).stdout);
    expect(said).toMatchObject({ thermograd: version, node: process.version });
    expect(['fma', 'simd']).toContain(said.kernelBuild);
    const { stdout } = await thermogradHere('version');
    for (const value of Object.values<string>(said)) expect(stdout).toContain(value);
  });
});

describe('help', () => {
  const commands = ['', ...program().commands.map((c) => c.name())];
  /** Letters without layout. */
  const letters = (text: string) => text.replace(/\\\n|[\s#]/g, '');
  it.each(commands)('%s fits 80 columns, and any other width loses no word', async (name) => {
    const { stdout } = await thermogradHere(...(name === '' ? [] : [name]), '--help');
    expect(Math.max(...stdout.split('\n').map(widthOf))).toBeLessThanOrEqual(80);
    for (const columns of [40, 64]) {
      const narrow = helpText(stdout, columns);
      expect(Math.max(...narrow.split('\n').map(widthOf))).toBeLessThanOrEqual(columns);
      expect(letters(narrow)).toBe(letters(stdout));
    }
  });
  it('breaks a command so that it can be copied', () => {
    const line = '  thermograd reproduce controls --preset quick --data mnist --limit 1500     seconds';
    expect(helpText(line, 50)).toBe(
      '  thermograd reproduce controls --preset quick \\\n      --data mnist --limit 1500\n      seconds',
    );
  });
  it('breaks no command within quotes', () => {
    const line = '  thermograd list runs --json | jq -r \'.runs[] | select(.state == "stopped") | .folder\'';
    expect(helpText(line, 74)).toBe(
      '  thermograd list runs --json | jq -r \\\n      \'.runs[] | select(.state == "stopped") | .folder\'',
    );
  });
  it('keeps lists, and fills paragraphs', () => {
    const text =
      'A paragraph that is long enough to be taken for one, and that has a line\nthat follows.\n\n  name   what it is\n         and more';
    expect(helpText(text, 120)).toBe(
      'A paragraph that is long enough to be taken for one, and that has a line that follows.\n\n  name   what it is and more',
    );
    expect(helpText('  name   what it is and more', 20)).toBe('  name   what it is\n         and more');
  });
});

describe('a path with a zero byte', () => {
  it('is refused by name', async () => {
    await expect(trainRun(SHORT as never, { out: 'a\0b' })).rejects.toThrow(
      'trainRun: request.out must be a path without a zero byte; got "a\\u0000b"',
    );
    await expect(analyseRun('a\0b')).rejects.toThrow('a path without a zero byte');
  });
});
