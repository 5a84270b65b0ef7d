/**
 * What a cell measures with, whatever network is trained by whatever optimiser: steps, widths, H and C. Perceptrons under SGD have kernels
 * of their own; everything else is measured through its surface. docs/theory [O1].
 */
import { denseHessian } from '../../analyse/curvature/dense-block.js';
import { FlatnessMeter } from '../../analyse/landscape/flatness.js';
import { surfaceFlatness } from '../../analyse/landscape/surface-flatness.js';
import { batchCovariance } from '../../analyse/noise/noise.js';
import { denseCovariance } from '../../analyse/noise/surface-noise.js';
import type { DirectionFlatness } from '../../analyse/trajectory/results.js';
import { type AnyNetwork, isLayered, recordedBlock } from '../../model/any-network.js';
import { type Matrix, matrix } from '../../numeric/linalg/matrix.js';
import type { Key } from '../../numeric/random.js';
import { penaltyOf } from '../../runs/optimiser.js';
import { guesses } from '../../runs/relation/layer.js';
import { CellSteps } from '../../runs/steps.js';
import { surfaceBlock, surfaceOf } from '../../runs/surface.js';
import type { Surface, SurfaceBlock } from '../../surface/surface.js';
import type { MovingCell } from './config.js';
import type { CellContext } from './context.js';
import { curvatureAlong, curvatureAt } from './curvature.js';
import type { WidthMeter } from './measure.js';
import type { Sampling } from './measured.js';

/** Relative tolerance of crossings that a surface is asked for; widths are fitted, with errors far above it. */
const TOLERANCE = 1e-3;

/** Measures a network of a cell. */
export interface Bench {
  /** The recorded weights: offset in the flat vector, and size. */
  readonly block: { readonly name: string; readonly offset: number; readonly size: number };
  steps(cell: MovingCell, key: Key, trainable?: readonly string[]): CellSteps;
  /** Makes a meter around these weights. */
  meter(weights: Float32Array): WidthMeter;
  /** H with the L2 penalty, and C per batch, P×P, in the weights. */
  curvatureAt(weights: Float32Array, sampling: Sampling): Promise<{ readonly hessian: Matrix; readonly noise: Matrix }>;
  /** Their diagonals along the rows of `directions`. */
  curvatureAlong(
    weights: Float32Array,
    sampling: Sampling,
    directions: Matrix,
  ): Promise<{ readonly curvature: Float64Array; readonly noise: Float64Array }>;
  /** The gradient of the loss with its penalty over the recorded weights. */
  gradientAt(steps: CellSteps, weights: Float32Array): Promise<Float64Array>;
}

/** Makes the bench of a cell. */
export function benchOf({ la, config, network, samples, weights }: CellContext): Bench {
  const { training, record } = config.base;
  const { batchSize } = training;
  const block = recordedBlock(network, record.layer);
  const steps: Bench['steps'] = (cell, key, trainable) =>
    new CellSteps({
      spec: network,
      samples,
      weights,
      layer: block,
      dynamics: cell,
      ...(cell.optimiser && { optimiser: cell.optimiser }),
      batchSize,
      ...(trainable && { trainable }),
      key,
    });
  const layer = block.name;
  if (!isLayered(network) && config.base.optimiser === undefined) {
    const place = (at: Float32Array, sampling: Sampling) => ({
      spec: network,
      weights: at,
      samples,
      layer,
      sampling,
      batchSize,
    });
    return {
      block,
      steps,
      meter: (at) => meterOf(new FlatnessMeter({ spec: network, weights: at, samples, layer })),
      curvatureAt: async (at, sampling) => curvatureAt(place(at, sampling)),
      curvatureAlong: async (at, sampling, directions) => curvatureAlong(la, place(at, sampling), directions),
      async gradientAt({ trainer }, at) {
        trainer.setWeights(at);
        return trainer.gradient().gradient.slice(block.offset, block.offset + block.size);
      },
    };
  }
  const lambda = penaltyOf(config.base);
  const surface = surfaceOf(network, samples, lambda);
  const own = surfaceBlock(block);
  const factor = (sampling: Sampling) =>
    batchCovariance(matrix(1, 1, Float64Array.of(1)), { batchSize, samples: samples.count, sampling }).data[0];
  return {
    block,
    steps,
    meter: (at) => surfaceMeter(surface, own, at),
    async curvatureAt(at, sampling) {
      const w = Float64Array.from(at);
      const { hessian } = await denseHessian(surface, w, own);
      const c1 = await denseCovariance(surface, w, own);
      const f = factor(sampling);
      return { hessian, noise: { ...c1, data: c1.data.map((v) => f * v) } };
    },
    async curvatureAlong(at, sampling, directions) {
      const w = Float64Array.from(at);
      const [k, P, N] = [directions.rows, directions.cols, samples.count];
      const products = await surface.hessianVectors(w, own, directions);
      const curvature = new Float64Array(k);
      for (let i = 0; i < k; i++)
        for (let j = i * P; j < (i + 1) * P; j++) curvature[i] += directions.data[j] * products.data[j];
      const { data } = await surface.projectedSampleGradients(w, own, directions);
      const [mean, square] = [new Float64Array(k), new Float64Array(k)];
      data.forEach((g, at) => {
        mean[at % k] += g / N;
        square[at % k] += (g * g) / N;
      });
      const f = factor(sampling);
      return { curvature, noise: square.map((s, i) => f * (s - mean[i] ** 2)) };
    },
    async gradientAt(_, at) {
      const { gradient } = await surface.gradient(Float64Array.from(at));
      return gradient.slice(block.offset, block.offset + block.size);
    },
  };
}

/** A meter of the kernel for perceptrons. */
function meterOf(meter: FlatnessMeter): WidthMeter {
  return {
    centreLoss: async () => meter.line.centreLoss,
    async measure(directions, ranks, variances) {
      const P = directions.cols;
      return ranks.map((index, k) => meter.measure(directions.data.subarray(k * P, (k + 1) * P), index, variances[k]));
    },
  };
}

function surfaceMeter(surface: Surface, block: SurfaceBlock, at: Float32Array): WidthMeter {
  const w = Float64Array.from(at);
  let centreLoss: number | undefined;
  const loss = async () => {
    centreLoss ??= (await surface.gradient(w)).loss;
    return centreLoss;
  };
  return {
    centreLoss: loss,
    async measure(directions, indices, variances): Promise<DirectionFlatness[]> {
      const { directions: found } = await surfaceFlatness(surface, w, block, directions, {
        relativeTolerance: TOLERANCE,
        centreLoss: await loss(),
        indices,
        variances,
        products: await guesses(surface, w, block, directions),
      });
      return [...found];
    },
  };
}

/** Returns the network that cells of a config train. */
export type CellNetwork = AnyNetwork;
