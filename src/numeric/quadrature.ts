/** Integrals of smooth functions: Gauss-Legendre, Gauss-Hermite, and running integrals on a uniform grid. */
import { check } from './errors.js';

/** Approximates an integral by Σ weights[i] · f(nodes[i]). */
interface QuadratureRule {
  readonly nodes: Float64Array;
  readonly weights: Float64Array;
}

const legendre = new Map<number, QuadratureRule>();
const hermite = new Map<number, QuadratureRule>();

/**
 * Returns the nodes and weights of n-point Gauss-Legendre quadrature on [−1, 1], exact for polynomials up to degree 2n
 * − 1. Newton's method on P_n; error about 1e-15.
 * @throws InputError unless n is an integer from 1 to 128
 */
export function gaussLegendre(n: number): QuadratureRule {
  const known = legendre.get(n);
  if (known) return known;
  checkOrder(n, 128);
  const nodes = new Float64Array(n);
  const weights = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let x = -Math.cos((Math.PI * (i + 0.75)) / (n + 0.5));
    let slope = 0;
    for (let step = 0; step < 50; step++) {
      let [p, before] = [1, 0];
      for (let k = 1; k <= n; k++) [p, before] = [((2 * k - 1) * x * p - (k - 1) * before) / k, p];
      slope = (n * (x * p - before)) / (x * x - 1);
      const change = p / slope;
      x -= change;
      if (Math.abs(change) < 1e-16) break;
    }
    nodes[i] = x;
    weights[i] = 2 / ((1 - x * x) * slope * slope);
  }
  const rule = { nodes, weights };
  legendre.set(n, rule);
  return rule;
}

/**
 * Returns n nodes z_i and weights w_i for the mean over a standard normal number, E f(Z) = Σ w_i f(z_i), exact for
 * polynomials up to degree 2n − 1. The zeros of the Hermite polynomial He_n are bracketed by those of He_{n−1} and
 * refined by bisection.
 * @throws InputError unless n is an integer from 1 to 64
 */
export function gaussHermite(n: number): QuadratureRule {
  const known = hermite.get(n);
  if (known) return known;
  checkOrder(n, 64);
  // orthonormal: h_k = (z h_{k−1} − √(k−1) h_{k−2})/√k
  const value = (z: number, order: number): readonly [number, number] => {
    let [h, before] = [1, 0];
    for (let k = 1; k <= order; k++) [h, before] = [(z * h - Math.sqrt(k - 1) * before) / Math.sqrt(k), h];
    return [h, before];
  };
  let zeros: number[] = [0];
  for (let order = 2; order <= n; order++) {
    const far = 2 * Math.sqrt(order) + 1;
    const brackets = [-far, ...zeros, far];
    zeros = brackets.slice(1).map((high, i) => {
      let [a, b] = [brackets[i], high];
      const left = Math.sign(value(a, order)[0]);
      for (let step = 0; step < 80; step++) {
        const middle = (a + b) / 2;
        if (Math.sign(value(middle, order)[0]) === left) a = middle;
        else b = middle;
      }
      return (a + b) / 2;
    });
  }
  const nodes = Float64Array.from(zeros);
  const weights = nodes.map((z) => 1 / (n * value(z, n)[1] ** 2));
  const rule = { nodes, weights };
  hermite.set(n, rule);
  return rule;
}

/**
 * Integrates f from a to b with 10 Gauss-Legendre points in each of `panels` equal panels. For smooth f; the caller
 * chooses the panels.
 */
export function integral(f: (x: number) => number, a: number, b: number, panels = 1): number {
  const { nodes, weights } = gaussLegendre(10);
  const half = (b - a) / (2 * panels);
  let sum = 0;
  for (let p = 0; p < panels; p++)
    for (let i = 0; i < 10; i++) sum += weights[i] * f(a + half * (2 * p + 1 + nodes[i]));
  return sum * half;
}

/**
 * Integrates a function, given at 2m + 1 points that are `spacing` apart, from the first point to each of them:
 * Simpson's rule at the even points and its half-panel companion at the odd ones. Error O(spacing⁴).
 * @throws InputError for an even number of values
 */
export function runningIntegral(values: Float64Array, spacing: number): Float64Array {
  check(
    values.length % 2 === 1,
    'bad-panels',
    () => `a running integral takes an odd number of values, two for each panel and one; got ${values.length}.`,
  );
  const out = new Float64Array(values.length);
  for (let i = 0; i + 2 < values.length; i += 2) {
    const [a, b, c] = [values[i], values[i + 1], values[i + 2]];
    out[i + 1] = out[i] + (spacing / 12) * (5 * a + 8 * b - c);
    out[i + 2] = out[i] + (spacing / 3) * (a + 4 * b + c);
  }
  return out;
}

function checkOrder(n: number, most: number): void {
  check(
    Number.isInteger(n) && n >= 1 && n <= most,
    'bad-order',
    () => `a quadrature rule here has between 1 and ${most} points; got ${n}.`,
  );
}
