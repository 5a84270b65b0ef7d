/**
 * Whether the variances of the settled modes agree with a prediction, mode by mode: in groups, and as chi-squared. Errors are the
 * spread over draws of the linear system itself, so that a mode counts by the number of its relaxations in the window. docs/theory [N2].
 */
import { estimate } from '../../numeric/estimate.js';
import { GROUPS, type ModeAgreement } from './measured.js';

/** Fewest modes of a group of their own. */
const FEWEST = 3;

/** Returns the settled parts of the groups, by rank, inclusive; a part of fewer than 3 modes belongs to the group before it. */
export function settledGroups(settled: number): (readonly [number, number])[] {
  const out: (readonly [number, number])[] = [];
  for (const [from, last] of [...GROUPS, [GROUPS[GROUPS.length - 1][1] + 1, Number.POSITIVE_INFINITY] as const]) {
    const to = Math.min(last, settled);
    if (to < from) break;
    const before = out[out.length - 1];
    if (before && to - from + 1 < FEWEST) out[out.length - 1] = [before[0], to];
    else out.push([from, to]);
  }
  return out;
}

/**
 * Compares measured with predicted variances by means of drawn ones. With d_i = ⟨ln s_i²⟩ − ln(measured_i), the average being over
 * the draws s², and s_i their spread, chi² = Σ (d_i/s_i)²; p = (1 + draws with a larger one)/(1 + draws) allows for the dependence
 * of modes on one another. A group's ratio is the geometric mean of predicted over measured, its error the spread of the same mean
 * over the draws.
 * @param drawn - for each draw, the logarithm of the variance of each mode
 */
export function agreementOf(
  measured: ArrayLike<number>,
  predicted: ArrayLike<number>,
  drawn: readonly Float64Array[],
): ModeAgreement {
  const n = measured.length;
  const R = drawn.length;
  const mean = (f: (x: Float64Array) => number) => drawn.reduce((s, x) => s + f(x), 0) / R;
  const spread = (f: (x: Float64Array) => number) => {
    const m = mean(f);
    return Math.sqrt(drawn.reduce((s, x) => s + (f(x) - m) ** 2, 0) / (R - 1));
  };
  const centre = Float64Array.from({ length: n }, (_, i) => mean((x) => x[i]));
  const error = Float64Array.from({ length: n }, (_, i) => spread((x) => x[i]));
  const chi = (x: ArrayLike<number>) => centre.reduce((s, c, i) => s + ((x[i] - c) / error[i]) ** 2, 0);
  const chiSquared = chi(Float64Array.from(measured, Math.log));
  const beyond = drawn.filter((x) => chi(x) >= chiSquared).length;
  const groups = settledGroups(n).map(([from, to]) => {
    const over = (x: (i: number) => number) => {
      let sum = 0;
      for (let i = from - 1; i < to; i++) sum += x(i);
      return sum / (to - from + 1);
    };
    const value = Math.exp(over((i) => Math.log(predicted[i] / measured[i])));
    const log = spread((x) => over((i) => x[i]));
    return {
      from,
      to,
      ratio: estimate(
        value,
        value * log,
        to - from + 1,
        `geometric mean over ${to - from + 1} modes, spread over ${R} draws of the linear system`,
      ),
    };
  });
  return {
    modes: n,
    draws: R,
    chiSquared,
    pValue: Number.isFinite(chiSquared) ? (1 + beyond) / (1 + R) : Number.NaN,
    groups,
  };
}
