/** Gaussian noise of a given covariance, white or shuffled, as blocks of rows. docs/theory [S3]. */
import { check } from '../numeric/errors.js';
import { type Matrix, matrix } from '../numeric/linalg/matrix.js';
import type { LinearAlgebra, SymmetricEigen } from '../numeric/linalg/provider.js';
import type { Key, Stream } from '../numeric/random.js';
import type { NoiseSampling } from './lag-weights.js';

/** Eigenvalues of C below this share of the largest are rounding and are left out. */
const NEGLIGIBLE = 1e-13;
/** A negative eigenvalue beyond this share of the largest is not rounding: C is not a covariance. */
const NEGATIVE = 1e-8;

/**
 * Computes L (P×r) with C = L·Lᵀ, where r is the numerical rank: the eigenvectors times the roots of the eigenvalues. Unlike the
 * Cholesky factor it exists for singular C (dead units), and r < P saves work. Costs one eigenproblem.
 * @throws InputError for a C that is not positive semidefinite
 */
export function noiseFactor(la: LinearAlgebra, covariance: Matrix): Matrix {
  return factorOf(la.eigh(covariance));
}

/** Computes L from the eigenvalues and eigenvectors of C. */
export function factorOf({ values, vectors }: SymmetricEigen): Matrix {
  const P = values.length;
  const top = Math.max(0, values[P - 1] ?? 0);
  check(
    P === 0 || values[0] >= -NEGATIVE * top,
    'not-a-covariance',
    () =>
      `a gradient covariance has no negative eigenvalues, but the smallest is ${values[0]} (the largest ${top}); is it symmetric and complete?`,
  );
  const first = values.findIndex((v) => v > NEGLIGIBLE * top);
  const r = first < 0 ? 0 : P - first;
  const out = matrix(P, r);
  for (let i = 0; i < P; i++)
    for (let j = 0; j < r; j++) out.data[i * r + j] = vectors.data[i * P + first + j] * Math.sqrt(values[first + j]);
  return out;
}

/** Rows multiplied at once. */
const ROWS = 256;

/** Describes the noise of `steps` steps. */
interface NoiseRequest {
  /** L, P×r, of the covariance PER BATCH, or the P numbers on the diagonal of a diagonal L. */
  readonly factor: Matrix | Float64Array;
  readonly sampling: NoiseSampling;
  /** M for `shuffled`. */
  readonly batchesPerEpoch: number;
  /** Rows wanted; the first begins an epoch. */
  readonly steps: number;
  readonly key: Key;
}

/**
 * Generates blocks (rows×P) of noise, `steps` rows in all; each block is new memory that the caller may change. Shuffled noise is
 * white noise minus its mean over the epoch, times √(M/(M−1)), which has the covariance C at each step and the autocovariance of
 * docs/theory [S3]. Takes M×r numbers of memory for shuffled noise. A row costs 2Pr flops (r for a diagonal L) and r normal
 * numbers.
 */
export function* noiseRows(la: Pick<LinearAlgebra, 'gemm'>, request: NoiseRequest): Generator<Matrix> {
  const { factor, sampling, steps, key } = request;
  const r = factor instanceof Float64Array ? factor.length : factor.cols;
  const M = sampling === 'shuffled' ? request.batchesPerEpoch : ROWS;
  const draws = new Float64Array(M * r);
  for (let epoch = 0, at = 0; at < steps; epoch++) {
    const stream = key.child(epoch).stream();
    const rows = sampling === 'shuffled' ? M : Math.min(M, steps - at);
    fillNormal(draws.subarray(0, rows * r), stream);
    if (sampling === 'shuffled') subtractMean(draws, M, r);
    for (let from = 0; from < rows && at < steps; from += ROWS) {
      const count = Math.min(ROWS, rows - from, steps - at);
      const z = matrix(count, r, draws.subarray(from * r, (from + count) * r));
      yield factor instanceof Float64Array ? scaledColumns(z, factor) : la.gemm(z, factor, { transposeB: true });
      at += count;
    }
  }
}

/** Returns the rows with every column times its factor. */
function scaledColumns({ rows, cols, data }: Matrix, factors: Float64Array): Matrix {
  const out = matrix(rows, cols);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < cols; j++) out.data[i * cols + j] = data[i * cols + j] * factors[j];
  return out;
}

function fillNormal(out: Float64Array, stream: Stream): void {
  for (let i = 0; i < out.length; i++) out[i] = stream.normal();
}

/** Subtracts the column means and restores the variance. */
function subtractMean(z: Float64Array, M: number, r: number): void {
  const mean = new Float64Array(r);
  for (let s = 0; s < M; s++) for (let j = 0; j < r; j++) mean[j] += z[s * r + j] / M;
  const scale = Math.sqrt(M / (M - 1));
  for (let s = 0; s < M; s++) for (let j = 0; j < r; j++) z[s * r + j] = scale * (z[s * r + j] - mean[j]);
}
