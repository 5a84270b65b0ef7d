/**
 * The effective SGD loss of a real solution, from measurements at it. docs/theory [V3].
 *
 * In a valley with several directions across, curvatures lambda_i and gradient noise C_ii PER BATCH, the force along the valley is
 * −(eta/4) Σ_i C_ii d ln lambda_i/dx for small eta·lambda. Its potential is known once C is known as a function of lambda:
 *
 *     proportional  C_ii = c_i lambda_i   V = (eta/4) Σ_i C_ii             summed over ALL directions: (eta/4) Tr C
 *     constant      C_ii fixed            V = (eta/4) Σ_i C_ii ln lambda_i  its zero is at lambda = 1 nat/weight²: only differences at
 *                                                                           the same C are meaningful
 *
 * The first needs no directions and no Hessian, so both forms are compared with it. (It is also the part of the mean square of
 * the minibatch gradient, (eta/4) E|g^mu|², that is due to noise.) The second is not defined along directions of negative
 * curvature, which are left out.
 */
import { check } from '../../numeric/errors.js';
import { type Estimate, scaled } from '../../numeric/estimate.js';

/** Describes one direction across the valley. */
interface AcrossDirection {
  /** lambda_i, nat/weight². */
  readonly curvature: number;
  /** C_ii of ONE minibatch, (nat/weight)². */
  readonly noise: number;
}

/**
 * Returns (eta/4) Tr C, nat.
 * @param noiseTrace - Tr C of ONE minibatch
 * @throws InputError for a learning rate that is not positive
 */
export function proportionalSgdLoss(learningRate: number, noiseTrace: Estimate): Estimate {
  checkRate(learningRate);
  return { ...scaled(noiseTrace, learningRate / 4), method: `(eta/4) Tr C; ${noiseTrace.method}` };
}

/**
 * Returns (eta/4) Σ C_ii ln lambda_i over the directions of positive curvature, nat.
 * @throws InputError for a learning rate that is not positive
 */
export function logarithmicSgdLoss(learningRate: number, across: readonly AcrossDirection[]): number {
  checkRate(learningRate);
  let sum = 0;
  for (const { curvature, noise } of across) if (curvature > 0) sum += noise * Math.log(curvature);
  return (learningRate / 4) * sum;
}

/**
 * Returns −(eta/4) Σ C_ii d ln lambda_i/dx, nat/weight: the force of the noise along the valley, the same for both forms.
 * @param logSlopes - d ln lambda_i/dx; a direction without one (NaN) is left out
 * @throws InputError for a learning rate that is not positive, or another number of slopes
 */
export function sgdForce(
  learningRate: number,
  across: readonly AcrossDirection[],
  logSlopes: readonly number[],
): number {
  checkRate(learningRate);
  check(
    logSlopes.length === across.length,
    'shape',
    () => `one slope of ln lambda for each of the ${across.length} directions; got ${logSlopes.length}.`,
  );
  let sum = 0;
  across.forEach(({ noise }, i) => {
    if (Number.isFinite(logSlopes[i])) sum += noise * logSlopes[i];
  });
  return (-learningRate / 4) * sum;
}

function checkRate(eta: number): void {
  check(Number.isFinite(eta) && eta > 0, 'bad-learning-rate', () => `the learning rate is positive; got ${eta}.`);
}
