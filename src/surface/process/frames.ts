/**
 * Frames: the messages between this program and a model in another process. docs/reference/bridge-protocol.md is the contract.
 *
 * A frame is 24 bytes, a JSON header of at most 64 KiB, and raw little-endian arrays, each padded to a multiple of 8 bytes. Nothing
 * in it is code. Sizes are checked before memory is taken for them.
 */
import { RunError, shown } from '../../numeric/errors.js';

/** Version of the protocol. */
export const PROTOCOL = 1;

/** Bytes before the header, of the longest header, and of the largest payload that a parser accepts by default. */
const HEAD = 24;
const LONGEST_HEADER = 64 * 1024;
const LARGEST_PAYLOAD = 4 * 1024 ** 3;
const MAGIC = [0x74, 0x68, 0x67, 0x72]; // thgr

const CODES = {
  hello: 1,
  losses: 2,
  gradient: 3,
  hessianVectors: 4,
  sampleLosses: 5,
  projectedSampleGradients: 6,
  secondMoment: 7,
  squaredNorms: 8,
  fisher: 9,
  buffers: 10,
  logits: 11,
  trueFisher: 12,
  cancel: 30,
  close: 31,
  result: 64,
  progress: 65,
  error: 66,
  heartbeat: 67,
} as const;

/** Names what a frame asks or answers. */
export type FrameVerb = keyof typeof CODES;
const NAMES = new Map<number, FrameVerb>(Object.entries(CODES).map(([name, code]) => [code, name as FrameVerb]));

/** Types of numbers that may cross, with their bytes. */
const ITEM_BYTES = { float64: 8, float32: 4, uint32: 4, uint8: 1 } as const;
export type FrameNumbers = Float64Array | Float32Array | Uint32Array | Uint8Array;

/** Numbers with a name and a shape, row-major. */
export interface FrameArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: FrameNumbers;
}

/** One message. */
export interface Frame {
  readonly verb: FrameVerb;
  /** Number of the request; 0 where there is none. */
  readonly id: number;
  readonly header: Readonly<Record<string, unknown>>;
  readonly arrays: ReadonlyMap<string, FrameArray>;
}

const padded = (bytes: number) => Math.ceil(bytes / 8) * 8;
const typeOf = (data: FrameNumbers) =>
  data instanceof Float64Array
    ? 'float64'
    : data instanceof Float32Array
      ? 'float32'
      : data instanceof Uint32Array
        ? 'uint32'
        : 'uint8';
const broken = (what: string) =>
  new RunError('bad-frame', `the other side of the bridge sent ${what}; the two sides have to be the same version.`);

/** Returns the bytes of a frame in pieces, in their order; the numbers of arrays are not copied. */
export function encodeFrame(
  verb: FrameVerb,
  id: number,
  header: Readonly<Record<string, unknown>> = {},
  arrays: readonly FrameArray[] = [],
): Uint8Array[] {
  const listed = arrays.map(({ name, shape, data }) => ({ name, dtype: typeOf(data), shape, order: 'C' }));
  const text = new TextEncoder().encode(JSON.stringify({ ...header, arrays: listed }));
  if (text.length > LONGEST_HEADER)
    throw new RunError('bad-frame', `a header of ${text.length} bytes is longer than ${LONGEST_HEADER}.`);
  const first = new Uint8Array(HEAD + text.length);
  const pieces: Uint8Array[] = [first];
  let length = 0;
  for (const { name, shape, data } of arrays) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (shape.reduce((a, b) => a * b, 1) !== data.length)
      throw new RunError(
        'bad-frame',
        `the array '${name}' has ${data.length} numbers for the shape [${shape.join(', ')}].`,
      );
    pieces.push(bytes, new Uint8Array(padded(bytes.length) - bytes.length));
    length += padded(bytes.length);
  }
  const view = new DataView(first.buffer);
  first.set(MAGIC);
  view.setUint8(4, PROTOCOL);
  view.setUint8(5, CODES[verb]);
  view.setUint32(8, id, true);
  view.setUint32(12, text.length, true);
  view.setBigUint64(16, BigInt(length), true);
  first.set(text, HEAD);
  return pieces.filter((p) => p.length > 0);
}

interface Listed {
  readonly name: string;
  readonly dtype: keyof typeof ITEM_BYTES;
  readonly shape: readonly number[];
  readonly bytes: number;
}

