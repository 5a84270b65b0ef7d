/** The loss of a linear regression on given data, as a loss made of samples. docs/theory [S11]. */
import { check } from '../numeric/errors.js';
import { type Matrix, matrix, transpose } from '../numeric/linalg/matrix.js';
import type { LinearAlgebra } from '../numeric/linalg/provider.js';
import * as is from '../numeric/wants.js';
import { checkOrder, type SampledLoss } from './sampled-loss.js';

/** Holds the data of a linear regression with loss ½ Σ_outputs (W x − y)² per sample. */
export interface RegressionData {
  /** N×n: the inputs of one sample in each row; a constant column makes a bias. */
  readonly inputs: Matrix;
  /** N×o: the targets of one sample in each row. */
  readonly targets: Matrix;
}

/** Says what a {@link RegressionData} needs. */
export const REGRESSION_DATA_WANTS = is.shape<RegressionData>({ inputs: is.matrix, targets: is.matrix });

/** Rows of the inputs that are multiplied at once. */
const ROWS = 512;

/**
 * Makes the loss of a linear regression on given data. The weights are o×n in PyTorch's order, P = o·n, and H_k is x_k x_kᵀ for
 * each output, hence
 *
 *     (1/N) Σ_k H_k Σ H_k = (1/N) Σ_k (x_kᵀ Σ x_k) x_k x_kᵀ        (block by block for several outputs)
 *
 * Costs one eigenproblem of order n and (o+1)²·N n² flops; `curvatureNoise` costs 2·o(o+1)·N n² flops. No more memory than for
 * the data and a few P×P matrices. docs/theory [S11].
 * @throws InputError for inputs and targets of different numbers of samples, empty ones, and numbers that are not finite
 */
export function regressionLoss(la: LinearAlgebra, data: RegressionData): SampledLoss {
  is.given('regressionLoss', { la, data }, { la: is.algebra, data: REGRESSION_DATA_WANTS });
  const { inputs, targets } = data;
  const { rows: N, cols: n } = inputs;
  const o = targets.cols;
  check(
    N >= 1 && n >= 1 && o >= 1 && targets.rows === N,
    'shape',
    () =>
      `a regression needs inputs and targets of the same samples, one in each row; got ${N}×${n} and ${targets.rows}×${o}.`,
  );
  check(
    inputs.data.every(Number.isFinite) && targets.data.every(Number.isFinite),
    'not-finite',
    'the inputs and targets of a regression must be finite numbers; remove or replace the samples that are not.',
  );
  const gram = weighted(la, inputs, (_, chunk) => new Float64Array(chunk.rows).fill(1));
  const moments = la.gemm(inputs, targets, { transposeA: true, alpha: 1 / N });
  const best = pseudoSolve(la, gram, moments); // n×o
  const residuals = la.gemm(inputs, best);
  for (let i = 0; i < residuals.data.length; i++) residuals.data[i] -= targets.data[i];
  const size = o * n;
  const hessian = matrix(size, size);
  const covariance = matrix(size, size);
  for (let a = 0; a < o; a++) {
    setBlock(hessian, a, a, gram);
    for (let b = 0; b <= a; b++) {
      const product = weighted(la, inputs, (from, chunk) =>
        Float64Array.from(
          { length: chunk.rows },
          (_, k) => residuals.data[(from + k) * o + a] * residuals.data[(from + k) * o + b],
        ),
      );
      setBlock(covariance, a, b, product);
      setBlock(covariance, b, a, product);
    }
  }
  const minimum = Float64Array.from({ length: size }, (_, i) => best.data[(i % n) * o + Math.floor(i / n)]);
  const curvatureNoise = (sigma: Matrix): Matrix => {
    checkOrder(sigma, size);
    const out = matrix(size, size);
    for (let a = 0; a < o; a++)
      for (let b = 0; b <= a; b++) {
        const block = getBlock(sigma, a, b, n);
        const spread = weighted(la, inputs, (_, chunk) => rowProducts(la.gemm(chunk, block), chunk));
        la.gemm(la.gemm(gram, block), gram, { into: spread, alpha: -1, beta: 1 });
        setBlock(out, a, b, spread);
        if (a !== b) setBlock(out, b, a, transpose(spread));
      }
    return out;
  };
  return { count: N, size, minimum, hessian, gradientCovariance: covariance, curvatureNoise };
}

/** Returns (1/N) Σ_k q_k x_k x_kᵀ; the weights q of the rows from `from` on come from `weights`, a block of rows at a time. */
function weighted(la: LinearAlgebra, x: Matrix, weights: (from: number, chunk: Matrix) => Float64Array): Matrix {
  const { rows: N, cols: n } = x;
  const out = matrix(n, n);
  for (let from = 0; from < N; from += ROWS) {
    const count = Math.min(ROWS, N - from);
    const chunk = matrix(count, n, x.data.subarray(from * n, (from + count) * n));
    const q = weights(from, chunk);
    const turned = matrix(
      count,
      n,
      chunk.data.map((v, i) => v * q[Math.floor(i / n)]),
    );
    la.gemm(turned, chunk, { transposeA: true, into: out, alpha: 1 / N, beta: 1 });
  }
  for (let i = 0; i < n; i++)
    for (let j = 0; j < i; j++)
      out.data[i * n + j] = out.data[j * n + i] = 0.5 * (out.data[i * n + j] + out.data[j * n + i]);
  return out;
}

/** Returns the products of equal rows of two matrices of one shape. */
function rowProducts(a: Matrix, b: Matrix): Float64Array {
  return Float64Array.from({ length: a.rows }, (_, k) => {
    let sum = 0;
    for (let i = k * a.cols; i < (k + 1) * a.cols; i++) sum += a.data[i] * b.data[i];
    return sum;
  });
}

/** Returns the least-norm solution X of A X = B for a positive semidefinite A. */
function pseudoSolve(la: LinearAlgebra, a: Matrix, b: Matrix): Matrix {
  const { values, vectors } = la.eigh(a);
  const n = values.length;
  const least = n * 2 ** -52 * values[n - 1];
  const inner = la.gemm(vectors, b, { transposeA: true });
  for (let i = 0; i < n; i++)
    for (let j = 0; j < b.cols; j++) inner.data[i * b.cols + j] *= values[i] > least ? 1 / values[i] : 0;
  return la.gemm(vectors, inner);
}

function getBlock(m: Matrix, a: number, b: number, n: number): Matrix {
  const out = matrix(n, n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) out.data[i * n + j] = m.data[(a * n + i) * m.cols + b * n + j];
  return out;
}

function setBlock(m: Matrix, a: number, b: number, block: Matrix): void {
  const n = block.rows;
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) m.data[(a * n + i) * m.cols + b * n + j] = block.data[i * n + j];
}
