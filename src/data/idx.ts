/**
 * IDX, the format of MNIST and its relatives: two zero bytes, a type byte, the number of dimensions, each dimension as a
 * big-endian 32-bit integer, then the values in row-major order, big-endian. A gzip wrapper is recognised by its first
 * two bytes.
 */
import { check } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import type { Samples } from './dataset.js';
import { inflate } from './inflate.js';

/** Lists the typed arrays of the six types that IDX has. */
export type IdxData = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array;

/** Holds an array, row-major. */
export interface IdxArray {
  readonly dims: readonly number[];
  readonly data: IdxData;
}

/** Says what an {@link IdxArray} needs. */
export const IDX_ARRAY_WANTS = is.shape<IdxArray>({
  dims: is.numbers,
  data: is.numbers,
});

interface Type {
  readonly name: string;
  readonly size: number;
  readonly make: (count: number) => IdxData;
  readonly get: (view: DataView, at: number) => number;
}

const TYPES: Readonly<Record<number, Type>> = {
  8: { name: 'unsigned bytes', size: 1, make: (n) => new Uint8Array(n), get: (v, p) => v.getUint8(p) },
  9: { name: 'int8', size: 1, make: (n) => new Int8Array(n), get: (v, p) => v.getInt8(p) },
  11: { name: 'int16', size: 2, make: (n) => new Int16Array(n), get: (v, p) => v.getInt16(p) },
  12: { name: 'int32', size: 4, make: (n) => new Int32Array(n), get: (v, p) => v.getInt32(p) },
  13: { name: 'float32', size: 4, make: (n) => new Float32Array(n), get: (v, p) => v.getFloat32(p) },
  14: { name: 'float64', size: 8, make: (n) => new Float64Array(n), get: (v, p) => v.getFloat64(p) },
};

/** Bytes of the largest array that is read: 4 GiB. */
const MOST = 2 ** 32;

/** Returns the bytes that an IDX file has by its header, as far as the header is there and sound. */
function lengthOf(head: Uint8Array): { header: number; dims: number[]; type: Type; length: number } | undefined {
  const type = TYPES[head[2]];
  const header = 4 + 4 * head[3];
  if (head.length < 4 || !type || head.length < header) return undefined;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const dims = Array.from({ length: head[3] }, (_, d) => view.getUint32(4 + 4 * d));
  return { header, dims, type, length: header + type.size * dims.reduce((product, d) => product * d, 1) };
}

/**
 * Reads one IDX file. Unsigned bytes share the memory of `bytes` unless they were compressed. Decompression stops where
 * the header says that the file ends.
 * @param source - file name, for the message
 * @throws InputError that names the file and the first thing wrong with it
 */
export async function parseIdx(bytes: Uint8Array, source: string): Promise<IdxArray> {
  is.given('parseIdx', { bytes, source }, { bytes: is.bytes, source: is.text });
  const gzipped = bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
  const large = (length: number) =>
    check(
      length <= MOST,
      'idx-size',
      () => `${source}: its header asks for ${length} bytes; an array of more than ${MOST} is not read.`,
    );
  const raw = gzipped
    ? await inflate(bytes, 'gzip', source, undefined, (head) => {
        const length = lengthOf(head)?.length ?? head.length;
        large(length);
        return length;
      })
    : bytes;
  const short = (expected: number) => `${source}: truncated IDX file: expected ${expected} bytes, got ${raw.length}.`;
  check(raw.length >= 4, 'idx-truncated', () => short(4));
  check(
    raw[0] === 0 && raw[1] === 0,
    'idx-magic',
    () => `${source}: not an IDX file: it should begin with two zero bytes and begins with ${raw[0]}, ${raw[1]}.`,
  );
  check(
    raw[2] in TYPES,
    'idx-type',
    () =>
      `${source}: its type 0x${raw[2].toString(16).padStart(2, '0')} is none that IDX has; there are ` +
      `${Object.entries(TYPES)
        .map(([byte, { name }]) => `0x0${Number(byte).toString(16)} (${name})`)
        .join(', ')}.`,
  );
  check(raw[3] >= 1, 'idx-dims', () => `${source}: an IDX file needs at least one dimension, got 0.`);
  check(raw.length >= 4 + 4 * raw[3], 'idx-truncated', () => short(4 + 4 * raw[3]));
  const { header, dims, type, length } = lengthOf(raw)!;
  check(raw.length >= length, 'idx-truncated', () => short(length));
  check(
    raw.length === length,
    'idx-trailing',
    () =>
      `${source}: ${gzipped ? '' : `${raw.length - length} `}trailing bytes: ${dims.join('×')} values need ${length} bytes, ` +
      `got ${gzipped ? 'more' : raw.length}.`,
  );
  const count = (length - header) / type.size;
  if (raw[2] === 8) return { dims, data: new Uint8Array(raw.buffer, raw.byteOffset + header, count) };
  const view = new DataView(raw.buffer, raw.byteOffset + header, length - header);
  const data = type.make(count);
  for (let i = 0; i < count; i++) data[i] = type.get(view, i * type.size);
  return { dims, data };
}

