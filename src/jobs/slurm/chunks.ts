/** The division of cells into tasks: long enough that their start costs little, and short at the end so that all processors end together. */

/** Holds the seconds of the shortest and the longest task that is made of several cells. */
const [SHORT, LONG] = [20, 900];
/** The share of what is left that a task gets is one over this number, for each processor. */
const PARTS = 3;

/** Says how cells are divided. */
export interface Division {
  /** Processors that may work at the same time. */
  readonly slots: number;
  /** Cells of a task, where a user has chosen the number. */
  readonly cells?: number | undefined;
  /** The longest task in seconds, where the time limit was chosen by a user. */
  readonly longest?: number | undefined;
}

/**
 * Divides cells into tasks, the longest cells first. A task gets a third of what is left for its processor, between 20 s and 15 min,
 * and at least one cell: tasks shrink towards the end, and the last ones hold few percent of the whole.
 * @param seconds - estimate for each cell; where one is unknown every cell is a task
 * @returns places in the list, for each task
 */
export function divide(
  seconds: readonly (number | undefined)[],
  { slots, cells, longest = LONG }: Division,
): number[][] {
  const places = seconds.map((_, i) => i);
  if (cells !== undefined) return groups(places, () => cells);
  if (seconds.some((s) => s === undefined)) return places.map((i) => [i]);
  const known = seconds as readonly number[];
  places.sort((a, b) => known[b] - known[a] || a - b);
  let left = known.reduce((sum, s) => sum + s, 0);
  const most = Math.min(LONG, longest);
  return groups(places, (from) => {
    const share = Math.min(most, Math.max(SHORT, left / (PARTS * slots)));
    let [count, sum] = [0, 0];
    while (from + count < places.length) {
      const next = known[places[from + count]];
      if (count > 0 && sum + next > share) break;
      sum += next;
      count++;
    }
    left -= sum;
    return count;
  });
}

function groups(places: readonly number[], sizeAt: (from: number) => number): number[][] {
  const out: number[][] = [];
  for (let from = 0; from < places.length; ) {
    const size = sizeAt(from);
    out.push(places.slice(from, from + size));
    from += size;
  }
  return out;
}

/** Returns at most `count` places spread evenly over a list of `length`: cells that are timed first. */
export function sample(length: number, count: number): number[] {
  const n = Math.min(length, count);
  return Array.from({ length: n }, (_, i) => Math.floor(((i + 0.5) * length) / n));
}
