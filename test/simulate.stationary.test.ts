/** Whether a run is stationary: the slowest relaxation against closed forms, what the start has left, disagreements of methods. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Comparison } from '../src/experiments/simulate/compare.js';
import { planSimulation, simulate } from '../src/experiments/simulate/experiment.js';
import type { MethodSummary } from '../src/experiments/simulate/measured.js';
import type { PartialSimulationConfig } from '../src/experiments/simulate/schema.js';
import { embeddedLinearAlgebra, matrix } from '../src/numeric/linalg/index.js';
import { gridOf } from '../src/theory/fokker-planck/grid.js';
import { applyGenerator } from '../src/theory/fokker-planck/jumps.js';
import { jumpProcess } from '../src/theory/fokker-planck/rates.js';
import { slowestRelaxation } from '../src/theory/fokker-planck/relaxation.js';
import { stationaryDensity } from '../src/theory/fokker-planck/stationary.js';
import type { LangevinModel } from '../src/theory/motion.js';

const folder = () => join(mkdtempSync(join(tmpdir(), 'thermograd-stationary-')), 'out');
const line = (drift: (x: number) => number, D: number): LangevinModel => ({
  size: 1,
  names: ['x'],
  drift: { outputs: 1, at: (p, out) => void (out[0] = drift(p[0])) },
  diffusion: { outputs: 1, at: (_, out) => void (out[0] = D) },
});

describe('the slowest relaxation of a grid', () => {
  it('of a parabola is its curvature, also where it is 10^−6', () => {
    for (const k of [3, 1e-6]) {
      const width = 1 / Math.sqrt(k);
      const jumps = jumpProcess(
        line((x) => -k * x, 1),
        gridOf([{ from: -7 * width, to: 7 * width, cells: 200 }]),
      );
      const { rate, converged } = slowestRelaxation(jumps, stationaryDensity(jumps).density);
      expect(Math.abs(rate / k - 1)).toBeLessThan(2e-3);
      expect(converged).toBe(true);
    }
  });

  it('of a double well is the smallest rate of the whole spectrum, from a dense matrix', () => {
    for (const D of [0.5, 0.08, 0.03]) {
      const n = 60;
      const jumps = jumpProcess(
        line((x) => 4 * x * (1 - x * x), D),
        gridOf([{ from: -2, to: 2, cells: n }]),
      );
      const dense = matrix(n, n);
      for (let j = 0; j < n; j++) {
        const unit = new Float64Array(n);
        unit[j] = 1;
        applyGenerator(jumps, unit, new Float64Array(n)).forEach((v, i) => {
          dense.data[i * n + j] = -v;
        });
      }
      const rates = [...embeddedLinearAlgebra().schur(dense).re].sort((a, b) => a - b);
      const { rate } = slowestRelaxation(jumps, stationaryDensity(jumps).density);
      // the dense eigenvalues have errors of 1e-13 of the largest, 2500: of the rare escape no more than the size is left
      expect(Math.abs(rate - rates[1])).toBeLessThan(2e-3 * rates[1] + 1e-9);
      // Kramers: 2·(ω_0 ω_b/2π) e^{−1/D}, to leading order in D
      if (D < 0.1) expect(Math.abs(Math.log(rate / ((Math.sqrt(32) / Math.PI) * Math.exp(-1 / D))))).toBeLessThan(0.3);
    }
  });

  it('of a rotating spiral is its damping, with the frequency beside it', () => {
    const spiral: LangevinModel = {
      size: 2,
      names: ['x', 'y'],
      drift: { outputs: 2, at: (p, out) => void out.set([-p[0] + 2 * p[1], -p[1] - 2 * p[0]]) },
      diffusion: { outputs: 3, at: (_, out) => void out.set([1, 0, 1]) },
    } as LangevinModel;
    const jumps = jumpProcess(spiral, gridOf([{ from: -6, to: 6, cells: 60 }, { from: -6, to: 6, cells: 60 }])); // biome-ignore format: one line
    const { rate, frequency } = slowestRelaxation(jumps, stationaryDensity(jumps).density);
    expect(Math.abs(rate - 1)).toBeLessThan(0.02);
    expect(Math.abs(frequency - 2)).toBeLessThan(0.05);
  });
});

/** A parabola of curvature h = 0.005 with the variance D/h = 100 and a relaxation of 200. */
const flat = (over: Record<string, unknown> = {}) =>
  ({
    variables: ['x'],
    landscape: { loss: '0.5*h*x^2' },
    parameters: { h: 0.005 },
    noise: { covariance: { xx: 100 } },
    learningRate: 0.01,
    start: { point: [0] },
    grid: { x: { from: -60, to: 60, cells: 400 } },
    time: { burnIn: 20, length: 100 },
    methods: { langevin: { walkers: 600 } },
    paths: { count: 0 },
    ...over,
  }) as PartialSimulationConfig;

