// Leaving: closed integrals for mean first-passage times, the decay of a box, splitting probabilities, rates over high barriers.
import { describe, expect, it } from 'vitest';
import { fokkerPlanck } from '../src/theory/fokker-planck/equation.js';
import { type GridAxis, gridCentres } from '../src/theory/fokker-planck/grid.js';
import { escapeFlux } from '../src/theory/fokker-planck/jumps.js';
import { densityAverage, densityFrom } from '../src/theory/fokker-planck/measures.js';
import { Passage } from '../src/theory/fokker-planck/passage.js';
import type { Side } from '../src/theory/fokker-planck/rates.js';
import { Stepper } from '../src/theory/fokker-planck/stepping.js';
import { model1, model2 } from './support/langevin-models.js';

const free = model1(
  () => 0,
  () => 0.7,
);
const passage = (model: typeof free, axes: GridAxis[], boundaries: [Side, Side][]) =>
  new Passage(fokkerPlanck({ model, axes, boundaries }));

/** T(x) from x to b with a wall at a: ∫_x^b e^{Phi(y)}/D ∫_a^y e^{−Phi(z)} dz dy, constant D, by Simpson's rule on 4000 intervals. */
function closedTime(phi: (x: number) => number, D: number, a: number, x: number, b: number): number {
  const n = 8000;
  const h = (b - a) / n;
  const inner = new Float64Array(n + 1);
  for (let k = 2; k <= n; k += 2) {
    const e = (m: number) => Math.exp(-phi(a + m * h));
    inner[k] = inner[k - 2] + (h / 3) * (e(k - 2) + 4 * e(k - 1) + e(k));
  }
  let time = 0;
  const from = 4 * Math.round((x - a) / h / 4);
  const outer = (k: number) => (Math.exp(phi(a + k * h)) / D) * inner[k];
  for (let k = from; k + 4 <= n; k += 4) time += ((2 * h) / 3) * (outer(k) + 4 * outer(k + 2) + outer(k + 4));
  return time;
}

describe('mean first-passage time', () => {
  it('Brownian motion between two absorbing ends: x(L − x)/2D, second order', () => {
    const error = (cells: number) => {
      const p = passage(free, [{ from: 0, to: 2, cells }], [['absorbing', 'absorbing']]);
      const x = gridCentres(p.jumps.grid, 0);
      return Math.max(...p.meanTimes().map((t, i) => Math.abs(t - (x[i] * (2 - x[i])) / 1.4)));
    };
    expect(error(40)).toBeLessThan(1e-3);
    expect(Math.abs(Math.log2(error(40) / error(80)) - 2)).toBeLessThan(0.1);
  });

  it.each([
    ['Ornstein-Uhlenbeck', (x: number) => x * x, (x: number) => -x, 0.5, -4, 2],
    [
      'a double well, barrier 12.5 D',
      (x: number) => ((x * x - 1) ** 2 / 4) * 50,
      (x: number) => x - x ** 3,
      0.02,
      -2,
      1,
    ],
  ])('%s against the closed integral, second order', (_, phi, f, D, a, b) => {
    const error = (cells: number) => {
      const model = model1(f, () => D);
      const p = passage(model, [{ from: a, to: b, cells }], [['reflecting', 'absorbing']]);
      const x = gridCentres(p.jumps.grid, 0);
      const k = Math.floor(cells * 0.3);
      return Math.abs(p.meanTimes()[k] / closedTime(phi, D, a, x[k], b) - 1);
    };
    const [coarse, fine] = [error(75), error(150)];
    expect(fine).toBeLessThan(0.005);
    expect(coarse / fine).toBeGreaterThan(3);
  });

  it('a barrier of 150 D keeps its relative accuracy', () => {
    const D = 1 / 600;
    const model = model1(
      (x) => x - x ** 3,
      () => D,
    );
    const p = passage(model, [{ from: -1.6, to: 1, cells: 1300 }], [['reflecting', 'absorbing']]);
    const x = gridCentres(p.jumps.grid, 0)[300];
    const exact = closedTime((y) => (y * y - 1) ** 2 / 4 / D, D, -1.6, x, 1);
    expect(exact).toBeGreaterThan(1e60);
    expect(Math.abs(p.meanTimes()[300] / exact - 1)).toBeLessThan(0.002); // q²/12 with 9 cells a width
    // the rate is the reciprocal of the time from the well: their difference is of the order e^{−150}
    const { rate, converged } = p.escapeRate();
    expect(converged).toBe(true);
    expect(Math.abs(rate * exact - 1)).toBeLessThan(0.002);
  });

  it('a target inside: from both sides of it', () => {
    const process = fokkerPlanck({
      model: free,
      axes: [{ from: -2, to: 1, cells: 301 }],
      target: (p) => Math.abs(p[0]) < 0.25,
    });
    const times = new Passage(process).meanTimes();
    const x = gridCentres(process.grid, 0);
    // walls at −2 and 1; arrives at the centre of the first target cell: to half a cell, 2 % of the shorter way
    x.forEach((v, i) => {
      const [wall, edge] = v < 0 ? [-2, -0.25] : [1, 0.25];
      const way = Math.abs(edge - v);
      const exact = Math.abs(v) < 0.25 ? 0 : (way * (2 * Math.abs(wall - edge) - way)) / 1.4;
      expect(Math.abs(times[i] - exact)).toBeLessThan((0.02 * 1.75) / 0.7);
    });
  });
});

