/**
 * Extreme eigenpairs of a symmetric operator by the Lanczos process with full reorthogonalisation.
 *
 *     A V_k = V_k T_k + beta_k v_{k+1} e_kᵀ,   T_k y = θ y   ⇒   ‖A x − θ x‖ = beta_k |y_k| for x = V_k y
 *
 * For a symmetric A some eigenvalue lies within that residual of θ; where the next Ritz value is farther than the
 * residual (gap g), the error is below residual²/g (Temple, Kato). The bound given adds k·2^−52·‖A‖ for the rounding of
 * k steps with exact products.
 */
import { check } from '../errors.js';
import { computed, type Estimate } from '../estimate.js';
import { embeddedLinearAlgebra, type LinearAlgebra, matrix } from '../linalg/index.js';
import type { Key, Stream } from '../random.js';

/**
 * Multiplies vectors by a symmetric matrix A of order `size`; `apply` returns a new vector and does not change its
 * argument.
 */
export interface LinearOperator {
  readonly size: number;
  apply(x: Float64Array): Float64Array;
}

/** Holds an approximate eigenpair; the `standardError` of its eigenvalue is a bound from the residual, not a spread. */
interface RitzPair {
  readonly value: Estimate;
  /** Unit vector. */
  readonly vector: Float64Array;
  /** ‖A x − θ x‖. */
  readonly residual: number;
}

/** Says which eigenpairs `lanczos` finds, how accurately, and after how many products it stops. */
interface LanczosOptions {
  /** Pairs wanted. */
  readonly count: number;
  readonly key: Key;
  /** Which end: `largest` (default) or `smallest`. */
  readonly end?: 'largest' | 'smallest';
  /** Most products; 2·count + 60 by default, never above the size. */
  readonly maxSteps?: number;
  /**
   * Most products when wanted pairs have not converged after `maxSteps`; convergence is then checked each time the
   * process is a fifth longer. Default: `maxSteps`.
   */
  readonly patience?: number;
  /** Wanted residual relative to the largest |θ|; 1e-8 by default. */
  readonly tolerance?: number;
  readonly la?: LinearAlgebra;
}

/** Holds the eigenpairs that `lanczos` found. */
interface LanczosResult {
  /** From the wanted end inwards. */
  readonly pairs: readonly RitzPair[];
  /** Products done. */
  readonly steps: number;
  /** All wanted pairs have residuals below the tolerance. */
  readonly converged: boolean;
  /** The extreme Ritz value at the end that was not asked for, with its own residual as error: from inside, so a bound. */
  readonly opposite: Estimate;
}

/** Holds the Lanczos basis and its tridiagonal matrix. */
export interface Tridiagonal {
  readonly alpha: number[];
  /** beta[i] is the entry (i, i + 1); the last one is the norm of the residual of the recursion. */
  readonly beta: number[];
  readonly basis: Float64Array[];
}

/** Draws a vector of independent standard normal numbers. */
export function normalVector(size: number, stream: Stream): Float64Array {
  return Float64Array.from({ length: size }, () => stream.normal());
}

/** Returns Σ x_i y_i. */
export function dot(x: Float64Array, y: Float64Array): number {
  let a = 0;
  let b = 0;
  const even = x.length & ~1;
  for (let i = 0; i < even; i += 2) {
    a += x[i] * y[i];
    b += x[i + 1] * y[i + 1];
  }
  if (even < x.length) a += x[even] * y[even];
  return a + b;
}

function addScaled(y: Float64Array, s: number, x: Float64Array): void {
  for (let i = 0; i < y.length; i++) y[i] += s * x[i];
}

/**
 * Extends the process by one product. Returns false when the space is exhausted: what was found spans an invariant subspace.
 * Cost: one product and 4·size·steps flops.
 */
export function lanczosStep(op: LinearOperator, recursion: Tridiagonal, start: Float64Array): boolean {
  const { alpha, beta, basis } = recursion;
  if (basis.length === 0) {
    const norm = Math.sqrt(dot(start, start));
    basis.push(start.map((x) => x / norm));
  }
  const v = basis[basis.length - 1];
  const w = op.apply(v);
  check(
    w.length === op.size && w.every(Number.isFinite),
    'operator',
    () => `the operator must return ${op.size} finite numbers; step ${alpha.length + 1} did not.`,
  );
  alpha.push(dot(w, v));
  const before = Math.sqrt(dot(w, w));
  // twice is enough: Gram-Schmidt against the whole basis
  for (let round = 0; round < 2; round++) for (const u of basis) addScaled(w, -dot(w, u), u);
  const norm = Math.sqrt(dot(w, w));
  beta.push(norm);
  if (!(norm > 1e-14 * Math.max(before, Math.abs(alpha[0]))) || basis.length === op.size) return false;
  basis.push(w.map((x) => x / norm));
  return true;
}

