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
import { type Estimate, estimate, meanOf, scaled } from '../../numeric/estimate.js';
import { dot } from '../../numeric/operators/lanczos.js';
import type { Key } from '../../numeric/random.js';
import { mean, variance } from '../../numeric/statistics.js';
import type { HessianTrace } from '../curvature/hessian-trace.js';

/** Says how much is spent on each measure of a solution. */
export interface SolutionEffort {
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
}

/** Summarises widths along a set of directions by the geometric mean over those whose valley closes. */
export interface Widths {
  /** F, weight. */
  readonly width: Estimate;
  /** Directions with an open side, left out. */
  readonly open: number;
  /** Median of F over its parabola. */
  readonly quadraticRatio: number;
}

/** Holds the measures of flatness of one layer alone. */
export interface LayerFlatness {
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

/** Wanted residual of the eigenpairs relative to the largest: 1e-3 of it is far below their scatter from seed to seed. */
export const TOLERANCE = 1e-3;
/** Most products for the eigenpairs; relative tolerance of a width; reach of those along eigenvectors, in norms of all weights. */
export const [MOST_STEPS, WIDTH_TOLERANCE, WHOLE_REACH] = [120, 1e-3, 3];

/** One width, as it was found. */
interface FoundWidth {
  readonly flatness: number | null;
  readonly quadraticRatio: number;
}

/** Holds what was asked of a model at its solution, whatever answered: kernels or a surface. */
export interface SolutionAnswers {
  readonly samples: number;
  readonly loss: number;
  /** All weights, and the gradient there. */
  readonly weights: Float64Array;
  readonly gradient: Float64Array;
  readonly top: readonly Estimate[];
  readonly topConverged: boolean;
  /** In the order of `layers`. */
  readonly trace: HessianTrace;
  readonly noiseTrace: Estimate;
  readonly curvedNoise: Estimate;
  readonly layers: readonly {
    /** |w_l|² and P_l. */
    readonly square: number;
    readonly size: number;
    readonly widths: readonly FoundWidth[];
    /** What the directions of these widths are called. */
    readonly along: string;
  }[];
  readonly topWidths: readonly FoundWidth[];
  /** Rises of the loss over draws of weight noise. */
  readonly rises: { readonly absolute: readonly number[]; readonly relative: readonly number[] };
}

/** Makes the measures of a solution from what was asked. */
export function solutionOf(
  { weights: w, gradient, layers, trace: whole, rises, ...found }: SolutionAnswers,
  { noise }: Pick<SolutionEffort, 'noise'>,
): SolutionFlatness {
  const { trace, layers: traced } = whole;
  const [norm, gradientNorm] = [Math.sqrt(dot(w, w)), Math.sqrt(dot(gradient, gradient))];
  const traces = traced.map(({ trace: t }, l) => (layers[l].square / layers[l].size) * t.value);
  const how = `mean over ${noise.draws} draws of Gaussian weight noise`;
  return {
    samples: found.samples,
    loss: found.loss,
    top: found.top,
    topConverged: found.topConverged,
    trace,
    noiseTrace: found.noiseTrace,
    curvedNoise: found.curvedNoise,
    norm,
    gradientNorm,
    radial: -dot(gradient, w) / (norm * gradientNorm),
    normTrace: scaled(trace, norm ** 2 / w.length),
    scaledTrace: estimate(
      traces.reduce((a, b) => a + b, 0),
      Math.hypot(...traced.map(({ trace: t }, l) => (layers[l].square / layers[l].size) * t.standardError)),
      found.samples,
      'layers added; their errors taken as independent',
    ),
    layers: traced.map(({ layer, trace: own }, l) => ({
      layer,
      norm: Math.sqrt(layers[l].square),
      trace: own,
      widths: widthsOf(layers[l].widths, layers[l].along),
    })),
    topWidths: widthsOf(found.topWidths, 'top Hessian eigenvectors'),
    noise: {
      absolute: meanOf(rises.absolute, `${how} of standard deviation ${noise.absolute}`),
      relative: meanOf(
        rises.relative,
        `${how} of standard deviation ${noise.relative} of each layer's root mean square`,
      ),
    },
  };
}

function widthsOf(found: readonly FoundWidth[], what: string): Widths {
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
