/**
 * A Markov jump process on the cells of a grid, the discrete form of a Fokker-Planck equation that every solver here takes.
 *
 *     dp_i/dt = Σ_links (rates in)·p_neighbour − (rates out)·p_i − out_i p_i
 *
 * p_i is the probability in cell i. Rates are ≥ 0 and probability that leaves one cell enters another, so that it is conserved
 * and stays non-negative by construction. Rates are per unit of the model's time, eta·steps.
 */

import * as is from '../../numeric/wants.js';
import { GRID_DENSITY_WANTS, GRID_WANTS, type Grid, type GridDensity, massesOf } from './grid.js';

/** Holds the rates of jumps by one offset (in cells), both ways, for all cells; zero where the other end is outside. */
export interface Link {
  readonly ex: number;
  readonly ey: number;
  /** Share of the noise along e: D = Σ rho e eᵀ in units of cells. */
  readonly rho: Float64Array;
  /** forward[i]: rate from cell i to i + e. */
  readonly forward: Float64Array;
  /** backward[i]: rate from cell i + e to i. */
  readonly backward: Float64Array;
}

/** The names of the sides, in the order of all lists by side. */
export const SIDES = ['x lower', 'x upper', 'y lower', 'y upper'] as const;

/** Describes a jump out through an absorbing side. */
export interface Exit {
  readonly cell: number;
  readonly rate: number;
  /** Offset of the jump, in cells; the wall lies at `share` of it. */
  readonly ex: number;
  readonly ey: number;
  readonly share: number;
  /** Index into SIDES. */
  readonly side: number;
}

/** Holds the rates of all jumps. */
export interface JumpProcess {
  readonly grid: Grid;
  readonly links: readonly Link[];
  readonly exits: readonly Exit[];
  /** Total rate of the exits of each cell. */
  readonly out: Float64Array;
  /** 1 for cells that absorb: no probability leaves them. */
  readonly target: Uint8Array;
  /** Whether anything absorbs, side or target. */
  readonly absorbing: boolean;
  /** Changes that the discretisation made to the model, one sentence each. */
  readonly warnings: readonly string[];
}

/** Says what a {@link JumpProcess} needs. */
export const JUMP_PROCESS_WANTS = is.shape<JumpProcess>({
  grid: GRID_WANTS,
  links: is.listOf(is.object),
  out: is.numbers,
});

/** Whether an axis of the grid is a ring. */
export const isRing = (grid: Grid): boolean => grid.axes.some((a) => a.periodic);

/** Returns the index of the cell at offset e from cell i, around a ring where the axis is periodic; −1 outside the grid. */
export function neighbour(grid: Grid, i: number, ex: number, ey: number): number {
  const x = (i % grid.nx) + ex;
  const y = Math.floor(i / grid.nx) + ey;
  const [ringX, ringY] = [grid.axes[0].periodic, grid.axes[1]?.periodic];
  if (ringX || ringY) {
    const [cx, cy] = [ringX ? (x + 8 * grid.nx) % grid.nx : x, ringY ? (y + 8 * grid.ny) % grid.ny : y];
    return cx < 0 || cx >= grid.nx || cy < 0 || cy >= grid.ny ? -1 : cx + grid.nx * cy;
  }
  return x < 0 || x >= grid.nx || y < 0 || y >= grid.ny ? -1 : i + ex + grid.nx * ey;
}

/** Calls `each(i, j)` for all cells i from which a link leads to a cell j of the grid. */
export function forEachLinked(
  grid: Grid,
  link: { ex: number; ey: number },
  each: (i: number, j: number) => void,
): void {
  if (isRing(grid)) {
    for (let i = 0; i < grid.size; i++) {
      const j = neighbour(grid, i, link.ex, link.ey);
      if (j >= 0) each(i, j);
    }
    return;
  }
  const { x1, y0, y1 } = linkRange(grid, link);
  const step = link.ex + grid.nx * link.ey;
  for (let y = y0; y < y1; y++) for (let x = 0; x < x1; x++) each(x + grid.nx * y, x + grid.nx * y + step);
}

/** Returns the rectangle of cells from which a link stays inside: columns 0 … x1 − 1 and rows y0 … y1 − 1 (ex ≥ 0 always). */
function linkRange(grid: Grid, link: { ex: number; ey: number }): { x1: number; y0: number; y1: number } {
  return {
    x1: grid.nx - link.ex,
    y0: Math.max(0, -link.ey),
    y1: grid.ny - Math.max(0, link.ey),
  };
}

/** Calls `each(i, j, link)` for every pair of cells that a link joins. */
export function forEachPair(jumps: JumpProcess, each: (i: number, j: number, link: Link) => void): void {
  const { grid, links } = jumps;
  for (const link of links)
    forEachLinked(grid, link, (i, j) => {
      if (link.forward[i] > 0 || link.backward[i] > 0) each(i, j, link);
    });
}

/**
 * Writes dp/dt for probabilities p into `into` and returns it. Entries of target cells are the probability that arrives there
 * per unit of time. The entries sum to minus the probability that leaves through the sides, to rounding.
 */
export function applyGenerator(jumps: JumpProcess, p: ArrayLike<number>, into: Float64Array): Float64Array {
  const { target } = jumps;
  for (let i = 0; i < into.length; i++) into[i] = -jumps.out[i] * p[i];
  forEachPair(jumps, (i, j, link) => {
    const flux = (target[i] ? 0 : link.forward[i] * p[i]) - (target[j] ? 0 : link.backward[i] * p[j]);
    into[i] -= flux;
    into[j] += flux;
  });
  return into;
}

/** Returns the total rate of leaving each cell, per eta·step. */
export function exitRates(jumps: JumpProcess): Float64Array {
  const rates = jumps.out.slice();
  forEachPair(jumps, (i, j, link) => {
    rates[i] += link.forward[i];
    rates[j] += link.backward[i];
  });
  return rates;
}

/** Gives the probability that leaves per unit of time, by side and into the target. */
export interface Escape {
  /** In the order of SIDES. */
  readonly sides: Float64Array;
  readonly target: number;
}

/** Computes the probability that leaves per eta·step, through each side and into the target. */
export function escapeFlux(jumps: JumpProcess, density: GridDensity): Escape {
  is.given('escapeFlux', { jumps, density }, { jumps: JUMP_PROCESS_WANTS, density: GRID_DENSITY_WANTS });
  const p = massesOf(density);
  const sides = new Float64Array(4);
  for (const e of jumps.exits) sides[e.side] += e.rate * p[e.cell];
  let into = 0;
  forEachPair(jumps, (i, j, link) => {
    if (target(i) !== target(j)) into += target(j) ? link.forward[i] * p[i] : link.backward[i] * p[j];
  });
  return { sides, target: into };
  function target(i: number): boolean {
    return jumps.target[i] === 1;
  }
}
