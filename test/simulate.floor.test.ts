/** The adiabatic method of simulate against closed forms: marginal and floor of a valley, moments, one coordinate, mean first passage. */
import { describe, expect, it } from 'vitest';
import { completeSimulation, type Setup, setupOf } from '../src/experiments/simulate/config.js';
import { simulationFacts, statementOf } from '../src/experiments/simulate/facts.js';
import { adiabaticMethod } from '../src/experiments/simulate/floor.js';
import { planOf } from '../src/experiments/simulate/plan.js';
import type { PartialSimulationConfig } from '../src/experiments/simulate/schema.js';
import { meanFirstPassage } from '../src/theory/valley/escape.js';

const setup = (given: PartialSimulationConfig): Setup => setupOf(completeSimulation(given));
const method = (given: PartialSimulationConfig) => adiabaticMethod(setup(given), () => {});

/** lambda = 4 e^{−x}: F = 1/√lambda = e^{x/2}/2. D_x = 0.1, D_y = kappa D_x. */
const [DX, KAPPA] = [0.1, 3];
const valley = (more: Partial<PartialSimulationConfig> = {}): PartialSimulationConfig => ({
  landscape: { valley: { floor: '0.5*x^2', curvature: '4*exp(-x)' } },
  noise: { diffusion: { xx: DX, yy: KAPPA * DX } },
  grid: { x: { from: -2.4, to: 3, cells: 270 }, y: { from: -4, to: 4, cells: 81 } },
  time: { length: 1 },
  methods: { adiabatic: {} },
  ...more,
});
const centres = Array.from({ length: 270 }, (_, k) => -2.4 + (k + 0.5) * 0.02);
const normalised = (of: (x: number) => number) => {
  const values = centres.map(of);
  const mass = values.reduce((s, v) => s + v * 0.02, 0);
  return values.map((v) => v / mass);
};
const F = (x: number) => Math.exp(x / 2) / 2;
/** e^{−L0/D_x} F^power. */
const law = (power: number) => normalised((x) => Math.exp(-(0.5 * x * x) / DX) * F(x) ** power);
const average = (p: readonly number[], of: (x: number) => number) =>
  p.reduce((s, v, k) => s + v * 0.02 * of(centres[k]), 0);
const farthest = (found: ArrayLike<number>, wanted: readonly number[]) =>
  Math.max(...wanted.map((v, k) => Math.abs(found[k] - v))) / Math.max(...wanted);

