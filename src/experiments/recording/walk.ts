/** The walk that makes the recording's own steps, and the rank law that is compared with it. docs/rules/recordings.md. */
import { isDiffusing } from '../../analyse/trajectory/diffusing.js';
import type { LeadingSteps } from '../../analyse/trajectory/increments.js';
import type { OverDraws, PcaSummary } from '../../analyse/trajectory/results.js';
import { rankLawRanks } from '../../analyse/trajectory/scaling.js';
import type { ReportProgress } from '../../jobs/pool.js';
import { negated } from '../../numeric/estimate.js';
import type { LinearAlgebra } from '../../numeric/linalg/provider.js';
import { leastSquares } from '../../numeric/lines.js';
import { FEWEST_POINTS, powerLaw } from '../../numeric/powerlaw.js';
import type { Key } from '../../numeric/random.js';
import { logSpaced } from '../../numeric/spacing.js';
import { mean, median, variance } from '../../numeric/statistics.js';
import { signWalk } from '../../theory/sign-walk.js';
import type { MeasuredRecording, Missing, OwnWalk, RankLaw } from './measured.js';

/** Last rank at which variances of the walk are compared. */
const LAST_RANK = 100;
const DRAWS = 40;
/** Correlation of successive steps from which signs are drawn for blocks, and the length of these in correlation times. */
const [FOLLOWING, BLOCK] = [0.1, 5];

/** Fits the rank law over the ranks at which the walk is drawn. */
export function rankLawOf(pca: PcaSummary, key: Key): RankLaw | Missing {
  const ranks = rankLawRanks(pca, LAST_RANK);
  if (ranks.length < FEWEST_POINTS)
    return { missing: `The rank law begins at rank 20; ${ranks.length} ranks from there on are resolved.` };
  const fit = powerLaw(
    ranks,
    ranks.map((i) => pca.variances[i - 1]),
    { key: key.child('rank-law'), method: 'least-squares' },
  );
  return { ranks: [ranks[0], ranks[ranks.length - 1]], points: ranks.length, gamma: negated(fit.exponent) };
}

/** Returns the number of rows that get one sign: one, or five correlation times of steps that follow each other. */
export const signBlock = (successive: number, T: number): number =>
  successive <= FOLLOWING
    ? 1
    : Math.max(1, Math.min(Math.ceil(BLOCK / (1 - Math.min(successive, 0.999))), Math.floor(T / 20)));

/** Draws the walk. */
export function walkOf(
  { pca, survey, motion, rankLaw }: MeasuredRecording,
  leading: LeadingSteps,
  la: LinearAlgebra,
  key: Key,
  report: ReportProgress,
): OwnWalk | Missing {
  const { steps, beside, cosine } = leading;
  const block = signBlock(survey.successive, pca.T);
  const followed = motion.dynamics.map((d) => d.index).filter((i) => isDiffusing(i) && i <= steps.cols);
  const draw = signWalk(la, { steps, beside, block, ranks: [1, ...followed], key });
  const draws = Array.from({ length: DRAWS }, (_, n) => {
    report('walks with the same steps', n / DRAWS);
    return draw(n);
  });
  const law = 'missing' in rankLaw ? [] : rankLawRanks(pca, LAST_RANK);
  const most = Math.min(LAST_RANK, ...draws.map((d) => d.variances.length), pca.variances.length);
  const index = logSpaced(most, 100);
  return {
    draws: DRAWS,
    block,
    directions: steps.cols,
    beside: beside / survey.stepVariance,
    alongWeights: cosine,
    share: summarised(draws.map((d) => d.share)),
    first: summarised(draws.map((d) => d.exponents[0])),
    median: summarised(draws.map((d) => (followed.length > 0 ? median(d.exponents.slice(1)) : Number.NaN))),
    gamma: summarised(draws.map((d) => gammaOf(law, d.variances))),
    variances: { index, value: index.map((i) => mean(draws.map((d) => d.variances[i - 1]))) },
  };
}

/** Fits gamma by the line of the recording's rank law. */
function gammaOf(ranks: readonly number[], variances: Float64Array): number {
  if (ranks.length < FEWEST_POINTS || ranks[ranks.length - 1] > variances.length) return Number.NaN;
  return -leastSquares(
    ranks.map(Math.log10),
    ranks.map((i) => Math.log10(variances[i - 1])),
  ).slope;
}

const summarised = (values: readonly number[]): OverDraws => ({
  mean: mean(values),
  deviation: Math.sqrt(variance(values, 1)),
  draws: values.length,
});