/** Returns the arrays that a header lists. @throws RunError unless they fill the payload exactly */
function listedArrays(header: Record<string, unknown>, length: number): Listed[] {
  const out: Listed[] = [];
  const listed = header.arrays ?? [];
  if (!Array.isArray(listed)) throw broken("a header whose 'arrays' is no list");
  let total = 0;
  for (const entry of listed as unknown[]) {
    const { name, dtype, shape, order = 'C' } = (entry ?? {}) as Record<string, unknown>;
    const known = typeof name === 'string' && typeof dtype === 'string' && Object.hasOwn(ITEM_BYTES, dtype);
    if (!known || order !== 'C' || out.some((a) => a.name === name))
      throw broken(`an array of unknown or repeated name, type or order: ${shown(entry)}`);
    const right = Array.isArray(shape) && shape.length <= 8 && shape.every((n) => Number.isSafeInteger(n) && n >= 0);
    if (!right) throw broken(`the array '${name}' with an impossible shape: ${shown(shape)}`);
    const type = dtype as Listed['dtype'];
    const bytes = (shape as number[]).reduce((a, b) => a * b, ITEM_BYTES[type]);
    if (!Number.isSafeInteger(bytes)) throw broken(`the array '${name}' with an impossible shape: ${shown(shape)}`);
    out.push({ name: name as string, dtype: type, shape: shape as number[], bytes });
    total += padded(bytes);
  }
  if (total !== length) throw broken(`arrays of ${total} bytes in a payload of ${length}`);
  return out;
}

function numbersIn(payload: Uint8Array, at: number, { dtype, bytes }: Listed): FrameNumbers {
  const count = bytes / ITEM_BYTES[dtype];
  const offset = payload.byteOffset + at;
  if (dtype === 'float64') return new Float64Array(payload.buffer, offset, count);
  if (dtype === 'float32') return new Float32Array(payload.buffer, offset, count);
  if (dtype === 'uint32') return new Uint32Array(payload.buffer, offset, count);
  return new Uint8Array(payload.buffer, offset, count);
}

/**
 * Makes frames of bytes that come in pieces of any size. A payload is copied once, into memory of its own.
 *
 * Throws a RunError at the first bytes that are no frame of this protocol; nothing that follows can be read then.
 */
export class FrameParser {
  private readonly largest: number;
  private readonly head = new Uint8Array(HEAD);
  private stage: 'head' | 'header' | 'payload' = 'head';
  /** What is being filled, and how much of it is. */
  private target: Uint8Array<ArrayBuffer> = this.head;
  private filled = 0;
  private verb: FrameVerb = 'hello';
  private id = 0;
  private length = 0;
  private header: Record<string, unknown> = {};
  private listed: Listed[] = [];

  /** @param largest - bytes of the largest payload that is accepted */
  constructor(largest = LARGEST_PAYLOAD) {
    this.largest = largest;
  }

  /** True between two frames: an end of the stream here cuts none. */
  get between(): boolean {
    return this.stage === 'head' && this.filled === 0;
  }

  /** Takes the next bytes and returns the frames that they complete. */
  push(bytes: Uint8Array): Frame[] {
    const out: Frame[] = [];
    let at = 0;
    for (;;) {
      const n = Math.min(this.target.length - this.filled, bytes.length - at);
      this.target.set(bytes.subarray(at, at + n), this.filled);
      at += n;
      this.filled += n;
      if (this.filled < this.target.length) return out;
      const frame = this.next();
      if (frame) out.push(frame);
    }
  }

  /** Takes a filled part and goes on to the next one. */
  private next(): Frame | undefined {
    if (this.stage === 'head') {
      this.begin('header', this.readHead());
    } else if (this.stage === 'header') {
      this.readHeader();
      this.begin('payload', this.length);
    } else {
      const arrays = new Map<string, FrameArray>();
      let at = 0;
      for (const listed of this.listed) {
        const { name, shape } = listed;
        arrays.set(name, { name, shape, data: numbersIn(this.target, at, listed) });
        at += padded(listed.bytes);
      }
      const { verb, id, header } = this;
      this.stage = 'head';
      this.target = this.head;
      this.filled = 0;
      return { verb, id, header, arrays };
    }
    return undefined;
  }

  private begin(stage: 'header' | 'payload', length: number): void {
    this.stage = stage;
    this.target = new Uint8Array(length);
    this.filled = 0;
  }

  private readHead(): number {
    const view = new DataView(this.head.buffer);
    if (MAGIC.some((m, i) => this.head[i] !== m) || view.getUint16(6) !== 0)
      throw broken('bytes that do not begin a frame');
    const version = view.getUint8(4);
    if (version !== PROTOCOL) throw broken(`protocol version ${version}, where this program speaks ${PROTOCOL}`);
    const verb = NAMES.get(view.getUint8(5));
    const header = view.getUint32(12, true);
    const length = Number(view.getBigUint64(16, true));
    if (!verb || header > LONGEST_HEADER || length > this.largest)
      throw broken(`a frame with verb ${view.getUint8(5)}, ${header} bytes of header and ${length} of payload`);
    this.verb = verb;
    this.id = view.getUint32(8, true);
    this.length = length;
    return header;
  }

  private readHeader(): void {
    let header: unknown;
    try {
      header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(this.target));
    } catch {
      throw broken('a header that is no JSON');
    }
    if (typeof header !== 'object' || header === null || Array.isArray(header))
      throw broken('a header that is no JSON object');
    this.header = header as Record<string, unknown>;
    this.listed = listedArrays(this.header, this.length);
  }
}
