/** What the cells of the study of the valley on real networks leave, one JSON document each; what its report draws. docs/theory §6. */

import type { SolutionFlatness } from '../../../analyse/landscape/solution-flatness.js';
import type { CurvatureChange, ValleyDirection } from '../../../analyse/landscape/valley-coordinates.js';
import type { Estimate } from '../../../numeric/estimate.js';

/** A learning rate and a batch size. */
export interface NoiseSetting {
  readonly learningRate: number;
  readonly batchSize: number;
}

export const settingName = ({ learningRate, batchSize }: NoiseSetting): string => `eta${learningRate}-B${batchSize}`;

/** Strength of the noise: eta/B. Rounded, so that settings with the same have the same. */
export const noiseStrength = ({ learningRate, batchSize }: NoiseSetting): number =>
  Number((learningRate / batchSize).toPrecision(9));

interface CellHead {
  readonly format: 'thermograd valley-network cell';
  readonly seed: number;
  readonly cell: string;
  readonly seconds: number;
}

/** A look at a run under way. */
export interface PathPoint {
  readonly epoch: number;
  readonly step: number;
  /** Over the whole training set. */
  readonly loss: number;
  /** Tr H over the first samples of `track`; NaN where it was not looked at. */
  readonly trace: number;
}

export interface TestResult {
  readonly loss: number;
  readonly errors: number;
  readonly count: number;
}

/** The mean of the weights over an epoch: where the valley is below the fluctuations. */
export interface FloorSolution {
  readonly epoch: number;
  readonly loss: number;
  readonly test: TestResult;
  readonly trace: Estimate;
  readonly noiseTrace: Estimate;
  readonly top: Estimate;
}

/** lambda, C and curvature variance along and across the valley, with C and Var PER SAMPLE. */
export interface ValleyMeasures {
  /** Along the top eigenvectors, steepest first. */
  readonly across: readonly ValleyDirection[];
  /** Along the weights' way over the last quarter of the steps. */
  readonly drift: ValleyDirection;
  /** Along random unit vectors of the whole network. */
  readonly random: readonly ValleyDirection[];
  /** kappa = mean of C across over C along the drift, and over the mean along random directions. */
  readonly anisotropyDrift: Estimate;
  readonly anisotropyRandom: Estimate;
  /** Length of the drift, weight. */
  readonly driftLength: number;
  /** Curvatures across at the ends of a part of the drift. */
  readonly change: CurvatureChange;
  /** (eta/4) Tr C, nat; (eta/4) Σ C_ii ln lambda_i over the directions across. PER BATCH of this setting. */
  readonly proportional: Estimate;
  readonly logarithmic: number;
  /** Along the drift, positive onwards: what the noise does by [V3] and what the gradient does, nat/weight. */
  readonly noiseForce: number;
  readonly gradientForce: number;
}

export type Outcome = 'reached' | 'not reached' | 'diverged';

/** One network trained with one setting until the training loss is that of all others. */
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
  readonly valley?: ValleyMeasures;
  readonly floor?: FloorSolution;
}

/** A short run at one learning rate. */
export interface Probe {
  readonly learningRate: number;
  /** Largest mean of `window` consecutive minibatch losses; Infinity where the numbers ended. */
  readonly peak: number;
  /** Loss over the samples after the last step. */
  readonly end: number;
}

/** Learning rates that theory allows, for one batch size. */
export interface CeilingPrediction {
  /** 2/h_max. */
  readonly edge: number;
  /** [V4] along the top eigenvector, and the least over all directions looked at. */
  readonly meanSquare: number;
  readonly meanSquareLeast: number;
  /** Where E ln|1 − eta l| = 0 along the top eigenvector. */
  readonly almostSure: number;
  /** With the directions coupled by minibatches. */
  readonly coupled: number;
}

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

/** Where divergence begins, from two starts and for several batch sizes. */
export interface CeilingResult extends CellHead {
  readonly kind: 'ceiling';
  readonly classes: number;
  readonly scans: readonly CeilingScan[];
}

export type NetworkCell = SolutionResult | CeilingResult;

/** Everything the report is made from. */
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
  readonly ceiling: { readonly steps: number; readonly window: number; readonly samples: number };
  readonly cells: readonly NetworkCell[];
}
