/** What the report of `forget` says of a study, computed from the definitions for three tasks; shares no code with src. */
import type { Branch, ForgetInput, SeedFacts } from '../../src/experiments/forget/measured.js';
import { holm, meanAndError, studentChance, T95 } from './naive-statistics.js';

export const averageOf = ({ test: [, , end] }: Branch): number => (end[0] + end[1] + end[2]) / 3;
export const forgettingOf = ({ test: [one, two, end] }: Branch): number => (one[0] - end[0] + two[1] - end[1]) / 2;
export const learningOf = ({ test: [, two, end] }: Branch): number => (two[1] + end[2]) / 2;
export const validationOf = ({ validation: [a, b, c] }: Branch): number => (a + b + c) / 3;
/** What fresh weights reach on the later tasks. */
export const scratchOf = ({ scratch: [, b, c] }: SeedFacts): number => (b + c) / 2;

/** All branches of one method, number of axes and strength, by ascending seed. */
export function ownOf({ groups }: ForgetInput, method: string, constraints: number | null, multiple: number) {
  const own = groups.filter((g) => g.method === method && g.constraints === constraints);
  return own
    .flatMap((group) =>
      group.branches
        .filter((b) => Object.is(b.multiple, multiple))
        .map((branch) => ({ seed: group.seed, branch, group })),
    )
    .sort((a, b) => a.seed - b.seed);
}

export type Own = ReturnType<typeof ownOf>;

/** The strength with the largest validation accuracy over tasks and seeds, of those that no seed lost. */
export function chosenOf(input: ForgetInput, method: string, constraints: number | null): Own {
  const groups = input.groups.filter((g) => g.method === method && g.constraints === constraints);
  const strengths = [...new Set(groups.flatMap((g) => g.branches.map((b) => b.multiple)))];
  const all = strengths.map((multiple) => {
    const own = ownOf(input, method, constraints, multiple);
    const valid = own.map(({ branch }) => validationOf(branch));
    return { own, valid: valid.some(Number.isNaN) ? Number.NEGATIVE_INFINITY : meanAndError(valid).mean };
  });
  return all.sort((a, b) => b.valid - a.valid)[0].own;
}

/** One method against another. */
export interface Pair {
  readonly a: string;
  readonly b: string;
  /** Of average test accuracy, seed by seed. */
  readonly differences: readonly number[];
  readonly mean: number;
  readonly error: number;
  /** Half of the 95 % interval. */
  readonly half: number;
  readonly p: number;
  readonly holm: number;
  readonly outcome: 'equal' | 'better' | 'worse' | 'undecided';
}

/**
 * Methods at the strengths of `best`, pair by pair, corrected together by Holm. Equal: the interval lies within one point; better
 * or worse: it does not, and the corrected chance is below 5 %.
 */
export function pairsOf(best: ReadonlyMap<string, Own>, pairs: readonly (readonly [string, string])[]): Pair[] {
  const raw = pairs.map(([a, b]) => {
    const other = new Map(best.get(b)!.map(({ seed, branch }) => [seed, branch]));
    const differences = best.get(a)!.map(({ seed, branch }) => averageOf(branch) - averageOf(other.get(seed)!));
    const { mean, error, n } = meanAndError(differences);
    return { a, b, differences, mean, error, half: T95[n - 1] * error, p: studentChance(mean / error, n - 1) };
  });
  const corrected = holm(raw.map((r) => r.p));
  return raw.map((r, k) => ({
    ...r,
    holm: corrected[k],
    outcome:
      Math.abs(r.mean) + r.half <= 0.01
        ? 'equal'
        : corrected[k] >= 0.05
          ? 'undecided'
          : r.mean > 0
            ? 'better'
            : 'worse',
  }));
}
