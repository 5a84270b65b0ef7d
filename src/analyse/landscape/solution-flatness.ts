/**
 * The flatness of one solution by every measure that thermograd has, at one point of the weights. docs/theory [F1]–[F3], [V1].
 *
 * All are means over the same samples and report their number. Cross-entropy falls when weights merely grow, and curvature with
 * it; so each measure is accompanied by one that does not change when layers are rescaled against each other (w_l → a w_l, w_m
 * → w_m/a leaves the function of a ReLU network without biases unchanged):
 *
 *     scaledTrace     Σ_l |w_l|² Tr H_l / P_l     (P_l weights in layer l)
 *     widths          F_l/|w_l| along random directions of one layer
 *     noise.relative  mean of L(w + xi) − L(w), xi_l of standard deviation s|w_l|/√P_l
 *
 * `normTrace` |w|² Tr H/P is the common form that such a rescaling does change.
 */
import type { Samples } from '../../data/dataset.js';
import { layerNamed, layersOf, type NetworkSpec } from '../../model/network.js';
import { type Estimate, estimate, meanOf, scaled } from '../../numeric/estimate.js';
import type { LinearAlgebra } from '../../numeric/linalg/index.js';
import { dot, lanczos, normalVector } from '../../numeric/operators/lanczos.js';
import type { Key } from '../../numeric/random.js';
import { mean, variance } from '../../numeric/statistics.js';
import { NetworkPasses } from '../../surface/network/passes.js';
import { hessianTrace } from '../curvature/hessian-trace.js';
import { hessianOperator } from '../curvature/network-hessian.js';
import { curvedNoiseTrace, gradientNoiseScale } from '../noise/noise-scale.js';
import { FlatnessMeter } from './flatness.js';
import { WholeLine } from './whole-width.js';

/** Names a solution, and how much is spent on each measure. */
interface SolutionOptions {
  readonly spec: NetworkSpec;
  /** All weights, flat in PyTorch's order. */
  readonly weights: Float32Array;
  readonly samples: Samples;
  /** Randomness of directions, probes and noise: the same key gives every solution the same ones. */
  readonly key: Key;
  /** Hessian eigenpairs wanted. */
  readonly pairs: number;
  /** Probes for Tr(H C1). */
  readonly probes: number;
  /** Random directions in each layer. */
  readonly directions: number;
  /** Draws of weight noise; its standard deviations, in weights and relative to each layer's root mean square. */
  readonly noise: { readonly draws: number; readonly absolute: number; readonly relative: number };
  readonly la?: LinearAlgebra;
}

/** Summarises widths along a set of directions by the geometric mean over those whose valley closes. */
interface Widths {
  /** F, weight. */
  readonly width: Estimate;
  /** Directions with an open side, left out. */
  readonly open: number;
  /** Median of F over its parabola. */
  readonly quadraticRatio: number;
}

/** Holds the measures of flatness of one layer alone. */
interface LayerFlatness {
  readonly layer: string;
  readonly norm: number;
  readonly trace: Estimate;
  /** Along random unit vectors of this layer alone. */
  readonly widths: Widths;
}

/** Holds all measures of flatness of one solution. Traces and curvatures in nat/weight². */
export interface SolutionFlatness {
  readonly samples: number;
  /** Mean loss over them: L0 of the widths. */
  readonly loss: number;
  /** Largest eigenvalues of the whole network's Hessian, each with the bound of its residual. */
  readonly top: readonly Estimate[];
  readonly topConverged: boolean;
  readonly trace: Estimate;
  /** Tr C1, PER SAMPLE. */
  readonly noiseTrace: Estimate;
  /** Tr(H C1), PER SAMPLE. */
  readonly curvedNoise: Estimate;
  /** |w| and |g|. */
  readonly norm: number;
  readonly gradientNorm: number;
  /** cos of the angle between −g and w: 1 where the loss falls fastest when all weights grow in proportion. */
  readonly radial: number;
  readonly normTrace: Estimate;
  readonly scaledTrace: Estimate;
  readonly layers: readonly LayerFlatness[];
  /** Along the top eigenvectors. */
  readonly topWidths: Widths;
  /** Mean rise of the loss under Gaussian noise on all weights. */
  readonly noise: { readonly absolute: Estimate; readonly relative: Estimate };
}

/** Holds the measures of a solution and what they were computed from. */
export interface MeasuredSolution {
  readonly flatness: SolutionFlatness;
  /** Unit eigenvectors of `top`. */
  readonly eigenvectors: readonly Float64Array[];
  readonly passes: NetworkPasses;
}

/** Wanted residual of the eigenpairs relative to the largest: 1e-3 of it is far below their scatter from seed to seed. */
const TOLERANCE = 1e-3;

/**
 * Measures the flatness of one solution. For 784-50-50-10, 12 000 samples, 6 pairs, 10 probes, 8 directions and 20 draws this
 * costs about 60 Hessian-vector products, 5 s.
 */
