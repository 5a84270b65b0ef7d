/**
 * Principal directions of a recorded window: w(t) = w̄ + Σ_i theta_i(t) p_i. docs/theory [P3].
 *
 * sigma_i² is the population variance of theta_i over the window, (1/T) Σ_t theta_i(t)², with the window mean subtracted;
 * the p_i are the eigenvectors of C = (1/T) Σ_t (w−w̄)(w−w̄)ᵀ. With T < P the T×T Gram matrix G_st = (w_s−w̄)·(w_t−w̄)/T has
 * the same nonzero eigenvalues and is diagonalised instead: G u = sigma² u gives p = Σ_t u_t (w_t−w̄)/√(T sigma²).
 *
 * Rows are streamed; T×P numbers are held in memory only if they fit the budget. All sums are float64.
 */
import { check, RunError } from '../../numeric/errors.js';
import { covarianceAccumulator, gramAccumulator } from '../../numeric/linalg/covariance.js';
import { frobenius, type Matrix, matrix } from '../../numeric/linalg/matrix.js';
import type { LinearAlgebra } from '../../numeric/linalg/provider.js';
import * as is from '../../numeric/wants.js';
import type { PcaSummary } from './results.js';
import { asRows, forEachBatch, forEachChunk, ROW_SOURCE_WANTS, type RowSource, rowRange } from './rows.js';

/** Memory in bytes that an analysis may take by default: 1 GiB. */
const DEFAULT_BUDGET = 2 ** 30;

/** Chooses rows and directions, and limits the memory. */
export interface PcaOptions {
  /** Ranks (from 1) whose directions are returned, ascending; default all, i.e. min(P, T−1) of them. */
  readonly keep?: readonly number[];
  /** Rows of the window to use, `from` inclusive, `to` exclusive; default all. */
  readonly from?: number;
  readonly to?: number;
  /** Bytes that may be allocated; default `DEFAULT_BUDGET`. Refused before starting when less than `pcaMemory`. */
  readonly budget?: number;
}

/** Says what a {@link PcaOptions} needs. */
export const PCA_OPTIONS_WANTS = is.shape<PcaOptions>({
  keep: is.maybe(is.numbers),
  from: is.maybe(is.whole),
  to: is.maybe(is.whole),
  budget: is.maybe(is.real),
});

/** Holds the principal directions of a window. */
export interface Pca {
  readonly summary: PcaSummary;
  /** Ranks of the rows of `components`. */
  readonly indices: readonly number[];
  /**
   * Unit vectors p_i as ROWS, indices.length×P row-major. Sign: the entry of largest magnitude is positive (the first of
   * those equal to within 1e-6), so that providers agree.
   */
  readonly components: Float64Array;
  /** Window mean, first and last weights, P each. */
  readonly mean: Float64Array;
  readonly first: Float64Array;
  readonly last: Float64Array;
}

/**
 * Returns the bytes that `pca` needs at least for a window of T steps of P weights: with n = min(P, T) the order of the matrix,
 * seven n×n matrices (sum, eigenvectors, and the workspace of the solver) and the directions kept; via the Gram matrix also one
 * block of 256 columns (`pca` takes more where the budget allows, which saves passes over the data).
 */
export function pcaMemory(shape: { readonly T: number; readonly P: number; readonly kept?: number }): number {
  is.given('pcaMemory', { shape }, { shape: is.shape({ T: is.count, P: is.count, kept: is.maybe(is.whole) }) });
  const { T, P } = shape;
  const n = Math.min(T, P);
  const kept = shape.kept ?? Math.min(P, T - 1);
  const block = T < P ? 4 * T * Math.min(P, COLUMNS) + 8 * ROWS * P : 0;
  return 8 * (7 * n * n + 512 * n + kept * P) + block + 2 ** 23;
}

const COLUMNS = 256;
/** Rows that are multiplied at once, and the most bytes that these may take. */
const ROWS = 256;
const ROWS_BYTES = 2 ** 26;
const rowsAtOnce = (P: number): number => Math.max(8, Math.min(ROWS, Math.floor(ROWS_BYTES / (8 * P))));

