/**
 * The nearest points on both sides of 0 where a function along a line reaches a level. docs/theory [F1], [F2].
 *
 * Each side is scanned outwards from 0 in steps of half the distance that the parabola at 0 predicts, growing by 1.5 once
 * beyond it, so that the FIRST rise above the level is found, not some later one (a rise and fall between two scan points
 * would be missed). The bracket is then narrowed by the polynomial through the last points and the value, slope and
 * curvature at 0, one evaluation at a time, until the predicted crossing no longer changes. A side that stays below the level
 * up to the cap is open.
 */

/** Describes the function at 0, the level to reach, and when to stop. */
export interface CrossingOptions {
  /** Value at 0 and the level to reach, in the same units; level > centre > 0. */
  readonly centre: number;
  readonly level: number;
  /** Exact derivatives at 0. */
  readonly slope: number;
  readonly curvature: number;
  /** Relative tolerance of the crossing's distance from 0. */
  readonly relativeTolerance: number;
  /** Farthest distance searched. */
  readonly cap: number;
}

/** Gives the distances of the crossings from 0, positive on both sides; null where the side is open. */
export interface Crossings {
  readonly left: number | null;
  readonly right: number | null;
}

/** Holds a distance from 0 and the relative rise there: value/centre − 1. */
export interface Point {
  readonly x: number;
  readonly rise: number;
}

/** Holds what a search knows of one side of 0. */
export interface Side {
  /** Says whether distances are to the right, 1, or to the left of 0, −1. */
  readonly sign: 1 | -1;
  readonly slope: number;
  readonly curvature: number;
  readonly goal: number;
  readonly step: number;
  /** Next point of the scan. */
  next: number;
  /** Known points, from 0 outwards; the last two bracket the goal once `bracketed`. */
  readonly points: Point[];
  bracketed: boolean;
  /** Relative change of the prediction by the last evaluation. */
  lastStep: number;
  found: number | null;
  done: boolean;
}

/**
 * Passes after which the current prediction is accepted. A bracket whose outer value is infinite halves with each pass, so that
 * the precision of float32 is reached long before.
 */
const MOST_PASSES = 200;

/**
 * Finds both crossings of a function with a level, to the relative tolerance. docs/theory [F1], [F2].
 * @param evaluate - returns the values at several displacements at once, which have been rounded to float32
 */
export function nearestCrossings(
  evaluate: (x: readonly number[]) => readonly number[],
  options: CrossingOptions,
): Crossings {
  const search = crossingSearch(options);
  let next = search.next();
  while (!next.done) next = search.next(evaluate(next.value));
  return next.value;
}

/**
 * Searches for the same crossings as `nearestCrossings` without evaluating anything itself: the generator yields displacements,
 * one to four at a time, takes the values there, in their order, by `next(values)`, and returns the crossings. Many searches
 * can so share one evaluation.
 */
export function* crossingSearch(options: CrossingOptions): Generator<number[], Crossings, ArrayLike<number>> {
  const [left, right] = (yield* sideSearch(options)).map((s) => (s.bracketed ? (s.found ?? predict(s)) : null));
  return { left, right };
}

/** Searches as `crossingSearch`, and returns what it knows of the left and of the right side. */
export function* sideSearch(options: CrossingOptions): Generator<number[], readonly Side[], ArrayLike<number>> {
  const { centre, level, relativeTolerance } = options;
  // as the points are: otherwise the last one may round to less than the cap, and would be asked for again and again
  const cap = Math.fround(options.cap);
  const goal = level / centre - 1;
  const sides = ([-1, 1] as const).map((sign): Side => {
    const slope = (sign * options.slope) / centre;
    const curvature = options.curvature / centre;
    const step = Math.min(parabola(goal, slope, curvature), cap / 4) / 2;
    return {
      sign,
      slope,
      curvature,
      goal,
      step,
      next: step,
      points: [{ x: 0, rise: 0 }],
      bracketed: false,
      lastStep: 0,
      found: null,
      done: false,
    };
  });
  for (let pass = 0; pass < MOST_PASSES && sides.some((s) => !s.done); pass++) {
    const asked = sides
      .filter((side) => !side.done)
      .flatMap((side) => {
        if (side.bracketed) return [{ side, x: predict(side) }];
        const scan = [{ side, x: side.next }];
        return pass === 0 ? [...scan, { side, x: side.next + side.step }] : scan;
      })
      .map(({ side, x }) => ({ side, x: Math.fround(x) }));
    const values = yield asked.map(({ side, x }) => side.sign * x);
    asked.forEach(({ side, x }, i) => {
      if (!side.done) take(side, { x, rise: values[i] / centre - 1 }, relativeTolerance, cap);
    });
  }
  return sides;
}

