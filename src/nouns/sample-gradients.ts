/**
 * The gradients of single samples on a block as rows, one sample after another, so that C1 is the covariance of a table:
 *
 *     C1 = (1/n) Σ_k r_k r_kᵀ,   r_k = √(n c_k) (g_k − g)
 *
 * with the mean gradient g over ALL samples and c_k = 1/N, or the weights of a subset [F5]. docs/theory [S1].
 */
import type { RowSource } from '../analyse/trajectory/rows.js';
import { gather } from '../surface/blocks.js';
import { gradientRows, piecesOf } from '../surface/network/pieces.js';
import { oneSample, sampleWeights } from '../surface/subsets.js';
import type { RequestOptions, SurfaceBlock } from '../surface/surface.js';
import type { Point } from './point.js';

/** Samples whose rows are made at once where a model is asked for one gradient at a time. */
const TOGETHER = 64;

/**
 * Makes the rows r_k, n×P_b. A pass over them costs the gradients of all asked samples: a network of widths makes them from its states, any
 * other model is asked for one sample at a time.
 */
export async function centredGradients(point: Point, block: SurfaceBlock, request: RequestOptions): Promise<RowSource> {
  const { surface, weights, subset } = point;
  const P = block.size;
  const signal = request.signal ? { signal: request.signal } : {};
  const g = gather(block, (await surface.gradient(weights, undefined, signal)).gradient);
  const T = subset?.samples.length ?? surface.samples;
  const counts = subset && sampleWeights(subset).map((c) => Math.sqrt(T * c));
  const centred = (rows: Float64Array, first: number): Float64Array => {
    for (let at = 0; at < rows.length; at += P) {
      const scale = counts?.[first + at / P] ?? 1;
      for (let i = 0; i < P; i++) rows[at + i] = scale * (rows[at + i] - g[i]);
    }
    return rows;
  };
  const passes = subset ? undefined : point.passes();
  return {
    T,
    P,
    async *chunks() {
      if (passes) {
        const pieces = piecesOf(passes.layers, block);
        let first = 0;
        for (let b = 0; b < passes.blocks; b++) {
          const rows = gradientRows(passes, b, pieces, P);
          yield centred(rows, first);
          first += rows.length / P;
        }
        return;
      }
      for (let first = 0; first < T; first += TOGETHER) {
        const count = Math.min(TOGETHER, T - first);
        const rows = new Float64Array(count * P);
        for (let i = 0; i < count; i++) {
          const one = oneSample(subset?.samples[first + i] ?? first + i, surface.samples);
          rows.set(gather(block, (await surface.gradient(weights, one, signal)).gradient), i * P);
        }
        yield centred(rows, first);
      }
    },
  };
}
