/** Decompositions of linear systems against closed forms, exact fractions, known constructions and SciPy, on both providers. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { residualsOf } from '../src/analyse/decomposition/checks.js';
import { type Decomposition, decompose } from '../src/analyse/decomposition/decompose.js';
import { discreteCovariance } from '../src/analyse/decomposition/discrete.js';
import { vortices } from '../src/analyse/decomposition/vortices.js';
import { chooseProvider, fromRows, type LinearAlgebra, type Matrix } from '../src/numeric/linalg/index.js';
import { exactLyapunov } from './oracles/decomposition-exact.js';
import { diag, fill, flip, minus, norm, random, reflect, symmetric, times } from './oracles/linalg-matrices.js';

const scipy = JSON.parse(readFileSync(new URL('./oracles/decomposition.json', import.meta.url), 'utf8'));
const embedded = await chooseProvider({ prefer: 'embedded' });
const system = await chooseProvider({ prefer: 'system' }).catch(() => undefined);
const providers: [string, LinearAlgebra][] = [['embedded', embedded], ...(system ? [['system', system] as [string, LinearAlgebra]] : [])]; // biome-ignore format: one table

const plus = (a: Matrix, b: Matrix, factor = 1) =>
  fill(a.rows, a.cols, (i, j) => a.data[i * a.cols + j] + factor * b.data[i * a.cols + j]);
const scaled = (a: Matrix, factor: number) => fill(a.rows, a.cols, (i, j) => factor * a.data[i * a.cols + j]);
const eye = (n: number) => diag(new Array(n).fill(1));
const trace = (a: Matrix) =>
  Array.from({ length: a.rows }, (_, i) => a.data[i * (a.cols + 1)]).reduce((s, x) => s + x, 0);
/** Relative distance; absolute where b is 0. */
const distance = (a: Matrix, b: Matrix) => norm(minus(a, b)) / (norm(b) || 1);
const close = (a: Matrix, rows: number[][], tolerance = 1e-13) =>
  expect(distance(a, fromRows(rows))).toBeLessThan(tolerance);

/** S·S' + 1/2 with random S: symmetric, eigenvalues from ½ to about 2n. */
function positive(n: number, seed: number): Matrix {
  const r = random(n, n, seed);
  return plus(times(r, flip(r)), eye(n), 0.5);
}
const skew = (n: number, seed: number, size = 1): Matrix => {
  const r = random(n, n, seed);
  return fill(n, n, (i, j) => size * (r.data[i * n + j] - r.data[j * n + i]));
};

/** Every identity of [D1]–[D3] by naive products that share no code with the library; the largest relative error. */
function worstIdentity(f: Matrix, d: Matrix, epsilon: number, x: Decomposition): number {
  const n = f.rows;
  const { w, u, q, s, a } = x;
  const sa = plus(s, a);
  const dq = plus(d, q);
  const against = (left: Matrix, right: Matrix, size: number) => norm(minus(left, right)) / size;
  const both = (m: Matrix) => plus(times(f, m), times(m, flip(f)));
  return Math.max(
    against(both(w), scaled(d, 2), 2 * norm(d)),
    against(both(x.sigma!), scaled(d, 2 * epsilon), 2 * epsilon * norm(d)),
    against(both(q), minus(times(f, d), times(d, flip(f))), 2 * norm(f) * (norm(d) + norm(q))),
    against(times(f, w), dq, norm(dq)),
    against(times(dq, u), f, norm(f)),
    against(times(sa, dq), eye(n), Math.sqrt(n)),
    against(times(times(sa, d), flip(sa)), s, norm(s)),
    against(times(u, w), eye(n), Math.sqrt(n)),
    distance(flip(w), w),
    distance(flip(u), u),
    distance(flip(s), s),
    norm(plus(q, flip(q))),
    norm(plus(a, flip(a))),
    distance(scaled(w, epsilon), x.sigma!),
  );
}

