/**
 * A loss as a function of one flat weight vector: what a user's own model must offer, and all that most methods ask of it.
 *
 * Implementations leave their arguments alone and return fresh arrays.
 */
export interface LossSurface {
  /** Number of weights, P. */
  readonly size: number;
  /** L(w): mean over the samples, or the value of an analytic landscape. */
  loss(w: Float64Array): number;
  /** ∇L(w), length P. */
  gradient(w: Float64Array): Float64Array;
}
