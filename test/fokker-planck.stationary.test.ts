// Stationary densities against closed forms that share no code with the solver: Boltzmann, the Itô integral in one dimension, the
// Gaussian of the Lyapunov equation, Chaudhari & Soatto's exact case, the degenerate valley.
import { describe, expect, it } from 'vitest';
import { currentDivergence, probabilityCurrent } from '../src/theory/fokker-planck/current.js';
import { fokkerPlanck } from '../src/theory/fokker-planck/equation.js';
import { type GridAxis, type GridDensity, gridCentres, massesOf } from '../src/theory/fokker-planck/grid.js';
import {
  densityAlong,
  densityFrom,
  densityMoments,
  marginalDensity,
  totalVariation,
} from '../src/theory/fokker-planck/measures.js';
import { numericalDiffusion } from '../src/theory/fokker-planck/quality.js';
import { stationaryDensity } from '../src/theory/fokker-planck/stationary.js';
import type { LangevinModel } from '../src/theory/motion.js';
import { model1, model2 } from './support/langevin-models.js';

const solve = (model: LangevinModel, axes: GridAxis[]) => stationaryDensity(fokkerPlanck({ model, axes })).density;

/** Largest relative difference from a function of the point, both normalised, where the function exceeds `floor` of its maximum. */
function worst(density: GridDensity, log: (x: number, y: number) => number, floor = 0): number {
  const { grid } = density;
  const [x, y] = [gridCentres(grid, 0), grid.axes.length > 1 ? gridCentres(grid, 1) : [0]];
  const logs = Float64Array.from(density.values, (_, i) => log(x[i % grid.nx], y[Math.floor(i / grid.nx)]));
  const top = logs.reduce((m, v) => Math.max(m, v), Number.NEGATIVE_INFINITY);
  const shape = logs.map((v) => Math.exp(v - top));
  const z = shape.reduce((s, v) => s + v, 0) * grid.volume;
  let error = 0;
  for (let i = 0; i < grid.size; i++)
    if (shape[i] > floor) error = Math.max(error, Math.abs((density.values[i] * z) / shape[i] - 1));
  return error;
}

describe('one dimension', () => {
  const well = (x: number) => (x * x - 1) ** 2 / 4;

  it('constant noise: Boltzmann in a quartic double well, exact to rounding over 190 decades', () => {
    const D = 0.005;
    const density = solve(
      model1(
        (x) => x - x ** 3,
        () => D,
      ),
      [{ from: -2, to: 2, cells: 333 }],
    );
    expect(Math.min(...density.values)).toBeLessThan(1e-185);
    // q is exact for a quartic; 166 factors e^q from the middle, each with a few roundings of numbers up to |Phi|/D = 450
    expect(worst(density, (x) => -well(x) / D)).toBeLessThan(1e-11);
  });

  it('state-dependent noise is Itô: P ∝ (1/D) exp ∫f/D, error h⁴ from Simpson’s rule', () => {
    // D = (1 + x²)/2, f = −2x: ∫f/D = −2 ln(1 + x²)
    const error = (cells: number) =>
      worst(
        solve(
          model1(
            (x) => -2 * x,
            (x) => (1 + x * x) / 2,
          ),
          [{ from: -6, to: 6, cells }],
        ),
        (x) => -3 * Math.log(1 + x * x),
      );
    const [coarse, fine] = [error(60), error(120)];
    expect(coarse).toBeLessThan(2e-3);
    expect(Math.log2(coarse / fine)).toBeGreaterThan(3.7);
    expect(Math.log2(coarse / fine)).toBeLessThan(4.3);
  });

  it('noise that vanishes on an axis point still carries the drift', () => {
    // D = x²/2 + a, a = 0.001, f = 0.3 − x: D changes tenfold within a few cells. ∫f/D = 0.3 √(2/a) arctan(x/√(2a)) − ln D
    const a = 0.001;
    const log = (x: number) => 0.3 * Math.sqrt(2 / a) * Math.atan(x / Math.sqrt(2 * a)) - 2 * Math.log((x * x) / 2 + a);
    const mean = (cells: number) => {
      const model = model1(
        (x) => 0.3 - x,
        (x) => (x * x) / 2 + a,
      );
      return densityMoments(solve(model, [{ from: -1.5, to: 3, cells }])).mean[0];
    };
    let [first, mass] = [0, 0];
    for (let x = -1.5 + 5e-6; x < 3; x += 1e-5) {
      const p = Math.exp(log(x) - log(0.3));
      first += x * p;
      mass += p;
    }
    const errors = [150, 300].map((cells) => Math.abs(mean(cells) - first / mass));
    expect(errors[1]).toBeLessThan(1e-6);
    // the cells' own midpoint rule, h²
    expect(Math.log2(errors[0] / errors[1])).toBeGreaterThan(1.8);
  });
});

