/**
 * Motion in a landscape of one or two dimensions: the models that every simulator takes. docs/theory [V1]–[V7].
 *
 * Time is in units of eta·steps (t = learning rate × steps), so that a gradient flow is x' = −∇L whatever the learning rate.
 *
 *     Langevin:       dx = f(x) dt + √(2 D(x)) dW                                 (Itô)
 *     Fokker-Planck:  ∂_t P = −∂_i (f_i P) + ∂_i ∂_j (D_ij P)                     (the same law, for the density)
 *     SGD:            x ← x − eta·g(x, n),  n standard normal numbers, new at each step
 *
 * They agree for small eta, f = −E g = −∇L and D = eta C/2, where C is the covariance of ONE minibatch gradient.
 */
import { EXPRESSION_WANTS, type Expression } from '../numeric/expression/expression.js';
import * as is from '../numeric/wants.js';

/** Gives a vector of functions of a point as code and, where it was written as formulas, also as expressions for the kernel. */
export interface Field {
  /** How many numbers `at` writes. */
  readonly outputs: number;
  /** Writes the values at a point. */
  at(point: ArrayLike<number>, out: Float64Array): void;
  /** The same as formulas, one for each output, in the variables that the model names. */
  readonly expressions?: readonly Expression[];
}

/** Says what a {@link Field} needs. */
export const FIELD_WANTS = is.shape<Field>({
  outputs: is.count,
  at: is.func,
  expressions: is.maybe(is.listOf(EXPRESSION_WANTS)),
});

/** Describes dx = f dt + √(2D) dW (Itô). Time is in eta·steps. */
export interface LangevinModel {
  readonly size: 1 | 2;
  /** Names of the coordinates, `x` or `x`, `y`. */
  readonly names: readonly string[];
  /** f: `size` outputs, weight per eta·step. */
  readonly drift: Field;
  /** D, symmetric ≥ 0: D_xx alone, or D_xx, D_xy, D_yy. weight² per eta·step. */
  readonly diffusion: Field;
  /** L, where f = −∇L (plus, for some models, a part that circulates). One output. */
  readonly loss?: Field;
}

/** Says what a {@link LangevinModel} needs. */
export const LANGEVIN_MODEL_WANTS = is.shape<LangevinModel>({
  size: is.oneOf(2, 1),
  names: is.listOf(is.text),
  drift: FIELD_WANTS,
  diffusion: FIELD_WANTS,
  loss: is.maybe(FIELD_WANTS),
});

/** Describes the map x ← x − eta·g(x, n), with new normal numbers n at each step. */
export interface SgdModel {
  readonly size: 1 | 2;
  readonly names: readonly string[];
  /** Gradient of one minibatch's loss at (coordinates…, n1, n2, …): `size` outputs. */
  readonly batchGradient: Field;
  /** How many standard normal numbers a step draws. */
  readonly normals: number;
  /** L, the mean over batches. One output. */
  readonly loss?: Field;
}

/** Says what a {@link SgdModel} needs. */
export const SGD_MODEL_WANTS = is.shape<SgdModel>({
  size: is.oneOf(2, 1),
  names: is.listOf(is.text),
  batchGradient: FIELD_WANTS,
  normals: is.whole,
  loss: is.maybe(FIELD_WANTS),
});
