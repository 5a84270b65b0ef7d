import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError } from '../src/numeric/errors.js';
import { readForeignSafetensors, readSafetensors, type Tensor, writeSafetensors } from '../src/record/safetensors.js';

const folder = mkdtempSync(join(tmpdir(), 'thermograd-tensors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tensors = new Map<string, Tensor>([
  ['layer2.weight', { shape: [2, 3], data: Float32Array.of(0, 0.125, 0.25, 0.375, 0.5, 0.625) }],
  ['loss', { shape: [], data: Float64Array.of(0.1) }],
  ['step', { shape: [2], data: BigInt64Array.of(2n ** 53n + 1n, -5n) }],
  ['mask', { shape: [3], data: Uint8Array.of(0, 1, 255) }],
  ['empty', { shape: [0, 4], data: new Float32Array(0) }],
]);
const metadata = { format: 'pt', note: 'Größe "1"' };

describe('safetensors', () => {
  // Made by the reference implementation: test/fixtures/data/make_safetensors.py.
  const official = readFileSync(new URL('./fixtures/data/official.safetensors', import.meta.url));

  it('reads what the reference implementation writes', () => {
    const file = readSafetensors(official, 'f');
    expect(new Map([...file.tensors].sort())).toEqual(new Map([...tensors].sort()));
    expect(file.metadata).toEqual(metadata);
  });

  it('writes what the reference implementation writes, to the byte but for the order of metadata', () => {
    const ours = writeSafetensors(tensors, metadata);
    expect(ours.length).toBe(official.length);
    const start = 8 + Number(official.readBigUInt64LE(0));
    expect(Buffer.from(ours.subarray(start))).toEqual(official.subarray(start));
    const header = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes.subarray(8, start)).toString());
    expect(header(ours)).toEqual(header(official));
  });

  it('survives writing and reading, does not depend on the order given, and owns its memory', () => {
    const bytes = writeSafetensors(tensors, metadata);
    expect(writeSafetensors(new Map([...tensors].reverse()), { note: metadata.note, format: 'pt' })).toEqual(bytes);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    const back = readSafetensors(shifted.subarray(3), 'f');
    shifted.fill(0);
    expect(new Map([...back.tensors].sort())).toEqual(new Map([...tensors].sort()));
    expect(readSafetensors(writeSafetensors([]), 'f')).toEqual({ tensors: new Map(), metadata: {} });
  });

  it('aligns every tensor to its element size', () => {
    const bytes = Buffer.from(writeSafetensors(tensors));
    const start = 8 + Number(bytes.readBigUInt64LE(0));
    const header = JSON.parse(bytes.subarray(8, start).toString());
    for (const [name, { data }] of tensors)
      expect((start + header[name].data_offsets[0]) % data.BYTES_PER_ELEMENT).toBe(0);
  });

  const python = ['/usr/bin/python3', 'python3'].find((command) => {
    try {
      execFileSync(command, ['-c', 'import numpy'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
  const title = 'twenty lines of Python with NumPy read our file';
  it.skipIf(!python)(python ? title : `skipped: needs Python with NumPy: ${title}`, () => {
    const path = join(folder, 'ours.safetensors');
    writeFileSync(path, writeSafetensors(tensors, metadata));
    const code = `
import json, struct, sys
import numpy as np
raw = open(sys.argv[1], 'rb').read()
n, = struct.unpack('<Q', raw[:8])
head = json.loads(raw[8:8 + n])
types = {'F32': '<f4', 'F64': '<f8', 'I64': '<i8', 'U8': 'u1'}
out = {'__metadata__': head.pop('__metadata__')}
for name, t in head.items():
    a, b = t['data_offsets']
    x = np.frombuffer(raw[8 + n + a:8 + n + b], dtype=types[t['dtype']]).reshape(t['shape'])
    out[name] = [str(x.dtype), list(x.shape), [str(v) for v in x.ravel()]]
print(json.dumps(out))`;
    expect(JSON.parse(execFileSync(python!, ['-c', code, path], { encoding: 'utf8' }))).toEqual({
      __metadata__: metadata,
      'layer2.weight': ['float32', [2, 3], ['0.0', '0.125', '0.25', '0.375', '0.5', '0.625']],
      loss: ['float64', [], ['0.1']],
      step: ['int64', [2], ['9007199254740993', '-5']],
      mask: ['uint8', [3], ['0', '1', '255']],
      empty: ['float32', [0, 4], []],
    });
  });

  it.each([
    [[['a', { shape: [3], data: Float32Array.of(1) }]], /tensor 'a': shape \[3\] does not hold the 1 values/],
    [[['__metadata__', { shape: [1], data: Float32Array.of(1) }]], /not __metadata__/],
    [
      [
        ['a', { shape: [1], data: Float32Array.of(1) }],
        ['a', { shape: [1], data: Float32Array.of(1) }],
      ],
      /must be distinct .* got 'a'/,
    ],
  ] as [[string, Tensor][], RegExp][])('refuses to write %j', (list, message) => {
    expect(() => writeSafetensors(list)).toThrow(message);
  });
});

describe('numbers of 16 bits', () => {
  /** One tensor `a` of these bit patterns, with a BOOL tensor behind it. */
  function file(dtype: string, bits: number[], mask: number[] = []): Uint8Array {
    const end = 2 * bits.length;
    const header = {
      a: { dtype, shape: [bits.length], data_offsets: [0, end] },
      ...(mask.length > 0 && { mask: { dtype: 'BOOL', shape: [mask.length], data_offsets: [end, end + mask.length] } }),
    };
    const text = Buffer.from(JSON.stringify(header));
    const start = Buffer.alloc(8);
    start.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([start, text, Buffer.from(Uint16Array.from(bits).buffer), Buffer.from(mask)]);
  }

  it('half precision is widened exactly, with its extremes', () => {
    const bits = [0x3c00, 0xc000, 0x3555, 0x7bff, 0x0001, 0x03ff, 0x0400, 0x8000, 0x7c00, 0xfc00, 0x7e00];
    const { data } = readSafetensors(file('F16', bits), 'f').tensors.get('a')!;
    expect(data).toEqual(
      Float32Array.of(
        ...[1, -2, 1365 / 4096, 65504, 2 ** -24, 1023 * 2 ** -24, 2 ** -14, -0],
        ...[Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN],
      ),
    );
    expect(Object.is(data[7], -0)).toBe(true);
  });

  it('bfloat16 is the upper half of a float32', () => {
    const { data } = readSafetensors(file('BF16', [0x3f80, 0xc049, 0x0001, 0xff80, 0x8000]), 'f').tensors.get('a')!;
    expect(data).toEqual(Float32Array.of(1, -3.140625, 2 ** -133, Number.NEGATIVE_INFINITY, -0));
  });

  it('other types are described and not read, in the order of the data', () => {
    const bytes = file('BF16', [0x3f80], [1, 0, 1]);
    const { tensors, entries } = readForeignSafetensors(bytes, 'f');
    expect([...tensors.keys()]).toEqual(['a']);
    expect([...entries]).toEqual([
      ['a', { type: 'BF16', shape: [1] }],
      ['mask', { type: 'BOOL', shape: [3] }],
    ]);
    expect(() => readSafetensors(bytes, 'f')).toThrow(
      /tensor 'mask' has the type "BOOL"; I64, F64, F32, U8, F16, BF16/,
    );
  });
});

describe('malformed safetensors', () => {
  /** A file with a header of one's own and `size` bytes of data. */
  function make(header: unknown, size = 0, length?: number): Uint8Array {
    const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
    const out = new Uint8Array(8 + text.length + size);
    new DataView(out.buffer).setBigUint64(0, BigInt(length ?? text.length), true);
    out.set(text, 8);
    return out;
  }
  const f32 = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype: unknown = 'F32') => ({
    dtype,
    shape,
    data_offsets: [begin, end],
  });

  it('its good relatives are read', () => {
    expect(readSafetensors(make({ a: f32(4, 8), b: f32(0, 4) }, 8), 'f').tensors.size).toBe(2);
    expect(readSafetensors(make({ a: f32(0, 0), b: f32(0, 4), c: f32(4, 4) }, 4), 'f').tensors.size).toBe(3);
  });

  it.each([
    ['nothing', new Uint8Array(0), 'tensor-truncated', 'expected at least 8 bytes, got 0'],
    [
      'a header longer than the file',
      make({}, 0, 3000),
      'tensor-truncated',
      'the header ends at byte 3008, the file at 10',
    ],
    ['text', new TextEncoder().encode('hello, this is text'), 'tensor-header', 'probably not a safetensors file'],
    ['no JSON', make('{"a": '), 'tensor-header', 'is not JSON'],
    ['a JSON array', make([]), 'tensor-header', 'not a JSON object'],
    ['metadata that is no object', make({ __metadata__: ['x'] }), 'tensor-header', '__metadata__ must be an object'],
    ['metadata that is no text', make({ __metadata__: { x: 1 } }), 'tensor-header', "entry 'x' is not a string"],
    ['an entry that is a number', make({ a: 1 }), 'tensor-header', "tensor 'a' is not described by an object"],
    [
      'eight bits',
      make({ a: f32(0, 4, [4], 'F8_E4M3') }, 4),
      'tensor-type',
      `tensor 'a' has the type "F8_E4M3"; I64, F64, F32, U8, F16, BF16 are read`,
    ],
    ['no type', make({ a: f32(0, 4, [1], null) }, 4), 'tensor-type', "tensor 'a' has the type null"],
    [
      'no type at all',
      make({ a: { shape: [1], data_offsets: [0, 4] } }, 4),
      'tensor-type',
      "tensor 'a' has the type not stated",
    ],
    ['a negative shape', make({ a: f32(0, 4, [-1]) }, 4), 'tensor-shape', 'the shape [-1]'],
    ['a shape that is no list', make({ a: f32(0, 4, 1) }, 4), 'tensor-shape', 'the shape 1'],
    ['offsets backwards', make({ a: f32(8, 4, [1]) }, 8), 'tensor-bounds', 'the data offsets [8,4]'],
    [
      'three offsets',
      make({ a: { dtype: 'F32', shape: [1], data_offsets: [0, 4, 8] } }, 8),
      'tensor-bounds',
      '[0,4,8]',
    ],
    ['another size than its shape', make({ a: f32(0, 8, [3]) }, 8), 'tensor-shape', 'F32 [3] needs 12 bytes, got 8'],
    ['a shape beyond counting', make({ a: f32(0, 8, [2 ** 50, 2 ** 50]) }, 8), 'tensor-shape', 'needs'],
    ['data beyond the end', make({ a: f32(0, 8) }, 4), 'tensor-bounds', "tensor 'a' ends at byte 8 of 4"],
    ['an overlap', make({ a: f32(0, 8), b: f32(4, 12) }, 12), 'tensor-overlap', "tensor 'b' overlaps"],
    ['one place twice', make({ a: f32(0, 4), b: f32(0, 4) }, 4), 'tensor-overlap', "tensor 'b' overlaps"],
    ['a gap', make({ a: f32(0, 4), b: f32(8, 12) }, 12), 'tensor-gap', "4 unused bytes before tensor 'b'"],
    [
      'a name twice',
      make(
        '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
        8,
      ),
      'tensor-name',
      "holds 'a' twice",
    ],
    [
      'a key of a tensor twice',
      make('{"a":{"dtype":"F32","shape":[1],"shape":[2],"data_offsets":[0,4]}}', 4),
      'tensor-name',
      "holds 'shape' twice",
    ],
    ['bytes after the last', make({ a: f32(0, 4) }, 6), 'tensor-gap', '2 bytes after the last tensor'],
  ])('%s is refused', (_, bytes, code, message) => {
    const read = () => readSafetensors(bytes, 'c.safetensors');
    expect(read).toThrow(InputError);
    expect(read).toThrow(expect.objectContaining({ code, message: expect.stringContaining(message) }));
    expect(read).toThrow(/^c\.safetensors: /);
  });

  it('every truncation of a good file is an InputError', () => {
    const good = writeSafetensors(tensors, metadata);
    for (let n = 0; n < good.length; n++) expect(() => readSafetensors(good.subarray(0, n), 'f')).toThrow(InputError);
  });
});
