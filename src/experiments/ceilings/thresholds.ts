/** The learning rate at which runs leave the basin of a state, from the runs that were tried. The rule is in docs/rules/ceilings.md. */
import { rungBracket } from '../../apply/advice-ladder.js';
import type { StateCell, TriedState } from './measured.js';

/** Holds a state with both ends of its bracket. */
export interface Bracketed {
  readonly state: TriedState;
  /** Largest rate at which, and below which at all tried rates, no run left. */
  readonly low: number;
  /** Smallest rate from which on more than half of the runs left. */
  readonly high: number;
  /** T, the geometric mean of the two. */
  readonly threshold: number;
}

/** Returns the two ends of the bracket as rates; null where the ladder ended before. */
export function bracketOf(state: TriedState): { readonly low: number | null; readonly high: number | null } {
  const seen = state.rungs.map(({ rung, runs }) => ({
    rung,
    runs: runs.length,
    left: runs.filter((r) => r.left).length,
  }));
  const { low, high } = rungBracket(seen);
  const rate = (rung: number | null) => state.rungs.find((r) => r.rung === rung)?.learningRate ?? null;
  return { low: rate(low), high: rate(high) };
}

/** Keeps the states with both ends of their bracket, in the order of the config. */
export function bracketed(cells: readonly StateCell[]): Bracketed[] {
  return cells.flatMap((state) => {
    if (state.outcome !== 'tried') return [];
    const { low, high } = bracketOf(state);
    return low === null || high === null ? [] : [{ state, low, high, threshold: Math.sqrt(low * high) }];
  });
}
