/**
 * Vortices: the planes in which the stationary current turns. docs/theory [D7]; ao2022, discussion.
 *
 * Whitened by the noise, y = D^(−1/2)·x, the current's matrix K = D^(−1/2)·Q·D^(−1/2) is antisymmetric and D is 1: orthogonal planes
 * turn independently, K = Σ q_k (a_k·b_kᵀ − b_k·a_kᵀ), and S + A = (1 + K)⁻¹ has S = 1/(1 + q²) and A = ∓q/(1 + q²) in plane k.
 */
import { frobenius, type LinearAlgebra, type Matrix, matrix, row } from '../../numeric/linalg/index.js';
import * as is from '../../numeric/wants.js';
import { antisymmetricForm } from './antisymmetric.js';
import { DECOMPOSITION_WANTS, type Decomposition } from './decompose.js';
import { antisymmetricPart } from './parts.js';

/** Describes one plane in which the current turns, from the first vector of each basis to the second. */
export interface Vortex {
  /**
   * `diffusion`: q > 0, where ±i·q are eigenvalues of the whitened Q. `potential`: omega > 0, where ±i·omega are eigenvalues of
   * Q·U.
   */
  readonly q: number;
  /** Share of the whole mean squared flux (see `Vortices.flux`); shares sum to 1. */
  readonly share: number;
  /** epsilon·q: the circulation ½⟨y_a·y'_b − y_b·y'_a⟩ in the whitened coordinates. */
  readonly circulation: number;
  /** Orthonormal basis of the plane of velocities of this vortex, in the coordinates of x. */
  readonly basis: readonly [Float64Array, Float64Array];
  /** Orthonormal basis in the whitened coordinates. */
  readonly whitened: readonly [Float64Array, Float64Array];
}

/** Lists the vortices of a stationary system, and the directions in which nothing turns. */
export interface Vortices {
  /**
   * The meaning of `whitened`. `diffusion`: y = D^(−1/2)·x (symmetric root). `potential`, where D is singular: z = Lᵀ·x with
   * U = L·Lᵀ (L upper triangular, L⁻ᵀ = `Decomposition.root`), in which the potential is round and Q·U is antisymmetric.
   * With `Decomposition.natural`, D, U and x are those in its units.
   */
  readonly whitening: 'diffusion' | 'potential';
  /** In order of descending share, without the planes that do not turn, to rounding. */
  readonly vortices: readonly Vortex[];
  /** Orthonormal directions (rows), whitened, in which nothing turns: one for odd n, more where Q is degenerate. */
  readonly still: Matrix;
  /**
   * The whole flux, summed over the planes. `diffusion`: ⟨|D^(−1/2)·Q·U·x|²⟩/epsilon, which is the entropy production rate, in
   * 1/time. `potential`: ⟨|Lᵀ·Q·U·x|²⟩/epsilon = 2·Σ omega², in 1/time².
   */
  readonly flux: number;
}

/** Says what a {@link Vortices} needs. */
export const VORTICES_WANTS = is.shape<Vortices>({ vortices: is.listOf(is.object), still: is.matrix });

/**
 * Finds the vortices of a stationary decomposition. Costs five products of n×n matrices and one `antisymmetricForm`, about
 * 16·n³ flops. An equilibrium system (Q = 0) and an unstable one give no vortices and the flux 0. docs/theory [D7].
 */
export function vortices(la: LinearAlgebra, d: Decomposition): Vortices {
  is.given('vortices', { la, d }, { la: is.algebra, d: DECOMPOSITION_WANTS });
  if (d.natural) {
    const inside = vortices(la, d.natural.decomposition);
    const { units } = d.natural;
    const turned = (v: Float64Array) => v.map((x, i) => x / units[i]);
    const planes = inside.vortices.map((v) => ({ ...v, basis: orthonormal(turned(v.basis[0]), turned(v.basis[1])) }));
    return { ...inside, vortices: planes };
  }
  const { n, noise, noiseRank } = d.system;
  if (!d.root) return { whitening: 'potential', vortices: [], still: matrix(0, n), flux: 0 };
  return noiseRank === n ? byDiffusion(la, d, noise.values.map(Math.sqrt)) : byPotential(la, d, d.root);
}

