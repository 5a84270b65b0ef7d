/** What follows from a state of the view Valley between two changes of it: formulas, density, bounds, potential, freezing. */
import { evaluator } from '../../../numeric/expression/index.js';
import { type Grid, type GridDensity, pointAt } from '../../../theory/fokker-planck/grid.js';
import type { Problem } from '../../../theory/models/problem.js';
import type { Line } from '../../../theory/valley/escape.js';
import { boundAt, growingCells, sharpestVisited, sharpnessOn, type ValleyBound } from './bounds.js';
import { followDensity, type ValleyDensity } from './density.js';
import { type FreezingPrediction, predictFreezing, twoWells } from './freezing.js';
import { type AlongX, lineOf } from './line.js';
import { sharpness, type ValleyFormulas, valleyProblem } from './model.js';
import { type EffectivePotential, effectivePotential } from './potential.js';
import type { ValleyState } from './state.js';

/** Holds what follows from the state. */
export interface ValleyWorld {
  readonly formulas: ValleyFormulas;
  readonly problem: Problem;
  /** G when this world was made, and in the middle of the time for which it is meant: the latter is used. */
  readonly level: number;
  readonly grown: number;
  readonly density: ValleyDensity;
  /** Returns the largest curvature at a point, without G. */
  readonly sharpness: (point: ArrayLike<number>) => number;
  /** Largest curvature at each cell of the grid, with G, nat/weight². */
  readonly curvature: Float64Array;
  /** Loss at each cell, with G, nat. */
  readonly loss: Float64Array;
  /** The bounds at the sharpest place where the density is. */
  readonly bound: ValleyBound;
  /** 1 in the cells where a step grows in mean square. */
  readonly growing: Uint8Array;
  readonly potential: EffectivePotential;
  readonly freezing: FreezingPrediction | undefined;
  /** Why there is no prediction of freezing. */
  readonly withoutFreezing: string | undefined;
  /** Time at which this world was made, and at which the prediction of freezing starts, eta·steps. */
  readonly built: number;
  readonly since: number;
}

/** Describes the moment at which a world is made. */
export interface Moment {
  readonly state: ValleyState;
  readonly formulas: ValleyFormulas;
  /** G now. */
  readonly level: number;
  readonly time: number;
  /** How long a world lasts while the loss grows, eta·steps. */
  readonly lasts: number;
  /** Time between two steps of the density. */
  readonly tau: number;
  /** The density to go on from; without it, from the start. */
  readonly from?: GridDensity;
  /** Returns the share of particles beyond a point. */
  readonly beyond: (x: number) => number;
  /** The world before, whose prediction of freezing is kept. */
  readonly keep?: ValleyWorld;
}

/** Makes the world of a moment. */
export function makeWorld(m: Moment): ValleyWorld {
  const { state, formulas, level } = m;
  const grown = level + (state.growth * m.lasts) / 2;
  const problem = valleyProblem(state, formulas, grown);
  const density = followDensity(problem, state, m.tau, m.from);
  const sharp = sharpness(formulas);
  const curvature = sharpnessOn(density.grid, sharp, grown);
  const line = lineOf(problem, state.box[0], state.box[1]);
  const sharpest = sharpestVisited(density.stationary ?? density.now(), curvature);
  return {
    formulas,
    problem,
    level,
    grown,
    density,
    sharpness: sharp,
    curvature,
    loss: lossOn(density.grid, problem),
    bound: boundAt(sharpest.at, sharpest.curvature, state.spread),
    growing: growingCells(curvature, state.eta, state.spread),
    potential: effectivePotential(problem, density, line, (state.eta * state.noise) / 2),
    ...(m.keep
      ? { freezing: m.keep.freezing, withoutFreezing: m.keep.withoutFreezing, since: m.keep.since }
      : freezingOf(m, grown, line)),
    built: m.time,
  };
}

function lossOn(grid: Grid, { loss, names }: Problem): Float64Array {
  const [at, point, out] = [loss && evaluator([loss], names), new Float64Array(2), new Float64Array(1)];
  return Float64Array.from({ length: grid.size }, (_, i) => {
    pointAt(grid, i, point);
    at?.(point, out);
    return out[0];
  });
}

function freezingOf(
  m: Moment,
  grown: number,
  first: AlongX | string,
): Pick<ValleyWorld, 'freezing' | 'withoutFreezing' | 'since'> {
  const { state, formulas } = m;
  const range = [state.box[0], state.box[1]] as const;
  const none = (why: string) => ({ freezing: undefined, withoutFreezing: why, since: m.time });
  if (typeof first === 'string') return none(first);
  const wells = twoWells(first, ...range);
  if (!wells) return none('There are no two wells along x, and so no barrier to freeze behind.');
  // the map's own variance across the valley where its steps are stable everywhere, else that of small steps
  const lineAt = (G: number): Line => {
    const problem = valleyProblem(state, formulas, G);
    const map = lineOf(problem, ...range, 'finite');
    const line = typeof map === 'string' ? lineOf(problem, ...range) : map;
    return typeof line === 'string' ? first : line;
  };
  const freezing = predictFreezing(lineAt, range, { grown, growth: state.growth, right: m.beyond(wells.top) });
  return { freezing, withoutFreezing: undefined, since: m.time };
}