export function measureSolution(options: SolutionOptions): MeasuredSolution {
  const { spec, weights, samples, key, pairs, probes, la } = options;
  const passes = new NetworkPasses({ spec, weights, samples });
  const found = lanczos(hessianOperator(passes), {
    count: pairs,
    key: key.child('top'),
    tolerance: TOLERANCE,
    maxSteps: 120,
    ...(la && { la }),
  });
  const { trace, layers } = hessianTrace(passes);
  const { gradient, loss } = passes.gradient();
  const w = passes.weights;
  const [norm, gradientNorm] = [Math.sqrt(dot(w, w)), Math.sqrt(dot(gradient, gradient))];
  const norms = layers.map(({ layer }) => layerNorm(spec, w, layer));
  const line = new WholeLine(passes);
  const traces = layers.map(({ trace: t }, l) => (norms[l].square / norms[l].size) * t.value);
  const flatness: SolutionFlatness = {
    samples: samples.count,
    loss,
    top: found.pairs.map((p) => p.value),
    topConverged: found.converged,
    trace,
    noiseTrace: gradientNoiseScale(passes).trace,
    curvedNoise: curvedNoiseTrace(passes, { probes, key: key.child('curved-noise') }).trace,
    norm,
    gradientNorm,
    radial: -dot(gradient, w) / (norm * gradientNorm),
    normTrace: scaled(trace, norm ** 2 / w.length),
    scaledTrace: estimate(
      traces.reduce((a, b) => a + b, 0),
      Math.hypot(...layers.map(({ trace: t }, l) => (norms[l].square / norms[l].size) * t.standardError)),
      samples.count,
      'layers added; their errors taken as independent',
    ),
    layers: layers.map(({ layer, trace: own }, l) => ({
      layer,
      norm: Math.sqrt(norms[l].square),
      trace: own,
      widths: randomWidths(options, layer),
    })),
    topWidths: widthsOf(
      found.pairs.map(({ vector, value }) => line.width(vector, dot(gradient, vector), value.value)),
      'top Hessian eigenvectors',
    ),
    noise: noiseLoss(options, line),
  };
  return { flatness, eigenvectors: found.pairs.map((p) => p.vector), passes };
}

function layerNorm(spec: NetworkSpec, w: Float64Array, layer: string): { square: number; size: number } {
  const { weightOffset, inputs, outputs, biasOffset } = layerNamed(spec, layer);
  const end = biasOffset < 0 ? weightOffset + inputs * outputs : biasOffset + outputs;
  const own = w.subarray(weightOffset, end);
  return { square: dot(own, own), size: own.length };
}

/**
 * Measures widths along random unit vectors of one layer. Direction i of a layer is the same for every solution with this key.
 */
function randomWidths({ spec, weights, samples, key, directions }: SolutionOptions, layer: string): Widths {
  const meter = new FlatnessMeter({ spec, weights, samples, layer, relativeTolerance: 1e-3 });
  const { inputs, outputs } = layerNamed(spec, layer);
  const found = Array.from({ length: directions }, (_, i) => {
    const v = normalVector(inputs * outputs, key.child(`random ${layer}`).child(i).stream());
    const size = Math.sqrt(dot(v, v));
    return meter.measure(
      v.map((x) => x / size),
      i + 1,
      Number.NaN,
    );
  });
  return widthsOf(found, `random unit vectors of ${layer}`);
}

function widthsOf(
  found: readonly { readonly flatness: number | null; readonly quadraticRatio: number }[],
  what: string,
): Widths {
  const logs = found.flatMap(({ flatness }) => (flatness === null ? [] : [Math.log(flatness)]));
  const value = logs.length > 0 ? Math.exp(mean(logs)) : Number.NaN;
  const error = logs.length > 1 ? value * Math.sqrt(variance(logs, 1) / logs.length) : Number.NaN;
  const ratios = found
    .map((f) => f.quadraticRatio)
    .filter(Number.isFinite)
    .sort((a, b) => a - b);
  return {
    width: estimate(value, error, logs.length, `geometric mean along ${logs.length} ${what}`),
    open: found.length - logs.length,
    quadraticRatio: ratios.length > 0 ? ratios[ratios.length >> 1] : Number.NaN,
  };
}

/** Returns the mean rise of the loss over draws of noise. Draw i is the same for every solution, up to the layers' scales. */
function noiseLoss({ spec, weights, key, noise }: SolutionOptions, line: WholeLine): SolutionFlatness['noise'] {
  const scale = new Float64Array(weights.length);
  const w = Float64Array.from(weights);
  for (const { name, weightOffset } of layersOf(spec)) {
    const { square, size } = layerNorm(spec, w, name);
    scale.fill(Math.sqrt(square / size), weightOffset, weightOffset + size);
  }
  const rises: [number[], number[]] = [[], []];
  for (let d = 0; d < noise.draws; d++) {
    const xi = normalVector(weights.length, key.child('weight noise').child(d).stream());
    const moved = (s: (i: number) => number) =>
      line.loss(Float32Array.from(weights, (v, i) => v + s(i) * xi[i])) - line.centreLoss;
    rises[0].push(moved(() => noise.absolute));
    rises[1].push(moved((i) => noise.relative * scale[i]));
  }
  const how = `mean over ${noise.draws} draws of Gaussian weight noise`;
  return {
    absolute: meanOf(rises[0], `${how} of standard deviation ${noise.absolute}`),
    relative: meanOf(rises[1], `${how} of standard deviation ${noise.relative} of each layer's root mean square`),
  };
}
