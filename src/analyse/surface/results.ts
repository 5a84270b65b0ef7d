/** The numbers that a measurement of a `Surface` leaves behind, as plain data that JSON keeps. */
import type { Estimate } from '../../numeric/estimate.js';
import type { Offer, Verb } from '../../surface/surface.js';
import type { SurfacePlan } from './plan.js';

/** Says what was not measured, and what it would need. */
export interface NotMeasured {
  readonly what: string;
  readonly needs: string;
}

/** Describes the loss and the noise along one direction of a block; displacements in weight. */
export interface MeasuredDirection {
  /** Rank of the direction, from 1. */
  readonly index: number;
  /** sigma_i² of a window, weight²; NaN where the directions are not those of a window. */
  readonly variance: number;
  /** F; a value of NaN where a side is open. */
  readonly flatness: Estimate;
  readonly open: 'left' | 'right' | 'both' | null;
  /** Nearest crossings of factor·L0; null where that side is open. */
  readonly left: number | null;
  readonly right: number | null;
  /** g·p and pᵀHp. */
  readonly slope: Estimate;
  readonly curvature: Estimate;
  /** F over that of the parabola, and (right + left)/(right − left). */
  readonly quadraticRatio: number;
  readonly asymmetry: number;
  /** C1 along p, PER SAMPLE; undefined where the surface gives no gradients of samples. */
  readonly noise: Estimate | undefined;
}

/** Holds the widths along directions of a block. */
export interface MeasuredFlatness {
  /** Where the directions come from: a recorded window, or the eigenvectors of the Hessian. */
  readonly along: 'window' | 'eigenvectors';
  readonly factor: number;
  readonly relativeTolerance: number;
  readonly directions: readonly MeasuredDirection[];
}

/** Describes an eigenvector of the Hessian on a block. */
export interface MeasuredMode {
  readonly curvature: Estimate;
  /** C1 along it, PER SAMPLE. */
  readonly noise: Estimate | undefined;
  readonly slope: Estimate | undefined;
}

/** Holds the spectrum of the Hessian on a block. */
export interface MeasuredSpectrum {
  /** By descending curvature. */
  readonly top: readonly MeasuredMode[];
  readonly smallest: Estimate;
  readonly trace: Estimate;
  /** Share of eigenvalues per unit of eigenvalue, smoothed over `width`. */
  readonly density:
    | {
        readonly at: readonly number[];
        readonly density: readonly number[];
        readonly standardError: readonly number[];
        readonly width: number;
        readonly probes: number;
        readonly steps: number;
      }
    | undefined;
  readonly products: number;
  /** Whether the block was formed as a matrix. */
  readonly dense: boolean;
  readonly converged: boolean;
}

/** Holds the scales of the noise on a block. */
export interface MeasuredNoise {
  /** Tr C1, PER SAMPLE, and |g|² without bias. */
  readonly trace: Estimate;
  readonly squaredGradient: Estimate;
  /** Tr C1/|g|², and Tr(H C1)/(gᵀHg), the critical batch size; in samples. */
  readonly simple: Estimate;
  readonly critical: Estimate | undefined;
  /** Effective number of samples that make up Tr C1. */
  readonly carriers: number;
  /** R = E|g_B|²/E[g_BᵀH_Bg_B] of batches of this size; 2R is their ceiling on the learning rate. */
  readonly sharpness: { readonly batchSize: number; readonly ratio: Estimate } | undefined;
}

/** Holds H and C1 (PER SAMPLE) in the span of the directions of the widths, row-major k×k. */
export interface MeasuredPlane {
  readonly size: number;
  readonly hessian: readonly number[];
  readonly covariance: readonly number[];
  readonly gradient: readonly number[];
}

/** Holds everything measured on one block. */
export interface BlockMeasured {
  readonly name: string;
  readonly size: number;
  /** Parameters of which the block holds weights. */
  readonly parameters: readonly string[];
  /** Norm of the block's weights at the centre. */
  readonly norm: number;
  readonly flatness: MeasuredFlatness | undefined;
  readonly spectrum: MeasuredSpectrum | undefined;
  readonly noise: MeasuredNoise | undefined;
  readonly plane: MeasuredPlane | undefined;
  readonly left: readonly NotMeasured[];
}

/** Holds everything measured on a surface at one point. */
export interface SurfaceMeasured {
  readonly surface: {
    readonly name: string;
    readonly size: number;
    readonly samples: number;
    readonly precision: 'float32' | 'float64';
    readonly offers: Readonly<Record<Verb, Offer>>;
  };
  /** L0 over all samples. */
  readonly loss: Estimate;
  readonly gradientNorm: number;
  /** Samples that were asked, with the reason; all of them where the plan is undefined. */
  readonly asked: number;
  readonly plan: SurfacePlan | undefined;
  readonly blocks: readonly BlockMeasured[];
}