describe.each(providers)('closed forms, %s', (_, la) => {
  it.each([
    [1, 2],
    [0.3, -5],
    [4, 0.01],
  ])('rotation: relaxes at %f, turns at %f', (rate, w) => {
    const x = decompose({ la, drift: fromRows([[rate, -w], [w, rate]]), diffusion: eye(2), noiseStrength: 0.7 }); // biome-ignore format: matrix
    const r = w / rate;
    close(x.w, [[1 / rate, 0], [0, 1 / rate]]); // biome-ignore format: matrix
    close(x.sigma!, [[0.7 / rate, 0], [0, 0.7 / rate]]); // biome-ignore format: matrix
    close(x.u, [[rate, 0], [0, rate]]); // biome-ignore format: matrix
    close(x.q, [[0, -r], [r, 0]]); // biome-ignore format: matrix
    close(x.s, [[1 / (1 + r * r), 0], [0, 1 / (1 + r * r)]]); // biome-ignore format: matrix
    close(x.a, [[0, r / (1 + r * r)], [-r / (1 + r * r), 0]]); // biome-ignore format: matrix
    expect(x.entropyProductionRate).toBeCloseTo((2 * w * w) / rate, 11);
    expect(x.cycleFrequencies[0]).toBeCloseTo(Math.abs(w), 12);
    expect(x.stationary).toBe(true);
    expect(x.warnings).toEqual([]);
    const { vortices: [v], flux } = vortices(la, x); // biome-ignore format: one line
    expect(v.q).toBeCloseTo(Math.abs(r), 12);
    expect(v.share).toBe(1);
    expect(flux).toBeCloseTo((2 * w * w) / rate, 11);
    expect(v.circulation).toBeCloseTo(0.7 * Math.abs(r), 12);
  });

  it.each([
    [1, 0.5, 2],
    [0.01, 3, 1],
    [20, 0.2, 0.1],
  ])('Kramers oscillator: damping %f, frequency %f, temperature %f', (gamma, omega, temperature) => {
    // position' = velocity, velocity' = −omega²·position − gamma·velocity + noise: D is singular, Σ is not
    const o2 = omega * omega;
    const x = decompose({ la, drift: fromRows([[0, -1], [o2, gamma]]), diffusion: diag([0, gamma]), noiseStrength: temperature }); // biome-ignore format: matrix
    close(x.sigma!, [[temperature / o2, 0], [0, temperature]], 1e-12); // biome-ignore format: matrix
    close(x.u, [[o2, 0], [0, 1]], 1e-12); // biome-ignore format: matrix
    close(x.q, [[0, -1], [1, 0]], 1e-12); // biome-ignore format: matrix
    close(x.s, [[gamma, 0], [0, 0]], 1e-12); // biome-ignore format: matrix
    close(x.a, [[0, 1], [-1, 0]], 1e-12); // biome-ignore format: matrix
    expect(x.cycleFrequencies[0]).toBeCloseTo(omega, 11);
    expect(x.entropyProductionRate).toBeNaN();
    expect(x.warnings.join()).toMatch(/adds noise to only 1 of 2/);
    const v = vortices(la, x);
    expect(v.whitening).toBe('potential');
    expect(v.vortices).toHaveLength(1);
    expect(v.vortices[0].q).toBeCloseTo(omega, 11);
    expect(v.flux).toBeCloseTo(2 * o2, 10);
  });

  it('commuting F and D: detailed balance, whatever the basis', () => {
    const [l, e] = [[0.2, 1, 3, 7, 40], [2, 0.1, 5, 1, 3]]; // biome-ignore format: two lines of numbers
    const f = reflect(diag(l), 5, 'both');
    const d = reflect(diag(e), 5, 'both');
    const x = decompose({ la, drift: f, diffusion: d });
    expect(x.system.symmetricDrift).toBe(true);
    const w = reflect(diag(l.map((v, i) => e[i] / v)), 5, 'both');
    expect(distance(x.w, w)).toBeLessThan(1e-14 * 200);
    expect(norm(x.q)).toBeLessThan(1e-14 * norm(d));
    expect(x.entropyProductionRate).toBeLessThan(1e-25);
    const v = vortices(la, x);
    expect(v.vortices).toEqual([]);
    expect(v.still.rows).toBe(5);
  });

  it('symmetric F that does not commute with D: [D4] in a basis where F is diagonal', () => {
    const l = [1, 3, 10];
    const d = [[2, 1, 0.5], [1, 3, -1], [0.5, -1, 2]]; // biome-ignore format: matrix
    const x = decompose({ la, drift: diag(l), diffusion: fromRows(d) });
    close(x.w, d.map((row, i) => row.map((v, j) => (2 * v) / (l[i] + l[j])))); // biome-ignore format: one formula
    close(x.q, d.map((row, i) => row.map((v, j) => (v * (l[i] - l[j])) / (l[i] + l[j])))); // biome-ignore format: one formula
  });

  it.each([0, 0.5, 1.5])('Chaudhari & Soatto 2018, linearised at the minimum (1, 0) of Phi, lambda = %f', (lambda) => {
    // ∇f = ∇Phi − lambda·e^{Phi}·J by central differences; by hand F = (2 c; 0 1) with c = lambda·e^{−1/4}. The drift itself
    // vanishes there for lambda = 0 only, so U of the linear system is Phi's Hessian for lambda = 0 only.
    const force = (a: number, b: number) => {
      const phi = (a * a - 1) ** 2 / 4 + (b * b) / 2;
      const e = lambda * Math.exp(phi - (a * a + b * b) ** 2 / 4);
      return [a * (a * a - 1) + e * b, b - e * a];
    };
    const h = 1e-5;
    const column = (da: number, db: number) => {
      const [p, m] = [force(1 + da, db), force(1 - da, -db)];
      return [(p[0] - m[0]) / (2 * h), (p[1] - m[1]) / (2 * h)];
    };
    const [first, second] = [column(h, 0), column(0, h)];
    const c = lambda * Math.exp(-0.25);
    const drift = fromRows([[2, c], [0, 1]]); // biome-ignore format: matrix
    close(drift, [[first[0], second[0]], [first[1], second[1]]], 1e-8); // biome-ignore format: matrix
    const x = decompose({ la, drift, diffusion: eye(2) });
    close(x.w, [[0.5 + (c * c) / 6, -c / 3], [-c / 3, 1]]); // biome-ignore format: matrix
    close(x.q, [[0, c / 3], [-c / 3, 0]]); // biome-ignore format: matrix
    if (lambda === 0)
      close(x.u, [[2, 0], [0, 1]]); // biome-ignore format: matrix
    else expect(distance(x.u, diag([2, 1]))).toBeGreaterThan(0.05);
  });

  it('one coordinate', () => {
    const x = decompose({ la, drift: fromRows([[4]]), diffusion: fromRows([[2]]), noiseStrength: 3 });
    [x.sigma!, x.u, x.q, x.s, x.a].forEach((m, k) => {
      expect(m.data[0]).toBeCloseTo([1.5, 2, 0, 0.5, 0][k], 14);
    });
    expect(vortices(la, x).vortices).toEqual([]);
    expect(discreteCovariance(la, x, 0.25).sigma.data[0]).toBeCloseTo(3, 13); // (1 − ¼·4)² = 0: Σ = C = 2·¼·3·2
  });
});

