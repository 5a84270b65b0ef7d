/**
 * The random landscape that minibatches see, measured along given directions of one layer. docs/theory [R1]–[R3].
 *
 *     L^mu ≈ L_min^mu + (L0/2) Σ_ij M_ij^mu (theta_i − theta_i^mu)(theta_j − theta_j^mu)
 *
 * For every frozen minibatch mu, exactly and from the derivatives at the centre: M_ij^mu = p_iᵀ H^mu p_j / L0 and
 * theta_i^mu = −(g^mu·p_i)/(L0 M_ii^mu). The extremum of a nearly flat or downward parabola is not a minimum: a minibatch with
 * M_ii^mu < `floor`·M_ii is dropped from the statistics of theta_i (not from those of M), and the dropped share is reported.
 *
 * The noise along direction i at displacement theta, the exact formula of [R2] beside its leading term:
 *
 *     C_ii(theta) = L0² { (M_ii² + s_M,i²) s_theta,i² + s_M,i² (theta_i − m_i)² + Σ_{j≠i} s_ij² [(theta_j − m_j)² + s_theta,j²] },
 *     C_ii ≈ L0² M_ii² s_theta,i²,        m_i = ⟨theta_i^mu⟩,
 *
 * which assumes independent Gaussian M and theta; `measured` is the variance over minibatches of g^mu·p_i and assumes nothing.
 * All are for ONE minibatch of the given size. Displacements are in weight units.
 */

import { check } from '../../numeric/errors.js';
import { type Estimate, estimate } from '../../numeric/estimate.js';
import { type Matrix, matrix } from '../../numeric/linalg/index.js';
import { wholePower } from '../../numeric/power.js';
import * as is from '../../numeric/wants.js';
import type { NetworkPasses } from '../../surface/network/passes.js';
import { type ProjectedBlock, projectBlocks } from '../../surface/network/projection.js';
import type { CurvatureKind } from '../../surface/network/tangents.js';

/** Chooses the directions and minibatches of a random landscape. */
export interface LandscapeOptions {
  /** The layer that the directions lie in. */
  readonly layer: string;
  /** k×P, one unit direction a row. */
  readonly directions: Matrix;
  /** Samples batch after batch: an epoch of `batchPlan`, or several; a last incomplete batch is left out. */
  readonly order: Uint32Array;
  readonly batchSize: number;
  /** Least M_ii^mu, in units of its mean, at which theta_i^mu enters the statistics; 0.1 by default. */
  readonly floor?: number;
  /** `exact` by default. */
  readonly kind?: CurvatureKind;
  /** Called with the share of the samples that are done. */
  readonly onProgress?: (share: number) => void;
}

/** Says what a {@link LandscapeOptions} needs. */
export const LANDSCAPE_OPTIONS_WANTS = is.shape<LandscapeOptions>({
  layer: is.text,
  directions: is.matrix,
  order: is.order,
  batchSize: is.count,
  floor: is.maybe(is.finite),
  kind: is.maybe(is.oneOf('exact', 'gauss-newton')),
  onProgress: is.maybe(is.func),
});

/** Holds the statistics over minibatches in one direction. */
export interface DirectionLandscape {
  /** M_ii, the mean of M_ii^mu, weight^−2. */
  readonly curvature: Estimate;
  /** s_M,i, the standard deviation of M_ii^mu. */
  readonly curvatureSpread: Estimate;
  /** m_i, the mean of theta_i^mu over the minibatches kept, weight units. */
  readonly minimum: Estimate;
  /** s_theta,i, its standard deviation. */
  readonly minimumSpread: Estimate;
  /** Share of minibatches whose parabola is too flat or points downward. */
  readonly dropped: number;
  /** C_ii at the centre by the formula of [R2], by its leading term, and as measured: of one minibatch. */
  readonly noise: { readonly full: number; readonly leading: number; readonly measured: Estimate };
}

/** Holds the random landscape in k directions, with the noise that follows from it, of ONE minibatch. */
export interface Landscape {
  readonly directions: readonly DirectionLandscape[];
  /** k×k: standard deviation s_ij of M_ij^mu over minibatches; its diagonal is s_M. */
  readonly crossSpread: Matrix;
  /** k×k: mean of M_ij^mu. */
  readonly meanCurvature: Matrix;
  readonly batches: number;
  readonly batchSize: number;
  /** Mean loss over the samples used, L0. */
  readonly loss: number;
  /** Returns C_ii(theta) by [R2], (nat/weight)² and length k, at a displacement (length k, weight) from the centre. */
  fullNoise(displacement: ArrayLike<number>): Float64Array;
}

