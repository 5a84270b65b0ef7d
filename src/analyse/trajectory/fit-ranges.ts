/**
 * What the choice of the fit range contributes to the error of an exponent, and whether one exponent describes all
 * ranges. docs/theory [N5].
 */
import type { Estimate } from '../../numeric/estimate.js';
import { normalHalfWidth } from '../../numeric/interval.js';
import { variance } from '../../numeric/statistics.js';

/** Describes the fit over one range: `exponent` carries the misfit error (block bootstrap over the points). */
export interface RangeFit {
  readonly label: string;
  readonly fit: { readonly exponent: Estimate; readonly points: number };
}

/** Says which ranges vote. */
export interface VoteRule {
  /** The fewest points of a range that votes. */
  readonly points: number;
  /** Half the width of the widest 95 % misfit interval of a range that votes, in units of the exponent. */
  readonly width: number;
}

/** Says why the fit over a range is not decidable, so that it does not vote; undefined where it votes. */
export function silence({ fit: { exponent, points } }: RangeFit, rule: VoteRule): string | undefined {
  if (points < rule.points) return `${points} points`;
  if (!exponent.converged || !Number.isFinite(exponent.value)) return 'no converged fit';
  return normalHalfWidth(exponent) <= rule.width ? undefined : 'interval too wide';
}

/** Holds the dependence of an exponent on its fit range. */
export interface RangeSpread<Row extends RangeFit = RangeFit> {
  readonly votes: readonly Row[];
  readonly silent: readonly Row[];
  /** Standard deviation of the exponent over the ranges that vote: the range error. NaN with fewer than two. */
  readonly standardError: number;
  /** The ranges with the lowest and the highest exponent; undefined with fewer than two votes. */
  readonly extremes: readonly [lowest: Row, highest: Row] | undefined;
  /** How far the extremes lie apart beyond 1.96 times their joint misfit error; 0 at the least. */
  readonly bend: number;
}

/**
 * Computes the range error of an exponent from the fits over several ranges. A range votes if its own fit is decidable:
 * enough points, a converged fit, and a 95 % misfit interval that is narrow enough. The ranges' own misfit errors are
 * not subtracted, because ranges overlap and share most of their misfit. docs/theory [N5].
 */
export function rangeSpread<Row extends RangeFit>(rows: readonly Row[], rule: VoteRule): RangeSpread<Row> {
  const votes = rows.filter((row) => silence(row, rule) === undefined);
  const silent = rows.filter((row) => !votes.includes(row));
  if (votes.length < 2) return { votes, silent, standardError: Number.NaN, extremes: undefined, bend: 0 };
  const sorted = [...votes].sort((a, b) => a.fit.exponent.value - b.fit.exponent.value);
  const [low, high] = [sorted[0], sorted[sorted.length - 1]];
  const [a, b] = [low.fit.exponent, high.fit.exponent];
  const joint = normalHalfWidth({ ...a, standardError: Math.hypot(a.standardError, b.standardError) });
  return {
    votes,
    silent,
    standardError: Math.sqrt(
      variance(
        votes.map((row) => row.fit.exponent.value),
        1,
      ),
    ),
    extremes: [low, high],
    bend: Math.max(0, b.value - a.value - joint),
  };
}
