/**
 * A network of this package over its samples as a surface: the float64 passes, and lines in one layer by the kernel that keeps
 * everything below the layer. docs/theory [F4], [S10].
 */
import { SAMPLES_WANTS, type Samples } from '../../data/dataset.js';
import { NETWORK_SPEC_WANTS, type NetworkSpec, parameterCount, parameterShapes } from '../../model/network.js';
import { type Matrix, matrix } from '../../numeric/linalg/index.js';
import * as is from '../../numeric/wants.js';
import { checkSamples } from '../../train/layout.js';
import { gather, parametersOf, scatterAdd } from '../blocks.js';
import { completed } from '../completed.js';
import { linesFromSamples } from '../made-lines.js';
import { momentSum } from '../made-samples.js';
import { progressOf } from '../requests.js';
import type { Line, LineLosses, RequestOptions, Subset, Surface, SurfaceBlock } from '../surface.js';
import { fisherDiagonal } from './fisher.js';
import { LineLoss } from './line.js';
import { logitsOf } from './logits.js';
import { squaredNorms } from './norms.js';
import type { NetworkPasses } from './passes.js';
import { gradientRows, layerOf, piecesOf } from './pieces.js';
import { Points, type Stratum, sameNumbers } from './points.js';
import { layerSecondMoment } from './second-moment.js';
import { hessianVector, sampleSlopes } from './tangents.js';

/** Names a network, its samples, and how losses along lines are computed. */
export interface NetworkSurfaceOptions {
  readonly spec: NetworkSpec;
  readonly samples: Samples;
  /** What the surface is called in reports; the widths by default. */
  readonly name?: string;
  /**
   * Precision of losses along lines in the weights of one layer over all samples. `float32` (default) computes everything
   * below the layer once and is some hundred times faster [F4]; it is used where the weights are float32 numbers. All other
   * answers are in float64.
   */
  readonly lines?: 'float32' | 'float64';
  /** Bytes of kernel memory for states that are kept between requests at one point; 768 MiB by default. */
  readonly cacheBytes?: number;
}

/** Says what {@link NetworkSurfaceOptions} needs. */
const OPTIONS_WANTS = is.shape<NetworkSurfaceOptions>({
  spec: NETWORK_SPEC_WANTS,
  samples: SAMPLES_WANTS,
  name: is.maybe(is.text),
  lines: is.maybe(is.oneOf('float32', 'float64')),
  cacheBytes: is.maybe(is.real),
});

/**
 * Makes a surface of a network. Its parameters are called layer1.weight, layer1.bias, layer2.weight, …. States are kept for the
 * point and the subset that were asked for last, so that requests at one point belong together; `close` frees them.
 * @throws InputError for samples that do not fit the network
 */
