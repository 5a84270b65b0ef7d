/** The two-dimensional marginal of a stationary linear system, for a picture of its potential and its current. */
import { type LinearAlgebra, matrix } from '../../numeric/linalg/index.js';
import * as is from '../../numeric/wants.js';
import { DECOMPOSITION_WANTS, type Decomposition } from './decompose.js';
import { VORTICES_WANTS, type Vortices } from './vortices.js';

/**
 * Describes the marginal of the stationary state over z = (e_1·x, e_2·x), where the axes e_1 and e_2 are the rows of E. It is
 * exactly a planar system of its own: covariance E·Σ·Eᵀ, potential ½zᵀ(E·W·Eᵀ)⁻¹z, and the current averaged over all other
 * directions, −rho·(E·Q·Eᵀ)(E·W·Eᵀ)⁻¹z, where rho is the density of z. That current follows the contours of that potential,
 * which the current in a slice of the full potential does not.
 */
export interface PotentialPlane {
  /** Orthonormal axes in the coordinates of x; one only when n = 1. */
  readonly axes: readonly Float64Array[];
  /** Covariance of z: variance of the first, covariance, variance of the second. With one axis: its variance, 0, 0. */
  readonly covariance: readonly [number, number, number];
  /** epsilon·e_1ᵀ·Q·e_2: positive when the current turns from the first axis to the second. */
  readonly circulation: number;
  readonly noiseStrength: number;
  /** Order of the full system. */
  readonly n: number;
  /** Share of the strongest vortex in the whole flux; NaN when the system has none and the plane shows the largest variances. */
  readonly share: number;
}

/**
 * Projects a stationary system onto the plane of its strongest vortex, or onto that of its two largest variances where nothing
 * turns. Returns null when there is no stationary state. For n ≤ 2 the axes are those of x.
 */
export function potentialPlane(la: LinearAlgebra, d: Decomposition, v: Vortices): PotentialPlane | null {
  is.given('potentialPlane', { la, d, v }, { la: is.algebra, d: DECOMPOSITION_WANTS, v: VORTICES_WANTS });
  if (!d.sigma) return null;
  const { n, noiseStrength } = d.system;
  const strongest = v.vortices[0];
  const axes = n <= 2 ? unitAxes(n) : strongest ? readable(...strongest.basis) : widest(la, d);
  const e = matrix(axes.length, n);
  for (const [i, axis] of axes.entries()) e.data.set(axis, i * n);
  const c = la.gemm(la.gemm(e, d.sigma), e, { transposeB: true });
  const q = la.gemm(la.gemm(e, d.q), e, { transposeB: true });
  const planar = axes.length === 2;
  return {
    axes,
    covariance: planar ? [c.data[0], 0.5 * (c.data[1] + c.data[2]), c.data[3]] : [c.data[0], 0, 0],
    circulation: planar && strongest ? noiseStrength * q.data[1] : 0,
    noiseStrength,
    n,
    share: strongest?.share ?? Number.NaN,
  };
}

const unitAxes = (n: number) =>
  Array.from({ length: n }, (_, i) => Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0)));

/** Turns a basis within its plane: the first axis becomes the projection of the coordinate axis that is closest to the plane. */
function readable(a: Float64Array, b: Float64Array): Float64Array[] {
  let [best, most] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    const inside = a[i] ** 2 + b[i] ** 2;
    if (inside > most * (1 + 1e-9)) [best, most] = [i, inside];
  }
  const [c, s] = [a[best] / Math.sqrt(most), b[best] / Math.sqrt(most)];
  return [a.map((x, i) => c * x + s * b[i]), b.map((x, i) => c * x - s * a[i])];
}

function widest(la: LinearAlgebra, d: Decomposition): Float64Array[] {
  const { vectors } = la.eigh(d.w);
  const n = d.system.n;
  return [n - 1, n - 2].map((j) => Float64Array.from({ length: n }, (_, i) => vectors.data[i * n + j]));
}
