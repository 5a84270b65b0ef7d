/**
 * Transient freezing between two valleys, a sharp and a flat one: occupation over training, and when it stops changing.
 * docs/theory [V6]; the model is thermograd's own, made to have the three stages that arXiv 2601.10962 reports.
 *
 *     p' = −k_s(t) p + k_f(t) (1 − p)      p: probability of the sharp valley; time in eta·steps
 *
 * k_s and k_f are the escape rates from the sharp and from the flat valley. Training deepens the valleys: the barrier between them
 * grows with time, here linearly, barrier(t) = start + growth·t, while the noise stays. The rates then fall as e^{−growth·t/D}:
 *
 *     transient: k·t ≫ 1, the occupation follows its equilibrium k_f/(k_s + k_f), which prefers the flat valley
 *     freezing:  from the time t_f on at which the number of passages still to be expected, ∫_{t_f}^{end} (k_s + k_f) dt, is 1
 *
 * Kramers rates k0 e^{−(b + g t)/D} give in the limit of an endless run t_f = (D/g) ln(k0 e^{−b/D} D/g): it grows with D, since
 * a stronger noise still crosses a barrier that stops a weaker one.
 */
import { check } from '../../numeric/errors.js';
import { runningIntegral } from '../../numeric/quadrature.js';
import * as is from '../../numeric/wants.js';

/** Describes two valleys by their escape rates over training. */
export interface TwoValleys {
  /** Escape rate from the sharp valley at time t, per eta·step. */
  readonly fromSharp: (t: number) => number;
  /** Escape rate from the flat valley. */
  readonly fromFlat: (t: number) => number;
  /** Length of training, eta·steps. */
  readonly end: number;
  /** Probability of the sharp valley at t = 0; default 1. */
  readonly startSharp?: number;
  /** Panels of time, default 4000. */
  readonly panels?: number;
}

/** Says what a {@link TwoValleys} needs. */
export const TWO_VALLEYS_WANTS = is.shape<TwoValleys>({
  fromSharp: is.func,
  fromFlat: is.func,
  end: is.finite,
  startSharp: is.maybe(is.finite),
  panels: is.maybe(is.count),
});

/** Holds the occupation over training and the time at which it stops changing. Times in eta·steps. */
export interface Freezing {
  /** Times, 2·panels + 1 of them from 0 to the end. */
  readonly time: Float64Array;
  /** Probability of the flat valley at these times. */
  readonly flat: Float64Array;
  /** k_s/(k_s + k_f): the probability that would be reached at the rates of each time. */
  readonly equilibrium: Float64Array;
  /** Time from which on fewer than one further passage is expected; 0 where that is so from the start. */
  readonly freezingTime: number;
  /** Probability of the flat valley when training ends. */
  readonly final: number;
}

/**
 * Computes the occupation of both valleys, exactly up to quadrature: with K(t) = ∫_0^t (k_s + k_f), the flat occupation is
 * q(t) = q0 e^{−K} + ∫_0^t k_s(u) e^{−(K(t) − K(u))} du, integrated panel by panel. docs/theory [V6].
 * @throws InputError for an end that is not positive, a probability outside 0 … 1, or rates that are negative or not finite
 */
export function occupation(model: TwoValleys): Freezing {
  is.given('occupation', { model }, { model: TWO_VALLEYS_WANTS });
  const { fromSharp, fromFlat, end, startSharp = 1, panels = 4000 } = model;
  check(end > 0 && Number.isFinite(end), 'bad-time', () => `training takes a positive time; got ${end}.`);
  check(
    startSharp >= 0 && startSharp <= 1,
    'bad-probability',
    () => `a probability lies between 0 and 1; got ${startSharp}.`,
  );
  const n = 2 * panels + 1;
  const h = end / (n - 1);
  const time = Float64Array.from({ length: n }, (_, i) => i * h);
  const sharp = time.map(fromSharp);
  const total = time.map((t, i) => sharp[i] + fromFlat(t));
  check(
    sharp.every((k) => k >= 0) && total.every((k, i) => k >= sharp[i] && Number.isFinite(k)),
    'bad-rate',
    'escape rates are finite and not negative.',
  );
  const K = runningIntegral(total, h);
  const flat = new Float64Array(n);
  flat[0] = 1 - startSharp;
  for (let i = 1; i < n; i++) {
    // the equilibrium of the rates at the middle of this interval is approached exponentially: exact for constant rates, O(h²)
    // else
    const passed = K[i] - K[i - 1];
    const middle = total[i] + total[i - 1] > 0 ? (sharp[i] + sharp[i - 1]) / (total[i] + total[i - 1]) : 0;
    flat[i] = middle + (flat[i - 1] - middle) * Math.exp(-passed);
  }
  const left = K[n - 1];
  let at = 0;
  while (at < n - 1 && left - K[at] > 1) at++;
  const share = at === 0 ? 0 : (left - K[at - 1] - 1) / (K[at] - K[at - 1]);
  return {
    time,
    flat,
    equilibrium: sharp.map((k, i) => (total[i] > 0 ? k / total[i] : Number.NaN)),
    freezingTime: at === 0 ? 0 : time[at - 1] + share * h,
    final: flat[n - 1],
  };
}

/**
 * Returns k(t) = rate·e^{−(start + growth·t)/noise}, per eta·step: the rate of escape over a barrier that grows with training.
 * @throws InputError for a noise that is not positive
 */
export function growingBarrier(options: {
  /** Prefactor, per eta·step. */
  readonly rate: number;
  /** Barrier at t = 0, nat. */
  readonly start: number;
  /** nat per eta·step. */
  readonly growth: number;
  /** D, nat. */
  readonly noise: number;
}): (t: number) => number {
  is.given(
    'growingBarrier',
    { options },
    { options: is.shape({ rate: is.finite, start: is.finite, growth: is.finite, noise: is.finite }) },
  );
  const { rate, start, growth, noise } = options;
  check(noise > 0, 'bad-diffusion', () => `an escape needs noise; its strength is ${noise}.`);
  return (t) => rate * Math.exp(-(start + growth * t) / noise);
}
