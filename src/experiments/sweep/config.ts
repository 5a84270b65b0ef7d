/**
 * The file of a sweep: reading, defaults and checks. Every value of every axis is checked against the config of the experiment before
 * anything is written.
 */
import { basename } from 'node:path';
import { isTree, keyChecker, problemOf, type Tree } from '../../jobs/config-keys.js';
import { check, InputError } from '../../numeric/errors.js';
import { nearest } from '../../numeric/spelling.js';
import * as is from '../../numeric/wants.js';
import { completeRunConfig } from '../../runs/config.js';
import { readMapping } from '../../runs/config-file.js';
import type { AnyConfig, PartialConfig } from '../../runs/schema.js';
import { type Axis, axisOf, axisSize, axisValue, labelOf } from './axes.js';
import { type Point, pointCount, pointsOf } from './design.js';
import { checkNames } from './foresee.js';
import { checkAxes, needsWidths, otherNetwork, withPoint } from './keys.js';
import type { GivenMeasure } from './measures/registry.js';
import { type ConfigRules, TRAIN_RULES } from './rules.js';
import { type Design, type PartialSweep, type Sweep, type SweepConfig, sweepSchema } from './schema.js';
import { SOBOL_DIMENSIONS } from './sobol.js';

const checkKeys = keyChecker(sweepSchema);

/** Most seeds, which are kept as a list. */
const MOST_SEEDS = 100_000;
/** Most points of a random or Sobol' design, which are kept as a list. */
const MOST_DRAWN = 100_000;
/** Most values of a range that is rounded to whole numbers, each of which is compared with the one before. */
const MOST_ROUNDED = 1_000_000;
/** Points that are checked one by one; of more, every value of every axis and so many points are. */
const CHECKED = 20_000;

/**
 * Reads the file of a sweep, YAML or JSON.
 * @throws InputError when it cannot be read or is no sweep
 */
export function readSweepFile(path: string): PartialSweep & { readonly name: string } {
  is.given('readSweepFile', { path }, { path: is.path });
  const written = readMapping(path) as PartialSweep;
  const own = basename(path)
    .replace(/\.[^.]*$/, '')
    .replace(/[^\w.-]/g, '-');
  return { ...written, name: written.name ?? (own === '' || path === '-' ? 'sweep' : own) };
}

/**
 * Fills in the defaults of a sweep and checks it: keys, axes, design, and the config of the cells.
 * @param rules - those of its experiment, which `rulesOf` gives
 * @throws InputError for unknown keys, with the nearest one, and for values that the experiment does not take
 */
export function completeSweep(written: PartialSweep, rules: ConfigRules = TRAIN_RULES): Sweep {
  is.given('completeSweep', { written }, { written: is.object });
  checkKeys(written);
  const result = sweepSchema.safeParse(written);
  if (!result.success) throw problemOf(result.error.issues[0], written as Tree);
  // the schema would leave such a key out without a word
  for (const part of [written.axes, written.base])
    check(
      part == null || !Object.hasOwn(part, '__proto__'),
      'unknown-key',
      "the sweep has the key '__proto__', which no config has.",
    );
  const { axes: asked, groups, design, measure, until, name, ...rest } = result.data;
  const { seed: seedsAsked, ...others } = asked as Tree;
  const read = Object.entries(others).map(([key, values]) => axisOf(key, values));
  checkAxes(read);
  const axes = read.map((axis) => rounded(axis, rules));
  const base = rest.base as Tree;
  const config: SweepConfig = {
    ...rest,
    name: name ?? 'sweep',
    base,
    axes,
    design: designOf(axes, design, groups),
    measure: rules.measures((measure ?? rules.defaults) as GivenMeasure[]),
    until: until ?? null,
    figures: rest.figures as SweepConfig['figures'],
  };
  check(
    rules.seeded || (seedsAsked === undefined && base.seed === undefined),
    'bad-axis',
    `${config.experiment} draws seeds of its own, whose number is the key seeds of its config; leave the seed out.`,
  );
  const seeds = seedsOf(base, seedsAsked);
  checkUntil(config);
  checkNames(config);
  checkPoints(config, rules.seeded ? { seed: seeds[0] } : {}, rules);
  return { config, seeds };
}

