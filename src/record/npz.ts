/** NumPy's .npz: .npy files in a zip archive, stored or deflated. */
import { inflate } from '../data/inflate.js';
import { check } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import { type NpyArray, type NpyType, readNpy, writeNpy } from './npy.js';

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;

// Eight tables, eight bytes at a time: about the speed of memory, so that checking always pays.
const CRC = Array.from({ length: 8 }, () => new Uint32Array(256));
for (let n = 0; n < 256; n++) {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  CRC[0][n] = c;
}
for (let n = 0; n < 256; n++) {
  for (let t = 1; t < 8; t++) CRC[t][n] = (CRC[t - 1][n] >>> 8) ^ CRC[0][CRC[t - 1][n] & 255];
}

/** Returns the CRC-32 of zip, gzip and PNG (reflected polynomial 0xEDB88320), of pieces one after another, as an unsigned integer. */
export const crc32 = (...pieces: readonly Uint8Array[]): number => ~pieces.reduce(following, -1) >>> 0;

function following(before: number, bytes: Uint8Array): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = CRC;
  let c = before;
  let i = 0;
  for (; i + 8 <= bytes.length; i += 8) {
    c ^= bytes[i] | (bytes[i + 1] << 8) | (bytes[i + 2] << 16) | (bytes[i + 3] << 24);
    c =
      t7[c & 255] ^
      t6[(c >>> 8) & 255] ^
      t5[(c >>> 16) & 255] ^
      t4[c >>> 24] ^
      t3[bytes[i + 4]] ^
      t2[bytes[i + 5]] ^
      t1[bytes[i + 6]] ^
      t0[bytes[i + 7]];
  }
  for (; i < bytes.length; i++) c = (c >>> 8) ^ t0[(c ^ bytes[i]) & 255];
  return c;
}

interface Member {
  readonly name: string;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly local: number;
}

/**
 * Reads an .npz archive; keys are the member names without `.npy`. Every member's checksum is verified.
 * @param source - file name, for the message
 * @throws InputError when the archive or an array in it is malformed, encrypted, larger than 4 GiB (zip64), or holds
 * anything but arrays
 */
export async function readNpz(bytes: Uint8Array, source: string): Promise<Map<string, NpyArray>> {
  is.given('readNpz', { bytes, source }, { bytes: is.bytes, source: is.text });
  const arrays = new Map<string, NpyArray>();
  for (const member of membersOf(bytes, source)) {
    const { name } = member;
    check(name.endsWith('.npy'), 'npz-member', () => `${source}: the member '${name}' is not a .npy array.`);
    const key = name.slice(0, -4);
    check(!arrays.has(key), 'npz-member', () => `${source}: the member '${name}' occurs twice.`);
    const label = `${source}[${key}]`;
    const raw = await contentOf(bytes, member, label);
    check(
      crc32(raw) === member.crc,
      'npz-checksum',
      () => `${label}: the checksum does not match; the file is damaged.`,
    );
    arrays.set(key, readNpy(raw, label));
  }
  return arrays;
}

/**
 * Lists the members of an .npz archive with the bytes that each says it has when it is read.
 * @throws InputError when the archive is malformed, encrypted, or larger than 4 GiB
 */
export const npzMembers = (bytes: Uint8Array, source: string): { readonly name: string; readonly size: number }[] =>
  membersOf(bytes, source).map(({ name, size }) => ({ name, size }));

/**
 * Writes an .npz archive, with members stored (not compressed) with their CRC-32 in the order given.
 * @throws InputError for an empty or repeated name, an array that `writeNpy` refuses, and 4 GiB or more
 */
