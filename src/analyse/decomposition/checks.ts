/** How well a decomposition satisfies its own equations. docs/theory [D1]–[D3]. */
import { identity, type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import { randomKey } from '../../numeric/random.js';
import { add, norm } from './parts.js';

/**
 * Lists the relative errors ‖left − right‖_F / scale of every identity; rounding alone gives a few 1e-16 times the square root
 * of n.
 */
export interface Residuals {
  /** F·W + W·Fᵀ = 2·D, against ‖2·D‖: with Σ = epsilon·W also F·Σ + Σ·Fᵀ = 2·epsilon·D [D2]. */
  readonly lyapunov: number;
  /** F·W = D + Q, against ‖D + Q‖: the well-conditioned form of F = (D + Q)·U [D3]. */
  readonly force: number;
  /** F·Q + Q·Fᵀ = F·D − D·Fᵀ, against 2·‖F‖·(‖D‖ + ‖Q‖) [D2]. */
  readonly exchange: number;
  /** (D + Q)·U = F, against ‖F‖: grows with the condition of W by nature [D1], [D3]. */
  readonly drift: number;
  /** (S + A)·(D + Q) = 1, against √n [D1]. */
  readonly friction: number;
  /** S = (S + A)·D·(S − A), against ‖S‖ [D1]. */
  readonly dissipation: number;
  /** U·W = 1, against √n: grows with the condition of W. */
  readonly inverse: number;
  /** `exact`, or the number of random ±1 vectors that the norms were estimated with. */
  readonly method: string;
}

/** Names the n×n matrices of a decomposition to be checked, all in the same units. */
interface Parts {
  readonly drift: Matrix;
  readonly diffusion: Matrix;
  readonly w: Matrix;
  readonly u: Matrix;
  readonly q: Matrix;
  readonly s: Matrix;
  readonly a: Matrix;
}

/** Above this order norms are estimated. */
const EXACT = 200;
const PROBES = 16;

/**
 * Measures how well a decomposition satisfies its identities. Every identity is applied to the columns of Z: the identity
 * matrix (exact norms) up to n = 200, above that 16 vectors of random signs, for which the mean of |R·z|² is ‖R‖²_F. The norm
 * from 16 such vectors is typically wrong by a fifth, and by more than a factor of two once in thousands. Costs 20 products of
 * an n×n matrix with Z, in ten calls.
 */
export function residualsOf(la: LinearAlgebra, p: Parts): Residuals {
  const n = p.drift.rows;
  const { z, weight, method } = probes(n);
  const to = (m: Matrix, ...parts: Matrix[]) => apart(la.gemm(m, beside(parts)), parts.length);
  const adjoint = (m: Matrix, x: Matrix) => la.gemm(m, x, { transposeA: true });
  const miss = (terms: readonly (readonly [number, Matrix])[], scale: number): number => {
    const r = matrix(n, z.cols);
    for (const [factor, m] of terms) for (let k = 0; k < r.data.length; k++) r.data[k] += factor * m.data[k];
    const size = norm(r) * weight;
    return size === 0 ? 0 : size / scale;
  };
  // each matrix is read once, for all columns that it is applied to
  const sa = add(p.s, 1, p.a);
  const ftz = adjoint(p.drift, z);
  // (S − A) = (S + A)ᵀ
  const stz = adjoint(sa, z);
  const [wz, wftz] = to(p.w, z, ftz);
  const [uz, uwz] = to(p.u, z, wz);
  const [dz, dftz, dstz, duz] = to(p.diffusion, z, ftz, stz, uz);
  const [qz, qftz, quz] = to(p.q, z, ftz, uz);
  const [fz, fwz, fdz, fqz] = to(p.drift, z, wz, dz, qz);
  const [sdsz, sdqz] = to(sa, dstz, add(dz, 1, qz));
  const [sz] = to(p.s, z);
  const [f, d, q] = [norm(p.drift), norm(p.diffusion), norm(p.q)];
  const root = Math.sqrt(n);
  return {
    lyapunov: miss([[1, fwz], [1, wftz], [-2, dz]], 2 * d), // biome-ignore format: terms
    force: miss([[1, fwz], [-1, dz], [-1, qz]], Math.hypot(d, q)), // biome-ignore format: terms
    exchange: miss([[1, fqz], [1, qftz], [-1, fdz], [1, dftz]], 2 * f * (d + q)), // biome-ignore format: terms
    drift: miss([[1, duz], [1, quz], [-1, fz]], f), // biome-ignore format: terms
    friction: miss([[1, sdqz], [-1, z]], root), // biome-ignore format: terms
    dissipation: miss([[1, sdsz], [-1, sz]], norm(p.s)), // biome-ignore format: terms
    inverse: miss([[1, uwz], [-1, z]], root), // biome-ignore format: terms
    method,
  };
}

/** Joins matrices of the same height, side by side. */
function beside(parts: readonly Matrix[]): Matrix {
  if (parts.length === 1) return parts[0];
  const { rows, cols } = parts[0];
  const out = matrix(rows, cols * parts.length);
  for (let i = 0; i < rows; i++)
    for (const [k, part] of parts.entries())
      out.data.set(part.data.subarray(i * cols, (i + 1) * cols), i * out.cols + k * cols);
  return out;
}

/** Takes `count` matrices of the same width apart that stand side by side. */
function apart(m: Matrix, count: number): Matrix[] {
  if (count === 1) return [m];
  const cols = m.cols / count;
  return Array.from({ length: count }, (_, k) => {
    const out = matrix(m.rows, cols);
    for (let i = 0; i < m.rows; i++)
      out.data.set(m.data.subarray(i * m.cols + k * cols, i * m.cols + (k + 1) * cols), i * cols);
    return out;
  });
}

/** Returns the columns Z that a matrix is applied to, and the factor that turns ‖R·Z‖ into ‖R‖. */
function probes(n: number): { readonly z: Matrix; readonly weight: number; readonly method: string } {
  if (n <= EXACT) return { z: identity(n), weight: 1, method: 'exact' };
  return { z: signs(n, PROBES), weight: 1 / Math.sqrt(PROBES), method: `${PROBES} random probes` };
}

/** Returns ‖F⁻¹‖_F, with F⁻¹ = W·(S + A): exact up to n = 200, above that estimated as the residuals are. */
export function normOfInverseDrift(la: LinearAlgebra, w: Matrix, friction: Matrix): number {
  const { z, weight } = probes(w.rows);
  return weight * norm(la.gemm(w, la.gemm(friction, z)));
}

function signs(n: number, count: number): Matrix {
  const stream = randomKey(0).child('residual probes').stream();
  return matrix(
    n,
    count,
    Float64Array.from({ length: n * count }, () => (stream.uniform() < 0.5 ? -1 : 1)),
  );
}