export function networkSurface(options: NetworkSurfaceOptions): Surface {
  is.given('networkSurface', { options }, { options: OPTIONS_WANTS });
  const { spec, samples, name = spec.widths.join('-'), lines: precision = 'float32' } = options;
  const size = parameterCount(spec);
  checkSamples(spec, samples);
  const points = new Points(spec, samples, options.cacheBytes);
  let line: { readonly layer: string; readonly weights: Float32Array; readonly loss: LineLoss } | undefined;

  /** Returns the kernel of lines in a layer at these weights, the last one where it was for the same. */
  const lineIn = (layer: string, weights: Float32Array): LineLoss => {
    if (line?.layer !== layer || !sameNumbers(line.weights, weights))
      line = { layer, weights, loss: new LineLoss({ spec, weights, samples, layer }) };
    return line.loss;
  };
  const passesAt = (w: Float64Array, subset: Subset) => points.at(w, subset);

  return completed({
    name,
    size,
    samples: samples.count,
    precision,
    parameters: parametersOf(parameterShapes(spec)),

    async losses(w, lines, subset, request) {
      const single = precision === 'float32' && !subset ? Float32Array.from(w) : undefined;
      const fast = single && sameNumbers(single, w) ? single : undefined;
      return inLayers(lines, (own) => (fast ? layerOf(spec, own.block)?.name : undefined), request, {
        layer: (layer, own) => {
          const loss = lineIn(layer, fast!);
          loss.setDirection(own.direction);
          return { losses: Float64Array.from(loss.losses(own.displacements)) };
        },
        rest: (others) =>
          linesFromSamples((at) => joined(passesAt(w, subset), (p) => p.lossesAt(at)), w, others, subset, request),
      });
    },

    async gradient(w, subset) {
      const strata = passesAt(w, subset);
      const parts = strata.map(({ passes }) => passes.gradient());
      return {
        loss: weighted(
          strata,
          parts.map((p) => p.loss),
        ),
        gradient: mean(
          strata,
          parts.map((p) => p.gradient),
        ),
      };
    },

    async hessianVectors(w, block, v, subset, request) {
      const strata = passesAt(w, subset);
      return byRows(v, request, (row) => {
        const { vector, layer } = placed(row, block);
        const products = strata.map(({ passes }) => hessianVector(passes, vector, 'exact', layer));
        const product = mean(strata, products);
        return layer === undefined ? gather(block, product) : product;
      });
    },

    sampleLosses: async (w, subset) => joined(passesAt(w, subset), (p) => p.losses()),

    async projectedSampleGradients(w, block, v, subset, request) {
      const strata = passesAt(w, subset);
      const count = subset?.samples.length ?? samples.count;
      const out = matrix(count, v.rows);
      const step = progressOf(request, v.rows);
      for (let r = 0; r < v.rows; r++) {
        const { vector, layer } = placed(v.data.subarray(r * v.cols, (r + 1) * v.cols), block);
        const slopes = joined(strata, (p) => sampleSlopes(p, vector, layer));
        for (let i = 0; i < count; i++) out.data[i * v.rows + r] = slopes[i];
        await step();
      }
      return out;
    },

    async secondMoment(w, block, subset) {
      const layer = layerOf(spec, block)?.name;
      const strata = passesAt(w, subset);
      const moments = strata.map(({ passes }) =>
        layer === undefined ? denseMoment(passes, block) : layerSecondMoment(passes, layer).moment,
      );
      return matrix(
        block.size,
        block.size,
        mean(
          strata,
          moments.map((m) => m.data),
        ),
      );
    },

    squaredNorms: async (w, block, subset) => joined(passesAt(w, subset), (p) => normsIn(p, block)),

    async fisher(w, subset) {
      const strata = passesAt(w, subset);
      return mean(
        strata,
        strata.map(({ passes }) => fisherDiagonal(passes, 'empirical')),
      );
    },

    ...(spec.loss === 'cross-entropy' && {
      async logits(w: Float64Array, subset: Subset) {
        const all = joined(passesAt(w, subset), logitsOf);
        const count = subset?.samples.length ?? samples.count;
        return matrix(count, all.length / count, all);
      },
    }),

    async trueFisher(w, subset) {
      const strata = passesAt(w, subset);
      return mean(
        strata,
        strata.map(({ passes }) => fisherDiagonal(passes, 'true')),
      );
    },

    async close() {
      points.close();
      line = undefined;
    },
  });

  /** Places the weights of a block for the tangents: by themselves in one layer, else in the whole network. */
  function placed(row: Float64Array, block: SurfaceBlock): { vector: Float64Array; layer: string | undefined } {
    const layer = layerOf(spec, block)?.name;
    if (layer !== undefined) return { vector: row, layer };
    const vector = new Float64Array(size);
    scatterAdd(block, row, 1, vector);
    return { vector, layer };
  }
}

