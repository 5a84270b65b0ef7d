/**
 * The diagonal of a network's Fisher matrix, PER SAMPLE, exact over all samples. docs/theory [C2], [S10].
 *
 *     F_j = (1/N) Σ_k E_y[(∂ℓ_k(y)/∂w_j)²]
 *
 * `empirical`: y is the label of the sample. `true`: y is drawn from the model's own softmax, the expectation being the sum
 * over all classes, which equals the diagonal of the Gauss-Newton matrix Jᵀ(diag p − p pᵀ)J (squared error: of JᵀJ, unit
 * variance). The gradient of a dense layer is δ⊗h, so its square is δ²⊗h²: F of a layer is a sum of products of squares,
 * without an N×P array.
 */

import { background, inputsOf } from '../../data/inputs.js';
import { BLOCK, type NetworkPasses, type States } from './passes.js';
import { middle } from './tangents.js';

/**
 * Names a Fisher matrix: `empirical` takes the gradients at the labels of the samples, `true` the expectation over the model's
 * own predictions, summed over classes.
 */
export type FisherKind = 'empirical' | 'true';

/**
 * Computes the diagonal of the Fisher matrix, length P. Costs N·(nonzero inputs of every layer)·outputs multiplications, and
 * for `true` a backward pass for each class.
 */
export function fisherDiagonal(passes: NetworkPasses, kind: FisherKind): Float64Array {
  const { layers, samples, arena, size } = passes;
  const out = new Float64Array(size);
  for (let b = 0; b < passes.blocks; b++) {
    const states = passes.block(b);
    layers.forEach(({ inputs, outputs, weightOffset, biasOffset }, l) => {
      const squares = squaredDeltas(passes, states, l, kind);
      if (biasOffset >= 0)
        for (let i = 0; i < outputs; i++)
          for (let s = 0; s < states.count; s++) out[biasOffset + i] += squares[s * outputs + i];
      const h = l === 0 ? undefined : arena.f64(states.h[l - 1], inputs * BLOCK);
      const row = new Float32Array(inputs);
      // Σ x²δ² = Σ (x² − c²)δ² + c² Σ δ²: inputs that equal their background c cost nothing
      const c = l === 0 ? (background(samples) ?? row.slice()) : new Float32Array(inputs);
      const line = new Float64Array(outputs * inputs); // inputs×outputs: the inner loop runs over contiguous numbers
      for (let s = 0; s < states.count; s++) {
        if (l === 0) inputsOf(samples, b * BLOCK + s, row);
        for (let j = 0; j < inputs; j++) {
          const x = h ? h[j * BLOCK + s] : row[j];
          if (x === c[j]) continue;
          const x2 = x * x - c[j] * c[j];
          for (let i = 0, to = j * outputs, from = s * outputs; i < outputs; i++)
            line[to + i] += x2 * squares[from + i];
        }
      }
      for (let i = 0; i < outputs; i++) {
        let sum = 0;
        for (let s = 0; s < states.count; s++) sum += squares[s * outputs + i];
        for (let j = 0; j < inputs; j++)
          out[weightOffset + i * inputs + j] += Math.max(0, line[j * outputs + i] + c[j] * c[j] * sum);
      }
    });
  }
  for (let j = 0; j < size; j++) out[j] /= samples.count;
  return out;
}

/** Computes E_y[δ_i²] of every sample of a block, samples×outputs. */
function squaredDeltas(passes: NetworkPasses, states: States, l: number, kind: FisherKind): Float64Array {
  const { arena, layers } = passes;
  const { outputs } = layers[l];
  const out = new Float64Array(states.count * outputs);
  // middle: δ of class r, times √p_r, at [unit][r][sample]
  const { at, rank } = kind === 'true' ? middle(passes, states, l, 'gauss-newton') : { at: states.delta[l], rank: 1 };
  const factors = arena.f64(at, outputs * rank * BLOCK);
  for (let i = 0; i < outputs; i++)
    for (let r = 0; r < rank; r++)
      for (let s = 0, from = (i * rank + r) * BLOCK; s < states.count; s++)
        out[s * outputs + i] += factors[from + s] * factors[from + s];
  return out;
}
