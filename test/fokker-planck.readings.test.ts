/** What is read off a density and a jump process, against naive loops over points on a small grid without symmetry. */
import { describe, expect, it } from 'vitest';
import { currentDivergence, probabilityCurrent } from '../src/theory/fokker-planck/current.js';
import { fokkerPlanck } from '../src/theory/fokker-planck/equation.js';
import {
  densityOf,
  describePoint,
  type Grid,
  type GridDensity,
  gridCentres,
  gridOf,
} from '../src/theory/fokker-planck/grid.js';
import { applyGenerator, escapeFlux, exitRates } from '../src/theory/fokker-planck/jumps.js';
import {
  densityAlong,
  densityAtPoint,
  densityAverage,
  densityFrom,
  densityFromCounts,
  densityFromWalkers,
  densityMoments,
  marginalDensity,
  massOf,
  normaliseDensity,
  totalVariation,
} from '../src/theory/fokker-planck/measures.js';
import { edgeMass, numericalDiffusion, resolutionOf } from '../src/theory/fokker-planck/quality.js';
import { listed } from './support/jumps.js';
import { model1, model2 } from './support/langevin-models.js';

const [NX, NY, HX, HY] = [5, 4, 0.5, 0.2];
const grid = gridOf([
  { name: 'u', from: -1, to: -1 + NX * HX, cells: NX },
  { name: 'v', from: 2, to: 2 + NY * HY, cells: NY },
]);
const place = (i: number, j: number) => [-1 + (i + 0.5) * HX, 2 + (j + 0.5) * HY] as const;
/** Not normalised, without symmetry. */
const shape = (i: number, j: number) => 1 + Math.sin(1 + 3 * i + 5 * j) + 0.1 * i + 0.03 * j * j;
const cells = Array.from({ length: NX * NY }, (_, k) => ({ k, i: k % NX, j: Math.floor(k / NX) }));
const sum = (values: readonly number[]) => values.reduce((s, v) => s + v, 0);
const raw: GridDensity = { grid, values: Float64Array.from(cells, ({ i, j }) => shape(i, j)) };
const mass = sum(cells.map(({ i, j }) => shape(i, j))) * HX * HY;
/** Probability of a cell of the normalised density. */
const p = (i: number, j: number) => (shape(i, j) * HX * HY) / mass;
const density = normaliseDensity(raw);
const near = (found: ArrayLike<number>, expected: readonly number[], digits = 12) => {
  expect(found).toHaveLength(expected.length);
  expected.forEach((v, k) => {
    expect(found[k], `number ${k}`).toBeCloseTo(v, digits);
  });
};

