/**
 * Files of `thermograd sweep`: their trees as the reader completes them, and their texts as `--dry-run` plans them. A second reader
 * (`axis` in oracles.mjs) says which values an axis has; nothing that was written may be dropped or changed without a word.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { caller, contents, judged } from './call.mjs';
import { mutateBytes, mutateText, mutateTree } from './mutations.mjs';
import * as oracles from './oracles.mjs';

const load = (dist, path) => import(new URL(path, dist));

const BASE = { data: { set: 'teacher', teacher: { network: { widths: [6, 8, 3] }, train: 40, test: 20 } }, network: { widths: [6, 5, 3] }, training: { batchSize: 10 } }; // biome-ignore format: a config
/** Small sweeps that use every key between them. */
export const SWEEPS = [
  {
    name: 'rates',
    notes: 'a note',
    base: BASE,
    axes: { seed: '0..2', 'training.learningRate': 'log 0.03..1 x 4', 'training.batchSize': [10, 20] },
    until: { epochs: 2 },
    measure: ['loss', 'error', { name: 'trace', samples: 20 }],
    laws: ['trace ~ eta^a B^b'],
    figures: [{ kind: 'curve', x: 'eta', y: 'loss', by: 'B' }],
  },
  {
    base: { ...BASE, seed: 4 },
    axes: { 'training.learningRate': 'lin 0.1..0.3 x 3', 'training.momentum': [0, 0.5, 0.9], 'network.hidden': '2^1..2^3' },
    groups: [['training.learningRate', 'training.momentum']],
    until: { loss: 0.5, within: 40 },
    measure: ['loss', 'time', { name: 'divergence', factor: 5 }],
  },
  { base: BASE, axes: { seed: [3, 1], 'training.learningRate': 'log 0.01..1', 'data.limit': 'lin 20..40' }, design: { sobol: 4 }, until: { steps: 6 } },
  { base: BASE, axes: { 'training.learningRate': [0.1, 0.2], 'training.batchSize': '10..11' }, design: 'zip', until: { steps: 6 } },
  {
    experiment: 'simulate',
    base: { variables: ['x'], landscape: { loss: 'k*x^2/2' }, parameters: { k: 1 }, noise: { covariance: { xx: 1 } }, learningRate: 0.1, grid: { x: { from: -3, to: 3, cells: 60 } }, time: { length: 1 }, methods: { 'fokker-planck': {} } },
    axes: { 'parameters.k': [0.5, 1, 2] },
    measure: ['fokker-planck.covariance.xx'],
  },
]; // biome-ignore format: a table

/** Values of axes that are none, that are very many, or that are written in a way that is easily misread. */
const AXES = [
  [], null, {}, '', 'lin', 'log', '..', '1..', '..3', '3..1', '0...3', '0..1..2', '-3..3', '0..10000000', '0..9007199254740993', '5', '0x1..0x5',
  'lin 0..1 x 1', 'lin 0..1 x 0', 'lin 0..1 x 10000000', 'lin 0..1 x 1e3', 'lin 0..1 x 1000000000', 'lin 0..1 x 99999999999999999999', 'lin 1..1 x 3', 'lin 0..1', 'lin 0..1e999 x 3', 'lin 0.1..0.3 × 2', 'lin -1..1 x 3', 'lin 10..11 x 40',
  'log 0..1 x 5', 'log -1..1 x 5', 'log 1..0.1 x 4', 'log 0.1..1 x 3 x 4', 'log .1..1. x 2', 'log 1e-320..1 x 3', 'log NaN..1 x 2', 'Log 0.1..1 x 3', 'log0.1..1 x 3', 'log 0.1 .. 1 x 3', 'log 0.1..1 x3',
  '2^0..2^2000', '2^-2000..2^0', '2^0..3^4', '1^0..1^4', '0^0..0^3', '2^3..2^0', '-2^0..-2^2', '1.0000001^0..1.0000001^10000000', '2^0.5..2^3',
  [0.1, 0.1], [1, 1.0], ['1', 1], [Number.NaN], [Number.POSITIVE_INFINITY], [null], [[1, 2], '1-2'], [{ a: 1 }, { a: 1 }], [true], ['0..3'], 1e-300, -0, [0, -0], true, 'NaN', '0..2,5', [10, '20'], Array.from({ length: 3000 }, (_, i) => i / 3000),
]; // biome-ignore format: a list
const KEYS = ['seed', 'training.learningrate', 'training', 'training.batchSize.0', 'network.widths.1', 'network.widths.9', 'network.widths', 'network', 'data.limit', 'workers', 'provider', '__proto__', 'constructor', 'a..b', '.', '', 'optimiser.learningRate', 'optimiser.type', 'training.stop', 'data.teacher.train', 'x y', 'seed.0', '0', 'analysis.directions', 'training.maxEpochs', 'parameters.k', 'grid.x.cells', 'methods']; // biome-ignore format: a list
const DESIGNS = ['product', 'zip', 'Zip', { random: 5 }, { random: 5, seed: -1 }, { random: 0 }, { random: 10000000 }, { sobol: 3 }, { sobol: 10000000 }, { sobol: 1e12 }, { random: 3, sobol: 3 }, {}, null, [], { sobol: 2.5 }, { random: 4, seed: 7 }]; // biome-ignore format: a list

