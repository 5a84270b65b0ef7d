/**
 * One layer in the eigenbasis of its Hessian: subspaces, predicted variances, the stochastic decomposition, and the
 * energies along principal directions. docs/theory [S1]–[S4], [D1]–[D7]. Pure functions of matrices.
 *
 * The subspaces are chosen by rules fixed before any number is seen. *Resolved*: curvature above ROUNDINGS ×
 * P·2^−52·h_max, which leaves out the null space of dead units, where F·U⁻¹ = D has no solution. *Settled*: resolved,
 * and eta·h·T ≥ RELAXATIONS; only these can be in the stationary state that U describes, so the decomposition and all
 * its tests are on this subspace.
 */

import { type Decomposition, decompose } from '../../analyse/decomposition/decompose.js';
import { type Vortices, vortices } from '../../analyse/decomposition/vortices.js';
import type { PcaSummary, PowerLaw } from '../../analyse/trajectory/results.js';
import { RESOLUTIONS } from '../../analyse/trajectory/scaling.js';
import { RunError } from '../../numeric/errors.js';
import { estimate } from '../../numeric/estimate.js';
import { diagonal, frobenius, identity, type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import { FEWEST_POINTS, powerLaw } from '../../numeric/powerlaw.js';
import type { Key } from '../../numeric/random.js';
import { thinToLogSpaced } from '../../numeric/spacing.js';
import { predictCovariance } from '../predictions.js';
import { lookAhead, stepsOf } from './ball.js';
import {
  type DecompositionFacts,
  type EnergyRow,
  type HessianModes,
  type LayerSetting,
  RELAXATIONS,
  type Regime,
  ROUNDINGS,
  type Subspaces,
} from './results.js';

/** Holds the matrices of a layer and the directions in which it is analysed. */
interface ModesInput {
  readonly la: LinearAlgebra;
  /** H and C1 (per sample), P×P. */
  readonly hessian: Matrix;
  readonly covariance: Matrix;
  readonly setting: LayerSetting;
  readonly pca: Pick<PcaSummary, 'variances' | 'resolution'>;
  /** All principal directions as rows, K×P; in the optimiser's own coordinates P^(−1/2) p, by which forms such as H are taken. */
  readonly directions: Matrix;
  /** P^(1/2) p, by which covariances of the weights are taken, where it is another. */
  readonly duals?: Matrix;
  /** What decoupled decay adds to every curvature, which is no part of the loss; 0 by default. */
  readonly decay?: number;
  /** Ranks for the energy picture, and the widths measured along them. */
  readonly ranks: readonly number[];
  readonly flatness: ReadonlyMap<number, number | null>;
  readonly key: Key;
}

/** Holds the analysis of a layer. */
export interface ModesOutput {
  readonly subspaces: Subspaces;
  readonly modes: HessianModes;
  readonly gamma: { readonly settled: PowerLaw; readonly resolved: PowerLaw };
  readonly decomposition: DecompositionFacts;
  readonly energy: EnergyRow[];
  /** Orthonormal basis of the decomposed subspace, n×P, rows by descending curvature; curvatures, and C1 in it. */
  readonly basis: Matrix;
  readonly curvatures: Float64Array;
  readonly noise: Matrix;
  readonly parts: Decomposition;
  readonly turning: Vortices;
}

/**
 * Analyses a layer. Cost at P = 2500: one eigenproblem, seven products of P×P matrices, about ten P×P float64 arrays at
 * once.
 * @throws RunError when hardly any curvature is resolved
 */
export function measureModes(input: ModesInput): ModesOutput {
  const { la, setting, key } = input;
  const { learningRate: eta, noiseStrength: epsilon, T } = setting;
  const eigen = descending(la.eigh(input.hessian));
  const { values: h, vectors } = eigen;
  const P = h.length;
  const c = la.gemm(la.gemm(vectors, input.covariance, { transposeA: true }), vectors);
  const subspaces = subspacesOf(h, eta, T, input.hessian);
  const n = Math.max(2, subspaces.settled);
  if (subspaces.resolved < 2)
    throw new RunError(
      'no-curvature',
      `only ${subspaces.resolved} modes of the layer have a curvature above rounding; there is nothing to decompose.`,
    );

  const coordinates = la.gemm(input.directions, vectors);
  const measured = variancesOf(coordinates, input.pca.variances, 0);
  const withoutDrift = variancesOf(coordinates, input.pca.variances, 1);
  const noise = Float64Array.from({ length: P }, (_, i) => c.data[i * P + i]);
  const predicted = predictAll(la, h, noise, setting);

  const inside = block(c, n);
  const parts = decompose({
    la,
    drift: diagonal(h.subarray(0, n).map((v) => eta * v)),
    diffusion: inside,
    noiseStrength: epsilon,
  });
  const turning = vortices(la, parts);
  const basis = matrix(n, P);
  for (let i = 0; i < n; i++) for (let j = 0; j < P; j++) basis.data[i * P + j] = vectors.data[j * P + i];

  return {
    subspaces,
    modes: {
      curvature: [...h],
      noise: [...noise],
      measured: [...measured],
      withoutDrift: [...withoutDrift],
      predicted,
    },
    gamma: {
      settled: gammaOf(h, noise, subspaces.settled, key.child('settled')),
      resolved: gammaOf(h, noise, subspaces.resolved, key.child('resolved')),
    },
    decomposition: factsOf(c, h, subspaces.resolved, n, parts, turning),
    energy: energies(input, eigen, c, coordinates, subspaces, n),
    basis,
    curvatures: h.slice(0, n),
    noise: inside,
    parts,
    turning,
  };
}

/** Reverses eigenvalues and columns of eigenvectors, so that they descend. */
function descending(e: { readonly values: Float64Array; readonly vectors: Matrix }) {
  const P = e.values.length;
  const data = e.vectors.data;
  for (let i = 0; i < P; i++) data.subarray(i * P, (i + 1) * P).reverse();
  return { values: e.values.slice().reverse(), vectors: e.vectors };
}

function subspacesOf(h: Float64Array, eta: number, T: number, hessian: Matrix): Subspaces {
  const P = h.length;
  const rounding = ROUNDINGS * P * 2 ** -52 * Math.abs(h[0]);
  const resolved = h.filter((v) => v > rounding).length;
  const settled = h.filter((v) => v > rounding && eta * v * T >= RELAXATIONS).length;
  let flat = 0;
  for (let i = 0; i < P; i++) if (hessian.data.subarray(i * P, (i + 1) * P).every((v) => v === 0)) flat++;
  return {
    rounding,
    resolved,
    settled,
    settledCurvature: settled > 0 ? h[settled - 1] : Number.NaN,
    negative: h.filter((v) => v < -rounding).length,
    flat,
  };
}

/** Returns Σ_{k ≥ from} σ_k²·a_ki², the variance along mode i from the principal directions after the first `from`. */
function variancesOf(coordinates: Matrix, variances: readonly number[], from: number): Float64Array {
  const { rows, cols, data } = coordinates;
  const out = new Float64Array(cols);
  for (let k = from; k < rows; k++) for (let i = 0; i < cols; i++) out[i] += variances[k] * data[k * cols + i] ** 2;
  return out;
}

/** Returns the factor from C1 (per sample) to C (per batch) under a sampling. docs/theory, symbols. */
function perBatch({ sampling, samples: N, batchSize: B }: ModesInput['setting']): number {
  return sampling === 'shuffled' ? (N - B) / ((N - 1) * B) : 1 / B;
}

/** Returns the request of a regime, without H and C. */
export function regimeRequest(regime: Regime, setting: ModesInput['setting']) {
  const { learningRate, stepsPerEpoch: batchesPerEpoch, T: window } = setting;
  if (regime === 'continuous') return { learningRate, sampling: 'replaced' as const, time: 'continuous' as const };
  const { rate, momentum } = stepsOf(setting);
  const steps = { learningRate: rate, ...(momentum > 0 && { momentum }) };
  const white = { ...steps, sampling: 'replaced' as const };
  const own = { ...steps, sampling: setting.sampling, batchesPerEpoch };
  if (regime === 'discrete') return white;
  return regime === 'shuffled' ? { ...own, sampling: 'shuffled' as const } : { ...own, window };
}

/**
 * Returns the factor that turns C1 into the C of a regime: 1/B for white noise, that of a finite population for
 * shuffled noise.
 */
export const batchFactor = (regime: Regime, setting: ModesInput['setting']): number =>
  perBatch({
    ...setting,
    sampling: regime === 'shuffled' ? 'shuffled' : regime === 'window' ? setting.sampling : 'replaced',
  });

/**
 * Modes are predicted in blocks with a diagonal C: each variance depends on its own mode only, which avoids P×P
 * products.
 */
const BLOCK = 128;

function predictAll(
  la: LinearAlgebra,
  h: Float64Array,
  noise: Float64Array,
  setting: ModesInput['setting'],
): HessianModes['predicted'] {
  const ahead = lookAhead(setting);
  const one = (regime: Regime) => {
    const scale = batchFactor(regime, setting);
    const out: number[] = [];
    for (let from = 0; from < h.length; from += BLOCK) {
      const values = h.slice(from, from + BLOCK);
      const covariance = diagonal(noise.slice(from, from + BLOCK).map((v) => scale * Math.max(0, v)));
      const hessian = { values, vectors: identity(values.length) };
      out.push(...predictCovariance(la, { ...regimeRequest(regime, setting), hessian, covariance }).variances);
    }
    if (regime === 'continuous' || !setting.ball?.nesterov) return out;
    return out.map((v, i) => v * ahead(h[i], h[i]).now);
  };
  return { continuous: one('continuous'), discrete: one('discrete'), shuffled: one('shuffled'), window: one('window') };
}

/** Returns the leading n×n block. */
function block(m: Matrix, n: number): Matrix {
  const out = matrix(n, n);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) out.data[i * n + j] = 0.5 * (m.data[i * m.cols + j] + m.data[j * m.cols + i]);
  return out;
}

