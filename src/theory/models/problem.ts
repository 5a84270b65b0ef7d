/**
 * One landscape with its noise, and the three motions in it: the SGD map, Langevin (and Fokker-Planck), and, in a valley, the
 * motion along its floor. All from the same formulas. science.md [V1]–[V7].
 *
 *     SGD        x ← x − eta g,   E g = ∇L − force,   cov g = C (ONE minibatch)
 *     Langevin   f = −∇L + force,   D = eta C/2                                     (time in eta·steps)
 *
 * With momentum mu the slow motion is that of the learning rate eta/(1 − mu) [S2]: time is then in eta/(1 − mu)·steps and
 * D = eta/(1 − mu)·C/2.
 */
import { check } from '../../numeric/errors.js';
import { call, derivative, type Expression, number, substitute } from '../../numeric/expression/index.js';
import { fieldOf } from '../fields.js';
import type { LangevinModel, SgdModel } from '../motion.js';
import { batchMoments, gradientOf } from './batch.js';

export interface LandscapeInput {
  /** L. */
  readonly loss?: Expression;
  /** L = floor(x) + curvature(x) y²/2, in place of `loss`. */
  readonly valley?: { readonly floor: Expression; readonly curvature: Expression };
  /** Added to −∇L; it need not be a gradient [V7]. */
  readonly force?: readonly Expression[];
}

export type NoiseInput =
  /** D: xx, or xx, xy, yy; weight² per eta·step. */
  | { readonly kind: 'diffusion'; readonly values: readonly Expression[] }
  /** C PER BATCH; D = eta C/2. */
  | { readonly kind: 'covariance'; readonly values: readonly Expression[] }
  /** Loss of one minibatch in the coordinates and n1 … nk, or its gradient: surface and noise from the same. */
  | {
      readonly kind: 'batch';
      readonly normals: readonly string[];
      readonly loss?: Expression;
      readonly gradient?: readonly Expression[];
    };

export interface ProblemInput {
  /** `x` or `x`, `y`. */
  readonly names: readonly string[];
  readonly landscape: LandscapeInput;
  readonly noise: NoiseInput;
  readonly learningRate: number;
  /** Default 0. */
  readonly momentum?: number;
}

export interface Problem {
  readonly names: readonly string[];
  readonly size: 1 | 2;
  readonly learningRate: number;
  readonly momentum: number;
  /** eta/(1 − mu): one step in units of time. */
  readonly timePerStep: number;
  /** f, weight per unit of time. */
  readonly drift: readonly Expression[];
  /** D, weight² per unit of time. */
  readonly diffusion: readonly Expression[];
  readonly batchGradient: readonly Expression[];
  /** Names of the normal numbers in `batchGradient`. */
  readonly normals: readonly string[];
  readonly loss?: Expression;
  readonly valley?: { readonly floor: Expression; readonly curvature: Expression };
  /** Whether f and D are exact averages of the batch gradient. */
  readonly exactAverages: boolean;
  /** Whether f = −∇L, without a force that circulates. */
  readonly gradientFlow: boolean;
}

/** @throws InputError where parts are missing or contradict one another */
export function problemOf(input: ProblemInput): Problem {
  const { names, landscape, noise, learningRate, momentum = 0 } = input;
  const size = names.length;
  check(size === 1 || size === 2, 'bad-size', () => `a landscape here has one or two coordinates; got ${size}.`);
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
    () => `a force has one formula a coordinate; got ${force?.length} for ${size}.`,
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
  // where a batch gradient is given it says how the weights move; a loss beside it is for looking at
  const mean = (batch ? batch.moments.gradient : gradientOf(loss!, names)).map(push);
  const covariance = batch
    ? batch.moments.covariance
    : (noise as { values: readonly Expression[] }).values.map((v) =>
        noise.kind === 'covariance' ? v : call('divide', call('multiply', number(2), v), number(timePerStep)),
      );
  const drawn = batch
    ? { gradient: batch.gradient.map(push), normals: batch.normals }
    : withNoise(mean, covariance, names);
  const valley = landscape.valley ?? (loss && size === 2 ? valleyOf(loss, names) : undefined);
  return {
    names,
    size,
    learningRate,
    momentum,
    timePerStep,
    drift: mean.map((g) => call('negate', g)),
    diffusion: covariance.map((c) => call('multiply', number(timePerStep / 2), c)),
    batchGradient: drawn.gradient,
    normals: drawn.normals,
    ...(loss && { loss }),
    ...(valley && { valley }),
    exactAverages: batch?.moments.exact ?? true,
    gradientFlow: force === undefined && loss !== undefined,
  };
}

export function langevinModel(p: Problem): LangevinModel {
  return {
    size: p.size,
    names: p.names,
    drift: fieldOf(p.drift, p.names),
    diffusion: fieldOf(p.diffusion, p.names),
    ...(p.loss && { loss: fieldOf([p.loss], p.names) }),
  };
}

export function sgdModel(p: Problem): SgdModel {
  return {
    size: p.size,
    names: p.names,
    batchGradient: fieldOf(p.batchGradient, [...p.names, ...p.normals]),
    normals: p.normals.length,
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
    () => `a minibatch gradient has one formula a coordinate; got ${gradient.length} for ${names.length}.`,
  );
  return { gradient, normals: noise.normals, moments: batchMoments(gradient, noise.normals, noise.loss) };
}

const zero = (e: Expression): boolean => e.kind === 'number' && e.value === 0;

/** g = mean + chol(C) n: n1 moves x, n1 and n2 move y. Where C_xx = 0 at a point, C_xy must be 0 there as well. */
function withNoise(mean: readonly Expression[], covariance: readonly Expression[], names: readonly string[]) {
  const free = (k: number): string => {
    let name = `n${k}`;
    while (names.includes(name)) name = `_${name}`;
    return name;
  };
  const normal = (k: number): Expression => ({ kind: 'variable', name: free(k) });
  const [xx, xy, yy] = covariance;
  const noise = (factor: Expression, k: number) => call('multiply', factor, normal(k));
  const first = call('add', mean[0], noise(call('sqrt', xx), 1));
  if (mean.length === 1) return { gradient: [first], normals: [free(1)] };
  if (zero(xy))
    return { gradient: [first, call('add', mean[1], noise(call('sqrt', yy), 2))], normals: [free(1), free(2)] };
  const below = call('if', xx, call('divide', xy, call('sqrt', xx)), number(0));
  const rest = call('sqrt', call('max', number(0), call('subtract', yy, call('multiply', below, below))));
  return {
    gradient: [first, call('add', call('add', mean[1], noise(below, 1)), noise(rest, 2))],
    normals: [free(1), free(2)],
  };
}

/** L0 = L(x, 0) and lambda = ∂²L/∂y² at y = 0, where L = L0 + lambda y²/2 on a sample of points; undefined where it is not. */
function valleyOf(loss: Expression, [along, across]: readonly string[]) {
  const onFloor = (e: Expression) => substitute(e, { [across]: 0 });
  const floor = onFloor(loss);
  const curvature = onFloor(derivative(derivative(loss, across), across));
  const at = fieldOf([loss, floor, curvature], [along, across]);
  const out = new Float64Array(3);
  for (const x of [-1.3, -0.4, 0.2, 0.9, 1.7])
    for (const y of [-1.1, 0.6]) {
      at.at([x, y], out);
      const [L, L0, lambda] = out;
      if (!(Math.abs(L - L0 - (lambda * y * y) / 2) <= 1e-9 * (Math.abs(L) + Math.abs(L0) + 1e-3))) return undefined;
    }
  return { floor, curvature };
}
