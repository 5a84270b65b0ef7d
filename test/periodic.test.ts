/** Periodic sides: a ring with a constant force, a washboard against quadrature, a ring beside a parabola, walkers that go around. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planSimulation, simulate } from '../src/experiments/simulate/experiment.js';
import type { PartialSimulationConfig } from '../src/experiments/simulate/schema.js';
import { parseExpression } from '../src/numeric/expression/index.js';
import { randomKey } from '../src/numeric/random.js';
import { langevinEnsemble } from '../src/theory/ensemble/ensemble.js';
import { fieldOf } from '../src/theory/fields.js';
import { probabilityCurrent } from '../src/theory/fokker-planck/current.js';
import { gridCentres, gridOf } from '../src/theory/fokker-planck/grid.js';
import { densityFrom } from '../src/theory/fokker-planck/measures.js';
import { jumpProcess } from '../src/theory/fokker-planck/rates.js';
import { slowestRelaxation } from '../src/theory/fokker-planck/relaxation.js';
import { stationaryDensity } from '../src/theory/fokker-planck/stationary.js';
import { Stepper } from '../src/theory/fokker-planck/stepping.js';
import type { LangevinModel } from '../src/theory/motion.js';

const TURN = 2 * Math.PI;
const ring = (cells: number, from = 0) => ({ from, to: from + TURN, cells, periodic: true });
const line = (drift: (x: number) => number, D: number): LangevinModel => ({
  size: 1,
  names: ['x'],
  drift: { outputs: 1, at: (p, out) => void (out[0] = drift(p[0])) },
  diffusion: { outputs: 1, at: (_, out) => void (out[0] = D) },
});

/** P and J of V = −A cos x − F x by nested Simpson rules: P ∝ ∫_x^{x+L} e^{(V(y) − V(x))/D} dy, J = N D (1 − e^{−FL/D}). */
function washboard(A: number, F: number, D: number) {
  const V = (x: number) => -A * Math.cos(x) - F * x;
  const simpson = (f: (t: number) => number, a: number, b: number, n: number) => {
    let s = f(a) + f(b);
    for (let i = 1; i < n; i++) s += (i % 2 ? 4 : 2) * f(a + ((b - a) * i) / n);
    return (s * (b - a)) / n / 3;
  };
  const shape = (x: number) => simpson((y) => Math.exp((V(y) - V(x)) / D), x, x + TURN, 800);
  const norm = 1 / simpson(shape, 0, TURN, 400);
  return { density: (x: number) => norm * shape(x), current: norm * D * (1 - Math.exp((-F * TURN) / D)) };
}

