import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { idxSamples, parseIdx } from '../src/data/idx.js';
import { datasetFromIdx, discoverIdx, type KnownCounts } from '../src/data/mnist.js';
import { selectClasses } from '../src/data/subset.js';
import { InputError } from '../src/numeric/errors.js';

/** An IDX file by hand: type 8, big-endian dimensions, values. */
function idx(dims: number[], values: number[], type = 8, magic = [0, 0]): Uint8Array {
  const big = (n: number) => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
  return Uint8Array.from([...magic, type, dims.length, ...dims.flatMap(big), ...values]);
}
const images = idx([3, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 254, 255]);
const labels = idx([3], [2, 0, 1]);
const named = (bytes: Uint8Array, name = 'f') => ({ name, bytes });

describe('parseIdx', () => {
  it('reads dimensions and bytes, plain and gzipped, also from the middle of a larger buffer', async () => {
    const shifted = new Uint8Array([9, 9, 9, ...images]).subarray(3);
    for (const bytes of [images, new Uint8Array(gzipSync(images)), shifted, Buffer.from(images)]) {
      const { dims, data } = await parseIdx(bytes, 'f');
      expect(dims).toEqual([3, 2, 2]);
      expect(data.constructor).toBe(Uint8Array);
      expect([...data]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 254, 255]);
    }
  });

  const gz = new Uint8Array(gzipSync(images));
  const damaged = gz.slice();
  damaged[damaged.length - 8] ^= 1; // the checksum
  it.each([
    ['empty', new Uint8Array(0), 'idx-truncated', 'expected 4 bytes, got 0'],
    ['wrong magic', idx([1], [0], 8, [80, 75]), 'idx-magic', 'begins with 80, 75'],
    [
      'unknown type',
      idx([1], [0], 7),
      'idx-type',
      'its type 0x07 is none that IDX has; there are 0x08 (unsigned bytes), 0x09 (int8)',
    ],
    ['missing halves of numbers', idx([2], [0, 0, 0, 1, 0, 0], 12), 'idx-truncated', 'expected 16 bytes, got 14'],
    [
      'more than 4 GiB by its header',
      new Uint8Array(gzipSync(Buffer.concat([idx([65536, 65537], []), Buffer.alloc(5000)]))),
      'idx-size',
      'more than 4294967296 is not read',
    ],
    [
      'a gzip that goes on and on',
      new Uint8Array(gzipSync(Buffer.concat([images, Buffer.alloc(20_000_000)]))),
      'idx-trailing',
      'trailing bytes: 3×2×2 values need 28 bytes, got more',
    ],
    ['no dimensions', idx([], []), 'idx-dims', 'at least one dimension'],
    ['half a header', images.subarray(0, 9), 'idx-truncated', 'expected 16 bytes, got 9'],
    ['missing values', images.subarray(0, 25), 'idx-truncated', 'expected 28 bytes, got 25'],
    ['absurd dimensions', idx([0xffffffff, 0xffffffff], [1]), 'idx-truncated', 'truncated IDX file'],
    [
      'trailing bytes',
      new Uint8Array([...images, 0, 0]),
      'idx-trailing',
      '2 trailing bytes: 3×2×2 values need 28 bytes, got 30',
    ],
    ['truncated gzip', gz.subarray(0, gz.length - 9), 'bad-compression', 'cannot be decompressed'],
    ['damaged gzip', damaged, 'bad-compression', 'cannot be decompressed'],
    [
      'truncated inside the gzip',
      new Uint8Array(gzipSync(images.subarray(0, 25))),
      'idx-truncated',
      'expected 28 bytes, got 25',
    ],
  ])('refuses a file that is or has %s', async (_, bytes, code, message) => {
    const error = await parseIdx(bytes, 'digits.idx').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
    expect((error as Error).message).toMatch(/^digits\.idx: /);
  });
});

