/** Noise that depends on the place, by Itô, Stratonovich, and Hänggi and Klimontovich: closed forms in one and two coordinates. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planSimulation, simulate } from '../src/experiments/simulate/experiment.js';
import type { PartialSimulationConfig } from '../src/experiments/simulate/schema.js';
import { evaluator, parseExpression } from '../src/numeric/expression/index.js';
import { gridOf, pointAt } from '../src/theory/fokker-planck/grid.js';
import { jumpProcess } from '../src/theory/fokker-planck/rates.js';
import { stationaryDensity } from '../src/theory/fokker-planck/stationary.js';
import { type Interpretation, interpretedDrift } from '../src/theory/models/interpretation.js';
import { langevinModel, problemOf } from '../src/theory/models/problem.js';

const folder = () => join(mkdtempSync(join(tmpdir(), 'thermograd-interpretation-')), 'out');
const read = (text: string, names = ['x', 'y']) => parseExpression(text, { variables: names, parameters: {}, source: 'test' }); // biome-ignore format: one line

describe('one coordinate, D = a + b x², force −k x', () => {
  const config = (interpretation: Interpretation | undefined, methods: object) =>
    ({
      variables: ['x'],
      landscape: { loss: '0.5*k*x^2' },
      parameters: { k: 1, a: 0.2, b: 0.1 },
      noise: { ...(interpretation && { interpretation }), diffusion: { xx: 'a + b*x^2' } },
      learningRate: 0.001,
      grid: { x: { from: -12, to: 12, cells: 1200 } },
      time: { burnIn: 10, length: 20 },
      paths: { count: 0 },
      methods,
    }) as PartialSimulationConfig;

  // d⟨x²⟩/dt = −2k⟨x²⟩ + 2⟨x c⟩ + 2⟨D⟩ with c = 0, b x, 2b x
  it.each<[Interpretation | undefined, number]>([
    [undefined, 0.2 / 0.9],
    ['ito', 0.2 / 0.9],
    ['stratonovich', 0.2 / 0.8],
    ['haenggi-klimontovich', 0.2 / 0.7],
  ])('%s: the variance %f by the moment equation', async (interpretation, variance) => {
    const { methods } = await simulate(
      config(interpretation, { langevin: { walkers: 2000 }, 'fokker-planck': {}, adiabatic: {} }),
      { out: folder() },
    );
    const [closed, fp, walkers] = methods.map((m) => m.moments.covariance[0]);
    expect(Math.abs(fp.value - variance)).toBeLessThan(1e-3);
    expect(Math.abs(closed.value - variance)).toBeLessThan(1e-3);
    expect(Math.abs(walkers.value - variance)).toBeLessThan(4 * walkers.standardError);
    expect(walkers.standardError).toBeLessThan(0.006);
  });

  it('SGD is the same map, whatever is asked of the others', () => {
    const of = (interpretation: Interpretation) =>
      planSimulation(config(interpretation, { sgd: {} })).setup.problem.batchGradient;
    expect(of('haenggi-klimontovich')).toEqual(of('ito'));
  });

  it('is said to disagree with the others, and why', async () => {
    const { folder: out } = await simulate(
      { ...config('haenggi-klimontovich', { sgd: { walkers: 400 }, 'fokker-planck': {} }), learningRate: 0.01, time: { burnIn: 8, length: 60 } }, // biome-ignore format: one line
      { out: folder() },
    );
    const { readFileSync } = await import('node:fs');
    const { disagreements } = JSON.parse(readFileSync(join(out, 'comparison.json'), 'utf8'));
    expect(disagreements[0].reason).toMatch(/SGD is an Itô map.*Fokker-Planck takes the noise as Hänggi-Klimontovich/);
  });
});

describe('two coordinates', () => {
  const names = ['x', 'y'];
  const D = ['1 + 0.5*sin(x + y)', '0.3*cos(x)', '1.5 + 0.4*cos(y - x)'].map((t) => read(t));

  it('Hänggi-Klimontovich: with the force −D∇Phi the density is e^{−Phi}', () => {
    const force = ['-(x*(1 + 0.5*sin(x + y)) + 2*y*0.3*cos(x))', '-(x*0.3*cos(x) + 2*y*(1.5 + 0.4*cos(y - x)))'];
    const at = (interpretation: Interpretation, cells: number) => {
      const problem = problemOf({
        names,
        landscape: { loss: read('0*x'), force: force.map((t) => read(t)) },
        noise: { kind: 'diffusion', values: D },
        learningRate: 0.01,
        interpretation,
      });
      const grid = gridOf([{ from: -5, to: 5, cells }, { from: -4, to: 4, cells }]); // biome-ignore format: one line
      const { density } = stationaryDensity(jumpProcess(langevinModel(problem), grid));
      const point = new Float64Array(2);
      const exact = density.values.map((_, i) => {
        pointAt(grid, i, point);
        return Math.exp(-0.5 * point[0] ** 2 - point[1] ** 2);
      });
      const sum = exact.reduce((s, v) => s + v, 0);
      return density.values.reduce((s, v, i) => s + Math.abs(v * grid.volume - exact[i] / sum), 0) / 2;
    };
    const [coarse, fine] = [at('haenggi-klimontovich', 40), at('haenggi-klimontovich', 80)];
    expect(fine).toBeLessThan(0.004);
    // second order in h
    expect(coarse / fine).toBeGreaterThan(3);
    expect(at('ito', 80)).toBeGreaterThan(0.05);
    expect(at('stratonovich', 80)).toBeGreaterThan(0.02);
  });

  it('Stratonovich follows the ordinary chain rule: y = u + h(x) of white noises in x and u has the drift D h″', () => {
    // b = √(2D) (1 0; h′ 1), h = sin(2x)
    const h1 = '(2*cos(2*x))';
    const values = [`0.7`, `0.7*${h1}`, `0.7*(1 + ${h1}^2)`].map((t) => read(t));
    const drift = evaluator(interpretedDrift('stratonovich', values, names), names);
    const out = new Float64Array(2);
    for (const x of [-1.1, 0.3, 2]) {
      drift([x, 0.4], out);
      expect(out[0]).toBeCloseTo(0, 12);
      expect(out[1]).toBeCloseTo(0.7 * -4 * Math.sin(2 * x), 10);
    }
  });

  it('of constant noise all three are one, and the adiabatic method stays', () => {
    const constant = ['1', '0.2', '2'].map((t) => read(t));
    for (const interpretation of ['stratonovich', 'haenggi-klimontovich'] as const) {
      const problem = problemOf({ names, landscape: { loss: read('x^2 + y^2') }, noise: { kind: 'diffusion', values: constant }, learningRate: 0.1, interpretation }); // biome-ignore format: one line
      expect([problem.interpreted, problem.gradientFlow]).toEqual([false, true]);
    }
  });
});
