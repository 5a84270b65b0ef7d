/**
 * Surface and noise from the same minibatch loss: averages over standard normal numbers, as formulas. docs/theory [R1], [V3], [V4].
 *
 * The batch loss ℓ(x, n) depends on the point and on normal numbers n1 … nk, new at each step. By Gauss-Hermite quadrature
 *
 *     L = E ℓ,   ∇L = E ∇ℓ,   C = E (∇ℓ − ∇L)(∇ℓ − ∇L)ᵀ     (C: covariance of ONE minibatch gradient)
 *
 * are formulas in the coordinates. They are exact where the gradient is a polynomial in n: degree d_i in n_i takes d_i + 1 nodes.
 * Otherwise `NODES` nodes by the number of normals are taken, and a caller can check the error with one node fewer.
 */
import { check } from '../../numeric/errors.js';
import { call, derivative, type Expression, number, substitute, sum } from '../../numeric/expression/index.js';
import { gaussHermite } from '../../numeric/quadrature.js';

/** Nodes for each normal in which the gradient is not a polynomial, by the number of normals. */
const NODES = [1, 24, 12, 7, 5];
/** Terms that a formula may have. */
const MOST_TERMS = 1024;

/** Holds the averages of a batch loss and its gradient over the normal numbers, as formulas in the coordinates. */
interface BatchMoments {
  /** E ∇ℓ. */
  readonly gradient: readonly Expression[];
  /** C PER BATCH: xx, or xx, xy, yy. */
  readonly covariance: readonly Expression[];
  /** E ℓ, where a loss was given. */
  readonly loss?: Expression;
  /** Whether the averages are exact. */
  readonly exact: boolean;
  /** Nodes taken in each normal. */
  readonly nodes: readonly number[];
}

/** Differentiates a loss with respect to each coordinate. */
export const gradientOf = (loss: Expression, names: readonly string[]): Expression[] =>
  names.map((name) => derivative(loss, name));

/**
 * Averages a minibatch loss and its gradient over the normal numbers.
 * @param gradient - ∇ℓ, one formula for each coordinate, in the coordinates and the normals
 * @param normals - names of the normal numbers
 * @param fewer - nodes left out for each non-polynomial normal, to estimate the error; default 0
 * @throws InputError for more than 4 normals, or averages of more than 1024 terms
 */
export function batchMoments(
  gradient: readonly Expression[],
  normals: readonly string[],
  loss?: Expression,
  fewer = 0,
): BatchMoments {
  check(
    normals.length < NODES.length,
    'too-many-normals',
    () => `a batch loss takes at most ${NODES.length - 1} normal numbers for each step; got ${normals.length}.`,
  );
  const degrees = normals.map((name) => Math.max(...gradient.map((g) => degreeIn(g, name))));
  const exact = degrees.every(Number.isFinite);
  const nodes = degrees.map((d) => (Number.isFinite(d) ? d + 1 : NODES[normals.length] - fewer));
  const terms = nodes.reduce((n, k) => n * k, 1);
  check(
    terms <= MOST_TERMS,
    'too-many-normals',
    () =>
      `averaging the batch loss exactly takes ${terms} terms; the limit is ${MOST_TERMS}. Use lower powers of the normals, or fewer of them.`,
  );
  const points = grid(normals, nodes);
  const average = (e: (at: Readonly<Record<string, number>>) => Expression) =>
    sum(points.map(({ at, weight }) => call('multiply', number(weight), e(at))));
  const mean = gradient.map((g) => average((at) => substitute(g, at)));
  const deviation = (i: number, at: Readonly<Record<string, number>>) =>
    call('subtract', substitute(gradient[i], at), mean[i]);
  const covariance = pairs(gradient.length).map(([i, j]) =>
    gradient[i] === undefined || !depends(gradient[i], normals) || !depends(gradient[j], normals)
      ? number(0)
      : average((at) => call('multiply', deviation(i, at), deviation(j, at))),
  );
  return {
    gradient: mean,
    covariance,
    exact,
    nodes,
    ...(loss && { loss: average((at) => substitute(loss, at)) }),
  };
}

/** Lists the entries of a symmetric tensor in the order xx, or xx, xy, yy. */
const pairs = (size: number): (readonly [number, number])[] =>
  size === 1
    ? [[0, 0]]
    : [
        [0, 0],
        [0, 1],
        [1, 1],
      ];

function grid(normals: readonly string[], nodes: readonly number[]) {
  let points: { at: Record<string, number>; weight: number }[] = [{ at: {}, weight: 1 }];
  normals.forEach((name, k) => {
    const rule = gaussHermite(nodes[k]);
    points = points.flatMap(({ at, weight }) =>
      Array.from(rule.nodes, (z, i) => ({ at: { ...at, [name]: z }, weight: weight * rule.weights[i] })),
    );
  });
  return points;
}

const depends = (e: Expression, names: readonly string[]): boolean => names.some((name) => degreeIn(e, name) > 0);

/** Returns the degree of a formula as a polynomial in one name; Infinity where it is not a polynomial. */
export function degreeIn(e: Expression, name: string): number {
  const done = new Map<Expression, number>();
  const visit = (node: Expression): number => {
    if (node.kind === 'number') return 0;
    if (node.kind === 'variable') return node.name === name ? 1 : 0;
    let degree = done.get(node);
    if (degree === undefined) {
      degree = degreeOfCall(node, visit);
      done.set(node, degree);
    }
    return degree;
  };
  return visit(e);
}

function degreeOfCall(node: Expression & { kind: 'call' }, visit: (e: Expression) => number): number {
  const [u, v] = node.arguments;
  const degrees = node.arguments.map(visit);
  if (degrees.every((d) => d === 0)) return 0;
  switch (node.name) {
    case 'add':
    case 'subtract':
      return Math.max(...degrees);
    case 'multiply':
      return degrees[0] + degrees[1];
    case 'negate':
      return degrees[0];
    case 'divide':
      return degrees[1] === 0 ? degrees[0] : Number.POSITIVE_INFINITY;
    case 'power':
      return u && v.kind === 'number' && Number.isInteger(v.value) && v.value >= 0
        ? degrees[0] * v.value
        : Number.POSITIVE_INFINITY;
    case 'if':
      return degrees[0] === 0 ? Math.max(degrees[1], degrees[2]) : Number.POSITIVE_INFINITY;
    default:
      return Number.POSITIVE_INFINITY;
  }
}
