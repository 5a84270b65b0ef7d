/**
 * A linear Langevin system and its checks: x' = −F·x + zeta, ⟨zeta zetaᵀ⟩ = 2·epsilon·D·delta(t − t'). docs/theory [D1], [D8].
 */
import { check, InputError } from '../../numeric/errors.js';
import { asMatrix } from '../../numeric/given.js';
import { type LinearAlgebra, type Matrix, row, type SymmetricEigen, transpose } from '../../numeric/linalg/index.js';
import { checkFinite, checkSymmetric, largest } from '../../numeric/linalg/matrix.js';
import { norm, symmetricPart } from './parts.js';

/** Describes x' = −drift·x + noise of covariance 2·noiseStrength·diffusion per unit of time. */
export interface LinearSystem {
  /** F, n×n: the force is −F·x. Stable when every eigenvalue has a positive real part. In 1/time. */
  readonly drift: Matrix;
  /**
   * D, n×n, symmetric, ≥ 0; it may be singular where F couples the noise into the other directions. In x²/(time·unit of
   * epsilon).
   */
  readonly diffusion: Matrix;
  /** epsilon > 0, default 1: a temperature. */
  readonly noiseStrength?: number;
}

/** Describes a system that passed `checkLinearSystem`. */
export interface CheckedSystem {
  readonly n: number;
  readonly drift: Matrix;
  /** Exactly symmetric. */
  readonly diffusion: Matrix;
  readonly noiseStrength: number;
  /** True for a symmetric F, which is exactly symmetric after the check. */
  readonly symmetricDrift: boolean;
  /**
   * Eigenvalues (ascending; those below zero by rounding only are 0) and eigenvectors of D. Where `noiseFactor` is there they are
   * computed when they are first asked for, at the cost of a symmetric eigenproblem.
   */
  readonly noise: SymmetricEigen;
  /** Lower L with D = L·Lᵀ, and L⁻¹, where they prove that the condition of D is at most 1e8; then D has full rank. */
  readonly noiseFactor: { readonly root: Matrix; readonly inverse: Matrix } | undefined;
  /** Rank of D, the number of directions that get noise directly: eigenvalues above n·2^−52 of the largest. */
  readonly noiseRank: number;
  readonly warnings: readonly string[];
}

/** Below this fraction of the largest eigenvalue, a negative eigenvalue of D counts as rounding. */
const ROUNDING = 1e-12;

/**
 * Checks a system and returns it with D exactly symmetric. Costs 2/3·n³ flops where D is well conditioned, else one symmetric
 * eigenproblem of order n. docs/theory [D8].
 * @throws InputError for wrong shapes, NaN and Infinity, a noise strength that is not positive, and a D that is zero, not
 *   symmetric (beyond 1e-8 of its largest entry) or not ≥ 0
 */
export function checkLinearSystem(la: LinearAlgebra, system: LinearSystem): CheckedSystem {
  const { noiseStrength = 1 } = system;
  const drift = asMatrix(system.drift, 'the drift F');
  const diffusion = asMatrix(system.diffusion, 'the diffusion D');
  const n = drift.rows;
  check(
    n === drift.cols && n > 0,
    'matrix-shape',
    () => `the drift F must be a square matrix, but it is ${drift.rows}×${drift.cols}.`,
  );
  check(
    diffusion.rows === n && diffusion.cols === n,
    'matrix-shape',
    () => `the diffusion D must be ${n}×${n} as the drift F is, but it is ${diffusion.rows}×${diffusion.cols}.`,
  );
  check(
    noiseStrength > 0 && Number.isFinite(noiseStrength),
    'noise-strength',
    () => `the noise strength must be a positive finite number, not ${noiseStrength}.`,
  );
  const warnings: string[] = [];
  const size = checkFinite(drift, 'the drift F');
  const noiseSize = checkSymmetric(diffusion, 'the diffusion D');
  check(noiseSize > 0, 'no-noise', 'the diffusion D is zero: without noise there is no covariance and no potential.');
  const d = symmetrised(diffusion);
  if (d.asymmetry > 1e-13 * noiseSize)
    warnings.push(
      `D was not quite symmetric (entries differ from their mirror images by up to ${round(d.asymmetry)}); its symmetric part was taken.`,
    );
  const f = symmetrised(drift);
  const symmetricDrift = f.asymmetry <= 2 ** -50 * size;
  if (symmetricDrift && f.asymmetry > 0)
    warnings.push('F is symmetric up to rounding; its symmetric part was taken and solved as such.');
  const noiseFactor = wellConditioned(la, d.matrix);
  let noise = noiseFactor ? undefined : eigenOfNoise(la, d.matrix);
  const limit = noise ? n * 2 ** -52 * noise.values[n - 1] : 0;
  return {
    n,
    drift: symmetricDrift ? f.matrix : drift,
    diffusion: d.matrix,
    noiseStrength,
    symmetricDrift,
    get noise() {
      noise ??= eigenOfNoise(la, d.matrix);
      return noise;
    },
    noiseFactor,
    noiseRank: noise ? noise.values.filter((v) => v > limit).length : n,
    warnings,
  };
}

