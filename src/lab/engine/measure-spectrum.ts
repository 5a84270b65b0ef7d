/** Variances by rank beside those of a walk with the run's own noise. docs/theory [P3], [N1]. */
import type { PcaSummary } from '../../analyse/trajectory/results.js';
import { scaling } from '../../analyse/trajectory/scaling.js';
import { InputError } from '../../numeric/errors.js';
import { type Estimate, negated } from '../../numeric/estimate.js';
import type { Key } from '../../numeric/random.js';
import type { MeasureResults } from '../measures.js';
import type { Snapshot } from '../protocol.js';
import { ownWalk } from './own-walk.js';
import type { Bench, Measure, Report } from './registry.js';
import { meanCentre, principal, type UsedRows, usedRows } from './rows.js';

/**
 * Fits gamma of sigma_i² ~ i^(−gamma) as reports do: ranks from 20 to half of all that there are, weights or rows, or to the last
 * resolved one.
 */
export function gammaOf(summary: PcaSummary, key: Key): Estimate {
  const ranks = Math.min(summary.P, summary.T - 1);
  const { rankLaw } = scaling({ pca: { ...summary, P: ranks }, directions: [], key, replicates: 200 });
  return negated(rankLaw.exponent);
}

/** Measures the spectrum. */
export const measureSpectrum: Measure<'spectrum'> = async (bench, snapshot, { rows: most, walk = true }, report) => {
  const rows = usedRows(snapshot, bench.block.size, most);
  await report(0.05, 'principal directions');
  const key = bench.key.child('spectrum');
  const { summary, mean } = await principal(bench, rows, [1]);
  const gamma = gammaOf(summary, key);
  const own = {
    basis: rows.basis,
    variances: Float64Array.from(summary.variances),
    resolution: summary.resolution,
    totalVariance: summary.totalVariance,
    gamma,
  };
  if (!walk) return own;
  await report(0.3, 'walk');
  try {
    return { ...own, walk: await walkOf(bench, snapshot, meanCentre(bench, snapshot, mean), rows, report) };
  } catch (error) {
    if (error instanceof InputError && error.code === 'long-walk') return { ...own, missing: error.message };
    throw error;
  }
};

async function walkOf(
  bench: Bench,
  snapshot: Snapshot,
  centre: Float64Array,
  rows: UsedRows,
  report: Report,
): Promise<NonNullable<MeasureResults['spectrum']['walk']>> {
  const walked = await ownWalk(bench, snapshot, centre, rows, (share, what) => report(0.3 + 0.5 * share, what));
  await report(0.85, 'principal directions of the walk');
  const { summary } = await principal(bench, walked, [1]);
  return {
    variances: Float64Array.from(summary.variances),
    gamma: gammaOf(summary, bench.key.child('spectrum').child('walk')),
    words: `a walk with the gradients of ${stepsOf(rows)} batches of ${snapshot.batchSize} at the mean of the window, their mean taken away, and nothing that pulls back`,
  };
}

const stepsOf = ({ basis }: UsedRows): number => (basis.rows - 1) * basis.every + 1;
