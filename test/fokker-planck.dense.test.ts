/** The solvers of a jump process against dense linear systems. */
import { describe, expect, it } from 'vitest';
import { fokkerPlanck } from '../src/theory/fokker-planck/equation.js';
import { type GridAxis, gridOf } from '../src/theory/fokker-planck/grid.js';
import type { JumpProcess } from '../src/theory/fokker-planck/jumps.js';
import { densityFrom, massOf } from '../src/theory/fokker-planck/measures.js';
import { Passage, sideNames } from '../src/theory/fokker-planck/passage.js';
import type { ProcessOptions } from '../src/theory/fokker-planck/rates.js';
import { stationaryDensity } from '../src/theory/fokker-planck/stationary.js';
import { positiveStep, Stepper } from '../src/theory/fokker-planck/stepping.js';
import type { LangevinModel } from '../src/theory/motion.js';
import { generatorOf, listed } from './support/jumps.js';
import { model2 } from './support/langevin-models.js';
import { solve } from './support/penalties.js';

const sum = (values: readonly number[]) => values.reduce((s, v) => s + v, 0);
const near = (found: ArrayLike<number>, expected: readonly number[], digits = 11) => {
  expect(found).toHaveLength(expected.length);
  expected.forEach((v, k) => {
    expect(found[k], `number ${k}`).toBeCloseTo(v, digits);
  });
};
const unitAxes = (nx: number, ny: number): GridAxis[] => [{ from: 0, to: nx, cells: nx }, { from: 0, to: ny, cells: ny }]; // biome-ignore format: one line
const process = (model: LangevinModel, axes: GridAxis[], options: ProcessOptions = {}): JumpProcess =>
  fokkerPlanck({ model, axes, ...options });

