/**
 * Dimensionless form: one landscape in units derived from its own curvature and noise.
 *
 *     time tau = 1/h, energy E = Tr D/size, length ℓ = √(E/h)      h: largest |eigenvalue| of ∇²L, D: diffusion, at a reference point
 *
 * x = ℓ x̂, t = tau t̂, L = E L̂ turn dx = f dt + √(2D) dW into the same equation with f̂ = f·tau/ℓ, D̂ = D/E, and the step into
 * eta/tau. (E is an energy because time is in eta·steps, weight²/nat.) Near the reference point everything is of order 1.
 */
import { check } from '../../numeric/errors.js';
import { call, derivative, type Expression, evaluator, number, substitute } from '../../numeric/expression/index.js';
import * as is from '../../numeric/wants.js';
import { PROBLEM_WANTS, type Problem } from './problem.js';

/** Gives the units of the dimensionless form. */
export interface Scales {
  /** ℓ, weight. */
  readonly length: number;
  /** tau, eta·steps (weight²/nat). */
  readonly time: number;
  /** E, nat. */
  readonly loss: number;
  /** The reference point, at which curvature and noise were taken. */
  readonly at: readonly number[];
}

/** Says what a {@link Scales} needs. */
export const SCALES_WANTS = is.shape<Scales>({ length: is.finite, time: is.finite, loss: is.finite, at: is.numbers });

/**
 * Computes the units of the dimensionless form at a reference point.
 * @throws InputError where curvature or noise there is zero or not finite
 */
export function scalesAt(problem: Problem, at: readonly number[]): Scales {
  is.given('scalesAt', { problem, at }, { problem: PROBLEM_WANTS, at: is.numbers });
  const { names, drift, diffusion, size } = problem;
  check(
    at.length === size,
    'bad-point',
    () => `the reference point of the units has ${size} coordinates; got ${at.length}.`,
  );
  const slopes = drift.flatMap((f) => names.map((name) => derivative(f, name)));
  const out = new Float64Array(slopes.length + diffusion.length);
  evaluator([...slopes, ...diffusion], names)(at, out);
  const h =
    size === 1
      ? Math.abs(out[0])
      : (Math.abs(out[0] + out[3]) + Math.sqrt((out[0] - out[3]) ** 2 + (out[1] + out[2]) ** 2)) / 2;
  const E = size === 1 ? out[1] : (out[4] + out[6]) / 2;
  check(
    h > 0 && E > 0 && Number.isFinite(h) && Number.isFinite(E),
    'no-scales',
    () =>
      `units come from curvature and noise at (${at.join(', ')}), which are ${h} and ${E} there; choose another point with units.at.`,
  );
  return { length: Math.sqrt(E / h), time: 1 / h, loss: E, at };
}

/** Rewrites a problem in these units, every formula in the new coordinates. */
export function dimensionless(problem: Problem, scales: Scales): Problem {
  is.given('dimensionless', { problem, scales }, { problem: PROBLEM_WANTS, scales: SCALES_WANTS });
  const { length, time, loss } = scales;
  const { names } = problem;
  const scaled = Object.fromEntries(
    names.map((name) => [name, call('multiply', number(length), { kind: 'variable', name } as Expression)]),
  );
  const times = (e: Expression, factor: number) => call('multiply', number(factor), substitute(e, scaled));
  const gradient = length / loss;
  return {
    ...problem,
    learningRate: problem.learningRate / time,
    timePerStep: problem.timePerStep / time,
    drift: problem.drift.map((f) => times(f, gradient)),
    diffusion: problem.diffusion.map((d) => times(d, 1 / loss)),
    batchGradient: problem.batchGradient.map((g) => times(g, gradient)),
    ...(problem.loss && { loss: times(problem.loss, 1 / loss) }),
    ...(problem.valley && {
      valley: {
        floor: times(problem.valley.floor, 1 / loss),
        curvature: times(problem.valley.curvature, (length * length) / loss),
      },
    }),
  };
}
