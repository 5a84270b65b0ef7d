/**
 * The degenerate valley of valley2023: L(x, y) = L0(x) + lambda(x) y²/2. docs/theory [V1], [V2].
 *
 * x runs along the floor y = 0, lambda is the curvature across it, F = 1/√lambda its width ("flatness" up to a constant).
 */
import { numericalGradient } from '../../model/function-surface.js';
import { check } from '../../numeric/errors.js';

/** A function of one coordinate with its derivative. */
export interface Curve {
  at(x: number): number;
  slope(x: number): number;
}

export interface Valley {
  /** L0, nat. */
  readonly floor: Curve;
  /** lambda > 0, nat/weight². */
  readonly curvature: Curve;
}

/** A number is a constant; a function without its derivative gets the five-point difference of `numericalSlope`. */
export type CurveInput = number | ((x: number) => number) | Curve;

export function curve(input: CurveInput): Curve {
  if (typeof input === 'number') return { at: () => input, slope: () => 0 };
  if (typeof input === 'function') return { at: input, slope: (x) => numericalSlope(input, x) };
  return input;
}

export function valley(floor: CurveInput, curvature: CurveInput): Valley {
  return { floor: curve(floor), curvature: curve(curvature) };
}

/** The five-point difference of `numericalGradient` in one coordinate: error about 1e-12 for smooth functions of order 1. */
export function numericalSlope(f: (x: number) => number, x: number): number {
  return numericalGradient((w) => f(w[0]), [x])[0];
}

/** F = 1/√lambda. @throws InputError where the curvature is not positive: there is no valley there */
export function flatnessAt({ curvature }: Valley, x: number): number {
  return 1 / Math.sqrt(curvatureAt(curvature, x));
}

/** lambda(x), refused where it is not positive and finite. */
export function curvatureAt(curvature: Curve, x: number): number {
  const value = curvature.at(x);
  check(
    value > 0 && value < Number.POSITIVE_INFINITY,
    'no-valley',
    () => `a valley has a positive curvature across it everywhere; at x = ${x} it is ${value}.`,
  );
  return value;
}
