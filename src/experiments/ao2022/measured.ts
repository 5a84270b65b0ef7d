/**
 * The numbers of `reproduce ao2022`, kept in results.json: the SGD of one layer measured as a linear Langevin system.
 */
import type { RangeFit } from '../../analyse/trajectory/fit-ranges.js';
import type { PowerLaw, TrainingCurves } from '../../analyse/trajectory/results.js';
import type { Estimate } from '../../numeric/estimate.js';
import type { Finding } from '../../report/finding.js';
import type { RunFacts } from '../../report/input.js';
import type {
  DecompositionFacts,
  EnergyRow,
  HessianModes,
  LayerSetting,
  Regime,
  Subspaces,
} from '../../theory/layer/results.js';

/** Describes the linear system of an optimiser, where it is not plain SGD in a whole layer. docs/theory [O1], [O3]. */
export interface Ao2022System {
  readonly optimiser: string;
  /** The heavy ball v' = momentum·v − rate·g, or Nesterov's. */
  readonly rate: number;
  readonly momentum: number;
  readonly nesterov: boolean;
  /** Whether a preconditioner P was frozen at the end of the window. */
  readonly adaptive: boolean;
  /** Lambda of the L2 penalty, and what decoupled decay adds to every curvature of A. */
  readonly penalty: number;
  readonly decay: number;
  /** Principal directions whose span was measured; the whole layer without it. */
  readonly span?: number;
  /** Why the linear form does not describe the window. */
  readonly fails: readonly string[];
}

/** Names the layer that was measured, and the constants of its training. docs/theory [S1]. */
export interface Ao2022Setting extends LayerSetting {
  readonly layer: string;
  /** P: weights of the layer. */
  readonly P: number;
  readonly centre: 'mean' | 'last';
  /** |∇L| of the layer's block at the centre. */
  readonly gradientNorm: number;
  readonly curves: TrainingCurves;
  readonly system?: Ao2022System;
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

/** Holds the comparison of the settled modes with one prediction. docs/theory [N2]. */
export interface ModeAgreement {
  readonly modes: number;
  /** Draws of the linear system that the errors and p come from. */
  readonly draws: number;
  /** Σ (d_i/s_i)² over the modes, with as many degrees of freedom, and the share of draws with a larger one. */
  readonly chiSquared: number;
  readonly pValue: number;
  /** Geometric mean of predicted over measured in the settled part of each group, with its sampling error. */
  readonly groups: readonly { readonly from: number; readonly to: number; readonly ratio: Estimate }[];
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
  /** Fits over the lower and over the upper half of the ranks, for the error of the choice of range. docs/theory [N5]. */
  readonly ranges: readonly RangeFit[];
  readonly x: number[];
  readonly y: number[];
}

/** Holds the widths of U along principal directions against the measured ones, as y ~ x^slope. docs/theory [N3]. */
export interface WidthComparison {
  readonly correlation: Estimate;
  readonly fit: PowerLaw;
  /** The same along all resolved Hessian modes, which the window did not choose. */
  readonly hessian: PowerLaw;
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
  /** Mean energy over its value in each group of settled modes alone, where the law was tested by groups. docs/theory [N2]. */
  readonly groups?: readonly { readonly from: number; readonly to: number; readonly mean: Estimate }[];
}

/** Holds what the rule of stationarity does to simulated windows. docs/theory [S9]. */
export interface RulePower {
  readonly draws: number;
  /** Share of walks with white steps that the rule takes for stationary, and share that it refuses: its power. */
  readonly walksPassing: number;
  readonly power: number;
  /** Share of walks with the sampling of the run that it takes for stationary. */
  readonly walksOfSamplingPassing: number;
  /** Share of stationary windows that the rule refuses. */
  readonly falseAlarms: number;
  /** Fewest and most relaxation times within the window, over the modes. */
  readonly relaxations: readonly [number, number];
}

/** Holds what simulated windows of the linear system of the settled modes give. docs/theory [N1], [N2]. */
export interface SimulatedWindows {
  readonly agreement: Readonly<Record<'continuous' | 'window', ModeAgreement>>;
  /** logRatio for walks with the run's own noise and no restoring force: mean over draws and, as error, the spread of one draw. */
  readonly logRatioOfWalks: Estimate;
  readonly rule: RulePower;
}

/** Ranks of principal directions in which walks are compared with the run, from 2, and the fewest of them. */
export const [LAST_RANK, FEWEST_RANKS] = [100, 10];

/** Holds Spearman's rho of the correlation times of walks with the widths that the run has at their ranks. docs/theory [N1]. */
export interface WalkCorrelation {
  readonly ranks: number;
  /** Mean over walks and, as error, the spread of one. */
  readonly rho: Estimate;
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
  /** Geometric mean of predicted over measured on all settled modes; it decides nothing [N2]. */
  readonly settledRatio: Readonly<Record<Regime, Estimate>>;
  readonly simulated: SimulatedWindows;
  /** C1_ii ~ H_ii^gamma over the settled and over the resolved modes. */
  readonly gamma: { readonly settled: PowerLaw; readonly resolved: PowerLaw };
  readonly decomposition: DecompositionFacts;
  /** Of an optimiser with a preconditioner in a whole layer: shares of ‖Q‖² on the settled modes, `circulationParts`. */
  readonly ownCirculation?: { readonly own: number; readonly misaligned: number };
  readonly energy: EnergyRow[];
  readonly widths: WidthComparison;
  readonly chain: ChainLink[];
  readonly temperature: FallWithFlatness;
  /** Correlation and fit over the directions whose time converged; x, y and predicted of all, `bounded` of them lower bounds. */
  readonly correlationTime: FallWithFlatness & {
    readonly predicted: number[];
    readonly bounded: number;
    /** The correlation over the ranks up to 100 alone, with the times that are only bounded, as in the walks beside it. */
    readonly leading: Estimate;
  };
  readonly walkCorrelation: WalkCorrelation;
  readonly landscape?: LandscapeRow[];
  readonly trajectory?: TrajectoryTests;
}

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
