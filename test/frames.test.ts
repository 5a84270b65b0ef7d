/** Frames of the bridge: what is written is read back however the bytes are cut, and broken bytes are refused with a sentence. */
import { describe, expect, it } from 'vitest';
import { RunError } from '../src/numeric/errors.js';
import { randomKey, type Stream } from '../src/numeric/random.js';
import {
  encodeFrame,
  type Frame,
  type FrameArray,
  FrameParser,
  type FrameVerb,
} from '../src/surface/process/frames.js';

const joined = (pieces: readonly Uint8Array[]) => Uint8Array.from(pieces.flatMap((p) => [...p]));
const FRAMES: readonly (readonly [FrameVerb, number, Record<string, unknown>, FrameArray[]])[] = [
  ['hello', 1, {}, []],
  [
    'losses',
    2 ** 32 - 1,
    { note: 'ü' },
    [
      { name: 'a', shape: [3], data: Uint32Array.of(1, 2, 2 ** 32 - 1) },
      { name: 'b', shape: [2, 2], data: Float64Array.of(1, -0, Number.NaN, 1e-310) },
      { name: 'c', shape: [0, 5], data: new Float64Array() },
      { name: 'd', shape: [], data: Float32Array.of(0.5) },
      { name: 'e', shape: [1], data: Uint8Array.of(7) },
    ],
  ],
  ['heartbeat', 0, { busy: null }, []],
];
const stream = joined(FRAMES.flatMap((f) => encodeFrame(...f)));

function expectFrames(frames: readonly Frame[]): void {
  expect(frames.length).toBe(FRAMES.length);
  frames.forEach(({ verb, id, header, arrays }, i) => {
    const [v, n, h, a] = FRAMES[i];
    expect([verb, id]).toEqual([v, n]);
    expect(header).toMatchObject(h);
    expect([...arrays.values()]).toEqual(a);
  });
}

it('lie in the bytes that the page of the protocol says', () => {
  const bytes = joined(encodeFrame('gradient', 258, {}, [{ name: 'x', shape: [3], data: Uint32Array.of(1, 2, 3) }]));
  const header = '{"arrays":[{"name":"x","dtype":"uint32","shape":[3],"order":"C"}]}';
  expect([...bytes.subarray(0, 24)]).toEqual([
    ...new TextEncoder().encode('thgr'),
    ...[1, 3, 0, 0, 2, 1, 0, 0, header.length, 0, 0, 0, 16, 0, 0, 0, 0, 0, 0, 0],
  ]);
  expect(new TextDecoder().decode(bytes.subarray(24, 24 + header.length))).toBe(header);
  expect([...bytes.subarray(24 + header.length)]).toEqual([1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]);
});

describe('pieces', () => {
  it.each([1, 2, 7, 23, 24, 25, 1000])('of %i bytes give the same frames', (size) => {
    const parser = new FrameParser();
    const frames: Frame[] = [];
    for (let at = 0; at < stream.length; at += size) frames.push(...parser.push(stream.subarray(at, at + size)));
    expectFrames(frames);
    expect(parser.between).toBe(true);
  });

  it('of random sizes give the same frames', () => {
    const random = randomKey(5).stream();
    for (let trial = 0; trial < 200; trial++) {
      const parser = new FrameParser();
      const frames: Frame[] = [];
      for (let at = 0; at < stream.length; ) {
        const size = Math.floor(random.uniform() ** 3 * 200);
        frames.push(...parser.push(stream.subarray(at, at + size)));
        at += size;
      }
      expectFrames(frames);
    }
  });

  it('that end within a frame leave the parser within it', () => {
    const parser = new FrameParser();
    parser.push(stream.subarray(0, stream.length - 1));
    expect(parser.between).toBe(false);
  });
});

