/**
 * The problem that a config of `thermograd simulate` states: formulas are read, units fixed, grid and start checked.
 */

import { keyChecker, problemOf as refusal, type Tree } from '../../jobs/config-keys.js';
import { check } from '../../numeric/errors.js';
import { type Expression, number, parseExpression } from '../../numeric/expression/index.js';
import type { Key } from '../../numeric/random.js';
import type { GridAxis } from '../../theory/fokker-planck/grid.js';
import { type NoiseInput, type Problem, problemOf } from '../../theory/models/problem.js';
import { dimensionless, type Scales, scalesAt } from '../../theory/models/scales.js';
import { type PartialSimulationConfig, type SimulationConfig, simulationSchema } from './schema.js';

/** Names what happens at a side of the grid. */
export type SideKind = 'open' | 'reflecting' | 'absorbing' | 'periodic';

/** Describes the initial distribution, in the units of the computation. */
export type Start =
  | { readonly kind: 'point'; readonly at: readonly number[] }
  | { readonly kind: 'normal'; readonly mean: readonly number[]; readonly deviation: readonly number[] }
  | { readonly kind: 'uniform'; readonly low: readonly number[]; readonly high: readonly number[] };

/** Holds everything that a method needs, in the units of the computation. */
export interface Setup {
  readonly config: SimulationConfig;
  readonly problem: Problem;
  /** Units of length, time and loss, where the computation is dimensionless. */
  readonly scales?: Scales;
  readonly axes: readonly GridAxis[];
  /** Lower and upper side of each axis. */
  readonly sides: readonly (readonly [SideKind, SideKind])[];
  readonly start: Start;
  readonly time:
    | { readonly mode: 'stationary'; readonly burnIn: number; readonly length: number }
    | {
        readonly mode: 'transient';
        readonly until: number;
        readonly outputs: readonly number[];
        readonly snapshots: readonly number[];
      };
}

const checkKeys = keyChecker(simulationSchema);
const CELLS = [400, 160];

/**
 * Fills in all defaults.
 * @throws InputError for unknown keys, with the nearest one, and for values out of their range
 */
export function completeSimulation(given: PartialSimulationConfig): SimulationConfig {
  checkKeys(given);
  const result = simulationSchema.safeParse(given);
  if (!result.success) throw refusal(result.error.issues[0], given as Tree);
  return result.data;
}

/**
 * Builds the problem that a config states.
 * @throws InputError for formulas that cannot be read and for keys that contradict each other
 */
export function setupOf(config: SimulationConfig): Setup {
  const names = config.variables;
  const size = names.length;
  check(
    names.join() === 'x' || names.join() === 'x,y',
    'bad-config',
    `variables are [x] or [x, y], in this order; got [${names.join(', ')}].`,
  );
  check(
    Object.keys(config.methods).length > 0,
    'no-method',
    'methods names none of sgd, langevin, fokker-planck, adiabatic.',
  );
  const given = problemOf({
    names,
    landscape: landscapeOf(config),
    noise: noiseOf(config),
    learningRate: learningRateOf(config),
    momentum: config.momentum,
    ...(config.noise.interpretation && { interpretation: config.noise.interpretation }),
  });
  const scales = config.units?.dimensionless ? scalesAt(given, config.units.at) : undefined;
  const problem = scales ? dimensionless(given, scales) : given;
  const [length, time] = [scales?.length ?? 1, scales?.time ?? 1];
  const axes = axesOf(config, length);
  const setup: Setup = {
    config,
    problem,
    ...(scales && { scales }),
    axes,
    sides: names.map((name) => [config.grid[name]!.lower, config.grid[name]!.upper] as const),
    start: startOf(config, size, axes, length),
    time: timeOf(config, time),
  };
  checkSides(setup);
  return setup;
}

function formulaReader(config: SimulationConfig, normals: number) {
  const variables = [...config.variables, ...Array.from({ length: normals }, (_, k) => `n${k + 1}`)];
  return (value: string | number, source: string): Expression =>
    typeof value === 'number'
      ? number(value)
      : parseExpression(value, { variables, parameters: config.parameters, source });
}

