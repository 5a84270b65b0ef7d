/**
 * NumPy's .npy: magic, version, a Python dictionary as header, then the values. Format: NEP 1 (numpy.lib.format),
 * versions 1.0, 2.0 and 3.0.
 */
import { check, InputError } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';

/** Names an element type, as NumPy abbreviates it. */
export type NpyType = 'f4' | 'f8' | 'i1' | 'i2' | 'i4' | 'i8' | 'u1' | 'u2' | 'u4' | 'u8' | 'b1';
/** Lists the typed arrays that an `NpyArray` can hold. */
export type NpyData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array;

/** Holds an array of any rank, row-major (C order). */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly type: NpyType;
  /** 64-bit integers are exact doubles (`Float64Array`), booleans are 0 and 1 (`Uint8Array`). */
  readonly data: NpyData;
}

interface Kind {
  readonly size: number;
  readonly make: (count: number) => NpyData;
  readonly get: (view: DataView, at: number, little: boolean) => number;
  readonly set: (view: DataView, at: number, value: number) => void;
}

const KINDS: Readonly<Record<NpyType, Kind>> = {
  f4: {
    size: 4,
    make: (n) => new Float32Array(n),
    get: (v, p, e) => v.getFloat32(p, e),
    set: (v, p, x) => v.setFloat32(p, x, true),
  },
  f8: {
    size: 8,
    make: (n) => new Float64Array(n),
    get: (v, p, e) => v.getFloat64(p, e),
    set: (v, p, x) => v.setFloat64(p, x, true),
  },
  i1: { size: 1, make: (n) => new Int8Array(n), get: (v, p) => v.getInt8(p), set: (v, p, x) => v.setInt8(p, x) },
  i2: {
    size: 2,
    make: (n) => new Int16Array(n),
    get: (v, p, e) => v.getInt16(p, e),
    set: (v, p, x) => v.setInt16(p, x, true),
  },
  i4: {
    size: 4,
    make: (n) => new Int32Array(n),
    get: (v, p, e) => v.getInt32(p, e),
    set: (v, p, x) => v.setInt32(p, x, true),
  },
  u1: { size: 1, make: (n) => new Uint8Array(n), get: (v, p) => v.getUint8(p), set: (v, p, x) => v.setUint8(p, x) },
  u2: {
    size: 2,
    make: (n) => new Uint16Array(n),
    get: (v, p, e) => v.getUint16(p, e),
    set: (v, p, x) => v.setUint16(p, x, true),
  },
  u4: {
    size: 4,
    make: (n) => new Uint32Array(n),
    get: (v, p, e) => v.getUint32(p, e),
    set: (v, p, x) => v.setUint32(p, x, true),
  },
  i8: {
    size: 8,
    make: (n) => new Float64Array(n),
    get: (v, p, e) => Number(v.getBigInt64(p, e)),
    set: (v, p, x) => v.setBigInt64(p, BigInt(x), true),
  },
  u8: {
    size: 8,
    make: (n) => new Float64Array(n),
    get: (v, p, e) => Number(v.getBigUint64(p, e)),
    set: (v, p, x) => v.setBigUint64(p, BigInt(x), true),
  },
  b1: { size: 1, make: (n) => new Uint8Array(n), get: (v, p) => v.getUint8(p), set: (v, p, x) => v.setUint8(p, x) },
};

const LITTLE = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY

/**
 * Reads one .npy file. Fortran order and foreign byte order are converted; the result owns its memory.
 * @param source - file name, for the message
 * @throws InputError when the file is malformed, of an unsupported type (structures, objects, strings, complex, half
 * precision), or holds a 64-bit integer beyond ±(2^53−1)
 */
