/**
 * Moments with errors, densities and survival from the parts of an ensemble. Walkers are independent, so errors are
 * over walkers.
 */
import { type Estimate, estimate } from '../../numeric/estimate.js';
import type { EnsembleView } from '../../theory/ensemble/ensemble.js';
import { ensembleMoments } from '../../theory/ensemble/statistics.js';
import { STATUS } from '../../theory/ensemble/walls.js';
import { type Grid, type GridDensity, gridOf } from '../../theory/fokker-planck/grid.js';
import { densityAlong, densityFromCounts, marginalDensity, massOf } from '../../theory/fokker-planck/measures.js';
import type { Setup } from './config.js';
import type { MethodResult, MethodSummary, MomentEstimates, NumberArray } from './measured.js';
import { type Expected, settled } from './settled.js';
import { momentColumns, type StationaryPart, type TransientPart, type WalkersPart } from './walkers.js';

/** Holds the part of a result that follows from the walkers; the rest is known beforehand. */
type Gathered = Pick<
  MethodSummary,
  'moments' | 'outside' | 'diverged' | 'survival' | 'passage' | 'noiseFloor' | 'warnings'
> &
  Pick<MethodResult, 'arrays'>;

/**
 * Combines the parts of an ensemble.
 * @param expected - the slowest relaxation of a stationary run, where it is known
 */
export function gather(setup: Setup, parts: readonly WalkersPart[], expected?: Expected): Gathered {
  return setup.time.mode === 'stationary'
    ? gatherStationary(setup, parts as readonly StationaryPart[], expected)
    : gatherTransient(setup, setup.time, parts as readonly TransientPart[]);
}

/** Returns the mean over independent walkers and its error; NaN are left out. */
function overWalkers(values: Iterable<number>, method: string): Estimate {
  let [n, sum, square] = [0, 0, 0];
  const list: number[] = [];
  for (const v of values) if (!Number.isNaN(v)) list.push(v);
  for (const v of list) sum += v;
  n = list.length;
  const mean = sum / n;
  for (const v of list) square += (v - mean) ** 2;
  return estimate(mean, Math.sqrt(square / (n * (n - 1))), n, method);
}

/**
 * Returns means and covariances from a table of walkers×columns (x, [y], xx, [xy, yy], L). The covariance is about the
 * common mean, whose own uncertainty changes it by a share of 1/walkers only.
 */
export function momentsOver(table: Float64Array, size: number, hasLoss: boolean, method: string): MomentEstimates {
  const columns = momentColumns(size);
  const walkers = table.length / columns;
  const over = (value: (row: number) => number) =>
    overWalkers(
      Array.from({ length: walkers }, (_, w) => value(w * columns)),
      method,
    );
  const mean = Array.from({ length: size }, (_, i) => over((r) => table[r + i]));
  const pairs = size === 1 ? [[0, 0]] : [[0, 0], [0, 1], [1, 1]]; // biome-ignore format: one line
  const covariance = pairs.map(([a, b], k) => {
    const [ma, mb] = [mean[a].value, mean[b].value];
    return over((r) => table[r + size + k] - ma * table[r + b] - mb * table[r + a] + ma * mb);
  });
  return { mean, covariance, ...(hasLoss && { loss: over((r) => table[r + columns - 1]) }) };
}

function gatherStationary(setup: Setup, parts: readonly StationaryPart[], expected: Expected | undefined): Gathered {
  const { problem, axes } = setup;
  const { size } = problem;
  const grid = gridOf(axes);
  const walkers = parts.reduce((n, p) => n + p.averages.length / momentColumns(size), 0);
  const diverged = parts.reduce((n, p) => n + p.diverged, 0) / walkers;
  const samples = parts.reduce((n, p) => n + p.samples, 0);
  const outside = parts.reduce((n, p) => n + p.outside, 0) / Math.max(1, samples);
  const table = join(parts.map((p) => p.averages));
  const found = momentsOver(
    table,
    size,
    problem.loss !== undefined,
    `time averages of ${walkers} independent walkers; error over walkers`,
  );
  const density = densityFromCounts(grid, total(parts.map((p) => p.counts)), Math.max(1, samples));
  const { moments, warnings } = settled(setup, found, parts, expected);
  return {
    moments,
    outside,
    diverged,
    noiseFloor: floorOfHalves(
      grid,
      parts.map((p) => p.counts),
    ),
    warnings,
    arrays: densityArrays(density, setup),
  };
}