describe('along a valley', () => {
  const { summary, arrays } = method(valley());
  const marginal = law(KAPPA);

  it('the marginal is e^{−L0/D_x} F^kappa, the floor has one power of F less', () => {
    expect(farthest(arrays.marginal_x.data, marginal)).toBeLessThan(1e-3);
    // the middle row of cells lies on y = 0
    expect(farthest(arrays.floor.data, law(KAPPA - 1))).toBeLessThan(1e-3);
    // another power is far from it
    expect(farthest(arrays.marginal_x.data, law(-KAPPA))).toBeGreaterThan(0.3);
    expect(farthest(arrays.floor.data, marginal)).toBeGreaterThan(0.05);
  });

  it('across it y is normal with ⟨y²⟩ = D_y/lambda', () => {
    const { density, marginal_y: across } = arrays;
    expect(density.shape).toEqual([81, 270]);
    const h = 8 / 81;
    const P = (k: number, y: number) => {
      const S = (KAPPA * DX) / (4 * Math.exp(-centres[k]));
      return (marginal[k] * Math.exp((-y * y) / (2 * S))) / Math.sqrt(2 * Math.PI * S);
    };
    for (const [k, j] of [
      [100, 40],
      [120, 45],
      [160, 30],
      [90, 41],
    ]) {
      // biome-ignore format: one line
      const y = -4 + (j + 0.5) * h;
      expect(density.data[270 * j + k] / P(k, y)).toBeCloseTo(1, 2);
    }
    expect(across.data[44] / centres.reduce((s, _, k) => s + P(k, -4 + 44.5 * h) * 0.02, 0)).toBeCloseTo(1, 2);
  });

  it('moments: of x from the line, of y from its variance, nothing across on average', () => {
    const m = average(marginal, (x) => x);
    expect(summary.moments.mean[0].value).toBeCloseTo(m, 4);
    expect(summary.moments.mean[1].value).toBe(0);
    const [xx, xy, yy] = summary.moments.covariance.map((c) => c.value);
    expect(xx).toBeCloseTo(average(marginal, (x) => (x - m) ** 2), 4); // biome-ignore format: one line
    expect(xy).toBe(0);
    expect(yy).toBeCloseTo(average(marginal, (x) => (KAPPA * DX * Math.exp(x)) / 4), 4); // biome-ignore format: one line
    // L = L0 + lambda y²/2, whose second term is D_y/2 everywhere
    expect(summary.moments.loss!.value).toBeCloseTo(average(marginal, (x) => 0.5 * x * x) + (KAPPA * DX) / 2, 2); // biome-ignore format: one line
    for (const e of [...summary.moments.mean, ...summary.moments.covariance]) expect(e.standardError).toBe(0);
    expect([summary.label, summary.outside, summary.diverged]).toEqual(['adiabatic theory', 0, 0]);
  });

  it('says what it leaves out: lambda′² D_y²/(4 lambda³ D_x), averaged over the density; warns from a tenth on', () => {
    // lambda′ = −lambda
    const separation = (dx: number) => {
      const p = normalised((x) => Math.exp(-(0.5 * x * x) / dx) * F(x) ** KAPPA);
      return average(p, (x) => (KAPPA * dx) ** 2 / (4 * 4 * Math.exp(-x) * dx));
    };
    expect(summary.facts.separation as number).toBeCloseTo(separation(DX), 4);
    expect(summary.facts).toMatchObject({ order: 'leading', steps: 'continuous' });
    expect(separation(DX)).toBeLessThan(0.1);
    expect(summary.warnings.join()).not.toMatch(/faster/);
    const strong = valley({ noise: { diffusion: { xx: 0.16, yy: 0.48 } } });
    expect(separation(0.16)).toBeGreaterThan(0.1);
    const words = method(strong).summary.warnings.find((w) => /faster/.test(w))!;
    expect(Number(words.match(/([\d.]+) %/)![1])).toBeCloseTo(100 * separation(0.16), 0);
    // the next order has it in
    const next = method({
      ...strong,
      learningRate: 0.01,
      methods: { adiabatic: { order: 'next', steps: 'finite' } },
    }).summary;
    expect(next.warnings.join()).not.toMatch(/faster/);
    expect(next.how).toMatch(/with what the wandering.*SGD map/);
    expect(summary.how).toMatch(/without what the wandering.*continuous time/);
    expect(next.facts).toMatchObject({ order: 'next', steps: 'finite' });
  });

  it('finite steps widen it: ⟨y²⟩ = 2/(2 − eta lambda) of the continuous one', () => {
    // C_yy such that D_y = eta C/2 is that of above
    const eta = 0.02;
    const finite = (steps: 'continuous' | 'finite') =>
      method(valley({ learningRate: eta, noise: { covariance: { xx: (2 * DX) / eta, yy: (2 * KAPPA * DX) / eta } }, methods: { adiabatic: { steps } } })).arrays; // biome-ignore format: one line
    const row = (arrays: ReturnType<typeof finite>, k: number) => {
      const p = Array.from({ length: 81 }, (_, j) => arrays.density.data[270 * j + k]);
      return p.reduce((s, v, j) => s + v * (-4 + (j + 0.5) * (8 / 81)) ** 2, 0) / p.reduce((s, v) => s + v, 0);
    };
    const k = 60;
    const wanted = 2 / (2 - eta * 4 * Math.exp(-centres[k]));
    expect(row(finite('finite'), k) / row(finite('continuous'), k)).toBeCloseTo(wanted, 3);
  });

  it('in time: the motion along the floor, with snapshots and survival', () => {
    const moving = method(valley({ time: { mode: 'transient', until: 1, outputs: 4, snapshots: [0.25, 1] }, start: { point: [0.99, 0] }, grid: { x: { from: -2.4, to: 3, cells: 270, lower: 'absorbing' }, y: { from: -4, to: 4, cells: 81 } } })); // biome-ignore format: one line
    // drift −x + D_y/2 with lambda′/lambda = −1: an Ornstein-Uhlenbeck process about 0.15
    const middle = (KAPPA * DX) / 2;
    const { times, mean, covariance, snapshots, survival } = moving.arrays;
    expect([...times.data]).toEqual([0.25, 0.5, 0.75, 1]);
    [...times.data].forEach((t, n) => {
      expect(mean.data[n]).toBeCloseTo(middle + (0.99 - middle) * Math.exp(-t), 3);
      expect(covariance.data[n]).toBeCloseTo(DX * (1 - Math.exp(-2 * t)), 3);
    });
    expect(snapshots.shape).toEqual([2, 270]);
    expect([...snapshots.data.slice(270)]).toEqual([...moving.arrays.marginal_x.data]);
    expect(survival.data[3]).toBeCloseTo(1, 6);
    expect(moving.summary.survival!.value).toBe(survival.data[3]);
    expect(moving.summary.passage!.value).toBeGreaterThan(100);
    expect(arrays.snapshots).toBeUndefined();
  });
});

