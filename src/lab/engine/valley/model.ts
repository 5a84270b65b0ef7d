/**
 * The motion that a state of the view Valley states: formulas are read, and one minibatch's loss is made of them.
 *
 *     ℓ(x, y; n) = G [L + s n3 B] + √C_xx n1 x + √(kappa C_xx) n2 y,      G = 1 + g t
 *
 * B is the part that curves across the valley, ½lambda(x)y², or all of L where the landscape is one formula. The curvature of a
 * batch then has the standard deviation s·lambda, and its gradient at the floor the covariance C_xx diag(1, kappa).
 * Surface, noise, Langevin and Fokker-Planck equation all follow from ℓ (`problemOf`).
 */
import { check } from '../../../numeric/errors.js';
import {
  call,
  derivative,
  type Expression,
  evaluator,
  number,
  parseExpression,
  sum,
  variable,
  variablesOf,
} from '../../../numeric/expression/index.js';
import { type Problem, problemOf } from '../../../theory/models/problem.js';
import type { ValleyState } from './state.js';

/** Holds the formulas of a landscape, read once. */
export interface ValleyFormulas {
  readonly size: 1 | 2;
  readonly names: readonly string[];
  /** L at G = 1. */
  readonly loss: Expression;
  /** B: what the spread of the batches' curvature multiplies. */
  readonly curved: Expression;
  /** lambda(x) of the shape `valley`. */
  readonly curvature?: Expression;
  /** ∂²L/∂x², or xx, xy, yy. */
  readonly hessian: readonly Expression[];
}

/**
 * Reads the formulas of a state.
 * @throws InputError, one sentence with the position, for text that is no formula
 */
export function readFormulas(s: ValleyState): ValleyFormulas {
  const parameters = { r: s.ratio };
  if (s.shape === 'valley') {
    const variables = ['x'];
    const floor = parseExpression(s.floor, { variables, parameters, source: 'the loss on the floor' });
    const curvature = parseExpression(s.curvature, { variables, parameters, source: 'the curvature across' });
    const across = call('multiply', call('multiply', number(0.5), curvature), call('power', variable('y'), number(2)));
    const loss = call('add', floor, across);
    return { size: 2, names: ['x', 'y'], loss, curved: across, curvature, hessian: hessianOf(loss, ['x', 'y']) };
  }
  const loss = parseExpression(s.loss, { variables: ['x', 'y'], parameters, source: 'the loss' });
  const size = variablesOf(loss).includes('y') ? 2 : 1;
  const names = size === 2 ? ['x', 'y'] : ['x'];
  return { size, names, loss, curved: loss, hessian: hessianOf(loss, names) };
}

/** Makes the problem of a state whose loss has grown by the factor G. */
export function valleyProblem(s: ValleyState, f: ValleyFormulas, grown: number): Problem {
  const terms: Expression[] = [f.loss];
  const noisy = s.spread > 0;
  if (noisy) terms.push(call('multiply', call('multiply', number(s.spread), variable(`n${f.size + 1}`)), f.curved));
  const pulls = f.names.map((name, i) =>
    call(
      'multiply',
      call('multiply', number(Math.sqrt(s.noise * (i === 0 ? 1 : s.kappa))), variable(`n${i + 1}`)),
      variable(name),
    ),
  );
  const loss = sum([call('multiply', number(grown), sum(terms)), ...pulls]);
  const normals = Array.from({ length: f.size + (noisy ? 1 : 0) }, (_, i) => `n${i + 1}`);
  return problemOf({
    names: f.names,
    landscape: { loss: call('multiply', number(grown), f.loss) },
    noise: { kind: 'batch', normals, loss },
    learningRate: s.eta,
  });
}

/**
 * Checks that loss, gradient and curvature are finite on a lattice over the box, and that a valley is one.
 * @throws InputError that names the first place where they are not
 */
export function checkOnBox(s: ValleyState, f: ValleyFormulas): void {
  const slopes = f.names.map((n) => derivative(f.loss, n));
  const all = evaluator([f.loss, ...slopes, ...f.hessian, ...(f.curvature ? [f.curvature] : [])], f.names);
  const out = new Float64Array(1 + f.size + f.hessian.length + 1);
  const count = 33;
  const [x0, x1, y0, y1] = s.box;
  for (let j = 0; j < (f.size === 2 ? count : 1); j++)
    for (let i = 0; i < count; i++) {
      const point = [x0 + ((x1 - x0) * i) / (count - 1), y0 + ((y1 - y0) * j) / (count - 1)].slice(0, f.size);
      all(point, out);
      const where = () => f.names.map((n, k) => `${n} = ${Number(point[k].toPrecision(3))}`).join(', ');
      check(
        out.every(Number.isFinite),
        'not-finite',
        () => `the landscape or one of its derivatives is not finite at ${where()}; change the formula or the range.`,
      );
      if (f.curvature)
        check(
          out[1 + f.size + f.hessian.length] > 0,
          'no-valley',
          () =>
            `the curvature across a valley is positive everywhere; at ${where()} it is ${out[1 + f.size + f.hessian.length]}.`,
        );
    }
}

function hessianOf(loss: Expression, names: readonly string[]): Expression[] {
  const of = (a: string, b: string) => derivative(derivative(loss, a), b);
  return names.length === 1 ? [of('x', 'x')] : [of('x', 'x'), of('x', 'y'), of('y', 'y')];
}

/** Returns a function that gives the largest eigenvalue of the Hessian of L (G = 1) at a point, nat/weight². */
export function sharpness(f: ValleyFormulas): (point: ArrayLike<number>) => number {
  const at = evaluator(f.hessian, f.names);
  const h = new Float64Array(3);
  return (point) => {
    at(point, h);
    if (f.size === 1) return h[0];
    const [half, rest] = [(h[0] + h[2]) / 2, Math.hypot((h[0] - h[2]) / 2, h[1])];
    return half + rest;
  };
}
