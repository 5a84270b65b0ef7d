/**
 * What is fuzzed: for each reader its good inputs, how it is called, and when the acceptance of a changed input is right:
 * its meaning is that of the good one, or a second reader takes it for a well-formed file that says just this.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { commands } from './commands.mjs';
import { lab } from './lab.mjs';
import { mutateBytes, mutateText, mutateTree } from './mutations.mjs';
import * as oracles from './oracles.mjs';
import { prologue, slurmOptions } from './slurm.mjs';
import { studies } from './studies.mjs';
import { sweepConfig, sweepFile } from './sweeps.mjs';

const list = (data) => Array.from(data, Number);
const encode = (text) => new TextEncoder().encode(text);
const load = (dist, path) => import(new URL(path, dist));

/** Subjects by name; `make` returns `{ inputs, mutate, read, seen }`, and `seen` says whether an acceptance is right. */
export const SUBJECTS = {
  npy: { share: 12, make: npy },
  npz: { share: 8, make: npz },
  csv: { share: 12, make: csv },
  idx: { share: 12, make: idx },
  cifar: { share: 4, make: cifar },
  safetensors: { share: 10, make: safetensors },
  checkpoint: { share: 5, make: checkpoint },
  trajectory: { share: 12, make: trajectory },
  recording: { share: 12, make: recording },
  config: { share: 12, make: config },
  'config text': { share: 8, make: configText },
  layers: { share: 8, make: layers },
  simulation: { share: 5, make: simulation },
  flags: { share: 8, make: flags },
  'run folder': { share: 3, make: runFolder },
  sweep: { share: 6, make: sweepConfig },
  'sweep file': { share: 4, make: sweepFile },
  'slurm options': { share: 3, make: slurmOptions },
  prologue: { share: 2, make: prologue },
  lab: { share: 3, make: (dist) => lab(dist, CONFIG) },
  studies: { share: 4, make: studies },
  commands: { share: 3, make: (dist) => commands(dist, CONFIG) },
};

const bySecond =
  (oracle) =>
  ({ value, input, good }) => {
    if (isDeepStrictEqual(value, good)) return true;
    try {
      return isDeepStrictEqual(value, oracle(input));
    } catch {
      return false;
    }
  };

async function npy(dist) {
  const { readNpy, writeNpy } = await load(dist, 'record/npy.js');
  const arrays = [
    { shape: [3, 4], data: Float64Array.from({ length: 12 }, (_, i) => i / 7) },
    { shape: [5], data: Float32Array.from([1, 2, 3, 4, 5]) },
    { shape: [2, 2], data: Int32Array.from([1, -2, 3, 4]) },
    { shape: [2], data: Float64Array.from([1, 2]), type: 'i8' },
  ];
  return {
    inputs: arrays.map((a) => writeNpy(a)),
    mutate: mutateBytes,
    read: (bytes) => {
      const { shape, data } = readNpy(bytes, 'f.npy');
      return { shape, data: list(data) };
    },
    seen: bySecond(oracles.npy),
  };
}

async function npz(dist) {
  const { readNpz, writeNpz, crc32 } = await load(dist, 'record/npz.js');
  const { writeNpy } = await load(dist, 'record/npy.js');
  const arrays = [
    ['F', { shape: [2, 2], data: Float64Array.of(1, 2, 3, 4) }],
    ['model/D', { shape: [3], data: Float32Array.of(1, 2, 3) }],
  ];
  return {
    inputs: [writeNpz(arrays), deflated(writeNpy(arrays[0][1]), crc32)],
    mutate: mutateBytes,
    read: async (bytes) =>
      [...(await readNpz(bytes, 'f.npz'))].map(([name, { shape, data }]) => ({ name, shape, data: list(data) })),
    // contents are held by checksums; of names, only the directory of the archive knows
    seen: ({ value, input, good }) => {
      const plain = (v) => v.map(({ shape, data }) => ({ shape, data }));
      const text = Buffer.from(input).toString('utf8');
      return isDeepStrictEqual(plain(value), plain(good)) && value.every(({ name }) => text.includes(`${name}.npy`));
    },
  };
}