describe('against dense linear systems', () => {
  const model = model2(
    (x, y) => [x - x ** 3, -2 * y + 0.5 * x],
    (x) => [0.2 + 0.05 * x * x, 0.05, 0.1],
  );
  const axes = [{ from: -2, to: 1.5, cells: 9 }, { from: -1, to: 1.4, cells: 8 }]; // biome-ignore format: one line
  const open = process(model, axes, {
    boundaries: [['absorbing', 'reflecting'], ['reflecting', 'absorbing']],
    target: (at) => at[0] > 0.9 && at[1] < 0,
  }); // biome-ignore format: short
  const n = 72;
  const a = generatorOf(open);
  const free = [...Array(n).keys()].filter((i) => !open.target[i]);
  const reduced = free.map((i) => free.map((j) => a[i][j]));
  const transposed = free.map((i) => free.map((j) => a[j][i]));
  const scatter = (values: readonly number[]) => {
    const all = new Array<number>(n).fill(0);
    values.forEach((v, k) => {
      all[free[k]] = v;
    });
    return all;
  };
  const one = (i: number, j: number) => (i === j ? 1 : 0);

  it('mean first-passage times: Aᵀ T = −1', () => {
    near(
      new Passage(open).meanTimes(),
      scatter(
        solve(
          transposed,
          free.map(() => -1),
        ),
      ),
      8,
    );
  });

  it('committors: Aᵀ u = −c, 1 or 0 in target cells', () => {
    const passage = new Passage(open);
    const c = (counts: (jump: { to: number }) => boolean) =>
      free.map(
        (i) =>
          -sum(
            listed(open)
              .filter((j) => j.from === i && counts(j))
              .map((j) => j.rate),
          ),
      );
    expect(sideNames(open)).toEqual(['x lower', 'x upper', 'y lower', 'y upper']);
    near(
      passage.committor({ sides: ['x lower'] }),
      scatter(
        solve(
          transposed,
          c(({ to }) => to === -1),
        ),
      ),
      9,
    );
    near(
      passage.committor({ sides: ['y upper'] }),
      scatter(
        solve(
          transposed,
          c(({ to }) => to === -4),
        ),
      ),
      9,
    );
    // part of the target
    const row = (to: number) => Math.floor(to / 9);
    const found = passage.committor({ target: (at) => at[1] < -0.5 });
    const expected = scatter(
      solve(
        transposed,
        c(({ to }) => to >= 0 && open.target[to] === 1 && row(to) < 2),
      ),
    );
    open.target.forEach((t, i) => {
      if (t) expected[i] = row(i) < 2 ? 1 : 0;
    });
    near(found, expected, 9);
    const all = passage.committor({ sides: ['x lower', 'y upper'], target: () => true });
    for (const u of all) expect(u).toBeCloseTo(1, 10);
    expect(() => passage.committor({ sides: ['left'] })).toThrow('there is no side left; sides are x lower, x upper');
  });

  it('the slowest decay: A P = −k P with P > 0', () => {
    const { rate, density, residual, converged, iterations } = new Passage(open).escapeRate();
    const p = free.map((i) => density.values[i] * open.grid.volume);
    expect(sum(p)).toBeCloseTo(1, 12);
    reduced.forEach((line, k) => {
      expect(line.reduce((s, v, l) => s + v * p[l], 0)).toBeCloseTo(-rate * p[k], 11);
      expect(p[k]).toBeGreaterThan(0);
    });
    expect([converged, residual < 1e-13, iterations < 60]).toEqual([true, true, true]);
    open.target.forEach((t, i) => {
      if (t) expect(density.values[i]).toBe(0);
    });
    const early = new Passage(open).escapeRate(2);
    expect([early.iterations, early.converged]).toEqual([2, false]);
  });

  it('the stationary density: A P = 0', () => {
    const closed = process(model, axes);
    const { density, residual, converged } = stationaryDensity(closed);
    const p = [...density.values].map((v) => v * closed.grid.volume);
    expect(sum(p)).toBeCloseTo(1, 12);
    for (const line of generatorOf(closed)) expect(line.reduce((s, v, k) => s + v * p[k], 0)).toBeCloseTo(0, 12);
    // rounding: some 1e-16, and not nothing
    expect([converged, residual < 1e-14, residual > 1e-18]).toEqual([true, true, true]);
  });

  const start = densityFrom(open.grid, (at) => 1 + at[0] ** 2 + 0.3 * at[1]);
  const p0 = free.map((i) => start.values[i] * open.grid.volume);
  const step = 0.05;
  const implicit = (p: readonly number[], tau: number) =>
    solve(reduced.map((line, i) => line.map((v, j) => one(i, j) - tau * v)), [...p]); // biome-ignore format: short

  it('backward Euler: (1 − tau A) P′ = P, and what it absorbs', () => {
    const end = new Stepper(open, { step }).advance(start, 2);
    const [p1, p2] = [implicit(p0, step), implicit(implicit(p0, step), step)];
    near(
      end.density.values,
      scatter(p2).map((v) => v / open.grid.volume),
      9,
    );
    near(end.survival, [p0, p1, p2].map(sum));
    expect(end.absorbed).toBeCloseTo(sum(p0) - sum(p2), 12);
    expect([end.time, end.correction]).toEqual([0.1, 0]);
  });

  it('sdirk2: (1 − gamma tau A) Y = P, (1 − gamma tau A) P′ = (1 + √2) Y − √2 P', () => {
    const gamma = 1 - Math.SQRT1_2;
    const end = new Stepper(open, { step, scheme: 'sdirk2' }).advance(start, 1);
    const y = implicit(p0, gamma * step);
    const p1 = implicit(
      y.map((v, i) => (1 + Math.SQRT2) * v - Math.SQRT2 * p0[i]),
      gamma * step,
    );
    near(
      end.density.values,
      scatter(p1).map((v) => v / open.grid.volume),
      9,
    );
    expect(end.absorbed).toBeCloseTo(sum(p0) - sum(p1), 12);
    const rates = free.map((_, k) => -reduced[k][k]);
    expect(positiveStep(open, 'sdirk2') * Math.max(...rates)).toBeCloseTo(1 + Math.SQRT2, 10);
  });

  it('half of a density moves as half of what the whole becomes, its mass kept', () => {
    const closed = process(model, axes);
    const whole = densityFrom(closed.grid, (at) => 3 + at[0] + at[1]);
    const half = { grid: closed.grid, values: whole.values.map((v) => v / 2) };
    const stepper = new Stepper(closed, { step });
    const [a, b] = [whole, half].map((d) => stepper.advance(d, 3));
    near(
      b.density.values,
      [...a.density.values].map((v) => v / 2),
    );
    near(b.survival, [0.5, 0.5, 0.5, 0.5], 14);
    expect(massOf(b.density)).toBeCloseTo(0.5, 14);
    expect(b.correction).toBeLessThan(1e-14);
    expect(b.absorbed).toBe(0);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('a step of %d is refused', (bad) => {
    expect(() => new Stepper(open, { step: bad })).toThrow(/a step in time must be a positive number/);
  });

  it('counts and densities that make no sense are refused', () => {
    const stepper = new Stepper(open, { step });
    for (const bad of [-1, 1.5]) expect(() => stepper.advance(start, bad)).toThrow(/whole number/);
    expect(stepper.advance(start, 0).survival).toHaveLength(1);
    const other = densityFrom(gridOf(unitAxes(4, 4)), () => 1);
    expect(() => stepper.advance(other, 1)).toThrow('the density has 16 cells and the grid 72');
    const negative = { grid: open.grid, values: start.values.map((v, i) => (i === 3 ? -1e-3 : v)) };
    expect(() => stepper.advance(negative, 1)).toThrow(/negative or not finite/);
  });
});
