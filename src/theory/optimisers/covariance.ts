/** The stationary covariance of the weights under any optimiser with a fixed preconditioner, in discrete time. docs/theory [O1]. */
import { check } from '../../numeric/errors.js';
import { type LinearAlgebra, type Matrix, matrix } from '../../numeric/linalg/index.js';
import * as is from '../../numeric/wants.js';
import { optimiserCeiling } from './ceiling.js';
import { effectiveRate } from './linear-form.js';
import { OPTIMISER_NEAR_WANTS, type OptimiserNear, type OwnModes, ownModes, toWeights } from './own-coordinates.js';
import { pairMoments } from './pair.js';

/** Holds the stationary state of the weights. */
export interface OptimiserCovariance {
  /** Σ = ⟨w wᵀ⟩ about the minimum, n×n: the upper left block of Σ_s = M Σ_s Mᵀ + G C Gᵀ. */
  readonly sigma: Matrix;
  /** ½⟨w_i(t) w_j(t+1) − w_j(t) w_i(t+1)⟩, antisymmetric, per step [D6]. */
  readonly circulation: Matrix;
  /** Eigenvalues of A = P^(1/2) (H + penalty) P^(1/2), ascending, and the variances of its modes in the coordinates y. */
  readonly curvatures: Float64Array;
  readonly variances: Float64Array;
}

/**
 * Computes the stationary covariance and circulation of independent batches. Exact for any H, C and positive P: costs one symmetric
 * eigenproblem, six products, and n²/2 systems of four equations (n = 2500: some ten seconds), where Σ_s = M Σ_s Mᵀ + G C Gᵀ in full
 * would be a Lyapunov equation of order 2n.
 * @throws InputError where a mode has no stationary state, naming how many and the limit of the learning rate
 */
export function optimiserCovariance(la: LinearAlgebra, near: OptimiserNear): OptimiserCovariance {
  is.given('optimiserCovariance', { la, near }, { la: is.algebra, near: OPTIMISER_NEAR_WANTS });
  const modes = ownModes(la, near);
  checkStable(modes, near);
  const { n, eigen, noise } = modes;
  const [x, turning] = [matrix(n, n), matrix(n, n)];
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const c = (noise.data[i * n + j] + noise.data[j * n + i]) / 2;
      const { now, circulation } = pairMoments(near.form, eigen.values[i], eigen.values[j]);
      x.data[i * n + j] = x.data[j * n + i] = now * c;
      turning.data[i * n + j] = circulation * c;
      turning.data[j * n + i] = -circulation * c;
    }
  const sigma = toWeights(la, modes, x);
  const circulation = toWeights(la, modes, turning);
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const [a, b] = [i * n + j, j * n + i];
      sigma.data[a] = sigma.data[b] = (sigma.data[a] + sigma.data[b]) / 2;
      circulation.data[a] = (circulation.data[a] - circulation.data[b]) / 2;
      circulation.data[b] = 0 - circulation.data[a];
    }
  return {
    sigma,
    circulation,
    curvatures: eigen.values,
    variances: Float64Array.from({ length: n }, (_, i) => x.data[i * (n + 1)]),
  };
}

/** @throws InputError unless every mode decays */
export function checkStable({ eigen: { values } }: OwnModes, { form }: OptimiserNear): void {
  const n = values.length;
  // decoupled decay keeps slightly negative curvature stable: the slow motion decays at s + eta_e α
  const pulled = (a: number) => form.shrink + effectiveRate(form) * a;
  const floor = n * 2 ** -52 * effectiveRate(form) * Math.max(Math.abs(values[0]), Math.abs(values[n - 1]));
  const loose = values.filter((a) => pulled(a) <= floor).length;
  check(
    loose === 0,
    'unstable',
    () =>
      `${loose} of ${n} directions have no stationary state, because nothing pulls the weights back along them (the lowest curvature is ${values[0].toPrecision(3)}); project on directions of positive curvature, or add decay.`,
  );
  const top = values[n - 1];
  if (!(top > 0)) return;
  const ceiling = optimiserCeiling(form, top);
  check(
    form.learningRate < ceiling,
    'unstable',
    () =>
      `a learning rate of ${form.learningRate} has no stationary state: the top curvature ${top.toPrecision(4)} of P^(1/2) H P^(1/2) allows less than ${ceiling.toPrecision(4)}.`,
  );
}
