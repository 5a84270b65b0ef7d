/** The width of the loss valley along a direction. docs/theory [F1]. */
import { type SurfaceDirection, surfaceFlatness } from '../analyse/landscape/surface-flatness.js';
import { computed, estimate, missing } from '../numeric/estimate.js';
import * as is from '../numeric/wants.js';
import { formatNumber } from '../report/format.js';
import { REQUEST_WANTS, type RequestOptions, type SurfaceBlock } from '../surface/surface.js';
import { Measured } from './measured.js';
import { type DirectionsLike, directionsIn } from './places.js';
import type { Point } from './point.js';
import { watched } from './watched.js';

/** Sets the level, the accuracy and the range of a width, and says what a call may be stopped by. */
export interface FlatnessOptions extends RequestOptions {
  /** The loss at both ends, in units of that at the centre; e by default. */
  readonly factor?: number;
  /** Relative tolerance of each end; 1e-4 by default. */
  readonly tolerance?: number;
  /** Farthest displacement searched, in units of the norm of the block's weights; 10 by default. */
  readonly reach?: number;
}

const OPTIONS_WANTS = is.shape<FlatnessOptions>({
  factor: is.maybe(is.finite),
  tolerance: is.maybe(is.positive),
  reach: is.maybe(is.positive),
  ...REQUEST_WANTS,
});

/** Holds the width F = right − left of a valley, in units of the weights; NaN where a side stays below the level within reach. */
export class Flatness extends Measured {
  /** Where the loss crosses the level: negative and positive displacement; null where that side is open. */
  readonly left: number | null;
  readonly right: number | null;
  readonly open: 'left' | 'right' | 'both' | null;
  /** Loss at the centre. */
  readonly loss: number;
  /** Slope and curvature of the loss along the direction, at the centre. */
  readonly slope: number;
  readonly curvature: number;
  /** (right + left)/(right − left): 0 for a symmetric valley. */
  readonly asymmetry: number;

  constructor(
    d: SurfaceDirection,
    about: { loss: number; factor: number; tolerance: number; n: number; subset: boolean },
  ) {
    const { loss, factor, tolerance, n, subset } = about;
    const method = `distance of the points with ${formatNumber(factor, 4)} times the loss of the centre, ${n} samples`;
    super(
      d.flatness === null
        ? missing(`${method}; open on ${d.open === 'both' ? 'both sides' : `the ${d.open}`} within reach`)
        : subset
          ? estimate(d.flatness, d.flatnessError, n, `${method}; error: the subset`)
          : computed(d.flatness, tolerance * d.flatness, n, method),
    );
    this.left = d.left;
    this.right = d.right;
    this.open = d.open;
    this.loss = loss;
    this.slope = d.slope;
    this.curvature = d.curvature;
    this.asymmetry = d.asymmetry;
  }

  override toString(): string {
    if (this.open) return `open on ${this.open === 'both' ? 'both sides' : `the ${this.open}`}`;
    return `${super.toString()} (from ${formatNumber(this.left, 3)} to ${formatNumber(this.right, 3)})`;
  }
}

/** Measures widths; the result is one where one direction was given. */
export async function flatnessAt(
  { surface, weights, subset }: Point,
  block: SurfaceBlock,
  directions: DirectionsLike,
  options: FlatnessOptions,
): Promise<Flatness | Flatness[]> {
  is.given('at.flatness', { options }, { options: OPTIONS_WANTS });
  const { rows, single } = directionsIn('at.flatness', block, directions);
  const { factor = Math.E, tolerance = 1e-4, reach } = options;
  const found = await watched('at.flatness', options, (request) =>
    surfaceFlatness(surface, weights, block, rows, {
      factor,
      relativeTolerance: tolerance,
      ...(reach !== undefined && { reach }),
      ...(subset && { subset }),
      ...request,
    }),
  );
  const about = { loss: found.centreLoss, factor, tolerance, n: found.samples, subset: subset !== undefined };
  const all = found.directions.map((d) => new Flatness(d, about));
  return single ? all[0] : all;
}