/** Up to this condition, D is taken as it is without a look at its eigenvalues. */
const WELL_CONDITIONED = 1e8;

/** Factors D = L·Lᵀ and inverts L: ‖D‖_F·‖L⁻¹‖²_F = ‖D‖_F·Tr D⁻¹ is at least the spectral condition of D. */
function wellConditioned(la: LinearAlgebra, d: Matrix): CheckedSystem['noiseFactor'] {
  try {
    const root = la.cholesky(d);
    const inverse = la.lowerInverse(root);
    return norm(d) * norm(inverse) ** 2 <= WELL_CONDITIONED ? { root, inverse } : undefined;
  } catch (error) {
    if (error instanceof InputError) return undefined;
    throw error;
  }
}

/**
 * Returns eigenvalues and eigenvectors of D.
 * @throws InputError when it is not ≥ 0
 */
function eigenOfNoise(la: LinearAlgebra, d: Matrix): SymmetricEigen {
  const noise = la.eigh(d);
  const [low, high] = [noise.values[0], noise.values[d.rows - 1]];
  check(
    high > 0 && low >= -ROUNDING * high,
    'not-positive',
    () =>
      `the diffusion D is not ≥ 0: its eigenvalues reach from ${round(low)} to ${round(high)}, and the direction ` +
      `${describeDirection(column(noise.vectors, 0))} would have a negative variance; a covariance has none.`,
  );
  return { values: noise.values.map((v) => Math.max(0, v)), vectors: noise.vectors };
}

/** Returns (M + Mᵀ)/2 and the largest |m_ij − m_ji|. */
function symmetrised(m: Matrix): { matrix: Matrix; asymmetry: number } {
  const out = symmetricPart(m);
  let asymmetry = 0;
  // m_ij differs from the mean by half as much as from m_ji
  for (let k = 0; k < out.data.length; k++) asymmetry = Math.max(asymmetry, 2 * Math.abs(m.data[k] - out.data[k]));
  return { matrix: out, asymmetry };
}

const column = (m: Matrix, j: number): Float64Array => row(transpose(m), j);

/** Writes a number to four significant digits, for an error message or a warning. */
export const round = (x: number): string => String(Number(x.toPrecision(4)));

/**
 * Describes a direction in words: all components of a vector of up to 6, the largest three of a longer one. Coordinates are
 * counted from 0, like entries.
 */
export function describeDirection(v: Float64Array): string {
  const size = largest({ rows: 1, cols: v.length, data: v }) || 1;
  const sign = v.find((x) => Math.abs(x) > 1e-6 * size)! < 0 ? -1 : 1;
  const short = (x: number) => String(Number((sign * x).toFixed(3)) + 0);
  if (v.length <= 6) return `(${Array.from(v, short).join(', ')})`;
  const order = Array.from(v.keys()).sort((i, j) => Math.abs(v[j]) - Math.abs(v[i]));
  const main = order.filter((i) => Math.abs(v[i]) > 0.01 * size).slice(0, 3);
  return `with components ${main.map((i) => `${short(v[i])} at coordinate ${i}`).join(', ')}${main.length < v.length && Math.abs(v[order[main.length]]) > 0.01 * size ? ' and smaller ones' : ''}`;
}