/** An archive of one compressed member, by hand. */
function deflated(content, crc32) {
  const packed = deflateRawSync(content);
  const name = encode('F.npy');
  const out = Buffer.alloc(30 + 5 + packed.length + 46 + 5 + 22);
  const common = (at) => {
    out.writeUInt16LE(8, at + 4);
    out.writeUInt32LE(crc32(content), at + 10);
    out.writeUInt32LE(packed.length, at + 14);
    out.writeUInt32LE(content.length, at + 18);
    out.writeUInt16LE(5, at + 22);
  };
  out.writeUInt32LE(0x04034b50, 0);
  common(4);
  out.set(name, 30);
  out.set(packed, 35);
  const entry = 35 + packed.length;
  out.writeUInt32LE(0x02014b50, entry);
  common(entry + 6);
  out.set(name, entry + 46);
  const end = entry + 51;
  out.writeUInt32LE(0x06054b50, end);
  out.writeUInt16LE(1, end + 8);
  out.writeUInt16LE(1, end + 10);
  out.writeUInt32LE(51, end + 12);
  out.writeUInt32LE(entry, end + 16);
  return Uint8Array.from(out);
}

async function csv(dist) {
  const { readMatrix } = await load(dist, 'experiments/decompose/input.js');
  const path = join(mkdtempSync(join(tmpdir(), 'fuzz-')), 'm.csv');
  return {
    inputs: ['1,2\n3,4\n', '1.5;-2e-3\n3;4\n', '# F\n1 2 3\n4 5 6\n7 8 9\n', '1\t2\n3\t4'].map(encode),
    mutate: (bytes, draw) =>
      draw.chance(0.5) ? mutateBytes(bytes, draw) : encode(mutateText(new TextDecoder().decode(bytes), draw)),
    read: async (bytes) => {
      writeFileSync(path, bytes);
      const { rows, cols, data } = await readMatrix(path, 'drift');
      return { shape: [rows, cols], data: list(data) };
    },
    seen: bySecond(oracles.csv),
  };
}

async function idx(dist) {
  const { parseIdx } = await load(dist, 'data/idx.js');
  const head = (type, ...dims) => [0, 0, type, dims.length, ...dims.flatMap((d) => [0, 0, d >> 8, d & 255])];
  const files = [
    [...head(8, 3, 2, 2), 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 254, 255],
    [...head(12, 2), 0, 0, 0, 7, 255, 255, 255, 255],
    [...head(13, 2), 63, 128, 0, 0, 64, 0, 0, 0],
  ].map((b) => Uint8Array.from(b));
  return {
    inputs: [...files, Uint8Array.from(gzipSync(files[0]))],
    mutate: mutateBytes,
    read: async (bytes) => {
      const { dims, data } = await parseIdx(bytes, 'f');
      return { shape: dims, data: list(data) };
    },
    seen: bySecond(oracles.idx),
  };
}

