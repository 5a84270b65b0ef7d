/** Units, planes at rest, the plane that is drawn, estimated norms: parts of a decomposition where the answer is known. */
import { describe, expect, it } from 'vitest';
import { antisymmetricForm } from '../src/analyse/decomposition/antisymmetric.js';
import { normOfInverseDrift } from '../src/analyse/decomposition/checks.js';
import { decompose } from '../src/analyse/decomposition/decompose.js';
import { describeDirection } from '../src/analyse/decomposition/linear-system.js';
import { add, antisymmetricPart, half, norm, scaled, symmetricPart } from '../src/analyse/decomposition/parts.js';
import { potentialPlane } from '../src/analyse/decomposition/plane.js';
import { complex, largestStableStep } from '../src/analyse/decomposition/spectrum.js';
import { balancedUnits, inUnits, naturalUnits, rescale } from '../src/analyse/decomposition/units.js';
import { vortices } from '../src/analyse/decomposition/vortices.js';
import { embeddedLinearAlgebra, fromRows, identity, matrix, row } from '../src/numeric/linalg/index.js';
import { diag, fill, random } from './oracles/linalg-matrices.js';

const la = embeddedLinearAlgebra();
const dot = (a: Float64Array, b: Float64Array) => a.reduce((s, v, i) => s + v * b[i], 0);

describe('units', () => {
  /** diag(1/t) g diag(t), g all ones: alike again in units t. */
  const skewed = (t: readonly number[]) => fill(t.length, t.length, (i, j) => t[j] / t[i]);

  it('that make rows and columns alike are powers of two', () => {
    for (const t of [[1, 2 ** 10, 2 ** -5], [2 ** 8, 1], [1, 1, 2 ** -9, 4]]) {
      const found = balancedUnits(skewed(t))!;
      for (const [i, v] of found.entries()) expect((v * t[0]) / (found[0] * t[i])).toBe(1);
    } // biome-ignore format: short
  });

  it('are left as they are up to a factor of 64', () => {
    // into and out of the first coordinate differ by this; half of its digits go into the unit
    const two = (ratio: number) => balancedUnits(fromRows([[1, ratio], [1, 1]])); // biome-ignore format: short
    expect(two(2 ** 12)).toBeUndefined();
    expect([...two(2 ** 14)!]).toEqual([2 ** -7, 1]);
    expect([...two(2 ** -14)!]).toEqual([2 ** 7, 1]);
    expect([...balancedUnits(fromRows([[1, 1], [2 ** 14, 1]]))!]).toEqual([2 ** 7, 1]); // biome-ignore format: short
    // a chain is looked at from a ratio of 16 at its ends on, and its steps add up
    const chain = (step: number) => balancedUnits(fill(9, 9, (i, j) => (Math.abs(i - j) > 1 ? 0 : step ** (j - i))));
    expect(chain(2 ** 1.95)).toBeUndefined();
    expect([...chain(2 ** 2.05)!].map((t, i, all) => t / all[0] / 4 ** i)).toEqual(new Array(9).fill(1));
    // the diagonal does not count, nor a coordinate that nothing enters
    expect(balancedUnits(diag([1, 2 ** 40]))).toBeUndefined();
    expect(balancedUnits(fromRows([[1, 2 ** 40], [0, 1]]))).toBeUndefined(); // biome-ignore format: short
    expect(balancedUnits(skewed([1, 2 ** 300]))).toBeUndefined();
  });

  it('of deviations bring each near 1', () => {
    expect(naturalUnits(diag([1, 64 ** 2]))).toBeUndefined();
    expect([...naturalUnits(diag([1, 64 ** 2 * 1.01]))!]).toEqual([1, 2 ** -6]);
    expect([...naturalUnits(diag([2 ** -20, 2 ** 8, 9]))!]).toEqual([2 ** 10, 2 ** -4, 2 ** -2]);
    for (const bad of [0, -1, Number.POSITIVE_INFINITY]) expect(naturalUnits(diag([bad, 1e-9]))).toBeUndefined();
  });

  it('turn F into T F T⁻¹ and D into T D T', () => {
    const system = { drift: fromRows([[1, 2], [3, 4]]), diffusion: fromRows([[5, 1], [1, 2]]), noiseStrength: 3 }; // biome-ignore format: short
    const { drift, diffusion, noiseStrength } = inUnits(system, Float64Array.of(2, 8));
    expect([...drift.data]).toEqual([1, 0.5, 12, 4]);
    expect([...diffusion.data]).toEqual([20, 16, 16, 128]);
    expect(noiseStrength).toBe(3);
    expect(inUnits({ drift, diffusion }, Float64Array.of(1, 1)).noiseStrength).toBe(1);
    const wide = rescale(
      matrix(2, 3, Float64Array.of(1, 2, 3, 4, 5, 6)),
      Float64Array.of(1, 10),
      Float64Array.of(1, 2, 3),
    );
    expect([...wide.data]).toEqual([1, 4, 9, 40, 100, 180]);
  });
});

