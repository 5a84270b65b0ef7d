/**
 * Width, curvature and asymmetry of the loss valley along directions of one layer. docs/theory [F1]–[F4].
 *
 *     F_i = δ_r − δ_l,   L(w0 + δ_{l,r} p_i) = e·L(w0)   with the crossings nearest to 0.
 *
 * Each direction is measured from the same centre over all samples, in float32 passes whose sums are float64; with many samples the
 * crossings are searched on a tenth of them and corrected on all. Results do not depend on which other directions are measured, or
 * in what order.
 */

import { SAMPLES_WANTS } from '../../data/dataset.js';
import { NETWORK_SPEC_WANTS } from '../../model/network.js';
import * as is from '../../numeric/wants.js';
import { LineLoss, type LineOptions } from '../../surface/network/line.js';
import type { DirectionFlatness } from '../trajectory/results.js';
import { type Crossings, nearestCrossings } from './crossing.js';
import { crossingsByParts } from './crossing-by-parts.js';
import { checkCentreLoss, widthOf } from './width.js';

/** Sets the level, the accuracy and the range of a width. */
export interface FlatnessOptions extends LineOptions {
  /** Level of the crossings in units of the centre's loss; e by default [F1]. */
  readonly factor?: number;
  /** Relative tolerance of each crossing; 1e-4 by default. */
  readonly relativeTolerance?: number;
  /** Farthest displacement searched, in units of the layer's weight norm at the centre; 10 by default. */
  readonly reach?: number;
}

/** Says what a {@link FlatnessOptions} needs. */
export const FLATNESS_OPTIONS_WANTS = is.shape<FlatnessOptions>({
  factor: is.maybe(is.finite),
  relativeTolerance: is.maybe(is.finite),
  reach: is.maybe(is.finite),
  spec: NETWORK_SPEC_WANTS,
  weights: is.float32,
  samples: SAMPLES_WANTS,
  layer: is.text,
});

/** Measures the loss valley along directions of one layer, all from the same centre. docs/theory [F1]–[F4]. */
export class FlatnessMeter {
  readonly line: LineLoss;
  readonly factor: number;
  readonly relativeTolerance: number;
  private readonly cap: number;
  /** Mean losses of the parts at the centre. */
  private readonly partCentres: readonly number[];

  /** @throws InputError when the loss at the centre is zero or not finite: no width exists then */
  constructor(options: FlatnessOptions) {
    is.given('new FlatnessMeter', { options }, { options: FLATNESS_OPTIONS_WANTS });
    this.line = new LineLoss({ ...options, ordered: true });
    this.partCentres = this.line.subsets.map((part) => part.losses([0])[0]);
    this.factor = options.factor ?? Math.E;
    this.relativeTolerance = options.relativeTolerance ?? 1e-4;
    const { block, centreLoss } = this.line;
    checkCentreLoss(centreLoss, this.factor);
    const own = options.weights.subarray(block.weightOffset, block.weightOffset + block.inputs * block.outputs);
    this.cap = (options.reach ?? 10) * Math.sqrt(own.reduce((sum, w) => sum + w * w, 0));
  }

  /**
   * Measures width, curvature and asymmetry along one unit vector.
   * @param direction - outputs·inputs components of the layer, PyTorch's order
   * @param index - rank of the direction, from 1
   * @param variance - its variance over the window, weight², copied into the result
   */
  measure(direction: ArrayLike<number>, index: number, variance: number): DirectionFlatness {
    is.given(
      'FlatnessMeter.measure',
      { direction, index, variance },
      { direction: is.numbers, index: is.whole, variance: is.number },
    );
    const { line, factor } = this;
    line.setDirection(direction);
    const before = line.evaluations;
    const { slope, curvature, ...crossings } = this.crossings();
    return widthOf({
      index,
      variance,
      crossings,
      slope,
      curvature,
      centre: line.centreLoss,
      factor,
      evaluations: line.evaluations - before,
    });
  }

  /**
   * Returns the loss at evenly spaced displacements that reach 1.5 times as far as the crossings (on an open side, as far as
   * the other crossing, or the farthest displacement searched when both are open).
   */
  profile(
    direction: ArrayLike<number>,
    index: number,
    points = 121,
  ): { index: number; displacement: number[]; loss: number[] } {
    is.given(
      'FlatnessMeter.profile',
      { direction, index, points },
      { direction: is.numbers, index: is.whole, points: is.count },
    );
    const { line } = this;
    line.setDirection(direction);
    const { left, right } = this.crossings();
    const [from, to] = [-1.5 * (left ?? right ?? this.cap), 1.5 * (right ?? left ?? this.cap)];
    const displacement = Array.from({ length: points }, (_, k) => from + ((to - from) * k) / (points - 1));
    return { index, displacement, loss: line.losses(displacement) };
  }

  /** Returns the crossings along the line, and the derivatives at the centre. */
  private crossings(): Crossings & { readonly slope: number; readonly curvature: number } {
    const { line, factor, relativeTolerance, cap } = this;
    const derivatives = line.derivatives();
    const all = { centre: line.centreLoss, ...derivatives, evaluate: (x: readonly number[]) => line.losses(x) };
    const options = { factor, relativeTolerance, cap };
    if (line.subsets.length === 0)
      return { ...derivatives, ...nearestCrossings(all.evaluate, { ...all, ...options, level: factor * all.centre }) };
    const parts = line.subsets.map((part, i) => ({
      centre: this.partCentres[i],
      // those of all samples are near enough but for the first, on which the search runs
      ...(i === 0 ? part.derivatives() : derivatives),
      evaluate: (x: readonly number[]) => part.losses(x),
    }));
    return { ...derivatives, ...crossingsByParts(all, parts, options) };
  }
}
