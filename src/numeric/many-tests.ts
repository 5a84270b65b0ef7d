/** Many tests looked at together. */

/**
 * Adjusts the probabilities of a family of tests by Holm's method: the k-th smallest of m is multiplied by m − k + 1, and none may be less
 * than a smaller one. Whatever is then below 0.05 differs with a chance below 5 % that ANY of the family does so by accident, whether or not the
 * tests are independent. NaN stays, and does not count. S. Holm, Scand. J. Statist. 6, 65 (1979).
 */
export function holm(probabilities: readonly number[]): number[] {
  const order = probabilities.map((p, k) => ({ p, k })).filter(({ p }) => !Number.isNaN(p));
  order.sort((x, y) => x.p - y.p);
  const adjusted = probabilities.map(() => Number.NaN);
  let least = 0;
  for (const [rank, { p, k }] of order.entries()) {
    least = Math.max(least, Math.min(1, (order.length - rank) * p));
    adjusted[k] = least;
  }
  return adjusted;
}