/** Holds the constants of the random landscape in k directions. */
interface LandscapeStatistics {
  /** L0. */
  readonly loss: number;
  /** ⟨M_ij⟩; only its diagonal enters. */
  readonly meanCurvature: Matrix;
  /** s_ij, with s_M,i on the diagonal. */
  readonly crossSpread: Matrix;
  /** m_i. */
  readonly minimum: ArrayLike<number>;
  /** s_theta,i. */
  readonly minimumSpread: ArrayLike<number>;
}

/**
 * Computes C_ii(theta) of docs/theory [R2] in every direction, of ONE minibatch. Costs k² operations.
 * @param displacement - theta from the centre, length k, weight
 * @throws InputError for a displacement of another length
 */
export function landscapeNoise(statistics: LandscapeStatistics, displacement: ArrayLike<number>): Float64Array {
  const { loss, meanCurvature, crossSpread, minimum, minimumSpread } = statistics;
  const k = minimum.length;
  check(
    displacement.length === k,
    'displacement-size',
    () => `a displacement has one number for each of the ${k} directions; got ${displacement.length}.`,
  );
  const away = (j: number) => (displacement[j] - minimum[j]) ** 2;
  return Float64Array.from({ length: k }, (_, i) => {
    const own = crossSpread.data[i * k + i] ** 2;
    let sum = (meanCurvature.data[i * k + i] ** 2 + own) * minimumSpread[i] ** 2 + own * away(i);
    for (let j = 0; j < k; j++)
      if (j !== i) sum += crossSpread.data[i * k + j] ** 2 * (away(j) + minimumSpread[j] ** 2);
    return loss ** 2 * sum;
  });
}

/** Curvature (k×k) and slope (k) of the mean loss of one minibatch along the directions. */
export interface BatchLandscape {
  readonly curvature: Float64Array;
  readonly slope: Float64Array;
}

/** What a minibatch's curvature must at least be, in units of the mean, by default. */
export const FLOOR = 0.1;

/**
 * Returns how many whole batches an order of samples makes.
 * @throws InputError for fewer than 3
 */
export function wholeBatches(order: Uint32Array, batchSize: number): number {
  const batches = Math.floor(order.length / batchSize);
  check(
    Number.isInteger(batchSize) && batchSize >= 1 && batches >= 3,
    'too-few-batches',
    () =>
      `the statistics of minibatches need at least 3 of them; ${order.length} samples make ${batches} of ${batchSize}.`,
  );
  return batches;
}

/**
 * Measures the random landscape along given directions of one layer. For 100 directions in the 50×50 layer of 784-50-50-10 an
 * epoch of 1200 minibatches costs 40 Gflop, half of it for the products M_ij; memory is k²+k numbers for each minibatch beside
 * the passes. docs/theory [R1]–[R3].
 * @throws InputError for fewer than 3 whole batches, or a loss of 0: M is measured in units of the loss
 */
export function randomLandscape(passes: NetworkPasses, options: LandscapeOptions): Landscape {
  is.given(
    'randomLandscape',
    { passes, options },
    { passes: is.having('a NetworkPasses', 'losses'), options: LANDSCAPE_OPTIONS_WANTS },
  );
  const { directions, order, batchSize, floor } = options;
  const batches = wholeBatches(order, batchSize);
  return landscapeOf(collect(passes, options, batches), { directions: directions.rows, batchSize, floor });
}

/**
 * Makes the random landscape from curvature and slope of every minibatch.
 * @param loss - the mean loss over all of them
 * @throws InputError for a loss of 0: M is measured in units of the loss
 */