describe('a density', () => {
  it('has a mass, and one that is normalised the mass 1', () => {
    expect(massOf(raw)).toBeCloseTo(mass, 12);
    near(
      density.values,
      cells.map(({ i, j }) => p(i, j) / (HX * HY)),
    );
    const nothing = { grid, values: new Float64Array(NX * NY) };
    expect(() => normaliseDensity(nothing)).toThrow('a density of mass 0 cannot be normalised.');
  });

  it('comes from a function of the point', () => {
    near(
      densityFrom(grid, (at) => at[0] + 2 * at[1]).values,
      cells.map(({ i, j }) => {
        const f = ({ i, j }: { i: number; j: number }) => place(i, j)[0] + 2 * place(i, j)[1];
        return f({ i, j }) / (sum(cells.map(f)) * HX * HY);
      }),
    );
    for (const bad of [-1, Number.NaN, Number.POSITIVE_INFINITY])
      expect(() => densityFrom(grid, (at) => (at[0] > 1 ? bad : 1))).toThrow(/finite and ≥ 0/);
    expect(() => densityFrom(grid, (at) => (at[0] > 1 ? 0 : 1))).not.toThrow();
  });

  it('of one point lies in its cell', () => {
    for (const { k, i, j } of cells) {
      const [x, y] = place(i, j);
      for (const [dx, dy] of [
        [0, 0],
        [-0.49, 0.49],
        [0.49, -0.49],
        [-0.5 + 1e-9, -0.5 + 1e-9],
      ]) {
        const { values } = densityAtPoint(grid, [x + dx * HX, y + dy * HY]);
        expect(values.findIndex((v) => v > 0)).toBe(k);
        expect(values[k]).toBeCloseTo(1 / (HX * HY), 10);
      }
    }
    for (const [x, y] of [
      [-1.01, 2.1],
      [1.51, 2.1],
      [0, 1.99],
      [0, 2.81],
    ])
      expect(() => densityAtPoint(grid, [x, y])).toThrow(`the point ${x}, ${y} lies outside the grid.`);
  });

  it('of walkers and of counts', () => {
    const walkers = [place(1, 2), place(1, 2), place(4, 0), [9, 2.1], [0, 0]].flat();
    const { density: found, outside } = densityFromWalkers(grid, walkers);
    expect(outside).toBe(2 / 5);
    near(
      found.values,
      cells.map(({ i, j }) => (i === 1 && j === 2 ? 2 : i === 4 && j === 0 ? 1 : 0) / 5 / (HX * HY)),
    );
    const counts = cells.map(({ k }) => k);
    near(
      densityFromCounts(grid, counts).values,
      counts.map((c) => c / 190 / (HX * HY)),
    );
    near(
      densityFromCounts(grid, counts, 380).values,
      counts.map((c) => c / 380 / (HX * HY)),
    );
    expect(() => densityFromCounts(grid, [1, 2])).toThrow('2 counts do not fit a grid of 20 cells.');
    expect(() =>
      densityFromCounts(
        grid,
        counts.map(() => 0),
      ),
    ).toThrow(/without counts/);
    expect(() => densityFromWalkers(grid, [1, 2, 3])).toThrow('3 numbers are not points of 2 coordinates.');
    expect(() => densityFromWalkers(grid, [])).toThrow('0 numbers are not points');
  });

  it('has moments, averages, masses at its edges', () => {
    const { mean, covariance } = densityMoments(raw);
    const average = (f: (x: number, y: number) => number) => sum(cells.map(({ i, j }) => p(i, j) * f(...place(i, j))));
    const [mx, my] = [average((x) => x), average((_, y) => y)];
    near(mean, [mx, my]);
    near(covariance, [
      average((x) => (x - mx) ** 2),
      average((x, y) => (x - mx) * (y - my)),
      average((_, y) => (y - my) ** 2),
    ]);
    near(
      [
        densityAverage(
          raw,
          cells.map(({ i, j }) => 3 * i + j * j),
        ),
      ],
      [sum(cells.map(({ i, j }) => p(i, j) * (3 * i + j * j)))],
    );
    near(edgeMass(raw), [
      sum(cells.filter(({ i }) => i === 0).map(({ i, j }) => p(i, j))),
      sum(cells.filter(({ i }) => i === NX - 1).map(({ i, j }) => p(i, j))),
      sum(cells.filter(({ j }) => j === 0).map(({ i, j }) => p(i, j))),
      sum(cells.filter(({ j }) => j === NY - 1).map(({ i, j }) => p(i, j))),
    ]);
    // where the density is 0 the function need not exist
    const half = densityFrom(grid, (at) => (at[0] < 0 ? 1 : 0));
    expect(
      densityAverage(
        half,
        cells.map(({ i }) => (i < 2 ? i : Number.NaN)),
      ),
    ).toBeCloseTo(0.5, 12);
  });

  it('has marginals', () => {
    const along = (axis: 0 | 1) => marginalDensity(density, axis);
    const columns = Array.from(
      { length: NX },
      (_, i) => sum(cells.filter((c) => c.i === i).map((c) => p(c.i, c.j))) / HX,
    );
    const rows = Array.from({ length: NY }, (_, j) => sum(cells.filter((c) => c.j === j).map((c) => p(c.i, c.j))) / HY);
    near(along(0).values, columns);
    near(along(1).values, rows);
    expect(along(1).grid.axes.map((a) => a.name)).toEqual(['v']);
    near(gridCentres(along(1).grid, 0), [2.1, 2.3, 2.5, 2.7]);
    expect([along(1).grid.size, along(1).grid.nx, along(1).grid.ny, along(0).grid.volume]).toEqual([4, 4, 1, 0.5]);
    expect(marginalDensity(along(0), 0).values).toEqual(along(0).values);
    expect(() => marginalDensity(along(0), 1)).toThrow('a grid of 1 axis has no axis 1.');
  });

  it('has a total variation from another, mass that is lost included', () => {
    const other = densityFrom(grid, (at) => at[0] ** 2 + at[1]);
    const apart = sum(cells.map(({ k, i, j }) => Math.abs(p(i, j) - other.values[k] * HX * HY))) / 2;
    expect(totalVariation(density, other)).toBeCloseTo(apart, 12);
    const less = { grid, values: density.values.map((v) => 0.7 * v) };
    // 0.3 are missing at their places, and lie at a place of their own
    expect(totalVariation(density, less)).toBeCloseTo(0.3, 12);
    expect(totalVariation(less, density)).toBeCloseTo(0.3, 12);
    for (const change of [{ from: -2 }, { to: 3 }, { cells: NX + 1 }]) {
      const elsewhere = gridOf([{ ...grid.axes[0], ...change }, grid.axes[1]]);
      expect(() =>
        totalVariation(
          density,
          densityFrom(elsewhere, () => 1),
        ),
      ).toThrow(/different axes/);
    }
  });
});

