import { describe, expect, it } from 'vitest';
import { column, embeddedLinearAlgebra, matrix } from '../src/numeric/linalg/index.js';
import { hutchinsonProbes, hutchinsonTrace, signVector, traceOf } from '../src/numeric/operators/hutchinson.js';
import { type LinearOperator, lanczos } from '../src/numeric/operators/lanczos.js';
import { type Multiplying, multiplyTogether } from '../src/numeric/operators/products.js';
import {
  densityOf,
  densityProbes,
  lanczosQuadrature,
  type Quadrature,
  spectralDensity,
} from '../src/numeric/operators/slq.js';
import { randomKey } from '../src/numeric/random.js';

const la = embeddedLinearAlgebra();

/** Q diag(values) Qᵀ with a random orthogonal Q: exact eigenvalues, known vectors (columns of Q). */
function withSpectrum(values: readonly number[], seed = 1) {
  const n = values.length;
  const s = randomKey(seed).stream();
  const q = la.eigh(
    symmetrised(
      matrix(
        n,
        n,
        Float64Array.from({ length: n * n }, () => s.normal()),
      ),
    ),
  ).vectors;
  const scaled = matrix(
    n,
    n,
    q.data.map((x, k) => x * values[k % n]),
  );
  const a = la.gemm(scaled, q, { transposeB: true });
  const op: LinearOperator = {
    size: n,
    apply: (x) =>
      Float64Array.from({ length: n }, (_, i) => {
        let sum = 0;
        for (let j = 0; j < n; j++) sum += a.data[i * n + j] * x[j];
        return sum;
      }),
  };
  return { op, q, a };
}

function symmetrised(a: ReturnType<typeof matrix>) {
  const n = a.rows;
  return matrix(
    n,
    n,
    a.data.map((x, k) => x + a.data[(k % n) * n + Math.floor(k / n)]),
  );
}

describe('Lanczos', () => {
  const values = [...Array.from({ length: 110 }, (_, i) => 0.01 * i), 2, 3, 5, 8, 13, -4, -1];

  it('finds the top pairs with their vectors, and its error bounds hold', () => {
    const { op, q } = withSpectrum(values);
    const { pairs, converged, steps } = lanczos(op, { count: 5, key: randomKey(2) });
    expect(converged).toBe(true);
    expect(steps).toBeLessThan(117);
    [13, 8, 5, 3, 2].forEach((truth, i) => {
      const { value, vector, residual } = pairs[i];
      expect(Math.abs(value.value - truth)).toBeLessThan(value.standardError);
      expect(value.standardError).toBeLessThanOrEqual(residual + 1e-12);
      expect(value.converged).toBe(true);
      const exact = column(q, values.indexOf(truth));
      expect(Math.abs(Math.abs(vector.reduce((sum, x, k) => sum + x * exact[k], 0)) - 1)).toBeLessThan(1e-12);
      const product = op.apply(vector);
      const norm = Math.sqrt(product.reduce((sum, x, k) => sum + (x - value.value * vector[k]) ** 2, 0));
      expect(Math.abs(norm - residual)).toBeLessThan(1e-10);
    });
    const { pairs: low } = lanczos(op, { count: 2, key: randomKey(2), end: 'smallest' });
    expect(low.map((p) => Math.round(p.value.value * 1e9) / 1e9)).toEqual([-4, -1]);
  });

  it('does not claim what it has not reached, and its bound still holds', () => {
    const { op } = withSpectrum(values);
    const { pairs, converged, steps } = lanczos(op, { count: 5, key: randomKey(2), maxSteps: 9 });
    expect([converged, steps]).toEqual([false, 9]);
    expect(pairs.some((p) => !p.value.converged)).toBe(true);
    for (const { value, residual } of pairs) {
      const nearest = Math.min(...values.map((v) => Math.abs(v - value.value)));
      expect(nearest).toBeLessThan(residual + 1e-12);
    }
  });

  it('stays orthogonal over a spectrum of 20 decades, with no copies of what has converged', () => {
    const decades = Array.from({ length: 60 }, (_, i) => 10 ** (-i / 3));
    const { op } = withSpectrum(decades, 3);
    const { pairs } = lanczos(op, { count: 8, key: randomKey(4), maxSteps: 60, tolerance: 1e-12 });
    for (const [i, p] of pairs.entries()) expect(Math.abs(p.value.value / decades[i] - 1)).toBeLessThan(1e-10);
  });

  it('ends early on an invariant subspace', () => {
    const op: LinearOperator = { size: 50, apply: (x) => x.map((v, i) => (i < 25 ? 2 : -3) * v) };
    const { pairs, steps } = lanczos(op, { count: 2, key: randomKey(1) });
    expect(steps).toBe(2);
    expect(pairs.map((p) => p.value.value)).toEqual([expect.closeTo(2, 12), expect.closeTo(-3, 12)]);
  });

  it('finds the same pairs with few vectors in memory, by restarts, and says how many products that took', () => {
    const { op } = withSpectrum(values);
    let most = 0;
    const counting = {
      size: op.size,
      apply: (x: Float64Array) => {
        most++;
        return op.apply(x);
      },
    };
    const key = randomKey(2);
    const options = { count: 3, key, vectors: 10, maxSteps: 400, opposite: 'pair' as const };
    const { pairs, steps, converged, oppositePair } = lanczos(counting, options);
    expect(converged).toBe(true);
    expect(steps).toBe(most);
    expect(steps).toBeGreaterThan(10);
    [13, 8, 5].forEach((truth, i) => {
      expect(Math.abs(pairs[i].value.value - truth)).toBeLessThan(pairs[i].value.standardError + 1e-13);
    });
    for (const { value, vector, residual } of [...pairs, oppositePair!]) {
      const product = op.apply(vector);
      const norm = Math.sqrt(product.reduce((sum, x, k) => sum + (x - value.value * vector[k]) ** 2, 0));
      expect(Math.abs(norm - residual)).toBeLessThan(1e-10);
    }
    expect(oppositePair!.value.value).toBeCloseTo(-4, 10);
    expect(lanczos(op, { count: 3, key }).oppositePair).toBeUndefined();
    expect(() => lanczos(op, { count: 3, key, vectors: 6 })).toThrow(/at least 7 vectors.*room for 6/);
  });

  it('refuses counts and operators that make no sense', () => {
    const op: LinearOperator = { size: 3, apply: () => new Float64Array(3).fill(Number.NaN) };
    expect(() => lanczos(op, { count: 4, key: randomKey(1) })).toThrow(/1 to 3 eigenpairs.*got 4/);
    expect(() => lanczos(op, { count: 1, key: randomKey(1) })).toThrow(/3 finite numbers; step 1 did not/);
  });
});

