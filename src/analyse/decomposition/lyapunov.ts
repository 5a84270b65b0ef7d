/** The one equation behind a decomposition, F·W + W·Fᵀ = 2·D, and the accuracy of its solution in double precision. */
import { check } from '../../numeric/errors.js';
import { identity, type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import type { CheckedSystem } from './linear-system.js';
import { antisymmetricPart, half, norm, symmetricPart } from './parts.js';
import type { DriftSpectrum } from './spectrum.js';

/** Solves F·W + W·Fᵀ = 2·D for the symmetric W and returns it with the antisymmetric Q = F·W − D. docs/theory [D3], [D4]. */
export function solveForW(
  la: LinearAlgebra,
  system: CheckedSystem,
  spectrum: DriftSpectrum,
): { readonly w: Matrix; readonly q: Matrix } {
  const { drift, diffusion } = system;
  if (spectrum.eigen) return inEigenbasis(la, system, spectrum.eigen);
  // Bartels & Stewart: T·Y + Y·Tᵀ = 2·Zᵀ·D·Z in the basis of the Schur vectors, W = Z·Y·Zᵀ
  const { t, z } = spectrum.schur!;
  const turned = la.gemm(la.gemm(z, diffusion, { transposeA: true, alpha: 2 }), z);
  const right = symmetricPart(turned, turned);
  const { y } = la.triangularSylvester(t, t, right, { transpose: true, symmetric: true });
  const w = la.gemm(la.gemm(z, symmetricPart(y, y)), z, { transposeB: true });
  symmetricPart(w, w);
  // F·W = D + Q: the antisymmetric part of F·W is Q, however rounding affected the symmetric part
  const q = la.gemm(drift, w);
  return { w, q: antisymmetricPart(q, q) };
}

/**
 * Solves in the eigenbasis of a symmetric F, W_ij = 2·D_ij/(l_i + l_j) and Q_ij = D_ij·(l_i − l_j)/(l_i + l_j), without
 * cancellation. Both are turned back to the coordinates of x in one pair of products, as the symmetric and the antisymmetric
 * part of their sum.
 */
function inEigenbasis(la: LinearAlgebra, system: CheckedSystem, eigen: NonNullable<DriftSpectrum['eigen']>) {
  const { n, diffusion, noiseFactor } = system;
  const { values: l, vectors } = eigen;
  // Vᵀ·D·V, with D = L·Lᵀ as (Lᵀ·V)ᵀ·(Lᵀ·V): half the operations, and symmetric by itself
  const d = noiseFactor
    ? la.syrk(la.gemm(noiseFactor.root, vectors, { transposeA: true }), { transpose: true })
    : symmetricPart(la.gemm(la.gemm(vectors, diffusion, { transposeA: true }), vectors));
  const [v, q] = [d.data, matrix(n, n)];
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const k = i * n + j;
      v[k] /= l[i] + l[j];
      q.data[k] = v[k] * (l[i] - l[j]);
    }
  }
  // each part is scaled separately, so that neither loses digits to the other
  const [sw, sq] = [norm(d) || 1, norm(q) || 1];
  for (let k = 0; k < v.length; k++) q.data[k] = v[k] / sw + q.data[k] / sq;
  const m = la.gemm(la.gemm(vectors, q, { into: d }), vectors, { transposeB: true, into: q });
  return { w: half(m, 1, d, 2 * sw), q: half(m, -1, m, sq) };
}

/** Orders up to which ‖H‖ is always computed instead of bounded. */
const SMALL = 100;

/**
 * Bounds ‖δW‖_F/‖W‖_F. The inverse of a stable Lyapunov operator is positive, so its norm is attained at the identity (Hewer &
 * Kenney 1988): ‖δW‖ ≤ ‖H‖·‖R‖ with F·H + H·Fᵀ = 1 and R the residual, to which rounding of F and D is added. ‖H‖ is
 * 1/(2·λ_min(F)) for a symmetric F. For n > 100 and a D of condition at most 100, λ_max(W)/(2·λ_min(D)) is taken instead of
 * another solve.
 * @param variances - gives the eigenvalues of W, ascending; asked only for a general F
 * @param residual - ‖F·W + W·Fᵀ − 2·D‖_F/‖2·D‖_F
 */
export function boundOfError(
  la: LinearAlgebra,
  system: CheckedSystem,
  spectrum: DriftSpectrum,
  w: Matrix,
  variances: () => Float64Array,
  residual: number,
): { readonly relative: number; readonly condition: number } {
  const { n, drift, diffusion } = system;
  const inverse = spectrum.eigen
    ? 0.5 / spectrum.re[0]
    : n > SMALL && system.noise.values[n - 1] <= 100 * system.noise.values[0]
      ? variances()[n - 1] / (2 * system.noise.values[0])
      : normOfInverse(la, spectrum, n);
  const [f, size] = [norm(drift), norm(w)];
  const condition = 2 * f * inverse;
  const relative = (inverse * 2 * norm(diffusion) * residual) / size + 2 ** -52 * condition;
  return { relative, condition };
}

/**
 * Bounds the error as `boundOfError` does, and refuses a covariance of which nothing is certain.
 * @throws InputError when the bound reaches 1
 */
export function errorBound(...of: Parameters<typeof boundOfError>): ReturnType<typeof boundOfError> {
  const bound = boundOfError(...of);
  check(
    bound.relative < 1,
    'ill-conditioned',
    `no digit of the covariance is certain: the Lyapunov equation of this F has the condition ${bound.condition.toExponential(1)}; ` +
      'F is too close to the edge of stability, or too non-normal, for double precision.',
  );
  return bound;
}

function normOfInverse(la: LinearAlgebra, { schur }: DriftSpectrum, n: number): number {
  const { t } = schur!;
  // the norm is the same in the basis of the Schur vectors
  const { y } = la.triangularSylvester(t, t, identity(n), { transpose: true, symmetric: true });
  return norm(y);
}
