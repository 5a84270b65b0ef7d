/**
 * Leaving through absorbing sides or into a target: mean first-passage times, committors, escape rates.
 *
 * With A the generator of the cells that do not absorb (dp/dt = A p) and c the rates of absorption:
 *
 *     mean first-passage time from cell i:   Aᵀ T = −1
 *     probability to be absorbed in the set B:   Aᵀ u = −c_B
 *     slowest decay:   A P = −k P, P > 0: survival ~ e^{−kt}, P/ΣP the quasi-stationary density
 *
 * All follow from one elimination without subtractions, so that a rate of e^{−100} is as accurate as one of 1. Times in
 * eta·steps.
 */
import { check } from '../../numeric/errors.js';
import * as is from '../../numeric/wants.js';
import { reaching } from './connectivity.js';
import { structureOf } from './dissection.js';
import { FrontSolver } from './fronts.js';
import { densityOf, describePoint, type GridDensity, pointAt } from './grid.js';
import { JUMP_PROCESS_WANTS, type JumpProcess, neighbour, SIDES } from './jumps.js';
import { SOLVE_OPTIONS_WANTS, type SolveOptions } from './stationary.js';

/** Holds the slowest rate of decay and its density. */
export interface EscapeRate {
  /** k, per eta·step. */
  readonly rate: number;
  /** The quasi-stationary density, which integrates to 1 over the cells that do not absorb. */
  readonly density: GridDensity;
  /** Σ|A P + k P|/(k Σ P). */
  readonly residual: number;
  readonly iterations: number;
  /** Whether the residual fell below 1e-9. */
  readonly converged: boolean;
}

/** Factorises a process up to absorption. After that each vector that it solves for costs one substitution. */
export class Passage {
  private readonly solver: FrontSolver;

  /** @throws InputError where nothing absorbs, or an absorbing side or cell cannot be reached from every cell */
  constructor(
    readonly jumps: JumpProcess,
    options: SolveOptions = {},
  ) {
    is.given('new Passage', { jumps, options }, { jumps: JUMP_PROCESS_WANTS, options: SOLVE_OPTIONS_WANTS });
    check(
      jumps.absorbing,
      'nothing-absorbs',
      'passage times need an absorbing side or a target; this process has neither.',
    );
    const ends = [...jumps.target.keys()].filter((i) => jumps.target[i] || jumps.out[i] > 0);
    const missed = reaching(jumps, ends).indexOf(0);
    check(missed < 0, 'never-absorbed', () => {
      const point = new Float64Array(2);
      pointAt(jumps.grid, missed, point);
      return `from ${describePoint(jumps.grid, point)} no absorbing side or target can be reached, because no noise leads there, so the mean time is infinite; add noise there or move the target.`;
    });
    this.solver = new FrontSolver(structureOf(jumps), options.memoryLimit);
    this.solver.factor(1, 0, options.onProgress);
  }

  /** Returns the mean first-passage time from every cell, in eta·steps; 0 in the target. */
  meanTimes(): Float64Array {
    return this.solver.solve(new Float64Array(this.jumps.grid.size).fill(1), true);
  }

  /**
   * Returns the probability, from every cell, of being absorbed in the sides and target cells that `counts` selects, by the
   * name of a side or the centre of a target cell. In target cells it is 1 or 0.
   * @throws InputError for a side of another name
   */
  committor(counts: {
    readonly sides?: readonly string[];
    readonly target?: (point: ArrayLike<number>) => boolean;
  }): Float64Array {
    is.given(
      'Passage.committor',
      { counts },
      { counts: is.shape({ sides: is.maybe(is.listOf(is.text)), target: is.maybe(is.func) }) },
    );
    const { grid, target, links, exits } = this.jumps;
    const unknown = counts.sides?.find((s) => !sideNames(this.jumps).includes(s));
    check(
      unknown === undefined,
      'unknown-side',
      () => `there is no side ${unknown}; sides are ${sideNames(this.jumps).join(', ')}.`,
    );
    const success = new Uint8Array(grid.size);
    const point = new Float64Array(2);
    for (let i = 0; i < grid.size; i++) {
      if (!target[i]) continue;
      pointAt(grid, i, point);
      success[i] = counts.target?.(point) ? 1 : 0;
    }
    const c = new Float64Array(grid.size);
    const names = sideNames(this.jumps);
    for (const e of exits) if (counts.sides?.includes(names[e.side])) c[e.cell] += e.rate;
    for (const link of links) {
      for (let i = 0; i < grid.size; i++) {
        const j = neighbour(grid, i, link.ex, link.ey);
        if (link.forward[i] > 0 && success[j] && !target[i]) c[i] += link.forward[i];
        if (link.backward[i] > 0 && success[i] && !target[j]) c[j] += link.backward[i];
      }
    }
    const u = this.solver.solve(c, true);
    for (let i = 0; i < grid.size; i++) if (success[i]) u[i] = 1;
    return u;
  }

  /**
   * Computes the slowest rate of decay by inverse iteration from the uniform density, one substitution for each of at most
   * `limit` iterations. It converges slowly where two basins decay almost equally fast; `converged` reports that.
   */
  escapeRate(limit = 500): EscapeRate {
    is.given('Passage.escapeRate', { limit }, { limit: is.finite });
    const { grid, target } = this.jumps;
    const free = grid.size - target.reduce((s, t) => s + t, 0);
    let p: Float64Array = Float64Array.from(target, (t) => (t ? 0 : 1 / free));
    let [rate, residual, iterations] = [0, Number.POSITIVE_INFINITY, 0];
    let before = Number.POSITIVE_INFINITY;
    while (iterations < limit) {
      const q = this.solver.solve(p);
      const total = q.reduce((s, v) => s + v, 0);
      rate = 1 / total;
      // residual of the new density: A q = −p, so that |A q + k q| = |k q − p|
      residual = q.reduce((s, v, i) => s + Math.abs(v * rate - p[i]), 0);
      for (let i = 0; i < q.length; i++) q[i] *= rate;
      p = q;
      iterations++;
      if (residual < 1e-14 || (residual < 1e-11 && residual >= before)) break;
      before = residual;
    }
    return { rate, density: densityOf(grid, p), residual, iterations, converged: residual < 1e-9 };
  }
}

/** Returns the names of the sides with the names of the grid's axes, in the order of SIDES. */
export function sideNames(jumps: JumpProcess): string[] {
  const [x, y] = [jumps.grid.axes[0].name, jumps.grid.axes[1]?.name ?? ''];
  return SIDES.map((s) => s.replace(/^x/, x).replace(/^y/, y)).slice(0, 2 * jumps.grid.axes.length);
}