/** A folder of CIFAR-10 with two records in a file: one file is changed, cut short, packed, left out, or gets a record of another set. */
async function cifar(dist) {
  const { cifarFromFolder } = await load(dist, 'runs/cifar-folder.js');
  const home = mkdtempSync(join(tmpdir(), 'fuzz-cifar-'));
  const record = (f, r) => Uint8Array.from({ length: 3073 }, (_, i) => (i === 0 ? (f + 3 * r) % 10 : (7 * i + 31 * r + 101 * f) % 256));
  const file = (f) => Uint8Array.from([...record(f, 0), ...record(f, 1)]);
  const names = ['data_batch_1.bin', 'data_batch_2.bin', 'data_batch_3.bin', 'data_batch_4.bin', 'data_batch_5.bin', 'test_batch.bin'];
  const words = ['airplane', 'automobile', 'bird', 'cat', 'deer', 'dog', 'frog', 'horse', 'ship', 'truck'];
  const folder = new Map([...names.map((name, k) => [name, file(k + 1)]), ['batches.meta.txt', encode(`${words.join('\n')}\n`)]]);
  let count = 0;
  return {
    inputs: [folder],
    mutate: (given, draw) => {
      const out = new Map(given);
      const key = draw.one([...given.keys()]);
      const bytes = given.get(key);
      const kind = draw.below(8);
      if (kind === 0) out.delete(key);
      else if (kind === 1) out.set(key, Uint8Array.from(gzipSync(bytes)));
      else if (kind === 2) out.set(key, bytes.slice(0, draw.below(bytes.length)));
      else if (kind === 3) out.set(key, bytes.slice(0, 3073)); // a record less is a set of its own
      else if (kind === 4) out.set(key, Uint8Array.from([...bytes.subarray(0, 3073), draw.below(256), ...bytes.subarray(3074)])); // a class
      else if (kind === 5) out.set(key, Uint8Array.from([...bytes, ...new Uint8Array(3072 + draw.below(3))])); // 3074: a record of CIFAR-100
      else out.set(key, mutateBytes(bytes, draw));
      return out;
    },
    read: async (given) => {
      const path = join(home, String(count++));
      mkdirSync(path);
      for (const [name, bytes] of given) writeFileSync(join(path, name), bytes);
      try {
        const { train, test, classes, provenance } = await cifarFromFolder(path);
        const of = ({ count: n, values, labels }) => ({ count: n, labels: list(labels), values: Buffer.from(values).toString('latin1') });
        return { classes, train: of(train), test: of(test), names: provenance.classNames ?? null };
      } finally {
        rmSync(path, { recursive: true, force: true });
      }
    },
    seen: bySecond(oracles.cifar),
  };
} // biome-ignore format: one line each

const SPEC = { widths: [3, 2], activation: 'relu', bias: true, loss: 'cross-entropy' };

async function safetensors(dist) {
  const { readSafetensors, writeSafetensors } = await load(dist, 'record/safetensors.js');
  const tensors = [
    ['layer1.weight', { shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }],
    ['layer1.bias', { shape: [2], data: Float32Array.of(-1, 0.5) }],
  ];
  return {
    inputs: [writeSafetensors(tensors, { format: 'pt', note: 'x' }), writeSafetensors(tensors.slice(0, 1), {})],
    mutate: mutateBytes,
    read: (bytes) => {
      const { tensors: found, metadata } = readSafetensors(bytes, 'f');
      const plain = [...found].map(([name, { shape, data }]) => [name, { shape: [...shape], data: list(data) }]);
      return { metadata: { ...metadata }, tensors: Object.fromEntries(plain) };
    },
    seen: bySecond(oracles.safetensors),
  };
}

async function checkpoint(dist) {
  const { readCheckpoint, writeCheckpoint } = await load(dist, 'record/checkpoint.js');
  const { newCursor } = await load(dist, 'train/loop.js');
  const path = join(mkdtempSync(join(tmpdir(), 'fuzz-')), 'c.safetensors');
  const weights = Float32Array.from({ length: 8 }, (_, i) => i);
  writeCheckpoint(path, SPEC, { weights, velocity: weights, state: newCursor(), configHash: 'abc' });
  return {
    inputs: [Uint8Array.from(readFileSync(path))],
    mutate: mutateBytes,
    read: (bytes) => {
      writeFileSync(path, bytes);
      const { weights: w, velocity, state, configHash } = readCheckpoint(path, SPEC, newCursor());
      return { weights: list(w), velocity: velocity ? list(velocity) : null, state, configHash: configHash ?? null };
    },
    seen: ({ value, input, good }) => {
      if (isDeepStrictEqual(value, good)) return true;
      const { tensors, metadata } = oracles.safetensors(input);
      const flat = (prefix) => [...tensors[`${prefix}layer1.weight`].data, ...tensors[`${prefix}layer1.bias`].data];
      return (
        isDeepStrictEqual(value.weights, flat('')) &&
        (value.velocity === null
          ? !('velocity.layer1.weight' in tensors)
          : isDeepStrictEqual(value.velocity, flat('velocity.'))) &&
        isDeepStrictEqual(value.state, JSON.parse(metadata.state)) &&
        value.configHash === (metadata.config ?? null)
      );
    },
  };
}

