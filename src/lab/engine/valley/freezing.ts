/**
 * Two valleys with a barrier between them: the expected time of a passage, and when the occupation freezes as the loss grows.
 * docs/theory [V6].
 *
 * The motion along x (with y eliminated in a valley) is one-dimensional. At each G the rate of escape from a side is one over the
 * exact mean first-passage time to the other minimum, and `occupation` follows the share of both sides in time. With g = 0 the
 * rates are constant. */
import { barrierHeight, type Line, meanFirstPassage, restPoints } from '../../../theory/valley/escape.js';
import { type Freezing, occupation } from '../../../theory/valley/freezing.js';

/** Holds two minima along x and the top between them. */
export interface TwoWells {
  readonly left: number;
  readonly top: number;
  readonly right: number;
}

/** Finds the first two wells along x with a top between them; undefined where there are not two. */
export function twoWells(line: Line, from: number, to: number): TwoWells | undefined {
  const rest = restPoints(line.drift, from, to, 400);
  for (let i = 0; i + 2 < rest.length; i++)
    if (rest[i].stable && !rest[i + 1].stable && rest[i + 2].stable)
      return { left: rest[i].x, top: rest[i + 1].x, right: rest[i + 2].x };
  return undefined;
}

/** Gives the rates of escape from the left and the right well, per eta·step, and the barriers in units of the noise. */
export interface Escape {
  readonly left: number;
  readonly right: number;
  readonly barrierLeft: number;
  readonly barrierRight: number;
}

/** Computes both rates as one over the mean first-passage time from one minimum to the other. */
function escapeOf(line: Line, wells: TwoWells, from: number, to: number): Escape {
  const { left, top, right } = wells;
  return {
    left: 1 / meanFirstPassage(line, { from: left, to: right, wall: from, panels: 600 }).value,
    right: 1 / meanFirstPassage(line, { from: right, to: left, wall: to, panels: 600 }).value,
    barrierLeft: barrierHeight(line, left, top),
    barrierRight: barrierHeight(line, right, top),
  };
}

/** Describes the moment from which a prediction starts. */
export interface Now {
  /** G, and dG/dt. */
  readonly grown: number;
  readonly growth: number;
  /** Share of the right well. */
  readonly right: number;
}

/** Holds a prediction of the share of the right well, from the moment at which it was made. Times in eta·steps. */
export interface FreezingPrediction {
  readonly wells: TwoWells;
  readonly exits: Escape;
  readonly course: Freezing;
  /** Expected passages of one particle in each time after the start, ∫ (k_left q_left + k_right q_right) dt. */
  readonly passages: Float64Array;
}

/** Values of G at which rates are computed. */
const KNOTS = 12;
/** How far a prediction looks: until the loss has grown by this factor, or for this many times the slowest passage. */
const [GROWN, PASSAGES] = [12, 6];
/** The longest prediction, eta·steps. */
const LONGEST = 1e6;

/**
 * Predicts the share of the right well from now on; the logarithms of the rates are interpolated between `KNOTS` values of G.
 * Returns undefined where the motion along x has no two wells now.
 * @param lineAt - the motion along x at a value of G
 */
export function predictFreezing(
  lineAt: (grown: number) => Line,
  range: readonly [number, number],
  now: Now,
): FreezingPrediction | undefined {
  const first = lineAt(now.grown);
  const wells = twoWells(first, ...range);
  if (!wells) return undefined;
  const exits = escapeOf(first, wells, ...range);
  const grows = now.growth > 0;
  const end = grows ? (GROWN * now.grown) / now.growth : Math.min(LONGEST, PASSAGES / (exits.left + exits.right));
  const rates = [exits];
  for (let k = 1; grows && k < KNOTS; k++) {
    const line = lineAt(now.grown + (now.growth * end * k) / (KNOTS - 1));
    rates.push(escapeOf(line, twoWells(line, ...range) ?? wells, ...range));
  }
  const at = (side: 'left' | 'right') => {
    const logs = rates.map((r) => Math.log(Math.max(r[side], 1e-300)));
    return (t: number) => {
      if (logs.length === 1) return Math.exp(logs[0]);
      const u = Math.min(KNOTS - 1.000001, (t / end) * (KNOTS - 1));
      const i = Math.floor(u);
      return Math.exp(logs[i] * (i + 1 - u) + logs[i + 1] * (u - i));
    };
  };
  const [left, right] = [at('left'), at('right')];
  const course = occupation({ fromSharp: left, fromFlat: right, end, startSharp: 1 - now.right, panels: 300 });
  const passages = new Float64Array(course.time.length);
  for (let i = 1; i < passages.length; i++) {
    const t = (course.time[i] + course.time[i - 1]) / 2;
    const q = (course.flat[i] + course.flat[i - 1]) / 2;
    passages[i] = passages[i - 1] + (left(t) * (1 - q) + right(t) * q) * (course.time[i] - course.time[i - 1]);
  }
  return { wells, exits, course, passages };
}
