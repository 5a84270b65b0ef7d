/**
 * Implicit steps in time of ∂_t P = A P, with one factorisation for any number of steps. docs/theory [V5].
 *
 * `backwardEuler`: (1 − tau A) P' = P. First order, L-stable, non-negative for every tau.
 *
 * `sdirk2` (Alexander 1977), gamma = 1 − 1/√2: (1 − gamma tau A) Y = P, (1 − gamma tau A) P' = (1+√2) Y − √2 P. Second order,
 * L-stable. No linear scheme of second order is non-negative for all steps (Bolley & Crouzeix 1978); this one is so for every
 * density when tau · (largest rate of leaving a cell) ≤ 1 + √2. Beyond that it is for densities that are smooth on the
 * scale √(gamma tau D); a step that would make some value negative is refused, never clipped. Start from a narrow density with
 * `backwardEuler`.
 */
import { check, RunError } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import { structureOf } from './dissection.js';
import { FrontSolver, type Progress } from './fronts.js';
import { densityOf, GRID_DENSITY_WANTS, type GridDensity, massesOf } from './grid.js';
import { exitRates, JUMP_PROCESS_WANTS, type JumpProcess } from './jumps.js';
import type { SolveOptions } from './stationary.js';

/** Names a scheme of steps in time. */
export type Scheme = 'backwardEuler' | 'sdirk2';

/** Sets the step in time and the scheme. */
export interface SteppingOptions extends SolveOptions {
  /** tau, eta·steps. */
  readonly step: number;
  /** Default backwardEuler. */
  readonly scheme?: Scheme;
}

/** Says what a {@link SteppingOptions} needs. */
export const STEPPING_OPTIONS_WANTS = is.shape<SteppingOptions>({
  step: is.number,
  scheme: is.maybe(is.oneOf('backwardEuler', 'sdirk2')),
  memoryLimit: is.maybe(is.real),
  onProgress: is.maybe(is.func),
  hiddenBasins: is.maybe(is.flag),
});

/** Holds a density after a number of steps, and what was absorbed on the way. */
export interface Evolved {
  readonly density: GridDensity;
  /** eta·steps since the start. */
  readonly time: number;
  /** Probability that is left after 0, 1, … steps. */
  readonly survival: Float64Array;
  /** Probability absorbed in these steps, summed from the rates: survival[0] − survival[end] to rounding. */
  readonly absorbed: number;
  /** Largest relative change of the mass in one step by rounding, which is corrected; 0 where something absorbs. */
  readonly correction: number;
}

const GAMMA = 1 - Math.SQRT1_2;
/** Negative values up to this share of the largest are rounding. */
const ROUNDING = 1e-14;

/** Returns the largest step, in eta·steps, up to which a scheme keeps EVERY density non-negative; Infinity for backwardEuler. */
export function positiveStep(jumps: JumpProcess, scheme: Scheme): number {
  is.given(
    'positiveStep',
    { jumps, scheme },
    { jumps: JUMP_PROCESS_WANTS, scheme: is.oneOf('backwardEuler', 'sdirk2') },
  );
  if (scheme === 'backwardEuler') return Number.POSITIVE_INFINITY;
  return (1 + Math.SQRT2) / exitRates(jumps).reduce((m, r) => Math.max(m, r), 0);
}

/** Advances densities by factorised steps. A step costs one solution (two with sdirk2): about 30 ms for 400×400 cells. */
export class Stepper {
  /** In eta·steps. */
  readonly step: number;
  readonly scheme: Scheme;
  private readonly solver: FrontSolver;
  private readonly out: Float64Array;

