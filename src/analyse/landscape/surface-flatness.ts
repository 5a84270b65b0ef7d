/**
 * Width, curvature and asymmetry of the loss valley along directions of a block of any `Surface`. docs/theory [F1]–[F3], [F5].
 *
 *     F_i = δ_r − δ_l,   L(w0 + δ_{l,r} p_i) = e·L(w0)   with the crossings nearest to 0.
 *
 * All directions are searched together: each round asks for the next displacements of all unfinished ones in ONE request.
 *
 * Over a subset of the samples, L(δ) is estimated by L(0) + D(δ): L(0) over all samples, and D(δ) = L(δ) − L(0) over the subset,
 * the same for all displacements. A crossing δ_r at which L has the slope s_r moves by −ε_r/s_r when D(δ_r) is off by ε_r. So the
 * error of F is that of Σ_k c_k [D_k(δ_r)/s_r − D_k(δ_l)/s_l], from the losses of the single samples at both crossings.
 */
import { check } from '../../numeric/errors.js';
import { type Matrix, row } from '../../numeric/linalg/index.js';
import { dot } from '../../numeric/operators/lanczos.js';
import * as is from '../../numeric/wants.js';
import { gather, moved } from '../../surface/blocks.js';
import { SURFACE_WANTS } from '../../surface/check.js';
import { stratifiedMean } from '../../surface/subsets.js';
import {
  BLOCK_WANTS,
  type Line,
  REQUEST_WANTS,
  type RequestOptions,
  SUBSET_WANTS,
  type Subset,
  type Surface,
  type SurfaceBlock,
} from '../../surface/surface.js';
import type { DirectionFlatness } from '../trajectory/results.js';
import { type Crossings, crossingSearch } from './crossing.js';
import { checkCentreLoss, widthOf } from './width.js';

/** Sets the level, the accuracy, the range and the samples of widths. */
export interface SurfaceFlatnessOptions extends RequestOptions {
  /** Level of the crossings in units of the centre's loss; e by default [F1]. */
  readonly factor?: number;
  /** Relative tolerance of each crossing; 1e-4 by default. */
  readonly relativeTolerance?: number;
  /**
   * Farthest displacement searched, in units of the norm of the block's weights at the centre (of all weights where those are 0,
   * of 1 where these are); 10 by default.
   */
  readonly reach?: number;
  /** All samples by default. */
  readonly subset?: Subset;
  /** L0 over all samples, where it is known; otherwise it is asked for. */
  readonly centreLoss?: number;
  /** H_b p of each direction over the same samples, k×P_b, where they are known; otherwise they are asked for. */
  readonly products?: Matrix;
  /** Ranks of the directions, 1, 2, … by default, and their variances over a window, weight², NaN by default. */
  readonly indices?: ArrayLike<number>;
  readonly variances?: ArrayLike<number>;
}

const OPTIONS = is.shape<SurfaceFlatnessOptions>({
  factor: is.maybe(is.finite),
  relativeTolerance: is.maybe(is.finite),
  reach: is.maybe(is.finite),
  subset: is.maybe(SUBSET_WANTS),
  centreLoss: is.maybe(is.number),
  products: is.maybe(is.matrix),
  indices: is.maybe(is.numbers),
  variances: is.maybe(is.numbers),
  ...REQUEST_WANTS,
});

/** Describes the valley along one direction, with the error that a subset of the samples leaves. */
export interface SurfaceDirection extends DirectionFlatness {
  /** One standard error of F as an estimate for all samples, weight; 0 without a subset, NaN on an open side. */
  readonly flatnessError: number;
}

/** Holds the widths along all directions about one centre. */
export interface SurfaceFlatness {
  /** L0 over all samples. */
  readonly centreLoss: number;
  /** Samples behind the losses along the lines, and all there are. */
  readonly samples: number;
  readonly of: number;
  readonly factor: number;
  readonly relativeTolerance: number;
  readonly directions: readonly SurfaceDirection[];
}

/**
 * Measures the loss valley along directions of a block. Costs a gradient, a Hessian product and about ten losses for each
 * direction; with a subset also one loss over all samples, and six over the subset for each direction.
 * @param w - the centre, all weights of the surface
 * @param directions - k×P_b, one unit vector a row
 * @throws InputError when the loss at the centre is not positive and finite, and for directions of another length
 */