describe('products together', () => {
  it('give the same bits as one after the other, in as many rounds as the longest piece of work takes', async () => {
    const { op } = withSpectrum([5, 4, 1, 0.5, 0.1, 0, -1, -2]);
    const key = randomKey(3);
    const works = [
      ...densityProbes(8, { probes: 3, steps: 6, key }),
      ...hutchinsonProbes(8, { probes: 2, key }),
    ] as Multiplying<unknown>[];
    const rounds: number[] = [];
    const told: [number, number][] = [];
    const found = await multiplyTogether(
      async (vectors) => {
        rounds.push(vectors.length);
        return vectors.map(op.apply);
      },
      works,
      (products, unfinished) => told.push([products, unfinished]),
    );
    expect(rounds).toEqual([5, 3, 3, 3, 3, 3]);
    expect([told[0], told[1], told.at(-1)]).toEqual([
      [0, 5],
      [5, 3],
      [20, 0],
    ]);
    expect(densityOf(8, found.slice(0, 3) as Quadrature[], { steps: 6 })).toEqual(
      spectralDensity(op, { probes: 3, steps: 6, key }),
    );
    expect(traceOf(found.slice(3) as number[])).toEqual(hutchinsonTrace(op, { probes: 2, key }));
  });
});

describe('Hutchinson’s trace', () => {
  it('is exact for a diagonal matrix', () => {
    const op: LinearOperator = { size: 70, apply: (x) => x.map((v, i) => i * v) };
    const found = hutchinsonTrace(op, { probes: 3, key: randomKey(1) });
    expect(found.value).toBeCloseTo((69 * 70) / 2, 10);
    expect(found.standardError).toBeLessThan(1e-10);
  });

  it('has the variance of theory: 2(‖A‖² − Σ A_ii²) a probe', () => {
    const values = Array.from({ length: 40 }, (_, i) => Math.sin(i) * i);
    const { op, a } = withSpectrum(values, 5);
    let off = 0;
    for (let i = 0; i < 40; i++) for (let j = 0; j < 40; j++) if (i !== j) off += a.data[i * 40 + j] ** 2;
    const probes = 4000;
    const found = hutchinsonTrace(op, { probes, key: randomKey(6) });
    const sigma = Math.sqrt((2 * off) / probes);
    expect(Math.abs(found.value - values.reduce((x, y) => x + y, 0))).toBeLessThan(4 * sigma);
    // the sample variance of n near-Gaussian values has relative error √(2/n) = 2 %
    expect(Math.abs(found.standardError / sigma - 1)).toBeLessThan(0.06);
  });

  it('takes balanced signs, other ones for every probe', () => {
    const z = [0, 1].map((i) => signVector(10_000, randomKey(7).child(i).stream()));
    for (const v of z) {
      expect(v.every((x) => x === 1 || x === -1)).toBe(true);
      expect(Math.abs(v.reduce((a, b) => a + b, 0))).toBeLessThan(400); // 4σ
    }
    expect(Math.abs(z[0].reduce((sum, x, i) => sum + x * z[1][i], 0))).toBeLessThan(400);
    expect(() => hutchinsonTrace({ size: 1, apply: (x) => x }, { probes: 1, key: randomKey(1) })).toThrow(/2 probes/);
  });
});

