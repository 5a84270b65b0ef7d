/** Recordings made elsewhere: every source gives the same rows, and what is damaged or open to two readings is refused. */
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { InputError } from '../src/numeric/errors.js';
import { writeNpy } from '../src/record/npy.js';
import { writeNpz } from '../src/record/npz.js';
import { namePattern, orderByNumbers } from '../src/record/recording/names.js';
import { openRecording, type Recording, type RecordingOptions } from '../src/record/recording/open.js';
import { writeSafetensors } from '../src/record/safetensors.js';
import { chunkRowsFor, TrajectoryWriter } from '../src/record/trajectory.js';
import { asNpy, asNpz, asTensorFolder, asTensors, asZarr2, walk } from './support/recordings.js';

const folder = mkdtempSync(join(tmpdir(), 'thermograd-recordings-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => join(folder, name);

const r = walk(50, [1, 2, 3, 4, 5, 6, 0.5, 0.25], 5);
const PARTS = { 'fc1.weight': [2, 3], 'fc2.weight': [2] } as const;

async function rowsOf(recording: Recording): Promise<number[]> {
  const out: number[] = [];
  for await (const chunk of recording.chunks()) out.push(...chunk);
  return out;
}
const refusal = async (path: string, options: RecordingOptions = {}): Promise<InputError> => {
  try {
    await openRecording(path, options);
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
    return error as InputError;
  }
  throw new Error(`${path} was opened`);
};

describe('every source gives the rows', () => {
  it.each([
    ['.npy', asNpy(at('a.npy'), r), ['a']],
    ['.npy with three dimensions', asNpy(at('b.npy'), r, [2, 4]), ['b']],
    ['.npz, one array for each parameter', asNpz(at('c.npz'), r, PARTS), Object.keys(PARTS)],
    ['a folder of safetensors', asTensorFolder(at('d'), r, PARTS), Object.keys(PARTS)],
    ['one safetensors file', asTensors(at('e.safetensors'), r, PARTS), Object.keys(PARTS)],
    ['Zarr 2 in small chunks', asZarr2(at('f.zarr'), r, PARTS), Object.keys(PARTS)],
    [
      'Zarr 2 in Fortran order',
      asZarr2(at('g.zarr'), r, PARTS, { rows: 7, across: 2, order: 'F' }),
      Object.keys(PARTS),
    ],
    ['one array of Zarr 2', join(asZarr2(at('h.zarr'), r, { all: [2, 4] }), 'all'), ['all']],
  ])('%s', async (_, path, names) => {
    const recording = await openRecording(path);
    expect(recording.parameters.map((p) => p.name)).toEqual(names);
    expect([recording.T, recording.P]).toEqual([50, 8]);
    expect(await rowsOf(recording)).toEqual([...r.data]);
  });

  it('.npz with one array for each step, in the order of numbers', async () => {
    const steps = Array.from(
      { length: 12 },
      (_, t) => [`w_${(t + 1) * 100}`, { shape: [8], data: r.data.slice(t * 8, t * 8 + 8) }] as const,
    );
    writeFileSync(at('steps.npz'), writeNpz([...steps].reverse()));
    const recording = await openRecording(at('steps.npz'));
    expect(await rowsOf(recording)).toEqual([...r.data.subarray(0, 96)]);
    expect([...recording.step]).toEqual(steps.map((_, t) => (t + 1) * 100));
    expect(recording.every).toBe(100);
  });

  it('big-endian float64 of NumPy', async () => {
    const head = `${"{'descr': '>f8', 'fortran_order': False, 'shape': (2, 2), }".padEnd(117)}\n`;
    const bytes = Buffer.alloc(128 + 32);
    Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, 118, 0]).copy(bytes);
    bytes.write(head, 10);
    for (const [k, v] of [0.1, -2, 3e300, 4].entries()) bytes.writeDoubleBE(v, 128 + 8 * k);
    writeFileSync(at('big.npy'), bytes);
    const recording = await openRecording(at('big.npy'));
    expect(recording.type).toBe('float64');
    expect(await rowsOf(recording)).toEqual([0.1, -2, 3e300, 4]);
  });

  it('a window of thermograd, with its training', async () => {
    const shape = { steps: 60, size: 8, layer: 'layer2', layerShape: [2, 4] as const, chunkRows: chunkRowsFor(8) };
    const writer = await TrajectoryWriter.open(at('window.zarr'), {
      ...shape,
      attributes: { learningRate: 0.1, momentum: 0.5, batchSize: 20, sampling: 'shuffled' },
    });
    writer.append(101, r.data, new Float32Array(50).fill(0.25), new Int32Array(50));
    writer.flush();
    const recording = await openRecording(at('window.zarr'));
    expect(await rowsOf(recording)).toEqual([...r.data]);
    expect(recording.parameters).toEqual([{ name: 'layer2.weight', shape: [2, 4], size: 8 }]);
    expect([recording.step[0], recording.every, recording.stepsFrom]).toEqual([101, 1, 'files']);
    expect(recording.facts).toMatchObject({ learningRate: 0.1, momentum: 0.5, batchSize: 20 });
    expect(recording.loss?.[3]).toBe(0.25);
    expect(recording.notes.join()).toContain('50 of 60 rows are recorded');
  });
});

