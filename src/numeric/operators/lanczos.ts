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
import * as is from '../wants.js';
import { LINEAR_OPERATOR_WANTS, type LinearOperator, type Multiplying, multiplyBy } from './products.js';

export type { LinearOperator } from './products.js';

/** Holds an approximate eigenpair; the `standardError` of its eigenvalue is a bound from the residual, not a spread. */
export interface RitzPair {
  readonly value: Estimate;
  /** Unit vector. */
  readonly vector: Float64Array;
  /** ‖A x − θ x‖. */
  readonly residual: number;
}

/** Says which eigenpairs `lanczos` finds, how accurately, and after how many products it stops. */
export interface LanczosOptions {
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
  /** `pair`: go on until the extreme pair of the other end has converged as well, and return it. Default: `value`. */
  readonly opposite?: 'value' | 'pair';
  /**
   * Most vectors kept, at least count + 4; all by default. With fewer vectors than products the process is restarted from the best
   * Ritz vectors (thick restart, Wu & Simon 2000), which costs more products.
   */
  readonly vectors?: number;
  readonly la?: LinearAlgebra;
}

/** Says what a {@link LanczosOptions} needs. */
export const LANCZOS_OPTIONS_WANTS = is.shape<LanczosOptions>({
  count: is.count,
  key: is.key,
  end: is.maybe(is.oneOf('largest', 'smallest')),
  maxSteps: is.maybe(is.count),
  patience: is.maybe(is.finite),
  tolerance: is.maybe(is.finite),
  la: is.maybe(is.algebra),
});

/** Holds the eigenpairs that `lanczos` found. */
export interface LanczosResult {
  /** From the wanted end inwards. */
  readonly pairs: readonly RitzPair[];
  /** Products done. */
  readonly steps: number;
  /** All wanted pairs have residuals below the tolerance. */
  readonly converged: boolean;
  /** The extreme Ritz value at the end that was not asked for, with its own residual as error: from inside, so a bound. */
  readonly opposite: Estimate;
  /** The pair of that value, where it was asked for. */
  readonly oppositePair?: RitzPair;
}

