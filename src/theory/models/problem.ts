/**
 * One landscape with its noise, and the motions in it that follow from the same formulas: the SGD map, the Langevin (and
 * Fokker-Planck) equation and, in a valley, the motion along its floor. docs/theory [V1]–[V7].
 *
 *     SGD        x ← x − eta g,   E g = ∇L − force,   cov g = C (ONE minibatch)
 *     Langevin   f = −∇L + force,   D = eta C/2                                     (time in eta·steps)
 *
 * The Langevin equation above is Itô's. Where the noise depends on the place and is meant as Stratonovich's or as that of Hänggi
 * and Klimontovich, f also contains the drift of `interpretedDrift`. The SGD map needs no such choice: a minibatch is drawn at the
 * place where its step begins, which is Itô's rule.
 *
 * With momentum mu the slow motion is that of the learning rate eta/(1 − mu) [S2]: time is then in eta/(1 − mu)·steps and
 * D = eta/(1 − mu)·C/2.
 */
import { check } from '../../numeric/errors.js';
import { EXPRESSION_WANTS } from '../../numeric/expression/expression.js';
import {
  call,
  derivative,
  type Expression,
  number,
  substitute,
  sum,
  variable,
} from '../../numeric/expression/index.js';
import * as is from '../../numeric/wants.js';
import { fieldOf } from '../fields.js';
import type { LangevinModel, SgdModel } from '../motion.js';
import { noiseColumns } from '../noise-columns.js';
import { batchMoments, gradientOf } from './batch.js';
import { type Interpretation, interpretedDrift, isNothing } from './interpretation.js';

/** Describes a landscape by its loss or its valley, and a force. */
export interface LandscapeInput {
  /** L. */
  readonly loss?: Expression;
  /** L = floor(x) + curvature(x) y²/2, in place of `loss`. */
  readonly valley?: { readonly floor: Expression; readonly curvature: Expression };
  /** Added to −∇L; it need not be a gradient [V7]. */
  readonly force?: readonly Expression[];
}

/** Says what a {@link LandscapeInput} needs. */
export const LANDSCAPE_INPUT_WANTS = is.shape<LandscapeInput>({
  loss: is.maybe(EXPRESSION_WANTS),
  valley: is.maybe(is.shape({ floor: EXPRESSION_WANTS, curvature: EXPRESSION_WANTS })),
  force: is.maybe(is.listOf(EXPRESSION_WANTS)),
});

/** Describes the noise by the diffusion, the covariance of a minibatch gradient, or a minibatch itself. */
export type NoiseInput =
  /** D: xx, or xx, xy, yy; weight² per eta·step. */
  | { readonly kind: 'diffusion'; readonly values: readonly Expression[] }
  /** C PER BATCH; D = eta C/2. */
  | { readonly kind: 'covariance'; readonly values: readonly Expression[] }
  /**
   * Loss of one minibatch in the coordinates and the normals, or its gradient, from which both the surface and the noise
   * follow.
   */
  | {
      readonly kind: 'batch';
      readonly normals: readonly string[];
      readonly loss?: Expression;
      readonly gradient?: readonly Expression[];
    };

const VALUES = is.shape({ values: is.listOf(EXPRESSION_WANTS) });
const BATCH = is.shape<NoiseInput & { kind: 'batch' }>({
  normals: is.listOf(is.text),
  loss: is.maybe(EXPRESSION_WANTS),
  gradient: is.maybe(is.listOf(EXPRESSION_WANTS)),
});

/** Describes a landscape with its noise and the parameters of SGD, as a caller states them. */
export interface ProblemInput {
  /** `x` or `x`, `y`. */
  readonly names: readonly string[];
  readonly landscape: LandscapeInput;
  readonly noise: NoiseInput;
  readonly learningRate: number;
  /** Default 0. */
  readonly momentum?: number;
  /** How noise that depends on the place is meant in the Langevin and Fokker-Planck equations. Default ito. */
  readonly interpretation?: Interpretation;
}

/** Says what a {@link ProblemInput} needs. */
export const PROBLEM_INPUT_WANTS = is.shape<ProblemInput>({
  names: is.listOf(is.text),
  landscape: LANDSCAPE_INPUT_WANTS,
  noise: is.kinds<NoiseInput>('kind', { diffusion: VALUES, covariance: VALUES, batch: BATCH }),
  learningRate: is.number,
  momentum: is.maybe(is.number),
  interpretation: is.maybe(is.oneOf('ito', 'stratonovich', 'haenggi-klimontovich')),
});

