/** What a decomposition with a symmetric F computes, and what only when it is read. */
import { describe, expect, it } from 'vitest';
import { decompose } from '../src/analyse/decomposition/decompose.js';
import { embeddedLinearAlgebra, type LinearAlgebra, type Matrix, trace } from '../src/numeric/linalg/index.js';
import { diag, flip, random, times } from './oracles/linalg-matrices.js';

const embedded = embeddedLinearAlgebra();

/** S·S'/n + 1/10 with random S. */
function positive(n: number, seed: number): Matrix {
  const r = random(n, n, seed);
  const m = times(r, flip(r));
  for (let k = 0; k < m.data.length; k++) m.data[k] = m.data[k] / n + (k % (n + 1) === 0 ? 0.1 : 0);
  return m;
}

describe('what a decomposition with a symmetric F costs', () => {
  /** The embedded provider, with a count of its calls; products by few columns are those of the checks. */
  function counted() {
    const calls: Record<string, number> = {};
    const count =
      <A extends unknown[], T>(name: string, f: (...args: A) => T) =>
      (...args: A): T => {
        const [, b] = args as unknown as [Matrix?, Matrix?];
        const key = name === 'gemm' && b!.cols < b!.rows ? 'check' : name;
        calls[key] = (calls[key] ?? 0) + 1;
        return f(...args);
      };
    const { gemm, syrk, eigh, eigvalsh, schur, svd, lu, cholesky, lowerInverse } = embedded;
    const la: LinearAlgebra = {
      ...embedded,
      gemm: count('gemm', gemm),
      syrk: count('syrk', syrk),
      eigh: count('eigh', eigh),
      eigvalsh: count('eigvalsh', eigvalsh),
      schur: count('schur', schur),
      svd: count('svd', svd),
      lu: count('lu', lu),
      cholesky: count('cholesky', cholesky),
      lowerInverse: count('lowerInverse', lowerInverse),
    };
    return { la, calls };
  }
  const n = 210;
  const f = positive(n, 5);
  const d = positive(n, 6);

  it('is one eigenproblem, three products and three factorisations; what nobody reads is not computed', () => {
    const { la, calls } = counted();
    const x = decompose({ la, drift: f, diffusion: d });
    expect(calls).toEqual({ eigh: 1, gemm: 3, syrk: 2, cholesky: 2, lowerInverse: 2, lu: 1, check: calls.check });
    expect(calls.check).toBeLessThanOrEqual(12);
    // all of the numbers are there when they are asked for, and computed once
    const rate = x.entropyProductionRate;
    expect(x.entropyProductionRate).toBe(rate);
    expect([calls.gemm, calls.eigh]).toEqual([6, 1]);
    expect(x.cycleFrequencies).toHaveLength(n / 2);
    expect(calls.gemm).toBe(6);
    const sizes = x.condition.w;
    expect([x.condition.w, calls.eigvalsh]).toEqual([sizes, 1]);
    expect(x.condition.diffusion).toBe(x.condition.diffusion);
    expect(calls.eigh).toBe(2);
  });

  it('numbers that are computed when they are read are those of their definitions', () => {
    const x = decompose({ la: embedded, drift: f, diffusion: d });
    // −Tr(D⁻¹ Q U Q) by solving equations
    const inverse = embedded.lu(d).inverse();
    const rate = -trace(times(times(inverse, x.q), times(x.u, x.q)));
    expect(x.entropyProductionRate / rate).toBeCloseTo(1, 11);
    // Σ ω² over pairs ±iω is −Tr (Q U)²
    const turned = times(x.q, x.u);
    const squares = x.cycleFrequencies.reduce((s, w) => s + 2 * w * w, 0);
    expect(squares / -trace(times(turned, turned))).toBeCloseTo(1, 11);
    for (const [m, number] of [[d, x.condition.diffusion], [x.w, x.condition.w]] as const) {
      const { s } = embedded.svd(m);
      expect(number / (s[0] / s[n - 1])).toBeCloseTo(1, 10);
    } // biome-ignore format: short
    const sent = structuredClone({ ...x, system: undefined });
    expect(sent.entropyProductionRate).toBe(x.entropyProductionRate);
    expect(sent.condition.w).toBe(x.condition.w);
  });

  it('a D that is not surely well conditioned is looked at by its eigenvalues, with the same answers', () => {
    // between the bound of 1e8 on ‖D‖_F·Tr D⁻¹, which counts it out, and a spectral condition of 9.9e7, which needs no warning
    const noise = diag([1, 1, 1, 1 / 9.9e7]);
    const drift = positive(4, 7);
    const x = decompose({ la: embedded, drift, diffusion: noise });
    expect(x.system.noiseFactor).toBeUndefined();
    expect(x.warnings.filter((w) => w.includes('nearly singular'))).toEqual([]);
    const worse = decompose({ la: embedded, drift, diffusion: diag([1, 1, 1, 1e-9]) });
    expect(worse.warnings.filter((w) => w.includes('D is nearly singular'))).toHaveLength(1);
    const better = decompose({ la: embedded, drift, diffusion: diag([1, 1, 1, 1e-7]) });
    expect(better.system.noiseFactor).toBeDefined();
    expect(better.system.noise.values[0]).toBeCloseTo(1e-7, 20);
    const rate = -trace(times(times(diag([1, 1, 1, 1e7]), better.q), times(better.u, better.q)));
    expect(better.entropyProductionRate / rate).toBeCloseTo(1, 6);
  });

  it('Σ is called ill-conditioned by its spectral condition, not by the bound that is looked at first', () => {
    // W = diag(1, 1, c): ‖W‖_F·‖U‖_F is √2·c
    const warned = (c: number) =>
      decompose({ la: embedded, drift: diag([1, 1, 1 / c]), diffusion: diag([1, 1, 1]) }).warnings.filter((w) =>
        w.includes('Σ is ill-conditioned'),
      ).length;
    expect([1e7, 9.9e7, 1.01e8, 1e9].map(warned)).toEqual([0, 0, 1, 1]);
  });
});
