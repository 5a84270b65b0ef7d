/** The numbers that an analysis of one recorded window computes, as reports draw them and `analysis.json` holds them. */
import type { Estimate } from '../../numeric/estimate.js';
import * as is from '../../numeric/wants.js';

/** Holds the per-epoch curves of a training run. Arrays run over epochs 1, 2, …; NaN where not evaluated. */
export interface TrainingCurves {
  readonly epoch: number[];
  /** Mean minibatch loss and accuracy seen while training during that epoch. */
  readonly runningLoss: number[];
  readonly runningAccuracy: number[];
  /** Over the full training and test sets at the end of the epoch. */
  readonly trainLoss: number[];
  readonly trainErrors: number[];
  readonly testLoss: number[];
  readonly testAccuracy: number[];
  /** Euclidean norm of all weights. */
  readonly weightNorm: number[];
  readonly stepsPerEpoch: number;
  /** Epochs in which the window was recorded: first and last, inclusive. */
  readonly window: readonly [number, number];
  /** Why training stopped, in words. */
  readonly stopped: string;
}

/** Holds the spectrum of principal directions of a window of T steps of P weights. docs/theory [P3]. */
export interface PcaSummary {
  readonly T: number;
  readonly P: number;
  /** Whether the P×P covariance or the T×T Gram matrix was diagonalised. */
  readonly via: 'covariance' | 'gram';
  /** sigma_i², descending, i = 1 … min(P, T−1); weight². Those under `resolution` are rounding noise of float32 recording. */
  readonly variances: number[];
  readonly resolution: number;
  readonly totalVariance: number;
  /** ‖CV−VΛ‖_F/‖C‖_F of the eigendecomposition. */
  readonly residual: number;
}

/** Describes drift and diffusion of one principal coordinate theta_i(t). docs/theory [P5]. */
export interface DirectionDynamics {
  /** Rank i, from 1. */
  readonly index: number;
  /** cos of the angle between p_i and the window-mean weights of the layer. */
  readonly cosWithWeights: number;
  /** Slope of theta_i(t), weight per step. */
  readonly driftVelocity: Estimate;
  /** Exponent of the mean squared displacement against lag: 2 drift, 1 diffusion, 0 bounded. */
  readonly msdExponent: Estimate;
  /** Integrated autocorrelation time, steps. */
  readonly correlationTime: Estimate;
  /** The MSD curve: lags in steps, mean squared displacement in weight². */
  readonly msd: { readonly lag: number[]; readonly value: number[] };
}

/** Describes the width of the loss valley along p_i; displacements in weight. docs/theory [F1]–[F3]. */
export interface DirectionFlatness {
  readonly index: number;
  /** sigma_i² of the window. */
  readonly variance: number;
  /** Nearest crossings of factor·L0 left (negative) and right (positive) of the centre; null where that side is open. */
  readonly left: number | null;
  readonly right: number | null;
  /** F_i = right − left; null when a side is open. */
  readonly flatness: number | null;
  readonly open: 'left' | 'right' | 'both' | null;
  /** Directional derivative and exact curvature p_iᵀ H p_i at the centre. */
  readonly slope: number;
  readonly curvature: number;
  /** F_i / (2 √(2 (e−1) L0 / curvature)); NaN where the curvature is not positive. */
  readonly quadraticRatio: number;
  /** (right + left) / (right − left): 0 for a symmetric valley; NaN when open. */
  readonly asymmetry: number;
  /** Evaluations of the loss over all samples. */
  readonly evaluations: number;
}

/** Says what a {@link DirectionFlatness} needs. */
export const DIRECTION_FLATNESS_WANTS = is.shape<DirectionFlatness>({ index: is.whole });

/** Holds the flatness of all directions measured about one centre, with loss profiles along some. docs/theory [F1]–[F3]. */
export interface FlatnessSummary {
  readonly centre: 'mean' | 'last';
  /** Full-training-set loss at the centre, and the number of samples behind it. */
  readonly centreLoss: number;
  readonly samples: number;
  /** e of [F1], unless asked otherwise. */
  readonly factor: number;
  readonly relativeTolerance: number;
  readonly directions: DirectionFlatness[];
  readonly profiles: { readonly index: number; readonly displacement: number[]; readonly loss: number[] }[];
  /** The loss around the path in the plane of the two largest principal directions; earlier versions did not measure it. */
  readonly plane?: LossPlane;
}