describe('systems built from their answer', () => {
  // F = (D + Q)·U is stable for every D, U > 0 and every Q: the answer is known before the question
  it.each(providers)('return U and Q to 1e-10, and every identity, %s', (_, la) => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 14 }),
        fc.integer({ min: 1, max: 1e6 }),
        fc.double({ min: 0, max: 5, noNaN: true }),
        fc.double({ min: 0.01, max: 100, noNaN: true }),
        (n, seed, turn, epsilon) => {
          const [d, u, q] = [positive(n, seed), positive(n, seed + 1), skew(n, seed + 2, turn)];
          const f = times(plus(d, q), u);
          const x = decompose({ la, drift: f, diffusion: d, noiseStrength: epsilon });
          expect(distance(x.u, u)).toBeLessThan(1e-10);
          expect(norm(minus(x.q, q)) / (norm(d) + norm(q))).toBeLessThan(1e-10);
          expect(worstIdentity(f, d, epsilon, x)).toBeLessThan(1e-10);
          for (const value of Object.values(x.residuals))
            if (typeof value === 'number') expect(value).toBeLessThan(1e-10);
          // the error bound holds for what is known exactly
          const known = times(u, x.w);
          expect(norm(minus(known, eye(n)))).toBeLessThan(
            10 * (x.errorBound + 1e-15 * n) * x.condition.w * Math.sqrt(n),
          );
        },
      ),
      { numRuns: 60, seed: 31 },
    );
  });

  it('symmetric F (the fast path) fulfils the same identities', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 1e6 }), (n, seed) => {
        const [f, d] = [positive(n, seed), positive(n, seed + 1)];
        const x = decompose({ la: embedded, drift: f, diffusion: d });
        expect(x.system.symmetricDrift).toBe(true);
        expect(worstIdentity(f, d, 1, x)).toBeLessThan(1e-10);
      }),
      { numRuns: 60, seed: 32 },
    );
  });

  it('noise strength moves Σ and nothing else; a common factor of D moves W and Q; units of time move U', () => {
    const [f, d] = [times(plus(positive(5, 1), skew(5, 2)), positive(5, 3)), positive(5, 1)];
    const x = decompose({ la: embedded, drift: f, diffusion: d });
    const hot = decompose({ la: embedded, drift: f, diffusion: d, noiseStrength: 8 });
    expect(hot.u).toEqual(x.u);
    expect(distance(hot.sigma!, scaled(x.sigma!, 8))).toBeLessThan(1e-15);
    const loud = decompose({ la: embedded, drift: f, diffusion: scaled(d, 4) });
    expect(distance(loud.q, scaled(x.q, 4))).toBeLessThan(1e-13);
    expect(distance(loud.w, scaled(x.w, 4))).toBeLessThan(1e-13);
    const fast = decompose({ la: embedded, drift: scaled(f, 4), diffusion: scaled(d, 4) });
    expect(distance(fast.w, x.w)).toBeLessThan(1e-13);
    expect(fast.entropyProductionRate / x.entropyProductionRate).toBeCloseTo(4, 11);
  });

  it('in the PCA basis sigma_i² = epsilon·D_ii/F_ii and Q_ij = (F_ij·sigma_j² − F_ji·sigma_i²)/(2·epsilon) [D5]', () => {
    const [epsilon, n] = [0.3, 6];
    const d = positive(n, 11);
    for (const f of [times(plus(positive(n, 11), skew(n, 12)), positive(n, 13)), positive(n, 14)]) {
      const x = decompose({ la: embedded, drift: f, diffusion: d, noiseStrength: epsilon });
      const { values, vectors } = embedded.eigh(x.sigma!);
      const turned = (m: Matrix) => times(times(flip(vectors), m), vectors);
      const [fp, dp, qp] = [turned(f), turned(d), turned(x.q)];
      for (let i = 0; i < n; i++) {
        expect((epsilon * dp.data[i * n + i]) / fp.data[i * n + i] / values[i]).toBeCloseTo(1, 10);
        for (let j = 0; j < n; j++) {
          const [there, back] = [fp.data[i * n + j], fp.data[j * n + i]];
          expect(qp.data[i * n + j]).toBeCloseTo((there * values[j] - back * values[i]) / (2 * epsilon), 9);
          // for a symmetric F that is F_ij (sigma_j² − sigma_i²)/(2·epsilon)
          if (x.system.symmetricDrift) expect(there).toBeCloseTo(back, 10);
        }
      }
    }
  });

  it("entropy production −Tr(D⁻¹QUQ) equals Tr(D⁻¹FWF') − Tr F", () => {
    for (const n of [2, 3, 7]) {
      const [f, d] = [times(plus(positive(n, n), skew(n, n + 1, 2)), positive(n, n + 2)), positive(n, n)];
      const x = decompose({ la: embedded, drift: f, diffusion: d });
      const inverse = embedded.lu(d).inverse();
      const other = trace(times(inverse, times(times(f, x.w), flip(f)))) - trace(f);
      expect(x.entropyProductionRate / other).toBeCloseTo(1, 9);
    }
  });
});

