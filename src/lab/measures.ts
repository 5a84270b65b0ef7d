/** Arguments and results of every measurement of the live page, by kind: plain types without code. */
import type { DirectionDynamics, DirectionFlatness, PowerLaw } from '../analyse/trajectory/results.js';
import type { Estimate } from '../numeric/estimate.js';
import type { Basis } from './basis.js';
import type {
  CurrentArguments,
  CurrentResult,
  PotentialArguments,
  PotentialResult,
  SliceArguments,
  SliceResult,
} from './landscape-results.js';

export type { Basis };

/** A profile of the loss along one direction. */
export interface LossProfile {
  readonly displacement: readonly number[];
  readonly loss: readonly number[];
}

/** One direction of the variance-flatness plot, with its loss profile; the `part` of `flatness`. */
export interface FlatnessPart {
  readonly direction: DirectionFlatness;
  readonly profile: LossProfile;
}

/** The relation in one control. */
export interface ControlResult {
  readonly name: 'same' | 'half' | 'hessian' | 'walk';
  /** The control in words. */
  readonly words: string;
  readonly psi: Estimate;
  readonly r2: number;
  readonly points: number;
  readonly open: number;
  /** The points: widths (weight) and variances (weight²). */
  readonly flatness: readonly number[];
  readonly variance: readonly number[];
}

/** Arguments of each measurement. */
export interface MeasureArguments {
  /** `directions`: coordinates returned, 3 by default. `rows`: most rows used, 600 by default. */
  cloud: { readonly directions?: number; readonly rows?: number };
  /** `rows` as above; `walk`: whether the walk is made, true by default. */
  spectrum: { readonly rows?: number; readonly walk?: boolean };
  displacement: { readonly ranks?: readonly number[]; readonly rows?: number };
  temperature: { readonly ranks?: readonly number[]; readonly rows?: number };
  /** `samples`: most samples, drawn at random; 2000 by default, 500 for networks of convolutions. */
  'noise-scale': { readonly samples?: number };
  /** `samples` likewise; 1000 by default, 250 for networks of convolutions. */
  ceiling: { readonly samples?: number };
  /** `directions`: how many, log-spaced in rank, 24 by default; `points` of each profile, 41 by default. */
  flatness: {
    readonly directions?: number;
    readonly ranks?: readonly number[];
    readonly rows?: number;
    readonly samples?: number;
    readonly points?: number;
    readonly centre?: 'mean' | 'last';
  };
  controls: {
    readonly directions?: number;
    readonly rows?: number;
    readonly samples?: number;
    readonly only?: readonly ControlResult['name'][];
  };
  slice: SliceArguments;
  potential: PotentialArguments;
  current: CurrentArguments;
}

/** Results of each measurement. */
export interface MeasureResults {
  /** The window in its principal coordinates. */
  cloud: {
    readonly basis: Basis;
    readonly ranks: readonly number[];
    /** sigma_i² of these ranks, weight², and the share of all variance. */
    readonly variances: readonly Estimate[];
    readonly shares: readonly number[];
    readonly totalVariance: number;
    /** ranks×rows row-major: theta_i of every row used, weight. */
    readonly coordinates: Float32Array;
    /** Number of the step of each row. */
    readonly steps: Float64Array;
  };
  /** All variances by rank, and those of a walk with the run's own noise and no landscape. */
  spectrum: {
    readonly basis: Basis;
    readonly variances: Float64Array;
    /** Variances up to this are rounding. */
    readonly resolution: number;
    readonly totalVariance: number;
    /** Exponent of sigma_i² ~ i^(−gamma) over the same ranks, of the run and of the walk. */
    readonly gamma: Estimate;
    readonly walk?: { readonly variances: Float64Array; readonly gamma: Estimate; readonly words: string };
    /** Why there is no walk. */
    readonly missing?: string;
  };
  /** Mean squared displacement along principal directions. Times are steps. */
  displacement: { readonly basis: Basis; readonly directions: readonly DirectionDynamics[] };
  /** Temperature of each direction, (1+mu)⟨Δθ²⟩/(2 eta), nat; a converged estimate or why there is none. */
  temperature: {
    readonly basis: Basis;
    readonly directions: readonly {
      readonly index: number;
      readonly variance: number;
      readonly temperature: Estimate;
    }[];
  };
  /** Tr C1/|g|², in samples, over all weights. */
  'noise-scale': {
    readonly step: number;
    readonly simple: Estimate;
    readonly trace: Estimate;
    readonly squaredGradient: Estimate;
    readonly batchSize: number;
  };
  /** The present point of the (eta, B) plane with its bounds. */
  ceiling: {
    readonly step: number;
    /** Largest curvature over all weights, in the coordinates of the optimiser. */
    readonly curvature: Estimate;
    /** Largest stable learning rate, from the linear form of the optimiser: 2(1+mu)/lambda for SGD. */
    readonly edge: Estimate;
    /** eta over the edge: above 1 the quadratic form is unstable. */
    readonly share: Estimate;
    readonly learningRate: number;
    readonly batchSize: number;
    readonly momentum: number;
    readonly words: string;
  };
  /** Widths along principal directions with the fit of psi. Each direction is sent as a `part` (`FlatnessPart`) when it is there. */
  flatness: {
    readonly basis: Basis;
    readonly centre: 'mean' | 'last';
    readonly centreLoss: Estimate;
    readonly samples: number;
    readonly parts: readonly FlatnessPart[];
    readonly psi: Estimate;
    readonly fit: PowerLaw;
  };
  controls: { readonly basis: Basis; readonly controls: readonly ControlResult[] };
  slice: SliceResult;
  potential: PotentialResult;
  current: CurrentResult;
}