export function landscapeOf(
  { all, loss }: { readonly all: readonly BatchLandscape[]; readonly loss: number },
  { directions: k, batchSize, floor = FLOOR }: { directions: number; batchSize: number; floor?: number | undefined },
): Landscape {
  const batches = all.length;
  check(loss > 0, 'no-loss', `the random landscape is measured in units of the loss, which is ${loss} here.`);
  const meanCurvature = matrix(k, k);
  const crossSpread = matrix(k, k);
  for (let e = 0; e < k * k; e++) {
    let sum = 0;
    for (const { curvature } of all) sum += curvature[e];
    const mean = sum / batches;
    let squares = 0;
    for (const { curvature } of all) squares += (curvature[e] - mean) ** 2;
    meanCurvature.data[e] = mean / loss;
    crossSpread.data[e] = Math.sqrt(squares / (batches - 1)) / loss;
  }
  const partial = Array.from({ length: k }, (_, i) => {
    const m = all.map((b) => b.curvature[i * k + i] / loss);
    const mean = meanCurvature.data[i * k + i];
    const kept = mean > 0 ? all.filter((_, mu) => m[mu] >= floor * mean) : [];
    const minima = kept.map((b) => -b.slope[i] / b.curvature[i * k + i]);
    return {
      curvature: meanEstimate(m, `mean over ${batches} minibatches`),
      curvatureSpread: spreadEstimate(m, `standard deviation over ${batches} minibatches`),
      minimum: meanEstimate(
        minima,
        `mean over ${minima.length} minibatches with a curvature above ${floor} of the mean`,
      ),
      minimumSpread: spreadEstimate(minima, `standard deviation over ${minima.length} minibatches`),
      dropped: 1 - minima.length / batches,
    };
  });
  const statistics: LandscapeStatistics = {
    loss,
    meanCurvature,
    crossSpread,
    minimum: partial.map((d) => d.minimum.value),
    minimumSpread: partial.map((d) => d.minimumSpread.value),
  };
  const fullNoise = (displacement: ArrayLike<number>) => landscapeNoise(statistics, displacement);
  const full = fullNoise(new Float64Array(k));
  return {
    directions: partial.map((d, i) => ({
      ...d,
      noise: {
        full: full[i],
        leading: (loss * d.curvature.value * d.minimumSpread.value) ** 2,
        measured: varianceEstimate(
          all.map((b) => b.slope[i]),
          `variance over ${batches} minibatches`,
        ),
      },
    })),
    crossSpread,
    meanCurvature,
    batches,
    batchSize,
    loss,
    fullNoise,
  };
}

/** Returns curvature and slope of every minibatch, and the mean loss. */
function collect(
  passes: NetworkPasses,
  options: LandscapeOptions,
  batches: number,
): { all: BatchLandscape[]; loss: number } {
  const { layer, directions, order, batchSize, kind = 'exact', onProgress } = options;
  const k = directions.rows;
  const all: BatchLandscape[] = Array.from({ length: batches }, () => ({
    curvature: new Float64Array(k * k),
    slope: new Float64Array(k),
  }));
  const used = batches * batchSize;
  let loss = 0;
  projectBlocks(passes, layer, directions, order.subarray(0, used), kind, (block: ProjectedBlock) => {
    const { first, count, slopes, losses } = block;
    const stride = slopes.length / k;
    for (const x of losses) loss += x / used;
    for (let from = 0; from < count; ) {
      const batch = Math.floor((first + from) / batchSize);
      const to = Math.min(count, (batch + 1) * batchSize - first);
      block.addCurvature(all[batch].curvature, from, to);
      const { slope } = all[batch];
      for (let i = 0; i < k; i++) for (let s = from; s < to; s++) slope[i] += slopes[i * stride + s];
      from = to;
    }
    onProgress?.((first + count) / used);
  });
  for (const { curvature, slope } of all) {
    for (let e = 0; e < k * k; e++) curvature[e] /= batchSize;
    for (let i = 0; i < k; i++) slope[i] /= batchSize;
  }
  return { all, loss };
}

/** Returns the mean and the second and fourth central moments. */
function moments(x: readonly number[]): { mean: number; second: number; fourth: number } {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  let second = 0;
  let fourth = 0;
  for (const v of x) {
    second += (v - mean) ** 2 / x.length;
    fourth += wholePower(v - mean, 4) / x.length;
  }
  return { mean, second, fourth };
}

function meanEstimate(x: readonly number[], method: string): Estimate {
  const n = x.length;
  const { mean, second } = moments(x);
  return estimate(n > 0 ? mean : Number.NaN, n > 1 ? Math.sqrt(second / (n - 1)) : Number.NaN, n, method);
}

/**
 * Returns s² with the standard error √((m4 − m2²)/n), which holds for heavy tails; converged when that is at most a third of
 * s².
 */
function varianceEstimate(x: readonly number[], method: string): Estimate {
  const n = x.length;
  const { second, fourth } = moments(x);
  const error = Math.sqrt(Math.max(fourth - second ** 2, 0) / n);
  const value = (second * n) / (n - 1);
  return n > 1
    ? estimate(value, error, n, method, error <= value / 3)
    : estimate(Number.NaN, Number.NaN, n, method, false);
}

function spreadEstimate(x: readonly number[], method: string): Estimate {
  const { value, standardError, n, converged } = varianceEstimate(x, method);
  const s = Math.sqrt(value);
  return estimate(s, s > 0 ? standardError / (2 * s) : standardError, n, method, converged);
}