/** Number of ranks that a fit over many modes keeps. */
const THINNED = 120;

function gammaOf(h: Float64Array, noise: Float64Array, count: number, key: Key): PowerLaw {
  const all = Array.from({ length: count }, (_, i) => i).filter((i) => noise[i] > 0);
  const keep = new Set(
    all.length > THINNED
      ? thinToLogSpaced(
          all.map((i) => i + 1),
          count,
          THINNED,
        )
      : all.map((i) => i + 1),
  );
  const used = all.filter((i) => keep.has(i + 1));
  return fitted(
    used.map((i) => h[i]),
    used.map((i) => noise[i]),
    key,
  );
}

/** Fits a power law, or returns an empty one with the reason where there are too few points. */
export function fitted(x: readonly number[], y: readonly number[], key: Key): PowerLaw {
  if (x.length < FEWEST_POINTS) {
    const none = estimate(Number.NaN, Number.NaN, x.length, `no fit: only ${x.length} points`, false);
    return {
      exponent: none,
      intercept: none,
      range: [Number.NaN, Number.NaN],
      points: x.length,
      scatter: Number.NaN,
      r2: Number.NaN,
    };
  }
  const { exponent, intercept, range, points, scatter, r2 } = powerLaw(x, y, { key });
  return { exponent, intercept, range, points, scatter, r2 };
}

