/** A `LossSurface` from functions, with a numerical gradient where none is given. */
import { check } from '../numeric/errors.js';
import * as is from '../numeric/wants.js';
import type { LossSurface } from './surface.js';

/** Holds the functions that `lossSurface` makes a surface of. */
export interface FunctionSurface {
  readonly size: number;
  readonly loss: (w: Float64Array) => number;
  /** Default: `numericalGradient` of the loss. */
  readonly gradient?: (w: Float64Array) => Float64Array;
}

/** Says what a {@link FunctionSurface} needs. */
export const FUNCTION_SURFACE_WANTS = is.shape<FunctionSurface>({
  size: is.count,
  loss: is.func,
  gradient: is.maybe(is.func),
});

/**
 * Makes a surface from functions.
 * @throws InputError unless `size` is a positive integer; later, when the loss is not finite where it is evaluated
 */
export function lossSurface(functions: FunctionSurface): LossSurface {
  is.given('lossSurface', { functions }, { functions: FUNCTION_SURFACE_WANTS });
  const { size, loss, gradient } = functions;
  check(Number.isInteger(size) && size >= 1, 'bad-size', () => `a surface has at least one weight; got ${size}.`);
  const finite = (w: Float64Array) => {
    const value = loss(w);
    check(
      Number.isFinite(value),
      'not-finite',
      () => `the loss must be finite where it is asked for; at (${Array.from(w).join(', ')}) it is ${value}.`,
    );
    return value;
  };
  return { size, loss: finite, gradient: gradient ?? ((w) => numericalGradient(finite, w)) };
}

/** eps^(1/5): there the truncation error of the difference equals its rounding error. */
const STEP = 7e-4;

/**
 * Approximates ∇L by five-point differences, (L(w−2h) − 8L(w−h) + 8L(w+h) − L(w+2h))/12h in each coordinate, h =
 * 7e-4·max(1, |w_i|). Error: h⁴/30 of the fifth derivative plus 1.5·2e-16·L/h, about 1e-12 for losses of order 1 that
 * vary on the scale of h/7e-4. Cost: four evaluations a coordinate.
 */
export function numericalGradient(loss: (w: Float64Array) => number, at: ArrayLike<number>): Float64Array {
  is.given('numericalGradient', { loss, at }, { loss: is.func, at: is.numbers });
  const w = Float64Array.from(at);
  return w.map((centre, i) => {
    const h = STEP * Math.max(1, Math.abs(centre));
    const moved = Float64Array.from(at);
    const value = (steps: number) => {
      moved[i] = centre + steps * h;
      return loss(moved);
    };
    return (value(-2) - 8 * value(-1) + 8 * value(1) - value(2)) / (12 * h);
  });
}
