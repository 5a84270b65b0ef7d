/**
 * The motion along the floor of a problem's valley, with noise that may depend on y and be correlated. docs/theory [V2], [V3].
 *
 * Beyond `adiabatic`, which takes D_x and D_y as functions of x, y is normal with the variance S(x) that its own noise sustains,
 *
 *     continuous time   lambda S = E D_yy(x, √S z)
 *     finite steps      lambda (1 − eta lambda/(2 (1 + mu))) S = E D_yy(x, √S z)      [S2]
 *
 * and the diffusion along is, to leading order, E D_xx. To the next order the motion of y displaces x: x + g(y) with
 * g' = u = −lambda' y/(2 lambda) is the slow coordinate, hence
 *
 *     D = E [D_xx + 2 u D_xy + u² D_yy]
 *
 * The last term is the fluctuation of y² that `adiabatic` neglects; with noise of the minimum's position it and the cross term
 * are as large as E D_xx (D is a fourth of it). The drift of that order is left out: it is smaller by D/(f·length).
 */
import { check } from '../../numeric/errors.js';
import { derivative, type Expression, evaluator } from '../../numeric/expression/index.js';
import { gaussHermite } from '../../numeric/quadrature.js';
import * as is from '../../numeric/wants.js';
import { type Adiabatic, adiabatic } from '../valley/adiabatic.js';
import { type Curve, curvatureAt } from '../valley/valley.js';
import { PROBLEM_WANTS, type Problem } from './problem.js';

/** Sets the order of the elimination and the size of steps. */
export interface AlongOptions {
  /** `leading` (default): [V2] unchanged; `next`: with the contribution of y's fluctuations to the diffusion. */
  readonly order?: 'leading' | 'next';
  /** `continuous` (default): ⟨y²⟩ of the Langevin equation; `finite`: ⟨y²⟩ of the SGD map itself. */
  readonly steps?: 'continuous' | 'finite';
}

/** Says what an {@link AlongOptions} needs. */
export const ALONG_OPTIONS_WANTS = is.shape<AlongOptions>({
  order: is.maybe(is.oneOf('leading', 'next')),
  steps: is.maybe(is.oneOf('continuous', 'finite')),
});

/**
 * Reduces a problem with a valley to the motion along its floor.
 * @throws InputError where the landscape has no valley along its first coordinate, or the weights do not follow −∇L; the
 *   functions of the result throw where the motion across the valley is unstable
 */
export function alongFloor(problem: Problem, options: AlongOptions = {}): Adiabatic {
  is.given('alongFloor', { problem, options }, { problem: PROBLEM_WANTS, options: ALONG_OPTIONS_WANTS });
  const { valley, names, size } = problem;
  check(size === 2 && valley !== undefined, 'no-valley', () =>
    size === 1
      ? 'a landscape of one coordinate has no valley to be eliminated.'
      : `the adiabatic method needs a valley along ${names[0]}, L = L0(${names[0]}) + lambda(${names[0]}) ${names[1]}²/2; this loss has another form.`,
  );
  check(
    problem.gradientFlow,
    'not-gradient',
    `the adiabatic method follows −∇L along ${names[0]}, and here a force, a minibatch whose mean loss is another, or the drift of noise that is not Itô's moves the weights as well; include it in the loss, or leave that method out.`,
  );
  const { order = 'leading', steps = 'continuous' } = options;
  const lambda = curveOf(valley.curvature, names[0]);
  const noise = evaluator(problem.diffusion, names);
  const { nodes, weights } = gaussHermite(12);
  const [point, D] = [new Float64Array(2), new Float64Array(3)];
  const share = problem.learningRate / (2 * (1 + problem.momentum));
  const average = (x: number, S: number, of: (y: number) => number) => {
    let sum = 0;
    point[0] = x;
    for (let i = 0; i < nodes.length; i++) {
      point[1] = Math.sqrt(S) * nodes[i];
      noise(point, D);
      sum += weights[i] * of(point[1]);
    }
    return sum;
  };
  const variance = (x: number): number => {
    const l = curvatureAt(lambda, x);
    const rate = steps === 'finite' ? l * (1 - share * l) : l;
    check(
      rate > 0,
      'unstable',
      () =>
        `SGD with learning rate ${problem.learningRate} is unstable across the valley at ${names[0]} = ${x}, where its curvature is ${l}: use a learning rate below ${(2 * (1 + problem.momentum)) / l}.`,
    );
    const kept = (S: number) => average(x, S, () => D[2]) / rate;
    let S = kept(0);
    // near the limit of stability the map S → kept(S) contracts slowly: Aitken's extrapolation, exact where the map is linear
    for (let n = 0; n < 100 && S < 1e100; n++) {
      const next = kept(S);
      const change = next - S;
      if (Math.abs(change) <= 1e-13 * next) return next;
      const after = kept(next);
      const ratio = (after - next) / change;
      S = ratio < 1 ? S + change / (1 - ratio) : after;
    }
    check(
      false,
      'no-variance',
      () =>
        `the fluctuations across the valley have no finite variance at ${names[0]} = ${x}: their noise grows with them faster than the curvature ${l} restores; lower the learning rate or the noise.`,
    );
    return S;
  };
  const along = (x: number): number => {
    const S = variance(x);
    if (order === 'leading') return average(x, S, () => D[0]);
    const [l, slope] = [lambda.at(x), lambda.slope(x)];
    if (steps === 'continuous' || problem.momentum > 0) {
      const half = -slope / (2 * l);
      return average(x, S, (y) => D[0] + half * y * (2 * D[1] + half * y * D[2]));
    }
    const eta = problem.learningRate;
    const k = eta * l;
    const [a, c] = [1 - k, -slope / (2 * k * (2 - k))];
    return average(
      x,
      S,
      (y) => D[0] + 4 * a * eta * c * y * D[1] + 4 * c * c * eta * eta * D[2] * (a * a * y * y + eta * D[2]),
    );
  };
  return adiabatic({
    valley: { floor: curveOf(valley.floor, names[0]), curvature: lambda },
    along,
    across: (x) => lambda.at(x) * variance(x),
  });
}

/** Makes a curve of a formula of one coordinate, with its exact derivative. */
function curveOf(formula: Expression, name: string): Curve {
  const both = evaluator([formula, derivative(formula, name)], [name]);
  const out = new Float64Array(2);
  const value = (x: number, k: number) => {
    both([x], out);
    return out[k];
  };
  return { at: (x) => value(x, 0), slope: (x) => value(x, 1) };
}
