/**
 * The nearest points on both sides of 0 where a function along a line reaches a level. science.md [F1], [F2].
 *
 * Each side is scanned outwards from 0 in steps of half the distance that the parabola at 0 predicts, growing by 1.5 once
 * beyond it, so that the FIRST rise above the level is found, not some later one (a rise and fall between two scan points
 * would be missed). The bracket is then narrowed by inverse interpolation in y = √(L/L0 − 1), in which a parabolic valley
 * is a straight line: one or two evaluations. A side that stays below the level up to the cap is open.
 */

export interface CrossingOptions {
  /** Value at 0 and the level to reach, in the same units; level > centre > 0. */
  readonly centre: number;
  readonly level: number;
  readonly slope: number;
  readonly curvature: number;
  /** Relative tolerance of the crossing's distance from 0. */
  readonly relativeTolerance: number;
  /** Farthest distance looked at. */
  readonly cap: number;
}

/** Distances from 0, positive on both sides; null where the side is open. */
export interface Crossings {
  readonly left: number | null;
  readonly right: number | null;
}

interface Point {
  readonly x: number;
  /** Signed root of value/centre − 1. */
  readonly y: number;
}

interface Side {
  readonly sign: 1 | -1;
  step: number;
  next: number;
  /** Known points, from 0 outwards; the last two bracket the level once `bracketed`. */
  points: Point[];
  bracketed: boolean;
  found: number | null;
  done: boolean;
  rounds: number;
}

/** Where the parabola centre + slope·x + curvature·x²/2 reaches the level, on one side; Infinity if it never does. */
function predicted({ centre, level, slope, curvature }: CrossingOptions, sign: number): number {
  const rise = level - centre;
  const g = slope * sign;
  if (!(curvature > 0)) return g > 0 ? rise / g : Number.POSITIVE_INFINITY;
  return (2 * rise) / (g + Math.sqrt(g * g + 2 * curvature * rise));
}

/** Both crossings of `evaluate` (values at several displacements at once), to the relative tolerance. */
export function nearestCrossings(
  evaluate: (x: readonly number[]) => readonly number[],
  options: CrossingOptions,
): Crossings {
  const { centre, level, relativeTolerance: tolerance, cap } = options;
  const rooted = (value: number) => Math.sign(value / centre - 1) * Math.sqrt(Math.abs(value / centre - 1));
  const goal = rooted(level);
  const sides = ([-1, 1] as const).map((sign): Side => {
    const step = Math.min(predicted(options, sign), cap / 4) / 2;
    return { sign, step, next: step, points: [{ x: 0, y: 0 }], bracketed: false, found: null, done: false, rounds: 0 };
  });
  let ahead = 2; // the first pass looks at two scan points on each side: the predicted half way and the prediction itself
  while (sides.some((s) => !s.done)) {
    const asked: { side: Side; x: number }[] = [];
    for (const side of sides) {
      if (side.done) continue;
      if (side.bracketed) asked.push({ side, x: Math.fround(interpolate(side.points, goal)) });
      else for (let k = 0; k < ahead; k++) asked.push({ side, x: Math.fround(scanPoint(side, k)) });
    }
    ahead = 1;
    const values = evaluate(asked.map(({ side, x }) => side.sign * x));
    asked.forEach(({ side, x }, i) => {
      if (!side.done) take(side, { x, y: rooted(values[i]) }, goal, tolerance, cap);
    });
  }
  return { left: sides[0].found, right: sides[1].found };
}

/** The k-th scan point from here: steps of one half of the prediction up to 1.5 predictions, then growing by 1.5. */
function scanPoint(side: Side, k: number): number {
  return side.next + k * side.step;
}

function take(side: Side, point: Point, goal: number, tolerance: number, cap: number): void {
  const { points } = side;
  if (!side.bracketed) {
    points.push(point);
    // a value that is not finite counts as above the level
    if (!(point.y < goal)) side.bracketed = true;
    else if (point.x >= cap) side.done = true;
    else side.next = Math.min(cap, point.x < 2.6 * side.step ? point.x + side.step : point.x * 1.5);
    return;
  }
  if (point.x <= points[points.length - 2].x || point.x >= points[points.length - 1].x) return; // a scan point beyond the bracket
  side.rounds++;
  points.splice(points.length - 1, point.y < goal ? 0 : 1, point);
  const lo = points[points.length - 2].x;
  const hi = points[points.length - 1].x;
  // `point` stood where all points before it predicted the crossing; what it teaches moves the prediction by this much
  const better = interpolate(points, goal);
  if (Math.abs(better - point.x) < (tolerance / 4) * better || hi - lo < tolerance * lo || side.rounds > 100) {
    side.found = better;
    side.done = true;
  }
}

/** Inverse interpolation of the goal from the bracket and the nearest point inside it, kept within the bracket. */
function interpolate(points: readonly Point[], goal: number): number {
  const n = points.length;
  const a = points[n - 2];
  const b = points[n - 1];
  const margin = 1e-6 * (b.x - a.x);
  const clamp = (x: number) => Math.min(b.x - margin, Math.max(a.x + margin, x));
  if (!Number.isFinite(b.y)) return (a.x + b.x) / 2;
  const linear = a.x + ((goal - a.y) / (b.y - a.y)) * (b.x - a.x);
  const c = n > 2 ? points[n - 3] : undefined;
  if (!c || !(c.y < a.y)) return clamp(linear);
  const t = goal;
  const quadratic =
    (a.x * (t - b.y) * (t - c.y)) / ((a.y - b.y) * (a.y - c.y)) +
    (b.x * (t - a.y) * (t - c.y)) / ((b.y - a.y) * (b.y - c.y)) +
    (c.x * (t - a.y) * (t - b.y)) / ((c.y - a.y) * (c.y - b.y));
  return clamp(quadratic > a.x && quadratic < b.x ? quadratic : linear);
}
