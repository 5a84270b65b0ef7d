/**
 * Directional derivatives through a network, exact (Pearlmutter's R-operator), and the middle matrices of a layer.
 *
 *     t_l = V_l h_{l−1} + vb_l + W_l R{h_{l−1}},   R{h_l} = f′(z_l)∘t_l,   R{delta_L} = A t_L,
 *     R{delta_{l−1}} = f′∘(W_lᵀ R{delta_l} + V_lᵀ delta_l) + f″∘t_{l−1}∘∂L/∂h_{l−1},
 *     (H v)_l = mean over samples of R{delta_l} h_{l−1}ᵀ + delta_l R{h_{l−1}}ᵀ,
 *
 * where A = diag p − p pᵀ for softmax and 1 for squared error. The Gauss-Newton product keeps A and drops every term with delta.
 */

import { BLOCK, type NetworkPasses, type States } from './passes.js';
import { clearVector, type PlacedVector, putVector, takeVector } from './passes-kernel.js';
import { placeOnce } from './placed.js';

/**
 * Names a curvature: `exact` is the Hessian, `gauss-newton` is Jᵀ A J. They agree on a layer block when all units above are
 * piecewise linear (docs/theory [S10]).
 */
export type CurvatureKind = 'exact' | 'gauss-newton';

/** Gives the addresses of the tangents of one block along a vector, each [unit][BLOCK]. */
interface Tangent {
  /** t_l by layer number, from the first layer along which the vector is not zero. */
  readonly t: number[];
  /** R{h_l} by layer number; undefined below that layer. */
  readonly rh: (number | undefined)[];
}

/**
 * Computes t_l and R{h_l} of one block along a placed vector, from layer `from` up; with `only`, the vector counts in that
 * layer alone and without its bias.
 */
export function forwardTangent(
  passes: NetworkPasses,
  states: States,
  v: PlacedVector,
  from: number,
  only: boolean,
): Tangent {
  const { layers, kernel, kind, weightsAt } = passes;
  const t: number[] = [];
  const rh: (number | undefined)[] = [];
  for (let l = from; l < layers.length; l++) {
    const { outputs } = layers[l];
    t[l] = passes.scratch(`t${l}`, BLOCK * outputs);
    const below = rh[l - 1];
    const moves = l === from || !only;
    if (l === 0) passes.firstLayer(v, states.count, t[l]);
    else {
      kernel.fillRows(t[l], outputs, BLOCK, moves ? v.biases[l] : 0);
      if (moves) passes.times(l, v.weights[l], states.h[l - 1], t[l], 1);
      if (below !== undefined) passes.times(l, weightsAt.weights[l], below, t[l], 1);
    }
    if (l === layers.length - 1) break;
    const r = passes.scratch(`rh${l}`, BLOCK * outputs);
    passes.arena.f64(r, BLOCK * outputs).set(passes.arena.f64(t[l], BLOCK * outputs));
    kernel.timesSlope(kind, states.h[l], r, outputs, 1, BLOCK);
    rh[l] = r;
  }
  return { t, rh };
}

/** Computes out = A t, with zeros for padding samples. */
export function outputCurvature(passes: NetworkPasses, states: States, t: number, out: number): void {
  const { kernel, classes, arena } = passes;
  if (passes.spec.loss === 'cross-entropy')
    kernel.logisticTangent(states.p, t, classes, BLOCK, states.count, states.labels, out);
  else {
    arena.f64(out, classes * BLOCK).set(arena.f64(t, classes * BLOCK));
    kernel.clearPadding(out, classes, BLOCK, states.count);
  }
}

/**
 * Computes H v of the mean loss over all samples; v and the result are flat over the whole network, or over one layer's weights
 * (outputs×inputs). Costs about a forward and a backward pass, 1 to 2 gradients.
 */
export function hessianVector(
  passes: NetworkPasses,
  v: Float64Array,
  curvature: CurvatureKind,
  layer?: string,
): Float64Array {
  const { layers, kernel, kind, weightsAt, arena, size } = passes;
  const only = layer !== undefined;
  const from = only ? passes.layerIndex(layer) : 0;
  const { weightOffset } = layers[from];
  const direction = placeOnce(passes, 'direction');
  const result = placeOnce(passes, 'product');
  clearVector(arena, layers, result);
  if (only) {
    const flat = new Float64Array(size);
    flat.set(v, weightOffset);
    putVector(arena, layers, direction, flat);
  } else putVector(arena, layers, direction, v);
  const exact = curvature === 'exact';
  const last = layers.length - 1;
  const rdelta = layers.map((l, i) => (i < from ? 0 : passes.scratch(`rdelta${i}`, BLOCK * l.outputs)));
  for (let b = 0; b < passes.blocks; b++) {
    const states = passes.block(b);
    passes.placeBlockOrder(b);
    const { t, rh } = forwardTangent(passes, states, direction, from, only);
    outputCurvature(passes, states, t[last], rdelta[last]);
    for (let l = last; l >= from; l--) {
      if (!only || l === from) {
        passes.addOuter(l, rdelta[l], states.h[l - 1], states.count, result);
        const below = rh[l - 1];
        if (exact && below !== undefined) passes.addOuter(l, states.delta[l], below, states.count, result);
        if (layers[l].biasOffset >= 0 && !only) kernel.sumRows(rdelta[l], layers[l].outputs, BLOCK, result.biases[l]);
      }
      if (l === from) break;
      const { inputs } = layers[l];
      const x = rdelta[l - 1];
      passes.times(l, weightsAt.weights[l], rdelta[l], x, 0, true);
      if (exact && !only) passes.times(l, direction.weights[l], states.delta[l], x, 1, true);
      kernel.timesSlope(kind, states.h[l - 1], x, inputs, 1, BLOCK);
      if (exact && kind === 1) kernel.addBend(states.h[l - 1], states.delta[l - 1], t[l - 1], x, inputs * BLOCK);
    }
  }
  const flat = takeVector(arena, layers, result, size, 1 / passes.samples.count);
  return only ? flat.slice(weightOffset, weightOffset + v.length) : flat;
}

