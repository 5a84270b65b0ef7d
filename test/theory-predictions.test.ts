/** Predicted covariances against brute force from the definition, against published limits, and at the edges of curvature. */
import { describe, expect, it } from 'vitest';
import {
  discreteLyapunov,
  embeddedLinearAlgebra,
  fromRows,
  lyapunov,
  type Matrix,
  matrix,
} from '../src/numeric/linalg/index.js';
import { type CovarianceRequest, predictCovariance } from '../src/theory/predictions.js';
import { type LinearSgd, windowCovariance } from './support/linear-sgd.js';

const la = embeddedLinearAlgebra();

/** H = V diag(h) Vᵀ with a rotation that mixes all three, and a C that commutes with nothing. */
function system(h: readonly number[], eta: number, mu: number, epoch?: number): LinearSgd {
  const n = h.length;
  const u = Array.from({ length: n }, (_, i) => Math.cos(1 + 2 * i) + 0.3 * i);
  const norm = u.reduce((s, v) => s + v * v, 0);
  const v = (i: number, j: number) => (i === j ? 1 : 0) - (2 * u[i] * u[j]) / norm;
  const hessian = u.map((_, i) => u.map((_, j) => h.reduce((s, l, k) => s + v(i, k) * l * v(j, k), 0)));
  const root = u.map((_, i) => u.map((_, j) => Math.sin(3 * i + 5 * j + 1) + (i === j ? 1 : 0)));
  const covariance = root.map((r) => root.map((q) => r.reduce((s, x, k) => s + x * q[k], 0)));
  return { hessian, covariance, eta, mu, ...(epoch === undefined ? {} : { epoch }) };
}

const request = (s: LinearSgd): CovarianceRequest => ({
  hessian: fromRows(s.hessian),
  covariance: fromRows(s.covariance),
  learningRate: s.eta,
  momentum: s.mu,
  ...(s.epoch === undefined ? { sampling: 'replaced' } : { sampling: 'shuffled', batchesPerEpoch: s.epoch }),
});

function distance(a: Matrix, b: Matrix | number[][]): number {
  const flat = Array.isArray(b) ? b.flat() : b.data;
  let [d, size] = [0, 0];
  a.data.forEach((v, i) => {
    d = Math.max(d, Math.abs(v - flat[i]));
    size = Math.max(size, Math.abs(flat[i]));
  });
  return d / size;
}

const averaged = (parts: number[][][]) =>
  parts[0].map((row, i) => row.map((_, j) => parts.reduce((s, p) => s + p[i][j], 0) / parts.length));

describe('infinite window', () => {
  it.each([0, 0.5, 0.9])('white noise, momentum %s: the discrete Lyapunov equation of the state (w, v)', (mu) => {
    const s = system([0.4, 3, 11], 0.1, mu);
    const n = 3;
    // w' = w + v', v' = mu v − eta H w − eta xi
    const a = matrix(2 * n, 2 * n);
    const q = matrix(2 * n, 2 * n);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        const k = s.eta * s.hessian[i][j];
        const one = i === j ? 1 : 0;
        a.data[i * 2 * n + j] = one - k;
        a.data[i * 2 * n + n + j] = mu * one;
        a.data[(n + i) * 2 * n + j] = -k;
        a.data[(n + i) * 2 * n + n + j] = mu * one;
        for (const [r, c] of [
          [0, 0],
          [0, n],
          [n, 0],
          [n, n],
        ])
          q.data[(r + i) * 2 * n + c + j] = s.eta ** 2 * s.covariance[i][j];
      }
    const full = discreteLyapunov(la, a, q).x;
    const w = matrix(n, n);
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) w.data[i * n + j] = full.data[i * 2 * n + j];
    const predicted = predictCovariance(la, request(s));
    expect(distance(predicted.matrix(), w)).toBeLessThan(1e-12);
    // the general matrix form printed in [S2]
    const H = fromRows(s.hessian);
    const P = predicted.matrix();
    const m = (x: Matrix, y: Matrix) => la.gemm(x, y);
    const [hp, ph, hph, hhp, phh] = [m(H, P), m(P, H), m(m(H, P), H), m(m(H, H), P), m(P, m(H, H))];
    const left = hp.data.map(
      (v, i) =>
        (1 - mu) * (v + ph.data[i]) -
        ((1 + mu * mu) / (1 - mu * mu)) * s.eta * hph.data[i] +
        (mu / (1 - mu * mu)) * s.eta * (hhp.data[i] + phh.data[i]),
    );
    expect(
      distance(
        matrix(n, n, left),
        s.covariance.map((r) => r.map((v) => v * s.eta)),
      ),
    ).toBeLessThan(1e-12);
  });

  it.each([
    [0, 4],
    [0, 7],
    [0.6, 4],
    [0.9, 5],
  ])('shuffled noise, momentum %s, %s batches an epoch: the mean over the phases', (mu, M) => {
    const s = system([1, 4, 12], 0.1, mu, M);
    const moments = Array.from({ length: M }, (_, u) => windowCovariance(s, 1, 80 * M, u, 'zero'));
    expect(distance(predictCovariance(la, request(s)).matrix(), averaged(moments))).toBeLessThan(1e-10);
  });

  it('continuous time is the Lyapunov equation', () => {
    const s = system([0.4, 3, 11], 0.01, 0);
    const scaled = (rows: number[][], f: number) => fromRows(rows.map((r) => r.map((v) => v * f)));
    const exact = lyapunov(la, scaled(s.hessian, s.eta), scaled(s.covariance, s.eta ** 2)).x;
    expect(distance(predictCovariance(la, { ...request(s), time: 'continuous' }).matrix(), exact)).toBeLessThan(1e-13);
  });
});

