/**
 * The covariance of the weights, predicted from the Hessian H and the covariance C of ONE MINIBATCH gradient alone, without
 * any trajectory. docs/theory [S1]–[S4]; test (i) of [D9].
 *
 * All computations are in H's eigenbasis, where each regime is a factor: Σ_ij = eta² C_ij f_ij. Noise that grows with Σ [S11] is
 * solved for first; it is white and stationary, so that the same factors follow.
 */
import { check } from '../numeric/errors.js';
import { type Matrix, matrix } from '../numeric/linalg/matrix.js';
import { type LinearAlgebra, SYMMETRIC_EIGEN_WANTS, type SymmetricEigen } from '../numeric/linalg/provider.js';
import * as is from '../numeric/wants.js';
import { continuousFactor } from './continuous.js';
import { solveCurvatureNoise } from './curvature-noise.js';
import { fromStart, sinceStart } from './epoch-start.js';
import { diagonalSums, fullSums, type SumMaker } from './gram.js';
import { checkEpoch, type NoiseSampling } from './lag-weights.js';
import { classifyModes, type ModeKind, type Modes, Responses } from './modes.js';
import { stationaryFactor } from './stationary.js';

/** Describes the quadratic loss, its noise, how SGD runs on it, and the window. Time is in steps. */
export interface CovarianceRequest {
  /** H, P×P symmetric, or its eigenvectors where they are known (which saves an eigenproblem). */
  readonly hessian: Matrix | SymmetricEigen;
  /**
   * C, P×P in the basis of the weights: covariance PER BATCH under the given sampling: C1/B for `replaced`,
   * C1/B·(N−B)/(N−1) for `shuffled`, with C1 per sample.
   */
  readonly covariance: Matrix;
  /**
   * Σ ↦ N(Σ) = E[(H_B−H) Σ (H_B−H)], P×P, PER BATCH and in the basis of the weights: the noise that the varying Hessian of the
   * minibatch adds to C, which is then the covariance AT the minimum [S11]. `batchNoise` makes both from data. For white noise in
   * discrete time and the stationary state. Default: the noise does not depend on the weights.
   */
  readonly curvatureNoise?: ((sigma: Matrix) => Matrix) | undefined;
  readonly learningRate: number;
  /** mu, PyTorch's; default 0. */
  readonly momentum?: number;
  readonly sampling: NoiseSampling;
  /** M; needed for `shuffled`. */
  readonly batchesPerEpoch?: number;
  /**
   * `continuous` is the Lyapunov limit [S1], for comparison and white noise only. Default `discrete`: exact for a quadratic
   * loss.
   */
  readonly time?: 'discrete' | 'continuous';
  /** T steps, their mean subtracted, variance with 1/T; without it the covariance about the minimum over an infinite time. */
  readonly window?: number;
  /**
   * `stationary` (default): SGD has run so long that its start no longer matters; modes without stationary state (k ≤ 0, k ≥
   * 2(1+mu)) start at given weights. `window`: all modes start at given weights where the window begins, an epoch's beginning.
   */
  readonly start?: 'stationary' | 'window';
  /** Shuffled noise in a window: `epoch-start` (default) where recorded windows begin, or the `average` over all phases (cheaper for whole matrices). */
  readonly phase?: 'epoch-start' | 'average';
  /**
   * ∇L at the window's start: adds the variance of the deterministic path −eta g_i b_i(t) due to it. P numbers, basis of the
   * weights.
   */
  readonly gradient?: Float64Array;
  /** v at the window's start, averaged over noise: adds mu v_i g_i(t) to the path. P numbers, basis of the weights. */
  readonly velocity?: Float64Array;
}

/** Says what a {@link CovarianceRequest} needs. */
export const COVARIANCE_REQUEST_WANTS = is.shape<CovarianceRequest>({
  hessian: is.either(is.matrix, SYMMETRIC_EIGEN_WANTS),
  covariance: is.matrix,
  curvatureNoise: is.maybe(is.func),
  learningRate: is.finite,
  momentum: is.maybe(is.finite),
  sampling: is.oneOf('shuffled', 'replaced'),
  batchesPerEpoch: is.maybe(is.count),
  time: is.maybe(is.oneOf('continuous', 'discrete')),
  window: is.maybe(is.count),
  start: is.maybe(is.oneOf('stationary', 'window')),
  phase: is.maybe(is.oneOf('epoch-start', 'average')),
  gradient: is.maybe(is.numbers),
  velocity: is.maybe(is.numbers),
});

