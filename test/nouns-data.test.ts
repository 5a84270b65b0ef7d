/** The nouns of data (pca, decompose, fit, plot) against NumPy and against the parts that they wrap. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { decompose, fit, pca, plot, writeNpy } from '../src/index.js';
import { embeddedLinearAlgebra, pca as exactPca, rowsInMemory } from '../src/parts.js';
import oracle from './oracles/nouns.json' with { type: 'json' };
import { syntheticAnalysis } from './support/ivf2021-results.js';

const folder = mkdtempSync(join(tmpdir(), 'thermograd-nouns-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const [T, P] = [400, 350];
/** The rows of test/oracles/nouns.py. */
const rows = Array.from({ length: T }, (_, t) =>
  Array.from({ length: P }, (_x, j) => {
    let sum = 0;
    for (let k = 1; k <= 30; k++)
      sum += (Math.sin(0.37 * k * k * t + k) * Math.cos(0.11 * k * j + 0.2 * k * k)) / k ** 1.5;
    return sum;
  }),
);

describe('pca', () => {
  it.each(['exact', 'subspace'] as const)('%s: 20 components are those of NumPy', async (method) => {
    const found = await pca(rows, { components: 20, method });
    expect(found.variances).toHaveLength(20);
    found.variances.forEach((v, k) => {
      expect(Math.abs(v / oracle.pca.variances[k] - 1)).toBeLessThan(1e-9);
      expect(Math.abs(v - oracle.pca.variances[k])).toBeLessThanOrEqual(found.errors[k] + 1e-12);
    });
    expect(found.totalVariance).toBeCloseTo(oracle.pca.total, 9);
    for (let j = 0; j < 10; j++) expect(found.components[0][j]).toBeCloseTo(oracle.pca.lead[j], 6);
    expect(found.method).toContain(method);
    expect(found.converged).toBe(true);
  });

  it('chooses the subspace for a few directions of a large table, and says its accuracy', async () => {
    expect((await pca(rows, { components: 20 })).method).toMatch(
      /^subspace, \d+ passes over the rows, largest residual/,
    );
    expect((await pca(rows, { components: 'all' })).method).toBe('exact, covariance of order 350');
    expect((await pca(rows.slice(0, 100))).method).toBe('exact, Gram matrix of order 100');
  });

  it('agrees with the part for a spectrum that falls slowly, where the basis is restarted', async () => {
    const data = Float32Array.from({ length: 500 * 400 }, (_, i) => Math.sin(i * 1.7 + ((i * 7919) % 1013)));
    const part = await exactPca(rowsInMemory(data, 400), embeddedLinearAlgebra(), { keep: [1, 2, 3] });
    const found = await pca(data, {
      shape: [500, 400],
      components: 10,
      method: 'subspace',
      budget: 4e6,
      tolerance: 1e-5,
    });
    found.variances.forEach((v, k) => {
      expect(Math.abs(v - part.summary.variances[k])).toBeLessThan(1e-8 * v);
    });
  });

  it('gives coordinates whose variances are those of the directions', async () => {
    const found = await pca(rows, { components: 3, from: 100, to: 300 });
    const coordinates = await found.coordinates();
    coordinates.forEach((theta, k) => {
      expect(theta).toHaveLength(200);
      expect(theta.reduce((s, x) => s + x * x, 0) / 200).toBeCloseTo(found.variances[k], 9);
    });
  });

  it('reads numbers with a shape, and a file', async () => {
    const flat = Float64Array.from(rows.flat());
    const shaped = await pca({ data: flat, shape: [T, P] }, { components: 2 });
    const path = join(folder, 'rows.npy');
    writeFileSync(path, writeNpy({ data: flat, shape: [T, P] }));
    const read = await pca(path, { components: 2 });
    expect(read.variances).toEqual(shaped.variances);
    await expect(pca(flat as never)).rejects.toThrow(
      'pca: rows must be an array of rows, a matrix, numbers with a shape',
    );
    await expect(pca(rows, { components: 351 })).rejects.toThrow(
      '400 rows of 350 weights have 350 principal directions',
    );
    await expect(pca(join(folder, 'nothing.npy'))).rejects.toThrow(/nothing\.npy/);
  });

  it('prints and serialises', async () => {
    const found = await pca(rows, { components: 12 });
    const text = inspect(found);
    expect(text).toContain('12 principal directions of 400 rows of 350 weights');
    expect(text).toContain('… and 2 more');
    const document = JSON.parse(JSON.stringify(found));
    expect(document.components[11]).toHaveLength(P);
    expect(document.variances).toEqual(found.variances);
    expect(plot.variances(found).svg).toContain('</svg>');
  });
});

