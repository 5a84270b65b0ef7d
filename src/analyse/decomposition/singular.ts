/** Factoring a covariance, and naming the direction without noise where it is singular in double precision. docs/theory [D8]. */
import { InputError } from '../../numeric/errors.js';
import { column, identity, type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import { type CheckedSystem, describeDirection, round } from './linear-system.js';
import { symmetricPart } from './parts.js';

/** Holds the triangular factors of a covariance W and its inverse U, all n×n. */
interface CovarianceFactor {
  /** Lower G with W = G·Gᵀ. */
  readonly root: Matrix;
  /** U = W⁻¹, symmetric. */
  readonly u: Matrix;
  /** L = G⁻ᵀ, so that U = L·Lᵀ. */
  readonly whitener: Matrix;
}

/**
 * Factors W = G·Gᵀ and returns G, U = W⁻¹ and L = U·G = G⁻ᵀ. The Cholesky factorisation keeps its accuracy for variances on very
 * different scales.
 * @throws InputError that names the direction without noise when W is not positive definite
 */
export function factorCovariance(la: LinearAlgebra, system: CheckedSystem, w: Matrix): CovarianceFactor {
  const { n } = system;
  let root: Matrix;
  try {
    root = la.cholesky(w);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw singular(system, weakest(la, w));
  }
  const u = la.choleskySolve(root, identity(n));
  symmetricPart(u, u);
  const whitener = la.gemm(u, root);
  for (let i = 0; i < n; i++) whitener.data.fill(0, i * n, i * n + i);
  return { root, u, whitener };
}

interface Weakest {
  /** Smallest eigenvalue of the correlation matrix of W, ≥ 0 when W is a covariance. */
  readonly value: number;
  /** Unit vector v with the smallest v'·W·v relative to the variances of the coordinates. */
  readonly direction: Float64Array;
}

/** The weakest direction, measured in units of each coordinate's own deviation, so that the units of x do not matter. */
function weakest(la: LinearAlgebra, w: Matrix): Weakest {
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

function singular(system: CheckedSystem, { value, direction }: Weakest): InputError {
  return system.noiseRank < system.n
    ? new InputError(
        'singular',
        `Σ is singular: the direction ${describeDirection(direction)} gets no noise, neither from D (rank ${system.noiseRank} of ${system.n}) ` +
          'nor through F, so U is undefined; add noise there or leave that direction out.',
      )
    : new InputError(
        'ill-conditioned',
        `Σ is not positive definite in double precision (its correlation matrix has the eigenvalue ${round(value)}), most of all along ` +
          `${describeDirection(direction)}; the time scales of F or the noise strengths of D lie too far apart.`,
      );
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
  if (still >= 0) throw singular(system, { value: 0, direction: unit(n, still) });
  const found = weakest(la, w);
  if (!(found.value > limit)) throw singular(system, found);
}
