/**
 * A number along the strengths of the noise: its changes, whether it is monotone, its slope, and the slopes of parts of the ladder. Errors
 * are over seeds. The rules in words are in docs/rules/valley2023.md.
 */
import { type Estimate, missing } from '../../../numeric/estimate.js';
import { leastSquares } from '../../../numeric/lines.js';
import { chanceOf, overSeeds } from '../../../numeric/seeds.js';
import { mean } from '../../../numeric/statistics.js';

/** Holds ln m of one solution. */
export interface LadderPoint {
  readonly seed: number;
  /** eta/B. */
  readonly strength: number;
  /** ln m, finite. */
  readonly y: number;
}

/** Holds the difference of ln m between two strengths, to minus from. */
export interface Change {
  readonly from: number;
  readonly to: number;
  readonly change: Estimate;
}

/** Holds the changes of a number along the ladder. */
export interface Course {
  /** Increasing. */
  readonly strengths: readonly number[];
  /** From the weakest to the strongest noise; absent with fewer than two strengths. */
  readonly whole?: Change;
  /** The largest rise and the largest fall that are significant at the simultaneous level; absent where there is none. */
  readonly rise?: Change;
  readonly fall?: Change;
  /** False where it rises somewhere and falls somewhere. */
  readonly monotone: boolean;
}

/** Fewest strengths of a slope. */
export const FEWEST_STRENGTHS = 3;
/** The simultaneous one-sided level of changes. */
const LEVEL = 0.05;
/** Changes of ln m up to this are rounding. */
const ROUNDING = 1e-9;

/** Why a number has no slope. */
export const NOT_MONOTONE = 'not monotone: no exponent';

export const strengthsOf = (points: readonly LadderPoint[]): number[] =>
  [...new Set(points.map((p) => p.strength))].sort((a, b) => a - b);

export const seedsOf = (points: readonly { readonly seed: number }[]): number[] =>
  [...new Set(points.map((p) => p.seed))].sort((a, b) => a - b);

/** ln m of a seed at a strength, mean over its settings of that strength; NaN without one. */
function at(points: readonly LadderPoint[], seed: number, strength: number): number {
  const own = points.filter((p) => p.seed === seed && p.strength === strength);
  return own.length > 0 ? mean(own.map((p) => p.y)) : Number.NaN;
}

/** Returns the change between two strengths, seed by seed; NaN for a seed without one of them. */
export const changesBySeed = (points: readonly LadderPoint[], from: number, to: number): number[] =>
  seedsOf(points).map((seed) => at(points, seed, to) - at(points, seed, from));

/** Returns the changes between all strengths and what follows from them. */
export function courseOf(points: readonly LadderPoint[]): Course {
  const strengths = strengthsOf(points);
  const changes = strengths.flatMap((from, i) =>
    strengths.slice(i + 1).map((to): Change => ({ from, to, change: overSeeds(changesBySeed(points, from, to)) })),
  );
  const significant = ({ change }: Change, sign: 1 | -1) =>
    sign * change.value > ROUNDING && chanceOf(change) / 2 < LEVEL / changes.length;
  const largest = (sign: 1 | -1) =>
    changes
      .filter((c) => significant(c, sign))
      .sort((a, b) => sign * (b.change.value - a.change.value))
      .at(0);
  const [rise, fall] = [largest(1), largest(-1)];
  const whole = changes.find((c) => c.from === strengths[0] && c.to === strengths.at(-1));
  return {
    strengths,
    ...(whole && { whole }),
    ...(rise && { rise }),
    ...(fall && { fall }),
    monotone: !(rise && fall),
  };
}

/** Returns d ln m/d ln(eta/B) of each seed by least squares over its settings; NaN below three strengths. */
export const slopesBySeed = (points: readonly LadderPoint[]): number[] =>
  seedsOf(points).map((seed) => {
    const own = points.filter((p) => p.seed === seed);
    if (strengthsOf(own).length < FEWEST_STRENGTHS) return Number.NaN;
    return leastSquares(
      own.map((p) => Math.log(p.strength)),
      own.map((p) => p.y),
    ).slope;
  });

/** Returns the slope over seeds; none where the number is not monotone. */
export const slopeOf = (points: readonly LadderPoint[]): Estimate =>
  courseOf(points).monotone ? overSeeds(slopesBySeed(points)) : missing(NOT_MONOTONE);

/** Returns the points between two strengths, these included. */
export const between = (points: readonly LadderPoint[], from: number, to: number): LadderPoint[] =>
  points.filter((p) => p.strength >= from && p.strength <= to);

/** Returns the two halves of the ladder: the strengths up to the middle one, and from it on. */
export function halvesOf(strengths: readonly number[]): readonly [number, number][] {
  const middle = strengths[strengths.length >> 1];
  return strengths.length < 2
    ? []
    : [
        [strengths[0], middle],
        [middle, strengths[strengths.length - 1]],
      ];
}
