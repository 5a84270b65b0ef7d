/** The battery that both providers of dense linear algebra go through. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromRows, type LinearAlgebra, type Matrix } from '../src/numeric/linalg/index.js';
import {
  diag,
  eigenResidual,
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

/** max |a_ij − b_ij|. */
function farthest(a: Matrix, b: Matrix): number {
  return minus(a, b).data.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
}

/** The largest ‖A v − λ v‖ over eigenvectors that are rows. */
function rowResidual(a: Matrix, values: Float64Array, indices: readonly number[], vectors: Matrix): number {
  const n = a.rows;
  const image = times(vectors, a);
  return Math.max(
    ...indices.map((index, k) => {
      let miss = 0;
      for (let j = 0; j < n; j++) miss += (image.data[k * n + j] - values[index] * vectors.data[k * n + j]) ** 2;
      return Math.sqrt(miss);
    }),
  );
}

/** Symmetric matrices with their exact eigenvalues, ascending. */
function spectra(): [string, Matrix, number[]][] {
  const laplace = (n: number): [string, Matrix, number[]] => [
    `Laplacian ${n}`,
    symmetric(n, (i, j) => (i === j ? 2 : j === i + 1 ? -1 : 0)),
    Array.from({ length: n }, (_, k) => 2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1))),
  ];
  // Kac's matrix: off-diagonal sqrt((i+1)(n−1−i)), eigenvalues −(n−1), −(n−3), …, n−1
  const kac = (n: number): [string, Matrix, number[]] => [
    `Kac ${n}`,
    symmetric(n, (i, j) => (j === i + 1 ? Math.sqrt((i + 1) * (n - 1 - i)) : 0)),
    Array.from({ length: n }, (_, k) => 2 * k - (n - 1)),
  ];
  const hidden = (name: string, values: number[], seed: number): [string, Matrix, number[]] => [
    name,
    reflect(diag(values), seed, 'both'),
    [...values].sort((a, b) => a - b),
  ];
  const range = (n: number, f: (i: number) => number) => Array.from({ length: n }, (_, i) => f(i));
  return [
    ...[1, 2, 3, 4, 5, 31, 32, 33, 64, 65, 100, 129, 200].map(laplace),
    ...[2, 7, 50, 130].map(kac),
    ['zero', diag(new Array(70).fill(0)), new Array(70).fill(0)],
    ['identity', diag(new Array(70).fill(1)), new Array(70).fill(1)],
    ['diagonal, unsorted', diag(range(90, (i) => ((i * 37) % 90) - 45)), range(90, (i) => i - 45)],
    ['all ones', symmetric(120, () => 1), [...new Array(119).fill(0), 120]],
    hidden(
      'ten decades',
      range(110, (i) => 10 ** ((-10 * i) / 109)),
      1,
    ),
    hidden(
      'clusters of 1e-12',
      range(100, (i) => Math.floor(i / 20) + 1e-12 * (i % 20)),
      2,
    ),
    hidden(
      'exactly repeated',
      range(100, (i) => (i % 4) - 1.5),
      3,
    ),
    hidden(
      'rank 5 of 90',
      range(90, (i) => (i < 5 ? i + 1 : 0)),
      4,
    ),
    hidden(
      'one outlier',
      range(80, (i) => (i === 0 ? 1 : 1e-15 * i)),
      5,
    ),
    hidden(
      'indefinite pairs',
      range(96, (i) => (i % 2 ? 1 : -1) * (1 + Math.floor(i / 2))),
      6,
    ),
    hidden(
      'tiny numbers',
      range(60, (i) => 1e-200 * (i + 1)),
      7,
    ),
    hidden(
      'huge numbers',
      range(60, (i) => 1e150 * (i - 20)),
      8,
    ),
  ];
}

const table = spectra();