describe('decay', () => {
  it('a box with absorbing sides: π²D(1/a² + 1/b²), and the survival of its lowest mode', () => {
    const model = model2(
      () => [0, 0],
      () => [0.4, 0, 0.2],
    );
    const axes = [{ from: 0, to: 1, cells: 50 }, { from: -1, to: 1, cells: 50 }]; // biome-ignore format: one line
    const all: [Side, Side] = ['absorbing', 'absorbing'];
    const p = passage(model, axes, [all, all]);
    const { rate, density, converged, residual } = p.escapeRate();
    const exact = Math.PI ** 2 * (0.4 + 0.2 / 4);
    expect(converged).toBe(true);
    expect(residual).toBeLessThan(1e-9);
    expect(Math.abs(rate / exact - 1)).toBeLessThan((Math.PI / 50) ** 2 / 6);
    // one backward-Euler step multiplies the lowest mode by 1/(1 + k tau)
    const after = new Stepper(p.jumps, { step: 0.1 }).advance(density, 4).survival;
    for (let n = 1; n <= 4; n++) expect(after[n]).toBeCloseTo((1 + 0.1 * rate) ** -n, 9);
    const flux = escapeFlux(p.jumps, density);
    expect(flux.sides.reduce((s, v) => s + v, 0)).toBeCloseTo(rate, 9);
    // D/L² decides: x sides take 0.4 of 0.45
    expect((flux.sides[0] + flux.sides[1]) / rate).toBeCloseTo(0.4 / 0.45, 6);
    expect(densityAverage(density, p.meanTimes())).toBeCloseTo(1 / rate, 9);
  });

  it('committor of a biased walk: (1 − e^{−vx/D})/(1 − e^{−vL/D}) exactly in the scheme’s own nodes', () => {
    const model = model1(
      () => 0.8,
      () => 0.2,
    );
    const p = passage(model, [{ from: 0, to: 2, cells: 37 }], [['absorbing', 'absorbing']]);
    const u = p.committor({ sides: ['x upper'] });
    gridCentres(p.jumps.grid, 0).forEach((x, i) => {
      expect(u[i]).toBeCloseTo(Math.expm1(-4 * x) / Math.expm1(-8), 12);
    });
    const other = p.committor({ sides: ['x lower'] });
    for (let i = 0; i < u.length; i++) expect(u[i] + other[i]).toBeCloseTo(1, 12);
    expect(() => p.committor({ sides: ['left'] })).toThrow('there is no side left; sides are x lower, x upper.');
  });

  it('turned noise in a wide box leaves as on axes: the same law in turned coordinates', () => {
    // a disk is round: a target outside it makes the rate independent of the direction of D
    const at = (angle: number) => {
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      const D = [c * c + 0.1 * s * s, 0.9 * c * s, s * s + 0.1 * c * c] as const;
      const model = model2(
        (x, y) => [-x, -y],
        () => D,
      );
      const axes = [{ from: -1.2, to: 1.2, cells: 96 }, { from: -1.2, to: 1.2, cells: 96 }]; // biome-ignore format: one line
      const process = fokkerPlanck({ model, axes, target: (p) => p[0] ** 2 + p[1] ** 2 > 1 });
      return new Passage(process).escapeRate().rate;
    };
    // the disk's edge is known to half a cell, 1/80 of its radius, and the rate goes as radius^−2
    expect(Math.abs(at(0.5) / at(0) - 1)).toBeLessThan(0.03);
  });

  it('times beyond float64 are refused, not infinite', () => {
    // the barrier is 1/D: e^700 is about 1e304, e^714 and above are more than a number holds
    const parabola = (D: number) =>
      passage(
        model1(
          (x) => -2 * x,
          () => D,
        ),
        [{ from: -1, to: 1, cells: 200 }],
        [['reflecting', 'absorbing']],
      );
    expect(parabola(1 / 680).meanTimes()[100]).toBeGreaterThan(1e285);
    for (const D of [1 / 714, 1 / 769, 1 / 2000]) {
      expect(() => parabola(D).meanTimes()).toThrow(/float64 cannot hold/);
      expect(() => parabola(D).escapeRate()).toThrow(/float64 cannot hold/);
    }
    expect(() => parabola(1 / 769).committor({ sides: ['x upper'] })).toThrow(/float64 cannot hold/);
  });

  it('starting densities average the times', () => {
    const p = passage(free, [{ from: 0, to: 1, cells: 200 }], [['absorbing', 'absorbing']]);
    const uniform = densityFrom(p.jumps.grid, () => 1);
    expect(densityAverage(uniform, p.meanTimes())).toBeCloseTo(1 / 12 / 0.7, 4);
  });
});