it('a decomposition made in other units has the root of W in the units asked for', () => {
  const t = [1, 2 ** 20, 2 ** -15];
  const scaled = (m: number[][], p: number) => fromRows(m.map((line, i) => line.map((v, j) => t[i] * v * t[j] ** p)));
  const drift = [[2, 1, 0], [-1, 3, 0.5], [0.2, 0, 1]]; // biome-ignore format: matrix
  const noise = [[1, 0.3, 0], [0.3, 2, 0.1], [0, 0.1, 1]]; // biome-ignore format: matrix
  const x = decompose({ la, drift: scaled(drift, -1), diffusion: scaled(noise, 1) });
  expect(x.natural).not.toBeNull();
  const squared = la.gemm(x.root!, x.root!, { transposeB: true });
  for (let i = 0; i < 3; i++)
    for (let j = 0; j < 3; j++) {
      const size = Math.sqrt(x.w.data[4 * i] * x.w.data[4 * j]);
      expect((squared.data[3 * i + j] - x.w.data[3 * i + j]) / size).toBeCloseTo(0, 11);
    }
});

describe('matrices, part by part', () => {
  const n = 71; // three blocks, the last one partly empty
  const [a, b] = [random(n, n, 1), random(n, n, 2)];

  it('sums, multiples, symmetric and antisymmetric halves', () => {
    const parts = [add(a, -2, b), scaled(a, 3), symmetricPart(a), antisymmetricPart(a), half(a, 1, undefined, 4)];
    const own = matrix(n, n, a.data.slice());
    expect(half(own, -1, own).data).toEqual(parts[3].data);
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) {
        const [x, y, z] = [a.data[i * n + j], a.data[j * n + i], b.data[i * n + j]];
        const expected = [x - 2 * z, 3 * x, (x + y) / 2, (x - y) / 2, 2 * (x + y)];
        for (const [k, part] of parts.entries()) expect(part.data[i * n + j]).toBeCloseTo(expected[k], 13);
        expect(parts[3].data[i * n + j] + parts[3].data[j * n + i]).toBe(0);
      }
  });

  it('norms, of numbers at the ends of their range too', () => {
    expect(norm(fromRows([[3, 0], [0, 4]]))).toBe(5); // biome-ignore format: short
    expect(norm(fromRows([[3e200, 0], [0, 4e200]])) / 5e200).toBeCloseTo(1, 14); // biome-ignore format: short
    expect(norm(fromRows([[3e-200, 0], [0, 4e-200]])) / 5e-200).toBeCloseTo(1, 14); // biome-ignore format: short
    expect(norm(matrix(2, 2))).toBe(0);
  });
});

