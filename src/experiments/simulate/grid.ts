/**
 * The methods that compute densities instead of sampling them: Fokker-Planck on the grid, and the parts that other
 * methods share with it.
 */
import { check } from '../../numeric/errors.js';
import { type Estimate, exactly } from '../../numeric/estimate.js';
import { evaluator } from '../../numeric/expression/index.js';
import { probabilityCurrent } from '../../theory/fokker-planck/current.js';
import { type Grid, type GridDensity, gridCentres, gridOf, pointAt } from '../../theory/fokker-planck/grid.js';
import type { JumpProcess } from '../../theory/fokker-planck/jumps.js';
import {
  densityAtPoint,
  densityAverage,
  densityFrom,
  densityMoments,
  massOf,
} from '../../theory/fokker-planck/measures.js';
import { Passage } from '../../theory/fokker-planck/passage.js';
import { edgeMass, numericalDiffusion, resolutionOf } from '../../theory/fokker-planck/quality.js';
import { jumpProcess, type Side } from '../../theory/fokker-planck/rates.js';
import { stationaryDensity } from '../../theory/fokker-planck/stationary.js';
import { Stepper } from '../../theory/fokker-planck/stepping.js';
import { langevinModel } from '../../theory/models/problem.js';
import { type Setup, startShape } from './config.js';
import { densityArrays, shapeOf } from './gather.js';
import type { MethodResult, MomentEstimates, NumberArray } from './measured.js';

/** The largest share of the mass in the outermost cells of an open side; above it the grid is refused. */
const HELD = 1e-3;
/** Share of the diffusion that a grid may add without a warning. */
const DIFFUSED = 0.05;
/** Steps of a transient run when none is given. */
const STEPS = 400;

type ReportShare = (share: number) => void;

/**
 * Computes the stationary density on the grid, or its evolution.
 * @throws InputError when the grid does not hold the density
 */
export function fokkerPlanckMethod(setup: Setup, report: ReportShare): MethodResult {
  const model = langevinModel(setup.problem);
  const grid = gridOf(setup.axes);
  const jumps = jumpProcess(model, grid, { boundaries: boundariesOf(setup) });
  const { time } = setup;
  const step = setup.config.methods['fokker-planck']?.timestep;
  const size = `${setup.axes.map((a) => a.cells).join('×')} cells`;
  if (time.mode === 'stationary') {
    const { density, residual } = stationaryDensity(jumps, { onProgress: (done, all) => report(done / all) });
    return {
      summary: {
        method: 'fokker-planck',
        label: 'Fokker-Planck',
        how: `the stationary density on ${size}, solved directly`,
        moments: exact(setup, density, `sums over ${size}`),
        ...NOTHING_LOST,
        facts: { cells: size, residual },
        warnings: [...jumps.warnings, ...judged(setup, density), ...diffused(jumps, density)],
      },
      arrays: { ...densityArrays(density, setup), ...currentArrays(jumps, density) },
    };
  }
  const evolved = evolve(setup, jumps, startDensity(setup, grid), step ?? scaled(setup), report);
  return {
    summary: {
      method: 'fokker-planck',
      label: 'Fokker-Planck',
      how: `the density on ${size}, by implicit steps of ${evolved.step.toPrecision(3)} (order ${evolved.order})`,
      moments: exact(setup, evolved.last, `sums over ${size}`),
      ...NOTHING_LOST,
      ...evolved.lost,
      facts: { cells: size, timestep: evolved.step },
      warnings: [...jumps.warnings, ...judged(setup, evolved.last), ...diffused(jumps, evolved.last)],
    },
    arrays: { ...evolved.arrays, ...densityArrays(evolved.last, setup), ...currentArrays(jumps, evolved.last) },
  };
}

const NOTHING_LOST = { outside: 0, diverged: 0, noiseFloor: {} } as const;
const scaled = ({ time }: Setup): number => (time.mode === 'transient' ? time.until / STEPS : 1);

/** Evolves a density in time by a jump process, in steps of about `wanted`. */
export function evolve(setup: Setup, jumps: JumpProcess, start: GridDensity, wanted: number, report: ReportShare) {
  const time = setup.time as Setup['time'] & { mode: 'transient' };
  const { grid } = jumps;
  const size = grid.axes.length;
  const steps = Math.max(1, Math.ceil(time.until / wanted));
  const step = time.until / steps;
  const small = new Stepper(jumps, { step: step / 8 });
  const stepper = new Stepper(jumps, { step, scheme: 'sdirk2' });
  let plain: Stepper | undefined;
  /** Steps are of second order while that keeps the density positive; after the first failure, of first order. */
  const advance = (from: GridDensity, count: number) => {
    if (!plain) {
      try {
        return stepper.advance(from, count).density;
      } catch (error) {
        if ((error as { code?: string }).code !== 'negative-density') throw error;
        plain = new Stepper(jumps, { step });
      }
    }
    return plain.advance(from, count).density;
  };
  const T = time.outputs.length;
  const [mean, covariance, survival] = [
    new Float64Array(T * size),
    new Float64Array(T * (size === 1 ? 1 : 3)),
    new Float64Array(T),
  ];
  const snapshots: GridDensity[] = [];
  let density = start;
  let done = 0;
  const events = [
    ...time.outputs.map((t, k) => ({ at: Math.round(t / step), output: k })),
    ...time.snapshots.map((t) => ({ at: Math.round(t / step), output: -1 })),
  ].sort((a, b) => a.at - b.at || b.output - a.output);
  for (const { at, output } of events) {
    if (at > done) {
      // small steps first: a narrow start spreads fast
      if (done === 0) {
        density = small.advance(density, 8).density;
        done = 1;
      }
      if (at > done) density = advance(density, at - done);
      done = at;
    }
    if (output < 0) snapshots.push(density);
    else {
      const m = densityMoments(density);
      mean.set(m.mean, output * size);
      covariance.set(m.covariance, output * m.covariance.length);
      survival[output] = massOf(density);
    }
    report(done / steps);
  }
  const arrays: Record<string, NumberArray> = {
    times: { shape: [T], data: Float64Array.from(time.outputs) },
    mean: { shape: [T, size], data: mean },
    covariance: { shape: [T, covariance.length / T], data: covariance },
    snapshot_times: { shape: [snapshots.length], data: Float64Array.from(time.snapshots) },
    snapshots: {
      shape: [snapshots.length, ...shapeOf(grid)],
      data: Float64Array.from(snapshots.flatMap((d) => [...d.values])),
    },
  };
  if (jumps.absorbing) arrays.survival = { shape: [T], data: survival };
  return {
    step,
    /** Order of the steps in time. */
    order: plain ? 1 : 2,
    last: snapshots[snapshots.length - 1],
    arrays,
    lost: jumps.absorbing
      ? {
          survival: exactly(survival[T - 1], 'mass that is left on the grid', T),
          passage: passage(jumps, start),
        }
      : {},
  };
}

