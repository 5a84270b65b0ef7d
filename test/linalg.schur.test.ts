/** Schur forms, Sylvester and Lyapunov equations on both providers. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  discreteLyapunov,
  fromRows,
  type LinearAlgebra,
  lyapunov,
  type Matrix,
  type RealSchur,
  sylvester,
} from '../src/numeric/linalg/index.js';
import {
  diag,
  fill,
  flip,
  minus,
  norm,
  orthonormality,
  random,
  randomSymmetric,
  reflect,
  symmetric,
  times,
} from './oracles/linalg-matrices.js';
import { providers } from './support/providers.js';

const EPS = 2 ** -52;
const scipy = JSON.parse(readFileSync(new URL('./oracles/linalg.json', import.meta.url), 'utf8'));

const general20 = fill(20, 20, (i, j) => (((i * i * 5 + j * 11 + i * j) % 23) - 11) / 8);
const stable24 = fill(24, 24, (i, j) => (i === j ? 24 : 0) + (((i * i * 5 + j * 11 + i * j) % 23) - 11) / 8);
const noise24 = symmetric(24, (i, j) => (i === j ? 8 : 0) + (((i * j * 3 + i + j) % 7) - 3) / 8);

/** Matrices of every unpleasant kind; where eigenvalues are known and well conditioned they come along, sorted by (re, im). */
function zoo(): [string, Matrix, [number, number][] | undefined][] {
  const sorted = (z: [number, number][]) => z.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const circle = (n: number) =>
    sorted(Array.from({ length: n }, (_, k) => [Math.cos((2 * Math.PI * k) / n), Math.sin((2 * Math.PI * k) / n)]));
  const skew = (n: number) => {
    const r = random(n, n, n);
    return fill(n, n, (i, j) => (i < j ? r.data[i * n + j] : i > j ? -r.data[j * n + i] : 0));
  };
  return [
    ...[1, 2, 3, 10, 33, 64, 65, 66, 100, 160].map((n): [string, Matrix, undefined] => [
      `random ${n}`,
      random(n, n, n),
      undefined,
    ]),
    ['zero', fill(80, 80, () => 0), Array.from({ length: 80 }, () => [0, 0])],
    ['identity', diag(new Array(90).fill(1)), Array.from({ length: 90 }, () => [1, 0])],
    ['cyclic permutation 7', fill(7, 7, (i, j) => ((i + 1) % 7 === j ? 1 : 0)), circle(7)],
    ['cyclic permutation 128 (its own Hessenberg form, cycles without exceptional shifts)', fill(128, 128, (i, j) => ((i + 1) % 128 === j ? 1 : 0)), circle(128)], // biome-ignore format: long
    ['Jordan block 70', fill(70, 70, (i, j) => (i === j ? 2 : j === i + 1 ? 1 : 0)), undefined],
    ['transposed Jordan block 70', fill(70, 70, (i, j) => (i === j ? 2 : i === j + 1 ? 1 : 0)), undefined],
    ['upper triangular', fill(90, 90, (i, j) => (i <= j ? 1 + ((i * j) % 5) : 0)), undefined],
    ['skew', skew(90), undefined],
    ['Grcar 120 (non-normal)', fill(120, 120, (i, j) => (i === j + 1 ? -1 : j >= i && j <= i + 3 ? 1 : 0)), undefined],
    [
      'symmetric with known eigenvalues',
      symmetric(100, (i, j) => (i === j ? 2 : j === i + 1 ? -1 : 0)),
      Array.from({ length: 100 }, (_, k) => [2 - 2 * Math.cos(((k + 1) * Math.PI) / 101), 0]),
    ],
    ['graded', fill(100, 100, (i, j) => random(1, 1, 100 * i + j).data[0] * 10 ** (-0.1 * (i + j))), undefined],
    ['rank one', fill(75, 75, (i, j) => (i + 1) / (j + 1)), undefined],
    ['tiny numbers', fill(70, 70, (i, j) => 1e-200 * random(1, 1, 70 * i + j).data[0]), undefined],
    ['sparse', fill(150, 150, (i, j) => ((i * 31 + j * 17) % 29 === 0 ? ((i + j) % 7) - 3 : 0)), undefined],
  ];
}

