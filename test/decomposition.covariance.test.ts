/** Σ where only U is lost: closed forms in a basis of known eigenvectors, and noise that does not reach. docs/theory [D3], [D8]. */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stationaryCovariance } from '../src/analyse/decomposition/covariance.js';
import { decompose } from '../src/analyse/decomposition/decompose.js';
import { describeResult } from '../src/experiments/decompose/command.js';
import { decomposeFiles } from '../src/experiments/decompose/experiment.js';
import { chooseProvider, fromRows, type Matrix, matrix } from '../src/numeric/linalg/index.js';
import { readNpy } from '../src/record/npy.js';
import { norm } from './oracles/linalg-matrices.js';

const la = await chooseProvider({ prefer: 'embedded' });

/**
 * A stable F with the eigenvalues r^i and the ill-conditioned eigenvectors H2·S⁻¹·H1 (reflections H, S = diag(s^i)), as example 4.1 of
 * the CTLEX collection is built (Kressner, Mehrmann & Penzl 1999), and D = ½·b·bᵀ. In the basis of the eigenvectors
 * W_ij = b_i·b_j/(λ_i + λ_j).
 */
function spreading(n: number, r: number) {
  const reflected = (sign: (i: number) => number) => (x: number[]) => {
    const d = (2 * x.reduce((s, v, i) => s + v * sign(i), 0)) / n;
    return x.map((v, i) => v - d * sign(i));
  };
  const [h1, h2] = [reflected(() => 1), reflected((i) => (i % 2 === 0 ? 1 : -1))];
  const stretch = (x: number[], power: number) => x.map((v, i) => v * r ** (power * i));
  const into = (x: number[]) => h1(stretch(h2(x), 1));
  const back = (x: number[]) => h2(stretch(h1(x), -1));
  const unit = (k: number) => Array.from({ length: n }, (_, i) => (i === k ? 1 : 0));
  const fromColumns = (columns: number[][]): Matrix => matrix(n, n, Float64Array.from({ length: n * n }, (_, k) => columns[k % n][Math.floor(k / n)])); // biome-ignore format: one line
  const drift = fromColumns(Array.from({ length: n }, (_, k) => back(into(unit(k)).map((v, i) => v * r ** i))));
  const b = Array.from({ length: n }, (_, i) => i + 1);
  const diffusion = matrix(
    n,
    n,
    Float64Array.from({ length: n * n }, (_, k) => 0.5 * b[k % n] * b[Math.floor(k / n)]),
  );
  const c = into(b);
  const rows = Array.from({ length: n }, (_, i) =>
    back(Array.from({ length: n }, (_, j) => (c[i] * c[j]) / (r ** i + r ** j))),
  );
  const w = fromColumns(Array.from({ length: n }, (_, j) => back(rows.map((row) => row[j]))));
  return { drift, diffusion, w };
}

const apart = (a: Matrix, b: Matrix) => norm(matrix(a.rows, a.cols, a.data.map((v, k) => v - b.data[k]))) / norm(b); // biome-ignore format: one line

describe('noise of rank 1 that F spreads to all directions', () => {
  it.each([
    [15, 1.5],
    [30, 1.2],
    [60, 1.1],
  ])('n = %i: Σ in closed form within its bound, U lost and why', (n, r) => {
    const { drift, diffusion, w } = spreading(n, r);
    const c = stationaryCovariance({ la, drift, diffusion, noiseStrength: 3 });
    expect(apart(c.w, w)).toBeLessThan(Math.max(c.errorBound, 1e-9));
    expect(apart(c.sigma, matrix(n, n, w.data.map((v) => 3 * v)))).toBeLessThan(Math.max(c.errorBound, 1e-9)); // biome-ignore format: one line
    expect(c.residuals.backward).toBeLessThan(1e-14);
    expect(c.reached).toBe(n);
    expect(c.rank).toBeGreaterThan(4);
    expect(c.rank).toBeLessThan(n);
    expect(c.condition).toBeGreaterThan(1e12);
    expect(c.lost).toMatch(new RegExp(`F spreads the noise of D \\(rank 1\\) to all ${n} directions.*rounding hides`));
    expect(c.lost).not.toMatch(/gets no noise/);
    expect(() => decompose({ la, drift, diffusion })).toThrow(/F spreads the noise/);
  });

  it('n = 30 whose equation is worse conditioned than double precision: Σ to rounding, and the bound says so', () => {
    const { drift, diffusion } = spreading(30, 1.5);
    const c = stationaryCovariance({ la, drift, diffusion });
    expect(c.residuals.backward).toBeLessThan(1e-14);
    expect(c.errorBound).toBeGreaterThan(1);
    expect(c.warnings.join()).toMatch(/bound of the error of Σ exceeds its size/);
    expect(c.reached).toBe(30);
  });
});

