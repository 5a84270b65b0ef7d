/**
 * Whether a law holds, and whether its exponents are the expected ones. The rules stand in words in docs/rules/sweep.md.
 */
import { partedHalfWidth } from '../../numeric/error-parts.js';
import { formatCount, formatNumber, formatPlain } from '../../report/format.js';
import type { FittedExponent, LawFit } from './law-fit.js';
import { type Expected, TOLERANCE } from './law-text.js';

/** The numbers of the rules. */
export const LAW_RULES = {
  /** Largest misfit beyond the errors, in ln y, with which a law still holds. */
  misfit: 0.1,
  /** Least probability of the chi² with which a misfit is within the errors. */
  chance: 0.05,
  /** Decades that every fitted combination of factors must span. */
  decades: 1,
  /** Largest difference between the exponents of the halves, absolute or relative to the exponent, whichever is larger. */
  halves: 0.2,
  /** Widest 95 % half interval of that difference, and of an exponent, that decides, in the same units. */
  widest: 0.4,
  tolerance: TOLERANCE,
} as const;

export type LawAnswer = 'holds' | 'does not hold' | 'undecided';

/** Holds an answer with its reasons in words. */
export interface Judged {
  readonly answer: LawAnswer;
  readonly reasons: readonly string[];
}

/** The unit of differences of an exponent: itself, at least 1. */
const unitOf = (e: FittedExponent): number => Math.max(1, Math.abs(e.whole.value));

/** Decides whether a law holds. A reason against it counts first, then one that leaves it open. */
export function judgeLaw(fit: LawFit): Judged {
  const against: string[] = [];
  const open: string[] = [];
  const within = fit.chance >= LAW_RULES.chance;
  if (!within && fit.misfit > LAW_RULES.misfit)
    against.push(
      `points lie off the law by a factor of ${formatNumber(Math.exp(fit.misfit))} beyond the scatter over seeds, more than ${formatNumber(Math.exp(LAW_RULES.misfit))}`,
    );
  for (const e of fit.exponents) {
    const { letter, decades, change } = e;
    if (decades < LAW_RULES.decades)
      open.push(
        `the factors of ${letter} span ${formatNumber(decades, 2)} decades, fewer than ${formatPlain(LAW_RULES.decades)}`,
      );
    const [most, widest] = [LAW_RULES.halves * unitOf(e), LAW_RULES.widest * unitOf(e)];
    if (!change) open.push(`the halves of the range do not decide ${letter}`);
    else if (Math.abs(change.value) > most && Math.abs(change.value) > change.half)
      against.push(
        `${letter} changes by ${formatNumber(change.value)} ± ${formatNumber(change.half, 2)} (95 %) from the lower to the upper half of the range`,
      );
    else if (Math.abs(change.value) > most || !(change.half <= widest))
      open.push(
        `the change of ${letter} from the lower to the upper half, ${formatNumber(change.value)} ± ${formatNumber(change.half, 2)} (95 %), does not decide`,
      );
  }
  if (against.length > 0) return { answer: 'does not hold', reasons: [...against, ...open] };
  if (open.length > 0) return { answer: 'undecided', reasons: open };
  const fits = within
    ? 'the misfit is within the scatter over seeds'
    : `points lie off the law by no more than a factor of ${formatNumber(Math.exp(fit.misfit))}`;
  return { answer: 'holds', reasons: [`${fits}, and the halves of the range agree`] };
}

/** Decides whether an exponent is the expected one: by its interval, and by those of the halves where the law bends. */
export function judgeExponent(
  e: FittedExponent,
  { value, tolerance }: Expected,
  law: LawAnswer,
): { readonly answer: 'agrees' | 'differs' | 'undecided'; readonly reason: string } {
  const half = partedHalfWidth(e.whole);
  const away = e.whole.value - value;
  const told = `${formatNumber(e.whole.value)} ± ${formatNumber(half, 2)} (95 %)`;
  if (law === 'does not hold') {
    const apart = [e.whole, e.lower, e.upper].map((p) =>
      p ? sideOf(p.value - value, partedHalfWidth(p), tolerance) : 0,
    );
    if (apart[0] !== 0 && apart.every((s) => s === apart[0]))
      return {
        answer: 'differs',
        reason: `there is no single exponent, and every part of the range lies off the expected one`,
      };
    return { answer: 'undecided', reason: 'the law does not hold, so that it has no exponent to compare' };
  }
  if (sideOf(away, half, tolerance) !== 0) return { answer: 'differs', reason: `${told} excludes it` };
  if (Math.abs(away) <= tolerance && half <= LAW_RULES.widest * unitOf(e))
    return { answer: 'agrees', reason: `${told} lies within ${formatPlain(tolerance)} of it` };
  if (Math.abs(away) <= half && half <= tolerance) return { answer: 'agrees', reason: `${told} contains it` };
  return { answer: 'undecided', reason: `${told} neither excludes it nor is narrow enough` };
}

/** The side on which a number lies off by more than the tolerance and its interval; 0 where it does not. */
const sideOf = (away: number, half: number, tolerance: number): number =>
  Math.abs(away) > Math.max(tolerance, half) ? Math.sign(away) : 0;

/** Says on what a fit rests. */
export function restsOn(fit: LawFit): string {
  const out = [
    `${formatCount(fit.points)} points, ${formatCount(fit.seeds)} ${fit.seeds === 1 ? 'seed' : 'seeds'}`,
    ...fit.exponents.map((e) => `factors of ${e.letter} over ${formatNumber(e.decades, 2)} decades`),
    ...(fit.constants > 1 ? [`${formatCount(fit.constants)} constants, one for each value of the other axes`] : []),
    ...(fit.empty > 0 ? [`${formatCount(fit.empty)} points without a number left out`] : []),
    ...(fit.diverged > 0 ? [`${formatCount(fit.diverged)} diverged runs left out of the others`] : []),
  ];
  return out.join('; ');
}
