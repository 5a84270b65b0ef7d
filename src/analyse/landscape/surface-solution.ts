/**
 * The flatness of a solution of any `Surface` by every measure of solution-flatness.ts: eigenvalues, traces and widths from products and
 * losses, noise from gradients of samples. docs/theory [F1]–[F3], [V1].
 */
import { check } from '../../numeric/errors.js';
import { embeddedLinearAlgebra, type LinearAlgebra, matrix, stacked } from '../../numeric/linalg/index.js';
import { dot, lanczosSearch, normalVector } from '../../numeric/operators/lanczos.js';
import { multiplyTogether } from '../../numeric/operators/products.js';
import * as is from '../../numeric/wants.js';
import { blockOf, gather, scatterAdd, wholeBlock } from '../../surface/blocks.js';
import { SURFACE_WANTS } from '../../surface/check.js';
import {
  BLOCK_WANTS,
  type Line,
  PARAMETER_WANTS,
  type Parameter,
  REQUEST_WANTS,
  type RequestOptions,
  type Surface,
  type SurfaceBlock,
} from '../../surface/surface.js';
import { hessianProducts } from '../curvature/products.js';
import { surfaceTrace } from '../curvature/surface-trace.js';
import { surfaceCurvedNoise, surfaceNoiseScale } from '../noise/surface-scales.js';
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
import { surfaceFlatness } from './surface-flatness.js';

/** Says how much is spent on each measure, and what the layers are. */
export interface SurfaceSolutionOptions extends SolutionEffort, RequestOptions {
  /** Blocks that make up all weights; by default those of parameters that share a name up to its last dot: `fc1.weight`, `fc1.bias`. */
  readonly layers?: readonly SurfaceBlock[];
  readonly la?: LinearAlgebra;
}

const OPTIONS = is.shape<SurfaceSolutionOptions>({
  key: is.key,
  pairs: is.count,
  probes: is.count,
  directions: is.count,
  noise: is.shape({ draws: is.count, absolute: is.finite, relative: is.finite }),
  layers: is.maybe(is.listOf(BLOCK_WANTS)),
  la: is.maybe(is.algebra),
  ...REQUEST_WANTS,
});

/** Most numbers of the directions of one request for losses. */
const TOGETHER = 2 ** 24;

/** Returns a block for each group of parameters that share a name up to its last dot, in the order of the first of each. */
export function layerBlocks(parameters: readonly Parameter[]): SurfaceBlock[] {
  is.given('layerBlocks', { parameters }, { parameters: is.listOf(PARAMETER_WANTS) });
  const layers = new Map<string, Parameter[]>();
  for (const p of parameters) {
    const name = p.name.replace(/\.[^.]*$/, '');
    layers.set(name, [...(layers.get(name) ?? []), p]);
  }
  return Array.from(layers, ([name, own]) => blockOf(name, own));
}

/**
 * Measures the flatness of a solution over all samples. Costs the products of a Lanczos process (at most 120), a product for each probe
 * of each layer, some fifteen losses for each direction and two for each draw, and the gradients of the samples along the eigenvectors
 * and twice as many directions as there are probes.
 * @throws InputError for layers that do not make up all weights, a loss that is not positive, and a surface that gives no gradients of samples
 */
