/**
 * The results of the cells of `reproduce controls`, one JSON document each, and the input of its report. docs/theory
 * [S6], [S7].
 */
import type { RangeFit } from '../../analyse/trajectory/fit-ranges.js';
import type { PowerLaw } from '../../analyse/trajectory/results.js';
import type { RunFacts } from '../../report/input.js';

/** Names the source of the directions, and what moved along them. */
export type Basis =
  | 'same-window'
  | 'other-window'
  | 'hessian'
  | 'replicas'
  | 'surrogate'
  | 'surrogate-other'
  | 'random-walk';

/** The names of the bases in the report. */
export const BASIS_NAMES: Readonly<Record<Basis, string>> = {
  'same-window': 'PCA of the same window',
  'other-window': 'PCA of the other half',
  hessian: 'Hessian eigenvectors',
  replicas: 'Hessian eigenvectors, drift removed',
  surrogate: 'surrogate, PCA of the same window',
  'surrogate-other': 'surrogate, PCA of the other half',
  'random-walk': 'walks with H = 0, same window',
};

/** Holds one direction of a regime. All quantities are along the same unit vector. */
export interface RegimeDirection {
  /** Rank: of the variance in a PCA, of the curvature in the Hessian basis; from 1. */
  readonly index: number;
  /** weight²; in `other-window` that of the half that did not choose the direction. */
  readonly variance: number;
  /** F of [F1] on the real loss; null where the valley stays open. */
  readonly flatness: number | null;
  /** pᵀHp and pᵀCp (per batch), both at the mean of the main window. */
  readonly curvature: number;
  readonly noise: number;
  /** Variance of a single mode with this curvature and noise over the same window: [S2]–[S4]. */
  readonly predicted: number;
}

/** Holds one row of the table: a window of a cell in one basis. */
export interface Regime {
  readonly basis: Basis;
  /** Epochs of the window, its last being the last of the cell; steps. */
  readonly epochs: number;
  readonly steps: number;
  /** Full training loss at the centre of the landscape. */
  readonly centreLoss: number;
  /** sigma² ~ F^−psi; `exponent` is −psi. The rule of analyse/scaling.ts chooses the points. */
  readonly relation: PowerLaw;
  /** The same fit over ranges of rank with at least 10 directions and half a decade of F each. docs/theory [N5]. */
  readonly ranges: readonly RangeFit[];
  /** The same fit with `predicted` in place of the measured variance. */
  readonly predictedRelation: PowerLaw;
  /** C_ii ~ H_ii^gamma over the same directions. */
  readonly noiseLaw: PowerLaw;
  /** sigma_i² ~ i^−gamma over ranks (PCA alone). */
  readonly rankLaw: PowerLaw | undefined;
  /** Share of the fitted directions whose curvature lies below the crossover of [S6]: there 2 gamma, beyond 2(gamma−1). */
  readonly flatShare: number;
  readonly crossover: number;
  readonly totalVariance: number;
  /** Ten times this is the least variance that is fitted: rounding of the rows, and of all steps where the window did not choose the directions. */
  readonly resolution: number;
  readonly directions: readonly RegimeDirection[];
  /** psi and the exponent of rank of all walks drawn (the random walk alone), and the exponent of rank of an isotropic walk. */
  readonly walks?: {
    readonly psi: readonly number[];
    readonly rank: readonly number[];
    readonly isotropicRank: number;
  };
}

/** Names the order of samples. */
export type Sampling = 'shuffled' | 'replaced';

interface CellHead {
  readonly format: 'thermograd controls cell';
  readonly seed: number;
  readonly cell: string;
  readonly sampling: Sampling;
  readonly momentum: number;
  readonly learningRate: number;
  readonly batchesPerEpoch: number;
  /** Of an optimiser: why its linear form does not describe the window, and whether it has a preconditioner. */
  readonly fails?: readonly string[];
  readonly adaptive?: boolean;
  readonly seconds: number;
}

/** Holds a branch from the trained weights in which every layer is trained. */
export interface BranchResult extends CellHead {
  readonly kind: 'branch';
  readonly regimes: readonly Regime[];
}

/** Names how predicted variances are compared with measured ones in a frozen cell. */
export type Comparison = 'raw' | 'drift' | 'replicas' | 'noise-averaged' | 'both-averaged';

/** The comparisons in words, for the report. */
export const COMPARISONS: Readonly<Record<Comparison, string>> = {
  raw: 'H and C alone, against the whole variance',
  drift: 'with the path that the gradient at the start drives, against the whole variance',
  replicas: 'H and C alone, against the variance between replicas',
  'noise-averaged': 'C averaged along the trajectory, against replicas',
  'both-averaged': 'C and H averaged along the trajectory, against replicas',
};

/** Holds predicted over measured variances, averaged in two ways. */
export interface Ratio {
  /**
   * The inverse of the mean over modes of measured over predicted, which has expectation 1 where the theory holds (the mean of the
   * inverse, or of the logarithm, has not: a slow mode's variance in one window scatters widely).
   */
  readonly modes: number;
  /** Sum of predicted over sum of measured variances: for drifts, where a mode without a gradient has no prediction to divide by. */
  readonly sums: number;
}

/** Holds measured and predicted variances of a group of Hessian modes in a frozen cell. */
export interface FrozenGroup {
  /** Ranks of curvature, from 1, inclusive. */
  readonly from: number;
  readonly to: number;
  readonly curvature: readonly [number, number];
  /** Predicted over measured variance, by comparison. */
  readonly ratios: Readonly<Record<Comparison, Ratio>>;
  /** Average along the trajectory over the value at its mean: means over the modes considered. */
  readonly noiseGain: number;
  readonly curvatureGain: number;
  /** Drift-free variance of the first half of the window over that of the second. */
  readonly halves: number;
  /** C at the first point over C at the last, H likewise. */
  readonly noiseDecay: number;
  readonly curvatureDecay: number;
}

/** Holds a branch with every other layer frozen: the loss is a function of the recorded weights alone. */
export interface FrozenResult extends CellHead {
  readonly kind: 'frozen';
  readonly relaxEpochs: number;
  readonly epochs: number;
  readonly loss: { readonly start: number; readonly mean: number; readonly end: number; readonly trajectory: number };
  readonly groups: readonly FrozenGroup[];
  /** The largest eta·h, to be compared with 2(1+mu). */
  readonly stiffest: number;
  readonly noiseLaw: PowerLaw;
}

/** Holds linear modes driven by the noise of real batches at fixed weights. */
export interface FixedResult extends CellHead {
  readonly kind: 'fixed';
  readonly epochs: number;
  readonly groups: readonly { readonly from: number; readonly to: number; readonly ratio: Ratio }[];
}

/** Holds the result of a cell. */
export type CellResult = BranchResult | FrozenResult | FixedResult;

/** States how the base network of a seed was trained. */
export interface BaseFacts {
  readonly seed: number;
  readonly epochs: number;
  readonly stopped: string;
  readonly loss: number;
  readonly errors: number;
}

/** Holds everything that the report is made from. */
export interface ControlsInput {
  readonly title: string;
  /** Epochs of the main window, in which all bases are compared. */
  readonly mainWindow: number;
  readonly bases: readonly BaseFacts[];
  readonly cells: readonly CellResult[];
  readonly run: RunFacts;
}
