/**
 * Event files as TensorBoard reads them: scalars in Summary messages of Protocol Buffers, each in a TFRecord with masked
 * CRC-32C of its length and of its content.
 */
import * as is from '../numeric/wants.js';

/** One value of one curve. */
export interface Scalar {
  /** Name of the curve; `loss/train` and `loss/test` share a card. */
  readonly tag: string;
  /** Steps of training behind it, a whole number. */
  readonly step: number;
  /** Kept in float32, as TensorBoard does. */
  readonly value: number;
}

const SCALAR_WANTS = is.shape<Scalar>({ tag: is.text, step: is.whole, value: is.number });

/** The polynomial of Castagnoli, reflected. */
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
  return c;
});

/** Returns the CRC-32C (Castagnoli, reflected polynomial 0x82F63B78) of bytes, as an unsigned integer. */
export function crc32c(content: Uint8Array): number {
  let c = -1;
  for (const byte of content) c = (c >>> 8) ^ TABLE[(c ^ byte) & 255];
  return ~c >>> 0;
}

/** A checksum of bytes that may hold checksums themselves: turned by 15 bits, and shifted by a constant. */
function masked(content: Uint8Array): number {
  const c = crc32c(content);
  return (((c >>> 15) | (c << 17)) + 0xa282ead8) >>> 0;
}

/**
 * Writes an event file: its version, then one event for each scalar, in the order given.
 * @param wallTime - seconds since 1970 that every event states; the bytes depend on it and on the scalars alone
 * @throws InputError for a scalar that is none
 */
export function writeEvents(scalars: readonly Scalar[], wallTime: number): Uint8Array<ArrayBuffer> {
  is.given('writeEvents', { scalars, wallTime }, { scalars: is.listOf(SCALAR_WANTS), wallTime: is.finite });
  const time = field(1, fixed(wallTime, 8));
  const version = bytes(3, new TextEncoder().encode('brain.Event:2'));
  const events = [
    [...time, ...version],
    ...scalars.map(({ tag, step, value }) => {
      const name = bytes(1, new TextEncoder().encode(tag));
      const entry = bytes(1, [...name, ...field(2, fixed(value, 4))]);
      return [...time, ...tagged(2, 0), ...varint(step), ...bytes(5, entry)];
    }),
  ];
  const records = events.map((event) => record(Uint8Array.from(event)));
  const out = new Uint8Array(records.reduce((sum, r) => sum + r.length, 0));
  let at = 0;
  for (const r of records) {
    out.set(r, at);
    at += r.length;
  }
  return out;
}

/** Frames the bytes of an event: length, its checksum, content, its checksum; all little-endian. */
function record(content: Uint8Array): Uint8Array {
  const out = new Uint8Array(content.length + 16);
  const view = new DataView(out.buffer);
  view.setUint32(0, content.length, true);
  view.setUint32(8, masked(out.subarray(0, 8)), true);
  out.set(content, 12);
  view.setUint32(12 + content.length, masked(content), true);
  return out;
}

/** The tag of a field of a message: its number, and how its content is written. */
const tagged = (number: number, wire: 0 | 1 | 2 | 5): number[] => [(number << 3) | wire];

/** A whole number, seven bits a byte, the lowest first. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

/** A float of 4 or a double of 8 bytes. */
function fixed(value: number, size: 4 | 8): Uint8Array {
  const view = new DataView(new ArrayBuffer(size));
  if (size === 4) view.setFloat32(0, value, true);
  else view.setFloat64(0, value, true);
  return new Uint8Array(view.buffer);
}

const field = (number: number, bytes: Uint8Array): number[] => [
  ...tagged(number, bytes.length === 4 ? 5 : 1),
  ...bytes,
];

/** A field with bytes of any length: text, or another message. */
const bytes = (number: number, content: ArrayLike<number>): number[] => [
  ...tagged(number, 2),
  ...varint(content.length),
  ...Array.from(content),
];
