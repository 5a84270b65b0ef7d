/**
 * Everything that is measured on a `Surface` at one point, block by block: widths along directions, the spectrum of the Hessian, the
 * noise of gradients. One document of plain numbers, each with its error; what the surface cannot answer is listed with what that
 * would need.
 */
import { check } from '../../numeric/errors.js';
import { exactly } from '../../numeric/estimate.js';
import { embeddedLinearAlgebra, type LinearAlgebra, row, stacked } from '../../numeric/linalg/index.js';
import { dot } from '../../numeric/operators/lanczos.js';
import type { Key } from '../../numeric/random.js';
import * as is from '../../numeric/wants.js';
import { SURFACE_WANTS } from '../../surface/check.js';
import { hardAndRandom } from '../../surface/subsets.js';
import { BLOCK_WANTS, REQUEST_WANTS, type Subset, type Surface, type SurfaceBlock } from '../../surface/surface.js';
import { DENSE_SIZE } from '../curvature/dense-block.js';
import { costsOf, requestsOf } from './costs.js';
import { type GivenDirections, measureBlock } from './measure-block.js';
import { overAllOf, planFor, remaining, type SurfacePlan, shareFor } from './plan.js';
import type { BlockMeasured, SurfaceMeasured } from './results.js';

/** Reports where a measurement is. */
export interface MeasureProgress {
  readonly block: string;
  /** `curvature`, `flatness` or `noise`. */
  readonly what: string;
  /** Share of that part. */
  readonly share: number;
}

/** Says what is measured, and within which time. */
export interface MeasureOptions {
  readonly key: Key;
  /** Directions of the widths by name of the block; the leading eigenvectors of the Hessian where there are none. */
  readonly directions?: ReadonlyMap<string, GivenDirections>;
  /** Largest eigenpairs of each block; 10 by default. */
  readonly top?: number;
  /** Probes and products of the spectral density; 6 and 40 by default. */
  readonly density?: { readonly probes: number; readonly steps: number };
  /** Probes of Tr(H C1); 10 by default. */
  readonly probes?: number;
  /** Size and number of the batches of the sharpness; 50 and 20 by default. */
  readonly batchSize?: number;
  readonly batches?: number;
  /** Time that the measurement may take; with it a subset of the samples is chosen where all take longer. */
  readonly budget?: {
    readonly seconds: number;
    /** A clock, seconds. */
    readonly now: () => number;
    /** Seconds of it that were spent before, such as for checks; 0 by default. */
    readonly spent?: number;
  };
  /** Bytes for vectors; see `curvatureMemory`. */
  readonly memoryBytes?: number;
  readonly la?: LinearAlgebra;
  /** Receives, before the start, what will be asked and how long it takes. */
  readonly onPlan?: (plan: SurfacePlan) => void;
  readonly onProgress?: (at: MeasureProgress) => void;
  readonly signal?: AbortSignal;
}

const OPTIONS = is.shape<MeasureOptions>({
  key: is.key,
  directions: is.maybe(is.object),
  top: is.maybe(is.count),
  density: is.maybe(is.shape({ probes: is.count, steps: is.count })),
  probes: is.maybe(is.count),
  batchSize: is.maybe(is.count),
  batches: is.maybe(is.whole),
  budget: is.maybe(is.shape({ seconds: is.positive, now: is.func, spent: is.maybe(is.finite) })),
  memoryBytes: is.maybe(is.positive),
  la: is.maybe(is.algebra),
  onPlan: is.maybe(is.func),
  ...REQUEST_WANTS,
});

/**
 * Measures a surface at a point. Without a budget all samples are asked. Blocks whose matrix takes fewer products than its
 * spectrum are formed dense.
 * @param w - the centre, all weights of the surface
 * @throws InputError for no block, and for a budget that even 64 samples exceed
 */
