/** The content of summary.json and vortices.json. */
import type { StationaryCovariance } from '../../analyse/decomposition/covariance.js';
import type { Decomposition } from '../../analyse/decomposition/decompose.js';
import type { DiscreteCovariance } from '../../analyse/decomposition/discrete.js';
import { largestStableStep } from '../../analyse/decomposition/spectrum.js';
import type { Vortices } from '../../analyse/decomposition/vortices.js';
import { VERSION } from '../../jobs/machine.js';

/** Holds a decomposition and what is stated about it. */
export interface SummaryInput {
  readonly decomposition: Decomposition;
  readonly vortices?: Vortices;
  readonly discrete?: DiscreteCovariance;
  readonly provider: string;
  readonly inputs: { readonly drift: string; readonly diffusion: string };
  readonly files: readonly string[];
  /** The caption of potential.svg. */
  readonly picture?: string;
}

/** Describes the content of summary.json. */
export type DecompositionSummary = ReturnType<typeof decompositionSummary>;

/**
 * Builds the content of summary.json, where numbers that are not finite (an infinite condition) are strings
 * (`numeric/json`).
 */
export function decompositionSummary({
  decomposition: d,
  vortices: v,
  discrete,
  provider,
  inputs,
  files,
  picture,
}: SummaryInput) {
  const { system, spectrum } = d;
  const strongest = v?.vortices[0];
  return {
    thermograd: VERSION,
    linearAlgebra: provider,
    inputs,
    n: system.n,
    noiseStrength: system.noiseStrength,
    stationary: d.stationary,
    symmetricDrift: system.symmetricDrift,
    noiseRank: (d.natural?.decomposition ?? d).system.noiseRank,
    /** The equations were solved for the coordinates units_i·x_i, where those of x differ much in scale. */
    ...(d.natural && { units: Array.from(d.natural.units) }),
    /** [real, imaginary] of F, ascending real part; stable when all real parts are positive. */
    eigenvalues: Array.from(spectrum.re, (re, k) => [re, spectrum.im[k]]),
    conditionNumbers: d.condition,
    residuals: d.residuals,
    errorBound: d.errorBound,
    entropyProductionRate: d.entropyProductionRate,
    cycleFrequencies: Array.from(d.cycleFrequencies),
    largestStableStep: d.stationary ? largestStableStep(spectrum) : null,
    ...(discrete && { discrete: { step: discrete.step, residual: discrete.residual } }),
    ...(v && {
      vortices: {
        count: v.vortices.length,
        whitening: v.whitening,
        flux: v.flux,
        strongest: strongest ? { q: strongest.q, share: strongest.share } : null,
      },
    }),
    ...(picture !== undefined && { picture }),
    ...NOTHING_LOST,
    warnings: d.warnings,
    files,
  };
}

/** Says what a summary without potential lacks and why. */
interface Lost {
  /** What does not exist, or cannot be computed in double precision. */
  readonly without: readonly string[];
  readonly why: string;
  /** Directions whose variance is known, of n; and those that D and F bring noise to. */
  readonly rank: number;
  readonly reached: number;
  /** Condition of the correlation matrix of Σ, as far as double precision goes. */
  readonly condition: number;
  /** ‖F·W + W·Fᵀ − 2·D‖/(2·‖F‖·‖W‖): rounding where the equation is solved as well as double precision can. */
  readonly backwardError: number;
  /** A direction of the least variance. */
  readonly direction: readonly number[];
}

const NOTHING_LOST: { readonly lost?: Lost } = {};

/** Holds a covariance without a potential and what is stated about it. */
interface CovarianceInput {
  readonly covariance: StationaryCovariance;
  readonly discrete?: DiscreteCovariance;
  readonly provider: string;
  readonly inputs: { readonly drift: string; readonly diffusion: string };
  readonly files: readonly string[];
}

/** Builds the summary of a system whose Σ is known and whose U is lost; what follows from U is NaN or left out. */
export function covarianceSummary({
  covariance: c,
  discrete,
  provider,
  inputs,
  files,
}: CovarianceInput): DecompositionSummary {
  const { system, spectrum } = c;
  const none = Number.NaN;
  return {
    thermograd: VERSION,
    linearAlgebra: provider,
    inputs,
    n: system.n,
    noiseStrength: system.noiseStrength,
    stationary: true,
    symmetricDrift: system.symmetricDrift,
    noiseRank: system.noiseRank,
    ...(c.units && { units: Array.from(c.units) }),
    eigenvalues: Array.from(spectrum.re, (re, k) => [re, spectrum.im[k]]),
    conditionNumbers: { drift: none, diffusion: none, w: c.condition, lyapunov: c.lyapunovCondition },
    residuals: {
      lyapunov: c.residuals.lyapunov,
      force: c.residuals.force,
      exchange: none,
      drift: none,
      friction: none,
      dissipation: none,
      inverse: none,
      method: 'exact',
    },
    errorBound: c.errorBound,
    entropyProductionRate: none,
    cycleFrequencies: [],
    largestStableStep: largestStableStep(spectrum),
    ...(discrete && { discrete: { step: discrete.step, residual: discrete.residual } }),
    lost: {
      without: ['u', 's', 'a', 'vortices', 'entropyProductionRate'],
      why: c.lost!,
      rank: c.rank,
      reached: c.reached,
      condition: c.condition,
      backwardError: c.residuals.backward,
      direction: Array.from(c.direction),
    },
    warnings: c.warnings,
    files,
  };
}

/** Above this order the document lists the bases of the strongest vortices only. */
export const ALL_BASES = 100;
const FEW_BASES = 20;

const MEANING = {
  diffusion:
    'D is regular: planes of y = D^(-1/2) x (symmetric root), in which the noise is white; +-i q are the eigenvalues of D^(-1/2) Q D^(-1/2), ' +
    'S and A have 1/(1+q^2) and q/(1+q^2) there; flux = entropy production rate.',
  potential:
    'D is singular and cannot be whitened: planes of Q U in z = L^T x with U = L L^T (L upper triangular), in which the potential is round; ' +
    'q is the cycle frequency, +-i q the eigenvalues of Q U; flux = mean squared velocity of the current in z, over the noise strength.',
};

/** Describes the content of vortices.json. */
export type VorticesDocument = ReturnType<typeof vorticesDocument>;

/** Builds the content of vortices.json: planes, q and shares; the full arrays of every plane are in vortices.npz. */
export function vorticesDocument(v: Vortices, d: Decomposition) {
  const { n } = d.system;
  const listed = n <= ALL_BASES ? v.vortices.length : FEW_BASES;
  return {
    whitening: v.whitening,
    meaning: MEANING[v.whitening],
    ...(d.natural && {
      units: Array.from(d.natural.units),
      meaningOfUnits: 'the whitened coordinates are those of units_i x_i, with D and U in these units',
    }),
    orientation: 'the current turns from the first vector of a basis to the second',
    order: 'descending share of the flux',
    flux: v.flux,
    directionsThatDoNotTurn: v.still.rows,
    vortices: v.vortices.map((x, k) => ({
      q: x.q,
      share: x.share,
      circulation: x.circulation,
      ...(v.whitening === 'diffusion' && { friction: 1 / (1 + x.q ** 2), transverse: x.q / (1 + x.q ** 2) }),
      ...(k < listed && {
        basis: x.basis.map((b) => Array.from(b)),
        whitened: x.whitened.map((b) => Array.from(b)),
      }),
    })),
    ...(n <= ALL_BASES && {
      still: Array.from({ length: v.still.rows }, (_, r) => Array.from(v.still.data.subarray(r * n, (r + 1) * n))),
    }),
  };
}
