/** Planes of the current, the antisymmetric eigenproblem under them, and the picture. docs/theory [D7]. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { antisymmetricForm, antisymmetricValues } from '../src/analyse/decomposition/antisymmetric.js';
import { decompose } from '../src/analyse/decomposition/decompose.js';
import { potentialPlane } from '../src/analyse/decomposition/plane.js';
import { vortices } from '../src/analyse/decomposition/vortices.js';
import { potentialFigure } from '../src/experiments/decompose/figures/potential.js';
import { forceKernelBuild } from '../src/kernels/load.js';
import { chooseProvider, fromRows, type LinearAlgebra, type Matrix, row } from '../src/numeric/linalg/index.js';
import { diag, fill, flip, minus, norm, orthonormality, random, reflect, times } from './oracles/linalg-matrices.js';

const embedded = await chooseProvider({ prefer: 'embedded' });
const system = await chooseProvider({ prefer: 'system' }).catch(() => undefined);
const providers: [string, LinearAlgebra][] = [['embedded', embedded], ...(system ? [['system', system] as [string, LinearAlgebra]] : [])]; // biome-ignore format: one table

const eye = (n: number) => diag(new Array(n).fill(1));
const plus = (a: Matrix, b: Matrix) => fill(a.rows, a.cols, (i, j) => a.data[i * a.cols + j] + b.data[i * a.cols + j]);
const positive = (n: number, seed: number) => {
  const r = random(n, n, seed);
  return plus(times(r, flip(r)), diag(new Array(n).fill(0.5)));
};
const skew = (n: number, seed: number) => {
  const r = random(n, n, seed);
  return fill(n, n, (i, j) => r.data[i * n + j] - r.data[j * n + i]);
};
const dot = (a: Float64Array, b: Float64Array) => a.reduce((s, v, i) => s + v * b[i], 0);
const apply = (m: Matrix, v: Float64Array) => Float64Array.from({ length: m.rows }, (_, i) => dot(row(m, i), v));

/** Rotations by given rates in the planes (0,1), (2,3), …, seen from a turned basis. */
function turning(rates: readonly number[], n: number, seed: number): Matrix {
  const k = fill(n, n, (i, j) =>
    j === i + 1 && i % 2 === 0 ? (rates[i / 2] ?? 0) : i === j + 1 && j % 2 === 0 ? -(rates[j / 2] ?? 0) : 0,
  );
  const p = reflect(eye(n), seed, 'left');
  const turned = times(times(p, k), flip(p));
  return fill(n, n, (i, j) => 0.5 * (turned.data[i * n + j] - turned.data[j * n + i]));
}

describe.each(providers)('antisymmetric matrices, %s', (_, la) => {
  it.each<[string, number[], number]>([
    ['one plane', [3], 2],
    ['odd order', [5, 2], 5],
    ['equal rates', [2, 2, 2, 1], 8],
    ['rates over many decades', [1e8, 1, 1e-6, 1e-9], 9],
    ['many directions at rest', [4, 1], 11],
    ['nothing turns', [], 6],
    ['one coordinate', [], 1],
    ['order 2 at rest', [0], 2],
    ...[65, 66, 67, 68].map((n): [string, number[], number] => [`${n}, around a block of reflections`, Array.from({ length: n >> 1 }, (_, i) => 40 - i), n]), // biome-ignore format: a table
    ['large', Array.from({ length: 65 }, (_, i) => 65 - i), 131],
  ])('%s', (_, rates, n) => {
    const k = turning(rates, n, n + 7);
    const { q, vectors } = antisymmetricForm(la, k);
    const size = Math.max(...rates, 1e-300);
    expect(q).toHaveLength(n >> 1);
    for (let i = 0; i < q.length; i++) expect(Math.abs(q[i] - (rates[i] ?? 0))).toBeLessThan(1e-14 * n * size);
    expect(orthonormality(flip(vectors))).toBeLessThan(1e-14 * n);
    const back = fill(n, n, (i, j) => {
      let s = 0;
      for (let p = 0; p < q.length; p++) {
        const [a, b] = [2 * p * n, (2 * p + 1) * n];
        s += q[p] * (vectors.data[a + i] * vectors.data[b + j] - vectors.data[b + i] * vectors.data[a + j]);
      }
      return s;
    });
    expect(norm(minus(back, k))).toBeLessThan(2e-14 * n * size);
    const values = antisymmetricValues(k);
    for (let i = 0; i < q.length; i++) expect(Math.abs(values[i] - (rates[i] ?? 0))).toBeLessThan(1e-14 * n * size);
  });

  it('both kernel builds agree with the real Schur form', () => {
    for (const build of ['fma', 'simd'] as const) {
      forceKernelBuild(build);
      for (const n of [3, 4, 17, 50]) {
        const k = skew(n, n);
        const schur = Array.from(la.schur(k).im)
          .filter((v) => v > 0)
          .sort((a, b) => b - a);
        const { q } = antisymmetricForm(la, k);
        for (const [i, v] of schur.entries()) expect(q[i] / v).toBeCloseTo(1, 11);
      }
    }
    forceKernelBuild(undefined);
  });
});

