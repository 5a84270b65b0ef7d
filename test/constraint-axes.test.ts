/** Axes that constraints are built from: which are kept, which are left out and why, and how often they are measured. */
import { describe, expect, it } from 'vitest';
import { rowsInMemory } from '../src/analyse/trajectory/rows.js';
import { denseModes, denseOf, firstOf, iterationBytes, WHY_UNCONVERGED } from '../src/apply/modes.js';
import { networkTask } from '../src/apply/network-task.js';
import { planeBasis } from '../src/apply/planes.js';
import { principalAxes } from '../src/apply/principal.js';
import { protectTask } from '../src/apply/protect.js';
import { rememberAlong, rememberAxes } from '../src/apply/remember.js';
import { type ProtectableSurface, surfaceTask } from '../src/apply/surface-task.js';
import type { Axes, Block, Task } from '../src/apply/task.js';
import { columnsOf } from '../src/apply/windows.js';
import { initialWeights } from '../src/model/network.js';
import { fromRows, identity, matrix, row } from '../src/numeric/linalg/index.js';
import { randomKey } from '../src/numeric/random.js';
import { orthonormalRows } from './support/penalties.js';
import { la, SPEC, taskSamples } from './support/tasks.js';

const key = randomKey(3);
const block = (name: string, size: number): Block => ({ name, offset: 0, size, span: size });
const dot = (a: ArrayLike<number>, b: ArrayLike<number>) => Array.from(a).reduce((s, v, i) => s + v * b[i], 0);

describe('modes of a small Hessian', () => {
  const rows = orthonormalRows(4, 4, randomKey(2).stream());
  const h = [5, 2, 0.5, -1];
  const hessian = fromRows(rows.map((_, i) => rows.map((_, j) => rows.reduce((s, r, k) => s + h[k] * r[i] * r[j], 0))));

  it('are the eigenvectors of positive eigenvalues, descending', () => {
    const { axes, values, unconverged } = denseModes(hessian, la);
    expect([axes.rows, axes.cols, unconverged]).toEqual([3, 4, undefined]);
    [5, 2, 0.5].forEach((value, k) => {
      expect(values[k]).toBeCloseTo(value, 12);
      expect(Math.abs(dot(row(axes, k), rows[k]))).toBeCloseTo(1, 12);
    });
  });

  it('count down to 1000·order·2⁻⁵² of the largest eigenvalue', () => {
    const edge = 1000 * 4 * 2 ** -52;
    const diagonal = fromRows([7, 1.05 * 7 * edge, 0.95 * 7 * edge, 0].map((v, i) => [0, 0, 0, 0].fill(v, i, i + 1)));
    expect([...denseModes(diagonal, la).values]).toEqual([7, 1.05 * 7 * edge]);
  });

  it('of an operator take a basis of ten times 2·count + 60 products, at most 512 MiB', () => {
    expect(iterationBytes(5000, 20)).toBe(8 * 5000 * 1000);
    expect(iterationBytes(50, 90)).toBe(8 * 50 * 10 * 160);
    expect(iterationBytes(10 ** 6, 50)).toBe(8 * 10 ** 6 * 67);
    expect(iterationBytes(10 ** 6, 50)).toBeLessThanOrEqual(2 ** 29);
  });

  it('come from the products of an operator, made symmetric', () => {
    // as differences give it: with an antisymmetric error that must not reach the matrix
    const skew = (i: number, j: number) => (i === j ? 0 : i < j ? 1e-3 : -1e-3);
    const apply = (v: Float64Array) =>
      Float64Array.from({ length: 4 }, (_, i) =>
        v.reduce((s, x, j) => s + (hessian.data[4 * i + j] + skew(i, j)) * x, 0),
      );
    denseOf({ size: 4, apply }).data.forEach((v, at) => {
      expect(v).toBeCloseTo(hessian.data[at], 14);
    });
  });

  it('the first of them keep the count of those that did not converge, as far as it is asked for', () => {
    const found: Axes = { axes: matrix(3, 2, Float64Array.of(1, 0, 0, 1, 1, 1)), values: Float64Array.of(3, 2, 1) };
    expect(firstOf(found, 2)).toEqual({
      axes: matrix(2, 2, Float64Array.of(1, 0, 0, 1)),
      values: Float64Array.of(3, 2),
    });
    expect(firstOf(found, 9).axes.rows).toBe(3);
    const some = { ...found, unconverged: 2 };
    expect([2, 3, 4, 5, 6].map((n) => firstOf(some, n).unconverged)).toEqual([undefined, undefined, 1, 2, 2]);
    expect(firstOf({ ...found, unconverged: 0 }, 6)).not.toHaveProperty('unconverged');
  });
});

