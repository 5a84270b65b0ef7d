/** Euler–Maruyama trajectories against the decomposition: covariance and circulation, tolerances from theory. docs/theory [D6]. */
import { describe, expect, it } from 'vitest';
import { decompose } from '../src/analyse/decomposition/decompose.js';
import { discreteCovariance } from '../src/analyse/decomposition/discrete.js';
import { embeddedLinearAlgebra, fromRows, type Matrix } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { fill, flip, times } from './oracles/linalg-matrices.js';

const la = embeddedLinearAlgebra();

interface Case {
  readonly name: string;
  readonly drift: Matrix;
  /** D = root·root'. */
  readonly root: Matrix;
  readonly epsilon: number;
  readonly step: number;
}

const cases: Case[] = [
  {
    name: 'spiral with unequal noise',
    drift: fromRows([[1, -2], [1, 0.5]]), // biome-ignore format: matrix
    root: fromRows([[1, 0], [0.5, 0.7]]), // biome-ignore format: matrix
    epsilon: 0.4,
    step: 0.05,
  },
  {
    name: 'Kramers oscillator',
    drift: fromRows([[0, -1], [2, 0.8]]), // biome-ignore format: matrix
    root: fromRows([[0, 0], [0, Math.sqrt(0.8)]]), // biome-ignore format: matrix
    epsilon: 1.5,
    step: 0.04,
  },
  {
    name: 'three coupled coordinates',
    drift: fromRows([[1, -1, 0], [1, 1.5, -0.5], [0.3, 0, 0.7]]), // biome-ignore format: matrix
    root: fromRows([[1, 0, 0], [0, 2, 0], [0.5, 0, 0.3]]), // biome-ignore format: matrix
    epsilon: 1,
    step: 0.1,
  },
];

const STEPS = 400_000;

/** Means over a stationary trajectory of x_i·x_j and of ½(x_i(t)·x_j(t+1) − x_j(t)·x_i(t+1)). */
function simulate({ drift, root, epsilon, step }: Case, seed: number): { moments: Matrix; circulation: Matrix } {
  const n = drift.rows;
  const stream = randomKey(seed).child('noise').stream();
  const scale = Math.sqrt(2 * epsilon * step);
  let x = new Float64Array(n);
  const moments = fill(n, n, () => 0);
  const circulation = fill(n, n, () => 0);
  const burn = 5000;
  for (let t = 0; t < burn + STEPS; t++) {
    const noise = Float64Array.from({ length: n }, () => stream.normal());
    const next = x.slice();
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++)
        next[i] += scale * root.data[i * n + j] * noise[j] - step * drift.data[i * n + j] * x[j];
    if (t >= burn)
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          moments.data[i * n + j] += (x[i] * x[j]) / STEPS;
          circulation.data[i * n + j] += (0.5 * (x[i] * next[j] - x[j] * next[i])) / STEPS;
        }
      }
    x = next;
  }
  return { moments, circulation };
}

/**
 * Standard error of the mean over STEPS steps of y'·M·y, y = (x_t, x_{t+1}): for a Gaussian process Cov(y_t'My_t, y_s'My_s) =
 * 2·Tr(M·G_h·M·G_h') with G_h = ⟨y_{t+h}·y_t'⟩, summed over the lags h until they have decayed.
 */
function standardError(m: Matrix, sigma: Matrix, map: Matrix): number {
  const n = sigma.rows;
  const lags: Matrix[] = [sigma];
  for (let h = 1; h < 2000; h++) lags.push(times(map, lags[h - 1]));
  const gamma = (h: number) => (h >= 0 ? lags[h] : flip(lags[-h])); // ⟨x_{t+h}·x_t'⟩
  let variance = 0;
  for (let h = 0; h < 1998; h++) {
    const g = fill(2 * n, 2 * n, (i, j) => {
      const [a, b] = [i < n ? 0 : 1, j < n ? 0 : 1];
      return gamma(h + a - b).data[(i % n) * n + (j % n)];
    });
    const mg = times(m, g);
    const mgt = times(m, flip(g));
    let trace = 0;
    for (let i = 0; i < 2 * n; i++)
      for (let k = 0; k < 2 * n; k++) trace += mg.data[i * 2 * n + k] * mgt.data[k * 2 * n + i];
    variance += (h === 0 ? 2 : 4) * trace;
  }
  return Math.sqrt(variance / STEPS);
}

describe.each(cases)('$name', (c) => {
  const n = c.drift.rows;
  const d = decompose({ la, drift: c.drift, diffusion: times(c.root, flip(c.root)), noiseStrength: c.epsilon });
  const { sigma } = discreteCovariance(la, d, c.step);
  const map = fill(n, n, (i, j) => (i === j ? 1 : 0) - c.step * c.drift.data[i * n + j]);
  const seen = simulate(c, 1);

  it('covariance of the discrete system, every entry within 4.5 standard errors', () => {
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) {
        const m = fill(
          2 * n,
          2 * n,
          (a, b) => ((a === i && b === j ? 0.5 : 0) + (a === j && b === i ? 0.5 : 0)) as number,
        );
        const error = standardError(m, sigma, map);
        const [want, got] = [sigma.data[i * n + j], seen.moments.data[i * n + j]];
        // the error itself is small enough to tell the discrete covariance from that of a wrong sign or factor
        expect(error).toBeLessThan(0.05 * Math.sqrt(sigma.data[i * (n + 1)] * sigma.data[j * (n + 1)]));
        expect(Math.abs(got - want)).toBeLessThan(4.5 * error);
      }
    }
  });

  it('circulation per unit of time tends to epsilon·Q; that of the discrete system within 4.5 standard errors', () => {
    let [turning, significance] = [0, 0];
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) {
        // ½(x_i·x'_j − x_j·x'_i) as y'·M·y
        const m = fill(2 * n, 2 * n, (a, b) => {
          const one = (p: number, q: number) => (a === p && b === n + q) || (b === p && a === n + q);
          return one(i, j) ? 0.25 : one(j, i) ? -0.25 : 0;
        });
        const error = standardError(m, sigma, map);
        const ms = times(map, sigma); // ⟨x_{t+1}·x_t'⟩
        const want = 0.5 * (ms.data[j * n + i] - ms.data[i * n + j]);
        const got = seen.circulation.data[i * n + j];
        expect(Math.abs(got - want)).toBeLessThan(4.5 * error);
        // epsilon·Q is the limit of short steps: the difference is of the order of the step
        const limit = c.epsilon * d.q.data[i * n + j];
        const size = c.epsilon * Math.hypot(...d.q.data);
        expect(Math.abs(want / c.step - limit)).toBeLessThan(5 * c.step * size);
        expect(Math.abs(got / c.step - limit)).toBeLessThan(4.5 * (error / c.step) + 5 * c.step * size);
        if (Math.abs(limit) > turning) [turning, significance] = [Math.abs(limit), Math.abs(got) / error];
      }
    }
    expect(significance).toBeGreaterThan(20); // it turns beyond any doubt
  });
});
