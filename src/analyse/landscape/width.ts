/** What two crossings and the derivatives at the centre say about the valley along one direction. docs/theory [F1]–[F3]. */
import { InputError } from '../../numeric/errors.js';
import type { DirectionFlatness } from '../trajectory/results.js';
import type { Crossings } from './crossing.js';

/** Holds what was found along one direction. */
interface Found {
  readonly index: number;
  readonly variance: number;
  readonly crossings: Crossings;
  /** Derivatives of the loss at the centre. */
  readonly slope: number;
  readonly curvature: number;
  /** L0, and the level of the crossings in units of it. */
  readonly centre: number;
  readonly factor: number;
  readonly evaluations: number;
}

/** Makes the description of a valley from its crossings: F, the ratio to the width of the parabola, the asymmetry. */
export function widthOf(found: Found): DirectionFlatness {
  const { index, variance, slope, curvature, centre, factor, evaluations } = found;
  const { left, right } = found.crossings;
  const flatness = left === null || right === null ? null : right + left;
  const quadratic = 2 * Math.sqrt((2 * (factor - 1) * centre) / curvature);
  return {
    index,
    variance,
    left: left === null ? null : -left,
    right,
    flatness,
    open: left === null ? (right === null ? 'both' : 'left') : right === null ? 'right' : null,
    slope,
    curvature,
    quadraticRatio: flatness !== null && curvature > 0 ? flatness / quadratic : Number.NaN,
    asymmetry: flatness === null ? Number.NaN : (right! - left!) / flatness,
    evaluations,
  };
}

/** @throws InputError when the loss at the centre is zero or not finite: no width exists then */
export function checkCentreLoss(loss: number, factor: number): void {
  if (!(loss > 0 && loss < Number.POSITIVE_INFINITY)) {
    throw new InputError(
      'no-centre-loss',
      `flatness is the width at ${factor.toFixed(3)} times the loss at the centre; that loss is ${loss}, so no width is defined: choose another centre or stop training earlier.`,
    );
  }
}