describe('idxSamples', () => {
  const a = (dims: number[], values: number[]) => ({ dims, data: Uint8Array.from(values) });
  it('pairs images and labels, x = byte/255', () => {
    const s = idxSamples(a([2, 1, 2], [0, 51, 102, 255]), a([2], [1, 0]), 'f', 2);
    expect(s).toMatchObject({ count: 2, size: 2, divisor: 255 });
    expect([...s.values].map((v) => Math.fround(v / s.divisor))).toEqual([0, 0.2, 0.4, 1].map(Math.fround));
  });

  it.each([
    [a([2, 2], [0, 0, 0, 0]), a([3], [0, 0, 0]), undefined, '2 images but 3 labels'],
    [a([3, 1], [0, 0, 0]), a([3], [0, 9, 10]), 10, 'label 10 at position 2 is out of range 0 … 9'],
    [a([3], [0, 0, 0]), a([3], [0, 0, 0]), undefined, 'count×height×width'],
    [a([0, 2, 2], []), a([0], []), undefined, 'nothing zero; got 0×2×2'],
    [a([1, 2], [0, 0]), a([1, 1], [0]), undefined, 'with the class in column 0); got 1×1'],
  ])('refuses what does not fit together (%#)', (x, y, classes, message) => {
    expect(() => idxSamples(x, y, 'f', classes)).toThrow(message);
    expect(() => idxSamples(x, y, 'f', classes)).toThrow(InputError);
  });
});

describe('types of values', () => {
  /** Big-endian bytes of numbers. */
  const big = (kind: 'Int16' | 'Int32' | 'Float32' | 'Float64', values: number[]) => {
    const size = { Int16: 2, Int32: 4, Float32: 4, Float64: 8 }[kind];
    const view = new DataView(new ArrayBuffer(size * values.length));
    values.forEach((v, i) => {
      view[`set${kind}`](i * size, v);
    });
    return [...new Uint8Array(view.buffer)];
  };
  it.each([
    ['int8', 9, [255, 1, 128], [-1, 1, -128]],
    ['int16', 11, big('Int16', [-300, 1, 0]), [-300, 1, 0]],
    ['int32', 12, big('Int32', [-70000, 1, 2]), [-70000, 1, 2]],
    ['float32', 13, big('Float32', [0.5, -1.25, 3]), [0.5, -1.25, 3]],
    ['float64', 14, big('Float64', [0.1, -1e300, 3]), [0.1, -1e300, 3]],
  ] as const)('%s, big-endian, from the middle of a buffer and from gzip', async (_, type, bytes, values) => {
    const file = idx([3], [...bytes], type);
    for (const given of [file, new Uint8Array([9, ...file]).subarray(1), new Uint8Array(gzipSync(file))])
      expect([...(await parseIdx(given, 'f')).data]).toEqual(values);
  });

  it('inputs that are no bytes are taken as they are', async () => {
    const x = await parseIdx(idx([2, 1], big('Float32', [-0.5, 7]), 13), 'x');
    expect(idxSamples(x, { dims: [2], data: Uint8Array.of(1, 0) }, 'f')).toMatchObject({
      values: Float32Array.of(-0.5, 7),
      divisor: 1,
      labels: Uint8Array.of(1, 0),
    });
    const data = (type: number, bytes: number[]) => parseIdx(idx([1, 1], bytes, type), 'x');
    const y = { dims: [1], data: Uint8Array.of(0) };
    for (const [type, bytes, what] of [
      [12, big('Int32', [2 ** 24 + 1]), /16777217 at position 0 is an integer that float32 cannot hold/],
      [13, big('Float32', [Number.NaN]), /NaN at position 0 is not a finite float32/],
      [14, big('Float64', [1e300]), /1e\+300 at position 0 is not a finite float32/],
    ] as const) {
      const given = await data(type, [...bytes]);
      expect(() => idxSamples(given, y, 'f')).toThrow(what);
    }
  });

  it('QMNIST: the class is column 0 of N×8 int32', async () => {
    const rows = [3, 0, 1, 2].flatMap((label, n) => [label, n, 99, 98, 97, 96, 95, 94]);
    const y = await parseIdx(idx([4, 8], big('Int32', rows), 12), 'y');
    const x = { dims: [4, 1], data: new Uint8Array(4) };
    expect([...idxSamples(x, y, 'f').labels!]).toEqual([3, 0, 1, 2]);
    const narrow = await parseIdx(idx([4, 2], big('Int32', rows.slice(0, 8)), 12), 'y');
    expect(() => idxSamples(x, narrow, 'f')).toThrow(/or be N×8 int32 as in QMNIST/);
  });
});

