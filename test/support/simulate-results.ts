/** Made-up results of `thermograd simulate`: four methods in a plane and on a line, in which no two densities and no two numbers are alike. */
import type {
  Method,
  MethodResult,
  MethodSummary,
  NumberArray,
  SimulationFacts,
  SimulationInput,
} from '../../src/experiments/simulate/measured.js';
import { estimate } from '../../src/numeric/estimate.js';
import { unlike } from './unlike.js';

export const LABELS: Readonly<Record<Method, string>> = {
  adiabatic: 'adiabatic theory',
  'fokker-planck': 'Fokker-Planck',
  sgd: 'SGD',
  langevin: 'Langevin',
};

const array = (data: ArrayLike<number>, ...shape: number[]): NumberArray => ({ shape, data: Float64Array.from(data) });
export const centresOf = (from: number, to: number, cells: number): Float64Array =>
  Float64Array.from({ length: cells }, (_, k) => from + ((k + 0.5) * (to - from)) / cells);
export const bell = (x: number, mean: number, deviation: number): number =>
  Math.exp(-0.5 * ((x - mean) / deviation) ** 2) / (deviation * Math.sqrt(2 * Math.PI));

type Draw = ReturnType<typeof unlike>;

/** Sampled numbers have an error, computed ones none. */
function summary(u: Draw, method: Method, size: 1 | 2, more: Partial<MethodSummary> = {}): MethodSummary {
  const sampled = method === 'sgd' || method === 'langevin';
  const e = (value: number) =>
    estimate(value, sampled ? Math.abs(value) * u(0.01, 0.05) : 0, 300, `made up of ${method}`);
  return {
    method,
    label: LABELS[method],
    how: `what ${method} does`,
    moments: {
      mean: Array.from({ length: size }, () => e(u(-1, 1))),
      covariance: size === 1 ? [e(u(1, 2))] : [e(u(1, 2)), e(u(-1, 1)), e(u(2, 3))],
      loss: e(u(3, 5)),
    },
    outside: 0,
    diverged: 0,
    noiseFloor: sampled ? { density: u(0.1, 0.2), marginal_x: u(0.01, 0.04), ...(size === 2 && { marginal_y: u(0.04, 0.09), floor: u(0.2, 0.3) }) } : {}, // biome-ignore format: one line
    facts: {},
    warnings: [],
    ...more,
  };
}

const facts = (more: Partial<SimulationFacts>): SimulationFacts => ({
  title: 'A made-up simulation',
  mode: 'stationary',
  names: ['x', 'y'],
  centres: [],
  hasValley: true,
  absorbing: false,
  timePerStep: 0.01,
  statement: [
    ['L', 'x^2 + y^2'],
    ['learning rate', '0.01'],
  ],
  warnings: [],
  run: { seeds: { seed: 3 } },
  ...more,
});

/** Of the bells in the plane: middle and width along x and along y. */
export const PLANE: Readonly<Record<Method, readonly [x: number, sx: number, y: number, sy: number]>> = {
  adiabatic: [0.3, 0.4, -0.2, 0.3],
  'fokker-planck': [0.35, 0.42, -0.1, 0.33],
  sgd: [0.4, 0.44, 0, 0.36],
  langevin: [0.45, 0.48, 0.1, 0.39],
};
export const LOSS = (x: number, y: number): number => 2 * (x - 0.3) ** 2 + 5 * (y + 0.1) ** 2 + 0.7;

/** Stationary, 132×60 cells where not said: the Fokker-Planck density turns about its middle, Langevin counted the marginals alone. */
export function plane(nx = 132, ny = 60): SimulationInput {
  const u = unlike(5);
  const [x, y] = [centresOf(-1.6, 2.36, nx), centresOf(-1.5, 1.5, ny)];
  const each = (of: (x: number, y: number) => number) => Array.from(y).flatMap((b) => Array.from(x, (a) => of(a, b)));
  const methods = (['adiabatic', 'fokker-planck', 'sgd', 'langevin'] as const).map((method): MethodResult => {
    const [mx, sx, my, sy] = PLANE[method];
    const P = (a: number, b: number) => bell(a, mx, sx) * bell(b, my, sy);
    return {
      summary: summary(u, method, 2, {
        ...(method === 'adiabatic' && { facts: { order: 'next', steps: 'finite', separation: 0.0123 } }),
        ...(method === 'fokker-planck' && { facts: { cells: `${nx}×${ny}`, residual: 3.2e-13 }, warnings: ['the grid is coarse.'] }), // biome-ignore format: one line
        ...(method === 'langevin' && { noiseFloor: { marginal_x: 0.0321 } }),
      }),
      arrays: {
        marginal_x: array(Array.from(x, (a) => bell(a, mx, sx)), nx), // biome-ignore format: one line
        marginal_y: array(Array.from(y, (b) => bell(b, my, sy)), ny), // biome-ignore format: one line
        ...(method !== 'langevin' && { density: array(each(P), ny, nx) }),
        ...((method === 'adiabatic' || method === 'sgd') && { floor: array(Array.from(x, (a) => bell(a, mx + 0.1, sx / 2)), nx) }), // biome-ignore format: one line
        ...(method === 'fokker-planck' && {
          current_x: array(each((a, b) => -(b - my) * P(a, b)), ny, nx), // biome-ignore format: one line
          current_y: array(each((a, b) => 0.5 * (a - mx) * P(a, b)), ny, nx), // biome-ignore format: one line
        }),
        ...(method === 'sgd' && {
          paths: array(Array.from({ length: 3 * 4 * 2 }, () => u(-1, 1)), 3, 4, 2), // biome-ignore format: one line
          path_times: array([0, 1, 2.5, 6], 4),
        }),
      },
    };
  });
  return { facts: facts({ centres: [x, y], loss: Float64Array.from(each(LOSS)) }), methods };
}

