/**
 * The density of a state of the view Valley on its grid: stationary, and followed in time beside the particles.
 *
 * The grid has reflecting sides, the particles have none: what the density holds in its outermost cells is told as `edge`. In time
 * the density takes one implicit step (backward Euler, first order, never negative) for each chunk of particle steps.
 */
import { fokkerPlanck } from '../../../theory/fokker-planck/equation.js';
import { type Grid, type GridAxis, type GridDensity, gridCentres, gridOf } from '../../../theory/fokker-planck/grid.js';
import { densityAlong, densityAtPoint, marginalDensity, massOf } from '../../../theory/fokker-planck/measures.js';
import { edgeMass } from '../../../theory/fokker-planck/quality.js';
import { stationaryDensity } from '../../../theory/fokker-planck/stationary.js';
import { Stepper } from '../../../theory/fokker-planck/stepping.js';
import { langevinModel, type Problem } from '../../../theory/models/problem.js';
import type { ValleyState } from './state.js';

/** Cells of the grid: along x in one dimension, and along x and y in two. */
export const CELLS = { line: 240, plane: [100, 64] } as const;
/** Cells along x that make one bar of the histogram. */
export const BAR = { line: 8, plane: 4 } as const;

/** Returns the axes of the grid of a state. */
export function axesOf(s: ValleyState, size: 1 | 2): GridAxis[] {
  const [x0, x1, y0, y1] = s.box;
  if (size === 1) return [{ name: 'x', from: x0, to: x1, cells: CELLS.line }];
  return [
    { name: 'x', from: x0, to: x1, cells: CELLS.plane[0] },
    { name: 'y', from: y0, to: y1, cells: CELLS.plane[1] },
  ];
}

/** Holds a density that moves with the particles, and the one that it tends to. */
export interface ValleyDensity {
  readonly grid: Grid;
  /** The density now. */
  readonly now: () => GridDensity;
  readonly stationary: GridDensity | undefined;
  /** Why there is no stationary density. */
  readonly refused: string | undefined;
  /** Takes one step. */
  readonly step: () => void;
}

/**
 * Follows the density of a problem from a density or, where none is given, from the start of the particles.
 * @param tau - length of a step, eta·steps
 */
export function followDensity(problem: Problem, s: ValleyState, tau: number, from?: GridDensity): ValleyDensity {
  const axes = axesOf(s, problem.size);
  const grid = gridOf(axes);
  const jumps = fokkerPlanck({ model: langevinModel(problem), axes });
  let density = from ?? densityAtPoint(grid, s.start);
  const stepper = new Stepper(jumps, { step: tau });
  let stationary: GridDensity | undefined;
  let refused: string | undefined;
  try {
    stationary = stationaryDensity(jumps).density;
  } catch (error) {
    refused = (error as Error).message;
  }
  return {
    grid,
    now: () => density,
    stationary,
    refused,
    step: () => {
      density = stepper.advance(density, 1).density;
    },
  };
}

/** Returns the share of a density in its outermost cells, over all sides. */
export const edgeShare = (density: GridDensity): number => edgeMass(density).reduce((s, v) => s + v, 0);

/** Returns P(x) at the cells of the x axis: of all y, and on the line y = 0 normalised (the same in one dimension). */
export function alongX(density: GridDensity): { readonly marginal: Float64Array; readonly floor: Float64Array } {
  const marginal = marginalDensity(density, 0).values;
  const y = density.grid.axes[1];
  if (!y || y.from > 0 || y.to < 0) return { marginal, floor: marginal };
  const line = densityAlong(density, 0, 0);
  const mass = massOf(line);
  return { marginal, floor: line.values.map((v) => v / mass) };
}

/** Returns the centres of the cells of the x axis. */
export const centresX = (grid: Grid): Float64Array => gridCentres(grid, 0);
