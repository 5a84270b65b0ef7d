/** Event files, read back by a parser that shares nothing with the writer, and by TensorBoard itself where it is there. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { crc32c, type Scalar, writeEvents } from '../src/record/tensorboard.js';

const SCALARS: Scalar[] = [
  { tag: 'loss/train', step: 0, value: 0.5 },
  { tag: 'loss/train', step: 127, value: -1.25 },
  { tag: 'loss/train', step: 128, value: 3e-39 },
  { tag: 'größe', step: 2 ** 40 + 1, value: 1e30 },
];
const bytes = Buffer.from(writeEvents(SCALARS, 1234567890.5));

/** The checksum, one bit at a time from the polynomial 0x1EDC6F41, most significant bit first, with all bits reversed in and out. */
function checksum(data: Buffer): number {
  const reversed = (value: number, bits: number) =>
    Number.parseInt([...value.toString(2).padStart(bits, '0')].reverse().join(''), 2);
  let register = 0xffffffffn;
  for (const byte of data) {
    register ^= BigInt(reversed(byte, 8)) << 24n;
    for (let k = 0; k < 8; k++)
      register =
        register & 0x80000000n ? ((register << 1n) ^ 0x1edc6f41n) & 0xffffffffn : (register << 1n) & 0xffffffffn;
  }
  return reversed(Number(register ^ 0xffffffffn), 32);
}

/** The checksum of a record: rotated right by 15 bits, plus a constant, modulo 2³². */
function maskedChecksum(data: Buffer): number {
  const c = BigInt(checksum(data));
  return Number((((c >> 15n) | ((c & 0x7fffn) << 17n)) + 0xa282ead8n) % 2n ** 32n);
}

type Field = [number: number, value: bigint | Buffer];

/** The fields of a message, by the wire format of Protocol Buffers. */
function fieldsOf(data: Buffer): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = data[at++];
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  };
  while (at < data.length) {
    const key = varint();
    const wire = Number(key & 7n);
    if (wire === 0) fields.push([Number(key >> 3n), varint()]);
    else {
      const length = wire === 1 ? 8 : wire === 5 ? 4 : Number(varint());
      fields.push([Number(key >> 3n), data.subarray(at, (at += length))]);
    }
  }
  return fields;
}

const part = (data: Buffer, number: number) => fieldsOf(data).find(([n]) => n === number)?.[1];

describe('an event file', () => {
  it('has the known checksums of its polynomial', () => {
    // RFC 3720, B.4
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
    expect(crc32c(new Uint8Array(32).fill(255))).toBe(0x62a8ab43);
    expect(crc32c(Uint8Array.from({ length: 32 }, (_, k) => k))).toBe(0x46dd794e);
    expect(checksum(Buffer.from('123456789'))).toBe(0xe3069283);
  });

  const events: Buffer[] = [];
  it('consists of records with the checksums of their lengths and contents', () => {
    let at = 0;
    while (at < bytes.length) {
      const length = Number(bytes.readBigUInt64LE(at));
      const content = bytes.subarray(at + 12, at + 12 + length);
      expect(bytes.readUInt32LE(at + 8)).toBe(maskedChecksum(bytes.subarray(at, at + 8)));
      expect(bytes.readUInt32LE(at + 12 + length)).toBe(maskedChecksum(content));
      events.push(content);
      at += 16 + length;
    }
    expect([at, events.length]).toEqual([bytes.length, SCALARS.length + 1]);
  });

  it('says its version, then each scalar with its time and step', () => {
    expect(String(part(events[0], 3))).toBe('brain.Event:2');
    const read = events.slice(1).map((event) => {
      const value = part(part(event, 5) as Buffer, 1) as Buffer;
      return {
        time: (part(event, 1) as Buffer).readDoubleLE(),
        step: Number(part(event, 2)),
        tag: String(part(value, 1)),
        value: (part(value, 2) as Buffer).readFloatLE(),
      };
    });
    expect(read).toEqual(
      SCALARS.map(({ tag, step, value }) => ({ time: 1234567890.5, step, tag, value: Math.fround(value) })),
    );
  });

  it('refuses what is no scalar', () => {
    expect(() => writeEvents([{ tag: 'a', step: 0.5, value: 1 }], 0)).toThrow(/step must be a whole number/);
  });
});

const board = [process.env.THERMOGRAD_PYTHON, 'python3', '/usr/bin/python3'].find(
  (python) => python && spawnSync(python, ['-c', 'import tensorboard']).status === 0,
);
const folder = mkdtempSync(join(tmpdir(), 'thermograd-events-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it.skipIf(!board)(board ? 'TensorBoard reads it' : 'skipped: needs Python with tensorboard', () => {
  writeFileSync(join(folder, 'events.out.tfevents.0.thermograd'), bytes);
  const code =
    'import json, sys\n' +
    'from tensorboard.backend.event_processing.event_accumulator import EventAccumulator\n' +
    'a = EventAccumulator(sys.argv[1]); a.Reload()\n' +
    "print(json.dumps({t: [[s.step, s.value] for s in a.Scalars(t)] for t in a.Tags()['scalars']}))\n";
  const { stdout, stderr } = spawnSync(board!, ['-c', code, folder], { encoding: 'utf8' });
  expect(stdout, stderr).not.toBe('');
  const of = (tag: string) => SCALARS.filter((s) => s.tag === tag).map(({ step, value }) => [step, Math.fround(value)]);
  expect(JSON.parse(stdout)).toEqual({ 'loss/train': of('loss/train'), größe: of('größe') });
});