/** Answers lines layer by layer, so that a layer's states are placed once, and all other lines together. */
async function inLayers(
  lines: readonly Line[],
  layerFor: (line: Line) => string | undefined,
  request: RequestOptions | undefined,
  answer: { layer: (layer: string, line: Line) => LineLosses; rest: (lines: readonly Line[]) => Promise<LineLosses[]> },
): Promise<LineLosses[]> {
  const layers = lines.map(layerFor);
  const out: LineLosses[] = new Array(lines.length);
  const step = progressOf(request, lines.length);
  for (const layer of new Set(layers)) {
    if (layer === undefined) continue;
    for (let i = 0; i < lines.length; i++) {
      if (layers[i] !== layer) continue;
      out[i] = answer.layer(layer, lines[i]);
      await step();
    }
  }
  const others = lines.flatMap((_, i) => (layers[i] === undefined ? [i] : []));
  if (others.length > 0) {
    const rest = await answer.rest(others.map((i) => lines[i]));
    others.forEach((i, k) => {
      out[i] = rest[k];
    });
  }
  return out;
}

async function byRows(
  v: Matrix,
  request: RequestOptions | undefined,
  apply: (row: Float64Array) => Float64Array,
): Promise<Matrix> {
  const out = matrix(v.rows, v.cols);
  const step = progressOf(request, v.rows);
  for (let i = 0; i < v.rows; i++) {
    out.data.set(apply(v.data.slice(i * v.cols, (i + 1) * v.cols)), i * v.cols);
    await step();
  }
  return out;
}

/** Returns Σ_h share_h x_h; a mean over all samples at once is returned as it is, to the same bits. */
function mean(strata: readonly Stratum[], parts: readonly Float64Array[]): Float64Array {
  if (strata.length === 1) return parts[0];
  const sum = new Float64Array(parts[0].length);
  strata.forEach(({ share }, h) => {
    for (let i = 0; i < sum.length; i++) sum[i] += share * parts[h][i];
  });
  return sum;
}

const weighted = (strata: readonly Stratum[], parts: readonly number[]): number =>
  strata.length === 1 ? parts[0] : strata.reduce((sum, { share }, h) => sum + share * parts[h], 0);

/** Returns numbers of samples, stratum after stratum. */
function joined(strata: readonly Stratum[], of: (passes: NetworkPasses) => Float64Array): Float64Array {
  if (strata.length === 1) return of(strata[0].passes);
  return Float64Array.from(strata.flatMap(({ passes }) => Array.from(of(passes))));
}

/** Computes (1/N) Σ_k g_k g_kᵀ over any block. Costs N·P_b² flops. */
function denseMoment(passes: NetworkPasses, block: SurfaceBlock): Matrix {
  const pieces = piecesOf(passes.layers, block);
  const sum = momentSum(block.size);
  const weight = 1 / passes.samples.count;
  for (let b = 0; b < passes.blocks; b++) {
    const rows = gradientRows(passes, b, pieces, block.size);
    for (let at = 0; at < rows.length; at += block.size) sum.add(rows.subarray(at, at + block.size), weight);
  }
  return sum.finish();
}

/** Computes |g_k|² over a block: from norms of states where it holds whole weights and biases of layers, else from its numbers. */
function normsIn(passes: NetworkPasses, block: SurfaceBlock): Float64Array {
  const pieces = piecesOf(passes.layers, block);
  if (pieces.every((p) => p.whole)) {
    const held = (layer: number, bias: boolean) => pieces.some((p) => p.layer === layer && p.bias === bias);
    return squaredNorms(
      passes,
      passes.layers.map((_, l) => ({ weights: held(l, false), biases: held(l, true) })),
    );
  }
  const out = new Float64Array(passes.samples.count);
  let k = 0;
  for (let b = 0; b < passes.blocks; b++) {
    const rows = gradientRows(passes, b, pieces, block.size);
    for (let at = 0; at < rows.length; at += block.size, k++)
      for (let i = at; i < at + block.size; i++) out[k] += rows[i] * rows[i];
  }
  return out;
}
