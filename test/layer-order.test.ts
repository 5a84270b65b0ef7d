/** The order of layers in a file of weights: from names, places and shapes; refused where two orders fit. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readStateDict } from '../src/record/state-dict.js';

const folder = mkdtempSync(join(tmpdir(), 'layer-order-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly type?: string;
}
const BYTES: Record<string, number> = { F64: 8, F32: 4, I64: 8, BOOL: 1, F16: 2, U8: 1 };

/** A file whose tensors lie in this order; tensor number i is filled with i + 1. */
function file(entries: readonly Entry[], reversedHeader = false): string {
  let at = 0;
  const parts: Buffer[] = [];
  const header = entries.map(({ name, shape, type = 'F32' }, i) => {
    const n = shape.reduce((a, b) => a * b, 1);
    const data =
      type === 'F32'
        ? Buffer.from(new Float32Array(n).fill(i + 1).buffer)
        : type === 'F64'
          ? Buffer.from(new Float64Array(n).fill(i + 1 + 1e-9).buffer)
          : Buffer.alloc(n * BYTES[type]);
    parts.push(data);
    const begin = at;
    at += data.length;
    return [name, { dtype: type, shape, data_offsets: [begin, at] }] as const;
  });
  const text = Buffer.from(JSON.stringify(Object.fromEntries(reversedHeader ? [...header].reverse() : header)));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(text.length));
  const path = join(folder, 'w.safetensors');
  writeFileSync(path, Buffer.concat([start, text, ...parts]));
  return path;
}

const net = (...widths: number[]) => ({ widths, activation: 'relu', bias: false, loss: 'cross-entropy' }) as const;
const square = (name: string): Entry => ({ name: `${name}.weight`, shape: [3, 3] });
/** The numbers of the tensors in the order in which they were read. */
const read = (entries: readonly Entry[], widths: number[], layers?: string[]) => {
  const { weights, how } = readStateDict(file(entries), net(...widths), layers);
  const places: number[] = [];
  for (let l = 0, at = 0; l + 1 < widths.length; at += widths[l] * widths[l + 1], l++) places.push(weights[at]);
  return { places, how: how.join('; ') };
};

describe('names decide', () => {
  it.each([
    ['numbers', ['0', '10', '2'], [1, 3, 2], 'in the order of their numbers'],
    ['numbers in words', ['net.fc1', 'net.fc10', 'net.fc2'], [1, 3, 2], 'numbers'],
    ['the numbers of blocks', ['blocks.1.fc', 'blocks.10.fc', 'blocks.2.fc'], [1, 3, 2], 'numbers'],
    ['a head behind features', ['classifier', 'features.0', 'features.2'], [2, 3, 1], 'in the order of their names'],
    ['input, hidden, output', ['hidden', 'inp', 'out'], [2, 1, 3], 'names'],
    ['words within a name', ['fc_hidden', 'fc_in', 'fc_out'], [2, 1, 3], 'names'],
    ['camel case', ['hiddenLayer', 'inputLayer', 'outputLayer'], [2, 1, 3], 'names'],
    ['the first without a number', ['dense', 'dense_1', 'dense_2'], [1, 2, 3], 'names'],
    ['what comes before the classifier', ['classifier', 'encoder', 'pre_classifier'], [2, 3, 1], 'names'],
  ])('%s', (_, names, places, why) => {
    const found = read(names.map(square), [3, 3, 3, 3]);
    expect(found.places).toEqual(places);
    expect(found.how).toContain(why);
  });
});

describe('the place in the file decides', () => {
  it('where the names say nothing and it is not alphabetical', () => {
    const found = read([square('zeta'), square('beta'), square('mu')], [3, 3, 3, 3]);
    expect(found.places).toEqual([1, 2, 3]);
    expect(found.how).toBe("layers zeta, beta, mu in the file's own order");
  });

  it('by the values, not by the keys of the header', () => {
    const { weights } = readStateDict(file([square('zeta'), square('beta')], true), net(3, 3, 3));
    expect([weights[0], weights[9]]).toEqual([1, 2]);
  });

  it('and says nothing where it is alphabetical, for each element type', () => {
    const ask = (entries: Entry[]) => () => read(entries, [3, 3, 3, 3]);
    expect(ask([square('beta'), square('mu'), square('zeta')])).toThrow(
      /two orders of its layers fit the network, \[beta, mu, zeta\] and \[mu, beta, zeta\],.*key layers of the config, for example layers: \[beta, mu, zeta\]/,
    );
    expect(ask([{ ...square('mu'), type: 'F64' }, square('beta'), square('zeta')])).toThrow(/two orders/);
  });

  it('against the names is refused, with both named', () => {
    expect(() => read([square('fc2'), square('fc1')], [3, 3, 3])).toThrow(
      /two orders.*\[fc1, fc2\] \(that of their names\) and \[fc2, fc1\] \(that of their places in the file\)/,
    );
  });

  it('does not count where it does not fit the shapes', () => {
    const found = read([{ name: 'fc2.weight', shape: [2, 3] }, square('fc1')], [3, 3, 2]);
    expect(found.places).toEqual([2, 1]);
  });
});

