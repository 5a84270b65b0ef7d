import * as is from '../numeric/wants.js';

/**
 * Evaluates a loss as a function of one flat weight vector. A user's own model must provide this, and most methods need
 * no more.
 *
 * Implementations do not change their arguments and return new arrays.
 */
export interface LossSurface {
  /** Number of weights, P. */
  readonly size: number;
  /** L(w): mean over the samples, or the value of an analytic landscape. */
  loss(w: Float64Array): number;
  /** ∇L(w), length P. */
  gradient(w: Float64Array): Float64Array;
}

/** Says what a {@link LossSurface} needs. */
export const LOSS_SURFACE_WANTS = is.shape<LossSurface>({ size: is.count, loss: is.func, gradient: is.func });