  /** @throws InputError for a step that is not positive, or too little memory */
  constructor(
    readonly jumps: JumpProcess,
    options: SteppingOptions,
  ) {
    is.given('new Stepper', { jumps, options }, { jumps: JUMP_PROCESS_WANTS, options: STEPPING_OPTIONS_WANTS });
    const { step, scheme = 'backwardEuler' } = options;
    check(step > 0 && Number.isFinite(step), 'bad-step', `a step in time must be a positive number; got ${step}.`);
    this.step = step;
    this.scheme = scheme;
    const structure = structureOf(jumps);
    this.solver = new FrontSolver(structure, options.memoryLimit);
    this.solver.factor(scheme === 'sdirk2' ? GAMMA * step : step, 1, options.onProgress);
    this.out = new Float64Array(jumps.grid.size);
    structure.cells.forEach((c, p) => {
      this.out[c] = structure.out[p];
    });
  }

  /**
   * Advances a density on the same grid by `steps` steps; probability that is in the target at the start counts as absorbed
   * before it.
   * @throws InputError for a density of another grid or with negative values, RunError where sdirk2 makes a value negative
   */
  advance(start: GridDensity, steps: number, progress?: Progress): Evolved {
    is.given(
      'Stepper.advance',
      { start, steps, progress },
      { start: GRID_DENSITY_WANTS, steps: is.whole, progress: is.maybe(is.func) },
    );
    check(
      Number.isInteger(steps) && steps >= 0,
      'bad-steps',
      `the number of steps must be a whole number; got ${steps}.`,
    );
    check(
      start.values.length === this.jumps.grid.size,
      'wrong-grid',
      `the density has ${start.values.length} cells and the grid ${this.jumps.grid.size}; start from a density on the same grid.`,
    );
    let p: Float64Array = massesOf(start).map((m, i) => (this.jumps.target[i] ? 0 : m));
    check(
      p.every((m) => m >= 0 && Number.isFinite(m)),
      'bad-density',
      'the density to start from has values that are negative or not finite.',
    );
    const survival = new Float64Array(steps + 1);
    survival[0] = sum(p);
    let [absorbed, correction] = [0, 0];
    for (let n = 1; n <= steps; n++) {
      const next = this.once(p);
      absorbed += next.absorbed;
      p = next.p;
      let mass = sum(p);
      if (!this.jumps.absorbing && mass > 0) {
        const factor = survival[0] / mass;
        correction = Math.max(correction, Math.abs(factor - 1));
        for (let i = 0; i < p.length; i++) p[i] *= factor;
        mass = survival[0];
      }
      survival[n] = mass;
      progress?.(n, steps);
    }
    return { density: densityOf(this.jumps.grid, p), time: steps * this.step, survival, absorbed, correction };
  }

  private once(p: Float64Array): { p: Float64Array; absorbed: number } {
    const { out, step } = this;
    const lost = (q: Float64Array) => (this.jumps.absorbing ? q.reduce((s, v, i) => s + out[i] * v, 0) : 0);
    const y = this.solver.solve(p);
    if (this.scheme === 'backwardEuler') return { p: y, absorbed: step * lost(y) };
    const next = this.solver.solve(y.map((v, i) => (1 + Math.SQRT2) * v - Math.SQRT2 * p[i]));
    const [smallest, largest] = next.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [0, 0]);
    if (smallest < -ROUNDING * largest) {
      const safe = positiveStep(this.jumps, 'sdirk2');
      throw new RunError(
        'negative-density',
        `a step of ${step} with sdirk2 would make the density negative (${(smallest / largest).toExponential(1)} of its maximum): begin with backwardEuler steps, or use steps up to ${Number(safe.toPrecision(3))}, which keep every density positive.`,
      );
    }
    for (let i = 0; i < next.length; i++) if (next[i] < 0) next[i] = 0;
    return { p: next, absorbed: step * ((1 - GAMMA) * lost(y) + GAMMA * lost(next)) };
  }
}

/** Sums with compensation: the mass after thousands of steps is compared to 1e-12. */
function sum(p: Float64Array): number {
  let [total, rest] = [0, 0];
  for (const v of p) {
    const t = total + v;
    rest += Math.abs(total) >= Math.abs(v) ? total - t + v : v - t + total;
    total = t;
  }
  return total + rest;
}
