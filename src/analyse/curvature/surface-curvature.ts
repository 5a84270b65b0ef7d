/**
 * The spectrum of the Hessian on a block of any `Surface`, by products alone: the largest eigenpairs and the smallest one
 * (Lanczos), the density of all eigenvalues (stochastic Lanczos quadrature), the trace (Hutchinson's probes, or those of the
 * density). All run in step, so that a round is ONE request.
 *
 * Over a subset of the samples an eigenvalue λ = vᵀHv is off, to first order, by the error of vᵀHv at fixed v; that and the error of
 * the trace follow from the curvatures of the single samples [F5]. Eigenvalues of a subset are also biased, to second order: the
 * largest ones upwards.
 */

import { type Estimate, estimate } from '../../numeric/estimate.js';
import { embeddedLinearAlgebra, type LinearAlgebra, stacked } from '../../numeric/linalg/index.js';
import { hutchinsonProbes, signVector, traceOf } from '../../numeric/operators/hutchinson.js';
import { type LanczosResult, lanczosSearch } from '../../numeric/operators/lanczos.js';
import { type Multiplying, multiplyTogether } from '../../numeric/operators/products.js';
import { densityOf, densityProbes, type Quadrature, type SpectralDensity } from '../../numeric/operators/slq.js';
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
  type Subset,
  type Surface,
  type SurfaceBlock,
} from '../../surface/surface.js';
import { curvaturesBySample } from './by-sample.js';
import { hessianProducts } from './products.js';

/** Chooses what is found of a spectrum, how accurately, and the memory for it. */
export interface SurfaceCurvatureOptions extends RequestOptions {
  readonly key: Key;
  /** Largest eigenpairs wanted; 10 by default, never more than P_b. */
  readonly top?: number;
  /** Probes of the trace, 10 by default; those of the density serve where there is one. */
  readonly probes?: number;
  /** Probes of the density and products of each; none by default. */
  readonly density?: { readonly probes: number; readonly steps: number };
  /** Most products for the eigenpairs; 4·top + 120 by default. */
  readonly maxSteps?: number;
  /** Wanted residual relative to the largest |eigenvalue|; 1e-5 by default. */
  readonly tolerance?: number;
  /** All samples by default. */
  readonly subset?: Subset;
  /** Bytes for the vectors of all processes; 2 GiB by default. See `curvatureMemory`. */
  readonly memoryBytes?: number;
  readonly la?: LinearAlgebra;
}

const MEMORY = {
  top: is.maybe(is.count),
  probes: is.maybe(is.count),
  density: is.maybe(is.shape({ probes: is.count, steps: is.count })),
  maxSteps: is.maybe(is.count),
  memoryBytes: is.maybe(is.positive),
};
const OPTIONS = is.shape<SurfaceCurvatureOptions>({
  key: is.key,
  ...MEMORY,
  tolerance: is.maybe(is.finite),
  subset: is.maybe(SUBSET_WANTS),
  la: is.maybe(is.algebra),
  ...REQUEST_WANTS,
});

/** Holds an eigenpair of the Hessian on a block. */
export interface CurvaturePair {
  /** nat/weight²; its error is the bound from the residual, and with a subset also that of the subset. */
  readonly value: Estimate;
  /** Unit vector, P_b. */
  readonly vector: Float64Array;
  /** ‖H v − λ v‖ over the samples that were asked. */
  readonly residual: number;
}

/** Holds what was found of the spectrum of the Hessian on a block. */
export interface SurfaceCurvature {
  /** P_b. */
  readonly size: number;
  /** Descending. */
  readonly top: readonly CurvaturePair[];
  readonly smallest: CurvaturePair;
  readonly trace: Estimate;
  readonly density: SpectralDensity | undefined;
  /** Products with H. */
  readonly products: number;
  readonly samples: number;
  readonly of: number;
  /** All wanted pairs and the smallest have converged. */
  readonly converged: boolean;
}

/** Says how vectors are kept in memory. */
export interface CurvatureMemory {
  /** Most vectors of the process for eigenpairs. */
  readonly vectors: number;
  /** How the probes of the density orthogonalise, and how many of them run at once. */
  readonly density: 'all' | 'three';
  readonly together: number;
  /** Largest memory that follows, bytes. */
  readonly bytes: number;
}

const DEFAULT_BYTES = 2 * 2 ** 30;

/**
 * Plans the memory of `surfaceCurvature` before anything is asked: half for the process of the eigenpairs (which restarts when it
 * is full; at least top + 6 vectors), half for probes, which keep three vectors where all do not fit.
 */
export function curvatureMemory(size: number, options: Omit<SurfaceCurvatureOptions, 'key'>): CurvatureMemory {
  is.given('curvatureMemory', { size, options }, { size: is.count, options: is.shape(MEMORY) });
  const { top, maxSteps, density, probes, memoryBytes = DEFAULT_BYTES } = withDefaults(size, options);
  const vector = 8 * size;
  const half = memoryBytes / 2;
  const vectors = Math.min(size, maxSteps, Math.max(top + 6, Math.floor(half / vector)));
  const steps = density ? Math.min(density.steps, size) : 1;
  const all = density ? density.probes : probes;
  const kept = density && all * steps * vector <= half ? 'all' : 'three';
  // a probe also holds its product and the row of the request
  const each = vector * ((kept === 'all' ? steps : density ? 3 : 1) + 2);
  const together = Math.max(1, Math.min(all, Math.floor(half / each)));
  return { vectors, density: kept, together, bytes: vector * (vectors + top + 3) + together * each };
}

