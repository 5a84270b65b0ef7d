/** Streamed covariances and Gram matrices on both providers, and the numbers that SciPy gives. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { forceKernelBuild } from '../src/kernels/load.js';
import {
  chooseProvider,
  column,
  covarianceAccumulator,
  diagonal,
  embeddedLinearAlgebra,
  frobenius,
  gramAccumulator,
  identity,
  type LinearAlgebra,
  matrix,
  row,
  transpose,
} from '../src/numeric/linalg/index.js';
import { diag, fill, flip, minus, norm, random, randomSymmetric, times } from './oracles/linalg-matrices.js';
import { providers } from './support/providers.js';

const scipy = JSON.parse(readFileSync(new URL('./oracles/linalg.json', import.meta.url), 'utf8'));

function close(got: ArrayLike<number>, want: number[], tolerance: number): void {
  expect(got.length).toBe(want.length);
  for (let i = 0; i < want.length; i++) expect(Math.abs(got[i] - want[i])).toBeLessThan(tolerance);
}

/** Textbook two-pass covariance with exact means: the data are small whole numbers plus a common offset. */
function naive(rows: number[][], ddof: number): number[][] {
  const t = rows.length;
  const p = rows[0].length;
  const mean = Array.from({ length: p }, (_, i) => rows.reduce((s, r) => s + r[i], 0) / t);
  return Array.from({ length: p }, (_, i) =>
    Array.from({ length: p }, (_, j) => rows.reduce((s, r) => s + (r[i] - mean[i]) * (r[j] - mean[j]), 0) / (t - ddof)),
  );
}

function walk(t: number, p: number): number[][] {
  const rows: number[][] = [];
  for (let k = 0; k < t; k++)
    rows.push(Array.from({ length: p }, (_, i) => ((k * 7 + i * 5 + k * i) % 13) + ((k * i) % 3)));
  return rows;
}

for (const [label, la] of providers) {
  describe.skipIf(!la)(`streams, ${label}`, () => {
    const p = la as LinearAlgebra;

    it.each([
      [2, 3],
      [255, 4],
      [256, 9],
      [700, 7],
      [1021, 33],
    ])('covariance of %i vectors of length %i, in pieces of any size', (t, size) => {
      const rows = walk(t, size);
      const want = naive(rows, 1);
      for (const piece of [1, 7, 300, t]) {
        const acc = covarianceAccumulator(p, size);
        for (let k = 0; k < t; k += piece) {
          const part = rows.slice(k, k + piece);
          acc.add(Float32Array.from(part.flat()), part.length);
        }
        expect(acc.count).toBe(t);
        const mean = acc.mean();
        const c = acc.finish();
        for (let i = 0; i < size; i++) {
          expect(mean[i]).toBeCloseTo(rows.reduce((s, r) => s + r[i], 0) / t, 11);
          for (let j = 0; j < size; j++) expect(c.data[i * size + j]).toBeCloseTo(want[i][j], 10);
        }
      }
    });

    it('keeps its digits when the offset is 10^9 times the fluctuation', () => {
      const rows = walk(600, 5).map((r) => r.map((v, i) => v / 64 + (i % 2 ? 1 : -1) * 2 ** 27));
      const want = naive(
        rows.map((r) => r.map((v, i) => v - (i % 2 ? 1 : -1) * 2 ** 27)),
        0,
      );
      const acc = covarianceAccumulator(p, 5);
      acc.add(Float64Array.from(rows.flat()), 600);
      const c = acc.finish({ ddof: 0 });
      for (let i = 0; i < 5; i++) for (let j = 0; j < 5; j++) expect(c.data[i * 5 + j]).toBeCloseTo(want[i][j], 7);
    });

    it('the Gram matrix has the eigenvalues of the scatter matrix', () => {
      const [t, size] = [40, 700];
      const rows = walk(t, size);
      const flat = Float32Array.from(rows.flat());
      const acc = covarianceAccumulator(p, size);
      acc.add(flat, t);
      const direct = p.eigvalsh(acc.finish());
      for (const width of [1, 64, 300, 700]) {
        const gram = gramAccumulator(p, t);
        for (let c = 0; c < size; c += width) gram.add(flat.subarray(c), Math.min(width, size - c), size);
        const values = p.eigvalsh(gram.finish());
        for (let k = 0; k < t; k++) {
          expect(Math.abs(values[t - 1 - k] / (t - 1) - direct[size - 1 - k])).toBeLessThan(1e-12 * direct[size - 1]);
        }
      }
    });

    it('refuses short input, too few vectors, use after finish, and NaN', () => {
      const acc = covarianceAccumulator(p, 3);
      expect(() => acc.add(new Float64Array(5), 2)).toThrow(/6 numbers; got 5/);
      acc.add(new Float64Array(3), 1);
      expect(() => acc.finish()).toThrow(/too few/);
      acc.add(new Float64Array([1, Number.NaN, 0]), 1);
      expect(() => acc.finish()).toThrow(/coordinate 1/);
      expect(() => acc.add(new Float64Array(3), 1)).toThrow(/finish/);
      expect(() => covarianceAccumulator(p, 0)).toThrow(/length/);
      expect(() => gramAccumulator(p, 4).add(new Float64Array(7), 2)).toThrow(/4×2/);
    });

    it("agrees with SciPy's numbers", () => {
      const sym = fill(40, 40, (i, j) => ((((i + 1) * (j + 1) * 7 + i + j) % 19) - 9) / 8);
      const values = p.eigh(sym).values;
      close(values, scipy.symEigenvalues, 1e-12);
      const s = p.svd(fill(30, 20, (i, j) => (((i * 7 + j * 13) % 17) - 8) / 16)).s;
      close(s, scipy.rectSingularValues, 1e-13);
      const h = p.svd(fill(12, 12, (i, j) => 1 / (i + j + 1))).s;
      // both are backward stable: they may differ by a few eps·‖A‖, which is 10 % of the smallest
      close(h, scipy.hilbertSingularValues, 1e-15);
      const lu = p.lu(fill(20, 20, (i, j) => (((i * i * 5 + j * 11 + i * j) % 23) - 11) / 8));
      const det = lu.determinant();
      expect(det.sign).toBe(scipy.generalDeterminant.sign);
      expect(det.logAbs).toBeCloseTo(scipy.generalDeterminant.logAbs, 10);
      const inverse = lu.inverse();
      close(inverse.data.subarray(0, 20), scipy.generalInverseRow0, 1e-12);
    });
  });
}