export async function measureSurface(
  surface: Surface,
  w: Float64Array,
  blocks: readonly SurfaceBlock[],
  options: MeasureOptions,
): Promise<SurfaceMeasured> {
  is.given(
    'measureSurface',
    { surface, w, blocks, options },
    { surface: SURFACE_WANTS, w: is.numbers, blocks: is.listOf(BLOCK_WANTS), options: OPTIONS },
  );
  const { key, budget, signal, la = embeddedLinearAlgebra(), top = 10, probes = 10, batches = 20 } = options;
  const { density = { probes: 6, steps: 40 }, batchSize, memoryBytes } = options;
  check(blocks.length > 0, 'no-block', 'a measurement needs at least one block of weights.');
  const request = signal ? { signal } : {};
  const products = (b: SurfaceBlock) => 2 * top + 40 + density.probes * Math.min(density.steps, b.size);
  const dense = (b: SurfaceBlock) => b.size <= Math.min(DENSE_SIZE, products(b));
  const started = budget?.now() ?? 0;
  const { loss, gradient } = await surface.gradient(w, undefined, request);
  const gradientSeconds = (budget?.now() ?? 0) - started;
  let plan: SurfacePlan | undefined;
  let directions = options.directions;
  if (budget) {
    const widest = blocks.reduce((a, b) => (b.size > a.size ? b : a));
    const costs = await costsOf(surface, w, widest, {
      ...request,
      now: budget.now,
      key: key.child('costs'),
      budgetSeconds: budget.seconds,
      gradientSeconds,
    });
    const given = (b: SurfaceBlock) => options.directions?.get(b.name)?.vectors.rows;
    const at = (share: number) => (b: SurfaceBlock) => remaining(given(b) ?? 0, share);
    const counts = (share: number) =>
      blocks.map((b) => ({
        directions: given(b) === undefined ? Math.min(top, b.size) : at(share)(b),
        top: Math.min(top, b.size),
        density,
        probes,
        batches,
        batchSize: batchSize ?? 50,
        dense: dense(b) ? b.size : 0,
      }));
    const requests = (share: number) => requestsOf(counts(share));
    const spent = (budget.spent ?? 0) + budget.now() - started;
    const share = shareFor(costs, budget.seconds - spent, requests, surface.samples);
    const over = (f: (b: SurfaceBlock) => number) => blocks.reduce((sum, b) => sum + f(b), 0);
    const thinned = { directions: over(at(share)), of: over(at(1)) };
    plan = planFor(costs, budget.seconds, requests(share), surface.samples, thinned, spent);
    directions =
      options.directions &&
      new Map(Array.from(options.directions, ([name, own]) => [name, thin(own, remaining(own.vectors.rows, share))]));
    if (surface.offers.sampleLosses === 'missing') plan = overAllOf(plan);
    options.onPlan?.(plan);
  }
  const subset: Subset =
    plan && plan.samples < surface.samples
      ? hardAndRandom(await surface.sampleLosses(w, undefined, request), plan.samples, key.child('subset'))
      : undefined;
  const measured: BlockMeasured[] = [];
  for (const [i, block] of blocks.entries())
    measured.push(
      await measureBlock({
        surface,
        w,
        block,
        subset,
        loss,
        gradient,
        directions: directions?.get(block.name),
        top: Math.min(top, block.size),
        density: { probes: density.probes, steps: Math.min(density.steps, block.size) },
        probes,
        batchSize,
        batches,
        dense: dense(block),
        memoryBytes,
        key: key.child('block').child(i),
        la,
        signal,
        report: (what, share) => options.onProgress?.({ block: block.name, what, share }),
      }),
    );
  const { name, size, samples, precision, offers } = surface;
  return {
    surface: { name, size, samples, precision, offers },
    loss: exactly(loss, `mean over ${samples} ${samples === 1 ? 'sample' : 'samples'}`, samples),
    gradientNorm: Math.sqrt(dot(gradient, gradient)),
    asked: subset?.samples.length ?? samples,
    plan,
    blocks: measured,
  };
}

/** Keeps some of the directions, evenly from the first to the last. */
function thin({ vectors, indices, variances }: GivenDirections, count: number): GivenDirections {
  const all = vectors.rows;
  if (count >= all) return { vectors, indices, variances };
  const kept = Array.from({ length: count }, (_, i) => Math.round((i * (all - 1)) / Math.max(1, count - 1)));
  const rows = kept.map((k) => row(vectors, k));
  return {
    vectors: stacked(rows, vectors.cols),
    indices: kept.map((k) => indices[k]),
    variances: kept.map((k) => variances[k]),
  };
}
