import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError } from '../src/numeric/errors.js';
import { type NpyArray, type NpyData, type NpyType, readNpy, writeNpy } from '../src/record/npy.js';
import { crc32, readNpz, writeNpz } from '../src/record/npz.js';

const folder = mkdtempSync(join(tmpdir(), 'thermograd-npy-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

/** The Python that has NumPy, if any. */
const python = ['/usr/bin/python3', 'python3'].find((command) => {
  try {
    execFileSync(command, ['-c', 'import numpy'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});
const numpy = (code: string) =>
  execFileSync(python!, ['-c', `import numpy as np, json\n${code}`], { cwd: folder, encoding: 'utf8' });
const withNumpy = (title: string, body: () => void | Promise<void>) =>
  it.skipIf(!python)(python ? title : `skipped: needs Python with NumPy: ${title}`, body);

const SAMPLES: [NpyType, NpyData][] = [
  ['f4', Float32Array.of(0, -0, 1.5, Math.fround(0.1), Infinity, NaN)],
  ['f8', Float64Array.of(0, -0, 1e-320, 0.1, -Infinity, NaN)],
  ['i1', Int8Array.of(-128, -1, 0, 1, 2, 127)],
  ['i2', Int16Array.of(-32768, -1, 0, 1, 2, 32767)],
  ['i4', Int32Array.of(-(2 ** 31), -1, 0, 1, 2, 2 ** 31 - 1)],
  ['i8', Float64Array.of(Number.MIN_SAFE_INTEGER, -1, 0, 1, 2, Number.MAX_SAFE_INTEGER)],
  ['u1', Uint8Array.of(0, 1, 2, 127, 128, 255)],
  ['u2', Uint16Array.of(0, 1, 2, 32768, 65534, 65535)],
  ['u4', Uint32Array.of(0, 1, 2, 2 ** 31, 2 ** 32 - 2, 2 ** 32 - 1)],
  ['u8', Float64Array.of(0, 1, 2, 2 ** 32, 2 ** 52, Number.MAX_SAFE_INTEGER)],
  ['b1', Uint8Array.of(0, 1, 1, 0, 1, 0)],
];

describe('.npy against NumPy', () => {
  withNumpy('reads every type, both byte orders, both array orders, all three versions', () => {
    numpy(`
from numpy.lib import format as f
for t in ['f4','f8','i1','i2','i4','i8','u1','u2','u4','u8','b1']:
    x = (np.arange(24).reshape(2,3,4) * 5 - (0 if t[0] in 'ub' else 60)).astype(t) if t != 'b1' else (np.arange(24).reshape(2,3,4) % 3 == 0)
    for e in '<>':
        for o in 'CF':
            for v in [(1,0),(2,0),(3,0)]:
                y = np.array(x, dtype=(e + t) if t != 'b1' else '?', order=o)
                with open(f"{t}{'le' if e=='<' else 'be'}{o}{v[0]}.npy", 'wb') as h:
                    f.write_array(h, y, version=v)
`);
    for (const [type] of SAMPLES) {
      const expected = Array.from({ length: 24 }, (_, i) =>
        type === 'b1' ? Number(i % 3 === 0) : i * 5 - (type.startsWith('u') ? 0 : 60),
      );
      for (const file of ['le', 'be'].flatMap((e) =>
        ['C', 'F'].flatMap((o) => [1, 2, 3].map((v) => `${type}${e}${o}${v}.npy`)),
      )) {
        const array = readNpy(readFileSync(at(file)), file);
        expect(array, file).toMatchObject({ type, shape: [2, 3, 4] });
        expect([...array.data], file).toEqual(expected);
      }
    }
  });

  withNumpy('writes what NumPy reads: every type, bit by bit, and the shapes (), (0, 3), (6,)', () => {
    for (const [type, data] of SAMPLES) writeFileSync(at(`w-${type}.npy`), writeNpy({ type, shape: [2, 3], data }));
    writeFileSync(at('w-scalar.npy'), writeNpy({ shape: [], data: Float64Array.of(7) }));
    writeFileSync(at('w-empty.npy'), writeNpy({ shape: [0, 3], data: new Float32Array(0) }));
    writeFileSync(at('w-vector.npy'), writeNpy({ shape: [6], data: Uint16Array.of(1, 2, 3, 4, 5, 6) }));
    const seen = JSON.parse(
      numpy(`
out = {}
import glob
for p in sorted(glob.glob('w-*.npy')):
    a = np.load(p, allow_pickle=False)
    out[p[2:-4]] = [str(a.dtype), list(a.shape), a.tobytes().hex(), bool(a.flags.c_contiguous)]
print(json.dumps(out))`),
    );
    const names: Record<string, string> = { f: 'float', i: 'int', u: 'uint' };
    for (const [type, data] of SAMPLES) {
      const dtype = type === 'b1' ? 'bool' : `${names[type[0]]}${8 * Number(type[1])}`;
      const bits = type === 'i8' || type === 'u8' ? BigInt64Array.from(data as Float64Array, (v) => BigInt(v)) : data;
      expect(seen[type]).toEqual([dtype, [2, 3], Buffer.from(bits.buffer).toString('hex'), true]);
    }
    expect(seen.scalar.slice(0, 2)).toEqual(['float64', []]);
    expect(seen.empty.slice(0, 2)).toEqual(['float32', [0, 3]]);
    expect(seen.vector).toEqual(['uint16', [6], '010002000300040005000600', true]);
  });

  withNumpy('.npz both ways, stored and deflated', async () => {
    const w = Float32Array.from({ length: 500 }, (_, i) => i / 7);
    writeFileSync(
      at('ours.npz'),
      writeNpz([
        ['weights', { shape: [50, 10], data: w }],
        ['größe', { shape: [], data: Float64Array.of(3) }],
      ]),
    );
    const seen = JSON.parse(
      numpy(`
import zipfile
assert zipfile.ZipFile('ours.npz').testzip() is None
z = np.load('ours.npz', allow_pickle=False)
print(json.dumps([sorted(z.files), z['weights'].tobytes().hex(), list(z['weights'].shape), float(z['größe'])]))
np.savez('stored.npz', a=z['weights'], b=np.arange(5))
np.savez_compressed('deflated.npz', a=z['weights'], b=np.arange(5), zeros=np.zeros((300, 300)))`),
    );
    expect(seen).toEqual([['größe', 'weights'], Buffer.from(w.buffer).toString('hex'), [50, 10], 3]);
    for (const file of ['stored.npz', 'deflated.npz']) {
      const arrays = await readNpz(readFileSync(at(file)), file);
      expect([...arrays.keys()]).toEqual(file === 'stored.npz' ? ['a', 'b'] : ['a', 'b', 'zeros']);
      expect(arrays.get('a')).toEqual({ shape: [50, 10], type: 'f4', data: w });
      expect(arrays.get('b')).toEqual({ shape: [5], type: 'i8', data: Float64Array.of(0, 1, 2, 3, 4) });
    }
  });
});

describe('.npy by itself', () => {
  it.each(SAMPLES)('%s survives writing and reading', (type, data) => {
    const bytes = writeNpy({ type, shape: [3, 2], data });
    expect(readNpy(bytes, 'f')).toEqual({ type, shape: [3, 2], data });
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    expect(readNpy(shifted.subarray(1), 'f').data).toEqual(data);
  });

  it('takes the type from the array, aligns the values to 64 bytes, and does not share memory', () => {
    const data = Float32Array.of(1, 2);
    const bytes = writeNpy({ shape: [2], data });
    expect((bytes.length - 8) % 64).toBe(0);
    const back = readNpy(bytes, 'f');
    bytes.fill(0);
    expect(back).toEqual({ type: 'f4', shape: [2], data });
  });

  it.each([
    [{ shape: [3], data: Float32Array.of(1, 2) }, /shape \(3\) does not hold the 2 values/],
    [{ shape: [-2, -1], data: Float32Array.of(1, 2) }, /does not hold/],
    [{ type: 'f8', shape: [1], data: Float32Array.of(1) }, /f8 needs a Float64Array; got a Float32Array/],
    [{ type: 'i8', shape: [2], data: Float64Array.of(1, 1.5) }, /value 1.5 at position 1 does not fit npy type i8/],
    [{ type: 'i8', shape: [1], data: Float64Array.of(2 ** 53) }, /does not fit npy type i8/],
    [{ type: 'u8', shape: [1], data: Float64Array.of(-1) }, /does not fit npy type u8/],
    [{ type: 'b1', shape: [1], data: Uint8Array.of(2) }, /value 2 at position 0 does not fit npy type b1/],
  ] as [NpyArray, RegExp][])('refuses to write %j', (array, message) => {
    expect(() => writeNpy(array)).toThrow(message);
  });
});

/** A .npy file with a header of one's own. */
function npy(header: string, body: number[] = [], version = [1, 0], length?: number): Uint8Array {
  const text = Buffer.from(header, 'latin1');
  const n = length ?? text.length;
  const size = version[0] === 1 ? [n & 255, n >> 8] : [n & 255, n >> 8, 0, 0];
  return Uint8Array.from([0x93, ...Buffer.from('NUMPY'), ...version, ...size, ...text, ...body]);
}
const dict = (descr: string, shape: string, order = 'False') =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

describe('malformed .npy', () => {
  it('accepts what old and odd writers produce', () => {
    expect(readNpy(npy(`{"shape":(2L,),"fortran_order":False,"descr":"|u1"}`, [1, 2]), 'f').shape).toEqual([2]);
    expect([...readNpy(npy(dict("'>i4'", '()'), [0, 0, 1, 0]), 'f').data]).toEqual([256]);
  });

  it.each([
    ['nothing', new Uint8Array(0), 'npy-truncated', 'expected at least 10 bytes, got 0'],
    ['a zip', Uint8Array.of(0x50, 0x4b, 3, 4), 'npy-magic', 'does not begin with'],
    ['only its magic', npy('').subarray(0, 6), 'npy-truncated', 'at least 10 bytes, got 6'],
    ['version 4', npy(dict("'<f4'", '()'), [0, 0, 0, 0], [4, 0]), 'npy-version', 'version 4.0 is unknown'],
    ['version 2 cut in its length', npy('', [], [2, 0]).subarray(0, 11), 'npy-truncated', 'at least 12 bytes, got 11'],
    ['a header longer than the file', npy('{}', [], [1, 0], 500), 'npy-truncated', 'at least 510 bytes, got 12'],
    ['no dictionary', npy('hello\n'), 'npy-header', 'no dictionary'],
    ['code', npy(`{'descr': __import__('os'), }`), 'npy-header', 'something unreadable'],
    ['a missing entry', npy(`{'descr': '<f4', 'shape': (1,), }`), 'npy-header', 'not exactly'],
    [
      'an extra entry',
      npy(`{'descr': '<f4', 'fortran_order': False, 'shape': (), 'x': ()}`),
      'npy-header',
      'not exactly',
    ],
    ['a double entry', npy(`{'descr': '<f4', 'descr': '<f8', 'shape': (), }`), 'npy-header', "'descr' twice"],
    ['order as text', npy(dict("'<f4'", '()', "'yes'")), 'npy-header', 'not exactly'],
    ['a shape that is no tuple', npy(dict("'<f4'", '(3)')), 'npy-header', 'a bad shape'],
    ['a hole in its shape', npy(dict("'<f4'", '(3,,4)')), 'npy-header', 'a bad shape'],
    ['a negative shape', npy(dict("'<f4'", '(-3,)')), 'npy-header', 'something unreadable'],
    ['an absurd shape', npy(dict("'<f4'", '(99999999999999999999,)')), 'npy-header', 'a bad shape'],
    ['objects', npy(dict("'|O'", '(1,)')), 'npy-type', "type '|O' are not supported; save one of f4"],
    ['half precision', npy(dict("'<f2'", '(1,)'), [0, 0]), 'npy-type', "'<f2'"],
    ['complex numbers', npy(dict("'<c16'", '()')), 'npy-type', "'<c16'"],
    ['dates', npy(dict("'<M8[ns]'", '()')), 'npy-type', "'<M8[ns]'"],
    ['a structure', npy(dict("[('a', '<f4')]", '()')), 'npy-type', 'structured .npy arrays'],
    ['too few values', npy(dict("'<f4'", '(2,)'), [0, 0, 0, 0]), 'npy-length', 'shape (2) of f4 needs'],
    ['too many values', npy(dict("'<f4'", '()'), [0, 0, 0, 0, 0]), 'npy-length', 'shape () of f4 needs'],
    [
      'an integer of 2^53',
      npy(dict("'<i8'", '(2,)'), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0]),
      'npy-unsafe-integer',
      'position 1',
    ],
    [
      'an unsigned 2^63',
      npy(dict("'>u8'", '()'), [128, 0, 0, 0, 0, 0, 0, 0]),
      'npy-unsafe-integer',
      'u8 value at position 0',
    ],
    ['a boolean of 2', npy(dict("'|b1'", '(2,)'), [1, 2]), 'npy-bool', 'position 1 is the byte 2'],
  ])('%s is refused', (_, bytes, code, message) => {
    const read = () => readNpy(bytes, 'w.npy');
    expect(read).toThrow(InputError);
    expect(read).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
    expect(read).toThrow(/^w\.npy: /);
  });

  it('every truncation of a good file is an InputError', () => {
    const good = writeNpy({ shape: [2], data: Float32Array.of(1, 2) });
    for (let n = 0; n < good.length; n++) expect(() => readNpy(good.subarray(0, n), 'f')).toThrow(InputError);
  });
});

describe('.npz', () => {
  const good = () =>
    writeNpz([
      ['a', { shape: [2], data: Float32Array.of(1, 2) }],
      ['b', { shape: [], data: Uint8Array.of(9) }],
    ]);
  const change = (edit: (bytes: Uint8Array<ArrayBuffer>, view: DataView) => void) => {
    const bytes = good();
    edit(bytes, new DataView(bytes.buffer));
    return bytes;
  };
  /** Byte of the first directory entry. */
  const directory = (bytes: Uint8Array) => new DataView(bytes.buffer).getUint32(bytes.length - 6, true);

  it('crc32 gives the standard check value, and zlib its own answer at every length mod 8', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
    expect(crc32(new Uint8Array(0))).toBe(0);
    const noise = Uint8Array.from({ length: 1003 }, (_, i) => (i * i * 31) >> 3);
    if (zlib.crc32 !== undefined)
      for (let n = 990; n <= 1003; n++) expect(crc32(noise.subarray(0, n))).toBe(zlib.crc32(noise.subarray(0, n)));
  });

  it('depends on the arrays alone', () => {
    expect(good()).toEqual(good());
  });

  it('keeps an empty archive, and refuses equal names', async () => {
    expect((await readNpz(writeNpz([]), 'f')).size).toBe(0);
    const one = { shape: [], data: Uint8Array.of(1) };
    expect(() =>
      writeNpz([
        ['a', one],
        ['a', one],
      ]),
    ).toThrow(/distinct non-empty names; got 'a'/);
  });

  it.each([
    ['nothing', () => new Uint8Array(0), 'npz-end'],
    ['no archive', () => new Uint8Array(100), 'npz-end'],
    ['cut at the end', () => good().subarray(0, -1), 'npz-end'],
    ['bytes after the end', () => new Uint8Array([...good(), 0]), 'npz-end'],
    ['a flipped value', () => change((b) => void (b[30 + 5 + 128] ^= 1)), 'npz-checksum'],
    ['a directory elsewhere', () => change((b, v) => v.setUint32(b.length - 6, 5, true)), 'npz-directory'],
    ['a directory beyond the end', () => change((b, v) => v.setUint32(b.length - 6, 1e9, true)), 'npz-directory'],
    ['a zip64 directory', () => change((b, v) => v.setUint32(b.length - 6, 0xffffffff, true)), 'npz-zip64'],
    ['a member of 4 GiB', () => change((b, v) => v.setUint32(directory(b) + 24, 0xffffffff, true)), 'npz-zip64'],
    ['an encrypted member', () => change((b, v) => v.setUint16(directory(b) + 8, 1, true)), 'npz-encrypted'],
    ['another compression', () => change((b, v) => v.setUint16(directory(b) + 10, 12, true)), 'npz-method'],
    [
      'a stored member called deflated',
      () => change((b, v) => v.setUint16(directory(b) + 10, 8, true)),
      'bad-compression',
    ],
    ['a member beyond the end', () => change((b, v) => v.setUint32(directory(b) + 42, 1e6, true)), 'npz-member'],
    ['sizes that disagree', () => change((b, v) => v.setUint32(directory(b) + 24, 5, true)), 'npz-member'],
    ['a member that is no array', () => change((b) => void (b[directory(b) + 46 + 4] = 0x78)), 'npz-member'],
    [
      'one name twice',
      () => change((b, v) => void (b[directory(b) + 46 + 5 + 46] = v.getUint8(directory(b) + 46))),
      'npz-member',
    ],
  ] as [string, () => Uint8Array, string][])('%s is refused', async (_, make, code) => {
    const error = await readNpz(make(), 'w.npz').catch((e: unknown) => e);
    expect(error).toBeInstanceOf(InputError);
    expect(error).toMatchObject({ code, message: expect.stringMatching(/^w\.npz/) });
  });

  it('a deflated member that swells beyond its stated size is stopped', async () => {
    const content = zlib.deflateRawSync(new Uint8Array(1e6));
    const bytes = new Uint8Array(30 + 5 + content.length + 46 + 5 + 22);
    const view = new DataView(bytes.buffer);
    const end = bytes.length - 22;
    const entry = end - 51;
    view.setUint32(0, 0x04034b50, true);
    view.setUint16(26, 5, true);
    bytes.set(content, 35);
    view.setUint32(entry, 0x02014b50, true);
    view.setUint16(entry + 10, 8, true);
    view.setUint32(entry + 20, content.length, true);
    view.setUint32(entry + 24, 1000, true);
    view.setUint16(entry + 28, 5, true);
    bytes.set(Buffer.from('a.npy'), entry + 46);
    view.setUint32(end, 0x06054b50, true);
    view.setUint16(end + 8, 1, true);
    view.setUint16(end + 10, 1, true);
    view.setUint32(end + 12, end - entry, true);
    view.setUint32(end + 16, entry, true);
    await expect(readNpz(bytes, 'w.npz')).rejects.toThrow(
      'w.npz[a]: expected 1000 bytes after decompression, got more',
    );
  });
});
