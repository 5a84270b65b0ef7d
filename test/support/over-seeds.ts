/** Plain arithmetic for expected numbers: means and errors over seeds, straight lines, ranks. */

export const mean = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0) / xs.length;

/** Mean and its standard error: √(Σ(x − mean)²/(n(n − 1))). */
export function over(xs: readonly number[]): { value: number; standardError: number; n: number } {
  const good = xs.filter((x) => Number.isFinite(x));
  const [n, m] = [good.length, mean(good)];
  return { value: m, standardError: Math.sqrt(good.reduce((a, x) => a + (x - m) ** 2, 0) / (n * (n - 1))), n };
}

/** Least squares of y on x through the sums n, Σx, Σy, Σxy, Σx². */
export function slope(x: readonly number[], y: readonly number[]): number {
  const n = x.length;
  const sum = (of: (k: number) => number) => x.reduce((a, _, k) => a + of(k), 0);
  const [sx, sy, sxy, sxx] = [sum((k) => x[k]), sum((k) => y[k]), sum((k) => x[k] * y[k]), sum((k) => x[k] ** 2)];
  return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}

/** Pearson's correlation of the ranks, ties at their mean rank. */
export function rankCorrelation(x: readonly number[], y: readonly number[]): number {
  const ranks = (z: readonly number[]) => z.map((v) => z.filter((w) => w < v).length + (z.filter((w) => w === v).length + 1) / 2); // biome-ignore format: one line
  const [p, q] = [ranks(x), ranks(y)];
  return slope(p, q) * Math.sqrt(variance(p) / variance(q));
}

const variance = (z: readonly number[]) => mean(z.map((v) => (v - mean(z)) ** 2));
