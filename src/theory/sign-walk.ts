/**
 * The walk that makes a recording's own steps: the steps of a window with random signs, summed up. It has their sizes and
 * directions, and no restoring force and no drift; exact as a null where steps are independent and symmetric. docs/theory
 * [S5], [N1]; docs/rules/recordings.md.
 *
 * Where all directions are drawn, the covariance of the walk is diagonalised as it is. Otherwise the time course is taken apart into the modes q_j(t) = √(2/T) cos(πj(t+½)/T) of a walk. In them the covariance of the
 * window, seen from time, is YYᵀ/T for the directions that are drawn, and that of the others adds tau_j·beside to the
 * diagonal. Modes that are left out have the variance Σ tau_j·c along a direction in which a step has the variance c; a
 * principal direction u gets that of c = uᵀCu.
 */
import { displacementExponent } from '../analyse/trajectory/displacement.js';
import type { LeadingSteps } from '../analyse/trajectory/increments.js';
import { type Matrix, matrix } from '../numeric/linalg/matrix.js';
import type { LinearAlgebra } from '../numeric/linalg/provider.js';
import type { Key } from '../numeric/random.js';
import { walkTimes } from './walk.js';

/** Names the steps of a window and what is drawn of the walk. */
export interface SignWalk extends Pick<LeadingSteps, 'steps' | 'beside'> {
  /** Rows that get the same sign. */
  readonly block: number;
  /** Ranks of principal directions whose motion is followed, from 1; at most as many as there are directions. */
  readonly ranks: readonly number[];
  readonly key: Key;
}

/** Holds one draw. */
export interface SignWalkDraw {
  /** Share of the first principal direction in the variance. */
  readonly share: number;
  /** Variances along principal directions, descending, weight². */
  readonly variances: Float64Array;
  /** Exponents of the mean squared displacement at the given ranks. */
  readonly exponents: readonly number[];
}

/** Most time modes, and most points of time at which they are evaluated. */
const [MODES, TIMES] = [400, 6000];

/**
 * Returns the modes at evenly spaced stretches of `per` rows, as columns; they are the same for all draws.
 * @param T - rows of the window
 */
function modesOf(T: number): { readonly q: Matrix; readonly per: number } {
  const per = Math.ceil(T / TIMES);
  const n = Math.ceil(T / per);
  const J = Math.min(MODES, n - 1);
  const q = matrix(n, J);
  for (let b = 0; b < n; b++) {
    const centre = (b * per + Math.min(T, (b + 1) * per)) / 2;
    for (let j = 0; j < J; j++) q.data[b * J + j] = Math.sqrt(2 / T) * Math.cos((Math.PI * (j + 1) * centre) / T);
  }
  return { q, per };
}

/**
 * Returns a function that draws one walk. A draw costs 2·T·K² + 2·min(T, 6000)·400·K flops for K directions, and T·K numbers.
 */
export function signWalk(
  la: Pick<LinearAlgebra, 'gemm' | 'eigh'>,
  { steps, beside, block, ranks, key }: SignWalk,
): (draw: number) => SignWalkDraw {
  const T = steps.rows + 1;
  const { q, per } = modesOf(T);
  const times = walkTimes({ steps: T, sampling: 'replaced' });
  const allTimes = times.reduce((a, b) => a + b, 0);
  const moments = la.gemm(steps, steps, { transposeA: true, alpha: 1 / steps.rows });
  const left = times.subarray(q.cols).reduce((a, b) => a + b, 0);
  return (draw) => {
    const x = walkOf(steps, block, key.child(draw));
    const own = la.eigh(la.gemm(x, x, { transposeA: true }));
    let total = beside * allTimes;
    for (const v of x.data) total += (v * v) / T;
    const variances = beside > 0 ? seenFromTime(x) : own.values.map((v) => Math.max(0, v) / T).reverse();
    return { share: variances[0] / total, variances, exponents: exponentsOf(la, x, own.vectors, ranks) };
  };
  function seenFromTime(x: Matrix): Float64Array {
    const y = la.gemm(q, binned(x, per), { transposeA: true });
    const square = la.gemm(y, y, { transposeB: true, alpha: 1 / T });
    for (let j = 0; j < q.cols; j++) square.data[j * q.cols + j] += times[j] * beside;
    const { values, vectors } = la.eigh(square);
    const raised = raisedBy(la, y, vectors, moments);
    return values
      .map((v, k) => Math.max(0, v) + left * raised[k])
      .sort()
      .reverse();
  }
}

/** Sums up the steps with a random sign for each block of rows, and subtracts the mean. */
function walkOf(steps: Matrix, block: number, key: Key): Matrix {
  const [T, K] = [steps.rows + 1, steps.cols];
  const stream = key.stream();
  const x = matrix(T, K);
  const mean = new Float64Array(K);
  let sign = 1;
  for (let t = 1; t < T; t++) {
    if ((t - 1) % block === 0) sign = stream.uniform() < 0.5 ? -1 : 1;
    for (let i = 0; i < K; i++) {
      const v = x.data[(t - 1) * K + i] + sign * steps.data[(t - 1) * K + i];
      x.data[t * K + i] = v;
      mean[i] += v / T;
    }
  }
  for (let t = 0; t < T; t++) for (let i = 0; i < K; i++) x.data[t * K + i] -= mean[i];
  return x;
}

/** Sums the rows of stretches of `per` rows. */
function binned(x: Matrix, per: number): Matrix {
  if (per === 1) return x;
  const out = matrix(Math.ceil(x.rows / per), x.cols);
  for (let t = 0; t < x.rows; t++) {
    const b = Math.floor(t / per);
    for (let i = 0; i < x.cols; i++) out.data[b * x.cols + i] += x.data[t * x.cols + i];
  }
  return out;
}

/** Returns the variance of a step along the principal direction of each eigenvector, uᵀCu/uᵀu with u = Yᵀv. */
function raisedBy(la: Pick<LinearAlgebra, 'gemm'>, y: Matrix, vectors: Matrix, moments: Matrix): Float64Array {
  const u = la.gemm(y, vectors, { transposeA: true });
  const cu = la.gemm(moments, u);
  const out = new Float64Array(u.cols);
  for (let k = 0; k < u.cols; k++) {
    let [top, bottom] = [0, 0];
    for (let i = 0; i < u.rows; i++) {
      top += u.data[i * u.cols + k] * cu.data[i * u.cols + k];
      bottom += u.data[i * u.cols + k] ** 2;
    }
    out[k] = bottom > 0 ? top / bottom : 0;
  }
  return out;
}

/** Returns the exponents of the principal coordinates of the given ranks; `vectors` ascend as `eigh` gives them. */
function exponentsOf(la: Pick<LinearAlgebra, 'gemm'>, x: Matrix, vectors: Matrix, ranks: readonly number[]): number[] {
  const K = x.cols;
  const axes = matrix(K, ranks.length);
  ranks.forEach((rank, c) => {
    for (let i = 0; i < K; i++) axes.data[i * ranks.length + c] = vectors.data[i * K + K - rank];
  });
  const theta = la.gemm(x, axes);
  return ranks.map((_, c) => {
    const course = Float64Array.from({ length: x.rows }, (_, t) => theta.data[t * ranks.length + c]);
    return course.every((v) => v === 0) ? Number.NaN : displacementExponent(course).value;
  });
}