describe('providers and matrices', () => {
  it('both kernel builds agree to rounding and name themselves', () => {
    const a = randomSymmetric(90, 3);
    const la = embeddedLinearAlgebra();
    forceKernelBuild('simd');
    const v = la.eigh(a);
    const c = la.gemm(a, a);
    const name = la.name;
    forceKernelBuild(undefined);
    expect(name).toBe('embedded (WebAssembly, simd)');
    expect(norm(minus(la.gemm(a, a), c)) / norm(c)).toBeLessThan(1e-15);
    const w = la.eigh(a).values;
    for (let i = 0; i < 90; i++) expect(Math.abs(w[i] - v.values[i])).toBeLessThan(1e-13);
  });

  it('large work takes a memory of its own and gives the same answer as small', () => {
    const n = 1100;
    const la = embeddedLinearAlgebra();
    // A = 1 + u·uᵀ with u a unit vector: eigenvalues 1 (n − 1 times) and 2
    const a = fill(n, n, (i, j) => (i === j ? 1 : 0) + 1 / n);
    const { values, vectors } = la.eigh(a);
    expect(Math.abs(values[0] - 1)).toBeLessThan(1e-12);
    expect(Math.abs(values[n - 2] - 1)).toBeLessThan(1e-12);
    expect(Math.abs(values[n - 1] - 2)).toBeLessThan(1e-12);
    const top = column(vectors, n - 1);
    for (const v of top) expect(Math.abs(Math.abs(v) * Math.sqrt(n) - 1)).toBeLessThan(1e-10);
  });

  it('chooseProvider: auto never fails, a wrong library is named in the error', async () => {
    expect((await chooseProvider()).kind).toMatch(/embedded|system/);
    expect((await chooseProvider({ library: 'libnothing.so' })).kind).toBe('embedded');
    await expect(chooseProvider({ prefer: 'system', library: 'libnothing.so' })).rejects.toThrow(
      /libnothing\.so|koffi/,
    );
  });

  it('helpers', () => {
    const a = random(5, 3, 1);
    expect([...transpose(a).data]).toEqual([...flip(a).data]);
    expect([...row(a, 2)]).toEqual([...a.data.slice(6, 9)]);
    expect([...column(a, 1)]).toEqual([1, 4, 7, 10, 13].map((k) => a.data[k]));
    expect([...identity(2).data]).toEqual([1, 0, 0, 1]);
    expect([...diagonal([3, 4]).data]).toEqual([3, 0, 0, 4]);
    expect(frobenius(diag([3e200, 4e200]))).toBeCloseTo(5e200, -190);
    expect(() => matrix(2, 2, new Float64Array(3))).toThrow(/4 numbers; got 3/);
    expect(times(identity(3), flip(a)).data).toEqual(flip(a).data);
    expect(() => embeddedLinearAlgebra().gemm(a, a)).toThrow(/5×3 by 5×3/);
  });
});