function landscapeOf(config: SimulationConfig) {
  const { loss, valley, force } = config.landscape;
  const read = formulaReader(config, 0);
  check(
    !(config.noise.batch?.loss !== undefined && loss !== undefined),
    'two-landscapes',
    'the loss of a minibatch already determines the landscape, as its mean; leave out landscape.loss (a valley may stay, for the adiabatic method).',
  );
  // the curvature may depend on parameters and on x alone; with y in it there is no valley
  const along = (text: string | number, key: string) =>
    typeof text === 'number'
      ? number(text)
      : parseExpression(text, { variables: ['x'], parameters: config.parameters, source: `landscape.valley.${key}` });
  return {
    ...(loss !== undefined && { loss: read(loss, 'landscape.loss') }),
    ...(valley && { valley: { floor: along(valley.floor, 'floor'), curvature: along(valley.curvature, 'curvature') } }),
    ...(force && { force: force.map((f, i) => read(f, `landscape.force.${i}`)) }),
  };
}

function noiseOf(config: SimulationConfig): NoiseInput {
  const { diffusion, covariance, batch } = config.noise;
  const given = Object.keys(config.noise).filter((key) => key !== 'interpretation');
  check(
    given.length === 1,
    'bad-noise',
    `noise is given in one way: as diffusion, as covariance or as batch; got ${given.join(' and ') || 'none'}.`,
  );
  if (batch) {
    const read = formulaReader(config, batch.normals);
    return {
      kind: 'batch',
      normals: Array.from({ length: batch.normals }, (_, k) => `n${k + 1}`),
      ...(batch.loss !== undefined && { loss: read(batch.loss, 'noise.batch.loss') }),
      ...(batch.gradient && { gradient: batch.gradient.map((g, i) => read(g, `noise.batch.gradient.${i}`)) }),
    };
  }
  const kind = diffusion ? 'diffusion' : 'covariance';
  const tensor = diffusion ?? covariance!;
  const read = formulaReader(config, 0);
  const entry = (key: 'xx' | 'xy' | 'yy') => {
    const value = tensor[key];
    check(
      value !== undefined,
      'bad-noise',
      `noise.${kind}.${key} is missing: in two coordinates the noise has xx, yy and, where it is correlated, xy.`,
    );
    return read(value, `noise.${kind}.${key}`);
  };
  const keys = config.variables.length === 1 ? (['xx'] as const) : (['xx', 'xy', 'yy'] as const);
  return { kind, values: keys.map(entry) };
}

function learningRateOf({ learningRate, methods, noise }: SimulationConfig): number {
  check(
    learningRate !== undefined || (!methods.sgd && noise.diffusion !== undefined),
    'no-learning-rate',
    'learningRate is missing: it is the step of SGD, and turns the noise of minibatches into a diffusion.',
  );
  return learningRate ?? 1;
}

function axesOf(config: SimulationConfig, unit: number): GridAxis[] {
  const { variables, grid } = config;
  check(
    variables.length === 2 || grid.y === undefined,
    'bad-grid',
    'grid.y is given, but the landscape has one variable; leave it out, or set variables: [x, y].',
  );
  return variables.map((name) => {
    const axis = grid[name];
    check(axis !== undefined, 'bad-grid', `grid.${name} is missing: from, to and perhaps cells.`);
    check(axis.from < axis.to, 'bad-grid', `grid.${name} must run upwards; got from ${axis.from} to ${axis.to}.`);
    const periodic = [axis.lower, axis.upper].filter((side) => side === 'periodic').length;
    check(
      periodic !== 1,
      'bad-grid',
      `grid.${name} is periodic at one side only; a ring needs lower: periodic and upper: periodic.`,
    );
    return {
      name,
      from: axis.from / unit,
      to: axis.to / unit,
      cells: axis.cells ?? CELLS[variables.length - 1],
      ...(periodic === 2 && { periodic: true }),
    };
  });
}

function startOf({ start }: SimulationConfig, size: number, axes: readonly GridAxis[], unit: number): Start {
  const { point, mean, deviation, low, high } = start;
  const of = (values: readonly number[] | number | undefined, key: string): readonly number[] => {
    const list = typeof values === 'number' ? Array.from({ length: size }, () => values) : values;
    check(
      list !== undefined && list.length === size,
      'bad-start',
      `start.${key} needs ${size} ${size === 1 ? 'number' : 'numbers'}; got ${list === undefined ? 'none' : list.length}.`,
    );
    return list.map((v) => v / unit);
  };
  const kinds = [
    point !== undefined,
    mean !== undefined || deviation !== undefined,
    low !== undefined || high !== undefined,
  ];
  check(kinds.filter(Boolean).length <= 1, 'bad-start', 'start is one of: point; mean and deviation; low and high.');
  const inside = (at: readonly number[]) => {
    at.forEach((v, k) => {
      check(
        v >= axes[k].from && v <= axes[k].to,
        'bad-start',
        `the start lies outside the grid: ${axes[k].name} = ${v * unit}, and the grid runs from ${axes[k].from * unit} to ${axes[k].to * unit}.`,
      );
    });
    return at;
  };
  if (kinds[1]) return { kind: 'normal', mean: inside(of(mean, 'mean')), deviation: of(deviation, 'deviation') };
  if (kinds[2]) {
    const [a, b] = [inside(of(low, 'low')), inside(of(high, 'high'))];
    check(
      a.every((v, k) => v < b[k]),
      'bad-start',
      'start.low must lie below start.high in every coordinate.',
    );
    return { kind: 'uniform', low: a, high: b };
  }
  return { kind: 'point', at: inside(point ? of(point, 'point') : axes.map((a) => (a.from + a.to) / 2)) };
}

