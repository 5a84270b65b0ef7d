/** A tiny set in the binary form of CIFAR-10: every byte follows from file, record and place. */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const CIFAR_BYTES = 3072;

/** The byte at a place of the image of a record. */
export const pixel = (file: number, record: number, at: number): number => (7 * at + 31 * record + 101 * file) % 256;

/** The bytes of one file with some records; the class of record r in file f is (f + 3 r) mod 10. */
export function cifarBytes(file: number, records: number): Uint8Array {
  const out = new Uint8Array(records * (1 + CIFAR_BYTES));
  for (let r = 0; r < records; r++) {
    const from = r * (1 + CIFAR_BYTES);
    out[from] = (file + 3 * r) % 10;
    for (let i = 0; i < CIFAR_BYTES; i++) out[from + 1 + i] = pixel(file, r, i);
  }
  return out;
}

/** Writes a set into a new folder: five files of training samples and one (file 6) of test samples. */
export function cifarFolder(records = 4): string {
  const folder = join(mkdtempSync(join(tmpdir(), 'thermograd-cifar-')), 'tiny');
  mkdirSync(folder);
  for (let f = 1; f <= 5; f++) writeFileSync(join(folder, `data_batch_${f}.bin`), cifarBytes(f, records));
  writeFileSync(join(folder, 'test_batch.bin'), cifarBytes(6, records));
  return folder;
}