/** Changes a sweep: axes that are none or many, other designs, and what `mutateTree` does. */
function mutateSweep(tree, draw) {
  const kind = draw.below(8);
  if (kind < 3) return mutateTree(tree, draw);
  const out = structuredClone(tree);
  const axes = { ...out.axes };
  const keys = Object.keys(axes);
  for (let k = 0, n = 1 + draw.below(2); k < n; k++) {
    if (kind < 6) axes[draw.one(keys)] = structuredClone(draw.one(AXES));
    else if (kind === 6) {
      const [from, to] = [draw.one(keys), draw.one(KEYS)];
      Object.defineProperty(axes, to, { value: draw.chance(0.5) ? axes[from] : structuredClone(draw.one(AXES)), enumerable: true, configurable: true, writable: true }); // biome-ignore format: one call
      if (draw.chance(0.5)) delete axes[from];
    } else out.design = structuredClone(draw.one(DESIGNS));
  }
  out.axes = axes;
  return out;
}

/** Values of an axis that are compared. */
const SHOWN = 50;
const sample = (size) => Array.from({ length: Math.min(size, SHOWN) }, (_, i) => Math.round((i * (size - 1)) / Math.max(1, Math.min(size, SHOWN) - 1))); // biome-ignore format: one line

/** Says whether everything that was given is in what is used. */
const kept = (given, used) => {
  if (given === null && typeof used === 'object') return true;
  if (typeof given !== 'object' || given === null) return Object.is(given, used) || given === undefined;
  if (Array.isArray(given))
    return Array.isArray(used) && given.length === used.length && given.every((v, i) => kept(v, used[i]));
  return typeof used === 'object' && used !== null && Object.entries(given).every(([k, v]) => kept(v, used[k]));
};

/** Whether two values of an axis are the same: as JSON, numbers to eleven digits, or rounded where the key has whole numbers. */
const near = (a, b) =>
  typeof a === 'number' && typeof b === 'number'
    ? Math.abs(a - b) <= 1e-11 * Math.max(Math.abs(a), Math.abs(b)) || (Number.isInteger(a) && Math.abs(a - b) <= 0.5)
    : JSON.stringify(a) === JSON.stringify(b);

/** Says whether a completed sweep is the written one, by a second reading of its axes. */
function means({ config, seeds, axes, points }, tree) {
  const { base, laws, figures, until, notes, measure, design, groups, axes: written } = tree;
  if (![[base, config.base], [laws, config.laws], [figures, config.figures], [until, config.until], [notes, config.notes]].every(([g, u]) => kept(g ?? undefined, u))) return false; // biome-ignore format: one condition
  const names = measure?.map((m) => (typeof m === 'string' ? { name: m } : m));
  if (names && !names.every((m, k) => config.measure[k]?.name === m.name && kept(Object.fromEntries(Object.entries(m).filter(([key]) => key !== 'name')), config.measure[k].options ?? {}))) return false; // biome-ignore format: one condition
  const { seed, ...others } = written ?? {};
  const read = oracles.axis(seed ?? base?.seed ?? 0);
  if (read === undefined || read.size !== seeds.length || !seeds.every((s, i) => s === read.at(i))) return false;
  const keys = Object.keys(others);
  if (keys.length !== axes.length) return false;
  const sizes = [];
  for (const [k, key] of keys.entries()) {
    const own = oracles.axis(others[key]);
    if (own === undefined || axes[k].key !== key || axes[k].size !== own.size) return false;
    if (own.size !== undefined && !axes[k].values.every(([i, value]) => near(value, own.at(i)))) return false;
    sizes.push(own.size);
  }
  const asked = design?.random ?? design?.sobol;
  if (asked !== undefined) return points === asked;
  const alone = keys.map((key, k) => (design === 'zip' && k > 0) || groups?.some((g) => g.indexOf(key) > 0) ? 1 : sizes[k]); // biome-ignore format: one line
  return points === alone.reduce((a, b) => a * b, 1);
}

