/**
 * The stochastic decomposition of a linear Langevin system: potential, circulation, friction and the covariance.
 *
 *   x' = −F·x + zeta, ⟨zeta zetaᵀ⟩ = 2·epsilon·D·delta   ⇔   (S + A)·x' = −U·x + xi, ⟨xi xiᵀ⟩ = 2·epsilon·S·delta
 *
 * with S ≥ 0 and U symmetric, A antisymmetric. docs/theory [D1]–[D8]; Ao 2004; Kwon, Ao & Thouless 2005.
 */
import { check, InputError } from '../../numeric/errors.js';
import type { LinearAlgebra, Matrix } from '../../numeric/linalg/index.js';
import { largest } from '../../numeric/linalg/matrix.js';
import * as is from '../../numeric/wants.js';
import { antisymmetricValues } from './antisymmetric.js';
import { normOfInverseDrift, type Residuals, residualsOf } from './checks.js';
import { type CheckedSystem, checkLinearSystem, type LinearSystem, round } from './linear-system.js';
import { errorBound, solveForW } from './lyapunov.js';
import { add, antisymmetricPart, norm, scaled, symmetricPart } from './parts.js';
import { factorCovariance, refuseHiddenSingular } from './singular.js';
import { type DriftSpectrum, driftSpectrum } from './spectrum.js';
import { balancedUnits, inUnits, inverse, naturalUnits, rescale } from './units.js';

/** Names the system to decompose and how. */
export interface DecomposeOptions extends LinearSystem {
  readonly la: LinearAlgebra;
  /** Return the algebraic U of an unstable F, flagged `stationary: false`, without a covariance. Default false: refuse. */
  readonly unstable?: boolean;
}

/** Says what a {@link DecomposeOptions} needs. */
export const DECOMPOSE_OPTIONS_WANTS = is.shape<DecomposeOptions>({
  la: is.algebra,
  unstable: is.maybe(is.flag),
  drift: is.matrixOrRows,
  diffusion: is.matrixOrRows,
  noiseStrength: is.maybe(is.number),
});

/**
 * Holds the decomposition. All matrices are n×n; symmetric and antisymmetric ones are exactly so. The condition numbers of D and
 * W, the entropy production rate and the cycle frequencies are computed when they are first read, at 4/3 to 8·n³ flops each.
 */
export interface Decomposition {
  readonly system: CheckedSystem;
  /** Eigenvalues of F, ascending real parts, with the factorisation they came from. */
  readonly spectrum: DriftSpectrum;
  /** False for an unstable F: then U is algebraic and indefinite, and nothing in it is a covariance. */
  readonly stationary: boolean;
  /** Stationary covariance Σ = epsilon·W; null when there is none. */
  readonly sigma: Matrix | null;
  /** W = U⁻¹, the covariance at noise strength 1. */
  readonly w: Matrix;
  /** Potential: stationary density ∝ exp(−xᵀ·U·x/(2·epsilon)). */
  readonly u: Matrix;
  /** Antisymmetric; epsilon·Q_ij is the circulation ½⟨x_i·x'_j − x_j·x'_i⟩. */
  readonly q: Matrix;
  /** Friction, symmetric ≥ 0. */
  readonly s: Matrix;
  /** Transverse (magnetic) matrix, antisymmetric. */
  readonly a: Matrix;
  /** Lower G with W = G·Gᵀ: x = G·z has a round potential ½|z|². Null when not stationary. */
  readonly root: Matrix | null;
  /** `condition`, `residuals` and `errorBound` refer to the units of `natural`, where that is given. */
  readonly condition: ConditionNumbers;
  readonly residuals: Residuals;
  /**
   * Bound of ‖δW‖/‖W‖ (Frobenius) from the residual and from rounding of F and D: the relative accuracy of Σ in double
   * precision. That of U is at most `condition.w` times larger. NaN when not stationary.
   */
  readonly errorBound: number;
  /** −Tr(D⁻¹·Q·U·Q) ≥ 0 per unit of time, in units of k_B; NaN where undefined (see the warnings). */
  readonly entropyProductionRate: number;
  /** Imaginary parts ≥ 0 of the eigenvalues of Q·U, descending, one of each pair ([n/2] of them); empty when not stationary. */
  readonly cycleFrequencies: Float64Array;
  /**
   * Where the scales of the coordinates differ by more than a factor of 64: the decomposition for the coordinates units_i·x_i
   * (powers of two), from which all numbers of this object were computed. Null otherwise, and for symmetric F.
   */
  readonly natural: { readonly units: Float64Array; readonly decomposition: Decomposition } | null;
  /** What limits the use of the numbers, one sentence each. */
  readonly warnings: readonly string[];
}

