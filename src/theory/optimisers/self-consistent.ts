/**
 * The preconditioner of Adam, AdamW and RMSprop from theory: P = 1/(√⟨g²⟩ + eps) needs the mean squared gradients, which contain the
 * fluctuations of the weights, which depend on P. docs/theory [O1], [O2].
 *
 *     ⟨g_i²⟩ = C_ii + (H Σ H)_ii + ḡ_i²,     Σ = Σ(P)     (H with the L2 penalty; ḡ the mean gradient, 0 at a minimum)
 *
 * This takes v for its mean. Its own fluctuations, of relative variance 2(1 − beta2)/(1 + beta2) for Gaussian gradients, make the mean
 * of 1/√v larger by 3/8 of that, and the gradient of a step is part of the v that divides it: both of order 1 − beta2.
 */
import { check, RunError } from '../../numeric/errors.js';
import type { LinearAlgebra } from '../../numeric/linalg/index.js';
import * as is from '../../numeric/wants.js';
import { type OptimiserCovariance, optimiserCovariance } from './covariance.js';
import { LINEAR_FORM_WANTS } from './linear-form.js';
import { type OptimiserNear, preconditionerOf } from './own-coordinates.js';

/** Describes an adaptive optimiser near a minimum, whose P is to be found. */
export interface AdaptiveNear extends Omit<OptimiserNear, 'preconditioner'> {
  /** ḡ, length n: the gradient of the mean loss where the weights are; 0 by default. */
  readonly gradient?: ArrayLike<number>;
}

/** Holds the preconditioner with what it was found with. */
export interface SelfConsistent extends OptimiserCovariance {
  /** The diagonal of P. */
  readonly preconditioner: Float64Array;
  /** ⟨g²⟩, length n. */
  readonly squares: Float64Array;
  /** Rounds, each of which costs as `optimiserCovariance` does. */
  readonly rounds: number;
}

/** Most rounds; the share of ⟨g²⟩ that fluctuations of the weights contribute falls off by about itself in each. */
const ROUNDS = 200;

/**
 * Finds P and Σ that belong together, to a relative 1e-10 of P. Away from the ceiling (eta P H ≪ 1) three to six rounds suffice.
 * @throws InputError for SGD, which has no preconditioner, and where a mode has no stationary state; RunError where the rounds do not
 *   settle, as near the ceiling
 */
export function selfConsistent(la: LinearAlgebra, near: AdaptiveNear): SelfConsistent {
  is.given(
    'selfConsistent',
    { la, near },
    {
      la: is.algebra,
      near: is.shape<AdaptiveNear>({
        form: LINEAR_FORM_WANTS,
        hessian: is.matrix,
        noise: is.matrix,
        gradient: is.maybe(is.numbers),
      }),
    },
  );
  const { form, hessian, noise, gradient } = near;
  check(
    form.adaptive,
    'no-preconditioner',
    () => `${form.optimiser.type} has no preconditioner to be found; take optimiserCovariance.`,
  );
  const n = hessian.rows;
  const floor = Float64Array.from({ length: n }, (_, i) => noise.data[i * (n + 1)] + (gradient?.[i] ?? 0) ** 2);
  let squares: Float64Array = floor;
  let preconditioner = preconditionerOf(form, squares);
  for (let rounds = 1; rounds <= ROUNDS; rounds++) {
    const covariance = optimiserCovariance(la, { form, hessian, noise, preconditioner });
    const hs = la.gemm(hessian, covariance.sigma);
    squares = floor.map((c, i) => {
      // row i of (H + penalty) Σ (H + penalty)
      let sum = 0;
      for (let j = 0; j < n; j++) {
        const row = hs.data[i * n + j] + form.penalty * covariance.sigma.data[i * n + j];
        sum += row * (hessian.data[j * n + i] + (i === j ? form.penalty : 0));
      }
      return c + sum;
    });
    const next = preconditionerOf(form, squares);
    const moved = next.reduce((most, p, i) => Math.max(most, Math.abs(p / preconditioner[i] - 1)), 0);
    preconditioner = next;
    if (moved < 1e-10) return { ...covariance, preconditioner, squares, rounds };
  }
  throw new RunError(
    'not-settled',
    `the preconditioner of ${form.optimiser.type} and the covariance that it causes did not settle in ${ROUNDS} rounds; the learning rate ${form.learningRate} is too near its ceiling.`,
  );
}
