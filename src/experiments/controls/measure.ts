/** One regime: a set of directions with their variances, widths, curvatures and noise, and the exponents between them. */

import { crossovers } from '../../analyse/trajectory/controls.js';
import type { DirectionFlatness, PowerLaw } from '../../analyse/trajectory/results.js';
import { closedDirections, FIRST_RANK, RESOLUTIONS, scaling } from '../../analyse/trajectory/scaling.js';
import { estimate } from '../../numeric/estimate.js';
import { identity, type Matrix, matrix } from '../../numeric/linalg/matrix.js';
import type { LinearAlgebra } from '../../numeric/linalg/provider.js';
import { FEWEST_POINTS, powerLaw } from '../../numeric/powerlaw.js';
import type { Key } from '../../numeric/random.js';
import type { Dynamics as StepDynamics } from '../../runs/steps.js';
import { predictCovariance } from '../../theory/predictions.js';
import type { Basis, Regime, RegimeDirection } from './measured.js';

/** Says how the steps of a cell were taken. */
export interface Dynamics extends StepDynamics {
  readonly batchesPerEpoch: number;
}

/**
 * Predicts the variances over a window of single modes with these curvatures and noises (per batch) by [S2]–[S4], the
 * diagonal of the theory in any basis. Exact where H and C are both diagonal.
 */
export function modeVariances(
  la: LinearAlgebra,
  dynamics: Dynamics,
  window: number,
  curvature: Float64Array,
  noise: Float64Array,
): Float64Array {
  const order = Array.from(curvature.keys()).sort((a, b) => curvature[a] - curvature[b]);
  const K = order.length;
  const covariance = matrix(K, K);
  order.forEach((from, k) => {
    covariance.data[k * K + k] = noise[from];
  });
  const { variances } = predictCovariance(la, {
    ...dynamics,
    hessian: { values: Float64Array.from(order, (k) => curvature[k]), vectors: identity(K) },
    covariance,
    window,
  });
  const out = new Float64Array(K);
  order.forEach((to, k) => {
    out[to] = variances[k];
  });
  return out;
}

/** Measures widths around a point. */
export interface WidthMeter {
  /** L0, the full loss at the point. */
  centreLoss(): Promise<number>;
  /** Measures the widths along the rows of `directions`. */
  measure(directions: Matrix, ranks: readonly number[], variances: ArrayLike<number>): Promise<DirectionFlatness[]>;
}

/** Holds the directions of a regime with what was measured along them. */
interface RegimeRequest {
  readonly basis: Basis;
  readonly epochs: number;
  readonly steps: number;
  readonly meter: WidthMeter;
  readonly ranks: readonly number[];
  /** K×P unit vectors, one to a rank. */
  readonly directions: Matrix;
  /** Variances along them, weight². */
  readonly variances: ArrayLike<number>;
  readonly curvature: Float64Array;
  /** C_ii along them, PER BATCH. */
  readonly noise: Float64Array;
  /** Force and noise of a single mode along them (`formsAlong`). */
  readonly forms: { readonly force: Float64Array; readonly noise: Float64Array };
  /** All variances of the window, descending, for the rank law; without it none is fitted. */
  readonly spectrum: readonly number[] | undefined;
  readonly totalVariance: number;
  readonly resolution: number;
  readonly dynamics: Dynamics;
  /** Whether the weights moved without a landscape, as in the random walk. */
  readonly flat: boolean;
  readonly key: Key;
}

/** The least span of F over which a fit says something about an exponent. */
const HALF_DECADE = Math.sqrt(10);

/** Measures the widths and fits the laws. K times the cost of a width. */
export async function regime(la: LinearAlgebra, request: RegimeRequest): Promise<Regime> {
  const { basis, epochs, steps, meter, ranks, directions, curvature, noise, dynamics, resolution, key } = request;
  const P = directions.cols;
  const widths = await meter.measure(directions, ranks, request.variances);
  const force = request.flat ? new Float64Array(ranks.length) : request.forms.force;
  const predicted = modeVariances(la, dynamics, steps, force, request.forms.noise);
  const pca = {
    variances: [...(request.spectrum ?? new Array<number>(P).fill(1))],
    resolution,
    totalVariance: request.totalVariance,
    P,
  };
  const fits = scaling({ pca, directions: widths, key });
  const at = new Map(ranks.map((index, k) => [index, k]));
  const used = fitted(widths, resolution);
  const along = (values: Float64Array) => used.map((d) => values[at.get(d.index)!]);
  const { shuffling, window } = crossovers({ ...dynamics, window: steps });
  const crossover = dynamics.sampling === 'shuffled' ? shuffling : window;
  const flat = request.flat ? used.length : along(request.forms.force).filter((h) => h < crossover).length;
  const numbers: RegimeDirection[] = widths.map((d, k) => ({
    index: d.index,
    variance: d.variance,
    flatness: d.flatness,
    curvature: curvature[k],
    noise: noise[k],
    predicted: predicted[k],
  }));
  return {
    basis,
    epochs,
    steps,
    centreLoss: await meter.centreLoss(),
    relation: fits.varianceFlatness,
    ranges: fits.varianceFlatnessRanges
      .filter((row) => row.label.startsWith('ranks ') && row.fit.range[1] / row.fit.range[0] >= HALF_DECADE)
      .map(({ label, fit: { exponent, points } }) => ({ label, fit: { exponent, points } })),
    predictedRelation: law(
      used.map((d) => d.flatness),
      along(predicted),
      key.child('predicted'),
    ),
    noiseLaw: law(along(curvature), along(noise), key.child('noise')),
    rankLaw: request.spectrum ? fits.rankLaw : undefined,
    flatShare: flat / used.length,
    crossover,
    totalVariance: request.totalVariance,
    resolution,
    directions: numbers,
  };
}

/**
 * Returns the directions that the fit of psi uses, by the rule of analyse/scaling.ts (their number is below its
 * thinning).
 */
function fitted(widths: readonly DirectionFlatness[], resolution: number) {
  return closedDirections(widths).filter((d) => d.index >= FIRST_RANK && d.variance > RESOLUTIONS * resolution);
}

/** Fits a power law with errors in both coordinates, or returns NaN with the reason. */
export function law(x: readonly number[], y: readonly number[], key: Key): PowerLaw {
  const keep = x.map((v, i) => v > 0 && y[i] > 0 && Number.isFinite(v * y[i]));
  const [u, v] = [x.filter((_, i) => keep[i]), y.filter((_, i) => keep[i])];
  if (u.length < FEWEST_POINTS) {
    const none = estimate(Number.NaN, Number.NaN, u.length, `no fit: only ${u.length} points`, false);
    return {
      exponent: none,
      intercept: none,
      range: [Number.NaN, Number.NaN],
      points: u.length,
      scatter: Number.NaN,
      r2: Number.NaN,
    };
  }
  const { exponent, intercept, range, points, scatter, r2 } = powerLaw(u, v, { key });
  return { exponent, intercept, range, points, scatter, r2 };
}