/** Holds a checked problem with the formulas of all its motions. Time is in eta/(1 − mu)·steps. */
export interface Problem {
  readonly names: readonly string[];
  readonly size: 1 | 2;
  readonly learningRate: number;
  readonly momentum: number;
  /** eta/(1 − mu): one step in units of time. */
  readonly timePerStep: number;
  /** f of the Itô equation, weight per unit of time; it contains the drift that `interpretation` adds. */
  readonly drift: readonly Expression[];
  /** D, weight² per unit of time. */
  readonly diffusion: readonly Expression[];
  /** In the coordinates and n1, n2, … */
  readonly batchGradient: readonly Expression[];
  /** How many normal numbers a step draws. */
  readonly normals: number;
  readonly loss?: Expression;
  readonly valley?: { readonly floor: Expression; readonly curvature: Expression };
  /** Whether f and D are exact averages of the batch gradient. */
  readonly exactAverages: boolean;
  /**
   * Whether f = −∇L: there is no force, and the mean gradient of a given minibatch is that of the loss (at a sample of points).
   */
  readonly gradientFlow: boolean;
  /** How the noise was meant: what was added to −∇L + force to get `drift`. */
  readonly interpretation: Interpretation;
  /** Whether `interpretation` changes the drift, which it does where the noise depends on the place. */
  readonly interpreted: boolean;
}

/** Says what a {@link Problem} needs. */
export const PROBLEM_WANTS = is.shape<Problem>({
  names: is.listOf(is.text),
  learningRate: is.finite,
  drift: is.listOf(EXPRESSION_WANTS),
  diffusion: is.listOf(EXPRESSION_WANTS),
});

/**
 * Checks a problem and derives the formulas of its motions.
 * @throws InputError where parts are missing or contradict one another
 */
export function problemOf(input: ProblemInput): Problem {
  is.given('problemOf', { input }, { input: PROBLEM_INPUT_WANTS });
  const { names, landscape, noise, learningRate, momentum = 0, interpretation = 'ito' } = input;
  const size = names.length;
  check(size === 1 || size === 2, 'bad-size', () => `a landscape here has one or two coordinates; got ${size}.`);
  const taken = names.find((name) => /^n\d+$/.test(name));
  check(
    taken === undefined,
    'bad-name',
    () => `a coordinate cannot be called ${taken}: n1, n2, … are the normal numbers of a step; rename it.`,
  );
  check(
    learningRate > 0 && Number.isFinite(learningRate),
    'bad-learning-rate',
    () => `a learning rate is positive; got ${learningRate}.`,
  );
  check(momentum >= 0 && momentum < 1, 'bad-momentum', () => `momentum lies in 0 ≤ mu < 1; got ${momentum}.`);
  const timePerStep = learningRate / (1 - momentum);
  const count = size === 1 ? 1 : 3;
  if (noise.kind !== 'batch')
    check(
      noise.values.length === count,
      'bad-noise',
      () => `a ${noise.kind} in ${size} coordinates has ${count} formulas; got ${noise.values.length}.`,
    );
  const { force } = landscape;
  check(
    force === undefined || force.length === size,
    'bad-force',
    () => `a force has one formula for each coordinate; got ${force?.length} for ${size}.`,
  );
  const given = lossOf(landscape, names);
  const batch = noise.kind === 'batch' ? batchOf(noise, names) : undefined;
  const loss = given ?? batch?.moments.loss;
  check(
    loss !== undefined || batch !== undefined,
    'no-landscape',
    'a simulation needs a landscape: a loss, a valley, or the loss or gradient of a minibatch.',
  );
  const push = (gradient: Expression, i: number) => (force ? call('subtract', gradient, force[i]) : gradient);
  // a given batch gradient determines how the weights move; a loss beside it is only drawn
  const descent = batch ? batch.moments.gradient : gradientOf(loss!, names);
  const mean = descent.map(push);
  const covariance = batch
    ? batch.moments.covariance
    : (noise as { values: readonly Expression[] }).values.map((v) =>
        noise.kind === 'covariance' ? v : call('divide', call('multiply', number(2), v), number(timePerStep)),
      );
  const drawn = batch ? { gradient: batch.gradient.map(push), normals: batch.normals } : withNoise(mean, covariance);
  const diffusion = covariance.map((c) => call('multiply', number(timePerStep / 2), c));
  const added = interpretedDrift(interpretation, diffusion, names);
  const interpreted = !isNothing(added);
  const valley = landscape.valley ?? (loss && size === 2 ? valleyOf(loss, names) : undefined);
  return {
    names,
    size,
    learningRate,
    momentum,
    timePerStep,
    drift: mean.map((g, i) => (interpreted ? call('subtract', added[i], g) : call('negate', g))),
    diffusion,
    batchGradient: drawn.gradient,
    normals: drawn.normals,
    ...(loss && { loss }),
    ...(valley && { valley }),
    exactAverages: batch?.moments.exact ?? true,
    interpretation,
    interpreted,
    gradientFlow:
      !interpreted &&
      force === undefined &&
      loss !== undefined &&
      (!batch || agree(descent, gradientOf(loss, names), names)),
  };
}

