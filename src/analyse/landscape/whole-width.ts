/**
 * Width of the loss valley along a direction of the WHOLE network. docs/theory [F1]–[F3].
 *
 * It is measured as by `FlatnessMeter`, but the pre-activations are not affine along a direction in several layers, so every
 * point of the line is a forward pass of all samples in float32.
 */

import { dot } from '../../numeric/operators/lanczos.js';
import type { NetworkPasses } from '../../surface/network/passes.js';
import { Trainer } from '../../train/trainer.js';
import { nearestCrossings } from './crossing.js';

/** Describes the width of the valley along one direction; displacements in weight. */
interface WholeWidth {
  /** F = right − left; null when a side is open. */
  readonly flatness: number | null;
  /** Nearest crossings left (negative) and right (positive) of the centre; null where that side is open. */
  readonly left: number | null;
  readonly right: number | null;
  /** F/(2√(2(e−1)L0/curvature)): 1 for a parabola. */
  readonly quadraticRatio: number;
}

/** Sets the level, the accuracy and the range of a width. */
interface WholeWidthOptions {
  /** Level of the crossings in units of the centre's loss; e by default (docs/theory [F1]). */
  readonly factor?: number;
  /** Relative tolerance of each crossing; 1e-3 by default. */
  readonly relativeTolerance?: number;
  /** Farthest displacement, in units of the norm of all weights; 3 by default. */
  readonly reach?: number;
}

/** Evaluates the mean loss of a whole network, and its valley's width along directions of all weights. */
export class WholeLine {
  /** L0, the mean loss at the weights of the passes, nat. */
  readonly centreLoss: number;
  private readonly trainer: Trainer;

  constructor(private readonly passes: NetworkPasses) {
    const { spec, samples } = passes;
    this.trainer = new Trainer({ spec, samples, learningRate: 1, batchSize: 1 });
    this.centreLoss = this.loss(passes.weights);
  }

  /** Returns the mean loss at these weights over the samples of the passes. Costs a forward pass in float32. */
  loss(weights: ArrayLike<number>): number {
    this.trainer.setWeights(Float32Array.from(weights));
    return this.trainer.evaluate().loss;
  }

  /**
   * Measures the width of the valley along a direction. Costs about ten to twenty forward passes. docs/theory [F1]–[F3].
   * @param direction - P components, a unit vector
   * @param slope - g·p at the centre, over the same samples
   * @param curvature - pᵀHp at the centre, over the same samples
   */
  width(direction: Float64Array, slope: number, curvature: number, options: WholeWidthOptions = {}): WholeWidth {
    const { factor = Math.E, relativeTolerance = 1e-3, reach = 3 } = options;
    const { weights } = this.passes;
    const centre = this.centreLoss;
    const at = (x: number) =>
      this.loss(Float32Array.from({ length: weights.length }, (_, i) => weights[i] + x * direction[i]));
    const { left, right } = nearestCrossings((xs) => xs.map(at), {
      centre,
      level: factor * centre,
      slope,
      curvature,
      relativeTolerance,
      cap: reach * Math.sqrt(dot(weights, weights)),
    });
    const flatness = left === null || right === null ? null : left + right;
    const quadratic = 2 * Math.sqrt((2 * (factor - 1) * centre) / curvature);
    return {
      flatness,
      left: left === null ? null : -left,
      right,
      quadraticRatio: flatness !== null && curvature > 0 ? flatness / quadratic : Number.NaN,
    };
  }
}