describe('parts of a recording', () => {
  it('parameters by pattern and steps by range', async () => {
    const recording = await openRecording(at('d'), { params: ['fc2.*'], steps: { from: 11, to: 21 } });
    expect([recording.T, recording.P]).toEqual([10, 2]);
    expect(await rowsOf(recording)).toEqual(
      Array.from({ length: 10 }, (_, t) => [...r.data.subarray((t + 10) * 8 + 6, (t + 11) * 8)]).flat(),
    );
    expect([...recording.step]).toEqual(Array.from({ length: 10 }, (_, t) => t + 11));
    expect((await refusal(at('d'), { params: ['fc3.*'] })).message).toContain('fc1.weight (2×3), fc2.weight (2)');
    expect((await refusal(at('d'), { steps: { from: 51 } })).message).toContain('which has the steps 1 to 50');
  });

  it('steps that the files do not say', async () => {
    expect((await openRecording(at('a.npy'))).stepsFrom).toBe('rows');
    const recording = await openRecording(at('a.npy'), { every: 10, steps: { from: 100, to: 200 } });
    expect([recording.every, recording.stepsFrom, recording.T]).toEqual([10, 'user', 10]);
    expect((await rowsOf(recording))[0]).toBe(r.data[80]);
    expect((await refusal(at('d'), { every: 10 })).code).toBe('every-differs');
  });

  it('what the user knows does not override the files', async () => {
    expect((await openRecording(at('a.npy'), { facts: { learningRate: 0.3 } })).facts.learningRate).toBe(0.3);
    expect((await refusal(at('window.zarr'), { facts: { learningRate: 0.3 } })).message).toContain(
      '--learning-rate 0.3',
    );
  });

  it.each([
    ['fc2.*', 'fc2.weight', true],
    ['fc2.*', 'xfc2.weight', false],
    ['fc2.*', 'fc2Xweight', false],
    ['fc?.bias', 'fc1.bias', true],
    ['fc[12].*', 'fc3.bias', false],
    ['fc[!12].*', 'fc3.bias', true],
    ['a+b', 'a+b', true],
    ['a+b', 'aab', false],
  ])('%s against %s', (pattern, name, wanted) => {
    expect(namePattern(pattern)(name)).toBe(wanted);
  });
});

describe('the order of names', () => {
  it.each([
    ['natural', ['s10', 's9', 's100'], ['s9', 's10', 's100']],
    ['two numbers, one of which counts', ['e2-s30', 'e1-s10', 'e1-s20'], ['e1-s10', 'e1-s20', 'e2-s30']],
    [
      'steps that begin again in every epoch',
      ['e2-s1', 'e1-s2', 'e1-s1', 'e2-s2'],
      ['e1-s1', 'e1-s2', 'e2-s1', 'e2-s2'],
    ],
  ])('%s', (_, names, wanted) => {
    expect(orderByNumbers(names, 'x').ordered).toEqual(wanted);
  });

  it('two orders, and one number twice', () => {
    expect(() => orderByNumbers(['loss0.9-s1', 'loss0.5-s2', 'loss0.7-s3'], 'x')).toThrow(
      /two orders of the steps fit/,
    );
    expect(() => orderByNumbers(['s1', 's01', 's2'], 'x')).toThrow(/'s1' and 's01' have the same number/);
    expect(orderByNumbers(['s1', 's2', 'best', 'last3x'], 'x').others).toEqual(['best', 'last3x']);
  });
});

