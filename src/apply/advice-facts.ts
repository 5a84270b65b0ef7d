/**
 * The measured numbers that advice on learning rate and batch size is derived from, as plain data. docs/theory [A1], [A2],
 * [S9].
 */
import type { Estimate } from '../numeric/estimate.js';

/** Names an optimiser in advice. `momentum` of the point is then 1 − eta/eta_e, so that eta/(1−mu) is the effective rate [O1]. */
export interface AdviceOptimiser {
  /** Its type and settings in words: `adam, beta1 0.9, beta2 0.999`. */
  readonly words: string;
  /** The edge of stability as a formula of α. */
  readonly edge: string;
  /** Where its mean squared gradients come from; `none` without a preconditioner. */
  readonly squares: 'kept' | 'expected' | 'none';
  /** Weights with hardly any gradient, of whose P nothing is known. */
  readonly silent: number;
  /** lambda of an L2 penalty, which is part of the loss that was measured; 0 without. */
  readonly penalty: number;
}

/** Describes the setting that advice is about, and the state at which it was measured. */
export interface AdvicePoint {
  readonly learningRate: number;
  readonly momentum: number;
  readonly batchSize: number;
  readonly sampling: 'shuffled' | 'replaced';
  /** The optimiser, where it is another than SGD with that momentum. */
  readonly optimiser?: AdviceOptimiser;
  /** Training samples, N. */
  readonly samples: number;
  /** Weights, P. */
  readonly parameters: number;
  /** Training loss at the state. */
  readonly loss: number;
  /** Misclassified training samples; null for squared error. */
  readonly errors: number | null;
  /** Loss of the best constant output, the same for every input. */
  readonly constantLoss: number;
  /** The origin of the weights, in words. */
  readonly origin: string;
  /** Why the weights are probably not read as they were trained, where something suggests it. */
  readonly doubts?: readonly string[];
}

/** Holds a part of the measurement, or the reason why there is none. */
export type Measured<T> = { readonly facts: T } | { readonly refused: string };

/** Holds the gradient noise at a state. */
export interface NoiseFacts {
  /** |g|² of the mean loss over the training set: exact. */
  readonly squaredGradient: number;
  /** Tr C1; its error is for the distribution that the samples were drawn from. */
  readonly trace: Estimate;
  /** (Σ|g_k|²)²/Σ|g_k|⁴: the effective number of samples that make up the noise. */
  readonly carriers: number;
  /** Tr C1/|g|², in samples, of the training set: exact. */
  readonly ofSet: number;
  /** The same for the distribution, with |g|² corrected for the noise of N samples. */
  readonly ofDistribution: Estimate;
  /** Its 95 % interval; the upper limit is null where |g|² may be 0. */
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

/** Gives the ceiling of the learning rate at one batch size. */
export interface CeilingAt {
  readonly batchSize: number;
  readonly ceiling: Estimate;
}

/** Holds the curvature at a state and the ceilings of the learning rate that follow from it. */
export interface CurvatureFacts {
  /** Largest eigenvalue of the Hessian, error bounded by the Lanczos residual. */
  readonly top: Estimate;
  /** Lowest Ritz value, an upper bound of the lowest curvature. */
  readonly lowest: Estimate;
  /** Curvatures of the eigenvectors used, descending. */
  readonly curvatures: readonly number[];
  /** Number of gradients of hard samples among the directions. */
  readonly hardSamples: number;
  /** 2(1+mu)/h_max: the edge for the mean motion. */
  readonly edge: Estimate;
  /**
   * Along the top eigenvector: Var l/l² over minibatches of the given size, and the effective number of samples that make it
   * up.
   */
  readonly relativeVariance: Estimate;
  readonly carriers: number;
  /** Mean-square ceiling along the top eigenvector alone, [V4]. */
  readonly alongTop: number;
  /** In the span of all eigenvectors used, without the hard samples. */
  readonly eigenvectorsOnly: number;
  /** With half of the hard samples' directions. */
  readonly fewer: number;
  /** In the span of all directions, at the given batch size. */
  readonly ceiling: Estimate;
  /** The same over batch sizes, ascending. */
  readonly line: readonly CeilingAt[];
}

/** Holds measurements over a window of steps at the state. */
export interface WindowFacts {
  readonly epochs: number;
  readonly steps: number;
  /** ⟨w·g⟩ over (1+mu)/(2 eta) ⟨|v|²⟩. */
  readonly ratio: Estimate;
  /** Change of the minibatch loss over the window, by a straight line, relative to its mean. */
  readonly trend: Estimate;
  readonly meanLoss: number;
  /** Share of ⟨|v|²⟩ that is rounding of float32 weights. */
  readonly roundingShare: number;
}

/** Holds everything that advice is derived from. */
export interface AdviceFacts {
  readonly point: AdvicePoint;
  readonly noise: Measured<NoiseFacts>;
  readonly curvature: Measured<CurvatureFacts>;
  readonly window: Measured<WindowFacts>;
}

/** Returns the facts of a part, or undefined where it was refused. */
export const factsOf = <T>(m: Measured<T>): T | undefined => ('facts' in m ? m.facts : undefined);
