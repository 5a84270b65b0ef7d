/**
 * The degenerate valley of valley2023: L(x, y) = L0(x) + lambda(x) y²/2. science.md [V1], [V2].
 *
 * x runs along the floor y = 0, lambda is the curvature across it, F = 1/√lambda its width ("flatness" up to a constant).
 */
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

/** Relative step of the difference: eps^(1/5), where truncation h⁴ f⁗'/30 and rounding 1.5 eps f/h are equal. */
const STEP = 7e-4;

/**
 * (f(x−2h) − 8f(x−h) + 8f(x+h) − f(x+2h))/12h with h = 7e-4·max(1, |x|): error about 1e-12 of f and of its fifth derivative,
 * whichever is larger, for functions that vary on the scale max(1, |x|).
 */
export function numericalSlope(f: (x: number) => number, x: number): number {
  const h = STEP * Math.max(1, Math.abs(x));
  return (f(x - 2 * h) - 8 * f(x - h) + 8 * f(x + h) - f(x + 2 * h)) / (12 * h);
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
