/**
 * The random landscape that minibatches see, on a block of any `Surface`. docs/theory [R1]–[R3].
 *
 * Each minibatch is asked for its own gradient and for the products of its own Hessian with the directions, so that curvature and
 * slope are as exact as the surface's verbs; what is made of them is in landscape.ts, the same for networks.
 */
import { type Matrix, row } from '../../numeric/linalg/index.js';
import { dot } from '../../numeric/operators/lanczos.js';
import * as is from '../../numeric/wants.js';
import { gather } from '../../surface/blocks.js';
import { SURFACE_WANTS } from '../../surface/check.js';
import {
  BLOCK_WANTS,
  REQUEST_WANTS,
  type RequestOptions,
  type Surface,
  type SurfaceBlock,
} from '../../surface/surface.js';
import { type BatchLandscape, type Landscape, landscapeOf, wholeBatches } from './landscape.js';

/** Chooses the minibatches of a random landscape. */
export interface SurfaceLandscapeOptions extends RequestOptions {
  /** Samples batch after batch, none twice in one batch: an epoch of `batchPlan`, or several; a last incomplete batch is left out. */
  readonly order: Uint32Array;
  readonly batchSize: number;
  /** Least M_ii^mu, in units of its mean, at which theta_i^mu enters the statistics; 0.1 by default. */
  readonly floor?: number;
}

const OPTIONS = is.shape<SurfaceLandscapeOptions>({
  order: is.order,
  batchSize: is.count,
  floor: is.maybe(is.finite),
  ...REQUEST_WANTS,
});

/**
 * Measures the random landscape along given directions of a block. Costs a gradient and k products with the Hessian of each
 * minibatch, in two requests.
 * @param directions - k×P_b, one unit direction a row
 * @throws InputError for fewer than 3 whole batches, a batch that names a sample twice, and a loss of 0
 */
export async function surfaceLandscape(
  surface: Surface,
  w: Float64Array,
  block: SurfaceBlock,
  directions: Matrix,
  options: SurfaceLandscapeOptions,
): Promise<Landscape> {
  is.given(
    'surfaceLandscape',
    { surface, w, block, directions, options },
    { surface: SURFACE_WANTS, w: is.numbers, block: BLOCK_WANTS, directions: is.matrix, options: OPTIONS },
  );
  const { order, batchSize, floor, signal, onProgress } = options;
  const k = directions.rows;
  const batches = wholeBatches(order, batchSize);
  const request = signal ? { signal } : {};
  const rows = Array.from({ length: k }, (_, i) => row(directions, i));
  const all: BatchLandscape[] = [];
  let sum = 0;
  for (let b = 0; b < batches; b++) {
    const samples = order.slice(b * batchSize, (b + 1) * batchSize);
    const subset = { samples, strata: [{ count: batchSize, of: surface.samples }] };
    const { loss, gradient } = await surface.gradient(w, subset, request);
    const products = await surface.hessianVectors(w, block, directions, subset, request);
    const g = gather(block, gradient);
    const curvature = new Float64Array(k * k);
    for (let i = 0; i < k; i++)
      for (let j = 0; j <= i; j++) {
        const form = (dot(rows[i], row(products, j)) + dot(rows[j], row(products, i))) / 2;
        curvature[i * k + j] = curvature[j * k + i] = form;
      }
    sum += loss / batches;
    all.push({ curvature, slope: Float64Array.from(rows, (p) => dot(g, p)) });
    onProgress?.((b + 1) / batches);
  }
  return landscapeOf({ all, loss: sum }, { directions: k, batchSize, floor });
}