/**
 * Computes the principal components of a streamed window. docs/theory [P3].
 *
 * `summary.resolution` is the variance below which sigma_i² is meaningless, the larger of two limits. Rounding of the
 * recording: a float32 weight w is off by at most half of its spacing u = 2^(⌊log2|w|⌋−23), uniformly, which adds u²/12 to its
 * variance and Σ_j p_ij² u_j²/12 to that of a direction, on average (1/P) Σ_j u_j²/12 with u_j at the mean weight (float64
 * windows: 2^−29 times smaller spacings). The eigensolver: by ‖C v − λ v‖ an eigenvalue is uncertain by residual·‖C‖_F/√n (root
 * mean square). Rounding of the training itself (float32 updates) belongs to the dynamics and is not included; `roundingOfSteps` bounds it
 * along directions that the window did not choose.
 *
 * Costs P²T flops for the sum (T²P via Gram), about 4n³ + 2n³ for the eigenproblem and its residual, and one pass over the data
 * (via Gram ⌈P/columns that fit⌉ + 1 passes).
 * @throws InputError for fewer than 2 rows, ranks out of range, or a budget below `pcaMemory`; RunError for weights that are
 *   not finite and for a window in which no weight moved
 */
export async function pca(whole: RowSource, la: LinearAlgebra, options: PcaOptions = {}): Promise<Pca> {
  is.given(
    'pca',
    { whole, la, options },
    { whole: is.either(ROW_SOURCE_WANTS, is.matrixOrRows), la: is.algebra, options: PCA_OPTIONS_WANTS },
  );
  const rows = asRows(whole);
  const source = rowRange(rows, options.from ?? 0, options.to ?? rows.T);
  const { T, P } = source;
  check(T >= 2 && P >= 1, 'too-short', () => `principal directions need at least 2 rows; the window has ${T}.`);
  const K = Math.min(P, T - 1);
  const indices = options.keep ?? Array.from({ length: K }, (_, k) => k + 1);
  check(
    indices.every((i, k) => Number.isInteger(i) && i >= 1 && i <= K && (k === 0 || i > indices[k - 1])),
    'bad-rank',
    () =>
      `ranks to keep must ascend within 1 to ${K}; got ${indices.slice(0, 8).join(', ')}${indices.length > 8 ? ', …' : ''}.`,
  );
  const budget = options.budget ?? DEFAULT_BUDGET;
  const needed = pcaMemory({ T, P, kept: indices.length });
  check(
    needed <= budget,
    'out-of-budget',
    () =>
      `principal directions of ${T} rows of ${P} weights need ${megabytes(needed)} MB, the budget is ${megabytes(budget)} MB; ` +
      `raise the budget, keep fewer directions, or analyse fewer rows.`,
  );
  const moments = T < P ? await gram(source, la, budget - needed) : await covariance(source, la);
  const { C, mean, first, last, bits } = moments;
  let totalVariance = 0;
  for (let i = 0; i < C.rows; i++) totalVariance += C.data[i * C.rows + i];
  if (!(totalVariance > 0))
    throw new RunError('nothing-moved', `all ${T} rows of the window are equal: there are no fluctuations to analyse.`);
  const eigen = la.eigh(C);
  const norm = frobenius(C);
  const residual = residualOf(la, C, eigen.values, eigen.vectors) / norm;
  const n = C.rows;
  const variances = Array.from({ length: K }, (_, k) => Math.max(0, eigen.values[n - 1 - k]));
  const components = T < P ? await lift(source, la, eigen.vectors, mean, indices) : takeColumns(eigen.vectors, indices);
  for (let k = 0; k < indices.length; k++) orient(components.subarray(k * P, (k + 1) * P));
  const resolution = Math.max(rounding(mean, bits), (residual * norm) / Math.sqrt(n));
  const summary: PcaSummary = {
    T,
    P,
    via: T < P ? 'gram' : 'covariance',
    variances,
    resolution,
    totalVariance,
    residual,
  };
  return { summary, indices, components, mean, first, last };
}

const megabytes = (bytes: number) => Math.ceil(bytes / 1e6);

interface Moments {
  /** P×P covariance or T×T Gram matrix, divided by T. */
  readonly C: Matrix;
  readonly mean: Float64Array;
  readonly first: Float64Array;
  readonly last: Float64Array;
  /** Significant bits of the recorded numbers. */
  readonly bits: 24 | 53;
}

async function covariance(source: RowSource, la: LinearAlgebra): Promise<Moments> {
  const { T, P } = source;
  const sum = covarianceAccumulator(la, P);
  const ends = new Ends(T, P);
  await forEachChunk(source, (chunk, first, rows) => {
    ends.see(chunk, first, rows);
    sum.add(chunk, rows);
  });
  const mean = sum.mean();
  refuseNonFinite(mean, source);
  return { C: sum.finish({ ddof: 0 }), mean, first: ends.first, last: ends.last, bits: ends.bits };
}

