/**
 * The steps of a recorded window, Δ(t) = w(t+1) − w(t): one pass that looks at every number, and the leading directions of
 * the steps.
 */
import { type Matrix, matrix } from '../../numeric/linalg/matrix.js';
import type { LinearAlgebra } from '../../numeric/linalg/provider.js';
import type { Key } from '../../numeric/random.js';
import { forEachBatch, forEachChunk, type RowSource } from './rows.js';

/** Holds what one pass over a window finds. */
export interface WindowSurvey {
  /** The first number that is not finite, by row and weight; undefined where there is none. */
  readonly notFinite: { readonly row: number; readonly weight: number; readonly value: number } | undefined;
  /** Weights that have the same value in all rows. */
  readonly constant: number;
  /** Rows that are equal to the row before. */
  readonly repeated: number;
  /** Rows at the end that hold nothing but zeros. */
  readonly emptyAtEnd: number;
  /** Σ_t |Δ(t)|²/(T−1), weight². */
  readonly stepVariance: number;
  /** Σ Δ(t)·Δ(t+1) / Σ |Δ(t)|²: the correlation of successive steps, over all weights. */
  readonly successive: number;
  /** Mean weights of the first ⌊T/2⌋ rows and of the others, P each. */
  readonly halves: readonly [Float64Array, Float64Array];
}

/** Looks at every number of a window once. Memory: 6 P numbers. Ends at the first number that is not finite. */
export async function surveyWindow(source: RowSource): Promise<WindowSurvey> {
  const { T, P } = source;
  const half = Math.floor(T / 2);
  const halves = [new Float64Array(P), new Float64Array(P)] as const;
  const [first, before, step] = [new Float64Array(P), new Float64Array(P), new Float64Array(P)];
  const moved = new Uint8Array(P);
  let [repeated, emptyAtEnd, squares, products] = [0, 0, 0, 0];
  let notFinite: WindowSurvey['notFinite'];
  await forEachChunk(source, (chunk, start, rows) => {
    for (let r = 0; r < rows && !notFinite; r++) {
      const t = start + r;
      const sum = halves[t < half ? 0 : 1];
      let [square, product, any] = [0, 0, 0];
      for (let j = 0; j < P; j++) {
        const w = chunk[r * P + j];
        if (!Number.isFinite(w)) {
          notFinite ??= { row: t, weight: j, value: w };
          continue;
        }
        sum[j] += w;
        if (w !== 0) any++;
        if (t === 0) first[j] = w;
        else {
          const d = w - before[j];
          square += d * d;
          product += d * step[j];
          step[j] = d;
          if (w !== first[j]) moved[j] = 1;
        }
        before[j] = w;
      }
      squares += square;
      products += product;
      if (t > 0 && square === 0) repeated++;
      emptyAtEnd = any === 0 ? emptyAtEnd + 1 : 0;
    }
  });
  for (let j = 0; j < P; j++) {
    halves[0][j] /= Math.max(1, half);
    halves[1][j] /= T - half;
  }
  return {
    notFinite,
    constant: moved.reduce((n, m) => n - m, P),
    repeated,
    emptyAtEnd,
    stepVariance: squares / Math.max(1, T - 1),
    successive: squares > 0 ? products / squares : 0,
    halves,
  };
}

/** Makes a source of the T−1 steps of a window, in float64. */
export function incrementsOf(source: RowSource): RowSource {
  const { T, P } = source;
  return {
    T: T - 1,
    P,
    async *chunks() {
      const before = new Float64Array(P);
      let first = true;
      for await (const chunk of source.chunks()) {
        const rows = chunk.length / P;
        const out = new Float64Array((first ? rows - 1 : rows) * P);
        for (let r = 0, at = 0; r < rows; r++) {
          for (let j = 0; j < P; j++) {
            const w = chunk[r * P + j];
            if (!first) out[at + j] = w - before[j];
            before[j] = w;
          }
          if (!first) at += P;
          first = false;
        }
        if (out.length > 0) yield out;
      }
    },
  };
}

/** Holds the steps of a window in their leading directions. */
export interface LeadingSteps {
  /** The steps along K orthonormal directions, (T−1)×K. */
  readonly steps: Matrix;
  /** Variance of a step outside these directions, weight²; 0 where all directions were taken. */
  readonly beside: number;
  /** Root mean square cosine of a step with the vector `along`. */
  readonly cosine: number;
}

/** Directions beyond those asked for, so that the last of them are found well. */
const EXTRA = 20;
const ROWS = 256;

/**
 * Finds about `size` directions that hold as much of the steps as possible, by a randomised range finder with one power
 * iteration (Halko, Martinsson & Tropp 2011, "Finding structure with randomness"): three passes over the rows, 8·T·P·K
 * flops, 3·P·K + T·K numbers. With K ≥ P all directions are taken as they are, in one pass.
 */
export async function leadingSteps(
  window: RowSource,
  la: LinearAlgebra,
  { size, key, along }: { readonly size: number; readonly key: Key; readonly along: Float64Array },
): Promise<LeadingSteps> {
  const source = incrementsOf(window);
  const { T, P } = source;
  const K = Math.min(size, P, T);
  let basis: Matrix | undefined;
  if (K < P) {
    const width = Math.min(K + EXTRA, P, T);
    const stream = key.stream();
    basis = matrix(P, width);
    for (let i = 0; i < basis.data.length; i++) basis.data[i] = stream.normal();
    for (let round = 0; round < 2; round++) {
      const next = matrix(P, basis.cols);
      await eachBatch(source, (rows) => {
        la.gemm(rows, la.gemm(rows, basis!), { transposeA: true, into: next, beta: 1 });
      });
      basis = orthonormalColumns(la, orthonormalColumns(la, next));
    }
  }
  const columns = basis?.cols ?? P;
  const steps = matrix(T, columns);
  let [all, inside, aligned] = [0, 0, 0];
  const direction = matrix(P, 1, along.slice());
  await eachBatch(source, (rows, first) => {
    const x = basis ? la.gemm(rows, basis) : rows;
    steps.data.set(x.data, first * columns);
    for (const v of rows.data) all += v * v;
    for (const v of x.data) inside += v * v;
    for (const v of la.gemm(rows, direction).data) aligned += v * v;
  });
  const length = along.reduce((sum, v) => sum + v * v, 0);
  return {
    steps,
    beside: basis ? Math.max(0, all - inside) / T : 0,
    cosine: Math.sqrt(aligned / (all * length)),
  };
}

async function eachBatch(source: RowSource, visit: (rows: Matrix, first: number) => void): Promise<void> {
  const { P } = source;
  await forEachBatch(source, ROWS, new Float64Array(P), (batch, first, rows) => {
    visit(matrix(rows, P, batch.subarray(0, rows * P)), first);
  });
}

/** Shares of the largest eigenvalue below which a direction of the sketch is rounding. */
const LEAST = 1e-13;

/** Returns orthonormal columns that span those given, without the directions that are lost in rounding. */
function orthonormalColumns(la: LinearAlgebra, y: Matrix): Matrix {
  const { values, vectors } = la.eigh(la.gemm(y, y, { transposeA: true }));
  const n = values.length;
  const kept = Array.from(values, (_, k) => k).filter((k) => values[k] > LEAST * values[n - 1]);
  const turn = matrix(n, kept.length);
  kept.forEach((k, c) => {
    for (let i = 0; i < n; i++) turn.data[i * kept.length + c] = vectors.data[i * n + k] / Math.sqrt(values[k]);
  });
  return la.gemm(y, turn);
}