it('a basis of planes spans each pair of rows by orthonormal ones', () => {
  const pairs = fromRows([
    [3, 4, 0, 0],
    [1, 2, 2, 0],
    [0, 0, 0, -2],
    [0, 5, 0, 1],
  ]);
  const { axes, values } = planeBasis(pairs);
  expect([...values]).toEqual([1, 1, 1, 1]);
  for (const k of [0, 2]) {
    const [a, b] = [row(axes, k), row(axes, k + 1)];
    expect([dot(a, a), dot(b, b), dot(a, b)].map((v) => v.toFixed(12))).toEqual([
      '1.000000000000',
      '1.000000000000',
      expect.stringMatching(/^-?0\.000000000000$/),
    ]);
    for (const own of [row(pairs, k), row(pairs, k + 1)])
      expect(dot(own, a) ** 2 + dot(own, b) ** 2).toBeCloseTo(dot(own, own), 12);
  }
  // the first of each pair keeps its direction; planes are independent of one another
  expect([...row(axes, 0)]).toEqual([0.6, 0.8, 0, 0]);
  expect([...row(axes, 3)]).toEqual([0, 1, 0, 0]);
  expect([...pairs.data.subarray(0, 4)]).toEqual([3, 4, 0, 0]);
});

describe('principal axes', () => {
  // rows ± s_k e_k: variances s_k²/3 about a mean of zero
  const s = [3, 2, 1];
  const rows = Float64Array.from(
    [0, 1, 2].flatMap((k) => [1, -1].flatMap((sign) => [0, 1, 2, 3].map((j) => (j === k ? sign * s[k] : 0)))),
  );

  it('are those that the record resolves', async () => {
    const { axes, values } = await principalAxes(rowsInMemory(rows, 4), 9, la);
    expect(axes.rows).toBe(3);
    s.forEach((v, k) => {
      expect(values[k]).toBeCloseTo(v ** 2 / 3, 12);
      expect(Math.abs(axes.data[4 * k + k])).toBeCloseTo(1, 12);
    });
    expect((await principalAxes(rowsInMemory(rows, 4), 2, la)).axes.rows).toBe(2);
  });

  it('are at most one less than there are rows', async () => {
    const two = await principalAxes(rowsInMemory(Float64Array.of(1, 0, 0, 0, 0, 2, 0, 0), 4), 4, la);
    expect(two.axes.rows).toBe(1);
    expect(two.values[0]).toBeCloseTo(5 / 4, 12);
  });

  it('of a block are those of its columns', async () => {
    const own = columnsOf(rowsInMemory(rows, 4), 1, 2);
    const chunks: number[] = [];
    for await (const chunk of own.chunks()) chunks.push(...chunk);
    expect(chunks).toEqual(Array.from({ length: 6 }, (_, r) => [rows[4 * r + 1], rows[4 * r + 2]]).flat());
    expect([own.T, own.P]).toEqual([6, 2]);
    const single = columnsOf(rowsInMemory(Float32Array.from(rows), 4), 1, 2);
    for await (const chunk of single.chunks()) expect(chunk).toBeInstanceOf(Float32Array);
    for await (const chunk of own.chunks()) expect(chunk).toBeInstanceOf(Float64Array);
  });
});

describe('what was measured once is kept', () => {
  it('axes: found for the largest number asked for, at least some, at most all', () => {
    const asked: [string, number][] = [];
    const find = rememberAxes((b, most) => {
      asked.push([b.name, most]);
      return {
        axes: matrix(most, b.size, identity(b.size).data.slice(0, most * b.size)),
        values: new Float64Array(most),
      };
    }, 2);
    const counts = [1, 2, 3, 3, 2, 9, 5, 9].map((most) => find(block('a', 5), most).axes.rows);
    expect(counts).toEqual([1, 2, 3, 3, 2, 5, 5, 5]);
    expect(find(block('b', 1), 1).axes.rows).toBe(1);
    expect(asked).toEqual([
      ['a', 2],
      ['a', 3],
      ['a', 5],
      ['b', 1],
    ]);
  });

  it('axes that are found later too', async () => {
    let asked = 0;
    const find = rememberAxes(async (b: Block, most: number) => {
      asked++;
      return { axes: matrix(most, b.size), values: new Float64Array(most) };
    }, 3);
    const [one, three] = await Promise.all([find(block('a', 4), 1), find(block('a', 4), 3)]);
    expect([one.axes.rows, three.axes.rows, asked]).toEqual([1, 3, 1]);
  });

  it('a number along each axis: once for axes that share memory', () => {
    const seen: number[][] = [];
    const along = rememberAlong((b, axis) => {
      seen.push([...axis]);
      return b.size * axis[0];
    });
    const axes = matrix(2, 2, Float64Array.of(3, 4, 5, 6));
    const first = matrix(1, 2, axes.data.subarray(0, 2));
    expect(along(block('a', 2), first)).toEqual([6]);
    expect(along(block('a', 2), axes)).toEqual([6, 10]);
    expect(along(block('a', 2), axes)).toEqual([6, 10]);
    expect(along(block('a', 2), matrix(1, 2, Float64Array.of(3, 4)))).toEqual([6]);
    expect(seen).toEqual([
      [3, 4],
      [5, 6],
      [3, 4],
    ]);
  });
});

