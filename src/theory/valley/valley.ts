/**
 * The degenerate valley of valley2023: L(x, y) = L0(x) + lambda(x) y²/2. docs/theory [V1], [V2].
 *
 * x is the coordinate along the floor y = 0, lambda the curvature across it, F = 1/√lambda its width ("flatness" up to a
 * constant).
 */
import { numericalGradient } from '../../model/function-surface.js';
import { check } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';

/** Gives a function of one coordinate with its derivative. */
export interface Curve {
  at(x: number): number;
  slope(x: number): number;
}

/** Says what a {@link Curve} needs. */
export const CURVE_WANTS = is.shape<Curve>({ at: is.func, slope: is.func });

/** Describes a valley by the loss on its floor and the curvature across it. */
export interface Valley {
  /** L0, nat. */
  readonly floor: Curve;
  /** lambda > 0, nat/weight². */
  readonly curvature: Curve;
}

/** Says what a {@link Valley} needs. */
export const VALLEY_WANTS = is.shape<Valley>({ floor: CURVE_WANTS, curvature: CURVE_WANTS });

/** Describes a curve as a constant number, a function (whose derivative `numericalSlope` computes), or both. */
export type CurveInput = number | ((x: number) => number) | Curve;

/** Makes a curve of a number, a function or a curve. */
export function curve(input: CurveInput): Curve {
  if (typeof input === 'number') return { at: () => input, slope: () => 0 };
  if (typeof input === 'function') return { at: input, slope: (x) => numericalSlope(input, x) };
  return input;
}

/** Makes a valley of its floor L0 and its curvature lambda. docs/theory [V1]. */
export function valley(floor: CurveInput, curvature: CurveInput): Valley {
  is.given(
    'valley',
    { floor, curvature },
    {
      floor: is.either(is.finite, CURVE_WANTS, is.func),
      curvature: is.either(is.finite, CURVE_WANTS, is.func),
    },
  );
  return { floor: curve(floor), curvature: curve(curvature) };
}

/**
 * Returns the five-point difference of `numericalGradient` in one coordinate: its error is about 1e-12 for smooth functions of
 * order 1.
 */
export function numericalSlope(f: (x: number) => number, x: number): number {
  return numericalGradient((w) => f(w[0]), [x])[0];
}

/**
 * Returns F = 1/√lambda at x, in weight·nat^−½.
 * @throws InputError where the curvature is not positive: there is no valley there
 */
export function flatnessAt(v: Valley, x: number): number {
  is.given('flatnessAt', { v, x }, { v: VALLEY_WANTS, x: is.finite });
  return 1 / Math.sqrt(curvatureAt(v.curvature, x));
}

/**
 * Returns lambda(x), nat/weight².
 * @throws InputError where it is not positive and finite
 */
export function curvatureAt(curvature: Curve, x: number): number {
  const value = curvature.at(x);
  check(
    value > 0 && value < Number.POSITIVE_INFINITY,
    'no-valley',
    () => `a valley has a positive curvature across it everywhere; at x = ${x} it is ${value}.`,
  );
  return value;
}