/** Holds the loss over all samples on a grid in the plane of two principal directions through the centre. */
export interface LossPlane {
  /** Ranks of the two directions. */
  readonly indices: readonly [number, number];
  /** Coordinates of the grid along both, in those of the paths: displacements from the mean of the window, weight. */
  readonly x: number[];
  readonly y: number[];
  /** Loss at (x[i], y[j]) as number j·x.length + i. */
  readonly loss: number[];
}

/** Holds one power-law fit log10 y = intercept + exponent · log10 x. */
export interface PowerLaw {
  readonly exponent: Estimate;
  readonly intercept: Estimate;
  /** Range of the abscissa of the points fitted, and their number. */
  readonly range: readonly [number, number];
  readonly points: number;
  /** Scatter of log10 y about the line (root mean square, decades) and the coefficient of determination. */
  readonly scatter: number;
  readonly r2: number;
}

/** Holds the variance-flatness relation and the rank law with their sensitivity to the fit range. docs/theory [P4]. */
export interface ScalingSummary {
  /** sigma² ~ F^−psi, so `exponent` is −psi; errors in both coordinates. */
  readonly varianceFlatness: PowerLaw;
  readonly varianceFlatnessRanges: {
    readonly label: string;
    readonly fit: PowerLaw;
    readonly leastSquares: number;
    readonly inverseLeastSquares: number;
  }[];
  /** sigma_i² ~ i^−gamma over ranks; `exponent` is −gamma. */
  readonly rankLaw: PowerLaw;
  readonly rankLawRanges: { readonly label: string; readonly fit: PowerLaw }[];
  /** Fraction of the total variance in PC j against the random-walk null 6/(π² j²). docs/theory [S5]. */
  readonly explained: { readonly index: number[]; readonly fraction: number[]; readonly randomWalk: number[] };
}

/** Holds the mean and the standard deviation over draws of a number of a random walk. */
export interface OverDraws {
  readonly mean: number;
  readonly deviation: number;
  readonly draws: number;
}

/** Holds what a walk without any restoring force shows with one kind of batches. docs/theory [N1]. */
export interface WalkForm {
  readonly sampling: 'replaced' | 'shuffled';
  /** Variance along principal direction `index`, mean over draws, weight²; log-spaced ranks. */
  readonly variances: { readonly index: number[]; readonly value: number[] };
  /** gamma, by the line of the run's rank law over `WalkNull.ranks`. */
  readonly gamma: OverDraws;
  /** Share of the first principal direction. */
  readonly share: OverDraws;
  /** Exponents of the mean squared displacement: of PC1, and the median of the ranks 10–100 that are followed in the run. */
  readonly first: OverDraws;
  readonly median: OverDraws;
}

/** Holds the null of a window: a walk whose steps have the gradient covariance of the run at the centre. docs/theory [N1]. */
export interface WalkNull {
  /** Samples over which C1 was averaged. */
  readonly samples: number;
  /** eta²·Tr C, variance of one step of SGD, weight². */
  readonly stepVariance: number;
  /** (Tr C1)²/Tr C1², the number of directions in which the noise acts. */
  readonly directions: number;
  /** Root mean square cosine of a step with the mean weights. */
  readonly alongWeights: number;
  /** First and last rank over which gamma was compared. */
  readonly ranks: readonly [number, number];
  /** gamma of the run over the same ranks. */
  readonly gamma: number;
  readonly forms: readonly WalkForm[];
}

/** Says why there is no null. */
export interface NoWalk {
  readonly missing: string;
}

/** Holds a trajectory in the plane of two principal coordinates, thinned for drawing. */
export interface PlanePath {
  readonly indices: readonly [number, number];
  readonly step: number[];
  readonly x: number[];
  readonly y: number[];
}

/** Holds the whole analysis of the recorded window of one layer. */
export interface Analysis {
  readonly layer: string;
  readonly curves: TrainingCurves;
  readonly pca: PcaSummary;
  readonly dynamics: DirectionDynamics[];
  readonly paths: PlanePath[];
  readonly flatness: FlatnessSummary;
  readonly scaling: ScalingSummary;
  readonly walk: WalkNull | NoWalk;
}
