/** The plan of a simulation, made before anything is written: steps, memory, disk, and refusals that need no run. */

import { type DiskPart, documents, FILE_BYTES } from '../../jobs/disk.js';
import { type MemoryNeed, type MemoryPart, PROGRAM_BYTES } from '../../jobs/memory.js';
import { check } from '../../numeric/errors.js';
import { derivative, evaluator } from '../../numeric/expression/index.js';
import { type Grid, gridCentres, gridOf, pointAt } from '../../theory/fokker-planck/grid.js';
import { fokkerPlanckMemory } from '../../theory/fokker-planck/memory.js';
import { alongFloor } from '../../theory/models/along.js';
import type { Setup } from './config.js';
import type { Method } from './measured.js';
import type { Expected } from './settled.js';

/** States the steps of one method. */
export interface MethodPlan {
  readonly method: Method;
  /** Steps of the walkers, or of the density; 0 where a direct solution is enough. */
  readonly steps: number;
  /** Time of a step, eta·steps or the dimensionless unit. */
  readonly timestep: number;
  readonly walkers: number;
  /** Short description of the computation. */
  readonly what: string;
}

/** States what a simulation needs and which steps are stable. */
export interface Plan {
  readonly methods: readonly MethodPlan[];
  readonly memory: MemoryNeed;
  readonly disk: readonly DiskPart[];
  /** Fastest relaxation anywhere on the grid, per unit of time: the largest real part of an eigenvalue of −∂f. */
  readonly stiffness: number;
  /** Explicit steps of this length or more are unstable there: 2/stiffness. */
  readonly largestStep: number;
  /** The slowest relaxation, of a stationary run with walkers. */
  readonly relaxation?: Expected;
  /** Warnings for the person who runs it, one sentence each. */
  readonly warnings: readonly string[];
}

/** Most points along an axis at which formulas are evaluated for the plan. */
const LOOK = 120;
/** Default step of Langevin, as a share of the fastest relaxation time on the grid. */
const SHARE = 1 / 20;

/**
 * Plans a simulation.
 * @throws InputError for a loss, gradient or noise that is not finite somewhere on the grid, for a diffusion that is
 * not ≥ 0, and for unstable steps
 */
export function planOf(setup: Setup): Plan {
  const { config, problem, time } = setup;
  const grid = gridOf(setup.axes);
  const stiffness = checkedStiffness(setup, grid);
  const largestStep = 2 / stiffness;
  const asked = Object.keys(config.methods) as Method[];
  const duration = time.mode === 'stationary' ? time.burnIn + time.length : time.until;
  const methods: MethodPlan[] = [];
  const { sgd, langevin } = config.methods;
  if (asked.includes('adiabatic')) {
    if (problem.size === 2) {
      const floor = alongFloor(problem, config.methods.adiabatic);
      for (const x of gridCentres(grid, 0)) floor.acrossVariance(x);
    }
    methods.push({ method: 'adiabatic', steps: 0, timestep: 0, walkers: 0, what: 'quadrature along x' });
  }
  if (asked.includes('fokker-planck')) {
    const timestep = config.methods['fokker-planck']?.timestep ?? duration / 400;
    const steps = time.mode === 'stationary' ? 0 : Math.ceil(duration / timestep);
    methods.push({
      method: 'fokker-planck',
      steps,
      timestep: steps > 0 ? timestep : 0,
      walkers: 0,
      what: `${setup.axes.map((a) => a.cells).join('×')} cells${steps > 0 ? `, ${steps} implicit steps of ${short(timestep)}` : ', one direct solution'}`,
    });
  }
  if (sgd) methods.push(walkersPlan('sgd', problem.timePerStep, sgd.walkers, duration));
  if (langevin) {
    const unit = setup.scales?.time ?? 1;
    const timestep =
      langevin.timestep !== undefined ? langevin.timestep / unit : Math.min(SHARE / stiffness, duration / 50);
    check(
      timestep < largestStep,
      'unstable',
      () =>
        `methods.langevin.timestep ${langevin.timestep} is unstable: the drift relaxes at a rate of ${short(stiffness / unit)} somewhere on the grid; the largest stable step is ${short(largestStep * unit)}, and an accurate one a tenth of it.`,
    );
    methods.push(walkersPlan('langevin', timestep, langevin.walkers, duration));
  }
  return {
    methods,
    memory: memoryOf(setup, methods),
    disk: diskOf(setup, methods),
    stiffness,
    largestStep,
    warnings: warningsOf(setup, stiffness),
  };
}

