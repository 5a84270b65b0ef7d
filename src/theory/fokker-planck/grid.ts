/**
 * A uniform grid of cells on an interval or a rectangle. Cell k = i + n_x·j has its centre at from + (i + ½)·h along each axis;
 * x runs fastest.
 */
import { check } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';

/** Describes one axis: `cells` equal cells between `from` and `to`, which are the outer faces. */
export interface GridAxis {
  /** Default x, y. */
  readonly name?: string;
  readonly from: number;
  readonly to: number;
  readonly cells: number;
  /** Whether the axis is a ring: the last cell is the neighbour of the first. Default false. */
  readonly periodic?: boolean;
}

/** Says what a {@link GridAxis} needs. */
export const GRID_AXIS_WANTS = is.shape<GridAxis>({
  name: is.maybe(is.text),
  from: is.finite,
  to: is.finite,
  cells: is.count,
  periodic: is.maybe(is.flag),
});

/** Describes a grid of cells in one or two dimensions. */
export interface Grid {
  readonly axes: readonly (Required<Omit<GridAxis, 'periodic'>> & Pick<GridAxis, 'periodic'>)[];
  /** h along each axis, in the axis' unit. */
  readonly spacing: readonly number[];
  /** n_x and n_y (1 in one dimension). */
  readonly nx: number;
  readonly ny: number;
  /** n_x·n_y. */
  readonly size: number;
  /** Length or area of a cell. */
  readonly volume: number;
}

/** Says what a {@link Grid} needs. */
export const GRID_WANTS = is.shape<Grid>({ axes: is.listOf(is.object), spacing: is.numbers, size: is.count });

/** Holds a density on the cells: `values` integrate to the probability that is left (1 unless some was absorbed). */
export interface GridDensity {
  readonly grid: Grid;
  /** P at the gridCentres, ≥ 0, per unit of length or area. */
  readonly values: Float64Array;
}

/** Says what a {@link GridDensity} needs. */
export const GRID_DENSITY_WANTS = is.shape<GridDensity>({ grid: GRID_WANTS, values: is.numbers });

/** Fewest cells of a periodic axis, in one dimension and in two: oblique jumps reach 16 cells (`ANISOTROPY_LIMIT`). */
const RING = [8, 36];

/**
 * Makes a grid of one or two axes, with the names x and y by default.
 * @throws InputError unless there are one or two axes of different names and at least 3 cells with finite from < to
 */
export function gridOf(axes: readonly GridAxis[]): Grid {
  is.given('gridOf', { axes }, { axes: is.listOf(GRID_AXIS_WANTS) });
  check(
    axes.length === 1 || axes.length === 2,
    'bad-axes',
    `a Fokker-Planck grid has one or two axes; got ${axes.length}.`,
  );
  const full = axes.map((a, k) => ({
    name: a.name ?? ['x', 'y'][k],
    from: a.from,
    to: a.to,
    cells: a.cells,
    ...(a.periodic && { periodic: true }),
  }));
  for (const a of full) {
    check(
      Number.isFinite(a.from) && Number.isFinite(a.to) && a.from < a.to,
      'bad-axes',
      `axis ${a.name} of the grid must run from a finite number to a larger one; got ${a.from} to ${a.to}.`,
    );
    check(
      Number.isInteger(a.cells) && a.cells >= 3,
      'bad-axes',
      `axis ${a.name} of the grid needs at least 3 cells, a whole number; got ${a.cells}.`,
    );
    check(
      !a.periodic || a.cells >= RING[full.length - 1],
      'bad-axes',
      `a periodic axis needs at least ${RING[full.length - 1]} cells, so that no jump goes around; axis ${a.name} has ${a.cells}.`,
    );
  }
  check(
    full.length === 1 || full[0].name !== full[1].name,
    'bad-axes',
    `the two axes of the grid need different names; both are called ${full[0].name}.`,
  );
  const spacing = full.map((a) => (a.to - a.from) / a.cells);
  const [nx, ny] = [full[0].cells, full[1]?.cells ?? 1];
  return { axes: full, spacing, nx, ny, size: nx * ny, volume: spacing.reduce((v, h) => v * h, 1) };
}

/** Writes the centre of cell k, moved by (dx, dy) cells, into `out`. */
export function pointAt(grid: Grid, k: number, out: Float64Array, dx = 0, dy = 0): void {
  out[0] = grid.axes[0].from + ((k % grid.nx) + 0.5 + dx) * grid.spacing[0];
  if (grid.axes.length === 2) out[1] = grid.axes[1].from + (Math.floor(k / grid.nx) + 0.5 + dy) * grid.spacing[1];
}

/** Returns the centres of the cells along one axis. */
export function gridCentres(grid: Grid, axis: number): Float64Array {
  is.given('gridCentres', { grid, axis }, { grid: GRID_WANTS, axis: is.oneOf(0, 1) });
  const { from, cells } = grid.axes[axis];
  return Float64Array.from({ length: cells }, (_, i) => from + (i + 0.5) * grid.spacing[axis]);
}

/** Writes a point for a sentence, as in `x = 1, y = 2`. */
export function describePoint(grid: Grid, point: ArrayLike<number>): string {
  return grid.axes.map((a, k) => `${a.name} = ${Number(point[k].toPrecision(6))}`).join(', ');
}

/** Returns the probability in each cell. */
export function massesOf(density: GridDensity): Float64Array {
  return density.values.map((v) => v * density.grid.volume);
}

/** Makes a density of the probabilities of all cells. */
export function densityOf(grid: Grid, masses: ArrayLike<number>): GridDensity {
  return { grid, values: Float64Array.from(masses, (m) => m / grid.volume) };
}
