/** `simulate` as a library: what is refused, plans, small runs against what is known, the same numbers on any number of parts. */
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Comparison } from '../src/experiments/simulate/compare.js';
import { SIMULATION_EXAMPLES, simulationExample } from '../src/experiments/simulate/examples.js';
import { planSimulation, readSimulation, simulate } from '../src/experiments/simulate/experiment.js';
import { partsOf } from '../src/experiments/simulate/jobs.js';
import type { MomentEstimates } from '../src/experiments/simulate/measured.js';
import type { PartialSimulationConfig } from '../src/experiments/simulate/schema.js';
import { readNpz } from '../src/record/npz.js';

type Given = Record<string, unknown>;
const example = (name: string, over: Given = {}) =>
  ({ ...parse(simulationExample(name)), ...over }) as PartialSimulationConfig;
const folder = () => join(mkdtempSync(join(tmpdir(), 'thermograd-simulate-')), 'out');
const json = <T>(...path: string[]) => JSON.parse(readFileSync(join(...path), 'utf8')) as T;

describe('what is refused', () => {
  const valley = parse(simulationExample('valley')) as Given & {
    grid: Given;
    noise: Given;
    methods: Given;
    time: Given;
  };
  const loss = { landscape: { loss: '0.5*x^2 + y^2' } };
  it.each<[string, Given, RegExp]>([
    ['a mistyped key', { learningrate: 0.1 }, /no key 'learningrate'; did you mean 'learningRate'/],
    ['a mistyped key below', { time: { burnin: 3, length: 5 } }, /did you mean 'time.burnIn'/],
    ['a method that there is not', { methods: { sdg: {} } }, /no key 'methods.sdg'; did you mean 'methods.sgd'/],
    [
      'an unknown name in a formula',
      { landscape: { loss: 'a*x^2 + yy' } },
      /landscape.loss: .* unknown name "yy" at character 9/,
    ],
    [
      'y in the curvature of a valley',
      { landscape: { valley: { floor: 'x^2', curvature: '1+y' } } },
      /landscape.valley.curvature/,
    ],
    ['two kinds of noise', { noise: { ...valley.noise, diffusion: { xx: 1, yy: 1 } } }, /given in one way/],
    ['noise of one coordinate', { noise: { diffusion: { xx: 1 } } }, /noise.diffusion.yy is missing/],
    [
      'negative diffusion',
      { noise: { diffusion: { xx: '0.1*x', yy: 1 } } },
      /negative eigenvalue \(xx -0\.1.*it must be ≥ 0/,
    ],
    ['noise that is no covariance', { noise: { diffusion: { xx: 1, xy: 2, yy: 1 } } }, /negative eigenvalue/],
    [
      'a surface that is not finite',
      { landscape: { loss: 'log(x + 1) + y^2' } },
      /loss is NaN at x = .* must be finite on the whole grid/,
    ],
    ['no valley for the adiabatic method', { landscape: { loss: 'x^2 + y^4' } }, /needs a valley along x/],
    [
      'a valley with negative curvature',
      { landscape: { valley: { floor: 'x^2', curvature: 'x' } } },
      /positive curvature/,
    ],
    [
      'an unstable explicit step',
      { ...loss, methods: { langevin: { timestep: 1.5 } } },
      /timestep 1.5 is unstable.* largest stable step is 1,/,
    ],
    ['a start outside', { start: { point: [9, 0] } }, /start lies outside the grid: x = 9/],
    ['a start of the wrong size', { start: { point: [0] } }, /start.point needs 2 numbers; got 1/],
    ['two starts', { start: { point: [0, 0], low: [0, 0], high: [1, 1] } }, /start is one of/],
    ['no methods', { methods: {} }, /names none of sgd/],
    ['no learning rate', { learningRate: undefined }, /learningRate is missing/],
    [
      'no length where noise does not connect the grid',
      {
        time: {},
        ...loss,
        noise: { diffusion: { xx: 0, yy: 1 } },
        landscape: { loss: '(x^2 - 1)^2 + y^2' },
        methods: { langevin: {} },
      },
      /time.length is missing, and it cannot be chosen from the slowest relaxation: .* Give time.length/,
    ],
    ['no end', { time: { mode: 'transient' } }, /time.until is missing/],
    [
      'an absorbing side for ever',
      { grid: { ...valley.grid, x: { from: -2, to: 3, upper: 'absorbing' } } },
      /nothing is stationary/,
    ],
    ['an axis that runs down', { grid: { ...valley.grid, x: { from: 2, to: -3 } } }, /must run upwards/],
    ['a missing axis', { grid: { x: { from: -2, to: 3 } } }, /grid.y is missing/],
    ['variables in another order', { variables: ['y', 'x'] }, /variables are \[x\] or \[x, y\]/],
    [
      'a surface twice',
      { landscape: { loss: 'x^2' }, noise: { batch: { loss: 'x^2*n1' } } },
      /already determines the landscape/,
    ],
    [
      'units without curvature',
      { landscape: { loss: 'x+y' }, methods: { sgd: {} }, units: { at: [0, 0] } },
      /units come from/,
    ],
  ])('%s', (_name, over, message) => {
    expect(() => planSimulation({ ...valley, ...over } as PartialSimulationConfig)).toThrow(message);
  });

  it('a grid that does not hold the mass: told after solving, with nothing left behind', async () => {
    const out = folder();
    const narrow = example('valley', {
      grid: { x: { from: -0.4, to: 0.6, cells: 40 }, y: { from: -1, to: 1, cells: 40 } },
      methods: { 'fokker-planck': {} },
    });
    await expect(simulate(narrow, { out })).rejects.toThrow(/grid does not hold the mass: .* at grid.x.(from|to)/);
    expect(existsSync(out)).toBe(false);
  });
});

describe('plans', () => {
  it.each(SIMULATION_EXAMPLES)('example %s', (name) => {
    const { plan, setup } = planSimulation(example(name));
    expect(plan.methods.length).toBe(Object.keys(setup.config.methods).length);
    expect(plan.memory.peak).toBeLessThan(1e9);
  });

  it('scales of the double well: curvature 8b and D at x = 1', () => {
    const { setup } = planSimulation(example('double-well'));
    expect(setup.scales!.time).toBeCloseTo(1 / 16, 12);
    expect(setup.scales!.loss).toBeCloseTo(0.8, 12);
    expect(setup.axes[0].to * setup.scales!.length).toBeCloseTo(2.2, 12);
    expect(setup.problem.timePerStep).toBeCloseTo(0.002 * 16, 12);
  });

  it('parts do not depend on threads, and cover all walkers', () => {
    for (const n of [2, 100, 128, 300, 2000, 50_000]) {
      const parts = partsOf(n);
      expect(parts.length).toBeGreaterThan(1);
      expect(parts.reduce((s, p) => s + p.count, 0)).toBe(n);
      expect(parts.map((p) => p.first)).toEqual(
        parts.map((_, k) => (k === 0 ? 0 : parts[k - 1].first + parts[k - 1].count)),
      );
    }
  });
});

describe('small runs', () => {
  const near = (moments: MomentEstimates, k: number, exact: number) => {
    const m = moments.mean[k];
    expect(Math.abs(m.value - exact)).toBeLessThan(4 * m.standardError);
  };

  it('the valley: three methods agree within their errors, SGD with the theory of finite steps', async () => {
    const out = folder();
    await simulate(
      example('valley', {
        time: { burnIn: 10, length: 30 },
        grid: { x: { from: -1.9, to: 3.2, cells: 90 }, y: { from: -1.6, to: 1.6, cells: 80 } },
        methods: {
          sgd: { walkers: 256 },
          langevin: { walkers: 256, timestep: 0.005 },
          'fokker-planck': {},
          adiabatic: { order: 'next', steps: 'finite' },
        },
        paths: { count: 2, points: 50 },
      }),
      { out },
    );
    const moments = json<Record<string, MomentEstimates>>(out, 'moments.json');
    // a parabola for x at rest in y: D_y c/2 over a, exactly for small steps; Fokker-Planck holds y's wandering too
    const fp = moments['fokker-planck'];
    expect(Math.abs(fp.mean[0].value - 0.48)).toBeLessThan(2e-3);
    near(moments.langevin, 0, fp.mean[0].value);
    near(moments.langevin, 1, 0);
    // eta lambda = 0.15: finite steps push x some 6 % further, which small-step theory misses by many errors
    near(moments.sgd, 0, moments.adiabatic.mean[0].value);
    const [xx, , yy] = moments.sgd.covariance;
    const theory = moments.adiabatic.covariance;
    expect(Math.abs(xx.value / theory[0].value - 1)).toBeLessThan(0.03 + (4 * xx.standardError) / xx.value);
    expect(Math.abs(yy.value / theory[2].value - 1)).toBeLessThan(0.01 + (4 * yy.standardError) / yy.value);
    const { distances } = json<Comparison>(out, 'comparison.json');
    const far = (a: string, b: string, density: string) =>
      distances.find((d) => d.a === a && d.b === b && d.density === density)!;
    const d = far('fokker-planck', 'langevin', 'marginal_x');
    expect(d.totalVariation).toBeLessThan(3 * d.noise);
    expect(far('adiabatic', 'fokker-planck', 'floor').totalVariation).toBeLessThan(0.05);
    for (const name of ['density-fokker-planck', 'density-sgd', 'floor', 'marginal-x', 'marginal-y', 'paths'])
      expect(readFileSync(join(out, 'figures', `${name}.svg`), 'utf8')).not.toMatch(/NaN|undefined|Infinity/);
    const html = readFileSync(join(out, 'report.html'), 'utf8');
    expect(html).not.toMatch(/NaN|undefined|\[object/);
    const arrays = await readNpz(new Uint8Array(readFileSync(join(out, 'sgd', 'arrays.npz'))), 'arrays.npz');
    expect(arrays.get('paths')!.shape).toEqual([2, 50, 2]);
    expect(arrays.get('density')!.shape).toEqual([80, 90]);
    // what was read back is what the library gives
    const { methods, record } = await readSimulation(out);
    expect(methods.map((m) => m.summary.method)).toEqual(['adiabatic', 'fokker-planck', 'sgd', 'langevin']);
    expect(record.config.seed).toBe(0);
  });

  it('the test of Chaudhari & Soatto: e^{−Phi} whatever circulates', async () => {
    for (const l of [0, 1.5]) {
      const out = folder();
      await simulate(
        example('chaudhari-soatto', {
          parameters: { l },
          grid: { x: { from: -3.8, to: 3.8, cells: 76 }, y: { from: -5, to: 5, cells: 80 } },
          methods: { 'fokker-planck': {} },
        }),
        { out },
      );
      const arrays = await readNpz(new Uint8Array(readFileSync(join(out, 'fokker-planck', 'arrays.npz'))), 'a');
      const grid = await readNpz(new Uint8Array(readFileSync(join(out, 'grid.npz'))), 'g');
      const [x, y, P] = [grid.get('x')!, grid.get('y')!, arrays.get('density')!].map((a) => a.data as Float64Array);
      const exact = P.map((_, i) => Math.exp(-((x[i % 76] ** 2 - 1) ** 2) / 4 - y[Math.floor(i / 76)] ** 2 / 2));
      const sum = exact.reduce((s, v) => s + v, 0);
      const h = 0.1 * 0.125;
      const apart = P.reduce((s, v, i) => s + Math.abs(v * h - exact[i] / sum), 0) / 2;
      // second order in h: 0.004 at l = 1.5 on this grid
      expect(apart).toBeLessThan(l === 0 ? 1e-10 : 0.01);
      const J = arrays.get('current_x')!.data as Float64Array;
      const strongest = J.reduce((m, v) => Math.max(m, Math.abs(v)), 0);
      if (l === 0) expect(strongest).toBeLessThan(1e-12);
      else expect(strongest).toBeGreaterThan(0.01);
    }
  });

  it('a circulation on wide cells: warned of, and its spread too large by what the warning says; narrow cells say nothing', async () => {
    const run = async (cells: number) => {
      const { methods } = await simulate(
        {
          landscape: { loss: '(x^2 + y^2)/2', force: ['6*y', '-6*x'] },
          noise: { diffusion: { xx: 1, yy: 1 } },
          grid: { x: { from: -6, to: 6, cells }, y: { from: -6, to: 6, cells } },
          methods: { 'fokker-planck': {} },
        } as PartialSimulationConfig,
        { out: folder() },
      );
      return methods[0];
    };
    const [wide, narrow] = [await run(24), await run(160)];
    const said = wide.warnings.join(' ').match(/adds (\d+) % to the diffusion/);
    expect(said, wide.warnings.join(' ')).not.toBeNull();
    // the stationary variance is D, and what is added to D is added to it
    expect(wide.moments.covariance[0].value).toBeGreaterThan(1 + 0.005 * Number(said![1]));
    expect(narrow.warnings).toEqual([]);
    expect(narrow.moments.covariance[0].value).toBeCloseTo(1, 1);
  });

  it('escape: mean time of walkers, of the grid and by quadrature', async () => {
    const out = folder();
    const { methods } = await simulate(
      example('escape', {
        noise: { diffusion: { xx: 0.6 } },
        time: { mode: 'transient', until: 80, outputs: 10, snapshots: [1, 20] },
        methods: { langevin: { walkers: 384, timestep: 0.005 }, 'fokker-planck': {}, adiabatic: {} },
      }),
      { out },
    );
    const [closed, fp, walkers] = methods.map((m) => m.passage!);
    expect(Math.abs(fp.value / closed.value - 1)).toBeLessThan(2e-3); // h² of 350 cells
    expect(Math.abs(walkers.value - closed.value)).toBeLessThan(4 * walkers.standardError + 0.02 * closed.value);
    // means of those that are left, whoever of them has gone: near the sharp minimum
    const arrays = await readNpz(new Uint8Array(readFileSync(join(out, 'langevin', 'arrays.npz'))), 'a');
    const [mean, left] = ['mean', 'survival'].map((n) => arrays.get(n)!.data as Float64Array);
    left.forEach((s, k) => {
      if (s * 384 > 20) expect(Math.abs(mean[k] + 0.85)).toBeLessThan(0.25);
    });
    expect(left[3]).toBeLessThan(left[0]);
    for (const name of ['survival', 'means', 'snapshots'])
      expect(readFileSync(join(out, 'figures', `${name}.svg`), 'utf8')).not.toMatch(/NaN|undefined|Infinity/);
  });

  it('transient: an Ornstein-Uhlenbeck mean and variance, dimensionless or not', async () => {
    const config = (units: boolean): PartialSimulationConfig => ({
      variables: ['x'],
      landscape: { loss: '1.5*x^2' },
      noise: { diffusion: { xx: 0.4 } },
      learningRate: 0.01,
      start: { point: [1] },
      grid: { x: { from: -2.5, to: 2.5, cells: 200 } },
      time: { mode: 'transient', until: 0.6, outputs: 6, snapshots: [0.6] },
      methods: { 'fokker-planck': { timestep: 0.003 }, sgd: { walkers: 600 } },
      ...(units && { units: { at: [0] } }),
    });
    for (const units of [false, true]) {
      const out = folder();
      await simulate(config(units), { out });
      const s = units ? Math.sqrt(0.4 / 3) : 1;
      const { 'fokker-planck': fp, sgd } = json<Record<string, MomentEstimates>>(out, 'moments.json');
      const variance = (0.4 / 3) * (1 - Math.exp(-3.6));
      // a start in one cell of h = 0.025, steps of 1/200 of the time
      expect(Math.abs(fp.mean[0].value * s - Math.exp(-1.8))).toBeLessThan(5e-3);
      expect(Math.abs((fp.covariance[0].value * s * s) / variance - 1)).toBeLessThan(0.01);
      // the map contracts by 0.97 a step and has the variance of finite steps
      near(
        {
          ...sgd,
          mean: [{ ...sgd.mean[0], value: sgd.mean[0].value * s, standardError: sgd.mean[0].standardError * s }],
        },
        0,
        0.97 ** 60,
      );
    }
  });

  it('is resumed behind the methods that are done, to the same numbers', async () => {
    const [a, b] = [folder(), folder()];
    const config = example('double-well', {
      time: { burnIn: 0.5, length: 2 },
      methods: { sgd: { walkers: 256 }, 'fokker-planck': {}, adiabatic: {} },
    });
    const stop = new AbortController();
    await expect(
      simulate(config, {
        out: a,
        signal: stop.signal,
        onProgress: ({ stage }) => stage === 'sgd' && stop.abort(),
      }),
    ).rejects.toThrow(/stopped as asked/);
    expect(readdirSync(a)).toContain('fokker-planck');
    expect(existsSync(join(a, 'report.html'))).toBe(false);
    await expect(simulate(config, { out: a })).rejects.toThrow(/holds a simulation already/);
    await expect(simulate({ ...config, seed: 4 }, { out: a, resume: true })).rejects.toThrow(
      /begun with another config/,
    );
    await simulate(config, { out: a, resume: true });
    await simulate(config, { out: b });
    expect(json(a, 'moments.json')).toEqual(json(b, 'moments.json'));
    const bytes = (f: string) => readFileSync(join(f, 'sgd', 'arrays.npz'));
    expect(bytes(a).equals(bytes(b))).toBe(true);
  });
});
