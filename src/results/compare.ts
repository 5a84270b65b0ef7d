/** Two or more runs side by side: the same numbers, their differences, and how many standard errors those are. */
import type { RunNumber } from './numbers.js';
import type { RunSummary } from './summary.js';

/** One number in several runs. */
export interface Compared {
  readonly id: string;
  readonly unit: string;
  /** The number in each run, undefined where a run lacks it. */
  readonly numbers: readonly (RunNumber | undefined)[];
  /** For each run the difference from the first, undefined where either lacks the number; the first has none. */
  readonly differences: readonly (Difference | undefined)[];
}

/** A difference of two independent measurements. */
export interface Difference {
  readonly value: number;
  /** Both standard errors in quadrature; null where either is not known. */
  readonly standardError: number | null;
  /** The difference in standard errors; null where these are not known. */
  readonly z: number | null;
  /** Two-sided probability of a |z| as large, had both measured the same, for Gaussian errors; null without z. */
  readonly p: number | null;
}

/**
 * Returns the difference b − a. The runs count as independent: runs on the same data with different seeds are, two analyses of one run are not.
 */
export function differenceOf(a: RunNumber, b: RunNumber): Difference {
  const value = b.value - a.value;
  if (a.standardError === null || b.standardError === null) return { value, standardError: null, z: null, p: null };
  const standardError = Math.hypot(a.standardError, b.standardError);
  if (standardError === 0) return { value, standardError, z: null, p: null };
  const z = value / standardError;
  return { value, standardError, z, p: twoSided(z) };
}

/** Returns every number that at least one run has, in the order of the first run that has it. */
export function compareNumbers(runs: readonly (readonly RunNumber[])[]): Compared[] {
  const ids = [...new Set(runs.flatMap((numbers) => numbers.map((n) => n.id)))];
  return ids.map((id) => {
    const numbers = runs.map((list) => list.find((n) => n.id === id));
    const [first] = numbers;
    return {
      id,
      unit: numbers.find((n) => n !== undefined)!.unit,
      numbers,
      differences: numbers.map((n, k) => (k === 0 || !n || !first ? undefined : differenceOf(first, n))),
    };
  });
}

/** Returns the settings in which the runs differ, and their values. */
export function settingsThatDiffer(
  runs: readonly RunSummary[],
): { readonly key: string; readonly values: readonly (string | number | undefined)[] }[] {
  const keys = [...new Set(runs.flatMap((run) => Object.keys(run.settings)))];
  return keys
    .map((key) => ({ key, values: runs.map((run) => run.settings[key]) }))
    .filter(({ values }) => values.some((v) => v !== values[0]));
}

/**
 * 2(1 − Φ(|z|)), by the continued fraction of the complementary error function beyond |z| = 2.5 and its power series below; to 1e-10 of
 * its size.
 */
export function twoSided(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  if (!(x < 40)) return Number.isNaN(z) ? Number.NaN : 0;
  if (x < 2.5 / Math.SQRT2) {
    let [term, sum] = [x, x];
    for (let n = 1; n < 100 && Math.abs(term) > 1e-18; n++) {
      term *= -(x * x) / n;
      sum += term / (2 * n + 1);
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = x;
  for (let k = 120; k >= 1; k--) fraction = x + k / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}