export function readNpy(bytes: Uint8Array, source: string): NpyArray {
  is.given('readNpy', { bytes, source }, { bytes: is.bytes, source: is.text });
  const { version, start, text, view } = headerOf(bytes, source);
  const { descr, fortran, shape } = parseHeader(text, source);
  const match = /^([<>|=])([fiub])(\d+)$/.exec(descr);
  const type = match && (match[2] + match[3] in KINDS ? ((match[2] + match[3]) as NpyType) : undefined);
  check(
    match !== null && type !== undefined && type !== null,
    'npy-type',
    () => `${source}: values of type '${descr}' are not supported; save one of ${Object.keys(KINDS).join(', ')}.`,
  );
  const { size, make, get } = KINDS[type];
  const count = shape.reduce((product, d) => product * d, 1);
  const expected = start + count * size;
  check(
    bytes.length === expected,
    'npy-length',
    () =>
      `${source}: shape (${shape.join(', ')}) of ${type} needs ${expected} bytes, got ${bytes.length} ` +
      `(format version ${version}.0).`,
  );
  const little = match[1] === '<' || (match[1] !== '>' && LITTLE);
  let data = make(count);
  if ((little === LITTLE || size === 1) && data.BYTES_PER_ELEMENT === size && type !== 'i8' && type !== 'u8') {
    new Uint8Array(data.buffer).set(bytes.subarray(start));
  } else {
    for (let i = 0; i < count; i++) data[i] = get(view, start + i * size, little);
  }
  if (type === 'i8' || type === 'u8') {
    const unsafe = data.findIndex((v) => !Number.isSafeInteger(v));
    check(
      unsafe < 0,
      'npy-unsafe-integer',
      () => `${source}: the ${type} value at position ${unsafe} is beyond ±(2^53−1) and has no exact double.`,
    );
  }
  if (type === 'b1') {
    const wrong = data.findIndex((v) => v > 1);
    check(wrong < 0, 'npy-bool', () => `${source}: the boolean at position ${wrong} is the byte ${data[wrong]}.`);
  }
  if (fortran && shape.length > 1) data = rowMajor(data, shape, make(count));
  return { shape, type, data };
}

const ARRAY_WANTS = is.shape<NpyArray>({
  shape: is.numbers,
  data: is.wanted('a typed array of a type that npy has', (v) => KINDS[typeOf((v ?? {}) as never)] !== undefined),
  type: is.maybe(is.oneOf(...(Object.keys(KINDS) as NpyType[]))),
});

/**
 * Writes a .npy file, version 1.0, little-endian, C order; `type` defaults to that of the typed array.
 * @throws InputError when type, shape and values do not fit together
 */