/** Rounds the values of ranges where a key has whole numbers. */
function rounded(axis: Axis, { whole }: ConfigRules): Axis {
  const { key, form } = axis;
  if ((form.kind !== 'lin' && form.kind !== 'log') || !whole(key)) return axis;
  const out = { ...axis, whole: true };
  const size = axisSize(out);
  if (size === undefined) return out;
  check(
    size <= MOST_ROUNDED,
    'bad-axis',
    () => `the axis ${key} has ${size} values, and a range of whole numbers has up to ${MOST_ROUNDED}; take fewer.`,
  );
  let before: unknown;
  for (let i = 0; i < size; i++) {
    const value = axisValue(out, i);
    check(
      value !== before,
      'bad-axis',
      `the axis ${key} has ${size} values in ${form.kind} ${form.from}..${form.to}, which is more than there are different whole numbers (${value} comes twice); take fewer.`,
    );
    before = value;
  }
  return out;
}

/** Reads the seeds: a range, a list or one number; 0 where none is given. */
export function seedsOf(base: Tree, asked: unknown): readonly number[] {
  check(
    asked === undefined || base.seed === undefined,
    'bad-axis',
    'the seed is given in base and as an axis; leave one out.',
  );
  const axis = axisOf('seed', asked ?? base.seed ?? 0);
  const size = axisSize(axis);
  check(
    size !== undefined && axis.form.kind !== 'lin' && axis.form.kind !== 'log',
    'bad-axis',
    'the seeds are a range such as 0..99, a list or one number.',
  );
  check(
    size <= MOST_SEEDS,
    'bad-axis',
    () => `a sweep has up to ${MOST_SEEDS} seeds; got ${size}: take fewer, and append more with --resume.`,
  );
  const seeds = Array.from({ length: size }, (_, i) => axisValue(axis, i));
  for (const seed of seeds)
    check(
      Number.isSafeInteger(seed) && (seed as number) >= 0,
      'bad-axis',
      `the axis seed has the value ${labelOf(seed)}; seeds are whole numbers from 0.`,
    );
  return seeds as number[];
}

/** Reads the design, and checks that the axes have what it needs. */
function designOf(axes: readonly Axis[], design: unknown, groups: readonly (readonly string[])[] | undefined): Design {
  check(
    groups === undefined || design === 'product',
    'bad-design',
    'groups belong to the design product: the axes of a group move together, and the product is taken over the groups.',
  );
  if (isTree(design)) {
    check(axes.length > 0, 'bad-design', 'a random or Sobol’ design needs an axis beside the seeds.');
    checkDrawn(axes, ('random' in design ? design.random : design.sobol) as number);
    if ('random' in design) return { kind: 'random', points: design.random as number, seed: design.seed as number };
    check(
      axes.length <= SOBOL_DIMENSIONS,
      'bad-design',
      `a Sobol' design has up to ${SOBOL_DIMENSIONS} axes; got ${axes.length}: make some of them fixed, or use {random: n}.`,
    );
    return { kind: 'sobol', points: design.sobol as number };
  }
  for (const axis of axes) {
    const { key, form } = axis;
    check(
      axisSize(axis) !== undefined,
      'bad-axis',
      () =>
        `the axis ${key} has a range without a number of values, which the designs random and sobol take; write '${form.kind} ${'from' in form ? `${form.from}..${form.to}` : ''} x 8', or choose design: {sobol: 64}.`,
    );
  }
  const keys = axes.map(({ key }) => key);
  const together = groups ?? (design === 'zip' && keys.length > 0 ? [keys] : []);
  const named = together.flat();
  for (const key of named) {
    const close = nearest(key, keys);
    check(keys.includes(key), 'bad-design', () =>
      key === 'seed'
        ? 'groups name the seed, which is always crossed with the points; leave it out.'
        : `groups name the axis ${key}, and axes has none of that name${close ? `; did you mean ${close}?` : '.'}`,
    );
    check(
      named.indexOf(key) === named.lastIndexOf(key),
      'bad-design',
      `groups name the axis ${key} twice; leave one out.`,
    );
  }
  for (const group of together) {
    const sizes = group.map((key) => axisSize(axes.find((axis) => axis.key === key)!)!);
    const other = sizes.findIndex((size) => size !== sizes[0]);
    check(
      other < 0,
      'bad-design',
      () =>
        `the axes ${group[0]} and ${group[other]} move together and have ${sizes[0]} and ${sizes[other]} values; give them the same number, or choose design: product.`,
    );
  }
  // groups stand where their first axis does
  const all = keys.flatMap((key) => {
    const group = together.find((g) => g.includes(key));
    if (group === undefined) return [[key]];
    return keys.find((k) => group.includes(k)) === key ? [group] : [];
  });
  return { kind: 'product', groups: all };
}