/** Holds the predicted covariance of the weights. */
export interface CovariancePrediction {
  readonly eigen: SymmetricEigen;
  /** Mode by mode, in the order of `eigen.values` (ascending curvature). */
  readonly kinds: readonly ModeKind[];
  /** C_ii PER BATCH along the eigenvectors of H; with `curvatureNoise` that of the stationary state, C + N(Σ). */
  readonly noise: Float64Array;
  /**
   * The learning rate, in weight²/nat, from which on the mean square of some mode with curvature grows without bound: 2(1+mu)/h
   * of the largest curvature, and less with `curvatureNoise`. Infinity without curvature and in continuous time.
   */
  readonly ceiling: number;
  /** Predicted variances along the eigenvectors of H. Infinity: no bound (no stationary state and no window, or overflow). */
  readonly variances: Float64Array;
  /** The part of `variances` that is due to the deterministic path, 0 without `gradient` and `velocity`. */
  readonly drift: Float64Array;
  /**
   * Returns Σ in H's eigenbasis, computed on the first call and kept.
   * @throws InputError when some variance is infinite: Σ does not exist then
   */
  inBasis(): Matrix;
  /** Returns Σ in the basis of the weights: 4P³ flops more. */
  matrix(): Matrix;
  /** Returns p_kᵀ Σ p_k of K directions given as rows (K×P, basis of the weights). */
  along(directions: Matrix): Float64Array;
}

/**
 * Predicts the covariance of the weights; see `CovarianceRequest` for the regimes. The prediction is exact for a quadratic loss
 * whose noise does not depend on the weights, and with `curvatureNoise` for every quadratic loss made of samples.
 *
 * Costs an eigenproblem unless given, 20 to 200 calls of `curvatureNoise` with 8P³ flops each and as many P×P matrices where it
 * is given, 4P³ flops for C in the eigenbasis, and O(P·(T+M)) for the variances. Whole matrices cost
 * O(P²) in closed form; for shuffled windows from an epoch's start, for `start: 'window'` and where modes have no stationary
 * state, 3–8 T·P² flops.
 * @throws InputError for shapes, rates and combinations of options that have no meaning, and with `curvatureNoise` for a learning
 * rate from the ceiling on (it names the ceiling)
 */
export function predictCovariance(la: LinearAlgebra, request: CovarianceRequest): CovariancePrediction {
  is.given('predictCovariance', { la, request }, { la: is.algebra, request: COVARIANCE_REQUEST_WANTS });
  const { learningRate: eta, momentum: mu = 0, sampling, window, time = 'discrete' } = request;
  check(
    Number.isFinite(eta) && eta > 0,
    'bad-learning-rate',
    `the learning rate must be a positive number; got ${eta}.`,
  );
  check(mu >= 0 && mu < 1, 'bad-momentum', `momentum must lie in [0, 1); got ${mu}.`);
  check(
    window === undefined || (Number.isInteger(window) && window >= 2),
    'bad-window',
    () => `a window has at least 2 steps, a whole number; got ${window}.`,
  );
  check(
    time === 'discrete' || sampling === 'replaced',
    'not-white',
    'the continuous-time limit exists for white noise only; ask for discrete time with shuffled sampling.',
  );
  const start = request.start ?? 'stationary';
  check(
    window !== undefined || (start === 'stationary' && !request.gradient && !request.velocity),
    'no-window',
    'a start at given weights, a gradient and a velocity act within a window; give its length.',
  );
  check(
    !request.curvatureNoise ||
      (sampling === 'replaced' &&
        time === 'discrete' &&
        start === 'stationary' &&
        !request.gradient &&
        !request.velocity),
    'not-stationary',
    'noise that depends on the weights is solved for independent batches in discrete time and the stationary state; leave `curvatureNoise` out for shuffled epochs, continuous time, a start at given weights, a gradient or a velocity.',
  );
  const eigen = 'values' in request.hessian ? request.hessian : la.eigh(request.hessian);
  const P = eigen.values.length;
  check(
    request.covariance.rows === P && request.covariance.cols === P,
    'shape',
    () => `H is ${P}×${P}, but C is ${request.covariance.rows}×${request.covariance.cols}.`,
  );
  const M = checkEpoch(sampling, request.batchesPerEpoch);
  const memory = window === undefined ? (sampling === 'shuffled' ? M : 0) : window + M;
  const modes = classifyModes(
    eigen.values,
    eta,
    mu,
    memory,
    time === 'continuous' ? Number.POSITIVE_INFINITY : undefined,
  );
  const atMinimum = la.gemm(la.gemm(eigen.vectors, request.covariance, { transposeA: true }), eigen.vectors);
  const { covariance: rotated, ceiling } = request.curvatureNoise
    ? solveCurvatureNoise(la, {
        eigen,
        modes,
        learningRate: eta,
        atMinimum,
        curvatureNoise: request.curvatureNoise,
      })
    : { covariance: atMinimum, ceiling: edge(eigen.values, mu, time) };
  const noise = Float64Array.from({ length: P }, (_, i) => rotated.data[i * P + i]);
  const regime: Regime = { modes, sampling, M, window, start, phase: request.phase ?? 'epoch-start', time };
  const rotate = (v: Float64Array | undefined) => (v ? la.gemm(matrix(1, P, v), eigen.vectors).data : undefined);
  const push: Push = { eta, gradient: rotate(request.gradient), velocity: rotate(request.velocity) };

  const f = factors(regime, diagonalSums(P));
  const drift = path(regime, push, diagonalSums(P));
  const variances = f.map((v, i) => (noise[i] === 0 ? 0 : eta * eta * noise[i] * v) + drift[i]);
  let whole: Matrix | undefined;
  const inBasis = () => {
    if (whole) return whole;
    const lost = variances.findIndex((v) => !Number.isFinite(v));
    check(
      lost < 0,
      'no-covariance',
      () =>
        `mode ${lost} (curvature ${eigen.values[lost]}, ${modes.kinds[lost]}) has no finite variance ${window === undefined ? 'in an infinite window; give the length of the window' : `in a window of ${window} steps`}, so there is no covariance matrix.`,
    );
    const make = fullSums(la, P);
    const factor = factors(regime, make);
    const moved = path(regime, push, make);
    // flat modes without noise do not move, and their factor is infinite
    const data = factor.map((v, at) => (rotated.data[at] === 0 ? 0 : eta * eta * rotated.data[at] * v) + moved[at]);
    for (let i = 0; i < P; i++)
      for (let j = 0; j < i; j++) data[i * P + j] = data[j * P + i] = 0.5 * (data[i * P + j] + data[j * P + i]);
    whole = matrix(P, P, data);
    return whole;
  };
  return {
    eigen,
    kinds: modes.kinds,
    noise,
    ceiling,
    variances,
    drift,
    inBasis,
    matrix: () => la.gemm(la.gemm(eigen.vectors, inBasis()), eigen.vectors, { transposeB: true }),
    along(directions) {
      const coordinates = la.gemm(directions, eigen.vectors);
      const image = la.gemm(coordinates, inBasis());
      return Float64Array.from({ length: directions.rows }, (_, r) => {
        let sum = 0;
        for (let i = 0; i < P; i++) sum += coordinates.data[r * P + i] * image.data[r * P + i];
        return sum;
      });
    },
  };
}