function timeOf({ time }: SimulationConfig, unit: number): Setup['time'] {
  if (time.mode === 'stationary') {
    check(
      time.until === undefined && time.snapshots === undefined,
      'bad-time',
      'time.until and time.snapshots belong to time.mode transient; a stationary run counts for time.length after time.burnIn.',
    );
    // of walkers, `withTimes` has chosen a length that was left out
    const length = (time.length ?? 1) / unit;
    return { mode: 'stationary', length, burnIn: time.burnIn === undefined ? length / 5 : time.burnIn / unit };
  }
  check(time.until !== undefined, 'no-time', 'time.until is missing: how long a transient run takes, in eta·steps.');
  check(
    time.length === undefined && time.burnIn === undefined,
    'bad-time',
    'time.length and time.burnIn belong to time.mode stationary; a transient run goes to time.until.',
  );
  const until = time.until / unit;
  const snapshots = (time.snapshots ?? [0.02, 0.1, 0.3, 1].map((s) => s * time.until!)).map((t) => t / unit);
  check(
    snapshots.every((t) => t <= until * (1 + 1e-12)),
    'bad-time',
    `time.snapshots must not lie beyond time.until = ${time.until}.`,
  );
  return {
    mode: 'transient',
    until,
    outputs: Array.from({ length: time.outputs }, (_, k) => (until * (k + 1)) / time.outputs),
    snapshots: [...snapshots].sort((a, b) => a - b),
  };
}

function checkSides({ sides, time, config, axes }: Setup): void {
  const absorbing = sides.flatMap((pair, k) => pair.flatMap((s, i) => (s === 'absorbing' ? [[axes[k].name, i]] : [])));
  check(
    time.mode === 'transient' || absorbing.length === 0,
    'absorbing',
    `grid.${absorbing[0]?.[0]} has an absorbing side, where in the end all walkers are lost, so that nothing is stationary; use time: {mode: transient, until: …}.`,
  );
  check(
    config.methods.adiabatic === undefined ||
      config.variables.length === 1 ||
      absorbing.every(([name]) => name === 'x'),
    'absorbing',
    'the adiabatic method keeps only x, so it cannot treat an absorbing side of y.',
  );
  check(
    config.methods.adiabatic === undefined || config.variables.length === 1 || axes.every((a) => !a.periodic),
    'periodic',
    'in two coordinates the adiabatic method has no periodic sides; leave methods.adiabatic out.',
  );
}

/** Draws starting points, walkers×size; that of walker w depends on the key and w alone. */
export function placesOf(start: Start, size: number, first: number, count: number, key: Key): Float64Array {
  const out = new Float64Array(count * size);
  for (let w = 0; w < count; w++) {
    const stream = start.kind === 'point' ? undefined : key.child(first + w).stream();
    for (let i = 0; i < size; i++)
      out[w * size + i] =
        start.kind === 'point'
          ? start.at[i]
          : start.kind === 'normal'
            ? start.mean[i] + start.deviation[i] * stream!.normal()
            : start.low[i] + (start.high[i] - start.low[i]) * stream!.uniform();
  }
  return out;
}

/** Returns the density of the start, up to its norm; undefined for a point, or a normal law without width. */
export function startShape(start: Start): ((at: ArrayLike<number>) => number) | undefined {
  if (start.kind === 'point' || (start.kind === 'normal' && start.deviation.some((d) => d === 0))) return undefined;
  if (start.kind === 'uniform')
    return (at) => (start.low.every((v, i) => at[i] >= v && at[i] <= start.high[i]) ? 1 : 0);
  return (at) => Math.exp(-0.5 * start.mean.reduce((s, m, i) => s + ((at[i] - m) / start.deviation[i]) ** 2, 0));
}
