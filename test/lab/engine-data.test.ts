/** The data of the live page: packs of MNIST, dropped IDX and CSV files, and what is said of bad ones. */
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Dataset } from '../../src/data/dataset.js';
import { datasetFromCsv } from '../../src/lab/engine/csv.js';
import { datasetOf } from '../../src/lab/engine/data.js';
import { networkFor, recordable } from '../../src/lab/engine/network.js';
import { MNIST_PACKS, packMnist, packsFor, unpackMnist } from '../../src/lab/engine/pack.js';
import { LabSession } from '../../src/lab/engine/session.js';
import { loadDataset } from '../../src/runs/datasets.js';
import { Trainer } from '../../src/train/trainer.js';
import { teacherState } from './support.js';

const bytesOf = (text: string) => new TextEncoder().encode(text).buffer as ArrayBuffer;
const copyOf = (bytes: Uint8Array) => Uint8Array.from(bytes).buffer;

describe('packs of MNIST', () => {
  let mnist: Dataset;
  let packs: ArrayBuffer[];
  beforeAll(async () => {
    mnist = await loadDataset('mnist');
    packs = [
      packMnist(mnist, { train: [0, 400], test: [0, 50] }),
      packMnist(mnist, { train: [400, 600], test: [50, 60] }),
    ];
  });

  it('give back the images and labels of the files, one pack or both', () => {
    for (const [given, train, test] of [
      [packs.slice(0, 1), 400, 50],
      [[...packs].reverse(), 600, 60],
    ] as const) {
      const set = unpackMnist(given);
      const { values, labels, ...facts } = set.train;
      expect(facts).toEqual({ count: train, size: 784, shape: [1, 28, 28], divisor: 255 });
      expect(Buffer.compare(values as Uint8Array, mnist.train.values.slice(0, train * 784) as Uint8Array)).toBe(0);
      expect([...labels!]).toEqual([...mnist.train.labels!.slice(0, train)]);
      const images = mnist.test!.values.slice(0, test * 784) as Uint8Array;
      expect(Buffer.compare(set.test!.values as Uint8Array, images)).toBe(0);
      expect([...set.test!.labels!]).toEqual([...mnist.test!.labels!.slice(0, test)]);
    }
  });

  it('are those that a limit needs, and cover the whole set', () => {
    expect([1, 10_000, 10_001, 60_000].map(packsFor)).toEqual([1, 1, 2, 2]);
    expect(MNIST_PACKS.at(-1)).toEqual({ train: [10_000, 60_000], test: [2000, 10_000] });
  });

  it('that did not arrive whole, or are none, are refused', () => {
    expect(() => unpackMnist([packs[0].slice(0, -1)])).toThrow(/has 353285 bytes and should have 353286/);
    expect(() => unpackMnist([bytesOf('<!doctype html>')])).toThrow(/not one of its packs/);
    expect(() => unpackMnist([packs[1]])).toThrow(
      /do not follow one another; after 0 training samples comes one that begins at 400/,
    );
    expect(() => packMnist(mnist, { train: [0, 60_001], test: [0, 1] })).toThrow(/does not exist/);
  });

  it('train a perceptron within rounding of the kernels for perceptrons', async () => {
    const state = teacherState({
      data: { kind: 'mnist', limit: 300 },
      network: '784-50-50-10',
      optimiser: { type: 'sgd', learningRate: 0.1 },
      batchSize: 25,
    });
    const session = await LabSession.open(state, { packs });
    expect(session.facts).toMatchObject({ parameters: 42_200, samples: { train: 300, test: 50 }, batchesPerEpoch: 12 });
    const start = session.checkpoint().weights;
    session.trainTo(12);
    const { batchPlan } = await import('../../src/data/samplers.js');
    const { randomKey } = await import('../../src/numeric/random.js');
    const key = randomKey(state.seed).child('batches');
    const plan = batchPlan({ count: 300, batchSize: 25, sampling: 'shuffled', lastBatch: 'drop', key });
    const trainer = new Trainer({
      spec: networkFor(state.network, session.dataset) as never,
      samples: session.dataset.train,
      learningRate: 0.1,
      batchSize: 25,
    });
    trainer.setWeights(start);
    const { loss } = trainer.steps(plan.epoch(0).order, 25);
    session.since(0).loss.forEach((own, k) => {
      expect(Math.abs(own - loss[k])).toBeLessThan(1e-5);
    });
  });

  it('are asked for when they are missing', async () => {
    await expect(datasetOf({ kind: 'mnist', limit: 10_001 }, { packs: [packs[0]] })).rejects.toThrow(
      'the first 10001 images of MNIST lie in 2 files, and 1 of them were loaded.',
    );
  });
});

describe('networks', () => {
  const images = { name: 'i', classes: 10, train: { count: 1, size: 784, shape: [1, 28, 28], divisor: 1 } } as never;
  const table = { name: 't', classes: 3, train: { count: 1, size: 4, divisor: 1 } } as never;

  it('take their ends from the data', () => {
    expect(networkFor('784-50-50-10', table)).toMatchObject({
      widths: [4, 50, 50, 3],
      activation: 'relu',
      bias: false,
    });
    expect(networkFor('1-5-1:tanh:bias', table)).toMatchObject({ widths: [4, 5, 3], activation: 'tanh', bias: true });
    expect(networkFor('mlp', table)).toMatchObject({ widths: [4, 50, 50, 3] });
    expect(recordable(networkFor('lenet5', images)).map((l) => l.name)).toEqual([
      'conv1',
      'conv2',
      'dense1',
      'dense2',
      'dense3',
    ]);
    expect(() => networkFor('lenet5', table)).toThrow(/convolves images and gets 4 inputs/);
    expect(() => networkFor('12', table)).toThrow("there is no network '12'");
  });
});