async function trajectory(dist) {
  const { MemoryStore } = await load(dist, 'record/array-store.js');
  const { Trajectory, TrajectoryWriter } = await load(dist, 'record/trajectory.js');
  const [steps, size, chunkRows] = [10, 3, 4];
  const store = new MemoryStore();
  const writer = await TrajectoryWriter.open(store, { steps, size, layer: 'layer1', layerShape: [1, 3], chunkRows });
  writer.append(1, Float32Array.from({ length: steps * size }, (_, i) => i), Float32Array.from({ length: steps }, (_, t) => t / 8), new Uint16Array(steps)); // biome-ignore format: one call
  const chunk = /^\/(weights|loss|correct|step)\/c\/(\d+)/;
  return {
    inputs: [store.files],
    mutate: (files, draw) => {
      const out = new Map(files);
      const key = draw.one([...files.keys()]);
      if (draw.chance(0.1)) out.delete(key);
      else if (key.endsWith('.json') && draw.chance(0.6))
        out.set(key, encode(JSON.stringify(mutateTree(JSON.parse(new TextDecoder().decode(files.get(key))), draw)))); // biome-ignore format: one case
      else out.set(key, mutateBytes(files.get(key), draw));
      return out;
    },
    read: async (files) => {
      const changed = new MemoryStore();
      for (const [key, bytes] of files) changed.files.set(key, bytes);
      const t = await Trajectory.open(changed);
      return { T: t.T, P: t.P, steps: t.steps, weights: list(await t.rows(0, t.T)), step: list(t.step), loss: list(t.loss), correct: list(t.correct) }; // biome-ignore format: one value
    },
    // an uncompressed chunk of the same length says what its bytes say; metadata may differ in words alone
    seen: ({ value, input, good }) => {
      if (isDeepStrictEqual(value, good)) return true;
      const expected = structuredClone(good);
      for (const [key, bytes] of input) {
        const [, name, at] = chunk.exec(key) ?? [];
        if (!name || bytes.length < store.files.get(key).length) continue;
        const width = name === 'weights' ? size : 1;
        const view = new DataView(bytes.slice().buffer);
        for (let i = 0; i < chunkRows * width; i++) {
          const k = Number(at) * chunkRows * width + i;
          if (k < expected[name].length) expected[name][k] = name === 'correct' || name === 'step' ? view.getInt32(4 * i, true) : view.getFloat32(4 * i, true); // biome-ignore format: one assignment
        }
      }
      if (isDeepStrictEqual(value, expected)) return true;
      // another byte order in the metadata is a well-formed statement about the same bytes
      return [...input].some(
        ([key, bytes]) => key.endsWith('zarr.json') && new TextDecoder().decode(bytes).includes('"big"'),
      );
    },
  };
}

