/**
 * The exact Hessian block of one layer's weights, dense. docs/theory [S10].
 *
 *     H = (1/N) Σ_k G_k ⊗ (h_k h_kᵀ),   G_k = ∂²L_k/∂z∂z at the layer's pre-activations z = W h + b
 *
 * holds for every network, since z is linear in the weights. With piecewise linear units above (ReLU, identity) G_k is the
 * Gauss-Newton matrix J_kᵀ A_k J_k, A_k = diag p − p pᵀ; with tanh units the exact G_k has one more term for each of them, and
 * is not positive semidefinite. 1 − p_y is summed from the other probabilities, so no digits cancel when p_y is near 1.
 */
import type { Matrix } from '../../numeric/linalg/index.js';
import * as is from '../../numeric/wants.js';
import { KroneckerSum, zeroOrder } from '../../surface/network/kronecker.js';
import { BLOCK, type NetworkPasses } from '../../surface/network/passes.js';
import { type Precision, type Precisions, splitByShare } from '../../surface/network/precision.js';
import { squares } from '../../surface/network/second-moment.js';
import { type CurvatureKind, hasBend, middle, middleRank } from '../../surface/network/tangents.js';

/** Holds the Hessian block of one layer's weights. */
export interface HessianBlock {
  /** P×P in PyTorch's order. */
  readonly hessian: Matrix;
  readonly kind: CurvatureKind;
  /**
   * True where the exact and the Gauss-Newton block are the same matrix, because all units above the layer are piecewise
   * linear.
   */
  readonly gaussNewtonIsExact: boolean;
  readonly samples: number;
  readonly precision: Precisions;
}

/** Sets the kind of curvature and the precision of the sums. */
export interface HessianOptions {
  /** `exact` by default. */
  readonly kind?: CurvatureKind;
  /**
   * `mixed` by default; see precision.ts. Samples are chosen by Σ_c p_c(1 − p_c)·|h|² (squared error: |h|²), which is their
   * share of the trace up to the size of J_k; the share reported is the true one. Exact blocks with tanh units are always
   * summed in float64.
   */
  readonly precision?: Precision;
  /** Called with the share of the samples that are done. */
  readonly onProgress?: (share: number) => void;
}

/** Says what a {@link HessianOptions} needs. */
export const HESSIAN_OPTIONS_WANTS = is.shape<HessianOptions>({
  kind: is.maybe(is.oneOf('exact', 'gauss-newton')),
  precision: is.maybe(is.oneOf('float64', 'mixed')),
  onProgress: is.maybe(is.func),
});

/**
 * Computes the Hessian block of one layer's weights over all samples. Costs as much as `gradientCovariance`, and for the middle
 * matrices classes·(Σ_above inputs·outputs + m²/2) multiplications for each sample. docs/theory [S10].
 * @throws InputError when the P×P matrix does not fit into memory
 */
export function hessianBlock(passes: NetworkPasses, layer: string, options: HessianOptions = {}): HessianBlock {
  is.given(
    'hessianBlock',
    { passes, layer, options },
    { passes: is.having('a NetworkPasses', 'losses'), layer: is.text, options: HESSIAN_OPTIONS_WANTS },
  );
  const { kind = 'exact', precision = 'mixed', onProgress } = options;
  const l = passes.layerIndex(layer);
  const { inputs: n, outputs: m } = passes.layers[l];
  const count = passes.samples.count;
  const rank = middleRank(passes, l, kind);
  const sum = new KroneckerSum(m, n, rank);
  const { inputs: h } = passes.layerStates(layer);
  const traces = outputTraces(passes);
  for (let k = 0; k < count; k++) traces[k] *= squares(h, k * n, n);
  const split = splitByShare(traces, rank === 0 ? 'float64' : precision, false);
  const lines = m * (rank > 0 ? rank : m);
  let singleTrace = 0;
  let done = 0;
  for (const { samples, single } of split.parts) {
    for (const group of zeroOrder(h, n, samples)) {
      for (let first = 0; first < group.samples.length; first += sum.block) {
        const size = Math.min(sum.block, group.samples.length - first);
        for (let part = 0; part < size; part += BLOCK) {
          const own = Math.min(BLOCK, size - part);
          const states = passes.of(group.samples.slice(first + part, first + part + own));
          const { at } = middle(passes, states, l, kind);
          const from = passes.arena.f64(at, lines * BLOCK);
          const { values, stride } = sum.factors();
          for (let i = 0; i < lines; i++) values.set(from.subarray(i * BLOCK, i * BLOCK + own), i * stride + part);
        }
        sum.add(h, group, first, size, single);
        done += size;
        onProgress?.(done / count);
      }
    }
    if (single) singleTrace = sum.trace();
  }
  const trace = sum.trace();
  return {
    hessian: sum.finish(1 / count),
    kind,
    gaussNewtonIsExact: !hasBend(passes, l),
    samples: count,
    precision: { ...split.summary, singleShare: trace > 0 ? singleTrace / trace : 0 },
  };
}

/** Computes Tr A_k = Σ_c p_c(1 − p_c) of every sample without cancellation; 1 for squared error. */
function outputTraces(passes: NetworkPasses): Float64Array {
  const traces = new Float64Array(passes.samples.count).fill(1);
  if (passes.spec.loss !== 'cross-entropy') return traces;
  for (let b = 0; b < passes.blocks; b++) {
    const states = passes.block(b);
    const p = passes.arena.f64(states.p, passes.classes * BLOCK);
    for (let s = 0; s < states.count; s++) {
      let top = 0;
      for (let c = 1; c < passes.classes; c++) if (p[c * BLOCK + s] > p[top * BLOCK + s]) top = c;
      let others = 0;
      let sum = 0;
      for (let c = 0; c < passes.classes; c++) {
        const own = p[c * BLOCK + s];
        if (c === top) continue;
        others += own;
        sum += own * (1 - own);
      }
      traces[b * BLOCK + s] = sum + p[top * BLOCK + s] * others;
    }
  }
  return traces;
}