export async function surfaceFlatness(
  surface: Surface,
  w: Float64Array,
  block: SurfaceBlock,
  directions: Matrix,
  options: SurfaceFlatnessOptions = {},
): Promise<SurfaceFlatness> {
  is.given(
    'surfaceFlatness',
    { surface, w, block, directions, options },
    { surface: SURFACE_WANTS, w: is.numbers, block: BLOCK_WANTS, directions: is.matrix, options: OPTIONS },
  );
  const { factor = Math.E, relativeTolerance = 1e-4, reach = 10, subset, signal, onProgress } = options;
  const k = directions.rows;
  check(
    directions.cols === block.size && k >= 1,
    'direction-size',
    () =>
      `directions in ${block.name} have ${block.size} components each, and at least one is needed; got ${k} of ${directions.cols}.`,
  );
  for (const list of [options.indices, options.variances])
    check(
      list === undefined || list.length === k,
      'direction-count',
      () => `ranks and variances are as many as there are directions, ${k}; got ${list!.length}.`,
    );
  const request = signal ? { signal } : {};
  const rows = Array.from({ length: k }, (_, i) => row(directions, i));
  const still: Line[] = [{ block, direction: rows[0], displacements: [0] }];
  const lossHere = async (of: Subset) => (await surface.losses(w, still, of, request))[0].losses[0];
  const here = await lossHere(subset);
  const centre = options.centreLoss ?? (subset ? await lossHere(undefined) : here);
  checkCentreLoss(centre, factor);
  const { gradient } = await surface.gradient(w, subset, request);
  const g = gather(block, gradient);
  const products = options.products ?? (await surface.hessianVectors(w, block, directions, subset, request));
  const slopes = rows.map((p) => dot(g, p));
  const curvatures = rows.map((p, i) => dot(row(products, i), p));
  const cap = reach * (norm(gather(block, w)) || norm(w) || 1);
  const found = await searchTogether(surface, w, {
    block,
    rows,
    subset,
    request,
    ...(onProgress && { onProgress }),
    offset: centre - here,
    options: (i) => ({
      centre,
      level: factor * centre,
      slope: slopes[i],
      curvature: curvatures[i],
      relativeTolerance,
      cap,
    }),
  });
  const errors = subset
    ? await widthErrors(surface, w, { block, rows, subset, request, found: found.map((f) => f.crossings) })
    : found.map(({ crossings: { left, right } }) => (left === null || right === null ? Number.NaN : 0));
  return {
    centreLoss: centre,
    samples: subset ? subset.samples.length : surface.samples,
    of: surface.samples,
    factor,
    relativeTolerance,
    directions: found.map(({ crossings, evaluations }, i) => ({
      ...widthOf({
        index: options.indices?.[i] ?? i + 1,
        variance: options.variances?.[i] ?? Number.NaN,
        crossings,
        slope: slopes[i],
        curvature: curvatures[i],
        centre,
        factor,
        evaluations,
      }),
      flatnessError: errors[i],
    })),
  };
}

const norm = (x: Float64Array) => Math.sqrt(dot(x, x));

interface Together {
  readonly block: SurfaceBlock;
  readonly rows: readonly Float64Array[];
  readonly subset: Subset;
  readonly request: RequestOptions;
}

/** Runs the searches along all rows, with one request for each round; `offset` is added to every loss. */
async function searchTogether(
  surface: Surface,
  w: Float64Array,
  {
    block,
    rows,
    subset,
    request,
    onProgress,
    offset,
    options,
  }: Together & {
    readonly onProgress?: (share: number) => void;
    readonly offset: number;
    readonly options: (i: number) => Parameters<typeof crossingSearch>[0];
  },
): Promise<{ crossings: Crossings; evaluations: number }[]> {
  const searches = rows.map((direction, i) => {
    const search = crossingSearch(options(i));
    return { direction, search, step: search.next(), evaluations: 0 };
  });
  for (;;) {
    const open = searches.flatMap((s) => (s.step.done ? [] : [{ s, displacements: s.step.value }]));
    onProgress?.(1 - open.length / rows.length);
    if (open.length === 0) break;
    const lines = open.map(({ s, displacements }) => ({ block, direction: s.direction, displacements }));
    const answers = await surface.losses(w, lines, subset, request);
    open.forEach(({ s, displacements }, i) => {
      s.evaluations += displacements.length;
      s.step = s.search.next(answers[i].losses.map((x) => x + offset));
    });
  }
  return searches.map(({ step, evaluations }) => ({ crossings: step.value as Crossings, evaluations }));
}

/** Half the distance, relative to that of the crossing, over which the slope there is taken. */
const NEARBY = 0.01;

/**
 * Returns the standard errors of the widths over a subset. Where the surface gives no losses of single samples, the errors of both
 * sides are added, which is an upper bound.
 */
async function widthErrors(
  surface: Surface,
  w: Float64Array,
  { block, rows, subset, request, found }: Together & { readonly found: readonly Crossings[] },
): Promise<number[]> {
  const out = found.map(() => Number.NaN);
  const closed = found.flatMap(({ left, right }, i) => (left === null || right === null ? [] : [{ i, left, right }]));
  if (closed.length === 0 || !subset) return out;
  const nearby = [1 - NEARBY, 1 + NEARBY];
  const lines = closed.map(({ i, left, right }) => ({
    block,
    direction: rows[i],
    displacements: [...nearby.map((f) => -left * f), ...nearby.map((f) => right * f)],
  }));
  const answers = await surface.losses(w, lines, subset, request);
  const single = surface.offers.sampleLosses !== 'missing';
  const before = single ? await surface.sampleLosses(w, subset, request) : undefined;
  for (const [c, { i, left, right }] of closed.entries()) {
    const { losses: l, standardErrors: e } = answers[c];
    const [slopeLeft, slopeRight] = [(l[0] - l[1]) / (2 * NEARBY * left), (l[3] - l[2]) / (2 * NEARBY * right)];
    if (!before) {
      out[i] = e ? Math.abs((e[0] + e[1]) / 2 / slopeLeft) + Math.abs((e[2] + e[3]) / 2 / slopeRight) : Number.NaN;
      continue;
    }
    const atLeft = await surface.sampleLosses(moved(w, block, rows[i], -left), subset, request);
    const atRight = await surface.sampleLosses(moved(w, block, rows[i], right), subset, request);
    const shares = before.map((x, k) => (atRight[k] - x) / slopeRight - (atLeft[k] - x) / slopeLeft);
    out[i] = stratifiedMean(shares, subset).standardError;
  }
  return out;
}