describe('decompose', () => {
  const F = [[1, 0.8, 0], [-0.6, 1.5, 0.3], [0.1, -0.2, 0.7]]; // biome-ignore format: a matrix
  const D = [[1, 0.2, 0], [0.2, 0.5, 0.1], [0, 0.1, 0.8]]; // biome-ignore format: a matrix
  const near = (a: readonly (readonly number[])[], b: readonly (readonly number[])[]) =>
    a.forEach((r, i) => {
      r.forEach((x, k) => {
        expect(x).toBeCloseTo(b[i][k], 10);
      });
    });

  it('gives the covariance, the potential and the circulation of NumPy', () => {
    const d = decompose(F, D);
    near(d.covariance!, oracle.decompose.covariance);
    near(d.potential, oracle.decompose.potential);
    near(d.circulation, oracle.decompose.circulation);
    expect(d.entropyProduction.value).toBeCloseTo(oracle.decompose.entropy, 10);
    // (S + A)(D + Q) = 1
    const friction = d.friction.map((r, i) => r.map((x, k) => x + d.transverse[i][k]));
    const forward = D.map((r, i) => r.map((x, k) => x + d.circulation[i][k]));
    near(friction.map((r) => r.map((_, k) => r.reduce((s, x, m) => s + x * forward[m][k], 0))), [[1, 0, 0], [0, 1, 0], [0, 0, 1]]); // biome-ignore format: matrices
    expect(decompose(F, D, { noiseStrength: 0.5 }).covariance![0][0]).toBeCloseTo(d.covariance![0][0] / 2, 12);
  });

  it('prints, serialises and draws', () => {
    const d = decompose(F, D);
    expect(inspect(d)).toContain('decomposition of 3 coordinates');
    expect(JSON.parse(JSON.stringify(d)).potential).toEqual(d.potential);
    expect(plot.potential(d).svg).toMatch(/^<svg/);
    expect(() => decompose(F, [[1]])).toThrow(/\.$/);
  });
});

describe('fit', () => {
  const x = Array.from({ length: 20 }, (_, i) => i + 1);
  const y = x.map((v) => 4 * v ** -1.7 * (1 + 0.1 * Math.sin(5 * v)));

  it('gives the exponent, its bracket and the line of NumPy', () => {
    const law = fit.powerLaw(x, y);
    expect(law.exponent.value).toBeCloseTo(oracle.fit.exponent, 10);
    expect(law.bracket[0]).toBeCloseTo(oracle.fit.bracket[0], 10);
    expect(law.bracket[1]).toBeCloseTo(oracle.fit.bracket[1], 10);
    expect(law.exponent.error).toBeGreaterThan(0);
    expect(Math.abs(law.exponent.value + 1.7)).toBeLessThan(4 * law.exponent.error);
    expect(law.at(10)).toBeCloseTo(4 * 10 ** -1.7, 1);
    const line = fit.line(x, y);
    expect(line.slope.value).toBeCloseTo(oracle.fit.line[0], 10);
    expect(line.intercept.value).toBeCloseTo(oracle.fit.line[1], 10);
  });

  it('is the same for the same seed, prints, and is drawn', () => {
    expect(fit.powerLaw(x, y, { seed: 3 }).exponent.error).toBe(fit.powerLaw(x, y, { seed: 3 }).exponent.error);
    expect(fit.powerLaw(x, y, { seed: 3 }).exponent.error).not.toBe(fit.powerLaw(x, y, { seed: 4 }).exponent.error);
    expect(String(fit.powerLaw(x, y))).toMatch(/^exponent −1\.6\d+ ± 0\.0\d+, bracket/);
    const figure = plot.powerLaw(x, y, fit.powerLaw(x, y), { x: 'rank', y: 'variance' });
    expect(figure.svg).toContain('variance');
    expect(figure.caption).toContain('20 points');
  });
});

describe('plot', () => {
  const analysis = syntheticAnalysis({ epochs: 60, directions: 60, P: 400, steps: 80 });

  it('draws every figure of an analysis by a function of its name', () => {
    const all = plot.all(analysis);
    const { all: _all, report: _report, density: _d, variances: _v, powerLaw: _p, potential: _q, ...named } = plot;
    const drawn = Object.values(named).map((draw) => {
      const figure = draw({ analysis });
      expect(all[figure.name].svg).toBe(figure.svg);
      return figure.name;
    });
    expect(drawn).toHaveLength(13);
    // planes of other ranks have no function of their own
    const others = Object.keys(all).filter(
      (name) => !Object.values(named).some((draw) => draw(analysis).name === name),
    );
    expect(others.every((name) => name.startsWith('trajectory-'))).toBe(true);
    expect(plot.report({ figures: { a: all.variances.svg } }, 'a').title).toBeTruthy();
    expect(() => plot.varianceFlatness({} as never)).toThrow(/must be what train or readResults returns/);
  });

  it('renders pixels', async () => {
    const png = await plot.rankedVariances(analysis).png(300);
    expect(Array.from(png.subarray(1, 4))).toEqual([0x50, 0x4e, 0x47]);
  });
});
