/**
 * The slope of a number against eta/B over every part of the ladder, and the three errors of the slope over all of it: sampling, misfit,
 * and choice of range. docs/theory [N5]; the rules in words are in docs/rules/valley2023.md.
 */
import { type Estimate, missing } from '../../../numeric/estimate.js';
import { halfWidth } from '../../../numeric/interval.js';
import { leastSquares } from '../../../numeric/lines.js';
import { mean } from '../../../numeric/statistics.js';
import { between, courseOf, FEWEST_STRENGTHS, type LadderPoint, seedsOf, slopeOf, strengthsOf } from './ladder.js';

/** The largest half-width of a slope's interval with which its range votes. */
const WIDEST = 0.25;

/** Holds the slope over a run of neighbouring strengths. */
export interface RangeSlope {
  readonly from: number;
  readonly to: number;
  readonly strengths: number;
  /** NaN where the number is not monotone within the range. */
  readonly slope: Estimate;
  readonly monotone: boolean;
  /** Whether the range votes: it is monotone, and its interval at most ±0.25 wide. */
  readonly decidable: boolean;
}

/** Holds the slope over the whole ladder with its three errors. */
export interface LadderSlope {
  /** Its standard error is that of sampling, over seeds. NaN where the number is not monotone. */
  readonly slope: Estimate;
  /** Jackknife over strengths; NaN below four. */
  readonly misfit: number;
  /** Root mean square of the decidable ranges' slopes about the whole ladder's; NaN without one. */
  readonly range: number;
  /** Every run of three or more neighbouring strengths, the whole ladder first, then by the weakest noise. */
  readonly ranges: readonly RangeSlope[];
}

/** Returns the slopes of all ranges and the errors of the whole ladder's slope. */
export function ladderSlope(points: readonly LadderPoint[]): LadderSlope {
  const strengths = strengthsOf(points);
  const n = strengths.length;
  const ranges = strengths
    .flatMap((from, i) =>
      strengths.slice(i + FEWEST_STRENGTHS - 1).map((to, k) => rangeSlope(points, from, to, FEWEST_STRENGTHS + k)),
    )
    .sort((a, b) => Number(b.strengths === n) - Number(a.strengths === n) || a.from - b.from || a.to - b.to);
  const slope = ranges[0]?.slope ?? missing(`fewer than ${FEWEST_STRENGTHS} strengths`);
  const voting = ranges.slice(1).filter((r) => r.decidable);
  const known = Number.isFinite(slope.value);
  return {
    slope,
    misfit: known ? jackknife(points, strengths) : Number.NaN,
    range:
      known && voting.length > 0 ? Math.sqrt(mean(voting.map((r) => (r.slope.value - slope.value) ** 2))) : Number.NaN,
    ranges,
  };
}

function rangeSlope(all: readonly LadderPoint[], from: number, to: number, strengths: number): RangeSlope {
  const points = between(all, from, to);
  const { monotone } = courseOf(points);
  const slope = slopeOf(points);
  return { from, to, strengths, slope, monotone, decidable: halfWidth(slope) <= WIDEST };
}

/** Returns the jackknife error over strengths of the slope of the mean over seeds. */
function jackknife(points: readonly LadderPoint[], strengths: readonly number[]): number {
  const k = strengths.length;
  if (k <= FEWEST_STRENGTHS) return Number.NaN;
  // a factor of a seed is no misfit
  const centred = seedsOf(points).flatMap((seed) => {
    const own = points.filter((p) => p.seed === seed);
    const middle = mean(own.map((p) => p.y));
    return own.map((p) => ({ ...p, y: p.y - middle }));
  });
  const without = strengths.map((s) => {
    const kept = centred.filter((p) => p.strength !== s);
    return leastSquares(
      kept.map((p) => Math.log(p.strength)),
      kept.map((p) => p.y),
    ).slope;
  });
  const middle = mean(without);
  return Math.sqrt(((k - 1) / k) * without.reduce((sum, b) => sum + (b - middle) ** 2, 0));
}