function walkersPlan(method: 'sgd' | 'langevin', timestep: number, walkers: number, duration: number): MethodPlan {
  const steps = Math.max(1, Math.round(duration / timestep));
  return {
    method,
    steps: steps * walkers,
    timestep,
    walkers,
    what: `${walkers} walkers, ${steps} steps of ${short(timestep)}`,
  };
}

const short = (v: number): string => String(Number(v.toPrecision(3)));

/** Checks loss, drift and diffusion over the grid (all finite, D ≥ 0), and returns the fastest relaxation rate. */
function checkedStiffness({ problem, scales }: Setup, grid: Grid): number {
  const { names, drift, diffusion, size, loss } = problem;
  const slopes = drift.flatMap((f) => names.map((name) => derivative(f, name)));
  const formulas = [...drift, ...diffusion, ...(loss ? [loss] : []), ...slopes];
  const all = evaluator(formulas, names);
  const out = new Float64Array(formulas.length);
  const first = formulas.length - slopes.length;
  const point = new Float64Array(2);
  const where = () => names.map((n, k) => `${n} = ${short(point[k] * (scales?.length ?? 1))}`).join(', ');
  let fastest = 0;
  const stride = [Math.ceil(grid.nx / LOOK), Math.ceil(grid.ny / LOOK)];
  for (let j = 0; j < grid.ny; j += stride[1]) {
    for (let i = 0; i < grid.nx; i += stride[0]) {
      pointAt(grid, i + grid.nx * j, point);
      all(point, out);
      const what = out.findIndex((v, k) => k < first && !Number.isFinite(v));
      const words = what < size ? 'gradient of the landscape' : what < size + diffusion.length ? 'noise' : 'loss';
      check(
        what < 0,
        'not-finite',
        () =>
          `the ${words} is ${out[what]} at ${where()}; it must be finite on the whole grid: change the formula or the grid.`,
      );
      const [xx, xy, yy] = size === 1 ? [out[1], 0, 0] : [out[2], out[3], out[4]];
      check(xx >= 0 && yy >= 0 && xx * yy - xy * xy >= -1e-9 * (xx * yy + xy * xy), 'negative-diffusion', () =>
        size === 1
          ? `the diffusion is negative at ${where()}: ${short(xx)}; noise has a variance ≥ 0.`
          : `the diffusion at ${where()} has a negative eigenvalue (xx ${short(xx)}, xy ${short(xy)}, yy ${short(yy)}); it must be ≥ 0.`,
      );
      const slope = out.subarray(first);
      fastest = Math.max(fastest, size === 1 ? -slope[0] : relaxation(slope[0], slope[1], slope[2], slope[3]));
    }
  }
  return fastest > 0 ? fastest : 1e-6;
}

/**
 * Largest real part of an eigenvalue of −(a b; c d): the stiffness. Steps near 2/stiffness are unstable. Rotation sets
 * no limit here, because on every grid there are points where it is hardly damped (`stableTimestep` is the strict
 * criterion at one point).
 */
function relaxation(a: number, b: number, c: number, d: number): number {
  const [half, rest] = [-(a + d) / 2, ((a - d) / 2) ** 2 + b * c];
  return rest > 0 ? half + Math.sqrt(rest) : half;
}

/** Says where a periodic axis joins values of drift or diffusion that differ by more than a thousandth of the largest. */
function seams({ drift, diffusion, names }: Setup['problem'], axes: Setup['axes']): string[] {
  const all = evaluator([...drift, ...diffusion], names);
  return axes.flatMap((axis, k) => {
    if (!axis.periodic) return [];
    const other = axes[1 - k];
    const [low, high] = [0, 1].map(() => new Float64Array(drift.length + diffusion.length));
    let [apart, size] = [0, 0];
    for (const share of other ? [0.1, 0.3, 0.5, 0.7, 0.9] : [0]) {
      const at = (v: number) => {
        const across = other ? other.from + share * (other.to - other.from) : 0;
        return k === 0 ? [v, across] : [across, v];
      };
      all(at(axis.from), low);
      all(at(axis.to), high);
      low.forEach((v, i) => {
        apart = Math.max(apart, Math.abs(v - high[i]));
        size = Math.max(size, Math.abs(v), Math.abs(high[i]));
      });
    }
    return apart > 1e-3 * size
      ? [
          `drift or noise jump where the ring of ${axis.name} closes (by up to ${short(apart)}): are grid.${axis.name}.from and to one period apart?`,
        ]
      : [];
  });
}

