/** Principal directions of a table of weights: `await pca(rows, { components: 20 })`. docs/theory [P3]. */
import { pca as exactPca, orient, project, rounding } from '../analyse/trajectory/pca.js';
import { type RowSource, rowRange } from '../analyse/trajectory/rows.js';
import { check } from '../numeric/errors.js';
import { embeddedLinearAlgebra, type LinearAlgebra } from '../numeric/linalg/index.js';
import { type Key, randomKey } from '../numeric/random.js';
import * as is from '../numeric/wants.js';
import { formatCount, formatNumber, formatShare } from '../report/format.js';
import { REQUEST_WANTS, type RequestOptions } from '../surface/surface.js';
import { kept, type RowsLike, rowsOf, watchedRows } from './rows.js';
import { Shown, shortened } from './shown.js';
import { leadingDirections } from './subspace.js';
import { watched } from './watched.js';

/** Chooses rows and directions, and says what a call may be stopped by. Nothing is needed. */
export interface PcaOptions extends RequestOptions {
  /** How many of the largest directions are found, or `all`; 20 by default. */
  readonly components?: number | 'all';
  /** [T, P] of numbers that come without a shape. */
  readonly shape?: readonly number[];
  /** Rows to use, `from` inclusive, `to` exclusive; all by default. */
  readonly from?: number;
  readonly to?: number;
  /**
   * `exact` solves the whole problem of order min(T, P); `subspace` finds the wanted directions alone, in about ten passes over the
   * rows. By default whichever is faster.
   */
  readonly method?: 'exact' | 'subspace';
  /** Wanted residual of `subspace`, relative to the variance of each direction; 1e-6 by default. */
  readonly tolerance?: number;
  /** Bytes that may be taken; 1 GiB by default. */
  readonly budget?: number;
  /** Randomness of the start of `subspace`: a seed, or a key; 0 by default. */
  readonly seed?: number;
  readonly key?: Key;
  /** Linear algebra; the package's own by default. */
  readonly la?: LinearAlgebra;
}

/** Says what {@link PcaOptions} need. */
export const PCA_WANTS = is.shape<PcaOptions>({
  components: is.maybe(is.either(is.count, is.oneOf('all'))),
  shape: is.maybe(is.numbers),
  from: is.maybe(is.whole),
  to: is.maybe(is.whole),
  method: is.maybe(is.oneOf('exact', 'subspace')),
  tolerance: is.maybe(is.positive),
  budget: is.maybe(is.positive),
  seed: is.maybe(is.whole),
  key: is.maybe(is.key),
  la: is.maybe(is.algebra),
  ...REQUEST_WANTS,
});

/** Holds principal directions, by descending variance. */
export class PcaResult extends Shown {
  /** Rows and weights of a row. */
  readonly T: number;
  readonly P: number;
  /** sigma_i², the population variance along each direction. */
  readonly variances: readonly number[];
  /** Bound of the error of each variance by the computation; sampling of a correlated window is not in it. */
  readonly errors: readonly number[];
  /** Share of each in the total variance. */
  readonly explained: readonly number[];
  readonly totalVariance: number;
  /** Variance below which a direction is not resolved: rounding of the recorded numbers, or of the computation. */
  readonly resolution: number;
  /** Unit vectors p_i, length P each. */
  readonly components: readonly Float64Array[];
  /** Mean of the rows. */
  readonly mean: Float64Array;
  /** How the directions were found. */
  readonly method: string;
  readonly converged: boolean;
  readonly #source: RowSource;
  readonly #la: LinearAlgebra;

  constructor(found: Found, source: RowSource, la: LinearAlgebra) {
    super();
    const { T, P } = source;
    this.T = T;
    this.P = P;
    this.variances = Array.from(found.variances);
    this.errors = Array.from(found.errors);
    this.explained = this.variances.map((v) => v / found.totalVariance);
    this.totalVariance = found.totalVariance;
    this.resolution = found.resolution;
    this.components = this.variances.map((_, k) => found.components.subarray(k * P, (k + 1) * P));
    this.mean = found.mean;
    this.method = found.method;
    this.converged = found.converged;
    this.#source = source;
    this.#la = la;
  }

