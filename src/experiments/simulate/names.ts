/** The names of the moments in tables, notes and documents. */

/** Lists the names of means and of covariances (xx, or xx, xy, yy) in the order of `MomentEstimates`. */
export function momentNames(names: readonly string[]): { readonly mean: string[]; readonly covariance: string[] } {
  const pairs = names.length === 1 ? ['xx'] : ['xx', 'xy', 'yy'];
  return {
    mean: names.map((n) => `mean of ${n}`),
    covariance: pairs.map((p) => (p[0] === p[1] ? `variance of ${p[0]}` : 'covariance of x, y')),
  };
}

/** The name of the mean loss. */
export const LOSS = 'mean loss';

/** Joins words as in `a, b and c`. */
export const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