/** Recordings of others as folders of files: of the recorder in Python, Zarr 2, safetensors, one .npz in a folder. */
async function recording(dist) {
  const { openRecording } = await load(dist, 'record/recording/open.js');
  const { writeSafetensors } = await load(dist, 'record/safetensors.js');
  const { writeNpz } = await load(dist, 'record/npz.js');
  const home = mkdtempSync(join(tmpdir(), 'fuzz-'));
  const [T, rows] = [6, Float32Array.from({ length: 24 }, (_, i) => i / 8)];
  const json = (value) => encode(JSON.stringify(value));
  const bytes = (array) => new Uint8Array(array.buffer.slice(array.byteOffset, array.byteOffset + array.byteLength));
  const little = [{ name: 'bytes', configuration: { endian: 'little' } }];
  const three = (shape, chunk_shape, data_type, fill_value) => json({ zarr_format: 3, node_type: 'array', shape, data_type, chunk_grid: { name: 'regular', configuration: { chunk_shape } }, chunk_key_encoding: { name: 'default', configuration: { separator: '/' } }, fill_value, codecs: little, attributes: {} }); // biome-ignore format: one document
  const two = (shape, chunks) => json({ zarr_format: 2, shape, chunks, dtype: '<f4', fill_value: 0, order: 'C', filters: null, compressor: null }); // biome-ignore format: one document
  const header = { format: 'thermograd recording', version: 1, status: 'complete', every: 2, streams: null, blocks: [{ name: 'fc', path: 'blocks/fc', size: 4, parameters: [{ name: 'fc.weight', shape: [1, 3], offset: 0, size: 3 }, { name: 'fc.bias', shape: [1], offset: 3, size: 1 }], projection: null }], optimizer: { class: 'SGD', groups: [{ lr: 0.1, momentum: 0 }], columns: [] }, batch: { size: 5, sampling: null } }; // biome-ignore format: one document
  const recorder = new Map([
    ['recording.json', json(header)],
    ['blocks/fc/weights/zarr.json', three([T, 4], [4, 4], 'float32', 'NaN')],
    ['blocks/fc/weights/c/0/0', bytes(rows.subarray(0, 16))],
    ['blocks/fc/weights/c/1/0', bytes(Float32Array.from([...rows.subarray(16), ...rows.subarray(0, 8)]))],
    ['blocks/fc/step/zarr.json', three([T], [T], 'int32', -1)],
    ['blocks/fc/step/c/0', bytes(Int32Array.from({ length: T }, (_, t) => 1 + 2 * t))],
    ['blocks/fc/loss/zarr.json', three([T], [T], 'float32', 'NaN')],
    ['blocks/fc/loss/c/0', bytes(new Float32Array(T).fill(0.5))],
  ]);
  const zarr = new Map([
    ['.zgroup', json({ zarr_format: 2 })],
    ['w/.zarray', two([T, 2, 2], [3, 2, 2])],
    ['w/0.0.0', bytes(rows.subarray(0, 12))],
    ['w/1.0.0', bytes(rows.subarray(12))],
  ]);
  const files = (name) => Array.from({ length: T }, (_, t) => [`${name}-${t}.safetensors`, writeSafetensors([['w', { shape: [4], data: rows.slice(4 * t, 4 * t + 4) }]])]); // biome-ignore format: one call
  const npz = new Map([['w.npz', writeNpz([['w', { shape: [T, 4], data: rows }]])]]);
  const folders = [recorder, zarr, new Map(files('step')), npz];
  const open = (path) => openRecording(existsSync(join(path, 'w.npz')) ? join(path, 'w.npz') : path);
  let count = 0;
  return {
    inputs: folders,
    mutate: (folder, draw) => {
      const out = new Map(folder);
      const key = draw.one([...folder.keys()]);
      const text = /json$|^\.z|\.zarray$/.test(key);
      if (draw.chance(0.1)) out.delete(key);
      else if (text && draw.chance(0.7))
        out.set(key, encode(JSON.stringify(mutateTree(JSON.parse(new TextDecoder().decode(folder.get(key))), draw)))); // biome-ignore format: one case
      else out.set(key, mutateBytes(folder.get(key), draw));
      return out;
    },
    read: async (folder) => {
      const path = join(home, String(count++));
      for (const [name, content] of folder) {
        mkdirSync(dirname(join(path, name)), { recursive: true });
        writeFileSync(join(path, name), content);
      }
      try {
        const r = await open(path);
        const all = [];
        for await (const chunk of r.chunks()) all.push(...chunk);
        return { T: r.T, P: r.P, every: r.every, step: list(r.step), rows: all, notes: r.notes };
      } finally {
        rmSync(path, { recursive: true, force: true });
      }
    },
    // bytes of weights say what they say; fewer rows are right where a note says so, and metadata may state another shape
    seen: ({ value, input, good }) => {
      const plain = ({ notes: _, ...rest }) => rest;
      if (isDeepStrictEqual(plain(value), plain(good))) return true;
      const fewer = value.T < good.T && value.P === good.P && value.notes.length > 0;
      const shaped = value.T === good.T && value.P === good.P && value.every === good.every;
      const source = folders.find((f) => [...f.keys()].some((k) => input.has(k)));
      const changed = [...source.keys()].filter((k) => !isDeepStrictEqual(input.get(k), source.get(k)));
      const isData = changed.every((k) => !/json$|\.zarray$/.test(k));
      if (isData) return shaped || fewer || (changed[0]?.includes('step') ?? false);
      // a lowered shape, another byte order, type or path is a statement of its own that nothing contradicts
      return changed.every((k) => /zarr\.json$|\.zarray$/.test(k));
    },
  };
}