describe('spectral density', () => {
  it('weighs nodes by first components: a start in one eigenvector sees that eigenvalue alone', () => {
    // with weights from all components every node would get 1/k
    const op: LinearOperator = { size: 4, apply: (x) => x.map((v, i) => (i + 1) * v) };
    const start = Float64Array.from([Math.sqrt(0.7), Math.sqrt(0.1), 0, Math.sqrt(0.2)]);
    const { nodes, weights } = lanczosQuadrature(op, start, 4);
    expect(Array.from(nodes)).toEqual([1, 2, 4].map((v) => expect.closeTo(v, 10)));
    expect(Array.from(weights)).toEqual([0.7, 0.1, 0.2].map((v) => expect.closeTo(v, 10)));
  });

  it('is a Gauss quadrature: exact moments up to twice the steps', () => {
    const values = Array.from({ length: 30 }, (_, i) => Math.cos(2 * i));
    const { op } = withSpectrum(values, 8);
    const start = signVector(30, randomKey(9).stream()).map((x) => x / Math.sqrt(30));
    const { nodes, weights } = lanczosQuadrature(op, start, 5);
    let power: Float64Array = start;
    for (let m = 0; m <= 9; m++) {
      const moment = power.reduce((sum, x, i) => sum + x * start[i], 0);
      const found = nodes.reduce((sum, x, j) => sum + weights[j] * x ** m, 0);
      expect(Math.abs(found - moment)).toBeLessThan(1e-12);
      power = op.apply(power);
    }
  });

  it('counts eigenvalues: most of them zero, a few large', () => {
    // the shape of a Hessian: 10 outliers of 400; the old bug gave the outliers far more than their share
    const values = Array.from({ length: 400 }, (_, i) => (i < 390 ? 1e-3 * (i / 390) : i - 388));
    const { op } = withSpectrum(values, 10);
    const found = spectralDensity(op, {
      probes: 12,
      steps: 40,
      key: randomKey(11),
      at: [-0.5, 0.5, 5.5, 12],
      width: 0.2,
    });
    // zᵀMz for signs z has variance below 2‖M‖_F²: M the projector on 10, 6 or no eigenvectors, over 400
    [0, 390 / 400, 394 / 400, 1].forEach((truth, i) => {
      const sigma = Math.sqrt((2 * [0, 10, 6, 0][i]) / 12) / 400;
      expect(Math.abs(found.cumulative[i] - truth)).toBeLessThan(4 * sigma + 1e-9);
    });
    expect(found.cumulativeError[1]).toBeGreaterThan(0);
    expect(found.trace.n).toBe(12);
    const moment = (power: number) => values.reduce((sum, x) => sum + x ** power, 0);
    expect(Math.abs(found.trace.value - moment(1))).toBeLessThan(4 * Math.sqrt((2 * moment(2)) / 12));
    expect(Math.abs(found.squaredFrobenius.value - moment(2))).toBeLessThan(4 * Math.sqrt((2 * moment(4)) / 12));
    for (const { weights } of found.probes) expect(weights.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  });

  it('integrates to one', () => {
    const { op } = withSpectrum(
      Array.from({ length: 50 }, (_, i) => i * i),
      12,
    );
    const { at, density, width } = spectralDensity(op, { probes: 3, steps: 20, key: randomKey(13) });
    expect(width).toBeCloseTo(24.01, 1);
    const step = at[1] - at[0];
    expect(density.reduce((a, b) => a + b, 0) * step).toBeCloseTo(1, 2);
    expect(() => spectralDensity(op, { probes: 1, key: randomKey(1) })).toThrow(/at least 2 probes/);
  });

  it('stays right with three vectors for each probe', () => {
    const { op } = withSpectrum(Array.from({ length: 60 }, (_, i) => (i < 3 ? 50 - 10 * i : 0.02 * i)));
    const options = { probes: 4, steps: 40, key: randomKey(7), at: [-0.1, 10, 35, 60], width: 0.1 };
    const [all, three] = [spectralDensity(op, options), spectralDensity(op, { ...options, memory: 'three' })];
    all.cumulative.forEach((x, i) => {
      expect(Math.abs(x - three.cumulative[i])).toBeLessThan(1e-8);
    });
    expect(three.trace.value / all.trace.value).toBeCloseTo(1, 8);
    expect(three.squaredFrobenius.value / all.squaredFrobenius.value).toBeCloseTo(1, 8);
  });
});
