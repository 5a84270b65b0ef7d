/** H and C of the layer at a point, exact over all samples, and their diagonals along chosen directions. */
import { hessianBlock } from '../../analyse/curvature/hessian.js';
import { batchCovariance, gradientCovariance } from '../../analyse/noise/noise.js';
import type { Samples } from '../../data/dataset.js';
import type { NetworkSpec } from '../../model/network.js';
import { type Matrix, matrix } from '../../numeric/linalg/matrix.js';
import type { LinearAlgebra } from '../../numeric/linalg/provider.js';
import { BLOCK, NetworkPasses } from '../../surface/network/passes.js';
import { projectBlocks } from '../../surface/network/projection.js';
import type { Sampling } from './measured.js';

/** Names a network at given weights, the recorded layer, and how batches are drawn. */
interface Place {
  readonly spec: NetworkSpec;
  readonly weights: Float32Array;
  readonly samples: Samples;
  readonly layer: string;
  readonly sampling: Sampling;
  readonly batchSize: number;
}

/** Holds H and C of the layer. */
interface Curvature {
  /** P×P, mean over the samples. */
  readonly hessian: Matrix;
  /** C, covariance of the gradient of ONE BATCH, P×P. */
  readonly noise: Matrix;
}

/** Computes H and C of the layer as dense blocks; `hessianBlock` and `gradientCovariance` state the cost and memory. */
export function curvatureAt(place: Place): Curvature {
  const { samples, layer, sampling, batchSize } = place;
  const passes = passesAt(place);
  const { hessian } = hessianBlock(passes, layer);
  const { covariance } = gradientCovariance(passes, layer);
  return { hessian, noise: batchCovariance(covariance, { batchSize, samples: samples.count, sampling }) };
}

/** Holds the diagonals of H and C along directions. */
interface CurvatureAlong {
  readonly curvature: Float64Array;
  /** C_ii PER BATCH. */
  readonly noise: Float64Array;
}

/** Directions projected at once, so that the k² products of a sample cost less than its forward passes. */
const AT_ONCE = 32;

/** Computes H_ii and C_ii along the K rows of `directions`. About 2·N·P·K flops. */
export function curvatureAlong(la: LinearAlgebra, place: Place, directions: Matrix): CurvatureAlong {
  const { samples, layer, sampling, batchSize } = place;
  const passes = passesAt(place);
  const N = samples.count;
  const order = Uint32Array.from({ length: N }, (_, i) => i);
  const [curvature, noise] = [new Float64Array(directions.rows), new Float64Array(directions.rows)];
  const groups = Array.from({ length: Math.ceil(directions.rows / AT_ONCE) }, (_, g) => {
    const k = Math.min(AT_ONCE, directions.rows - g * AT_ONCE);
    const from = g * AT_ONCE * directions.cols;
    return {
      rows: matrix(k, directions.cols, directions.data.subarray(from, from + k * directions.cols)),
      curvature: new Float64Array(k * k),
      slope: new Float64Array(k),
      square: new Float64Array(k),
    };
  });
  // all groups of directions for a block of samples, so that its states are computed once
  for (let first = 0; first < N; first += BLOCK)
    for (const { rows, curvature, slope, square } of groups)
      projectBlocks(
        passes,
        layer,
        rows,
        order.subarray(first, Math.min(first + BLOCK, N)),
        'exact',
        (block) => {
          block.addCurvature(curvature, 0, block.count);
          for (let i = 0; i < rows.rows; i++)
            for (let s = i * BLOCK; s < i * BLOCK + block.count; s++) {
              slope[i] += block.slopes[s];
              square[i] += block.slopes[s] ** 2;
            }
        },
        la,
      );
  groups.forEach(({ rows: { rows: k }, curvature: sums, slope, square }, g) => {
    for (let i = 0; i < k; i++) {
      curvature[g * AT_ONCE + i] = sums[i * k + i] / N;
      noise[g * AT_ONCE + i] = square[i] / N - (slope[i] / N) ** 2;
    }
  });
  const factor = batchCovariance(matrix(1, 1, Float64Array.of(1)), { batchSize, samples: N, sampling }).data[0];
  return { curvature, noise: noise.map((v) => factor * v) };
}

/** States are computed twice instead of kept, which saves 0.2 GB in each worker. */
const passesAt = ({ spec, weights, samples }: Place) => new NetworkPasses({ spec, weights, samples, cacheBytes: 0 });