/** Says whether everything that was given is in what is used: nothing is dropped or changed without a word. */
function kept(given, used) {
  // a key without a value in YAML stands for settings of which none is stated
  if (given === null && typeof used === 'object') return true;
  if (typeof given !== 'object' || given === null) return Object.is(given, used) || given === undefined;
  if (Array.isArray(given))
    return Array.isArray(used) && given.length === used.length && given.every((v, i) => kept(v, used[i]));
  return typeof used === 'object' && used !== null && Object.entries(given).every(([k, v]) => kept(v, used[k]));
}

const LAYERS = {
  preset: 'quick',
  data: { set: 'mnist' },
  network: {
    layers: [
      { type: 'conv', name: 'first', channels: 4, kernel: 3, stride: 1, padding: 1 },
      { type: 'batch-norm', mean: [0, 0.1, 0, 0.2], variance: 1 },
      { type: 'relu' },
      { type: 'residual', layers: [{ type: 'conv', channels: 4, kernel: 1 }, { type: 'gelu' }] },
      { type: 'max-pool', kernel: 2 },
      { type: 'dropout', rate: 0.1 },
      { type: 'dense', outputs: 5, bias: false },
      { type: 'layer-norm', epsilon: 1e-5 },
      { type: 'tanh' },
      { type: 'dense', outputs: 3 },
    ],
    loss: 'cross-entropy',
  },
  optimiser: {
    type: 'adamw',
    learningRate: 0.001,
    beta1: 0.9,
    beta2: 0.99,
    weightDecay: 0.01,
    schedule: { type: 'cosine', length: 20, unit: 'epochs' },
  },
  record: { layer: 'first', windowEpochs: 2 },
};
const CONFIG = {
  preset: 'quick',
  seed: 3,
  data: { set: 'teacher', teacher: { network: { widths: [8, 6, 3], activation: 'tanh' }, train: 300, test: 50, labelNoise: 0.1 } },
  network: { widths: [8, 6, 3], bias: true },
  training: { learningRate: 0.1, momentum: 0.5, batchSize: 15, sampling: 'shuffled', stop: { rule: 'epochs', epochs: 3 }, maxEpochs: 20 },
  record: { layer: 'layer1', windowEpochs: 10 },
  analysis: { centre: 'mean', directions: [1, 2, 5], profiles: [1] },
  workers: 1,
}; // biome-ignore format: a config

async function config(dist) {
  const { completeConfig } = await load(dist, 'runs/config.js');
  return {
    inputs: [CONFIG],
    mutate: mutateTree,
    read: (tree) => completeConfig(tree),
    seen: ({ value, input }) => kept(input, value),
  };
}

