/**
 * The random landscape of single minibatches along principal directions. science.md [R1]–[R3].
 *
 * Along p_i the loss of a frozen minibatch is L^mu + s·theta + ½·h·theta², with s and h the means of its samples' slopes and
 * curvatures. M_ii^mu = h/L0, and its minimum lies at theta^mu = −s/h, where h is large enough to speak of a minimum: above
 * `CURVED` of the mean over minibatches; the share of those dropped is reported. Slopes and curvatures are exact (no differences).
 */
import type { Samples } from '../data/dataset.js';
import { layerNamed, layersOf, type NetworkSpec } from '../model/network.js';
import { bootstrap } from '../numeric/bootstrap.js';
import { estimate } from '../numeric/estimate.js';
import { type LinearAlgebra, type Matrix, matrix } from '../numeric/linalg/index.js';
import type { Key } from '../numeric/random.js';
import { mean, standardDeviation } from '../numeric/statistics.js';
import type { LandscapeRow } from '../report/ao2022-results.js';

export interface LandscapeInput {
  readonly la: Pick<LinearAlgebra, 'gemm'>;
  readonly spec: NetworkSpec;
  readonly weights: Float32Array;
  readonly samples: Samples;
  readonly layer: string;
  /** K×P unit vectors as rows, the rank of each, its width, its variance in the window and C_ii PER BATCH. */
  readonly directions: Matrix;
  readonly rows: readonly {
    readonly index: number;
    readonly flatness: number | null;
    readonly variance: number;
    readonly noise: number;
  }[];
  readonly centreLoss: number;
  readonly batchSize: number;
  readonly key: Key;
}

/** Least curvature of a minibatch, in units of the mean, that counts as a minimum. */
export const CURVED = 0.1;

/** Whether the exact slopes and curvatures of samples are had from the tangents alone: no bend above the layer. */
export const hasLandscape = (spec: NetworkSpec): boolean => spec.activation !== 'tanh';

/** Cost 2N·K·(m·n + what lies above) flops: 45 GFlop for 120 directions of 50×50 weights and 60 000 samples. */
export function landscape(input: LandscapeInput): LandscapeRow[] {
  const { samples, batchSize: B, key, rows, centreLoss, directions } = input;
  const K = directions.rows;
  const M = Math.floor(samples.count / B);
  const batch = frozenBatches(samples.count, B, M, key.child('batches'));
  const [slopes, curvatures] = [new Float64Array(K * M), new Float64Array(K * M)];
  forEachSample(input, (sample, k, slope, curvature) => {
    const b = batch[sample];
    if (b < 0) return;
    slopes[k * M + b] += slope / B;
    curvatures[k * M + b] += curvature / B;
  });
  return rows.map(({ index, flatness, variance, noise }, k) => {
    const h = curvatures.subarray(k * M, (k + 1) * M);
    const s = slopes.subarray(k * M, (k + 1) * M);
    const centre = mean(h);
    const spread = standardDeviation(h);
    const kept = Array.from(h.keys()).filter((b) => h[b] > CURVED * centre);
    const minima = kept.map((b) => -s[b] / h[b]);
    const scatter = minima.length > 1 ? standardDeviation(minima) : Number.NaN;
    const error =
      minima.length > 7
        ? bootstrap(minima.length, (i) => [standardDeviation(Array.from(i, (j) => minima[j]))], {
            key: key.child('minima').child(index),
            blockLength: 1,
            replicates: 200,
          }).standardError[0]
        : Number.NaN;
    return {
      index,
      flatness,
      curvature: estimate(centre / centreLoss, spread / centreLoss / Math.sqrt(M), M, `mean over ${M} minibatches`),
      curvatureSpread: spread / centreLoss,
      minimumSpread: estimate(
        scatter,
        error,
        minima.length,
        'standard deviation of the minima, bootstrap over minibatches',
      ),
      dropped: 1 - minima.length / M,
      leading: (centre * scatter) ** 2,
      full: noise,
      doubling: Math.sqrt(noise / variance) / spread,
    };
  });
}

