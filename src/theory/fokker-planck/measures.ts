/**
 * Numbers computed from a density on a grid. Integrals are sums over cells (midpoint rule, h²; exact for what the process
 * conserves).
 */
import { check } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import {
  densityOf,
  GRID_DENSITY_WANTS,
  GRID_WANTS,
  type Grid,
  type GridDensity,
  gridCentres,
  massesOf,
  pointAt,
} from './grid.js';

/** Returns ∫ P: 1, or the probability that is left after absorption. */
export function massOf(density: GridDensity): number {
  is.given('massOf', { density }, { density: GRID_DENSITY_WANTS });
  return massesOf(density).reduce((s, m) => s + m, 0);
}

/**
 * Returns P/∫P.
 * @throws InputError where the mass is 0 or not finite
 */
export function normaliseDensity(density: GridDensity): GridDensity {
  is.given('normaliseDensity', { density }, { density: GRID_DENSITY_WANTS });
  const mass = massOf(density);
  check(mass > 0 && Number.isFinite(mass), 'no-mass', `a density of mass ${mass} cannot be normalised.`);
  return { grid: density.grid, values: density.values.map((v) => v / mass) };
}

/**
 * Makes a normalised density of a function of the point, of which only the shape matters.
 * @throws InputError where the function is negative or not finite, or zero everywhere
 */
export function densityFrom(grid: Grid, shape: (point: ArrayLike<number>) => number): GridDensity {
  is.given('densityFrom', { grid, shape }, { grid: GRID_WANTS, shape: is.func });
  const point = new Float64Array(2);
  const values = Float64Array.from({ length: grid.size }, (_, i) => {
    pointAt(grid, i, point);
    return shape(point);
  });
  check(
    values.every((v) => v >= 0 && Number.isFinite(v)),
    'bad-density',
    'a density must be finite and ≥ 0 on the whole grid.',
  );
  return normaliseDensity({ grid, values });
}

/**
 * Makes the density whose whole probability is in the cell that holds the point.
 * @throws InputError for a point outside the grid
 */
export function densityAtPoint(grid: Grid, point: ArrayLike<number>): GridDensity {
  is.given('densityAtPoint', { grid, point }, { grid: GRID_WANTS, point: is.numbers });
  const cell = cellOf(grid, point, 0);
  check(cell >= 0, 'outside', `the point ${Array.from(point).join(', ')} lies outside the grid.`);
  const masses = new Float64Array(grid.size);
  masses[cell] = 1;
  return densityOf(grid, masses);
}

/** Returns the index of the cell that holds the point whose coordinates start at `offset`; −1 outside the grid. */
function cellOf(grid: Grid, points: ArrayLike<number>, offset: number): number {
  let [cell, stride] = [0, 1];
  for (let a = 0; a < grid.axes.length; a++) {
    const k = Math.floor((points[offset + a] - grid.axes[a].from) / grid.spacing[a]);
    if (!(k >= 0 && k < grid.axes[a].cells)) return -1;
    cell += stride * k;
    stride *= grid.axes[a].cells;
  }
  return cell;
}

/**
 * Makes a density of the histogram of walkers, and returns it with the share of walkers outside the grid, by which its mass is
 * less than 1.
 * @param points - the walkers one after another, with as many numbers each as the grid has axes
 * @throws InputError for no walkers, or numbers that are not whole points
 */
export function densityFromWalkers(grid: Grid, points: ArrayLike<number>): { density: GridDensity; outside: number } {
  is.given('densityFromWalkers', { grid, points }, { grid: GRID_WANTS, points: is.numbers });
  const size = grid.axes.length;
  const count = points.length / size;
  check(
    Number.isInteger(count) && count > 0,
    'bad-walkers',
    `${points.length} numbers are not points of ${size} coordinates.`,
  );
  const counts = new Float64Array(grid.size);
  let outside = 0;
  for (let n = 0; n < count; n++) {
    const cell = cellOf(grid, points, n * size);
    if (cell < 0) outside++;
    else counts[cell]++;
  }
  return { density: densityFromCounts(grid, counts, count), outside: outside / count };
}

/**
 * Makes a density of counts per cell.
 * @param total - number of counts, those outside the grid included; by default the sum of `counts`
 * @throws InputError for counts of another grid, or none
 */
export function densityFromCounts(grid: Grid, counts: ArrayLike<number>, total?: number): GridDensity {
  is.given(
    'densityFromCounts',
    { grid, counts, total },
    { grid: GRID_WANTS, counts: is.numbers, total: is.maybe(is.finite) },
  );
  check(counts.length === grid.size, 'wrong-grid', `${counts.length} counts do not fit a grid of ${grid.size} cells.`);
  const all = total ?? Array.from(counts).reduce((s, c) => s + c, 0);
  check(all > 0, 'no-mass', 'a histogram without counts is not a density.');
  return densityOf(
    grid,
    Float64Array.from(counts, (c) => c / all),
  );
}

/** Integrates P over the other axis, which gives a density in one dimension. */
export function marginalDensity(density: GridDensity, axis: 0 | 1): GridDensity {
  is.given('marginalDensity', { density, axis }, { density: GRID_DENSITY_WANTS, axis: is.oneOf(0, 1) });
  const { grid, values } = density;
  const only = lineGrid(grid, axis);
  if (grid.axes.length === 1) return density;
  const out = new Float64Array(only.size);
  const h = grid.spacing[1 - axis];
  values.forEach((v, i) => {
    out[axis === 0 ? i % grid.nx : Math.floor(i / grid.nx)] += v * h;
  });
  return { grid: only, values: out };
}