/** Transient with an absorbing side, 100 cells: the closed form knows the mean time alone. */
export function line(): SimulationInput {
  const u = unlike(6);
  const x = centresOf(-2, 2, 100);
  const times = [1, 2, 4, 8];
  const snapshots = [0.5, 2, 8];
  const walkers = (method: 'sgd' | 'langevin'): MethodResult => ({
    summary: summary(u, method, 1, {
      survival: estimate(u(0.2, 0.4), u(0.01, 0.02), 300, 'share of the walkers'),
      passage: estimate(u(5, 7), u(0.1, 0.2), 200, 'those that left', method === 'sgd'),
      warnings: method === 'sgd' ? ['2 % of the walkers diverged; moments are of the others.'] : [],
    }),
    arrays: {
      times: array(times, 4),
      mean: array([u(-1, 1), u(-1, 1), method === 'langevin' ? Number.NaN : u(-1, 1), u(-1, 1)], 4, 1),
      mean_error: array(times.map(() => u(0.1, 0.2)), 4, 1), // biome-ignore format: one line
      covariance: array(times.map(() => u(1, 2)), 4, 1), // biome-ignore format: one line
      survival: array([u(0.9, 1), u(0.7, 0.8), u(0.5, 0.6), method === 'langevin' ? 0 : u(0.3, 0.4)], 4),
      survival_error: array(times.map(() => u(0.01, 0.02)), 4), // biome-ignore format: one line
      marginal_x: array(Array.from(x, (a) => u(0.2, 0.4) * bell(a, 0.2, method === 'sgd' ? 0.5 : 0.6)), 100), // biome-ignore format: one line
      density: array(x, 100),
    },
  });
  return {
    facts: facts({
      mode: 'transient',
      names: ['x'],
      centres: [x],
      absorbing: true,
      hasValley: false,
      warnings: ['the grid adds 7 % to the diffusion.'],
      scales: { length: 0.25, time: 12.5, loss: 3.5217, at: [0.1] },
    }),
    methods: [
      {
        summary: {
          ...summary(u, 'adiabatic', 1),
          label: 'closed form',
          moments: { mean: [], covariance: [] },
          passage: estimate(5.678, 1e-9, 1, 'double quadrature'),
        },
        arrays: {},
      },
      {
        summary: summary(u, 'fokker-planck', 1, { survival: estimate(0.3456, 0, 4, 'mass that is left on the grid'), passage: estimate(5.4321, 0, 100, 'solved directly') }), // biome-ignore format: one line
        arrays: {
          times: array(times, 4),
          mean: array(times.map(() => u(-1, 1)), 4, 1), // biome-ignore format: one line
          covariance: array(times.map(() => u(1, 2)), 4, 1), // biome-ignore format: one line
          survival: array([0.98, 0.82, 0.55, 0.3456], 4),
          snapshot_times: array(snapshots, 3),
          // narrow at first, and less of it each time
          snapshots: array(snapshots.flatMap((_, s) => Array.from(x, (a) => [0.99, 0.82, 0.3456][s] * bell(a, 0.1 * s, [0.04, 0.2, 0.5][s]))), 3, 100), // biome-ignore format: one line
          marginal_x: array(Array.from(x, (a) => 0.3456 * bell(a, 0.2, 0.5)), 100), // biome-ignore format: one line
          density: array(x, 100),
        },
      },
      walkers('sgd'),
      walkers('langevin'),
    ],
  };
}

/** Transient in a plane of 60×20 cells, nothing absorbed: two snapshots of one method. */
export function planeInTime(): SimulationInput {
  const u = unlike(8);
  const [x, y] = [centresOf(-1.5, 1.5, 60), centresOf(-1, 1, 20)];
  const at = (s: number) => Array.from(y).flatMap((b) => Array.from(x, (a) => bell(a, 0.2 * s, 0.3 + 0.1 * s) * bell(b, 0, 0.25))); // biome-ignore format: one line
  return {
    facts: facts({ mode: 'transient', centres: [x, y] }),
    methods: [
      {
        summary: summary(u, 'fokker-planck', 2),
        arrays: {
          times: array([1, 3], 2),
          mean: array([u(-1, 1), u(-1, 1), u(-1, 1), u(-1, 1)], 2, 2),
          covariance: array([1, 2, 3, 4, 5, 6], 2, 3),
          snapshot_times: array([1, 3], 2),
          snapshots: array([...at(0), ...at(1)], 2, 20, 60),
          marginal_x: array(Array.from(x, (a) => bell(a, 0.2, 0.4)), 60), // biome-ignore format: one line
          marginal_y: array(Array.from(y, (b) => bell(b, 0, 0.25)), 20), // biome-ignore format: one line
        },
      },
    ],
  };
}
