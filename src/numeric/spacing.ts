/** Whole numbers evenly spaced in their logarithm: ranks to look at, lags to average over. */
import { check } from './errors.js';
import * as is from './wants.js';

/**
 * Returns `count` different whole numbers from `first` to `last` (all of them where there are no more), evenly spaced
 * in their logarithm, both ends included, ascending. Small neighbours round to one number, so the grid is refined until
 * `count` differ; in rare cases that yields one or two more. Cost O(count²) at worst.
 * @throws InputError unless 1 ≤ first ≤ last are integers and count ≥ 2
 */
export function logSpaced(last: number, count: number, first = 1): number[] {
  is.given('logSpaced', { last, count, first }, { last: is.finite, count: is.count, first: is.finite });
  check(
    Number.isInteger(first) && Number.isInteger(last) && first >= 1 && last >= first && count >= 2,
    'bad-range',
    () => `log-spaced whole numbers need 1 ≤ first ≤ last and a count of at least 2; got ${first}, ${last}, ${count}.`,
  );
  const wanted = Math.min(count, last - first + 1);
  for (let grid = count; ; grid = Math.ceil(grid * 1.01)) {
    const out = new Set<number>();
    for (let k = 0; k < grid; k++) out.add(Math.round(first * (last / first) ** (k / (grid - 1))));
    if (out.size >= wanted) return [...out].sort((a, b) => a - b);
  }
}

/**
 * Returns those of the `available` numbers (ascending) that are nearest, in the logarithm, to `logSpaced(last, count,
 * first)`, each once. Weighs every decade alike, whether the available ones are dense or already log-spaced (then all
 * of them stay).
 */
export function thinToLogSpaced(available: readonly number[], last: number, count: number, first = 1): number[] {
  if (available.length === 0) return [];
  const out = new Set<number>();
  let at = 0;
  for (const target of logSpaced(last, count, first)) {
    const distance = (v: number) => Math.abs(Math.log(v / target));
    while (at + 1 < available.length && distance(available[at + 1]) <= distance(available[at])) at++;
    out.add(available[at]);
  }
  return [...out];
}