describe('a flat parabola', () => {
  it('what its start has left: (tau/2T)(e^{−2b/tau} − e^{−2(b+T)/tau}) of the variance', () => {
    const { relaxation } = planSimulation(flat()).plan;
    expect(Math.abs(relaxation!.time / 200 - 1)).toBeLessThan(2e-3);
    const wanted = -100 * (100 / 100) * (Math.exp(-0.2) - Math.exp(-1.2));
    expect(Math.abs(relaxation!.left.covariance[0] / wanted - 1)).toBeLessThan(0.02);
    expect(Math.abs(relaxation!.left.loss! / (wanted * 0.0025) - 1)).toBeLessThan(0.02);
    expect(Math.abs(relaxation!.left.mean[0])).toBeLessThan(1e-6);
  });

  it('counted too early: not converged, with the reason, and apart from Fokker-Planck because of it', async () => {
    const out = folder();
    const { methods } = await simulate(flat({ methods: { langevin: { walkers: 600 }, 'fokker-planck': {} } }), { out });
    const [fp, walkers] = methods as [MethodSummary, MethodSummary];
    expect(walkers.moments.covariance[0].converged).toBe(false);
    expect(walkers.moments.mean[0].converged).toBe(true);
    expect(walkers.warnings.join()).toMatch(/slowest relaxation takes 200 eta·steps .*counted from 20 to 120.*variance of x \(about [45]\d % too small/); // biome-ignore format: one line
    expect(Math.abs(fp.moments.covariance[0].value - 100)).toBeLessThan(0.05);
    const { disagreements } = JSON.parse(readFileSync(join(out, 'comparison.json'), 'utf8')) as Comparison;
    expect(disagreements).toHaveLength(1);
    expect(disagreements[0]).toMatchObject({ a: 'fokker-planck', b: 'langevin' });
    expect(disagreements[0].quantities.map((q) => q.quantity)).toEqual(['variance of x', 'mean loss']);
    expect(disagreements[0].reason).toMatch(/Langevin is not stationary yet/);
    const page = readFileSync(join(out, 'report.html'), 'utf8');
    expect(page).toMatch(/Where methods disagree/);
    expect(page).toMatch(/not converged: not stationary/);
  });

  it('without times: 6 and 10 relaxations, the variance 100, and nothing to say', async () => {
    const { setup } = planSimulation(flat({ time: {} }));
    expect(setup.time).toMatchObject({ burnIn: 1200, length: 2000 });
    // a length that is given and short gets a burn-in that suffices; one that is long keeps a fifth
    expect(planSimulation(flat({ time: { length: 100 } })).setup.time).toMatchObject({ burnIn: 1200, length: 100 });
    expect(planSimulation(flat({ time: { length: 8000 } })).setup.time).toMatchObject({ burnIn: 1600, length: 8000 });
    const { methods } = await simulate(flat({ time: {} }), { out: folder() });
    const variance = methods[0].moments.covariance[0];
    expect(Math.abs(variance.value - 100)).toBeLessThan(4 * variance.standardError);
    expect(variance.standardError).toBeLessThan(5);
    expect(variance.converged).toBe(true);
    expect(methods[0].warnings).toEqual([]);
  });

  it('a well that is never left: the mean is told apart from that of both wells', () => {
    const { plan } = planSimulation(
      flat({
        landscape: { loss: '(x^2 - 1)^2' },
        noise: { diffusion: { xx: 0.05 } },
        start: { point: [1] },
        grid: { x: { from: -2, to: 2, cells: 200 } },
      }),
    );
    expect(plan.relaxation!.time).toBeGreaterThan(1e7);
    expect(plan.relaxation!.left.mean[0]).toBeGreaterThan(0.9);
    expect(() => planSimulation(flat({ time: {}, landscape: { loss: '(x^2 - 1)^2' }, noise: { diffusion: { xx: 0.02 } }, start: { point: [1] }, grid: { x: { from: -2, to: 2, cells: 200 } } }))).toThrow(/slowest relaxation is so slow.*give time.length/); // biome-ignore format: one line
  });
});

it('a narrow oblique law on a wide grid: corners beyond float64 hide no relaxation', () => {
  const { plan } = planSimulation({
    landscape: { loss: '0.5*x^2 + 0.25*y^2' },
    noise: { diffusion: { xx: 1, xy: 0.99, yy: 1 } },
    learningRate: 0.01,
    grid: { x: { from: -6, to: 6 }, y: { from: -8, to: 8 } },
    methods: { langevin: { walkers: 10 } },
  });
  // cells are as wide as the law is narrow, and drift along it is upwind: a fifth
  expect(Math.abs(plan.relaxation!.time / 2 - 1)).toBeLessThan(0.25);
  expect(plan.warnings).toEqual([]);
});

it('finite steps of SGD: apart from Fokker-Planck by eta h/2 of the variance, and said why', async () => {
  const out = folder();
  await simulate(
    flat({
      landscape: { loss: '0.5*x^2' },
      noise: { covariance: { xx: 2 } },
      learningRate: 0.4,
      grid: { x: { from: -6, to: 6, cells: 400 } },
      time: {},
      methods: { sgd: { walkers: 4000 }, 'fokker-planck': {} },
    }),
    { out },
  );
  const { disagreements, moments } = JSON.parse(readFileSync(join(out, 'comparison.json'), 'utf8')) as Comparison;
  const variance = moments.find((m) => m.name === 'variance of x')!.values;
  expect(Math.abs(variance.sgd!.value - 0.5)).toBeLessThan(4 * variance.sgd!.standardError);
  expect(disagreements[0].quantities[0]).toMatchObject({ quantity: 'variance of x' });
  expect(Math.abs(disagreements[0].quantities[0].share - 0.25)).toBeLessThan(0.03);
  expect(disagreements[0].reason).toMatch(/^the steps of SGD are finite: learning rate times curvature reaches 0\.40/);
});
