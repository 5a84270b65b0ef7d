/**
 * The temperature of each coordinate from the size of its steps. docs/theory [S9], [R4].
 *
 * With v' = mu v − eta g and w' = w + v', stationarity of θ² and θ·v along one direction gives, for any loss and with the
 * minibatch gradient g that made the step, ⟨θ g⟩ = (1+mu)/(2 eta)·⟨(Δθ)²⟩. In a quadratic valley the left side is h sigma².
 */
import { check } from '../../numeric/errors.js';
import { type Estimate, estimate } from '../../numeric/estimate.js';
import { mean, variance } from '../../numeric/statistics.js';
import { correlationTime } from './autocorrelation.js';

/** Names the learning rate eta and the momentum mu of SGD. */
export interface Sgd {
  readonly learningRate: number;
  readonly momentum?: number;
}

/**
 * Estimates T = (1+mu)⟨(Δθ)²⟩/(2 eta) of K coordinates recorded at every step, in units of the loss. The error is that of
 * a mean of squares with their own correlation time: √(var·2tau/n). Costs O(K·T log T).
 * @param thetas - K×T row-major, weight
 * @throws InputError for a learning rate that is not positive, a momentum outside [0, 1), or fewer than 5 steps
 */
export function stepTemperatures(thetas: Float64Array, K: number, { learningRate, momentum = 0 }: Sgd): Estimate[] {
  check(
    learningRate > 0 && momentum >= 0 && momentum < 1,
    'bad-learning-rate',
    () => `temperatures need a positive learning rate and a momentum in [0, 1); got ${learningRate} and ${momentum}.`,
  );
  const T = thetas.length / K;
  check(
    Number.isInteger(T) && T >= 6,
    'too-short',
    () => `temperatures need at least 6 rows of ${K} coordinates; got ${thetas.length} numbers.`,
  );
  const factor = (1 + momentum) / (2 * learningRate);
  return Array.from({ length: K }, (_, k) => {
    const squares = Float64Array.from(
      { length: T - 1 },
      (_, t) => (thetas[k * T + t + 1] - thetas[k * T + t]) ** 2 * factor,
    );
    const tau = correlationTime(squares);
    const times = Math.max(0.5, Number.isFinite(tau.value) ? tau.value : 0.5);
    const n = squares.length / (2 * times);
    return estimate(
      mean(squares),
      Math.sqrt(variance(squares) / n),
      n,
      '(1 + mu)⟨Δθ²⟩/(2 eta), error of a mean of squares with their correlation time',
      !Number.isFinite(tau.value) || tau.converged,
    );
  });
}