function warningsOf({ problem, config, axes }: Setup, stiffness: number): string[] {
  const warnings: string[] = [];
  const k = problem.timePerStep * stiffness;
  if (config.methods.sgd && k >= (2 * (1 + problem.momentum)) / (1 - problem.momentum))
    warnings.push(
      `SGD's own step is unstable somewhere on the grid (learning rate times curvature reaches ${short(k)}): walkers that get there may diverge.`,
    );
  warnings.push(...seams(problem, axes));
  if (!problem.exactAverages)
    warnings.push('the loss of a minibatch is no polynomial in its normal numbers: its averages are by quadrature.');
  return warnings;
}

/** A worker thread, measured. */
const THREAD = 30e6;

function memoryOf({ axes, time, config, problem }: Setup, methods: readonly MethodPlan[]): MemoryNeed {
  const cells = axes.reduce((n, a) => n * a.cells!, 1);
  const snapshots = time.mode === 'transient' ? time.snapshots.length : 1;
  const oblique = problem.diffusion.length === 3 && !(problem.diffusion[1].kind === 'number');
  const grid = methods.some((m) => m.method === 'fokker-planck');
  const outputs = time.mode === 'transient' ? time.outputs.length : 3;
  const walkers = Math.max(0, ...methods.map((m) => m.walkers));
  const parts: MemoryPart[] = [
    { what: 'Node and its threads', bytes: PROGRAM_BYTES + THREAD * (config.workers || 2), key: 'workers' },
    {
      what: 'the factors of Fokker-Planck',
      bytes: grid ? fokkerPlanckMemory(axes, oblique ? 3 : 1).bytes * (time.mode === 'transient' ? 2.5 : 1) : 0,
      key: 'grid.x.cells and grid.y.cells',
    },
    {
      what: 'the walkers and where they were',
      bytes: 8 * walkers * (outputs * problem.size + 8),
      key: 'methods.sgd.walkers and methods.langevin.walkers',
    },
    {
      what: 'densities',
      bytes: 8 * cells * (snapshots + 6) * (methods.length + 16),
      key: 'grid.x.cells and grid.y.cells',
    },
  ];
  return { peak: parts.reduce((s, p) => s + p.bytes, 0), parts };
}

/** Numbers of a method's moments with their errors, in each document. */
const OF_METHOD = 120;
/** Bytes of a point of a curve in the figures and on the page. */
const DRAWN = 60;

/** States what a simulation writes: the arrays of each method, the grid, moments, tables and figures. */
function diskOf({ axes, time, config, problem }: Setup, methods: readonly MethodPlan[]): DiskPart[] {
  const cells = axes.reduce((n, a) => n * a.cells!, 1);
  const along = axes.reduce((n, a) => n + a.cells!, 0);
  const snapshots = time.mode === 'transient' ? time.snapshots.length : 0;
  const outputs = time.mode === 'transient' ? time.outputs.length : 0;
  const { count, points } = config.paths;
  const arrays = methods.map(({ method, walkers }) => {
    const densities = (1 + snapshots + (method === 'fokker-planck' ? problem.size : 0)) * cells + 2 * along;
    const paths = walkers > 0 ? points * (1 + Math.min(count, walkers) * problem.size) : 0;
    const exits = time.mode === 'transient' ? walkers : 0;
    return 8 * (densities + paths + exits + 12 * outputs + snapshots) + 3 * FILE_BYTES;
  });
  const paths = methods.some((m) => m.walkers > 0) ? points * count : 0;
  return [
    {
      what: 'densities, paths and series of the methods',
      bytes: arrays.reduce((a, b) => a + b, 0),
      key: 'grid.x.cells, grid.y.cells or paths.points',
    },
    { what: 'the loss on the grid', bytes: 8 * (cells + along), key: 'grid.x.cells and grid.y.cells' },
    {
      what: 'curves in figures and tables',
      bytes: DRAWN * (4 * (along + outputs) * methods.length + 2 * paths * methods.length),
      key: 'grid.x.cells, grid.y.cells or paths.points',
    },
    documents(OF_METHOD * methods.length, 4),
  ];
}