describe('the naive way agrees', () => {
  it("Q from the n²×n² equation F·Q + Q·F' = F·D − D·F', solved by elimination", () => {
    for (const n of [2, 3, 4, 5]) {
      const [f, d] = [times(plus(positive(n, n), skew(n, n + 1)), positive(n, n + 2)), positive(n, n)];
      const right = minus(times(f, d), times(d, flip(f)));
      const q = kronecker(f, right);
      expect(distance(decompose({ la: embedded, drift: f, diffusion: d }).q, q)).toBeLessThan(1e-10);
    }
  });

  /** X with F·X + X·F' = R: least squares by normal equations would square the condition; plain elimination suffices. */
  function kronecker(f: Matrix, right: Matrix): Matrix {
    const n = f.rows;
    const rows = Array.from({ length: n * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      const r = new Array(n * n + 1).fill(0);
      for (let k = 0; k < n; k++) {
        r[k * n + j] += f.data[i * n + k];
        r[i * n + k] += f.data[j * n + k];
      }
      r[n * n] = right.data[at];
      return r;
    });
    for (let c = 0; c < n * n; c++) {
      let best = c;
      for (let r = c; r < n * n; r++) if (Math.abs(rows[r][c]) > Math.abs(rows[best][c])) best = r;
      [rows[c], rows[best]] = [rows[best], rows[c]];
      for (let r = 0; r < n * n; r++) {
        const factor = r === c ? 0 : rows[r][c] / rows[c][c];
        if (factor !== 0) for (let k = c; k <= n * n; k++) rows[r][k] -= factor * rows[c][k];
      }
    }
    return fill(n, n, (i, j) => rows[i * n + j][n * n] / rows[i * n + j][i * n + j]);
  }
});

