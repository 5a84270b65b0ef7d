/** Statistics over seeds written out from their definitions; shares no code with src. */

/** Mean of the finite values and its standard error, s/√n with n − 1 in s²; NaN where there are too few. */
export function meanAndError(values: readonly number[]): { mean: number; error: number; n: number } {
  const good = values.filter((x) => Number.isFinite(x));
  const n = good.length;
  const mean = good.reduce((s, x) => s + x, 0) / n;
  const squares = good.reduce((s, x) => s + (x - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (n - 1) / n), n };
}

/** Two-sided 5 % points of Student's t by degrees of freedom, from a printed table. */
export const T95: Readonly<Record<number, number>> = {
  1: 12.7062,
  2: 4.30265,
  3: 3.18245,
  4: 2.77645,
  5: 2.57058,
  9: 2.26216,
};

/** P(|t_f| > t) by Simpson's rule on the density, in the variable t = √f tan(a), where the density is ∝ cos(a)^(f−1). */
export function studentChance(t: number, freedom: number): number {
  const density = (a: number) => Math.cos(a) ** (freedom - 1);
  const integral = (from: number, to: number) => {
    const n = 4000;
    const h = (to - from) / n;
    let sum = density(from) + density(to);
    for (let k = 1; k < n; k++) sum += (k % 2 === 1 ? 4 : 2) * density(from + k * h);
    return (sum * h) / 3;
  };
  return integral(Math.atan(Math.abs(t) / Math.sqrt(freedom)), Math.PI / 2) / integral(0, Math.PI / 2);
}

/** Holm's step-down correction: the k-th smallest of m times m − k + 1, never falling, at most 1. In the order given. */
export function holm(chances: readonly number[]): number[] {
  return chances.map((p) => {
    const upTo = chances.filter((q) => q <= p);
    return Math.min(1, Math.max(...upTo.map((q) => (chances.length - chances.filter((r) => r < q).length) * q)));
  });
}
