/** Matrices from files: .npy, .npz and CSV, and what is refused. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readMatrix } from '../src/experiments/decompose/input.js';
import { fromRows, type Matrix } from '../src/numeric/linalg/index.js';
import { writeNpy } from '../src/record/npy.js';
import { writeNpz } from '../src/record/npz.js';

const folder = mkdtempSync(join(tmpdir(), 'matrices-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);
const put = (name: string, content: string | Uint8Array) => {
  writeFileSync(at(name), content);
  return at(name);
};
const array = (m: Matrix) => ({ shape: [m.rows, m.cols], data: m.data });
const F = fromRows([[1, -2], [2, 1]]); // biome-ignore format: matrix
const one = fromRows([[1, 0], [0, 1]]); // biome-ignore format: matrix
const drift = put('F.npy', writeNpy(array(F)));

describe('matrices are read from', () => {
  it('.npy of any number type and order, .npz with and without a name, CSV', async () => {
    const wanted = Array.from(F.data);
    const read = async (path: string) => Array.from((await readMatrix(path, 'drift')).data);
    expect(await read(drift)).toEqual(wanted);
    expect(await read(put('int.npy', writeNpy({ shape: [2, 2], data: Int32Array.from(wanted), type: 'i4' })))).toEqual(
      wanted,
    );
    expect(
      await read(put('single.npy', writeNpy({ shape: [2, 2], data: Float32Array.from(wanted), type: 'f4' }))),
    ).toEqual(wanted);
    const slashes = put('slashes.npz', writeNpz([['model/layer/F', array(F)], ['D', array(one)]])); // biome-ignore format: pairs
    expect(await read(`${slashes}:model/layer/F`)).toEqual(wanted);
    const both = put('both.npz', writeNpz([['drift', array(F)], ['diffusion', array(one)]])); // biome-ignore format: pairs
    expect(await read(`${both}:drift`)).toEqual(wanted);
    expect(await read(put('lone.npz', writeNpz([['x', array(F)]])))).toEqual(wanted);
    expect(
      await read(
        `${put(
          'named.npz',
          writeNpz([
            ['x', array(one)],
            ['y', array(F)],
          ]),
        )}:y`,
      ),
    ).toEqual(wanted);
    const { rows, cols } = await readMatrix(put('wide.csv', '1,2,3\n4,5,6\n'), 'drift');
    expect([rows, cols]).toEqual([2, 3]);
    for (const text of ['1,-2\n2,1', '1;-2\r\n2;1\r\n', '\n 1\t-2\n2\t1\n', '1.0  -2e0\n+2  1\n', '\ufeff1,-2\n2,1\n'])
      expect(await read(put('m.csv', text)), text).toEqual(wanted);
  });

  it.each<[string, () => string, string, RegExp]>([
    ['a missing file', () => at('none.npy'), 'no-file', /no file .*none\.npy to read the drift from/],
    ['a missing archive', () => `${at('none.npz')}:x`, 'no-file', /no file .*none\.npz/],
    ['an archive of two without a name', () => put('two.npz', writeNpz([['drift', array(F)], ['D', array(one)]])), 'npz-name', /holds drift, D; say which is the drift as .*two\.npz:drift/],
    ['a mistyped name', () => `${put('typo.npz', writeNpz([['drift', array(F)]]))}:drfit`, 'npz-name', /no array 'drfit' \(did you mean 'drift'\?\)/],
    ['a vector', () => put('v.npy', writeNpy({ shape: [3], data: Float64Array.of(1, 2, 3) })), 'matrix-shape', /shape \(3\).*numpy\.diag/],
    ['a vector alone in an archive', () => put('v.npz', writeNpz([['y', { shape: [2], data: Float64Array.of(1, 2) }]])), 'matrix-shape', /v\.npz:y has the shape \(2\)/],
    ['a cube', () => put('c.npy', writeNpy({ shape: [1, 1, 1], data: Float64Array.of(1) })), 'matrix-shape', /two dimensions/],
    ['a heading', () => put('h.csv', 'a,b\n1,2\n3,4\n'), 'csv', /line 1: 'a' is not a number.*without a heading/],
    ['a ragged table', () => put('r.csv', '1,2\n3\n'), 'csv', /line 2: 1 numbers, but the first line has 2/],
    ['a ragged table behind comments', () => put('r2.csv', '# a\n1,2\n\n3,4\n5\n'), 'csv', /line 5: 1 numbers, but the first line has 2/],
    ['a word further down', () => put('w.csv', '1,2\n3,x\n'), 'csv', /line 2: 'x' is not a number; a matrix is written as lines of numbers\.$/],
    ['a name that is like no other', () => `${put('far.npz', writeNpz([['drift', array(F)]]))}:zzzz`, 'npz-name', /no array 'zzzz'; it holds drift\.$/],
    ['a gap', () => put('g.csv', '1,,2\n'), 'csv', /line 1: '' is not a number/],
    ['decimal commas between semicolons', () => put('dc.csv', '1,5;2\n3;4,5\n'), 'csv', /both commas and semicolons: write decimal points/],
    ['decimal commas between tabs', () => put('dt.csv', '1,5\t2\n3\t4\n'), 'csv', /both commas and tabs/],
    ['decimal commas between blanks', () => put('db.csv', '1,5 2\n3 4,5\n'), 'csv', /'5 2' is not a number/],
    ['a separator of its own on one line', () => put('ds.csv', '1,2\n3;4\n'), 'csv', /both commas and semicolons/],
    ...['0x10', '0b1', '0o7', '1_000', '1e', '.', '--1', '1 2'].map(
      (word): [string, () => string, string, RegExp] => [`the word ${word}`, () => put('x.csv', `1,${word}\n3,4\n`), 'csv', /is not a number/],
    ),
    ['a number beyond all doubles', () => put('hu.csv', '1,1e999\n3,4\n'), 'csv', /'1e999' is larger than any double/],
    ['a gap between tabs', () => put('gt.csv', '1\t\t2\n3\t\t4\n'), 'csv', /line 1: '' is not a number/],
    ['an empty file', () => put('e.csv', '# nothing\n'), 'csv', /holds no numbers/],
    ['a damaged .npy', () => put('bad.npy', 'no'), 'npy-magic', /bad\.npy/],
  ])('not %s', async (_, path, code, sentence) => {
    const error = await readMatrix(path(), 'drift').catch((e) => e);
    expect(error.message).toMatch(sentence);
    if (code !== 'npy-magic') expect(error.code).toBe(code);
    expect(error.message).not.toContain('\n');
  }); // biome-ignore format: one case a line

  it('with infinite and missing numbers as they are', async () => {
    const f = put('nan.csv', '1,nan\n0,-inf\n+Infinity,Inf\n');
    expect(Array.from((await readMatrix(f, 'drift')).data)).toEqual([1, Number.NaN, 0, -Infinity, Infinity, Infinity]);
  });
});