describe('Fokker-Planck on a ring', () => {
  it('constant force: P = 1/L and J = F/L to rounding, whatever the force', () => {
    for (const force of [0, 0.7, -30]) {
      const jumps = jumpProcess(
        line(() => force, 0.4),
        gridOf([ring(50, -1)]),
      );
      const { density, residual } = stationaryDensity(jumps);
      expect(residual).toBeLessThan(1e-13);
      for (const p of density.values) expect(p * TURN).toBeCloseTo(1, 11);
      for (const j of probabilityCurrent(jumps, density).components[0]) expect(j * TURN).toBeCloseTo(force, 10);
    }
  });

  it('washboard: density and current by quadrature, of second order in h', () => {
    for (const [A, F, D] of [
      [1, 0.5, 0.3],
      [1, 0.1, 0.15],
      [0.4, 2, 0.2],
    ]) {
      // biome-ignore format: one line
      const exact = washboard(A, F, D);
      const off = (cells: number) => {
        const grid = gridOf([ring(cells, 0.3)]);
        const jumps = jumpProcess(
          line((x) => -A * Math.sin(x) + F, D),
          grid,
        );
        const { density } = stationaryDensity(jumps);
        const apart = gridCentres(grid, 0).reduce((s, x, i) => s + Math.abs(density.values[i] - exact.density(x)), 0);
        const J = probabilityCurrent(jumps, density).components[0];
        for (const j of J) expect(j).toBeCloseTo(J[0], 12);
        return { density: (apart * grid.volume) / 2, current: Math.abs(J[0] / exact.current - 1) };
      };
      const [coarse, fine] = [off(60), off(120)];
      expect(fine.density).toBeLessThan(3e-3);
      expect(fine.current).toBeLessThan(0.02);
      expect(coarse.current / fine.current).toBeGreaterThan(3.5);
    }
  });

  it('a wave: decays by D k² and moves by F t; so says the slowest relaxation', () => {
    const [F, D] = [0.8, 0.3];
    const grid = gridOf([ring(200)]);
    const jumps = jumpProcess(
      line(() => F, D),
      grid,
    );
    const start = densityFrom(grid, (p) => 1 + 0.5 * Math.cos(p[0]));
    const t = 1.5;
    const { density } = new Stepper(jumps, { step: t / 1000, scheme: 'sdirk2' }).advance(start, 1000);
    gridCentres(grid, 0).forEach((x, i) => {
      expect(density.values[i] * TURN).toBeCloseTo(1 + 0.5 * Math.exp(-D * t) * Math.cos(x - F * t), 3);
    });
    const { rate, frequency } = slowestRelaxation(jumps, stationaryDensity(jumps).density);
    expect(rate).toBeCloseTo(D, 2);
    expect(frequency).toBeCloseTo(F, 2);
  });

  it('beside a parabola, on either axis: the product of the two laws; on a torus flat', () => {
    const exact = washboard(1, 0.5, 0.3);
    for (const axis of [0, 1] as const) {
      const model = {
        size: 2,
        names: ['x', 'y'],
        drift: {
          outputs: 2,
          at: (p: ArrayLike<number>, out: Float64Array) => {
            out[axis] = -Math.sin(p[axis]) + 0.5;
            out[1 - axis] = -p[1 - axis];
          },
        },
        diffusion: { outputs: 3, at: (_: ArrayLike<number>, out: Float64Array) => void out.set([0.3, 0, 0.3]) },
      } as LangevinModel;
      const axes = [ring(90), { from: -3, to: 3, cells: 60 }];
      const grid = gridOf(axis === 0 ? axes : [...axes].reverse());
      const { density, residual } = stationaryDensity(jumpProcess(model, grid));
      expect(residual).toBeLessThan(1e-13);
      const [around, across] = [gridCentres(grid, axis), gridCentres(grid, 1 - axis)];
      let apart = 0;
      around.forEach((x, i) => {
        across.forEach((y, j) => {
          const wanted = (exact.density(x) * Math.exp((-y * y) / 0.6)) / Math.sqrt(0.6 * Math.PI);
          apart += Math.abs(density.values[axis === 0 ? i + grid.nx * j : j + grid.nx * i] - wanted);
        });
      });
      expect((apart * grid.volume) / 2).toBeLessThan(6e-3);
    }
    const oblique = {
      size: 2,
      names: ['x', 'y'],
      drift: { outputs: 2, at: (_: ArrayLike<number>, out: Float64Array) => void out.set([1, -2]) },
      diffusion: { outputs: 3, at: (_: ArrayLike<number>, out: Float64Array) => void out.set([1, 0.8, 1]) },
    } as LangevinModel;
    const { density } = stationaryDensity(jumpProcess(oblique, gridOf([ring(40), ring(44)])));
    for (const p of density.values) expect(p * TURN * TURN).toBeCloseTo(1, 10);
  });

  it('needs cells enough that no jump goes around', () => {
    expect(() => gridOf([ring(7)])).toThrow(/periodic axis needs at least 8 cells/);
    expect(() => gridOf([ring(20), { from: 0, to: 1, cells: 20 }])).toThrow(/at least 36 cells/);
  });
});

