/**
 * Width of the loss valley along a direction of the WHOLE network. docs/theory [F1]–[F3].
 *
 * As `FlatnessMeter`, where a direction of several layers has no affine pre-activations: every point of the line is a forward pass
 * of all samples in float32.
 */

import { dot } from '../../numeric/operators/lanczos.js';
import { Trainer } from '../../train/trainer.js';
import type { NetworkPasses } from '../curvature/passes.js';
import { nearestCrossings } from './crossing.js';

export interface WholeWidth {
  /** F = right + left; null when a side is open. */
  readonly flatness: number | null;
  readonly left: number | null;
  readonly right: number | null;
  /** F/(2√(2(e−1)L0/curvature)): 1 for a parabola. */
  readonly quadraticRatio: number;
}

export interface WholeWidthOptions {
  /** e by default. */
  readonly factor?: number;
  /** 1e-3 by default. */
  readonly relativeTolerance?: number;
  /** Farthest displacement, in units of the norm of all weights; 3 by default. */
  readonly reach?: number;
}

export class WholeLine {
  readonly centreLoss: number;
  private readonly trainer: Trainer;

  constructor(private readonly passes: NetworkPasses) {
    const { spec, samples } = passes;
    this.trainer = new Trainer({ spec, samples, learningRate: 1, batchSize: 1 });
    this.centreLoss = this.loss(passes.weights);
  }

  /** Mean loss at these weights, over the samples of the passes. */
  loss(weights: ArrayLike<number>): number {
    this.trainer.setWeights(Float32Array.from(weights));
    return this.trainer.evaluate().loss;
  }

  /**
   * @param direction - P components, a unit vector
   * @param slope - g·p and @param curvature - pᵀHp at the centre, over the same samples
   * Cost: some ten to twenty forward passes.
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