/**
 * Returns P along `axis` where the other coordinate is `at`, such as the density on the floor of a valley. It interpolates log
 * P by a cubic through the four nearest lines (exact across a Gaussian), or P linearly where one of them is 0. The result is
 * not normalised: divide by `massOf` for the shape.
 * @throws InputError for a density in one dimension, or a line outside the grid
 */
export function densityAlong(density: GridDensity, axis: 0 | 1, at: number): GridDensity {
  is.given('densityAlong', { density, axis, at }, { density: GRID_DENSITY_WANTS, axis: is.oneOf(0, 1), at: is.finite });
  const { grid, values } = density;
  check(grid.axes.length === 2, 'wrong-dimension', 'a slice needs a density in two dimensions.');
  const across = grid.axes[1 - axis];
  check(
    at >= across.from && at <= across.to,
    'outside',
    `the line ${across.name} = ${at} lies outside the grid, ${across.from} to ${across.to}.`,
  );
  const only = lineGrid(grid, axis);
  const where = (at - across.from) / grid.spacing[1 - axis] - 0.5;
  const width = Math.min(4, across.cells);
  const first = Math.max(0, Math.min(across.cells - width, Math.floor(where) - 1));
  const low = Math.max(0, Math.min(across.cells - 2, Math.floor(where)));
  const value = (k: number, line: number) => values[axis === 0 ? k + grid.nx * line : line + grid.nx * k];
  const out = Float64Array.from({ length: only.size }, (_, k) => {
    let log = 0;
    for (let a = 0; a < width; a++) {
      let weight = 1;
      for (let b = 0; b < width; b++) if (b !== a) weight *= (where - first - b) / (a - b);
      if (weight !== 0) log += weight * Math.log(value(k, first + a));
    }
    if (Number.isFinite(log)) return Math.exp(log);
    return Math.max(0, value(k, low) + (where - low) * (value(k, low + 1) - value(k, low)));
  });
  return { grid: only, values: out };
}

function lineGrid(grid: Grid, axis: 0 | 1): Grid {
  const a = grid.axes[axis];
  check(a !== undefined, 'wrong-dimension', `a grid of ${grid.axes.length} axis has no axis ${axis}.`);
  const h = grid.spacing[axis];
  return { axes: [a], spacing: [h], nx: a.cells, ny: 1, size: a.cells, volume: h };
}

/** Holds the first and second moments of a density. */
export interface Moments {
  readonly mean: readonly number[];
  /** xx, or xx, xy, yy. */
  readonly covariance: readonly number[];
}

/** Computes mean and covariance of the normalised density, with each cell as a point at its centre. */
export function densityMoments(density: GridDensity): Moments {
  is.given('densityMoments', { density }, { density: GRID_DENSITY_WANTS });
  const { grid } = density;
  const p = massesOf(normaliseDensity(density));
  const coordinates = grid.axes.map((_, a) => gridCentres(grid, a));
  const place = (i: number, a: number) => coordinates[a][a === 0 ? i % grid.nx : Math.floor(i / grid.nx)];
  const mean = grid.axes.map((_, a) => p.reduce((s, m, i) => s + m * place(i, a), 0));
  const pairs = grid.axes.length === 1 ? [[0, 0]] : [[0, 0], [0, 1], [1, 1]]; // biome-ignore format: one line
  const covariance = pairs.map(([a, b]) =>
    p.reduce((s, m, i) => s + m * (place(i, a) - mean[a]) * (place(i, b) - mean[b]), 0),
  );
  return { mean, covariance };
}

/** Averages a function, given by its values on the cells, over the normalised density. */
export function densityAverage(density: GridDensity, values: ArrayLike<number>): number {
  is.given('densityAverage', { density, values }, { density: GRID_DENSITY_WANTS, values: is.numbers });
  check(
    values.length === density.grid.size,
    'wrong-grid',
    () => `densityAverage: the density has ${density.grid.size} cells and the function ${values.length} values.`,
  );
  return massesOf(normaliseDensity(density)).reduce((s, m, i) => s + (m > 0 ? m * values[i] : 0), 0);
}

/**
 * Computes the total variation ½ ∫|P − Q| of two densities on one grid, 0 to 1; absorbed mass counts as one more cell.
 * @throws InputError for different grids
 */
export function totalVariation(a: GridDensity, b: GridDensity): number {
  is.given('totalVariation', { a, b }, { a: GRID_DENSITY_WANTS, b: GRID_DENSITY_WANTS });
  check(
    a.values.length === b.values.length && a.grid.axes.every((x, k) => sameAxis(x, b.grid.axes[k])),
    'wrong-grid',
    'total variation compares densities on one grid; these two have different axes.',
  );
  const [p, q] = [massesOf(a), massesOf(b)];
  const apart = p.reduce((s, m, i) => s + Math.abs(m - q[i]), 0);
  return (apart + Math.abs(massOf(a) - massOf(b))) / 2;
}

function sameAxis(a: Grid['axes'][number], b: Grid['axes'][number] | undefined): boolean {
  return b !== undefined && a.from === b.from && a.to === b.to && a.cells === b.cells;
}