describe('SciPy agrees', () => {
  const n = 9;
  const noise = symmetric(n, (i, j) => (i === j ? 6 : 0) + (((i * j * 3 + i + j) % 7) - 3) / 8);
  const systems: Record<string, Matrix> = {
    general: fill(n, n, (i, j) => (i === j ? 5 : 0) + (((i * i * 5 + j * 11 + i * j) % 23) - 11) / 8),
    symmetric: symmetric(n, (i, j) => (i === j ? 9 : 0) + ((((i + 1) * (j + 1) * 7 + i + j) % 19) - 9) / 8),
    jordan: fill(n, n, (i, j) => (i === j ? 2 : j === i + 1 ? 1 : 0)),
    nonNormal: fill(n, n, (i, j) => (i === j ? 1 + i / 8 : j > i ? 4 : 0)),
  };
  const names = Object.keys(systems);
  it.each(providers.flatMap(([name, la]) => names.map((s) => [s, name, la] as const)))('%s, %s', (name, _, la) => {
    const x = decompose({ la, drift: systems[name], diffusion: noise });
    const s = scipy[name];
    // two backward stable answers differ by the condition of the question
    const w = 20 * x.errorBound + 1e-14;
    const u = w * x.condition.w;
    expect(distance(x.w, fromRows(s.w))).toBeLessThan(w);
    expect(distance(x.u, fromRows(s.u))).toBeLessThan(u);
    expect(norm(minus(x.q, fromRows(s.q)))).toBeLessThan(w * norm(systems[name]) * norm(x.w));
    const friction = plus(x.s, x.a);
    const amplified = w * norm(systems[name]) * norm(x.w) * norm(friction);
    expect(distance(x.s, fromRows(s.s))).toBeLessThan(amplified * 50);
    expect(distance(x.a, fromRows(s.a))).toBeLessThan(amplified * 50);
    expect(x.entropyProductionRate / s.entropyProductionRate).toBeCloseTo(1, 6);
    for (const [k, v] of s.cycleFrequencies.entries()) expect(x.cycleFrequencies[k] / v).toBeCloseTo(1, 7);
    const q = vortices(la, x)
      .vortices.map((v) => v.q)
      .sort((a, b) => b - a);
    for (const [k, v] of s.vortexQ.entries()) expect(q[k] / v).toBeCloseTo(1, 7);
    const step = discreteCovariance(la, x, 1 / 64);
    expect(distance(step.sigma, fromRows(s.discrete))).toBeLessThan(Math.max(1e-11, 1e3 * x.errorBound));
    expect(step.residual).toBeLessThan(1e-12);
  });
});

