/**
 * H and C1 of the recorded layer at the centre, over all samples, in the optimiser's own coordinates y = P^(−1/2) w: there they are
 * P^(1/2) (H + lambda) P^(1/2) and P^(1/2) C1 P^(1/2), for SGD H and C1 themselves. Small layers are measured whole; of a large one the
 * part in the span of its leading principal directions. docs/theory [S10], [O1].
 */
import { denseHessian } from '../../analyse/curvature/dense-block.js';
import { hessianBlock } from '../../analyse/curvature/hessian.js';
import { gradientCovariance } from '../../analyse/noise/noise.js';
import { denseCovariance } from '../../analyse/noise/surface-noise.js';
import type { Samples } from '../../data/dataset.js';
import { type AnyNetwork, isLayered, recordedBlock } from '../../model/any-network.js';
import type { NetworkSpec } from '../../model/network.js';
import { type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import { surfaceBlock, surfaceOf } from '../../runs/surface.js';
import { gather } from '../../surface/blocks.js';
import { NetworkPasses } from '../../surface/network/passes.js';
import type { Surface, SurfaceBlock } from '../../surface/surface.js';
import { inOwnCoordinates } from '../../theory/optimisers/own-coordinates.js';

/** Holds H and C1 of a layer in its own coordinates, n×n, and the gradient. */
export interface LayerMatrices {
  readonly hessian: Matrix;
  /** C1, PER SAMPLE. */
  readonly covariance: Matrix;
  /** Length n. */
  readonly gradient: Float64Array;
  /** |∇L| of all weights of the layer. */
  readonly gradientNorm: number;
  /** Full loss at the centre, with the L2 penalty. */
  readonly loss: number;
}

/** Names the network, its weights and samples, the layer, and the optimiser's part. */
export interface MatricesRequest {
  readonly network: AnyNetwork;
  readonly weights: Float32Array;
  readonly samples: Samples;
  readonly layer: string;
  /** Lambda of the L2 penalty. */
  readonly penalty: number;
  /** What decoupled decay adds to every curvature. */
  readonly decay: number;
  /** √P of the layer's weights; 1 where it is left out. */
  readonly root?: Float64Array;
  /** Called with what is computed, and the share of it all that is done. */
  readonly report?: (what: string, share: number) => void;
}

/** Bytes of per-sample states that one pass over a perceptron may keep. */
const CACHE = 256 * 2 ** 20;

/** Computes the matrices of a whole layer, exactly over all samples. */
export async function layerMatrices(request: MatricesRequest): Promise<LayerMatrices> {
  const { network, decay, root } = request;
  const { hessian, covariance, gradient, loss } = isLayered(network)
    ? await ofLayers(request)
    : ofPerceptron(network, request);
  const gradientNorm = lengthOf(gradient);
  const n = gradient.length;
  if (!root) {
    for (let i = 0; i < n; i++) hessian.data[i * (n + 1)] += decay;
    return { hessian, covariance, gradient, gradientNorm, loss };
  }
  const own = inOwnCoordinates(hessian, root);
  for (let i = 0; i < n; i++) own.data[i * (n + 1)] += decay;
  return {
    hessian: own,
    covariance: inOwnCoordinates(covariance, root),
    gradient: gradient.map((g, i) => g * root[i]),
    gradientNorm,
    loss,
  };
}

type OfWeights = Omit<LayerMatrices, 'gradientNorm'>;

function ofPerceptron(spec: NetworkSpec, request: MatricesRequest): OfWeights {
  const { weights, samples, layer, penalty, report } = request;
  const passes = new NetworkPasses({ spec, weights: Float64Array.from(weights), samples, cacheBytes: CACHE });
  report?.('gradient', 0);
  const { loss } = passes.gradient();
  report?.('noise of gradients', 0.05);
  const { covariance, mean } = gradientCovariance(passes, layer);
  const { hessian } = hessianBlock(passes, layer, {
    onProgress: (share) => report?.('Hessian', 0.5 + 0.5 * share),
  });
  if (penalty === 0) return { hessian, covariance, gradient: mean, loss };
  const n = mean.length;
  const { offset } = recordedBlock(spec, layer);
  for (let i = 0; i < n; i++) hessian.data[i * (n + 1)] += penalty;
  return {
    hessian,
    covariance,
    gradient: mean.map((g, i) => g + penalty * weights[offset + i]),
    loss: loss + 0.5 * penalty * weights.reduce((sum, w) => sum + w * w, 0),
  };
}

async function ofLayers(request: MatricesRequest): Promise<OfWeights> {
  const { surface, block, w } = surfaceFor(request);
  const told = (what: string, from: number, to: number) => ({
    onProgress: (share: number) => request.report?.(what, from + share * (to - from)),
  });
  const { loss, gradient } = await surface.gradient(w, undefined, told('gradient', 0, 0.05));
  const { hessian } = await denseHessian(surface, w, block, told('Hessian', 0.05, 0.8));
  const covariance = await denseCovariance(surface, w, block, { gradient, ...told('noise of gradients', 0.8, 1) });
  await surface.close();
  return { hessian, covariance, gradient: gather(block, gradient), loss };
}

function surfaceFor({ network, samples, layer, penalty, weights }: MatricesRequest): {
  surface: Surface;
  block: SurfaceBlock;
  w: Float64Array;
} {
  const block = surfaceBlock(recordedBlock(network, layer));
  return { surface: surfaceOf(network, samples, penalty), block, w: Float64Array.from(weights) };
}

/**
 * Computes the matrices in a span of the own coordinates. Costs a product with the Hessian and a projection of the gradients of all
 * samples for each of its directions.
 * @param span - k×P, orthonormal rows
 */
export async function spanMatrices(la: LinearAlgebra, request: MatricesRequest, span: Matrix): Promise<LayerMatrices> {
  const { decay, root } = request;
  const { rows: k, cols: P } = span;
  const { surface, block, w } = surfaceFor(request);
  const v = matrix(k, P, root ? span.data.map((x, at) => x * root[at % P]) : span.data);
  const told = (what: string, from: number, to: number) => ({
    onProgress: (share: number) => request.report?.(what, from + share * (to - from)),
  });
  const { loss, gradient } = await surface.gradient(w, undefined, told('gradient', 0, 0.05));
  const own = gather(block, gradient);
  const products = await surface.hessianVectors(w, block, v, undefined, told('Hessian', 0.05, 0.6));
  const forms = la.gemm(v, products, { transposeB: true });
  const hessian = matrix(k, k);
  for (let i = 0; i < k; i++)
    for (let j = 0; j < k; j++)
      hessian.data[i * k + j] = (forms.data[i * k + j] + forms.data[j * k + i]) / 2 + (i === j ? decay : 0);
  const slopes = la.gemm(matrix(1, P, own), v, { transposeB: true }).data;
  const each = await surface.projectedSampleGradients(w, block, v, undefined, told('noise of gradients', 0.6, 1));
  await surface.close();
  const away = matrix(
    each.rows,
    k,
    each.data.map((x, at) => x - slopes[at % k]),
  );
  const covariance = la.syrk(away, { transpose: true, alpha: 1 / each.rows });
  return { hessian, covariance, gradient: slopes, gradientNorm: lengthOf(own), loss };
}

const lengthOf = (x: Float64Array): number => Math.sqrt(x.reduce((s, v) => s + v * v, 0));

/** Makes rows orthonormal, in their order; a row that the earlier ones span is left out. */
export function orthonormal({ data, rows, cols }: Matrix): Matrix {
  const kept: Float64Array[] = [];
  for (let i = 0; i < rows; i++) {
    const x = data.slice(i * cols, (i + 1) * cols);
    const before = lengthOf(x);
    // twice, so that rounding leaves nothing
    for (const u of [...kept, ...kept]) {
      let c = 0;
      for (let j = 0; j < cols; j++) c += u[j] * x[j];
      for (let j = 0; j < cols; j++) x[j] -= c * u[j];
    }
    const length = lengthOf(x);
    if (length > 1e-9 * before) kept.push(x.map((v) => v / length));
  }
  const out = matrix(kept.length, cols);
  kept.forEach((x, i) => {
    out.data.set(x, i * cols);
  });
  return out;
}
