/** The data sets that the page asks for, made from what is installed: MNIST, in the packs that the page fetches one by one. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { check } from '../../numeric/errors.js';
import { loadDataset } from '../../runs/datasets.js';
import { MNIST_PACKS, packMnist } from '../engine/pack.js';

/** Names of the packs, in the order of {@link MNIST_PACKS}. */
const PACKS = ['data/mnist-10k.bin.gz', 'data/mnist-rest.bin.gz'];

/** Returns the names of the files, relative to the page. */
export const dataFiles = (): readonly string[] => PACKS;

/**
 * Returns the bytes of one file, a gzipped pack. Costs up to 3 s.
 * @throws InputError for a name that {@link dataFiles} does not list, and where MNIST is not installed
 */
export async function dataFile(name: string): Promise<Uint8Array> {
  const place = PACKS.indexOf(name);
  check(place >= 0, 'no-such-data', `there is no data file '${name}'.`);
  const pack = packMnist(await loadDataset('mnist'), MNIST_PACKS[place]);
  return promisify(gzip)(new Uint8Array(pack), { level: 6 });
}