/** A task of one block whose measurements are made up. */
function madeUp(change: Partial<Task>): Task {
  const refuse = () => {
    throw new Error('not asked for');
  };
  return {
    size: 4,
    anchor: new Float64Array(4),
    blocks: [block('all', 4)],
    loss: 0.01,
    training: undefined,
    principal: refuse,
    curvatures: (_, axes) => new Float64Array(axes.rows).fill(3),
    widths: refuse,
    stiffest: refuse,
    trace: () => 16,
    noise: refuse,
    fisher: refuse,
    ...change,
  };
}
const build = (method: string, change: Partial<Task>, axes: number) =>
  protectTask(madeUp(change), { method, axes, la, key });
const firstAxes = (count: number, values: number[], unconverged?: number): Axes => ({
  axes: matrix(count, 4, identity(4).data.slice(0, 4 * count)),
  values: Float64Array.from(values),
  ...(unconverged !== undefined && { unconverged }),
});

describe('what a constraint says it leaves out', () => {
  it('ewc: weights without a gradient', async () => {
    const values = Float64Array.of(2, 0, 0.5, 0);
    const p = await build('ewc', { fisher: (kind) => (kind === 'true' ? values : values.map(() => 1)) }, 1);
    expect(p.diagnostics).toEqual([
      { block: 'all', constrained: 2, excluded: 2, why: 'no sample has a gradient there', stiffness: [0, 2] },
    ]);
    expect(p.unit).toMatchObject({ strength: 1, exact: true, how: expect.stringMatching(/Gauss-Newton Hessian/) });
    const empirical = await build(
      'ewc-empirical',
      { fisher: (kind) => (kind === 'true' ? values : values.map(() => 1)) },
      1,
    );
    expect(empirical.diagnostics).toEqual([{ block: 'all', constrained: 4, excluded: 0, why: '', stiffness: [1, 1] }]);
    expect(empirical.unit).toMatchObject({ strength: 1, exact: false, how: expect.stringMatching(/if the labels/) });
  });

  it('l2: nothing', async () => {
    const p = await build('l2', {}, 1);
    expect(p.diagnostics).toEqual([{ block: 'all', constrained: 4, excluded: 0, why: '', stiffness: [1, 1] }]);
    expect(p.unit.strength).toBe(4);
  });

  it.each([
    [3, [4, 2, 1], undefined, ''],
    [3, [4, 2], undefined, 'no more positive eigenvalues above rounding'],
    [3, [4, 2], 1, WHY_UNCONVERGED],
    [4, [4, 2], 1, `${WHY_UNCONVERGED}; no more positive eigenvalues above rounding`],
    [9, [4, 2, 1, 0.5], undefined, ''],
  ])('hessian: of %i axes asked for %o, %s of them not converged', async (most, values, unconverged, why) => {
    const stiffest = () => firstAxes(values.length, values, unconverged);
    const p = await build('hessian', { stiffest }, most);
    const excluded = Math.min(most, 4) - values.length;
    expect(p.diagnostics).toEqual([{ block: 'all', constrained: values.length, excluded, why, stiffness: values }]);
    expect([p.unit.strength, p.unit.exact]).toEqual([1, true]);
    expect(p.unit.how.endsWith('that converged')).toBe(unconverged !== undefined);
    const alike = await build('hessian-unweighted', { stiffest }, most);
    expect(alike.diagnostics[0].stiffness).toEqual(values.map(() => 1));
    // matched: the mean of the curvatures along the axes
    expect(alike.unit.strength).toBeCloseTo(values.reduce((a, b) => a + b) / values.length, 13);
    expect(alike.unit.exact).toBe(false);
  });

  it('variance: directions that the window does not resolve', async () => {
    const p = (count: number, most: number) =>
      build('variance', { principal: async () => firstAxes(count, [2, 1, 0.5].slice(0, count)) }, most);
    expect((await p(3, 3)).diagnostics[0]).toMatchObject({ constrained: 3, excluded: 0, why: '' });
    expect((await p(2, 3)).diagnostics[0]).toMatchObject({
      constrained: 2,
      excluded: 1,
      why: 'the window resolves no more directions',
      stiffness: [0.5, 1],
    });
    expect((await p(3, 7)).diagnostics[0].excluded).toBe(1);
  });
});