describe('finite window', () => {
  it.each([
    [0, 2],
    [0, 9],
    [0.5, 9],
    [0.9, 30],
  ])('white noise, momentum %s, %s steps', (mu, T) => {
    const s = system([1, 4, 12], 0.1, mu);
    const brute = windowCovariance(s, T, 400);
    expect(distance(predictCovariance(la, { ...request(s), window: T }).matrix(), brute)).toBeLessThan(1e-10);
  });

  const shuffled: [number, number, number][] = [
    [0, 4, 4],
    [0, 4, 12],
    [0, 4, 10],
    [0, 6, 3],
    [0.5, 4, 8],
    [0.9, 4, 11],
  ];
  it.each(shuffled)('shuffled noise, momentum %s, %s batches an epoch, %s steps from an epoch’s start', (mu, M, T) => {
    const s = system([1, 4, 12], 0.1, mu, M);
    const brute = windowCovariance(s, T, 80 * M);
    expect(distance(predictCovariance(la, { ...request(s), window: T }).matrix(), brute)).toBeLessThan(1e-10);
  });

  it.each(shuffled)('shuffled noise, momentum %s, %s batches an epoch, %s steps, mean over the phases', (mu, M, T) => {
    const s = system([1, 4, 12], 0.1, mu, M);
    const brute = averaged(Array.from({ length: M }, (_, u) => windowCovariance(s, T, 80 * M, u)));
    const predicted = predictCovariance(la, { ...request(s), window: T, phase: 'average' });
    expect(distance(predicted.matrix(), brute)).toBeLessThan(1e-10);
  });

  it.each([
    [0, undefined, 9],
    [0.7, undefined, 9],
    [0, 4, 11],
    [0.7, 4, 8],
  ])(
    'given weights at the start, negative, zero and overshooting curvature: momentum %s, epoch %s, %s steps',
    (mu, M, T) => {
      const s = system([-3, 0, 0.7, 5, 45], 0.1, mu, M);
      const brute = windowCovariance(s, T, 0);
      const predicted = predictCovariance(la, { ...request(s), window: T, start: 'window' });
      expect(distance(predicted.matrix(), brute)).toBeLessThan(1e-9);
      expect(predicted.kinds).toEqual(['negative', 'flat', 'stable', 'stable', 'unstable']);
    },
  );

  it.each(['replaced', 'shuffled'] as const)(
    'a runaway mode leaves the stationary ones as they are: %s',
    (sampling) => {
      const base = { learningRate: 0.1, momentum: 0.5, sampling, batchesPerEpoch: 4, window: 10 } as const;
      const C = [
        [1, 0.3, 0.2],
        [0.3, 2, -0.4],
        [0.2, -0.4, 1],
      ];
      const pick = (m: number[][], rows: number[]) => fromRows(rows.map((i) => rows.map((j) => m[i][j])));
      const H = [
        [-2, 0, 0],
        [0, 1, 0],
        [0, 0, 6],
      ];
      const at = (rows: number[], start: 'stationary' | 'window') =>
        predictCovariance(la, { ...base, start, hessian: pick(H, rows), covariance: pick(C, rows) }).matrix().data;
      const [all, stable, started] = [at([0, 1, 2], 'stationary'), at([1, 2], 'stationary'), at([0, 1, 2], 'window')];
      for (const [i, j] of [
        [0, 0],
        [0, 1],
        [1, 1],
      ])
        expect(all[3 * (i + 1) + j + 1] / stable[2 * i + j]).toBeCloseTo(1, 10);
      // what the runaway mode shares with the others is noise since the start only
      for (const j of [0, 1, 2]) expect(all[j]).toBeCloseTo(started[j], 12);
    },
  );

  it('a gradient and a velocity at the start add the path that they drive', () => {
    const s = system([-2, 0, 0.7, 5], 0.1, 0.6);
    const T = 15;
    const g = [1, -2, 0.5, 3];
    const v0 = [0.3, 0.1, -0.2, 0.05];
    let w = [0, 0, 0, 0];
    let v = v0;
    const rows: number[][] = [];
    for (let t = 0; t < T; t++) {
      v = v.map((x, i) => 0.6 * x - 0.1 * (g[i] + s.hessian[i].reduce((a, h, j) => a + h * w[j], 0)));
      w = w.map((x, i) => x + v[i]);
      rows.push(w);
    }
    const mean = w.map((_, i) => rows.reduce((a, r) => a + r[i], 0) / T);
    const moved = w.map((_, i) =>
      w.map((_, j) => rows.reduce((a, r) => a + (r[i] - mean[i]) * (r[j] - mean[j]), 0) / T),
    );
    const base: CovarianceRequest = { ...request(s), window: T };
    const still = predictCovariance(la, base).matrix();
    const pushed = predictCovariance(la, { ...base, gradient: Float64Array.from(g), velocity: Float64Array.from(v0) });
    const difference = matrix(
      4,
      4,
      pushed.matrix().data.map((x, i) => x - still.data[i]),
    );
    expect(distance(difference, moved)).toBeLessThan(1e-10);
    // and along directions, with the diagonal of the eigenbasis among them
    const p = fromRows([
      [1, 0, 0, 0],
      [0.5, -0.5, 0.5, 0.5],
    ]);
    const full = pushed.matrix();
    const along = pushed.along(p);
    expect(along[0]).toBeCloseTo(full.data[0], 12);
    const quadratic = [0, 1, 2, 3].reduce(
      (a, i) => a + [0, 1, 2, 3].reduce((b, j) => b + p.data[4 + i] * p.data[4 + j] * full.data[4 * i + j], 0),
      0,
    );
    expect(Math.abs(along[1] / quadratic - 1)).toBeLessThan(1e-12);
    expect(
      distance(matrix(1, 4, pushed.variances), [Array.from(pushed.inBasis().data).filter((_, i) => i % 5 === 0)]),
    ).toBeLessThan(1e-12);
  });
});

