/**
 * The stationary state of SGD in the span of k directions, predicted from two k×k matrices, H and C1, without any trajectory: the
 * comparison of ao2022 for any model. docs/theory [S1], [S2], [D1]–[D6].
 *
 * It is that of a loss whose Hessian has no entries between these directions and all others. Along eigenvectors of H that holds;
 * along other directions such entries are left out.
 */
import { type Decomposition, decompose } from '../analyse/decomposition/decompose.js';
import { batchCovariance } from '../analyse/noise/noise.js';
import { check, ThermogradError } from '../numeric/errors.js';
import { identity, type LinearAlgebra, type Matrix, matrix } from '../numeric/linalg/index.js';
import type { NoiseSampling } from './lag-weights.js';
import type { ModeKind } from './modes.js';
import { predictCovariance } from './predictions.js';

/** Names the plane and how SGD ran. Time is in steps. */
export interface PlaneRequest {
  /** p_iᵀ H p_j and p_iᵀ C1 p_j (PER SAMPLE), k×k, for orthonormal directions p. */
  readonly hessian: Matrix;
  readonly covariance: Matrix;
  readonly learningRate: number;
  readonly batchSize: number;
  /** N. */
  readonly samples: number;
  /** 0 by default. */
  readonly momentum?: number;
  /** `shuffled` by default. */
  readonly sampling?: NoiseSampling;
  /** T: the variance is that in a window of so many steps; without it that over an infinite time. */
  readonly window?: number;
}

/** Holds the predicted stationary state in the plane. */
export interface PlaneState {
  /** Predicted variances along the directions, weight²; Infinity where a direction without stationary state takes part. */
  readonly variances: Float64Array;
  /** Along the eigenvectors of H in the plane, by ascending curvature. */
  readonly modes: readonly {
    readonly curvature: number;
    /** C PER BATCH. */
    readonly noise: number;
    readonly variance: number;
    readonly kind: ModeKind;
  }[];
  /** The learning rate from which on some mode grows without bound; Infinity without curvature. */
  readonly ceiling: number;
  /** Potential, circulation and friction of the linear system F = eta H, 2 epsilon D = eta² C; without momentum only. */
  readonly decomposition: Decomposition | { readonly missing: string };
}

/**
 * Predicts the stationary state in a plane. Costs an eigenproblem and a decomposition of k×k matrices.
 * @throws InputError for shapes and rates that have no meaning
 */
export function stationaryPlane(la: LinearAlgebra, request: PlaneRequest): PlaneState {
  const { hessian, learningRate: eta, batchSize, samples, momentum = 0, sampling = 'shuffled', window } = request;
  const k = hessian.rows;
  check(
    request.covariance.rows === k && request.covariance.cols === k,
    'shape',
    () => `H is ${k}×${k}, but C1 is ${request.covariance.rows}×${request.covariance.cols}.`,
  );
  const covariance = batchCovariance(request.covariance, { batchSize, samples, sampling });
  const prediction = predictCovariance(la, {
    hessian,
    covariance,
    learningRate: eta,
    momentum,
    sampling,
    ...(sampling === 'shuffled' && { batchesPerEpoch: Math.max(1, Math.floor(samples / batchSize)) }),
    ...(window !== undefined && { window, phase: 'average' as const }),
  });
  const { eigen, kinds, noise, variances } = prediction;
  return {
    variances: variances.every(Number.isFinite)
      ? prediction.along(identity(k))
      : withoutBound(eigen.vectors, variances),
    modes: Array.from(eigen.values, (curvature, i) => ({
      curvature,
      noise: noise[i],
      variance: variances[i],
      kind: kinds[i],
    })),
    ceiling: prediction.ceiling,
    decomposition:
      momentum === 0
        ? decomposed(la, hessian, covariance, eta, eigen.values[0])
        : { missing: 'with momentum the plane of weights alone is no linear system of first order' },
  };
}

/**
 * Returns Infinity for directions in which a mode without bound takes part; of the others the variances cannot be known without
 * the covariances of modes, and are NaN unless the direction is a mode.
 */
function withoutBound(vectors: Matrix, variances: Float64Array): Float64Array {
  const k = vectors.rows;
  return Float64Array.from({ length: k }, (_, i) => {
    const share = (m: number) => vectors.data[i * k + m] ** 2;
    const modes = Array.from(variances.keys());
    if (modes.some((m) => !Number.isFinite(variances[m]) && share(m) > 1e-12)) return Number.POSITIVE_INFINITY;
    const own = modes.find((m) => share(m) > 1 - 1e-12);
    return own === undefined ? Number.NaN : variances[own];
  });
}

function decomposed(
  la: LinearAlgebra,
  hessian: Matrix,
  covariance: Matrix,
  eta: number,
  lowest: number,
): Decomposition | { readonly missing: string } {
  if (lowest < 0)
    return {
      missing: `the lowest curvature in this plane is ${Number(lowest.toPrecision(2))}: where it is negative a quadratic loss has no stationary state, only a spread that grows`,
    };
  const scaled = (m: Matrix, factor: number) =>
    matrix(
      m.rows,
      m.cols,
      m.data.map((x) => factor * x),
    );
  try {
    return decompose({ la, drift: scaled(hessian, eta), diffusion: scaled(covariance, (eta * eta) / 2) });
  } catch (error) {
    // an unstable plane, or noise that does not reach all of it: a result, not a failure
    if (error instanceof ThermogradError) return { missing: error.message };
    throw error;
  }
}