describe('of one coordinate', () => {
  const line = (more: Partial<PartialSimulationConfig> = {}): PartialSimulationConfig => ({
    variables: ['x'],
    landscape: { loss: 'x^4 - x^2' },
    noise: { diffusion: { xx: '0.3 + 0.1*x' } },
    grid: { x: { from: -2, to: 2, cells: 200 } },
    time: { length: 1 },
    methods: { adiabatic: {} },
    ...more,
  });

  it('the density without current: (1/D) exp ∫ f/D', () => {
    const { summary, arrays } = method(line());
    const h = 4 / 200;
    const x = Array.from({ length: 200 }, (_, k) => -2 + (k + 0.5) * h);
    // fine sums of −(4x³ − 2x)/D from 0
    const exponent = (to: number) => {
      const n = 2000;
      let sum = 0;
      for (let k = 0; k < n; k++) {
        const at = ((k + 0.5) * to) / n;
        sum -= ((4 * at ** 3 - 2 * at) / (0.3 + 0.1 * at)) * (to / n);
      }
      return sum;
    };
    const raw = x.map((v) => Math.exp(exponent(v)) / (0.3 + 0.1 * v));
    const mass = raw.reduce((s, v) => s + v * h, 0);
    raw.forEach((v, k) => {
      if (v > 1e-3 * mass) expect(arrays.marginal_x.data[k] / (v / mass)).toBeCloseTo(1, 3);
    });
    expect([...arrays.density.data]).toEqual([...arrays.marginal_x.data]);
    expect([summary.label, summary.method]).toEqual(['closed form', 'adiabatic']);
    const m = x.reduce((s, v, k) => s + v * (raw[k] / mass) * h, 0);
    expect(summary.moments.mean[0].value).toBeCloseTo(m, 4);
    expect(summary.how).toMatch(/without current/);
    expect(method(line({ time: { mode: 'transient', until: 3 } })).summary.label).toBe('limit of long times');
  });

  /** Free diffusion between a wall and an absorbing side at distance 1: (1 − s²)/(2D) from s away from the wall. */
  const free = (side: 'lower' | 'upper', start: PartialSimulationConfig['start']) =>
    method(line({
      landscape: { loss: '0*x' },
      noise: { diffusion: { xx: 0.2 } },
      grid: { x: { from: 0, to: 1, cells: 100, lower: 'reflecting', upper: 'reflecting', [side]: 'absorbing' } },
      time: { mode: 'transient', until: 3 },
      start: start!,
    })); // biome-ignore format: one call

  it('mean first passage to the upper side, or to the lower, from a point', () => {
    expect(free('upper', { point: [0.3] }).summary.passage!.value).toBeCloseTo((1 - 0.3 ** 2) / 0.4, 6);
    expect(free('lower', { point: [0.3] }).summary.passage!.value).toBeCloseTo((1 - 0.7 ** 2) / 0.4, 6);
    const { summary, arrays } = free('upper', { point: [0.3] });
    expect(arrays).toEqual({});
    expect(summary.moments).toEqual({ mean: [], covariance: [] });
    expect(summary.how).toMatch(/first-passage/);
    expect(summary.label).toBe('closed form');
  });

  it('averaged over a start that is spread out', () => {
    // uniform on [0.2, 0.6]: ∫(1 − s²)/0.4 over it
    const wanted = (1 - (0.6 ** 3 - 0.2 ** 3) / 3 / 0.4) / 0.4;
    const found = free('upper', { low: [0.2], high: [0.6] }).summary.passage!;
    expect(found.value).toBeCloseTo(wanted, 3);
    expect(found.standardError).toBeGreaterThanOrEqual(0);
    expect(found.standardError).toBeLessThan(1e-3);
  });

  it('averaged over a start by its density, its error too', () => {
    // −2x drift, a wall at 0, the end at 1; a normal start cut at the wall, on cells of 0.01
    const given = line({
      landscape: { loss: 'x^2' },
      noise: { diffusion: { xx: 0.2 } },
      grid: { x: { from: 0, to: 1, cells: 100, lower: 'reflecting', upper: 'absorbing' } },
      time: { mode: 'transient', until: 3 },
      start: { mean: [0.02], deviation: 0.02 },
    });
    const motion = { drift: (x: number) => -2 * x, diffusion: () => 0.2 };
    let [sum, error, mass] = [0, 0, 0];
    for (let k = 0; k < 100; k++) {
      const x = (k + 0.5) / 100;
      const p = Math.exp(-0.5 * ((x - 0.02) / 0.02) ** 2);
      const t = meanFirstPassage(motion, { from: x, to: 1, wall: 0, panels: 1000 });
      sum += p * t.value;
      error += p * t.standardError;
      mass += p;
    }
    const found = method(given).summary.passage!;
    expect(found.value / (sum / mass)).toBeCloseTo(1, 9);
    expect(found.standardError / (error / mass)).toBeCloseTo(1, 6);
  });

  it('warns where the grid nearly cuts the density off', () => {
    const cut = (to: number) => method(line({ landscape: { loss: 'x^2' }, noise: { diffusion: { xx: 0.2 } }, grid: { x: { from: -to, to, cells: 100 } } })).summary.warnings; // biome-ignore format: one line
    // e^{−x²/0.2}: 5 10⁻⁵ at the ends of the first, nothing at those of the second
    expect(cut(1.4).join()).toMatch(/outermost cells/);
    expect(cut(2.4)).toEqual([]);
  });

  it('is refused between two absorbing sides', () => {
    const both = line({ grid: { x: { from: -2, to: 2, cells: 100, lower: 'absorbing', upper: 'absorbing' } }, time: { mode: 'transient', until: 3 } }); // biome-ignore format: one line
    expect(() => method(both)).toThrow(/one absorbing side/);
  });
});