function checkSchur(a: Matrix, s: RealSchur): void {
  const n = a.rows;
  const scale = Math.max(...a.data.map(Math.abs), Number.MIN_VALUE);
  const unit = fill(n, n, (i, j) => a.data[i * n + j] / scale);
  const t = fill(n, n, (i, j) => s.t.data[i * n + j] / scale);
  const back = times(times(s.z, t), flip(s.z));
  expect(norm(minus(back, unit)) / (norm(unit) || 1)).toBeLessThan(1e-13);
  expect(orthonormality(s.z)).toBeLessThan(1e-13 * Math.sqrt(n));
  for (let i = 0; i < n; i++) {
    for (let j = 0; j + 1 < i; j++) expect(Math.abs(s.t.data[i * n + j])).toBe(0);
    if (i === 0 || s.t.data[i * n + i - 1] === 0) continue;
    // standard form, and no two blocks touch
    expect(s.t.data[i * n + i]).toBe(s.t.data[(i - 1) * n + i - 1]);
    expect(Math.sign(s.t.data[i * n + i - 1]) * Math.sign(s.t.data[(i - 1) * n + i])).toBe(-1);
    if (i > 1) expect(Math.abs(s.t.data[(i - 1) * n + i - 2])).toBe(0);
    expect(s.im[i - 1]).toBeGreaterThan(0);
    expect(s.im[i]).toBe(-s.im[i - 1]);
  }
}

/** Solves A·X + X·B = C as one system of m·n equations by naive elimination. */
function kronecker(a: Matrix, b: Matrix, c: Matrix): Matrix {
  const [m, n] = [a.rows, b.rows];
  const rows = Array.from({ length: m * n }, (_, e) => {
    const [i, j] = [Math.floor(e / n), e % n];
    const line = new Array(m * n + 1).fill(0);
    for (let k = 0; k < m; k++) line[k * n + j] += a.data[i * m + k];
    for (let k = 0; k < n; k++) line[i * n + k] += b.data[k * n + j];
    line[m * n] = c.data[e];
    return line;
  });
  for (let p = 0; p < m * n; p++) {
    let best = p;
    for (let r = p; r < m * n; r++) if (Math.abs(rows[r][p]) > Math.abs(rows[best][p])) best = r;
    [rows[p], rows[best]] = [rows[best], rows[p]];
    for (let r = 0; r < m * n; r++) {
      if (r === p) continue;
      const f = rows[r][p] / rows[p][p];
      if (f !== 0) for (let k = p; k <= m * n; k++) rows[r][k] -= f * rows[p][k];
    }
  }
  return fill(m, n, (i, j) => rows[i * n + j][m * n] / rows[i * n + j][i * n + j]);
}

const animals = zoo();