async function layers(dist) {
  const { completeRunConfig } = await load(dist, 'runs/config.js');
  const { networkOf } = await load(dist, 'runs/network.js');
  const { optimiserIn } = await load(dist, 'runs/optimiser.js');
  const dataset = { name: 'images', classes: 3, train: { count: 40, size: 784, shape: [1, 28, 28] } };
  return {
    inputs: [
      LAYERS,
      {
        ...LAYERS,
        network: 'lenet5',
        record: { layer: 'conv2' },
        optimiser: { type: 'sgd', nesterov: true, momentum: 0.9, clipNorm: 1 },
      },
      { ...LAYERS, record: { layers: ['first', 'dense1'], windowEpochs: 2 } },
    ],
    mutate: mutateTree,
    read: (tree) => {
      const config = completeRunConfig(tree);
      networkOf(config, dataset);
      optimiserIn(config, 4);
      return config;
    },
    seen: ({ value, input }) =>
      kept({ ...input, ...(typeof input.network === 'string' && { network: { name: input.network } }) }, value),
  };
}

async function configText(dist) {
  const { readConfig, completeConfig } = await load(dist, 'runs/config.js');
  const { parse } = await import('yaml');
  const path = join(mkdtempSync(join(tmpdir(), 'fuzz-')), 'c.yaml');
  const text =
    'preset: quick\nseed: 3\ndata: { set: teacher, teacher: { network: &n { widths: [8, 6, 3] }, train: 300 } }\nnetwork: *n\n' +
    'training:\n  batchSize: 15\n  stop: { rule: epochs, epochs: 3 }\n  maxEpochs: 20\nrecord: { layer: layer1, windowEpochs: 10 }\n';
  return {
    inputs: [text],
    mutate: mutateText,
    read: (changed) => {
      writeFileSync(path, changed);
      return completeConfig(readConfig(path));
    },
    seen: ({ value, input }) => kept(parse(input), value),
  };
}

async function simulation(dist) {
  const { planSimulation } = await load(dist, 'experiments/simulate/experiment.js');
  const { parse } = await import('yaml');
  const text =
    'variables: [x]\nlandscape: { loss: x^2 }\nnoise: { covariance: { xx: 1 } }\nlearningRate: 0.1\nstart: { low: [-1], high: [1] }\n' +
    'grid: { x: { from: -2, to: 2, cells: 20 } }\ntime: { burnIn: 0.5, length: 2 }\nmethods: { sgd: { walkers: 100 } }\n';
  return {
    inputs: [parse(text)],
    mutate: mutateTree,
    read: (tree) => planSimulation(tree).setup.config,
    seen: ({ value, input }) => kept(input, value),
  };
}

async function flags(dist) {
  const { program } = await load(dist, 'cli/commands.js');
  const { CommanderError } = await import('commander');
  const good = [
    ['train', '--preset', 'quick', '--seed', '7', '--data', 'teacher', '--limit', '100', '--batch-size', '10'],
    ['analyse', 'run', '--centre', 'last', '--directions', '1-20,50', '--workers', '2'],
    ['reproduce', 'ivf2021', '--window', '3', '--learning-rate', '0.1', '--sampling', 'replaced', '--seeds', '3'],
    ['decompose', '--drift', 'F.csv', '--diffusion', 'D.csv', '--noise-strength', '2'],
    ['advise', 'run', '--safety', '0.5', '--directions', '16', '--runs', '3'],
    ['protect', 'run', '--method', 'ewc', '--axes', '5', '--layers', 'layer1'],
  ];
  return {
    inputs: good,
    mutate: (args, draw) => {
      const out = [...args];
      const at = draw.below(out.length);
      const kind = draw.below(4);
      if (kind === 0) out.splice(at, 1);
      else if (kind === 1) out.splice(at, 0, draw.one(args));
      else out[at] = mutateText(out[at], draw);
      return out;
    },
    // the words alone: no command is run
    read: async (args) => {
      const root = program().configureOutput({ writeErr: () => {}, writeOut: () => {} });
      let got;
      for (const command of root.commands) {
        command.exitOverride().configureOutput({ writeErr: () => {}, writeOut: () => {} });
        command.action((...given) => {
          got = { name: command.name(), flags: given.at(-2), words: given.slice(0, -2) };
        });
      }
      try {
        await root.parseAsync(['node', 'thermograd', ...args]);
      } catch (error) {
        if (error instanceof CommanderError) throw Object.assign(error, { refusal: true });
        throw error;
      }
      return got ?? { name: 'help' };
    },
    // every number among the flags is one that the words hold
    seen: ({ value, input }) =>
      Object.values(value.flags ?? {}).every(
        (v) => typeof v !== 'number' || input.some((w) => Number(w.replace(/^--[\w-]+=/, '')) === v),
      ),
  };
}

