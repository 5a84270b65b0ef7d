/**
 * The two scaling laws of ivf2021 with their dependence on the fit range: sigma_i² ~ F_i^−psi and sigma_i² ~ i^−gamma.
 * docs/theory [P4], [S5].
 *
 * Which points enter is fixed here, before any number is seen, by rules that do not depend on the exponent:
 *
 * psi: every direction of rank ≥ 2 (PC1 is a drift and no fluctuation) whose valley closes on both sides and whose
 *   variance exceeds 10 times the resolution of the recording (there rounding adds less than 10 % = 0.04 decades),
 *   thinned to 120 log-spaced ranks. The thinning weighs each decade of rank alike; without it the fit of a run with all 2500
 *   directions would be one of ranks 1000–2500, and would disagree with the fit of the default subset of directions.
 *   There is no upper rank: the source states none that could be verified, and the table below varies the range of ranks.
 * gamma: ranks 20 … min(P/2, last rank above 10 times the resolution), thinned to 60 log-spaced ranks; beyond P/2 the
 *   spectrum of any finite sample falls off its tail, whatever the law.
 *
 * Both coordinates of the first law scatter, so its line is orthogonal in (log10 F, log10 sigma²) with the least-squares
 * bracket beside it; a rank is exact, so the second is plain least squares.
 */
import { estimate } from '../../numeric/estimate.js';
import { FEWEST_POINTS, type PowerLawFit, powerLaw } from '../../numeric/powerlaw.js';
import type { Key } from '../../numeric/random.js';
import { logSpaced, thinToLogSpaced } from '../../numeric/spacing.js';
import { quantile } from '../../numeric/statistics.js';
import * as is from '../../numeric/wants.js';
import { roundingOfSteps } from './pca.js';
import {
  DIRECTION_FLATNESS_WANTS,
  type DirectionFlatness,
  type PcaSummary,
  type PowerLaw,
  type ScalingSummary,
} from './results.js';

/** Variances below this many resolutions enter no default fit. */
export const RESOLUTIONS = 10;
/**
 * Returns the least variance that counts along directions which the window did not choose, where `least` counts along its own: the rounding of
 * all its steps adds up. docs/theory [N7].
 */
export const leastAlongFixed = (least: number, mean: Float64Array, steps: number): number =>
  Math.max(least, RESOLUTIONS * roundingOfSteps(mean, steps));
/** First rank of the default psi fit. */
export const FIRST_RANK = 2;
/** Last rank of the leading directions, which hold most of the variance that is not drift, and are judged on their own. */
export const LAST_LEADING_RANK = 50;
/** First rank of the gamma fit: "beyond i ≈ 20" in ivf2021. */
export const FIRST_RANK_OF_LAW = 20;
const THINNED = 120;
const THINNED_RANKS = 60;
/** Ranges of rank in the sensitivity table of psi, inclusive. */
const PSI_RANGES = [
  [FIRST_RANK, LAST_LEADING_RANK],
  [10, 200],
  [20, 500],
  [50, 1000],
  [200, 2500],
] as const;
/** Ranges of rank in the sensitivity table of gamma, inclusive; those that reach beyond the usable ranks are left out. */
const GAMMA_RANGES = [
  [2, 20],
  [20, 50],
  [20, 100],
  [20, 200],
  [20, 500],
  [50, 500],
  [100, 1000],
] as const;

/** Names the variances and flatnesses that are fitted, and the randomness of the bootstraps. */
export interface ScalingInput {
  readonly pca: Pick<PcaSummary, 'variances' | 'resolution' | 'totalVariance' | 'P'>;
  /** In any order of rank. */
  readonly directions: readonly DirectionFlatness[];
  /** Randomness of the bootstraps. */
  readonly key: Key;
  /** Bootstrap replicates per fit; default 400. */
  readonly replicates?: number;
}

/** Says what a {@link ScalingInput} needs. */
export const SCALING_INPUT_WANTS = is.shape<ScalingInput>({
  pca: is.shape({ variances: is.numbers, resolution: is.finite, totalVariance: is.finite, P: is.count }),
  directions: is.listOf(DIRECTION_FLATNESS_WANTS),
  key: is.key,
  replicates: is.maybe(is.count),
});