for (const [label, la] of providers) {
  describe.skipIf(!la)(`dense linear algebra, ${label}`, () => {
    const p = la as LinearAlgebra;

    it('names itself', () => {
      expect(p.kind).toBe(label === 'embedded' ? 'embedded' : 'system');
      expect(p.library?.integers).toBe({ embedded: undefined, system: 32 }[label] ?? (p.library && 64));
      expect(p.name.length).toBeGreaterThan(8);
    });

    it('gemm agrees with three loops for all shapes, transposes and factors', () => {
      const size = fc.integer({ min: 1, max: 40 });
      fc.assert(
        fc.property(
          size,
          size,
          fc.integer({ min: 0, max: 300 }),
          fc.boolean(),
          fc.boolean(),
          fc.constantFrom(1, -1, 0.5, 0),
          fc.constantFrom(0, 1, -2),
          fc.integer(),
          (m, n, k, ta, tb, alpha, beta, seed) => {
            const a = random(m, k, seed);
            const b = random(k, n, seed + 1);
            const c = random(m, n, seed + 2);
            const product = times(a, b);
            const want = fill(m, n, (i, j) => alpha * product.data[i * n + j] + beta * c.data[i * n + j]);
            const into = { ...c, data: c.data.slice() };
            const got = p.gemm(ta ? flip(a) : a, tb ? flip(b) : b, {
              transposeA: ta,
              transposeB: tb,
              alpha,
              beta,
              into,
            });
            expect(got).toBe(into);
            // standard bound: (k + 2)·eps·Σ|a||b|, entries in [−1, 1]
            expect(farthest(got, want)).toBeLessThanOrEqual(2 * (k + 4) * EPS * Math.max(1, k) + EPS);
          },
        ),
        { seed: 11, numRuns: 120 },
      );
    });

    it('gemm crosses its block edges (more than 192 rows, 1020 columns, 256 deep)', () => {
      const [m, k, n] = [200, 530, 1030];
      const a = fill(m, k, (i, j) => ((i * 7 + j * 3) % 11) - 5);
      const b = fill(k, n, (i, j) => ((i * 5 + j * 2) % 13) - 6);
      // small whole numbers: the sums are exact in any order
      expect(norm(minus(p.gemm(a, b), times(a, b)))).toBe(0);
    });

    it('syrk gives the full symmetric product of both kinds', () => {
      for (const [m, n] of [
        [1, 1],
        [7, 300],
        [65, 33],
        [210, 12],
      ]) {
        const a = random(m, n, m + n);
        for (const transpose of [false, true]) {
          const want = transpose ? times(flip(a), a) : times(a, flip(a));
          const got = p.syrk(a, { transpose, alpha: 2 });
          expect(got.rows).toBe(want.rows);
          const twice = fill(want.rows, want.cols, (i, j) => 2 * want.data[i * want.cols + j]);
          expect(farthest(got, twice)).toBeLessThan(4 * (m + n) * EPS * (m + n));
          expect(norm(minus(got, flip(got)))).toBe(0);
        }
      }
    });

    describe('eigh', () => {
      it.each(table)('%s: eigenvalues, residual, orthonormality', (_, a, want) => {
        const { values, vectors } = p.eigh(a);
        const scale = Math.max(...want.map(Math.abs), Number.MIN_VALUE);
        const n = a.rows;
        // Weyl: an error of backward size n·eps·‖A‖ moves no eigenvalue further; factor 10 in place of the modest polynomial
        for (let i = 0; i < n; i++) expect(Math.abs(values[i] - want[i]) / scale).toBeLessThan(10 * n * EPS);
        if (scale > 1e-100 && scale < 1e100) expect(eigenResidual(a, values, vectors)).toBeLessThan(1e-13);
        expect(orthonormality(vectors)).toBeLessThan(1e-13 * Math.sqrt(n));
        const only = p.eigvalsh(a);
        for (let i = 0; i < n; i++) expect(Math.abs(only[i] - want[i]) / scale).toBeLessThan(10 * n * EPS);
      });

      it.each(table)('%s: some eigenvectors are as exact as all of them', (_, a, want) => {
        const n = a.rows;
        const scale = Math.max(...want.map(Math.abs), Number.MIN_VALUE);
        const few = [...new Set([0, 1, 2, n >> 1, n - 3, n - 2, n - 1])].filter((i) => i >= 0 && i < n);
        for (const indices of [
          [...few].sort((i, j) => i - j),
          Array.from({ length: n >> 2 }, (_, k) => n - (n >> 2) + k),
        ]) {
          const { values, vectors } = p.eighSubset(a, indices);
          expect([vectors.rows, vectors.cols]).toEqual([indices.length, n]);
          for (let i = 0; i < n; i++) expect(Math.abs(values[i] - want[i]) / scale).toBeLessThan(10 * n * EPS);
          expect(orthonormality(flip(vectors))).toBeLessThan(1e-13 * Math.sqrt(n));
          if (!(scale > 1e-100 && scale < 1e100)) continue;
          expect(rowResidual(a, values, indices, vectors) / scale).toBeLessThan(1e-13);
        }
      });

      it('some eigenvectors: wrong indices are refused, and clusters that fill a quarter of the spectrum are solved', () => {
        const a = diag(Array.from({ length: 100 }, (_, i) => i));
        for (const wrong of [[-1], [100], [2, 1], [1, 1], [0.5]])
          expect(() => p.eighSubset(a, wrong)).toThrow(/ascend within 0 to 99/);
        expect(p.eighSubset(a, []).vectors.rows).toBe(0);
        expect(() => p.eighSubset(random(3, 4, 1), [0])).toThrow(/square/);
        const n = 21 * 9;
        const glued = symmetric(n, (i, j) =>
          i === j ? Math.abs(10 - (i % 21)) : j === i + 1 ? (j % 21 ? 1 : 1e-11) : 0,
        );
        const last = Array.from({ length: 40 }, (_, k) => n - 40 + k);
        const { values, vectors } = p.eighSubset(glued, last);
        expect(orthonormality(flip(vectors))).toBeLessThan(1e-13 * Math.sqrt(n));
        expect(rowResidual(glued, values, last, vectors) / 11).toBeLessThan(1e-13);
      });

      it("Wilkinson's W21+: the famous pair of nearly equal largest eigenvalues", () => {
        const w = symmetric(21, (i, j) => (i === j ? Math.abs(10 - i) : j === i + 1 ? 1 : 0));
        const { values, vectors } = p.eigh(w);
        // Wilkinson, The Algebraic Eigenvalue Problem (1965): 10.7461941829034, agreeing to 15 digits; smallest −1.1254415221
        expect(values[20]).toBeCloseTo(10.7461941829034, 12);
        expect(values[19]).toBeCloseTo(10.7461941829033, 12);
        expect(values[0]).toBeCloseTo(-1.12544152212, 10);
        expect(orthonormality(vectors)).toBeLessThan(1e-13);
      });

      it('glued Wilkinson matrices: many clusters of eigenvalues equal to the last bit', () => {
        const n = 21 * 9;
        const a = symmetric(n, (i, j) => (i === j ? Math.abs(10 - (i % 21)) : j === i + 1 ? (j % 21 ? 1 : 1e-11) : 0));
        const { values, vectors } = p.eigh(a);
        expect(eigenResidual(a, values, vectors)).toBeLessThan(1e-13);
        expect(orthonormality(vectors)).toBeLessThan(1e-13 * Math.sqrt(n));
      });

      it('random symmetric matrices: residual, orthonormality, trace, Frobenius norm', () => {
        fc.assert(
          fc.property(
            fc.integer({ min: 1, max: 90 }),
            fc.integer(),
            fc.integer({ min: -8, max: 8 }),
            (n, seed, decade) => {
              const u = random(n, 1, seed + 1);
              const r = randomSymmetric(n, seed);
              // graded rows and columns
              const a = symmetric(
                n,
                (i, j) => r.data[i * n + j] * 10 ** (decade * (Math.abs(u.data[i]) + Math.abs(u.data[j]))),
              );
              const { values, vectors } = p.eigh(a);
              expect(eigenResidual(a, values, vectors)).toBeLessThan(1e-13);
              expect(orthonormality(vectors)).toBeLessThan(1e-13 * Math.sqrt(n));
              const size = norm(a);
              let trace = 0;
              for (let i = 0; i < n; i++) trace += a.data[i * n + i] - values[i];
              expect(Math.abs(trace)).toBeLessThan(4 * n * EPS * size + Number.MIN_VALUE);
              expect(values.reduce((s, v) => s + (v / size) ** 2, 0)).toBeCloseTo(1, 11);
              for (let i = 1; i < n; i++) expect(values[i]).toBeGreaterThanOrEqual(values[i - 1]);
            },
          ),
          { seed: 5, numRuns: 60 },
        );
      });

      it('order 0, and inputs that must be refused', () => {
        expect(p.eigh(fill(0, 0, () => 0)).values.length).toBe(0);
        expect(() => p.eigh(random(3, 4, 1))).toThrow(/square/);
        expect(() => p.eigh(fill(3, 3, (i, j) => (i === 1 && j === 2 ? Number.NaN : 0)))).toThrow(
          /entry \(1, 2\).*NaN/,
        );
        expect(() => p.eigh(fill(3, 3, () => Number.POSITIVE_INFINITY))).toThrow(/finite/);
        expect(() => p.eigh(fromRows([[1, 2], [3, 4]]))).toThrow(/symmetric/); // biome-ignore format: a matrix
      });
    });

    describe('cholesky', () => {
      it.each([1, 2, 5, 63, 64, 65, 150])('n = %i: L·Lᵀ = A, and solves', (n) => {
        const r = random(n, n + 3, n);
        const a = times(r, flip(r));
        const l = p.cholesky(a);
        expect(norm(minus(times(l, flip(l)), a)) / norm(a)).toBeLessThan(4 * n * EPS + EPS);
        for (let i = 0; i < n; i++) {
          expect(l.data[i * n + i]).toBeGreaterThan(0);
          for (let j = i + 1; j < n; j++) expect(l.data[i * n + j]).toBe(0);
        }
        const b = random(n, 3, 2);
        const x = p.choleskySolve(l, b);
        expect(norm(minus(times(a, x), b))).toBeLessThan(20 * n * EPS * (norm(a) * norm(x) + norm(b)));
      });

      it.each([1, 2, 63, 64, 65, 127, 128, 129, 150, 300])('n = %i: the inverse of a lower triangle', (n) => {
        // rows of norm near 1 below a diagonal of 2: well conditioned; what lies above is not read
        const l = fill(n, n, (i, j) => (i === j ? 2 : Math.sin(7 * i + j * j) / Math.sqrt(n)));
        const x = p.lowerInverse(l);
        const lower = fill(n, n, (i, j) => (j > i ? 0 : l.data[i * n + j]));
        expect(farthest(times(lower, x), diag(new Array(n).fill(1)))).toBeLessThan(40 * n * EPS);
        for (let i = 0; i < n; i++) for (let j = i + 1; j < n; j++) expect(x.data[i * n + j]).toBe(0);
        expect(() => p.lowerInverse(fill(n, n, (i, j) => (i === j && i < n - 1 ? 1 : 0)))).toThrow(
          `diagonal entry ${n - 1} of ${n} is 0`,
        );
        expect(() => p.lowerInverse(fill(n, n + 1, () => 1))).toThrow(/square/);
        expect(() => p.lowerInverse(fill(n, n, () => Number.NaN))).toThrow(/finite/);
      });

      it("Pascal's matrix: the factor is Pascal's triangle, exactly", () => {
        const n = 12;
        const choose = (m: number, k: number): number => (k === 0 ? 1 : (choose(m - 1, k - 1) * m) / k);
        const l = p.cholesky(symmetric(n, (i, j) => choose(i + j, i)));
        for (let i = 0; i < n; i++) {
          for (let j = 0; j <= i; j++) expect(l.data[i * n + j] / choose(i, j)).toBeCloseTo(1, 7);
        }
      });

      it('names the pivot that fails', () => {
        const a = diag(new Array(100).fill(1));
        a.data[70 * 101] = -2;
        expect(() => p.cholesky(a)).toThrow(/not positive definite: pivot 70/);
        expect(() => p.cholesky(diag([1, 0]))).toThrow(/pivot 1/);
      });
    });

    describe('lu', () => {
      it.each([1, 2, 3, 31, 32, 33, 65, 150])('n = %i: solve, inverse', (n) => {
        const a = random(n, n, 40 + n);
        const f = p.lu(a);
        const b = random(n, 5, 3);
        const x = f.solve(b);
        expect(norm(minus(times(a, x), b))).toBeLessThan(20 * n * EPS * (norm(a) * norm(x) + norm(b)));
        const inverse = f.inverse();
        const size = norm(a) * norm(inverse);
        expect(norm(minus(times(a, inverse), diag(new Array(n).fill(1))))).toBeLessThan(20 * n * EPS * size);
      });

      it('determinants with known values', () => {
        // Laplacian: n + 1; a cyclic permutation of 4: −1; graded diagonal far outside the floating-point range
        const lap = p.lu(symmetric(50, (i, j) => (i === j ? 2 : j === i + 1 ? -1 : 0))).determinant();
        expect(lap.sign * Math.exp(lap.logAbs)).toBeCloseTo(51, 9);
        const cycle = p.lu(fill(4, 4, (i, j) => ((i + 1) % 4 === j ? 1 : 0))).determinant();
        expect(cycle).toEqual({ sign: -1, logAbs: 0 });
        const far = p.lu(diag(new Array(10).fill(1e-200))).determinant();
        expect(far.logAbs).toBeCloseTo(-2000 * Math.LN10, 6);
        expect(p.lu(fill(3, 3, () => 1)).determinant().sign).toBe(0);
      });

      it('pivots where elimination without them fails', () => {
        const x = p.lu(fromRows([[0, 1], [1, 1]])).solve(fromRows([[1], [3]])); // biome-ignore format: matrices
        expect([...x.data]).toEqual([2, 1]);
        const hard = p.lu(fromRows([[1e-20, 1], [1, 1]])).solve(fromRows([[1], [2]])); // biome-ignore format: matrices
        expect(hard.data[0]).toBeCloseTo(1, 12);
        expect(hard.data[1]).toBeCloseTo(1, 12);
      });

      it('refuses a singular matrix and wrong shapes', () => {
        expect(() => p.lu(fill(3, 3, () => 1)).inverse()).toThrow(/singular/);
        expect(() => p.lu(fill(3, 3, () => 1)).solve(diag([1, 1, 1]))).toThrow(/singular/);
        expect(() => p.lu(random(2, 3, 1))).toThrow(/square/);
        expect(() => p.lu(diag([1, 2])).solve(random(3, 1, 1))).toThrow(/3 rows/);
      });
    });

    describe('svd', () => {
      const shapes: [number, number][] = [
        [1, 1],
        [1, 6],
        [6, 1],
        [2, 2],
        [33, 33],
        [40, 33],
        [33, 40],
        [120, 30],
        [30, 120],
        [100, 100],
      ];
      const check = (a: Matrix, want?: number[]) => {
        const { u, s, vt } = p.svd(a);
        const k = Math.min(a.rows, a.cols);
        const scale = norm(a) || 1;
        expect([u.rows, u.cols, s.length, vt.rows, vt.cols]).toEqual([a.rows, k, k, k, a.cols]);
        const back = times(
          fill(a.rows, k, (i, j) => u.data[i * k + j] * s[j]),
          vt,
        );
        expect(norm(minus(back, a)) / scale).toBeLessThan(1e-13);
        expect(orthonormality(u)).toBeLessThan(1e-13 * Math.sqrt(k));
        expect(orthonormality(flip(vt))).toBeLessThan(1e-13 * Math.sqrt(k));
        for (let i = 0; i < k; i++) {
          expect(s[i]).toBeGreaterThanOrEqual(0);
          if (i > 0) expect(s[i]).toBeLessThanOrEqual(s[i - 1]);
          if (want) expect(Math.abs(s[i] - want[i]) / scale).toBeLessThan(10 * k * EPS);
        }
      };

      it.each(shapes)('%i×%i random', (m, n) => check(random(m, n, m * n)));

      it.each(shapes)('%i×%i with singular values over sixteen decades', (m, n) => {
        const k = Math.min(m, n);
        const values = Array.from({ length: k }, (_, i) => 10 ** ((-16 * i) / Math.max(1, k - 1)));
        check(reflect(reflect(diag(values, m, n), 1, 'left'), 2, 'right'), values);
      });

      it('rank deficient, repeated, zero, diagonal, triangular', () => {
        const n = 60;
        const turn = (values: number[]) => reflect(reflect(diag(values, 75, n), 3, 'left'), 4, 'right');
        const rank = Array.from({ length: n }, (_, i) => (i < 7 ? 7 - i : 0));
        check(turn(rank), rank);
        const repeated = Array.from({ length: n }, (_, i) => (i < 30 ? 2 : 1));
        check(turn(repeated), repeated);
        const small = Array.from({ length: n }, (_, i) => (i < 20 ? 1 : 1e-8));
        check(turn(small), small);
        check(
          fill(20, 20, () => 0),
          new Array(20).fill(0),
        );
        check(diag(Array.from({ length: n }, (_, i) => ((i * 7) % n) - 30)));
        check(fill(n, n, (i, j) => (i === j ? 1 : i < j ? -1 : 0)));
        check(fill(n, 5, () => 1));
      });

      it('the bidiagonal matrix of ones has σ_k = 2 cos(kπ/(2n + 1))', () => {
        const n = 80;
        const want = Array.from({ length: n }, (_, k) => 2 * Math.cos(((k + 1) * Math.PI) / (2 * n + 1)));
        check(
          fill(n, n, (i, j) => (i === j || j === i + 1 ? 1 : 0)),
          want,
        );
      });
    });
  });
}