/** Number of vortices and frequencies that are kept. */
const KEPT = 20;

function factsOf(
  c: Matrix,
  h: Float64Array,
  resolved: number,
  n: number,
  parts: Decomposition,
  turning: Vortices,
): DecompositionFacts {
  return {
    dimension: n,
    commutator: {
      layer: commutator(c, h, h.length),
      resolved: commutator(c, h, resolved),
      settled: commutator(c, h, n),
    },
    qShare: { resolved: qShare(c, h, resolved), settled: qShare(c, h, n) },
    transverse: frobenius(parts.a) / frobenius(parts.s),
    condition: { diffusion: parts.condition.diffusion, w: parts.condition.w },
    residual: Math.max(...Object.values(parts.residuals).filter((v) => typeof v === 'number')),
    entropyProductionRate: parts.entropyProductionRate,
    cycleFrequencies: [...parts.cycleFrequencies].slice(0, KEPT),
    vortices: turning.vortices.slice(0, KEPT).map(({ q, share, circulation }) => ({ q, share, circulation })),
    warnings: parts.warnings,
  };
}

/** Returns ‖[H, C]‖/(‖H‖·‖C‖) on the n stiffest modes; in the eigenbasis [H, C]_ij = (h_i − h_j)·C_ij. */
export function commutator(c: Matrix, h: Float64Array, n: number): number {
  let [top, hh, cc] = [0, 0, 0];
  for (let i = 0; i < n; i++) {
    hh += h[i] ** 2;
    for (let j = 0; j < n; j++) {
      const v = c.data[i * c.cols + j];
      cc += v * v;
      top += ((h[i] - h[j]) * v) ** 2;
    }
  }
  return Math.sqrt(top / (hh * cc));
}

