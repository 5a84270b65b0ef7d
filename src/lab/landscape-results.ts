/** Arguments and results of the measurements of the view Landscape: plain types without code. */
import type { Estimate } from '../numeric/estimate.js';
import type { Basis } from './basis.js';

/** Asks for the loss on a plane of two principal directions. */
export interface SliceArguments {
  /** Ranks of the two directions, from 1; 1 and 2 by default. */
  readonly ranks?: readonly [number, number];
  /** Points along each axis, 21 by default. */
  readonly points?: number;
  /** How far the plane reaches, in units of the farthest row; 1.5 by default. */
  readonly reach?: number;
  /** Most rows that directions are found from; 600 by default. */
  readonly rows?: number;
  /** Minibatches whose own landscape is measured along both directions; 24 by default, 0 leaves it out. */
  readonly batches?: number;
}

/** A row of the plane, which is sent as soon as it is there. */
export interface SliceRow {
  readonly row: number;
  readonly values: Float64Array;
}

/** What minibatches see along one direction. docs/theory [R1]–[R3]. */
export interface BatchesSeen {
  readonly rank: number;
  /** Mean and standard deviation over minibatches of the curvature, nat/weight². */
  readonly curvature: Estimate;
  readonly curvatureSpread: Estimate;
  /** Standard deviation over minibatches of the place of the minimum, weight. */
  readonly minimumSpread: Estimate;
  /** Share of minibatches that have no minimum near. */
  readonly dropped: number;
}

/** The loss on a plane through the mean of the window. */
export interface SliceResult {
  readonly basis: Basis;
  readonly ranks: readonly [number, number];
  /** Displacements along the first and the second direction, weight. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Loss over all training samples, nat; x fastest. */
  readonly values: Float64Array;
  readonly centreLoss: number;
  /** The window in these coordinates, weight, and the step of each row. */
  readonly path: { readonly x: Float64Array; readonly y: Float64Array; readonly steps: Float64Array };
  /** Share of the window's variance that lies outside the plane. */
  readonly offPlane: number;
  /** At some rows: the share of the row's distance from the mean that lies outside, its own loss, and that of its shadow in the plane. */
  readonly rows: readonly {
    readonly step: number;
    readonly offPlane: number;
    readonly loss: number;
    readonly shadow: number;
  }[];
  readonly samples: number;
  readonly batches?: readonly BatchesSeen[];
}

/** Asks for potential, loss and current of the linear motion in some principal directions. */
export interface PotentialArguments {
  /** The plane that is shown; ranks 1 and 2 by default. */
  readonly ranks?: readonly [number, number];
  /** How many principal directions the motion is taken in; 8 by default. */
  readonly directions?: number;
  readonly rows?: number;
  /** Samples that force and noise are measured over, drawn at random; 1000 by default. */
  readonly samples?: number;
}

/** A plane of the linear motion, z = (e1·theta, e2·theta). */
export interface PlaneOfMotion {
  readonly name: 'chosen' | 'vortex';
  /** What the axes are, such as `direction 1`. */
  readonly labels: readonly [string, string];
  /** Σ of z by theory: xx, xy, yy, weight²; the potential is ½ zᵀ Σ⁻¹ z, in units of the noise. */
  readonly covariance: readonly [number, number, number];
  /** The same of the window. */
  readonly measured: readonly [number, number, number];
  /** ∂²L in the plane: the loss is ½ zᵀ H z above the centre, nat. */
  readonly hessian: readonly [number, number, number];
  /** e1ᵀ Q e2: positive where the current turns from the first axis to the second, weight² per eta·step. */
  readonly circulation: number;
  /** The window in the plane, weight. */
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** A plane in which the current turns. */
export interface VortexSeen {
  /** Share of the whole flux. */
  readonly share: number;
  readonly circulation: number;
  /** The ranks that contribute most to its plane, with their share of it. */
  readonly ranks: readonly { readonly rank: number; readonly weight: number }[];
}

/** The stochastic decomposition of the motion in some principal directions. docs/theory [D1]–[D7]. */
export interface PotentialResult {
  readonly basis: Basis;
  /** Ranks that the motion is taken in, and those left out because the loss falls along them. */
  readonly ranks: readonly number[];
  readonly dropped: readonly number[];
  readonly planes: readonly PlaneOfMotion[];
  readonly vortices: readonly VortexSeen[];
  /** Entropy production, k_B per eta·step. */
  readonly entropyProduction: number;
  /** For each rank: variance by theory and of the window, weight². */
  readonly variances: readonly { readonly rank: number; readonly theory: number; readonly measured: number }[];
  /** Measured circulation as a multiple of the expected one: 1 if theory is right, 0 if nothing turns. */
  readonly rotation: Estimate;
  /** Pairs of ranks whose measured circulation differs from 0 after Holm's correction, of all pairs. */
  readonly turning: { readonly significant: number; readonly of: number };
  /** eta/(1 − mu), and the samples over which force and noise were measured. */
  readonly learningRate: number;
  readonly samples: number;
  /** What limits the numbers, one sentence each. */
  readonly warnings: readonly string[];
}

/** Asks for the measured circulation in the plane of two directions. */
export interface CurrentArguments {
  readonly ranks?: readonly [number, number];
  readonly rows?: number;
}

/** The circulation of the window in a plane, without any theory. */
export interface CurrentResult {
  readonly basis: Basis;
  readonly ranks: readonly [number, number];
  /** ½⟨x y' − y x'⟩, weight² per recorded step. */
  readonly circulation: Estimate;
  /** Two-sided chance of so large a value where nothing turns. */
  readonly pValue: number;
  readonly blocks: number;
}
