/**
 * How long a stationary run must be: the slowest relaxation of the landscape from the spectrum of a grid, and what the counted
 * time average would be on that grid, from the same start and over the same time, against the stationary density.
 */
import { check, InputError, RunError } from '../../numeric/errors.js';
import { type Grid, type GridDensity, gridOf } from '../../theory/fokker-planck/grid.js';
import { densityAverage, densityMoments } from '../../theory/fokker-planck/measures.js';
import { jumpProcess } from '../../theory/fokker-planck/rates.js';
import { slowestRelaxation } from '../../theory/fokker-planck/relaxation.js';
import { stationaryDensity } from '../../theory/fokker-planck/stationary.js';
import { Stepper } from '../../theory/fokker-planck/stepping.js';
import { langevinModel } from '../../theory/models/problem.js';
import type { Setup } from './config.js';
import { boundariesOf, lossOnGrid, startDensity } from './grid.js';
import type { MomentNumbers } from './measured.js';
import type { SimulationConfig } from './schema.js';
import { BURN_IN, LENGTH } from './settled.js';

/** Holds the slowest relaxation of a problem, in the units of the computation. */
export interface Relaxing {
  /** 1/Re(−λ) of the slowest mode, in units of time. */
  readonly time: number;
  /** How it was obtained, in words. */
  readonly how: string;
  /** Returns the expected time average minus the stationary value, after a burn-in and over a length. */
  expected(burnIn: number, length: number): MomentNumbers;
}

/** Most cells along an axis of the grid on which relaxation is judged, in one coordinate and in two. */
const CELLS = [400, 72];
/** Implicit steps over the burn-in and over the length. */
const STEPS = 64;
/** Steps of walkers beyond which a length is not chosen unasked. */
const MOST_STEPS = 1e12;

/**
 * Finds the slowest relaxation of a problem.
 * @returns a sentence where there is none: parts of the grid that noise does not connect, or a barrier beyond float64
 */
export function relaxationOf(setup: Setup): Relaxing | string {
  const axes = setup.axes.map((a) => ({ ...a, cells: Math.min(a.cells, CELLS[setup.axes.length - 1]) }));
  const grid = gridOf(axes);
  try {
    const jumps = jumpProcess(langevinModel(setup.problem), grid, { boundaries: boundariesOf(setup) });
    // what lies behind a barrier of 650 times the noise no walker reaches either
    const { density } = stationaryDensity(jumps, { hiddenBasins: true });
    const { rate, converged } = slowestRelaxation(jumps, density);
    if (!(rate > 0)) return 'it is slower than double precision resolves.';
    const loss = setup.problem.loss && lossOnGrid(setup, grid);
    const moments = (d: GridDensity): MomentNumbers => ({
      ...densityMoments(d),
      ...(loss && { loss: densityAverage(d, loss) }),
    });
    const cells = axes.map((a) => a.cells).join('×');
    return {
      time: 1 / rate,
      how: `spectrum of the Fokker-Planck operator on ${cells} cells${converged ? '' : ', not converged'}`,
      expected(burnIn, length) {
        let from = startOn(setup, grid);
        if (burnIn > 0) from = new Stepper(jumps, { step: burnIn / STEPS }).advance(from, STEPS).density;
        const values = new Float64Array(grid.size);
        // right ends of backward Euler steps integrate an exponential decay to infinity exactly
        const stepper = new Stepper(jumps, { step: length / STEPS });
        for (let k = 0; k < STEPS; k++) {
          from = stepper.advance(from, 1).density;
          for (let i = 0; i < values.length; i++) values[i] += from.values[i] / STEPS;
        }
        return lessOf(moments({ grid, values }), moments(density));
      },
    };
  } catch (error) {
    if (error instanceof InputError || error instanceof RunError) return error.message;
    throw error;
  }
}

const lessOf = (a: MomentNumbers, b: MomentNumbers): MomentNumbers => ({
  mean: a.mean.map((v, i) => v - b.mean[i]),
  covariance: a.covariance.map((v, i) => v - b.covariance[i]),
  ...(a.loss !== undefined && { loss: a.loss - b.loss! }),
});

/** Rounds a time to two digits. */
const rounded = (time: number): number => Number(time.toPrecision(2));

/** Returns the density of the start; a point is divided between the nearest cells so that its mean is exact. */
function startOn(setup: Setup, grid: Grid): GridDensity {
  const { start } = setup;
  if (start.kind !== 'point') return startDensity(setup, grid);
  const along = grid.axes.map((a, k) => {
    const where = (start.at[k] - a.from) / grid.spacing[k] - 0.5;
    const low = Math.min(Math.max(Math.floor(where), 0), a.cells - 2);
    const share = Math.min(Math.max(where - low, 0), 1);
    return [[low, 1 - share], [low + 1, share]] as const; // biome-ignore format: pairs
  });
  const values = new Float64Array(grid.size);
  for (const [i, p] of along[0])
    for (const [j, q] of along[1] ?? ([[0, 1]] as const)) values[i + grid.nx * j] += (p * q) / grid.volume;
  return { grid, values };
}

/**
 * Returns a config in which burn-in and length of a stationary run are numbers: where they were left out, 6 and 10 of the
 * slowest relaxation; a burn-in that was left out beside a given length is a fifth of it, or 6 relaxations where that is more.
 * @throws InputError where no length was given and none can be chosen
 */
export function withTimes(config: SimulationConfig, setup: Setup, relaxing: Relaxing | string): SimulationConfig {
  const { time } = config;
  const known = typeof relaxing !== 'string';
  const slowest = known ? relaxing.time * (setup.scales?.time ?? 1) : Number.NaN;
  check(
    time.length !== undefined || known,
    'no-time',
    () =>
      `time.length is missing, and it cannot be chosen from the slowest relaxation: ${relaxing} Give time.length: how long each walker is counted, in eta·steps.`,
  );
  const length = time.length ?? rounded(LENGTH * slowest);
  const wanted = known ? rounded(BURN_IN * slowest) : 0;
  // a length that was given and suffices keeps the burn-in that it always had
  const burnIn = time.burnIn ?? (length / 5 >= (BURN_IN - 1) * slowest || !known ? length / 5 : wanted);
  return { ...config, time: { ...time, burnIn, length } };
}

/** Refuses a length that was chosen and would take for ever. */
export function checkChosenLength(given: SimulationConfig, chosen: SimulationConfig, steps: number): void {
  check(
    given.time.length !== undefined || steps <= MOST_STEPS,
    'too-long',
    () =>
      `the slowest relaxation is so slow that ${chosen.time.length} eta·steps would be counted, ${steps.toExponential(1)} steps of walkers in all; ` +
      'give time.length, leave the walkers to a transient run, or use fokker-planck alone.',
  );
}
