/** Wrong types at the door: accepted where the meaning is plain, otherwise one sentence that says what came. */
import { describe, expect, it } from 'vitest';
import { InputError, kindOf, readable, shown } from '../src/numeric/errors.js';
import {
  boltzmannTest,
  correlationTime,
  decompose,
  displacementExponent,
  driftVelocity,
  embeddedLinearAlgebra,
  energiesOf,
  fromRows,
  meanSquaredDisplacement,
  pca,
  powerLaw,
  project,
  randomKey,
  rowRange,
  rowsInMemory,
} from '../src/parts.js';

const la = embeddedLinearAlgebra();
const none = undefined as never;
const window = [[0, 1, 2], [2, 0, 1], [1, 5, 0], [4, 4, 4]]; // biome-ignore format: a matrix

describe('accepted', () => {
  it('a window as an array of rows', async () => {
    const source = rowsInMemory(Float64Array.from(window.flat()), 3);
    const [given, made] = [await pca(window as never, la), await pca(source, la)];
    expect(given.summary).toEqual(made.summary);
    expect(await project(window as never, made, la)).toEqual(await project(source, made, la));
    const typed = window.map((r) => Float32Array.from(r));
    expect((await pca(typed as never, la)).summary.variances).toEqual(made.summary.variances);
    const rows: number[] = [];
    for await (const chunk of rowRange(window as never, 1, 2).chunks()) rows.push(...chunk);
    expect(rows).toEqual(window[1]);
  });

  it('matrices as arrays of rows', () => {
    const [f, d] = [[[1, -2], [2, 1]], [[1, 0], [0, 1]]]; // biome-ignore format: matrices
    const nested = decompose({ la, drift: f as never, diffusion: d as never });
    const plain = decompose({ la, drift: fromRows(f), diffusion: fromRows(d) });
    expect([nested.u, nested.q]).toEqual([plain.u, plain.q]);
    expect(nested.q.data[1]).toBeCloseTo(-2, 12);
    expect(energiesOf(la, Float64Array.of(1, 2, 3, 4), d as never).energies.length).toBe(2);
  });
});

describe('refused', () => {
  const series = Array.from({ length: 40 }, (_, t) => Math.sin(t));
  const points = [1, 2, 3, 4, 5, 6];
  const ragged = [[1, 2], [3]]; // biome-ignore format: a matrix
  it.each<[string, () => unknown, RegExp]>([
    ['powerLaw without a key', () => powerLaw(points, points, none), /powerLaw: options must be an object with key, a key of random numbers, such as randomKey\(0\); got nothing/],
    ['powerLaw with a seed for a key', () => powerLaw(points, points, { key: 3 as never }), /got 3\.$/],
    ['powerLaw of texts', () => powerLaw(['1', '2'] as never, points, { key: randomKey(0) }), /powerLaw: x must be an array of numbers.*the text '1'/],
    ['powerLaw of nothing', () => powerLaw(none, points, { key: randomKey(0) }), /got nothing/],
    ['a series of pairs', () => correlationTime([[1, 2], [3, 4]] as never), /got an array of 2 \(the first is an array of 2 \(the first is 1\)\)/],
    ['a series with a hole', () => driftVelocity([...series, null] as never), /and nothing at position 40/],
    ['an object for a series', () => meanSquaredDisplacement({ length: 3 } as never, [1]), /got an object with length/],
    ['a number for lags', () => meanSquaredDisplacement(series, 3 as never), /lags must be an array of numbers.*got 3/],
    ['a text for a series', () => displacementExponent('abc' as never), /the text 'abc'/],
    ['big integers', () => boltzmannTest(new BigInt64Array(9) as never, 1), /got a BigInt64Array/],
    ['a matrix with rows of two lengths', () => decompose({ la, drift: ragged as never, diffusion: ragged as never }), /all rows must have 2 numbers/],
    ['a matrix of texts', () => decompose({ la, drift: [['1']] as never, diffusion: none }), /options\.drift must be a matrix.*or an array, each of it an array of numbers/],
    ['no matrix', () => decompose({ la, drift: none, diffusion: none }), /decompose: options\.drift must be a matrix.*got nothing/],
    ['a flat matrix', () => decompose({ la, drift: [1, 2, 3, 4] as never, diffusion: none }), /options\.drift must be a matrix.*got an array of 4/],
    ['rows in memory of nothing', () => rowsInMemory(none, 3), /rowsInMemory: data must be an array of numbers.*got nothing/],
  ])('%s', (_, call, sentence) => {
    expect(call).toThrow(InputError);
    expect(call).toThrow(sentence);
    expect(call).not.toThrow(/undefined/);
  }); // biome-ignore format: a table

  it.each([
    ['a flat window', [1, 2, 3], /pca: whole must be rows, such as .*got an array of 3/],
    ['nothing', undefined, /an open Trajectory.*got nothing/],
    ['a path', 'trajectory.zarr', /got the text 'trajectory\.zarr'/],
  ])('pca of %s', async (_, given, sentence) => {
    await expect(pca(given as never, la)).rejects.toThrow(sentence);
    await expect(pca(given as never, la)).rejects.toThrow(InputError);
  });
});

describe('sentences stay readable', () => {
  it('a long list that was given is not repeated', () => {
    const text = `a ${'1, '.repeat(40_000)} z`;
    expect(readable(text).length).toBeLessThan(1500);
    expect(new InputError('x', text).message).toMatch(/^a 1, .* … .* z$/s);
    expect(shown(Array.from({ length: 20_000 }, (_, k) => k)).length).toBeLessThan(140);
  });
  it('what is not there is nothing', () => {
    expect([shown(undefined), shown(null), shown([1, 'a'])]).toEqual(['nothing', 'null', '[1,"a"]']);
    expect([kindOf(null), kindOf([]), kindOf({}), kindOf(new Float32Array(2)), kindOf(() => 1)]).toEqual([
      'nothing',
      'an empty array',
      'an object without values',
      'a Float32Array',
      'a function',
    ]);
  });
});
