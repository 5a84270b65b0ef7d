/**
 * An optimiser as SGD with momentum in its own coordinates y = P^(−1/2) w, so that everything that is known of SGD in finite windows and
 * with shuffled epochs ([S3], [S4], surrogates) holds of Adam and RMSprop with a fixed P too. docs/theory [O1].
 */
import { check } from '../../numeric/errors.js';
import type { Matrix } from '../../numeric/linalg/index.js';
import * as is from '../../numeric/wants.js';
import { asHeavyBall } from './linear-form.js';
import { inOwnCoordinates, OPTIMISER_NEAR_WANTS, type OptimiserNear } from './own-coordinates.js';

/** Holds what `predictCovariance` and `surrogate` ask for, in the coordinates y. */
export interface HeavyBallRequest {
  /** A = P^(1/2) (H + penalty) P^(1/2). */
  readonly hessian: Matrix;
  /** P^(1/2) C P^(1/2), PER BATCH. */
  readonly covariance: Matrix;
  readonly learningRate: number;
  readonly momentum: number;
}

/**
 * Returns the request for an optimiser. What it predicts is of y: multiply the weights' coordinate i by √P_i to come back.
 * @throws InputError for Nesterov's momentum and for decoupled decay with momentum, which are no heavy ball, and a missing P
 */
export function heavyBallRequest(near: OptimiserNear): HeavyBallRequest {
  is.given('heavyBallRequest', { near }, { near: OPTIMISER_NEAR_WANTS });
  const { form, hessian, noise, preconditioner } = near;
  const ball = asHeavyBall(form);
  check(
    ball !== undefined,
    'no-heavy-ball',
    () =>
      `${form.own > 0 ? "Nesterov's momentum" : 'decoupled decay with momentum'} is no heavy ball: its predictions are those of infinite windows and independent batches alone (optimiserCovariance).`,
  );
  check(
    preconditioner !== undefined || !form.adaptive,
    'no-preconditioner',
    () => `${form.optimiser.type} has a preconditioner; give its diagonal.`,
  );
  const n = hessian.rows;
  const root = Float64Array.from({ length: n }, (_, i) => Math.sqrt(preconditioner?.[i] ?? 1));
  const a = inOwnCoordinates(hessian, root, form.penalty);
  for (let i = 0; i < n; i++) a.data[i * (n + 1)] += ball.penalty;
  const covariance = inOwnCoordinates(noise, root);
  return { hessian: a, covariance, learningRate: ball.learningRate, momentum: ball.momentum };
}
