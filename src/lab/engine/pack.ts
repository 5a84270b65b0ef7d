/**
 * MNIST as the page loads it: parts of a data set of bytes, each in one file that a static server sends.
 *
 * A pack begins with the four letters TGP1 and eight little-endian 32-bit integers: number of its first training sample, training
 * samples, number of its first test sample, test samples, inputs, height, width, classes. Then follow the training images, their labels,
 * the test images and their labels, one byte each.
 */
import type { Dataset, Samples } from '../../data/dataset.js';
import { check } from '../../numeric/errors.js';

const MAGIC = 0x31504754;
const HEADER = 36;

/** Which samples a pack holds: from `from` to before `to`. */
export interface PackRange {
  readonly train: readonly [from: number, to: number];
  readonly test: readonly [from: number, to: number];
}

/** The packs of the page: what it begins with, and what is fetched when more samples are asked for. */
export const MNIST_PACKS: readonly PackRange[] = [
  { train: [0, 10_000], test: [0, 2000] },
  { train: [10_000, 60_000], test: [2000, 10_000] },
];

/** Returns how many of the packs hold the first `limit` training samples. */
export const packsFor = (limit: number): number =>
  Math.max(1, MNIST_PACKS.findIndex(({ train: [, to] }) => limit <= to) + 1);

/**
 * Writes a part of a data set of labelled bytes.
 * @throws InputError for other data, and for a part that it does not have
 */
export function packMnist({ name, train, test, classes }: Dataset, range: PackRange): ArrayBuffer {
  const [a, b] = range.train;
  const [c, d] = range.test;
  check(
    train.values instanceof Uint8Array && train.labels !== undefined && test?.labels !== undefined,
    'bad-pack',
    `${name}: a pack holds images of bytes with labels, training and test set.`,
  );
  check(
    0 <= a && a < b && b <= train.count && 0 <= c && c <= d && d <= test.count,
    'bad-pack',
    `${name}: has ${train.count} training and ${test.count} test samples; a pack of ${a}–${b} and ${c}–${d} does not exist.`,
  );
  const { size, shape = [1, 1, size] } = train;
  const parts = [partOf(train, a, b), partOf(test, c, d)];
  const out = new Uint8Array(HEADER + parts.reduce((sum, p) => sum + p.values.length + p.labels.length, 0));
  new Uint32Array(out.buffer, 0, HEADER / 4).set([MAGIC, a, b - a, c, d - c, size, shape[1], shape[2], classes]);
  let at = HEADER;
  for (const bytes of parts.flatMap(({ values, labels }) => [values, labels])) {
    out.set(bytes, at);
    at += bytes.length;
  }
  return out.buffer;
}

function partOf({ values, labels, size }: Samples, from: number, to: number) {
  return { values: values.subarray(from * size, to * size) as Uint8Array, labels: labels!.subarray(from, to) };
}

interface Pack {
  readonly numbers: Uint32Array;
  readonly train: ReturnType<typeof partOf>;
  readonly test: ReturnType<typeof partOf>;
}

/**
 * Reads packs that follow one another into one data set.
 * @throws InputError for bytes that are no pack or end too early, and for packs that do not follow one another
 */
export function unpackMnist(packs: readonly ArrayBuffer[]): Dataset {
  check(packs.length > 0, 'bad-pack', 'MNIST: no pack of images was given.');
  const read = packs.map(readPack).sort((x, y) => x.numbers[1] - y.numbers[1]);
  const [, , , , , size, height, width, classes] = read[0].numbers;
  let [train, test] = [0, 0];
  for (const { numbers } of read) {
    check(
      numbers[1] === train && numbers[3] === test && numbers[5] === size && numbers[8] === classes,
      'bad-pack',
      `MNIST: the packs do not follow one another; after ${train} training samples comes one that begins at ${numbers[1]}. Load the page again.`,
    );
    train += numbers[2];
    test += numbers[4];
  }
  const shape = [1, height, width] as const;
  const joined = (of: (pack: Pack) => ReturnType<typeof partOf>, count: number): Samples => ({
    count,
    size,
    shape,
    values: join(read.map((p) => of(p).values)),
    divisor: 255,
    labels: join(read.map((p) => of(p).labels)),
  });
  return {
    name: 'mnist',
    classes,
    train: joined((p) => p.train, train),
    ...(test > 0 && { test: joined((p) => p.test, test) }),
    shape: [height, width],
    provenance: { kind: 'pack', packs: read.length },
  };
}

function readPack(buffer: ArrayBuffer): Pack {
  const bytes = new Uint8Array(buffer);
  const head = new Uint8Array(HEADER);
  head.set(bytes.subarray(0, HEADER));
  const numbers = new Uint32Array(head.buffer);
  check(
    bytes.length >= HEADER && numbers[0] === MAGIC,
    'bad-pack',
    'MNIST: the file of images that the page loaded is not one of its packs; load the page again, or choose the teacher set.',
  );
  const [, , train, , test, size] = numbers;
  const length = HEADER + (train + test) * (size + 1);
  check(
    bytes.length === length,
    'bad-pack',
    `MNIST: a pack has ${bytes.length} bytes and should have ${length}; it did not arrive whole, load the page again.`,
  );
  const at = (from: number, count: number) => ({
    values: bytes.subarray(from, from + count * size),
    labels: bytes.subarray(from + count * size, from + count * (size + 1)),
  });
  return { numbers, train: at(HEADER, train), test: at(HEADER + train * (size + 1), test) };
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const out = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
