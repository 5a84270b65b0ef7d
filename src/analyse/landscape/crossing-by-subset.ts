/**
 * The nearest crossings of a mean over many samples, found on a subset of them and corrected on all. docs/theory [F1], [F2].
 *
 * The search of `nearestCrossings` runs on the subset. What the mean over all samples differs by is then known at 0, with its
 * first two derivatives, and wherever all samples are evaluated: at the crossing of the subset first, then where the subset's
 * curve plus the polynomial through the known differences reaches the level, until that no longer moves. All samples are so
 * evaluated about twice on a side, and the last evaluation lies at the crossing.
 */
import {
  type CrossingOptions,
  type Crossings,
  nearestCrossings,
  type Point,
  predict,
  riseNear,
  type Side,
  sideSearch,
} from './crossing.js';

/** Gives a mean, its value and its derivatives at 0; displacements are rounded to float32. */
export interface Curve {
  readonly centre: number;
  readonly slope: number;
  readonly curvature: number;
  evaluate(x: readonly number[]): readonly number[];
}

/** Says how far above its centre a curve is to be crossed, how well, and how far the search goes. */
export interface SubsetCrossingOptions extends Pick<CrossingOptions, 'relativeTolerance' | 'cap'> {
  /** The level in units of the value at 0. */
  readonly factor: number;
}

/** Evaluations of all samples on one side after which the plain search takes over. */
const MOST_CORRECTIONS = 4;
/** Relative tolerance on the subset: its crossing differs from that of all samples by more. */
const SUBSET_TOLERANCE = 1e-3;

/**
 * Finds the crossings of `all` with factor·all.centre by a search on `subset`. Where the subset leads nowhere (a side that is open,
 * values that are not finite, a difference that is not smooth) the search runs on all samples from the beginning.
 */
export function crossingsBySubset(all: Curve, subset: Curve, options: SubsetCrossingOptions): Crossings {
  const { factor, relativeTolerance, cap } = options;
  const searched = run(
    sideSearch({ ...subset, level: factor * subset.centre, relativeTolerance: SUBSET_TOLERANCE, cap }),
    subset,
  );
  const sides = searched.map((side) => correctionOf(side, all));
  while (!sides.some((s) => s.found === null) && sides.some((s) => s.found === undefined)) {
    const open = sides.filter((s) => s.found === undefined);
    const values = all.evaluate(open.map((s) => s.sign * s.next));
    open.forEach((s, i) => {
      correct(s, values[i] / all.centre - 1, relativeTolerance);
    });
  }
  const [left, right] = sides.map((s) => s.found ?? null);
  if (left !== null && right !== null && left <= cap && right <= cap) return { left, right };
  return nearestCrossings((x) => all.evaluate(x), { ...all, level: factor * all.centre, relativeTolerance, cap });
}

/** Runs a search to its end. */
function run<T>(search: Generator<number[], T, ArrayLike<number>>, { evaluate }: Curve): T {
  let next = search.next();
  while (!next.done) next = search.next(evaluate(next.value));
  return next.value;
}

/** Holds one side while it is corrected. */
interface Correction {
  readonly sign: 1 | -1;
  readonly goal: number;
  /** The relative rise on the subset near its crossing. */
  readonly rise: (x: number) => number;
  /** What all samples rise by more: its derivatives at 0, and points from 0 outwards in the order in which they came. */
  readonly slope: number;
  readonly curvature: number;
  readonly points: Point[];
  next: number;
  lastStep: number;
  /** The crossing; null where the subset leads nowhere. */
  found: number | null | undefined;
}

function correctionOf(side: Side, all: Curve): Correction {
  const leads = side.bracketed && Number.isFinite(side.points[side.points.length - 1].rise);
  return {
    sign: side.sign,
    goal: side.goal,
    rise: riseNear(side),
    slope: (side.sign * all.slope) / all.centre - side.slope,
    curvature: all.curvature / all.centre - side.curvature,
    points: [{ x: 0, rise: 0 }],
    next: leads ? Math.fround(side.found ?? predict(side)) : Number.NaN,
    lastStep: 0,
    found: leads ? undefined : null,
  };
}

function correct(side: Correction, rise: number, tolerance: number): void {
  const { points, next } = side;
  points.push({ x: next, rise: rise - side.rise(next) });
  const better = Number.isFinite(rise) ? crossingNear(side) : undefined;
  if (better === undefined || points.length > MOST_CORRECTIONS) {
    side.found = null;
    return;
  }
  // the step is the error of the last point; that of the new one is smaller by the ratio of successive steps, as in `crossing.ts`
  const step = Math.abs(better - next) / better;
  const error = step * Math.min(1, step / side.lastStep);
  side.lastStep = step;
  if (error < tolerance / 8 || Math.fround(better) === next) side.found = better;
  side.next = Math.fround(better);
}

/** Returns where the corrected curve reaches the goal, by Newton's iteration from the last point; undefined where it does not nearby. */
function crossingNear({ points, goal, rise, slope, curvature, next }: Correction): number | undefined {
  const more = riseNear({ points, slope, curvature });
  const value = (x: number) => rise(x) + more(x) - goal;
  let x = next;
  for (let i = 0; i < 20; i++) {
    const h = 1e-4 * next;
    const gradient = (value(x + h) - value(x - h)) / (2 * h);
    if (!(gradient > 0)) return undefined;
    const step = value(x) / gradient;
    x -= step;
    if (!(Math.abs(x - next) < 0.25 * next)) return undefined;
    if (Math.abs(step) < 1e-9 * next) return x;
  }
  return undefined;
}