function withDefaults(size: number, options: Omit<SurfaceCurvatureOptions, 'key'>) {
  const top = Math.min(options.top ?? 10, size);
  const { probes = 10, tolerance = 1e-5, maxSteps = 4 * top + 120, density, memoryBytes } = options;
  return { probes, tolerance, maxSteps, density, memoryBytes, top };
}

/**
 * Measures the spectrum of the Hessian on a block. Costs a product for each step, all processes together in one request a round;
 * with a subset two requests more for each eigenpair and each probe, for the errors.
 * @throws InputError for fewer than two probes, and when products are not finite
 */
export async function surfaceCurvature(
  surface: Surface,
  w: Float64Array,
  block: SurfaceBlock,
  options: SurfaceCurvatureOptions,
): Promise<SurfaceCurvature> {
  is.given(
    'surfaceCurvature',
    { surface, w, block, options },
    { surface: SURFACE_WANTS, w: is.numbers, block: BLOCK_WANTS, options: OPTIONS },
  );
  const { top, probes, density, maxSteps, tolerance } = withDefaults(block.size, options);
  const { key, subset, signal, onProgress, la = embeddedLinearAlgebra() } = options;
  const size = block.size;
  const memory = curvatureMemory(size, options);
  const request = signal ? { signal } : {};
  let products = 0;
  const ask = hessianProducts(surface, w, block, { subset, ...request });
  const multiply = (vectors: readonly Float64Array[]) => {
    products += vectors.length;
    return ask(vectors);
  };
  const opposite = 'pair' as const;
  const search = lanczosSearch(size, {
    count: top,
    key,
    maxSteps,
    tolerance,
    opposite,
    la,
    ...(memory.vectors < Math.min(size, maxSteps) && { vectors: memory.vectors }),
  });
  const others: Multiplying<Quadrature | number>[] = density
    ? densityProbes(size, { ...density, key, la, memory: memory.density })
    : hutchinsonProbes(size, { probes, key });
  const expected = Math.min(maxSteps, size) + others.length * (density ? Math.min(density.steps, size) : 1);
  const tell = () => onProgress?.(Math.min(0.99, products / expected));
  const first = others.splice(0, memory.together);
  const [found, ...values] = (await multiplyTogether<LanczosResult | Quadrature | number>(
    multiply,
    [search, ...first],
    tell,
  )) as [LanczosResult, ...(Quadrature | number)[]];
  while (others.length > 0) values.push(...(await multiplyTogether(multiply, others.splice(0, memory.together), tell)));
  const spectrum = density && densityOf(size, values as Quadrature[], density);
  const over: SurfaceCurvature = {
    size,
    top: found.pairs,
    smallest: found.oppositePair!,
    trace: spectrum ? spectrum.trace : traceOf(values as number[]),
    density: spectrum,
    products,
    samples: subset ? subset.samples.length : surface.samples,
    of: surface.samples,
    converged: found.converged,
  };
  const result = subset
    ? await withSubsetErrors(surface, w, block, over, { subset, key, probes: values.length, ...request })
    : over;
  onProgress?.(1);
  return result;
}

/**
 * Adds the errors that a subset of the samples leaves to those of the eigenvalues and the trace of a spectrum over it. Costs two
 * requests for each eigenpair and each probe of the trace.
 */
export async function withSubsetErrors(
  surface: Surface,
  w: Float64Array,
  block: SurfaceBlock,
  curvature: SurfaceCurvature,
  options: RequestOptions & { readonly subset: SampleSubset; readonly key: Key; readonly probes: number },
): Promise<SurfaceCurvature> {
  const { subset, key, probes, signal } = options;
  const { top, smallest, trace, density } = curvature;
  const request = signal ? { signal } : {};
  const n = subset.samples.length;
  if (surface.offers.projectedSampleGradients === 'missing') {
    const unknown = (e: Estimate) =>
      estimate(e.value, Number.NaN, n, `${e.method}; the error of ${n} samples needs projectedSampleGradients`, false);
    const pair = (p: CurvaturePair) => ({ ...p, value: unknown(p.value) });
    return { ...curvature, top: top.map(pair), smallest: pair(smallest), trace: unknown(trace) };
  }
  const each = async (v: Float64Array) =>
    (await curvaturesBySample(surface, w, block, stacked([v], block.size), subset, request)).data;
  const errorOver = (values: Float64Array) => stratifiedMean(values, subset).standardError;
  const words = `over ${n} of ${surface.samples} samples`;
  const withErrors: CurvaturePair[] = [];
  for (const pair of [...top, smallest]) {
    const { value, standardError, method, converged } = pair.value;
    const error = Math.hypot(standardError, errorOver(await each(pair.vector)));
    withErrors.push({ ...pair, value: estimate(value, error, n, `${method}; ${words}, to first order`, converged) });
  }
  // the traces of the samples, by the same probes
  const traces = new Float64Array(n);
  for (let i = 0; i < probes; i++) {
    const stream = key
      .child(density ? 'spectral-density' : 'hutchinson')
      .child(i)
      .stream();
    const forms = await each(signVector(block.size, stream));
    for (let k = 0; k < n; k++) traces[k] += forms[k] / probes;
  }
  const own = errorOver(traces);
  const { value, standardError, method } = trace;
  return {
    ...curvature,
    top: withErrors.slice(0, -1),
    smallest: withErrors[withErrors.length - 1],
    trace: estimate(value, Math.hypot(standardError, own), n, `${method}; ${words}`),
  };
}
