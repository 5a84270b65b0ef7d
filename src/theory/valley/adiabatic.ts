/**
 * Motion along the valley alone, with the fast coordinate across it eliminated. docs/theory [V2], derived.
 *
 * dx = −(L0' + lambda' y²/2) dt + √(2 D_x(x)) dW,   dy = −lambda y dt + √(2 D_y(x)) dW'        (Itô, time in eta·steps)
 *
 * If y relaxes (rate lambda) before x moves, y is normal about 0 with ⟨y²⟩ = D_y/lambda at each x, and averaging the generator
 * of x over it gives, with no further Itô term because neither D_x nor D_y depends on y,
 *
 *     dx = f dt + √(2 D_x) dW,    f = −L0' − (D_y/2) d ln lambda/dx.
 *
 * Zero current, (D_x P)' = f P, gives the marginal P ∝ (1/D_x) exp ∫ f/D_x: the factor 1/D_x is Itô's. The floor density is
 * P(x)·P(y = 0 | x) ∝ P √(lambda/D_y). With constant D_x and D_y = kappa D_x: marginal ∝ e^{−L0/D_x} F^kappa, floor
 * ∝ e^{−L0/D_x} F^{kappa−1}.
 *
 * The leading term that this neglects is the slow fluctuation of y² about its mean (variance 2⟨y²⟩², correlation time 1/(2
 * lambda)), which adds to D_x the diffusion lambda'² D_y²/(4 lambda³); its share of D_x is `separation`.
 */
import { check } from '../../numeric/errors.js';
import { wholePower } from '../../numeric/power.js';
import { integral } from '../../numeric/quadrature.js';
import * as is from '../../numeric/wants.js';
import type { LangevinModel } from '../motion.js';
import type { DensityKind } from './effective-loss.js';
import { CURVE_WANTS, type Curve, type CurveInput, curvatureAt, curve, VALLEY_WANTS, type Valley } from './valley.js';

/** Describes a valley and its diffusion along and across. */
export interface AdiabaticInput {
  readonly valley: Valley;
  /** D_x(x) > 0, weight² per eta·step. */
  readonly along: CurveInput;
  /** D_y(x) > 0. */
  readonly across: CurveInput;
}

/** Says what an {@link AdiabaticInput} needs. */
export const ADIABATIC_INPUT_WANTS = is.shape<AdiabaticInput>({
  valley: VALLEY_WANTS,
  along: is.either(is.finite, CURVE_WANTS, is.func),
  across: is.either(is.finite, CURVE_WANTS, is.func),
});

/**
 * Gives the motion along the valley and its densities. Its functions throw InputError where lambda, D_x or D_y is not positive.
 */
export interface Adiabatic {
  /** Returns f(x), weight per eta·step. */
  drift(x: number): number;
  /** Returns D_x(x), weight² per eta·step. */
  diffusion(x: number): number;
  /** Returns ⟨y²⟩ = D_y/lambda at x, weight². */
  acrossVariance(x: number): number;
  /**
   * Returns lambda'² D_y²/(4 lambda³ D_x): the diffusion that the elimination neglects, over D_x. The elimination holds where
   * it is ≪ 1.
   */
  separation(x: number): number;
  /**
   * Returns the density at the points of a rising axis, normalised over it: Σ P·width = 1 with the widths of the trapezoid
   * rule.
   */
  density(axis: ArrayLike<number>, which: DensityKind): Float64Array;
  /** The effective one-dimensional motion, of the marginal. */
  readonly model: LangevinModel;
}

/** Eliminates the coordinate across a valley. docs/theory [V2]. */
export function adiabatic(input: AdiabaticInput): Adiabatic {
  is.given('adiabatic', { input }, { input: ADIABATIC_INPUT_WANTS });
  const { valley } = input;
  const along = curve(input.along);
  const across = curve(input.across);
  const lambda = (x: number) => curvatureAt(valley.curvature, x);
  const diffusion = (x: number) => positive(along, x, 'along');
  const transverse = (x: number) => positive(across, x, 'across');
  const drift = (x: number) => -valley.floor.slope(x) - (transverse(x) / 2) * (valley.curvature.slope(x) / lambda(x));
  return {
    drift,
    diffusion,
    acrossVariance: (x) => transverse(x) / lambda(x),
    separation: (x) => (valley.curvature.slope(x) * transverse(x)) ** 2 / (4 * wholePower(lambda(x), 3) * diffusion(x)),
    density(axis, which) {
      const log = zeroCurrent(drift, diffusion, axis);
      if (which === 'floor')
        for (let i = 0; i < log.length; i++) log[i] += 0.5 * Math.log(lambda(axis[i]) / transverse(axis[i]));
      return normalised(log, axis);
    },
    model: {
      size: 1,
      names: ['x'],
      drift: { outputs: 1, at: (p, out) => void (out[0] = drift(p[0])) },
      diffusion: { outputs: 1, at: (p, out) => void (out[0] = diffusion(p[0])) },
    },
  };
}

/**
 * Returns the logarithm of the density without current, (1/D) exp ∫ f/D, at the points of a rising axis, up to a constant.
 * @throws InputError for an axis of fewer than 2 points, or one that does not rise
 */
export function zeroCurrent(
  drift: (x: number) => number,
  diffusion: (x: number) => number,
  axis: ArrayLike<number>,
): Float64Array {
  check(axis.length >= 2, 'bad-axis', () => `a density needs an axis of at least 2 points; got ${axis.length}.`);
  const out = new Float64Array(axis.length);
  let sum = 0;
  for (let i = 0; i < axis.length; i++) {
    if (i > 0) {
      check(
        axis[i] > axis[i - 1],
        'bad-axis',
        () => `the axis of a density must rise; got ${axis[i - 1]}, ${axis[i]}.`,
      );
      sum += integral((x) => drift(x) / diffusion(x), axis[i - 1], axis[i]);
    }
    out[i] = sum - Math.log(diffusion(axis[i]));
  }
  return out;
}

/**
 * Returns the exponential of a logarithm of a density, normalised over the axis by the trapezoid rule.
 * @throws InputError where the logarithm is NaN or +Infinity
 */
export function normalised(log: ArrayLike<number>, axis: ArrayLike<number>): Float64Array {
  let top = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < log.length; i++) {
    check(
      !Number.isNaN(log[i]) && log[i] < Number.POSITIVE_INFINITY,
      'not-finite',
      () =>
        `a density must be finite along the whole axis, but at ${axis[i]} its logarithm is ${log[i]}; change the axis or the formulas.`,
    );
    top = Math.max(top, log[i]);
  }
  const out = Float64Array.from(log, (l) => Math.exp(l - top));
  let sum = 0;
  for (let i = 1; i < out.length; i++) sum += 0.5 * (out[i] + out[i - 1]) * (axis[i] - axis[i - 1]);
  return out.map((p) => p / sum);
}

function positive(c: Curve, x: number, which: string): number {
  const value = c.at(x);
  check(
    value > 0 && value < Number.POSITIVE_INFINITY,
    'bad-diffusion',
    () => `the diffusion ${which} the valley must be positive; at x = ${x} it is ${value}.`,
  );
  return value;
}
