/** The mutation tester on a made-up module. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const MODULE = `export type Three = 3;
export const area = (w: number, h: number): number => /* cm² */ (w as number) * h;
export const cheap = (price: number) => price < 10;
export const last = <T>(list: readonly T[]): T => list[list.length - 1]!;
export function unseen(x: number): number {
  return -x;
}
`;

const TESTS = `import { expect, it } from 'vitest';
import { area, cheap, last } from '../src/shop.js';
it('areas', () => expect(area(2, 3)).toBe(6));
it('prices', () => expect([cheap(1), cheap(100)]).toEqual([true, false]));
it('lists', () => expect(last(['a', 'b', 'c'])).toBe('c'));
`;

function project(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mutate-'));
  for (const name of ['src', 'test']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'src/shop.ts'), MODULE);
  writeFileSync(join(folder, 'test/shop.test.ts'), TESTS);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

function mutate(folder: string, ...args: string[]) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('VITEST')));
  return spawnSync(process.execPath, [join(ROOT, 'scripts/mutate.mjs'), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env,
  });
}

interface Mutant {
  readonly line: number;
  readonly kind: string;
  readonly before: string;
  readonly after: string;
  readonly outcome: string;
  readonly by?: string;
}

/** What stands in the place of the part of a line that differs. */
const changed = ({ before, after }: Mutant) => after.slice([...before].findIndex((c, k) => c !== after[k]));

describe('npm run mutate', () => {
  // runs vitest nine times
  it.skipIf(process.env.CI === undefined)(
    'tells a mutant that a test kills from one that survives and one that no test reaches',
    () => {
      const folder = project();
      const { status, stdout, stderr } = mutate(folder, 'src', '--json', 'found.json');
      expect([status, stderr]).toEqual([1, expect.stringContaining('dry run 1 of 1')]);
      const { mutants } = JSON.parse(readFileSync(join(folder, 'found.json'), 'utf8')) as { mutants: Mutant[] };
      const at = (line: number) =>
        mutants.filter((m) => m.line === line).map((m) => [m.kind, changed(m), m.outcome, m.by?.split(': ')[1]]);

      expect(at(1)).toEqual([]);
      expect(at(2)).toEqual(
        expect.arrayContaining([
          ['factor', '/ h;', 'killed', 'areas'],
          ['dropped', ';', 'killed', 'areas'],
          ['dropped', 'h;', 'killed', 'areas'],
        ]),
      );
      expect(at(3)).toEqual(
        expect.arrayContaining([
          ['comparison', '= 10;', 'survived', undefined],
          ['comparison', '>= 10;', 'killed', 'prices'],
          ['factor', '20;', 'survived', undefined],
          ['factor', '5;', 'survived', undefined],
        ]),
      );
      expect(at(4)).toContainEqual(['offset', ']!;', 'killed', 'lists']);
      expect(at(4).every(([, , outcome]) => outcome === 'killed')).toBe(true);
      expect(at(6)).toEqual([['sign', 'x;', 'not reached', undefined]]);

      expect(stdout).toContain(
        'survived: src/shop.ts:3 comparison\n  - export const cheap = (price: number) => price < 10;',
      );
      const [survived, killed] = ['survived', 'killed'].map((o) => mutants.filter((m) => m.outcome === o).length);
      const score = `${((100 * killed) / mutants.length).toFixed(0)} %`;
      expect(stdout.trim().split('\n').at(-1)!.split(/ {2,}/)).toEqual(
        ['src', mutants.length, killed, survived, 1, score].map(String),
      );
      expect(readFileSync(join(folder, 'src/shop.ts'), 'utf8')).toBe(MODULE);
      expect(readdirSync(folder).sort()).toEqual(['found.json', 'node_modules', 'package.json', 'src', 'test']);

      // a further test for the edge leaves none of those that survived but the one that no test reaches
      writeFileSync(
        join(folder, 'test/edge.test.ts'),
        TESTS.replaceAll('cheap(1)', 'cheap(9)').replaceAll('100', '10'),
      );
      const again = mutate(folder, '--again', 'found.json', '--at-least', '75', '--json', 'again.json');
      expect(again.status).toBe(0);
      const left = JSON.parse(readFileSync(join(folder, 'again.json'), 'utf8')) as { mutants: Mutant[] };
      expect(left.mutants.map((m) => [m.line, m.outcome]).sort()).toEqual([
        [3, 'killed'],
        [3, 'killed'],
        [3, 'killed'],
        [6, 'not reached'],
      ]);
    },
  );

  it('draws the same sample from the same seed, of one kind if asked', () => {
    const folder = project();
    const list = (...args: string[]) => mutate(folder, 'src/shop.ts', '--list', ...args).stdout;
    expect(list('--sample', '3')).toBe(list('--sample', '3', '--seed', '1'));
    expect(list('--sample', '3')).not.toBe(list('--sample', '3', '--seed', '2'));
    expect(list('--sample', '3').match(/^src/gm)).toHaveLength(3);
    expect(list('--only', 'comparison').match(/^src.*/gm)).toEqual(Array(2).fill('src/shop.ts:3 comparison'));
  });

  it('refuses unknown kinds and files', () => {
    const folder = project();
    const refused = (...args: string[]) => {
      const { status, stderr } = mutate(folder, ...args);
      return [status, stderr];
    };
    expect(refused('src', '--only', 'typo')).toEqual([2, expect.stringContaining("no kind 'typo': there are sign, ")]);
    expect(refused('lib')).toEqual([2, 'lib does not exist\n']);
    expect(refused()).toEqual([2, expect.stringContaining('usage')]);
  });
});
