/**
 * IDX, the format of MNIST and its relatives: two zero bytes, a type byte, the number of dimensions, each dimension as a
 * big-endian 32-bit integer, then the values in row-major order. A gzip wrapper is recognised by its first two bytes.
 */
import { check } from '../numeric/errors.js';
import type { Samples } from './dataset.js';
import { inflate } from './inflate.js';

/** Holds an array of unsigned bytes, row-major. */
export interface IdxArray {
  readonly dims: readonly number[];
  readonly data: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;
const TYPES: Readonly<Record<number, string>> = { 9: 'int8', 11: 'int16', 12: 'int32', 13: 'float32', 14: 'float64' };

/**
 * Reads one IDX file of unsigned bytes. The result shares the memory of `bytes` unless they were compressed.
 * @param source - file name, for the message
 * @throws InputError that names the file and the first thing wrong with it
 */
export async function parseIdx(bytes: Uint8Array, source: string): Promise<IdxArray> {
  const gzipped = bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
  const raw = gzipped ? await inflate(bytes, 'gzip', source) : bytes;
  const short = (expected: number) => `${source}: truncated IDX file: expected ${expected} bytes, got ${raw.length}.`;
  check(raw.length >= 4, 'idx-truncated', () => short(4));
  check(
    raw[0] === 0 && raw[1] === 0,
    'idx-magic',
    () => `${source}: not an IDX file: it should begin with two zero bytes and begins with ${raw[0]}, ${raw[1]}.`,
  );
  check(
    raw[2] === UNSIGNED_BYTE,
    'idx-type',
    () =>
      `${source}: expected an IDX file of unsigned bytes (type 0x08), got ${TYPES[raw[2]] ?? 'an unknown type'} ` +
      `(0x${raw[2].toString(16).padStart(2, '0')}).`,
  );
  const rank = raw[3];
  check(rank >= 1, 'idx-dims', () => `${source}: an IDX file needs at least one dimension, got 0.`);
  const header = 4 + 4 * rank;
  check(raw.length >= header, 'idx-truncated', () => short(header));
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const dims = Array.from({ length: rank }, (_, d) => view.getUint32(4 + 4 * d));
  const size = dims.reduce((product, d) => product * d, 1);
  check(raw.length >= header + size, 'idx-truncated', () => short(header + size));
  check(
    raw.length === header + size,
    'idx-trailing',
    () =>
      `${source}: ${raw.length - header - size} trailing bytes: ${dims.join('×')} values need ${header + size} bytes, ` +
      `got ${raw.length}.`,
  );
  return { dims, data: new Uint8Array(raw.buffer, raw.byteOffset + header, size) };
}

/**
 * Combines images and their labels to samples. The inputs stay bytes, x = byte/255 (docs/theory [P1]).
 * @param classes - number of classes; without it the largest label + 1
 * @throws InputError when counts differ, a dimension is zero or a label is out of range (with its position)
 */
export function idxSamples(images: IdxArray, labels: IdxArray, source: string, classes?: number): Samples {
  const [count, ...shape] = images.dims;
  const size = shape.reduce((product, d) => product * d, 1);
  check(
    shape.length >= 1 && count > 0 && size > 0,
    'idx-images',
    () => `${source}: images should be count×height×width with nothing zero; got ${images.dims.join('×')}.`,
  );
  check(
    labels.dims.length === 1,
    'idx-labels',
    () => `${source}: labels should have one dimension; got ${labels.dims.join('×')}.`,
  );
  check(
    labels.dims[0] === count,
    'idx-count',
    () => `${source}: ${count} images but ${labels.dims[0]} labels; both files must come from the same set.`,
  );
  if (classes !== undefined) {
    const wrong = labels.data.findIndex((label) => label >= classes);
    check(
      wrong < 0,
      'idx-label-range',
      () => `${source}: label ${labels.data[wrong]} at position ${wrong} is out of range 0 … ${classes - 1}.`,
    );
  }
  return { count, size, values: images.data, divisor: 255, labels: labels.data };
}