/** Returns the Langevin model of a problem, as formulas. */
export function langevinModel(p: Problem): LangevinModel {
  is.given('langevinModel', { p }, { p: PROBLEM_WANTS });
  return {
    size: p.size,
    names: p.names,
    drift: fieldOf(p.drift, p.names),
    diffusion: fieldOf(p.diffusion, p.names),
    ...(p.loss && { loss: fieldOf([p.loss], p.names) }),
  };
}

/** Returns the SGD map of a problem, as formulas. */
export function sgdModel(p: Problem): SgdModel {
  is.given('sgdModel', { p }, { p: PROBLEM_WANTS });
  return {
    size: p.size,
    names: p.names,
    batchGradient: fieldOf(p.batchGradient, [...p.names, ...Array.from({ length: p.normals }, (_, k) => `n${k + 1}`)]),
    normals: p.normals,
    ...(p.loss && { loss: fieldOf([p.loss], p.names) }),
  };
}

function lossOf({ loss, valley }: LandscapeInput, names: readonly string[]): Expression | undefined {
  if (!valley) return loss;
  check(loss === undefined, 'two-landscapes', 'a landscape is given as a loss or as a valley, not both.');
  check(names.length === 2, 'bad-size', 'a valley has two coordinates, one along and one across.');
  const across: Expression = { kind: 'variable', name: names[1] };
  const half = call('multiply', number(0.5), valley.curvature);
  return call('add', valley.floor, call('multiply', half, call('power', across, number(2))));
}

function batchOf(noise: NoiseInput & { kind: 'batch' }, names: readonly string[]) {
  check(
    (noise.loss === undefined) !== (noise.gradient === undefined),
    'bad-noise',
    'minibatch noise is given as a loss or as a gradient, one of the two.',
  );
  const gradient = noise.gradient ?? gradientOf(noise.loss!, names);
  check(
    gradient.length === names.length,
    'bad-noise',
    () => `a minibatch gradient has one formula for each coordinate; got ${gradient.length} for ${names.length}.`,
  );
  const renamed = Object.fromEntries(noise.normals.map((name, k) => [name, normal(k)]));
  return {
    gradient: gradient.map((g) => substitute(g, renamed)),
    normals: noise.normals.length,
    moments: batchMoments(gradient, noise.normals, noise.loss),
  };
}

const normal = (k: number): Expression => variable(`n${k + 1}`);

/** Returns g = mean + b n with b bᵀ = C. */
function withNoise(mean: readonly Expression[], covariance: readonly Expression[]) {
  const columns = noiseColumns(covariance);
  const noise = (i: number) => sum(columns.map((column, k) => call('multiply', column[i], normal(k))));
  return { gradient: mean.map((g, i) => call('add', g, noise(i))), normals: mean.length };
}

/** Points at which formulas are compared. */
const SAMPLE = [-1.3, -0.4, 0.2, 0.9, 1.7].flatMap((x) => [-1.1, 0.6].map((y) => [x, y] as const));

/**
 * Says whether formulas agree to 1e-6 at the sample's points where both are finite; averages over normals may be no better than
 * that.
 */
function agree(some: readonly Expression[], others: readonly Expression[], names: readonly string[]): boolean {
  const both = fieldOf([...some, ...others], names);
  const out = new Float64Array(both.outputs);
  return SAMPLE.every((point) => {
    both.at(point, out);
    return some.every((_, i) => {
      const [a, b] = [out[i], out[some.length + i]];
      return !Number.isFinite(a - b) || Math.abs(a - b) <= 1e-6 * (Math.abs(a) + Math.abs(b) + 1e-3);
    });
  });
}

/** Returns L0 = L(x, 0) and lambda = ∂²L/∂y² at y = 0 if L = L0 + lambda y²/2 at a sample of points, else undefined. */
function valleyOf(loss: Expression, [along, across]: readonly string[]) {
  const onFloor = (e: Expression) => substitute(e, { [across]: 0 });
  const floor = onFloor(loss);
  const curvature = onFloor(derivative(derivative(loss, across), across));
  const at = fieldOf([loss, floor, curvature], [along, across]);
  const out = new Float64Array(3);
  for (const [x, y] of SAMPLE) {
    at.at([x, y], out);
    const [L, L0, lambda] = out;
    if (!(Math.abs(L - L0 - (lambda * y * y) / 2) <= 1e-9 * (Math.abs(L) + Math.abs(L0) + 1e-3))) return undefined;
  }
  return { floor, curvature };
}
