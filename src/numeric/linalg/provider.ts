/**
 * The interface of dense linear algebra in float64, which two providers implement.
 *
 * `embedded` runs everywhere (WebAssembly, src/numeric/linalg/embedded.ts); `system` calls an installed BLAS and LAPACK
 * (src/numeric/linalg/system.ts). Both return results that differ in the last bits only, so a run records `name`.
 * All matrices are row-major; arguments are never changed unless a docstring says so.
 */

import * as is from '../wants.js';
import type { Matrix } from './matrix.js';
import type { LibraryFacts } from './system-library.js';

/** Holds the eigendecomposition A = V·diag(values)·Vᵀ of a symmetric n×n matrix. */
export interface SymmetricEigen {
  /** Ascending. */
  readonly values: Float64Array;
  /** n×n; COLUMN j is the unit eigenvector of values[j], which `column(vectors, j)` returns. */
  readonly vectors: Matrix;
}

/** Says what a {@link SymmetricEigen} needs. */
export const SYMMETRIC_EIGEN_WANTS = is.shape<SymmetricEigen>({ values: is.numbers, vectors: is.matrix });

/** Holds all eigenvalues of a symmetric n×n matrix, and the eigenvectors of some. */
export interface SubsetEigen {
  /** All n, ascending. */
  readonly values: Float64Array;
  /** K×n; ROW k is the unit eigenvector of values[indices[k]]. */
  readonly vectors: Matrix;
}

/** Holds the thin singular value decomposition A = U·diag(s)·Vt of an m×n matrix, k = min(m, n). */
export interface SingularValues {
  /** m×k, orthonormal columns. */
  readonly u: Matrix;
  /** Descending, ≥ 0. */
  readonly s: Float64Array;
  /** k×n, orthonormal rows. */
  readonly vt: Matrix;
}

/** Holds the factors of P·A = L·U for many solves. */
export interface LuFactor {
  readonly n: number;
  /**
   * X with A·X = B, B and X n×r.
   * @throws InputError when a pivot is exactly 0
   */
  solve(b: Matrix): Matrix;
  /** A⁻¹ (prefer `solve`). */
  inverse(): Matrix;
  /** Sign and logarithm of |det A|; −Infinity for a singular matrix. */
  determinant(): { sign: number; logAbs: number };
  /** Row exchanged with row i at step i. */
  readonly pivots: Int32Array;
}

/** Holds the real Schur form A = Z·T·Zᵀ of a general square A. */
export interface RealSchur {
  /** Upper quasi-triangular; a complex pair is a 2×2 block (a b; c a) with b·c < 0. */
  readonly t: Matrix;
  /** Orthogonal; its columns are the Schur vectors. */
  readonly z: Matrix;
  /** Eigenvalues in the order of the diagonal: real and imaginary parts; of a pair, the positive one first. */
  readonly re: Float64Array;
  readonly im: Float64Array;
}

/** Says which triangular Sylvester equation is solved. */
export interface SylvesterOptions {
  /** Take op(T) = Tᵀ. */
  readonly transpose?: boolean;
  /** T = S, op(T) = Tᵀ and C symmetric (a Lyapunov equation): half the cost. */
  readonly symmetric?: boolean;
}

/** Holds the solution of a triangular Sylvester equation. */
export interface TriangularSolution {
  readonly y: Matrix;
  /** Smallest pivot: an upper estimate of the separation. */
  readonly smallest: number;
}

/** Says what is multiplied in C = alpha·op(A)·op(B) + beta·C and where the result goes. */
export interface GemmOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** Factor of the product, default 1. */
  readonly alpha?: number;
  /** C = alpha·A·B + beta·`into` is written into `into` and returned; beta defaults to 0. */
  readonly into?: Matrix;
  readonly beta?: number;
}

/** Sums XᵀX over pieces X (count×n) that need never be in memory together; covariance.ts builds statistics on it. */
export interface RankUpdater {
  /** Where the next piece is written: `capacity` rows. */
  readonly buffer: Float64Array;
  /** Order of the accumulated matrix. */
  readonly n: number;
  /** Rows of length n that fit the buffer. */
  readonly capacity: number;
  /** Adds the first `count` rows of the buffer. */
  update(count: number): void;
  /** The full symmetric sum; the updater cannot be used afterwards. */
  finish(): Matrix;
}

/** Computes with dense float64 matrices. */
export interface LinearAlgebra {
  readonly kind: 'embedded' | 'system';
  /**
   * What runs, for the record: 'embedded (WebAssembly, fma)' or 'OpenBLAS 0.3.21 (SkylakeX, 32-bit integers) through koffi, 1
   * thread'.
   */
  readonly name: string;
  /** The library that computes; none for the embedded kernels. */
  readonly library?: LibraryFacts;
  /** alpha·op(A)·op(B) + beta·C. 2·m·n·k flops. */
  gemm(a: Matrix, b: Matrix, options?: GemmOptions): Matrix;
  /** A·Aᵀ, or Aᵀ·A with `transpose`; full symmetric result. Half the flops of gemm. */
  syrk(a: Matrix, options?: { readonly transpose?: boolean; readonly alpha?: number }): Matrix;
  /** An empty sum C (n×n) for updates C += Xᵀ·X with pieces X (count×n). */
  rankUpdater(n: number): RankUpdater;
  /** Eigenvalues and eigenvectors of a symmetric matrix; asymmetry above 1e-8 of the largest entry is refused. */
  eigh(a: Matrix): SymmetricEigen;
  /**
   * All eigenvalues, and the eigenvectors of those at `indices` (ascending, from 0 for the smallest). Half the cost of `eigh` for
   * a few; from a quarter of them on, it computes all.
   */
  eighSubset(a: Matrix, indices: readonly number[]): SubsetEigen;
  /** Eigenvalues only, ascending: a third of the cost. */
  eigvalsh(a: Matrix): Float64Array;
  /**
   * Lower L with A = L·Lᵀ.
   * @throws InputError for a matrix that is not positive definite; it names the pivot
   */
  cholesky(a: Matrix): Matrix;
  /** X with L·Lᵀ·X = B. */
  choleskySolve(l: Matrix, b: Matrix): Matrix;
  /**
   * L⁻¹, lower triangular, of the lower triangle of L. n³/3 flops: a third of `choleskySolve` with the identity.
   * @throws InputError when a diagonal entry is exactly 0
   */
  lowerInverse(l: Matrix): Matrix;
  /** LU with partial pivoting. */
  lu(a: Matrix): LuFactor;
  /** Thin singular value decomposition; every singular value to a few eps·‖A‖. */
  svd(a: Matrix): SingularValues;
  /** Real Schur form of any square matrix, defective ones included. */
  schur(a: Matrix): RealSchur;
  /**
   * Y with S·Y + Y·op(T) = C for upper quasi-triangular S and T.
   * @throws InputError when the solution is not unique
   */
  triangularSylvester(s: Matrix, t: Matrix, c: Matrix, options?: SylvesterOptions): TriangularSolution;
}

/** Says which provider to take: `auto` prefers the system's when it is found and works. */
export type ProviderChoice = 'auto' | 'embedded' | 'system';
