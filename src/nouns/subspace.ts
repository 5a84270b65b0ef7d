/**
 * The leading principal directions of a window alone, by a block Krylov process over passes through its rows.
 *
 *     C = (1/T) Σ_t (w_t − w̄)(w_t − w̄)ᵀ,   span{Q, C Q, C² Q, …}
 *
 * from a random block Q a little wider than the number wanted, orthogonalised fully. It is restarted from its best vectors when its
 * memory is full. The residual ‖C p − sigma² p‖ of each direction is computed at the end with a pass of its own; for a symmetric C it
 * bounds the error of sigma². docs/theory [P3].
 */
import { forEachBatch, forEachChunk, type RowSource } from '../analyse/trajectory/rows.js';
import { RunError } from '../numeric/errors.js';
import { type LinearAlgebra, type Matrix, matrix } from '../numeric/linalg/index.js';
import { dot, normalVector } from '../numeric/operators/lanczos.js';
import type { Key } from '../numeric/random.js';

/** Says how many directions are found, how accurately, and in how much memory. */
export interface SubspaceOptions {
  readonly count: number;
  readonly key: Key;
  readonly la: LinearAlgebra;
  /** Wanted residual relative to the own variance of a direction. */
  readonly tolerance: number;
  /** Bytes for the basis. */
  readonly budget: number;
  /** What is taken from every row where it is not their mean, which is then not computed. */
  readonly centre?: Float64Array;
}

/** Holds leading directions. */
export interface Leading {
  /** Descending. */
  readonly values: Float64Array;
  /** count×P, unit rows. */
  readonly vectors: Matrix;
  /** ‖C p − sigma² p‖. */
  readonly residuals: Float64Array;
  readonly mean: Float64Array;
  readonly totalVariance: number;
  /** Significant bits of the rows. */
  readonly bits: 24 | 53;
  readonly passes: number;
  readonly converged: boolean;
}

/** Rows that are multiplied at once. */
const BATCH = 256;
/** Vectors of a block beyond those that are wanted. */
const MORE = 8;
/** Blocks in the basis, and restarts. */
const [BLOCKS, RESTARTS] = [12, 8];

/** Finds the directions. A pass costs 4·T·P flops for each vector of a block; there are about ten. */
export async function leadingDirections(source: RowSource, options: SubspaceOptions): Promise<Leading> {
  const { count, key, la, tolerance, budget, centre } = options;
  const { T, P } = source;
  const { mean, bits } = centre ? { mean: centre, bits: 53 as const } : await meanOfRows(source);
  let total = 0;
  let passes = 1;
  const multiply = async (q: Matrix): Promise<Matrix> => {
    const out = matrix(q.rows, P);
    let squares = 0;
    await forEachBatch(source, BATCH, mean, (batch, _first, rows) => {
      const own = matrix(rows, P, batch);
      if (total === 0) squares += dot(batch, batch);
      la.gemm(la.gemm(q, own, { transposeB: true }), own, { into: out, beta: 1, alpha: 1 / T });
    });
    if (total === 0) total = squares / T;
    passes += 1;
    return out;
  };
  const width = Math.min(count + MORE, P, T);
  const room = Math.max(2 * width, Math.min(BLOCKS * width, P, Math.floor(budget / (8 * P))));
  const stream = key.child('subspace').stream();
  let block = orthonormal(matrix(width, P, normalVector(width * P, stream)), 0).q;
  let best = block;
  for (let restart = 0; restart <= RESTARTS; restart++) {
    const { ritz, done } = await grow(la, multiply, block, { room, count, tolerance });
    if (!(total > 0)) break;
    best = ritz;
    if (done) break;
    block = ritz;
  }
  if (!(total > 0))
    throw new RunError('nothing-moved', `all ${T} rows of the window are equal: there are no fluctuations to analyse.`);
  const vectors = matrix(count, P, best.data.slice(0, count * P));
  const images = await multiply(vectors);
  const values = new Float64Array(count);
  const residuals = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    const [p, image] = [vectors, images].map((m) => m.data.subarray(k * P, (k + 1) * P));
    values[k] = dot(p, image);
    let square = 0;
    for (let i = 0; i < P; i++) square += (image[i] - values[k] * p[i]) ** 2;
    residuals[k] = Math.sqrt(square);
  }
  const rounding = P * 2 ** -52 * values[0];
  const converged = residuals.every((r, k) => r <= 10 * tolerance * values[k] + rounding);
  return { values, vectors, residuals, mean, totalVariance: total, bits, passes, converged };
}

