/**
 * The results of the cells of the study of the valley on real networks, one JSON document each, and the input of its
 * report. docs/theory §6.
 */

import type { Confidence } from '../../../analyse/landscape/confidence.js';
import type { SolutionFlatness } from '../../../analyse/landscape/solution-flatness.js';
import type { CurvatureChange, ValleyDirection } from '../../../analyse/landscape/valley-coordinates.js';
import type { Estimate } from '../../../numeric/estimate.js';

/** Holds a learning rate and a batch size. */
export interface NoiseSetting {
  readonly learningRate: number;
  readonly batchSize: number;
}

/** Returns the name of a setting. */
export const settingName = ({ learningRate, batchSize }: NoiseSetting): string => `eta${learningRate}-B${batchSize}`;

/** Returns the strength of the noise, eta/B, rounded so that settings of equal strength have equal numbers. */
export const noiseStrength = ({ learningRate, batchSize }: NoiseSetting): number =>
  Number((learningRate / batchSize).toPrecision(9));

/** Holds what every cell of the study of networks says of itself. */
export interface CellHead {
  readonly format: 'thermograd valley-network cell';
  readonly seed: number;
  readonly cell: string;
  readonly seconds: number;
}

/** Holds one evaluation during training. */
export interface PathPoint {
  readonly epoch: number;
  readonly step: number;
  /** Over the whole training set. */
  readonly loss: number;
  /** Tr H over the first samples of `track`; NaN where it was not measured. */
  readonly trace: number;
}

/** Holds loss and accuracy on the test set. */
export interface TestResult {
  readonly loss: number;
  readonly errors: number;
  readonly count: number;
}

/** Holds a solution that is the mean of the weights over an epoch, which lies below the fluctuations. */
export interface FloorSolution {
  readonly epoch: number;
  readonly loss: number;
  readonly test: TestResult;
  readonly trace: Estimate;
  readonly noiseTrace: Estimate;
  readonly top: Estimate;
}

/** Holds lambda, C and the variance of curvature along and across the valley, with C and Var PER SAMPLE. */
export interface ValleyMeasures {
  /** Along the top eigenvectors, steepest first. */
  readonly across: readonly ValleyDirection[];
  /** Along the displacement of the weights over the last quarter of the steps. */
  readonly drift: ValleyDirection;
  /** Along random unit vectors of the whole network. */
  readonly random: readonly ValleyDirection[];
  /** kappa: the mean of C across, divided by C along the drift, and by its mean along random directions. */
  readonly anisotropyDrift: Estimate;
  readonly anisotropyRandom: Estimate;
  /** Length of the drift, weight. */
  readonly driftLength: number;
  /** Curvatures across at the ends of a part of the drift. */
  readonly change: CurvatureChange;
  /** (eta/4) Tr C, nat; (eta/4) Σ C_ii ln lambda_i over the directions across. PER BATCH of this setting. */
  readonly proportional: Estimate;
  readonly logarithmic: number;
  /** Forces along the drift, positive forwards, nat/weight: that of the noise by [V3] and that of the gradient. */
  readonly noiseForce: number;
  readonly gradientForce: number;
}

/** Holds the confidence of the outputs on the training samples, and the test loss at the best temperature found there. */
export interface SolutionConfidence extends Confidence {
  readonly testLoss?: number;
}

/** Names how a training ended. */
export type Outcome = 'reached' | 'not reached' | 'diverged';

/** Holds one network, trained with one setting to the common training loss. */
export interface SolutionResult extends CellHead, NoiseSetting {
  readonly kind: 'solution';
  readonly outcome: Outcome;
  readonly stepsPerEpoch: number;
  /** At the solution, or where the run ended. */
  readonly epochs: number;
  readonly steps: number;
  /** Over the whole training set. */
  readonly loss: number;
  readonly errors: number;
  readonly test?: TestResult;
  readonly path: readonly PathPoint[];
  readonly flatness?: SolutionFlatness;
  readonly confidence?: SolutionConfidence;
  readonly valley?: ValleyMeasures;
  readonly floor?: FloorSolution;
}

/** Holds a short run at one learning rate. */
export interface Probe {
  readonly learningRate: number;
  /** Largest mean of `window` consecutive minibatch losses; Infinity when training diverged. */
  readonly peak: number;
  /** Loss over the samples after the last step. */
  readonly end: number;
}

/** Holds the predicted ceilings of the learning rate, for one batch size. */
export interface CeilingPrediction {
  /** 2/h_max. */
  readonly edge: number;
  /** [V4] along the top eigenvector, and the least over all measured directions. */
  readonly meanSquare: number;
  readonly meanSquareLeast: number;
  /** Solution of E ln|1 − eta l| = 0 along the top eigenvector. */
  readonly almostSure: number;
  /** With the directions coupled by minibatches. */
  readonly coupled: number;
}

/** Holds a scan of learning rates from one start with one batch size. */
export interface CeilingScan {
  readonly start: 'initial' | 'trained';
  readonly batchSize: number;
  /** Loss at the start. */
  readonly loss: number;
  readonly curvature: Estimate;
  /** Var of the top curvature PER BATCH. */
  readonly variance: Estimate;
  readonly predicted: CeilingPrediction;
  /** In the order of learning rate. */
  readonly probes: readonly Probe[];
}

/** Holds the onset of divergence, from two starts and for several batch sizes. */
export interface CeilingResult extends CellHead {
  readonly kind: 'ceiling';
  readonly classes: number;
  readonly scans: readonly CeilingScan[];
}

/** Holds the result of a cell. */
export type NetworkCell = SolutionResult | CeilingResult;

/** Holds everything that the report is made from. */
export interface NetworkInput {
  readonly settings: readonly NoiseSetting[];
  /** The training loss at which all solutions are compared. */
  readonly targetLoss: number;
  readonly maxEpochs: number;
  readonly seeds: readonly number[];
  readonly widths: readonly number[];
  readonly dataset: string;
  /** Samples of the training set, and those of Hessian measures. */
  readonly trainingSamples: number;
  readonly measuredSamples: number;
  /** The mean of 1 − Σ p² of the comparison at equal confidence. */
  readonly spread?: number;
  readonly ceiling: { readonly steps: number; readonly window: number; readonly samples: number };
  readonly cells: readonly NetworkCell[];
}