/**
 * Combines images and their labels to samples. Unsigned bytes stay bytes, x = byte/255 (docs/theory [P1]); values of
 * any other type are taken as they are, rounded to float32.
 * @param classes - the number of classes 0, 1, …, or the label of each class; without it those of `classValues`
 * @throws InputError when counts differ, a dimension is zero, a label is not one of a class (with its position), or a
 * value is not finite or an integer beyond float32
 */
export function idxSamples(
  images: IdxArray,
  labels: IdxArray,
  source: string,
  classes?: number | readonly number[],
): Samples {
  is.given(
    'idxSamples',
    { images, labels, source, classes },
    {
      images: IDX_ARRAY_WANTS,
      labels: IDX_ARRAY_WANTS,
      source: is.text,
      classes: is.maybe(is.either(is.count, is.some(is.numbers))),
    },
  );
  const [count, ...shape] = images.dims;
  const size = shape.reduce((product, d) => product * d, 1);
  check(
    shape.length >= 1 && count > 0 && size > 0,
    'idx-images',
    () => `${source}: images should be count×height×width with nothing zero; got ${images.dims.join('×')}.`,
  );
  const given = labelColumn(labels, source);
  check(
    given.length === count,
    'idx-count',
    () => `${source}: ${count} images but ${given.length} labels; both files must come from the same set.`,
  );
  const values =
    typeof classes === 'number'
      ? Array.from({ length: classes }, (_, k) => k)
      : (classes ?? classValues(given, source));
  const classOf = new Map(values.map((value, k) => [value, k]));
  const own = new Uint8Array(count);
  for (let n = 0; n < count; n++) {
    const k = classOf.get(given[n]);
    check(
      k !== undefined,
      'idx-label-range',
      () => `${source}: label ${given[n]} at position ${n} is out of range ${listed(values)}.`,
    );
    own[n] = k;
  }
  // files of two dimensions a sample are grey images; those of three may put the channels first or last
  const image = shape.length === 2 ? ({ shape: [1, shape[0], shape[1]] } as const) : {};
  if (images.data instanceof Uint8Array)
    return { count, size, ...image, values: images.data, divisor: 255, labels: own };
  const inputs = Float32Array.from(images.data);
  const whole = !(images.data instanceof Float32Array || images.data instanceof Float64Array);
  const wrong = inputs.findIndex((v, i) => !Number.isFinite(v) || (whole && v !== images.data[i]));
  check(
    wrong < 0,
    'idx-images',
    () =>
      `${source}: the value ${images.data[wrong]} at position ${wrong} is ${whole ? 'an integer that float32 cannot hold' : 'not a finite float32'}.`,
  );
  return { count, size, ...image, values: inputs, divisor: 1, labels: own };
}

/** Columns of QMNIST's labels, of which the first is the class. */
const QMNIST_COLUMNS = 8;

/** Returns one label a sample: of one dimension, or column 0 of QMNIST's N×8 integers. */
export function labelColumn({ dims, data }: IdxArray, source: string): ArrayLike<number> {
  const extended = dims.length === 2 && dims[1] === QMNIST_COLUMNS && data instanceof Int32Array;
  check(
    dims.length === 1 || extended,
    'idx-labels',
    () =>
      `${source}: labels should have one dimension (or be N×${QMNIST_COLUMNS} int32 as in QMNIST, with the class in column 0); got ${dims.join('×')}.`,
  );
  const column = extended ? data.filter((_, i) => i % QMNIST_COLUMNS === 0) : data;
  const wrong = column.findIndex((v: number) => !Number.isInteger(v));
  check(wrong < 0, 'idx-labels', () => `${source}: label ${column[wrong]} at position ${wrong} is not an integer.`);
  return column;
}

/**
 * Returns the label of each class: 0 … the largest one where the smallest is 0, else the labels that occur, ascending.
 * @throws InputError for more than 256 classes, and for a label so far from the others that more than half of the
 * classes up to it would be empty
 */
export function classValues(labels: ArrayLike<number>, source: string): number[] {
  const present = [...new Set(Array.from(labels))].sort((a, b) => a - b);
  const [low, high] = [present[0], present[present.length - 1]];
  check(high - low + 1 <= 2 * present.length, 'idx-label-range', () => {
    const gaps = present.slice(1).map((v, k) => v - present[k]);
    const k = gaps.indexOf(Math.max(...gaps));
    const far = k + 1 >= present.length / 2 ? present[k + 1] : present[k];
    const at = Array.prototype.indexOf.call(labels, far);
    return (
      `${source}: label ${far} at position ${at} is far outside the others: of ${high - low + 1} classes from ${low} to ${high} only ${present.length} occur. ` +
      'If this is meant, number the classes without gaps.'
    );
  });
  const values = low === 0 ? Array.from({ length: high + 1 }, (_, k) => k) : present;
  check(values.length <= 256, 'idx-label-range', () => `${source}: ${values.length} classes; at most 256 are read.`);
  return values;
}

const listed = (values: readonly number[]): string =>
  values.every((v, k) => v === values[0] + k) ? `${values[0]} … ${values[values.length - 1]}` : values.join(', ');