describe.each(providers)('vortices, %s', (_, la) => {
  it('planes are invariant, S and A have 1/(1+q²) and q/(1+q²) in them, shares add up to the entropy production', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 11 }), fc.integer({ min: 1, max: 1e6 }), (n, seed) => {
        const d = positive(n, seed);
        const drift = times(plus(d, skew(n, seed + 1)), positive(n, seed + 2));
        const x = decompose({ la, drift, diffusion: d, noiseStrength: 0.5 });
        const v = vortices(la, x);
        expect(v.whitening).toBe('diffusion');
        expect(v.vortices.length * 2 + v.still.rows).toBe(n);
        expect(v.still.rows).toBe(n % 2);
        // D^(1/2) by eigenvectors of D, in the test's own products
        const { values, vectors } = la.eigh(d);
        const root = (p: number) => times(times(vectors, diag(Array.from(values, (e) => e ** p))), flip(vectors));
        const [half, inverse] = [root(0.5), root(-0.5)];
        const k = times(times(inverse, x.q), inverse);
        const [s, a] = [times(times(half, x.s), half), times(times(half, x.a), half)];
        let [share, entropy] = [0, 0];
        let last = Infinity;
        for (const { q, whitened, basis, share: part, circulation } of v.vortices) {
          const [e, f] = whitened;
          const tolerance = 1e-9 * (1 + q * q);
          expect(norm(minus(col(apply(k, f)), col(e.map((y) => q * y))))).toBeLessThan(tolerance);
          expect(norm(minus(col(apply(k, e)), col(f.map((y) => -q * y))))).toBeLessThan(tolerance);
          expect(norm(minus(col(apply(s, e)), col(e.map((y) => y / (1 + q * q)))))).toBeLessThan(tolerance);
          expect(norm(minus(col(apply(a, f)), col(e.map((y) => (-y * q) / (1 + q * q)))))).toBeLessThan(tolerance);
          expect(circulation).toBeCloseTo(0.5 * q, 12);
          // velocities of this vortex lie in the plane spanned by `basis`, and turn from its first to its second vector
          for (const y of whitened) {
            const moved = apply(half, y);
            const inside = basis.map((b) => dot(b, moved));
            const rest = moved.map((m, i) => m - inside[0] * basis[0][i] - inside[1] * basis[1][i]);
            expect(Math.hypot(...rest)).toBeLessThan(1e-10 * Math.hypot(...moved));
          }
          expect(Math.abs(dot(basis[0], basis[1]))).toBeLessThan(1e-13);
          const sense = (p: Float64Array, q: Float64Array) => [
            dot(p, basis[0]),
            dot(p, basis[1]),
            dot(q, basis[0]),
            dot(q, basis[1]),
          ];
          const [pa, pb, qa, qb] = sense(apply(half, e), apply(half, f));
          expect(pa * qb - pb * qa).toBeGreaterThan(0);
          expect(part).toBeLessThanOrEqual(last + 1e-12);
          last = part;
          share += part;
          // its part of ⟨|D^(−1/2)·Q·U·x|²⟩/epsilon
          for (const y of whitened) entropy += q * q * dot(apply(half, y), apply(x.u, apply(half, y)));
        }
        expect(share).toBeCloseTo(1, 11);
        expect(entropy / x.entropyProductionRate).toBeCloseTo(1, 9);
        expect(v.flux / x.entropyProductionRate).toBeCloseTo(1, 9);
      }),
      { numRuns: 25, seed: 7 },
    );
  });

  it('singular D: planes of Q·U itself, their frequencies and shares', () => {
    // two damped oscillators, of frequencies 3 and 0.5, coupled to nothing: positions 0 and 1, velocities 2 and 3
    const drift = fromRows([[0, 0, -1, 0], [0, 0, 0, -1], [9, 0, 2, 0], [0, 0.25, 0, 0.1]]); // biome-ignore format: matrix
    const x = decompose({ la, drift, diffusion: diag([0, 0, 2, 0.1]) });
    const v = vortices(la, x);
    expect(v.whitening).toBe('potential');
    expect(v.vortices.map((o) => Math.round(o.q * 1e9) / 1e9)).toEqual([3, 0.5]);
    expect(v.vortices[0].share).toBeCloseTo(9 / 9.25, 10);
    expect(v.flux).toBeCloseTo(2 * (9 + 0.25), 9);
    for (const [k, plane] of [[0, 2], [1, 3]].entries()) // biome-ignore format: pairs
      for (const b of v.vortices[k].basis) expect(Math.hypot(b[plane[0]], b[plane[1]])).toBeCloseTo(1, 12);
    expect(Array.from(x.cycleFrequencies, (w) => Math.round(w * 1e9) / 1e9)).toEqual([3, 0.5]);
    // Q·U in the coordinates of the round potential is antisymmetric with these planes
    const l = fill(4, 4, (i, j) =>
      i <= j
        ? apply(
            x.u,
            Float64Array.from({ length: 4 }, (_, r) => x.root!.data[r * 4 + j]),
          )[i]
        : 0,
    );
    const k = times(times(flip(l), x.q), l);
    for (const { q, whitened } of v.vortices)
      expect(norm(minus(col(apply(k, whitened[1])), col(whitened[0].map((y) => q * y))))).toBeLessThan(1e-11);
  });

  it('in other units of some coordinates nothing but the units changes', () => {
    const n = 5;
    const d = positive(n, 3);
    const drift = times(plus(d, skew(n, 4)), positive(n, 5));
    const t = [1, 2 ** 20, 2 ** -15, 1, 2 ** 8];
    const scaled = (m: Matrix, p: number) => fill(n, n, (i, j) => t[i] * m.data[i * n + j] * t[j] ** p);
    const x = decompose({ la, drift, diffusion: d });
    const y = decompose({ la, drift: scaled(drift, -1), diffusion: scaled(d, 1) });
    expect(x.natural).toBeNull();
    expect(y.natural).not.toBeNull();
    expect(y.warnings.join()).toMatch(/widely different scales/);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        expect(y.w.data[i * n + j] / (t[i] * t[j] * x.w.data[i * n + j])).toBeCloseTo(1, 9);
        expect((y.u.data[i * n + j] * t[i] * t[j]) / x.u.data[i * n + j]).toBeCloseTo(1, 9);
        if (i !== j) expect(y.q.data[i * n + j] / (t[i] * t[j] * x.q.data[i * n + j])).toBeCloseTo(1, 8);
      }
    expect(y.entropyProductionRate / x.entropyProductionRate).toBeCloseTo(1, 9);
    const [v, w] = [vortices(la, x), vortices(la, y)];
    for (const [k, o] of v.vortices.entries()) {
      expect(w.vortices[k].q / o.q).toBeCloseTo(1, 9);
      expect(w.vortices[k].share / o.share).toBeCloseTo(1, 9);
    }
  });
});