function byDiffusion(la: LinearAlgebra, d: Decomposition, roots: Float64Array): Vortices {
  const { vectors } = d.system.noise;
  const n = d.system.n;
  const k = la.gemm(la.gemm(vectors, d.q, { transposeA: true }), vectors);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) k.data[i * n + j] /= roots[i] * roots[j];
  const form = antisymmetricForm(la, antisymmetricPart(k));
  const whitened = la.gemm(form.vectors, vectors, { transposeB: true });
  const stretched = matrix(
    n,
    n,
    form.vectors.data.map((v, at) => v * roots[at % n]),
  );
  const original = la.gemm(stretched, vectors, { transposeB: true });
  const energy = la.gemm(original, d.u);
  const flux = Float64Array.from(form.q, (q, p) => {
    let s = 0;
    for (let at = 2 * p * n; at < (2 * p + 2) * n; at++) s += energy.data[at] * original.data[at];
    return q * q * s;
  });
  return gather(d, 'diffusion', form.q, flux, whitened, original);
}

function byPotential(la: LinearAlgebra, d: Decomposition, root: Matrix): Vortices {
  const l = la.gemm(d.u, root);
  for (let i = 0; i < l.rows; i++) l.data.fill(0, i * l.cols, i * l.cols + i);
  const form = antisymmetricForm(la, antisymmetricPart(la.gemm(l, la.gemm(d.q, l), { transposeA: true })));
  const original = la.gemm(form.vectors, root, { transposeB: true });
  return gather(
    d,
    'potential',
    form.q,
    form.q.map((q) => 2 * q * q),
    form.vectors,
    original,
  );
}

/** Rows 2k and 2k + 1 of `whitened` and of `original` span plane k. */
function gather(
  d: Decomposition,
  whitening: Vortices['whitening'],
  q: Float64Array,
  flux: Float64Array,
  whitened: Matrix,
  original: Matrix,
): Vortices {
  const { n, noiseStrength } = d.system;
  // 1 + K (or its like in U's coordinates) is known to rounding only: what turns less does not turn
  const scale = whitening === 'diffusion' ? Math.max(1, q[0] ?? 0) : frobenius(d.system.drift);
  const least = 16 * n * 2 ** -52 * scale;
  const turning = Array.from(q.keys()).filter((k) => q[k] > least);
  const total = turning.reduce((sum, k) => sum + flux[k], 0);
  const planes = turning.map((k) => ({
    q: q[k],
    share: flux[k] / total,
    circulation: noiseStrength * q[k],
    basis: orthonormal(row(original, 2 * k), row(original, 2 * k + 1)),
    whitened: [row(whitened, 2 * k).slice(), row(whitened, 2 * k + 1).slice()] as const,
  }));
  planes.sort((x, y) => y.share - x.share);
  const moved = new Set(turning.flatMap((k) => [2 * k, 2 * k + 1]));
  const rest = Array.from({ length: n }, (_, i) => i).filter((i) => !moved.has(i));
  const still = matrix(rest.length, n);
  for (const [r, i] of rest.entries()) still.data.set(row(whitened, i), r * n);
  return { whitening, vortices: planes, still, flux: total };
}

/** Returns an orthonormal basis of the plane of two vectors with the same sense of turning, by Gram-Schmidt applied twice. */
function orthonormal(a: Float64Array, b: Float64Array): readonly [Float64Array, Float64Array] {
  const dot = (x: Float64Array, y: Float64Array) => x.reduce((s, v, i) => s + v * y[i], 0);
  const unit = (x: Float64Array) => {
    const size = frobenius({ rows: 1, cols: x.length, data: x });
    return x.map((v) => v / size);
  };
  const first = unit(a);
  let second = unit(b);
  for (let pass = 0; pass < 2; pass++) {
    const c = dot(first, second);
    second = unit(second.map((v, i) => v - c * first[i]));
  }
  return [first, second];
}
