/**
 * safetensors: an 8-byte little-endian header length, a JSON header (name → dtype, shape, data_offsets; `__metadata__`
 * of strings), then the tensors without gaps.
 */
import { check, InputError } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import { widenBrain, widenHalf } from './half.js';
import { repeatedName } from './json-names.js';

/** Names an element type, as safetensors abbreviates it. */
type TensorType = 'F32' | 'F64' | 'I64' | 'U8';
/** Lists the typed arrays that a `Tensor` can hold. */
export type TensorData = Float32Array | Float64Array | BigInt64Array | Uint8Array;

/** Holds a tensor, row-major. The typed array determines the type: F32, F64, I64 (`BigInt64Array`), U8. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Holds the tensors and metadata of a file. */
export interface TensorFile {
  /** In the order in which their values lie in the file. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Describes a tensor of a file without its values. */
export interface TensorEntry {
  /** The file's own name of the element type: F32, BF16, BOOL, … */
  readonly type: string;
  readonly shape: readonly number[];
}

/** Holds the tensors of a file of anyone's, of which those of other element types are listed without their values. */
export interface ForeignTensorFile extends TensorFile {
  /** Every tensor, in the order in which their values lie in the file. */
  readonly entries: ReadonlyMap<string, TensorEntry>;
}

const TYPES = {
  I64: { size: 8, make: (b: ArrayBuffer) => new BigInt64Array(b) },
  F64: { size: 8, make: (b: ArrayBuffer) => new Float64Array(b) },
  F32: { size: 4, make: (b: ArrayBuffer) => new Float32Array(b) },
  U8: { size: 1, make: (b: ArrayBuffer) => new Uint8Array(b) },
} as const;
const NAMES = Object.keys(TYPES) as TensorType[];
/** Element types that are read and never written: float32 holds their numbers exactly. */
const WIDENED: Readonly<Record<string, (bytes: Uint8Array) => Float32Array>> = { F16: widenHalf, BF16: widenBrain };
/** Bytes of an element of the types whose tensors are described and not read. */
const UNREAD: Readonly<Record<string, number>> = {
  BOOL: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I16: 2,
  U16: 2,
  I32: 4,
  U32: 4,
  U64: 8,
};
/** Bytes; the limit of the reference implementation. */
const LARGEST_HEADER = 100_000_000;

function typeOf(data: TensorData): TensorType {
  return NAMES.find((name) => TYPES[name].make(new ArrayBuffer(0)).constructor === data.constructor) as TensorType;
}

/** Says what a {@link Tensor} needs. */
const TENSOR_WANTS = is.shape<Tensor>({
  shape: is.numbers,
  data: is.wanted('a typed array of a type that safetensors has', (v) => typeOf((v ?? {}) as TensorData) !== undefined),
});

/**
 * Writes a file whose bytes depend on its content alone: larger element types first (so that all are aligned), then by
 * name, as the reference implementation does; the header is padded with spaces to a multiple of 8.
 * @throws InputError for a repeated or reserved name, and for a shape that does not fit its values
 */
export function writeSafetensors(
  tensors: Iterable<readonly [string, Tensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  is.given('writeSafetensors', { tensors, metadata }, { tensors: is.iterable, metadata: is.object });
  const entries = Array.from(tensors, (entry) => {
    is.given('writeSafetensors', { entry }, { entry: is.pair });
    const [name, tensor] = entry;
    is.given('writeSafetensors', { tensor }, { tensor: TENSOR_WANTS });
    return { name, ...tensor, type: typeOf(tensor.data) };
  });
  const names = new Set<string>();
  for (const { name, shape, data } of entries) {
    check(
      name !== '__metadata__' && !names.has(name),
      'tensor-name',
      () => `tensor names must be distinct and not __metadata__; got '${name}'.`,
    );
    names.add(name);
    check(
      shape.every((d) => Number.isSafeInteger(d) && d >= 0) && shape.reduce((p, d) => p * d, 1) === data.length,
      'tensor-shape',
      () => `tensor '${name}': shape [${shape.join(', ')}] does not hold the ${data.length} values given.`,
    );
  }
  entries.sort((a, b) => NAMES.indexOf(a.type) - NAMES.indexOf(b.type) || (a.name < b.name ? -1 : 1));
  let length = 0;
  const header = entries.map(({ name, type, shape, data }) => {
    const begin = length;
    length += data.byteLength;
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype: type, shape, data_offsets: [begin, length] })}`;
  });
  if (Object.keys(metadata).length > 0) {
    const sorted = Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
    header.unshift(`"__metadata__":${JSON.stringify(sorted)}`);
  }
  const text = new TextEncoder().encode(`{${header.join(',')}}`);
  const start = 8 + Math.ceil(text.length / 8) * 8;
  const out = new Uint8Array(start + length);
  new DataView(out.buffer).setBigUint64(0, BigInt(start - 8), true);
  out.fill(0x20, 8, start);
  out.set(text, 8);
  let at = start;
  for (const { data } of entries) {
    out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return out;
}

/**
 * Reads a file; every tensor owns its memory. F16 and BF16 are widened to float32, exactly.
 * @param source - file name, for the message
 * @throws InputError that names what is wrong: lengths, JSON, types, shapes, a name given twice, offsets out of bounds,
 * overlaps and gaps
 */
export function readSafetensors(bytes: Uint8Array, source: string): TensorFile {
  is.given('readSafetensors', { bytes, source }, { bytes: is.bytes, source: is.text });
  const { tensors, metadata, entries } = readForeignSafetensors(bytes, source);
  for (const [name, { type }] of entries)
    check(
      tensors.has(name),
      'tensor-type',
      () =>
        `${source}: tensor '${name}' has the type ${written(type)}; ${[...NAMES, ...Object.keys(WIDENED)].join(', ')} are read (convert before saving).`,
    );
  return { tensors, metadata };
}

/**
 * Reads a file as `readSafetensors` does, and lists tensors of other known element types, such as BOOL, without their
 * values.
 * @throws InputError as `readSafetensors`
 */
export function readForeignSafetensors(bytes: Uint8Array, source: string): ForeignTensorFile {
  const { start, places, metadata } = tensorPlaces(bytes, bytes.length, source);
  const tensors = new Map<string, Tensor>();
  for (const { name, type, shape, begin, end } of places) {
    const own = Uint8Array.from(bytes.subarray(start + begin, start + end)); // not slice, which shares memory where bytes are a Buffer
    const data = tensorValues(own, type);
    if (data) tensors.set(name, { shape, data });
  }
  return { tensors, metadata, entries: new Map(places.map(({ name, type, shape }) => [name, { type, shape }])) };
}

/**
 * Returns the values of bytes that own their memory, F16 and BF16 widened to float32; undefined for a type that is not
 * read.
 */
export function tensorValues(own: Uint8Array<ArrayBuffer>, type: string): TensorData | undefined {
  if (Object.hasOwn(WIDENED, type)) return WIDENED[type](own);
  return Object.hasOwn(TYPES, type) ? TYPES[type as TensorType].make(own.buffer) : undefined;
}

/** Says where the values of a tensor lie, in bytes from the end of the header. */
export interface TensorPlace extends TensorEntry {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads from the first bytes of a file, its whole header at least, where its tensors lie, in their order in the file.
 * @param total - bytes of the file
 * @throws InputError as `readSafetensors`
 */
export function tensorPlaces(
  head: Uint8Array,
  total: number,
  source: string,
): { readonly start: number; readonly places: TensorPlace[]; readonly metadata: Record<string, string> } {
  const { header, start } = headerOf(head, source);
  const length = total - start;
  const places: TensorPlace[] = [];
  const metadata: Record<string, string> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name !== '__metadata__') {
      places.push({ name, ...placeOf(entry, name, source) });
      continue;
    }
    check(isObject(entry), 'tensor-header', () => `${source}: __metadata__ must be an object of strings.`);
    for (const [key, value] of Object.entries(entry)) {
      check(
        typeof value === 'string',
        'tensor-header',
        () => `${source}: the metadata entry '${key}' is not a string.`,
      );
      metadata[key] = value;
    }
  }
  places.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let reached = 0;
  for (const { name, begin, end } of places) {
    check(end <= length, 'tensor-bounds', () => `${source}: tensor '${name}' ends at byte ${end} of ${length}.`);
    check(begin >= reached, 'tensor-overlap', () => `${source}: tensor '${name}' overlaps the one before it.`);
    check(begin === reached, 'tensor-gap', () => `${source}: ${begin - reached} unused bytes before tensor '${name}'.`);
    reached = end;
  }
  check(reached === length, 'tensor-gap', () => `${source}: ${length - reached} bytes after the last tensor.`);
  return { start, places, metadata };
}

/** Writes a value of the header, or that there is none, in at most 60 characters. */
function written(value: unknown): string {
  const text = JSON.stringify(value) ?? 'not stated';
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function headerOf(bytes: Uint8Array, source: string): { header: Record<string, unknown>; start: number } {
  check(
    bytes.length >= 8,
    'tensor-truncated',
    () => `${source}: truncated safetensors file: expected at least 8 bytes, got ${bytes.length}.`,
  );
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  check(
    length <= LARGEST_HEADER,
    'tensor-header',
    () => `${source}: a header of ${length} bytes is more than ${LARGEST_HEADER}; probably not a safetensors file.`,
  );
  const start = 8 + Number(length);
  check(
    bytes.length >= start,
    'tensor-truncated',
    () => `${source}: truncated safetensors file: the header ends at byte ${start}, the file at ${bytes.length}.`,
  );
  let header: unknown;
  let text = '';
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, start));
    header = JSON.parse(text);
  } catch (cause) {
    throw new InputError(
      'tensor-header',
      `${source}: the safetensors header is not JSON (${(cause as Error).message}).`,
    );
  }
  check(isObject(header), 'tensor-header', () => `${source}: the safetensors header is not a JSON object.`);
  const twice = repeatedName(text);
  check(
    twice === undefined,
    'tensor-name',
    () =>
      `${source}: the safetensors header holds '${twice}' twice, so that it is open which one counts; save it again.`,
  );
  return { header, start };
}

/** Returns the bytes of an element; undefined for a type that is not known. */
function widthOf(type: string): number | undefined {
  if (Object.hasOwn(TYPES, type)) return TYPES[type as TensorType].size;
  if (Object.hasOwn(WIDENED, type)) return 2;
  return Object.hasOwn(UNREAD, type) ? UNREAD[type] : undefined;
}

function placeOf(entry: unknown, name: string, source: string) {
  const natural = (v: unknown): v is number => typeof v === 'number' && Number.isSafeInteger(v) && v >= 0;
  check(isObject(entry), 'tensor-header', () => `${source}: tensor '${name}' is not described by an object.`);
  const { dtype, shape, data_offsets: offsets } = entry;
  const width = typeof dtype === 'string' ? widthOf(dtype) : undefined;
  check(
    width !== undefined,
    'tensor-type',
    () =>
      `${source}: tensor '${name}' has the type ${written(dtype)}; ${[...NAMES, ...Object.keys(WIDENED)].join(', ')} are read (convert before saving).`,
  );
  const type = dtype as string;
  check(
    Array.isArray(shape) && shape.every(natural),
    'tensor-shape',
    () => `${source}: tensor '${name}' has the shape ${written(shape)}.`,
  );
  check(
    Array.isArray(offsets) && offsets.length === 2 && offsets.every(natural) && offsets[0] <= offsets[1],
    'tensor-bounds',
    () => `${source}: tensor '${name}' has the data offsets ${written(offsets)}.`,
  );
  const [begin, end] = offsets as [number, number];
  const size = shape.reduce((p: number, d: number) => p * d, width);
  check(
    end - begin === size,
    'tensor-shape',
    () => `${source}: tensor '${name}' of ${type} [${shape.join(', ')}] needs ${size} bytes, got ${end - begin}.`,
  );
  return { type, shape: shape as number[], begin, end };
}