const col = (v: ArrayLike<number>): Matrix => ({ rows: v.length, cols: 1, data: Float64Array.from(v) });

describe('the picture', () => {
  const d = positive(6, 1);
  const x = decompose({
    la: embedded,
    drift: times(plus(d, skew(6, 2)), positive(6, 3)),
    diffusion: d,
    noiseStrength: 0.25,
  });
  const plane = potentialPlane(embedded, x, vortices(embedded, x))!;

  it('shows a marginal that is a planar system of its own: its current follows the contours', () => {
    const [e1, e2] = plane.axes;
    expect(Math.abs(dot(e1, e2))).toBeLessThan(1e-13);
    const [a, b, c] = plane.covariance;
    expect(a).toBeCloseTo(dot(e1, apply(x.sigma!, e1)), 13);
    expect(b).toBeCloseTo(dot(e1, apply(x.sigma!, e2)), 13);
    expect(c).toBeCloseTo(dot(e2, apply(x.sigma!, e2)), 13);
    // ½⟨z_1·z'_2 − z_2·z'_1⟩ = epsilon·e1·Q·e2, positive: the current turns from the first axis to the second
    expect(plane.circulation).toBeCloseTo(0.25 * dot(e1, apply(x.q, e2)), 13);
    expect(plane.circulation).toBeGreaterThan(0);
    // the first axis lies as near to a coordinate as the plane allows: the second has nothing along that coordinate
    const most = e1.reduce((best, v, i) => (Math.abs(v) > Math.abs(e1[best]) ? i : best), 0);
    expect(Math.abs(e2[most])).toBeLessThan(1e-12);
  });

  it('draws six contours and the arrows, the same every time, and says what they are', () => {
    const figure = potentialFigure(plane);
    expect(potentialFigure(plane)).toEqual(figure);
    expect(figure.svg).toMatch(/^<svg[^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(figure.svg).not.toContain('NaN');
    expect(figure.svg.match(/aria-label="arrow"/g)).toHaveLength(1);
    const arrows = /aria-label="arrow"[^>]*>(.*?)<\/g>/s.exec(figure.svg)![1];
    expect(arrows.match(/<path/g)).toHaveLength([0.5, 1, 1.5, 2].reduce((s, r) => s + Math.round(5 + 5 * r), 0));
    expect(figure.svg.match(/aria-label="line"/g)).toHaveLength(6);
    expect(figure.caption).toMatch(/strongest vortex, which carries [\d.]+ % of the flux/);
    expect(figure.caption).toMatch(/4 other directions are averaged over/);
  });

  it('arrows turn the way the current does', () => {
    const arrow = (turn: number) => {
      const s = decompose({ la: embedded, drift: fromRows([[1, -turn], [turn, 1]]), diffusion: eye(2) }); // biome-ignore format: matrix
      const svg = potentialFigure(potentialPlane(embedded, s, vortices(embedded, s))!).svg;
      // the first arrow starts right of the centre: it moves up (screen y falls) when the current turns counterclockwise
      const [, x1, y1, x2, y2] = /aria-label="arrow"[^>]*>.*?d="M([\d.]+),([\d.]+)[A-Z ]([\d.]+),([\d.]+)/s
        .exec(svg)!
        .map(Number);
      return { across: x2 - x1, up: y1 - y2 };
    };
    // Q_12 = −turn/rate: turn > 0 moves from the second axis to the first, clockwise
    expect(arrow(2).up).toBeLessThan(0);
    expect(arrow(-2).up).toBeGreaterThan(0);
  });

  it('of an equilibrium shows no arrows, of one coordinate a parabola', () => {
    const still = decompose({ la: embedded, drift: diag([1, 2, 3]), diffusion: eye(3) });
    const figure = potentialFigure(potentialPlane(embedded, still, vortices(embedded, still))!);
    expect(figure.svg).not.toContain('<path d="M0,0"');
    expect(figure.caption).toMatch(/two largest variances.*detailed balance/s);
    const one = decompose({ la: embedded, drift: fromRows([[2]]), diffusion: fromRows([[1]]) });
    expect(potentialFigure(potentialPlane(embedded, one, vortices(embedded, one))!).caption).toMatch(/no current/);
  });
});