/**
 * Computes the mean time until absorption from the start density; it is solved directly and does not depend on the
 * length of the run.
 */
function passage(jumps: JumpProcess, start: GridDensity): Estimate {
  const times = new Passage(jumps).meanTimes();
  return exactly(
    densityAverage(start, times),
    'the mean first-passage time of the grid, solved directly',
    start.grid.size,
  );
}

/** Returns the boundary conditions of the grid, lower and upper for each axis; a periodic one has none. */
export function boundariesOf({ sides }: Setup): (readonly [Side, Side])[] {
  const side = (s: string): Side => (s === 'absorbing' ? 'absorbing' : 'reflecting');
  return sides.map(([low, high]) => [side(low), side(high)] as const);
}

/** Returns the density of the start on the grid. */
export function startDensity({ start }: Setup, grid: Grid): GridDensity {
  const shape = startShape(start);
  return shape
    ? densityFrom(grid, shape)
    : densityAtPoint(grid, start.kind === 'point' ? start.at : (start as { mean: readonly number[] }).mean);
}

/** Returns the moments of a computed density, which have no statistical error. */
export function exact(setup: Setup, density: GridDensity, method: string): MomentEstimates {
  const { problem } = setup;
  const of = (v: number) => exactly(v, method, density.grid.size);
  const m = densityMoments(density);
  const loss = problem.loss && density.grid.axes.length === problem.size ? lossOnGrid(setup, density.grid) : undefined;
  return {
    mean: m.mean.map(of),
    covariance: m.covariance.map(of),
    ...(loss && { loss: of(densityAverage(density, loss)) }),
  };
}

/** Returns L at the centres of the cells. */
export function lossOnGrid({ problem }: Setup, grid: Grid): Float64Array {
  const L = evaluator([problem.loss!], problem.names);
  const [point, out] = [new Float64Array(2), new Float64Array(1)];
  return Float64Array.from({ length: grid.size }, (_, i) => {
    pointAt(grid, i, point);
    L(point, out);
    return out[0];
  });
}

/**
 * Refuses a grid that cuts off the density, and warns where it nearly does, or is coarse.
 * @throws InputError
 */
export function judged({ sides, scales }: Setup, density: GridDensity): string[] {
  const warnings: string[] = [];
  const unit = scales?.length ?? 1;
  edgeMass(density).forEach((share, k) => {
    if (sides[k >> 1][k % 2] !== 'open') return;
    const axis = density.grid.axes[k >> 1];
    const where = `grid.${axis.name}.${k % 2 === 0 ? 'from' : 'to'} = ${Number(((k % 2 === 0 ? axis.from : axis.to) * unit).toPrecision(6))}`;
    check(
      share <= HELD,
      'grid-too-small',
      () =>
        `the grid does not hold the mass: ${share.toExponential(1)} of it lies in the outermost cells at ${where}; widen the grid there, or give it a wall there.`,
    );
    if (share > 1e-6)
      warnings.push(
        `${share.toExponential(1)} of the mass lies in the outermost cells at ${where}; a wider grid would hold it.`,
      );
  });
  return [...warnings, ...resolutionOf(density).warnings];
}

/**
 * Warns where the numerical diffusion of the scheme is not small against that of the model: a strong circulation, or
 * little noise, on wide cells.
 */
function diffused(jumps: JumpProcess, density: GridDensity): string[] {
  const share = numericalDiffusion(jumps, density);
  if (!(share > DIFFUSED)) return [];
  const finer = density.grid.axes.map((a) => `${Math.ceil(a.cells * Math.sqrt(share / DIFFUSED))} along ${a.name}`);
  return [
    `the grid adds ${(100 * share).toPrecision(2)} % to the diffusion of the model; with cells as many as ${finer.join(' and ')} it would be about ${100 * DIFFUSED} %.`,
  ];
}

function currentArrays(jumps: JumpProcess, density: GridDensity): Record<string, NumberArray> {
  const { grid, components } = probabilityCurrent(jumps, density);
  return Object.fromEntries(
    components.map((data, k) => [`current_${grid.axes[k].name}`, { shape: shapeOf(grid), data }]),
  );
}

/** Returns the centres of the cells along the axes of the setup. */
export const axisCentres = (setup: Setup): Float64Array[] => {
  const grid = gridOf(setup.axes);
  return setup.axes.map((_, k) => gridCentres(grid, k));
};
