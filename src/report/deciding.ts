/**
 * The rules by which findings are decided: whether a measured value agrees with a stated one or differs from it, or the data do not
 * decide; on which side of zero a value lies; and which verdict follows. The head of each experiment's findings states the tolerance
 * and the interval of each claim; the comparisons themselves are made here.
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
   * What the interval must not contain for the value to differ: any value within the tolerance (the default), or only the stated
   * value, in which case the measured value must still lie outside the tolerance.
   */
  readonly misses?: 'tolerance' | 'stated';
  /**
   * If given, a value that does not differ agrees when half its interval is at most this wide, whether or not it lies within the
   * tolerance, because a larger difference would have been detected. If not given, only values within the tolerance agree.
   */
  readonly widest?: number;
}

/**
 * Compares a measured value with a stated one. With d = |measured − stated| and h half the interval, the value *differs* if
 * d − h > tolerance, or, with `misses: 'stated'`, if d > max(tolerance, h); otherwise it *agrees* if d ≤ tolerance, or, where `widest`
 * is given, if h ≤ widest; otherwise it is *undecided*. It is also undecided where the value or the interval is not finite.
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
 * Whether the stated value lies within the tolerance or within the interval of the measured one. The caller has checked beforehand
 * that the interval is narrow enough to decide.
 */
export const compatible = (e: Estimate, stated: number, tolerance: number, half = halfWidth(e)): boolean =>
  decide(e, stated, { tolerance, half, misses: 'stated', widest: Number.POSITIVE_INFINITY }) === 'agrees';

/** The side of zero on which the whole interval lies: −1, 1, or 0 where it contains zero or is not known. */
export function side(e: Estimate, half = halfWidth(e)): -1 | 0 | 1 {
  return e.value - half > 0 ? 1 : e.value + half < 0 ? -1 : 0;
}

/**
 * The verdict on a claim about a sign. It is reproduced if the whole interval has this sign, and not reproduced if the whole interval
 * has the other one, or if the interval contains zero and half of it is at most `narrow`, so that there is no effect. Otherwise it is
 * undecided.
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

/** The verdict on a claim that needs all these numbers to agree: one that differs refutes it, one that is undecided leaves it undecided. */
export function verdictOf(...all: readonly Agreement[]): Verdict {
  if (all.length === 0) return UNDECIDED;
  if (all.includes('differs')) return 'not reproduced';
  return all.includes('undecided') ? UNDECIDED : 'reproduced';
}

/** Says why a number over so few seeds decides nothing. */
export const few = (e: Estimate): string =>
  e.n < 1
    ? 'No seed gave a number.'
    : e.n < 2
      ? 'One seed has no error over seeds; run at least two, better five.'
      : `The 95 % interval over ${e.n} seeds is wider than ±1; more seeds would narrow it.`;