export async function sweepConfig(dist) {
  const { completeSweep } = await load(dist, 'experiments/sweep/config.js');
  const { rulesOf } = await load(dist, 'experiments/sweep/rules.js');
  const { axisSize, axisValue } = await load(dist, 'experiments/sweep/axes.js');
  const { pointCount } = await load(dist, 'experiments/sweep/design.js');
  return {
    inputs: SWEEPS,
    mutate: mutateSweep,
    read: async (tree) => {
      const { config, seeds } = completeSweep(tree, await rulesOf(tree.experiment));
      const axes = config.axes.map((axis) => {
        const size = axisSize(axis);
        return { key: axis.key, size, values: size === undefined ? [] : sample(size).map((i) => [i, axisValue(axis, i)]) }; // biome-ignore format: one line
      });
      return { config, seeds, axes, points: pointCount(config) };
    },
    seen: ({ value, input }) => means(value, input),
  };
}

/** Texts of sweeps through the command, which plans them and writes nothing. */
export async function sweepFile(dist) {
  const { run } = await caller(dist);
  const { parse, stringify } = await import('yaml');
  const home = mkdtempSync(join(tmpdir(), 'fuzz-sweep-'));
  process.on('exit', () => rmSync(home, { recursive: true, force: true }));
  const encode = (text) => new TextEncoder().encode(text);
  const [latin, wide] = [(text) => Uint8Array.from(Buffer.from(text, 'latin1')), (text) => Uint8Array.from(Buffer.from(`\ufeff${text}`, 'utf16le'))]; // biome-ignore format: one line
  return {
    inputs: SWEEPS.map((tree) => encode(stringify({ ...tree, ...(tree.notes && { notes: 'für η' }) }))),
    mutate: (bytes, draw) => {
      const text = new TextDecoder().decode(bytes);
      const kind = draw.below(10);
      if (kind < 4) return encode(mutateText(text, draw));
      if (kind < 6) return mutateBytes(bytes, draw);
      if (kind === 6) return (draw.chance(0.5) ? latin : wide)(text);
      return encode(stringify(mutateSweep(parse(text), draw)));
    },
    read: async (bytes) => {
      rmSync(home, { recursive: true, force: true });
      mkdirSync(home);
      process.chdir(home);
      writeFileSync('s.yaml', bytes);
      const before = contents(home);
      const said = await run(['sweep', 's.yaml', '--dry-run', '--json']);
      judged(said, home, before, () => false);
      const left = [...contents(home).keys()].filter((name) => !before.has(name));
      if (left.length > 0) throw new Error(`--dry-run wrote ${left}`);
      const { points, seeds, cells } = JSON.parse(said.text.slice(said.text.indexOf('{')));
      return { points, seeds, cells };
    },
    seen: ({ value: { points, seeds, cells }, input }) => {
      const text = oracles.utf8(input);
      if (text === undefined) return false;
      const { axes, base, design, groups } = parse(text);
      const { seed, ...others } = axes ?? {};
      const sizes = Object.entries(others).map(([key, written]) => [key, oracles.axis(written)?.size]);
      const product = (design?.random ?? design?.sobol) ?? sizes.reduce((all, [key, size], k) => all * ((design === 'zip' && k > 0) || groups?.some((g) => g.indexOf(key) > 0) ? 1 : size), 1); // biome-ignore format: one line
      return points === product && seeds === oracles.axis(seed ?? base?.seed ?? 0)?.size && cells === points * seeds;
    },
  };
}