describe('a slice', () => {
  it('is exact at the lines, and on any line for log P cubic across', () => {
    for (const [axis, n] of [
      [0, NY],
      [1, NX],
    ] as const)
      for (let line = 0; line < n; line++) {
        const at = axis === 0 ? place(0, line)[1] : place(line, 0)[0];
        const own = cells.filter(({ i, j }) => (axis === 0 ? j : i) === line);
        near(
          densityAlong(raw, axis, at).values,
          own.map(({ i, j }) => shape(i, j)),
        );
      }
    const cubic = (x: number, y: number) => Math.exp(x * y + (y - 2.2) ** 3 - x ** 3 + 0.5 * x * x);
    const smooth: GridDensity = { grid, values: Float64Array.from(cells, ({ i, j }) => cubic(...place(i, j))) };
    for (const y of [2, 2.16, 2.4, 2.75, 2.8])
      near(
        densityAlong(smooth, 0, y).values,
        Array.from({ length: NX }, (_, i) => cubic(place(i, 0)[0], y)),
      );
    for (const x of [-1, -0.3, 0.1, 1.2, 1.5])
      near(
        densityAlong(smooth, 1, x).values,
        Array.from({ length: NY }, (_, j) => cubic(x, place(0, j)[1])),
      );
  });

  it('is linear in P where a line is empty, and never negative', () => {
    // lines at y = 2.1, 2.3, 2.5, 2.7 with densities 4, 0, 2, 6
    const lines = [4, 0, 2, 6];
    const some: GridDensity = { grid, values: Float64Array.from(cells, ({ j }) => lines[j]) };
    const at = (y: number) => densityAlong(some, 0, y).values[2];
    near([2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.7].map(at), [4, 2, 0, 1, 2, 4, 6]);
    near([at(2), at(2.8)], [6, 8]);
    const falling: GridDensity = { grid, values: Float64Array.from(cells, ({ j }) => [0, 1, 0, 0][j]) };
    expect(densityAlong(falling, 0, 2).values[0]).toBe(0);
    const three = gridOf([grid.axes[0], { from: 0, to: 3, cells: 3 }]);
    const thin: GridDensity = {
      grid: three,
      values: Float64Array.from({ length: 15 }, (_, k) => Math.exp(Math.floor(k / 5) ** 2)),
    };
    near(densityAlong(thin, 0, 1).values, new Array(5).fill(Math.exp(0.25)));
  });

  it('needs two dimensions', () => {
    expect(() => densityAlong(marginalDensity(raw, 0), 0, 0)).toThrow(/two dimensions/);
    expect(() => densityAlong(raw, 0, 1.99)).toThrow('the line v = 1.99 lies outside the grid, 2 to 2.8.');
  });
});