/**
 * Computes g_k·v of every sample along a vector of the whole network or of one layer's weights; length N. Costs a forward pass.
 */
export function sampleSlopes(passes: NetworkPasses, v: Float64Array, layer?: string): Float64Array {
  const { layers, arena, kernel, classes } = passes;
  const only = layer !== undefined;
  const from = only ? passes.layerIndex(layer) : 0;
  const direction = placeOnce(passes, 'direction');
  const flat = new Float64Array(passes.size);
  flat.set(v, only ? layers[from].weightOffset : 0);
  putVector(arena, layers, direction, flat);
  const sums = passes.scratch('slopes', BLOCK);
  const out = new Float64Array(passes.samples.count);
  const last = layers.length - 1;
  for (let b = 0; b < passes.blocks; b++) {
    const states = passes.block(b);
    passes.placeBlockOrder(b);
    const { t } = forwardTangent(passes, states, direction, from, only);
    arena.f64(sums, BLOCK).fill(0);
    kernel.dotColumns(states.delta[last], t[last], classes, BLOCK, sums);
    out.set(arena.f64(sums, states.count), b * BLOCK);
  }
  return out;
}

/** Gives the middle matrices of a block at one layer, G_k = ∂²L_k/∂z∂z (or their Gauss-Newton part), as factors or whole. */
interface Middle {
  /** rank > 0: F [unit][rank][BLOCK] with G = Σ_r F_r F_rᵀ. rank 0: G [unit][unit][BLOCK]. */
  readonly at: number;
  readonly rank: number;
}

/** Says whether exact middle matrices differ from the Gauss-Newton ones: in tanh networks for every layer but the last. */
export function hasBend(passes: NetworkPasses, layer: number): boolean {
  return passes.kind === 1 && layer < passes.layers.length - 1;
}

/** Returns the rank of the factors that `middle` gives for a layer: the outputs of the network, or 0 for whole matrices. */
export function middleRank(passes: NetworkPasses, layer: number, curvature: CurvatureKind): number {
  return curvature === 'exact' && hasBend(passes, layer) ? 0 : passes.classes;
}

/**
 * Computes the middle matrices of one layer for the samples of `states`, by
 *
 *     F_l = f′∘(W_{l+1}ᵀ F_{l+1}),   G_l = diag f′ W_{l+1}ᵀ G_{l+1} W_{l+1} diag f′ + diag(f″∘∂L/∂h_l).
 *
 * A sample costs classes·Σ_above inputs·outputs multiplications for factors; whole matrices cost
 * Σ_above (inputs·outputs² + inputs²·outputs).
 */
export function middle(passes: NetworkPasses, states: States, layer: number, curvature: CurvatureKind): Middle {
  const { layers, kernel, kind, classes, weightsAt } = passes;
  const rank = middleRank(passes, layer, curvature);
  const last = layers.length - 1;
  const logistic = passes.spec.loss === 'cross-entropy';
  let x = passes.scratch(`middle${last}`, BLOCK * classes * classes);
  if (!logistic) kernel.squaredMiddle(classes, BLOCK, states.count, x);
  else if (rank > 0) kernel.logisticFactor(states.p, classes, BLOCK, states.count, x);
  else kernel.logisticMiddle(states.p, classes, BLOCK, states.count, x);
  for (let l = last; l > layer; l--) {
    const { inputs: n, outputs: m } = layers[l];
    const w = weightsAt.weights[l];
    const lines = rank > 0 ? rank : m;
    const half = passes.scratch(rank > 0 ? `middle${l - 1}` : `half${l}`, BLOCK * n * lines);
    // [n][lines·BLOCK] = Wᵀ [m][lines·BLOCK]
    kernel.gemm(n, lines * BLOCK, m, 1, w, 1, n, x, lines * BLOCK, 1, 0, half, lines * BLOCK, 0);
    if (rank > 0) {
      kernel.timesSlope(kind, states.h[l - 1], half, n, rank, BLOCK);
      x = half;
      continue;
    }
    x = passes.scratch(`middle${l - 1}`, BLOCK * n * n);
    for (let i = 0; i < n; i++) {
      const row = half + 8 * i * m * BLOCK;
      kernel.gemm(n, BLOCK, m, 1, w, 1, n, row, BLOCK, 1, 0, x + 8 * i * n * BLOCK, BLOCK, 0);
    }
    kernel.middleSlopes(kind, states.h[l - 1], states.delta[l - 1], x, n, BLOCK, 1);
  }
  return { at: x, rank };
}
