/** A short fuzz of every reader; `npm run fuzz` is the long one. And the harness itself: it must see what it looks for. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript without declarations
import { mutateBytes, mutateText, mutateTree } from '../scripts/fuzz/mutations.mjs';
// @ts-expect-error: plain JavaScript without declarations
import { csv, idx, npy } from '../scripts/fuzz/oracles.mjs';
// @ts-expect-error: plain JavaScript without declarations
import { SUBJECTS } from '../scripts/fuzz/subjects.mjs';
import { writeNpy } from '../src/record/npy.js';
import { HANG } from './support/cli.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const fuzz = (...args: string[]) =>
  spawnSync(process.execPath, ['scripts/fuzz.mjs', ...args], { cwd: root, encoding: 'utf8', timeout: HANG });

/** Subjects that make calls of commands, which take longer. */
const CALLS = ['commands', 'studies', 'lab'];
const READERS = Object.keys(SUBJECTS)
  .filter((name) => !CALLS.includes(name))
  .join(',');
/** Cases of the short run; more of them in CI. */
const CASES = process.env.CI === undefined ? 500 : 1500;

it(`no crash, no hang, nothing silently wrong in ${CASES} cases, the same with the same seed`, () => {
  const { status, stdout } = fuzz('--cases', `${CASES}`, '--seed', '11', '--only', READERS);
  expect(stdout).not.toMatch(/^(?:crash|hang|silent):/m);
  expect(status).toBe(0);
  const total = /^all +(\d+) +(\d+) +(\d+) +(\d+) +(\d+) +0 +0 +0$/m.exec(stdout)!.slice(1).map(Number);
  expect(total[0]).toBe(total[1] + total[2] + total[3] + total[4]);
  expect(total[0]).toBeGreaterThanOrEqual(CASES - 10);
  const again = (seed: string) => fuzz('--cases', '60', '--seed', seed, '--only', 'csv,config').stdout;
  expect(again('3')).toBe(again('3'));
});

it('the commands on changed flags, run folders, studies and files: nothing unexpected in a few cases', () => {
  const { status, stdout } = fuzz(
    '--cases',
    process.env.CI === undefined ? '6' : '75',
    '--seed',
    '4',
    '--only',
    // making a run for the server of the live page takes seconds
    (process.env.CI === undefined ? CALLS.slice(0, 2) : CALLS).join(','),
  );
  expect(stdout).not.toMatch(/^(?:crash|hang|silent):/m);
  expect(status, stdout).toBe(0);
});

describe('the harness', () => {
  const draw = (numbers: number[]) => {
    let k = 0;
    const below = (n: number) => Math.floor(numbers[k++ % numbers.length] * n);
    return {
      below,
      one: <T>(list: T[]) => list[below(list.length)],
      chance: (p: number) => numbers[k++ % numbers.length] < p,
    };
  };
  it('changes what it is given, and not in place', () => {
    const bytes = Uint8Array.from({ length: 40 }, (_, i) => i);
    const tree = { a: 1, b: { c: [1, 2] } };
    let [b, t, x] = [0, 0, 0];
    for (let seed = 1; seed < 60; seed++) {
      const numbers = Array.from({ length: 23 }, (_, i) => ((i + 1) * seed * 0.618) % 1);
      b += Number(mutateBytes(bytes, draw(numbers)).toString() !== bytes.toString());
      t += Number(JSON.stringify(mutateTree(tree, draw(numbers))) !== JSON.stringify(tree));
      x += Number(mutateText('a: 1\nb: 2\n', draw(numbers)) !== 'a: 1\nb: 2\n');
    }
    expect([b > 50, t > 40, x > 40]).toEqual([true, true, true]);
    expect([tree, bytes[7]]).toEqual([{ a: 1, b: { c: [1, 2] } }, 7]);
  });

  it('its second readers read, and do not take what is not well-formed', () => {
    const text = (s: string) => new TextEncoder().encode(s);
    expect(npy(writeNpy({ shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) }))).toEqual({
      shape: [2, 2],
      data: [1, 2, 3, 4],
    });
    expect(csv(text('1;2\n3;-4e1\n'))).toEqual({ shape: [2, 2], data: [1, 2, 3, -40] });
    for (const bad of ['1,2;3', '0x10', '1,2\n3', '1,,2']) expect(csv(text(bad)), bad).toBeUndefined();
    expect(idx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 5, 6))).toEqual({ shape: [2], data: [5, 6] });
    expect(idx(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 5))).toBeUndefined();
  });
});
