/**
 * Second readers, written for the fuzz alone: what a changed file says when it is still a well-formed one. A change that such
 * a reader takes for another, equally good file is one that no reader could see.
 */
import { gunzipSync } from 'node:zlib';

const TYPES = {
  f4: [4, 'getFloat32'],
  f8: [8, 'getFloat64'],
  i1: [1, 'getInt8'],
  i2: [2, 'getInt16'],
  i4: [4, 'getInt32'],
  i8: [8, 'getBigInt64'],
  u1: [1, 'getUint8'],
  u2: [2, 'getUint16'],
  u4: [4, 'getUint32'],
  u8: [8, 'getBigUint64'],
  b1: [1, 'getUint8'],
};
const viewOf = (b) => new DataView(b.buffer, b.byteOffset, b.byteLength);
const product = (list) => list.reduce((a, b) => a * b, 1);

/** Reads a .npy file by its header as a Python dictionary. */
export function npy(bytes) {
  const head = bytes[6] === 1 ? 10 : 12;
  const view = viewOf(bytes);
  const start = head + (head === 10 ? view.getUint16(8, true) : view.getUint32(8, true));
  const text = new TextDecoder('latin1').decode(bytes.subarray(head, start));
  const value = (name, pattern) => new RegExp(`['"]${name}['"]\\s*:\\s*${pattern}`).exec(text)?.[1];
  const [, order, type] = /^['"]([<>|=])(\w\d)['"]$/.exec(value('descr', `(['"][^'"]*['"])`));
  const shape = value('shape', '\\(([^)]*)\\)').split(',').map((s) => s.trim().replace(/L$/, '')).filter((s) => s !== '').map(Number); // biome-ignore format: one line
  const [size, get] = TYPES[type];
  const flat = Array.from({ length: product(shape) }, (_, i) => Number(view[get](start + i * size, order !== '>')));
  if (start + flat.length * size !== bytes.length) return undefined;
  if (value('fortran_order', '(\\w+)') !== 'True' || shape.length < 2) return { shape, data: flat };
  const [rows, cols] = [shape[0], product(shape.slice(1))];
  if (shape.length > 2) return undefined;
  return { shape, data: Array.from({ length: rows * cols }, (_, k) => flat[(k % cols) * rows + Math.floor(k / cols)]) };
}

/** Reads a matrix from text: one kind of separator, plain decimal numbers. */
export function csv(bytes) {
  const text = new TextDecoder().decode(bytes);
  const lines = text.split(/\r\n|\n|\r/).map((l) => l.trim()).filter((l) => l !== '' && !l.startsWith('#')); // biome-ignore format: one line
  const marks = [',', ';', '\t'].filter((m) => lines.some((l) => l.includes(m)));
  if (marks.length > 1 || lines.length === 0) return undefined;
  const rows = lines.map((l) =>
    (marks[0] && l.includes(marks[0]) ? l.split(marks[0]) : l.split(/\s+/)).map((w) => w.trim()),
  );
  const word = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
  const named = /^[+-]?(nan|inf|infinity)$/i;
  if (!rows.flat().every((w) => word.test(w) || named.test(w))) return undefined;
  if (rows.some((r) => r.length !== rows[0].length)) return undefined;
  const number = (w) =>
    named.test(w) ? (/nan/i.test(w) ? Number.NaN : w.startsWith('-') ? -Infinity : Infinity) : Number.parseFloat(w);
  return { shape: [rows.length, rows[0].length], data: rows.flat().map(number) };
}

/** Reads an IDX file. */
export function idx(given) {
  const bytes = given[0] === 0x1f && given[1] === 0x8b ? gunzipSync(given) : given;
  const type = { 8: 'u1', 9: 'i1', 11: 'i2', 12: 'i4', 13: 'f4', 14: 'f8' }[bytes[2]];
  const view = viewOf(bytes);
  const dims = Array.from({ length: bytes[3] }, (_, d) => view.getUint32(4 + 4 * d));
  const [size, get] = TYPES[type];
  const start = 4 + 4 * dims.length;
  if (bytes[0] || bytes[1] || start + size * product(dims) !== bytes.length) return undefined;
  return { shape: dims, data: Array.from({ length: product(dims) }, (_, i) => view[get](start + i * size, false)) };
}

/** Reads the float32 tensors of a safetensors file, and its metadata. */
export function safetensors(bytes) {
  const length = Number(viewOf(bytes).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const { __metadata__: metadata = {}, ...tensors } = header;
  const out = {};
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [from, to],
    },
  ] of Object.entries(tensors)) {
    const type = { F32: 'f4', F64: 'f8', I8: 'i1', I16: 'i2', I32: 'i4', I64: 'i8', U8: 'u1', U16: 'u2', U32: 'u4', BOOL: 'b1' }[dtype]; // biome-ignore format: a table
    if (!type) return undefined;
    const [size, get] = TYPES[type];
    if (to - from !== size * product(shape)) return undefined;
    const view = viewOf(bytes.subarray(8 + length + from, 8 + length + to));
    out[name] = { shape, data: Array.from({ length: product(shape) }, (_, i) => Number(view[get](i * size, true))) };
  }
  return { metadata, tensors: out };
}

