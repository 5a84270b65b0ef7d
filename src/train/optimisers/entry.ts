/** What an optimiser consists of: the vectors that it keeps between steps, and its step. */
import type { CompleteOptimiser } from './spec.js';

/** The vectors of length P that optimisers keep: the buffer of the momentum (the mean gradient of Adam), the mean squared gradient. */
export type StateVector = 'momentum' | 'squares';

/** The vectors that an optimiser keeps; those that it has not are absent. All are zero before the first step. */
export type OptimiserState = Partial<Record<StateVector, Float64Array>>;

/** What changes from step to step. */
export interface StepNumbers {
  /** Number of the step, from 1. */
  readonly count: number;
  /** The learning rate of the step. */
  readonly rate: number;
}

/** Describes one optimiser. */
export interface OptimiserEntry {
  /** Returns which vectors it keeps. */
  vectors(o: CompleteOptimiser): readonly StateVector[];
  /**
   * Takes a step in float64, changing the weights and the state in place; the gradient is that of the data, already clipped. These
   * are PyTorch's formulas in PyTorch's order; the kernel computes the same from the constants of constants.ts.
   */
  step(o: CompleteOptimiser, w: Float64Array, g: ArrayLike<number>, state: OptimiserState, numbers: StepNumbers): void;
}

/** Shrinks the weights by decoupled decay, and returns the lambda that is added to the gradient (0 where decay is decoupled). */
export function applyDecay({ decoupled, weightDecay }: CompleteOptimiser, w: Float64Array, rate: number): number {
  if (!decoupled) return weightDecay;
  if (weightDecay > 0) for (let i = 0; i < w.length; i++) w[i] *= 1 - rate * weightDecay;
  return 0;
}
