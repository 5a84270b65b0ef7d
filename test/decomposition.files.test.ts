/** thermograd decompose: files in, a whole folder out, or nothing. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { decomposeFiles } from '../src/experiments/decompose/experiment.js';
import { fromRows, type Matrix } from '../src/numeric/linalg/index.js';
import { readNpy, writeNpy } from '../src/record/npy.js';
import { readNpz } from '../src/record/npz.js';
import { begin, scratch } from './support/cli.js';
import { thermogradHere } from './support/here.js';

const { folder } = scratch();
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const put = (name: string, content: string | Uint8Array) => {
  writeFileSync(at(name), content);
  return at(name);
};
const array = (m: Matrix) => ({ shape: [m.rows, m.cols], data: m.data });

const F = fromRows([[1, -2], [2, 1]]); // biome-ignore format: matrix
const drift = put('F.npy', writeNpy(array(F)));
const diffusion = put('D.csv', '# diffusion\n1, 0\n0, 1\n');
const values = (path: string) => {
  const { shape, data } = readNpy(readFileSync(path), path);
  return { shape, data: Array.from(data) };
};
const page = ['report.html', 'report.json', 'tables', 'theory.html'];
const everything = ['a.npy', 'figures', 'potential.svg', 'q.npy', 's.npy', 'sigma.npy', 'summary.json', 'u.npy', 'vortices.json', 'vortices.npz', ...page].sort(); // biome-ignore format: list

it('infinite and missing numbers are refused as such', async () => {
  const f = put('nan.csv', '1,nan\n0,-inf\n');
  await expect(decomposeFiles({ drift: f, diffusion, out: at('never') })).rejects.toThrow(
    /drift F: entry \(0, 1\).* is NaN/,
  );
  expect(existsSync(at('never'))).toBe(false);
});

describe('results', () => {
  it('are the closed form of the spiral, in NumPy files', async () => {
    const out = at('spiral');
    const { summary } = await decomposeFiles({ drift, diffusion, noiseStrength: 0.5, step: 0.1, out });
    expect(readdirSync(out).sort()).toEqual([...everything, 'sigma_discrete.npy'].sort());
    const close = (name: string, wanted: number[]) => {
      const { shape, data } = values(join(out, name));
      expect(shape).toEqual([2, 2]);
      for (const [k, v] of wanted.entries()) expect(data[k]).toBeCloseTo(v, 12);
    };
    close('sigma.npy', [0.5, 0, 0, 0.5]);
    close('u.npy', [1, 0, 0, 1]);
    close('q.npy', [0, -2, 2, 0]);
    close('s.npy', [0.2, 0, 0, 0.2]);
    close('a.npy', [0, 0.4, -0.4, 0]);
    close('sigma_discrete.npy', [2 / 3, 0, 0, 2 / 3]); // ½·2·0.1/(1 − 0.9² − 0.2²)
    const written = JSON.parse(readFileSync(join(out, 'summary.json'), 'utf8'));
    expect(written).toEqual(JSON.parse(JSON.stringify(summary)));
    expect(written).toMatchObject({
      n: 2,
      stationary: true,
      noiseStrength: 0.5,
      symmetricDrift: false,
      noiseRank: 2,
      warnings: [],
    });
    expect(written.eigenvalues[0][1]).toBeCloseTo(2, 12);
    expect(written.entropyProductionRate).toBeCloseTo(8, 11);
    expect(written.largestStableStep).toBeCloseTo(0.4, 12);
    expect(
      Object.values(written.residuals)
        .filter((v) => typeof v === 'number')
        .every((v) => (v as number) < 1e-14),
    ).toBe(true);
    expect(Object.keys(written.residuals)).toHaveLength(8);
    expect(written.picture).toMatch(/strongest vortex/);
    const planes = JSON.parse(readFileSync(join(out, 'vortices.json'), 'utf8'));
    expect(planes.vortices).toHaveLength(1);
    expect(planes.vortices[0]).toMatchObject({ share: 1 });
    expect(planes.vortices[0].friction).toBeCloseTo(0.2, 12);
    expect(planes.vortices[0].transverse).toBeCloseTo(0.4, 12);
    const arrays = await readNpz(readFileSync(join(out, 'vortices.npz')), 'vortices.npz');
    expect(arrays.get('basis')!.shape).toEqual([1, 2, 2]);
    expect(arrays.get('still')!.shape).toEqual([0, 2]);
    expect(readFileSync(join(out, 'potential.svg'), 'utf8')).toMatch(/^<svg/);
  });

  it('on widely different scales come with the units they were solved in', async () => {
    const f = put('scales.csv', '1,-2e6\n2e-6,1\n');
    const d = put('scalesD.csv', '1e12,0\n0,1\n');
    const { summary } = await decomposeFiles({ drift: f, diffusion: d, out: at('scales') });
    expect(summary.units![1] / summary.units![0]).toBeCloseTo(2 ** 20, 6);
    expect(summary.entropyProductionRate).toBeCloseTo(8, 9);
    expect(JSON.parse(readFileSync(join(at('scales'), 'vortices.json'), 'utf8'))).toMatchObject({
      units: summary.units,
    });
    const { data } = values(join(at('scales'), 'sigma.npy'));
    for (const [k, v] of [1e12, 0, 0, 1].entries()) expect(data[k] / (v || 1e6)).toBeCloseTo(v === 0 ? 0 : 1, 12);
  });

  it('of an unstable F hold the algebraic U and no covariance', async () => {
    const f = put('saddle.csv', '1,0.5\n0,-3\n');
    await expect(decomposeFiles({ drift: f, diffusion, out: at('saddle') })).rejects.toMatchObject({
      code: 'unstable',
    });
    expect(existsSync(at('saddle'))).toBe(false);
    const { summary } = await decomposeFiles({ drift: f, diffusion, out: at('saddle'), unstable: true });
    expect(summary.stationary).toBe(false);
    expect(readdirSync(at('saddle')).sort()).toEqual(
      ['a.npy', 'q.npy', 's.npy', 'summary.json', 'u.npy', ...page].sort(),
    );
    expect(JSON.parse(readFileSync(join(at('saddle'), 'summary.json'), 'utf8')).entropyProductionRate).toBe('NaN');
  });
});

describe('nothing is overwritten', () => {
  it('a folder that holds anything is refused; --force replaces a decomposition and nothing else', async () => {
    const out = at('twice');
    mkdirSync(out); // an empty folder is as good as none
    await decomposeFiles({ drift, diffusion, out, step: 0.1 });
    const before = readFileSync(join(out, 'sigma.npy'));
    await expect(decomposeFiles({ drift, diffusion, out })).rejects.toMatchObject({ code: 'out-exists' });
    // an error leaves the earlier result as it was
    await expect(decomposeFiles({ drift, diffusion, out, force: true, step: 5 })).rejects.toMatchObject({
      code: 'unstable',
    });
    expect(readFileSync(join(out, 'sigma.npy'))).toEqual(before);
    await decomposeFiles({ drift, diffusion, out, force: true, noiseStrength: 2 });
    expect(values(join(out, 'sigma.npy')).data[0]).toBeCloseTo(2, 12);
    expect(readdirSync(out).sort()).toEqual(everything);
    writeFileSync(join(out, 'notes.txt'), 'mine');
    await expect(decomposeFiles({ drift, diffusion, out, force: true })).rejects.toThrow(
      /holds notes\.txt, which no decomposition leaves/,
    );
    await expect(decomposeFiles({ drift, diffusion, out: diffusion, force: true })).rejects.toThrow(/is not a folder/);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('a place that cannot be written is said, and nothing stays behind', async () => {
    const inside = join(diffusion, 'x'); // a file is no folder
    await expect(decomposeFiles({ drift, diffusion, out: inside })).rejects.toThrow(/wanted to write|cannot/);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});

describe('the program', () => {
  it('teaches', async () => {
    const { code, stdout } = await thermogradHere('decompose', '--help');
    expect(code).toBe(0);
    for (const text of [
      'F = (D + Q) U',
      '--drift',
      '--diffusion',
      '--noise-strength',
      '--step',
      '--unstable',
      '--provider',
      'Example',
    ])
      expect(stdout).toContain(text);
  });

  it('runs the example of its help and tells what came out', async () => {
    const { stdout: help } = await thermogradHere('decompose', '--help');
    const lines = help.split('\n').filter((l) => l.startsWith('  printf '));
    for (const line of lines) {
      const [, text, name] = /printf '(.*)' > (\S+)/.exec(line)!;
      put(name, text.replaceAll('\\n', '\n'));
    }
    const out = at('example');
    const { code, stdout, stderr } = await thermogradHere(
      'decompose',
      '--drift',
      at('F.csv'),
      '--diffusion',
      at('D.csv'),
      '--out',
      out,
    );
    expect(code).toBe(0);
    expect(stderr).toMatch(/^decomposition of 2 coordinates; needs about \d+ MB of memory and \d+ MB of disk\n$/);
    expect(stdout).toMatch(/production rate 8/);
    expect(stdout).toMatch(/1, the strongest with q 2 and 100 % of the flux/);
    for (const provider of ['embedded', 'auto'])
      expect(
        (
          await thermogradHere(
            'decompose',
            '--drift',
            at('F.csv'),
            '--diffusion',
            at('D.csv'),
            '--out',
            out,
            '--force',
            '--provider',
            provider,
          )
        ).code,
      ).toBe(0);
  });

  it.each([
    [['--drift', 'x.npy'], /required option '--diffusion/],
    [['--noise-strength', '-1'], /positive number/],
    [['--provider', 'magic'], /Allowed choices are auto, embedded, system/],
  ])('%j: exit 2 and a sentence', async (args, text) => {
    const { code, stderr } = await thermogradHere('decompose', ...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(text);
  });

  it('refuses physics that would be wrong: exit 2, one sentence, no folder, JSON where asked', async () => {
    const f = put('grow.csv', '-1,0\n0,1\n');
    const out = at('grow');
    const { code, stdout, stderr } = await thermogradHere(
      'decompose',
      '--drift',
      f,
      '--diffusion',
      diffusion,
      '--out',
      out,
      '--json',
    );
    expect(code).toBe(2);
    expect(JSON.parse(stdout).error.code).toBe('unstable');
    expect(stderr.match(/^thermograd: .*\.$/gm)).toHaveLength(1);
    expect(existsSync(out)).toBe(false);
    const done = await thermogradHere('decompose', '--drift', drift, '--diffusion', diffusion, '--out', out, '--json');
    expect(JSON.parse(done.stdout).summary.stationary).toBe(true);
  });
});

describe('asked to stop', () => {
  it('before the end, it writes nothing and says so', async () => {
    const signal = AbortSignal.abort();
    await expect(decomposeFiles({ drift, diffusion, out: at('stopped'), signal })).rejects.toThrow(
      'stopped as asked; nothing was written.',
    );
    expect(existsSync(at('stopped'))).toBe(false);
  });

  it('by a signal to the program: exit code 130 and nothing, or all of it where that was done before', async () => {
    const n = 300;
    const data = Float64Array.from({ length: n * n }, (_, k) =>
      k % (n + 1) === 0 ? 1 + k / (n * n) : (k % 7) / 9 / n,
    );
    const large = put('large.npy', writeNpy({ shape: [n, n], data }));
    const one = put('one.npy', writeNpy({ shape: [n, n], data: data.map((_, k) => (k % (n + 1) === 0 ? 1 : 0)) }));
    const running = begin('decompose', '--drift', large, '--diffusion', one, '--out', at('large'));
    await running.said('decomposition of');
    running.child.kill('SIGTERM');
    const { code, stderr } = await running.ended;
    expect([code, existsSync(at('large'))], stderr).toEqual(code === 0 ? [0, true] : [130, false]);
    if (code === 130) expect(stderr).toContain('stopped as asked; nothing was written.');
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});
