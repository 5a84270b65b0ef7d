/**
 * Tr H of the whole network, layer by layer, exact over the samples and without random probes. docs/theory [S10].
 *
 *     Tr H = Σ_l (1/N) Σ_k Tr G_lk (|h_{l−1,k}|² + 1 with a bias),   G_lk = ∂²L_k/∂z_l∂z_l
 *
 * since a trace needs the diagonal blocks of the layers alone, and each is a sum of Kronecker products. With piecewise linear
 * units G is the Gauss-Newton matrix F Fᵀ, whose trace is Σ F².
 */
import { type Estimate, estimate } from '../../numeric/estimate.js';
import { mean, variance } from '../../numeric/statistics.js';
import { inputSquares } from '../../surface/network/norms.js';
import { BLOCK, type NetworkPasses } from '../../surface/network/passes.js';
import { middle, middleRank } from '../../surface/network/tangents.js';

/** Holds the trace of the Hessian, nat/weight². */
export interface HessianTrace {
  /** Over all weights and biases; the error is that of an estimate for the distribution that the samples were drawn from. */
  readonly trace: Estimate;
  /** The traces of the layers' blocks, by name; they add up to the whole. */
  readonly layers: readonly { readonly layer: string; readonly trace: Estimate }[];
}

/**
 * Computes Tr H over all samples. A sample costs classes·Σ_{l'>l} inputs·outputs multiplications for each layer l (tanh layers
 * more); a call costs about three gradients for 784-50-50-10.
 */
export function hessianTrace(passes: NetworkPasses): HessianTrace {
  const { layers, kernel, arena } = passes;
  const n = passes.samples.count;
  const inputs = inputSquares(passes.samples);
  const sums = passes.scratch('trace-sums', 2 * BLOCK);
  const own = layers.map(() => new Float64Array(n));
  for (let b = 0; b < passes.blocks; b++) {
    const states = passes.block(b);
    passes.placeBlockOrder(b);
    layers.forEach((layer, l) => {
      const { outputs } = layer;
      const { at } = middle(passes, states, l, 'exact');
      const rank = middleRank(passes, l, 'exact');
      const view = arena.f64(sums, 2 * BLOCK).fill(0);
      if (rank > 0) kernel.dotColumns(at, at, outputs * rank, BLOCK, sums);
      else {
        const g = arena.f64(at, outputs * outputs * BLOCK);
        for (let u = 0; u < outputs; u++)
          for (let s = 0; s < states.count; s++) view[s] += g[u * (outputs + 1) * BLOCK + s];
      }
      if (l > 0) kernel.dotColumns(states.h[l - 1], states.h[l - 1], layer.inputs, BLOCK, sums + 8 * BLOCK);
      const one = layer.biasOffset < 0 ? 0 : 1;
      for (let s = 0, k = b * BLOCK; s < states.count; s++, k++)
        own[l][k] = view[s] * ((l > 0 ? view[BLOCK + s] : inputs[k]) + one);
    });
  }
  const method = `exact sum over ${n} samples; error: these as a sample of their distribution`;
  const over = (x: Float64Array) => estimate(mean(x), Math.sqrt(variance(x, 1) / n), n, method);
  const whole = new Float64Array(n);
  for (const x of own) for (let k = 0; k < n; k++) whole[k] += x[k];
  return { trace: over(whole), layers: layers.map(({ name }, l) => ({ layer: name, trace: over(own[l]) })) };
}