/** Grows the basis from a block until the wanted directions are found or the room is full; returns its best vectors. */
async function grow(
  la: LinearAlgebra,
  multiply: (q: Matrix) => Promise<Matrix>,
  first: Matrix,
  { room, count, tolerance }: { readonly room: number; readonly count: number; readonly tolerance: number },
): Promise<{ ritz: Matrix; done: boolean }> {
  const P = first.cols;
  const basis = new Float64Array(room * P);
  const h = matrix(room, room);
  let block = first;
  let m = 0;
  for (;;) {
    basis.set(block.data, m * P);
    const from = m;
    m += block.rows;
    const all = matrix(m, P, basis.subarray(0, m * P));
    const image = await multiply(block);
    const along = la.gemm(all, image, { transposeB: true });
    for (let i = 0; i < m; i++)
      for (let j = 0; j < block.rows; j++)
        h.data[i * room + from + j] = h.data[(from + j) * room + i] = along.data[i * block.rows + j];
    la.gemm(along, all, { transposeA: true, into: image, alpha: -1, beta: 1 });
    const left = la.gemm(all, image, { transposeB: true });
    la.gemm(left, all, { transposeA: true, into: image, alpha: -1, beta: 1 });
    const scale = Math.max(...Array.from({ length: m }, (_, i) => Math.abs(h.data[i * room + i])));
    const { q: next, r } = orthonormal(image, 1e-13 * scale);
    const { values, vectors } = la.eigh(symmetric(h, m, room));
    // ‖C x − θ x‖ = ‖Rᵀ y‖ with the part y of the eigenvector that lies in the last block
    const open = Array.from({ length: Math.min(count, m) }, (_, k) => k).some((k) => {
      const y = Float64Array.from({ length: block.rows }, (_x, j) => vectors.data[(from + j) * m + m - 1 - k]);
      return Math.sqrt(lengthThrough(r, y)) > tolerance * Math.max(values[m - 1 - k], 2 ** -40 * values[m - 1]);
    });
    const done = m >= count && (!open || next.rows === 0);
    if (done || m + next.rows > room || next.rows === 0) {
      const width = Math.min(first.rows, m);
      const y = matrix(width, m);
      for (let k = 0; k < width; k++) for (let i = 0; i < m; i++) y.data[k * m + i] = vectors.data[i * m + m - 1 - k];
      return { ritz: la.gemm(y, all), done };
    }
    block = next;
  }
}

function symmetric(h: Matrix, m: number, room: number): Matrix {
  const out = matrix(m, m);
  for (let i = 0; i < m; i++)
    for (let j = 0; j < m; j++) out.data[i * m + j] = (h.data[i * room + j] + h.data[j * room + i]) / 2;
  return out;
}

/** Returns |Σ_j y_j r_j|² for the rows r_j of R. */
function lengthThrough(r: Matrix, y: Float64Array): number {
  let square = 0;
  for (let c = 0; c < r.cols; c++) {
    let sum = 0;
    for (let j = 0; j < r.rows; j++) sum += y[j] * r.data[j * r.cols + c];
    square += sum * sum;
  }
  return square;
}

/**
 * Makes orthonormal rows Q of A = R Q by Gram-Schmidt, twice; rows of which no more than `least` is left are dropped. R has a row for
 * each row of A.
 */
function orthonormal(a: Matrix, least: number): { q: Matrix; r: Matrix } {
  const { rows, cols } = a;
  const kept: Float64Array[] = [];
  const coefficients = Array.from({ length: rows }, () => new Float64Array(rows));
  for (let j = 0; j < rows; j++) {
    const x = a.data.slice(j * cols, (j + 1) * cols);
    for (let round = 0; round < 2; round++)
      kept.forEach((u, k) => {
        const along = dot(u, x);
        coefficients[j][k] += along;
        for (let i = 0; i < cols; i++) x[i] -= along * u[i];
      });
    const norm = Math.sqrt(dot(x, x));
    if (!(norm > least)) continue;
    coefficients[j][kept.length] = norm;
    kept.push(x.map((v) => v / norm));
  }
  const q = matrix(kept.length, cols);
  kept.forEach((u, k) => {
    q.data.set(u, k * cols);
  });
  const r = matrix(rows, kept.length);
  for (let j = 0; j < rows; j++) r.data.set(coefficients[j].subarray(0, kept.length), j * kept.length);
  return { q, r };
}

async function meanOfRows(source: RowSource): Promise<{ mean: Float64Array; bits: 24 | 53 }> {
  const { T, P } = source;
  const mean = new Float64Array(P);
  let first: Float64Array | undefined;
  let bits: 24 | 53 = 24;
  await forEachChunk(source, (chunk, _first, rows) => {
    if (chunk instanceof Float64Array) bits = 53;
    first ??= Float64Array.from(chunk.subarray(0, P));
    for (let r = 0; r < rows; r++) for (let j = 0; j < P; j++) mean[j] += (chunk[r * P + j] - first[j]) / T;
  });
  for (let j = 0; j < P; j++) mean[j] += first?.[j] ?? 0;
  const wrong = mean.findIndex((v) => !Number.isFinite(v));
  if (wrong >= 0)
    throw new RunError(
      'not-finite',
      `weight ${wrong} of the window of ${T} rows is not a finite number in some row; did the run diverge or end early? Analyse the rows before it.`,
    );
  return { mean, bits };
}