describe('published limits, one mode', () => {
  const one = (h: number, more: Partial<CovarianceRequest>): number =>
    predictCovariance(la, {
      hessian: fromRows([[h]]),
      covariance: fromRows([[1]]),
      learningRate: 0.1,
      sampling: 'replaced',
      ...more,
    }).variances[0];
  const M = 1200;
  const eta2 = 0.01;

  it('white: eta C/(h (2 − eta h)), with momentum eta C/((1−mu) h (2 − eta h/(1+mu)))', () => {
    expect(one(3, {}) / (0.1 / (3 * 1.7)) - 1).toBeCloseTo(0, 13);
    expect(one(3, { momentum: 0.9 }) / (0.1 / (0.1 * 3 * (2 - 0.3 / 1.9))) - 1).toBeCloseTo(0, 13);
  });

  it('shuffled: eta² C (M+1)/6 when flat, eta C/(2h) when curved, the crossover where the two meet at h_x = 3/(eta (M+1))', () => {
    const shuffled = { sampling: 'shuffled', batchesPerEpoch: M } as const;
    const flat = (eta2 * (M + 1)) / 6;
    expect(one(0, shuffled) / flat - 1).toBeCloseTo(0, 8);
    expect(one(1e-7, shuffled) / flat).toBeCloseTo(1, 4);
    const crossover = 3 / (0.1 * (M + 1));
    expect(0.1 / (2 * crossover) / flat).toBeCloseTo(1, 12);
    // at 30 h_x the correction of the shuffling is of order h_x/h: compare with the white value
    expect(one(30 * crossover, shuffled) / one(30 * crossover, {})).toBeGreaterThan(0.95);
    expect(one(crossover, shuffled) / flat).toBeLessThan(0.6);
  });

  it('window: S [1 − 2 (kT − 1 + e^{−kT})/(kT)²] for slow modes, eta² C T/6 for k T ≪ 1, both samplings', () => {
    const T = 12000;
    for (const k of [1e-5, 1e-4, 1e-3]) {
      const x = k * T;
      const S = eta2 / (2 * k);
      const ou = S * (1 - (2 * (x - 1 + Math.exp(-x))) / x ** 2);
      // discrete against continuous time: relative differences of order k and 1/T
      expect(Math.abs(one(k / 0.1, { window: T }) / ou - 1)).toBeLessThan(k + 2 / T);
      expect(one(k / 0.1, { window: T, time: 'continuous' }) / ou - 1).toBeCloseTo(0, 9);
    }
    expect(one(0, { window: T }) / ((eta2 * (T - 1 / T)) / 6) - 1).toBeCloseTo(0, 8);
    expect(one(0, { window: T, time: 'continuous' }) / ((eta2 * T) / 6) - 1).toBeCloseTo(0, 8);
    // momentum: the same walk with eta/(1−mu)
    expect(Math.abs(one(0, { window: T, momentum: 0.9 }) / ((100 * eta2 * T) / 6) - 1)).toBeLessThan(0.01);
    // shuffled and flat: bridges of M steps; from an epoch's start their mean has variance eta² C M/(12 n), n epochs
    const n = T / M;
    const bridges = (eta2 * (M + 1)) / 6 - (eta2 * M) / (12 * n);
    expect(Math.abs(one(0, { window: T, sampling: 'shuffled', batchesPerEpoch: M }) / bridges - 1)).toBeLessThan(2 / M);
  });

  it('a mode of zero curvature is approached from both sides', () => {
    const T = 1000;
    for (const sampling of ['replaced', 'shuffled'] as const)
      for (const momentum of [0, 0.8]) {
        const at = (h: number) => one(h, { window: T, sampling, batchesPerEpoch: 100, momentum });
        const zero = at(0);
        expect(Math.abs(at(1e-8) / zero - 1)).toBeLessThan(1e-4);
        // a runaway mode starts at a given velocity: with momentum it lacks the noise of the last 1/(1−mu) steps
        expect(Math.abs(at(-1e-8) / zero - 1)).toBeLessThan(momentum === 0 ? 1e-4 : 1e-3);
      }
  });

  it('runaway modes grow with the window and have no bound without one', () => {
    expect(one(-0.1, { window: 200 })).toBeGreaterThan(one(0, { window: 200 }) * 2);
    expect(one(-0.1, {})).toBe(Number.POSITIVE_INFINITY);
    expect(one(0, {})).toBe(Number.POSITIVE_INFINITY);
    expect(one(20, {})).toBe(Number.POSITIVE_INFINITY);
    expect(one(25, { window: 50 })).toBeGreaterThan(1e6);
    expect(one(20, { time: 'continuous' })).toBeCloseTo(0.1 / 40, 15);
    const p = predictCovariance(la, {
      hessian: fromRows([
        [0, 0],
        [0, 1],
      ]),
      covariance: fromRows([
        [1, 0],
        [0, 1],
      ]),
      learningRate: 0.1,
      sampling: 'replaced',
    });
    expect(p.variances[1]).toBeGreaterThan(0);
    expect(() => p.matrix()).toThrow(/mode 0 .*flat.*no covariance matrix/);
  });

  it('continuous time from given weights: symmetric in the sign of small curvatures, and exp growth', () => {
    const given = (h: number) => one(h, { window: 100, start: 'window', time: 'continuous' });
    expect(given(1e-9) / given(-1e-9)).toBeCloseTo(1, 6);
    // numerical quadrature of the OU process from rest: K(s,t) = eta² e^{-k(t+s)} (e^{2k min} − 1)/(2k)
    const k = -0.02;
    const N = 1000;
    let [diagonal, whole] = [0, 0];
    for (let a = 0; a < N; a++)
      for (let b = 0; b < N; b++) {
        const [s, t] = [(100 * (a + 0.5)) / N, (100 * (b + 0.5)) / N];
        const K = (eta2 * Math.exp(-k * (t + s)) * Math.expm1(2 * k * Math.min(s, t))) / (2 * k);
        whole += K / N ** 2;
        if (a === b) diagonal += K / N;
      }
    expect(Math.abs(given(k / 0.1) / (diagonal - whole) - 1)).toBeLessThan(1e-3);
  });
});

describe('refusals', () => {
  const ok: CovarianceRequest = {
    hessian: fromRows([[1]]),
    covariance: fromRows([[1]]),
    learningRate: 0.1,
    sampling: 'replaced',
  };
  it.each<[string, Partial<CovarianceRequest>, RegExp]>([
    ['shuffled without an epoch', { sampling: 'shuffled' }, /batches per epoch/],
    [
      'continuous time with shuffled noise',
      { sampling: 'shuffled', batchesPerEpoch: 4, time: 'continuous' },
      /white noise only/,
    ],
    ['a start without a window', { start: 'window' }, /length/],
    ['momentum of 1', { momentum: 1 }, /\[0, 1\)/],
    ['another size of C', { covariance: matrix(2, 2) }, /1×1, but C is 2×2/],
    ['half a step', { window: 2.5 }, /whole number/],
  ])('%s', (_name, change, message) => {
    expect(() => predictCovariance(la, { ...ok, ...change })).toThrow(message);
  });
});