/** Returns the x > 0 where slope·x + curvature·x²/2 reaches the goal; Infinity if it never does. */
function parabola(goal: number, slope: number, curvature: number): number {
  if (!(curvature > 0)) return slope > 0 ? goal / slope : Number.POSITIVE_INFINITY;
  return (2 * goal) / (slope + Math.sqrt(slope * slope + 2 * curvature * goal));
}

function take(side: Side, point: Point, tolerance: number, cap: number): void {
  const { points, goal } = side;
  const below = point.rise < goal; // a rise that is not a number counts as above
  if (!side.bracketed) {
    points.push(point);
    if (!below) side.bracketed = true;
    else if (point.x >= cap) side.done = true;
    else side.next = Math.min(cap, point.x < 2.6 * side.step ? point.x + side.step : point.x * 1.5);
    return;
  }
  const inner = points[points.length - 2];
  const outer = points[points.length - 1];
  if (point.x > outer.x) return; // a scan point requested before the bracket was known
  if (point.x > inner.x && point.x < outer.x) {
    points.splice(points.length - 1, below ? 0 : 1, point);
    // `point` lies where the points before it predicted the crossing. The step to the new prediction is the error of the old
    // one; that of the new one is smaller by the ratio of successive steps, which is small in a smooth valley, near 1 at a kink.
    const better = predict(side);
    const step = Math.abs(better - point.x) / better;
    const error = step * Math.min(1, step / side.lastStep);
    side.lastStep = step;
    const width = points[points.length - 1].x - points[points.length - 2].x;
    if (error >= tolerance / 8 && width >= tolerance * better) return;
  }
  // converged, or float32 has no displacement nearer to the crossing than an end of the bracket
  side.found = predict(side);
  side.done = true;
}

/**
 * Returns where the polynomial through the known values and derivatives reaches the goal inside the bracket; the middle of the
 * bracket while the outer value is infinite.
 */
export function predict(side: Side): number {
  const { points, goal } = side;
  const a = points[points.length - 2];
  const b = points[points.length - 1];
  if (!Number.isFinite(b.rise)) return (a.x + b.x) / 2;
  const value = riseNear(side);
  let [lo, hi] = [a.x, b.x];
  for (let i = 0; i < 50; i++) {
    const middle = (lo + hi) / 2;
    if (value(middle) < goal) lo = middle;
    else hi = middle;
  }
  return (lo + hi) / 2;
}

/** Returns the polynomial through the value, slope and curvature at 0 and the last four points, which has to be finite there. */
export function riseNear({
  points,
  slope,
  curvature,
}: Pick<Side, 'points' | 'slope' | 'curvature'>): (x: number) => number {
  const unit = points[points.length - 1].x;
  // Newton's divided differences over 0, 0, 0 and the last four points, in units of the outer point
  const last = points.slice(1).slice(-4);
  const t = [0, 0, 0, ...last.map((p) => p.x / unit)];
  const c = [0, 0, 0, ...last.map((p) => p.rise)];
  const known = [0, slope * unit, (curvature * unit * unit) / 2];
  for (let order = 1; order < t.length; order++) {
    for (let i = t.length - 1; i >= order; i--) {
      c[i] = t[i] === t[i - order] ? known[order] : (c[i] - c[i - 1]) / (t[i] - t[i - order]);
    }
  }
  return (x) => {
    let p = c[t.length - 1];
    for (let i = t.length - 2; i >= 0; i--) p = p * (x / unit - t[i]) + c[i];
    return p;
  };
}
