/** Sentences and small rules that the findings of the study of real networks share. */
import type { Estimate } from '../../../numeric/estimate.js';
import { halfWidth } from '../../../numeric/interval.js';
import { decide, few, signVerdict, verdictOf } from '../../../report/deciding.js';
import type { Verdict } from '../../../report/finding.js';
import { formatEstimate, formatNumber, formatPlain } from '../../../report/format.js';
import type { Change } from './ladder.js';
import type { RangeSlope } from './ranges.js';
import type { SlopeRow } from './summary.js';

/** Where the claims were made. */
export const SOURCE = 'valley2023; theory §6';

/** Half the width of an interval around 0 at which it says that there is no effect. */
const NARROW = 0.05;

/** The rule of every claim about a sign. */
export const signOf = (e: Estimate, wanted: -1 | 1): Verdict => signVerdict(e, wanted, { narrow: NARROW });

/** The rule of exponents that theory says are 1. */
export const exponentVerdict = (e: Estimate): Verdict => verdictOf(exponentDecision(e));
export const exponentDecision = (e: Estimate) => decide(e, 1, { tolerance: 0.2, misses: 'stated' });

/** Says how wide the interval over seeds is. */
export const wide = (e: Estimate): string =>
  e.n < 2 ? few(e) : `The 95 % interval is ±${formatNumber(halfWidth(e), 2)} over ${e.n} seeds.`;

/** Returns e^|change| with its error. */
const factor = ({ change }: Change): Pick<Estimate, 'value' | 'standardError'> => {
  const value = Math.exp(Math.abs(change.value));
  return { value, standardError: value * change.standardError };
};

/** Says by what factor a number changes between two strengths of the noise. */
export const changeWords = (c: Change): string =>
  `from eta/B = ${formatPlain(c.from)} to ${formatPlain(c.to)} it ${c.change.value < 0 ? 'falls' : 'rises'} by a factor of ${formatEstimate(factor(c))}`;

const capital = (s: string): string => s.charAt(0).toUpperCase() + s.slice(1);

/** Says how a number changes along the ladder: its size where it is monotone, both directions where it is not. */
export function courseWords({ course }: Pick<SlopeRow, 'course'>): string {
  const { whole, rise, fall, monotone } = course;
  if (!monotone && rise && fall)
    return `Not monotone, so that it has no exponent: ${[fall, rise]
      .sort((a, b) => a.from - b.from || a.to - b.to)
      .map(changeWords)
      .join('; ')}.`;
  return whole ? `${capital(changeWords(whole))}.` : '';
}

/** Writes a strength of the noise, and a range of them. */
export const rangeLabel = ({ from, to }: Pick<RangeSlope, 'from' | 'to'>): string =>
  `${formatPlain(from)}–${formatPlain(to)}`;

/** Writes the slope over a range, or why it does not vote. */
export const rangeText = (r: RangeSlope): string =>
  !r.monotone
    ? 'not monotone'
    : r.decidable
      ? formatEstimate(r.slope)
      : Number.isFinite(r.slope.value)
        ? `undecided (${formatEstimate(r.slope)})`
        : 'undecided';

/** Says the three errors of a slope and the slopes of the other ranges. */
export function errorWords({ slope, misfit, range, ranges }: SlopeRow): string {
  if (!Number.isFinite(slope.value)) return '';
  const others = ranges.slice(1);
  const list = others.map((r) => `${rangeText(r)} (${rangeLabel(r)})`).join(', ');
  return (
    `Errors: ${formatNumber(slope.standardError, 2)} from sampling (seeds), ${formatNumber(misfit, 2)} from misfit, ${formatNumber(range, 2)} from the choice of range. ` +
    (others.length > 0 ? `By range of eta/B: ${list}.` : 'There is no other range of three strengths.')
  );
}
