/** One layer of one run: the relation in every regime, and the law of noise and curvature. docs/rules/generality.md. */

import { ritzBasis } from '../../analyse/curvature/ritz.js';
import { surfaceFlatness } from '../../analyse/landscape/surface-flatness.js';
import { pca } from '../../analyse/trajectory/pca.js';
import { type Regime, type RegimeName, regimeOf } from '../../analyse/trajectory/regime.js';
import { rowsInMemory } from '../../analyse/trajectory/rows.js';
import { leastAlongFixed, RESOLUTIONS } from '../../analyse/trajectory/scaling.js';
import {
  countOfRows,
  meanOfRows,
  projected,
  type Rows,
  scaleRows,
  variancesOf,
} from '../../analyse/trajectory/window-rows.js';
import { type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import { dot } from '../../numeric/operators/lanczos.js';
import type { Key } from '../../numeric/random.js';
import { logSpaced } from '../../numeric/spacing.js';
import { gather } from '../../surface/blocks.js';
import { scaledSurface } from '../../surface/scaled.js';
import type { Surface, SurfaceBlock } from '../../surface/surface.js';
import { type GammaLaw, gammaLaw, sampleVariances } from './gamma.js';

/** Says what is measured, and how finely. */
export interface LayerRequest {
  readonly surface: Surface;
  readonly block: SurfaceBlock;
  /** All weights: the mean of the window in the layer, the last ones elsewhere. */
  readonly centre: Float64Array;
  /** The window of the layer; in the end its rows are in the optimiser's own coordinates, where it has some. */
  readonly rows: Rows;
  /** Makes the rows of the walk. */
  readonly walk: () => Rows;
  /** √P of the layer's weights, for optimisers that have a preconditioner. */
  readonly scale: Float64Array | undefined;
  /** Directions of each regime, and Ritz vectors. */
  readonly directions: number;
  readonly vectors: number;
  readonly relativeTolerance: number;
  readonly key: Key;
  readonly la: LinearAlgebra;
  readonly report: (what: string, share: number) => void;
}

/** Holds what was measured in one layer. */
export interface LayerMeasured {
  readonly layer: string;
  readonly size: number;
  /** Rows of the window. */
  readonly rows: number;
  readonly centreLoss: number;
  readonly regimes: Partial<Readonly<Record<RegimeName, Regime>>>;
  readonly gamma: GammaLaw;
}

/** Bytes that a principal component analysis may take beside its rows. */
const BUDGET = 2 ** 30;

/** Measures a layer. Costs about eight losses, a product with the Hessian and a projection for each direction and regime. */
export async function measureLayer(request: LayerRequest): Promise<LayerMeasured> {
  const { surface, block, centre, rows, scale, key, la, report, vectors } = request;
  const T = countOfRows(rows);
  const half = Math.floor(T / 2);
  const { loss } = await surface.gradient(centre);
  const regimes: Partial<Record<RegimeName, Regime>> = {};

  report('same window', 0.1);
  const own = await principal(request, rows);
  regimes.same = await along(request, own.directions, own, 'same');

  report('other half', 0.25);
  const first = await principal(request, { data: rows.data.subarray(0, half * rows.P), P: rows.P });
  const later = variancesOf(projected(la, rows, first.directions, half, T), 'mean');
  const mean = meanOfRows(rows);
  regimes.half = await along(
    request,
    first.directions,
    { ranks: first.ranks, variances: later, least: leastAlongFixed(own.least, mean, T - half) },
    'half',
  );

  report('Hessian basis', 0.4);
  const basis = await ritzBasis(surface, centre, block, { count: vectors, key: key.child('ritz'), la });
  const chosen = thinned(basis.vectors, request.directions);
  const fixed = variancesOf(projected(la, rows, chosen.vectors), 'line');
  regimes.hessian = await along(
    request,
    chosen.vectors,
    { ranks: chosen.ranks, variances: fixed, least: leastAlongFixed(own.least, mean, T) },
    'hessian',
  );
  const slopes = await surface.projectedSampleGradients(centre, block, basis.vectors);
  const gamma = gammaLaw(basis.curvatures, sampleVariances(slopes), { key: key.child('gamma') });

  report('walk', 0.6);
  const walk = await principal(request, request.walk());
  regimes.walk = await along(request, walk.directions, walk, 'walk');

  if (scale) {
    report('own coordinates', 0.8);
    regimes.own = await inOwnCoordinates(request, scale);
  }
  return { layer: block.name, size: block.size, rows: T, centreLoss: loss, regimes, gamma };
}

interface Ranked {
  readonly ranks: readonly number[];
  readonly variances: ArrayLike<number>;
  /** Variances up to this are rounding. */
  readonly least: number;
}

/** Returns principal directions at log-spaced ranks from 2 on, the last rank included. */
async function principal(
  { directions: count, la }: LayerRequest,
  rows: Rows,
): Promise<Ranked & { directions: Matrix }> {
  const { P } = rows;
  const last = Math.min(P, countOfRows(rows) - 1);
  const keep = last < 2 ? [1] : logSpaced(last, Math.max(2, count), 2);
  const found = await pca(rowsInMemory(rows.data, P), la, { keep, budget: BUDGET });
  return {
    ranks: keep,
    variances: keep.map((r) => found.summary.variances[r - 1]),
    least: RESOLUTIONS * found.summary.resolution,
    directions: matrix(keep.length, P, found.components),
  };
}

/** Measures widths along directions and fits the relation. */
async function along(
  { surface, block, centre, relativeTolerance, key }: LayerRequest,
  directions: Matrix,
  { ranks, variances, least }: Ranked,
  name: RegimeName,
): Promise<Regime> {
  const found = await surfaceFlatness(surface, centre, block, directions, {
    relativeTolerance,
    indices: ranks,
    variances,
    products: await guesses(surface, centre, block, directions),
  });
  return regimeOf(found.directions, { least, key: key.child(name) });
}

/** Half the distance, in units of the norm of the block, over which a curvature is guessed. */
const NEARBY = 1e-3;

/**
 * Returns h p for every direction p, h the second difference of the loss along it. The search for a crossing begins where this
 * curvature puts it, and its result does not depend on it; two losses cost a third of a product with the Hessian.
 */
export async function guesses(
  surface: Surface,
  centre: Float64Array,
  block: SurfaceBlock,
  { data, rows, cols }: Matrix,
): Promise<Matrix> {
  const own = gather(block, centre);
  const step = NEARBY * (Math.sqrt(dot(own, own)) || 1);
  const lines = Array.from({ length: rows }, (_, i) => ({
    block,
    direction: data.slice(i * cols, (i + 1) * cols),
    displacements: [-step, 0, step],
  }));
  const answers = await surface.losses(centre, lines);
  const out = matrix(rows, cols);
  answers.forEach(({ losses: [left, here, right] }, i) => {
    const curvature = (left - 2 * here + right) / step ** 2;
    for (let j = 0; j < cols; j++) out.data[i * cols + j] = curvature * data[i * cols + j];
  });
  return out;
}

/** Measures the relation in the coordinates y = P^(−1/2) w; changes the rows. */
async function inOwnCoordinates(request: LayerRequest, scale: Float64Array): Promise<Regime> {
  const { surface, block, centre, rows } = request;
  const all = new Float64Array(surface.size).fill(1);
  let from = 0;
  for (const { offset, size } of block.ranges) {
    all.set(scale.subarray(from, from + size), offset);
    from += size;
  }
  scaleRows(
    rows,
    scale.map((s) => 1 / s),
  );
  const own = await principal(request, rows);
  const y = centre.map((v, i) => v / all[i]);
  return along({ ...request, surface: scaledSurface(surface, all), centre: y }, own.directions, own, 'own');
}

/** Takes rows at log-spaced ranks. */
function thinned({ data, rows, cols }: Matrix, count: number): { vectors: Matrix; ranks: number[] } {
  const ranks = rows < 2 ? [1] : logSpaced(rows, Math.max(2, count));
  const out = matrix(ranks.length, cols);
  ranks.forEach((r, k) => {
    out.data.set(data.subarray((r - 1) * cols, r * cols), k * cols);
  });
  return { vectors: out, ranks };
}