describe('on a surface of one’s own', () => {
  /** ½ Σ (1 + i) w_i², and how many products its Hessian was asked for. */
  function counted(size: number) {
    let products = 0;
    const surface: ProtectableSurface = {
      size,
      loss: (w) => 1 + w.reduce((s, x, i) => s + 0.5 * (1 + i) * x * x, 0),
      gradient: (w) => w.map((x, i) => (1 + i) * x),
      hessianVector: (_, v) => {
        products++;
        return v.map((x, i) => (1 + i) * x);
      },
    };
    const task = surfaceTask(surface, { weights: new Float64Array(size) }, { la, key });
    return { task, products: () => products };
  }

  it('a Hessian of order 400 takes as many products, a larger one the Lanczos process', () => {
    for (const [size, dense] of [
      [400, true],
      [401, false],
    ] as const) {
      const { task, products } = counted(size);
      const { values } = task.stiffest(task.blocks[0], 2);
      expect(values[0]).toBeCloseTo(size, 6);
      expect(products() === size).toBe(dense);
    }
  });

  it('its trace is exact up to order 400, from 64 random signs beyond', () => {
    const small = counted(400);
    expect(small.task.trace(small.task.blocks[0])).toBeCloseTo((400 * 401) / 2, 6);
    expect(small.products()).toBe(400);
    const large = counted(401);
    large.task.trace(large.task.blocks[0]);
    expect(large.products()).toBe(64);
  });

  it('a width is open beyond ten norms of the block’s weights, or ten where they are shorter than 1', () => {
    // along the first weight the loss is e times its centre at 12 from 0; the second is free
    const k = (2 * (Math.E - 1)) / 12 ** 2;
    const surface: ProtectableSurface = {
      size: 2,
      loss: (w) => 1 + (k * w[0] ** 2) / 2,
      gradient: (w) => Float64Array.of(k * w[0], 0),
    };
    const width = (norm: number) => {
      const task = surfaceTask(surface, { weights: [0, norm] }, { la, key });
      return task.widths(task.blocks[0], fromRows([[1, 0]]))[0].flatness;
    };
    expect([0, 0.9, 1, 1.19].map(width)).toEqual([null, null, null, null]);
    expect(width(1.21)! / 24).toBeCloseTo(1, 5);
  });

  it('products from differences of gradients are good to 1e-9 of the scale of the gradient', () => {
    // Σ cosh(w_i) + (Σ w)³/6: H_ij = cosh(w_i) δ_ij + Σ w, at weights of size 1 and far from it
    for (const size of [1e-3, 1, 300]) {
      const w = Float64Array.from([0.3, -0.7, 1.1], (x) => x * size);
      const scale = size === 300 ? 0.01 : 1;
      const surface: ProtectableSurface = {
        size: 3,
        loss: () => 1,
        gradient: (x) => {
          const sum = x.reduce((s, v) => s + v, 0);
          return x.map((v) => Math.sinh(scale * v) * scale + (sum * sum) / 2);
        },
      };
      const task = surfaceTask(surface, { weights: w }, { la, key });
      const sum = w.reduce((s, v) => s + v, 0);
      const gradient = Math.max(...surface.gradient(w), 1);
      for (const unit of orthonormalRows(3, 3, randomKey(4).stream())) {
        const exact = unit.reduce(
          (s, u, i) => s + u * u * Math.cosh(scale * w[i]) * scale ** 2,
          sum * unit.reduce((s, u) => s + u, 0) ** 2,
        );
        const [found] = task.curvatures(task.blocks[0], fromRows([unit]));
        expect(Math.abs(found - exact)).toBeLessThan(2e-9 * gradient);
      }
    }
  });
});

it('a network needs at least one layer', () => {
  const samples = taskSamples();
  const weights = initialWeights(SPEC, key);
  expect(() => networkTask({ spec: SPEC, weights, samples, layers: [], la, key })).toThrow(/at least one layer/);
});