it('resolution: cells per width, over all lines and on the narrowest that counts', () => {
  const { overall, narrowest, warnings } = resolutionOf(raw);
  const line = (list: (readonly [number, number])[]) => {
    let [information, own] = [0, 0];
    list.forEach(([i, j], c) => {
      own += p(i, j);
      if (c + 1 === list.length) return;
      const [i2, j2] = list[c + 1];
      information += ((p(i, j) + p(i2, j2)) / 2) * Math.log(p(i2, j2) / p(i, j)) ** 2;
    });
    return { information, width: Math.sqrt(own / information) };
  };
  const rows = Array.from({ length: NY }, (_, j) => line(Array.from({ length: NX }, (_, i) => [i, j] as const)));
  const columns = Array.from({ length: NX }, (_, i) => line(Array.from({ length: NY }, (_, j) => [i, j] as const)));
  near(
    overall,
    [rows, columns].map((all) => 1 / Math.sqrt(sum(all.map((l) => l.information)))),
  );
  const least = [rows, columns].map((all) => Math.min(...all.map((l) => l.width)));
  near(narrowest, least);
  const worst = rows.findIndex((l) => l.width === least[0]);
  expect(warnings[0]).toBe(
    `the density along u at v = ${(2.1 + 0.2 * worst).toFixed(1)} is ${least[0].toPrecision(2)} cells wide; take at least ${Math.ceil((2 / least[0]) * NX)} cells on that axis.`,
  );
  // a line that holds less than 1e-4 of the mass does not count
  const faint: GridDensity = {
    grid,
    values: Float64Array.from(cells, ({ i, j }) => (j === 3 ? 1e-6 * Math.exp(9 * i) * 1e-14 : Math.exp(0.01 * i))),
  };
  const steady = Array.from({ length: NX }, (_, i) => Math.exp(0.01 * i));
  const within = sum(steady) - (steady[0] + steady[NX - 1]) / 2;
  expect(resolutionOf(faint).narrowest[0]).toBeCloseTo(100 * Math.sqrt(sum(steady) / within), 6);
  expect(resolutionOf(faint).warnings.filter((w) => w.includes('along u'))).toEqual([]);
});

/** Drift and oblique noise that change from cell to cell, with an absorbing side and a target. */
const model = model2(
  (x, y) => [0.4 - x, 3 * (y - 2.5) + x],
  (x, y) => [0.3 + 0.1 * x, 0.05 * y, 0.2 + 0.02 * x * y],
);
const axes = grid.axes;
const jumps = fokkerPlanck({
  model,
  axes,
  boundaries: [['reflecting', 'absorbing'], ['absorbing', 'reflecting']],
  target: (at) => at[0] < -0.4 && at[1] > 2.4,
}); // biome-ignore format: short

