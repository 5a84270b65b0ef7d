/** The course of a valley in time: one point for each chunk, thinned to every second whenever there are too many. */

/** Holds the course in columns of equal length. */
export interface ValleySeries {
  /** Every how many chunks a point is kept. */
  every: number;
  seen: number;
  readonly step: number[];
  /** eta·steps. */
  readonly time: number[];
  /** Share of the particles right of the top; NaN without two wells. */
  readonly right: number[];
  /** Mean curvature at the particles, nat/weight². */
  readonly curvature: number[];
  /** Share of the particles that diverged. */
  readonly diverged: number[];
}

/** One point of the course. */
export type ValleyPoint = { readonly [K in 'step' | 'time' | 'right' | 'curvature' | 'diverged']: number };

const MOST = 2048;
const COLUMNS = ['step', 'time', 'right', 'curvature', 'diverged'] as const;

/** Makes an empty course. */
export const newSeries = (): ValleySeries => ({
  every: 1,
  seen: 0,
  step: [],
  time: [],
  right: [],
  curvature: [],
  diverged: [],
});

/** Adds a point, and drops every second one when `MOST` are reached. */
export function record(s: ValleySeries, point: () => ValleyPoint): void {
  if (s.seen++ % s.every !== 0) return;
  const made = point();
  for (const c of COLUMNS) s[c].push(made[c]);
  if (s.step.length < MOST) return;
  s.every *= 2;
  for (const c of COLUMNS) s[c].splice(0, s[c].length, ...s[c].filter((_, i) => i % 2 === 0));
}