/** Sums the Gram matrix from blocks of columns, as wide as `spare` bytes allow; one pass over the rows per block. */
async function gram(source: RowSource, la: LinearAlgebra, spare: number): Promise<Moments> {
  const { T, P } = source;
  const width = Math.min(P, COLUMNS + Math.floor(Math.max(0, spare) / (4 * T)));
  const sum = gramAccumulator(la, T);
  const mean = new Float64Array(P);
  const ends = new Ends(T, P);
  let block: Float32Array | Float64Array | undefined;
  for (let from = 0; from < P; from += width) {
    const cols = Math.min(width, P - from);
    await forEachChunk(source, (chunk, first, rows) => {
      ends.see(chunk, first, rows);
      block ??= chunk instanceof Float64Array ? new Float64Array(T * width) : new Float32Array(T * width);
      for (let r = 0; r < rows; r++) block.set(chunk.subarray(r * P + from, r * P + from + cols), (first + r) * width);
    });
    if (!block) break;
    for (let t = 0; t < T; t++) for (let j = 0; j < cols; j++) mean[from + j] += (block[t * width + j] - block[j]) / T;
    for (let j = 0; j < cols; j++) mean[from + j] += block[j];
    refuseNonFinite(mean.subarray(from, from + cols), source);
    sum.add(block, cols, width);
  }
  const C = sum.finish();
  for (let i = 0; i < C.data.length; i++) C.data[i] /= T;
  return { C, mean, first: ends.first, last: ends.last, bits: ends.bits };
}

/** Copies the first and the last row of a stream. */
class Ends {
  readonly first: Float64Array;
  readonly last: Float64Array;
  bits: 24 | 53 = 24;
  constructor(
    private readonly T: number,
    private readonly P: number,
  ) {
    this.first = new Float64Array(P);
    this.last = new Float64Array(P);
  }
  see(chunk: Float32Array | Float64Array, first: number, rows: number): void {
    if (chunk instanceof Float64Array) this.bits = 53;
    if (first === 0) this.first.set(chunk.subarray(0, this.P));
    if (first + rows === this.T) this.last.set(chunk.subarray((rows - 1) * this.P, rows * this.P));
  }
}

function refuseNonFinite(mean: Float64Array, source: RowSource): void {
  const j = mean.findIndex((v) => !Number.isFinite(v));
  if (j >= 0)
    throw new RunError(
      'not-finite',
      `weight ${j} of the window of ${source.T} rows is not a finite number in some row; did the run diverge or end early? Analyse the rows before it.`,
    );
}

/** Returns ‖C V − V Λ‖_F. Costs one product C·V: 2n³ flops. */
function residualOf(la: LinearAlgebra, C: Matrix, values: Float64Array, vectors: Matrix): number {
  const n = C.rows;
  const product = la.gemm(C, vectors);
  let square = 0;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) square += (product.data[i * n + j] - vectors.data[i * n + j] * values[j]) ** 2;
  return Math.sqrt(square);
}

/** Returns the eigenvectors of the given ranks as rows (rank 1 is the last column). */
function takeColumns(vectors: Matrix, indices: readonly number[]): Float64Array {
  const n = vectors.rows;
  const out = new Float64Array(indices.length * n);
  for (let j = 0; j < n; j++)
    for (let k = 0; k < indices.length; k++) out[k * n + j] = vectors.data[j * n + n - indices[k]];
  return out;
}

/**
 * Computes directions from eigenvectors of the Gram matrix in one pass: p_i ∝ Σ_t u_it (w_t − w̄), then normalised. They are
 * orthogonal to about eps·sigma_1²/(sigma_i sigma_k): directions near the resolution are unreliable. One without length is 0.
 */
async function lift(
  source: RowSource,
  la: LinearAlgebra,
  vectors: Matrix,
  mean: Float64Array,
  indices: readonly number[],
): Promise<Float64Array> {
  const { T, P } = source;
  const out = matrix(indices.length, P);
  await forEachBatch(source, rowsAtOnce(P), mean, (batch, first, rows) => {
    const u = matrix(rows, indices.length);
    for (let r = 0; r < rows; r++)
      for (let k = 0; k < indices.length; k++)
        u.data[r * indices.length + k] = vectors.data[(first + r) * T + T - indices[k]];
    la.gemm(u, matrix(rows, P, batch), { transposeA: true, into: out, beta: 1 });
  });
  for (let k = 0; k < indices.length; k++) {
    const p = out.data.subarray(k * P, (k + 1) * P);
    const length = Math.sqrt(p.reduce((s, v) => s + v * v, 0));
    if (length > 0) for (let j = 0; j < P; j++) p[j] /= length;
  }
  return out.data;
}