describe('a jump process', () => {
  const all = listed(jumps);
  const open = all.filter(({ from }) => !jumps.target[from]);
  const masses = cells.map(({ i, j }) => p(i, j));

  it('moves probability along its jumps', () => {
    expect(all.some((jump) => jump.ex * jump.ey !== 0)).toBe(true);
    expect([...jumps.target].filter(Boolean)).toHaveLength(2);
    const expected = new Array<number>(NX * NY).fill(0);
    for (const { from, to, rate } of open) {
      expected[from] -= rate * masses[from];
      if (to >= 0) expected[to] += rate * masses[from];
    }
    near(applyGenerator(jumps, masses, new Float64Array(NX * NY)), expected);
    near(
      currentDivergence(jumps, density),
      expected.map((v) => -v / (HX * HY)),
      10,
    );
  });

  it('leaves each cell at the sum of its rates', () => {
    near(
      exitRates(jumps),
      cells.map(({ k }) => sum(all.filter(({ from }) => from === k).map(({ rate }) => rate))),
      11,
    );
  });

  it('loses probability at each side and into the target', () => {
    const { sides, target } = escapeFlux(jumps, density);
    const through = (ends: (to: number) => boolean) => sum(all.filter(({ from, to }) => ends(to) && (to < 0 || !jumps.target[from])).map(({ from, rate }) => rate * masses[from])); // biome-ignore format: one sum
    near(
      sides,
      [0, 1, 2, 3].map((side) => through((to) => to === -1 - side)),
    );
    expect([sides[0], sides[3]]).toEqual([0, 0]);
    expect(sides[1]).toBeGreaterThan(0);
    expect(sides[2]).toBeGreaterThan(0);
    expect(target).toBeGreaterThan(0);
    near([target], [through((to) => to >= 0 && jumps.target[to] === 1)]);
  });

  it('has a current: half of the displacement of each jump counts in either cell', () => {
    const expected = [0, 1].map(() => new Array<number>(NX * NY).fill(0));
    const h = [HX, HY];
    for (const { from, to, rate, ex, ey } of all) {
      if (jumps.target[from]) continue;
      for (const cell of to < 0 ? [from] : [from, to])
        [ex, ey].forEach((e, axis) => {
          expected[axis][cell] += (rate * masses[from] * e * h[axis]) / (2 * HX * HY);
        });
    }
    probabilityCurrent(jumps, density).components.forEach((c, axis) => {
      near(c, expected[axis], 11);
    });
  });
});

describe('noise that the scheme adds', () => {
  it('(q/2) coth(q/2) − 1 along each offset: oblique, constant', () => {
    // in cells: D = (1,0)(1,0)ᵀ + 2 (0,1)(0,1)ᵀ + (1,1)(1,1)ᵀ = [2, 1, 3]; D⁻¹f of f = (1.2, 0.1): (0.7, −0.2)
    const unit: Grid = gridOf([0, 1].map(() => ({ from: 0, to: 7, cells: 7 })));
    const tilted = model2(
      () => [2 * 0.7 - 0.2, 0.7 - 3 * 0.2],
      () => [2, 1, 3],
    );
    const process = fokkerPlanck({ model: tilted, axes: unit.axes.map((a, k) => ({ ...a, name: ['x', 'y'][k] })) });
    const more = (q: number) => (q / 2) * (Math.cosh(q / 2) / Math.sinh(q / 2)) - 1;
    const [a, b, c] = [more(0.7), 2 * more(-0.2), more(0.5)];
    const [exx, exy, eyy] = [a + c, c, b + c];
    const expected = (3 * exx - 2 * exy + 2 * eyy) / 5 / 2;
    const weight = densityFrom(unit, (at) => 1 + at[0] + 2 * at[1]);
    expect(numericalDiffusion(process, weight)).toBeCloseTo(expected, 12);
  });

  it('is averaged over the density, without the cells at the sides', () => {
    // q = f h/D from each side of a cell, D constant and f linear in x
    const process = fokkerPlanck({ model: model1((x) => 2 * x, () => 0.5), axes: [{ from: 0, to: 6, cells: 6 }] }); // biome-ignore format: short
    const q = (x: number) => (2 * x) / 0.5;
    const more = (x: number) => (q(x) / 2) * (Math.cosh(q(x) / 2) / Math.sinh(q(x) / 2)) - 1;
    const weights = [9, 1, 2, 3, 4, 9];
    const inner = [1, 2, 3, 4].map((i) => (weights[i] * (more(i) + more(i + 1))) / 2);
    const found = numericalDiffusion(
      process,
      densityOf(
        process.grid,
        weights.map((w) => w / 28),
      ),
    );
    expect(found).toBeCloseTo(sum(inner) / 10, 10);
  });
});

it('points are named for a sentence', () => {
  expect(describePoint(grid, [1.23456789, -2])).toBe('u = 1.23457, v = -2');
});
