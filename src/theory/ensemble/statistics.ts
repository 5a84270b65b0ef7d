/** Counts and averages over an ensemble: histograms, means and covariances with their errors. */
import { check } from '../../numeric/errors.js';
import { type Estimate, estimate } from '../../numeric/estimate.js';
import { mean, variance } from '../../numeric/statistics.js';
import * as is from '../../numeric/wants.js';
import type { Ensemble, EnsembleView } from './ensemble.js';
import { STATUS } from './walls.js';

/** Describes equal cells between two outer faces; every `GridAxis` is one. */
export interface CellAxis {
  readonly from: number;
  readonly to: number;
  readonly cells: number;
}

/** Says what a {@link CellAxis} needs. */
export const CELL_AXIS_WANTS = is.shape<CellAxis>({ from: is.finite, to: is.finite, cells: is.count });

/**
 * Counts walkers on a grid, as plain data that can be summed over threads. Cell i + n_x·j, x fastest.
 * `densityFromCounts(gridOf(axes), counts, total)` makes a density of it.
 */
export interface Histogram {
  readonly axes: readonly CellAxis[];
  readonly counts: Float64Array;
  /** Moving walkers outside all cells. */
  outside: number;
  /** Walkers that were absorbed or had diverged. */
  stopped: number;
  /** All that were counted: inside, outside and stopped. */
  total: number;
}

/** Says what a {@link Histogram} needs. */
export const HISTOGRAM_WANTS = is.shape<Histogram>({
  axes: is.listOf(CELL_AXIS_WANTS),
  counts: is.numbers,
  outside: is.finite,
  stopped: is.finite,
  total: is.finite,
});

/**
 * Makes an empty histogram.
 * @throws InputError for an axis without cells or from a number to a smaller one
 */
export function newHistogram(axes: readonly CellAxis[]): Histogram {
  is.given('newHistogram', { axes }, { axes: is.listOf(CELL_AXIS_WANTS) });
  for (const { from, to, cells } of axes)
    check(
      from < to && Number.isFinite(to - from) && Number.isInteger(cells) && cells > 0,
      'bad-axis',
      () => `a histogram axis runs from a number to a larger one in whole cells; got ${from} to ${to} in ${cells}.`,
    );
  const size = axes.reduce((n, a) => n * a.cells, 1);
  return { axes, counts: new Float64Array(size), outside: 0, stopped: 0, total: 0 };
}

/**
 * Adds every walker of an ensemble once at its present position, and returns the histogram. Cells contain their lower face, the
 * last one its upper face too.
 * @throws InputError for a histogram of another dimension
 */
export function histogram(ensemble: EnsembleView, into: Histogram): Histogram {
  is.given(
    'histogram',
    { ensemble, into },
    { ensemble: is.having('an ensemble, such as sgdEnsemble makes', 'positions'), into: HISTOGRAM_WANTS },
  );
  const { axes, counts } = into;
  const { size, walkers } = ensemble;
  check(
    axes.length === size,
    'bad-axes',
    () => `a histogram of ${axes.length} axes cannot count walkers in ${size} dimensions.`,
  );
  const [x, status] = [ensemble.positions(), ensemble.status()];
  for (let w = 0; w < walkers; w++) {
    into.total++;
    if (status[w] !== STATUS.moving) {
      into.stopped++;
      continue;
    }
    let [cell, stride] = [0, 1];
    for (let c = 0; c < size && cell >= 0; c++) {
      const { from, to, cells } = axes[c];
      const v = x[w * size + c];
      const i = v === to ? cells - 1 : Math.floor(((v - from) / (to - from)) * cells);
      cell = i >= 0 && i < cells ? cell + i * stride : -1;
      stride *= cells;
    }
    if (cell < 0) into.outside++;
    else counts[cell]++;
  }
  return into;
}

/** Holds mean and covariance of the walkers that move. */
export interface Moments {
  /** ⟨x⟩ or ⟨x⟩, ⟨y⟩. */
  readonly mean: readonly Estimate[];
  /** cov xx, or xx, xy, yy. */
  readonly covariance: readonly Estimate[];
  /** Share of walkers that had stopped, which no mean includes. */
  readonly stopped: number;
}