function gatherTransient(
  setup: Setup,
  { outputs, snapshots }: Setup['time'] & { mode: 'transient' },
  parts: readonly TransientPart[],
): Gathered {
  const { problem, axes, sides } = setup;
  const { size } = problem;
  const grid = gridOf(axes);
  const all = parts.reduce((n, p) => n + p.exits.length, 0);
  const lost = parts.reduce((n, p) => n + p.diverged, 0);
  const walkers = all - lost;
  const absorbing = sides.some((s) => s.includes('absorbing'));
  const T = outputs.length;
  const arrays: Record<string, NumberArray> = {};
  const series = {
    mean: new Float64Array(T * size),
    mean_error: new Float64Array(T * size),
    covariance: new Float64Array(T * (size === 1 ? 1 : 3)),
    survival: new Float64Array(T),
    survival_error: new Float64Array(T),
  };
  let moments: Pick<MomentEstimates, 'mean' | 'covariance'> | undefined;
  for (let k = 0; k < T; k++) {
    moments = ensembleMoments(viewAt(parts, k, outputs[k], size));
    moments.mean.forEach((m, i) => {
      series.mean[k * size + i] = m.value;
      series.mean_error[k * size + i] = m.standardError;
    });
    series.covariance.set(
      moments.covariance.map((c) => c.value),
      k * moments.covariance.length,
    );
    const left = survivors(parts, outputs[k]) / walkers;
    series.survival[k] = left;
    series.survival_error[k] = Math.sqrt((left * (1 - left)) / walkers);
  }
  const S = snapshots.length;
  const each = snapshots.map((_, s) => parts.map((p) => p.counts[s]));
  const densities = each.map((counts) => densityFromCounts(grid, total(counts), all));
  const put = (name: string, data: Float64Array, ...shape: number[]) => {
    arrays[name] = { shape, data };
  };
  put('times', Float64Array.from(outputs), T);
  put('mean', series.mean, T, size);
  put('mean_error', series.mean_error, T, size);
  put('covariance', series.covariance, T, series.covariance.length / T);
  if (absorbing) {
    put('survival', series.survival, T);
    put('survival_error', series.survival_error, T);
    const exits = Float64Array.from(parts.flatMap((p) => [...p.exits].filter((t) => !Number.isNaN(t))));
    put('exit_times', exits, exits.length);
  }
  put('snapshot_times', Float64Array.from(snapshots), S);
  put('snapshots', join(densities.map((d) => d.values)), S, ...shapeOf(grid));
  Object.assign(arrays, densityArrays(densities[S - 1], setup));
  const outsideLast = parts.reduce((n, p) => n + p.outside[S - 1], 0) / all;
  const left = series.survival[T - 1];
  return {
    moments: { mean: moments!.mean, covariance: moments!.covariance },
    outside: outsideLast,
    diverged: lost / all,
    ...(absorbing && {
      survival: estimate(
        left,
        series.survival_error[T - 1],
        walkers,
        'share of the walkers that did not diverge',
        true,
      ),
      passage: passageOf(parts, walkers, left),
    }),
    noiseFloor: floorOfHalves(grid, each[S - 1]),
    warnings: [],
    arrays,
  };
}

/**
 * Returns the mean exit time. While walkers remain it is the mean of those that left, and does not count as converged.
 */
function passageOf(parts: readonly TransientPart[], walkers: number, left: number): Estimate {
  const mean = overWalkers(
    parts.flatMap((p) => [...p.exits]),
    left === 0
      ? `mean exit time of ${walkers} walkers`
      : `mean exit time of those of ${walkers} walkers that left in time: too small`,
  );
  return { ...mean, converged: left === 0 && mean.converged };
}

