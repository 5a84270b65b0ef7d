/**
 * The nearest crossings of a mean over many samples, found on parts of them and corrected on all. docs/theory [F1], [F2].
 *
 * The search of `nearestCrossings` runs on the smallest part. What a larger part differs by is then followed: it is known at 0, with
 * its first two derivatives, and wherever the larger part is evaluated: at the crossing of the smaller one first, then where the
 * smaller one's curve plus the polynomial through the known differences reaches the level, until that no longer moves. All samples
 * come last, once or twice on a side, and their last evaluation lies at the crossing.
 */
import {
  type CrossingOptions,
  type Crossings,
  nearestCrossings,
  type Point,
  predict,
  riseNear,
  sideSearch,
} from './crossing.js';

/** Gives a mean along a line: its value and its derivatives at 0, and values at displacements that are rounded to float32. */
export interface Curve {
  readonly centre: number;
  readonly slope: number;
  readonly curvature: number;
  evaluate(x: readonly number[]): readonly number[];
}

/** Says how far above its centre a curve is to be crossed, how well, and how far the search goes. */
export interface PartCrossingOptions extends Pick<CrossingOptions, 'relativeTolerance' | 'cap'> {
  /** The level in units of the value at 0. */
  readonly factor: number;
}

/** Evaluations of one part on one side after which the plain search takes over. */
const MOST_CORRECTIONS = 4;
/** Relative tolerance on the smallest part: its crossing differs from that of all samples by more. */
const SEARCH_TOLERANCE = 1e-2;

/**
 * Finds the crossings of `all` with factor·all.centre by a search on the first of `parts`, which grow. Where that leads nowhere (a
 * side that is open, values that are not finite, a difference that is not smooth) the search runs on all samples from the beginning.
 */
export function crossingsByParts(all: Curve, parts: readonly Curve[], options: PartCrossingOptions): Crossings {
  const { factor, relativeTolerance, cap } = options;
  const level = factor * all.centre;
  const [smallest, ...larger] = parts;
  let sides = searched(smallest, { factor, relativeTolerance: Math.max(SEARCH_TOLERANCE, relativeTolerance), cap });
  for (const part of [...larger, all]) {
    if (sides === undefined) break;
    const corrections = sides.map((side) => correctionOf(side, factor - 1, part));
    while (corrections.every((s) => s.state !== 'lost') && corrections.some((s) => s.state === 'open')) {
      const open = corrections.filter((s) => s.state === 'open');
      const values = part.evaluate(open.map(({ side }) => side.sign * side.end));
      open.forEach((s, i) => {
        correct(s, values[i] / part.centre - 1, relativeTolerance);
      });
    }
    sides = corrections.every((s) => s.state === 'found') ? corrections.map((s) => corrected(s)) : undefined;
  }
  const [left, right] = sides?.map((s) => s.end) ?? [Number.NaN, Number.NaN];
  if (left <= cap && right <= cap) return { left, right };
  return nearestCrossings(all.evaluate, { ...all, level, relativeTolerance, cap });
}

/** Says what is known of one side: its crossing, and the relative rise near it with the derivatives at 0. */
interface Known {
  readonly sign: 1 | -1;
  readonly end: number;
  readonly rise: (x: number) => number;
  readonly slope: number;
  readonly curvature: number;
}

/** Searches one curve on both sides; undefined where one is open or infinite. */
function searched(curve: Curve, { factor, ...options }: PartCrossingOptions): readonly Known[] | undefined {
  const search = sideSearch({ ...curve, ...options, level: factor * curve.centre });
  let next = search.next();
  while (!next.done) next = search.next(curve.evaluate(next.value));
  const sides = next.value;
  if (!sides.every((side) => side.bracketed && Number.isFinite(side.points[side.points.length - 1].rise)))
    return undefined;
  return sides.map((side) => ({
    sign: side.sign,
    end: Math.fround(side.found ?? predict(side)),
    rise: riseNear(side),
    slope: side.slope,
    curvature: side.curvature,
  }));
}

/** Holds one side while the crossing of a smaller part becomes that of a larger one. */
interface Correction {
  /** The smaller part, and as its end the point to evaluate next. */
  side: Known;
  readonly goal: number;
  /** Relative derivatives of the larger part at 0. */
  readonly slope: number;
  readonly curvature: number;
  /** What the larger part rises by more: 0, and points in the order in which they came. */
  readonly points: Point[];
  lastStep: number;
  state: 'open' | 'found' | 'lost';
}

function correctionOf(side: Known, goal: number, larger: Curve): Correction {
  return {
    side,
    goal,
    slope: (side.sign * larger.slope) / larger.centre,
    curvature: larger.curvature / larger.centre,
    points: [{ x: 0, rise: 0 }],
    lastStep: 0,
    state: 'open',
  };
}

/** Returns what is known of the larger part. */
function corrected({ side, slope, curvature, points }: Correction): Known {
  const more = riseNear({ points, slope: slope - side.slope, curvature: curvature - side.curvature });
  return { sign: side.sign, end: side.end, slope, curvature, rise: (x) => side.rise(x) + more(x) };
}

/** Takes the relative rise of the larger part at the end of the side, and moves that end. */
function correct(correction: Correction, rise: number, tolerance: number): void {
  const { side, points, goal, lastStep } = correction;
  points.push({ x: side.end, rise: rise - side.rise(side.end) });
  const end = Number.isFinite(rise) ? crossingNear(corrected(correction), goal) : undefined;
  if (end === undefined || points.length > MOST_CORRECTIONS) {
    correction.state = 'lost';
    return;
  }
  // the step is the error of the last point; that of the new one is smaller by the relative error of the slope there, which is not
  // known at first, and then by the ratio of successive steps, as in `crossing.ts`
  const step = Math.abs(end - side.end) / end;
  const error = lastStep === 0 ? step / 4 : step * Math.min(1, step / lastStep);
  correction.lastStep = step;
  correction.side = { ...side, end: Math.fround(end) };
  if (error < tolerance / 8 || correction.side.end === side.end) correction.state = 'found';
}

/** Returns where a curve reaches the goal, by Newton's iteration from its end; undefined where it does not nearby. */
function crossingNear({ rise, end }: Known, goal: number): number | undefined {
  const value = (x: number) => rise(x) - goal;
  const h = 1e-4 * end;
  let x = end;
  for (let i = 0; i < 20; i++) {
    const gradient = (value(x + h) - value(x - h)) / (2 * h);
    if (!(gradient > 0)) return undefined;
    const step = value(x) / gradient;
    x -= step;
    if (!(Math.abs(x - end) < 0.25 * end)) return undefined;
    if (Math.abs(step) < 1e-9 * end) return x;
  }
  return undefined;
}
