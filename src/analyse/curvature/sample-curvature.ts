/**
 * Curvature of every sample's own loss along given directions of the WHOLE network, exact, without any P×P matrix.
 *
 *     u_iᵀ H_k u_j = t_i·A t_j + Σ_{l>1} (p_il·r_j,l−1 + p_jl·r_i,l−1) + Σ_{tanh} f″ ∂ℓ/∂h t_i t_j
 *
 * where, along u_i with the block U_l in layer l, t_i are the derivatives of the pre-activations (of the outputs in the first
 * term), r_il those of the activations, p_il = U_lᵀ delta_l, and A is as in tangents.ts. The second term comes from directions
 * in several layers: the outputs are products of the layers' weights. It follows from two derivatives of z_l = W_l h_{l−1} +
 * b_l, summed from the top with delta_l, of which only the bilinear terms remain beside A and f″.
 *
 * The moments of a minibatch's curvature follow at EVERY batch size, since a minibatch's curvature is the mean of its samples'.
 */
import { check } from '../../numeric/errors.js';
import { pairIndex } from '../../numeric/linalg/index.js';
import * as is from '../../numeric/wants.js';
import { BLOCK, type NetworkPasses, type States } from '../../surface/network/passes.js';
import { type PlacedVector, putVector } from '../../surface/network/passes-kernel.js';
import { placeOnce } from '../../surface/network/placed.js';
import { forwardTangent, outputCurvature } from '../../surface/network/tangents.js';

/** Holds the curvature of every sample's own loss in the span of k directions. */
export interface SampleCurvature {
  /** Directions, k. */
  readonly directions: number;
  /** N×pairs: u_iᵀ H_s u_j of sample s at s·pairs + `pairIndex(i, j)`. */
  readonly values: Float64Array;
  /** k(k+1)/2. */
  readonly pairs: number;
  /** N. */
  readonly samples: number;
}

/** Returns u_iᵀ H_s u_i of every sample s; length N. */
export function curvatureAlong({ values, pairs, samples }: SampleCurvature, i: number): Float64Array {
  const at = pairIndex(i, i);
  return Float64Array.from({ length: samples }, (_, s) => values[s * pairs + at]);
}

/**
 * Computes u_iᵀ H_s u_j of every sample s and every pair of directions. Costs a forward pass for each direction and
 * k²·(outputs + 2·Σ hidden widths) multiplications for each sample, 9 Gflop for 784-50-50-10 over MNIST with k = 10;
 * 8·N·k(k+1)/2 bytes of memory.
 * @param directions - each of the network's P components, flat in PyTorch's order; not normalised here
 * @throws InputError for no direction, or one of another length
 */
export function sampleCurvature(passes: NetworkPasses, directions: readonly Float64Array[]): SampleCurvature {
  is.given(
    'sampleCurvature',
    { passes, directions },
    { passes: is.having('a NetworkPasses', 'losses'), directions: is.listOf(is.numbers) },
  );
  const k = directions.length;
  check(
    k >= 1 && directions.every((d) => d.length === passes.size),
    'direction-size',
    () =>
      `directions of this network have ${passes.size} components; got ${directions.map((d) => d.length).join(', ') || 'none'}.`,
  );
  const { arena, kernel, layers } = passes;
  const placed = directions.map((d, i) => {
    const v = placeOnce(passes, `direction ${i}`);
    putVector(arena, layers, v, d);
    return v;
  });
  const hidden = layers.slice(0, -1).reduce((sum, l) => sum + l.outputs, 0);
  const bend = passes.kind === 1;
  const units = passes.classes + hidden + (bend ? hidden : 0);
  const place = (name: string) => directions.map((_, i) => passes.scratch(`${name} ${i}`, units * BLOCK));
  const [left, right] = [place('sample-left'), place('sample-right')];
  const sums = passes.scratch('sample-sums', BLOCK);
  const pairs = (k * (k + 1)) / 2;
  const samples = passes.samples.count;
  const values = new Float64Array(samples * pairs);
  for (let b = 0; b < passes.blocks; b++) {
    const states = passes.block(b);
    passes.placeBlockOrder(b);
    for (let i = 0; i < k; i++) factors(passes, states, placed[i], left[i], right[i], bend);
    for (let i = 0; i < k; i++) {
      for (let j = 0; j <= i; j++) {
        const sum = arena.f64(sums, BLOCK).fill(0);
        kernel.dotColumns(left[i], right[j], units, BLOCK, sums);
        if (i !== j) kernel.dotColumns(left[j], right[i], units, BLOCK, sums);
        const scale = i === j ? 1 : 0.5;
        for (let s = 0, o = b * BLOCK * pairs + pairIndex(i, j); s < states.count; s++, o += pairs)
          values[o] = scale * sum[s];
      }
    }
  }
  return { directions: k, values, pairs, samples };
}

/**
 * Computes columns x, y of one direction with u_iᵀ H u_j = ½(x_i·y_j + x_j·y_i): x = (t_L, r, t), y = (A t_L, 2p, f″ ∂ℓ/∂h t).
 */
function factors(
  passes: NetworkPasses,
  states: States,
  direction: PlacedVector,
  left: number,
  right: number,
  bend: boolean,
): void {
  const { arena, kernel, layers, classes } = passes;
  const last = layers.length - 1;
  const { t, rh } = forwardTangent(passes, states, direction, 0, false);
  const copy = (from: number, to: number, length: number) => arena.f64(to, length).set(arena.f64(from, length));
  copy(t[last], left, classes * BLOCK);
  outputCurvature(passes, states, t[last], right);
  let at = 8 * classes * BLOCK;
  for (let l = 1; l <= last; l++) {
    const length = layers[l].inputs * BLOCK;
    copy(rh[l - 1]!, left + at, length);
    passes.times(l, direction.weights[l], states.delta[l], right + at, 0, true);
    const p = arena.f64(right + at, length);
    for (let e = 0; e < length; e++) p[e] *= 2;
    at += 8 * length;
    if (!bend) continue;
    copy(t[l - 1], left + at, length);
    arena.f64(right + at, length).fill(0);
    kernel.addBend(states.h[l - 1], states.delta[l - 1], t[l - 1], right + at, length);
    at += 8 * length;
  }
}