/** Refuses more points than a design can hold, or than its axes have, which would be looked for without an end. */
function checkDrawn(axes: readonly Axis[], points: number): void {
  check(
    points <= MOST_DRAWN,
    'bad-design',
    () => `a random or Sobol' design has up to ${MOST_DRAWN} points; got ${points}: take fewer, or a product.`,
  );
  const there = axes.reduce((product, axis) => product * (axisSize(axis) ?? Number.POSITIVE_INFINITY), 1);
  check(
    points <= there,
    'bad-design',
    () =>
      `the design asks for ${points} points, and its axes have ${there} different ones; take fewer, or design: product.`,
  );
}

function checkUntil({ until, experiment, base, axes }: SweepConfig): void {
  if (until === null) return;
  check(
    experiment === 'train',
    'bad-config',
    `until is for experiment: train; in a sweep of ${experiment} the config says when training ends.`,
  );
  const training = isTree(base.training) ? base.training : {};
  check(
    training.stop === undefined && !axes.some(({ key }) => key === 'training.stop' || key.startsWith('training.stop.')),
    'bad-config',
    'until and training.stop both say when training ends; leave one out.',
  );
}

/** Checks the configs of all points, or where there are very many every value of every axis and part of the points. */
function checkPoints(config: SweepConfig, seed: Tree, rules: ConfigRules): void {
  const { axes } = config;
  const count = pointCount(config);
  const base = cellBase(config);
  const at = pointsOf(config);
  const first = at(0);
  const one = (point: Point, named: readonly Axis[]) => {
    try {
      rules.check({ ...withPoint(base, axes, point), ...seed });
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      const where = named.map((axis) => `${axis.key} ${labelOf(point[axes.indexOf(axis)])}`).join(', ');
      throw new InputError(error.code, where === '' ? error.message : `at ${where}: ${error.message}`);
    }
  };
  one(first, axes.length > 0 ? axes : []);
  axes.forEach((axis, a) => {
    const size = Math.min(axisSize(axis) ?? 0, CHECKED);
    for (let i = 0; i < size; i++) {
      const point = first.map((value, b) => (a === b ? axisValue(axis, i) : value));
      // axes that move together are only checked as points
      if (config.design.kind !== 'product' || config.design.groups.some((g) => g.length === 1 && g[0] === axis.key))
        one(point, [axis]);
    }
  });
  const step = Math.max(1, Math.floor(count / CHECKED));
  if (config.design.kind === 'product') for (let p = 0; p < count; p += step) one(at(p), axes);
  else for (let p = 0; p < Math.min(count, CHECKED); p++) one(at(p), axes);
}

/** Experiments whose config is that of a run. */
const OF_RUNS: readonly string[] = ['train', 'ivf2021', 'ao2022'];

/** Returns the config that all cells share; where an axis changes one width, with all of them. */
export function cellBase({ base, axes, experiment }: SweepConfig): Tree {
  const axis = axes.find(needsWidths);
  const stated = isTree(base.network) && base.network.widths !== undefined;
  if (axis === undefined || stated || !OF_RUNS.includes(experiment)) return base;
  check(
    !otherNetwork(base),
    'bad-axis',
    `the axis ${axis.key} changes the widths of a multilayer perceptron, and base has another network; leave it out, or state network.widths.`,
  );
  const { network } = completeRunConfig(base as PartialConfig);
  return {
    ...base,
    network: { ...(base.network as Tree | undefined), widths: (network as { widths: number[] }).widths },
  };
}

/** Returns the config of one cell of a sweep of trainings, complete. */
export function trainConfig(base: Tree, axes: readonly Axis[], point: Point, seed: number): AnyConfig {
  return completeRunConfig({ ...withPoint(base, axes, point), seed } as PartialConfig);
}