/** Reads the files of a folder of CIFAR-10, record by record; undefined where one is not well-formed. */
export function cifar(folder) {
  const part = (names) => {
    const labels = [];
    let values = '';
    for (const name of names) {
      const text = Buffer.from(folder.get(name)).toString('latin1');
      if (text.length === 0 || text.length % 3073 !== 0) throw new Error('no whole records');
      for (let at = 0; at < text.length; at += 3073) {
        labels.push(text.charCodeAt(at));
        values += text.slice(at + 1, at + 3073);
      }
    }
    if (labels.some((label) => label > 9)) throw new Error('no such class');
    return { count: labels.length, labels, values };
  };
  const text = folder.get('batches.meta.txt');
  const names =
    text &&
    new TextDecoder()
      .decode(text)
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== '');
  if (names && names.length !== 10) return undefined;
  const train = [1, 2, 3, 4, 5].map((k) => `data_batch_${k}.bin`);
  return { classes: 10, train: part(train), test: part(['test_batch.bin']), names: names ?? null };
}

/** Decodes UTF-8; undefined for bytes that are none. */
export function utf8(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const WHOLE = /^[+-]?\d+$/;

/** Reads the values of an axis of a sweep, as `{size, at}`; without `size` any number between two ends; undefined where it has none. */
export function axis(written) {
  if (written === null || written === undefined) return undefined;
  if (Array.isArray(written)) {
    const texts = written.map((v) => JSON.stringify(v));
    const fine = written.length > 0 && new Set(texts).size === texts.length && !written.some((v) => v === null || (typeof v === 'number' && !Number.isFinite(v))); // biome-ignore format: one condition
    return fine ? { size: written.length, at: (i) => written[i] } : undefined;
  }
  if (typeof written !== 'string') return axis([written]);
  const text = written.trim();
  const [ends, times, more] = text.replace(/^(lin|log)\s+/, '').split(/\s*[x×]\s*(?=\d+$)/);
  const word = /^(lin|log)\s+/.exec(text)?.[1];
  const [a, b, c] = ends.split('..').map((end) => end.trim());
  if (b === undefined) return word || /\.\./.test(text) ? undefined : { size: 1, at: () => text };
  if (c !== undefined || more !== undefined) return undefined;
  if (word) {
    if (!DECIMAL.test(a) || !DECIMAL.test(b)) return undefined;
    const [from, to, n] = [Number(a), Number(b), times === undefined ? undefined : Number(times)];
    if (!(to > from) || !Number.isFinite(to - from) || (word === 'log' && from <= 0) || n < 2) return undefined;
    const at = (i) => (word === 'lin' ? from + ((to - from) * i) / (n - 1) : Math.exp(Math.log(from) + ((Math.log(to) - Math.log(from)) * i) / (n - 1))); // biome-ignore format: one line
    return { size: n, at };
  }
  if (times !== undefined) return undefined;
  if (WHOLE.test(a) && WHOLE.test(b)) return Number(b) >= Number(a) ? { size: Number(b) - Number(a) + 1, at: (i) => Number(a) + i } : undefined; // biome-ignore format: one line
  const [[base, low], [other, high]] = [a.split('^'), b.split('^')];
  if (!WHOLE.test(low ?? '') || !WHOLE.test(high ?? '') || base !== other || !DECIMAL.test(base)) return undefined;
  return Number(high) >= Number(low) ? { size: high - low + 1, at: (i) => Number(base) ** (Number(low) + i) } : undefined; // biome-ignore format: one line
}