/** Holds the Lanczos basis and its tridiagonal matrix. */
export interface Tridiagonal {
  readonly alpha: number[];
  /** beta[i] is the entry (i, i + 1); the last one is the norm of the residual of the recursion. */
  readonly beta: number[];
  readonly basis: Float64Array[];
  /**
   * After a restart from r Ritz vectors: the entries (i, r), i < r, of the matrix, of which the first r rows are otherwise
   * diagonal; `beta` is 0 there.
   */
  border?: readonly number[];
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
 * @param memory - `three`: keep the last vectors of the basis only and orthogonalise against these. Quadratures stay right,
 *   but converged eigenvalues come several times. Default: `all`
 */
export function* lanczosStep(
  size: number,
  recursion: Tridiagonal,
  start: Float64Array,
  memory: 'all' | 'three' = 'all',
): Multiplying<boolean> {
  const { alpha, beta, basis } = recursion;
  if (basis.length === 0) {
    const norm = Math.sqrt(dot(start, start));
    basis.push(start.map((x) => x / norm));
  }
  const v = basis[basis.length - 1];
  const w = yield v;
  check(
    w.length === size && w.every(Number.isFinite),
    'operator',
    () => `the operator must return ${size} finite numbers; step ${alpha.length + 1} did not.`,
  );
  alpha.push(dot(w, v));
  const before = Math.sqrt(dot(w, w));
  // twice is enough: Gram-Schmidt against the whole basis
  for (let round = 0; round < 2; round++) for (const u of basis) addScaled(w, -dot(w, u), u);
  const norm = Math.sqrt(dot(w, w));
  beta.push(norm);
  if (!(norm > 1e-14 * Math.max(before, Math.abs(alpha[0]))) || alpha.length === size) return false;
  if (memory === 'three' && basis.length === 2) basis.shift();
  basis.push(w.map((x) => x / norm));
  return true;
}

/**
 * Restarts a process from the Ritz vectors `kept` and the next vector of its basis: with A V = V T + beta v eᵀ and T y = θ y,
 * A (V y) = θ V y + beta y_k v, so that the new matrix is diagonal but for the border beta y_k. Works in place: 2·size·k·kept flops.
 */
function restart(recursion: Tridiagonal, { values, vectors }: ReturnType<typeof ritz>, kept: readonly number[]): void {
  const { alpha, beta, basis } = recursion;
  const k = alpha.length;
  recursion.border = kept.map((j) => beta[k - 1] * vectors[j][k - 1]);
  const old = new Float64Array(k);
  for (let at = 0; at < basis[0].length; at++) {
    for (let i = 0; i < k; i++) old[i] = basis[i][at];
    for (let r = 0; r < kept.length; r++) basis[r][at] = dot(vectors[kept[r]], old);
  }
  basis.splice(kept.length, k - kept.length);
  alpha.splice(0, k, ...kept.map((j) => values[j]));
  beta.splice(0, k, ...kept.map(() => 0));
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
  recursion.border?.forEach((x, i, { length: r }) => {
    t.data[i * k + r] = x;
    t.data[r * k + i] = x;
  });
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
  is.given('lanczos', { op, options }, { op: LINEAR_OPERATOR_WANTS, options: LANCZOS_OPTIONS_WANTS });
  return multiplyBy(op, lanczosSearch(op.size, options));
}

/** Does the work of `lanczos` for an operator of order `size`, one product at a time. */
export function* lanczosSearch(size: number, options: LanczosOptions): Multiplying<LanczosResult> {
  const { count, key, end = 'largest', tolerance = 1e-8 } = options;
  check(
    Number.isInteger(count) && count >= 1 && count <= size,
    'bad-count',
    () => `lanczos finds 1 to ${size} eigenpairs of this operator; got ${count}.`,
  );
  const la = options.la ?? embeddedLinearAlgebra();
  const usual = Math.min(size, options.maxSteps ?? 2 * count + 60);
  const most = Math.min(size, Math.max(usual, options.patience ?? usual));
  const recursion: Tridiagonal = { alpha: [], beta: [], basis: [] };
  const start = normalVector(size, key.child('lanczos').stream());
  let result: ReturnType<typeof ritz> = { values: new Float64Array(0), vectors: [] };
  let chosen: number[] = [];
  let residuals: number[] = [];
  let converged = false;
  const room = options.vectors ?? Number.POSITIVE_INFINITY;
  check(
    room >= count + 4,
    'too-few-vectors',
    () => `${count} eigenpairs need at least ${count + 4} vectors in memory; got room for ${room}.`,
  );
  let look = 5 * Math.ceil(count / 5);
  let steps = 0;
  for (let step = 1; step <= most; step++) {
    const more = yield* lanczosStep(size, recursion, start);
    const full = recursion.alpha.length >= room;
    if (more && step < most && step !== usual && step < look && !full) continue;
    look = step < usual ? step + 5 : Math.ceil(1.2 * step);
    steps = step;
    result = ritz(recursion, la);
    const k = result.values.length;
    const scale = Math.max(Math.abs(result.values[0]), Math.abs(result.values[k - 1]));
    chosen = Array.from({ length: Math.min(count, k) }, (_, i) => (end === 'largest' ? k - 1 - i : i));
    // an exhausted process leaves no residual but rounding
    const beta = recursion.beta[k - 1];
    residuals = result.values.length ? Array.from(result.vectors, (y) => Math.abs(beta * y[k - 1])) : [];
    const other = options.opposite === 'pair' ? [end === 'largest' ? 0 : k - 1] : [];
    converged = chosen.length === count && [...chosen, ...other].every((j) => residuals[j] <= tolerance * scale);
    if (!more || converged || step === most) break;
    if (full) {
      const inner = Math.floor((room - count) / 2) - other.length;
      restart(recursion, result, [
        ...other,
        ...Array.from({ length: count + inner }, (_, i) => (end === 'largest' ? k - 1 - i : i)),
      ]);
    }
  }
  const k = result.values.length;
  const scale = Math.max(Math.abs(result.values[0]), Math.abs(result.values[k - 1]));
  const pairOf = (j: number): RitzPair => {
    const vector = new Float64Array(size);
    for (let i = 0; i < k; i++) addScaled(vector, result.vectors[j][i], recursion.basis[i]);
    const residual = residuals[j];
    const gap = Math.min(
      j > 0 ? result.values[j] - result.values[j - 1] - residuals[j - 1] : Number.POSITIVE_INFINITY,
      j + 1 < k ? result.values[j + 1] - result.values[j] - residuals[j + 1] : Number.POSITIVE_INFINITY,
    );
    const rounding = steps * 2 ** -52 * scale;
    const bound = rounding + (gap > residual ? Math.min(residual, residual ** 2 / gap) : residual);
    const method = `Lanczos, ${steps} products, error bounded by the residual`;
    const value = computed(result.values[j], bound, steps, method, residual <= tolerance * scale);
    return { value, vector, residual };
  };
  const pairs = chosen.map(pairOf);
  const far = end === 'largest' ? 0 : k - 1;
  const left = Math.abs(recursion.beta[k - 1] * result.vectors[far][k - 1]);
  const opposite = computed(
    result.values[far],
    left,
    steps,
    `Ritz value of ${steps} products`,
    left <= tolerance * scale,
  );
  const oppositePair = options.opposite === 'pair' ? { oppositePair: pairOf(far) } : {};
  return { pairs, steps, converged, opposite, ...oppositePair };
}
