/** The circulation of the window in the plane of two directions, measured from its rows alone. docs/theory [D6]. */
import { circulation } from '../../../analyse/trajectory/circulation.js';
import { check } from '../../../numeric/errors.js';
import { estimate } from '../../../numeric/estimate.js';
import type { CurrentArguments, CurrentResult } from '../../landscape-results.js';
import type { Snapshot } from '../../protocol.js';
import type { Bench, Report } from '../registry.js';
import { alongRank, windowDirections } from './window.js';

/** Measures ½⟨x y' − y x'⟩ with its error over blocks of rows. */
export async function measureCurrent(
  bench: Bench,
  snapshot: Snapshot,
  args: CurrentArguments,
  report: Report,
): Promise<CurrentResult> {
  const { ranks = [1, 2] } = args;
  check(ranks[0] !== ranks[1], 'bad-rank', () => `a plane has two different directions; got ${ranks[0]} twice.`);
  await report(0, 'directions of the window');
  const w = await windowDirections(bench, snapshot, ranks, args.rows);
  const both = new Float64Array(2 * w.rows);
  ranks.forEach((r, i) => {
    both.set(alongRank(w, r).coordinates, i * w.rows);
  });
  const { measured, standardError, blocks, converged, pairs } = circulation(bench.la, both, 2);
  return {
    basis: w.basis,
    ranks,
    circulation: estimate(
      measured.data[1],
      standardError.data[1],
      blocks,
      `½⟨x y' − y x'⟩ over ${w.rows} rows, error over ${blocks} blocks`,
      converged,
    ),
    pValue: pairs[0]?.pValue ?? Number.NaN,
    blocks,
  };
}
