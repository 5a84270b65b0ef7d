/**
 * The search for the learning rate at which runs leave a basin, on a geometric ladder of rates around the present one.
 *
 * Rung k is the rate present·factor^k. At a rung a fixed number of runs is made, of which some leave (advice-verify.ts says
 * what that means). The search assumes that leaving becomes more likely with the rate, and finds
 *   - `low`: the largest rung below which, and at which, no run at a tried rung left;
 *   - `high`: the smallest rung from which on, at every tried rung, more than half of the runs left.
 * Rungs are tried one at a time: upwards (or, where a run leaves at rung 0, downwards) in doubling strides until a rung of the
 * other kind is found, then by bisection, until the rungs next to `low` and beneath `high` have been tried.
 */

/** Counts the runs at a rung. */
export interface RungSeen {
  readonly rung: number;
  readonly runs: number;
  /** Number of runs that left. */
  readonly left: number;
}

/** Limits of the ladder, inclusive; rung 0 lies between them. */
export interface LadderLimits {
  readonly from: number;
  readonly to: number;
}

/** Gives the bracket in rungs; null where the ladder ends before it is reached, or no run has been made that decides it. */
export interface RungBracket {
  readonly low: number | null;
  readonly high: number | null;
}

const someLeft = (r: RungSeen) => r.left > 0;
const mostLeft = (r: RungSeen) => 2 * r.left > r.runs;

/** Returns the bracket that the rungs tried so far determine. */
export function rungBracket(seen: readonly RungSeen[]): RungBracket {
  const sorted = [...seen].sort((a, b) => a.rung - b.rung);
  let low: number | null = null;
  for (const r of sorted) {
    if (someLeft(r)) break;
    low = r.rung;
  }
  let high: number | null = null;
  for (const r of sorted.reverse()) {
    if (!mostLeft(r)) break;
    high = r.rung;
  }
  return { low, high };
}

/** Returns the rung to try next, or undefined where the bracket is found or the ladder ends. */
export function nextRung(seen: readonly RungSeen[], { from, to }: LadderLimits): number | undefined {
  if (seen.length === 0) return 0;
  const rungs = seen.map((r) => r.rung);
  const lowest = Math.min(...rungs);
  const highest = Math.max(...rungs);
  const up = () => (highest < to ? Math.min(to, highest <= 0 ? 1 : 2 * highest + 1) : undefined);
  const down = () => (lowest > from ? Math.max(from, lowest >= 0 ? -1 : 2 * lowest - 1) : undefined);
  const between = (a: number, b: number) => (b - a > 1 ? Math.floor((a + b) / 2) : undefined);
  const { low, high } = rungBracket(seen);
  const firstLeft = Math.min(...seen.filter(someLeft).map((r) => r.rung));
  if (!Number.isFinite(firstLeft)) return up();
  if (low === null) {
    const lower = down();
    if (lower !== undefined) return lower;
  } else {
    const middle = between(low, firstLeft);
    if (middle !== undefined) return middle;
  }
  if (high === null) return up();
  const beneath = rungs.filter((r) => r < high);
  return beneath.length > 0 ? between(Math.max(...beneath), high) : undefined;
}
