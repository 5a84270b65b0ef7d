/**
 * The numbers of `reproduce ao2022`, kept in results.json: the SGD of one layer measured as a linear Langevin system.
 */
import type { PowerLaw, TrainingCurves } from '../../analyse/trajectory/results.js';
import type { Estimate } from '../../numeric/estimate.js';
import type { Finding } from '../../report/finding.js';
import type { RunFacts } from '../../report/input.js';

/** Names the layer that was measured, and the constants of its training. docs/theory [S1]. */
export interface Ao2022Setting {
  readonly layer: string;
  /** P: weights of the layer. T: steps of the window. */
  readonly P: number;
  readonly T: number;
  /** N, B and M: samples, batch size, batches per epoch. */
  readonly samples: number;
  readonly batchSize: number;
  readonly stepsPerEpoch: number;
  readonly sampling: 'shuffled' | 'replaced';
  readonly learningRate: number;
  /** epsilon = eta²/(2B), with D = C1 and F = eta·H. */
  readonly noiseStrength: number;
  readonly centre: 'mean' | 'last';
  readonly centreLoss: number;
  /** |∇L| of the layer's block at the centre. */
  readonly gradientNorm: number;
  readonly curves: TrainingCurves;
}

/** The predictions of the variance, from the simplest to the most complete. docs/theory [S1]–[S4]. */
export const REGIMES = ['continuous', 'discrete', 'shuffled', 'window'] as const;
/** Names a prediction of the variance. */
export type Regime = (typeof REGIMES)[number];

/**
 * Holds numbers along the eigenvectors of H, by descending curvature; P entries each. NaN or Infinity where there is
 * none.
 */
export interface HessianModes {
  readonly curvature: number[];
  /** v_iᵀ C1 v_i, PER SAMPLE. */
  readonly noise: number[];
  /** Variance over the window, and the part of it that principal direction 1 (the drift) does not hold. */
  readonly measured: number[];
  readonly withoutDrift: number[];
  readonly predicted: Readonly<Record<Regime, number[]>>;
}

/**
 * Holds, for the modes `from`–`to` (ranks of curvature, inclusive), the geometric mean of predicted over measured
 * (without the drift).
 */
export interface ModeGroupRatio {
  readonly from: number;
  readonly to: number;
  readonly modes: number;
  readonly curvature: readonly [number, number];
  readonly settled: number;
  readonly ratio: Readonly<Record<Regime, Estimate>>;
}

/** Counts the modes of each subspace. */
export interface Subspaces {
  /** Curvatures below this are rounding of H: P·2^−52·h_max × `ROUNDINGS`. */
  readonly rounding: number;
  /** Modes above it. */
  readonly resolved: number;
  /** Modes that relax at least `RELAXATIONS` times within the window: eta·h·T ≥ RELAXATIONS. */
  readonly settled: number;
  /** Smallest curvature of the settled modes. */
  readonly settledCurvature: number;
  /** Modes below −rounding, rows of the layer's weight whose unit never fires, and the exact null space of H. */
  readonly negative: number;
  readonly flat: number;
}

/** Holds scalars of U, Q, S, A on a subspace. docs/theory [D1]–[D7]. */
export interface DecompositionFacts {
  readonly dimension: number;
  /** ‖[H, C1]‖/(‖H‖·‖C1‖), Frobenius norms, of the whole layer, the resolved and the settled subspace. */
  readonly commutator: { readonly layer: number; readonly resolved: number; readonly settled: number };
  /** ‖Q‖²/(‖D‖² + ‖Q‖²), Frobenius: the share of the current-carrying part in D + Q = F·U⁻¹. */
  readonly qShare: { readonly resolved: number; readonly settled: number };
  /** ‖A‖/‖S‖, Frobenius. */
  readonly transverse: number;
  readonly condition: { readonly diffusion: number; readonly w: number };
  readonly residual: number;
  /** Per step, units of k_B. */
  readonly entropyProductionRate: number;
  /** Per step; descending. */
  readonly cycleFrequencies: number[];
  readonly vortices: readonly { readonly q: number; readonly share: number; readonly circulation: number }[];
  readonly warnings: readonly string[];
}

/** Holds energies and widths along one principal direction: the energy picture of ao2022 (their figure 1). */
export interface EnergyRow {
  readonly index: number;
  readonly variance: number;
  /** The variance exceeds 10 times the resolution of the recording. */
  readonly resolved: boolean;
  /** h_i = p_iᵀ H p_i and p_iᵀ C1 p_i (per sample). */
  readonly curvature: number;
  readonly noise: number;
  /** Width F of the loss (at e·L₀) where the run measured it, else null. */
  readonly flatness: number | null;
  /** Width at which the quadratic loss reaches e·L₀; NaN for h ≤ 0. */
  readonly quadraticFlatness: number;
  /** ½·h_i·σ_i²: mean energy of the quadratic loss in this direction, units of the loss. */
  readonly lossEnergy: number;
  /** Width at which the potential reaches epsilon, 2√2·σ: of U = epsilon·Σ⁻¹ from the measured Σ, and from H and C1 alone. */
  readonly potentialWidth: number;
  readonly predictedWidth: number;
  /** Variance predicted along p_i: epsilon·p_iᵀU⁻¹p_i on the resolved modes; and by the run's own sampling in its window. */
  readonly boltzmannVariance: number;
  readonly windowVariance: number;
  /** Share of p_i inside the settled modes, 0…1. */
  readonly settledShare: number;
}