/** Sets the sign of p so that its entry of largest magnitude is positive; of entries equal to within 1e-6 the first decides. */
export function orient(p: Float64Array): void {
  let largest = 0;
  for (const v of p) largest = Math.max(largest, Math.abs(v));
  const leader = p.find((v) => Math.abs(v) >= largest * (1 - 1e-6)) ?? 0;
  if (leader < 0) for (let j = 0; j < p.length; j++) p[j] = -p[j];
}

/** Returns the variance that rounding of the recorded numbers adds to a direction: the mean over the weights of u²/12, where u is the spacing of recorded numbers at the mean weight. */
export function rounding(mean: Float64Array, bits: 24 | 53): number {
  let sum = 0;
  for (const w of mean) if (w !== 0) sum += 4 ** (Math.floor(Math.log2(Math.abs(w))) - (bits - 1)) / 12;
  return sum / mean.length;
}

/**
 * Returns the variance that the rounding of float32 steps alone can leave along a direction that the window did not choose, in weight²: each
 * step rounds a weight w to the spacing u of float32 numbers, an error of variance u²/12; the errors add up to a walk, whose variance about
 * its mean over T steps is u²/12·(T²−1)/(6T). Averaged over the weights, u at the mean of each. An upper estimate: a weight whose gradient
 * is zero does not move at all, and a restoring force shortens the walk. The smallest principal variances of the window itself lie far below it,
 * because their directions are chosen among those of the rounding as well. docs/theory [N7].
 */
export const roundingOfSteps = (mean: Float64Array, steps: number): number =>
  (rounding(mean, 24) * (steps ** 2 - 1)) / (6 * steps);

/**
 * Returns the row of `components` that holds rank `index`, as a view.
 * @throws InputError when that rank was not kept
 */
export function componentOf(result: Pick<Pca, 'indices' | 'components' | 'mean'>, index: number): Float64Array {
  is.given(
    'componentOf',
    { result, index },
    { result: is.shape({ indices: is.numbers, components: is.numbers, mean: is.numbers }), index: is.whole },
  );
  const k = result.indices.indexOf(index);
  check(
    k >= 0,
    'bad-rank',
    () =>
      `direction ${index} was not kept; there are ${result.indices.length} of them from ${result.indices[0]} to ${result.indices.at(-1)}.`,
  );
  const P = result.mean.length;
  return result.components.subarray(k * P, (k + 1) * P);
}

/**
 * Computes the principal coordinates theta_i(t) = (w(t) − w̄)·p_i of chosen directions in one pass over the stream: 2KTP flops.
 * @param directions - K×P row-major unit vectors `components`, and `mean` (P); a `Pca` has both
 * @returns K×T row-major: row k is the time course of direction k, in units of the weights
 * @throws InputError when the directions do not have the P weights of the window
 */
export async function project(
  window: RowSource,
  directions: { readonly components: Float64Array; readonly mean: Float64Array },
  la: Pick<LinearAlgebra, 'gemm'>,
): Promise<Float64Array> {
  is.given(
    'project',
    { window, directions, la },
    {
      window: is.either(ROW_SOURCE_WANTS, is.matrixOrRows),
      directions: is.shape({ components: is.numbers, mean: is.numbers }),
      la: is.algebra,
    },
  );
  const source = asRows(window);
  const { T, P } = source;
  const { components, mean } = directions;
  check(
    mean.length === P && components.length % P === 0,
    'shape',
    () =>
      `a window of ${P} weights cannot be projected on ${components.length} components about a mean of ${mean.length}.`,
  );
  const K = components.length / P;
  const axes = matrix(K, P, components);
  const out = new Float64Array(K * T);
  await forEachBatch(source, rowsAtOnce(P), mean, (batch, first, rows) => {
    const theta = la.gemm(axes, matrix(rows, P, batch), { transposeB: true }).data;
    for (let k = 0; k < K; k++) out.set(theta.subarray(k * rows, (k + 1) * rows), k * T + first);
  });
  return out;
}