/** Says what a {@link Decomposition} needs. */
export const DECOMPOSITION_WANTS = is.shape<Decomposition>({
  system: is.object,
  w: is.matrix,
  u: is.matrix,
  q: is.matrix,
});

/** Lists the condition numbers of a decomposition, all without unit. */
export interface ConditionNumbers {
  /** ‖F‖·‖F⁻¹‖ in the Frobenius norm, between 1 and n times the spectral one; estimated for n > 200, as the residuals are. */
  readonly drift: number;
  /** Spectral; Infinity when D is singular. */
  readonly diffusion: number;
  /** Spectral, of W and of U. */
  readonly w: number;
  /**
   * 2·‖F‖_F·‖H‖_F, where F·H + H·Fᵀ = 1: relative errors of F and D are multiplied by at most about this in W. NaN if unstable.
   * For a general F with n > 100 and a D of condition at most 100 an upper bound, with λ_max(W)/(2·λ_min(D)) for ‖H‖. For a
   * symmetric F, ‖H‖ is the spectral norm.
   */
  readonly lyapunov: number;
}

/**
 * Decomposes a linear Langevin system. It solves one Lyapunov equation for W, then takes Q = F·W − D [D3]; a symmetric F is
 * solved in its eigenbasis, W_ij = 2·D_ij/(l_i + l_j), Q_ij = D_ij·(l_i − l_j)/(l_i + l_j) [D4]. Eigenvectors of a general F
 * are not used, so a defective F is solved as accurately as any. Costs about 45·n³ flops (general F, half of them for the Schur
 * form) or 17·n³ (symmetric F) and 20 n² float64 of memory.
 * @throws InputError for a system without decomposition [D8]: see `checkLinearSystem` and `driftSpectrum`, and a singular Σ, of
 *   which U does not exist (`stationaryCovariance` gives Σ all the same)
 */
export function decompose(options: DecomposeOptions): Decomposition {
  is.given('decompose', { options }, { options: DECOMPOSE_OPTIONS_WANTS });
  const { la } = options;
  const { system, units, inside, spectrum, solution } = solveSystem(options);
  const d = complete(la, inside, spectrum, solution);
  return units ? fromUnits(system, units, d) : d;
}

/** Holds a checked system with the solution of its Lyapunov equation, for the coordinates units_i·x_i where there are `units`. */
interface Solved {
  readonly system: CheckedSystem;
  readonly units: Float64Array | undefined;
  /** The system in these units; `system` itself without. */
  readonly inside: CheckedSystem;
  readonly spectrum: DriftSpectrum;
  readonly solution: { readonly w: Matrix; readonly q: Matrix };
}

/** Checks a system, finds the units in which it is solved best, and solves it. */
export function solveSystem(options: DecomposeOptions): Solved {
  const { la, unstable = false } = options;
  const system = checkLinearSystem(la, options);
  let units = system.symmetricDrift ? undefined : balancedUnits(system.drift);
  let inside = units ? checkLinearSystem(la, inUnits(system, units)) : system;
  let spectrum = driftSpectrum(la, inside, unstable);
  let solution = solveForW(la, inside, spectrum);
  for (let round = 0; round < ROUNDS && spectrum.schur && spectrum.stable; round++) {
    const more = naturalUnits(solution.w);
    if (!more) break;
    units = units ? units.map((t, i) => t * more[i]) : more;
    inside = checkLinearSystem(la, inUnits(system, units));
    spectrum = driftSpectrum(la, inside, unstable);
    solution = solveForW(la, inside, spectrum);
  }
  return { system, units, inside, spectrum, solution };
}