/** Holds statistics of the random landscape along a principal direction. docs/theory [R1]–[R3]. */
export interface LandscapeRow {
  readonly index: number;
  readonly flatness: number | null;
  readonly curvature: Estimate;
  /** Standard deviation of M_ii^mu and s_theta of the minima's scatter. */
  readonly curvatureSpread: number;
  readonly minimumSpread: Estimate;
  /** Share of minibatches dropped because their curvature is not clearly positive. */
  readonly dropped: number;
  /** C_ii PER BATCH: L0²·M_ii²·s_theta² against all terms (measured exactly). */
  readonly leading: number;
  /** All terms of [R2] over the directions measured here, and C_ii itself, exact over all samples. */
  readonly formula: number;
  readonly full: number;
  /** Displacement along p_i, in units of sigma_i, at which the spread of curvatures alone doubles C_ii [R2], [R4]. */
  readonly doubling: number;
}

/** Holds one link of the scaling chain, y ~ F^slope. docs/theory [R5]. */
export interface ChainLink {
  readonly id: string;
  readonly quantity: string;
  /** Exponent that the source states. */
  readonly stated: number;
  readonly fit: PowerLaw;
  readonly x: number[];
  readonly y: number[];
}

/** Holds a rank correlation and a power law against F. docs/theory [R4]. */
export interface FallWithFlatness {
  readonly correlation: Estimate;
  readonly fit: PowerLaw;
  readonly x: number[];
  readonly y: number[];
}

/** Holds the comparison of energies with a gamma distribution. */
export interface GammaTest {
  readonly dimension: number;
  readonly mean: Estimate;
  readonly variance: Estimate;
  readonly expected: number;
  readonly effective: number;
  readonly distance: number;
  readonly pValue: number;
  readonly temperature: number;
}

/** Holds the tests of the stationary state on the recorded window. */
export interface TrajectoryTests {
  /**
   * u/epsilon on the settled modes against gamma(n/2), with U from H and C1. Likewise below: `windowed` with the
   * covariance of the run's own sampling and window, `otherHalf` with that of the other half of the window, and `loss`
   * for the alternative exp(−L/T).
   */
  readonly potential: GammaTest;
  /** `potential` with the drift (principal direction 1) left in the coordinates. */
  readonly withDrift: GammaTest;
  readonly windowed: GammaTest;
  readonly otherHalf: GammaTest;
  readonly loss: GammaTest;
  /** ln of density exp(−u/epsilon) over exp(−L/T), nats per step; > 0 favours U. */
  readonly logRatio: Estimate;
  readonly logRatioWindowed: Estimate;
  readonly equipartition: {
    readonly temperature: Estimate;
    readonly excessSpread: number;
    readonly range: number;
    readonly temperatures: number[];
    readonly curvature: number[];
  };
  /** Histogram of 2u/epsilon/n for drawing: bin edges and densities. */
  readonly histogram: {
    readonly edges: number[];
    readonly potential: number[];
    readonly windowed: number[];
    readonly loss: number[];
  };
  readonly circulation: {
    readonly dimension: number;
    readonly blocks: number;
    readonly pairs: number;
    readonly significant: { readonly holm: number; readonly falseDiscovery: number };
    readonly converged: boolean;
    readonly slope: Estimate;
    readonly slopeOfSampling: Estimate;
    readonly strongest: readonly {
      readonly i: number;
      readonly j: number;
      readonly value: number;
      readonly standardError: number;
      readonly expected: number;
      readonly holm: number;
    }[];
  };
  /** ⟨w·g⟩ over (1/2eta)⟨|Δw|²⟩: 1 if stationary [S9]. */
  readonly motion: { readonly layer: Estimate; readonly settled: Estimate };
}

/** Describes the content of results.json. Parts that a run could not measure are absent. */
export interface Ao2022Results {
  readonly setting: Ao2022Setting;
  readonly subspaces: Subspaces;
  readonly modes: HessianModes;
  readonly groups: ModeGroupRatio[];
  /** Predicted over measured on the settled modes alone. */
  readonly settledRatio: Readonly<Record<Regime, Estimate>>;
  /** C1_ii ~ H_ii^gamma over the settled and over the resolved modes. */
  readonly gamma: { readonly settled: PowerLaw; readonly resolved: PowerLaw };
  readonly decomposition: DecompositionFacts;
  readonly energy: EnergyRow[];
  readonly chain: ChainLink[];
  readonly temperature: FallWithFlatness;
  readonly correlationTime: FallWithFlatness & { readonly predicted: number[] };
  readonly landscape?: LandscapeRow[];
  readonly trajectory?: TrajectoryTests;
}

/** The multiple of the rounding level that a curvature must exceed to count as resolved. */
export const ROUNDINGS = 1000;
/** The number of relaxation times within the window from which a mode counts as settled. */
export const RELAXATIONS = 10;
/** The groups of Hessian modes, by rank of curvature. */
export const GROUPS: readonly (readonly [number, number])[] = [
  [1, 10],
  [11, 50],
  [51, 200],
  [201, 800],
];

/** Holds what the report is made from. */
export interface Ao2022ReportInput {
  readonly title: string;
  readonly results: Ao2022Results;
  readonly findings: readonly Finding[];
  readonly run: RunFacts;
}