describe('what a report says of the problem', () => {
  const rows = (given: PartialSimulationConfig) => statementOf(setup(given));

  it('a valley with its noise and times', () => {
    expect(
      rows(valley({ learningRate: 0.02, time: { burnIn: 2.5, length: 10 }, parameters: { a: 1.5, b: 2 } })),
    ).toEqual([
      ['L0(x)', '0.5*x^2'],
      ['lambda(x)', '4*exp(-x)'],
      ['D, weight² per eta·step', 'xx = 0.1, xy = 0, yy = 0.30000000000000004'],
      ['with', 'a = 1.5, b = 2'],
      ['learning rate', '0.02'],
      ['time', 'stationary: 2.5 before and 10 counted, in eta·steps'],
    ]);
  });

  it('a loss with a force, the covariance of minibatches and momentum', () => {
    const given: PartialSimulationConfig = {
      landscape: { loss: 'x^2 + y^2', force: ['y', '-x'] },
      noise: { covariance: { xx: 2, xy: 0.5, yy: 3 } },
      learningRate: 0.01,
      momentum: 0.75,
      grid: { x: { from: -2, to: 2 }, y: { from: -2, to: 2 } },
      time: { mode: 'transient', until: 7 },
      methods: { 'fokker-planck': {} },
    };
    expect(rows(given)).toEqual([
      ['L', 'x^2 + y^2'],
      ['force', 'y, -x'],
      ['C, covariance of one minibatch gradient', 'xx = 2, xy = 0.5, yy = 3'],
      ['learning rate', '0.01, momentum 0.75: eta/(1 − mu) = 0.04'],
      ['time', 'transient: up to 7 eta·steps'],
    ]);
  });

  it('times to six digits', () => {
    const [, time] = rows(valley({ time: { burnIn: 1 / 3, length: 200 / 3 } })).at(-1)!;
    expect(time).toMatch(/0\.333333 before and 66\.6667 counted/);
  });

  it('minibatches by their loss or gradient; one coordinate has one number of noise', () => {
    const one: PartialSimulationConfig = { variables: ['x'], landscape: { loss: 'x^2' }, noise: { diffusion: { xx: 1.5 } }, grid: { x: { from: -2, to: 2 } }, time: { length: 4 }, methods: { 'fokker-planck': {} } }; // biome-ignore format: one line
    expect(rows(one)).toContainEqual(['D, weight² per eta·step', 'xx = 1.5']);
    expect(rows(one)).toContainEqual(['learning rate', '–']);
    // a fifth of the length before
    expect(rows(one)).toContainEqual(['time', 'stationary: 0.8 before and 4 counted, in eta·steps']);
    const batch = rows({ ...one, learningRate: 0.1, landscape: {}, noise: { batch: { loss: '(x - n1)^2' } } });
    expect(batch).toContainEqual(['loss of one minibatch', '(x - n1)^2']);
    const gradient = rows({ ...one, learningRate: 0.1, noise: { batch: { gradient: ['2*(x - n1)'] } } });
    expect(gradient).toContainEqual(['gradient of one minibatch', '2*(x - n1)']);
    expect(gradient.map(([k]) => k)).not.toContain('with');
  });

  it('times of a dimensionless run in eta·steps, and facts in its units', () => {
    const given: PartialSimulationConfig = { variables: ['x'], landscape: { loss: '2*x^2' }, noise: { covariance: { xx: 40 } }, learningRate: 0.01, momentum: 0.5, grid: { x: { from: -3, to: 3, lower: 'absorbing' } }, time: { mode: 'transient', until: 2 }, methods: { 'fokker-planck': {} }, units: { at: [0] }, title: 'T' }; // biome-ignore format: one line
    const s = setup(given);
    const x = Float64Array.of(1, 2);
    const facts = simulationFacts(s, planOf(s), [x], Float64Array.of(3), { seeds: 1 });
    expect(statementOf(s)).toContainEqual(['time', 'transient: up to 2 eta·steps']);
    expect(statementOf(s)).toContainEqual(['learning rate', '0.01, momentum 0.5: eta/(1 − mu) = 0.02']);
    expect(facts).toMatchObject({
      title: 'T',
      mode: 'transient',
      names: ['x'],
      hasValley: false,
      absorbing: true,
      run: { seeds: 1 },
    });
    // curvature 4: the unit of time is a quarter
    expect(facts.scales!.time).toBeCloseTo(0.25, 12);
    expect(facts.timePerStep).toBeCloseTo(0.02 / 0.25, 12);
    expect([...facts.centres[0]]).toEqual([1, 2]);
    const plain = setup(valley());
    const other = simulationFacts(plain, planOf(plain), [], undefined, {});
    expect(other).toMatchObject({
      title: 'Simulation of a landscape',
      hasValley: true,
      absorbing: false,
      mode: 'stationary',
    });
    expect('loss' in other).toBe(false);
    expect('scales' in other).toBe(false);
  });
});