describe('what is refused, in one sentence', () => {
  const one = (shape: number[], values?: ArrayLike<number>) => ({
    shape,
    data: Float32Array.from(values ?? { length: shape.reduce((a, b) => a * b, 1) }, (v) =>
      values ? (v as number) : 1,
    ),
  });
  const file = (name: string, bytes: Uint8Array | string) => {
    writeFileSync(at(name), bytes);
    return at(name);
  };
  const tensors = (name: string, files: Readonly<Record<string, Parameters<typeof writeSafetensors>[0]>>) => {
    mkdirSync(at(name), { recursive: true });
    for (const [n, t] of Object.entries(files)) writeFileSync(join(at(name), n), writeSafetensors(t));
    return at(name);
  };
  const odd = (name: string) => {
    const bytes = writeNpz([['a', one([3, 2])]]);
    const text = Buffer.from(bytes).toString('latin1').replaceAll('a.npy', name);
    return Buffer.from(text, 'latin1');
  };
  const cases: [string, () => string, string, RegExp, RecordingOptions?][] = [
    ['nothing there', () => at('absent'), 'no-recording', /there is no recording at/],
    ['an empty folder', () => tensors('empty', {}), 'no-recording', /it is empty/],
    [
      'a flat array',
      () => file('flat.npy', writeNpy(one([9]))),
      'not-a-recording',
      /one row of 9 numbers or 9 states of one weight.*\(T, 1\)/,
    ],
    [
      'whole numbers',
      () => file('int.npy', writeNpy({ shape: [2, 2], data: Int32Array.of(1, 2, 3, 4) })),
      'not-a-recording',
      /values of type '<i4'/,
    ],
    ['a pickle by name', () => file('model.pt', 'PK'), 'pickle', /safetensors\.torch\.save_file/],
    [
      'a pickle by content',
      () => file('weights.npyx', Buffer.from([0x80, 2, 0x7d])),
      'pickle',
      /runs code when it is opened/,
    ],
    [
      'a folder of pickles',
      () => {
        mkdirSync(at('pts'), { recursive: true });
        writeFileSync(at('pts/step1.pt'), 'x');
        return at('pts');
      },
      'pickle',
      /step1\.pt is a pickle/,
    ],
    ['text', () => file('x.csv', '1,2\n'), 'no-recording', /x\.csv is no recording: a recording is/],
    [
      'two readings of an archive',
      () =>
        file(
          'two.npz',
          writeNpz([
            ['w1', one([9, 4])],
            ['w2', one([9, 4])],
          ]),
        ),
      'two-readings',
      /--arrays steps or --arrays parameters/,
    ],
    [
      'an archive of other things',
      () =>
        file(
          'mixed.npz',
          writeNpz([
            ['a', one([9, 4])],
            ['b', one([7, 4])],
          ]),
        ),
      'not-a-recording',
      /neither of one shape/,
    ],
    ['an archive with an odd path', () => file('odd.npz', odd('../..')), 'odd-archive', /leads out of the archive/],
    [
      'an archive that is too large',
      () => file('large.npz', writeNpz([['a', one([900, 40])]])),
      'odd-archive',
      /more than the 0 MB/,
      { memory: 1e5 },
    ],
    [
      'one state of a model',
      () =>
        file(
          'model.safetensors',
          writeSafetensors([
            ['fc1.weight', one([5, 3])],
            ['fc2.weight', one([2, 5])],
          ]),
        ),
      'not-a-recording',
      /one state of a model \(fc1\.weight 5×3/,
    ],
    [
      'a shape that changes',
      () => tensors('shapes', { 's1.safetensors': [['w', one([2, 2])]], 's2.safetensors': [['w', one([4, 1])]] }),
      'changed',
      /'w' is 4×1 of F32 in .*s2\.safetensors, and 2×2/,
    ],
    [
      'a parameter that goes',
      () =>
        tensors('gone', {
          's1.safetensors': [
            ['w', one([2])],
            ['b', one([1])],
          ],
          's2.safetensors': [['w', one([2])]],
        }),
      'changed',
      /has no parameter 'b'/,
    ],
    [
      'a parameter that comes',
      () =>
        tensors('came', {
          's1.safetensors': [['w', one([2])]],
          's2.safetensors': [
            ['w', one([2])],
            ['b', one([1])],
          ],
        }),
      'changed',
      /holds the parameter 'b'/,
    ],
    [
      'a missing step',
      () =>
        tensors(
          'missing',
          Object.fromEntries([1, 2, 3, 5, 6].map((s) => [`s${s}.safetensors`, [['w', one([2])]] as const])),
        ),
      'uneven-steps',
      /after 3 comes 5, and the steps before are 1 apart/,
    ],
    [
      'a file in the middle cut short',
      () => {
        asTensorFolder(at('cut'), r, PARTS);
        truncateSync(join(at('cut'), 'step-7.safetensors'), 40);
        return at('cut');
      },
      'tensor-truncated',
      /step-7\.safetensors/,
    ],
    [
      'a chunk that is gone',
      () => {
        cpSync(at('g.zarr'), at('hole.zarr'), { recursive: true });
        rmSync(join(at('hole.zarr'), 'fc1.weight/2.0.0'));
        return at('hole.zarr');
      },
      'bad-zarr',
      /has no chunk/,
    ],
    [
      'arrays of different lengths',
      () => {
        asZarr2(at('uneven.zarr'), r, { a: [2, 4] });
        cpSync(join(asZarr2(at('short.zarr'), { ...r, T: 20 }, { b: [2, 4] }), 'b'), join(at('uneven.zarr'), 'b'), {
          recursive: true,
        });
        return at('uneven.zarr');
      },
      'not-a-recording',
      /a has 50 rows and b has 20/,
    ],
    [
      'no weights in a group',
      () => {
        mkdirSync(at('none.zarr'), { recursive: true });
        writeFileSync(at('none.zarr/.zgroup'), '{"zarr_format": 2}');
        return at('none.zarr');
      },
      'not-a-recording',
      /no arrays/,
    ],
  ];
  it.each(cases)('%s', async (_, make, code, words, options) => {
    const path = make();
    const error = await openRecording(path, options).then(
      async (recording) =>
        rowsOf(recording).then(
          () => undefined,
          (e: unknown) => e,
        ),
      (e: unknown) => e,
    );
    expect(error).toBeInstanceOf(InputError);
    expect((error as InputError).message).toMatch(words);
    expect((error as InputError).code).toBe(code);
    expect((error as InputError).message.split('\n')).toHaveLength(1);
  });

  it('either reading, once it is said', async () => {
    expect((await openRecording(at('two.npz'), { arrays: 'steps' })).T).toBe(2);
    expect((await openRecording(at('two.npz'), { arrays: 'parameters' })).P).toBe(8);
  });
});

describe('recordings that are still being written', () => {
  it('.npy without its last rows', async () => {
    const path = asNpy(at('growing.npy'), r);
    truncateSync(path, 128 + 20 * 32 + 12);
    const recording = await openRecording(path);
    expect(recording.T).toBe(20);
    expect(recording.notes.join()).toContain('the file ends after row 20 of 50');
  });

  it('.npy with more than its shape says', async () => {
    const path = asNpy(at('more.npy'), r);
    appendFileSync(path, Buffer.alloc(4));
    expect((await refusal(path)).code).toBe('npy-length');
  });

  it('a last file that is not whole', async () => {
    asTensorFolder(at('writing'), r, PARTS);
    truncateSync(join(at('writing'), 'step-50.safetensors'), 60);
    const recording = await openRecording(at('writing'));
    expect(recording.T).toBe(49);
    expect(recording.notes.join()).toContain('step-50.safetensors, is not whole');
    expect(await rowsOf(recording)).toEqual([...r.data.subarray(0, 49 * 8)]);
  });

  it('Zarr without its last chunks', async () => {
    cpSync(at('g.zarr'), at('chunks.zarr'), { recursive: true });
    for (const part of ['7.0.0', '7.0.1', '6.0.1', '6.0.0']) rmSync(join(at('chunks.zarr'), 'fc1.weight', part));
    const recording = await openRecording(at('chunks.zarr'));
    expect(recording.T).toBe(42);
    expect(recording.notes.join()).toContain('42 of 50 rows are recorded');
    expect(await rowsOf(recording)).toEqual([...r.data.subarray(0, 42 * 8)]);
  });
});

describe('small files that look like those of users', () => {
  it('half precision and counters among the weights', async () => {
    const half = (name: string, t: number) => {
      const head = JSON.stringify({
        w: { dtype: 'BF16', shape: [2], data_offsets: [0, 4] },
        'bn.num_batches_tracked': { dtype: 'I64', shape: [], data_offsets: [4, 12] },
      }).padEnd(136);
      const bytes = Buffer.alloc(8 + 136 + 12);
      bytes.writeBigUInt64LE(136n);
      bytes.write(head, 8);
      bytes.writeUInt16LE(0x3f80 + t, 144);
      bytes.writeUInt16LE(0xc000, 146);
      writeFileSync(name, bytes);
    };
    mkdirSync(at('half'));
    for (let t = 0; t < 3; t++) half(join(at('half'), `s${t}.safetensors`), t);
    const recording = await openRecording(at('half'));
    expect(await rowsOf(recording)).toEqual([1, -2, 1 + 1 / 128, -2, 1 + 2 / 128, -2]);
    expect(recording.notes.join()).toContain('bn.num_batches_tracked');
  });

  it('loss, steps and learning rate beside the weights', async () => {
    const series = (v: (t: number) => number) => ({
      shape: [50],
      data: Float64Array.from({ length: 50 }, (_, t) => v(t)),
    });
    writeFileSync(
      at('series.npz'),
      writeNpz([
        ['weights', { shape: [50, 8], data: r.data }],
        ['loss', series((t) => 1 / (t + 1))],
        ['step', series((t) => 5 * t)],
        ['lr', series((t) => (t < 25 ? 0.1 : 0.05))],
        ['other', series(() => 0)],
      ]),
    );
    const recording = await openRecording(at('series.npz'));
    expect(recording.parameters.map((p) => p.name)).toEqual(['weights']);
    expect([recording.every, recording.loss?.[1], recording.facts.learningRate]).toEqual([5, 0.5, 0.05]);
    expect(recording.facts.varied).toContain('0.05 and 0.1');
    expect(recording.notes.join()).toContain('other');
  });
});
