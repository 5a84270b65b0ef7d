/**
 * A Markov jump process on the cells of a grid: what a Fokker-Planck equation becomes, and what every solver here takes.
 *
 *     dp_i/dt = Σ_links (rates in)·p_neighbour − (rates out)·p_i − out_i p_i
 *
 * p_i is the probability in cell i. Rates are ≥ 0 and what leaves one cell enters another, so that probability is conserved and
 * stays non-negative by construction. Rates are per unit of the model's time, eta·steps.
 */
import { type Grid, type GridDensity, massesOf } from './grid.js';

/** Jumps by one offset (in cells), both ways, for all cells; zero where the other end lies outside. */
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

export const SIDES = ['x lower', 'x upper', 'y lower', 'y upper'] as const;

/** Jumps out through an absorbing side. */
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

export interface JumpProcess {
  readonly grid: Grid;
  readonly links: readonly Link[];
  readonly exits: readonly Exit[];
  /** Total rate of the exits of each cell. */
  readonly out: Float64Array;
  /** 1 for cells that absorb: what enters them has arrived and nothing leaves them. */
  readonly target: Uint8Array;
  /** Whether anything absorbs, side or target. */
  readonly absorbing: boolean;
  /** What the discretisation had to change, in sentences. */
  readonly warnings: readonly string[];
}

/** Index of the cell at offset e from cell i, −1 outside. */
export function neighbour(grid: Grid, i: number, ex: number, ey: number): number {
  const x = (i % grid.nx) + ex;
  const y = Math.floor(i / grid.nx) + ey;
  return x < 0 || x >= grid.nx || y < 0 || y >= grid.ny ? -1 : i + ex + grid.nx * ey;
}

/** The rectangle of cells from which a link stays inside: columns 0 … w − 1 and rows y0 … y1 − 1 (ex ≥ 0 always). */
export function linkRange(grid: Grid, link: { ex: number; ey: number }): { x1: number; y0: number; y1: number } {
  return {
    x1: grid.nx - link.ex,
    y0: Math.max(0, -link.ey),
    y1: grid.ny - Math.max(0, link.ey),
  };
}

/** Calls `each(i, j, link)` for every pair of cells that a link joins. */
export function forEachPair(jumps: JumpProcess, each: (i: number, j: number, link: Link) => void): void {
  const { grid, links } = jumps;
  for (const link of links) {
    const { x1, y0, y1 } = linkRange(grid, link);
    const step = link.ex + grid.nx * link.ey;
    for (let y = y0; y < y1; y++) {
      for (let x = 0; x < x1; x++) {
        const i = x + grid.nx * y;
        if (link.forward[i] > 0 || link.backward[i] > 0) each(i, i + step, link);
      }
    }
  }
}

/**
 * out = dp/dt for probabilities p. Entries of target cells are what arrives there per unit of time. The sum of `out` is minus what
 * leaves through the sides, to rounding.
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

/** Total rate of leaving each cell. */
export function exitRates(jumps: JumpProcess): Float64Array {
  const rates = jumps.out.slice();
  forEachPair(jumps, (i, j, link) => {
    rates[i] += link.forward[i];
    rates[j] += link.backward[i];
  });
  return rates;
}

/** Probability that leaves per unit of time, by side and into the target. */
export interface Escape {
  /** In the order of SIDES. */
  readonly sides: Float64Array;
  readonly target: number;
}

export function escapeFlux(jumps: JumpProcess, density: GridDensity): Escape {
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
