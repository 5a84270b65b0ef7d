/** Quadrature rules: exact for polynomials of their degree, right for known integrals, of the order they state. */
import { describe, expect, it } from 'vitest';
import { gaussHermite, gaussLegendre, integral, runningIntegral } from '../src/numeric/quadrature.js';

const sum = (rule: { nodes: Float64Array; weights: Float64Array }, f: (x: number) => number) =>
  rule.weights.reduce((s, w, i) => s + w * f(rule.nodes[i]), 0);

describe('Gauss rules', () => {
  it.each([1, 2, 5, 10, 20, 40])('Legendre %i: monomials up to degree 2n − 1', (n) => {
    for (let p = 0; p <= 2 * n - 1; p++)
      expect(Math.abs(sum(gaussLegendre(n), (x) => x ** p) - (p % 2 === 0 ? 2 / (p + 1) : 0))).toBeLessThan(1e-13);
  });

  it.each([1, 2, 5, 10, 20, 40])('Hermite %i: moments (p − 1)!! of a normal number', (n) => {
    let moment = 1;
    for (let p = 0; p <= 2 * n - 1; p++) {
      if (p % 2 === 0 && p > 0) moment *= p - 1;
      const scale = sum(gaussHermite(n), (x) => Math.abs(x) ** p);
      expect(Math.abs(sum(gaussHermite(n), (x) => x ** p) - (p % 2 === 0 ? moment : 0))).toBeLessThan(
        1e-11 * scale + 1e-300,
      );
    }
  });

  it('Hermite: E cos(aZ) = e^{−a²/2}', () => {
    expect(sum(gaussHermite(20), Math.cos)).toBeCloseTo(Math.exp(-0.5), 14);
  });

  it('refuses orders that it does not have', () => {
    expect(() => gaussHermite(0)).toThrow(/between 1 and 64 points; got 0/);
    expect(() => gaussLegendre(1.5)).toThrow(/got 1.5/);
  });
});

it('integral of a smooth function', () => {
  expect(integral(Math.exp, -1, 2, 2)).toBeCloseTo(Math.exp(2) - Math.exp(-1), 13);
  expect(integral(Math.sin, 2, 0)).toBeCloseTo(Math.cos(2) - 1, 14);
});

it('running integral: error falls as spacing⁴ at every point', () => {
  const error = (panels: number) => {
    const h = 3 / (2 * panels);
    const x = Float64Array.from({ length: 2 * panels + 1 }, (_, i) => i * h);
    const F = runningIntegral(x.map(Math.cos), h);
    return Math.max(...F.map((v, i) => Math.abs(v - Math.sin(x[i]))));
  };
  const order = Math.log2(error(20) / error(40));
  expect(order).toBeGreaterThan(3.8);
  expect(order).toBeLessThan(4.4);
  expect(() => runningIntegral(new Float64Array(4), 1)).toThrow(/odd number of values/);
});