describe('walkers on a ring', () => {
  const names = ['x'];
  const formula = (text: string) => parseExpression(text, { variables: names, parameters: {}, source: 'test' });
  const fields = { drift: fieldOf([formula('2 - sin(x)')], names), diffusion: fieldOf([formula('0.5')], names) };
  const sides = { low: { kind: 'periodic', at: -1 }, high: { kind: 'periodic', at: TURN - 1 } } as const;
  const ensemble = (code: boolean, more = {}) =>
    langevinEnsemble({
      model: {
        size: 1,
        names,
        drift: code ? { outputs: 1, at: fields.drift.at } : fields.drift,
        diffusion: code ? { outputs: 1, at: fields.diffusion.at } : fields.diffusion,
      },
      start: [-1],
      walkers: 300,
      key: randomKey(5),
      timestep: 0.05,
      scheme: 'platen-weak-2',
      boundaries: [sides],
      ...more,
    });

  it('kernel and code: the same, always within one period, and those of the open line modulo the period', () => {
    const [kernel, code] = [ensemble(false), ensemble(true)];
    const open = ensemble(false, { boundaries: undefined });
    for (const e of [kernel, code, open]) e.advance(400);
    const [a, b, c] = [kernel, code, open].map((e) => e.positions());
    expect(Math.max(...c)).toBeGreaterThan(5 * TURN);
    a.forEach((x, w) => {
      expect(x).toBeGreaterThanOrEqual(-1);
      expect(x).toBeLessThan(TURN - 1);
      expect(x).toBeCloseTo(b[w], 9);
      expect(Math.cos(x - c[w])).toBeCloseTo(1, 9);
    });
    expect(kernel.status().every((s) => s === 0)).toBe(true);
  });

  it('a coordinate is periodic at both sides or at neither', () => {
    expect(() => ensemble(false, { boundaries: [{ low: sides.low, high: { kind: 'open' } }] })).toThrow(/periodic at both/); // biome-ignore format: one line
  });
});

describe('simulate', () => {
  const config = (over: Record<string, unknown> = {}) =>
    ({
      variables: ['x'],
      landscape: { loss: '-A*cos(x)', force: ['F'] },
      parameters: { A: 1, F: 0.5 },
      noise: { diffusion: { xx: 0.3 } },
      learningRate: 0.01,
      grid: { x: { from: 0, to: TURN, cells: 120, lower: 'periodic', upper: 'periodic' } },
      methods: { sgd: { walkers: 800 }, langevin: { walkers: 800 }, 'fokker-planck': {}, adiabatic: {} },
      paths: { count: 2, points: 20 },
      ...over,
    }) as PartialSimulationConfig;

  it('a washboard: four methods agree, the closed form with the quadrature; nothing is outside the ring', async () => {
    const out = join(mkdtempSync(join(tmpdir(), 'thermograd-periodic-')), 'out');
    const { methods } = await simulate(config(), { out });
    const { disagreements } = JSON.parse(readFileSync(join(out, 'comparison.json'), 'utf8'));
    expect(disagreements).toEqual([]);
    const exact = washboard(1, 0.5, 0.3);
    let mean = 0;
    for (let i = 0; i < 2000; i++) {
      const x = ((i + 0.5) * TURN) / 2000;
      mean += (x * exact.density(x) * TURN) / 2000;
    }
    const means = methods.map((m) => m.moments.mean[0]);
    expect(means[0].value).toBeCloseTo(mean, 3);
    expect(Math.abs(means[1].value - mean)).toBeLessThan(2e-3);
    for (const m of means.slice(2)) expect(Math.abs(m.value - mean)).toBeLessThan(4 * m.standardError + 0.01);
    for (const m of methods) expect([m.outside, m.diverged, m.warnings.length]).toEqual([0, 0, 0]);
  });

  it('refuses half a ring and a valley on a ring, and says where a ring does not close', () => {
    const plan = (grid: object, more = {}) => planSimulation(config({ grid: { x: { from: 0, to: TURN, cells: 120, ...grid } }, ...more })).plan; // biome-ignore format: one line
    expect(() => plan({ lower: 'periodic' })).toThrow(/grid.x is periodic at one side only/);
    const both = { lower: 'periodic', upper: 'periodic' };
    expect(plan(both).warnings).toEqual([]);
    expect(plan({ ...both, to: 5 }).warnings.join()).toMatch(/jump where the ring of x closes/);
    const plane = {
      variables: ['x', 'y'],
      landscape: { valley: { floor: 'cos(x)', curvature: 5 } },
      noise: { diffusion: { xx: 0.3, yy: 0.3 } },
      grid: { x: { from: 0, to: TURN, cells: 60, ...both }, y: { from: -2, to: 2, cells: 60 } },
    };
    expect(() => planSimulation(config(plane))).toThrow(/adiabatic method has no periodic sides/);
  });
});
