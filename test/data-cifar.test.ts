/** CIFAR-10 in its binary form: what is read, and what is refused. */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { inputsOf } from '../src/data/inputs.js';
import { loadDataset } from '../src/runs/datasets.js';
import { CIFAR_BYTES, cifarBytes, cifarFolder, pixel } from './support/cifar.js';

describe('cifar10:DIR', () => {
  it('reads five files of training samples in their order, and one of test samples', async () => {
    const folder = cifarFolder(4);
    writeFileSync(
      join(folder, 'batches.meta.txt'),
      `${'airplane automobile bird cat deer dog frog horse ship truck'.replaceAll(' ', '\n')}\n\n`,
    );
    const d = await loadDataset(`cifar10:${folder}`);
    expect(d).toMatchObject({ name: 'cifar10:tiny', classes: 10, shape: [3, 32, 32] });
    expect(d.train).toMatchObject({ count: 20, size: CIFAR_BYTES, shape: [3, 32, 32], divisor: 255 });
    expect(d.test).toMatchObject({ count: 4, shape: [3, 32, 32] });
    expect([...d.train.labels!]).toEqual([1, 2, 3, 4, 5].flatMap((f) => [0, 1, 2, 3].map((r) => (f + 3 * r) % 10)));
    // record 2 of file 3; the red plane comes first, then the green one
    for (const at of [0, 1, 1023, 1024, 3071])
      expect(d.train.values[(2 * 4 + 2) * CIFAR_BYTES + at]).toBe(pixel(3, 2, at));
    expect(d.test!.values[CIFAR_BYTES + 5]).toBe(pixel(6, 1, 5));
    expect(inputsOf(d.train, 0)[33]).toBe(Math.fround(pixel(1, 0, 33) / 255));
    expect(d.provenance.classNames).toHaveLength(10);
    const files = d.provenance.files as { name: string; bytes: number }[];
    expect(files.map((f) => [f.name, f.bytes]).slice(4, 6)).toEqual([
      ['data_batch_5.bin', 4 * 3073],
      ['test_batch.bin', 4 * 3073],
    ]);
    expect(JSON.stringify(d.provenance)).not.toContain(dirname(folder));
  });

  it('keeps the shape with parts of it, and normalises by channel', async () => {
    const folder = cifarFolder(8);
    const d = await loadDataset(`cifar10:${folder}`, {
      limit: 7,
      classes: [4, 1, 7, 0],
      normalize: { mean: [0.1, 0.2, 0.3], std: 0.5 },
    });
    expect(d.train).toMatchObject({ count: 7, shape: [3, 32, 32] });
    expect(inputsOf(d.train, 0)[1024]).toBeCloseTo((pixel(1, 0, 1024) / 255 - 0.2) / 0.5, 6);
  });

  it('refuses what is missing, cut short or of another set, in one sentence', async () => {
    const load = (folder: string) => loadDataset(`cifar10:${folder}`);
    await expect(load('/nowhere/at/all')).rejects.toThrow(
      'cifar10:all: cannot read the folder /nowhere/at/all (ENOENT)',
    );
    await expect(loadDataset('cifar10:' as never)).rejects.toThrow("no data set 'cifar10:'");

    const missing = cifarFolder(1);
    rmSync(join(missing, 'data_batch_3.bin'));
    await expect(load(missing)).rejects.toThrow('there is no data_batch_3.bin in');
    const above = cifarFolder(1);
    const parent = dirname(above);
    renameSync(above, join(parent, 'cifar-10-batches-bin'));
    await expect(load(parent)).rejects.toThrow(`Give cifar10:${join(parent, 'cifar-10-batches-bin')}.`);
    const pickled = join(parent, 'py');
    mkdirSync(pickled);
    writeFileSync(join(pickled, 'data_batch_1'), 'x');
    await expect(load(pickled)).rejects.toThrow('the binary version of the set is needed');

    const cut = cifarFolder(2);
    writeFileSync(join(cut, 'data_batch_2.bin'), cifarBytes(2, 2).subarray(0, 2 * 3073 - 1));
    await expect(load(cut)).rejects.toThrow('data_batch_2.bin: its 6145 bytes are no whole number of records of 3073');
    writeFileSync(join(cut, 'data_batch_2.bin'), '');
    await expect(load(cut)).rejects.toThrow('the file is empty');

    // a first byte of 31 would be no class either; the sentence says what the file is
    writeFileSync(join(cut, 'data_batch_2.bin'), gzipSync(cifarBytes(2, 2)));
    await expect(load(cut)).rejects.toThrow('data_batch_2.bin: the file is compressed by gzip; unpack it');

    const wrong = cifarFolder(3);
    const bytes = cifarBytes(4, 3);
    bytes[2 * 3073] = 10;
    writeFileSync(join(wrong, 'data_batch_4.bin'), bytes);
    await expect(load(wrong)).rejects.toThrow(
      'data_batch_4.bin: the class of record 2 is 10, and CIFAR-10 has the classes 0 … 9',
    );

    const names = cifarFolder(1);
    writeFileSync(join(names, 'batches.meta.txt'), 'cat\ndog\n');
    await expect(load(names)).rejects.toThrow(
      'batches.meta.txt: it should name the 10 classes, one to a line, and has 2 lines',
    );
  });
});