/** The minibatch of each sample in one shuffled epoch, −1 for those left over. */
function frozenBatches(N: number, B: number, M: number, key: Key): Int32Array {
  const order = key.stream().permutation(N);
  const out = new Int32Array(N).fill(-1);
  for (let at = 0; at < M * B; at++) out[order[at]] = Math.floor(at / B);
  return out;
}

/** Samples that go through the network together. */
const BLOCK = 256;

/** Visits slope and curvature of every sample's loss along every direction. */
function forEachSample(
  input: LandscapeInput,
  visit: (sample: number, k: number, slope: number, curvature: number) => void,
): void {
  const { la, spec, weights, samples, directions } = input;
  const layers = layersOf(spec);
  const moved = layers.findIndex((l) => l.name === layerNamed(spec, input.layer).name);
  const K = directions.rows;
  const w = layers.map((l) =>
    matrix(
      l.outputs,
      l.inputs,
      Float64Array.from(weights.subarray(l.weightOffset, l.weightOffset + l.inputs * l.outputs)),
    ),
  );
  // row (k, a) of the stack is row a of direction k: one product moves all directions
  const stack = matrix(K * layers[moved].outputs, layers[moved].inputs, directions.data);
  for (let first = 0; first < samples.count; first += BLOCK) {
    const count = Math.min(BLOCK, samples.count - first);
    const inputs = samples.values.subarray(first * samples.size, (first + count) * samples.size);
    let below = matrix(
      count,
      samples.size,
      Float64Array.from(inputs, (v) => Math.fround(v / samples.divisor)),
    );
    let tangent: Matrix | undefined; // (count·K)×units
    layers.forEach((layer, l) => {
      const z = la.gemm(below, w[l], { transposeB: true });
      if (layer.biasOffset >= 0)
        for (let i = 0; i < z.data.length; i++) z.data[i] += weights[layer.biasOffset + (i % layer.outputs)];
      if (l === moved) tangent = matrix(count * K, layer.outputs, la.gemm(below, stack, { transposeB: true }).data);
      else if (tangent) tangent = la.gemm(tangent, w[l], { transposeB: true });
      if (l < layers.length - 1 && spec.activation === 'relu') {
        const m = layer.outputs;
        if (tangent)
          for (let s = 0; s < count; s++)
            for (let a = 0; a < m; a++)
              if (!(z.data[s * m + a] > 0)) for (let k = 0; k < K; k++) tangent.data[(s * K + k) * m + a] = 0;
        for (let i = 0; i < z.data.length; i++) if (!(z.data[i] > 0)) z.data[i] = 0;
      }
      below = z;
    });
    for (let s = 0; s < count; s++) outputsOf(input, below, tangent!, first, s, visit);
  }
}

/** Slope (∂L/∂z)·t and curvature tᵀ(∂²L/∂z²)t of one sample at the outputs, for all directions. */
function outputsOf(
  { spec, samples, directions }: LandscapeInput,
  logits: Matrix,
  tangent: Matrix,
  first: number,
  s: number,
  visit: (sample: number, k: number, slope: number, curvature: number) => void,
): void {
  const n = logits.cols;
  const z = logits.data.subarray(s * n, (s + 1) * n);
  const entropy = spec.loss === 'cross-entropy';
  const y = entropy ? samples.labels![first + s] : 0;
  const p = entropy ? softmax(z) : z;
  for (let k = 0; k < directions.rows; k++) {
    const t = tangent.data.subarray((s * directions.rows + k) * n, (s * directions.rows + k + 1) * n);
    let [slope, square] = [0, 0];
    if (entropy) {
      // relative to the right class, so that p_y ≈ 1 cancels nothing
      for (let c = 0; c < n; c++) slope += p[c] * (t[c] - t[y]);
      for (let c = 0; c < n; c++) square += p[c] * (t[c] - t[y] - slope) ** 2;
    } else
      for (let c = 0; c < n; c++) {
        slope += (z[c] - samples.targets![(first + s) * n + c]) * t[c];
        square += t[c] * t[c];
      }
    visit(first + s, k, slope, square);
  }
}

function softmax(z: Float64Array): Float64Array {
  const top = z.reduce((a, b) => Math.max(a, b));
  const p = z.map((v) => Math.exp(v - top));
  const sum = p.reduce((a, b) => a + b, 0);
  return p.map((v) => v / sum);
}