describe('two dimensions', () => {
  // D with eigenvalues 1 and 0.01 turned by 0.55 rad: condition 100
  const [c, s] = [Math.cos(0.55), Math.sin(0.55)];
  const D = [c * c + 0.01 * s * s, 0.99 * c * s, s * s + 0.01 * c * c] as const;

  /** Errors of the stationary state of x' = −F x + noise against the Gaussian of F Σ + Σ Fᵀ = 2D, on n×n cells. */
  function gaussian(F: readonly number[], n: number) {
    const m = [
      [2 * F[0], 2 * F[1], 0],
      [F[2], F[0] + F[3], F[1]],
      [0, 2 * F[2], 2 * F[3]],
    ];
    const det = (a: number[][]) =>
      a[0][0] * (a[1][1] * a[2][2] - a[1][2] * a[2][1]) -
      a[0][1] * (a[1][0] * a[2][2] - a[1][2] * a[2][0]) +
      a[0][2] * (a[1][0] * a[2][1] - a[1][1] * a[2][0]);
    const b = [2 * D[0], 2 * D[1], 2 * D[2]];
    const sigma = [0, 1, 2].map((k) => det(m.map((row, r) => row.map((v, q) => (q === k ? b[r] : v)))) / det(m));
    const model = model2(
      (x, y) => [-F[0] * x - F[1] * y, -F[2] * x - F[3] * y],
      () => D,
    );
    const [lx, ly] = [6 * Math.sqrt(sigma[0]), 6 * Math.sqrt(sigma[2])];
    const axes = [{ from: -lx, to: lx, cells: n }, { from: -ly, to: ly, cells: n }]; // biome-ignore format: one line
    const process = fokkerPlanck({ model, axes });
    const { density } = stationaryDensity(process);
    const exact = densityFrom(density.grid, (p) => {
      const [x, y] = [p[0], p[1]];
      return Math.exp(
        -(sigma[2] * x * x - 2 * sigma[1] * x * y + sigma[0] * y * y) / (2 * (sigma[0] * sigma[2] - sigma[1] ** 2)),
      );
    });
    const found = densityMoments(density).covariance;
    return {
      tv: totalVariation(density, exact),
      covariance: Math.max(...found.map((v, k) => Math.abs(v - sigma[k]) / Math.sqrt(sigma[0] * sigma[2]))),
      added: numericalDiffusion(process, density),
    };
  }

  it('Ornstein-Uhlenbeck, turned noise of condition 100: the Gaussian of the Lyapunov equation, second order', () => {
    // F = (D + Q) U with U = [[1, −0.4], [−0.4, 1.5]] and Q = 0.04·[[0, 1], [−1, 0]]: the current is as strong as the weak noise allows
    const U = [1, -0.4, -0.4, 1.5];
    const M = [D[0], D[1] + 0.04, D[1] - 0.04, D[2]];
    const F = [0, 1, 2, 3].map((k) => M[k & 2] * U[k & 1] + M[(k & 2) + 1] * U[2 + (k & 1)]);
    const [coarse, fine] = [gaussian(F, 60), gaussian(F, 120)];

    expect(fine.tv).toBeLessThan(0.005);
    expect(fine.covariance).toBeLessThan(0.01);
    for (const k of ['tv', 'covariance'] as const)
      expect(Math.abs(Math.log2(coarse[k] / fine[k]) - 2)).toBeLessThan(0.2);
  });

  it('drift that does not fit the noise circulates fast: first order before second, and said so', () => {
    const F = [1.2, 0.5, -0.7, 0.9];
    const [coarse, fine] = [gaussian(F, 60), gaussian(F, 120)];

    expect(Math.log2(coarse.tv / fine.tv)).toBeGreaterThan(1.5);
    expect(fine.tv).toBeLessThan(0.02);
    expect(fine.added).toBeGreaterThan(0.05);
  });

  // [V7]: drift −∇f = j − ∇Phi in the theory's signs: ∇f = −j + ∇Phi
  const phi = (x: number, y: number) => (x * x - 1) ** 2 / 4 + (y * y) / 2;
  const j = (x: number, y: number) => Math.exp(-((x * x + y * y) ** 2) / 4);
  const whirl = (l: number) =>
    model2(
      (x, y) => {
        const w = l * Math.exp(phi(x, y)) * j(x, y);
        return [-x * (x * x - 1) - w * y, -y + w * x];
      },
      () => [1, 0, 1],
    );
  const box = (n: number): GridAxis[] => [
    { from: -3.6, to: 3.6, cells: n },
    { from: -6, to: 6, cells: n },
  ];

  it('[V7] without current: e^{−Phi} exact to rounding', () => {
    expect(worst(solve(whirl(0), box(80)), (x, y) => -phi(x, y))).toBeLessThan(1e-11);
  });

  it.each([0.5, 1.5])('[V7] with current %d: e^{−Phi} and l·J/Z, both of second order', (l) => {
    const run = (n: number) => {
      const process = fokkerPlanck({ model: whirl(l), axes: box(n) });
      const { density, residual, converged } = stationaryDensity(process);
      expect(converged).toBe(true);
      expect(residual).toBeLessThan(1e-14);
      const { grid } = density;
      const current = probabilityCurrent(process, density);
      const [x, y] = [gridCentres(grid, 0), gridCentres(grid, 1)];
      const z = Array.from({ length: grid.size }, (_, i) => Math.exp(-phi(x[i % n], y[Math.floor(i / n)]))).reduce(
        (s, v) => s + v * grid.volume,
        0,
      );
      let [error, largest] = [0, 0];
      for (let i = 0; i < grid.size; i++) {
        const [a, b] = [x[i % n], y[Math.floor(i / n)]];
        const exact = [(-b * l * j(a, b)) / z, (a * l * j(a, b)) / z];
        for (const k of [0, 1]) {
          error = Math.max(error, Math.abs(current.components[k][i] - exact[k]));
          largest = Math.max(largest, Math.abs(exact[k]));
        }
      }
      // divergence-free in the discrete sense: against the traffic of a cell, P·4/h² per unit of volume
      const rest = currentDivergence(process, density).reduce((m, v) => Math.max(m, Math.abs(v)), 0);
      expect(rest * grid.spacing[0] ** 2).toBeLessThan(1e-14);
      return { density: worst(density, (p, q) => -phi(p, q), 1e-6), current: error / largest };
    };
    const [coarse, fine] = [run(60), run(120)];
    for (const k of ['density', 'current'] as const) {
      expect(fine[k]).toBeLessThan(0.02);
      expect(Math.log2(coarse[k] / fine[k])).toBeGreaterThan(1.8);
      expect(Math.log2(coarse[k] / fine[k])).toBeLessThan(2.4);
    }
  });

  it('[V2] the valley: marginal e^{−L0/D_x} F^kappa and floor F^{kappa−1} where y is fast', () => {
    // lambda(x) = lambda0·(1 + x²/2)²: F = 1/√lambda ∝ 1/(1 + x²/2); L0 = x²/10. Corrections are of relative order 1/lambda0.
    const [Dx, kappa] = [0.1, 3];
    const width = (x: number) => 1 + (x * x) / 2;
    const run = (lambda0: number) => {
      const model = model2(
        (x, y) => [-x / 5 - (lambda0 * 2 * width(x) * x * y * y) / 2, -lambda0 * width(x) ** 2 * y],
        () => [Dx, 0, kappa * Dx],
      );
      const half = 6.5 * Math.sqrt((kappa * Dx) / lambda0);
      const density = solve(model, [
        { from: -3, to: 3, cells: 90 },
        { from: -half, to: half, cells: 96 },
      ]);
      const theory = (power: number) =>
        densityFrom(
          marginalDensity(density, 0).grid,
          (p) => Math.exp(-(p[0] * p[0]) / 10 / Dx) * width(p[0]) ** -power,
        );
      const floor = densityAlong(density, 0, 0);
      const mass = massesOf(floor).reduce((s, v) => s + v, 0);
      return {
        marginal: totalVariation(marginalDensity(density, 0), theory(kappa)),
        floor: totalVariation({ grid: floor.grid, values: floor.values.map((v) => v / mass) }, theory(kappa - 1)),
        wrong: totalVariation(marginalDensity(density, 0), theory(kappa - 1)),
      };
    };
    const [slow, fast] = [run(10), run(160)];
    expect(fast.marginal).toBeLessThan(0.005);
    expect(fast.floor).toBeLessThan(0.005);
    expect(fast.marginal).toBeLessThan(slow.marginal / 3); // what is left is the grid's
    expect(fast.floor).toBeLessThan(slow.floor / 3);
    expect(fast.wrong).toBeGreaterThan(0.05);
  });

  it('does not depend on the order of the axes', () => {
    const D = [0.5, 0.3, 0.4] as const;
    const f = (x: number, y: number): [number, number] => [-x + 0.6 * y, -0.2 * x - y ** 3];
    const a = solve(model2(f, () => D), [{ from: -4, to: 4, cells: 30 }, { from: -3, to: 3, cells: 41 }]); // biome-ignore format: one line
    const turned = model2(
      (x, y) => [f(y, x)[1], f(y, x)[0]],
      () => [D[2], D[1], D[0]],
    );
    const b = solve(turned, [{ from: -3, to: 3, cells: 41 }, { from: -4, to: 4, cells: 30 }]); // biome-ignore format: one line
    for (let x = 0; x < 30; x++)
      for (let y = 0; y < 41; y++) {
        const [p, q] = [a.values[x + 30 * y], b.values[y + 41 * x]];
        expect(Math.abs(p - q)).toBeLessThan(1e-11 * p);
      }
  });
});