/**
 * Returns the directions that may enter fits of psi, by ascending rank: those with a closed valley, positive width and
 * variance.
 */
export function closedDirections(
  directions: readonly DirectionFlatness[],
): (DirectionFlatness & { flatness: number })[] {
  return directions
    .filter(
      (d): d is DirectionFlatness & { flatness: number } =>
        d.open === null && d.flatness !== null && d.flatness > 0 && d.variance > 0,
    )
    .sort((a, b) => a.index - b.index);
}

/** Returns the share of the leading directions in the variance that is not drift, i.e. without PC1. */
export const leadingShare = ({ variances, totalVariance }: Pick<PcaSummary, 'variances' | 'totalVariance'>): number =>
  variances.slice(FIRST_RANK - 1, LAST_LEADING_RANK).reduce((a, b) => a + b, 0) / (totalVariance - variances[0]);

/** Returns the last rank up to which all variances exceed 10 resolutions (0 if there is none). `variances` descend. */
export function lastResolvedRank(pca: Pick<PcaSummary, 'variances' | 'resolution'>): number {
  let last = 0;
  while (last < pca.variances.length && pca.variances[last] > RESOLUTIONS * pca.resolution) last++;
  return last;
}

/** Returns the record of a fit that could not be made: NaN, not converged, with the reason as method. */
function noFit(points: number, why: string): PowerLaw {
  const none = estimate(Number.NaN, Number.NaN, points, why, false);
  return {
    exponent: none,
    intercept: none,
    range: [Number.NaN, Number.NaN],
    points,
    scatter: Number.NaN,
    r2: Number.NaN,
  };
}

/** Copies a fit without its bracket, as reports record it. */
function recordOf(fit: PowerLawFit): PowerLaw {
  const { exponent, intercept, range, points, scatter, r2 } = fit;
  return { exponent, intercept, range, points, scatter, r2 };
}

/**
 * Fits both laws with their sensitivity tables; rows of the table for psi with fewer than 10 points, and rows of that for gamma
 * that reach beyond the usable ranks, are left out. A default fit with too few points (`FEWEST_POINTS`) is NaN with `converged:
 * false` and the reason in `method`, so that a report can be written in any case. Costs about 20 fits × `replicates` × 120
 * points, well under a second. docs/theory [P4], [S5].
 */
export function scaling(input: ScalingInput): ScalingSummary {
  is.given('scaling', { input }, { input: SCALING_INPUT_WANTS });
  return { ...varianceFlatness(input), ...rankLaw(input), explained: explained(input.pca) };
}

type Closed = DirectionFlatness & { flatness: number };

function varianceFlatness({
  pca,
  directions,
  key,
  replicates,
}: ScalingInput): Pick<ScalingSummary, 'varianceFlatness' | 'varianceFlatnessRanges'> {
  const closed = closedDirections(directions);
  const resolved = closed.filter((d) => d.index >= FIRST_RANK && d.variance > RESOLUTIONS * pca.resolution);
  const last = Math.max(FIRST_RANK, pca.variances.length);
  const thin = (points: readonly Closed[]) => {
    const keep = new Set(
      thinToLogSpaced(
        points.map((d) => d.index),
        last,
        THINNED,
      ),
    );
    return points.filter((d) => keep.has(d.index));
  };
  const fit = (points: readonly Closed[], name: string) =>
    powerLaw(
      points.map((d) => d.flatness),
      points.map((d) => d.variance),
      { key: key.child('psi').child(name), ...(replicates === undefined ? {} : { replicates }) },
    );
  const thinned = thin(resolved);
  const rows: { label: string; points: readonly Closed[] }[] = PSI_RANGES.map(([from, to]) => ({
    label: `ranks ${from}–${to}`,
    points: thinned.filter((d) => d.index >= from && d.index <= to),
  }));
  if (thinned.length > 0) {
    const widths = thinned.map((d) => d.flatness);
    const [a, b] = [quantile(widths, 1 / 3), quantile(widths, 2 / 3)];
    rows.push({ label: 'narrowest third of F', points: thinned.filter((d) => d.flatness <= a) });
    rows.push({ label: 'middle third of F', points: thinned.filter((d) => d.flatness > a && d.flatness <= b) });
    rows.push({ label: 'widest third of F', points: thinned.filter((d) => d.flatness > b) });
  }
  rows.push({ label: 'with rank 1 and unresolved variances', points: thin(closed) });
  if (resolved.length > thinned.length) rows.push({ label: 'every direction, not thinned', points: resolved });
  return {
    varianceFlatness:
      thinned.length < FEWEST_POINTS
        ? noFit(thinned.length, `no fit: only ${thinned.length} closed, resolved directions of rank ≥ ${FIRST_RANK}`)
        : recordOf(fit(thinned, 'default')),
    varianceFlatnessRanges: rows
      .filter((row) => row.points.length >= 10)
      .map((row) => {
        const f = fit(row.points, row.label);
        return {
          label: row.label,
          fit: recordOf(f),
          leastSquares: f.leastSquares,
          inverseLeastSquares: f.inverseLeastSquares,
        };
      }),
  };
}

