/** Squared norms of the samples' gradients and inputs. docs/theory [S10]. */
import type { Samples } from '../../data/dataset.js';
import { inputsOf } from '../../data/inputs.js';
import { BLOCK, type NetworkPasses } from './passes.js';

/** Says which of a layer's numbers count. */
interface Counted {
  readonly weights: boolean;
  readonly biases: boolean;
}

/**
 * Computes |g_k|² of every sample, Σ_l |delta_l|² (|h_{l−1}|² + 1 with a bias), over the whole network or the weights and biases
 * that count, layer by layer. Length N.
 */
export function squaredNorms(passes: NetworkPasses, counted?: readonly Counted[]): Float64Array {
  const { samples, layers, arena, kernel } = passes;
  const out = new Float64Array(samples.count);
  const sums = passes.scratch('norms', 2 * BLOCK);
  const inputs = inputSquares(samples);
  for (let b = 0; b < passes.blocks; b++) {
    const { h, delta, count } = passes.block(b);
    layers.forEach((layer, l) => {
      const { weights = true, biases = true } = counted?.[l] ?? {};
      const one = biases && layer.biasOffset >= 0 ? 1 : 0;
      if (!weights && !one) return;
      const view = arena.f64(sums, 2 * BLOCK).fill(0);
      kernel.dotColumns(delta[l], delta[l], layer.outputs, BLOCK, sums);
      if (l > 0 && weights) kernel.dotColumns(h[l - 1], h[l - 1], layer.inputs, BLOCK, sums + 8 * BLOCK);
      for (let s = 0; s < count; s++) {
        const square = weights ? (l > 0 ? view[BLOCK + s] : inputs[b * BLOCK + s]) : 0;
        out[b * BLOCK + s] += view[s] * (square + one);
      }
    });
  }
  return out;
}

/** Computes |x_k|² of every sample's input. Length N. */
export function inputSquares(samples: Samples): Float64Array {
  const out = new Float64Array(samples.count);
  const row = new Float32Array(samples.size);
  for (let s = 0; s < samples.count; s++) for (const x of inputsOf(samples, s, row)) out[s] += x * x;
  return out;
}