/** Computes mean and covariance of the walkers that move now, with the errors of independent walkers (NaN for fewer than 2). */
export function ensembleMoments(ensemble: EnsembleView): Moments {
  is.given(
    'ensembleMoments',
    { ensemble },
    { ensemble: is.having('an ensemble, such as sgdEnsemble makes', 'positions') },
  );
  const { size, walkers } = ensemble;
  const [x, status] = [ensemble.positions(), ensemble.status()];
  const units: number[][] = [];
  for (let w = 0; w < walkers; w++) if (status[w] === STATUS.moving) units.push(products(x, w * size, size, x));
  const share = 1 - units.length / walkers;
  return momentsOf(units, x, size, share, 'over independent walkers');
}

/** Sets the times of an average over time. */
export interface Averaging {
  /** Number of times at which walkers are sampled, and the number of steps between. */
  readonly samples: number;
  readonly every: number;
  /** Blocks of time for the error where walkers are fewer than 20. Default 20. */
  readonly blocks?: number;
}

/** Says what an {@link Averaging} needs. */
export const AVERAGING_WANTS = is.shape<Averaging>({
  samples: is.number,
  every: is.number,
  blocks: is.maybe(is.count),
});

/**
 * Computes mean and covariance over walkers AND time, advancing the ensemble by samples·every steps. The error comes from the
 * time means of the walkers, which are independent of one another; for fewer than 20 walkers it comes from means over blocks of
 * time, which should be longer than the correlation time (not checked). Walkers that have stopped by the end are left out, so
 * means are conditional on not stopping.
 * @throws InputError for numbers of samples, steps or blocks out of range
 */
export function timeMoments(ensemble: Ensemble, options: Averaging): Moments {
  is.given(
    'timeMoments',
    { ensemble, options },
    { ensemble: is.having('an ensemble, such as sgdEnsemble makes', 'advance'), options: AVERAGING_WANTS },
  );
  const { samples, every, blocks = 20 } = options;
  check(
    Number.isInteger(samples) && samples >= 1 && Number.isInteger(every) && every >= 1 && blocks >= 2,
    'bad-averaging',
    () => `time averages need whole numbers of samples and of steps between; got ${samples} and ${every}.`,
  );
  const { size, walkers } = ensemble;
  const origin = ensemble.positions();
  const few = walkers < 20;
  const count = few ? Math.min(blocks, samples) : 1;
  const length = size === 1 ? 2 : 5;
  const sums = new Float64Array(walkers * count * length);
  const looks = new Float64Array(count);
  for (let s = 0; s < samples; s++) {
    ensemble.advance(every);
    const x = ensemble.positions();
    const block = Math.floor((s * count) / samples);
    looks[block]++;
    for (let w = 0; w < walkers; w++)
      products(x, w * size, size, origin).forEach((v, i) => {
        sums[(w * count + block) * length + i] += v;
      });
  }
  const status = ensemble.status();
  const units: number[][] = [];
  let moving = 0;
  for (let w = 0; w < walkers; w++) {
    if (status[w] !== STATUS.moving) continue;
    moving++;
    for (let b = 0; b < count; b++)
      units.push(Array.from({ length }, (_, i) => sums[(w * count + b) * length + i] / looks[b]));
  }
  const method = few ? `over ${count} blocks of time` : 'over the time means of independent walkers';
  return momentsOf(units, origin, size, 1 - moving / walkers, method);
}

/** Returns x, or x, y, relative to the first point of `origin`, and their products. */
function products(x: Float64Array, at: number, size: number, origin: Float64Array): number[] {
  const u = x[at] - origin[0];
  if (size === 1) return [u, u * u];
  const v = x[at + 1] - origin[1];
  return [u, v, u * u, u * v, v * v];
}

/**
 * Computes moments from the products of each unit (a walker, or a block of time); errors of the covariance by its first
 * variation.
 */
function momentsOf(
  units: readonly number[][],
  origin: Float64Array,
  size: number,
  stopped: number,
  method: string,
): Moments {
  const n = units.length;
  const column = (f: (u: number[]) => number) => Float64Array.from(units, f);
  const error = (values: Float64Array) => (n < 2 ? Number.NaN : Math.sqrt(variance(values, 1) / n));
  const centre = Array.from({ length: size }, (_, i) => mean(column((u) => u[i])));
  const means = centre.map((m, i) => estimate(origin[i] + m, error(column((u) => u[i])), n, `mean ${method}`));
  const pairs =
    size === 1
      ? [[0, 0]]
      : [
          [0, 0],
          [0, 1],
          [1, 1],
        ];
  const covariance = pairs.map(([i, j], k) => {
    const values = column((u) => u[size + k] - centre[i] * u[j] - centre[j] * u[i] + centre[i] * centre[j]);
    return estimate(mean(values), error(values), n, `covariance ${method}`);
  });
  return { mean: means, covariance, stopped };
}