it('a direction without noise keeps the sentence that it gets none; Σ of the others is whole', () => {
  const c = stationaryCovariance({ la, drift: fromRows([[1, 0], [0, 2]]), diffusion: fromRows([[3, 0], [0, 0]]) }); // biome-ignore format: matrix
  expect([...c.sigma.data]).toEqual([3, 0, 0, 0]);
  expect([c.rank, c.reached]).toEqual([1, 1]);
  expect(c.lost).toMatch(/direction \(0, 1\) gets no noise.*both together reach 1 of 2/);
  expect([...c.direction]).toEqual([0, 1]);
});

it('a Σ that can be inverted: the same Σ and Q as the decomposition, nothing lost', () => {
  const system = { la, drift: fromRows([[1, -2], [2, 1]]), diffusion: fromRows([[1, 0], [0, 0.5]]) }; // biome-ignore format: matrix
  const [c, d] = [stationaryCovariance(system), decompose(system)];
  expect([...c.sigma.data]).toEqual([...d.sigma!.data]);
  expect([...c.q.data]).toEqual([...d.q.data]);
  expect([c.rank, c.reached, c.lost]).toEqual([2, 2, undefined]);
});

it('an unstable F has no covariance', () => {
  expect(() => stationaryCovariance({ la, drift: fromRows([[1, 0], [0, -1]]), diffusion: fromRows([[1, 0], [0, 1]]) })).toThrow(/unstable/); // biome-ignore format: one line
});

it('files: sigma.npy and q.npy, and a summary that names what is lost', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'thermograd-covariance-'));
  const { drift, diffusion, w } = spreading(15, 1.5);
  const csv = (m: Matrix) =>
    Array.from({ length: 15 }, (_, i) => [...m.data.slice(15 * i, 15 * i + 15)].join(',')).join('\n');
  writeFileSync(join(folder, 'F.csv'), csv(drift));
  writeFileSync(join(folder, 'D.csv'), csv(diffusion));
  const out = join(folder, 'out');
  const request = {
    drift: join(folder, 'F.csv'),
    diffusion: join(folder, 'D.csv'),
    out,
    provider: 'embedded' as const,
  };
  const result = await decomposeFiles({ ...request, step: 1e-4 });
  expect(readdirSync(out).filter((name) => /\.npy$|^summary/.test(name))).toEqual([
    ...['q.npy', 'sigma.npy', 'sigma_discrete.npy', 'summary.json'],
  ]);
  expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain(
    'The covariance is known, and its potential is lost',
  );
  const sigma = readNpy(new Uint8Array(readFileSync(join(out, 'sigma.npy'))), 'sigma.npy');
  expect(apart(matrix(15, 15, Float64Array.from(sigma.data as Float64Array)), w)).toBeLessThan(1e-8);
  const { lost } = result.summary;
  expect(lost!.without).toEqual(['u', 's', 'a', 'vortices', 'entropyProductionRate']);
  expect([lost!.reached, lost!.rank < 15, result.summary.noiseRank]).toEqual([15, true, 1]);
  const words = describeResult(result);
  expect(words).toMatch(
    /lost {6}U, S, A and vortices: of 15 directions the variance of \d+ is known, and noise reaches 15/,
  );
  expect(words).not.toMatch(/NaN|undefined|vortices +none/);
});