describe('labels of classes', () => {
  const x = (n: number) => ({ dims: [n, 1], data: new Uint8Array(n) });
  const y = (...values: number[]) => ({ dims: [values.length], data: Int32Array.from(values) });
  it.each([
    ['from 0', [2, 0, 1, 1], [2, 0, 1, 1]],
    ['from 0 with one class without samples', [3, 0, 1], [3, 0, 1]],
    ['from 1', [3, 1, 2], [2, 0, 1]],
    ['of two signs', [1, -1, -1], [1, 0, 0]],
    ['with a gap', [5, 7, 8], [0, 1, 2]],
  ])('%s', (_, values, expected) => {
    expect([...idxSamples(x(values.length), y(...values), 'f').labels!]).toEqual(expected);
  });

  it.each([
    [[0, 1, 2, 200, 1], /label 200 at position 3 is far outside the others: of 201 classes from 0 to 200 only 4 occur/],
    [[10, 11, -90, 12], /label -90 at position 2 is far outside/],
    [[0, 1, 2_000_000_000], /label 2000000000 at position 2/],
    [Array.from({ length: 300 }, (_, k) => k), /300 classes; at most 256/],
  ])('refuses %j', (values, sentence) => {
    expect(() => idxSamples(x(values.length), y(...values), 'f')).toThrow(sentence);
  });

  it('data.classes names the labels of the files, and the test set is held to those of training', async () => {
    const part = (values: number[]) => named(idx([values.length], values));
    const inputs = (n: number) =>
      named(
        idx(
          [n, 1],
          Array.from({ length: n }, (_, k) => k),
        ),
      );
    const files = {
      trainImages: inputs(4),
      trainLabels: part([3, 1, 2, 3]),
      testImages: inputs(2),
      testLabels: part([1, 2]),
    };
    const d = await datasetFromIdx('letters', files, { from: 'here' });
    expect(d).toMatchObject({ classes: 3, classValues: [1, 2, 3], provenance: { from: 'here', labels: [1, 2, 3] } });
    expect([...d.test!.labels!]).toEqual([0, 1]);
    const kept = selectClasses(d, [3, 1]);
    expect([[...kept.train.labels!], [...kept.train.values], kept.classValues]).toEqual([
      [0, 1, 0],
      [0, 1, 3],
      undefined,
    ]);
    expect(() => selectClasses(d, [0, 1])).toThrow('has classes 1, 2, 3; got [0, 1]');
    const zero = { ...files, testLabels: part([1, 0]) };
    await expect(datasetFromIdx('letters', zero, {})).rejects.toThrow('label 0 at position 1 is out of range 1 … 3');
  });
});