async function runFolder(dist) {
  const { reproduceIvf2021 } = await load(dist, 'experiments/ivf2021/experiment.js');
  const { readResults } = await load(dist, 'experiments/ivf2021/stages.js');
  const { verifyOutputs } = await load(dist, 'jobs/outputs.js');
  const { readRecord, openRun } = await load(dist, 'runs/folder.js');
  const { Trajectory } = await load(dist, 'record/trajectory.js');
  const { readArray } = await load(dist, 'record/arrays.js');
  const home = mkdtempSync(join(tmpdir(), 'fuzz-run-'));
  const [whole, copy] = [join(home, 'whole'), join(home, 'copy')];
  await reproduceIvf2021({ ...CONFIG, training: { ...CONFIG.training, momentum: 0 } }, { out: whole });
  const names = readdirSync(whole, { recursive: true, encoding: 'utf8' }).filter((n) => statSync(join(whole, n)).isFile() && !/^(figures|tables|theory)/.test(n)); // biome-ignore format: one line
  const untouched = new Set(['report.html', 'report.json']);
  return {
    inputs: [null],
    mutate: (_, draw) => {
      const name = draw.one(draw.chance(0.3) ? ['run.json'] : names);
      const bytes = readFileSync(join(whole, name));
      if (draw.chance(0.1)) return { name, bytes: null };
      if (name.endsWith('.json') && draw.chance(0.6))
        return { name, bytes: encode(JSON.stringify(mutateTree(JSON.parse(bytes), draw))) };
      return { name, bytes: mutateBytes(bytes, draw) };
    },
    read: async (change) => {
      rmSync(copy, { recursive: true, force: true });
      cpSync(whole, copy, { recursive: true });
      if (change) {
        const path = join(copy, change.name);
        if (change.bytes) writeFileSync(path, change.bytes);
        else rmSync(path);
      }
      const record = readRecord(copy);
      verifyOutputs(copy, record.outputs);
      const folder = openRun(copy);
      folder.close();
      const window = await Trajectory.open(join(copy, 'trajectory.zarr'));
      return {
        config: JSON.parse(JSON.stringify(record.config)),
        results: readResults(copy),
        weights: list(await window.rows(0, window.T)),
        directions: list((await readArray(join(copy, 'pca.zarr'), 'directions')).data),
      };
    },
    seen: ({ value, input, good }) => {
      if (isDeepStrictEqual(value, good)) return true;
      // settings of the analysis and the digests themselves stand in run.json alone
      const { config: c, ...rest } = value;
      const { config: g, ...others } = good;
      const besides = ({ analysis: _, workers: _w, provider: _p, preset: _n, experiment: _e, ...own }) => own;
      return untouched.has(relative('', input.name)) || (input.name === 'run.json' && isDeepStrictEqual(rest, others) && isDeepStrictEqual(besides(c), besides(g))); // biome-ignore format: one condition
    },
  };
}
