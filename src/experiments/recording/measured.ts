/** The numbers that the stages of an analysis of a recording leave behind. */
import type {
  DirectionDynamics,
  OverDraws,
  PcaSummary,
  PlanePath,
  ScalingSummary,
} from '../../analyse/trajectory/results.js';
import type { Estimate } from '../../numeric/estimate.js';
import type { Parameter, TrainingFacts } from '../../record/recording/table.js';
import type { RecordedSurface } from './surface/measured.js';

/** Says what was read. */
export interface RecordingSummary {
  readonly format: string;
  readonly type: 'float32' | 'float64';
  readonly T: number;
  readonly P: number;
  readonly parameters: readonly Parameter[];
  /** Whether the columns are random combinations of weights instead of weights. */
  readonly projected: boolean;
  /** Steps of training between rows, of the first and of the last row. */
  readonly every: number;
  readonly steps: readonly [first: number, last: number];
  readonly stepsFrom: 'files' | 'user' | 'rows';
  /** Mean loss of the first and of the second half of the rows that have one; undefined where none has. */
  readonly loss: readonly [number, number] | undefined;
  readonly facts: TrainingFacts;
  readonly notes: readonly string[];
}

/** Holds what one pass over all numbers finds. */
export interface StepSummary {
  /** Weights that never changed, and rows that are equal to the row before. */
  readonly constant: number;
  readonly repeated: number;
  /** Mean square of an increment between rows, weight². */
  readonly stepVariance: number;
  /** Correlation of successive increments, over all weights. */
  readonly successive: number;
}

/** Describes one direction in the two halves of the window. */
export interface HalvesOfDirection {
  readonly index: number;
  /** Share of the total variance that lies between the means of the halves along this direction. */
  readonly between: number;
  /** Variance in the second half over that in the first. */
  readonly ratio: number;
}

/** Holds how the window moves; times are in steps of training. */
export interface Motion {
  readonly dynamics: DirectionDynamics[];
  readonly paths: PlanePath[];
  /** Share of the variance outside each plane that is drawn. */
  readonly planes: readonly { readonly indices: readonly [number, number]; readonly offPlane: number }[];
  /** Ranks of the resolved directions whose correlation time converged. */
  readonly settled: readonly number[];
  readonly halves: readonly HalvesOfDirection[];
  /** Share of the total variance between the means of the halves. */
  readonly between: Estimate;
}

/** Says why something was not measured, as a sentence. */
export interface Missing {
  readonly missing: string;
}

/** Holds the rotation in the planes of the leading directions of at least 100 correlation times. */
export interface Rotation {
  readonly ranks: readonly number[];
  readonly planes: number;
  readonly significant: number;
  readonly blocks: number;
  readonly blockLength: number;
  readonly converged: boolean;
  /** The planes, the most significant first; rates are circulation/(sigma_i sigma_j), radian per step. */
  readonly pairs: readonly {
    readonly ranks: readonly [number, number];
    readonly rate: number;
    readonly standardError: number;
    readonly holm: number;
    /** Share of the variance outside this plane. */
    readonly offPlane: number;
  }[];
  /** The slowest rotation, radian per step, that would have been significant in every plane. */
  readonly detectable: number;
}

/** Holds the temperatures of the followed directions, in units of the loss. */
export interface Temperatures {
  readonly learningRate: number;
  readonly momentum: number;
  /** Whether the momentum was stated; otherwise it was taken as 0. */
  readonly momentumStated: boolean;
  readonly directions: readonly { readonly index: number; readonly temperature: Estimate }[];
  /** Over settled directions: ln of the largest over the smallest. */
  readonly spread: Estimate;
}

/** Holds the walk that makes the recording's own steps. */
export interface OwnWalk {
  readonly draws: number;
  /** Rows that get the same sign. */
  readonly block: number;
  /** Directions of the steps that are drawn, and the share of their variance outside these. */
  readonly directions: number;
  readonly beside: number;
  /** Root mean square cosine of an increment with the mean weights. */
  readonly alongWeights: number;
  readonly share: OverDraws;
  readonly first: OverDraws;
  /** Median exponent of the ranks 10–100 that are followed. */
  readonly median: OverDraws;
  /** gamma over the same ranks as that of the recording. */
  readonly gamma: OverDraws;
  readonly variances: { readonly index: number[]; readonly value: number[] };
}

/** Holds the rank law over the ranks at which the walk is drawn. */
export interface RankLaw {
  readonly ranks: readonly [number, number];
  readonly points: number;
  /** gamma of sigma_i² ~ i^−gamma with the misfit as its error. */
  readonly gamma: Estimate;
}

/** Holds everything that was measured. */
export interface MeasuredRecording {
  readonly recording: RecordingSummary;
  readonly survey: StepSummary;
  readonly pca: PcaSummary;
  readonly scaling: Pick<ScalingSummary, 'rankLaw' | 'rankLawRanges' | 'explained'>;
  readonly rankLaw: RankLaw | Missing;
  readonly motion: Motion;
  readonly rotation: Rotation | Missing;
  readonly temperatures: Temperatures | Missing;
  readonly walk: OwnWalk | Missing;
  /** What needs the loss; undefined without a surface. */
  readonly surface?: RecordedSurface;
  /** Why a surface that was given was not measured, as a sentence. */
  readonly surfaceMissing?: string;
}

/** Says what was left out, and what it would need. */
export interface LeftOut {
  readonly what: string;
  readonly needs: string;
}

/** Holds the arrays that stages pass on, beside the numbers of the report. */
export interface Arrays {
  readonly halves: readonly [Float64Array, Float64Array];
  readonly mean: Float64Array;
  readonly ranks: readonly number[];
  /** Unit vectors of these ranks as rows, and their coordinates over time, ranks×T. */
  readonly components: Float64Array;
  readonly thetas: Float64Array;
}