describe('discoverIdx', () => {
  it.each([
    [['train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte']],
    [['train-images.idx3-ubyte', 'train-labels.idx1-ubyte', 't10k-images.idx3-ubyte', 't10k-labels.idx1-ubyte']],
    [
      [
        'train-images-idx3-ubyte.gz',
        'train-labels-idx1-ubyte.gz',
        't10k-images-idx3-ubyte.gz',
        't10k-labels-idx1-ubyte.gz',
      ],
    ],
    [
      [
        'a-b-train-images-idx3-ubyte',
        'a-b-train-labels-idx1-ubyte',
        'a-b-test-images-idx3-ubyte',
        'a-b-test-labels-idx1-ubyte',
      ],
    ],
  ])('finds the usual names among others: %j', (names) => {
    const parts = discoverIdx(['README', ...names.toReversed(), 'notes.gz'], 'd');
    expect(parts).toEqual({ trainImages: names[0], trainLabels: names[1], testImages: names[2], testLabels: names[3] });
  });

  it('prefers a plain file to its gzip and does without a test set', () => {
    const names = ['train-images-idx3-ubyte.gz', 'train-images-idx3-ubyte', 'train-labels-idx1-ubyte.gz'];
    expect(discoverIdx(names, 'd')).toEqual({ trainImages: names[1], trainLabels: names[2] });
  });

  it.each([
    [[], /d: no train-images file; expected train-images-idx3-ubyte, plain or \.gz/],
    [['train-images-idx3-ubyte'], /no train-labels file/],
    [
      ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte'],
      /no test-labels file; expected t10k-labels-idx1-ubyte/,
    ],
    [
      ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 'train-labels-idx2-int'],
      /train-labels-idx1-ubyte and train-labels-idx2-int, both of which could be the train-labels/,
    ],
    [['a-train-images-idx3-ubyte', 'b-train-images-idx3-ubyte'], /holds 2 IDX sets \(a, b\)/],
  ])('refuses a folder with %j', (names, message) => {
    expect(() => discoverIdx(names, 'd')).toThrow(message);
  });
});

describe('datasetFromIdx', () => {
  const train = { trainImages: named(images), trainLabels: named(labels) };
  it('takes the classes from the training labels and keeps the provenance', async () => {
    const d = await datasetFromIdx(
      'tiny',
      { ...train, testImages: named(images), testLabels: named(labels) },
      { from: 'here' },
    );
    expect(d).toMatchObject({
      name: 'tiny',
      classes: 3,
      provenance: { from: 'here' },
      train: { size: 4 },
      test: { count: 3 },
    });
    expect((await datasetFromIdx('tiny', train, {})).test).toBeUndefined();
  });

  it('holds test labels to the classes of training', async () => {
    const files = { ...train, testImages: named(images), testLabels: named(idx([3], [0, 3, 0]), 't') };
    await expect(datasetFromIdx('tiny', files, {})).rejects.toThrow(
      'f with t: label 3 at position 1 is out of range 0 … 2',
    );
  });

  it('refuses test images of another size', async () => {
    const files = { ...train, testImages: named(idx([3, 1], [1, 2, 3])), testLabels: named(labels) };
    await expect(datasetFromIdx('tiny', files, {})).rejects.toThrow('test inputs have 1 values, training inputs 4');
  });

  it('refuses a set that is not the one it is called', async () => {
    const known: KnownCounts = { name: 'tiny', size: 4, train: [1, 1, 1], test: [1, 1, 1] };
    const files = { ...train, testImages: named(images), testLabels: named(labels) };
    await expect(datasetFromIdx('tiny', files, {}, known)).resolves.toMatchObject({ classes: 3 });
    await expect(datasetFromIdx('tiny', files, {}, { ...known, train: [2, 1, 0] })).rejects.toThrow(
      'tiny has training label counts 2, 1, 0; these files have 1, 1, 1',
    );
    await expect(datasetFromIdx('tiny', files, {}, { ...known, test: [2, 0, 1] })).rejects.toThrow('test label counts');
    await expect(datasetFromIdx('tiny', files, {}, { ...known, train: [9, 1, 1] })).rejects.toThrow(
      'has 11 training samples',
    );
    await expect(datasetFromIdx('tiny', files, {}, { ...known, size: 5 })).rejects.toThrow('of 5 inputs');
    await expect(datasetFromIdx('tiny', files, {}, { ...known, train: [2, 1] })).rejects.toThrow('out of range 0 … 1');
    await expect(datasetFromIdx('tiny', train, {}, known)).rejects.toThrow('the test set is missing');
  });
});