/** Counts the walkers that were not absorbed until a time and did not diverge, then or later. */
function survivors(parts: readonly TransientPart[], time: number): number {
  return parts.reduce((n, p) => n - p.diverged + p.exits.reduce((m, t) => m + (t <= time ? 0 : 1), 0), 0);
}

/** Returns the ensemble at one output. */
function viewAt(parts: readonly TransientPart[], output: number, time: number, size: 1 | 2): EnsembleView {
  const positions = join(
    parts.map((p) => {
      const n = p.exits.length * size;
      return p.places.subarray(output * n, (output + 1) * n);
    }),
  );
  const walkers = positions.length / size;
  const status = Uint8Array.from({ length: walkers }, (_, w) =>
    Number.isNaN(positions[w * size]) ? STATUS.absorbed : STATUS.moving,
  );
  // moments are taken relative to the first walker, wherever it is
  for (let i = 0; i < positions.length; i++) if (Number.isNaN(positions[i])) positions[i] = 0;
  return {
    walkers,
    size,
    time,
    stepsDone: 0,
    positions: () => positions,
    status: () => status,
    exitTimes: () => join(parts.map((p) => p.exits)),
    exitSides: () => new Uint8Array(walkers),
  };
}

/** Returns the arrays density, marginal_x, marginal_y and, in a valley, the normalised floor. */
export function densityArrays(density: GridDensity, setup: Setup): Record<string, NumberArray> {
  const { grid } = density;
  const out: Record<string, NumberArray> = { density: { shape: shapeOf(grid), data: density.values } };
  out.marginal_x = { shape: [grid.nx], data: marginalDensity(density, 0).values };
  if (grid.axes.length === 1) return out;
  out.marginal_y = { shape: [grid.ny], data: marginalDensity(density, 1).values };
  const floor = setup.problem.valley && floorOf(density);
  if (floor) out.floor = { shape: [grid.nx], data: floor };
  return out;
}

/** Returns P(x, 0) normalised along x; undefined when y = 0 lies outside the grid or has no mass. */
export function floorOf(density: GridDensity): Float64Array | undefined {
  const y = density.grid.axes[1];
  if (!(y.from < 0 && y.to > 0)) return undefined;
  const line = densityAlong(density, 0, 0);
  const mass = massOf(line);
  return mass > 0 ? line.values.map((v) => v / mass) : undefined;
}

/** Returns the shape of an array over the cells, [nx] or [ny, nx]. */
export const shapeOf = (grid: Grid): number[] => (grid.axes.length === 1 ? [grid.nx] : [grid.ny, grid.nx]);

/**
 * Estimates the total variation between the full count and the true density that is due to counting noise: half of that
 * between two halves of the walkers, because their difference has twice the spread of the whole.
 */
function floorOfHalves(grid: Grid, counts: readonly Float64Array[]): Record<string, number> {
  const half = (k: number) => total(counts.filter((_, i) => i % 2 === k));
  const [a, b] = [half(0), half(1)];
  const names = ['density', 'marginal_x', ...(grid.axes.length === 2 ? ['marginal_y'] : [])];
  if (counts.length < 2 || ![a, b].every((c) => c.some((v) => v > 0)))
    return Object.fromEntries(names.map((n) => [n, Number.NaN]));
  const [p, q] = [a, b].map((c) => densityFromCounts(grid, c));
  const distance = (x: GridDensity, y: GridDensity) =>
    (x.values.reduce((s, v, i) => s + Math.abs(v - y.values[i]), 0) * x.grid.volume) / 4;
  return Object.fromEntries(
    names.map((name) => {
      if (name === 'density') return [name, distance(p, q)];
      const axis = name === 'marginal_x' ? 0 : 1;
      return [name, distance(marginalDensity(p, axis), marginalDensity(q, axis))];
    }),
  );
}

function total(counts: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(counts[0]?.length ?? 0);
  for (const c of counts) for (let i = 0; i < c.length; i++) out[i] += c[i];
  return out;
}

function join(arrays: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(arrays.reduce((n, a) => n + a.length, 0));
  let at = 0;
  for (const a of arrays) {
    out.set(a, at);
    at += a.length;
  }
  return out;
}