export function writeNpz(
  arrays: Iterable<readonly [string, Omit<NpyArray, 'type'> & { readonly type?: NpyType }]>,
): Uint8Array<ArrayBuffer> {
  const encoder = new TextEncoder();
  const names = new Set<string>();
  is.given('writeNpz', { arrays }, { arrays: is.iterable });
  const files = Array.from(arrays, (entry) => {
    is.given('writeNpz', { entry }, { entry: is.pair });
    const [key, array] = entry;
    check(key !== '' && !names.has(key), 'npz-member', () => `an .npz needs distinct non-empty names; got '${key}'.`);
    names.add(key);
    const content = writeNpy(array);
    return { name: encoder.encode(`${key}.npy`), content, crc: crc32(content) };
  });
  const total = files.reduce((sum, f) => sum + 76 + 2 * f.name.length + f.content.length, 22);
  check(
    total < 2 ** 32 && files.length < 65535,
    'npz-size',
    () => `an .npz must stay below 4 GiB; this one needs ${total} bytes.`,
  );
  const out = new Uint8Array(total);
  const view = new DataView(out.buffer);
  /** Writes the fields that local header and directory entry share, then the name. */
  const common = (at: number, file: (typeof files)[number], nameAt: number) => {
    view.setUint16(at, 20, true); // version needed
    view.setUint16(at + 2, 0x0800, true); // names are UTF-8
    view.setUint16(at + 8, 0x21, true); // 1 January 1980: the bytes depend on the arrays alone
    view.setUint32(at + 10, file.crc, true);
    view.setUint32(at + 14, file.content.length, true);
    view.setUint32(at + 18, file.content.length, true);
    view.setUint16(at + 22, file.name.length, true);
    out.set(file.name, nameAt);
  };
  let at = 0;
  const starts = files.map((file) => {
    const start = at;
    view.setUint32(at, LOCAL, true);
    common(at + 4, file, at + 30);
    out.set(file.content, at + 30 + file.name.length);
    at += 30 + file.name.length + file.content.length;
    return start;
  });
  const directory = at;
  files.forEach((file, i) => {
    view.setUint32(at, CENTRAL, true);
    view.setUint16(at + 4, 20, true);
    common(at + 6, file, at + 46);
    view.setUint32(at + 42, starts[i], true);
    at += 46 + file.name.length;
  });
  view.setUint32(at, END, true);
  view.setUint16(at + 8, files.length, true);
  view.setUint16(at + 10, files.length, true);
  view.setUint32(at + 12, at - directory, true);
  view.setUint32(at + 16, directory, true);
  return out;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Reads the central directory. */
function membersOf(bytes: Uint8Array, source: string): Member[] {
  const view = viewOf(bytes);
  let end = bytes.length - 22;
  const lowest = Math.max(0, end - 65535);
  while (
    end >= lowest &&
    !(view.getUint32(end, true) === END && end + 22 + view.getUint16(end + 20, true) === bytes.length)
  )
    end--;
  check(
    end >= lowest && end >= 0,
    'npz-end',
    () => `${source}: not a zip archive, or a truncated one: its end record is missing.`,
  );
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  check(
    count !== 0xffff && at !== 0xffffffff,
    'npz-zip64',
    () => `${source}: zip64 archives (over 4 GiB) are not supported.`,
  );
  const directory = view.getUint32(end + 12, true);
  check(
    view.getUint16(end + 8, true) === count && at + directory === end,
    'npz-directory',
    () => `${source}: the zip directory is damaged: its place or the number of members is not what it says.`,
  );
  const members = Array.from({ length: count }, () => {
    check(
      at + 46 <= end && view.getUint32(at, true) === CENTRAL,
      'npz-directory',
      () => `${source}: the zip directory is damaged at byte ${at}.`,
    );
    const [nameLength, extra, comment] = [28, 30, 32].map((o) => view.getUint16(at + o, true));
    const [crc, packed, size] = [16, 20, 24].map((o) => view.getUint32(at + o, true));
    const next = at + 46 + nameLength + extra + comment;
    check(next <= end, 'npz-directory', () => `${source}: the zip directory is damaged at byte ${at}.`);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    check(
      (view.getUint16(at + 8, true) & 1) === 0,
      'npz-encrypted',
      () => `${source}: the member '${name}' is encrypted.`,
    );
    check(
      size !== 0xffffffff && packed !== 0xffffffff,
      'npz-zip64',
      () => `${source}: the member '${name}' is over 4 GiB, which is not supported.`,
    );
    const member = {
      name,
      method: view.getUint16(at + 10, true),
      crc,
      packed,
      size,
      local: view.getUint32(at + 42, true),
    };
    at = next;
    return member;
  });
  check(
    at === end,
    'npz-directory',
    () => `${source}: the zip directory is damaged: it holds more than ${count} members.`,
  );
  return members;
}

async function contentOf(bytes: Uint8Array, member: Member, label: string): Promise<Uint8Array> {
  const { local, packed, size, method } = member;
  const view = viewOf(bytes);
  const damaged = () => `${label}: its place in the zip archive is damaged.`;
  check(local + 30 <= bytes.length && view.getUint32(local, true) === LOCAL, 'npz-member', damaged);
  const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  check(start + packed <= bytes.length, 'npz-member', damaged);
  check(
    method === 0 || method === 8,
    'npz-method',
    () => `${label}: compression method ${method} is not supported; use numpy.savez or savez_compressed.`,
  );
  const content = bytes.subarray(start, start + packed);
  if (method === 8) return inflate(content, 'deflate-raw', label, size);
  check(packed === size, 'npz-member', damaged);
  return content;
}