export function writeNpy(array: Omit<NpyArray, 'type'> & { readonly type?: NpyType }): Uint8Array<ArrayBuffer> {
  is.given('writeNpy', { array }, { array: ARRAY_WANTS });
  const { shape, data } = array;
  const type = array.type ?? typeOf(data);
  const { size, make, set } = KINDS[type];
  check(
    make(0).constructor === data.constructor,
    'npy-type',
    () => `writing npy type ${type} needs a ${make(0).constructor.name}; got a ${data.constructor.name}.`,
  );
  check(
    shape.every((d) => Number.isSafeInteger(d) && d >= 0) && shape.reduce((p, d) => p * d, 1) === data.length,
    'npy-shape',
    () => `shape (${shape.join(', ')}) does not hold the ${data.length} values given.`,
  );
  if (type === 'i8' || type === 'u8' || type === 'b1') {
    const low = type === 'i8' ? Number.MIN_SAFE_INTEGER : 0;
    const high = type === 'b1' ? 1 : Number.MAX_SAFE_INTEGER;
    const wrong = data.findIndex((v) => !(Number.isInteger(v) && v >= low && v <= high));
    check(wrong < 0, 'npy-range', () => `value ${data[wrong]} at position ${wrong} does not fit npy type ${type}.`);
  }
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`;
  const text = `{'descr': '${size === 1 ? '|' : '<'}${type}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const start = Math.ceil((10 + text.length + 1) / 64) * 64;
  const out = new Uint8Array(start + size * data.length);
  out.set([...MAGIC, 1, 0, (start - 10) & 255, (start - 10) >> 8]);
  out.fill(0x20, 10, start - 1);
  for (let i = 0; i < text.length; i++) out[10 + i] = text.charCodeAt(i);
  out[start - 1] = 0x0a;
  const view = new DataView(out.buffer);
  if (LITTLE && type !== 'i8' && type !== 'u8') {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  } else {
    data.forEach((value: number, i: number) => {
      set(view, start + i * size, value);
    });
  }
  return out;
}

function typeOf(data: NpyData): NpyType {
  return (Object.keys(KINDS) as NpyType[]).find((type) => KINDS[type].make(0).constructor === data.constructor)!;
}

function headerOf(bytes: Uint8Array, source: string) {
  const truncated = (need: number) =>
    `${source}: truncated .npy file: expected at least ${need} bytes, got ${bytes.length}.`;
  check(
    MAGIC.slice(0, bytes.length).every((b, i) => bytes[i] === b),
    'npy-magic',
    () => `${source}: not a .npy file: it does not begin with \\x93NUMPY.`,
  );
  check(bytes.length >= 10, 'npy-truncated', () => truncated(10));
  const version = bytes[6];
  check(
    version >= 1 && version <= 3 && bytes[7] === 0,
    'npy-version',
    () => `${source}: .npy format version ${version}.${bytes[7]} is unknown; versions 1.0 to 3.0 are read.`,
  );
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const prefix = version === 1 ? 10 : 12;
  check(bytes.length >= prefix, 'npy-truncated', () => truncated(prefix));
  const start = prefix + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  check(bytes.length >= start, 'npy-truncated', () => truncated(start));
  const text = new TextDecoder(version === 3 ? 'utf-8' : 'latin1').decode(bytes.subarray(prefix, start));
  return { version, start, text, view };
}

/** Describes the values of a .npy file without reading them. */
export interface NpyHeader {
  /** `undefined` where the type is not one that is read. */
  readonly type: NpyType | undefined;
  /** The type as the file states it. */
  readonly stated: string;
  readonly little: boolean;
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Bytes before the first value. */
  readonly start: number;
}

/** Bytes at the beginning of a .npy file that hold its header, by far. */
export const NPY_HEAD = 2 ** 16 + 16;

/**
 * Reads the header of a .npy file from its first bytes, `NPY_HEAD` or all of them.
 * @throws InputError when they are no such header
 */
export function readNpyHeader(bytes: Uint8Array, source: string): NpyHeader {
  const { start, text } = headerOf(bytes, source);
  const { descr, fortran, shape } = parseHeader(text, source);
  const match = /^([<>|=])([fiub])(\d+)$/.exec(descr);
  const name = match ? match[2] + match[3] : '';
  const type = name in KINDS ? (name as NpyType) : undefined;
  const little = match?.[1] === '<' || (match?.[1] !== '>' && LITTLE);
  return { type, stated: descr, little, fortran, shape, start };
}

/** Reads the three entries of the header, in any order; anything else is refused. */
function parseHeader(text: string, source: string): { descr: string; fortran: boolean; shape: number[] } {
  const bad = (what: string) =>
    new InputError('npy-header', `${source}: ${what} in the .npy header ${JSON.stringify(text.trim().slice(0, 120))}.`);
  const body = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1];
  if (body === undefined) throw bad('no dictionary');
  const entry = /\s*(['"])(\w+)\1\s*:\s*(?:(['"])([^'"]*)\3|(True|False)|\(([\dL,\s]*)\)|(\[))\s*(?:,|$)\s*/y;
  const seen = new Map<string, RegExpExecArray>();
  while (entry.lastIndex < body.length) {
    const at = entry.lastIndex;
    const match = entry.exec(body);
    if (!match) {
      if (/\[/.test(body.slice(at)))
        throw new InputError('npy-type', `${source}: structured .npy arrays are not supported.`);
      throw bad('something unreadable');
    }
    if (seen.has(match[2])) throw bad(`'${match[2]}' twice`);
    seen.set(match[2], match);
  }
  const [descr, order, shape] = [seen.get('descr')?.[4], seen.get('fortran_order')?.[5], seen.get('shape')?.[6]];
  if (descr === undefined || order === undefined || shape === undefined || seen.size !== 3) {
    throw bad("not exactly 'descr', 'fortran_order' and 'shape'");
  }
  const items = shape.split(',').map((d) => d.trim().replace(/L$/, ''));
  if (items.at(-1) === '') items.pop();
  const dims = items.map(Number);
  if (
    !items.every((d) => /^\d+$/.test(d)) ||
    !dims.every(Number.isSafeInteger) ||
    (dims.length === 1 && !shape.includes(','))
  ) {
    throw bad('a bad shape');
  }
  return { descr, fortran: order === 'True', shape: dims };
}

/** Copies column-major `from` into row-major `to`. */
function rowMajor(from: NpyData, shape: readonly number[], to: NpyData): NpyData {
  const strides = shape.map((_, d) => shape.slice(0, d).reduce((p, n) => p * n, 1));
  const index = new Array<number>(shape.length).fill(0);
  let at = 0;
  for (let i = 0; i < to.length; i++) {
    to[i] = from[at];
    for (let d = shape.length - 1; d >= 0; d--) {
      at += strides[d];
      if (++index[d] < shape[d]) break;
      at -= strides[d] * shape[d];
      index[d] = 0;
    }
  }
  return to;
}
