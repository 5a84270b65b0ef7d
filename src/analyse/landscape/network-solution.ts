/** The flatness of a solution of a network of this package, by its kernels. */
import type { Samples } from '../../data/dataset.js';
import { layerNamed, layersOf, type NetworkSpec } from '../../model/network.js';
import type { LinearAlgebra } from '../../numeric/linalg/index.js';
import { dot, lanczos, normalVector } from '../../numeric/operators/lanczos.js';
import { NetworkPasses } from '../../surface/network/passes.js';
import { hessianTrace } from '../curvature/hessian-trace.js';
import { hessianOperator } from '../curvature/network-hessian.js';
import { curvedNoiseTrace, gradientNoiseScale } from '../noise/noise-scale.js';
import type { DirectionFlatness } from '../trajectory/results.js';
import { FlatnessMeter } from './flatness.js';
import {
  MOST_STEPS,
  type SolutionAnswers,
  type SolutionEffort,
  type SolutionFlatness,
  solutionOf,
  TOLERANCE,
  WHOLE_REACH,
  WIDTH_TOLERANCE,
} from './solution-flatness.js';
import { WholeLine } from './whole-width.js';

/** Names a solution, and how much is spent on each measure. */
interface SolutionOptions extends SolutionEffort {
  readonly spec: NetworkSpec;
  /** All weights, flat in PyTorch's order. */
  readonly weights: Float32Array;
  readonly samples: Samples;
  readonly la?: LinearAlgebra;
}

/** Holds the measures of a solution and what they were computed from. */
export interface MeasuredSolution {
  readonly flatness: SolutionFlatness;
  /** Unit eigenvectors of `top`. */
  readonly eigenvectors: readonly Float64Array[];
  readonly passes: NetworkPasses;
}

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
    maxSteps: MOST_STEPS,
    ...(la && { la }),
  });
  const trace = hessianTrace(passes);
  const { gradient, loss } = passes.gradient();
  const w = passes.weights;
  const line = new WholeLine(passes);
  const flatness = solutionOf(
    {
      samples: samples.count,
      loss,
      weights: w,
      gradient,
      top: found.pairs.map((p) => p.value),
      topConverged: found.converged,
      trace,
      noiseTrace: gradientNoiseScale(passes).trace,
      curvedNoise: curvedNoiseTrace(passes, { probes, key: key.child('curved-noise') }).trace,
      layers: trace.layers.map(({ layer }) => ({
        ...layerNorm(spec, w, layer),
        widths: randomWidths(options, layer),
        along: `random unit vectors of ${layer}`,
      })),
      topWidths: found.pairs.map(({ vector, value }) =>
        line.width(vector, dot(gradient, vector), value.value, {
          relativeTolerance: WIDTH_TOLERANCE,
          reach: WHOLE_REACH,
        }),
      ),
      rises: noiseRises(options, line),
    },
    options,
  );
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
function randomWidths(
  { spec, weights, samples, key, directions }: SolutionOptions,
  layer: string,
): DirectionFlatness[] {
  const meter = new FlatnessMeter({ spec, weights, samples, layer, relativeTolerance: WIDTH_TOLERANCE });
  const { inputs, outputs } = layerNamed(spec, layer);
  return Array.from({ length: directions }, (_, i) => {
    const v = normalVector(inputs * outputs, key.child(`random ${layer}`).child(i).stream());
    const size = Math.sqrt(dot(v, v));
    return meter.measure(
      v.map((x) => x / size),
      i + 1,
      Number.NaN,
    );
  });
}

/** Returns the rises of the loss over draws of noise. Draw i is the same for every solution, up to the layers' scales. */
function noiseRises({ spec, weights, key, noise }: SolutionOptions, line: WholeLine): SolutionAnswers['rises'] {
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
  return { absolute: rises[0], relative: rises[1] };
}
