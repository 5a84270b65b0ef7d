/** The effective SGD loss estimated at a point, against the closed forms of the model valley [V3]. */
import { expect, it } from 'vitest';
import { estimate } from '../src/numeric/estimate.js';
import { logarithmicSgdLoss, proportionalSgdLoss, sgdForce } from '../src/theory/valley/solution-loss.js';

/** Two directions across, lambda_i(x) = a_i e^{b_i x}. */
const A = [3, 0.7];
const B = [0.4, -1.1];
const lambda = (i: number, x: number) => A[i] * Math.exp(B[i] * x);
const eta = 0.02;
const slopes = (f: (x: number) => number, x: number) => (f(x + 1e-5) - f(x - 1e-5)) / 2e-5;

it('gives noise in proportion to the curvature the trace penalty, whose slope is minus the force', () => {
  const c = [0.9, 2];
  const across = (x: number) => c.map((k, i) => ({ curvature: lambda(i, x), noise: k * lambda(i, x) }));
  const loss = (x: number) =>
    proportionalSgdLoss(
      eta,
      estimate(
        across(x).reduce((sum, d) => sum + d.noise, 0),
        0.1,
        10,
        '',
      ),
    ).value;
  expect(loss(0.3)).toBeCloseTo((eta / 4) * (c[0] * lambda(0, 0.3) + c[1] * lambda(1, 0.3)), 14);
  expect(proportionalSgdLoss(eta, estimate(1, 0.1, 10, '')).standardError).toBeCloseTo(0.0005, 14);
  // difference quotient: error ~ 1e-10 relative
  expect(sgdForce(eta, across(0.3), B)).toBeCloseTo(-slopes(loss, 0.3), 9);
});

it('gives constant noise −(eta C/2) ln F, and the same force at a point', () => {
  const C = [1.3, 0.4];
  const across = (x: number) => C.map((noise, i) => ({ curvature: lambda(i, x), noise }));
  const loss = (x: number) => logarithmicSgdLoss(eta, across(x));
  const widths = (x: number) =>
    C.reduce((sum, k, i) => sum - ((eta * k) / 2) * Math.log(1 / Math.sqrt(lambda(i, x))), 0);
  expect(loss(-0.2)).toBeCloseTo(widths(-0.2), 14);
  expect(sgdForce(eta, across(-0.2), B)).toBeCloseTo(-slopes(loss, -0.2), 9);
});

it('leaves out directions without a logarithm, and refuses what makes no sense', () => {
  const across = [
    { curvature: 2, noise: 1 },
    { curvature: -1, noise: 1 },
  ];
  expect(logarithmicSgdLoss(1, across)).toBeCloseTo(Math.log(2) / 4, 14);
  expect(sgdForce(1, across, [0.5, Number.NaN])).toBeCloseTo(-0.125, 14);
  expect(() => sgdForce(1, across, [1])).toThrow(/2 directions; got 1/);
  expect(() => proportionalSgdLoss(0, estimate(1, 0, 1, ''))).toThrow(/learning rate/);
});
