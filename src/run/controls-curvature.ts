/** H and C1 of the layer at a point, exact over all samples, and their diagonals along chosen directions. science.md [S10]. */
import type { Samples } from '../data/dataset.js';
import { type LayerBlock, layerNamed, layersOf, type NetworkSpec } from '../model/network.js';
import { check } from '../numeric/errors.js';
import { type Matrix, matrix } from '../numeric/linalg/matrix.js';
import type { LinearAlgebra } from '../numeric/linalg/provider.js';
import type { Trainer } from '../train/trainer.js';

export interface Curvature {
  /** P×P, mean over the samples. */
  readonly hessian: Matrix;
  /** C1: covariance of the gradient of ONE sample, P×P. */
  readonly noise: Matrix;
  readonly gradient: Float64Array;
}

/** A network that the block formulas below hold for. @throws InputError */
export function checkControlled(spec: NetworkSpec, layer: string): LayerBlock {
  const layers = layersOf(spec);
  const at = layers.findIndex((l) => l.name === layerNamed(spec, layer).name);
  check(
    at > 0 && at === layers.length - 2 && spec.activation !== 'tanh' && spec.loss === 'cross-entropy',
    'not-controlled',
    `the controls need the exact Hessian block of the layer below the last one, in a network of relu or identity units with cross-entropy; got ${layer} of ${spec.widths.join('-')} (${spec.activation}, ${spec.loss}).`,
  );
  return layers[at];
}

interface Sweep {
  readonly count: number;
  /** count×inputs. */
  readonly inputs: Float32Array;
  /** count×outputs: derivative of each sample's loss by the layer's pre-activations. */
  readonly deltas: Float32Array;
  /** Rows r of `outputs` numbers with A_k = Σ r rᵀ; sample s has rows starts[s] … starts[s+1]−1. */
  readonly roots: Float64Array;
  readonly starts: Int32Array;
}

/** Batches of samples with what H and C1 are made of. With W the last layer's weight, masked where the unit is silent: A = Wᵀ(diag p − ppᵀ)W; classes with p below `cutoff` are left out of A. */
function* sweep(
  trainer: Trainer,
  weights: Float32Array,
  samples: Samples,
  layer: string,
  cutoff: number,
): Generator<Sweep> {
  const { spec } = trainer;
  const last = layersOf(spec)[layersOf(spec).length - 1];
  const [n, classes] = [last.inputs, last.outputs];
  const w = weights.subarray(last.weightOffset, last.weightOffset + n * classes);
  const own = trainer.layerStates(layer);
  for (let first = 0; first < samples.count; ) {
    const a = own.next().value;
    if (!a) return;
    const order = Uint32Array.from({ length: a.count }, (_, s) => first + s);
    const b = trainer.layerStates(last.name, order).next().value!;
    const roots = new Float64Array(a.count * classes * n);
    const starts = new Int32Array(a.count + 1);
    let row = 0;
    const p = new Float64Array(classes);
    const mean = new Float64Array(n);
    for (let s = 0; s < a.count; s++) {
      const y = samples.labels![first + s];
      for (let c = 0; c < classes; c++) p[c] = Math.max(0, b.deltas[s * classes + c] + (c === y ? 1 : 0));
      mean.fill(0);
      // measured from the right class, so that p_y ≈ 1 cancels nothing
      for (let c = 0; c < classes; c++)
        if (c !== y) for (let j = 0; j < n; j++) mean[j] += p[c] * (w[c * n + j] - w[y * n + j]);
      for (let c = 0; c < classes; c++) {
        if (p[c] < cutoff) continue;
        const root = Math.sqrt(p[c]);
        const at = row++ * n;
        for (let j = 0; j < n; j++)
          if (spec.activation === 'identity' || b.inputs[s * n + j] > 0)
            roots[at + j] = root * (w[c * n + j] - w[y * n + j] - mean[j]);
      }
      starts[s + 1] = row;
    }
    yield { count: a.count, inputs: a.inputs, deltas: a.deltas, roots, starts };
    first += a.count;
  }
}

/** Samples of one product: 1024 lines of 1275 numbers, three times. */
const LINES = 1024;

/**
 * H = (1/N) Σ A_k ⊗ h_k h_kᵀ and C1 + g gᵀ = (1/N) Σ (delta_k delta_kᵀ) ⊗ (h_k h_kᵀ): both are one product of symmetric halves,
 * (lines of A_k or delta delta over pairs of outputs)ᵀ (lines of h h over pairs of inputs). Cost 2·2N·(m(m+1)/2)² flops for m×m
 * weights: 0.4 Tflop at m = 50, N = 60 000. Memory: 2P² numbers and some 30 MB.
 */