/** Returns the eigenvalues (ascending) and eigenvectors of the k×k tridiagonal matrix. */
export function ritz(recursion: Tridiagonal, la: LinearAlgebra): { values: Float64Array; vectors: Float64Array[] } {
  const k = recursion.alpha.length;
  const t = matrix(k, k);
  for (let i = 0; i < k; i++) {
    t.data[i * k + i] = recursion.alpha[i];
    if (i + 1 < k) {
      t.data[i * k + i + 1] = recursion.beta[i];
      t.data[(i + 1) * k + i] = recursion.beta[i];
    }
  }
  const { values, vectors } = la.eigh(t);
  return {
    values,
    vectors: Array.from({ length: k }, (_, j) => Float64Array.from({ length: k }, (_, i) => vectors.data[i * k + j])),
  };
}

/**
 * Finds eigenpairs at one end of the spectrum. Memory: size·steps numbers; cost: `steps` products and 4·size·steps²
 * flops. Multiple eigenvalues beyond the first are found only through rounding or a new start; an invariant subspace
 * stops the process early.
 * @throws InputError unless `count` is an integer from 1 to the size, and when the operator returns numbers that are
 * not finite
 */
export function lanczos(op: LinearOperator, options: LanczosOptions): LanczosResult {
  const { count, key, end = 'largest', tolerance = 1e-8 } = options;
  check(
    Number.isInteger(count) && count >= 1 && count <= op.size,
    'bad-count',
    () => `lanczos finds 1 to ${op.size} eigenpairs of this operator; got ${count}.`,
  );
  const la = options.la ?? embeddedLinearAlgebra();
  const usual = Math.min(op.size, options.maxSteps ?? 2 * count + 60);
  const most = Math.min(op.size, Math.max(usual, options.patience ?? usual));
  const recursion: Tridiagonal = { alpha: [], beta: [], basis: [] };
  const start = normalVector(op.size, key.child('lanczos').stream());
  let result: ReturnType<typeof ritz> = { values: new Float64Array(0), vectors: [] };
  let chosen: number[] = [];
  let residuals: number[] = [];
  let converged = false;
  let look = 5 * Math.ceil(count / 5);
  for (let step = 1; step <= most; step++) {
    const more = lanczosStep(op, recursion, start);
    if (more && step < most && step !== usual && step < look) continue;
    look = step < usual ? step + 5 : Math.ceil(1.2 * step);
    result = ritz(recursion, la);
    const k = result.values.length;
    const scale = Math.max(Math.abs(result.values[0]), Math.abs(result.values[k - 1]));
    chosen = Array.from({ length: Math.min(count, k) }, (_, i) => (end === 'largest' ? k - 1 - i : i));
    // an exhausted process leaves no residual but rounding
    const beta = recursion.beta[k - 1];
    residuals = result.values.length ? Array.from(result.vectors, (y) => Math.abs(beta * y[k - 1])) : [];
    converged = chosen.length === count && chosen.every((j) => residuals[j] <= tolerance * scale);
    if (!more || converged) break;
  }
  const k = result.values.length;
  const scale = Math.max(Math.abs(result.values[0]), Math.abs(result.values[k - 1]));
  const pairs = chosen.map((j): RitzPair => {
    const vector = new Float64Array(op.size);
    for (let i = 0; i < k; i++) addScaled(vector, result.vectors[j][i], recursion.basis[i]);
    const residual = residuals[j];
    const gap = Math.min(
      j > 0 ? result.values[j] - result.values[j - 1] - residuals[j - 1] : Number.POSITIVE_INFINITY,
      j + 1 < k ? result.values[j + 1] - result.values[j] - residuals[j + 1] : Number.POSITIVE_INFINITY,
    );
    const rounding = k * 2 ** -52 * scale;
    const bound = rounding + (gap > residual ? Math.min(residual, residual ** 2 / gap) : residual);
    const method = `Lanczos, ${k} products, error bounded by the residual`;
    const value = computed(result.values[j], bound, k, method, residual <= tolerance * scale);
    return { value, vector, residual };
  });
  const far = end === 'largest' ? 0 : k - 1;
  const left = Math.abs(recursion.beta[k - 1] * result.vectors[far][k - 1]);
  const opposite = computed(result.values[far], left, k, `Ritz value of ${k} products`, left <= tolerance * scale);
  return { pairs, steps: k, converged, opposite };
}
