/**
 * Tr H of a model, layer by layer, by products with the Hessian of any `Surface`. docs/theory [S10].
 *
 * A layer of few weights has the sum of its diagonal, by a product with each unit vector; a larger one the mean of zᵀ H_l z over
 * probes z of random signs within the layer, whose error is smaller than that of probes of all weights. `hessianTrace` gives the same
 * for networks of this package without probes.
 */
import { computed, type Estimate, estimate } from '../../numeric/estimate.js';
import { matrix } from '../../numeric/linalg/index.js';
import { hutchinsonProbes, signVector, traceOf } from '../../numeric/operators/hutchinson.js';
import { multiplyTogether } from '../../numeric/operators/products.js';
import type { Key } from '../../numeric/random.js';
import * as is from '../../numeric/wants.js';
import { SURFACE_WANTS } from '../../surface/check.js';
import { stratifiedMean } from '../../surface/subsets.js';
import {
  BLOCK_WANTS,
  REQUEST_WANTS,
  type RequestOptions,
  type SampleSubset,
  SUBSET_WANTS,
  type Surface,
  type SurfaceBlock,
} from '../../surface/surface.js';
import { curvaturesBySample } from './by-sample.js';
import type { HessianTrace } from './hessian-trace.js';
import { hessianProducts } from './products.js';

/** Layers up to this size have the sum of their diagonal. */
const SMALL = 32;
/** Most numbers of the vectors of one request. */
const TOGETHER = 2 ** 24;

/** Sets the probes of a trace, and the samples. */
export interface SurfaceTraceOptions extends RequestOptions {
  readonly key: Key;
  /** Probes of each layer that is larger than 32 weights; 10 by default, at least 2. */
  readonly probes?: number;
  /** All samples by default. With a subset the errors are those for all samples [F5]. */
  readonly subset?: SampleSubset;
}

const OPTIONS = is.shape<SurfaceTraceOptions>({
  key: is.key,
  probes: is.maybe(is.count),
  subset: is.maybe(SUBSET_WANTS),
  ...REQUEST_WANTS,
});

/**
 * Estimates Tr H on each layer. Costs a product with the Hessian for each probe of each layer (each weight of a small one), and with a
 * subset the gradients of its samples along as many directions twice.
 * @param layers - blocks of weights that do not overlap; `trace` is that of all of them together
 * @throws InputError for fewer than two probes
 */
export async function surfaceTrace(
  surface: Surface,
  w: Float64Array,
  layers: readonly SurfaceBlock[],
  options: SurfaceTraceOptions,
): Promise<HessianTrace> {
  is.given(
    'surfaceTrace',
    { surface, w, layers, options },
    { surface: SURFACE_WANTS, w: is.numbers, layers: is.listOf(BLOCK_WANTS), options: OPTIONS },
  );
  const { key, probes = 10, subset, signal, onProgress } = options;
  const request = signal ? { signal } : {};
  const out: { layer: string; trace: Estimate }[] = [];
  for (const [l, block] of layers.entries()) {
    const own = key.child('layer').child(l);
    const ask = hessianProducts(surface, w, block, {
      ...(subset && { subset }),
      ...request,
      together: Math.max(1, Math.floor(TOGETHER / block.size)),
    });
    const found =
      block.size <= SMALL
        ? await diagonalSum(ask, block, surface.samples)
        : traceOf(await multiplyTogether(ask, hutchinsonProbes(block.size, { probes, key: own })));
    out.push({
      layer: block.name,
      trace: subset ? await overSubset(surface, w, block, found, { subset, key: own, probes, ...request }) : found,
    });
    onProgress?.((l + 1) / layers.length);
  }
  return {
    trace: estimate(
      out.reduce((sum, { trace }) => sum + trace.value, 0),
      Math.hypot(...out.map(({ trace }) => trace.standardError)),
      subset?.samples.length ?? surface.samples,
      'layers added; their errors taken as independent',
    ),
    layers: out,
  };
}

async function diagonalSum(
  ask: (vectors: readonly Float64Array[]) => Promise<Float64Array[]>,
  { size }: SurfaceBlock,
  samples: number,
): Promise<Estimate> {
  const products = await ask(unitVectors(size));
  const sum = products.reduce((s, x, i) => s + x[i], 0);
  return computed(sum, 0, samples, 'sum of the diagonal');
}

const unitVectors = (size: number): Float64Array[] =>
  Array.from({ length: size }, (_, i) => Float64Array.from({ length: size }, (_x, j) => (i === j ? 1 : 0)));

/** Adds the error that a subset leaves, from the same probes sample by sample. */
async function overSubset(
  surface: Surface,
  w: Float64Array,
  block: SurfaceBlock,
  found: Estimate,
  {
    subset,
    key,
    probes,
    ...request
  }: Required<Pick<SurfaceTraceOptions, 'subset' | 'key' | 'probes'>> & RequestOptions,
): Promise<Estimate> {
  const n = subset.samples.length;
  const method = `${found.method}; over ${n} of ${surface.samples} samples`;
  if (surface.offers.projectedSampleGradients === 'missing')
    return estimate(found.value, Number.NaN, n, `${method}, whose error needs projectedSampleGradients`, false);
  const small = block.size <= SMALL;
  const vectors = small
    ? unitVectors(block.size)
    : Array.from({ length: probes }, (_, i) => signVector(block.size, key.child('hutchinson').child(i).stream()));
  const traces = new Float64Array(n);
  for (const v of vectors) {
    const { data } = await curvaturesBySample(surface, w, block, matrix(1, block.size, v), subset, request);
    for (let k = 0; k < n; k++) traces[k] += small ? data[k] : data[k] / probes;
  }
  const own = stratifiedMean(traces, subset).standardError;
  return estimate(found.value, Math.hypot(found.standardError, own), n, method, found.converged);
}
