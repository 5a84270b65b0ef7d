/** Factoring a covariance, and naming the direction without noise where it is singular in double precision. docs/theory [D8]. */
import { InputError } from '../../numeric/errors.js';
import { column, frobenius, type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import { type CheckedSystem, describeDirection, round } from './linear-system.js';

/** Holds the triangular factors of a covariance W and its inverse U, all n×n. */
interface CovarianceFactor {
  /** Lower G with W = G·Gᵀ. */
  readonly root: Matrix;
  /** U = W⁻¹, symmetric. */
  readonly u: Matrix;
  /** G⁻¹, lower, so that U = G⁻ᵀ·G⁻¹. */
  readonly inverse: Matrix;
}

/**
 * Factors W = G·Gᵀ and returns G, G⁻¹ and U = W⁻¹ = G⁻ᵀ·G⁻¹. The Cholesky factorisation keeps its accuracy for variances on very
 * different scales.
 * @throws InputError that names the direction without noise when W is not positive definite
 */
export function factorCovariance(la: LinearAlgebra, system: CheckedSystem, w: Matrix): CovarianceFactor {
  let root: Matrix;
  try {
    root = la.cholesky(w);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw singular(la, system, weakest(la, w));
  }
  const inverse = la.lowerInverse(root);
  return { root, u: la.syrk(inverse, { transpose: true }), inverse };
}

/** Names the direction that W resolves least. */
interface Weakest {
  /** Smallest eigenvalue of the correlation matrix of W, ≥ 0 when W is a covariance. */
  readonly value: number;
  /** Unit vector v with the smallest v'·W·v relative to the variances of the coordinates. */
  readonly direction: Float64Array;
}

/** The weakest direction, measured in units of each coordinate's own deviation, so that the units of x do not matter. */
export function weakest(la: LinearAlgebra, w: Matrix): Weakest {
  const n = w.rows;
  const deviation = Float64Array.from({ length: n }, (_, i) => Math.sqrt(Math.max(0, w.data[i * (n + 1)])));
  const still = deviation.indexOf(0);
  if (still >= 0) return { value: 0, direction: unit(n, still) };
  const c = matrix(
    n,
    n,
    w.data.map((v, k) => v / (deviation[Math.floor(k / n)] * deviation[k % n])),
  );
  const { values, vectors } = la.eigh(c);
  const direction = column(vectors, 0).map((v, i) => v / deviation[i]);
  const size = Math.hypot(...direction);
  return { value: values[0], direction: direction.map((v) => v / size) };
}

const unit = (n: number, k: number): Float64Array => Float64Array.from({ length: n }, (_, i) => (i === k ? 1 : 0));

function singular(la: LinearAlgebra, system: CheckedSystem, w: Weakest): InputError {
  return new InputError(system.noiseRank < system.n ? 'singular' : 'ill-conditioned', whySingular(la, system, w));
}

/** Says in one sentence why Σ cannot be inverted. */
export function whySingular(la: LinearAlgebra, system: CheckedSystem, { value, direction }: Weakest): string {
  const { n, noiseRank } = system;
  if (noiseRank === n)
    return (
      `Σ is not positive definite in double precision (its correlation matrix has the eigenvalue ${round(value)}), most of all along ` +
      `${describeDirection(direction)}; the time scales of F or the noise strengths of D lie too far apart.`
    );
  const reached = reachedDirections(la, system);
  return reached < n
    ? `Σ is singular: the direction ${describeDirection(direction)} gets no noise, neither from D (rank ${noiseRank} of ${n}) ` +
        `nor through F (both together reach ${reached} of ${n} directions), so U is undefined; add noise there or leave that direction out.`
    : `Σ is singular in double precision, so U = Σ⁻¹ is lost: F spreads the noise of D (rank ${noiseRank}) to all ${n} directions, but so little of it ` +
        `that rounding hides its variance along ${describeDirection(direction)}.`;
}

/**
 * Counts the directions that noise reaches, directly or through F: the dimension of the space that D's directions span with all
 * powers of F applied to them. It is found by orthogonalising F·v against what is known (Arnoldi, in blocks), where what is left of
 * F·v counts as rounding below n·2^−46 of ‖F‖. Costs O(n³).
 */
export function reachedDirections(la: LinearAlgebra, { n, drift, noise, noiseRank }: CheckedSystem): number {
  const known: Float64Array[] = Array.from({ length: noiseRank }, (_, k) => column(noise.vectors, n - 1 - k));
  const least = n * 2 ** -46 * frobenius(drift);
  for (let at = 0; at < known.length && known.length < n; at++) {
    const image = la.gemm(drift, matrix(n, 1, known[at])).data;
    for (let pass = 0; pass < 2; pass++)
      for (const v of known) {
        let dot = 0;
        for (let i = 0; i < n; i++) dot += v[i] * image[i];
        for (let i = 0; i < n; i++) image[i] -= dot * v[i];
      }
    const size = Math.hypot(...image);
    if (size > least) known.push(image.map((x) => x / size));
  }
  return known.length;
}

/**
 * Refuses a W that is singular within its own error: rounding can make a singular Σ look regular, so where D is singular the
 * smallest eigenvalue of the correlation matrix of W must exceed max(4n·2^−52, `errorBound`).
 * @param errorBound - relative error of W
 * @throws InputError with the sentence of `factorCovariance`
 */
export function refuseHiddenSingular(la: LinearAlgebra, system: CheckedSystem, w: Matrix, errorBound: number): void {
  const { n } = system;
  if (system.noiseRank === n) return;
  const limit = Math.max(4 * n * 2 ** -52, errorBound);
  const variances = Array.from({ length: n }, (_, i) => w.data[i * (n + 1)]);
  const high = Math.max(...variances);
  const still = variances.findIndex((v) => !(v > limit * high));
  if (still >= 0) throw singular(la, system, { value: 0, direction: unit(n, still) });
  const found = weakest(la, w);
  if (!(found.value > limit)) throw singular(la, system, found);
}