/** Returns the ranks to which the rank law is fitted, of those up to `last`: log-spaced from 20 to half of the ranks or the last resolved one. */
export function rankLawRanks(pca: Pick<PcaSummary, 'variances' | 'resolution' | 'P'>, last = pca.P): number[] {
  return ranksBetween(FIRST_RANK_OF_LAW, Math.min(Math.floor(pca.P / 2), lastResolvedRank(pca), last));
}

const ranksBetween = (from: number, to: number): number[] => (to >= from ? logSpaced(to, THINNED_RANKS, from) : []);

function rankLaw({ pca, key, replicates }: ScalingInput): Pick<ScalingSummary, 'rankLaw' | 'rankLawRanges'> {
  const end = Math.min(Math.floor(pca.P / 2), lastResolvedRank(pca));
  const fit = (ranks: readonly number[], name: string) =>
    recordOf(
      powerLaw(
        ranks,
        ranks.map((i) => pca.variances[i - 1]),
        {
          key: key.child('gamma').child(name),
          method: 'least-squares',
          ...(replicates === undefined ? {} : { replicates }),
        },
      ),
    );
  const chosen = rankLawRanks(pca);
  return {
    rankLaw:
      chosen.length < FEWEST_POINTS
        ? noFit(
            chosen.length,
            `no fit: resolved ranks end at ${end}, before the law is said to begin (${FIRST_RANK_OF_LAW})`,
          )
        : fit(chosen, 'default'),
    rankLawRanges: GAMMA_RANGES.filter(([, to]) => to <= end).map(([from, to]) => {
      const label = `ranks ${from}–${to}`;
      return { label, fit: fit(ranksBetween(from, to), label) };
    }),
  };
}

/**
 * Computes the share of PC j in the total variance beside that of a high-dimensional random walk, 6/(π² j²) (docs/theory [S5]),
 * for ranks 1 … 20 and log-spaced ones beyond, at most 150 in all.
 */
export function explained(pca: Pick<PcaSummary, 'variances' | 'totalVariance'>): ScalingSummary['explained'] {
  const K = pca.variances.length;
  const index = [...new Set([...Array.from({ length: Math.min(20, K) }, (_, i) => i + 1), ...logSpaced(K, 130)])].sort(
    (a, b) => a - b,
  );
  return {
    index,
    fraction: index.map((j) => pca.variances[j - 1] / pca.totalVariance),
    randomWalk: index.map((j) => 6 / (Math.PI * j) ** 2),
  };
}

/** The largest error of an exponent that is printed: beyond it the widths hardly differ, and any exponent fits. */
const LARGEST_ERROR = 10;

/** True where a fit says anything of an exponent. */
export const determined = ({ exponent, points }: PowerLaw): boolean =>
  points > 1 && Number.isFinite(exponent.value) && !(exponent.standardError > LARGEST_ERROR);