/**
 * Rounds of rescaling: some deviations are resolved only after others were brought to the same size. One round usually
 * suffices.
 */
const ROUNDS = 3;

/** Converts a decomposition for the coordinates units_i·x_i back to those of x; exact. */
function fromUnits(system: CheckedSystem, units: Float64Array, d: Decomposition): Decomposition {
  const back = inverse(units);
  const ones = new Float64Array(units.length).fill(1);
  const deviation = (m: Matrix) => rescale(m, back, back);
  const force = (m: Matrix) => rescale(m, units, units);
  const converted = {
    system,
    sigma: d.sigma && deviation(d.sigma),
    w: deviation(d.w),
    u: force(d.u),
    q: deviation(d.q),
    s: force(d.s),
    a: force(d.a),
    root: d.root && rescale(d.root, back, ones),
    natural: { units, decomposition: d },
    warnings: [
      ...system.warnings,
      'the coordinates have widely different scales; each was measured in its own power of two, and condition numbers, residuals and the error bound refer to those units.',
      ...d.warnings,
    ],
  };
  const all = { ...Object.getOwnPropertyDescriptors(d), ...Object.getOwnPropertyDescriptors(converted) };
  return Object.defineProperties({}, all) as Decomposition;
}

/** Computes everything that follows from W and Q. */
function complete(
  la: LinearAlgebra,
  system: CheckedSystem,
  spectrum: DriftSpectrum,
  { w, q }: { readonly w: Matrix; readonly q: Matrix },
): Decomposition {
  const { n, drift, diffusion, noiseStrength } = system;
  const factor = spectrum.stable ? factorCovariance(la, system, w) : undefined;
  const variances = once(() => la.eigvalsh(w));
  const u = factor ? factor.u : invertSymmetric(la, w, variances());
  const friction = la.lu(add(diffusion, 1, q)).inverse();
  const s = symmetricPart(friction);
  const a = antisymmetricPart(friction);
  const residuals = residualsOf(la, { drift, diffusion, w, u, q, s, a });
  const bound = spectrum.stable ? errorBound(la, system, spectrum, w, variances, residuals.lyapunov) : undefined;
  const condition: ConditionNumbers = {
    drift: norm(drift) * normOfInverseDrift(la, w, friction),
    get diffusion() {
      return system.noiseRank < n ? Number.POSITIVE_INFINITY : system.noise.values[n - 1] / system.noise.values[0];
    },
    get w() {
      const size = Array.from(variances(), Math.abs).sort((x, y) => x - y);
      return size[n - 1] / size[0];
    },
    lyapunov: bound?.condition ?? Number.NaN,
  };
  if (factor && bound) refuseHiddenSingular(la, system, w, bound.relative);
  const turning = factor && once(() => circulationRates(la, system, q, factor.inverse));
  const sigma = spectrum.stable ? scaled(w, noiseStrength) : null;
  check(
    [w, u, s, a, ...(sigma ? [sigma] : [])].every((m) => Number.isFinite(largest(m))),
    'overflow',
    'the numbers of the decomposition exceed the range of double precision; measure F, D or x in other units.',
  );
  const out = {
    system,
    spectrum,
    stationary: spectrum.stable,
    sigma,
    w,
    u,
    q,
    s,
    a,
    root: factor?.root ?? null,
    natural: null,
    condition,
    residuals,
    errorBound: bound?.relative ?? Number.NaN,
    get entropyProductionRate() {
      return turning?.().entropy ?? Number.NaN;
    },
    get cycleFrequencies() {
      return turning?.().frequencies ?? new Float64Array(0);
    },
  };
  // not by spreading, which would compute what nobody has asked for
  return Object.assign(out, { warnings: [...system.warnings, ...warningsOf(out)] });
}