/** An IDX file of bytes. */
function idx(dims: readonly number[], data: readonly number[]): Uint8Array {
  const head = new DataView(new ArrayBuffer(4 + 4 * dims.length));
  head.setUint8(2, 8);
  head.setUint8(3, dims.length);
  dims.forEach((d, k) => {
    head.setUint32(4 + 4 * k, d);
  });
  return Uint8Array.of(...new Uint8Array(head.buffer), ...data);
}

describe('dropped files', () => {
  const images = idx([3, 2, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  const labels = idx([3], [1, 0, 1]);
  const file = (limit = 100) => ({ kind: 'file', limit, name: 'x' }) as const;
  const drop = (...files: [string, Uint8Array][]) => ({
    files: files.map(([name, bytes]) => ({ name, bytes: copyOf(bytes) })),
  });

  it('in IDX are images with labels, plain or gzipped, by their names or by their dimensions', async () => {
    for (const given of [
      drop(['a-train-images-idx3-ubyte', images], ['a-train-labels-idx1-ubyte', labels]),
      drop(['train-labels-idx1-ubyte.gz', gzipSync(labels)], ['train-images-idx3-ubyte.gz', gzipSync(images)]),
      drop(['y.bin', labels], ['x.bin', images]),
    ]) {
      const set = await datasetOf(file(), given);
      expect(set.train).toMatchObject({ count: 3, size: 4, shape: [1, 2, 2], divisor: 255 });
      expect([...set.train.labels!]).toEqual([1, 0, 1]);
      expect((await datasetOf(file(2), given)).train.count).toBe(2);
    }
  });

  it('that are wrong get a sentence', async () => {
    const refused = (sentence: RegExp, ...files: [string, Uint8Array][]) =>
      expect(datasetOf(file(), drop(...files))).rejects.toThrow(sentence);
    await refused(/no train-labels file/, ['train-images-idx3-ubyte', images]);
    await refused(/b.txt: is neither an IDX file nor the only CSV file/, ['a', images], ['b.txt', bytes('1,2')]);
    await refused(/photo.png: is neither an IDX file nor a text/, [
      'photo.png',
      Uint8Array.of(137, 80, 78, 71, 255, 254),
    ]);
    await refused(/3 images but 2 labels/, ['y', idx([2], [1, 0])], ['x', images]);
    await refused(/empty/, ['e.csv', bytes('')]);
  });

  const bytes = (text: string) => new TextEncoder().encode(text);

  it('in CSV are standardised, with every tenth row for testing', () => {
    const rows = Array.from({ length: 40 }, (_, k) => `${k % 3 === 0 ? 'yes' : 'no'};${k};${2 * k + 1};7`);
    const set = datasetFromCsv('t.csv', `Class;a;b;c\r\n${rows.join('\r\n')}\r\n`);
    expect([set.classes, set.train.count, set.test!.count, set.train.size]).toEqual([2, 36, 4, 3]);
    expect([...set.test!.labels!]).toEqual([9, 19, 29, 39].map((k) => (k % 3 === 0 ? 1 : 0)));
    const column = (c: number) => Array.from({ length: 36 }, (_, n) => set.train.values[n * 3 + c]);
    const mean = (x: number[]) => x.reduce((a, b) => a + b, 0) / x.length;
    expect(mean(column(0))).toBeCloseTo(0, 6);
    expect(mean(column(0).map((x) => x * x))).toBeCloseTo(1, 6);
    expect(column(1)).toEqual(column(0)); // a linear function of it
    expect(column(2)).toEqual(new Array(36).fill(0)); // never changes
    // without names the last column is the class
    const plain = datasetFromCsv('u.csv', Array.from({ length: 20 }, (_, k) => `${k},${k % 2}`).join('\n'));
    expect([plain.classes, plain.train.size]).toEqual([2, 1]);
  });

  it.each([
    ['a\nb\n', /line 1 has one field/],
    ['1,2,0\n1,0\n', /line 2 has 2 fields and line 1 has 3/],
    ['1,2\n3,4\n', /has 2 rows; at least 20/],
    [
      Array.from({ length: 30 }, (_, k) => `1,${k / 7}`).join('\n'),
      /column 2 is taken as the class and has 30 different values/,
    ],
    [`${'1,0\n2,1\n'.repeat(10)}x,1\n`, /line 21, column 1: 'x' is no finite number/],
  ])('in CSV that are wrong get a sentence', (text, sentence) => {
    expect(() => datasetFromCsv('t.csv', text)).toThrow(sentence);
  });

  it('train', async () => {
    const text = Array.from({ length: 200 }, (_, k) => `${Math.sin(k)},${Math.cos(3 * k)},${Math.sin(k) > 0 ? 1 : 0}`);
    const state = teacherState({ data: { kind: 'file', limit: 180, name: 't.csv' }, network: '2-8-2', batchSize: 20 });
    const session = await LabSession.open(state, { files: [{ name: 't.csv', bytes: bytesOf(text.join('\n')) }] });
    const reports = session.trainTo(400).filter((e) => e.type === 'epoch');
    expect(reports.at(-1)!.testAccuracy).toBeGreaterThan(0.9);
  });
});