/** Returns ‖Q‖²/(‖D‖² + ‖Q‖²) with Q_ij = D_ij·(h_i − h_j)/(h_i + h_j) [D4]. */
export function qShare(c: Matrix, h: Float64Array, n: number): number {
  let [q, d] = [0, 0];
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const v = c.data[i * c.cols + j] ** 2;
      d += v;
      q += v * ((h[i] - h[j]) / (h[i] + h[j])) ** 2;
    }
  return q / (d + q);
}

function energies(
  input: ModesInput,
  { values: h, vectors }: { readonly values: Float64Array; readonly vectors: Matrix },
  c: Matrix,
  coordinates: Matrix,
  subspaces: Subspaces,
  n: number,
): EnergyRow[] {
  const { la, setting, ranks, pca, flatness } = input;
  const { learningRate: eta, noiseStrength: epsilon, centreLoss } = setting;
  const P = h.length;
  const a = rowsAt(coordinates, ranks);
  const dual = input.duals ? la.gemm(rowsAt(input.duals, ranks), vectors) : a;
  const noise = quadratic(la, a, c);
  const w = matrix(P, P); // epsilon·U⁻¹ on the resolved modes
  const m = subspaces.resolved;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < m; j++)
      w.data[i * P + j] = (epsilon * (c.data[i * P + j] + c.data[j * P + i])) / (eta * (h[i] + h[j]));
  const boltzmann = quadratic(la, dual, w);
  const scale = batchFactor('window', setting);
  const window = predictCovariance(la, {
    ...regimeRequest('window', setting),
    hessian: { values: h, vectors: identity(P) },
    covariance: matrix(
      P,
      P,
      c.data.map((v) => scale * v),
    ),
    phase: 'average',
  }).along(dual);
  return ranks.map((index, r) => {
    let [curvature, share, length] = [0, 0, 0];
    for (let i = 0; i < P; i++) {
      const v = a.data[r * P + i] ** 2;
      curvature += v * h[i];
      length += v;
      if (i < n) share += v;
    }
    curvature -= (input.decay ?? 0) * length;
    if (input.duals) share /= length;
    const variance = pca.variances[index - 1];
    return {
      index,
      variance,
      resolved: variance > RESOLUTIONS * pca.resolution,
      curvature,
      noise: noise[r],
      flatness: flatness.get(index) ?? null,
      quadraticFlatness: curvature > 0 ? 2 * Math.sqrt((2 * (Math.E - 1) * centreLoss) / curvature) : Number.NaN,
      lossEnergy: 0.5 * curvature * variance,
      potentialWidth: 2 * Math.sqrt(2 * variance),
      predictedWidth: 2 * Math.sqrt(2 * boltzmann[r]),
      boltzmannVariance: boltzmann[r],
      windowVariance: window[r],
      settledShare: share,
    };
  });
}

/** Returns the rows of these ranks, from 1. */
function rowsAt({ data, cols }: Matrix, ranks: readonly number[]): Matrix {
  const out = matrix(ranks.length, cols);
  ranks.forEach((i, r) => {
    out.data.set(data.subarray((i - 1) * cols, i * cols), r * cols);
  });
  return out;
}

/** Returns a_rᵀ M a_r for the rows of a. */
function quadratic(la: LinearAlgebra, a: Matrix, m: Matrix): Float64Array {
  const image = la.gemm(a, m).data;
  return Float64Array.from({ length: a.rows }, (_, r) => {
    let sum = 0;
    for (let i = r * a.cols; i < (r + 1) * a.cols; i++) sum += image[i] * a.data[i];
    return sum;
  });
}