/** Returns the edge of stability under noise that does not depend on the weights. */
function edge(curvatures: Float64Array, mu: number, time: 'discrete' | 'continuous'): number {
  const top = curvatures.reduce((most, h) => Math.max(most, h), 0);
  return top > 0 && time === 'discrete' ? (2 * (1 + mu)) / top : Number.POSITIVE_INFINITY;
}

interface Regime {
  readonly modes: Modes;
  readonly sampling: NoiseSampling;
  readonly M: number;
  readonly window: number | undefined;
  readonly start: 'stationary' | 'window';
  readonly phase: 'epoch-start' | 'average';
  readonly time: 'discrete' | 'continuous';
}

/** Computes f at the pairs of `make`. */
function factors(regime: Regime, make: SumMaker): Float64Array {
  const { modes, sampling, M: batchesPerEpoch, window, start, phase, time } = regime;
  const out = new Float64Array(make.size);
  const stationary = (i: number, j: number) => start === 'stationary' && modes.settled(i) && modes.settled(j);
  if (time === 'continuous') {
    const f = continuousFactor(modes, window, start === 'window');
    make.pairs((i, j, at) => {
      out[at] = window !== undefined || stationary(i, j) ? f(i, j) : Number.POSITIVE_INFINITY;
    });
    return out;
  }
  const closed = window === undefined || sampling === 'replaced' || phase === 'average';
  const f = closed ? stationaryFactor({ modes, sampling, batchesPerEpoch, window }) : undefined;
  let open = false;
  make.pairs((i, j, at) => {
    if (f && stationary(i, j)) out[at] = f(i, j);
    else if (window === undefined) out[at] = Number.POSITIVE_INFINITY;
    else open = true;
  });
  if (!open || window === undefined) return out;
  const input = { modes, sampling, batchesPerEpoch, window };
  const since = sinceStart(input, make);
  const before = start === 'stationary' && !f ? fromStart(input, make) : undefined;
  make.pairs((i, j, at) => {
    if (!(f && stationary(i, j))) out[at] = since[at] + (before ? before[at] : 0);
  });
  return out;
}

interface Push {
  readonly eta: number;
  readonly gradient: Float64Array | undefined;
  readonly velocity: Float64Array | undefined;
}

/** Computes the covariance over the window of the deterministic paths −eta g_i b_i(t) + mu v_i g_i(t), t = 1 … T. */
function path({ modes, window, time }: Regime, { eta, gradient, velocity }: Push, make: SumMaker): Float64Array {
  if (window === undefined || (!gradient && !velocity)) return new Float64Array(make.size);
  check(
    time === 'discrete',
    'not-discrete',
    'a gradient or a velocity at the start needs discrete time; leave `time` out, or the gradient and the velocity.',
  );
  const { n, momentum } = modes;
  const sum = make.symmetric();
  const response = new Responses(modes);
  const line = new Float64Array(n);
  const mean = new Float64Array(n);
  for (let t = 1; t <= window; t++) {
    response.step();
    for (let i = 0; i < n; i++) {
      line[i] =
        (gradient ? -eta * gradient[i] * response.b[i] : 0) + (velocity ? momentum * velocity[i] * response.g[i] : 0);
      mean[i] += line[i] / window;
    }
    sum.add(1 / window, line);
  }
  sum.add(-1, mean);
  return sum.result();
}