/** Returns a function that computes once, when it is first called. */
function once<T>(compute: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => {
    known ??= { value: compute() };
    return known.value;
  };
}

function invertSymmetric(la: LinearAlgebra, w: Matrix, values: Float64Array): Matrix {
  const sizes = values.map(Math.abs);
  const [low, high] = [Math.min(...sizes), Math.max(...sizes)];
  if (!(low > w.rows * 2 ** -52 * high))
    throw new InputError(
      'singular',
      'the algebraic W = U⁻¹ of this unstable F is singular to rounding, so there is no U; noise may not reach every direction.',
    );
  const u = la.lu(w).inverse();
  return symmetricPart(u);
}

/**
 * Returns the entropy production ‖D^(−1/2)·Q·L‖²_F = −Tr(D⁻¹·Q·U·Q) and the cycle frequencies, where U = L·Lᵀ: Q·U has the
 * eigenvalues of the antisymmetric Lᵀ·Q·L. Any root of D⁻¹ gives that norm: L⁻¹ of a Cholesky factor where D is well conditioned,
 * otherwise its eigenvectors. A current along a direction in which D has no noise leaves the entropy production
 * undefined (NaN): D⁻¹ does not exist there (odd variables such as momenta need another formula).
 */
function circulationRates(la: LinearAlgebra, system: CheckedSystem, q: Matrix, inverseRoot: Matrix) {
  const { n, noiseFactor, noiseRank } = system;
  const ql = la.gemm(q, inverseRoot, { transposeB: true });
  const frequencies = antisymmetricValues(antisymmetricPart(la.gemm(inverseRoot, ql)));
  if (noiseFactor) return { entropy: norm(la.gemm(noiseFactor.inverse, ql)) ** 2, frequencies };
  const { noise } = system;
  const rows = la.gemm(noise.vectors, ql, { transposeA: true });
  const lost = 2 ** -52 * n * norm(ql);
  let entropy = 0;
  for (let i = 0; i < n; i++) {
    let power = 0;
    for (let j = 0; j < n; j++) power += rows.data[i * n + j] ** 2;
    if (i >= n - noiseRank) entropy += power / noise.values[i];
    else if (Math.sqrt(power) > lost) return { entropy: Number.NaN, frequencies };
  }
  return { entropy, frequencies };
}

function warningsOf(d: Omit<Decomposition, 'warnings'>): string[] {
  const { system, residuals: r } = d;
  const out: string[] = [];
  if (!d.stationary)
    out.push(
      'F is unstable: U is the algebraic solution, indefinite; there is no stationary state, and no covariance, current or entropy production.',
    );
  if (system.noiseRank < system.n)
    out.push(
      `D adds noise to only ${system.noiseRank} of ${system.n} directions; F transmits it to the others.` +
        (d.stationary && Number.isNaN(d.entropyProductionRate)
          ? ' The current also flows where D is zero, so −Tr(D⁻¹QUQ) has no value and no entropy production rate is given.'
          : ''),
    );
  else if (!system.noiseFactor && d.condition.diffusion > 1e8)
    out.push(
      `D is nearly singular (condition ${round(d.condition.diffusion)}): numbers whitened by D (vortices, entropy production) lose as many digits.`,
    );
  if (d.errorBound > 1e-8)
    out.push(
      `in double precision Σ is accurate to about ${round(d.errorBound)} of its size only: F is near the edge of stability or strongly non-normal ` +
        `(condition of the Lyapunov equation ${round(d.condition.lyapunov)}).`,
    );
  // the product of the Frobenius norms is never below the spectral condition, and known already
  if (!(norm(d.w) * norm(d.u) <= 1e8) && d.condition.w > 1e8)
    out.push(
      `Σ is ill-conditioned (${round(d.condition.w)}): U may be off by about ${round(d.condition.w * Math.max(2 ** -52, d.errorBound || 0))} of its size.`,
    );
  if (!(r.force < 1e-8)) out.push(`F·W = D + Q holds to ${round(r.force)} only.`);
  return out;
}