describe('the shapes decide', () => {
  it('where one order fits', () => {
    const found = read(
      [
        { name: 'a.weight', shape: [2, 4] },
        { name: 'b.weight', shape: [4, 3] },
      ],
      [3, 4, 2],
    );
    expect(found.places).toEqual([2, 1]);
    expect(found.how).toContain('only order that fits the shapes');
  });

  it('not against numbers, which state another order', () => {
    const entries = [
      { name: '0.weight', shape: [2, 4] },
      { name: '1.weight', shape: [4, 3] },
    ];
    expect(() => read(entries, [3, 4, 2])).toThrow(/0\.weight has the shape \[2, 4\] of F32.*needs.*\[4, 3\]/);
  });

  it('and a transpose is recognised', () => {
    expect(() => read([{ name: '0.weight', shape: [3, 4] }], [3, 4])).toThrow(/save the transpose/);
  });
});

describe('layers', () => {
  const entries = [square('beta'), square('mu'), square('zeta'), { name: 'temperature', shape: [1] }];

  it('states the order, and what it does not name is left out', () => {
    const found = read(entries, [3, 3, 3], ['zeta', 'beta.weight']);
    expect(found.places).toEqual([3, 1]);
    expect(found.how).toBe(
      'layers zeta, beta in the order that layers states; left out, because no weight of the network: mu.weight, temperature',
    );
  });

  it.each([
    ['a name that is not there', ['beta', 'my'], /no module 'my' that layers names; did you mean mu\?/],
    ['one twice', ['beta', 'beta'], /each once; got \[beta, beta\]/],
    ['too few', ['beta'], /names the 2 modules/],
  ])('refuses %s', (_, layers, sentence) => {
    expect(() => read(entries, [3, 3, 3], layers)).toThrow(sentence);
  });
});

describe('tensors that are no weights', () => {
  const two = [square('0'), square('1')];

  it('are named and left out when they hold whole numbers or booleans', () => {
    const extra = [
      { name: 'mask', shape: [3], type: 'BOOL' },
      { name: '1.num_batches_tracked', shape: [], type: 'I64' },
    ];
    expect(read([...two, ...extra], [3, 3, 3]).how).toBe(
      'layers 0, 1 in the order of their numbers; left out, because no weight of the network: mask, 1.num_batches_tracked',
    );
  });

  it.each([
    ['statistics of a batch normalisation', { name: '1.running_mean', shape: [3] }, /batch normalisation acts/],
    ['another tensor of floats', { name: 'scale', shape: [3] }, /holds scale of \[3\], which is neither.*key layers/],
    ['a weight of a normalisation', { name: '2.weight', shape: [3] }, /3 weights and 0 biases.*has 2 and 0/],
    ['a weight of whole numbers', { name: '2.weight', shape: [3, 3], type: 'U8' }, /3 weights/],
  ])('%s is refused', (_, extra, sentence) => {
    expect(() => read([...two, extra], [3, 3, 3])).toThrow(sentence);
  });

  it('a quantised weight is refused', () => {
    expect(() => read([square('0'), { ...square('1'), type: 'U8' }], [3, 3, 3])).toThrow(/1\.weight has .* of U8/);
  });

  it('a bias of a module without a weight does not stand for one that is missing', () => {
    const spec = { ...net(3, 3, 3), bias: true };
    const path = file([...two, { name: '0.bias', shape: [3] }, { name: 'other.bias', shape: [3] }]);
    expect(() => readStateDict(path, spec)).toThrow(/1\.weight has no bias beside it/);
  });
});

it('float64 is rounded to float32, and said to be; what float32 cannot hold is refused', () => {
  const found = read([{ ...square('0'), type: 'F64' }], [3, 3]);
  expect(found.places).toEqual([1]);
  expect(found.how).toContain('F64 rounded to float32');
  const path = file([square('0')]);
  const bytes = readFileSync(path);
  bytes.writeFloatLE(Number.POSITIVE_INFINITY, bytes.length - 4);
  writeFileSync(path, bytes);
  expect(() => readStateDict(path, net(3, 3))).toThrow(/not all finite in float32: number 8 of 0\.weight is Infinity/);
});