export async function surfaceSolution(
  surface: Surface,
  w: Float64Array,
  options: SurfaceSolutionOptions,
): Promise<SolutionFlatness> {
  is.given('surfaceSolution', { surface, w, options }, { surface: SURFACE_WANTS, w: is.numbers, options: OPTIONS });
  const { key, pairs, probes, directions, noise, signal, onProgress, la = embeddedLinearAlgebra() } = options;
  const layers = options.layers ?? layerBlocks(surface.parameters);
  const whole = wholeBlock(surface.parameters);
  check(
    isPartition(layers, surface.size),
    'not-all-weights',
    () =>
      `the flatness of a solution needs layers that make up all ${surface.size} weights of ${surface.name}, each of them once; these have ${layers.reduce((sum, b) => sum + b.size, 0)}.`,
  );
  const request = signal ? { signal } : {};
  const { loss, gradient } = await surface.gradient(w, undefined, request);
  const [found] = await multiplyTogether(hessianProducts(surface, w, whole, request), [
    lanczosSearch(whole.size, {
      count: Math.min(pairs, whole.size),
      key: key.child('top'),
      tolerance: TOLERANCE,
      maxSteps: MOST_STEPS,
      la,
    }),
  ]);
  onProgress?.(0.3);
  const trace = await surfaceTrace(surface, w, layers, { ...request, key: key.child('trace'), probes });
  onProgress?.(0.5);
  const vectors = stacked(
    found.pairs.map((p) => p.vector),
    whole.size,
  );
  const topWidths = await surfaceFlatness(surface, w, whole, vectors, {
    ...request,
    centreLoss: loss,
    relativeTolerance: WIDTH_TOLERANCE,
    reach: WHOLE_REACH,
  });
  const own: SolutionAnswers['layers'][number][] = [];
  for (const block of layers) {
    const values = gather(block, w);
    const random = matrix(directions, block.size);
    for (let i = 0; i < directions; i++) {
      const v = normalVector(block.size, key.child(`random ${block.name}`).child(i).stream());
      const size = Math.sqrt(dot(v, v));
      random.data.set(
        v.map((x) => x / size),
        i * block.size,
      );
    }
    const widths = await surfaceFlatness(surface, w, block, random, {
      ...request,
      centreLoss: loss,
      relativeTolerance: WIDTH_TOLERANCE,
    });
    own.push({
      square: dot(values, values),
      size: block.size,
      widths: widths.directions,
      along: `random unit vectors of ${block.name}`,
    });
  }
  onProgress?.(0.8);
  const rises = await risesOf(surface, w, whole, layers, own, options);
  const noiseOptions = { ...request, gradient };
  const noiseTrace = (await surfaceNoiseScale(surface, w, whole, noiseOptions)).trace;
  const curved = await surfaceCurvedNoise(surface, w, whole, found.pairs, {
    ...noiseOptions,
    key: key.child('curved-noise'),
    probes,
  });
  onProgress?.(1);
  return solutionOf(
    {
      samples: surface.samples,
      loss,
      weights: w,
      gradient,
      top: found.pairs.map((p) => p.value),
      topConverged: found.converged,
      trace,
      noiseTrace,
      curvedNoise: curved.trace,
      layers: own,
      topWidths: topWidths.directions,
      rises,
    },
    { noise },
  );
}

/** Says whether blocks hold every weight once. */
function isPartition(blocks: readonly SurfaceBlock[], size: number): boolean {
  const ranges = blocks.flatMap((b) => b.ranges).sort((a, b) => a.offset - b.offset);
  let end = 0;
  for (const range of ranges) {
    if (range.offset !== end) return false;
    end += range.size;
  }
  return end === size;
}

/** Returns the rises of the loss over draws of weight noise, as many draws in one request as fit. */
async function risesOf(
  surface: Surface,
  w: Float64Array,
  whole: SurfaceBlock,
  layers: readonly SurfaceBlock[],
  own: SolutionAnswers['layers'],
  { key, noise, signal }: SurfaceSolutionOptions,
): Promise<SolutionAnswers['rises']> {
  const request = signal ? { signal } : {};
  const scale = new Float64Array(whole.size);
  layers.forEach((block, l) => {
    scatterAdd(block, new Float64Array(block.size).fill(1), Math.sqrt(own[l].square / own[l].size), scale);
  });
  const together = Math.max(1, Math.floor(TOGETHER / (2 * whole.size)));
  const absolute: number[] = [];
  const relative: number[] = [];
  const still: Line = { block: whole, direction: scale, displacements: [0] };
  const [{ losses: here }] = await surface.losses(w, [still], undefined, request);
  for (let first = 0; first < noise.draws; first += together) {
    const lines: Line[] = [];
    for (let d = first; d < Math.min(noise.draws, first + together); d++) {
      const xi = normalVector(whole.size, key.child('weight noise').child(d).stream());
      lines.push({ block: whole, direction: xi, displacements: [noise.absolute] });
      lines.push({ block: whole, direction: xi.map((x, i) => x * scale[i]), displacements: [noise.relative] });
    }
    const answers = await surface.losses(w, lines, undefined, request);
    answers.forEach(({ losses }, i) => {
      (i % 2 === 0 ? absolute : relative).push(losses[0] - here[0]);
    });
  }
  return { absolute, relative };
}
