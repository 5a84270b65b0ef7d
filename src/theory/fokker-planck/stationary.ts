/** The stationary density of a Fokker-Planck equation between reflecting sides. docs/theory [V5]. */
import { check, RunError } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import { recurrentCell, unseenBasin } from './connectivity.js';
import { structureOf } from './dissection.js';
import { FrontSolver, type Progress } from './fronts.js';
import { densityOf, describePoint, type GridDensity, pointAt } from './grid.js';
import { applyGenerator, exitRates, JUMP_PROCESS_WANTS, type JumpProcess } from './jumps.js';

/** Limits the memory of a direct solution and reports its progress. */
export interface SolveOptions {
  /** Bytes of the factors. Default 2 GiB. */
  readonly memoryLimit?: number;
  /** Called between fronts with the operations done and their total; it may throw to stop. */
  readonly onProgress?: Progress;
  /**
   * Accept a density that float64 cannot determine behind barriers of more than 650 times the noise, where it is then 0. Default
   * false: refuse.
   */
  readonly hiddenBasins?: boolean;
}

/** Says what a {@link SolveOptions} needs. */
export const SOLVE_OPTIONS_WANTS = is.shape<SolveOptions>({
  memoryLimit: is.maybe(is.real),
  onProgress: is.maybe(is.func),
  hiddenBasins: is.maybe(is.flag),
});

/** Holds a stationary density and how well it satisfies its equation. */
export interface Stationary {
  /** Integrates to 1; every value has a small relative error, however small it is. */
  readonly density: GridDensity;
  /** Σ|A P| / Σ (rate of leaving)·P, the error of the balance of the cells. Rounding is 1e-16 times the number of neighbours. */
  readonly residual: number;
  /** Whether `residual` is rounding (below 1e-12). */
  readonly converged: boolean;
  /** Operations of the factorisation, and numbers in the factors. */
  readonly flops: number;
  readonly factorNumbers: number;
}

/**
 * Solves A P = 0 directly: 400×400 cells with diagonal noise cost about 2·10⁹ operations (0.8 s in all) and 150 MB. docs/theory
 * [V5].
 * @throws InputError where something absorbs, where memory does not suffice, or where parts of the grid are not connected by
 *   noise, so that there is no unique stationary density; RunError where barriers exceed float64
 */
export function stationaryDensity(jumps: JumpProcess, options: SolveOptions = {}): Stationary {
  is.given('stationaryDensity', { jumps, options }, { jumps: JUMP_PROCESS_WANTS, options: SOLVE_OPTIONS_WANTS });
  check(
    !jumps.absorbing,
    'absorbing',
    'a stationary density needs reflecting sides and no target: here everything is absorbed in the end; ask for the quasi-stationary density instead.',
  );
  const { grid } = jumps;
  const structure = structureOf(jumps, recurrentCell(jumps));
  const solver = new FrontSolver(structure, options.memoryLimit);
  solver.factor(1, 0, options.onProgress);
  const p = solver.nullVector(grid.size);
  const total = p.reduce((s, v) => s + v, 0);
  if (!Number.isFinite(total) || !(total > 0))
    throw new RunError(
      'no-exchange',
      'the stationary density exceeds the range of float64: the noise is too small for this grid; raise it or shorten the axes.',
    );
  for (let i = 0; i < p.length; i++) p[i] /= total;
  const unseen = options.hiddenBasins ? -1 : unseenBasin(jumps, p);
  if (unseen >= 0) {
    const point = new Float64Array(2);
    pointAt(grid, unseen, point);
    throw new RunError(
      'no-exchange',
      `the density at ${describePoint(grid, point)} cannot be determined in float64: a basin there lies behind a barrier of more than 650 times the noise; raise the noise or leave that basin out of the axes.`,
    );
  }
  const misfit = applyGenerator(jumps, p, new Float64Array(grid.size)).reduce((s, v) => s + Math.abs(v), 0);
  const traffic = exitRates(jumps).reduce((s, r, i) => s + r * p[i], 0);
  const residual = traffic > 0 ? misfit / traffic : 0;
  return {
    density: densityOf(grid, p),
    residual,
    converged: residual < 1e-12,
    flops: structure.flops,
    factorNumbers: structure.factorNumbers,
  };
}
