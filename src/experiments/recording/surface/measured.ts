/** The numbers that a surface adds to the analysis of a recording. */
import type { SurfaceMeasured } from '../../../analyse/surface/results.js';
import type { DirectionFlatness, ScalingSummary } from '../../../analyse/trajectory/results.js';
import type { Estimate } from '../../../numeric/estimate.js';
import type { SurfaceReport } from '../../../surface/check-report.js';

/** Says why there is no prediction, as a sentence. */
export interface NotPredicted {
  readonly missing: string;
}

/** Compares the predicted with the measured variance along one principal direction. */
export interface PredictedDirection {
  readonly index: number;
  /** Over the window, weight². */
  readonly measured: Estimate;
  readonly predicted: number;
  readonly settled: boolean;
}

/** Holds the variances predicted from H and C1 in the span of the principal directions. */
export interface PredictedVariances {
  readonly learningRate: number;
  readonly momentum: number;
  readonly batchSize: number;
  /** Steps of the window. */
  readonly window: number;
  readonly directions: readonly PredictedDirection[];
  /** The learning rate from which on a mode of this plane grows without bound. */
  readonly ceiling: number;
  /** The lowest curvature in this plane, loss/weight²; below 0 there is no stationary state. */
  readonly lowest: number;
  /** Entropy production per step of the linear system, and why there is none. */
  readonly entropy: number | NotPredicted;
}

/** Holds what a surface adds. */
export interface RecordedSurface {
  /** What was checked before anything was measured. */
  readonly checks: SurfaceReport;
  readonly measured: SurfaceMeasured;
  /** Name of the block of the recorded parameters, which has the principal directions. */
  readonly recorded: string;
  /** What the reader should know: a loss at the centre unlike the recorded one, and the like. */
  readonly notes: readonly string[];
  /** Widths along the principal directions, as `scaling` fits them. */
  readonly directions: readonly DirectionFlatness[];
  readonly scaling: Pick<ScalingSummary, 'varianceFlatness' | 'varianceFlatnessRanges'>;
  /** Median relative error of the widths, which a subset of the samples leaves; 0 over all samples. */
  readonly widthError: number;
  /** Spearman's rho of width and rank, in the leading ranks and beyond. */
  readonly ranks: Readonly<Record<'head' | 'rest', { readonly rho: Estimate; readonly n: number }>>;
  readonly predicted: PredictedVariances | NotPredicted;
}
