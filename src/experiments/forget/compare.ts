/** Comparisons of methods: differences within seeds, corrected together. The rule is stated at the head of findings.ts. */
import { type Estimate, errorOf, missing, negated, scaled } from '../../numeric/estimate.js';
import { halfWidth } from '../../numeric/interval.js';
import { holm } from '../../numeric/many-tests.js';
import { chanceOf, overSeeds, pairedDifference } from '../../numeric/seeds.js';
import { mean } from '../../numeric/statistics.js';
import { formatEstimate, formatNumber } from '../../report/format.js';
import type { Method } from './measured.js';
import type { Setting } from './strengths.js';

/** The difference of accuracies below which two methods are equal. */
const MARGIN = 0.01;

/** The setting that represents a method. */
export type Chosen = (m: Method) => Setting | undefined;

export type Comparison = 'better' | 'worse' | 'equal' | 'undecided';

/** Applies the rule; `p` is the chance after the correction. */
export function compare(difference: Estimate, p: number): Comparison {
  const half = halfWidth(difference);
  const { value } = difference;
  if (!Number.isFinite(value) || !Number.isFinite(half) || difference.n < LEAST_SEEDS) return 'undecided';
  if (Math.abs(value) + half <= MARGIN) return 'equal';
  if (p < 0.05) return value > 0 ? 'better' : 'worse';
  return 'undecided';
}

/** A quantity of `a` minus that of `b`, seed by seed. */
export function paired(
  a: Setting | undefined,
  b: Setting | undefined,
  of: (s: Setting) => readonly number[] = (s) => s.average,
): Estimate {
  if (!a || !b) return missing('the branches of this comparison are missing');
  return pairedDifference({ seeds: a.seeds, values: of(a) }, { seeds: b.seeds, values: of(b) });
}

/** Two methods, their difference, and the outcome of the comparison. */
export interface Contest {
  readonly a: Method;
  readonly b: Method;
  readonly difference: Estimate;
  /** Chance by luck, before and after Holm's correction. */
  readonly p: number;
  readonly holm: number;
  readonly outcome: Comparison;
}

/** The least number of seeds that decide anything: with two, differences that agree by chance would look certain. */
export const LEAST_SEEDS = 3;

type Pair = readonly [a: Method, b: Method];

/** Compares these pairs, corrected together. */
export function contestsOf(pairs: readonly Pair[], at: Chosen): Contest[] {
  const raw = pairs.map(([a, b]) => {
    const difference = paired(at(a), at(b));
    return { a, b, difference, p: chanceOf(difference) };
  });
  const adjusted = holm(raw.map((c) => c.p));
  return raw.map((c, k): Contest => ({ ...c, holm: adjusted[k], outcome: compare(c.difference, adjusted[k]) }));
}

/** Compares all pairs of methods except joint training, corrected together. */
export function contestsBetween(methods: readonly Method[], at: Chosen): Contest[] {
  const rivals = methods.filter((m) => m !== 'joint');
  return contestsOf(
    rivals.flatMap((a, i) => rivals.slice(i + 1).map((b): Pair => [a, b])),
    at,
  );
}

const FLIPPED = { better: 'worse', worse: 'better', equal: 'equal', undecided: 'undecided' } as const;

/** The comparison of `a` with `b`, whichever way round it was made. */
export function contest(contests: readonly Contest[], a: Method, b: Method): Contest | undefined {
  const same = contests.find((c) => c.a === a && c.b === b);
  if (same) return same;
  const other = contests.find((c) => c.a === b && c.b === a);
  if (!other) return undefined;
  return { ...other, a, b, difference: negated(other.difference), outcome: FLIPPED[other.outcome] };
}

/** An accuracy in percentage points. */
export const inPoints = (e: Estimate): Estimate => scaled(e, 100);
export const percent = (values: readonly number[]): string => `${formatEstimate(inPoints(overSeeds(values)))} %`;
export const few = (e: Estimate): string =>
  e.n < LEAST_SEEDS ? 'With fewer than three seeds nothing is decided.' : 'More seeds may decide it.';
export const interval = (e: Estimate): string => {
  if (e.n < 2) return '';
  return errorOf(e) === 'no spread' ? 'no spread over seeds' : `95 % interval ±${formatNumber(100 * halfWidth(e), 2)}`;
};
export const strengthOf = (s: Setting): string =>
  Number.isFinite(s.multiple) ? ` at strength ${formatNumber(s.multiple, 2)}` : '';

export const chanceWords = (c: Contest): string =>
  Number.isFinite(c.holm) ? ` (chance by luck ${formatNumber(c.holm, 2)} after correction)` : '';

/** Whether `a` holds so many fewer or more axes than `b` that the comparison is not one of methods; 'alike' for methods without axes. */
export function uneven(a: Setting | undefined, b: Setting | undefined): 'fewer' | 'more' | 'alike' {
  if (!a || !b || a.constraints === null || b.constraints === null) return 'alike';
  const [own, other] = [mean(a.held), mean(b.held)];
  return own < 0.9 * other ? 'fewer' : own > 1.1 * other ? 'more' : 'alike';
}

/** The methods by decreasing validation accuracy. */
export const ranked = (methods: readonly Method[], at: Chosen): Method[] =>
  [...methods].sort((a, b) => mean(at(b)!.validation) - mean(at(a)!.validation));
