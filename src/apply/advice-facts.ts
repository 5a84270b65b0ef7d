/** What advice on learning rate and batch size is judged from: measured numbers, plain data. docs/theory [A1], [A2], [S9]. */
import type { Estimate } from '../numeric/estimate.js';

/** The setting that advice is asked about, and the state it is asked at. */
export interface AdvicePoint {
  readonly learningRate: number;
  readonly momentum: number;
  readonly batchSize: number;
  readonly sampling: 'shuffled' | 'replaced';
  /** Training samples, N. */
  readonly samples: number;
  /** Weights, P. */
  readonly parameters: number;
  /** Training loss at the state. */
  readonly loss: number;
  /** Loss of the best constant answer: what a network that computes nothing has. */
  readonly constantLoss: number;
  /** Where the weights come from, in words. */
  readonly origin: string;
}

/** A part of the measurement, or why there is none. */
export type Measured<T> = { readonly facts: T } | { readonly refused: string };

export interface NoiseFacts {
  /** |g|² of the mean loss over the training set: exact. */
  readonly squaredGradient: number;
  /** Tr C1; its error is for the distribution that the samples were drawn from. */
  readonly trace: Estimate;
  /** Tr C1/|g|², in samples, of the training set: exact. */
  readonly ofSet: number;
  /** The same of the distribution, |g|² freed of the noise of N samples. */
  readonly ofDistribution: Estimate;
  /** Its 95 % interval; the upper end is null where |g|² may be 0. */
  readonly interval: readonly [number, number | null];
  /** Tr(H C1)/(gᵀHg), of the training set. Refused where gᵀHg or Tr(H C1) is not positive. */
  readonly weighted: Estimate;
  /** gᵀHg over the training set. */
  readonly curvedGradient: number;
  /** The estimate from minibatches of two sizes, drawn with replacement. */
  readonly twoBatches: {
    readonly sizes: readonly [number, number];
    readonly counts: readonly [number, number];
    readonly squaredGradient: Estimate;
    readonly trace: Estimate;
    readonly scale: Estimate;
    readonly interval: readonly [number, number | null];
  };
}

export interface CeilingAt {
  readonly batchSize: number;
  readonly ceiling: Estimate;
}

export interface CurvatureFacts {
  /** Largest eigenvalue of the Hessian, error bounded by the Lanczos residual. */
  readonly top: Estimate;
  /** Lowest Ritz value: how negative the curvature gets at least. */
  readonly lowest: Estimate;
  /** Curvatures of the eigenvectors used, descending. */
  readonly curvatures: readonly number[];
  /** Gradients of hard samples among the directions. */
  readonly hardSamples: number;
  /** 2(1+mu)/h_max: the edge for the mean motion. */
  readonly edge: Estimate;
  /** Along the top eigenvector: Var l/l² over minibatches of the size asked, and how many samples carry it. */
  readonly relativeVariance: Estimate;
  readonly carriers: number;
  /** Mean-square ceiling along the top eigenvector alone, [V4]. */
  readonly alongTop: number;
  /** In the span of all eigenvectors used, without the hard samples. */
  readonly eigenvectorsOnly: number;
  /** With half of the hard samples' directions. */
  readonly fewer: number;
  /** In the span of all directions, at the batch size asked. */
  readonly ceiling: Estimate;
  /** The same over batch sizes, ascending. */
  readonly line: readonly CeilingAt[];
}

export interface WindowFacts {
  readonly epochs: number;
  readonly steps: number;
  /** ⟨w·g⟩ over (1+mu)/(2 eta) ⟨|v|²⟩. */
  readonly ratio: Estimate;
  /** Change of the minibatch loss over the window along a straight line, over its mean. */
  readonly trend: Estimate;
  readonly meanLoss: number;
  /** Share of ⟨|v|²⟩ that is rounding of float32 weights. */
  readonly roundingShare: number;
}

export interface AdviceFacts {
  readonly point: AdvicePoint;
  readonly noise: Measured<NoiseFacts>;
  readonly curvature: Measured<CurvatureFacts>;
  readonly window: Measured<WindowFacts>;
}

/** Facts of a measured part, or undefined. */
export const factsOf = <T>(m: Measured<T>): T | undefined => ('facts' in m ? m.facts : undefined);