/** Changes a few bytes of the stream, or cuts some out, or repeats some. */
function damaged(random: Stream): Uint8Array {
  const bytes = [...stream];
  const place = () => Math.floor(random.uniform() * bytes.length);
  for (let k = 0; k <= random.uniform() * 3; k++) {
    const kind = random.uniform();
    if (kind < 0.6) bytes[place()] = Math.floor(random.uniform() * 256);
    else if (kind < 0.8) bytes.splice(place(), 1 + Math.floor(random.uniform() * 20));
    else bytes.splice(place(), 0, ...bytes.slice(place()).slice(0, 30));
  }
  return Uint8Array.from(bytes);
}

describe('broken bytes', () => {
  it('are refused with a RunError, wait for more, or are frames', () => {
    const random = randomKey(11).stream();
    let refused = 0;
    for (let trial = 0; trial < 3000; trial++) {
      const parser = new FrameParser(1e6);
      const bytes = damaged(random);
      try {
        for (let at = 0; at < bytes.length; at += 50) parser.push(bytes.subarray(at, at + 50));
      } catch (error) {
        expect(error).toBeInstanceOf(RunError);
        expect((error as Error).message).toMatch(/^the other side of the bridge sent .*\.$/s);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(1000);
  });

  const head = (change: (view: DataView) => void) => {
    const bytes = joined(encodeFrame('hello', 1));
    change(new DataView(bytes.buffer));
    return bytes;
  };
  const withHeader = (header: string, payload: number) => {
    const bytes = new Uint8Array(24 + header.length);
    bytes.set(head(() => {}).subarray(0, 24));
    bytes.set(new TextEncoder().encode(header), 24);
    const view = new DataView(bytes.buffer);
    view.setUint32(12, header.length, true);
    view.setBigUint64(16, BigInt(payload), true);
    return bytes;
  };
  const list = (array: string) => `{"arrays":[${array}]}`;
  it.each([
    ['another beginning', head((v) => v.setUint8(0, 0)), 'do not begin a frame'],
    ['another version', head((v) => v.setUint8(4, 2)), 'protocol version 2'],
    ['an unknown verb', head((v) => v.setUint8(5, 99)), 'verb 99'],
    ['a header of 65537 bytes', head((v) => v.setUint32(12, 65537, true)), '65537 bytes of header'],
    ['an endless payload', head((v) => v.setBigUint64(16, 2n ** 63n, true)), 'of payload'],
    ['no JSON', withHeader('{', 0), 'no JSON'],
    ['a list as header', withHeader('[]', 0), 'no JSON object'],
    ['arrays that are no list', withHeader('{"arrays":1}', 0), 'no list'],
    ['null as array', withHeader(list('null'), 0), 'an array of unknown'],
    ['an inherited name as type', withHeader(list('{"name":"a","dtype":"toString","shape":[1]}'), 8), 'unknown'],
    ['order F', withHeader(list('{"name":"a","dtype":"float64","shape":[1],"order":"F"}'), 8), 'order'],
    ['a negative shape', withHeader(list('{"name":"a","dtype":"float64","shape":[-1]}'), 8), 'impossible shape'],
    ['a huge shape', withHeader(list('{"name":"a","dtype":"float64","shape":[1e9,1e9]}'), 8), 'impossible shape'],
    [
      'too short a payload',
      withHeader(list('{"name":"a","dtype":"float64","shape":[2]}'), 8),
      '16 bytes in a payload of 8',
    ],
    ['a payload without arrays', withHeader('{}', 8), '0 bytes in a payload of 8'],
  ])('%s', (_, bytes, words) => {
    expect(() => new FrameParser().push(bytes)).toThrow(words);
  });

  it('of two arrays with one name', () => {
    const one = { name: 'a', shape: [1], data: Float64Array.of(1) };
    const bytes = joined(encodeFrame('result', 1, {}, [one, one]));
    expect(() => new FrameParser().push(bytes)).toThrow('repeated name');
  });
});

it('with a header that is too long, or numbers that do not fit their shape, are not written', () => {
  expect(() => encodeFrame('hello', 1, { text: 'x'.repeat(70_000) })).toThrow('longer than 65536');
  expect(() => encodeFrame('result', 1, {}, [{ name: 'a', shape: [2], data: Float64Array.of(1) }])).toThrow('[2]');
});