for (const [label, la] of providers) {
  describe.skipIf(!la)(`Schur and Lyapunov, ${label}`, () => {
    const p = la as LinearAlgebra;

    it.each(animals)('schur: %s', (_, a, want) => {
      const s = p.schur(a);
      checkSchur(a, s);
      if (!want) return;
      const left = want.map((z) => z.slice());
      for (let i = 0; i < a.rows; i++) {
        // each computed eigenvalue has its own partner; the matrices are normal, so errors are of backward size
        let best = 0;
        left.forEach((z, k) => {
          if (
            Math.hypot(z[0] - s.re[i], z[1] - s.im[i]) < Math.hypot(left[best][0] - s.re[i], left[best][1] - s.im[i])
          ) {
            best = k;
          }
        });
        expect(Math.hypot(left[best][0] - s.re[i], left[best][1] - s.im[i])).toBeLessThan(20 * a.rows * EPS);
        left.splice(best, 1);
      }
    });

    it('schur: random matrices of many sizes and gradings', () => {
      fc.assert(
        fc.property(
          fc.integer({ min: 1, max: 140 }),
          fc.integer(),
          fc.integer({ min: 0, max: 12 }),
          (n, seed, grade) => {
            const r = random(n, n, seed);
            const a = fill(n, n, (i, j) => r.data[i * n + j] * 10 ** ((-grade * i) / n));
            checkSchur(a, p.schur(a));
          },
        ),
        { seed: 8, numRuns: 40 },
      );
    });

    it("schur: eigenvalues as SciPy's, refusals", () => {
      const s = p.schur(general20);
      const got = Array.from(s.re, (re, i) => [re, s.im[i]]);
      for (const [re, im] of scipy.generalEigenvalues as [number, number][]) {
        const distance = Math.min(...got.map((z) => Math.hypot(z[0] - re, z[1] - im)));
        expect(distance).toBeLessThan(1e-10);
      }
      expect(() => p.schur(random(2, 3, 1))).toThrow(/square/);
      expect(() => p.schur(fill(2, 2, () => Number.NaN))).toThrow(/finite/);
    });

    it.each([
      [1, 1],
      [1, 5],
      [2, 2],
      [5, 3],
      [6, 7],
    ])('sylvester %i×%i agrees with the Kronecker system', (m, n) => {
      for (let seed = 0; seed < 10; seed++) {
        const a = random(m, m, seed);
        const b = random(n, n, seed + 50);
        for (let i = 0; i < m; i++) a.data[i * m + i] += 3;
        const c = random(m, n, seed + 99);
        const want = kronecker(a, b, c);
        const { x, residual } = sylvester(p, a, b, c);
        expect(norm(minus(x, want)) / norm(want)).toBeLessThan(1e-12);
        expect(residual).toBeLessThan(1e-14);
      }
    });

    it('triangularSylvester: all of its cases and block edges, against its own equation', () => {
      for (const [m, n] of [
        [31, 34],
        [64, 65],
        [100, 40],
        [40, 100],
      ]) {
        const s = p.schur(reflect(random(m, m, m), 1, 'left')).t;
        const t = p.schur(random(n, n, n + 1)).t;
        for (let i = 0; i < m; i++) s.data[i * m + i] += 20;
        const c = random(m, n, 3);
        for (const transpose of [false, true]) {
          const { y } = p.triangularSylvester(s, t, c, { transpose });
          const left = times(s, y);
          const right = times(y, transpose ? flip(t) : t);
          const r = fill(m, n, (i, j) => left.data[i * n + j] + right.data[i * n + j] - c.data[i * n + j]);
          expect(norm(r)).toBeLessThan(1e-13 * (norm(s) + norm(t)) * norm(y));
        }
      }
      expect(() => p.triangularSylvester(diag([1, 2]), diag([1]), random(1, 2, 1))).toThrow(/do not fit/);
      expect(() => p.triangularSylvester(diag([1]), diag([1]), random(1, 1, 1), { symmetric: true })).toThrow(
        /symmetric/,
      );
    });

    describe('lyapunov', () => {
      it('a damped rotation: F = (g w; −w g), Q = 2·D·1 gives D/g', () => {
        const { x } = lyapunov(p, fromRows([[0.5, 7], [-7, 0.5]]), diag([6, 6])); // biome-ignore format: matrices
        expect(norm(minus(x, diag([6, 6])))).toBeLessThan(1e-14);
      });

      it('Kramers: noise on the velocity alone gives equipartition T/k and T', () => {
        const [k, gamma, temperature] = [4, 0.01, 2.5];
        const f = fromRows([[0, -1], [k, gamma]]); // biome-ignore format: a matrix
        const { x } = lyapunov(p, f, diag([0, 2 * gamma * temperature]));
        expect(x.data[0]).toBeCloseTo(temperature / k, 12);
        expect(x.data[3]).toBeCloseTo(temperature, 12);
        expect(Math.abs(x.data[1])).toBeLessThan(1e-13);
      });

      it('symmetric F: X_ij = Q_ij/(l_i + l_j) in its eigenbasis', () => {
        const l = [0.1, 1, 2, 5];
        const q = symmetric(4, (i, j) => (i === j ? 4 : 1));
        const { x, separation } = lyapunov(p, diag(l), q);
        for (let i = 0; i < 4; i++) {
          for (let j = 0; j < 4; j++) expect(x.data[i * 4 + j]).toBeCloseTo(q.data[i * 4 + j] / (l[i] + l[j]), 13);
        }
        expect(separation).toBeCloseTo(0.2, 14);
      });

      it('defective F: one Jordan block, against the closed form of order 2 and the Kronecker system', () => {
        // F = (1 1; 0 1), Q = 1: x22 = 1/2, x12 = −1/4, x11 = 3/4
        const { x } = lyapunov(p, fromRows([[1, 1], [0, 1]]), diag([1, 1])); // biome-ignore format: a matrix
        expect([...x.data].map((v) => Math.round(v * 1e14) / 1e14)).toEqual([0.75, -0.25, -0.25, 0.5]);
        const jordan = fill(6, 6, (i, j) => (i === j ? 0.7 : j === i + 1 ? 1 : 0));
        const f = reflect(jordan, 2, 'left');
        const q = symmetric(6, (i, j) => (i === j ? 2 : 1 / (1 + j)));
        const want = kronecker(f, flip(f), q);
        expect(norm(minus(lyapunov(p, f, q).x, want)) / norm(want)).toBeLessThan(1e-10);
      });

      it('random stable systems: residual, symmetry, positivity, a reused Schur form', () => {
        fc.assert(
          fc.property(fc.integer({ min: 1, max: 90 }), fc.integer(), (n, seed) => {
            const r = random(n, n, seed);
            const f = fill(n, n, (i, j) => r.data[i * n + j] + (i === j ? 1.5 * Math.sqrt(n) : 0));
            const b = random(n, n, seed + 1);
            const q = times(b, flip(b));
            const schur = p.schur(f);
            const { x, residual } = lyapunov(p, f, q, { schur });
            expect(residual).toBeLessThan(1e-14);
            expect(norm(minus(x, flip(x)))).toBe(0);
            const fx = times(f, x);
            const left = fill(n, n, (i, j) => fx.data[i * n + j] + fx.data[j * n + i] - q.data[i * n + j]);
            expect(norm(left)).toBeLessThan(1e-13 * norm(f) * norm(x));
            if (Math.min(...schur.re) > 0) expect(p.eigvalsh(x)[0]).toBeGreaterThan(-1e-13 * norm(x));
          }),
          { seed: 21, numRuns: 30 },
        );
      });

      it("agrees with SciPy's numbers", () => {
        const { x } = lyapunov(p, stable24, noise24);
        const d = discreteLyapunov(
          p,
          fill(24, 24, (i, j) => stable24.data[i * 24 + j] / 64),
          noise24,
        ).x;
        const s = sylvester(p, stable24, fill(20, 20, (i, j) => general20.data[i * 20 + j] / 4), fill(24, 20, (i, j) => ((i * 3 + j * 5) % 11) - 5)).x; // biome-ignore format: long
        for (let j = 0; j < 24; j++) {
          expect(Math.abs(x.data[j] - scipy.lyapunovRow0[j])).toBeLessThan(1e-13);
          expect(Math.abs(d.data[j] - scipy.discreteRow0[j])).toBeLessThan(1e-12);
        }
        for (let j = 0; j < 20; j++) expect(Math.abs(s.data[j] - scipy.sylvesterRow0[j])).toBeLessThan(1e-13);
      });

      it('refuses eigenvalues that sum to zero, asymmetric Q, wrong shapes', () => {
        expect(() => lyapunov(p, fromRows([[0, 1], [-1, 0]]), diag([1, 1]))).toThrow(/not unique/); // biome-ignore format: a matrix
        expect(() => lyapunov(p, diag([1, -1, 3]), diag([1, 1, 1]))).toThrow(/not unique/);
        expect(() =>
          lyapunov(
            p,
            fill(3, 3, () => 0),
            diag([1, 1, 1]),
          ),
        ).toThrow(/not unique/);
        expect(() =>
          lyapunov(
            p,
            random(3, 3, 1),
            fill(3, 3, (i, j) => i - j),
          ),
        ).toThrow(/symmetric/);
        expect(() => lyapunov(p, random(3, 3, 1), diag([1, 1]))).toThrow(/3×3/);
        expect(() => sylvester(p, diag([1]), diag([2]), random(2, 1, 1))).toThrow(/1×1, not 2×1/);
      });
    });

    describe('discreteLyapunov', () => {
      it('an autoregression: q/(1 − a²), up to a within 1e-9 of 1', () => {
        for (const a of [0, 0.5, -0.9, 0.999, 1 - 2 ** -30]) {
          const { x } = discreteLyapunov(p, diag([a]), diag([3]));
          expect(x.data[0] / (3 / ((1 - a) * (1 + a)))).toBeCloseTo(1, 6);
        }
      });

      it('strongly non-normal A: a nilpotent shift sums exactly', () => {
        // A = c·N: X_ii = Σ_k c^{2k} over the n − i terms that are left
        const [n, c] = [12, 100];
        const a = fill(n, n, (i, j) => (j === i + 1 ? c : 0));
        const { x, residual } = discreteLyapunov(p, a, diag(new Array(n).fill(1)));
        for (let i = 0; i < n; i++) {
          let want = 0;
          for (let k = 0; k < n - i; k++) want += c ** (2 * k);
          expect(x.data[i * n + i] / want).toBeCloseTo(1, 13);
        }
        expect(residual).toBeLessThan(1e-15);
      });

      it('commuting SGD: eta·C/(H·(2 − eta·H)) mode by mode [S2]', () => {
        const h = [0.01, 0.1, 1, 5, 15];
        const eta = 0.1;
        const a = reflect(diag(h.map((v) => 1 - eta * v)), 4, 'both');
        const q = reflect(diag(h.map((v) => eta * eta * v)), 4, 'both');
        const values = p.eigvalsh(discreteLyapunov(p, a, q).x);
        const want = h.map((v) => eta / (2 - eta * v)).sort((x, y) => x - y);
        for (let i = 0; i < h.length; i++) expect(values[i]).toBeCloseTo(want[i], 12);
      });

      it('refuses an unstable A, even where the noise does not reach', () => {
        expect(() => discreteLyapunov(p, diag([0.5, 1]), diag([1, 1]))).toThrow(/do not decay/);
        expect(() => discreteLyapunov(p, diag([0.5, -1.1]), diag([1, 0]))).toThrow(/do not decay/);
        expect(() => discreteLyapunov(p, diag([2]), diag([1, 1]))).toThrow(/1×1/);
        expect(() =>
          discreteLyapunov(
            p,
            diag([0.5]),
            fill(1, 1, () => Number.NaN),
          ),
        ).toThrow(/finite/);
      });
    });

    it('order 0', () => {
      const none = fill(0, 0, () => 0);
      expect(p.schur(none).re.length).toBe(0);
      expect(lyapunov(p, none, none).x.rows).toBe(0);
    });
  });
}

describe('larger orders, embedded', () => {
  it('schur and lyapunov at n = 300', () => {
    const la = providers[0][1] as LinearAlgebra;
    const n = 300;
    const r = random(n, n, 1);
    const f = fill(n, n, (i, j) => r.data[i * n + j] + (i === j ? 15 : 0));
    const schur = la.schur(f);
    expect(orthonormality(schur.z)).toBeLessThan(1e-12);
    const { residual } = lyapunov(la, f, randomSymmetric(n, 2), { schur });
    expect(residual).toBeLessThan(1e-14);
  });
});