describe('planes', () => {
  /** Drift 1 + K, K turning in the plane (0, 1) alone: D = 1, W = 1. */
  const turning = (n: number, rate: number) =>
    decompose({ la, drift: fill(n, n, (i, j) => (i === j ? 1 : i + j === 1 ? (i === 0 ? -rate : rate) : 0)), diffusion: diag(new Array(n).fill(1)) }); // biome-ignore format: short

  it('at rest: orthonormal directions, whatever their number', () => {
    for (const n of [2, 3, 4, 5]) {
      const { still, vortices: found } = vortices(la, turning(n, 0.5));
      expect([found.length, still.rows, still.cols]).toEqual([1, n - 2, n]);
      for (let i = 0; i < n - 2; i++)
        for (let j = 0; j < n - 2; j++) expect(dot(row(still, i), row(still, j))).toBeCloseTo(i === j ? 1 : 0, 12);
      for (let i = 0; i < n - 2; i++)
        for (const v of found[0].whitened) expect(dot(row(still, i), v)).toBeCloseTo(0, 12);
    }
  });

  it('a matrix that is tridiagonal already, with the direction at rest anywhere', () => {
    // K_01 = 2 and 2 at rest; K_12 = 2 and 0 at rest
    for (const [p, q, rest] of [[0, 1, 2], [1, 2, 0]]) {
      const k = fill(3, 3, (i, j) => (i === p && j === q ? 2 : i === q && j === p ? -2 : 0));
      const { q: rates, vectors } = antisymmetricForm(la, k);
      expect(rates[0]).toBeCloseTo(2, 14);
      expect(Math.abs(row(vectors, 2)[rest])).toBeCloseTo(1, 14);
      for (let i = 0; i < 3; i++)
        for (let j = 0; j < 3; j++) expect(dot(row(vectors, i), row(vectors, j))).toBeCloseTo(i === j ? 1 : 0, 14);
    } // biome-ignore format: short
  });

  it('are drawn with the first of the coordinates that lie in them most as their first axis', () => {
    const x = turning(4, 0.5);
    const { axes, circulation } = potentialPlane(la, x, vortices(la, x))!;
    expect(Math.abs(axes[0][0])).toBeCloseTo(1, 12);
    expect(Math.abs(axes[1][1])).toBeCloseTo(1, 12);
    // Q = W K-part: x turns from the second axis to the first, or the axes are turned so that it is positive
    expect(circulation).toBeGreaterThan(0);
    expect(circulation / 0.5).toBeCloseTo(1, 10);
  });
});

describe('steps and eigenvalues', () => {
  it('the longest stable step is the least 2 Re λ/|λ|²', () => {
    expect(largestStableStep({ re: Float64Array.of(1, 4), im: Float64Array.of(0, 0) })).toBeCloseTo(0.5, 14);
    expect(largestStableStep({ re: Float64Array.of(1, 4), im: Float64Array.of(7, 0) })).toBeCloseTo(2 / 50, 14);
  });

  it('directions are written with all of up to six components, else with the three largest', () => {
    const words = (...v: number[]) => describeDirection(Float64Array.from(v));
    expect(words(0.5, -0.25, 0)).toBe('(0.5, -0.25, 0)');
    expect(words(-0.5, 0.25, 0, 0, 0, 1e-9)).toBe('(0.5, -0.25, 0, 0, 0, 0)');
    expect(words(1e-9, -0.5, 0.25)).toBe('(0, 0.5, -0.25)');
    expect(words(0.1, -0.8, 0.05, 0.3, 0, 0.5, -0.2)).toBe(
      'with components -0.8 at coordinate 1, 0.5 at coordinate 5, 0.3 at coordinate 3 and smaller ones',
    );
    // the first component that counts is written as positive
    expect(words(0, -0.8, 0, 0.3, 0, 0.5, 0)).toBe(
      'with components 0.8 at coordinate 1, -0.5 at coordinate 5, -0.3 at coordinate 3',
    );
    expect(words(0, 0, 0, 0.0079, 0, 1, 0)).toBe('with components 1 at coordinate 5');
  });

  it('are written in four digits', () => {
    expect([complex(0.3, 0), complex(1 / 3, 2), complex(-1.5, -0.25)]).toEqual(['0.3', '0.3333 + 2i', '-1.5 − 0.25i']);
  });
});

it('‖F⁻¹‖ from W (S + A): exact, and above order 200 from random signs that nothing orders', () => {
  expect(normOfInverseDrift(la, diag([1, 2]), fromRows([[1, 1], [0, 1]]))).toBeCloseTo(Math.sqrt(6), 14); // biome-ignore format: short
  // 1 − 11ᵀ/n sends equal signs to nothing; its norm is √(n − 1)
  const n = 210;
  const w = fill(n, n, (i, j) => (i === j ? 1 : 0) - 1 / n);
  // 16 probes miss by a tenth of a norm, here by far less: |R z|² = n − (Σ z)²/n
  expect(normOfInverseDrift(la, w, identity(n)) / Math.sqrt(n - 1)).toBeCloseTo(1, 1);
});
