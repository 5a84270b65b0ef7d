/**
 * How findings are decided: whether a measured value agrees with a stated one, differs from it, or cannot be told from it; on which
 * side of zero a value lies; and which verdict follows. Each experiment says at the head of its findings which claim is decided with
 * which tolerance and which interval; the comparisons themselves are made here.
 */
import type { Estimate } from '../numeric/estimate.js';
import { halfWidth } from '../numeric/interval.js';
import type { Verdict } from './finding.js';

export const UNDECIDED: Verdict = 'not decidable with this run';

export type Agreement = 'agrees' | 'differs' | 'undecided';

interface DecisionRule {
  /** How far from the stated value a measured one may lie and still agree, in the units of the value. */
  readonly tolerance: number;
  /** Half the width of the interval about the measured value; by default Student's 95 % interval over seeds (`halfWidth`). */
  readonly half?: number;
  /**
   * What the whole interval has to miss before the value differs: every value within the tolerance (the default), or the stated value
   * alone, while the measured one lies outside the tolerance.
   */
  readonly misses?: 'tolerance' | 'stated';
  /**
   * Where given, a value that does not differ agrees if half its interval is at most so wide, be it within the tolerance or not: a
   * larger difference would have been seen. Where not given, only values within the tolerance agree.
   */
  readonly widest?: number;
}

/**
 * The rule of deciding. With d = |measured − stated| and h half the interval, a value *differs* if d − h > tolerance, or, where only
 * the stated value must be missed, if d > max(tolerance, h); else it *agrees* if d ≤ tolerance, or, where `widest` is given, if
 * h ≤ widest; else it is *undecided*. A value or an interval that is not finite decides nothing.
 */
export function decide(
  measured: Estimate,
  stated: number,
  { tolerance, half = halfWidth(measured), misses = 'tolerance', widest }: DecisionRule,
): Agreement {
  const away = Math.abs(measured.value - stated);
  if (!Number.isFinite(away) || !Number.isFinite(half)) return 'undecided';
  const differs = misses === 'tolerance' ? away - half > tolerance : away > Math.max(tolerance, half);
  if (differs) return 'differs';
  const agrees = widest === undefined ? away <= tolerance : half <= widest;
  return agrees ? 'agrees' : 'undecided';
}

/**
 * Whether the stated value lies within the tolerance or within the interval of the measured one, for claims that are left undecided
 * beforehand where the interval is too wide to tell.
 */
export const compatible = (e: Estimate, stated: number, tolerance: number, half = halfWidth(e)): boolean =>
  decide(e, stated, { tolerance, half, misses: 'stated', widest: Number.POSITIVE_INFINITY }) === 'agrees';

/** On which side of zero the whole interval lies: −1, 1, or 0 where it holds zero or is not known. */
export function side(e: Estimate, half = halfWidth(e)): -1 | 0 | 1 {
  return e.value - half > 0 ? 1 : e.value + half < 0 ? -1 : 0;
}

/**
 * The verdict on a claim about a sign: reproduced where the whole interval has it, not reproduced where the whole interval has the
 * other one, or where the interval holds zero and half of it is at most `narrow`: then there is no effect. Undecided else.
 */
export function signVerdict(
  e: Estimate,
  wanted: -1 | 1,
  { half = halfWidth(e), narrow = Number.NEGATIVE_INFINITY }: { half?: number; narrow?: number } = {},
): Verdict {
  if (!Number.isFinite(e.value) || !Number.isFinite(half)) return UNDECIDED;
  const found = side(e, half);
  if (found === wanted) return 'reproduced';
  return found === -wanted || half <= narrow ? 'not reproduced' : UNDECIDED;
}

/** The verdict on a claim that all these numbers support together: one that differs refutes it, one undecided leaves it open. */
export function verdictOf(...all: readonly Agreement[]): Verdict {
  if (all.length === 0) return UNDECIDED;
  if (all.includes('differs')) return 'not reproduced';
  return all.includes('undecided') ? UNDECIDED : 'reproduced';
}

/** Why a number over so few seeds decides nothing. */
export const few = (e: Estimate): string =>
  e.n < 2
    ? 'One seed has no error over seeds; run at least two, better five.'
    : `The 95 % interval over ${e.n} seeds is wider than ±1; more seeds would narrow it.`;