  /** Computes the coordinates theta_i(t) = (w(t) − w̄)·p_i over the rows, T numbers for each direction. Costs one pass. */
  async coordinates(): Promise<Float64Array[]> {
    const { T, P, mean } = this;
    const components = new Float64Array(this.components.length * P);
    this.components.forEach((p, k) => {
      components.set(p, k * P);
    });
    const all = await project(this.#source, { components, mean }, this.#la);
    return this.components.map((_, k) => all.subarray(k * T, (k + 1) * T));
  }

  toString(): string {
    const { T, P, variances, explained, errors } = this;
    let sum = 0;
    const rows = variances.map((v, k) => {
      sum += explained[k];
      return [
        String(k + 1),
        formatNumber(v, 4),
        formatNumber(errors[k], 2),
        formatShare(explained[k]),
        formatShare(Math.min(1, sum)),
      ];
    });
    const mark = this.converged ? '' : ' (not converged)';
    return `${variances.length} principal directions of ${formatCount(T)} rows of ${formatCount(P)} weights; ${this.method}${mark}\n${shortened(['rank', 'variance', 'error', 'share', 'together'], rows)}`;
  }

  toJSON(): object {
    return { ...this, components: this.components.map((p) => Array.from(p)), mean: Array.from(this.mean) };
  }
}

/** Holds what the eigenproblem of a table gives, before it becomes a result. */
export interface Found {
  readonly variances: ArrayLike<number>;
  readonly errors: ArrayLike<number>;
  readonly components: Float64Array;
  readonly mean: Float64Array;
  readonly totalVariance: number;
  readonly resolution: number;
  readonly method: string;
  readonly converged: boolean;
}

/** Orders from which a subspace is faster than the whole problem, where it is also this many times the directions. */
const [LARGE, TIMES] = [300, 6];
const BUDGET = 2 ** 30;
/** Readings of the rows, about, by which progress is told; the eigenproblem that follows the exact ones takes long as well. */
const [EXACT_PASSES, PASSES] = [3, 12];

/**
 * Finds the principal directions of a table of weights, T rows of P. Costs about ten passes over the rows for the leading ones of a
 * large table, otherwise the eigenproblem of order min(T, P).
 * @throws InputError for rows of different lengths, fewer than 2 rows, and more components than min(P, T − 1); RunError for numbers
 *   that are not finite, for rows that are all equal, and 'interrupted' where the signal was given
 */
export async function pca(rows: RowsLike, options: PcaOptions = {}): Promise<PcaResult> {
  is.given('pca', { options }, { options: PCA_WANTS });
  const { from, to, la = embeddedLinearAlgebra(), budget = BUDGET, components = 20 } = options;
  const whole = await rowsOf('pca', rows, options.shape);
  const source = rowRange(whole, from ?? 0, to ?? whole.T);
  const { T, P } = source;
  check(T >= 2, 'too-short', () => `pca: principal directions need at least 2 rows; there is ${T}.`);
  const most = Math.min(P, T - 1);
  check(
    options.components === undefined || components === 'all' || components <= most,
    'bad-rank',
    () => `pca: ${T} rows of ${P} weights have ${most} principal directions; got components ${components}.`,
  );
  const count = components === 'all' ? most : Math.min(components, most);
  const n = Math.min(T, P);
  const large = n > LARGE && n >= TIMES * count;
  const exact = (options.method ?? (large ? 'subspace' : 'exact')) === 'exact';
  const found = await watched('pca', options, (request) =>
    exact
      ? solved(watchedRows('pca', source, request, EXACT_PASSES), la, count, budget)
      : leading(source, la, count, budget, options, request),
  );
  return new PcaResult(found, source, la);
}

async function solved(source: RowSource, la: LinearAlgebra, count: number, budget: number): Promise<Found> {
  const keep = Array.from({ length: count }, (_, k) => k + 1);
  const { summary, components, mean } = await exactPca(source, la, { keep, budget });
  const norm = Math.sqrt(summary.variances.reduce((s, v) => s + v * v, 0));
  const order = Math.min(source.T, source.P);
  return {
    variances: summary.variances.slice(0, count),
    errors: keep.map(() => summary.residual * norm),
    components,
    mean,
    totalVariance: summary.totalVariance,
    resolution: summary.resolution,
    method: `exact, ${summary.via === 'gram' ? 'Gram matrix' : 'covariance'} of order ${order}`,
    converged: true,
  };
}

async function leading(
  source: RowSource,
  la: LinearAlgebra,
  count: number,
  budget: number,
  { tolerance = 1e-6, key, seed = 0 }: PcaOptions,
  request: RequestOptions,
): Promise<Found> {
  const own = watchedRows('pca', await kept(source, budget / 2), request, PASSES);
  const found = await leadingDirections(own, { count, key: key ?? randomKey(seed), la, tolerance, budget: budget / 2 });
  const { values, residuals, vectors, mean, totalVariance, passes, converged } = found;
  for (let k = 0; k < count; k++) orient(vectors.data.subarray(k * source.P, (k + 1) * source.P));
  return {
    variances: values,
    // with exact products the rounding of some ten passes is left
    errors: residuals.map((r) => r + 10 * 2 ** -52 * values[0]),
    components: vectors.data,
    mean,
    totalVariance,
    resolution: rounding(mean, found.bits),
    method: `subspace, ${passes} passes over the rows, largest residual ${formatNumber(Math.max(...residuals.map((r, k) => r / values[k])), 1)} of its variance`,
    converged,
  };
}