export function curvatureAt(
  la: LinearAlgebra,
  trainer: Trainer,
  weights: Float32Array,
  samples: Samples,
  layer: string,
): Curvature {
  const block = checkControlled(trainer.spec, layer);
  trainer.setWeights(weights);
  const [m, n] = [block.outputs, block.inputs];
  const [mm, nn] = [(m * (m + 1)) / 2, (n * (n + 1)) / 2];
  const [hessian, second] = [matrix(mm, nn), matrix(mm, nn)];
  const [lineA, lineD, lineH] = [matrix(LINES, mm), matrix(LINES, mm), matrix(LINES, nn)];
  const gradient = new Float64Array(m * n);
  let filled = 0;
  const flush = () => {
    lineA.data.fill(0, filled * mm);
    lineD.data.fill(0, filled * mm);
    lineH.data.fill(0, filled * nn);
    la.gemm(lineA, lineH, { transposeA: true, into: hessian, beta: 1 });
    la.gemm(lineD, lineH, { transposeA: true, into: second, beta: 1 });
    filled = 0;
  };
  for (const { count, inputs, deltas, roots, starts } of sweep(trainer, weights, samples, layer, 0)) {
    for (let s = 0; s < count; s++) {
      let k = filled * nn;
      for (let i = 0; i < n; i++) for (let j = i; j < n; j++) lineH.data[k++] = inputs[s * n + i] * inputs[s * n + j];
      k = filled * mm;
      for (let a = 0; a < m; a++)
        for (let b = a; b < m; b++, k++) lineD.data[k] = deltas[s * m + a] * deltas[s * m + b];
      lineA.data.fill(0, filled * mm, (filled + 1) * mm);
      for (let c = starts[s]; c < starts[s + 1]; c++) {
        const r = roots.subarray(c * m, (c + 1) * m);
        k = filled * mm;
        for (let a = 0; a < m; a++) {
          const ra = r[a];
          if (ra !== 0) for (let b = a; b < m; b++) lineA.data[k + b - a] += ra * r[b];
          k += m - a;
        }
      }
      for (let a = 0; a < m; a++) {
        const d = deltas[s * m + a];
        if (d !== 0) for (let i = 0; i < n; i++) gradient[a * n + i] += d * inputs[s * n + i];
      }
      if (++filled === LINES) flush();
    }
  }
  flush();
  const N = samples.count;
  for (let i = 0; i < gradient.length; i++) gradient[i] /= N;
  const noise = unfold(second, m, n, 1 / N);
  for (let i = 0; i < m * n; i++)
    for (let j = 0; j < m * n; j++) noise.data[i * m * n + j] -= gradient[i] * gradient[j];
  return { hessian: unfold(hessian, m, n, 1 / N), noise, gradient };
}

/** Entry ((a,i),(b,j)) from the halves' ({a,b},{i,j}). */
function unfold(half: Matrix, m: number, n: number, scale: number): Matrix {
  const P = m * n;
  const out = matrix(P, P);
  const pair = (i: number, j: number, size: number) => {
    const [x, y] = i < j ? [i, j] : [j, i];
    return x * size - (x * (x - 1)) / 2 + y - x;
  };
  const pairs = Int32Array.from({ length: n * n }, (_, k) => pair(Math.floor(k / n), k % n, n));
  for (let a = 0; a < m; a++)
    for (let b = 0; b < m; b++) {
      const from = half.data.subarray(pair(a, b, m) * half.cols, (pair(a, b, m) + 1) * half.cols);
      for (let i = 0; i < n; i++) {
        const to = (a * n + i) * P + b * n;
        for (let j = 0; j < n; j++) out.data[to + j] = scale * from[pairs[i * n + j]];
      }
    }
  return out;
}

/** Of the mean probability of wrong answers, at most the loss: what is left out of H_ii below is under 1e-4 of it. */
const NEGLIGIBLE = 1e-5;

/** H_ii and C1_ii along the K rows of `directions` at a point. 2N·m·n·K flops and up to `classes` times 2N·m·K. */
export function curvatureAlong(
  la: LinearAlgebra,
  trainer: Trainer,
  weights: Float32Array,
  samples: Samples,
  layer: string,
  directions: Matrix,
): { readonly curvature: Float64Array; readonly noise: Float64Array } {
  const block = checkControlled(trainer.spec, layer);
  trainer.setWeights(weights);
  const cutoff = NEGLIGIBLE * trainer.evaluate().loss;
  const [m, n, K] = [block.outputs, block.inputs, directions.rows];
  // columns (k, a) of inputs: D[i, k·m + a] = direction k's weight (a, i)
  const spread = matrix(n, K * m);
  for (let k = 0; k < K; k++)
    for (let a = 0; a < m; a++)
      for (let i = 0; i < n; i++) spread.data[i * K * m + k * m + a] = directions.data[k * m * n + a * n + i];
  const [curvature, square, mean] = [new Float64Array(K), new Float64Array(K), new Float64Array(K)];
  for (const { count, inputs, deltas, roots, starts } of sweep(trainer, weights, samples, layer, cutoff)) {
    // z'_s = P_k h_s for all k: the change of the pre-activations
    const moved = la.gemm(matrix(count, n, Float64Array.from(inputs)), spread).data;
    for (let s = 0; s < count; s++) {
      for (let k = 0; k < K; k++) {
        const z = moved.subarray((s * K + k) * m, (s * K + k + 1) * m);
        let slope = 0;
        for (let a = 0; a < m; a++) slope += deltas[s * m + a] * z[a];
        square[k] += slope * slope;
        mean[k] += slope;
        for (let c = starts[s]; c < starts[s + 1]; c++) {
          const at = c * m;
          let r = 0;
          for (let a = 0; a < m; a++) r += roots[at + a] * z[a];
          curvature[k] += r * r;
        }
      }
    }
  }
  const N = samples.count;
  return {
    curvature: curvature.map((v) => v / N),
    noise: square.map((v, k) => v / N - (mean[k] / N) ** 2),
  };
}