describe('hard drifts, against exact fractions', () => {
  /** Whole numbers, so that the question itself has no rounding. */
  const cases: [string, number[][], number[][]][] = [
    ['Jordan block', [[1, 1, 0, 0], [0, 1, 1, 0], [0, 0, 1, 1], [0, 0, 0, 1]], [[2, 1, 0, 0], [1, 2, 0, 0], [0, 0, 1, 0], [0, 0, 0, 3]]],
    ['large Jordan couplings', [[1, 1000, 0], [0, 1, 1000], [0, 0, 1]], [[1, 0, 0], [0, 1, 0], [0, 0, 1]]],
    ['strongly non-normal', [[1, 100000000], [0, 2]], [[1, 0], [0, 1]]],
    ['non-normal and near the edge', [[1, 100000, 7], [0, 3, -100000], [0, 0, 2]], [[5, 1, 0], [1, 4, 0], [0, 0, 1]]],
    ['defective in a skew basis', [[3, -1, 0], [1, 1, 0], [5, -5, 2]], [[2, 1, 1], [1, 3, 0], [1, 0, 2]]],
    ['slow and fast', [[1, 1, 0], [-1, 1000000, 1], [0, -1, 1000]], [[1, 0, 0], [0, 1, 0], [0, 0, 1]]],
    ['noise on one of three, carried by F', [[0, -1, 0], [1, 0, -1], [0, 1, 1]], [[0, 0, 0], [0, 0, 0], [0, 0, 1]]],
    ['nearly singular noise', [[1, -3, 0], [3, 2, 1], [1, 0, 1]], [[1000000000, 0, 0], [0, 1, 0], [0, 0, 1]]],
    ['rank-one noise of all', [[2, 1, 0], [0, 3, 1], [0, 0, 5]], [[1, 1, 1], [1, 1, 1], [1, 1, 1]]],
  ]; // biome-ignore format: one case a line
  it.each(providers.flatMap(([p, la]) => cases.map((c) => [c[0], p, la, c[1], c[2]] as const)))(
    '%s, %s',
    (_, __, la, f, d) => {
      const x = decompose({ la, drift: fromRows(f), diffusion: fromRows(d) });
      const exact = fromRows(exactLyapunov(f, d));
      const error = distance(x.w, exact);
      // what is promised holds, and the promise is not idle: it stays within what the condition explains
      expect(error).toBeLessThan(2 * x.errorBound);
      expect(x.errorBound).toBeLessThan(100 * 2 ** -52 * x.condition.lyapunov);
      expect(x.residuals.force).toBeLessThan(1e-8);
      if (x.errorBound > 1e-8) expect(x.warnings.join()).toMatch(/in double precision Σ is accurate/);
      if (x.condition.w > 1e8) expect(x.warnings.join()).toMatch(/Σ is ill-conditioned/);
    },
  );

  it('a Jordan block of order 60 keeps its identities', () => {
    const n = 60;
    const f = fill(n, n, (i, j) => (i === j ? 2 : j === i + 1 ? 1 : 0));
    const x = decompose({ la: embedded, drift: f, diffusion: eye(n) });
    expect(worstIdentity(f, eye(n), 1, x)).toBeLessThan(1e-12);
  });

  it('noise that fades in one direction: W tends to that of the singular D, the vortex number grows like its inverse root', () => {
    const f = [[0, -1], [1, 1]]; // biome-ignore format: matrix
    let last = 0;
    for (const delta of [1e-2, 1e-6, 1e-10]) {
      const x = decompose({ la: embedded, drift: fromRows(f), diffusion: diag([delta, 1]) });
      // W by the closed form of order 2: (det F·D + (F − tr F)·D·(F − tr F)')/(tr F·det F)
      close(x.w, [[1 + 2 * delta, -delta], [-delta, 1 + delta]], 1e-14); // biome-ignore format: matrix
      const q = vortices(embedded, x).vortices[0].q;
      expect(q * Math.sqrt(delta)).toBeCloseTo(1 + delta, 4);
      expect(q).toBeGreaterThan(last);
      last = q;
    }
  });
});

describe('large systems', () => {
  it('order 250: estimated residuals are those of naive products', () => {
    const n = 250;
    const f = plus(scaled(random(n, n, 1), 1), eye(n), 12);
    const d = positive(n, 2);
    const x = decompose({ la: embedded, drift: f, diffusion: d });
    expect(x.residuals.method).toBe('16 random probes');
    expect(x.residuals.force).toBeLessThan(1e-12);
    // errors large enough to be measured through both ways
    const wrong = { ...x, drift: f, diffusion: d, w: plus(x.w, random(n, n, 3), 1e-6), u: plus(x.u, eye(n), 1e-7) };
    const seen = residualsOf(embedded, wrong);
    const lyapunov = norm(minus(plus(times(f, wrong.w), times(wrong.w, flip(f))), scaled(d, 2))) / (2 * norm(d));
    const drift = norm(minus(times(plus(d, x.q), wrong.u), f)) / norm(f);
    expect(seen.lyapunov / lyapunov).toBeGreaterThan(0.7);
    expect(seen.lyapunov / lyapunov).toBeLessThan(1.4);
    expect(seen.drift / drift).toBeGreaterThan(0.7);
    expect(seen.drift / drift).toBeLessThan(1.4);
  });
});
