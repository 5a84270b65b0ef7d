/** Differences between the findings of two runs, and how significant they are when many are looked at together. */
import { studentTwoSided } from '../numeric/distributions.js';
import { type Estimate, errorOf } from '../numeric/estimate.js';
import { holm } from '../numeric/many-tests.js';
import type { Finding, Verdict } from '../report/finding.js';

/** One finding in two runs. */
export interface FindingDifference {
  readonly id: string;
  readonly claim: string;
  readonly unit: string;
  readonly first: Estimate;
  readonly other: Estimate;
  /** other − first. */
  readonly difference: number;
  /** Both standard errors in quadrature; NaN where neither is known. */
  readonly standardError: number;
  /** The difference in standard errors: t with `freedom` degrees of freedom, z where these are infinite; NaN without a test. */
  readonly statistic: number;
  readonly freedom: number;
  /** Two-sided probability of a difference as large, had both measured the same; NaN without a test. */
  readonly p: number;
  /** The same, for the whole family of tests, by Holm; `withHolm` fills it. */
  readonly adjusted: number;
  readonly verdicts: readonly [Verdict, Verdict];
  /** Why it was not tested. */
  readonly untested?: string;
}

/** Below this the adjusted probability counts as significant. */
export const LEVEL = 0.05;

/** Returns the findings that both lists have, in the order of the first, as differences without adjusted probabilities. */
export function findingDifferences(first: readonly Finding[], other: readonly Finding[]): FindingDifference[] {
  const second = new Map(other.map((f) => [f.id, f]));
  return first.flatMap((a) => {
    const b = second.get(a.id);
    return b === undefined ? [] : [differenceOfFindings(a, b)];
  });
}

function differenceOfFindings(a: Finding, b: Finding): FindingDifference {
  const [first, other] = [a.measured, b.measured];
  const difference = other.value - first.value;
  const errors = [first, other].map(sampled);
  const standardError = Math.hypot(...errors);
  const untested = untestedOf(a, b, errors);
  const head = {
    id: a.id,
    claim: a.claim,
    unit: a.unit,
    first,
    other,
    difference,
    verdicts: [a.verdict, b.verdict],
  } as const;
  const none = Number.NaN;
  if (untested !== undefined)
    return { ...head, standardError, statistic: none, freedom: none, p: none, adjusted: none, untested };
  const statistic = difference / standardError;
  const freedom = welchFreedom(errors, [first.n, other.n]);
  return { ...head, standardError, statistic, freedom, p: studentTwoSided(statistic, freedom), adjusted: none };
}

/** The standard error of a sample; 0 of a number that was computed, NaN of one whose error is not known. */
function sampled(e: Estimate): number {
  const kind = errorOf(e);
  return kind === 'statistical' ? e.standardError : kind === 'unknown' ? Number.NaN : 0;
}

/** Says why two findings cannot be tested for a difference. */
function untestedOf(a: Finding, b: Finding, errors: readonly number[]): string | undefined {
  if (a.unit !== b.unit) return `the units differ: ${a.unit || 'none'} and ${b.unit || 'none'}`;
  if (![a, b].every(({ measured }) => Number.isFinite(measured.value))) return 'one of them has no value';
  if (errors.some(Number.isNaN)) return 'one of them has no standard error';
  if (errors.every((e) => e === 0)) return 'neither has a sampling error';
  return undefined;
}

/**
 * Returns the degrees of freedom of Welch and Satterthwaite, (a² + b²)²/(a⁴/(n_a − 1) + b⁴/(n_b − 1)) for standard errors a and b; Infinity where
 * no n is known that is 2 or more.
 */
export function welchFreedom([a, b]: readonly number[], [m, n]: readonly number[]): number {
  const [u, v] = [a * a, b * b];
  const part = (square: number, count: number) =>
    square === 0 || !Number.isFinite(count) || count < 2 ? 0 : (square * square) / (count - 1);
  return ((u + v) * (u + v)) / (part(u, m) + part(v, n));
}

/** Fills the adjusted probabilities of several lists of differences, which are one family. */
export function withHolm(lists: readonly (readonly FindingDifference[])[]): FindingDifference[][] {
  const adjusted = holm(lists.flat().map(({ p }) => p));
  let at = 0;
  return lists.map((list) => list.map((d) => ({ ...d, adjusted: adjusted[at++] })));
}

/** Whether a difference is significant in its family. */
export const significant = ({ adjusted }: FindingDifference): boolean => adjusted < LEVEL;
