/** The continuous-time covariance against the double integral of the Ornstein-Uhlenbeck process that defines it. */
import { describe, expect, it } from 'vitest';
import { embeddedLinearAlgebra, fromRows } from '../src/numeric/linalg/index.js';
import { predictCovariance } from '../src/theory/predictions.js';

const la = embeddedLinearAlgebra();
const ETA = 0.1;
/** Covariance PER BATCH of modes i and j. */
const C = (i: number, j: number) => (i === j ? 1 + i : 0.3 - 0.1 * (i + j));

/** Nodes and weights of Gauss and Legendre on [0, 1], by Newton's method on the recurrence of the polynomials. */
const gauss = Array.from({ length: 40 }, (_, k, n = 40) => {
  let x = Math.cos((Math.PI * (k + 0.75)) / (n + 0.5));
  let slope = 0;
  for (let turn = 0; turn < 50; turn++) {
    let [before, now] = [1, x];
    for (let m = 2; m <= n; m++) [before, now] = [now, ((2 * m - 1) * x * now - (m - 1) * before) / m];
    slope = (n * (x * now - before)) / (x * x - 1);
    x -= now / slope;
  }
  return { u: (1 - x) / 2, weight: 1 / ((1 - x * x) * slope * slope) };
});
const integral = (f: (u: number) => number) => gauss.reduce((sum, { u, weight }) => sum + weight * f(u), 0);

/**
 * mean over the window of ⟨w_i(t) w_j(t)⟩ − mean over both times of ⟨w_i(s) w_j(t)⟩, from dw = −k w dt + noise of strength
 * q_ij per step, at rest at the start or stationary.
 */
function integrated(ki: number, kj: number, q: number, T: number, atRest: boolean): number {
  // sinh(x)/x and what it leaves for k_i + k_j → 0
  const grown = (m: number) => {
    const x = (ki + kj) * m;
    return x === 0 ? m : (Math.expm1(x) / x) * m;
  };
  const K = (s: number, t: number) => {
    const m = Math.min(s, t);
    if (atRest) return q * Math.exp(-ki * s - kj * t) * grown(m);
    return (q * (s > t ? Math.exp(-ki * (s - t)) : Math.exp(-kj * (t - s)))) / (ki + kj);
  };
  const diagonal = integral((u) => K(u * T, u * T));
  // both triangles of the square, each smooth
  const both = integral((u) => u * integral((v) => K(u * T, u * v * T) + K(u * v * T, u * T)));
  return diagonal - both;
}

/** Σ of modes with these curvatures. */
function predicted(h: readonly number[], momentum: number, window: number, start: 'window' | 'stationary') {
  return predictCovariance(la, {
    hessian: { values: Float64Array.from(h), vectors: fromRows(h.map((_, i) => h.map((_, j) => (i === j ? 1 : 0)))) },
    covariance: fromRows(h.map((_, i) => h.map((_, j) => C(i, j)))),
    learningRate: ETA,
    momentum,
    sampling: 'replaced',
    time: 'continuous',
    window,
    start,
  }).inBasis();
}

/** What `predicted` must be, with the rates eta h/(1−mu) and the strength eta² C/(1−mu)². */
const expected = (h: readonly number[], mu: number, T: number, i: number, j: number, atRest: boolean) =>
  integrated((ETA * h[i]) / (1 - mu), (ETA * h[j]) / (1 - mu), (ETA ** 2 * C(i, j)) / (1 - mu) ** 2, T, atRest);

describe.each([0, 0.8])('momentum %s', (mu) => {
  // k T from 10⁻⁴ to 10, both signs; for two rates that cancel the limit is taken by a step of 10⁻⁷ to the side
  it.each([
    [[-3e-5, 1e-5, 4e-5, 9e-5], 100, 7],
    [[-0.3, -0.02, 0.02, 0.1], 20, 6],
    [[0, 0.00005, 0.006, 0.3], 100, 7],
  ])('from given weights, curvatures %o, %i steps', (h, T, digits) => {
    const sigma = predicted(h, mu, T, 'window');
    h.forEach((_, i) => {
      h.forEach((_, j) => {
        expect(sigma.data[i * h.length + j] / expected(h, mu, T, i, j, true)).toBeCloseTo(1, digits);
      });
    });
  });

  it('stationary modes, and from given weights where one of a pair runs away', () => {
    const [h, T] = [[-0.05, 0.001, 0.05, 0.7], 40];
    const sigma = predicted(h, mu, T, 'stationary');
    h.forEach((_, i) => {
      h.forEach((_, j) => {
        const atRest = h[i] < 0 || h[j] < 0;
        expect(sigma.data[i * h.length + j] / expected(h, mu, T, i, j, atRest)).toBeCloseTo(1, 6);
      });
    });
  });

  it('short windows from rest: eta² C T (1/6 − kT/12 + …)/(1−mu)², the start being worth −kT/12 of it', () => {
    const [h, T] = [1e-4, 50];
    const x = (ETA * h * T) / (1 - mu);
    const free = (ETA ** 2 * T) / (1 - mu) ** 2;
    const [rest, free0] = (['window', 'stationary'] as const).map(
      (start) => predicted([h], mu, T, start).data[0] / free,
    );
    expect(Math.abs((rest - 1 / 6) / x + 1 / 12)).toBeLessThan(x / 10);
    expect(Math.abs((free0 - 1 / 6) / x + 1 / 24)).toBeLessThan(x / 10);
  });
});

it('without a window it solves K Σ + Σ K = eta² C/(1−mu)², K = eta H/(1−mu)', () => {
  const mu = 0.6;
  const h = [0.2, 3, 7];
  const sigma = predictCovariance(la, {
    hessian: fromRows(h.map((v, i) => h.map((_, j) => (i === j ? v : 0)))),
    covariance: fromRows(h.map((_, i) => h.map((_, j) => C(i, j)))),
    learningRate: ETA,
    momentum: mu,
    sampling: 'replaced',
    time: 'continuous',
  }).matrix();
  h.forEach((hi, i) => {
    h.forEach((hj, j) => {
      const rates = (ETA * (hi + hj)) / (1 - mu);
      expect((rates * sigma.data[3 * i + j] * (1 - mu) ** 2) / (ETA ** 2 * C(i, j))).toBeCloseTo(1, 12);
    });
  });
});
